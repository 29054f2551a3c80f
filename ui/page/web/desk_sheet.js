// The cue sheet as a table, with what is done to the whole of it.

import { fromServer, spokenLicence } from "./kit.js";
import { clock, h } from "./desk_dom.js";
import { notice } from "./desk_parts.js";
import { sayPanel } from "./desk_say.js";
import { percent, t } from "./desk_texts.js";

const HEAD = ["piece", "inAt", "outAt", "begins", "fades", "sync", "licence", "actions"];

export function sheetPanel(desk) {
  const body = h("tbody");
  const status = h("p", { class: "desk-soft", role: "status" });
  const undo = h("button", { type: "button", onclick: () => desk.undo() }, t("undo"));
  const redo = h("button", { type: "button", onclick: () => desk.redo() }, t("redo"));
  const fill = h("button", { type: "button", onclick: () => filling() }, t("fill"));
  const table = h("table", { class: "desk-sheet" }, h("thead", {}, h("tr", {}, HEAD.map((name) => h("th", { scope: "col" }, t(name))))), body);

  async function filling() {
    fill.disabled = true;
    status.textContent = t("filling");
    await desk.fill();
    status.textContent = "";
    show();
  }
  function row(cue, n) {
    const empty = !cue.track_id;
    const cell = (name, ...words) => h("td", { "data-label": t(name) }, words);
    const name = h("th", { scope: "row" },
      h("button", { type: "button", class: "desk-link", "aria-label": `${t("goTo", { n: n + 1 })}: ${cue.title || t("noMusic")}`, onclick: () => desk.select(n) }, `${n + 1}. ${cue.title || t("noMusic")}`),
      cue.generated ? h("small", { class: "desk-generated" }, t("generated")) : null, cue.artist ? h("small", {}, cue.artist) : null, cue.wish ? h("small", {}, t("wished", { wish: cue.wish })) : null, cue.problem ? h("p", { class: "desk-alert" }, fromServer(cue.problem)) : null);
    const licence = empty ? "" : [h("span", {}, spokenLicence(cue.licence) || "?"), h("details", { class: "desk-credit" },
      h("summary", {}, t("credit")), h("p", {}, cue.credit ?? ""), h("p", {}, t(`terms.${cue.terms}`)))];
    const clear = empty ? "" : h("button", { type: "button", "aria-label": t("clear", { n: n + 1 }),
      onclick: () => desk.edit("sheet", (told) => Object.assign(told.cues[n], { track_id: null, offset_s: 0 })) }, t("clearShort"));
    const met = cue.hits === null || !cue.cuts ? "–" : t("byCuts", { hits: cue.hits, cuts: cue.cuts, sync: percent(cue.sync ?? 0) });
    return h("tr", { class: desk.segment === n ? "desk-now" : "" }, name, cell("inAt", clock(cue.start_s, 2)), cell("outAt", clock(cue.end_s, 2)),
      cell("begins", empty ? "" : clock(cue.offset_s, 2)), cell("fades", empty ? "" : `${cue.fade_in_s.toFixed(1)} / ${cue.fade_out_s.toFixed(1)} s`),
      cell("sync", empty ? "" : met), h("td", { "data-label": t("licence"), class: "desk-licence" }, licence), h("td", {}, clear));
  }
  function show() {
    if (!desk.sheet) return;
    const open = [...body.querySelectorAll("details")].map((each) => each.open);
    body.replaceChildren(...desk.sheet.cues.map(row));
    [...body.querySelectorAll("details")].forEach((each, n) => { each.open = Boolean(open[n]); });
    undo.disabled = !desk.canUndo; redo.disabled = !desk.canRedo;
    fill.disabled = desk.sheet.cues.every((cue) => cue.track_id);
  }
  desk.on("sheet segment", show);
  return h("section", { class: "desk-card" }, h("h3", {}, t("sheet")), sayPanel(desk), h("div", { class: "desk-row" }, fill, undo, redo), status, notice(desk, "sheet"),
    h("div", { class: "desk-scroll", tabindex: "0", role: "region", "aria-label": t("sheet") }, table));
}
