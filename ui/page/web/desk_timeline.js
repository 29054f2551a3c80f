// The time line under the picture: plots, playhead, segments with their borders, and the music to slip.

import { clamp, clock, h } from "./desk_dom.js";
import { calmly, draggable, notice } from "./desk_parts.js";
import { asTable, HEIGHT, legend, plots } from "./desk_plots.js";
import { t } from "./desk_texts.js";

const SHORTEST_S = 0.2;

export function timelinePanel(desk, player) {
  const canvas = h("div", { class: "desk-plots", style: { height: `${HEIGHT}px` } });
  const seek = h("div", { class: "desk-seek", role: "slider", tabindex: "0", "aria-label": t("seek"), "aria-valuemin": "0", style: { height: `${HEIGHT}px` } });
  const labels = h("div", { class: "desk-lane-names", "aria-hidden": "true" },
    h("span", { style: { top: "92px" } }, `${t("motion")}, ${t("light")}`), h("span", { style: { top: "142px" } }, t("feeling")), h("span", { style: { top: "200px" } }, t("sound")));
  const segments = h("div", { class: "desk-segments", role: "group", "aria-label": t("segments") });
  const music = h("div", { class: "desk-music", role: "group", "aria-label": t("musicLane") });
  const head = h("div", { class: "desk-head", "aria-hidden": "true" });
  const track = h("div", { class: "desk-track" }, canvas, labels, seek, segments, music, head);
  const below = h("div", { class: "desk-below" });
  const split = h("button", { type: "button", onclick: () => divide() }, t("split"));
  const join = h("button", { type: "button", onclick: () => unite() }, t("join"));
  const length = () => desk.film.duration_s;
  const share = (time) => `${(100 * time) / length()}%`;
  const seconds = (pixels) => (pixels / track.clientWidth) * length();
  let width = 0;

  function draw(force = false) {
    if (!desk.film || (!force && width === track.clientWidth) || !track.clientWidth) return;
    width = track.clientWidth;
    canvas.replaceChildren(plots(desk.film, width));
  }
  function film() {
    if (!desk.film) return;
    draw(true);
    seek.setAttribute("aria-valuemax", length().toFixed(1));
    const open = below.querySelector("details")?.open;
    below.replaceChildren(legend(desk.film), asTable(desk.film));
    if (open) below.querySelector("details").open = true;
  }
  function time(now) {
    head.style.left = share(now);
    seek.setAttribute("aria-valuenow", now.toFixed(1));
    seek.setAttribute("aria-valuetext", `${clock(now)} / ${clock(length())}`);
  }

  // Seeking.
  const at = (event) => clamp(seconds(event.clientX - track.getBoundingClientRect().left), 0, length());
  draggable(seek, { begin: (event) => player.seek(at(event)), move: (_, __, event) => player.seek(at(event)), end: () => {} });
  seek.addEventListener("keydown", (event) => {
    const now = player.video.currentTime, cuts = [0, ...desk.film.timeline.cuts.map((cut) => cut.time_s), length()];
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: length(),
      PageDown: cuts.find((cut) => cut > now + 0.05), PageUp: cuts.findLast((cut) => cut < now - 0.05) }[event.key];
    if (to === undefined) return;
    event.preventDefault(); event.stopPropagation();
    player.seek(to);
  });

  // Segments and their borders.
  function sheet() {
    if (!desk.film || !desk.sheet) return;
    const focused = track.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const { cues } = desk.sheet;
    segments.replaceChildren(...cues.map((cue, n) => h("button", {
      type: "button", class: `desk-segment ${cue.track_id ? "desk-full" : ""}`, "aria-pressed": String(desk.segment === n),
      dataset: { key: `s${n}` }, style: { left: share(cue.start_s), width: share(cue.end_s - cue.start_s) },
      "aria-label": t("segmentLong", { n: n + 1, from: clock(cue.start_s), to: clock(cue.end_s), title: cue.title || t("noMusic") }),
      onclick: () => { desk.select(n); if (player.video.paused) player.seek(cue.start_s); } }, h("b", {}, String(n + 1)), h("span", {}, cue.title || ""))),
      ...borders(cues).map(handle));
    join.disabled = desk.segment === null || desk.segment >= cues.length - 1;
    slip();
    if (focused) track.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
  }
  function borders(cues) {
    const found = [];
    cues.forEach((cue, n) => {
      const before = cues[n - 1], after = cues[n + 1];
      const low = before ? before.start_s + SHORTEST_S : 0;
      if (before && cue.start_s - before.end_s < 0.02) found.push({ key: `b${n}`, left: n - 1, right: n, at: cue.start_s, low, high: cue.end_s - SHORTEST_S, words: t("border", { a: n, b: n + 1 }) });
      else if (cue.start_s > 0.02 || !before) found.push({ key: `a${n}`, right: n, at: cue.start_s, low: before?.end_s ?? 0, high: cue.end_s - SHORTEST_S, words: t("edgeStart", { a: n + 1 }) });
      if (!after || after.start_s - cue.end_s >= 0.02) found.push({ key: `e${n}`, left: n, at: cue.end_s, low: cue.start_s + SHORTEST_S, high: after?.start_s ?? length(), words: t("edgeEnd", { a: n + 1 }) });
    });
    return found;
  }
  function handle(border) {
    const made = h("div", { class: "desk-border", role: "slider", tabindex: "0", dataset: { key: border.key }, "aria-label": border.words,
      "aria-valuemin": border.low.toFixed(2), "aria-valuemax": border.high.toFixed(2), style: { left: share(border.at) } });
    const put = (value) => {
      border.now = clamp(value, border.low, border.high);
      made.style.left = share(border.now);
      made.setAttribute("aria-valuenow", border.now.toFixed(2));
      made.setAttribute("aria-valuetext", clock(border.now, 2));
    };
    put(border.at);
    const write = () => Math.abs(border.now - border.at) > 0.001 && desk.edit("timeline", ({ cues }) => {
      if (border.left !== undefined) fit(Object.assign(cues[border.left], { end_s: border.now }));
      if (border.right !== undefined) fit(Object.assign(cues[border.right], { start_s: border.now }));
    });
    const later = calmly(write, 500);
    made.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault(); event.stopPropagation();
      put(border.now + step * (event.shiftKey ? 1 : 0.1));
      later();
    });
    draggable(made, { begin: () => border.now, move: (from, pixels) => put(snapped(from + seconds(pixels), seconds(7))), end: (from, _, moved) => (moved ? write() : put(from)) });
    return made;
  }
  const fit = (cue) => {
    const long = cue.end_s - cue.start_s;
    cue.fade_in_s = Math.min(cue.fade_in_s, long / 2); cue.fade_out_s = Math.min(cue.fade_out_s, long / 2);
  };
  /** The nearest cut within so many seconds, or the place itself. */
  const snapped = (value, within) => desk.film.timeline.cuts.map((cut) => cut.time_s)
    .reduce((best, cut) => (Math.abs(cut - value) < Math.min(within, best === null ? within : Math.abs(best - value)) ? cut : best), null) ?? value;

  function divide() {
    const now = snapped(player.video.currentTime, Math.min(0.5, seconds(7)));
    const n = desk.sheet.cues.findIndex((cue) => now > cue.start_s + SHORTEST_S && now < cue.end_s - SHORTEST_S);
    if (n < 0) return;
    desk.edit("timeline", ({ cues }) => {
      const cue = cues[n];
      const second = fitted({ ...cue, start_s: now, offset_s: cue.track_id ? cue.offset_s + now - cue.start_s : 0 });
      cue.end_s = now;
      cues.splice(n, 1, fitted(cue), second);
    }).then((done) => { if (done) { desk.segment = null; desk.select(n + 1); } });
  }
  const fitted = (cue) => { fit(cue); return cue; };
  function unite() {
    const n = desk.segment;
    desk.edit("timeline", ({ cues }) => {
      const [after] = cues.splice(n + 1, 1);
      const kept = cues[n].track_id ? cues[n] : after;
      Object.assign(cues[n], { ...kept, start_s: cues[n].start_s, end_s: after.end_s });
    }).then((done) => { if (done) { desk.segment = null; desk.select(n); } });
  }

  // The music under the chosen segment: slipped by dragging; to the right it begins earlier in the track.
  function slip() {
    const pieces = desk.pieces;
    music.replaceChildren(...pieces.map((piece) => {
      const mine = piece.track_id === desk.piece?.track_id && Math.abs(piece.start_s - desk.piece.start_s) < 0.01;
      const block = h("div", { class: `desk-block ${mine ? "desk-mine" : ""}`, style: { left: share(piece.start_s), width: share(piece.end_s - piece.start_s) } },
        h("span", {}, `${piece.title} · ${clock(piece.offset_s, 2)}`), ...onsets(piece));
      if (!mine) return block;
      let value = piece.offset_s;
      const put = (to) => {
        value = clamp(to, 0, Math.max(0, (piece.duration_s ?? Infinity) - 1));
        block.setAttribute("aria-valuenow", value.toFixed(2));
        block.setAttribute("aria-valuetext", clock(value, 2));
        block.querySelector("span").textContent = `${piece.title} · ${clock(value, 2)}`;
        block.style.setProperty("--slip", `${((piece.offset_s - value) / length()) * track.clientWidth}px`);
      };
      for (const [name, told] of Object.entries({ role: "slider", tabindex: "0", "aria-label": t("slip"), "aria-valuemin": "0", "aria-valuemax": String(Math.floor(piece.duration_s ?? 3600)) })) block.setAttribute(name, told);
      block.dataset.key = "slip";
      put(value);
      const later = calmly(() => desk.setOffset(value), 300);
      block.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: 1, ArrowRight: -1 }[event.key];
        if (!step) return;
        event.preventDefault(); event.stopPropagation();
        put(value + step * (event.shiftKey ? 1 : 0.05));
        later();
      });
      draggable(block, { begin: () => value, move: (from, pixels) => put(from - seconds(pixels)), end: (from, _, moved) => (moved ? desk.setOffset(value) : put(from)) });
      return block;
    }));
  }
  // A rule of whole seconds of the track, so that the slip is seen.
  const onsets = (piece) => [h("i", { class: "desk-rule", style: { "--second": `${(Math.max(1, length() / 60) / length()) * 100}cqw`, "--from": `${(-piece.offset_s / length()) * 100}cqw` } })];

  new ResizeObserver(() => draw()).observe(track);
  desk.on("film work", film);
  desk.on("sheet segment", sheet);
  desk.on("piece", () => {
    if (!desk.film || !desk.sheet) return;
    const held = document.activeElement?.dataset?.key === "slip";
    slip();
    if (held) music.querySelector("[data-key=slip]")?.focus({ preventScroll: true });
  });
  desk.on("time", time);
  return h("section", { class: "desk-card desk-timeline", "aria-label": t("timeline") }, track,
    h("div", { class: "desk-row" }, split, join), notice(desk, "timeline"), below);
}
