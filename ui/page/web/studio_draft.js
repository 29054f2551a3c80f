// What is to be made, before it is made: the words, what was set beside them, what the server read. No page here.
import { debounced } from "./kit.js";
import { api, bodyOf, freshKey, stretch } from "./studio_api.js";
import { kept } from "./studio_pieces.js";

/** Field of a body -> field of the request that the server read. */
export const FIELDS = { duration: "duration_s", tempo: "tempo_bpm", key: "key", mood: "mood", genre: "genre", instruments: "instruments", energy: "energy", negative: "negative", seed: "seed", candidates: "candidates", task: "task" };
const empty = (value) => value === null || value === undefined || value === "" || value.length === 0;

export class Draft extends EventTarget {
  told = null; fault = null; asking = false; #going = null; #key = null;

  constructor() {
    super();
    const last = kept.get("draft") ?? {};
    this.text = last.text ?? "";
    this.own = last.own ?? {};
    this.backend = last.backend ?? null;
    this.parent = last.parent ?? null;
    this.file = last.file ?? null;
    this.film = last.film ?? null;
    this.touched = last.touched ?? "text";
    this.soon = debounced(() => this.read(), 300);
    this.later = debounced(() => this.read(), 3000);
  }
  on(kind, run) { this.addEventListener(kind, (event) => run(event.detail)); }
  tell(kind, detail) { this.dispatchEvent(new CustomEvent(kind, { detail })); }
  /** Whether something was handed over that may be a melody. */
  get melodic() { return this.file?.kind === "midi" || this.file?.kind === "audio"; }
  /** A file with a task is a melody; else the words say what it is for. */
  get handed() {
    if (!this.file) return {};
    const clip = { upload: this.file.id };
    return this.own.task ? { melody: clip } : { files: [clip] };
  }
  get body() { return { text: this.text.trim(), ...this.own, ...this.handed, ...(this.film ? { film: stretch(this.film) } : {}) }; }
  get blank() { return !this.text.trim() && !this.file && !this.film && !Object.keys(this.own).some((name) => name !== "seed" && name !== "candidates"); }
  get backends() { return this.told?.routing.backends ?? []; }
  /** Who will make it: the one that was chosen while it can, else whom the server would ask. */
  get maker() {
    const able = (id) => this.backends.some((backend) => backend.id === id && backend.support !== "no");
    return able(this.backend) ? this.backend : this.told?.routing.chosen ?? null;
  }
  /** Where a field's value comes from: `own`, `words` or `open`. */
  source(name) {
    if (name in this.own) return "own";
    return this.told?.read.includes(FIELDS[name]) ? "words" : "open";
  }
  value(name) { return name in this.own ? this.own[name] : this.told?.request[FIELDS[name]] ?? null; }

  say(text) { this.text = text; this.#touch("text"); }
  /** Set a field beside the words; nothing takes it back. */
  set(name, value) {
    if (empty(value)) delete this.own[name]; else this.own[name] = value;
    this.#touch(name);
  }
  /** Hand over a file that was uploaded, or none. */
  hand(file) {
    this.file = file;
    this.film = null;
    if (!this.melodic) delete this.own.task;
    this.#touch("file");
  }
  choose(backend) { this.backend = backend; this.#keep(); this.tell("told"); }
  #touch(place) {
    this.touched = place;
    this.#key = null;
    this.#keep();
    this.tell("touched", place);
    this.soon();
  }
  #keep() { const { text, own, backend, parent, file, film, touched } = this; kept.set("draft", { text, own, backend, parent, file, film, touched }); }

  /** Let the server read what stands now; makes nothing. */
  async read() {
    this.#going?.abort();
    if (this.blank) { this.told = null; this.fail(null); this.tell("told"); return; }
    const going = this.#going = new AbortController();
    try {
      const told = await api.brief(this.body, going.signal);
      if (going !== this.#going) return;
      this.told = told;
      this.fail(null);
    } catch (fault) {
      if (fault.name === "AbortError" || going !== this.#going) return;
      this.fail(fault);
      // A server that restarts is back in a moment.
      if (fault.status === 0) this.later();
    }
    this.tell("told");
  }
  /** A fault stands where it was made: what is still wrong stays at its place. */
  fail(fault, place = this.touched) {
    this.fault = fault ? { message: fault.message, place: this.fault?.message === fault.message ? this.fault.place : place } : null;
    this.tell("fault");
  }

  /** The same thing asked twice is one piece: the key changes with what is asked. */
  get startKey() { return (this.#key ??= freshKey()); }
  get startBody() { return { ...this.body, ...(this.maker ? { backend: this.maker } : {}), ...(this.parent ? { parent_id: this.parent.id } : {}) }; }
  started() { this.#key = null; this.parent = null; this.#keep(); this.tell("told"); }

  /** Begin anew with words, or with what a piece was made of. */
  async take({ text = "", request = null, parent = null, backend = null, film = null }) {
    this.text = request?.text ?? text;
    this.own = {};
    this.file = null;
    this.film = film ?? request?.film?.place ?? null;
    this.parent = parent;
    this.backend = backend;
    if (request) {
      this.own = bodyOf(request);
      delete this.own.text;
      delete this.own.film;
      // A melody is handed over again, as notes or as the recording that it was heard in.
      if (this.own.melody) this.file = { id: this.own.melody.upload, kind: request.melody.source ? "audio" : "midi", name: request.melody.name };
      delete this.own.melody;
      // Only what the words do not say counts as set beside them.
      const read = this.text.trim() ? await api.brief({ text: this.text }).catch(() => null) : null;
      const said = read ? bodyOf(read.request) : {};
      for (const name of Object.keys(this.own)) if (name !== "seed" && JSON.stringify(said[name]) === JSON.stringify(this.own[name])) delete this.own[name];
    }
    this.fault = null;
    this.#touch("text");
    this.tell("taken");
  }
  drop() { this.parent = null; this.#keep(); this.tell("told"); }
}
