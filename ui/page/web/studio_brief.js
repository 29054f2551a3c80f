// The brief as a form: words in one field, what was read from them in others, each with where its value comes from.
import { clock, el, icon, number } from "./kit.js";
import { api, freshSeed } from "./studio_api.js";
import { Makers } from "./studio_makers.js";
import { alsoRead, heardMelody } from "./studio_more.js";
import { taskField } from "./studio_task.js";
import { about, t } from "./studio_texts.js";
import { asked, spoken, suggestions } from "./studio_words.js";

const NUMBERS = { duration: "s", tempo: "BPM", seed: "", candidates: "" };

export class Brief {
  constructor(draft, pieces) {
    this.draft = draft;
    this.pieces = pieces;
    this.fields = {};
    this.words = el("textarea", { id: "st-words", rows: 3, maxLength: 2000, placeholder: t("wordsHint"), "aria-describedby": "st-words-fault", "aria-keyshortcuts": "Control+Enter",
      value: draft.text, oninput: () => { draft.say(this.words.value); this.#grow(); },
      onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.#start(); } } });
    this.wordsFault = el("p.st-alert", { id: "st-words-fault", role: "alert" });
    this.startFault = el("p.st-alert", { role: "alert" });
    this.parent = el("p.st-parent", { hidden: true });
    this.more = el("p.st-hint.st-wide.st-more", { hidden: true });
    this.makers = new Makers(draft);
    this.whom = el("span.st-hint");
    this.button = el("button.st-btn.st-main.st-start", { type: "submit" }, t("start"));
    const field = (name, control) => this.#field(name, control);
    this.fields.task = taskField(draft);
    this.node = el("form.st-brief", { noValidate: true, "aria-label": t("newPiece"), onsubmit: (event) => { event.preventDefault(); this.#start(); } },
      el("div.st-field", {}, el("label.st-big", { htmlFor: "st-words" }, t("words")), this.words, this.wordsFault),
      this.#file(), this.fields.task.node, this.#examples(), this.parent,
      el("fieldset.st-fields", {}, el("legend", {}, t("theBrief")), el("p.st-hint.st-wide", {}, t("briefHelp")),
        field("duration", this.#number("duration")), field("tempo", this.#number("tempo")), field("key", this.#line("key")),
        field("mood", this.#line("mood")), field("genre", this.#line("genre")), field("energy", this.#energy()),
        field("instruments", this.#chips()), field("negative", this.#line("negative")), field("seed", this.#seed()),
        field("candidates", this.#number("candidates")), this.more),
      this.makers.node,
      el("div.st-go", {}, this.button, this.whom, this.startFault));
    draft.on("told", () => this.#fill());
    draft.on("fault", () => this.#faults());
    draft.on("touched", () => { this.startFault.textContent = ""; });
    draft.on("taken", () => { this.words.value = draft.text; this.#grow(); this.#fill(true); this.words.focus({ preventScroll: true }); this.words.scrollIntoView({ block: "nearest" }); });
    this.#fill(true);
    draft.read();
  }

  #grow() { this.words.style.height = "auto"; this.words.style.height = `${Math.min(220, this.words.scrollHeight + 2)}px`; }
  /** A clip to write for, a melody as MIDI or sound, or another recording. */
  #file() {
    const fault = el("p.st-alert", { id: "st-file-fault", role: "alert" }), held = el("span.st-chip", { hidden: true });
    const picker = el("input", { id: "st-file", type: "file", accept: ".mid,.midi,.mp4,.webm,.mov,.mkv,.avi,.wav,.mp3,.opus,.ogg,.flac,.m4a", "aria-describedby": "st-file-fault", onchange: async () => {
      const [file] = picker.files;
      picker.value = "";
      if (!file) return;
      fault.textContent = "";
      picker.disabled = true;
      try { const { id, kind, name } = await api.upload(file); this.draft.hand({ id, kind, name }); } catch (wrong) { fault.textContent = wrong.message; }
      picker.disabled = false;
      show();
    } });
    const show = () => {
      const { file, film } = this.draft, name = (file ?? film)?.name;
      held.hidden = !name;
      if (name) held.replaceChildren(file ? t({ midi: "heldMelody", audio: "heldSound" }[file.kind] ?? "heldClip", { name }) : t("heldFilm", { name, from: clock(film.start_s), to: clock(film.end_s) }),
        el("button.st-x", { type: "button", "aria-label": t("removeIt", { name }), onclick: () => { this.draft.hand(null); show(); picker.focus(); } }, icon("close")));
    };
    this.draft.on("taken", show);
    show();
    this.fields.file = { control: picker, fault, show: () => {}, mark: el("span"), back: el("span") };
    return el("div.st-field", {}, el("label", { htmlFor: "st-file" }, t("file")), el("div.st-chipbox", {}, held, el("label.st-btn.st-file", {}, t("chooseFile"), picker)), fault);
  }
  #examples() {
    const words = [t("x1"), t("x2"), t("x3")];
    return el("div.st-flow.st-examples", { role: "group", "aria-label": t("examples") }, words.map((text) =>
      el("button.st-btn.st-pill", { type: "button", onclick: () => { this.words.value = text; this.draft.say(text); this.#grow(); this.words.focus(); } }, text)));
  }

  #field(name, { node, control, show }) {
    const id = control?.id ?? `st-f-${name}`, fault = el("p.st-alert", { id: `${id}-fault`, role: "alert" });
    const mark = el("span.st-mark");
    const back = el("button.st-back", { type: "button", hidden: true, "aria-label": t("takeBack", { field: t(name) }), title: t("takeBack", { field: t(name) }),
      onclick: () => { this.draft.set(name, null); show(this.draft.value(name), true); control?.focus(); } }, icon("undo"));
    control?.setAttribute("aria-describedby", `${id}-mark ${id}-fault`);
    mark.id = `${id}-mark`;
    this.fields[name] = { control, show, fault, mark, back };
    const label = control ? el("label", { htmlFor: id }, t(name)) : el("span", { id: `st-l-${name}` }, t(name));
    return el(`div.st-field.st-f-${name}`, {}, el("div.st-label", {}, label, mark, back), node, fault);
  }
  #number(name) {
    const id = `st-f-${name}`, unit = NUMBERS[name];
    const control = el("input", { id, type: "number", step: "any", inputMode: "decimal", placeholder: t("open"), oninput: () => {
      if (control.validity.badInput) this.draft.fail(new Error(t("noNumber")), name);
      else this.draft.set(name, control.value === "" ? null : Number(control.value));
    } });
    const show = (value, force) => { if (force || document.activeElement !== control) control.value = value ?? ""; };
    return { control, show, node: unit ? el("div.st-unit", {}, control, el("span", { "aria-hidden": "true" }, unit)) : control };
  }
  #line(name) {
    const id = `st-f-${name}`, words = suggestions(name);
    const control = el("input", { id, type: "text", maxLength: 200, autocomplete: "off", placeholder: name === "negative" ? t("negativeHint") : t("open"), oninput: () => this.draft.set(name, asked(name, control.value)) });
    if (words.length) control.setAttribute("list", `${id}-list`);
    const show = (value, force) => { if (force || document.activeElement !== control) control.value = value ? spoken(name, value) : ""; };
    return { control, show, node: words.length ? el("div", {}, control, el("datalist", { id: `${id}-list` }, words.map((word) => el("option", { value: word })))) : control };
  }
  #energy() {
    const told = el("output", { htmlFor: "st-f-energy" });
    const words = (value) => (value === null ? t("open") : t(value < 0.34 ? "calm" : value < 0.67 ? "middle" : "driving"));
    const control = el("input", { id: "st-f-energy", type: "range", min: 0, max: 1, step: 0.05, oninput: () => { this.draft.set("energy", Number(control.value)); say(Number(control.value)); } });
    const say = (value) => {
      told.textContent = value === null ? words(null) : `${words(value)} · ${number(value * 100)} %`;
      control.setAttribute("aria-valuetext", told.textContent);
      control.classList.toggle("st-unset", value === null);
    };
    return { control, node: el("div.st-energy", {}, control, told), show: (value, force) => {
      if (force || document.activeElement !== control) control.value = value ?? 0.5;
      say(this.draft.value("energy"));
    } };
  }
  #chips() {
    const id = `st-f-instruments`, list = el("ul.st-chips", { "aria-label": t("instruments") });
    const add = () => {
      const word = asked("instruments", control.value), now = this.draft.value("instruments") ?? [];
      control.value = "";
      if (word && !now.includes(word)) { this.draft.set("instruments", [...now, word]); show([...now, word]); }
    };
    const control = el("input", { id, type: "text", maxLength: 60, autocomplete: "off", placeholder: t("addInstrument"),
      onkeydown: (event) => {
        if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && control.value.trim()) { event.preventDefault(); add(); }
        if (event.key === "Backspace" && !control.value) { const now = this.draft.value("instruments") ?? []; if (now.length) remove(now.at(-1)); }
      },
      onchange: () => { if (control.value.trim()) add(); } });
    control.setAttribute("list", `${id}-list`);
    const remove = (name) => {
      const rest = (this.draft.value("instruments") ?? []).filter((other) => other !== name);
      if (!rest.length && this.draft.source("instruments") === "words") { this.draft.fail(new Error(t("lastWord", { name: spoken("instruments", name) })), "instruments"); return; }
      this.draft.set("instruments", rest);
      show(rest);
      control.focus();
    };
    const show = (value) => {
      const names = value ?? [], shown = names.join();
      if (shown === list.dataset.shown) return;
      list.dataset.shown = shown;
      list.replaceChildren(...names.map((name) => el("li.st-chip", {}, spoken("instruments", name),
        el("button.st-x", { type: "button", "aria-label": t("removeIt", { name: spoken("instruments", name) }), onclick: () => remove(name) }, icon("close")))));
    };
    return { control, show, node: el("div.st-chipbox", {}, list, control, el("datalist", { id: `${id}-list` }, suggestions("instruments").map((word) => el("option", { value: word })))) };
  }
  #seed() {
    const { control, show } = this.#number("seed");
    const dice = el("button.st-btn.st-dice", { type: "button", "aria-label": t("dice"), title: t("dice"), onclick: () => { const seed = freshSeed(); this.draft.set("seed", seed); show(seed, true); } }, "⚄");
    return { control, show, node: el("div.st-unit", {}, control, dice) };
  }

  #fill(force = false) {
    const { draft } = this;
    for (const [name, { show, mark, back }] of Object.entries(this.fields)) {
      const source = draft.source(name);
      // What stands wrong in a field is not written over.
      if (draft.fault?.place !== name) show(draft.value(name), force);
      mark.textContent = t(`from_${source}`);
      mark.dataset.from = source;
      back.hidden = source !== "own";
    }
    const more = alsoRead(draft.told), melody = heardMelody(draft.told);
    this.more.hidden = !more && !melody;
    this.more.textContent = [more && `${t("m_also")}: ${more}`, melody].filter(Boolean).join(". ");
    this.parent.hidden = !draft.parent;
    if (draft.parent) this.parent.replaceChildren(t("changes", { title: draft.parent.title }), " ", el("button.st-x", { type: "button", "aria-label": t("notChange"), title: t("notChange"), onclick: () => { draft.drop(); this.words.focus(); } }, icon("close")));
    this.makers.show();
    const maker = draft.backends.find((backend) => backend.id === draft.maker);
    this.whom.textContent = maker && !draft.fault ? t("byWhom", { title: maker.title, time: about(maker.estimate_s) }) : "";
  }
  #faults() {
    const { fault } = this.draft;
    const tell = (box, control, words) => {
      if (box.textContent !== words) box.textContent = words;
      if (words) control?.setAttribute("aria-invalid", "true"); else control?.removeAttribute("aria-invalid");
    };
    tell(this.wordsFault, this.words, fault?.place === "text" ? fault.message : "");
    for (const [name, { fault: box, control }] of Object.entries(this.fields)) tell(box, control, fault?.place === name ? fault.message : "");
    tell(this.startFault, null, fault?.place === "start" ? fault.message : "");
  }

  async #start() {
    const { draft } = this;
    if (this.busy) return;
    if (draft.blank) { draft.fault = null; draft.fail(new Error(t("empty")), "text"); this.words.focus(); return; }
    this.busy = true;
    this.button.setAttribute("aria-disabled", "true");
    try {
      const piece = await this.pieces.start(draft.startBody, draft.startKey);
      draft.fail(null);
      draft.started();
      this.onstart?.(piece);
    } catch (fault) {
      draft.fail(fault, "start");
      (draft.fault.place === "text" ? this.words : this.fields[draft.fault.place]?.control ?? this.button).focus();
    }
    this.busy = false;
    this.button.removeAttribute("aria-disabled");
  }
}
