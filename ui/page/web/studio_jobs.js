// The lists: what is being made, with how far it is, and what was made.
import { el, fromServer, number } from "./kit.js";
import { bodyOf, freshKey, freshSeed } from "./studio_api.js";
import { isOpen } from "./studio_pieces.js";
import { about, ago, t, titleOf } from "./studio_texts.js";

const SIGNS = { queued: "…", running: "♪", done: "✓", failed: "!", cancelled: "×" };

export class Jobs {
  constructor(pieces, draft) {
    this.pieces = pieces;
    this.draft = draft;
    this.rows = new Map();
    this.making = el("ul.st-jobs", { "aria-label": t("making") });
    this.made = el("ul.st-made", { "aria-label": t("made") });
    this.makingBox = el("section.st-box.st-making", { hidden: true }, el("h2", {}, t("making")), this.making);
    this.none = el("p.st-hint");
    this.fault = el("p.st-alert", { role: "alert" });
    this.said = el("p.st-sr", { role: "status" });
    this.more = el("button.st-btn", { type: "button", hidden: true, onclick: () => pieces.loadMore().catch((fault) => this.#fail(fault)) }, t("more"));
    this.madeBox = el("section.st-box", {}, el("h2", {}, t("made")), this.none, this.made, this.more);
    pieces.on("list open", () => this.show());
    pieces.on("fault", (fault) => this.#fail(fault));
    pieces.on("ended", (piece) => { this.said.textContent = t(`said_${piece.status}`, { title: titleOf(piece) }); });
  }
  #fail(fault) { this.fault.textContent = fault.message; }

  show() {
    const { list, trouble, loaded } = this.pieces;
    this.fault.textContent = trouble ? `${trouble} ${t("lookingAgain")}` : "";
    const live = new Set(list.map((piece) => piece.id));
    for (const id of this.rows.keys()) if (!live.has(id)) this.rows.delete(id);
    // The first that was asked for is made first.
    this.#order(this.making, list.filter(isOpen).reverse());
    this.#order(this.made, list.filter((piece) => !isOpen(piece)));
    this.makingBox.hidden = !this.making.childElementCount;
    this.none.textContent = this.made.childElementCount ? "" : loaded ? t("noneMade") : t("loading");
    this.more.hidden = !this.pieces.more;
  }
  #order(place, pieces) {
    const nodes = pieces.map((piece) => this.#row(piece));
    if (nodes.length !== place.childElementCount || nodes.some((node, n) => place.children[n] !== node)) place.replaceChildren(...nodes);
  }
  #row(piece) {
    const kind = isOpen(piece) ? "job" : "made";
    let row = this.rows.get(piece.id);
    if (!row || row.kind !== kind) { row = kind === "job" ? this.#job(piece) : this.#piece(piece); row.kind = kind; this.rows.set(piece.id, row); }
    row.update(piece);
    return row.node;
  }

  #job({ id, request }) {
    const title = titleOf({ request });
    const badge = el("span.st-badge"), bar = el("progress", { max: 1, "aria-label": t("progressOf", { title }) }), told = el("p.st-hint.st-told"), fault = el("p.st-alert", { role: "alert" });
    const cancel = el("button.st-btn.st-small", { type: "button", "aria-label": t("cancelOf", { title }), onclick: async () => {
      cancel.disabled = true;
      try { await this.pieces.cancel(id); } catch (error) { fault.textContent = error.message; cancel.disabled = false; }
    } }, t("cancel"));
    const node = el("li.st-job", { "data-id": id }, el("div.st-line", {}, el("strong.st-name", {}, title), badge, cancel), bar, told, fault);
    return { node, update: ({ status, progress, message, eta_s, queue_position, backend }) => {
      node.dataset.status = status;
      badge.textContent = `${SIGNS[status]} ${t(`st_${status}`)}`;
      bar.value = progress;
      told.textContent = [status === "queued" && queue_position > 0 ? (queue_position === 1 ? t("placeNext") : t("place", { n: queue_position })) : null,
        eta_s !== null && eta_s !== undefined ? t(status === "queued" ? "readyIn" : "left", { time: about(eta_s) }) : t("etaUnknown"),
        status === "running" ? fromServer(message) : null, backend?.title].filter(Boolean).join(" · ");
    } };
  }
  #piece({ id }) {
    const name = el("span.st-name"), facts = el("span.st-hint"), badge = el("span.st-badge"), box = el("div.st-after");
    const open = el("button.st-open", { type: "button", onclick: async () => {
      await this.pieces.show(this.pieces.opened === id ? null : id);
      if (this.pieces.opened === id) this.onopen?.();
    } }, name, facts);
    const node = el("li.st-row", { "data-id": id }, el("div.st-line", {}, open, badge), box);
    return { node, update: (piece) => {
      node.dataset.status = piece.status;
      name.textContent = titleOf(piece);
      facts.textContent = [piece.result && `${number(piece.result.duration_s, 1)} s`, piece.backend?.title, t("seedOf", { n: piece.result?.seed ?? piece.request.seed }), ago(piece.finished_at ?? piece.created_at)].filter(Boolean).join(" · ");
      badge.textContent = piece.status === "done" ? "" : `${SIGNS[piece.status]} ${t(`st_${piece.status}`)}`;
      badge.hidden = piece.status === "done";
      const on = piece.status === "done" && this.pieces.opened === id;
      node.classList.toggle("st-on", on);
      open.disabled = piece.status !== "done";
      if (piece.status === "done") open.setAttribute("aria-expanded", String(on)); else open.removeAttribute("aria-expanded");
      if (piece.status !== "done" && !box.childElementCount) box.replaceChildren(...this.#after(piece));
    } };
  }
  /** The way on from what was not made. */
  #after(piece) {
    const fault = el("p.st-alert", { role: "alert" });
    const doing = (run) => async () => { fault.textContent = ""; try { await run(); } catch (error) { fault.textContent = error.message; } };
    return [piece.status === "failed" ? el("p.st-failed", {}, fromServer(piece.message)) : null,
      el("div.st-flow", {},
        el("button.st-btn.st-small", { type: "button", onclick: doing(() => again(this.pieces, piece, piece.request.seed)) }, t("tryAgain")),
        el("button.st-btn.st-small", { type: "button", onclick: () => change(this.draft, piece) }, t("change")),
        el("button.st-btn.st-small", { type: "button", "aria-label": t("removeIt", { name: titleOf(piece) }), onclick: doing(() => this.pieces.forget(piece.id)) }, t("remove"))),
      fault].filter(Boolean);
  }
}

/** Make a piece once more, by another seed unless told. */
export const again = (pieces, piece, seed = freshSeed()) => {
  const { backend } = piece;
  return pieces.start({ ...bodyOf(piece.request), seed, ...(backend ? { backend: backend.id } : {}), ...(piece.status === "done" ? { parent_id: piece.id } : {}) }, freshKey());
};
/** Put what a piece was made of into the form. */
export const change = (draft, piece) =>
  draft.take({ request: piece.request, backend: piece.backend?.id ?? null, parent: piece.status === "done" ? { id: piece.id, title: titleOf(piece) } : null });
