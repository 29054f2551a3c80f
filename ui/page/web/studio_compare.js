// The blind comparison: what is set against what, the pair itself, where all votes stand.
import { debounced, el, icon, noMusic } from "./kit.js";
import { api } from "./studio_api.js";
import { Pair } from "./studio_pair.js";
import { kept } from "./studio_pieces.js";
import { Standings } from "./studio_standings.js";
import { t, titleOf } from "./studio_texts.js";

const KINDS = ["catalogue", "seeds", "backends"];

export class Compare {
  constructor() {
    this.given = kept.get("comparing") ?? {};
    this.piece = null;
    this.backends = [];
    this.words = el("textarea", { id: "st-pair-words", rows: 2, maxLength: 2000, placeholder: t("wordsHint"), value: this.given.text ?? "", "aria-describedby": "st-pair-fault", oninput: () => this.#said() });
    this.fault = el("p.st-alert", { id: "st-pair-fault", role: "alert" });
    this.of = el("p.st-parent", { hidden: true });
    this.kinds = KINDS.map((kind) => el("input", { type: "radio", name: "st-kind", value: kind, checked: kind === (this.given.kind ?? "catalogue"), onchange: () => { this.#keep(); this.#fit(); } }));
    this.pick = ["A", "B"].map((side) => el("select", { "aria-label": t("systemOf", { side }) }));
    this.only = el("span.st-hint");
    this.two = el("div.st-flow.st-two", { hidden: true }, this.pick[0], el("span", {}, t("against")), this.pick[1]);
    this.button = el("button.st-btn.st-main", { type: "submit" }, t("begin"));
    this.form = el("form.st-box.st-compare", { noValidate: true, "aria-label": t("newPair"), onsubmit: (event) => { event.preventDefault(); this.#begin(); } },
      el("h2", {}, t("newPair")), el("p.st-hint", {}, t("pairHelp")),
      el("div.st-field", {}, el("label", { htmlFor: "st-pair-words" }, t("words")), this.words, this.of),
      el("fieldset.st-kinds", {}, el("legend", {}, t("whatAgainst")), KINDS.map((kind, n) =>
        el("label.st-kind", {}, this.kinds[n], el("span", {}, el("strong", {}, t(`k_${kind}`)), el("span.st-hint", {}, t(`k_${kind}_help`)), kind === "backends" ? this.only : null)))),
      this.two, el("div.st-go", {}, this.button, this.fault));
    this.standings = new Standings();
    this.pair = new Pair({ next: () => { this.pair.close(); this.form.hidden = false; this.words.focus(); }, voted: () => this.standings.load() });
    this.pair.onopen = () => { this.form.hidden = true; };
    this.nodes = [el("div.st-columns.st-columns-pair", {}, el("div", {}, this.form, this.pair.node), this.standings.node)];
    this.look = debounced(() => this.#systems(), 400);
    this.#fit();
  }
  /** The view is seen: read what stands. */
  shown() {
    this.standings.load();
    this.pair.restore();
    if (!this.backends.length) this.#systems();
  }
  /** Set a finished piece against the catalogue. */
  take(piece) {
    this.pair.close();
    this.form.hidden = false;
    this.piece = piece;
    this.words.value = piece.request.text;
    this.kinds[0].checked = true;
    this.#said();
    this.of.replaceChildren(t("withPiece", { title: titleOf(piece) }), " ", el("button.st-x", { type: "button", "aria-label": t("notPiece"), title: t("notPiece"), onclick: () => { this.piece = null; this.#fit(); this.words.focus(); } }, icon("close")));
    this.#fit();
    this.button.focus();
  }
  get kind() { return KINDS.find((_, n) => this.kinds[n].checked); }
  #said() { this.fault.textContent = ""; this.#keep(); this.look(); }
  #keep() { kept.set("comparing", { text: this.words.value, kind: this.kind }); }
  #fit() {
    const able = this.backends.length > 1, at = KINDS.indexOf("backends");
    this.kinds[at].disabled = !able;
    if (!able && this.kinds[at].checked && this.backends.length) this.kinds[0].checked = true;
    this.only.textContent = able || !this.backends.length ? "" : ` ${t("onlyOne", { title: this.backends[0].title })}`;
    this.two.hidden = !able || this.kind !== "backends";
    this.of.hidden = !this.piece || this.kind !== "catalogue";
  }
  async #systems() {
    try {
      const told = await api.brief({ text: this.words.value.trim() || t("x1") });
      const able = told.routing.backends.filter((backend) => backend.support !== "no");
      if (!able.length) return;
      if (able.map((b) => b.id).join() !== this.backends.map((b) => b.id).join()) {
        this.pick.forEach((select, n) => select.replaceChildren(...able.map((b, m) => el("option", { value: b.id, selected: m === n }, b.title))));
      }
      this.backends = able;
    } catch { /* it is told when the comparison begins */ }
    this.#fit();
  }
  async #begin() {
    if (this.busy) return;
    const text = this.words.value.trim(), kind = this.kind;
    if (!text) { this.fault.textContent = t("empty"); this.words.setAttribute("aria-invalid", "true"); this.words.focus(); return; }
    this.words.removeAttribute("aria-invalid");
    this.busy = true;
    this.fault.textContent = "";
    try {
      const backends = kind === "backends" ? this.pick.map((select) => select.value) : undefined;
      this.pair.open(await api.pair({ text, kind, backends, generation_id: kind === "catalogue" && this.piece ? this.piece.id : undefined }), true);
      this.piece = null;
      this.#fit();
    } catch (fault) {
      const way = kind === "catalogue" ? await noMusic("st-btn") : null;
      this.fault.replaceChildren(...(way ?? [fault.message]));
      this.words.focus({ preventScroll: true });
      // The player lies over the end of a long form.
      this.fault.scrollIntoView({ block: "center" });
    }
    this.busy = false;
  }
}
