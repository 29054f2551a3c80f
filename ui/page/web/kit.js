// What the page's components share: elements, requests whose faults are sentences, words for numbers and texts.
import { NAMES } from "./names_de.js";

/** The page's language: `?lang=de` in the address outweighs the browser's. */
const asked = new URLSearchParams(location.search).get("lang") || navigator.language || "en";
export const lang = asked.toLowerCase().startsWith("de") ? "de" : "en";

/** Return t(key, {names}) over the texts of two languages. */
export const texts = (en, de) => {
  const own = lang === "de" ? de : en;
  return (key, given = {}) => (own[key] ?? en[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(given[name] ?? ""));
};
const t = texts(
  { offline: "The server does not answer; check that it runs, then try again.", broke: "That did not work; try it again.", noMusic: "There is no music here yet.", addMusic: "Add music" },
  { offline: "Der Server antwortet nicht; prüfe, ob er läuft, und versuche es dann erneut.", broke: "Das hat nicht geklappt; versuche es erneut.", noMusic: "Hier ist noch keine Musik.", addMusic: "Musik hinzufügen" });

let german = null;
if (lang === "de") import("./server_de.js").then((loaded) => { german = loaded.inGerman; }, () => {});
/** A sentence of the server in the page's language, as far as it is known there. */
export const fromServer = (sentence) => (german && sentence ? german(sentence) : sentence);

/** Make an element: el("button.tri-lib-btn", {type: "button", onclick}, "text", child). */
export const el = (what, given = {}, ...children) => {
  const [name, ...classes] = what.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key in made && !key.startsWith("aria") && key !== "list" && key !== "role") made[key] = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return made;
};

/** Make an SVG element. */
export const svg = (name, given = {}, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(given)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, String(value));
  }
  made.append(...children.flat().filter(Boolean));
  return made;
};

/** Ask the server. Returns {told, etag}; a refusal is thrown as an Error that says why in one sentence, with its status and etag. */
export const request = async (url, { json, etag, ...given } = {}) => {
  const headers = { "Accept-Language": lang, ...given.headers };
  if (json !== undefined) { given.body = JSON.stringify(json); headers["Content-Type"] = "application/json"; }
  if (etag) headers["If-Match"] = etag;
  let answer;
  try { answer = await fetch(url, { ...given, headers }); } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw Object.assign(new Error(t("offline")), { status: 0 });
  }
  const told = answer.status === 204 ? null : await answer.json().catch(() => null);
  const tag = answer.headers.get("ETag");
  if (!answer.ok) throw Object.assign(new Error(fromServer(told?.detail) || t("broke")), { status: answer.status, etag: tag });
  return { told, etag: tag };
};
export const ask = async (url, options) => (await request(url, options)).told;

const PIECE = "generation:";
/** A finished piece as the player takes it; its id says that it is no track of the catalogue. */
export const pieceTrack = ({ id, request, result, backend }) => ({
  track_id: PIECE + id, generation_id: id, title: request.text.slice(0, 120) || id, artist: backend?.title ?? result.backend,
  licence: backend?.licence ?? "", audio_url: result.audio_url, duration_s: result.duration_s, provenance: "generated",
});

/** Tracks (and pieces) by their ids: a Map of those that there are. */
export const tracksOf = async (ids) => {
  const asked = new Set(ids), pieces = [...asked].filter((id) => id.startsWith(PIECE)), wanted = [...asked].filter((id) => !id.startsWith(PIECE)), found = new Map();
  await Promise.all(pieces.map(async (id) => {
    const piece = await ask(`/v1/generations/${encodeURIComponent(id.slice(PIECE.length))}`).catch((fault) => { if (fault.status === 404) return null; throw fault; });
    if (piece?.result) found.set(id, pieceTrack(piece));
  }));
  for (let at = 0; at < wanted.length; at += 500) {
    const told = await ask("/v1/tracks/lookup", { method: "POST", json: { track_ids: wanted.slice(at, at + 500) } });
    told.tracks.forEach((track) => found.set(track.track_id, track));
  }
  return found;
};

/** Tell the page's components: `play`, `queue`, `add`, `playlist`, `library`, `compose`, `now`, `at`, `pause`, `seek` (see docs/playlists.md). */
export const send = (name, detail) => document.dispatchEvent(new CustomEvent(`trichord:${name}`, { detail }));

/** Where the library is empty: a sentence that says so, and a button of a class that leads to adding music; else null. */
export const noMusic = async (look) => {
  const told = await fetch("/readyz").then((answer) => answer.json()).catch(() => null);
  return told?.tracks === 0 ? [el("span", {}, t("noMusic")), " ", addMusic(look)] : null;
};
export const addMusic = (look) => el(`button.${look}`, { type: "button", onclick: () => send("library", { view: "ingest" }) }, t("addMusic"));

