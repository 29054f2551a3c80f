// What is done with a melody that was handed over: a choice of its own, there as long as there is one.
import { el } from "./kit.js";
import { t } from "./studio_texts.js";

const TASKS = ["", "keep", "chords", "skeleton", "quartet"];

/** The field as the brief's form takes it: `control` is the first of the choices. */
export function taskField(draft) {
  const fault = el("p.st-alert", { id: "st-f-task-fault", role: "alert" });
  const choices = TASKS.map((task) => el("label.st-kind", {},
    el("input", { type: "radio", name: "st-task", id: `st-f-task-${task || "words"}`, value: task, "aria-describedby": "st-f-task-fault", onchange: () => draft.set("task", task) }),
    el("span", {}, el("b", {}, t(`task_${task || "words"}`)), el("span.st-hint", {}, t(`task_${task || "words"}_help`)))));
  const inputs = choices.map((choice) => choice.querySelector("input"));
  const node = el("fieldset.st-kinds.st-task", { hidden: true }, el("legend", {}, t("task")), choices, fault);
  const show = () => {
    node.hidden = !draft.melodic;
    const chosen = draft.value("task") ?? "";
    for (const input of inputs) input.checked = input.value === chosen;
  };
  for (const when of ["told", "touched", "taken"]) draft.on(when, show);
  show();
  return { node, fault, control: inputs[0], show, mark: el("span"), back: el("span") };
}
