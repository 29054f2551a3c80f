// One track of the list: play, select, and correct in place.
import { sounding, spokenKey, spokenLabels, spokenLicence } from "./kit.js";
import { alertBox, ask, clock, el, icon, number, showFault } from "./library_kit.js";
import { t } from "./library_texts.js";

const TONICS = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

export class TrackRow {
  constructor(library, track) {
    this.library = library;
    this.track = track;
    this.node = el("li.tri-lib-track", { "data-id": track.track_id });
    this.fill();
  }

  fill() {
    const track = this.track;
    this.box = el("input", { type: "checkbox", "aria-label": t("select", { title: track.title }),
      onchange: () => this.library.selection.toggle(track.track_id, this.box.checked) });
    this.play = el("button.tri-lib-btn.tri-lib-round", { type: "button",
      onclick: () => this.library.views.tracks.play(this.track) }, icon("play"));
    this.editing = el("button.tri-lib-btn.tri-lib-round.tri-lib-edit", { type: "button", "aria-expanded": "false",
      "aria-label": t("edit", { title: track.title }), title: t("edit", { title: track.title }), onclick: () => this.#toggleForm() }, icon("edit"));
    const fact = (value, name) => value && el("span.tri-lib-fact", {
      title: track.corrected.includes(name) ? t("corrected") : null }, value,
      track.corrected.includes(name) && el("span.tri-lib-mark", {}, ` ✓ ${t("corrected")}`));
    const own = new Set(track.user_tags), tags = [...new Set([...own, ...spokenLabels(track.tags.filter((tag) => !own.has(tag)))])].slice(0, 6);
    this.head = el("div.tri-lib-head", {}, el("label.tri-lib-check", {}, this.box), this.play,
      el("div.tri-lib-names", {}, el("strong", {}, track.title),
        el("span.tri-lib-by", {}, [track.artist, track.album, track.year].filter(Boolean).join(" · ") || t("unknown"))),
      el("div.tri-lib-facts", {}, fact(track.tempo_bpm && `${number(track.tempo_bpm, 1)} BPM`, "tempo"),
        fact(spokenKey(track.key), "key"), fact(clock(track.duration_s)), fact(spokenLicence(track.licence)),
        track.ai_music && el("span.tri-lib-fact", { title: track.ai_music.limits }, t("aiMusic", { share: Math.round(100 * track.ai_music.probability) }))),
      el("div.tri-lib-tags", {}, tags.map((tag) => el(own.has(tag) ? "span.tri-lib-tag.tri-lib-own" : "span.tri-lib-tag", {}, tag))),
      this.editing);
    this.node.replaceChildren(this.head);
    this.mark();
    this.sounds(sounding);
  }

  mark() { this.box.checked = this.library.selection.has(this.track.track_id); }
  sounds(id) {
    const on = id === this.track.track_id;
    this.play.replaceChildren(icon(on ? "pause" : "play"));
    this.play.setAttribute("aria-label", t(on ? "pause" : "play", { title: this.track.title }));
    this.node.classList.toggle("tri-lib-on", on);
  }

  #toggleForm() {
    if (this.form) { this.#close(); return; }
    const track = this.track;
    const [tonic, mode] = (track.key || " ").split(" ");
    this.tempo = el("input", { type: "number", min: 20, max: 400, step: "any", value: track.tempo_bpm ?? "" });
    this.tonic = el("select", {}, el("option", { value: "" }, t("unknown")), TONICS.map((n) => el("option", { value: n }, n.replace("#", "♯"))));
    this.mode = el("select", {}, ["major", "minor"].map((m) => el("option", { value: m }, t(m))));
    this.tonic.value = tonic; this.mode.value = mode || "major";
    this.tags = el("input", { type: "text", maxLength: 1000, value: track.user_tags.join(", ") });
    this.fault = alertBox();
    const times = (factor, label) => el("button.tri-lib-btn", { type: "button",
      onclick: () => { if (this.tempo.value) this.tempo.value = Math.round(this.tempo.value * factor * 10) / 10; } }, label);
    const back = (name, field, value) => track.corrected.includes(name) && el("button.tri-lib-link", { type: "button",
      onclick: () => this.#save({ [field]: null }) }, `${t("takeBack")}${value ? ` (${value})` : ""}`);
    const field = (label, ...inputs) => el("label.tri-lib-field", {}, el("span", {}, label), ...inputs);
    this.form = el("form.tri-lib-form", {
      onsubmit: (event) => { event.preventDefault(); this.#save(this.#changed()); },
      onkeydown: (event) => { if (event.key === "Escape") { event.stopPropagation(); this.#close(); } },
    },
      el("div.tri-lib-cell", {}, field(t("tempo"), this.tempo),
        el("div.tri-lib-row", {}, times(0.5, t("half")), times(2, t("double"))),
        back("tempo", "tempo_bpm", track.measured_tempo_bpm && `${number(track.measured_tempo_bpm, 1)} BPM`)),
      el("div.tri-lib-cell", {}, el("div.tri-lib-pair", {}, field(t("tonic"), this.tonic), field(t("mode"), this.mode)),
        back("key", "key", spokenKey(track.measured_key))),
      el("div.tri-lib-cell", {}, field(t("tags"), this.tags), track.tags.length && el("p.tri-lib-hint", {}, `${t("heardTags")}: ${spokenLabels(track.tags).join(", ")}`)),
      this.fault,
      el("div.tri-lib-row", {}, el("button.tri-lib-btn.tri-lib-main", { type: "submit" }, t("save")),
        el("button.tri-lib-btn", { type: "button", onclick: () => this.#close() }, t("cancel"))));
    this.node.append(this.form);
    this.editing.setAttribute("aria-expanded", "true");
    this.tempo.focus();
  }

  #changed() {
    const body = {}, track = this.track;
    if (this.tempo.value !== "" && Number(this.tempo.value) !== track.tempo_bpm) body.tempo_bpm = Number(this.tempo.value);
    const key = this.tonic.value && `${this.tonic.value} ${this.mode.value}`;
    if (key && key !== track.key) body.key = key;
    const tags = this.tags.value.split(",").map((tag) => tag.trim()).filter(Boolean);
    if (tags.join("\n") !== track.user_tags.join("\n")) body.tags = tags;
    return body;
  }

  async #save(body) {
    this.fault.textContent = "";
    if (!Object.keys(body).length) { this.#close(); return; }
    const url = `/v1/tracks/${encodeURIComponent(this.track.track_id)}`;
    try {
      this.track = await ask(url, { method: "PATCH", json: body, headers: { "If-Match": this.track.etag } });
      this.form = null;
      this.fill();
      this.editing.focus();
      if (this.library.views.overview) this.library.views.overview.stale = true;
    } catch (fault) {
      if (fault.status !== 412) { showFault(this.fault, fault); return; }
      // The next save relies on what is there now; what was typed stays.
      const now = await fetch(url).catch(() => null);
      if (now?.ok) this.track.etag = now.headers.get("ETag");
      this.fault.textContent = t("changed");
    }
  }

  #close() {
    this.form?.remove();
    this.form = null;
    this.editing.setAttribute("aria-expanded", "false");
    this.editing.focus();
  }
}
