// The entries: select, reorder by pointer and keys, play, pin, between, why, ban, remove.
import { ask, clock, el, icon, playOrPause, send, sounding, spokenKey } from "./kit.js";
import { Dragging } from "./drag.js";
import { t } from "./playlist_texts.js";

const PAGE = 300;

export class Rows {
  constructor(work) {
    this.work = work;
    this.selected = new Set();
    this.rows = new Map();
    this.shown = PAGE;
    this.list = el("ol.pl-rows", { "aria-label": t("workspace"), tabindex: -1, onkeydown: (event) => this.#key(event) });
    this.empty = el("p.pl-empty", {}, t("empty"));
    this.more = el("button.pl-btn", { type: "button", hidden: true, onclick: () => { this.shown += PAGE; this.fill(); } }, t("more"));
    const act = (name, run) => el("button.pl-btn", { type: "button", onclick: run }, t(name));
    this.count = el("strong", {});
    this.bar = el("div.pl-selection", { role: "region", "aria-label": t("selected", { n: "" }), hidden: true }, this.count,
      act("playThem", () => this.#play()), act("toTop", () => work.move(new Set(this.selected), 0)), act("toEnd", () => work.move(new Set(this.selected), work.entries.length - this.selected.size)),
      act("pinThem", () => work.pin(new Set(this.selected), true)), act("removeThem", () => work.remove(new Set(this.selected))), act("clearSelection", () => { this.selected.clear(); this.mark(); }));
    this.nodes = [this.bar, this.list, this.empty, this.more];
    new Dragging(this.list, { handle: ".pl-grip", taken: (n) => this.#with(n),
      drop: (places, to) => work.move(new Set(places.map((n) => work.entries[n].key)), to) });
    work.on("doc", (other) => { if (other) { this.shown = PAGE; this.selected.clear(); this.rows.clear(); this.list.replaceChildren(); } this.fill(); });
    document.addEventListener("trichord:now", () => this.mark());
  }

  /** Rows that go together with row n: all that are selected, where it is one of them. */
  #with(n) {
    const { entries } = this.work;
    return this.selected.has(entries[n].key) ? entries.map((e, at) => ({ e, at })).filter(({ e }) => this.selected.has(e.key)).map(({ at }) => at) : [n];
  }
  #play() { send("play", { tracks: this.work.entries.filter((e) => this.selected.has(e.key)).map((e) => this.work.track(e.track_id)).filter(Boolean), index: 0, from: "playlist" }); }

  fill() {
    const { entries } = this.work, shown = entries.slice(0, this.shown), keys = new Set(entries.map((e) => e.key));
    const active = document.activeElement, held = this.list.contains(active) ? active.closest("li") : null;
    const at = held && { key: held.dataset.key, role: active.dataset.role, n: [...this.list.children].indexOf(held) };
    for (const key of [...this.rows.keys()]) if (!keys.has(key)) this.rows.delete(key);
    for (const key of this.selected) if (!keys.has(key)) this.selected.delete(key);
    const nodes = shown.map((entry, n) => {
      let row = this.rows.get(entry.key);
      if (!row) this.rows.set(entry.key, (row = new Row(this, entry)));
      row.put(entry, n);
      return row.node;
    });
    // A node that stays is not touched: a moved one would lose the focus.
    if (nodes.length !== this.list.children.length || nodes.some((node, n) => node !== this.list.children[n])) this.list.replaceChildren(...nodes);
    this.empty.hidden = !this.work.doc || entries.length > 0;
    this.more.hidden = entries.length <= this.shown;
    this.mark();
    if (at && document.activeElement !== active) {
      const row = this.rows.get(at.key)?.node.isConnected ? this.rows.get(at.key).node : this.list.children[Math.min(at.n, nodes.length - 1)];
      (row?.querySelector(`[data-role=${at.role}]`) ?? row?.querySelector("[data-role=grip]") ?? this.list).focus();
    }
  }
  mark() {
    // Its buttons go with the selection; the keys (undo) must still reach the workspace.
    if (!this.selected.size && this.bar.contains(document.activeElement)) this.list.focus({ preventScroll: true });
    this.bar.hidden = !this.selected.size;
    this.count.textContent = t("selected", { n: this.selected.size });
    this.rows.forEach((row) => row.mark());
  }

  #key(event) {
    const node = event.target.closest("li[data-key]"), rows = [...this.list.children], n = rows.indexOf(node);
    if (n < 0 || event.target.closest(".pl-under")) return;
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key], { work } = this, { key } = node.dataset;
    if (by && event.altKey) {
      event.preventDefault();
      const taken = this.#with(n), first = taken[0], to = first + by, all = work.entries.length - taken.length;
      if (to >= 0 && to <= all) work.move(new Set(taken.map((place) => work.entries[place].key)), to);
    } else if (by && event.target.dataset.role === "grip") {
      event.preventDefault();
      rows[n + by]?.querySelector("[data-role=grip]").focus();
    } else if (event.key === "Delete" && event.target.tagName === "BUTTON") {
      event.preventDefault();
      work.remove(this.selected.has(key) ? new Set(this.selected) : new Set([key]));
    }
  }
}

