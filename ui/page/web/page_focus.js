// The focus outlives what is drawn anew: who works by keyboard stays at what they were doing (WCAG 2.2, 2.4.3).
//
// Lists are drawn anew, buttons are switched off while they work, panels close: each of it leaves the focus on nothing.
// It goes back to what says the same in the same component, else to what stands at its place there.

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])";
const TYPED = "textarea, input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=file])";
const LEVELS = 6; // ancestors in which a place is remembered
const PATIENCE_MS = 500; // as long as a button may be off while it works

let held = null;
let waiting = null; // what may come back to itself

const usable = (element) => element.isConnected && !element.disabled && element.checkVisibility({ visibilityProperty: true });
const within = (place) => [...place.querySelectorAll(FOCUSABLE)].filter(usable);
const said = (element) => `${element.tagName} ${element.getAttribute("aria-label") || element.name || element.innerText?.trim().slice(0, 80) || element.placeholder || ""}`;

/** Note what has the focus: its words, its component, and its place in what stands around it. */
function note(element) {
  const root = element.closest("tri-chat, tri-desk, tri-library, tri-player, tri-playlist, tri-studio");
  if (!root) return null;
  const around = [];
  for (let place = element.parentElement; place && around.length < LEVELS; place = place.parentElement) {
    around.push({ place, at: within(place).indexOf(element) });
    if (place === root) break;
  }
  const words = said(element);
  return { element, root, words, at: within(root).filter((each) => said(each) === words).indexOf(element), around, typed: element.matches(TYPED) };
}

function heir({ root, words, at, around, typed }) {
  const alike = within(root).filter((each) => said(each) === words);
  if (alike.length) return alike[Math.min(Math.max(at, 0), alike.length - 1)];
  for (const { place, at: stood } of around) {
    if (!place.isConnected || !place.checkVisibility()) continue;
    const there = within(place).filter((each) => typed || !each.matches(TYPED));
    if (there.length) return there[Math.min(Math.max(stood, 0), there.length - 1)];
  }
  return null;
}

// The browser takes the focus from what is hidden some time later.
const nowhere = () => [document.body, null, held.element].includes(document.activeElement);
const lost = () => held && nowhere() && !usable(held.element);

function look(patient) {
  if (!lost() || !held.root.isConnected || !held.root.checkVisibility()) return;
  if (patient && held.element.isConnected) { wait(); return; }
  const next = heir(held);
  if (next) next.focus({ preventScroll: true });
}

function wait() {
  const { element } = held;
  if (waiting === element) return;
  waiting = element;
  const until = performance.now() + PATIENCE_MS;
  const again = () => {
    if (waiting !== element) return;
    const over = held?.element !== element || !nowhere();
    if (!over && !usable(element) && performance.now() < until) { setTimeout(again, 60); return; }
    waiting = null;
    if (!over && usable(element)) element.focus({ preventScroll: true });
    else if (!over) look(false);
  };
  setTimeout(again, 60);
}

document.addEventListener("focusin", (event) => { held = note(event.target); });
// A click beside everything takes the focus away, as it should.
document.addEventListener("pointerdown", (event) => { if (!event.target.closest?.(FOCUSABLE)) held = null; }, true);
let asked = false;
new MutationObserver(() => {
  if (asked || !held) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; look(true); });
}).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["hidden", "disabled"] });
