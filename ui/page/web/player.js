// <tri-player>: the page's one player, at its bottom. Others ask it by events on the document (see docs/playlists.md).
import { clamp, clock, el, icon, isTyping, request, send, spokenLicence, store, tracksOf } from "./kit.js";
import { QueueDrawer } from "./player_drawer.js";
import { Queue } from "./player_queue.js";
import { Sound } from "./player_sound.js";
import { t } from "./player_texts.js";

const kept = store("trichord-player");
const KEYS = { KeyP: "toggle", KeyN: "next", KeyB: "previous", KeyU: "showQueue" };

class TriPlayer extends HTMLElement {
  connectedCallback() {
    if (this.made) return;
    this.made = true;
    this.queue = new Queue();
    this.sound = new Sound({
      change: () => this.#shown(), tick: () => this.#ticked(), over: (switched) => this.#over(switched),
      upcoming: () => this.queue.items[this.queue.after()] ?? null, failed: (track) => this.#failed(track),
    });
    this.#make();
    this.#listen();
    this.#restore();
  }
  get gaps() { return this.sound.gaps; }

  #make() {
    const button = (kind, name, run, label = t(name), more = {}) =>
      el(`button.pr-btn.pr-${kind}`, { type: "button", "aria-label": label, title: label, onclick: run, ...more }, icon(name));
    this.playing = button("play", "play", () => this.toggle(), t("play"), { "aria-keyshortcuts": "Alt+P" });
    this.back = button("back", "previous", () => this.previous(), t("previous"), { "aria-keyshortcuts": "Alt+B" });
    this.forth = button("next", "next", () => this.next(), t("next"), { "aria-keyshortcuts": "Alt+N" });
    this.shuffling = button("shuffle", "shuffle", () => { this.queue.shuffle(this.queue.shuffled === null); this.changed(); }, t("shuffle"), { "aria-pressed": "false" });
    this.repeating = el("button.pr-btn.pr-repeat", { type: "button", onclick: () => { this.queue.nextRepeat(); this.changed(); } });
    this.song = el("strong.pr-title"); this.artist = el("span.pr-artist");
    this.licence = el("summary.pr-licence"); this.credit = el("p.pr-credit");
    this.crediting = el("details.pr-crediting", {}, this.licence, this.credit);
    this.now = el("span.pr-time"); this.all = el("span.pr-time");
    this.seeker = el("input.pr-seek", { type: "range", min: 0, max: 30, step: 0.1, value: 0, "aria-label": t("seek"), oninput: () => this.sound.seek(Number(this.seeker.value)) });
    this.loud = el("input.pr-volume", { type: "range", min: 0, max: 1, step: 0.02, value: 1, "aria-label": t("volume"), oninput: () => this.#volume(Number(this.loud.value), false) });
    this.muting = button("mute", "volume", () => this.#volume(Number(this.loud.value), !this.muted), t("mute"), { "aria-pressed": "false" });
    this.listing = el("button.pr-btn.pr-list", { type: "button", "aria-expanded": "false", "aria-controls": "tri-player-queue", "aria-keyshortcuts": "Alt+U", title: t("queue"), onclick: () => this.showQueue() }, icon("queue"));
    this.fault = el("p.pr-fault", { role: "alert" });
    this.said = el("p.pr-said", { role: "status" });
    this.drawer = new QueueDrawer(this);
    this.bar = el("section.pr-bar", { "aria-label": t("player"), hidden: true }, this.drawer.node, this.fault,
      el("div.pr-row", {},
        el("div.pr-what", {}, el("div.pr-names", {}, this.song, this.artist), this.crediting),
        el("div.pr-middle", {}, el("div.pr-buttons", {}, this.shuffling, this.back, this.playing, this.forth, this.repeating),
          el("div.pr-line", {}, this.now, this.seeker, this.all)),
        el("div.pr-end", {}, this.muting, this.loud, this.listing)));
    this.replaceChildren(this.bar, this.said, ...this.sound.nodes);
    // What must not lie below the bar leaves this much free: the row with its padding, not the drawer over the page.
    const row = this.bar.querySelector(".pr-row");
    new ResizeObserver(() => document.documentElement.style.setProperty("--player-height", row.offsetHeight ? `${row.offsetHeight + 26}px` : "0px")).observe(row);
  }

  #listen() {
    const on = (name, run) => document.addEventListener(`trichord:${name}`, ({ detail }) => run(detail ?? {}));
    on("play", ({ tracks, index, session_id, position }) => this.play(tracks ?? [], index ?? 0, session_id, position));
    on("seek", ({ track_id, position }) => { if (this.queue.current?.track_id === track_id) this.sound.seek(position); });
    on("queue", ({ tracks = [], session_id }) => this.append(tracks, session_id));
    on("pause", () => this.sound.pause());
    // One sound at a time on the page: whoever starts, the others pause.
    document.addEventListener("play", (event) => {
      if (this.sound.owns(event.target)) document.querySelectorAll("audio, video").forEach((node) => { if (!this.sound.owns(node)) node.pause(); });
      else if (!event.target.muted) this.sound.pause();
    }, true);
    document.addEventListener("keydown", (event) => {
      const work = KEYS[event.code];
      if (!work || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat || this.bar.hidden || isTyping(event.target)) return;
      event.preventDefault();
      this[work]();
    });
    addEventListener("pagehide", () => this.#keep());
    const session = navigator.mediaSession;
    if (!session) return;
    const handlers = {
      play: () => this.sound.play(), pause: () => this.sound.pause(), nexttrack: () => this.next(), previoustrack: () => this.previous(),
      seekto: ({ seekTime }) => this.sound.seek(seekTime), seekbackward: ({ seekOffset }) => this.sound.seek(this.sound.position - (seekOffset || 5)),
      seekforward: ({ seekOffset }) => this.sound.seek(this.sound.position + (seekOffset || 5)), stop: () => this.sound.pause(),
    };
    for (const [name, run] of Object.entries(handlers)) {
      try { session.setActionHandler(name, run); } catch { /* a browser that does not know this one */ }
    }
  }

  /** These tracks become the queue; the one that stands there already goes on. `session_id`: the chat that they came from; `position`: where to begin, in seconds. */
  play(tracks, index, session_id, position) {
    if (!tracks.length) return;
    const wanted = tracks[index] ?? tracks[0];
    const same = this.queue.current?.track_id === wanted.track_id && tracks.map((track) => track.track_id).join() === this.queue.ids.join();
    this.fault.textContent = "";
    if (same) {
      if (position !== undefined) this.sound.seek(position);
      this.sound.play();
      return;
    }
    this.queue.replace(tracks.map((track) => ({ session_id, ...track })), index);
    this.#start(true, position);
    this.#complete();
  }
  append(tracks, session_id) {
    if (!tracks.length) return;
    const fresh = !this.queue.items.length;
    this.queue.append(tracks.map((track) => ({ session_id, ...track })));
    if (fresh) this.#start(false); else this.changed();
    this.said.textContent = t("queued", { n: this.queue.items.length });
    this.#complete();
  }
  // Who sends a track may know its id and title alone.
  async #complete() {
    const thin = this.queue.items.filter((track) => track.licence === undefined && !track.audio_url);
    if (!thin.length) return;
    try {
      const found = await tracksOf(thin.map((track) => track.track_id));
      thin.forEach((track) => Object.assign(track, found.get(track.track_id)));
      this.changed();
    } catch { /* it plays without */ }
  }

  toggle() { if (this.sound.playing) this.sound.pause(); else this.sound.play(); }
  next() {
    this.#react(this.queue.current, "skip");
    const at = this.queue.after(false);
    if (at < 0) { this.sound.pause(); return; }
    this.jump(at, this.sound.playing);
  }
  previous() {
    if (this.sound.position > 3 || this.queue.before() === this.queue.index) { this.sound.seek(0); return; }
    this.jump(this.queue.before(), this.sound.playing);
  }
  jump(at, playing = true) { this.queue.index = at; this.#start(playing); }
  showQueue() { this.drawer.toggle(); }
  clear() { this.queue.clear(); this.drawer.toggle(false); this.sound.unload(); this.changed(); }
  remove(at) {
    const here = at === this.queue.index;
    this.queue.remove(at);
    if (!this.queue.items.length) { this.clear(); return; }
    if (this.queue.index < 0) this.queue.index = 0;
    if (here) this.#start(this.sound.playing); else this.changed();
  }
  move(from, to) { this.queue.move(from, to); this.changed(); }

  #start(playing, position = 0) {
    if (this.queue.current) this.sound.load(this.queue.current, playing, position);
    this.changed();
  }
  #over(switched) {
    this.#react(this.queue.current, "complete");
    this.failures = 0;
    const at = this.queue.after();
    if (at < 0) { this.sound.pause(); this.sound.seek(0); return; }
    this.queue.index = at;
    if (!switched) { this.#start(true); return; }
    this.changed();
    this.sound.prepare();
  }
  async #failed(track) {
    this.failures = (this.failures ?? 0) + 1;
    // A piece that was made is no track of the catalogue: its own address tells what is wrong.
    const answer = await request(track.provenance === "generated" || track.fleeting ? track.audio_url : `/v1/tracks/${encodeURIComponent(track.track_id)}`).catch((fault) => fault);
    this.fault.textContent = t("cannot", { title: track.title ?? track.track_id, why: answer instanceof Error ? answer.message : t("unreadable") });
    if (track !== this.queue.current) return;
    const at = this.queue.after(false);
    // Each of the queue is tried once.
    if (at < 0 || this.failures >= this.queue.items.length) { this.sound.pause(); return; }
    this.jump(at);
  }
  #react(track, kind) {
    if (!track?.session_id) return;
    request(`/v1/sessions/${encodeURIComponent(track.session_id)}/feedback`, { method: "POST", json: { track_id: track.track_id, kind } }).catch(() => null);
  }

  /** Show and keep what the queue has become. */
  changed() {
    this.sound.prepare();
    this.#shown();
    this.drawer.fill();
    this.#keep();
  }
  #volume(value, muted) {
    this.muted = muted;
    this.sound.volume = value; this.sound.muted = muted;
    this.loud.value = value;
    this.muting.replaceChildren(icon(muted ? "mute" : "volume"));
    this.muting.setAttribute("aria-pressed", String(muted));
    kept.set("sound", { value, muted });
  }

  #shown() {
    const track = this.queue.current, playing = this.sound.playing;
    this.bar.hidden = !track;
    if (track) {
      this.song.textContent = track.title ?? ""; this.song.title = track.title ?? "";
      this.artist.textContent = track.artist || t("unknown");
      this.licence.textContent = spokenLicence(track.licence) || t("noLicence");
      this.licence.title = t("credit");
      this.credit.textContent = t("by", { words: track.attribution || [track.title, track.artist].filter(Boolean).join(" · ") });
    }
    this.playing.replaceChildren(icon(playing ? "pause" : "play"));
    this.#name(this.playing, t(playing ? "pause" : "play"));
    this.shuffling.setAttribute("aria-pressed", String(this.queue.shuffled !== null));
    this.repeating.replaceChildren(icon("repeat"), this.queue.repeat === "one" ? el("span.pr-one", { "aria-hidden": "true" }, "1") : "");
    this.repeating.dataset.repeat = this.queue.repeat;
    this.#name(this.repeating, t(`repeat_${this.queue.repeat}`));
    this.#name(this.listing, t("queueOf", { n: this.queue.items.length }));
    this.#ticked();
    this.#tell(track, playing);
  }
  #name(button, words) { button.setAttribute("aria-label", words); button.title = words; }
  #ticked() {
    const { position, length } = this.sound, all = length || 30;
    this.seeker.max = all.toFixed(1); this.seeker.value = position;
    this.now.textContent = clock(Math.floor(position)); this.all.textContent = clock(all);
    this.seeker.setAttribute("aria-valuetext", t("at", { now: clock(Math.floor(position)), all: clock(all) }));
    this.seeker.style.setProperty("--pr-at", `${clamp((position / all) * 100, 0, 100)}%`);
    if (this.queue.current) send("at", { track_id: this.queue.current.track_id, position, length });
    if (Math.floor(position) !== this.lastKept) { this.lastKept = Math.floor(position); kept.set("at", position); }
  }
  #tell(track, playing) {
    const now = `${track?.track_id ?? ""} ${playing}`;
    if (now === this.told) return;
    this.told = now;
    send("now", { track_id: track?.track_id ?? null, playing });
    const session = navigator.mediaSession;
    if (!session) return;
    session.playbackState = track ? (playing ? "playing" : "paused") : "none";
    session.metadata = track ? new MediaMetadata({ title: track.title ?? "", artist: track.artist ?? "", album: track.album ?? "", artwork: track.track_id ? [{ src: new URL(`/v1/tracks/${encodeURIComponent(track.track_id)}/cover`, location.href).href }] : [] }) : null;
    try {
      if (this.sound.length) session.setPositionState({ duration: this.sound.length, position: Math.min(this.sound.position, this.sound.length), playbackRate: 1 });
    } catch { /* between two tracks */ }
  }

  #keep() {
    // A fleeting sound, such as a side of a blind pair, is not there any more after a reload.
    const { queue } = this, items = queue.items.filter((track) => !track.fleeting);
    kept.set("queue", { ids: items.map((track) => track.track_id), index: items.indexOf(queue.current), repeat: queue.repeat, sessions: items.map((track) => track.session_id ?? null) });
    kept.set("at", this.sound.position);
  }
  async #restore() {
    const sound = kept.get("sound");
    this.#volume(sound?.value ?? 1, sound?.muted ?? false);
    const last = kept.get("queue"), position = kept.get("at") ?? 0;
    this.#shown();
    if (!Array.isArray(last?.ids) || !last.ids.length) return;
    try {
      const found = await tracksOf(last.ids);
      if (this.queue.items.length) return;     // somebody was faster
      const there = last.ids.map((id, n) => ({ id, n })).filter(({ id }) => found.has(id));
      const gone = last.ids.length - there.length, at = there.findIndex(({ n }) => n >= last.index);
      this.queue.repeat = last.repeat ?? "off";
      this.queue.replace(there.map(({ id, n }) => ({ ...found.get(id), session_id: last.sessions?.[n] ?? undefined })), at < 0 ? 0 : at);
      if (there.length) this.#start(false, there[at]?.n === last.index ? position : 0); else this.changed();
      if (gone) (there.length ? this.fault : this.said).textContent = gone === 1 ? t("gone1") : t("gone", { n: gone });
    } catch (fault) { this.said.textContent = fault.message; }
  }
}
customElements.define("tri-player", TriPlayer);
