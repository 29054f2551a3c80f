// What is to be heard, in which order: no sound and no page here.

const REPEATS = ["off", "all", "one"];

export class Queue {
  items = []; index = -1; repeat = "off"; shuffled = null;

  get current() { return this.items[this.index] ?? null; }
  get ids() { return this.items.map((track) => track.track_id); }

  /** These tracks and no others, from one of them on. */
  replace(tracks, index = 0) {
    const shuffle = this.shuffled !== null;
    this.items = tracks.map((track) => ({ ...track }));
    this.index = this.items.length ? Math.min(Math.max(0, index), this.items.length - 1) : -1;
    this.shuffled = null;
    if (shuffle) this.shuffle(true);
  }
  append(tracks) {
    const more = tracks.map((track) => ({ ...track }));
    this.items.push(...more);
    this.shuffled?.push(...more);
    if (this.index < 0 && this.items.length) this.index = 0;
  }
  clear() { this.items = []; this.index = -1; if (this.shuffled) this.shuffled = []; }

  /** Where the queue goes on from here: a place, or -1 at its end. At a track's own end `one` stays. */
  after(own = true) {
    if (this.index < 0) return -1;
    if (own && this.repeat === "one") return this.index;
    if (this.index + 1 < this.items.length) return this.index + 1;
    return this.repeat === "all" ? 0 : -1;
  }
  before() { return this.index > 0 ? this.index - 1 : this.repeat === "all" ? this.items.length - 1 : 0; }

  remove(at) {
    const [gone] = this.items.splice(at, 1);
    if (this.shuffled) this.shuffled = this.shuffled.filter((track) => track !== gone);
    if (at < this.index || this.index >= this.items.length) this.index -= 1;
  }
  move(from, to) {
    const here = this.current, [track] = this.items.splice(from, 1);
    this.items.splice(to, 0, track);
    this.index = this.items.indexOf(here);
  }

  nextRepeat() { this.repeat = REPEATS[(REPEATS.indexOf(this.repeat) + 1) % REPEATS.length]; }

  /** What is to come in a random order; off brings the order back in which the tracks came. */
  shuffle(on) {
    const here = this.current;
    if (on) {
      this.shuffled = [...this.items];
      const rest = this.items.filter((track) => track !== here);
      for (let n = rest.length - 1; n > 0; n--) {
        const other = Math.floor(Math.random() * (n + 1));
        [rest[n], rest[other]] = [rest[other], rest[n]];
      }
      this.items = here ? [here, ...rest] : rest;
    } else if (this.shuffled) {
      this.items = this.shuffled;
      this.shuffled = null;
    }
    this.index = this.items.indexOf(here);
  }
}
