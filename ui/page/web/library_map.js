// The music map: what is around the canvas. Colours always come with a shape and a name.
import { MapCanvas } from "./library_canvas.js";
import { noMusic, playOrPause, spokenLabel } from "./kit.js";
import { alertBox, ask, el, icon, showFault } from "./library_kit.js";
import { GROUPS, swatch } from "./library_marks.js";
import { t } from "./library_texts.js";

const bytes = (packed) => Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
const words = (packed) => new Uint16Array(bytes(packed).buffer);

export class MapView {
  constructor(library) {
    this.library = library;
    this.fault = alertBox();
    this.told = el("p.tri-lib-told", { role: "status" }, t("loading"));
    this.focused = el("p.tri-lib-focused", { "aria-live": "polite" });
    this.canvas = new MapCanvas({
      focus: (n) => { this.focused.textContent = n < 0 ? "" : this.#name(n); },
      play: (n) => this.#play({ track_id: this.data.ids[n], title: this.data.titles[n], artist: this.#artist(n) }),
      select: (places, only) => {
        const ids = places.map((n) => this.data.ids[n]);
        if (only) library.selection.add(ids); else ids.forEach((i) => library.selection.toggle(i));
      },
    });
    const button = (label, run, content = label, pressed = null) => el("button.tri-lib-btn", { type: "button", onclick: run,
      "aria-label": label, title: label, "aria-pressed": pressed }, content);
    this.lasso = button(t("lasso"), () => {
      this.canvas.lassoing = !this.canvas.lassoing;
      this.lasso.setAttribute("aria-pressed", String(this.canvas.lassoing));
    }, t("lasso"), "false");
    this.family = el("select", { onchange: () => this.#colour() }, ["genre", "mood"].map((f) => el("option", { value: f }, t(f))));
    this.legend = el("ul.tri-lib-legend", { "aria-label": t("legend") });
    this.nodes = [
      el("div.tri-lib-row.tri-lib-tools", {},
        button(t("zoomIn"), () => this.canvas.zoom(1.4), icon("plus")), button(t("zoomOut"), () => this.canvas.zoom(1 / 1.4), icon("minus")),
        button(t("fit"), () => this.canvas.fit()), this.lasso, button(t("neighbours"), () => this.canvas.selectNeighbours()),
        el("label.tri-lib-inline", {}, el("span", {}, t("colour")), this.family)),
      el("div.tri-lib-mapbox", {}, this.canvas.node, this.focused), this.legend, this.fault, this.told,
      el("p.tri-lib-hint", { id: "tri-lib-map-help" }, t("mapHelp"))];
    library.selection.listeners.add(() => this.#mark());
    this.stale = true;
  }

  shown() {
    this.canvas.resize();
    if (this.stale) { this.stale = false; this.load(); }
  }

  async load() {
    clearTimeout(this.timer);
    this.fault.textContent = "";
    try {
      const told = await ask("/v1/library/map");
      this.data = told;
      this.canvas.node.setAttribute("aria-label", t("mapLabel", { n: told.count }));
      this.canvas.put(words(told.x), words(told.y));
      this.columns = { genre: bytes(told.genre), mood: bytes(told.mood) };
      this.#colour();
      this.#mark();
      this.told.textContent = told.refining ? `${t("pca")} ${t("refining")}` : t(told.layout);
      if (told.refining) this.timer = setTimeout(() => this.#again(), 3000);
    } catch (fault) {
      this.told.textContent = "";
      const way = await noMusic("tri-lib-btn");
      if (way) this.told.replaceChildren(...way); else showFault(this.fault, fault);
    }
  }

  // What nobody looks at is asked for when it is looked at again.
  #again() { if (this.canvas.node.offsetParent) this.load(); else this.stale = true; }

  #play(track) { playOrPause(track, [track], "library"); }
  #artist(n) { const place = this.data.artist[n]; return place < 0 ? "" : this.data.artists[place]; }
  #name(n) { return [this.data.titles[n], this.#artist(n)].filter(Boolean).join(" · "); }
  #mark() { if (this.data) this.canvas.mark(this.data.ids.map((i) => this.library.selection.has(i))); }

  #colour() {
    const family = this.family.value, column = this.columns[family];
    const names = this.data[`${family}s`].slice(0, GROUPS - 1).map(spokenLabel);
    const groups = Uint8Array.from(column, (place) => Math.min(place, names.length));
    this.canvas.group(groups);
    const shown = new Set([...names.keys(), names.length]);
    const entry = (name, n) => {
      const press = el("button.tri-lib-key", { type: "button", "aria-pressed": "true", onclick: () => {
        if (shown.has(n)) shown.delete(n); else shown.add(n);
        press.setAttribute("aria-pressed", String(shown.has(n)));
        this.canvas.show(shown);
      } }, swatch(n === names.length ? GROUPS - 1 : n), el("span", {}, name));
      return el("li", {}, press);
    };
    this.canvas.last = names.length;
    this.canvas.show(shown);
    this.legend.replaceChildren(...[...names, t("other")].map(entry));
  }
}
