// One conversation: what was said, what stands, the turn that is going on. Views listen to its events:
// `turns` (the list changed), `turn` (one grew; detail is the turn), `standing`, `running`, `fault` (a sentence), `lost` (a message that did not get through).
import { send as tell, store } from "./kit.js";
import { api, talk } from "./chat_api.js";
import { t } from "./chat_texts.js";

const kept = store("tri-chat");

const freshId = () => Array.from(crypto.getRandomValues(new Uint8Array(18)), (byte) => "abcdefghijklmnopqrstuvwxyz012345"[byte & 31]).join("");
const EMPTY = { turns: 0, standing: [], waits_for: null, shared_url: null, title: "", results: [], likes: [], dislikes: [] };

export class Conversation extends EventTarget {
  constructor() {
    super();
    this.id = kept.get("session");
    this.turns = [];
    this.standing = EMPTY;
    this.running = null;
    // Other tabs on the same conversation learn of every turn.
    this.tabs = "BroadcastChannel" in window ? new BroadcastChannel("trichord-chat") : null;
    if (this.tabs) this.tabs.onmessage = ({ data }) => { if (data === this.id && !this.running) this.load().catch(() => {}); };
  }

  get last() { return this.turns[this.turns.length - 1] ?? null; }
  #emit(name, detail = null) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  /** Open a conversation, or a new one. */
  async open(id) {
    this.stop();
    this.id = id;
    kept.set("session", id);
    this.turns = [];
    this.standing = EMPTY;
    this.#emit("turns"); this.#emit("standing");
    await this.load();
  }

  /** Read again what the server has. A conversation that is gone becomes a new one. */
  async load() {
    const id = this.id;
    if (!id) return;
    try {
      const [told, state] = await Promise.all([api.turns(id), api.state(id)]);
      if (id !== this.id || this.running) return;
      const unsent = this.turns.filter((turn) => turn.broken && !told.turns.some((other) => other.message === turn.message && other.number > turn.after));
      this.turns = [...told.turns.map((turn) => this.turns.find((own) => own.number === turn.number && own.at === turn.at && own.status === turn.status) ?? turn), ...unsent];
      this.standing = state;
    } catch (fault) {
      if (fault.status !== 404) throw fault;
      if (id !== this.id || this.running) return;
      this.turns = this.turns.filter((turn) => turn.broken);
      this.standing = EMPTY;
    }
    const pending = kept.get(`pending-${id}`);
    if (pending && !this.turns.some((turn) => turn.message === pending)) this.#emit("lost", { text: pending, files: [] });
    kept.set(`pending-${id}`, null);
    this.#emit("turns"); this.#emit("standing");
  }

  /** Say something; what it comes to arrives as events. */
  async say(text, files = []) {
    if (this.running || (!text.trim() && !files.length)) return;
    if (!this.id) { this.id = freshId(); kept.set("session", this.id); }
    const id = this.id, going = new AbortController();
    this.turns = this.turns.filter((turn) => !turn.broken);
    const turn = { number: null, after: this.last?.number ?? 0, live: true, status: "running", message: text, attachments: files, reply: "", tracks: null, trace: [] };
    this.turns.push(turn);
    this.running = going;
    kept.set(`pending-${id}`, text);
    this.#emit("turns"); this.#emit("running");
    try {
      await talk({ message: text, session_id: id, attachments: files.map((f) => f.id) }, (kind, event) => { if (id === this.id) this.#take(turn, kind, event); }, going.signal);
    } catch (fault) {
      turn.status = fault.name === "AbortError" ? "stopped" : "failed";
      turn.error = fault.name === "AbortError" ? null : fault.message;
      turn.broken = turn.status === "failed";
      if (turn.broken && id === this.id) this.#emit("lost", { text, files });
    }
    if (this.running === going) this.running = null;
    if (!turn.broken) kept.set(`pending-${id}`, null);
    if (id !== this.id) return;
    this.#emit("turn", turn); this.#emit("running");
    this.tabs?.postMessage(id);
    if (turn.broken) return;
    if (turn.status === "stopped") await this.#settled(turn);
    else await this.#follow(turn);
  }

  #take(turn, kind, event) {
    if (kind === "plan") turn.plan = event.plan;
    if (kind === "step") turn.trace = [...turn.trace, event.step];
    if (kind === "results") Object.assign(turn, pick(event));
    if (kind === "text") turn.reply += event.text;
    if (kind === "error") Object.assign(turn, { status: "failed", error: event.message });
    if (kind === "done") {
      Object.assign(turn, pick(event), { status: "done", plan: event.plan, reply: event.reply, trace: event.trace, decision: event.decision });
      if (event.playlist_id) tell("playlist", { id: event.playlist_id });
    }
    this.#emit("turn", turn);
  }

  /** Take over the number of a finished turn and what stands now; where another tab spoke in between, read all again. */
  async #follow(turn) {
    try {
      const state = await api.state(this.id);
      turn.number = turn.after + 1;
      this.standing = state;
      if (state.turns !== turn.number) return await this.load();
      this.#emit("standing"); this.#emit("turn", turn);
    } catch (fault) { this.#emit("fault", fault.message); }
  }

  /** A stopped turn is in the transcript as soon as the server notices; what it had found by then is shown. */
  async #settled(turn) {
    const id = this.id;
    for (let n = 0; n < 20 && id === this.id && !this.running; n++) {
      await new Promise((done) => setTimeout(done, 150 + 50 * n));
      const state = await api.state(id).catch(() => null);
      if (state && state.turns > turn.after) {
        turn.live = false;
        this.turns = this.turns.filter((other) => other !== turn);
        return this.load().catch(() => {});
      }
    }
  }

