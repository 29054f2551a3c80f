// Points in the unit square, asked by place: a grid of buckets, so that hovering over 10,000 costs next to nothing.
export class PointGrid {
  constructor(x, y) {
    this.x = x; this.y = y;
    this.side = Math.max(1, Math.round(Math.sqrt(x.length / 4)));
    const cells = this.side * this.side;
    this.start = new Uint32Array(cells + 1);
    const cell = Uint32Array.from(x, (_, n) => this.#cell(x[n]) + this.side * this.#cell(y[n]));
    for (const c of cell) this.start[c + 1]++;
    for (let c = 0; c < cells; c++) this.start[c + 1] += this.start[c];
    const free = this.start.slice();
    this.points = new Uint32Array(x.length);
    for (let n = 0; n < x.length; n++) this.points[free[cell[n]]++] = n;
  }
  #cell(v) { return Math.min(this.side - 1, Math.max(0, Math.floor(v * this.side))); }

  /** The `k` points nearest to a place, nearest first, of those that `wanted` lets through. */
  nearest(px, py, k, wanted) {
    const cx = this.#cell(px), cy = this.#cell(py), found = [];
    for (let ring = 0; ring < this.side; ring++) {
      for (let gy = Math.max(0, cy - ring); gy <= Math.min(this.side - 1, cy + ring); gy++) {
        const edge = Math.abs(gy - cy) === ring;
        for (let gx = cx - ring; gx <= cx + ring; gx += edge || !ring ? 1 : 2 * ring) {
          if (gx < 0 || gx >= this.side) continue;
          for (let i = this.start[gx + this.side * gy]; i < this.start[gx + this.side * gy + 1]; i++) {
            const n = this.points[i];
            if (wanted(n)) found.push([(this.x[n] - px) ** 2 + (this.y[n] - py) ** 2, n]);
          }
        }
      }
      // What lies in rings further out is further away than this.
      const sure = (ring / this.side) ** 2;
      if (found.length >= k) {
        found.sort((a, b) => a[0] - b[0]);
        if (found[k - 1][0] <= sure) break;
      }
    }
    return found.sort((a, b) => a[0] - b[0]).slice(0, k).map(([, n]) => n);
  }

  /** The point that an arrow leads to: near, and more ahead than aside. The same point where there is none. */
  towards(from, [dx, dy], aspect, wanted) {
    if (from < 0) return this.nearest(0.5, 0.5, 1, wanted)[0] ?? -1;
    let best = from, least = Infinity;
    for (let n = 0; n < this.x.length; n++) {
      if (n === from || !wanted(n)) continue;
      const ax = (this.x[n] - this.x[from]) * aspect, ay = this.y[n] - this.y[from];
      const ahead = ax * dx + ay * dy, aside = Math.abs(ax * dy - ay * dx);
      if (ahead <= 0 || aside > ahead) continue;
      const cost = ahead + 2 * aside;
      if (cost < least) { least = cost; best = n; }
    }
    return best;
  }
}

/** Whether a place lies inside a closed line of x, y, x, y, … (even-odd rule). */
export const inside = (line, px, py) => {
  let within = false;
  for (let a = 0, b = line.length - 2; a < line.length; b = a, a += 2) {
    const [ax, ay, bx, by] = [line[a], line[a + 1], line[b], line[b + 1]];
    if ((ay > py) !== (by > py) && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
};
