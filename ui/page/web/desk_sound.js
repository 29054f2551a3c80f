// Music under the picture: an audio element beside the video, held in time with it, and both at their levels.

import { fromServer } from "./kit.js";
import { query } from "./desk_api.js";
import { clamp } from "./desk_dom.js";

const CHUNK_S = 120;           // the longest stretch that the server gives at once
const POOL = 8;
const ATTACK_S = 0.25, RELEASE_S = 0.6;   // as the render's
const TICK_MS = 40;

/** Corners of a curve that is 1 in the spans, rising before and falling after them, as the render's own. */
export function envelope(spans) {
  const joined = [];
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && start - last[1] < ATTACK_S + RELEASE_S) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return (time) => joined.reduce((most, [start, end]) =>
    Math.max(most, clamp(Math.min((time - start + ATTACK_S) / ATTACK_S, (end + RELEASE_S - time) / RELEASE_S), 0, 1)), 0);
}

const linear = (db) => 10 ** (db / 20);
const quarter = (share) => Math.sin((Math.PI / 2) * clamp(share, 0, 1));

/** The level of a piece at an instant of the film. */
export function levelOf(piece, time, speech, duckDb) {
  const left = piece.duration_s ? piece.duration_s - piece.offset_s : Infinity;
  const end = Math.min(piece.end_s, piece.start_s + left);
  const fades = quarter((time - piece.start_s) / Math.max(piece.fade_in_s, 0.01))
    * quarter((end - time) / Math.max(piece.fade_out_s, 0.01));
  return fades * linear(piece.gain_db - (piece.duck ? duckDb * speech(time) : 0));
}

export class Sound {
  #video; #desk; #context = null; #own = null; #pool = new Map(); #now = null; #timer = 0;
  #speech = () => 0; #music = () => 0;

