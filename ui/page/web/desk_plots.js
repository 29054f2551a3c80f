// What is plotted over time: pictures, shots, motion and light, feeling, the clip's own sound. One SVG, and its table.

import { clock, h, s } from "./desk_dom.js";
import { t } from "./desk_texts.js";

export const LANES = { ruler: [0, 18], pictures: [20, 54], shots: [76, 10], motion: [92, 44], feeling: [142, 52], sound: [200, 56] };
export const HEIGHT = 260;
// Told apart by dash and fill as well as by colour (Okabe and Ito's, darkened where light ground asks for it).
const LINES = { light: "5 3", energy: "", valence: "7 4", tension: "1.5 3.5" };
const FILLS = { motion: "desk-p-motion", speech: "desk-p-speech", singing: "desk-p-singing", music: "desk-p-music" };

function patterns() {
  const tile = (id, size, ...marks) => s("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse" }, ...marks);
  return s("defs", {},
    tile("desk-p-motion", 5, s("path", { d: "M0 2.5h5", class: "desk-s-motion", "stroke-width": 2 })),
    tile("desk-p-speech", 7, s("path", { d: "M-1 8L8 -1M-1 1L1 -1M6 8L8 6", class: "desk-s-speech", "stroke-width": 1.8 })),
    tile("desk-p-singing", 7, s("path", { d: "M0 0L7 7M7 0L0 7", class: "desk-s-singing", "stroke-width": 1.3 })),
    tile("desk-p-music", 6, s("circle", { cx: 3, cy: 3, r: 1.4, class: "desk-f-music" })));
}

const stepTicks = (length, width) => [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200].find((step) => (step / length) * width >= 58) ?? 1800;

/** Draw a film's time line `width` pixels wide. */
export function plots(film, width) {
  const line = film.timeline, length = film.duration_s, x = (time) => (time / length) * width;
  const kids = [patterns(), ...ruler(length, width, x), ...pictures(line, length, width), ...shots(line, x)];
  const starts = line.moments.start_s, curve = film.scene.curve;
  const lane = ([top, high], value) => top + high - 2 - (high - 4) * Math.min(1, Math.max(0, value));
  const path = (times, values, where) => times.map((time, n) =>
    `${n ? "L" : "M"}${x(time + ((times[n + 1] ?? length) - time) / 2).toFixed(1)} ${lane(where, values[n]).toFixed(1)}`).join("");
  const ground = ([top, high]) => s("rect", { x: 0, y: top, width, height: high, rx: 4, class: "desk-lane" });
  kids.push(ground(LANES.motion), ground(LANES.feeling), ground(LANES.sound));
  if (starts.length) {
    const floor = LANES.motion[0] + LANES.motion[1] - 2, first = path(starts, line.moments.motion, LANES.motion);
    kids.push(s("path", { d: `M0 ${floor}L0 ${lane(LANES.motion, line.moments.motion[0])}${first.replace("M", "L")}L${width} ${lane(LANES.motion, line.moments.motion.at(-1))}L${width} ${floor}Z`, class: "desk-area desk-c-motion", fill: `url(#${FILLS.motion})` }));
    kids.push(s("path", { d: path(starts, line.moments.brightness, LANES.motion), class: "desk-line desk-c-light", "stroke-dasharray": LINES.light }));
  }
  const times = curve.map((point) => point.start_s);
  for (const name of ["energy", "valence", "tension"]) {
    const values = curve.map((point) => (name === "valence" ? (point.valence + 1) / 2 : point[name]));
    if (values.length) kids.push(s("path", { d: path(times, values, LANES.feeling), class: `desk-line desk-c-${name}`, "stroke-dasharray": LINES[name] }));
  }
  kids.push(...sounds(line, x));
  return s("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true", focusable: "false" }, kids);
}

