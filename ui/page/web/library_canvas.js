// The map's canvas: thousands of marks from typed arrays, moved by mouse, touch and keys, and asked by place.
import { PointGrid, inside } from "./library_points.js";
import { GROUPS, Sheet, stamp } from "./library_marks.js";
import { el } from "./library_kit.js";

const NEIGHBOURS = 10, REACH_PX = 14, DRAG_PX = 4;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class MapCanvas {
  /** `calls`: focus(n | -1), play(n), select(places, only) with places in the order of `put`. */
  constructor(calls) {
    this.calls = calls;
    this.node = el("canvas.tri-lib-canvas", { tabIndex: 0, role: "application", "aria-describedby": "tri-lib-map-help" });
    this.c = this.node.getContext("2d");
    this.count = 0; this.focus = -1; this.last = GROUPS - 1; this.lassoing = false;
    this.pointers = new Map();
    this.fit();
    this.node.addEventListener("wheel", (e) => { e.preventDefault(); const at = this.#at(e); this.zoom(Math.exp(-e.deltaY * 0.0015), ...at); }, { passive: false });
    for (const [kind, run] of Object.entries({ pointerdown: this.#down, pointermove: this.#move, pointerup: this.#up, pointercancel: this.#up }))
      this.node.addEventListener(kind, run.bind(this));
    this.node.addEventListener("pointerleave", () => { if (!this.pointers.size) this.#setFocus(-1, false); });
    this.node.addEventListener("keydown", (e) => this.#key(e));
    this.node.addEventListener("focus", () => { if (this.focus < 0 && this.count) this.#setFocus(this.#near(this.width / 2, this.height / 2, Infinity)); });
    new ResizeObserver(() => this.resize()).observe(this.node);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#restyle());
    new MutationObserver(() => this.#restyle()).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  }

  /** Positions as 0 to 65535, in parallel. */
  put(x, y) {
    this.count = x.length;
    this.x = Float32Array.from(x, (v) => v / 65535);
    this.y = Float32Array.from(y, (v) => v / 65535);
    this.grid = new PointGrid(this.x, this.y);
    this.groups = new Uint8Array(this.count); this.marks = new Uint8Array(this.count);
    this.visible = new Uint8Array(256).fill(1);
    if (this.focus >= this.count) this.focus = -1;
    this.draw();
  }
  group(groups) { this.groups = groups; this.draw(); }
  mark(marks) { this.marks = Uint8Array.from(marks); this.draw(); }
  show(groups) { this.visible = Uint8Array.from({ length: 256 }, (_, n) => Number(groups.has(n))); this.draw(); }

  resize() {
    const { width, height } = this.node.getBoundingClientRect(), ratio = Math.min(2, devicePixelRatio || 1);
    if (!width || (width === this.width && height === this.height && ratio === this.ratio)) return;
    Object.assign(this, { width, height, ratio });
    this.node.width = Math.round(width * ratio); this.node.height = Math.round(height * ratio);
    this.sheet = new Sheet(this.node.width, this.node.height);
    this.#restyle();
  }
  fit() { this.scale = 1; this.left = 0; this.top = 0; this.draw(); }
  zoom(by, px = this.width / 2, py = this.height / 2) {
    const scale = Math.min(60, Math.max(0.8, this.scale * by)), change = scale / this.scale;
    this.left = px - (px - this.left) * change; this.top = py - (py - this.top) * change;
    this.scale = scale;
    this.draw();
  }
  selectNeighbours() {
    if (this.focus < 0) return;
    const near = this.grid.nearest(this.x[this.focus], this.y[this.focus], NEIGHBOURS + 1, (n) => this.#shown(n));
    this.calls.select(near, true);
  }

  /** Ask for a drawing; many in one frame are one. */
  draw() { this.asked ||= requestAnimationFrame(() => { this.asked = 0; this.paint(); }); }

  paint() {
    if (!this.width || !this.count) return;
    const { c, ratio, x, y, scale, left, top } = this;
    const w = this.width * scale, h = this.height * scale;
    // Few sizes: marks are cut anew for each.
    const radius = Math.min(7, Math.round(4 * (2.6 + Math.log2(scale + 1))) / 4);
    if (this.drawnRadius !== radius || !this.stamps) this.#cut(radius);
    this.sheet.clear();
    for (let n = 0; n < this.count; n++) {
      if (!this.visible[this.groups[n]]) continue;
      const px = left + x[n] * w, py = top + y[n] * h;
      if (px < -9 || py < -9 || px > this.width + 9 || py > this.height + 9) continue;
      const own = this.stamps[this.marks[n]][this.groups[n] === this.last ? GROUPS - 1 : this.groups[n]];
      this.sheet.put(own, Math.round(px * ratio), Math.round(py * ratio));
    }
    c.putImageData(this.sheet.image, 0, 0);
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.strokeStyle = this.ink; c.lineWidth = 2;
    if (this.focus >= 0) { c.beginPath(); c.arc(left + x[this.focus] * w, top + y[this.focus] * h, radius + 5, 0, 7); c.stroke(); }
    if (this.line) {
      c.setLineDash([6, 4]); c.beginPath();
      for (let n = 0; n < this.line.length; n += 2) c.lineTo(this.line[n], this.line[n + 1]);
      c.closePath(); c.stroke(); c.setLineDash([]);
    }
  }

  #cut(radius) {
    this.drawnRadius = radius;
    this.stamps = [false, true].map((chosen) => Array.from({ length: GROUPS }, (_, n) => stamp(n, radius, this.ratio, chosen, this.ink)));
  }
  #restyle() {
    this.ink = getComputedStyle(this.node).color || "#222";
    this.stamps = null;
    this.draw();
  }
  #shown(n) { return this.visible[this.groups[n]] === 1; }
  #at(event) { const box = this.node.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; }
  #near(px, py, reach) {
    if (!this.count) return -1;
    const w = this.width * this.scale, h = this.height * this.scale;
    const [n] = this.grid.nearest((px - this.left) / w, (py - this.top) / h, 1, (m) => this.#shown(m));
    if (n === undefined) return -1;
    return Math.hypot(this.left + this.x[n] * w - px, this.top + this.y[n] * h - py) <= reach ? n : -1;
  }
  #setFocus(n, follow = true) {
    if (n === this.focus) return;
    this.focus = n;
    this.calls.focus(n);
    if (n >= 0 && follow) {
      const px = this.left + this.x[n] * this.width * this.scale, py = this.top + this.y[n] * this.height * this.scale;
      if (px < 20 || px > this.width - 20) this.left += this.width / 2 - px;
      if (py < 20 || py > this.height - 20) this.top += this.height / 2 - py;
    }
    this.draw();
  }

  #down(event) {
    this.node.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    this.pointers.set(event.pointerId, at);
    this.begun = at; this.moved = false;
    this.line = (this.lassoing || event.shiftKey) && this.pointers.size === 1 ? [...at] : null;
  }
  #move(event) {
    const at = this.#at(event), before = this.pointers.get(event.pointerId);
    if (!before) { this.#setFocus(this.#near(...at, REACH_PX), false); return; }
    if (Math.hypot(at[0] - this.begun[0], at[1] - this.begun[1]) > DRAG_PX) this.moved = true;
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const span = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      this.zoom(span(at) / span(before), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
    } else if (this.line) this.line.push(...at);
    else if (this.moved) { this.left += at[0] - before[0]; this.top += at[1] - before[1]; }
    this.pointers.set(event.pointerId, at);
    this.draw();
  }
  #up(event) {
    const at = this.#at(event);
    this.pointers.delete(event.pointerId);
    if (this.line?.length > 6) this.#close(this.line);
    else if (!this.moved && event.type === "pointerup") {
      const n = this.#near(...at, REACH_PX);
      this.#setFocus(n, false);
      if (n >= 0) { if (event.ctrlKey || event.metaKey) this.calls.select([n], false); else this.calls.play(n); }
    }
    this.line = null;
    this.draw();
  }
  #close(line) {
    const w = this.width * this.scale, h = this.height * this.scale, chosen = [];
    for (let n = 0; n < this.count; n++)
      if (this.#shown(n) && inside(line, this.left + this.x[n] * w, this.top + this.y[n] * h)) chosen.push(n);
    this.calls.select(chosen, true);
  }

  #key(event) {
    const step = STEPS[event.key];
    if (step && event.shiftKey) { this.left -= step[0] * 60; this.top -= step[1] * 60; this.draw(); }
    else if (step) this.#setFocus(this.grid.towards(this.focus, step, this.width / this.height, (n) => this.#shown(n)));
    else if (event.key === "Enter" && this.focus >= 0) this.calls.play(this.focus);
    else if (event.key === " " && this.focus >= 0) this.calls.select([this.focus], false);
    else if (event.key.toLowerCase() === "n" && !event.ctrlKey && !event.metaKey) this.selectNeighbours();
    else if (event.key === "+" || event.key === "=") this.#zoomFocus(1.4);
    else if (event.key === "-") this.#zoomFocus(1 / 1.4);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }
  #zoomFocus(by) {
    if (this.focus < 0) { this.zoom(by); return; }
    this.zoom(by, this.left + this.x[this.focus] * this.width * this.scale, this.top + this.y[this.focus] * this.height * this.scale);
  }
}
