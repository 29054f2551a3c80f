// Two audio elements by turns: while one sounds the next is loaded, and begins where the first ends.

const SOON_S = 1.5;      // this long before its end a track's successor is made ready to the millisecond
const MOST_LEAD_MS = 150;

export const sourceOf = (track) => track.preview_url || track.audio_url || `/v1/tracks/${encodeURIComponent(track.track_id)}/preview`;

export class Sound {
  #timer = 0; #wanted = false; #lead = 70;    // ms that starting takes; learned from each change of tracks

  /** `calls`: change(), tick(), over() when a track ends, upcoming() -> the track after it or null, failed(track). */
  constructor(calls) {
    this.calls = calls;
    this.gaps = [];
    this.nodes = [0, 1].map(() => {
      const node = document.createElement("audio");
      node.preload = "auto";
      node.addEventListener("timeupdate", () => { if (node === this.node) { this.#plan(); calls.tick(); } });
      node.addEventListener("ended", () => { if (node === this.node) this.#over(); });
      // Paused by the browser or another player: nothing is to sound any more.
      node.addEventListener("pause", () => { if (node === this.node && node.paused && !node.ended) this.#wanted = false; });
      for (const kind of ["play", "pause", "durationchange", "seeked"])
        node.addEventListener(kind, () => { if (node === this.node) { this.#plan(); calls.change(); } });
      node.addEventListener("error", () => {
        if (node === this.node && this.track && node.getAttribute("src")) { this.#wanted = false; calls.failed(this.track); }
      });
      return node;
    });
    this.node = this.nodes[0];
    this.track = null;
  }
  get other() { return this.nodes[this.node === this.nodes[0] ? 1 : 0]; }
  get playing() { return this.#wanted && !this.node.ended; }
  get position() { return this.node.currentTime; }
  get length() { return Number.isFinite(this.node.duration) ? this.node.duration : 0; }
  set volume(value) { this.nodes.forEach((node) => { node.volume = value; }); }
  set muted(value) { this.nodes.forEach((node) => { node.muted = value; }); }
  owns(node) { return this.nodes.includes(node); }

  /** Take a track, from a position on, sounding or not. */
  load(track, playing, position = 0) {
    this.#cancel();
    if (this.other.dataset.track === track.track_id && this.other.readyState > 0) {
      this.node.pause();
      this.node = this.other;
    } else this.node.src = sourceOf(track);
    this.node.dataset.track = track.track_id;
    this.track = track;
    this.other.pause();
    if (this.node.readyState > 0 || position) this.node.currentTime = position;
    this.#wanted = false;
    if (playing) this.play();
    this.prepare();
    this.calls.change();
  }
  /** Load the successor, so that nothing is waited for at the end. */
  prepare() {
    const next = this.calls.upcoming();
    if (!next || next === this.track || this.other.dataset.track === next.track_id) return;
    this.other.src = sourceOf(next);
    this.other.dataset.track = next.track_id;
  }
  unload() {
    this.#cancel();
    this.#wanted = false;
    this.track = null;
    for (const node of this.nodes) { node.pause(); node.removeAttribute("src"); delete node.dataset.track; node.load(); }
    this.calls.change();
  }

  play() {
    if (!this.track) return;
    this.#wanted = true;
    // Where the browser refuses to sound without a click, the button says so.
    this.node.play().catch((fault) => { if (fault.name === "NotAllowedError") this.pause(); });
    this.calls.change();
  }
  pause() {
    this.#cancel();
    this.#wanted = false;
    this.node.pause();
    this.calls.change();
  }
  seek(position) {
    this.#cancel();
    this.node.currentTime = Math.max(0, this.length ? Math.min(position, this.length - 0.05) : position);
  }

  #cancel() { clearTimeout(this.#timer); this.#timer = 0; }
  #plan() {
    if (this.#timer || !this.#wanted || this.node.paused || !this.length) return;
    const left = this.length - this.position;
    if (left > SOON_S) return;
    this.#timer = setTimeout(() => { this.#timer = 0; this.#switch(); }, Math.max(0, left * 1000 - this.#lead));
  }
  #switch() {
    const next = this.calls.upcoming(), other = this.other, left = this.length - this.position;
    // A seek, a stall or a pause meanwhile: the end itself decides.
    if (!next || left * 1000 > this.#lead + 100 || !this.#wanted || other.dataset.track !== next.track_id || other.readyState < 3) return;
    const old = this.node, end = performance.now() + left * 1000;
    if (other.currentTime) other.currentTime = 0;
    this.node = other;
    this.track = next;
    const heard = () => {
      if (!other.currentTime) return;
      other.removeEventListener("timeupdate", heard);
      const gap = performance.now() - other.currentTime * 1000 - end;
      this.gaps.push(gap);
      if (Math.abs(gap) < MOST_LEAD_MS) this.#lead = Math.min(MOST_LEAD_MS, Math.max(0, this.#lead + gap * 0.7));
    };
    other.addEventListener("timeupdate", heard);
    other.play().catch(() => this.pause());
    // The last milliseconds of the old one are let out.
    setTimeout(() => { if (this.node !== old) old.pause(); }, left * 1000 + 60);
    this.calls.over(true);
  }
  #over() {
    this.#cancel();
    this.calls.over(false);
  }
}
