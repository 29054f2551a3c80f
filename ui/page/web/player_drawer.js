// The queue, drawn out of the player: jump, reorder, remove, clear, save as a playlist.
import { ask, clock, el, icon, send } from "./kit.js";
import { Dragging } from "./drag.js";
import { t } from "./player_texts.js";

export class QueueDrawer {
  constructor(player) {
    this.player = player;
    this.list = el("ol.pr-items", { "aria-label": t("queue") });
    this.note = el("p.pr-note", { role: "status" });
    this.title = el("input", { type: "text", maxLength: 200, autocomplete: "off", "aria-label": t("title"), placeholder: t("title") });
    this.form = el("form.pr-save", { hidden: true, onsubmit: (event) => { event.preventDefault(); this.#save(); } },
      this.title, el("button.pr-btn.pr-word", { type: "submit" }, t("save")),
      el("button.pr-btn.pr-word", { type: "button", onclick: () => { this.form.hidden = true; } }, t("cancel")));
    const word = (name, run) => el("button.pr-btn.pr-word", { type: "button", onclick: run }, t(name));
    this.node = el("section.pr-drawer", { id: "tri-player-queue", "aria-label": t("queue"), hidden: true,
      onkeydown: (event) => { if (event.key === "Escape") { event.stopPropagation(); this.toggle(false); } } },
      el("div.pr-head", {}, el("h2", {}, t("queue")), word("saveAs", () => { this.form.hidden = false; this.title.focus(); }), word("clear", () => this.player.clear()),
        el("button.pr-btn", { type: "button", "aria-label": t("close"), title: t("close"), onclick: () => this.toggle(false) }, icon("close"))),
      this.form, this.note, this.list, el("p.pr-keys", {}, t("keys")));
    new Dragging(this.list, { handle: ".pr-grip", drop: (rows, to) => this.#move(rows[0], to) });
  }
  get open() { return !this.node.hidden; }

  toggle(on = !this.open) {
    this.node.hidden = !on;
    this.player.listing.setAttribute("aria-expanded", String(on));
    if (on) { this.fill(); this.node.querySelector("[aria-current] .pr-jump, .pr-jump")?.focus(); } else this.player.listing.focus();
  }

  fill() {
    if (!this.open) return;
    const { queue } = this.player, at = this.list.contains(document.activeElement) ? document.activeElement : null;
    const place = at ? [...this.list.children].indexOf(at.closest("li")) : -1, role = at?.dataset.role;
    this.list.replaceChildren(...queue.items.map((track, n) => el("li.pr-item", { "aria-current": n === queue.index && "true", onkeydown: (event) => this.#key(event, n) },
      el("button.pr-grip", { type: "button", "data-role": "grip", "aria-label": t("move", { title: track.title }), title: t("move", { title: track.title }) }, icon("grip")),
      el("button.pr-jump", { type: "button", "data-role": "jump", "aria-label": t("jump", { title: track.title }), onclick: () => this.player.jump(n) },
        el("strong", {}, track.title ?? ""), el("span", {}, [track.artist, track.duration_s && clock(track.duration_s)].filter(Boolean).join(" · "))),
      el("button.pr-btn", { type: "button", "data-role": "remove", "aria-label": t("remove", { title: track.title }), title: t("remove", { title: track.title }), onclick: () => this.player.remove(n) }, icon("close")))));
    if (place >= 0) this.#focus(this.next ?? Math.min(place, queue.items.length - 1), role);
    this.next = undefined;
  }
  #focus(n, role) { this.list.children[n]?.querySelector(`[data-role=${role}]`)?.focus(); }

  #key(event, n) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const to = n + by;
    if (!event.altKey) { this.#focus(to, event.target.dataset.role); return; }
    this.#move(n, to);
  }
  #move(from, to) {
    const { queue } = this.player;
    if (to < 0 || to >= queue.items.length || to === from) return;
    const { title } = queue.items[from];
    this.next = to;
    this.player.move(from, to);
    this.note.textContent = t("moved", { title, place: to + 1, all: queue.items.length });
  }

  async #save() {
    try {
      const told = await ask("/v1/playlists", { method: "POST", json: { title: this.title.value.trim() || t("untitled"), track_ids: this.player.queue.items.filter((track) => !track.generation_id && !track.fleeting).map((track) => track.track_id) } });
      this.form.hidden = true;
      this.title.value = "";
      this.note.textContent = t("saved", { title: told.title });
      send("playlist", { id: told.id });
    } catch (fault) { this.note.textContent = fault.message; }
  }
}
