// <tri-library>: the library as its owner needs it. Its parts are shown one at a time and made when first shown.
import { IngestView } from "./library_ingest.js";
import { MapView } from "./library_map.js";
import { OverviewView } from "./library_overview.js";
import { SelectionBar } from "./library_selection.js";
import { TracksView } from "./library_tracks.js";
import { el, kept } from "./library_kit.js";
import { lang, t } from "./library_texts.js";

const VIEWS = { tracks: TracksView, map: MapView, overview: OverviewView, ingest: IngestView };

class TriLibrary extends HTMLElement {
  connectedCallback() {
    if (this.made) return;
    this.made = true;
    this.lang = lang;
    this.selection = new SelectionBar();
    this.views = {};
    const names = Object.keys(VIEWS);
    this.tabs = names.map((name) => el("button.tri-lib-tab", {
      type: "button", role: "tab", id: `tri-lib-tab-${name}`, "aria-controls": `tri-lib-${name}`,
      onclick: () => this.show(name), onkeydown: (event) => this.#step(event, names.indexOf(name)),
    }, t(name)));
    this.panels = names.map((name) => el("section.tri-lib-panel", {
      role: "tabpanel", id: `tri-lib-${name}`, "aria-labelledby": `tri-lib-tab-${name}`, hidden: true,
    }));
    this.replaceChildren(
      el("div.tri-lib-tabs", { role: "tablist", "aria-label": t("views") }, this.tabs), ...this.panels,
      this.selection.bar);
    // Nothing is asked for before the tab is seen.
    new IntersectionObserver((seen, observer) => {
      if (!seen.some((s) => s.isIntersecting)) return;
      observer.disconnect();
      const last = kept.get("view");
      this.show(names.includes(last) ? last : "tracks");
    }).observe(this);
    this.addEventListener("tri-lib-changed", () => Object.values(this.views).forEach((v) => { v.stale = true; }));
  }

  show(name) {
    Object.keys(VIEWS).forEach((other, n) => {
      const chosen = other === name;
      this.tabs[n].setAttribute("aria-selected", String(chosen));
      this.tabs[n].tabIndex = chosen ? 0 : -1;
      this.panels[n].hidden = !chosen;
      if (!chosen) return;
      if (!this.views[name]) {
        this.views[name] = new VIEWS[name](this);
        this.panels[n].append(...this.views[name].nodes);
      }
      this.views[name].shown();
    });
    kept.set("view", name);
  }

  /** Show a part, and put the focus there. */
  go(name) {
    this.show(name);
    this.tabs[Object.keys(VIEWS).indexOf(name)].focus();
  }

  #step(event, at) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = (at + by + this.tabs.length) % this.tabs.length;
    this.tabs[next].focus();
    this.show(Object.keys(VIEWS)[next]);
  }
}
customElements.define("tri-library", TriLibrary);
