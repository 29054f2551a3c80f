// What the desk knows: the film, its cue sheet, the chosen segment, candidates for it. Panels listen to its events.

import { ask, query } from "./desk_api.js";
import { t } from "./desk_texts.js";

const KEPT = "trichord-desk-film", PLACE = "trichord-desk-segment";
const SENT = ["start_s", "end_s", "track_id", "offset_s", "gain_db", "fade_in_s", "fade_out_s", "duck", "wish"];
const BARE = { track_id: null, offset_s: 0, gain_db: 0, fade_in_s: 0.3, fade_out_s: 1.5, duck: true, wish: "" };
const MIX = ["gain_db", "fade_in_s", "fade_out_s", "duck"];
const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from[name]]));

export class Desk extends EventTarget {
  offered = null;             // a piece that was composed for a segment: {track, segment, fresh}
  film = null; sheet = null; etag = null;
  segment = null;             // null: the whole film
  found = null; at = -1;      // candidates, and the one that is tried
  wish = ""; licence = "film";
  mix = { ...BARE };          // level, fades and ducking of a candidate that is tried
  #offers = new Map();        // track and segment to {offsets, chosen}
  #past = []; #future = [];   // revisions to go back to
  #writing = Promise.resolve();
  #asked = null; #listening = false;
  #asking = new Map();

  on(kinds, listener) { for (const kind of kinds.split(" ")) this.addEventListener(kind, (event) => listener(event.detail)); }
  emit(kind, detail) { this.dispatchEvent(new CustomEvent(kind, { detail })); }
  tell(place, text) { this.emit("notice", { place, text }); }

  static kept() { return localStorage.getItem(KEPT); }