/** The id of the track that the page's player sounds now, or null. */
export let sounding = null;
document.addEventListener("trichord:now", ({ detail }) => { sounding = detail.playing ? detail.track_id : null; });

/** Play tracks from one of them on; where it sounds already, pause it. */
export const playOrPause = (track, tracks, from) => {
  if (sounding === track.track_id) send("pause", {});
  else send("play", { tracks, index: tracks.indexOf(track), from });
};

export const clock = (seconds) => {
  const all = Math.round(seconds), s = String(all % 60).padStart(2, "0");
  return all >= 3600 ? `${Math.floor(all / 3600)}:${String(Math.floor(all / 60) % 60).padStart(2, "0")}:${s}`
    : `${Math.floor(all / 60)}:${s}`;
};
export const number = (value, digits = 0) => value.toLocaleString(lang, { maximumFractionDigits: digits });
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
export const debounced = (run, wait = 250) => {
  let timer = 0;
  return (...args) => { clearTimeout(timer); timer = setTimeout(() => run(...args), wait); };
};

/** What outlives a reload, in this browser: ids and settings, never what the server holds. */
export const store = (stem) => ({
  get: (key) => { try { return JSON.parse(localStorage.getItem(`${stem}-${key}`)); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(`${stem}-${key}`, JSON.stringify(value)); } catch { /* private mode */ } },
});

/** Whether a key is somebody's typing. */
export const isTyping = (target) =>
  target instanceof Element && (target.isContentEditable || target.closest("textarea, select, input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=file])") !== null);

const ICONS = {
  play: "M7 4.5v15l12-7.5z", pause: "M7 5h4v14H7zM14 5h4v14h-4z",
  edit: "M4 20l1-5L16 4l4 4L9 19z", plus: "M12 5v14M5 12h14", minus: "M5 12h14",
  previous: "M18 5v14L8 12zM6 5v14", next: "M6 5v14l10-7zM18 5v14", queue: "M4 6h16M4 12h10M4 18h7M18 12v8M18 12l3 2", close: "M6 6l12 12M18 6L6 18",
  repeat: "M4 11V8a2 2 0 012-2h12l-3-3M20 13v3a2 2 0 01-2 2H6l3 3", shuffle: "M3 6h4l10 12h4M3 18h4l3-4M14 9l3-3h4M18 3l3 3-3 3M18 15l3 3-3 3",
  volume: "M4 10v4h4l5 4V6l-5 4zM16 9c2 2 2 4 0 6", mute: "M4 10v4h4l5 4V6l-5 4zM17 9l5 6M22 9l-5 6",
  pin: "M9 3h6l-1 6 4 4H6l4-4zM12 13v8", bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13", ban: "M12 3a9 9 0 100 18 9 9 0 000-18M6 6l12 12", why: "M9 9a3 3 0 116 0c0 2-3 2-3 5M12 18v.5",
  between: "M4 5h16M4 19h16M12 8.500v7M8.500 12h7", grip: "M9 5v.01M15 5v.01M9 12v.01M15 12v.01M9 19v.01M15 19v.01", undo: "M9 7L4 12l5 5M4 12h10a6 6 0 016 6", redo: "M15 7l5 5-5 5M20 12H10a6 6 0 00-6 6",
};
export const icon = (name) => svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));

const TONICS = { de: { B: "H", "A#": "B" } };
/** A licence in words; what has no SPDX name of its own ("LicenseRef-public-domain") by its own. */
export const spokenLicence = (name) => (name ?? "").replace(/LicenseRef-([\w-]+)/g, (_, own) => GERMAN_LICENCES[own] ?? own.replaceAll("-", " "));
const GERMAN_LICENCES = lang === "de" ? { "public-domain": "gemeinfrei" } : {};
/** "F# minor" as the page's language says it; null stays empty. */
export const spokenKey = (key) => {
  if (!key) return "";
  const [tonic, mode] = key.split(" "), note = (TONICS[lang]?.[tonic] ?? tonic).replace("#", "♯");
  if (lang !== "de") return `${note} ${mode}`;
  return mode === "minor" ? `${note.toLowerCase()}-Moll` : `${note}-Dur`;
};

/** A genre, a mood, an instrument or another label as the page's language says it; the server keeps its own word. */
export const spokenLabel = (label) => (lang === "de" && Object.hasOwn(NAMES, label.toLowerCase()) ? NAMES[label.toLowerCase()] : label);
/** Labels in words, each once: "beat" and "beats" may be the same in another language. */
export const spokenLabels = (labels) => [...new Set(labels.map(spokenLabel))];
