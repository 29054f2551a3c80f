// <tri-wave>: a sound's outline, its played part marked; it sounds in the page's one player and is sought by clicks and keys.
import { ask, clamp, clock, send, svg } from "./kit.js";
import { t } from "./studio_texts.js";

const HIGH = 64;
let made = 0;
let now = { track_id: null, playing: false };
document.addEventListener("trichord:now", ({ detail }) => { now = detail; });
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class TriWave extends HTMLElement {
  #at = 0; #length = 0; #told = 0; #frame = 0; #asked = false;

  /** `track`: what the player takes; `peaks`: where its outline is told. */
  set source({ track, peaks, label }) {
    this.track = track;
    this.peaks = peaks;
    this.label = label;
    this.#length = track.duration_s ?? 0;
  }
  get sounds() { return now.playing && now.track_id === this.track.track_id; }

  connectedCallback() {
    this.#listen();
    if (this.outline) return;
    const id = `st-wave-${++made}`;
    this.past = svg("rect", { x: 0, y: 0, width: 0, height: HIGH });
    this.outline = [svg("path", { class: "st-wave-rest" }), svg("path", { class: "st-wave-past", "clip-path": `url(#${id})` })];
    this.head = svg("line", { y1: 0, y2: HIGH, x1: 0, x2: 0, class: "st-wave-head" });
    this.append(svg("svg", { viewBox: `0 0 600 ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" }, svg("clipPath", { id }, this.past), this.outline, this.head));
    this.tabIndex = 0;
    this.className = "st-wave";
    this.setAttribute("role", "slider");
    this.setAttribute("aria-label", this.label);
    this.setAttribute("aria-valuemin", "0");
    this.onpointerdown = (event) => {
      if (event.button) return;
      this.setPointerCapture(event.pointerId);
      this.#pointed(event);
    };
    this.onpointermove = (event) => { if (this.hasPointerCapture(event.pointerId)) this.#pointed(event); };
    this.onkeydown = (event) => this.#key(event);
    this.#draw();
    this.#load();
  }
  disconnectedCallback() { this.ears?.abort(); cancelAnimationFrame(this.#frame); }

  #listen() {
    const { signal } = (this.ears = new AbortController());
    document.addEventListener("trichord:at", ({ detail }) => {
      if (detail.track_id !== this.track.track_id) return;
      this.#at = detail.position; this.#told = performance.now();
      if (detail.length) this.#length = detail.length;
      this.#draw();
      this.#run();
    }, { signal });
    document.addEventListener("trichord:now", () => this.#run(), { signal });
  }
  async #load() {
    if (this.#asked) return;
    this.#asked = true;
    try {
      const { peaks, duration_s } = await ask(this.peaks);
      this.#length ||= duration_s;
      const step = 600 / peaks.length, wide = step * 0.62;
      const bars = peaks.map((peak, n) => { const half = Math.max(0.7, Math.min(1, peak) * (HIGH / 2 - 2)); return `M${(n * step).toFixed(2)} ${(HIGH / 2 - half).toFixed(1)}h${wide.toFixed(2)}v${(2 * half).toFixed(1)}h-${wide.toFixed(2)}z`; }).join("");
      this.outline.forEach((path) => path.setAttribute("d", bars));
      this.#draw();
    } catch (fault) {
      // Without its outline a sound is still heard and sought.
      this.outline.forEach((path) => path.setAttribute("d", `M0 ${HIGH / 2 - 1}h600v2h-600z`));
      this.title = fault.message;
    }
  }

  // Between two words of the player the head runs by the clock.
  #run() {
    cancelAnimationFrame(this.#frame);
    if (!this.sounds || still.matches) return;
    const step = () => {
      this.#draw(this.#at + (performance.now() - this.#told) / 1000);
      if (this.sounds && performance.now() - this.#told < 1000) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }
  #draw(position = this.#at) {
    const x = this.#length ? clamp(position / this.#length, 0, 1) * 600 : 0;
    this.past.setAttribute("width", x.toFixed(1));
    this.head.setAttribute("x1", x.toFixed(1)); this.head.setAttribute("x2", x.toFixed(1));
    const whole = Math.floor(position);
    if (this.#length && this.getAttribute("aria-valuenow") === String(whole) && this.shownLength === this.#length) return;
    this.shownLength = this.#length;
    this.setAttribute("aria-valuemax", this.#length.toFixed(1));
    this.setAttribute("aria-valuenow", String(whole));
    this.setAttribute("aria-valuetext", t("at", { now: clock(whole), all: clock(this.#length) }));
  }
  #pointed(event) {
    const box = this.getBoundingClientRect();
    this.seek(clamp((event.clientX - box.left) / box.width, 0, 1) * this.#length);
  }
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 }[event.key];
    if (event.key === " " || event.key === "Enter") this.toggle();
    else if (by || event.key === "Home" || event.key === "End") this.seek(event.key === "Home" ? 0 : event.key === "End" ? this.#length : this.#at + by);
    else return;
    event.preventDefault();
  }
  seek(position) {
    this.#at = clamp(position, 0, Math.max(0, this.#length - 0.1)); this.#told = performance.now();
    this.#draw();
    if (now.track_id === this.track.track_id) send("seek", { track_id: this.track.track_id, position: this.#at });
  }
  /** Play from where the head stands, or pause. */
  toggle() {
    if (this.sounds) send("pause", {});
    else send("play", { tracks: [this.track], index: 0, position: this.#at, from: "compose" });
  }
}
customElements.define("tri-wave", TriWave);