  async open(film) {
    this.film = film;
    localStorage.setItem(KEPT, film.id);
    this.#offers.clear();
    this.found = null; this.at = -1; this.wish = ""; this.offered = null;
    await this.readSheet();
    const [id, place] = (sessionStorage.getItem(PLACE) ?? "").split(" ");
    this.segment = id === film.id && Number(place) < this.sheet.cues.length ? Number(place) : this.sheet.cues.length === 1 ? 0 : null;
    this.#past = Array.from({ length: Math.min(199, this.sheet.revision - 1) },
      (_, n) => this.sheet.revision - Math.min(199, this.sheet.revision - 1) + n);
    this.#future = [];
    this.#reset();
    this.emit("film"); this.emit("sheet"); this.emit("segment");
    await this.suggest();
  }

  close() {
    localStorage.removeItem(KEPT);
    this.film = this.sheet = this.found = null;
    this.emit("film");
  }

  /** Delete the film for good, with its cue sheet and renders. */
  async forget() {
    try {
      await ask(`/v1/films/${this.film.id}`, { method: "DELETE" });
      this.close();
    } catch (error) {
      this.tell("film", error.message);
    }
  }

  async refresh() {
    const { told } = await ask(`/v1/films/${this.film.id}`);
    if (told.id === this.film?.id) { this.film = told; this.emit("work"); }
  }

  /** Have what browsers play made once more. */
  async proxyAgain() {
    try {
      const { told } = await ask(`/v1/films/${this.film.id}/proxy`, { method: "POST" });
      if (told.id === this.film?.id) { this.film = told; this.emit("work"); }
    } catch (error) { this.tell("player", error.message); }
  }

  async readSheet() {
    const { told, etag } = await ask(`/v1/films/${this.film.id}/cues`);
    this.#adopt(told, etag);
  }

  #adopt(sheet, etag) {
    this.sheet = sheet; this.etag = etag;
    if (this.segment !== null && this.segment >= sheet.cues.length) { this.segment = null; this.at = -1; this.emit("segment"); }
    this.emit("sheet"); this.emit("piece");
  }

  // The chosen stretch, and the music that is under it now or tried there.
  get cue() {
    if (this.segment !== null) return this.sheet.cues[this.segment];
    const [only] = this.sheet.cues;
    return { ...BARE, title: "", start_s: 0, end_s: this.film.duration_s,
      ...(this.sheet.cues.length === 1 && only.end_s - only.start_s > this.film.duration_s - 0.1 ? only : {}) };
  }
  get candidate() { return this.found?.tracks[this.at] ?? null; }
  get trying() { return this.candidate !== null && this.candidate.track_id !== this.cue.track_id; }
  get piece() {
    const cue = this.cue;
    if (!this.trying) return cue.track_id ? cue : null;
    return this.pieceOf(this.candidate);
  }
  pieceOf(track) {
    const { start_s, end_s } = this.cue;
    const offers = this.offers(track.track_id);
    return { ...track, ...this.mix, start_s, end_s, offset_s: offers?.chosen ?? 0 };
  }
  /** All music of the film as it would sound now. */
  get pieces() {
    if (!this.sheet) return [];
    const piece = this.piece;
    const sounding = this.sheet.cues.filter((cue) => cue.track_id && !cue.problem);
    if (!this.trying) return sounding;
    const others = this.segment === null ? [] : sounding.filter((cue) => cue !== this.cue);
    return [...others, piece];
  }

  select(segment) {
    if (segment === this.segment) return;
    this.segment = segment; this.at = -1; this.found = null;
    if (segment === null) sessionStorage.removeItem(PLACE); else sessionStorage.setItem(PLACE, `${this.film.id} ${segment}`);
    this.#reset();
    this.emit("segment"); this.emit("piece"); this.emit("found");
    this.suggest();
  }
  #reset() {
    this.mix = pick(this.cue, MIX);
    const fade = (this.cue.end_s - this.cue.start_s) / 4;
    this.mix.fade_in_s = Math.min(this.mix.fade_in_s, fade);
    this.mix.fade_out_s = Math.min(this.mix.fade_out_s, fade);
  }

  async suggest() {
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    this.emit("asking");
    try {
      const asking = query({ segment: this.segment, text: this.wish, licence: this.licence, n: 10 });
      const { told } = await ask(`/v1/films/${this.film.id}/suggestions?${asking}`, { signal: asked.signal });
      this.found = told; this.at = told.tracks.findIndex((track) => track.track_id === this.cue.track_id);
      if (this.offered?.segment === this.segment) {
        const { track, fresh } = this.offered;
        told.tracks = [track, ...told.tracks.filter((other) => other.track_id !== track.track_id)];
        this.at = fresh ? 0 : told.tracks.findIndex((other) => other.track_id === this.cue.track_id);
        this.offered.fresh = false;
      }
      const sounding = this.segment === null ? this.sheet.cues.some((cue) => cue.track_id) : this.cue.track_id;
      if (this.at < 0 && !sounding && told.tracks.length) this.at = 0;
      this.tell("found", "");
      this.emit("found"); this.emit("piece");
      this.#listen();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.found ??= { tracks: [], left_out: {}, receipts: [] };
      this.emit("found");
      this.tell("found", error.message);
    }
  }

  /** Let music be composed for the chosen stretch: the Compose tab opens with it. */
  compose() {
    const { start_s, end_s, wish } = this.cue, { id, name } = this.film;
    const film = { film_id: id, name, start_s, end_s, segment: this.segment };
    document.dispatchEvent(new CustomEvent("trichord:compose", { detail: { text: this.wish || wish || t("composeWords"), film } }));
  }
  /** Try a piece that was composed for a stretch under it, before anything else. */
  offer(track, start_s, end_s) {
    const shared = (cue) => Math.min(cue.end_s, end_s) - Math.max(cue.start_s, start_s);
    const { cues } = this.sheet, whole = cues.length > 1 && end_s - start_s > this.film.duration_s - 0.1;
    const segment = whole || !cues.length ? null : cues.reduce((best, cue, n) => (shared(cue) > shared(cues[best]) ? n : best), 0);
    this.offered = { track, segment, fresh: true };
    if (segment === this.segment) this.suggest(); else this.select(segment);
    // It was written from its beginning on.
    this.#offers.set(this.#key(track.track_id), { chosen: 0 });
  }

  choose(place) {
    if (!this.found?.tracks.length) return;
    this.at = (place + this.found.tracks.length) % this.found.tracks.length;
    performance.mark("desk-chosen");
    this.emit("choice"); this.emit("piece");
    this.#listen();
  }

  /** Hear the cue sheet again instead of a candidate. */
  stopTrying() { this.at = -1; this.emit("choice"); this.emit("piece"); }

  /** Find the places of the candidate that is tried and of its neighbours, one after the other. */
  async #listen() {
    if (this.#listening) return;
    this.#listening = true;
    const failed = new Set();
    for (;;) {
      const tracks = this.found?.tracks ?? [], at = Math.max(0, this.at);
      const next = [0, 1, -1, 2].map((step) => tracks.at((at + step) % tracks.length)?.track_id)
        .find((id) => id && !this.offers(id)?.offsets && !failed.has(id));
      if (!next || !this.film) break;
      await this.ofOffsets(next).catch(() => failed.add(next));
    }
    this.#listening = false;
  }

  // Where a track begins: what is offered, and what was chosen of it.
  #key(trackId) { return `${trackId} ${this.segment} ${this.cue.start_s} ${this.cue.end_s}`; }
  offers(trackId) { return this.#offers.get(this.#key(trackId)) ?? null; }
  ofOffsets(trackId) {
    const key = this.#key(trackId);
    if (this.#offers.get(key)?.offsets) return Promise.resolve(this.#offers.get(key));
    if (!this.#asking.has(key)) this.#asking.set(key, this.#askOffsets(key, trackId).finally(() => this.#asking.delete(key)));
    return this.#asking.get(key);
  }
  async #askOffsets(key, trackId) {
    const { told } = await ask(`/v1/films/${this.film.id}/offsets?${query({ track_id: trackId, segment: this.segment })}`);
    // A track that is being heard does not jump: its places are offered.
    const heard = this.trying && this.candidate.track_id === trackId && this.playing?.();
    const chosen = this.#offers.get(key)?.chosen ?? (heard ? 0 : told.offsets[0]?.offset_s ?? 0);
    this.#offers.set(key, { offsets: told.offsets, chosen });
    this.emit("offers"); this.emit("piece");
    return this.#offers.get(key);
  }
  setOffset(offset) {
    const value = Math.max(0, Math.round(offset * 1000) / 1000);
    if (!this.trying) return this.change("cue", { offset_s: value });
    const key = this.#key(this.candidate.track_id);
    this.#offers.set(key, { ...this.#offers.get(key), chosen: value });
    this.emit("piece");
    return Promise.resolve(true);
  }

  /** Change level, fades or ducking of what is heard under the chosen segment. */
  change(place, told) {
    Object.assign(this.mix, pick({ ...this.mix, ...told }, MIX));
    if (this.trying || !this.cue.track_id) { this.emit("piece"); return Promise.resolve(true); }
    const n = this.segment ?? 0;
    return this.edit(place, (body) => Object.assign(body.cues[n], told));
  }

  take() {
    const piece = this.piece;
    if (!piece || !this.trying) return Promise.resolve(false);
    const taken = pick(piece, SENT);
    const n = this.segment;
    return this.edit("found", (body) => { if (n === null) body.cues = [taken]; else body.cues[n] = taken; });
  }

  /** Write the sheet with a change; a stale one is read again, and said. */
  edit(place, change) {
    const work = async () => {
      const before = this.sheet.revision;
      const body = { ...pick(this.sheet, ["original", "duck_db", "loudness_lufs"]), cues: this.sheet.cues.map((cue) => pick(cue, SENT)) };
      change(body);
      return this.#write(place, "PUT", "/cues", body, () => { this.#past.push(before); this.#future = []; });
    };
    return (this.#writing = this.#writing.then(work, work));
  }
  async #write(place, method, path, body, done) {
    try {
      const { told, etag } = await ask(`/v1/films/${this.film.id}${path}`, { method, json: body, etag: this.etag });
      done();
      this.tell(place, "");
      this.#adopt(told, etag);
      return true;
    } catch (error) {
      if (error.status === 412) await this.readSheet().catch(() => null); else this.emit("sheet");
      this.tell(place, error.status === 412 ? t("stale") : error.message);
      return false;
    }
  }
  fill() {
    const before = this.sheet.revision;
    return this.#write("sheet", "POST", "/cues/fill", { text: this.wish, licence: this.licence },
      () => { this.#past.push(before); this.#future = []; });
  }
  /** Change the sheet by words; what changed, or null where nothing did. */
  async say(message) {
    const before = this.sheet.revision;
    try {
      const { told, etag } = await ask(`/v1/films/${this.film.id}/cues/say`, { method: "POST", json: { message, licence: this.licence }, etag: this.etag });
      if (told.sheet.revision !== before) { this.#past.push(before); this.#future = []; }
      this.tell("said", "");
      this.at = -1;
      this.#adopt(told.sheet, etag);
      this.suggest();
      return told.changes;
    } catch (error) {
      if (error.status === 412) await this.readSheet().catch(() => null);
      this.tell("said", error.status === 412 ? t("stale") : error.message);
      return null;
    }
  }
  get canUndo() { return this.#past.length > 0; }
  get canRedo() { return this.#future.length > 0; }
  undo() { return this.#back(this.#past, this.#future); }
  redo() { return this.#back(this.#future, this.#past); }
  async #back(from, to) {
    const revision = from.at(-1);
    if (revision === undefined) return false;
    try {
      const { told } = await ask(`/v1/films/${this.film.id}/cues?revision=${revision}`);
      const body = { ...pick(told, ["original", "duck_db", "loudness_lufs"]), cues: told.cues.map((cue) => pick(cue, SENT)) };
      const now = this.sheet.revision;
      return await this.#write("sheet", "PUT", "/cues", body, () => { from.pop(); to.push(now); });
    } catch (error) {
      this.tell("sheet", error.message);
      return false;
    }
  }
}
