// The frame: the one playlist workspace stands beside the chat where there is room, and in its own tab when that is open.
// The studio is loaded when its tab opens, or when somebody asks for it.

import "./page_focus.js";

const wide = matchMedia("(min-width: 1100px)");
const workspace = document.createElement("tri-playlist");
const shown = (place) => place !== null && place.offsetParent !== null;
const watched = new ResizeObserver(() => settle());

let studio = null;
const loadStudio = () => (studio ??= import("./studio.js").catch((fault) => { studio = null; throw fault; }));
document.addEventListener("trichord:compose", async ({ detail }) => {
  document.querySelector("#tri-tab-compose-button")?.click();
  (await loadStudio()).compose(detail ?? {});
});

/** Give back an element once it is there and at work: Gradio builds a tab when it is first opened. */
const working = (name, sign) => new Promise((done) => {
  const look = () => { const found = document.querySelector(name); if (found?.[sign]) done(found); else setTimeout(look, 50); };
  look();
});
document.addEventListener("trichord:desk", async ({ detail }) => {
  document.querySelector("#tri-tab-desk-button")?.click();
  (await working("tri-desk", "desk")).offer(detail);
});
document.addEventListener("trichord:library", async ({ detail }) => {
  document.querySelector("#tri-tab-library-button")?.click();
  (await working("tri-library", "made")).go(detail.view);
});

function settle() {
  const composing = document.querySelector("tri-studio");
  if (composing) watched.observe(composing);
  if (shown(composing)) loadStudio();
  const own = document.querySelector(".tri-own"), beside = document.querySelector(".tri-beside");
  for (const place of [own, beside]) if (place) watched.observe(place);
  const home = shown(own) ? own : wide.matches ? beside : null;
  if (home && workspace.parentElement !== home) home.append(workspace);
}

wide.addEventListener("change", settle);
// Gradio builds a tab when it is first opened.
new MutationObserver(settle).observe(document.documentElement, { childList: true, subtree: true });
settle();
