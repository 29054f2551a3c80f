// The course of a list: its energy over time, and over it the curve that is wished for, drawn or moved by points.
import { clamp, el, svg } from "./kit.js";
import { t } from "./playlist_texts.js";

const HEIGHT = 190, EDGE = { left: 50, right: 16, top: 14, bottom: 14 }, STEP = 0.02, DRAWN = 9, TEMPO = [50, 200];
// As the server's own names of arcs read, between the calmest and the liveliest of the list; the last two are points.
const WAVE = Array.from({ length: 9 }, (_, n) => [n / 8, n % 4 === 2 ? 1 : n % 2 ? 0.5 : 0]);
const PRESETS = { rise: [[0, 0], [1, 1]], fall: [[0, 1], [1, 0]], wave: WAVE, flat: [[0, 0.5], [1, 0.5]], peak: [[0, 0], [0.5, 1], [1, 0]], valley: [[0, 1], [0.5, 0], [1, 1]] };
const NAMED = new Set(["rise", "fall", "wave", "flat"]);
const percent = (share) => `${Math.round(share * 100)} %`;

export class ArcEditor {
  points = []; name = null; preview = null; measure = "energy"; #width = 320;

  constructor(work, changed) {
    this.work = work;
    this.changed = changed;
    this.svg = svg("svg", { class: "pl-arc", role: "group", height: HEIGHT });
    this.svg.addEventListener("pointerdown", (event) => this.#down(event));
    const button = (name, run) => el("button.pl-btn.pl-small", { type: "button", "data-arc": name, "aria-pressed": "false", onclick: run }, t(name));
    this.presets = Object.keys(PRESETS).map((name) => button(name, () => this.take(name)));
    this.choose = el("select", { "aria-label": t("measure"), onchange: () => { this.measure = this.choose.value; this.draw(); } }, ["energy", "tempo"].map((m) => el("option", { value: m }, t(m))));
    this.hint = el("p.pl-hint", {}, t("arcHelp"));
    this.node = el("figure.pl-figure", {}, el("figcaption.pl-caption", {}, el("strong", {}, t("arc")), this.choose), this.svg, (this.legend = el("p.pl-legend")),
      el("div.pl-flow", { role: "group", "aria-label": t("wished") }, this.presets,
        el("button.pl-btn.pl-small", { type: "button", onclick: () => this.#add() }, t("addPoint")),
        el("button.pl-btn.pl-small", { type: "button", onclick: () => this.clear() }, t("noArc"))), this.hint);
    new ResizeObserver(() => { const width = Math.round(this.svg.clientWidth); if (width && width !== this.#width) { this.#width = width; this.draw(); } }).observe(this.svg);
    this.draw();
  }
  /** The wish as the server reads it; undefined where there is none. */
  get asked() { return !this.points.length ? undefined : this.name && NAMED.has(this.name) ? this.name : this.points.map(([p, e]) => [Number(p.toFixed(3)), Number(e.toFixed(3))]); }

  take(name) {
    const heard = this.work.playable.map((track) => track.energy).filter((e) => e !== null).sort((a, b) => a - b);
    const low = heard.length ? heard[Math.floor(heard.length * 0.1)] : 0.2, high = heard.length ? heard[Math.ceil(heard.length * 0.9) - 1] : 0.8;
    this.name = name;
    this.points = PRESETS[name].map(([p, e]) => [p, low + (high - low) * e]);
    this.#edited(true);
  }
  clear() { this.points = []; this.#edited(); }
  #add() {
    const { points } = this;
    if (!points.length) points.push([0, 0.5], [1, 0.5]);
    else {
      const places = [0, ...points.map(([p]) => p), 1], gap = places.slice(1).map((p, n) => p - places[n]), widest = gap.indexOf(Math.max(...gap));
      const at = (places[widest] + places[widest + 1]) / 2;
      points.push([at, this.#at(at)]);
    }
    this.#edited();
  }
  #at(place) {
    const { points } = this, after = points.findIndex(([p]) => p >= place);
    if (after <= 0) return (points[after] ?? points.at(-1))[1];
    const [a, b] = [points[after - 1], points[after]];
    return a[1] + ((place - a[0]) / (b[0] - a[0])) * (b[1] - a[1]);
  }
  #edited(preset = false) {
    if (!preset) this.name = null;
    this.points.sort((a, b) => a[0] - b[0]);
    this.draw();
    this.changed();
  }

  #x(place) { return EDGE.left + place * (this.#width - EDGE.left - EDGE.right); }
  #y(value) { return HEIGHT - EDGE.bottom - value * (HEIGHT - EDGE.top - EDGE.bottom); }
  #value(track) {
    if (this.measure === "energy") return track.energy;
    return track.tempo_bpm ? clamp((track.tempo_bpm - TEMPO[0]) / (TEMPO[1] - TEMPO[0]), 0, 1) : null;
  }
  #spans(tracks) {
    const all = tracks.reduce((sum, track) => sum + track.duration_s, 0) || 1;
    let at = 0;
    return tracks.map((track) => { const from = at / all; at += track.duration_s; return { track, from, to: at / all, value: this.#value(track) }; });
  }

  draw() {
    const focused = this.svg.contains(document.activeElement) ? Number(document.activeElement.dataset.n) : -1;
    const spans = this.#spans(this.work.playable), energy = this.measure === "energy", known = spans.map((s) => s.value).filter((v) => v !== null);
    this.svg.setAttribute("viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    const label = t("arcLabel", { n: spans.length, low: percent(Math.min(1, ...known)), high: percent(Math.max(0, ...known)) });
    this.svg.setAttribute("aria-label", label);
    const line = (points) => points.map(([p, v]) => `${this.#x(p).toFixed(1)},${this.#y(v).toFixed(1)}`).join(" ");
    const marks = [0, 0.5, 1].map((v) => svg("line", { class: "pl-grid", x1: this.#x(0), x2: this.#x(1), y1: this.#y(v), y2: this.#y(v) }));
    const words = [[energy ? "calm" : "slow", 0], [energy ? "lively" : "fast", 1]].map(([key, v]) => Object.assign(svg("text", { x: 2, y: this.#y(v) + (v ? 9 : -1) }), { textContent: t(key) }));
    const bars = spans.map(({ track, from, to, value }) => svg("rect", {
      class: value === null ? "pl-bar pl-unknown" : "pl-bar", x: this.#x(from) + 0.5, width: Math.max(1, this.#x(to) - this.#x(from) - 1), y: this.#y(value ?? 0.5), height: this.#y(0) - this.#y(value ?? 0.5),
    }, Object.assign(svg("title"), { textContent: `${track.title}: ${value === null ? "?" : energy ? percent(value) : `${Math.round(track.tempo_bpm)} BPM`}` })));
    const would = this.preview && this.#spans(this.preview).filter((s) => s.value !== null).flatMap((s) => [[s.from, s.value], [s.to, s.value]]);
    const wished = this.points.length && energy ? [svg("polyline", { class: "pl-wish", points: line([[0, this.points[0][1]], ...this.points, [1, this.points.at(-1)[1]]]) }), ...this.points.map((point, n) => this.#handle(point, n))] : [];
    this.svg.replaceChildren(...marks, ...words, ...bars, ...(would ? [svg("polyline", { class: "pl-would", points: line(would) })] : []), ...wished);
    this.presets.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.arc === this.name && this.points.length > 0)));
    const key = (kind, word) => el("span", { class: `pl-key pl-key-${kind}` }, t(word));
    this.legend.replaceChildren(key("bar", "asIs"), this.points.length && energy ? key("wish", "wished") : "", would ? key("would", "wouldBe") : "");
    this.hint.textContent = t(energy ? "arcHelp" : "tempoOnly");
    if (focused >= 0) this.svg.querySelector(`[data-n="${Math.min(focused, this.points.length - 1)}"]`)?.focus();
  }
  #handle(point, n) {
    const [place, energy] = point, x = this.#x(place), y = this.#y(energy);
    return svg("g", { class: "pl-point", tabindex: 0, role: "slider", "data-n": n, "aria-label": t("point", { n: n + 1, all: this.points.length, place: percent(place) }), "aria-orientation": "vertical",
      "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(energy * 100), "aria-valuetext": `${t("energy")} ${percent(energy)}`, onkeydown: (event) => this.#key(event, point) },
    svg("circle", { cx: x, cy: y, r: 14, class: "pl-reach" }), svg("circle", { cx: x, cy: y, r: 6, class: "pl-dot" }));
  }
  #key(event, point) {
    const by = event.shiftKey ? STEP * 5 : STEP, step = { ArrowUp: [0, by], ArrowDown: [0, -by], ArrowLeft: [-by, 0], ArrowRight: [by, 0] }[event.key];
    if (step) this.#put(point, point[0] + step[0], point[1] + step[1]);
    else if (event.key === "Delete" || event.key === "Backspace") this.points.splice(this.points.indexOf(point), 1);
    else return;
    event.preventDefault();
    this.#edited();
  }
  // A point stays between its neighbours.
  #put(point, place, energy) {
    const n = this.points.indexOf(point), low = n > 0 ? this.points[n - 1][0] + 0.01 : 0, high = n + 1 < this.points.length ? this.points[n + 1][0] - 0.01 : 1;
    point[0] = clamp(place, low, Math.max(low, high));
    point[1] = clamp(energy, 0, 1);
  }

  #down(event) {
    if (this.measure !== "energy" || event.button) return;
    const box = this.svg.getBoundingClientRect(), at = (e) => [clamp((e.clientX - box.left - EDGE.left) / (this.#width - EDGE.left - EDGE.right), 0, 1), clamp((HEIGHT - EDGE.bottom - (e.clientY - box.top)) / (HEIGHT - EDGE.top - EDGE.bottom), 0, 1)];
    const held = event.target.closest(".pl-point"), point = held ? this.points[Number(held.dataset.n)] : null, path = [at(event)];
    event.preventDefault();
    held?.focus();
    this.svg.setPointerCapture(event.pointerId);
    const move = (e) => {
      if (point) { this.#put(point, ...at(e)); this.name = null; this.draw(); return; }
      path.push(at(e));
      this.svg.querySelector(".pl-draft")?.remove();
      this.svg.append(svg("polyline", { class: "pl-draft", points: path.map(([p, v]) => `${this.#x(p)},${this.#y(v)}`).join(" ") }));
    };
    const end = (e) => {
      for (const [kind, run] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) this.svg.removeEventListener(kind, run);
      if (e.type === "pointerup" && !point) this.#drawn(path);
      this.#edited();
    };
    for (const [kind, run] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) this.svg.addEventListener(kind, run);
  }
  // A stroke replaces what lay below it; a tap is one point.
  #drawn(path) {
    const places = path.map(([p]) => p), from = Math.min(...places), to = Math.max(...places);
    if (to - from < 0.02) { if (!this.points.some(([p]) => Math.abs(p - from) < 0.01)) this.points.push([from, path.at(-1)[1]]); return; }
    const near = (place) => path.reduce((best, point) => (Math.abs(point[0] - place) < Math.abs(best[0] - place) ? point : best))[1];
    const count = Math.max(2, Math.round(DRAWN * (to - from)));
    this.points = [...this.points.filter(([p]) => p < from - 0.01 || p > to + 0.01), ...Array.from({ length: count }, (_, n) => { const p = from + ((to - from) * n) / (count - 1); return [p, near(p)]; })];
  }
}
