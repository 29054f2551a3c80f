// What the library has and what state it is in: counts, histograms, duplicates, models, indexes, the encoders' check.
import { addMusic, spokenLabel, spokenLicence } from "./kit.js";
import { alertBox, ask, clock, el, number, showFault } from "./library_kit.js";
import { t } from "./library_texts.js";

/** A bar chart whose every bar can be read out; heights are shares of the tallest. */
const histogram = (bars, unknown) => {
  const most = Math.max(1, ...bars.map((b) => b.count));
  return el("figure.tri-lib-hist", {},
    el("ol", {}, bars.map((b) => {
      const told = t("perBar", { from: b.start, to: b.end, n: b.count });
      return el("li", { title: told }, el("span.tri-lib-bar", { "aria-hidden": "true", style: `height:${(b.count / most) * 100}%` }),
        el("span.tri-lib-sr", {}, told));
    })),
    el("div.tri-lib-ends", { "aria-hidden": "true" }, el("span", {}, String(bars[0]?.start ?? "")), el("span", {}, String(bars.at(-1)?.end ?? ""))),
    unknown ? el("figcaption", {}, t("unknownN", { n: unknown })) : null);
};
const shares = (counts) => {
  const most = Math.max(1, ...counts.map((c) => c.count));
  return el("ul.tri-lib-shares", {}, counts.map((c) => el("li", {}, el("span", {}, spokenLicence(c.name) || t("noLicence")),
    el("span.tri-lib-share", { "aria-hidden": "true" }, el("span", { style: `width:${(c.count / most) * 100}%` })), el("b", {}, number(c.count)))));
};
const block = (title, ...nodes) => el("section.tri-lib-block", {}, el("h3", {}, title), ...nodes);

const wide = (title, ...nodes) => el("section.tri-lib-block.tri-lib-wide", {}, el("h3", {}, title), ...nodes);

export class OverviewView {
  constructor(library) {
    this.library = library;
    this.parts = ["counts", "duplicates", "state"].map(() => el("div.tri-lib-part"));
    this.nodes = [el("div.tri-lib-overview", {}, this.parts)];
    this.stale = true;
  }
  shown() { if (this.stale) { this.stale = false; this.load(); } }

  load() {
    const [counts, duplicates, state] = this.parts;
    this.#fill(counts, "/v1/library/statistics", (told) => this.#counts(told));
    this.#fill(duplicates, "/v1/library/duplicates", (told) => this.#duplicates(told));
    this.#fill(state, "/v1/library/state", (told) => this.#state(told));
  }
  async #fill(place, url, make) {
    if (!place.childElementCount) place.replaceChildren(el("p.tri-lib-told.tri-lib-wait", {}, t("loading")));
    try { place.replaceChildren(...make(await ask(url))); } catch (fault) {
      const box = alertBox();
      place.replaceChildren(box);
      showFault(box, fault);
    }
  }

  #counts(told) {
    const figure = (value, name) => el("div.tri-lib-figure", {}, el("b", {}, value), el("span", {}, name));
    const family = (name) => told.concepts.filter((c) => c.family === name).slice(0, 10).map((c) => ({ name: spokenLabel(c.concept), count: c.count }));
    return [el("div.tri-lib-figures", {}, figure(number(told.tracks), t("tracks")), figure(number(told.hours, 1), t("hours")),
      figure(number(told.artists), t("artists")), figure(number(told.albums), t("albums"))),
      told.tracks ? el("div.tri-lib-blocks", {},
        block(t("tempoHist"), histogram(told.tempo, told.unknown_tempo)), block(t("yearHist"), histogram(told.years, told.unknown_year)),
        block(t("genres"), shares(family("genre"))), block(t("moods"), shares(family("mood"))),
        block(t("licences"), shares(told.licences)), block(t("topArtists"), shares(told.top_artists.slice(0, 10)))) : el("p", {}, t("empty"), " ", addMusic("tri-lib-btn"))];
  }

  #duplicates(told) {
    const group = (g) => el("li.tri-lib-group", {},
      el("p.tri-lib-hint", {}, t(`g_${g.ground}`)),
      el("ul", {}, g.tracks.map((track) => el("li", {},
        track.track_id === g.keep && el("span.tri-lib-badge", {}, t("keep")), el("strong", {}, track.title),
        ` ${[track.artist, track.album, clock(track.duration_s)].filter(Boolean).join(" · ")}`,
        track.track_id === g.keep && el("em", {}, ` (${t(`w_${g.why}`)})`),
        track.file && el("code", {}, track.file)))));
    return [block(t("duplicates"),
      told.groups.length ? el("p.tri-lib-hint", {}, t("dupHelp")) : el("p", {}, t("noDuplicates")),
      told.unprinted ? el("p.tri-lib-hint", {}, t("unprinted", { n: told.unprinted })) : null,
      el("ul.tri-lib-groups", {}, told.groups.map(group)))];
  }

  #state(told) {
    // Neither good nor bad (null) is what nobody needs to have.
    const sign = (good) => el({ true: "span.tri-lib-good", false: "span.tri-lib-bad", null: "span.tri-lib-none" }[good], { "aria-hidden": "true" }, { true: "✓", false: "!", null: "–" }[good]);
    const line = (good, name, state, detail) => el("li", {}, sign(good), el("strong", {}, name), el("span", {}, ` ${state}`),
      detail ? el("span.tri-lib-hint", {}, detail) : null);
    const indexes = told.indexes.length || told.notices.length;
    return [el("div.tri-lib-blocks", {},
      indexes ? block(t("indexes"), told.notices.map((n) => el("p.tri-lib-notice", {}, n)), el("ul.tri-lib-lines", {}, told.indexes.map((i) => line(i.in_order, i.space,
        t(i.in_order ? "inOrder" : "notInOrder"), i.in_order ? t("vectors", { n: number(i.vectors), r: `${number(i.recall * 100, 1)} %` }) : i.detail)))) : null,
      block(t("gate"), told.gate.length ? el("ul.tri-lib-lines", {}, told.gate.map((g) => line(g.accepted, g.encoder, t(g.accepted ? "accepted" : "refused"), g.detail)))
        : el("p", {}, t("gateNone"))),
      wide(t("models"), el("ul.tri-lib-lines", {}, told.models.map((m) => line(m.state === "present" || (!m.default && m.state === "missing" ? null : false), m.title || m.id,
        t(m.state), `${number(m.bytes / 1e6, m.bytes < 1e6 ? 1 : 0)} MB · ${m.licence}`)))))];
  }
}
