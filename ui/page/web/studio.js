// <tri-studio>: making music from words, and comparing it blind. Loaded when its tab opens, or when a part of the page asks for it (`compose`).
import { el, lang } from "./kit.js";
import { Brief } from "./studio_brief.js";
import { Compare } from "./studio_compare.js";
import { Draft } from "./studio_draft.js";
import { Jobs } from "./studio_jobs.js";
import { PieceView } from "./studio_piece.js";
import { kept, Pieces } from "./studio_pieces.js";
import { t } from "./studio_texts.js";

const pieces = new Pieces(), draft = new Draft();
const VIEWS = ["make", "compare"];

/** Open words in the form, for a film where one is told, or a piece by its id. */
export const compose = ({ text = "", id = null, film = null }) => {
  const studio = document.querySelector("tri-studio");
  if (studio?.show) studio.show("make"); else kept.set("view", "make");
  if (id) pieces.show(id).then(() => studio?.look?.());
  else if (text || film) draft.take({ text, film });
};

class TriStudio extends HTMLElement {
  connectedCallback() {
    if (this.made) return;
    this.made = true;
    this.lang = lang;
    this.tabs = VIEWS.map((name, n) => el("button.st-tab", { type: "button", role: "tab", id: `st-tab-${name}`, "aria-controls": `st-${name}`, onclick: () => this.show(name), onkeydown: (event) => this.#step(event, n) }, t(name)));
    this.panels = VIEWS.map((name) => el("section.st-panel", { role: "tabpanel", id: `st-${name}`, "aria-labelledby": `st-tab-${name}`, hidden: true }));
    this.replaceChildren(el("div.st-tabs", { role: "tablist", "aria-label": t("views") }, this.tabs), ...this.panels);
    this.#make();
    this.show(VIEWS.includes(kept.get("view")) ? kept.get("view") : "make");
    // What happened meanwhile, in the chat for example, is read when the tab is seen again.
    new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting)) pieces.load(); }).observe(this);
  }

  #make() {
    const brief = new Brief(draft, pieces), jobs = new Jobs(pieces, draft);
    const begun = () => jobs.makingBox.scrollIntoView({ block: "nearest" });
    const piece = new PieceView(pieces, draft, { started: begun, forgotten: () => (jobs.made.querySelector("button") ?? brief.words).focus(), compare: (made) => { this.show("compare"); this.compare.take(made); } });
    this.look = () => { if (piece.node.hidden) begun(); else { piece.node.scrollIntoView({ block: "nearest" }); piece.node.focus({ preventScroll: true }); } };
    brief.onstart = begun;
    jobs.onopen = () => this.look();
    this.panels[0].append(el("div.st-columns", {}, brief.node, el("div.st-right", {}, jobs.makingBox, jobs.fault, jobs.said, piece.node, jobs.madeBox)));
  }

  show(name) {
    VIEWS.forEach((other, n) => {
      this.tabs[n].setAttribute("aria-selected", String(other === name));
      this.tabs[n].tabIndex = other === name ? 0 : -1;
      this.panels[n].hidden = other !== name;
    });
    kept.set("view", name);
    if (name !== "compare") return;
    if (!this.compare) { this.compare = new Compare(); this.panels[1].append(...this.compare.nodes); }
    this.compare.shown();
  }
  #step(event, at) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = (at + by + VIEWS.length) % VIEWS.length;
    this.tabs[next].focus();
    this.show(VIEWS[next]);
  }
}

// Its styles come before it: nothing is seen without them.
const style = el("link", { rel: "stylesheet", href: new URL("studio.css", import.meta.url).href });
await new Promise((done) => { style.onload = style.onerror = done; document.head.append(style); });
customElements.define("tri-studio", TriStudio);
