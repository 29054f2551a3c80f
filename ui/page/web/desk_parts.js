// Small parts that panels share.

import { h } from "./desk_dom.js";
import { t } from "./desk_texts.js";

/** Where a panel says what went wrong. */
export function notice(desk, place) {
  const line = h("p", { class: "desk-alert", role: "alert", hidden: true });
  const say = (text) => { line.textContent = text; line.hidden = !text; };
  desk.on("notice", (told) => { if (told.place === place) say(told.text); });
  // What went wrong with one film is nothing of the next.
  desk.on("film", () => say(""));
  return line;
}

/** A button whose work is done for good: it asks first, in its place. */
export function asking(words, question, yes, work) {
  const place = h("div", { class: "desk-row", role: "group" });
  const idle = () => h("button", { type: "button", onclick: () => {
    place.setAttribute("aria-label", question);
    place.replaceChildren(h("b", {}, question), h("button", { type: "button", class: "desk-danger", onclick: () => { settle(); work(); } }, yes),
      h("button", { type: "button", onclick: () => { settle(); place.querySelector("button").focus(); } }, t("cancel")));
    place.querySelector("button").focus();
  } }, words);
  const settle = () => { place.removeAttribute("aria-label"); place.replaceChildren(idle()); };
  settle();
  return place;
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
