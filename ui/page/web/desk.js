// <tri-desk>: music under a clip, heard at once, taken into a cue sheet, and out as files or a film.

import { ask } from "./desk_api.js";
import { candidatesPanel } from "./desk_candidates.js";
import { cuePanel } from "./desk_cue.js";
import { h } from "./desk_dom.js";
import { outPanel } from "./desk_out.js";
import { asking, isField, notice } from "./desk_parts.js";
import { Player } from "./desk_player.js";
import { sheetPanel } from "./desk_sheet.js";
import { Desk } from "./desk_state.js";
import { LANG, t } from "./desk_texts.js";
import { timelinePanel } from "./desk_timeline.js";
import { uploadPanel } from "./desk_upload.js";

class TriDesk extends HTMLElement {
  connectedCallback() {
    if (this.desk) return;
    this.lang = LANG;
    const desk = (this.desk = new Desk());
    const player = (this.player = new Player(desk));
    const name = h("h2", { tabindex: "-1" });
    const another = h("button", { type: "button", onclick: () => desk.close() }, t("another"));
    const upload = uploadPanel(desk);
    const room = h("div", { class: "desk-room", hidden: true },
      h("header", {}, name, h("div", { class: "desk-row" }, another, asking(t("forget"), t("forgetAsk"), t("forgetYes"), () => desk.forget()))), notice(desk, "film"),
      h("div", { class: "desk-main" }, h("div", {}, player.element, h("p", { class: "desk-soft desk-keys" }, t("keys"))), candidatesPanel(desk, player)),
      timelinePanel(desk, player), cuePanel(desk), sheetPanel(desk), outPanel(desk));
    desk.on("film", () => {
      upload.hidden = Boolean(desk.film); room.hidden = !desk.film;
      if (desk.film) name.textContent = desk.film.name;
      if (this.contains(document.activeElement)) (desk.film ? name : upload.querySelector("button, label, input"))?.focus({ preventScroll: true });
    });
    this.addEventListener("keydown", (event) => this.#key(event));
    this.replaceChildren(upload, room);
    this.reopened = this.#reopen();
  }

  /** Put a piece that was composed for a stretch of a film under it, to be heard and taken. */
  async offer({ film_id, start_s, end_s, track }) {
    await this.reopened;
    try {
      if (this.desk.film?.id !== film_id) await this.desk.open((await ask(`/v1/films/${encodeURIComponent(film_id)}`)).told);
      this.desk.offer(track, start_s, end_s);
      this.querySelector("h2").focus({ preventScroll: true });
    } catch (error) { this.desk.tell(this.desk.film ? "found" : "upload", error.status === 404 ? t("gone") : error.message); }
  }

  disconnectedCallback() { this.player?.video.pause(); }

  async #reopen() {
    const id = Desk.kept();
    if (!id) return;
    try {
      const { told } = await ask(`/v1/films/${encodeURIComponent(id)}`);
      await this.desk.open(told);
    } catch (error) {
      if (error.status === 404) { this.desk.close(); this.desk.tell("upload", t("gone")); } else this.desk.tell("upload", error.message);
    }
  }

  // Keys work while something of the desk has the focus, and no field is typed into.
  #key(event) {
    const { desk, player } = this;
    if (!desk.film || event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
    const onButton = event.target.closest("button, a, summary, [role=slider], input, video[controls]");
    const work = {
      " ": onButton?.matches("button, a, summary, input, video") ? null : () => player.toggle(),
      c: () => desk.compose(), j: () => player.swap(1), k: () => player.swap(-1),
      ArrowLeft: onButton?.matches("input, video") ? null : () => player.seek(player.video.currentTime - 1),
      ArrowRight: onButton?.matches("input, video") ? null : () => player.seek(player.video.currentTime + 1),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!work) return;
    event.preventDefault();
    work();
  }
}

customElements.define("tri-desk", TriDesk);
