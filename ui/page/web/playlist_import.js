// A playlist file comes in: first what its entries are here, with a choice where it is doubtful; then it is stored.
import { ask, el } from "./kit.js";
import { field } from "./playlist_shape.js";
import { t } from "./playlist_texts.js";

const TYPES = ".m3u,.m3u8,.xspf,.jspf,.json,.csv,.pls,.txt";
const DOUBTFUL = new Set(["edition", "spelling", "filename"]);
const named = (title, artist) => [title, artist].filter(Boolean).join(" · ");

export class ImportPanel {
  constructor(work, opened) {
    this.work = work;
    this.opened = opened;
    this.input = el("input", { type: "file", accept: TYPES, "aria-label": t("choose"), onchange: () => { this.read(this.input.files[0]); this.input.value = ""; } });
    this.said = el("p.pl-hint", { role: "status" });
    this.fault = el("p.pl-alert", { role: "alert" });
    this.report = el("div.pl-report", { hidden: true });
    this.nodes = [el("div.pl-drop", {}, el("p", {}, t("dropHere")), el("label.pl-btn.pl-file", {}, t("choose"), this.input)), this.said, this.fault, this.report];
  }

  async read(file) {
    if (!file) return;
    this.fault.textContent = "";
    this.said.textContent = t("reading", { name: file.name });
    const form = new FormData();
    form.append("file", file, file.name);
    form.append("dry_run", "true");
    try {
      const told = await ask("/v1/playlists/import", { method: "POST", body: form });
      await this.work.known(told.entries.map((e) => e.track_id));
      this.#show(told, file.name.replace(/\.\w+$/, ""));
      this.said.textContent = "";
    } catch (fault) { this.said.textContent = ""; this.fault.textContent = fault.message; }
  }

  #show(told, name) {
    // What each entry becomes: the id of a track, or null for its words.
    const chosen = told.entries.map((e) => e.track_id), group = (words, entries, more) => entries.length ? el("section", {}, el("h4", {}, words), el("ul.pl-found", {}, entries.map(more))) : "";
    const doubtful = told.entries.filter((e) => DOUBTFUL.has(e.how)), missing = told.entries.filter((e) => !e.track_id), sure = told.entries.filter((e) => e.track_id && !DOUBTFUL.has(e.how));
    const choice = (entry, id, label, on) => {
      const pick = (value) => { chosen[entry.place - 1] = value ? id : null; }, radio = (value, words) => el("label.pl-tick", {}, el("input", { type: "radio", name: `pl-import-${entry.place}`, checked: on === value, onchange: () => pick(value) }), words);
      return el("div.pl-flow", { role: "radiogroup", "aria-label": label }, radio(true, t("takeIt")), radio(false, t("asWords")));
    };
    const wanted = (e) => named(e.title, e.artist) || e.location || t("untold"), got = (e) => { const track = this.work.track(e.track_id); return named(track?.title, track?.artist); };
    const title = el("input", { type: "text", maxLength: 500, value: told.title || name });
    this.report.hidden = false;
    this.report.replaceChildren(el("p.pl-counts", { role: "status" }, t("report", { found: sure.length, doubtful: doubtful.length, missing: missing.length })), field(t("title"), title),
      el("div.pl-flow", {}, el("button.pl-btn.pl-main", { type: "button", onclick: () => this.#store(told, chosen, title.value) }, t("import", { n: told.entries.length })), el("button.pl-btn", { type: "button", onclick: () => this.#close() }, t("cancel"))),
      group(t("missing"), missing, (e) => el("li", {}, el("strong", {}, wanted(e)), el("span.pl-hint", {}, e.reason ?? ""), e.closest && el("span", {}, t("closest", { title: named(e.closest.title, e.closest.artist) })), e.closest && choice(e, e.closest.track_id, wanted(e), false))),
      group(t("doubt"), doubtful, (e) => el("li", {}, el("strong", {}, t("insteadOf", { wanted: wanted(e), got: got(e) })), el("span.pl-hint", {}, t(`h_${e.how}`)), choice(e, e.track_id, wanted(e), true))),
      sure.length ? el("details", {}, el("summary", {}, t("sureOnes", { n: sure.length })), el("ul.pl-found", {}, sure.slice(0, 500).map((e) => el("li", {}, got(e) || wanted(e))))) : "");
    title.focus();
  }
  #close() { this.report.hidden = true; this.report.replaceChildren(); }

  async #store(told, chosen, title) {
    const entries = told.entries.map((e, n) => (chosen[n] ? { track_id: chosen[n] } : { title: e.title || e.location || t("untold"), artist: e.artist }));
    if (await this.work.create(title, { entries }, t("imported", { n: entries.length }))) { this.#close(); this.opened(); }
  }
}
