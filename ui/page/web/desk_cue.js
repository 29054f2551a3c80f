// The piece that is heard under the chosen segment: where it begins, its level, fades, ducking.

import { choice, clock, field, h } from "./desk_dom.js";
import { calmly, notice } from "./desk_parts.js";
import { t } from "./desk_texts.js";

const NUMBERS = { gain_db: ["level", -40, 12, 0.5], fade_in_s: ["fadeIn", 0, 30, 0.1], fade_out_s: ["fadeOut", 0, 30, 0.1] };

export function cuePanel(desk) {
  const title = h("p", { class: "desk-big" });
  const empty = h("p", { class: "desk-soft" }, t("pickFirst"));
  const offset = h("input", { type: "number", min: "0", step: "0.01", onchange: () => offset.value !== "" && desk.setOffset(Number(offset.value)) });
  const offers = h("div", { class: "desk-offers", role: "group", "aria-label": t("offers") });
  const write = calmly((told) => desk.change("cue", told));
  const inputs = Object.entries(NUMBERS).map(([name, [words, min, max, step]]) => {
    const slider = name === "gain_db";
    const input = h("input", { type: slider ? "range" : "number", min, max, step, dataset: { name },
      oninput: () => { if (slider) say(); },
      onchange: () => { if (input.value !== "") write({ [name]: Number(input.value) }); } });
    const told = slider ? h("output", { class: "desk-soft" }) : null;
    const say = () => { if (told) told.textContent = `${Number(input.value).toFixed(1)} dB`; };
    return { name, input, say, element: h("div", { class: "desk-number" }, field(t(words), input), told) };
  });
  const duck = h("input", { type: "checkbox", onchange: () => desk.change("cue", { duck: duck.checked }) });
  const body = h("div", { class: "desk-cue-body" }, title,
    h("div", { class: "desk-start" }, field(t("offset"), offset), h("p", { class: "desk-label" }, t("offers")), offers),
    h("div", { class: "desk-numbers" }, inputs.map((each) => each.element), h("label", { class: "desk-check" }, duck, h("span", {}, t("duck")))));
  const original = h("div", { class: "desk-original" });
  let asked = null;

  function set(input, value) { if (document.activeElement !== input || input.type === "range") input.value = String(value); }
  function show() {
    if (!desk.sheet) return;
    const { piece } = desk;
    body.hidden = !piece; empty.hidden = Boolean(piece);
    if (!piece) return;
    title.textContent = `${piece.title} · ${piece.artist || t("unknownArtist")}`;
    set(offset, piece.offset_s);
    for (const { name, input, say } of inputs) { set(input, Math.round(piece[name] * 100) / 100); say(); }
    duck.checked = piece.duck;
    places();
  }
  async function places() {
    const { piece } = desk;
    const known = desk.offers(piece.track_id);
    if (!known?.offsets) {
      offers.replaceChildren(h("p", { class: "desk-soft" }, t("listening")));
      const key = `${piece.track_id} ${desk.segment} ${piece.start_s} ${piece.end_s}`;
      if (asked === key) return;
      asked = key;
      try { await desk.ofOffsets(piece.track_id); desk.tell("cue", ""); } catch (error) { offers.replaceChildren(); desk.tell("cue", error.message); }
      return;
    }
    offers.replaceChildren(...known.offsets.map((each) => {
      const chosen = Math.abs(each.offset_s - piece.offset_s) < 0.005;
      const words = each.cuts ? t("offer", { hits: each.hits, cuts: each.cuts, chance: (each.chance * each.cuts).toFixed(1) }) : t("offerPlain");
      return h("button", { type: "button", "aria-pressed": String(chosen), onclick: () => desk.setOffset(each.offset_s) },
        h("b", {}, clock(each.offset_s, 2)), h("span", {}, words));
    }));
  }
  function sheet() {
    if (!desk.sheet) return;
    const options = [["keep", t("keep")], ["duck", t("duckOriginal")], ["remove", t("remove")]];
    if (original.contains(document.activeElement)) return;
    original.replaceChildren(...(desk.film.has_audio
      ? [choice(t("original"), options, desk.sheet.original, (value) => desk.edit("cue", (told) => { told.original = value; }))] : []));
  }
  desk.on("piece offers segment", show);
  desk.on("sheet", () => { sheet(); show(); });
  return h("section", { class: "desk-card desk-cue" }, h("h3", {}, t("editor")), empty, body, original, notice(desk, "cue"));
}