  stop() { this.running?.abort(); }

  /** Take a message and all after it back, then say this instead. Nothing else is said meanwhile. */
  async instead(turn, text, files = turn.attachments ?? []) {
    if (this.running) return;
    const id = this.id, going = new AbortController();
    this.running = going;
    this.#emit("running");
    let fault = null;
    try { await this.#takeBack(id, turn); } catch (error) { fault = error; }
    this.running = null;
    this.#emit("running");
    if (id !== this.id) return await this.load().catch((error) => this.#emit("fault", error.message));
    if (fault) this.#emit("fault", fault.message);
    else this.turns = this.turns.slice(0, this.turns.indexOf(turn));
    if (!fault && !going.signal.aborted) return await this.say(text, files.filter((f) => f.id));
    this.#emit("turns"); this.#emit("lost", { text, files });
  }

  async #takeBack(id, turn) {
    if (turn.number !== null) return await api.rewind(id, turn.number);
    // Whether it got through, the server knows.
    const told = await api.turns(id).catch((fault) => { if (fault.status === 404) return { turns: [] }; throw fault; });
    const there = told.turns.find((other) => other.number > turn.after);
    if (there) await api.rewind(id, there.number);
  }

  /** Carry out what a chip or a button asks of the server, then read again. */
  async act(run) {
    if (this.running) return false;
    const going = new AbortController();
    this.running = going;
    this.#emit("running");
    let fault = null;
    try { await run(this.id); } catch (error) { fault = error; }
    if (this.running === going) this.running = null;
    this.#emit("running");
    if (fault) { this.#emit("fault", fault.message); return false; }
    this.tabs?.postMessage(this.id);
    await this.load().catch((error) => this.#emit("fault", error.message));
    return true;
  }

  /** Like or dislike; returns whether it was kept. */
  async react(track, kind) {
    try {
      const told = await api.react(this.id, track.track_id, kind);
      Object.assign(this.standing, told);
      return true;
    } catch (fault) { this.#emit("fault", fault.message); return false; }
  }

  /** The place of a track in the list that messages point at now; 0 where it is in none. */
  place(track, handle) { return this.standing.results[handle - 1] === track.track_id ? handle : 0; }

  moreLike(track, handle) {
    const place = this.place(track, handle);
    const named = track.artist ? "sayMoreNamed" : "sayMoreTitle";
    return this.say(place ? t("sayMore", { n: place }) : t(named, { title: track.title, artist: track.artist }));
  }
}

const FOUND = ["tracks", "handles", "receipts", "relaxation", "unresolved", "absent", "scene", "generation", "playlist_id", "decision", "words"];
const pick = (event) => Object.fromEntries(FOUND.filter((name) => name in event).map((name) => [name, event[name]]));
