// What is selected, in the list or on the map, and the way from there into a playlist.
import { send, tracksOf } from "./kit.js";
import { alertBox, ask, el, showFault } from "./library_kit.js";
import { t } from "./library_texts.js";

export class SelectionBar {
  constructor() {
    this.ids = new Set();
    this.listeners = new Set();
    this.count = el("span.tri-lib-count");
    this.note = el("span.tri-lib-note", { role: "status" });
    this.bar = el("div.tri-lib-selection", { hidden: true, role: "region", "aria-label": t("addTo") },
      this.count,
      el("button.tri-lib-btn.tri-lib-main", { type: "button", onclick: () => this.#open() }, t("addTo")),
      ...["play", "queue"].map((kind) => el("button.tri-lib-btn", { type: "button", onclick: () => this.#send(kind) }, t(`${kind}Them`))),
      el("button.tri-lib-btn", { type: "button", onclick: () => this.set([]) }, t("selectNone")), this.note);
    this.#makeDialog();
  }
  has(id) { return this.ids.has(id); }
  toggle(id, on = !this.ids.has(id)) { if (on) this.ids.add(id); else this.ids.delete(id); this.#tell(); }
  set(ids) { this.ids = new Set(ids); this.#tell(); }
  add(ids) { ids.forEach((i) => this.ids.add(i)); this.#tell(); }

  #tell() {
    if (this.ids.size) this.note.textContent = "";
    this.count.textContent = t("selected", { n: this.ids.size });
    this.bar.hidden = !this.ids.size && !this.note.textContent;
    this.listeners.forEach((run) => run());
  }

  #makeDialog() {
    this.fault = alertBox();
    this.which = el("select", { onchange: () => this.#fit() });
    this.title = el("input", { type: "text", maxLength: 200, autocomplete: "off" });
    this.titleRow = el("label.tri-lib-field", {}, el("span", {}, t("listTitle")), this.title);
    this.dialog = el("dialog.tri-lib-dialog", { "aria-labelledby": "tri-lib-dialog-h" },
      el("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); this.#save(); } },
        el("h3", { id: "tri-lib-dialog-h" }, t("addTo").replace("…", "")),
        el("label.tri-lib-field", {}, el("span", {}, t("which")), this.which), this.titleRow, this.fault,
        el("div.tri-lib-row", {},
          el("button.tri-lib-btn.tri-lib-main", { type: "submit" }, t("add")),
          el("button.tri-lib-btn", { type: "button", onclick: () => this.dialog.close() }, t("cancel")))));
    this.bar.append(this.dialog);
  }

  async #send(kind) {
    try {
      const tracks = [...(await tracksOf(this.ids)).values()];
      send(kind, kind === "play" ? { tracks, index: 0, from: "library" } : { tracks });
      this.note.textContent = "";
    } catch (fault) { this.note.textContent = fault.message; }
  }

  async #open() {
    this.fault.textContent = "";
    this.which.replaceChildren(el("option", { value: "" }, t("newList")));
    this.#fit();
    this.dialog.showModal();
    try {
      const told = await ask("/v1/playlists?limit=200");
      this.which.append(...told.playlists.map((p) => el("option", { value: p.id }, p.title || p.id)));
    } catch (fault) { showFault(this.fault, fault); }
  }
  #fit() { this.titleRow.hidden = this.which.value !== ""; }

  async #save() {
    const ids = [...this.ids], id = this.which.value, title = this.title.value.trim();
    this.fault.textContent = "";
    if (!id && !title) { this.fault.textContent = t("needTitle"); this.title.focus(); return; }
    try {
      const told = id
        ? await ask(`/v1/playlists/${id}`, { method: "PATCH", json: { operations: [{ op: "add", track_ids: ids }] } })
        : await ask("/v1/playlists", { method: "POST", json: { title, track_ids: ids } });
      this.dialog.close();
      this.title.value = "";
      this.set([]);
      this.note.textContent = t("added", { n: ids.length, title: told.title });
      this.bar.hidden = false;
      this.count.textContent = "";
    } catch (fault) { showFault(this.fault, fault); }
  }
}
