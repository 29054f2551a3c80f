// "Shape": course, length, order and wishes of the whole list; shown first, then taken or dropped.
import { el, request } from "./kit.js";
import { ArcEditor } from "./playlist_arc.js";
import { t } from "./playlist_texts.js";

const ORDERS = ["", "smooth", "best", "energy", "tempo", "loudness", "year", "length", "key", "title", "artist", "shuffle", "reverse"];
const SORTED = new Set(["energy", "tempo", "loudness", "year", "length", "key", "title", "artist"]);

/** A label above a control. */
export const field = (label, ...controls) => el("label.pl-field", {}, el("span", {}, label), ...controls);
/** Length by minutes or tracks. `read()` gives {n} or {duration}; nothing where the list stays as long as it is. */
export const lengthField = (label, first, value = "") => {
  const unit = el("select", { "aria-label": label, onchange: () => { amount.hidden = !unit.value; if (unit.value && !amount.value) amount.value = unit.value === "n" ? 10 : 30; } },
    [...(first ? [["", first]] : []), ["n", t("byTracks")], ["duration", t("byMinutes")]].map(([v, words]) => el("option", { value: v }, words)));
  const amount = el("input", { type: "number", min: 1, max: 1440, value, "aria-label": label, hidden: Boolean(first) });
  const node = el("div.pl-field", { role: "group", "aria-label": label }, el("span", {}, label), el("div.pl-pair", {}, amount, unit));
  const read = () => {
    const wanted = Number(amount.value);
    return !unit.value || !wanted ? {} : unit.value === "n" ? { n: Math.round(wanted) } : { duration: wanted * 60 };
  };
  return { node, read };
};

export class ShapePanel {
  constructor(work) {
    this.work = work;
    this.arc = new ArcEditor(work, () => this.drop());
    this.length = lengthField(t("length"), t("asLong"));
    this.order = el("select", { onchange: () => this.#fit() }, ORDERS.map((o) => el("option", { value: o }, t(`o_${o}`))));
    this.descending = el("input", { type: "checkbox" });
    this.down = el("label.pl-tick", { hidden: true }, this.descending, t("descending"));
    this.wishes = el("input", { type: "text", maxLength: 1000, autocomplete: "off", placeholder: t("wishesHint") });
    this.may = el("input", { type: "checkbox" });
    this.fault = el("p.pl-alert", { role: "alert" });
    this.result = el("section.pl-result", { "aria-live": "polite", hidden: true });
    this.go = el("button.pl-btn.pl-main", { type: "submit" }, t("preview"));
    this.nodes = [this.arc.node, el("form.pl-form", { onsubmit: (event) => { event.preventDefault(); this.preview(); } },
      this.length.node, field(t("order"), this.order), this.down, field(t("wishes"), this.wishes), el("label.pl-tick", {}, this.may, t("mayCome")), this.go), this.fault, this.result];
    work.on("doc", (other) => { if (other) { this.arc.points = []; this.fault.textContent = ""; } this.drop(); });
  }
  shown() { this.arc.draw(); }
  #fit() { this.down.hidden = !SORTED.has(this.order.value); }

  #asked() {
    const body = { ...this.length.read() }, wishes = this.wishes.value.trim(), arc = this.arc.asked;
    if (arc) body.arc = arc;
    if (this.order.value) body.order = this.order.value;
    if (this.descending.checked && SORTED.has(this.order.value)) body.descending = true;
    if (wishes) body.wishes = wishes;
    // The same tracks in another order, unless others may come.
    if (!this.may.checked && !body.n && !body.duration && !wishes && this.work.entries.length <= 500) body.keep = this.work.entries.map((e, n) => ({ e, n })).filter(({ e }) => e.track_id).map(({ n }) => n);
    return body;
  }

  async preview() {
    const { work } = this, body = this.#asked();
    this.fault.textContent = "";
    this.go.disabled = true;
    try {
      const { told } = await request(`${work.url}/reshape`, { method: "POST", json: { ...body, dry_run: true } });
      await work.known(told.entries.map((e) => e.track_id));
      this.arc.preview = told.entries.map((e) => work.track(e.track_id)).filter(Boolean);
      this.arc.draw();
      this.#show(told, body);
    } catch (fault) { this.fault.textContent = fault.message; }
    this.go.disabled = false;
  }
  #show(told, body) {
    const came = new Set(told.came.map((e) => e.track_id)), line = (e, mark) => el("li", { "data-id": e.track_id }, el("span", {}, e.title), mark && el("span.pl-mark", {}, mark));
    this.result.hidden = false;
    this.result.replaceChildren(el("h4", {}, t("would")), ...told.said.map((words) => el("p", {}, words)),
      el("div.pl-flow", {}, el("button.pl-btn.pl-main.pl-takeit", { type: "button", onclick: () => this.#take(body) }, t("take")), el("button.pl-btn", { type: "button", onclick: () => this.drop() }, t("drop"))),
      el("ol.pl-lines", {}, told.entries.map((e) => line(e, came.has(e.track_id) && t("isNew")))), told.went.length ? el("ul.pl-lines.pl-went", {}, told.went.map((e) => line(e, t("goes")))) : "");
  }
  async #take(body) { if (await this.work.post("/reshape", body, t("taken"))) { this.drop(); this.go.focus(); } }
  /** Forget the preview; what was wished for stays. */
  drop() {
    this.arc.preview = null;
    this.result.hidden = true;
    this.result.replaceChildren();
    this.arc.draw();
  }
}
