// The studio's routes: briefs, pieces, their events, blind pairs.
import { ask } from "./kit.js";

const piece = (id, rest = "") => `/v1/generations/${encodeURIComponent(id)}${rest}`;
const battle = (id, rest = "") => `/v1/battles/${encodeURIComponent(id)}${rest}`;
const post = (url, json, given = {}) => ask(url, { method: "POST", json, ...given });

export const api = {
  brief: (body, signal) => post("/v1/generations/brief", body, { signal }),
  /** `key`: the same key never makes two pieces. */
  start: (body, key) => post("/v1/generations", body, { headers: { "Idempotency-Key": key } }),
  list: (cursor = null) => ask(`/v1/generations?${new URLSearchParams({ limit: 20, ...(cursor ? { cursor } : {}) })}`),
  one: (id) => ask(piece(id)),
  cancel: (id) => ask(piece(id), { method: "DELETE" }),
  forget: (id) => ask(piece(id, "?forget=true"), { method: "DELETE" }),
  events: (id) => piece(id, "/events"),
  peaks: (id) => piece(id, "/peaks?n=600"),
  stems: (id) => ask(piece(id, "/stems")),
  pair: (body) => post("/v1/battles", body),
  battle: (id) => ask(battle(id)),
  vote: (id, body) => post(battle(id, "/vote"), body),
  /** Hand over a file, a clip or MIDI; the words say what it is for. */
  upload: (file) => { const form = new FormData(); form.append("file", file, file.name); return ask("/v1/attachments", { method: "POST", body: form }); },
  /** Offer a finished piece on the video desk; it is a track from then on. */
  offer: (film_id, id) => post(`/v1/films/${encodeURIComponent(film_id)}/candidates`, { generation: id }),
  standings: () => ask("/v1/battles/standings"),
};

/** The stretch of a film that is written for, as a body names it. */
export const stretch = ({ film_id, start_s, end_s }) => ({ film_id, start_s, end_s });

/** A request as the server holds it, as the body that asks for it once more. */
export const bodyOf = (request) => {
  const { text, duration_s, tempo_bpm, key, mood, genre, instruments, energy, seed, negative, candidates, film, task } = request;
  // Uploads lie under their ids, a melody that was heard names its recording's; without the melody there is no task.
  const id = [request.melody?.source, request.melody?.path].find((name) => /^[0-9a-f]{32}$/.test(name ?? ""));
  const melody = id ? { upload: id } : null;
  const given = { text, duration: duration_s, tempo: tempo_bpm, key, mood, genre, instruments, energy, seed, negative, candidates: candidates > 1 ? candidates : null, film: film?.place ? stretch(film.place) : null, melody, task: melody ? task : null };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined && value !== "" && value.length !== 0));
};
export const freshSeed = () => Math.floor(Math.random() * 1e6);
export const freshKey = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
