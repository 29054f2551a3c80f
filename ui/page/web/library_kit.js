// What the library's parts share beside the page's kit: a place for faults, what is kept.
import { el } from "./kit.js";

export { ask, clock, debounced, el, icon, number } from "./kit.js";

/** A place for faults: read out when one appears, empty otherwise. */
export const alertBox = () => el("p.tri-lib-alert", { role: "alert" });
export const showFault = (box, fault) => { if (fault.name !== "AbortError") box.textContent = fault.message; };

export const kept = {
  get: (key) => { try { return sessionStorage.getItem(`tri-lib-${key}`); } catch { return null; } },
  set: (key, value) => { try { sessionStorage.setItem(`tri-lib-${key}`, value); } catch { /* private mode */ } },
};
