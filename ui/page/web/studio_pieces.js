// Pieces that are made and being made, as the server holds them: its list, one stream of events, polling where that falls silent.
import { store } from "./kit.js";
import { api } from "./studio_api.js";

export const kept = store("trichord-studio");
export const isOpen = (piece) => piece.status === "queued" || piece.status === "running";
const POLL_MS = 2500;

export class Pieces extends EventTarget {
  list = []; more = null; trouble = ""; loaded = false; started = new Set();
  #stream = null; #streamed = null; #timer = 0; #silent = true;

  constructor() {
    super();
    this.opened = kept.get("piece");
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") this.load(); else this.#quiet(); });
  }
  on(kinds, run) { for (const kind of kinds.split(" ")) this.addEventListener(kind, (event) => run(event.detail)); }
  tell(kind, detail) { this.dispatchEvent(new CustomEvent(kind, { detail })); }
  get(id) { return this.list.find((piece) => piece.id === id) ?? null; }
  get open() { return this.get(this.opened); }
  get making() { return this.list.filter(isOpen); }

  /** Read the newest again; older ones that were asked for stay. */
  async load() {
    try {
      const told = await api.list(), fresh = new Set(told.generations.map((piece) => piece.id)), last = told.generations.at(-1);
      const older = this.list.filter((piece) => !fresh.has(piece.id) && last && piece.created_at < last.created_at);
      const extra = this.opened && !fresh.has(this.opened) && !older.some((piece) => piece.id === this.opened) ? await api.one(this.opened).catch(() => null) : null;
      told.generations.forEach((piece) => this.#changed(piece));
      this.list = [...told.generations, ...older, ...(extra ? [extra] : [])];
      if (!older.length) this.more = told.next_cursor;
      this.trouble = "";
    } catch (fault) { this.trouble = fault.message; }
    this.loaded = true;
    this.tell("list");
    this.#follow();
  }
  async loadMore() {
    const told = await api.list(this.more);
    this.list = [...this.list, ...told.generations.filter((piece) => !this.get(piece.id))];
    this.more = told.next_cursor;
    this.tell("list");
  }

  /** Take over what the server tells of one piece. */
  take(piece) {
    this.#changed(piece);
    this.list = this.get(piece.id) ? this.list.map((other) => (other.id === piece.id ? piece : other)) : [piece, ...this.list];
    this.tell("list");
    this.#follow();
  }
  #changed(piece) {
    const before = this.get(piece.id);
    if (isOpen(piece) || (before && !isOpen(before)) || (!before && !this.started.has(piece.id))) return;
    this.tell("ended", piece);
    // The server compares on while nothing else is to do.
    if (piece.status === "done") setTimeout(() => this.load(), 20_000);
    // What was asked for here is shown as soon as it is there.
    if (piece.status === "done" && this.started.delete(piece.id)) this.show(piece.id);
  }

  async start(body, key) {
    const piece = await api.start(body, key);
    this.started.add(piece.id);
    this.take(piece);
    return piece;
  }
  async cancel(id) { this.take(await api.cancel(id)); }
  async forget(id) {
    await api.forget(id);
    this.list = this.list.filter((piece) => piece.id !== id);
    if (this.opened === id) this.show(null); else this.tell("list");
  }
  /** Show a piece; one that the list does not reach is asked for. */
  async show(id) {
    this.opened = id;
    kept.set("piece", id);
    this.tell("open");
    if (!id || this.get(id)) return;
    try { this.take(await api.one(id)); } catch (fault) {
      if (fault.status === 404) { this.opened = null; kept.set("piece", null); }
      this.tell("fault", fault);
    }
    this.tell("open");
  }

  // Browsers give a server six connections: one stream for what is made now, the queue behind it by polling.
  #follow() {
    clearTimeout(this.#timer);
    const making = this.making, lead = making.find((piece) => piece.status === "running") ?? making.at(-1) ?? null;
    if (!lead && !this.trouble) { this.#quiet(); return; }
    if (document.visibilityState === "hidden") return;
    if (lead && this.#streamed !== lead.id) this.#listen(lead.id);
    const enough = making.length === 1 && !this.#silent && !this.trouble;
    this.#timer = setTimeout(() => { if (enough && !this.#silent) this.#follow(); else this.load(); }, POLL_MS);
  }
  #listen(id) {
    this.#quiet();
    const stream = this.#stream = new EventSource(api.events(id));
    this.#streamed = id;
    const heard = (event, run) => { if (stream !== this.#stream) return; this.#silent = false; run(JSON.parse(event.data)); };
    stream.addEventListener("progress", (event) => heard(event, (told) => { const now = this.get(id); if (now) this.take({ ...now, ...told }); }));
    stream.addEventListener("done", (event) => heard(event, (told) => { this.#quiet(); this.take(told); if (this.making.length) this.load(); }));
    stream.onerror = () => {
      if (stream !== this.#stream) return;
      this.#silent = true;
      // It tries again by itself, unless the server refused it; the next look at the list opens another then.
      if (stream.readyState === EventSource.CLOSED) this.#streamed = null;
    };
  }
  #quiet() {
    clearTimeout(this.#timer);
    this.#stream?.close();
    this.#stream = this.#streamed = null;
    this.#silent = true;
  }
}
