// The open playlist: what the server holds of it, and every change as one version. No page here.
import { ask, request, store, tracksOf } from "./kit.js";
import { t } from "./playlist_texts.js";

const kept = store("trichord-playlist");

/** Keys that tell entries apart, also where a track stands in a list twice. */
const keyed = (entries) => {
  const seen = new Map();
  return entries.map((entry) => {
    const stem = entry.track_id ?? `${entry.title} ${entry.artist ?? ""}`, nth = (seen.get(stem) ?? 0) + 1;
    seen.set(stem, nth);
    return { ...entry, key: `${stem} ${nth}` };
  });
};

/** Operations that bring the entries of `keys` together to the place `to` among what is left; and the order that comes of it. */
export const moved = (entries, keys, to) => {
  const going = entries.filter((e) => keys.has(e.key)), rest = entries.filter((e) => !keys.has(e.key));
  const order = [...rest.slice(0, to), ...going, ...rest.slice(to)], now = [...entries], operations = [];
  for (const entry of going) {
    const position = now.indexOf(entry), before = order[order.indexOf(entry) - 1];
    now.splice(position, 1);
    const place = before === undefined ? 0 : now.indexOf(before) + 1;
    now.splice(place, 0, entry);
    if (place !== position) operations.push({ op: "move", position, to: place });
  }
  return { order, operations };
};

export class Workspace extends EventTarget {
  doc = null; etag = null; tracks = new Map(); whys = new Map(); #redo = []; #line = Promise.resolve();

  get url() { return `/v1/playlists/${encodeURIComponent(this.doc.id)}`; }
  get entries() { return this.doc?.entries ?? []; }
  get ids() { return this.entries.map((e) => e.track_id).filter(Boolean); }
  get canUndo() { return (this.doc?.version ?? 1) > 1; }
  get canRedo() { return this.#redo.length > 0; }
  track(id) { return this.tracks.get(id) ?? null; }
  /** The tracks of all entries that can be heard, in their order. */
  get playable() { return this.ids.map((id) => this.track(id)).filter(Boolean); }
  get length() { return this.playable.reduce((sum, track) => sum + track.duration_s, 0); }
  on(kinds, run) { for (const kind of kinds.split(" ")) this.addEventListener(kind, (event) => run(event.detail)); }
  tell(kind, detail) { this.dispatchEvent(new CustomEvent(kind, { detail })); }
  say(words) { this.tell("said", words); }
  fail(fault, again = null) {
    if (fault.name === "AbortError") return;
    this.trouble = { message: fault.message, again };
    this.tell("fault", this.trouble);
  }

  last() { return kept.get("id"); }
  close() { this.doc = null; this.etag = null; kept.set("id", null); this.tell("doc", true); }

  /** Open a stored playlist; what cannot be opened is told, and the open one stays. */
  async open(id, said) {
    try {
      await this.#take(await request(`/v1/playlists/${encodeURIComponent(id)}`));
      if (said) this.say(said);
      return true;
    } catch (fault) {
      if (fault.status === 404 && kept.get("id") === id) { this.close(); this.fail(new Error(t("gone"))); } else this.fail(fault);
      return false;
    }
  }
  /** Store a new list and open it. */
  async create(title, content = {}, said = "") {
    try {
      await this.#take(await request("/v1/playlists", { method: "POST", json: { title: title.trim() || t("untitled"), ...content } }));
      this.say(said);
      this.tell("lists");
      return true;
    } catch (fault) { this.fail(fault); return false; }
  }

  /**
   * Make one version of the operations that `make(doc)` returns; writes go one after another, each on what the last left.
   * Where somebody else was faster, the list is read again, and the change is offered once more on what it holds now.
   */
  change(make, said = "") {
    return this.#write(async () => {
      const operations = make(this.doc);
      return operations?.length ? request(this.url, { method: "PATCH", json: { operations }, etag: this.etag }) : null;
    }, said, () => this.change(make, said));
  }
  /** Ask a route of the list that makes a version. Resolves to its answer, or null where it was refused. */
  post(path, json, said = "", more = {}) {
    return this.#write(() => request(`${this.url}${path}`, { method: "POST", json, etag: this.etag }), said, () => this.post(path, json, said, more), more);
  }

  move(keys, to) {
    const names = this.entries.filter((e) => keys.has(e.key));
    const said = names.length === 1 ? t("moved", { title: names[0].title, place: Math.min(to, this.entries.length - 1) + 1, all: this.entries.length }) : t("movedN", { n: names.length });
    return this.change((doc) => {
      const { order, operations } = moved(doc.entries, keys, Math.min(to, doc.entries.length));
      if (operations.length) { doc.entries = order; this.tell("doc"); }
      return operations;
    }, said);
  }
  remove(keys) {
    return this.change((doc) => doc.entries.map((e, position) => ({ e, position })).filter(({ e }) => keys.has(e.key)).reverse()
      .map(({ position }) => ({ op: "remove", position })), t("removed", { n: keys.size }));
  }
  pin(keys, on) {
    return this.change((doc) => doc.entries.map((e, position) => ({ e, position })).filter(({ e }) => keys.has(e.key) && e.pinned !== on)
      .map(({ position }) => ({ op: on ? "pin" : "unpin", position })));
  }
  /** Put tracks in: at the end, or right after the entry of `after` (a key). */
  add(ids, said, after = null) {
    return this.change((doc) => {
      const at = after === null ? -1 : doc.entries.findIndex((e) => e.key === after);
      return [{ op: "add", track_ids: ids, ...(at < 0 ? {} : { position: at + 1 }) }];
    }, said);
  }
  undo() {
    const before = this.doc.version, redo = [...this.#redo, before];
    return this.post("/undo", {}, t("undone"), { redo });
  }
  redo() {
    const redo = [...this.#redo], version = redo.pop();
    return version === undefined ? null : this.post(`/versions/${version}/restore`, {}, t("redone"), { redo });
  }
  async delete() {
    const { title } = this.doc;
    try {
      await ask(this.url, { method: "DELETE", etag: this.etag });
      this.close();
      this.say(t("deleted", { title }));
      this.tell("lists");
    } catch (fault) {
      if (fault.status === 412) await this.open(this.doc.id);
      this.fail(fault.status === 412 ? new Error(t("stale")) : fault);
    }
  }

  #write(run, said, again, { redo = [] } = {}) {
    const work = async () => {
      if (!this.doc) return null;
      this.trouble = null;
      this.tell("fault", null);
      try {
        const got = await run();
        if (got) { this.#redo = redo; await this.#take(got); }
        if (said) this.say(said);
        this.tell("lists");
        return got?.told ?? this.doc;
      } catch (fault) {
        const { id } = this.doc;
        if (fault.status === 412) { if (await this.open(id)) this.fail(new Error(t("stale")), again); } else if (fault.status === 404 && !(await this.open(id))) return null;
        else { this.fail(fault); this.tell("doc"); }
        return null;
      }
    };
    this.#line = this.#line.then(work, work);
    return this.#line;
  }

  async #take({ told, etag }) {
    const other = this.doc?.id !== told.id;
    if (other) { this.#redo = []; this.whys = new Map(); }
    this.doc = { ...told, entries: keyed(told.entries) };
    this.etag = etag;
    kept.set("id", told.id);
    await this.known([...this.ids, ...told.bans]);
    this.tell("doc", other);
  }
  /** Learn the tracks of these ids that are not known yet. */
  async known(ids) {
    const unknown = ids.filter((id) => id && !this.tracks.has(id));
    if (unknown.length) for (const [id, track] of await tracksOf(unknown)) this.tracks.set(id, track);
  }
}