function ruler(length, width, x) {
  const step = stepTicks(length, width), made = [];
  for (let time = 0; time < length; time += step) {
    made.push(s("path", { d: `M${x(time)} 12v6`, class: "desk-tick" }));
    made.push(s("text", { x: x(time) + 3, y: 12, class: "desk-words" }, clock(time, step < 1 ? 1 : 0)));
  }
  return made;
}
function pictures({ thumbnails }, length, width) {
  const [top, high] = LANES.pictures, wide = (thumbnails.width / thumbnails.height) * high;
  if (!thumbnails.times_s.length) return [];
  const count = Math.max(1, Math.ceil(width / wide)), made = [];
  for (let n = 0; n < count; n++) {
    const at = ((n + 0.5) * wide / width) * length;
    const nearest = thumbnails.times_s.reduce((best, time, k) => (Math.abs(time - at) < Math.abs(thumbnails.times_s[best] - at) ? k : best), 0);
    made.push(s("image", { href: thumbnails.url.replace("{k}", nearest), x: n * wide, y: top, width: wide, height: high, preserveAspectRatio: "xMidYMid slice" }));
  }
  return made;
}
function shots(line, x) {
  const [top, high] = LANES.shots, [above, tall] = LANES.pictures;
  return [
    ...line.shots.map((shot, n) => s("rect", { x: x(shot.start_s), y: top, width: Math.max(1, x(shot.end_s - shot.start_s) - 1), height: high, class: n % 2 ? "desk-shot-b" : "desk-shot-a" })),
    ...line.cuts.map((cut) => s("path", { d: `M${x(cut.time_s)} ${above}v${tall + 4}`, class: "desk-cut" })),
  ];
}
function sounds(line, x) {
  const [top, high] = LANES.sound, { step_s, db } = line.loudness;
  const tall = (level) => (high - 6) * Math.min(1, Math.max(0, (level + 60) / 60));
  const made = [];
  if (db.length) {
    const up = db.map((level, n) => `L${x(n * step_s).toFixed(1)} ${(top + high - 3 - tall(level)).toFixed(1)}`).join("");
    made.push(s("path", { d: `M0 ${top + high - 3}${up}L${x(db.length * step_s)} ${top + high - 3}Z`, class: "desk-level" }));
  }
  for (const mark of line.marks) {
    const wide = x(mark.end_s - mark.start_s);
    made.push(s("rect", { x: x(mark.start_s), y: top + 2, width: wide, height: high - 4, rx: 3, class: `desk-mark-${mark.kind}`, fill: `url(#${FILLS[mark.kind]})` }));
    if (wide > 46) made.push(s("text", { x: x(mark.start_s) + 6, y: top + high - 10, class: "desk-words desk-halo" }, t(mark.kind)));
  }
  return made;
}

/** What each line and pattern stands for. */
export function legend(film) {
  const kinds = new Set(film.timeline.marks.map((mark) => mark.kind));
  const swatch = (draw) => s("svg", { width: 30, height: 14, viewBox: "0 0 30 14", "aria-hidden": "true" }, draw);
  const filled = (name, look) => swatch(s("rect", { x: 1, y: 1, width: 28, height: 12, rx: 2, class: look, fill: `url(#${FILLS[name]})` }));
  const lined = (name) => swatch(s("path", { d: "M1 7h28", class: `desk-line desk-c-${name}`, "stroke-dasharray": LINES[name] }));
  const entries = [["motion", filled("motion", "desk-area desk-c-motion")], ...["light", "energy", "valence", "tension"].map((name) => [name, lined(name)]),
    ...["speech", "singing", "music"].filter((kind) => kinds.has(kind)).map((kind) => [kind, filled(kind, `desk-mark-${kind}`)]),
    ...(film.timeline.loudness.db.length ? [["loudness", swatch(s("path", { d: "M1 13L6 6L11 9L17 3L23 8L29 5V13Z", class: "desk-level" }))]] : [])];
  return h("ul", { class: "desk-legend", "aria-label": t("legend") }, entries.map(([name, mark]) => h("li", {}, mark, t(name))));
}

/** The same as words: a row a step of feeling, at most forty. */
export function asTable(film) {
  const { curve } = film.scene, { moments, cuts, marks } = film.timeline;
  const every = Math.max(1, Math.ceil(curve.length / 40)), two = (value) => value.toFixed(2);
  const near = (time) => moments.start_s.reduce((best, start, n) => (start <= time + 1e-6 ? n : best), 0);
  const head = ["time", "motion", "light", "energy", "valence", "tension", "heardHere"].map((name) => h("th", { scope: "col" }, t(name)));
  const rows = curve.filter((_, n) => n % every === 0).map((point) => {
    const n = near(point.start_s);
    const heard = marks.filter((mark) => mark.start_s < point.start_s + 1 && mark.end_s > point.start_s).map((mark) => t(mark.kind));
    return h("tr", {}, h("th", { scope: "row" }, clock(point.start_s)), [two(moments.motion[n] ?? 0), two(moments.brightness[n] ?? 0), two(point.energy), two(point.valence), two(point.tension), [...new Set(heard)].join(", ") || "–"].map((words) => h("td", {}, words)));
  });
  const list = cuts.slice(0, 200).map((cut) => clock(cut.time_s)).join(", ");
  return h("details", { class: "desk-details" }, h("summary", {}, t("asTable")),
    h("p", {}, list ? t("cutsAre", { list }) : t("noCuts")),
    h("div", { class: "desk-scroll", tabindex: "0", role: "region", "aria-label": t("asTable") }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows))));
}
