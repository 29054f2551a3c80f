// Who would make it: systems with licence, what of the brief they can do, and how long they need.
import { el, fromServer } from "./kit.js";
import { about, t } from "./studio_texts.js";

const SIGNS = { full: "✓", partial: "≈", no: "✗" };

export class Makers {
  constructor(draft) {
    this.draft = draft;
    this.list = el("div.st-makers-list");
    this.told = el("p.st-hint");
    this.node = el("fieldset.st-makers", {}, el("legend", {}, t("who")), this.list, this.told);
  }
  show() {
    const { draft } = this, { backends, maker } = draft;
    const shown = JSON.stringify([backends, maker]);
    this.told.textContent = backends.length ? "" : draft.fault ? t("whoFault") : t("whoLater");
    if (shown === this.shown) return;
    this.shown = shown;
    const held = this.list.contains(document.activeElement) ? document.activeElement.value : null;
    this.list.replaceChildren(...backends.map((backend) => this.#one(backend, maker)));
    if (held) this.list.querySelector(`input[value="${CSS.escape(held)}"]`)?.focus();
  }
  #one({ id, title, licence, support, missing, reason, estimate_s }, maker) {
    const words = support === "partial" ? t("s_partial", { missing: missing.map(fromServer).join(", ") }) : support === "no" ? t("s_no", { reason: fromServer(reason) }) : t("s_full");
    return el(`label.st-maker.st-s-${support}`, {},
      el("input", { type: "radio", name: "st-maker", value: id, checked: id === maker, disabled: support === "no", onchange: () => this.draft.choose(id) }),
      el("span.st-maker-in", {}, el("strong", {}, title),
        el("span.st-support", {}, el("span", { "aria-hidden": "true" }, `${SIGNS[support]} `), words),
        el("span.st-hint", {}, [support !== "no" && t("needs", { time: about(estimate_s) }), t("licenceOf", { name: fromServer(licence) })].filter(Boolean).join(" · "))));
  }
}
