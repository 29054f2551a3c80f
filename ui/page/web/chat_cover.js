// The picture of a track; for music without one a tile, the same for the same album.
import { el, svg } from "./kit.js";

const hash = (text) => {
  let code = 2166136261;
  for (const letter of text) code = Math.imul(code ^ letter.codePointAt(0), 16777619) >>> 0;
  return code;
};

const PATTERNS = [
  (n) => [0, 1, 2, 3].map((i) => ["circle", { cx: 28 + (n % 17) - 8, cy: 28 + (n % 13) - 6, r: 6 + 9 * i, fill: "none", "stroke-width": 3 }]),
  (n) => [0, 1, 2, 3, 4].map((i) => ["path", { d: `M-6 ${6 + 12 * i}q17 ${(n % 21) - 10} 34 0t34 0`, fill: "none", "stroke-width": 3.5 }]),
  (n) => [0, 1, 2, 3, 4, 5, 6].map((i) => ["rect", { x: 4 + 7.2 * i, y: 48 - ((n >>> i) % 36) - 6, width: 4.4, height: 60, rx: 2 }]),
  (n) => [0, 1, 2].map((i) => ["path", { d: `M${8 + 16 * i} ${(n % 11) + 4}l14 24l-14 24l-14 -24z`, fill: "none", "stroke-width": 3 }]),
  (n) => [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].map((j) => ["circle", { cx: 7 + 14 * i, cy: 7 + 14 * j, r: 1.5 + ((n >>> (i * 4 + j)) & 3) }])),
];

// Tracks that are known to have no picture are not asked for one again.
const bare = new Set();

/** The tile, and over it the picture as soon as there is one: the server answers 204 where there is none. */
export function cover(track) {
  if (bare.has(track.track_id)) return el("span.chat-cover", {}, tile(track));
  const image = el("img", { alt: "", loading: "lazy", decoding: "async", src: `/v1/tracks/${encodeURIComponent(track.track_id)}/cover`,
    onload: () => image.classList.add("on"), onerror: () => { bare.add(track.track_id); image.remove(); } });
  return el("span.chat-cover", {}, tile(track), image);
}

function tile(track) {
  const n = hash(track.album || track.artist || track.title), hue = n % 360, other = (hue + 40 + (n >>> 9) % 60) % 360;
  const light = `hsl(${other} 70% 82% / .75)`;
  const made = svg("svg", { viewBox: "0 0 56 56", "aria-hidden": "true" },
    svg("rect", { width: 56, height: 56, fill: `hsl(${hue} 42% 34%)` }));
  for (const [shape, given] of PATTERNS[(n >>> 5) % PATTERNS.length](n)) {
    made.append(svg(shape, { ...given, [given.fill === "none" ? "stroke" : "fill"]: light }));
  }
  return made;
}
