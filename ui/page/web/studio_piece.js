// One piece: heard, measured against what was asked, with what it is near to, and what can be done with it.
import { clock, el, fromServer, icon, number, pieceTrack, playOrPause, send, sounding, spokenKey, spokenLicence } from "./kit.js";
import { api } from "./studio_api.js";
import { again, change } from "./studio_jobs.js";
import { percent, t, titleOf } from "./studio_texts.js";
import "./studio_wave.js";

/** A button that plays or pauses what `wave` shows. */
export const playButton = (wave, title) => {
  const button = el("button.st-play", { type: "button", onclick: () => wave.toggle() }, icon("play"));
  button.mark = () => {
    const on = wave.sounds;
    if (button.dataset.on === String(on)) return;
    button.dataset.on = String(on);
    button.replaceChildren(icon(on ? "pause" : "play"));
    button.setAttribute("aria-label", t(on ? "pause" : "play", { title }));
  };
  button.mark();
  return button;
};
document.addEventListener("trichord:now", () => document.querySelectorAll("tri-studio .st-play").forEach((button) => button.mark?.()));

export class PieceView {
  constructor(pieces, draft, calls) {
    this.pieces = pieces;
    this.draft = draft;
    this.calls = calls;
    this.node = el("article.st-box.st-piece", { hidden: true, tabIndex: -1 });
    pieces.on("list open", () => this.show());
  }
  show() {
    const piece = this.pieces.open;
    const shown = piece?.status === "done" ? JSON.stringify([piece.id, piece.result]) : "";
    if (shown === this.shown) return;
    this.shown = shown;
    this.node.hidden = !shown;
    this.node.replaceChildren(...(shown ? this.#parts(piece) : []));
    if (shown) this.node.setAttribute("aria-label", titleOf(piece));
  }

  #parts(piece) {
    const { result } = piece, title = titleOf(piece), track = pieceTrack(piece);
    const wave = Object.assign(document.createElement("tri-wave"), { source: { track, peaks: api.peaks(piece.id), label: t("waveOf", { title }) } });
    const near = result.neighbours ?? [], copy = result.near_copy;
    return [
      el("header.st-piece-head", {},
        el("h2", {}, title),
        el("button.st-x", { type: "button", "aria-label": t("close"), title: t("close"), onclick: () => this.pieces.show(null) }, icon("close"))),
      el("p.st-made-by", {}, el("span.st-badge.st-generated", {}, t("generated")),
        el("span", {}, [piece.backend?.title ?? result.backend, t("seedOf", { n: result.seed }), piece.backend?.licence && t("licenceOf", { name: fromServer(piece.backend.licence) })].filter(Boolean).join(" · "))),
      copy ? el("p.st-warn", { role: "note" }, el("strong", {}, `⚠ ${t("nearCopy")} `), t("nearCopyOf", { title: near.find((n) => n.near_copy)?.track.title ?? t("aTrack") })) : null,
      el("div.st-sound", {}, playButton(wave, title), wave, el("span.st-length", {}, clock(result.duration_s))),
      el("div.st-facts", {}, this.#measured(piece), this.#near(near)),
      this.#downloads(piece),
      this.#acts(piece),
    ].filter(Boolean);
  }

  #measured({ request, result }) {
    const m = result.measured;
    const rows = [
      ["duration", `${number(request.duration_s, 1)} s`, m && `${number(m.duration_s, 1)} s`, m?.agrees.duration],
      ["tempo", request.tempo_bpm && `${number(request.tempo_bpm)} BPM`, m && (m.tempo_bpm ? `${number(m.tempo_bpm, 1)} BPM` : t("unheard")), m?.agrees.tempo],
      ["key", spokenKey(request.key), m && (spokenKey(m.key) || t("unheard")), m?.agrees.key],
      ["loudness", "", m && (m.loudness_lufs === null || m.loudness_lufs === undefined ? t("unheard") : `${number(m.loudness_lufs, 1)} LUFS`), null],
    ];
    const verdict = (asked, agrees) => (!asked ? el("span.st-hint", {}, t("notAsked")) : agrees === null || agrees === undefined ? el("span.st-hint", {}, `? ${t("cannotTell")}`)
      : el(`span.st-${agrees ? "agrees" : "differs"}`, {}, el("span", { "aria-hidden": "true" }, agrees ? "✓ " : "≠ "), t(agrees ? "agrees" : "differs")));
    return el("section.st-part", {}, el("h3", {}, t("measuredBack")), m
      ? el("table.st-table.st-measures", {}, el("caption.st-sr", {}, t("measuredBack")),
        el("thead", {}, el("tr", {}, ["what", "askedFor", "measured", "verdict"].map((name) => el("th", { scope: "col" }, t(name))))),
        el("tbody", {}, rows.map(([name, asked, measured, agrees]) => el("tr", { "data-row": name }, el("th", { scope: "row" }, t(name)), el("td", {}, asked || "–"), el("td", {}, measured), el("td", {}, verdict(asked, agrees))))))
      : el("p.st-hint", {}, t("notMeasured")), el("p.st-hint", {}, t("measuredHelp")));
  }

  #near(near) {
    const tracks = near.map((n) => n.track);
    const how = (share) => t(share >= 0.9 ? "near3" : share >= 0.75 ? "near2" : share >= 0.5 ? "near1" : "near0");
    const one = ({ track, similarity, near_copy }) => {
      const play = el("button.st-play.st-play-small", { type: "button", onclick: () => playOrPause(track, tracks, "compose") }, icon("play"));
      play.mark = () => {
        const on = sounding === track.track_id;
        play.replaceChildren(icon(on ? "pause" : "play"));
        play.setAttribute("aria-label", t(on ? "pause" : "play", { title: track.title }));
      };
      play.mark();
      return el("li.st-near", {}, play,
        el("div.st-near-names", {}, el("strong", {}, track.title), el("span.st-hint", {}, [track.artist || t("unknown"), spokenLicence(track.licence)].filter(Boolean).join(" · ")),
          near_copy ? el("span.st-warn-mark", {}, `⚠ ${t("nearCopy")}`) : null),
        el("span.st-near-how", {}, how(similarity), " ", el("b", {}, percent(similarity))));
    };
    return el("section.st-part", {}, el("h3", {}, t("closest")), near.length ? el("ul.st-nears", {}, near.map(one)) : el("p.st-hint", {}, t("noNear")));
  }

