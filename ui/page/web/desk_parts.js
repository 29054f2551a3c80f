// Small parts that panels share.

import { h } from "./desk_dom.js";

/** Where a panel says what went wrong. */
export function notice(desk, place) {
  const line = h("p", { class: "desk-alert", role: "alert", hidden: true });
  desk.on("notice", (told) => {
    if (told.place !== place) return;
    line.textContent = told.text;
    line.hidden = !told.text;
  });
  return line;
}

/** Call once after calls have stopped coming. */
export function calmly(work, wait = 350) {
  let timer = 0;
  return (...told) => { clearTimeout(timer); timer = setTimeout(() => work(...told), wait); };
}

export const isField = (target) => target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select") !== null;

/** Drag with mouse, pen or finger: `begin` gives what `move` gets with the distance in pixels, then `end`. */
export function draggable(handle, { begin, move, end }) {
  handle.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault(); event.stopPropagation();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    const x = event.clientX, held = begin(event);
    let moved = false;
    const moving = (now) => { moved ||= Math.abs(now.clientX - x) > 2; if (moved) move(held, now.clientX - x, now); };
    const ending = (now) => {
      handle.removeEventListener("pointermove", moving);
      handle.removeEventListener("pointerup", ending);
      handle.removeEventListener("pointercancel", ending);
      end(held, now.clientX - x, moved && now.type === "pointerup");
    };
    handle.addEventListener("pointermove", moving);
    handle.addEventListener("pointerup", ending);
    handle.addEventListener("pointercancel", ending);
  });
}
