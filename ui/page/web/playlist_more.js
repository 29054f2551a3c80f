// "Go on", "Versions" and "More": suggestions with reasons, the history, copies, bans, export, delete.
import { ask, el, fromServer, lang, noMusic } from "./kit.js";
import { offer } from "./playlist_rows.js";
import { field, lengthField } from "./playlist_shape.js";
import { t } from "./playlist_texts.js";

const FORMATS = ["m3u8", "xspf", "jspf", "csv"];
const when = (text) => new Date(text).toLocaleString(lang, { dateStyle: "medium", timeStyle: "short" });

export class GoOnPanel {
  constructor(work) {
    this.work = work;
    this.length = lengthField(t("howMany"), null, 8);
    this.where = el("select", {}, ["end", "gaps", "even"].map((w) => el("option", { value: w }, t(`w_${w}`))));
    this.fault = el("p.pl-alert", { role: "alert" });
    this.list = el("ul.pl-offers", { "aria-label": t("suggestions") });
    this.all = el("button.pl-btn.pl-main", { type: "button", hidden: true, onclick: () => this.#take(this.offered) }, t("addAll"));
    this.note = el("p.pl-hint", { role: "status" });
    this.go = el("button.pl-btn.pl-main", { type: "submit" }, t("suggest"));
    this.nodes = [el("form.pl-form", { onsubmit: (event) => { event.preventDefault(); this.suggest(); } }, this.length.node, field(t("where"), this.where), this.go), this.fault, this.note, this.list, this.all];
    work.on("doc", () => { if (this.id !== work.doc?.id) { this.id = work.doc?.id; this.#show([]); } else this.#show((this.offered ?? []).filter((track) => !work.ids.includes(track.track_id))); });
  }
  async suggest() {
    this.fault.textContent = "";
    this.note.textContent = t("loading");
    this.go.disabled = true;
    try {
      const told = await ask("/v1/playlists/continue", { method: "POST", json: { playlist_id: this.work.doc.id, title: this.work.doc.title, insert: this.work.ids.length > 1 ? this.where.value : "end", ...this.length.read() } });
      this.#show(told.tracks);
      const way = told.tracks.length ? [] : await noMusic("pl-btn.pl-small");
      this.note.replaceChildren(...(way ?? [t("noMore")]));
    } catch (fault) { this.fault.textContent = fault.message; this.note.textContent = ""; }
    this.go.disabled = false;
  }
  #show(tracks) {
    this.offered = tracks;
    this.list.replaceChildren(...tracks.map((track) => offer(track, tracks, t("addOne", { title: track.title }), () => this.#take([track]))));
    this.all.hidden = tracks.length < 2;
  }
  async #take(tracks) {
    const { work } = this, ids = tracks.map((track) => track.track_id);
    tracks.forEach((track) => work.whys.set(track.track_id, track.why));
    const at = this.list.contains(document.activeElement) || document.activeElement === this.all;
    await work.change((doc) => this.#places(doc, tracks), tracks.length === 1 ? t("added1", { title: tracks[0].title }) : t("added", { n: ids.length }));
    if (at) (this.list.querySelector(".pl-take") ?? this.go).focus();
  }
  // Each goes right after the track that it was found for; what has no such place goes to the end.
  #places(doc, tracks) {
    const now = doc.entries.map((e) => e.track_id);
    return tracks.map((track) => {
      const after = track.after === null ? -1 : now.indexOf(track.after), position = after < 0 ? now.length : after + 1;
      now.splice(position, 0, track.track_id);
      return { op: "add", track_ids: [track.track_id], position };
    });
  }
}

export class VersionsPanel {
  constructor(work) {
    this.work = work;
    this.list = el("ol.pl-versions");
    this.fault = el("p.pl-alert", { role: "alert" });
    this.more = el("button.pl-btn", { type: "button", hidden: true, onclick: () => this.#page() }, t("more"));
    this.nodes = [this.fault, this.list, this.more];
    work.on("doc", () => { if (this.open) this.shown(); });
  }
  shown() { this.open = true; this.next = null; if (this.work.doc) this.#page(true); }
  hidden() { this.open = false; }
  async #page(fresh = false) {
    const { work } = this, { id } = work.doc;
    this.fault.textContent = "";
    try {
      const told = await ask(fresh ? `${work.url}/versions?limit=30` : this.next);
      if (id !== work.doc?.id) return;
      if (fresh) this.list.replaceChildren();
      this.list.append(...told.versions.map((version) => this.#version(version)));
      this.next = told.next;
      this.more.hidden = !told.next;
    } catch (fault) { this.fault.textContent = fault.message; }
  }
  #version(version) {
    const n = version.version, { work } = this, current = n === work.doc.version, held = el("div.pl-held", { hidden: true });
    const look = el("button.pl-btn.pl-small", { type: "button", "aria-expanded": "false", onclick: async () => {
      held.hidden = !held.hidden;
      look.setAttribute("aria-expanded", String(!held.hidden));
      if (held.hidden || held.childElementCount) return;
      try { held.replaceChildren(...(await this.#look(n))); } catch (fault) { this.fault.textContent = fault.message; }
    } }, t("look"));
    return el("li.pl-version", { "data-version": n }, el("div", {}, el("strong", {}, `${n}. `), version.message.split("; ").map(fromServer).join("; ")), el("p.pl-hint", {}, [when(version.created_at), version.author && t("by", { who: version.author }), current && t("now")].filter(Boolean).join(" · ")),
      el("div.pl-flow", {}, look, !current && el("button.pl-btn.pl-small", { type: "button", onclick: () => work.post(`/versions/${n}/restore`, {}, t("restored", { n })) }, t("restore"))), held);
  }
  async #look(n) {
    const { work } = this;
    const [document, diff] = await Promise.all([ask(`${work.url}/versions/${n}`), n === work.doc.version ? null : ask(`${work.url}/diff?from=${n}&to=${work.doc.version}`)]);
    const told = (kind, sign) => diff?.[kind].length ? el("p.pl-hint", {}, `${sign} ${t(`d_${kind}`)}: ${diff[kind].slice(0, 20).map((e) => e.title).join(", ")}`) : "";
    const changes = diff ? [told("added", "+"), told("removed", "−"), told("moved", "↕")].filter(Boolean) : [];
    return [...(diff && !changes.length ? [el("p.pl-hint", {}, t("noDiff"))] : changes), el("h4", {}, t("held", { n })), el("ol.pl-lines", {}, document.entries.slice(0, 200).map((e) => el("li", {}, el("span", {}, [e.title, e.artist].filter(Boolean).join(" · ")))))];
  }
}

export class ManagePanel {
  constructor(work) {
    this.work = work;
    this.description = el("textarea", { rows: 2, maxLength: 2000 });
    this.links = el("div.pl-flow");
    this.acts = el("div.pl-flow");
    this.bans = el("ul.pl-lines");
    this.origin = el("p.pl-hint");
    this.asking = el("div.pl-asking", { hidden: true, role: "alertdialog", "aria-label": t("delete") });
    const block = (title, ...nodes) => el("section.pl-block", {}, el("h4", {}, title), ...nodes);
    this.nodes = [block(t("export"), this.links), block(t("manage"), this.origin, el("form.pl-form", { onsubmit: (event) => { event.preventDefault(); work.change(() => [{ op: "rename", description: this.description.value }]); } },
      field(t("description"), this.description), el("button.pl-btn", { type: "submit" }, t("saveIt"))), this.acts, this.asking), block(t("bans"), this.bans)];
    work.on("doc", () => this.shown());
  }
  shown() {
    const { work } = this, { doc } = work;
    if (!doc) return;
    const act = (name, run) => el("button.pl-btn", { type: "button", onclick: run }, t(name));
    if (this.id !== doc.id || document.activeElement !== this.description) this.description.value = doc.description;
    this.id = doc.id;
    this.origin.textContent = doc.origin ? t("forkOf") : "";
    this.links.replaceChildren(...FORMATS.map((f) => el("a.pl-btn", { href: `${work.url}/export?format=${f}`, download: `${doc.title}.${f}` }, f.toUpperCase())));
    this.asking.hidden = true;
    this.acts.replaceChildren(act("fork", async () => {
      try { const told = await ask(`${work.url}/fork`, { method: "POST", json: {} }); await work.open(told.id, t("forked")); work.tell("lists"); } catch (fault) { work.fail(fault); }
    }), doc.recipe ? act("refresh", () => work.post("/refresh", {}, t("refreshed"))) : "", act("delete", () => this.#ask()));
    const name = (id) => work.track(id)?.title ?? id;
    this.bans.replaceChildren(...(doc.bans.length ? doc.bans.map((id) => el("li", {}, el("span", {}, name(id)), el("button.pl-btn.pl-small", { type: "button", onclick: () => work.change(() => [{ op: "unban", track_id: id }]) }, t("unban", { title: name(id) }))))
      : [el("li", {}, t("noBans"))]));
  }
  #ask() {
    this.asking.hidden = false;
    const keep = el("button.pl-btn", { type: "button", onclick: () => { this.asking.hidden = true; this.acts.lastChild.focus(); } }, t("keepIt"));
    this.asking.replaceChildren(el("p", {}, t("sure", { title: this.work.doc.title })), el("div.pl-flow", {}, el("button.pl-btn.pl-danger", { type: "button", onclick: () => this.work.delete() }, t("yesDelete")), keep));
    keep.focus();
  }
}