class Row {
  constructor(rows, entry) {
    this.rows = rows;
    this.work = rows.work;
    const act = (role, label, run) => el("button.pl-icon", { type: "button", "data-role": role, "aria-label": label, title: label, onclick: run }, icon({ grip: "grip", remove: "bin" }[role] ?? role));
    const { title } = entry;
    this.box = el("input", { type: "checkbox", "data-role": "box", "aria-label": t("select", { title }), onchange: () => { if (this.box.checked) rows.selected.add(entry.key); else rows.selected.delete(entry.key); rows.mark(); } });
    this.grip = act("grip", t("move", { title }));
    this.grip.classList.add("pl-grip");
    this.playing = act("play", t("play", { title }), () => playOrPause(this.track, this.work.playable, "playlist"));
    this.playing.classList.add("pl-play");
    this.pin = act("pin", t("pin", { title }), () => this.work.pin(new Set([entry.key]), !this.entry.pinned));
    this.between = act("between", t("between", { title }), () => this.#between());
    this.why = act("why", t("why", { title }), () => this.#why());
    this.ban = act("ban", t("ban", { title }), () => this.work.change(() => [{ op: "ban", track_id: entry.track_id }], t("banned", { title })));
    this.remove = act("remove", t("remove", { title }), () => this.work.remove(new Set([entry.key])));
    this.place = el("span.pl-place", { "aria-hidden": "true" });
    this.facts = el("span.pl-facts");
    this.told = el("p.pl-why", { "aria-live": "polite" });
    this.under = el("div.pl-under", { hidden: true });
    this.node = el("li.pl-row", { "data-key": entry.key }, el("div.pl-line", {},
      el("label.pl-check", {}, this.box), this.grip, this.place, this.playing,
      el("div.pl-names", {}, el("strong.pl-name", {}, title), el("span.pl-artist", {}, entry.artist ?? "")), this.facts,
      el("div.pl-acts", { role: "group", "aria-label": t("rowMenu", { title }) }, this.pin, this.between, this.why, this.ban, this.remove)), this.told, this.under);
  }
  get track() { return this.entry.track_id ? this.work.track(this.entry.track_id) : null; }

  put(entry, n) {
    this.entry = entry;
    this.n = n;
    const { track } = this, next = this.work.entries[n + 1];
    this.place.textContent = n + 1;
    this.facts.replaceChildren(...(track ? [clock(track.duration_s), track.tempo_bpm && `${Math.round(track.tempo_bpm)} BPM`, spokenKey(track.key)] : [t("absent")])
      .filter(Boolean).map((fact) => el("span", {}, fact)));
    this.node.classList.toggle("pl-absent", !track);
    this.node.classList.toggle("pl-pinned", entry.pinned);
    for (const button of [this.playing, this.why, this.ban]) button.disabled = !track;
    this.between.disabled = !track || !next?.track_id || !this.work.track(next.track_id);
    const label = t(entry.pinned ? "unpin" : "pin", { title: entry.title });
    this.pin.setAttribute("aria-pressed", String(entry.pinned));
    this.pin.setAttribute("aria-label", label); this.pin.title = label;
    this.#tell(this.work.whys.get(entry.track_id) ?? "");
  }
  mark() {
    const on = Boolean(this.entry?.track_id) && sounding === this.entry.track_id;
    this.box.checked = this.rows.selected.has(this.entry.key);
    this.node.classList.toggle("pl-on", on);
    this.node.classList.toggle("pl-chosen", this.box.checked);
    this.playing.replaceChildren(icon(on ? "pause" : "play"));
    this.playing.setAttribute("aria-label", t(on ? "pause" : "play", { title: this.entry.title }));
  }
  #tell(why) { this.told.textContent = [this.entry.added_by && t("addedBy", { who: this.entry.added_by }), why].filter(Boolean).join(" · "); }

  // What speaks for a track is what the rest of the list says of it.
  async #why() {
    const { work, entry } = this, others = work.ids.filter((id) => id !== entry.track_id);
    if (!others.length) { this.#tell(t("whyFirst")); return; }
    this.#tell(t("loading"));
    try {
      const told = await ask("/v1/playlists/continue", { method: "POST", json: { track_ids: others, title: work.doc.title, include: [entry.track_id], n: 1 } });
      const found = told.tracks.find((track) => track.track_id === entry.track_id);
      work.whys.set(entry.track_id, found?.why ?? "");
      this.#tell(found?.why ?? "");
    } catch (fault) { this.#tell(""); work.fail(fault); }
  }
  async #between() {
    if (!this.under.hidden) { this.under.hidden = true; return; }
    const { work, entry } = this, next = work.entries[this.n + 1];
    this.under.hidden = false;
    this.under.replaceChildren(el("p", { role: "status" }, t("loading")));
    try {
      const told = await ask("/v1/path", { method: "POST", json: { first: entry.track_id, last: next.track_id, n: 6 } });
      const there = new Set([...work.ids, ...work.doc.bans]), found = told.tracks.filter((track) => !there.has(track.track_id));
      const close = el("button.pl-btn", { type: "button", onclick: () => { this.under.hidden = true; this.between.focus(); } }, t("close"));
      this.under.replaceChildren(el("h4", {}, t("betweenHead")), found.length ? el("ul.pl-offers", {}, found.map((track) => offer(track, found, t("putHere", { title: track.title }), async () => {
        work.whys.set(track.track_id, track.why);
        if (await work.add([track.track_id], t("added1", { title: track.title }), entry.key)) { this.under.hidden = true; this.between.focus(); }
      }))) : el("p", {}, t("nothingBetween")), close);
    } catch (fault) { this.under.hidden = true; work.fail(fault); }
  }
}

/** A track that may be taken: play, what it is, why, take. */
export const offer = (track, all, label, take) => el("li.pl-offer", { "data-id": track.track_id },
  el("button.pl-icon", { type: "button", "aria-label": t("play", { title: track.title }), title: t("play", { title: track.title }), onclick: () => playOrPause(track, all, "playlist") }, icon("play")),
  el("div.pl-names", {}, el("strong.pl-name", {}, track.title), el("span.pl-artist", {}, [track.artist, clock(track.duration_s), track.tempo_bpm && `${Math.round(track.tempo_bpm)} BPM`, spokenKey(track.key)].filter(Boolean).join(" · ")),
    track.why && el("span.pl-reason", {}, track.why)),
  el("button.pl-icon.pl-take", { type: "button", "aria-label": label, title: label, onclick: take }, icon("plus")));