  #downloads({ id, result }) {
    const link = (href, words, name) => el("a.st-btn", { href, download: name, "data-download": words.toLowerCase() }, words);
    return el("section.st-part", {}, el("h3", {}, t("download")), el("div.st-flow", {},
      link(result.audio_url, "FLAC", `trichord-${id}.flac`),
      result.midi_url ? link(result.midi_url, "MIDI", `trichord-${id}.mid`) : null,
      result.musicxml_url ? link(result.musicxml_url, "MusicXML", `trichord-${id}.musicxml`) : null,
      result.provenance_url ? link(result.provenance_url, t("provenance"), `trichord-${id}.json`) : null),
    el("p.st-hint", {}, t("provenanceHelp")),
    result.stems_url ? this.#score(id, result) : null, result.stems_url ? this.#stems(id) : null);
  }

  /** The pages of the score, drawn when they are first opened. */
  #score(id, { score_url }) {
    const place = el("div.st-score", {}), fault = el("p.st-alert", { role: "alert" });
    return opened(t("score"), place, fault, async () => {
      const draw = async (page) => {
        const answer = await fetch(`${score_url}?page=${page}`);
        if (!answer.ok) throw new Error((await answer.json()).detail);
        const pages = Number(answer.headers.get("X-Pages"));
        const href = URL.createObjectURL(await answer.blob());
        place.append(el("a", { href, download: `trichord-${id}-${page}.svg`, "data-download": "svg" },
          el("img", { src: href, alt: t("scorePage", { n: page, of: pages }) })));
        if (page < pages) {
          const more = el("button.st-btn", { type: "button", onclick: () => { more.remove(); draw(page + 1).catch((error) => { fault.textContent = error.message; }); } }, t("nextPage"));
          place.append(more);
        }
      };
      await draw(1);
    });
  }

  /** The parts alone, named when they are first asked for. */
  #stems(id) {
    const place = el("div.st-flow", {}), fault = el("p.st-alert", { role: "alert" });
    return opened(t("stems"), el("div", {}, el("p.st-hint", {}, t("stemsHelp")), place), fault, async () => {
      const { stems } = await api.stems(id);
      place.append(...stems.map(({ number, name, url }) => el("a.st-btn", { href: url, download: `trichord-${id}-${number}.flac`, "data-download": "stem" }, name)));
    });
  }

  #acts(piece) {
    const fault = el("p.st-alert", { role: "alert" }), place = el("div.st-flow");
    const button = (name, run, kind = "") => el(`button.st-btn${kind}`, { type: "button", "data-do": name, onclick: async () => {
      fault.textContent = "";
      try { await run(); } catch (error) { fault.textContent = error.message; }
    } }, t(name));
    const { place: stretch } = piece.request.film ?? {};
    const usual = () => [
      stretch ? button("underPicture", async () => {
        const waiting = place.querySelector("[data-do=underPicture]");
        waiting.disabled = true;
        waiting.textContent = t("takingIn");
        try {
          const track = await api.offer(stretch.film_id, piece.id);
          document.dispatchEvent(new CustomEvent("trichord:desk", { detail: { ...stretch, track } }));
        } finally { waiting.disabled = false; waiting.textContent = t("underPicture"); }
      }, ".st-main") : null,
      button("anotherSeed", () => again(this.pieces, piece).then((made) => this.calls.started(made))),
      button("change", () => change(this.draft, piece)),
      button("compareIt", () => this.calls.compare(piece)),
      button("remove", () => { place.replaceChildren(...sure()); place.querySelector("button").focus(); }),
    ].filter(Boolean);
    const sure = () => [el("span", {}, t("sure")),
      button("yesRemove", async () => { if (sounding === `generation:${piece.id}`) send("pause", {}); await this.pieces.forget(piece.id); this.calls.forgotten(); }, ".st-danger"),
      button("keep", () => { place.replaceChildren(...usual()); place.querySelector("[data-do=remove]").focus(); })];
    place.append(...usual());
    return el("footer.st-acts", {}, place, fault);
  }
}

/** What is fetched when it is opened first; after a failure it is tried again at the next opening. */
function opened(title, content, fault, load) {
  let there = false;
  const box = el("details.st-more", {}, el("summary", {}, title), content, fault);
  box.addEventListener("toggle", async () => {
    if (!box.open || there) return;
    there = true;
    fault.textContent = "";
    try { await load(); } catch (error) { there = false; fault.textContent = error.message; }
  });
  return box;
}
