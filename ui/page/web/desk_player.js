// The picture, its transport, and the music that is heard under it.

import { fromServer } from "./kit.js";
import { clamp, clock, h } from "./desk_dom.js";
import { notice } from "./desk_parts.js";
import { Sound } from "./desk_sound.js";
import { percent, t } from "./desk_texts.js";

const ICONS = { play: "M7 4.5v15l12-7.5z", pause: "M7 4.5h3.6v15H7zm6.4 0H17v15h-3.6z", start: "M5 4.5h2.4v15H5zM20 4.5v15L8.6 12z",
  previous: "M12 6l-7 7h4.5v6h5v-6H19z", next: "M12 19l7-7h-4.5V6h-5v6H5z", loop: "M7 7h9v3l5-4.5L16 1v3H4v8h3zm10 10H8v-3l-5 4.5L8 23v-3h12v-8h-3z" };

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24"); svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export class Player {
  constructor(desk) {
    this.desk = desk;
    this.video = h("video", { class: "desk-video", preload: "auto", playsinline: true, tabindex: "-1", "aria-label": t("film"), onclick: () => this.toggle() });
    this.sound = new Sound(this.video, desk);
    desk.playing = () => !this.video.paused;
    this.playButton = this.#button("play", "play", () => this.toggle(), "desk-primary");
    this.loopButton = this.#button("loop", "loop", () => this.#loop());
    this.loopButton.setAttribute("aria-pressed", "false");
    this.time = h("span", { class: "desk-time" }, "0:00.0 / 0:00.0");
    this.heard = h("p", { class: "desk-heard", "aria-live": "polite" });
    this.back = h("button", { type: "button", hidden: true, onclick: () => desk.stopTrying() }, t("hearSheet"));
    this.waiting = h("p", { class: "desk-waiting", role: "status", hidden: true });
    this.frame = h("div", { class: "desk-frame" }, this.video, this.waiting);
    this.element = h("section", { class: "desk-player", "aria-label": t("film") }, this.frame,
      h("div", { class: "desk-transport" },
        this.#button("start", "toStart", () => this.seek(desk.cue.start_s)), this.playButton,
        this.#button("previous", "previous", () => this.swap(-1)), this.#button("next", "next", () => this.swap(1)),
        this.loopButton, this.time),
      h("div", { class: "desk-row desk-now-line" }, this.heard, this.back), notice(desk, "player"));
    desk.on("film", () => this.#load());
    desk.on("work", () => this.#load());
    desk.on("piece found", () => desk.sheet && this.#name());
    this.video.addEventListener("play", () => this.#playing(true));
    this.video.addEventListener("pause", () => this.#playing(false));
    this.video.addEventListener("timeupdate", () => this.#moved());
    this.video.addEventListener("loadedmetadata", () => this.#moved());
    this.video.addEventListener("seeked", () => this.#moved());
    this.video.addEventListener("error", () => this.video.getAttribute("src") && this.#broken());
    // One player at a time: what is begun elsewhere on the page ends this one.
    document.addEventListener("play", (event) => { if (event.target !== this.video) this.video.pause(); }, true);
  }

  #button(shape, words, onclick, look = "") {
    return h("button", { type: "button", class: `desk-icon ${look}`, "aria-label": t(words), title: t(words), dataset: { do: shape }, onclick }, icon(shape));
  }

  #load() {
    const { film } = this.desk;
    clearTimeout(this.again);
    if (!film) { this.video.pause(); this.video.removeAttribute("src"); this.video.load(); return; }
    this.frame.style.setProperty("--ratio", `${film.width} / ${film.height}`);
    const { state, progress, message, url } = film.video;
    const ready = state === "ready";
    if (ready && !this.video.src.endsWith(url)) this.video.src = url;
    if (!ready) this.video.removeAttribute("src");
    this.waiting.hidden = ready;
    if (state === "failed") {
      this.waiting.replaceChildren(h("span", {}, fromServer(message)), h("button", { type: "button", onclick: () => this.desk.proxyAgain() }, t("proxyAgain")));
    } else this.waiting.textContent = ready ? "" : t("proxy", { share: percent(progress) });
    const looking = ["queued", "running"].includes(film.work.cuts?.status);
    if ((!ready && state !== "failed") || looking) this.again = setTimeout(() => this.desk.refresh().catch(() => this.#load()), 1500);
  }

  async #broken() {
    const answer = await fetch(this.desk.film.video.url, { headers: { Range: "bytes=0-0" } }).catch(() => null);
    const told = answer && !answer.ok ? await answer.json().catch(() => null) : null;
    this.desk.tell("player", fromServer(told?.detail) ?? t("failed"));
  }

  #playing(yes) {
    this.playButton.replaceChildren(icon(yes ? "pause" : "play"));
    this.playButton.setAttribute("aria-label", t(yes ? "pause" : "play"));
    this.playButton.title = t(yes ? "pause" : "play");
    const draw = () => { this.#moved(); if (!this.video.paused) requestAnimationFrame(draw); };
    if (yes) requestAnimationFrame(draw);
    this.desk.emit("playing", yes);
  }
  #moved() {
    if (!this.desk.film) return;
    const { cue, film } = this.desk, time = this.video.currentTime;
    if (this.looping && !this.video.paused && time >= Math.min(cue.end_s, film.duration_s) - 0.05) this.seek(cue.start_s);
    const words = `${clock(time)} / ${clock(film.duration_s)}`;
    if (this.time.textContent !== words) this.time.textContent = words;
    this.desk.emit("time", time);
  }
  #name() {
    const { piece, sheet, trying } = this.desk;
    this.back.hidden = !trying || !sheet.cues.some((cue) => cue.track_id);
    this.heard.textContent = piece ? t("heard", { title: piece.title, artist: piece.artist || t("unknownArtist") }) : t("nothingHeard");
  }
  #loop() {
    this.looping = !this.looping;
    this.loopButton.setAttribute("aria-pressed", String(this.looping));
  }

  async play() {
    const { cue } = this.desk;
    this.sound.unlock();
    if (this.video.ended || (this.desk.trying && !this.#inside(cue))) this.seek(cue.start_s);
    await this.video.play().catch((error) => { if (error.name === "NotSupportedError") this.#broken(); });
  }
  #inside(cue) { return this.video.currentTime >= cue.start_s - 0.01 && this.video.currentTime < cue.end_s; }
  toggle() { return this.video.paused ? this.play() : this.video.pause(); }
  seek(time) { if (this.desk.film) this.video.currentTime = clamp(time, 0, this.desk.film.duration_s); }
  swap(step) { this.hear(this.desk.at < 0 ? (step > 0 ? 0 : -1) : this.desk.at + step); }
  hear(place) {
    this.sound.unlock();
    this.desk.choose(place);
    if (!this.desk.found?.tracks.length) return;
    if (this.video.paused || !this.#inside(this.desk.cue)) this.play();
  }
}
