// Browsing: filters with counts, a list that grows page by page, selection.
import { TrackRow } from "./library_row.js";
import { addMusic, playOrPause, sounding, spokenLabel } from "./kit.js";
import { alertBox, ask, debounced, el, kept, showFault } from "./library_kit.js";
import { t } from "./library_texts.js";

const SORTS = ["title", "artist", "album", "year", "tempo", "duration"];
const FAMILIES = ["genre", "mood", "instrument"];

export class TracksView {
  constructor(library) {
    this.library = library;
    this.fault = alertBox();
    this.told = el("p.tri-lib-told", { role: "status" });
    this.list = el("ul.tri-lib-list", { "aria-label": t("tracks") });
    this.more = el("button.tri-lib-btn", { type: "button", hidden: true, onclick: () => this.#page() }, t("loadMore"));
    this.rows = [];
    this.nodes = [this.#filters(), this.told, this.fault, this.list, this.more];
    library.selection.listeners.add(() => this.rows.forEach((row) => row.mark()));
    document.addEventListener("trichord:now", () => this.rows.forEach((row) => row.sounds(sounding)));
    this.#restore();
    this.stale = true;
  }

  /** Play the list from a track of it on. */
  play(track) { playOrPause(track, this.rows.map((row) => row.track), "library"); }

  shown() { if (this.stale) { this.stale = false; this.load(); } }

  #filters() {
    const changed = debounced(() => this.load());
    const field = (label, input) => el("label.tri-lib-field", {}, el("span", {}, label), input);
    this.text = el("input", { type: "search", maxLength: 500, oninput: changed, autocomplete: "off" });
    this.selects = Object.fromEntries(FAMILIES.map((f) => [f, el("select", { onchange: changed }, el("option", { value: "" }, t("any")))]));
    this.artist = el("input", { type: "text", maxLength: 200, oninput: changed, autocomplete: "off" });
    this.sort = el("select", { onchange: changed }, SORTS.map((s) => el("option", { value: s }, t(`s_${s}`))));
    this.reverse = el("button.tri-lib-btn.tri-lib-icon", {
      type: "button", "aria-pressed": "false", "aria-label": t("reverse"), title: t("reverse"),
      onclick: () => { this.reverse.setAttribute("aria-pressed", String(this.reverse.getAttribute("aria-pressed") !== "true")); this.load(); },
    }, "⇅");
    this.ends = {};
    const range = (name, label, attributes) => {
      const end = (side) => (this.ends[`${name}_${side}`] = el("input", {
        type: "number", ...attributes, oninput: changed, "aria-label": `${label} ${t(side === "min" ? "from" : "to")}`,
      }));
      return el("fieldset.tri-lib-range", {}, el("legend", {}, label), end("min"), el("span", { "aria-hidden": "true" }, "–"), end("max"));
    };
    this.extra = el("details.tri-lib-extra", {}, el("summary", {}, t("more")), el("div.tri-lib-grid", {},
      field(t("artist"), this.artist), field(t("instrument"), this.selects.instrument),
      range("year", t("year"), { min: 1000, max: 2100, step: 1 }), range("tempo", t("tempo"), { min: 20, max: 400, step: "any" }),
      range("duration", t("minutes"), { min: 0, max: 1440, step: "any" })));
    return el("form.tri-lib-filters", { role: "search", onsubmit: (e) => e.preventDefault() },
      el("div.tri-lib-grid.tri-lib-first", {}, field(t("search"), this.text), field(t("genre"), this.selects.genre),
        field(t("mood"), this.selects.mood),
        el("div.tri-lib-sort", {}, field(t("sort"), this.sort), this.reverse)),
      this.extra,
      (this.clear = el("button.tri-lib-link", { type: "button", hidden: true, onclick: () => { this.#fill(new URLSearchParams()); this.load(); } }, t("clear"))));
  }

  #asked() {
    const asked = new URLSearchParams();
    const put = (name, value) => { if (value) asked.set(name, value); };
    put("text", this.text.value.trim());
    put("artist", this.artist.value.trim());
    FAMILIES.forEach((f) => put(f, this.selects[f].value));
    Object.entries(this.ends).forEach(([name, input]) => {
      if (input.value !== "") asked.set(name, name.startsWith("duration") ? String(input.value * 60) : input.value);
    });
    this.clear.hidden = ![...asked].length;
    asked.set("sort", (this.reverse.getAttribute("aria-pressed") === "true" ? "-" : "") + this.sort.value);
    return asked;
  }

  #fill(given) {
    this.text.value = given.get("text") || "";
    this.artist.value = given.get("artist") || "";
    FAMILIES.forEach((f) => { this.#choose(this.selects[f], given.get(f) || ""); });
    Object.entries(this.ends).forEach(([name, input]) => {
      const value = given.get(name);
      input.value = value === null ? "" : name.startsWith("duration") ? String(value / 60) : value;
    });
    const sort = given.get("sort") || "title";
    this.reverse.setAttribute("aria-pressed", String(sort.startsWith("-")));
    this.sort.value = sort.replace("-", "");
    this.extra.open = this.extra.open || [...given.keys()].some((k) => /^(artist|instrument|year|tempo|duration)/.test(k));
  }
  #choose(select, value) {
    if (value && ![...select.options].some((o) => o.value === value)) select.append(el("option", { value }, spokenLabel(value)));
    select.value = value;
  }
  #restore() { this.#fill(new URLSearchParams(kept.get("filters") || "")); }

  async load() {
    const asked = this.#asked();
    kept.set("filters", asked.toString());
    this.running?.abort();
    this.running = new AbortController();
    this.next = `/v1/library/tracks?${asked}`;
    await this.#page(true);
  }

  async #page(fresh = false) {
    this.fault.textContent = "";
    this.list.setAttribute("aria-busy", "true");
    try {
      const told = await ask(this.next, { signal: this.running.signal });
      if (fresh) { this.rows = []; this.list.replaceChildren(); }
      const rows = told.tracks.map((track) => new TrackRow(this.library, track));
      this.rows.push(...rows);
      this.list.append(...rows.map((row) => row.node));
      rows.forEach((row) => row.sounds(sounding));
      this.next = told.next;
      this.more.hidden = !told.next;
      if (!told.of) this.told.replaceChildren(t("empty"), " ", addMusic("tri-lib-btn"));
      else this.told.textContent = !told.total ? t("none") : t("found", { n: told.total, of: told.of });
      if (fresh) this.#count(told.facets);
    } catch (fault) { showFault(this.fault, fault); }
    this.list.removeAttribute("aria-busy");
  }

  #count(facets) {
    for (const family of FAMILIES) {
      const select = this.selects[family], chosen = select.value;
      const options = facets.filter((f) => f.family === family);
      select.replaceChildren(el("option", { value: "" }, t("any")),
        ...options.map((f) => el("option", { value: f.concept }, `${spokenLabel(f.concept)} (${f.count})`)));
      this.#choose(select, chosen);
    }
  }
}