  constructor(video, desk) {
    this.#video = video; this.#desk = desk;
    desk.on("film work", () => this.#marks());
    desk.on("film", () => this.#silence(true));
    desk.on("piece sheet found choice", () => { this.#marks(); this.#tick(); this.prefetch(); });
    video.addEventListener("playing", () => this.#start());
    for (const kind of ["pause", "waiting", "seeking", "ended", "emptied"]) video.addEventListener(kind, () => this.#silence());
    video.addEventListener("seeked", () => this.#tick());
  }

  get audio() { return this.#now?.audio ?? null; }
  /** How far the music is ahead of the picture, in seconds; null while none is heard. */
  get drift() { return this.#now && !this.#now.audio.paused ? this.#now.audio.currentTime - this.#now.local(this.#video.currentTime) : null; }
  get level() { return this.#now?.gain?.gain.value ?? 0; }

  /** Browsers let sound begin after a key or a click alone: call this in one. */
  unlock() {
    if (!this.#context) {
      this.#context = new AudioContext({ latencyHint: "interactive" });
      this.#own = this.#context.createGain();
      this.#context.createMediaElementSource(this.#video).connect(this.#own).connect(this.#context.destination);
      for (const slot of this.#pool.values()) this.#route(slot);
    }
    if (this.#context.state === "suspended") this.#context.resume();
  }
  #route(slot) {
    if (!this.#context || slot.gain) return;
    slot.gain = this.#context.createGain();
    slot.gain.gain.value = 0;
    this.#context.createMediaElementSource(slot.audio).connect(slot.gain).connect(this.#context.destination);
  }

  #marks() {
    const { film, sheet, pieces } = this.#desk;
    if (!film || !sheet) return;
    this.#speech = envelope(film.timeline.marks.filter((m) => m.kind === "speech").map((m) => [m.start_s, m.end_s]));
    this.#music = envelope(pieces.map((p) => [p.start_s, p.end_s]));
  }

  #slot(piece, time) {
    const k = Math.max(0, Math.floor((time - piece.start_s) / CHUNK_S));
    const begun = piece.start_s + k * CHUNK_S;
    const length = Math.min(CHUNK_S, piece.end_s - begun);
    const url = `/v1/films/${this.#desk.film.id}/audition?${query({
      track_id: piece.track_id, offset_s: (piece.offset_s + k * CHUNK_S).toFixed(3), length_s: length.toFixed(3) })}`;
    let slot = this.#pool.get(url);
    if (slot) this.#pool.delete(url);    // put back as the newest
    else {
      const audio = new Audio();
      audio.preload = "auto"; audio.src = url;
      slot = { audio, gain: null, failed: false };
      audio.addEventListener("error", () => { slot.failed = true; this.#failed(slot, piece); });
      audio.addEventListener("canplay", () => this.#tick());
      this.#route(slot);
    }
    slot.local = (at) => at - begun;
    this.#pool.set(url, slot);
    for (const [old, other] of this.#pool) {
      if (this.#pool.size <= POOL) break;
      if (other === this.#now || other === slot) continue;
      other.audio.pause(); other.audio.removeAttribute("src"); other.audio.load(); other.gain?.disconnect();
      this.#pool.delete(old);
    }
    return slot;
  }

  async #failed(slot, piece) {
    if (!slot.audio.src) return;
    const answer = await fetch(slot.audio.src).catch(() => null);
    const told = answer && !answer.ok ? await answer.json().catch(() => null) : null;
    for (const [url, other] of this.#pool) if (other === slot) this.#pool.delete(url);
    if (piece.track_id === this.#desk.piece?.track_id) this.#desk.tell("player", fromServer(told?.detail) ?? "");
  }

  /** Load the neighbours of the candidate that is tried, so that a swap is heard at once. */
  prefetch() {
    const { found, at, film } = this.#desk;
    if (!film || !found?.tracks.length) return;
    for (const step of [2, -1, 1]) {
      const track = found.tracks[(Math.max(0, at) + step + found.tracks.length) % found.tracks.length];
      if (track.track_id !== this.#desk.piece?.track_id && this.#desk.offers(track.track_id)) this.#ready(this.#desk.pieceOf(track));
    }
    if (this.#desk.piece) this.#ready(this.#desk.piece);
  }
  #ready(piece) {
    const time = this.#video.currentTime;
    const inside = time >= piece.start_s && time < piece.end_s;
    const slot = this.#slot(piece, inside ? time : piece.start_s);
    if (slot.audio.paused && slot !== this.#now && inside && slot.audio.readyState >= 1) {
      const local = slot.local(time);
      if (Math.abs(slot.audio.currentTime - local) > 1) slot.audio.currentTime = local;
    }
  }

  #start() {
    if (!this.#timer) this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
  }
  #silence(all = false) {
    if (this.#video.paused || all) { clearInterval(this.#timer); this.#timer = 0; }
    for (const slot of this.#pool.values()) { slot.audio.pause(); if (slot.gain) this.#set(slot.gain, 0); }
    if (all) {
      for (const slot of this.#pool.values()) slot.audio.removeAttribute("src");
      this.#pool.clear(); this.#now = null;
    }
  }
  #set(gain, value) { gain.gain.setTargetAtTime(value, this.#context.currentTime, 0.015); }

  #tick() {
    const video = this.#video, desk = this.#desk;
    if (!desk.film || !this.#context || video.paused || video.seeking || video.readyState < 3) return;
    const time = video.currentTime;
    this.#set(this.#own, this.#ownLevel(time));
    const piece = desk.pieces.find((p) => time >= p.start_s && time < p.end_s
      && !(p.duration_s && time - p.start_s >= p.duration_s - p.offset_s));
    if (!piece) { this.#swap(null); return; }
    const slot = this.#slot(piece, time);
    if (slot.failed) { this.#swap(null); return; }
    if (slot !== this.#now && slot.audio.readyState < 3) {
      // What is heard goes on until the next one can be.
      this.#keep(slot, time);
      return;
    }
    this.#swap(slot);
    this.#sync(slot, time);
    this.#set(slot.gain, levelOf(piece, time, this.#speech, desk.sheet.duck_db));
  }
  #keep(slot, time) {
    const local = slot.local(time);
    if (slot.audio.readyState >= 1 && Math.abs(slot.audio.currentTime - local) > 1) slot.audio.currentTime = local;
  }
  #ownLevel(time) {
    const { original, duck_db } = this.#desk.sheet;
    if (original === "remove") return 0;
    return original === "keep" ? 1 : linear(-duck_db * this.#music(time) * (1 - this.#speech(time)));
  }

  #swap(slot) {
    const old = this.#now;
    if (old === slot) return;
    this.#now = slot;
    if (!old) return;
    this.#set(old.gain, 0);
    setTimeout(() => { if (this.#now !== old) old.audio.pause(); }, 120);
  }

  #sync(slot, time) {
    const { audio } = slot;
    const drift = audio.currentTime - slot.local(time);
    const now = performance.now();
    if (audio.paused) {
      if (slot.starting) return;
      slot.starting = true;
      audio.currentTime = Math.max(0, slot.local(time));
      audio.playbackRate = 1;
      slot.moved = now;
      audio.play().then(() => this.#heard(), () => null).finally(() => { slot.starting = false; });
      return;
    }
    if (audio.seeking) return;
    if (Math.abs(drift) > 0.1 && now - (slot.moved ?? 0) > 400) {
      // A seek takes a moment, by which the next one aims ahead.
      slot.lag = clamp((slot.lag ?? 0) - drift * 0.7, 0, 0.3);
      audio.currentTime = Math.max(0, slot.local(time) + slot.lag);
      slot.moved = now;
    }
    audio.playbackRate = Math.abs(drift) < 0.008 ? 1 : clamp(1 - drift * 0.8, 0.94, 1.06);
  }
  #heard() {
    const [mark] = performance.getEntriesByName("desk-chosen").slice(-1);
    if (mark) { performance.measure("desk-swap", "desk-chosen"); performance.clearMarks("desk-chosen"); }
  }
}
