// The way out: files for editors, the credits, and the film with its music.

import { fromServer } from "./kit.js";
import { ask } from "./desk_api.js";
import { choice, h } from "./desk_dom.js";
import { notice } from "./desk_parts.js";
import { percent, t } from "./desk_texts.js";

const NAMES = { edl: "EDL (CMX 3600)", fcpxml: "FCPXML", otio: "OTIO", csv: "CSV", json: "JSON", txt: "TXT" };

export function outPanel(desk) {
  const links = h("div", { class: "desk-row" });
  const text = h("textarea", { rows: "4", readonly: true, "aria-label": t("credits") });
  const said = h("span", { class: "desk-soft", role: "status" });
  const copy = h("button", { type: "button", onclick: () => copied() }, t("copy"));
  const loud = h("div");
  const start = h("button", { type: "button", class: "desk-primary", onclick: () => begin() }, t("render"));
  const bar = h("progress", { max: "1", value: 0, "aria-label": t("render") });
  const words = h("p", { role: "status" });
  const stop = h("button", { type: "button", onclick: () => cancel() }, t("stopRender"));
  const bare = h("p", { class: "desk-soft" }, t("bare"));
  const running = h("div", { class: "desk-busy", hidden: true }, words, bar, stop);
  const result = h("div", { class: "desk-result" });
  let job = null, again = 0, seen = [];

  async function copied() {
    try { await navigator.clipboard.writeText(text.value); said.textContent = t("copied"); }
    catch { text.select(); said.textContent = t("notCopied"); }
  }
  function sheet() {
    if (!desk.sheet) return;
    const { cues, exports, loudness_lufs } = desk.sheet;
    const any = cues.some((cue) => cue.track_id);
    links.replaceChildren(...Object.keys(NAMES).filter((name) => exports[name]).map((name) => h("a", { class: "desk-button", href: exports[name], download: "", dataset: { format: name } }, NAMES[name])));
    text.value = [...new Set(cues.map((cue) => cue.credit).filter(Boolean))].join("\n") || t("noCredits");
    copy.disabled = !any;
    bare.hidden = any;
    said.textContent = "";
    if (!loud.contains(document.activeElement)) loud.replaceChildren(choice(t("loud"), [["-14", t("loud.-14")], ["-23", t("loud.-23")], ["none", t("loud.none")]],
      loudness_lufs === null ? "none" : String(loudness_lufs), (value) => desk.edit("out", (told) => { told.loudness_lufs = value === "none" ? null : Number(value); })));
    show();
  }
  async function begin() {
    start.disabled = true;
    try {
      const { told } = await ask(`/v1/films/${desk.film.id}/renders`, { method: "POST", etag: desk.etag });
      desk.tell("out", "");
      follow(told);
    } catch (error) {
      if (error.status === 412) await desk.readSheet().catch(() => null);
      desk.tell("out", error.status === 412 ? t("stale") : error.message);
    }
    start.disabled = false;
  }
  async function cancel() {
    try { follow((await ask(`/v1/renders/${job.id}`, { method: "DELETE" })).told); } catch (error) { desk.tell("out", error.message); }
  }
  function follow(told) {
    clearTimeout(again);
    if (job?.id !== told.id) seen = [];
    job = told;
    seen.push([performance.now(), job.progress]);
    show();
    if (["queued", "running"].includes(job.status)) again = setTimeout(poll, 500);
  }
  async function poll() {
    const { id } = job;
    try {
      const { told } = await ask(`/v1/renders/${id}`);
      if (job?.id === id) { desk.tell("out", ""); follow(told); }
    } catch (error) {
      if (job?.id !== id) return;
      desk.tell("out", error.message);
      if (error.status === 0 || error.status >= 500) again = setTimeout(poll, 2000);
    }
  }
  /** How far it is; with the minutes that are left, as fast as it was in the last one. */
  function sentence() {
    const share = percent(job.progress), [now, done] = seen.at(-1);
    while (seen.length > 2 && now - seen[1][0] > 60_000) seen.shift();
    const [since, before] = seen[0], left = ((now - since) * (1 - done)) / (done - before) / 60_000;
    return now - since > 10_000 && left >= 1 && Number.isFinite(left) ? t("renderLeft", { share, min: Math.ceil(left) }) : t("rendering", { share });
  }
  function show() {
    const open = job && ["queued", "running"].includes(job.status);
    running.hidden = !open; start.hidden = Boolean(open);
    if (open) { bar.value = job.progress; words.textContent = sentence(); }
    if (!job || open) { result.replaceChildren(); return; }
    if (job.status === "failed") desk.tell("out", fromServer(job.message));
    if (job.status === "cancelled") result.replaceChildren(h("p", { role: "status" }, t("renderCancelled")));
    if (job.status !== "done") return;
    const old = job.revision !== desk.sheet.revision ? h("p", { class: "desk-soft" }, t("renderOld")) : null;
    if (result.dataset.id !== job.id || !result.querySelector("video")) {
      result.dataset.id = job.id;
      result.replaceChildren(h("p", { role: "status" }, t("renderDone")),
        h("video", { controls: true, preload: "metadata", src: `${job.film_url}#t=0.5`, "aria-label": t("rendered"), style: { "--ratio": `${desk.film.width} / ${desk.film.height}` } }),
        h("a", { class: "desk-button desk-primary", href: job.film_url, download: "" }, t("download")), h("div", { class: "desk-old" }));
    }
    result.querySelector(".desk-old").replaceChildren(...(old ? [old] : []));
  }
  async function film() {
    clearTimeout(again);
    job = null;
    delete result.dataset.id;
    result.replaceChildren();
    if (!desk.film) return;
    const { told } = await ask(`/v1/films/${desk.film.id}/renders`).catch(() => ({ told: [] }));
    const [newest] = told;
    if (newest && !["cancelled"].includes(newest.status)) follow(newest); else show();
  }
  desk.on("film", film);
  desk.on("sheet", sheet);
  return h("section", { class: "desk-card desk-out" }, h("h3", {}, t("out")),
    h("div", { class: "desk-columns" },
      h("div", {}, h("h4", {}, t("exports")), links, h("h4", {}, t("credits")), text, h("div", { class: "desk-row" }, copy, said)),
      h("div", {}, loud, h("p", { class: "desk-soft" }, t("loudHint")), notice(desk, "out"), bare, start, running, result)));
}
