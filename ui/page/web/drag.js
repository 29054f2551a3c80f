// Reordering by pointer: mouse, pen and finger. Keys are the list's own business.

const EDGE_PX = 60, START_PX = 4;

export class Dragging {
  /**
   * `handle` is the selector of what a row is taken by. `taken(n)` tells which rows go with row n (unless told, it alone);
   * `drop(rows, to)` gets them, and the place of the first one among what is left.
   */
  constructor(list, { handle, taken = (n) => [n], drop }) {
    Object.assign(this, { list, handle, taken, drop });
    list.addEventListener("pointerdown", (event) => this.#down(event));
  }
  #down(event) {
    const grip = event.target.closest(this.handle);
    if (!grip || event.button) return;
    const rows = [...this.list.children], at = rows.indexOf(grip.closest("li"));
    if (at < 0) return;
    const begun = event.clientY;
    let going = null, gap = at;
    const mark = () => rows.forEach((row, n) => {
      row.classList.toggle("drag-before", going !== null && n === gap);
      row.classList.toggle("drag-after", going !== null && gap === rows.length && n === rows.length - 1);
      row.classList.toggle("drag-taken", going !== null && going.includes(n));
    });
    const move = (moved) => {
      if (going === null) {
        if (Math.abs(moved.clientY - begun) < START_PX) return;
        going = this.taken(at);
        grip.setPointerCapture(moved.pointerId);
      }
      moved.preventDefault();
      gap = rows.filter((row) => { const box = row.getBoundingClientRect(); return box.top + box.height / 2 < moved.clientY; }).length;
      this.#scroll(moved.clientY);
      mark();
    };
    const end = (ended) => {
      for (const [kind, run] of listeners) document.removeEventListener(kind, run, true);
      const dropped = ended.type === "pointerup" && going;
      const rowsTaken = going;
      going = null;
      mark();
      if (dropped) this.drop(rowsTaken, gap - rowsTaken.filter((n) => n < gap).length);
    };
    const key = (pressed) => { if (pressed.key === "Escape" && going) { pressed.stopPropagation(); end(pressed); } };
    const listeners = [["pointermove", move], ["pointerup", end], ["pointercancel", end], ["keydown", key]];
    for (const [kind, run] of listeners) document.addEventListener(kind, run, true);
  }
  #scroll(y) {
    let box = this.list;
    while (box && box !== document.body && !(box.scrollHeight > box.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(box).overflowY))) box = box.parentElement;
    const whole = !box || box === document.body, { top, bottom } = whole ? { top: 0, bottom: innerHeight } : box.getBoundingClientRect();
    const by = y < top + EDGE_PX ? -14 : y > bottom - EDGE_PX ? 14 : 0;
    if (by) (whole ? document.scrollingElement : box).scrollBy(0, by);
  }
}
