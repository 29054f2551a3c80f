// <tri-playlist>: the workspace of stored playlists. Others ask it by events on the document (see docs/playlists.md).
import { clock, el, icon, isTyping, send } from "./kit.js";
import { Workspace } from "./playlist_model.js";
import { GoOnPanel, ManagePanel, VersionsPanel } from "./playlist_more.js";
import { Rows } from "./playlist_rows.js";
import { ShapePanel } from "./playlist_shape.js";
import { ShelfPanel } from "./playlist_shelf.js";
import { t } from "./playlist_texts.js";

// What is added before the element is seen is not lost.
const work = new Workspace();
const listen = (name, run) => document.addEventListener(`trichord:${name}`, ({ detail }) => run(detail ?? {}));
listen("add", ({ tracks = [] }) => {
  if (!tracks.length) return;
  const ids = tracks.map((track) => track.track_id), said = tracks.length === 1 ? t("added1", { title: tracks[0].title }) : t("added", { n: ids.length });
  tracks.forEach((track) => track.why && work.whys.set(track.track_id, track.why));
  ready.then(() => (work.doc ? work.add(ids, said) : work.create(t("untitled"), { track_ids: ids }, said)));
});
listen("playlist", ({ id }) => { if (id) ready.then(() => work.open(id)); });
const ready = work.last() ? work.open(work.last()) : Promise.resolve();

class TriPlaylist extends HTMLElement {
  connectedCallback() {
    if (this.made) return;
    this.made = true;
    this.work = work;
    this.rows = new Rows(work);
    const back = () => this.show(null), panels = {
      lists: new ShelfPanel(work, { opened: back, filled: () => { this.show("goOn"); this.panels.goOn.suggest(); } }),
      shape: new ShapePanel(work), goOn: new GoOnPanel(work), versions: new VersionsPanel(work), manage: new ManagePanel(work),
    };
    this.panels = panels;
    this.#make();
    work.on("doc", () => this.#fill());
    work.on("said", (words) => { this.said.textContent = words; });
    work.on("fault", (told) => this.#fault(told));
    this.addEventListener("keydown", (event) => this.#key(event));
    for (const kind of ["dragover", "dragleave", "drop"]) this.addEventListener(kind, (event) => this.#file(event));
    // The list may have come before there was anything to show it.
    work.tell("doc", true);
    if (work.trouble) this.#fault(work.trouble);
    ready.then(() => { if (!work.doc) this.show("lists"); });
  }

  #make() {
    const act = (name, run) => el("button.pl-icon", { type: "button", "aria-label": t(name), title: t(name), onclick: run }, icon(name));
    this.naming = el("input.pl-title", { type: "text", maxLength: 500, autocomplete: "off", "aria-label": t("title"), onchange: () => this.#rename(),
      onkeydown: (event) => { if (event.key === "Enter") this.naming.blur(); else if (event.key === "Escape") { this.naming.value = work.doc.title; this.naming.blur(); } } });
    this.heading = el("h2.pl-none", {}, t("none"));
    this.invite = el("p.pl-hint", {}, t("invite"));
    this.summary = el("p.pl-summary");
    this.undo = act("undo", () => work.undo()); this.redo = act("redo", () => work.redo());
    this.play = el("button.pl-btn.pl-main", { type: "button", onclick: () => send("play", { tracks: work.playable, index: 0, from: "playlist" }) }, icon("play"), t("playAll"));
    this.queue = el("button.pl-btn", { type: "button", onclick: () => send("queue", { tracks: work.playable }) }, t("queueAll"));
    this.fault = el("div.pl-alert", { role: "alert" });
    this.said = el("p.pl-said", { role: "status" });
    this.tabs = Object.keys(this.panels).map((name) => el("button.pl-tab", { type: "button", "data-panel": name, "aria-expanded": "false", "aria-controls": `pl-${name}`, onclick: () => this.show(this.shown === name ? null : name) }, t(name)));
    this.boxes = Object.fromEntries(Object.entries(this.panels).map(([name, panel]) => [name, el("section.pl-panel", { id: `pl-${name}`, "aria-label": t(name), hidden: true }, panel.nodes)]));
    this.acts = el("div.pl-flow.pl-main-acts", {}, this.play, this.queue, this.undo, this.redo);
    this.replaceChildren(el("div.pl-frame", {},
      el("header.pl-top", {}, this.heading, this.naming, this.invite, this.summary, this.acts, this.said, this.fault),
      el("nav.pl-tabs", { "aria-label": t("tools") }, this.tabs),
      el("div.pl-body", {}, el("div.pl-tools", {}, Object.values(this.boxes)), el("div.pl-list", {}, this.rows.nodes))));
  }

  /** Show a tool, or none. */
  show(name) {
    if (this.shown && this.shown !== name) this.panels[this.shown].hidden?.();
    this.shown = name;
    this.tabs.forEach((tab) => tab.setAttribute("aria-expanded", String(tab.dataset.panel === name)));
    Object.entries(this.boxes).forEach(([other, box]) => { box.hidden = other !== name; });
    if (name) this.panels[name].shown?.();
  }

  #fill() {
    const { doc } = work;
    for (const node of [this.naming, this.summary, this.acts]) node.hidden = !doc;
    this.classList.toggle("pl-idle", !doc);
    this.heading.hidden = this.invite.hidden = Boolean(doc);
    this.tabs.forEach((tab) => { tab.disabled = !doc && tab.dataset.panel !== "lists"; });
    // Whoever opens a list, here or from the chat, wants to see it; where there is little room the shelf stands before it.
    const other = doc?.id !== this.open;
    this.open = doc?.id;
    if (!doc) { if (this.shown !== "lists") this.show("lists"); return; }
    if (other && this.shown === "lists") this.show(null);
    // A title that is being typed stays.
    if (document.activeElement !== this.naming) this.naming.value = doc.title;
    const n = doc.entries.length, absent = n - work.playable.length;
    this.summary.textContent = [t("summary", { n: n === 1 ? t("tracks1") : t("tracksN", { n }), length: clock(work.length), version: doc.version }), absent && t("notHere", { n: absent })].filter(Boolean).join(" · ");
    this.undo.disabled = !work.canUndo; this.redo.disabled = !work.canRedo;
    this.play.disabled = this.queue.disabled = !work.playable.length;
  }
  #rename() {
    const title = this.naming.value.trim();
    if (title && title !== work.doc.title) work.change(() => [{ op: "rename", title }]); else this.naming.value = work.doc.title;
  }
  #fault(told) {
    this.fault.replaceChildren(...(told ? [el("span", {}, told.message), told.again ? el("button.pl-btn.pl-small", { type: "button", onclick: () => { this.#fault(null); told.again(); } }, t("again")) : ""] : []));
    if (told) this.said.textContent = "";
  }
  #key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || isTyping(event.target) || !work.doc) return;
    const key = event.key.toLowerCase(), redo = key === "y" || (key === "z" && event.shiftKey);
    if (!redo && key !== "z") return;
    event.preventDefault();
    if (redo) work.redo(); else if (work.canUndo) work.undo();
  }
  #file(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.classList.toggle("pl-over", event.type === "dragover");
    if (event.type !== "drop") return;
    this.show("lists");
    this.panels.lists.files.read(event.dataTransfer.files[0]);
  }
}
customElements.define("tri-playlist", TriPlaylist);
