// "Your lists": search and open one, begin one, bring one in from a file.
import { ask, debounced, el, lang } from "./kit.js";
import { ImportPanel } from "./playlist_import.js";
import { field } from "./playlist_shape.js";
import { t } from "./playlist_texts.js";

export class ShelfPanel {
  /** `opened()` after a list was opened, `filled()` after one was made that is to be gone on with. */
  constructor(work, { opened, filled }) {
    this.work = work;
    this.opened = opened;
    this.text = el("input", { type: "search", maxLength: 200, autocomplete: "off", oninput: debounced(() => this.load()) });
    this.list = el("ul.pl-shelf", { "aria-label": t("lists") });
    this.more = el("button.pl-btn", { type: "button", hidden: true, onclick: () => this.#page(this.next) }, t("more"));
    this.fault = el("p.pl-alert", { role: "alert" });
    this.title = el("input", { type: "text", maxLength: 500, autocomplete: "off" });
    const make = async (fill) => { if (await work.create(this.title.value)) { this.title.value = ""; opened(); if (fill) filled(); } };
    this.files = new ImportPanel(work, opened);
    // What stands below the lists comes once they are there: nothing moves.
    this.below = [el("section.pl-block", { hidden: true }, el("h4", {}, t("fresh")), el("form.pl-form", { onsubmit: (event) => { event.preventDefault(); make(false); } }, field(t("newTitle"), this.title),
        el("div.pl-flow", {}, el("button.pl-btn.pl-main", { type: "submit" }, t("createEmpty")), el("button.pl-btn", { type: "button", onclick: () => make(true) }, t("createFilled"))))),
      el("section.pl-block", { hidden: true }, el("h4", {}, t("importHead")), ...this.files.nodes)];
    this.nodes = [el("section.pl-block", { "aria-label": t("lists") }, field(t("search"), this.text), this.fault, this.list, this.more), ...this.below];
    work.on("lists", () => { if (this.open) this.load(); });
  }
  shown() { this.open = true; this.load(); }
  hidden() { this.open = false; }

  load() {
    const text = this.text.value.trim();
    return this.#page(text ? `/v1/playlists/search?query=${encodeURIComponent(text)}&n=50` : "/v1/playlists?limit=50", true);
  }
  async #page(url, fresh = false) {
    this.fault.textContent = "";
    const asked = (this.asked = Symbol("asked"));
    try {
      const told = await ask(url);
      if (asked !== this.asked) return;
      if (fresh) this.list.replaceChildren();
      this.list.append(...told.playlists.map((p) => ({ ...p, id: p.id ?? p.playlist })).map((p) => el("li", {}, el("button.pl-open", { type: "button", "data-id": p.id, "aria-label": t("open", { title: p.title }), "aria-current": p.id === this.work.doc?.id && "true",
        onclick: async () => { if (await this.work.open(p.id)) this.opened(); } },
      el("strong", {}, p.title), el("span", {}, [p.length === undefined ? "" : p.length === 1 ? t("tracks1") : t("tracksN", { n: p.length }), p.standing && t("standing"), p.updated_at && new Date(p.updated_at).toLocaleDateString(lang, { day: "numeric", month: "short" })].filter(Boolean).join(" · "))))));
      if (!this.list.childElementCount) this.list.replaceChildren(el("li.pl-hint", {}, t(this.text.value.trim() ? "noneCalled" : "noLists")));
      this.next = told.next;
      this.more.hidden = !told.next;
    } catch (fault) { this.fault.textContent = fault.message; } finally { for (const block of this.below) block.hidden = false; }
  }
}
