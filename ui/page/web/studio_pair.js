// Two sounds side by side, nothing telling which is which; a vote once both were heard; then what they were.
import { clock, el, fromServer, number, send, spokenLicence } from "./kit.js";
import { api } from "./studio_api.js";
import { playButton } from "./studio_piece.js";
import { kept } from "./studio_pieces.js";
import { t } from "./studio_texts.js";

const SIDES = ["a", "b"];
const CHOICES = ["a", "b", "tie", "both_bad"];

export class Pair {
  #timer = 0;

  /** `calls`: next() when another pair is wanted, voted() when a vote was taken. */
  constructor(calls) {
    this.calls = calls;
    this.battle = null;
    this.node = el("article.st-box.st-pair", { hidden: true, tabIndex: -1, "aria-label": t("pair") });
    document.addEventListener("trichord:at", ({ detail }) => this.#hear(detail));
    document.addEventListener("trichord:now", ({ detail }) => { if (!detail.playing) this.last = null; });
  }
  /** Go on with the pair that was open before a reload. */
  async restore() {
    const id = kept.get("battle");
    if (!id || this.battle) return;
    try { this.open(await api.battle(id)); } catch (fault) { if (fault.status === 404) kept.set("battle", null); }
  }
  open(battle, focus = false) {
    this.battle = battle;
    this.heard = kept.get("heard")?.id === battle.id ? kept.get("heard") : { id: battle.id, a: 0, b: 0 };
    kept.set("battle", battle.id);
    this.stage = "";
    this.node.hidden = false;
    this.onopen?.();
    this.#show();
    if (focus) this.node.focus();
    if (battle.status === "preparing") this.#follow();
  }
  close() {
    clearTimeout(this.#timer);
    if (this.battle && this.playing) send("pause", {});
    this.battle = null;
    kept.set("battle", null);
    this.node.hidden = true;
  }

  #follow() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const { id } = this.battle ?? {};
      if (!id) return;
      try {
        const told = await api.battle(id);
        if (this.battle?.id !== id) return;
        this.battle = told;
        this.fault.textContent = "";
        this.#show();
      } catch (fault) {
        this.fault.textContent = fault.message;
        if (fault.status === 404) return;
      }
      if (this.battle.status === "preparing") this.#follow();
    }, 700);
  }

  #show() {
    const { status } = this.battle;
    if (status !== this.stage) {
      this.stage = status;
      this.fault = el("p.st-alert", { role: "alert" });
      const next = (words) => el("button.st-btn", { type: "button", onclick: () => this.calls.next() }, words);
      const head = [el("h2", {}, t("pair")), el("p.st-said", {}, t("quoted", { words: this.battle.text }))];
      const parts = {
        preparing: () => [...head, this.bar = el("progress", { max: 1, "aria-label": t("preparing") }), this.told = el("p.st-hint", { role: "status" }), el("div.st-flow", {}, next(t("stopPair")))],
        ready: () => [...head, el("p.st-hint", {}, t("pairEqual")), el("div.st-sides", {}, SIDES.map((side) => this.#side(side))), ...this.#ballot(next)],
        voted: () => [...head, el("div.st-sides", {}, SIDES.map((side) => this.#side(side))), el("p.st-thanks", { role: "status" }, t("counted")), el("div.st-flow", {}, next(t("nextPair")))],
        failed: () => [...head, el("p.st-failed", { role: "alert" }, fromServer(this.battle.message)), el("div.st-flow", {}, next(t("otherPair")))],
      };
      this.node.replaceChildren(...parts[status](), this.fault);
    }
    if (status === "preparing") {
      this.bar.value = this.battle.progress ?? 0;
      const words = fromServer(this.battle.message) || t("preparing");
      if (this.told.textContent !== words) this.told.textContent = words;
    }
    if (status === "ready") this.#listened();
  }
  #side(side) {
    const name = side.toUpperCase(), { id, revealed } = this.battle, sound = this.battle[side], was = revealed?.[side];
    const track = { track_id: `battle:${id}:${side}`, title: t("sideOf", { side: name }), artist: t("blind"), licence: t("licenceLater"), audio_url: sound.audio_url, fleeting: true };
    const wave = Object.assign(document.createElement("tri-wave"), { source: { track, peaks: sound.peaks_url, label: t("waveOf", { title: track.title }) } });
    const heard = el("span.st-hint.st-heard", { "data-side": side });
    return el("section.st-side", { "data-side": side, "aria-label": track.title },
      el("div.st-side-head", {}, el("span.st-letter", { "aria-hidden": "true" }, name), was ? this.#was(was) : heard),
      el("div.st-sound", {}, playButton(wave, track.title), wave));
  }
  #was({ kind, system, title, track }) {
    const made = kind === "generated";
    return el("div.st-was", {}, el(`span.st-badge${made ? ".st-generated" : ""}`, {}, t(made ? "generated" : "fromCatalogue")),
      el("strong", {}, made ? title || system : track?.title ?? title), track?.artist ? el("span.st-hint", {}, [track.artist, spokenLicence(track.licence)].filter(Boolean).join(" · ")) : null);
  }

  #ballot(next) {
    this.buttons = CHOICES.map((choice) => el(`button.st-btn.st-vote`, { type: "button", "data-vote": choice, disabled: true, "aria-describedby": "st-why-wait", onclick: () => this.#vote(choice) }, t(`v_${choice}`)));
    this.why = el("p.st-hint", { id: "st-why-wait" });
    this.words = el("textarea", { id: "st-vote-words", rows: 2, maxLength: 500, value: kept.get("voteWords")?.id === this.battle.id ? kept.get("voteWords").text : "", oninput: () => kept.set("voteWords", { id: this.battle.id, text: this.words.value }) });
    this.sharing = el("input", { type: "checkbox" });
    return [el("div.st-field", {}, el("label", { htmlFor: "st-vote-words" }, t("voteWords")), this.words, el("label.st-check", {}, this.sharing, t("shareWords"))),
      el("div.st-votes", { role: "group", "aria-label": t("vote") }, this.buttons), this.why, el("div.st-flow", {}, next(t("leavePair")))];
  }
  #hear({ track_id, position }) {
    const side = this.battle && SIDES.find((s) => track_id === `battle:${this.battle.id}:${s}`);
    this.playing = side ?? null;
    if (!side) { this.last = null; return; }
    const step = this.last?.side === side ? position - this.last.position : 0;
    this.last = { side, position };
    // Leaps are seeks: nothing was heard between.
    if (step <= 0 || step > 1.5) return;
    this.heard[side] += step;
    kept.set("heard", this.heard);
    if (this.stage === "ready") this.#listened();
  }
  #listened() {
    const least = this.battle.least_listened_s;
    for (const side of SIDES) {
      const node = this.node.querySelector(`.st-heard[data-side=${side}]`), seconds = this.heard[side];
      if (node) node.textContent = seconds >= least ? t("heardAll", { time: clock(seconds) }) : t("heardSome", { n: number(Math.floor(seconds)), all: least });
    }
    const enough = SIDES.every((side) => this.heard[side] >= least), words = enough ? t("voteNow") : t("hearFirst", { n: least });
    if (this.why.textContent !== words) this.why.textContent = words;
    this.buttons.forEach((button) => { button.disabled = !enough; });
  }
  async #vote(choice) {
    if (this.busy) return;
    this.busy = true;
    this.fault.textContent = "";
    const { a, b } = this.heard, words = this.words.value.trim();
    try {
      this.battle = await api.vote(this.battle.id, { choice, listened_s: { a, b }, ...(words ? { words, share_words: this.sharing.checked } : {}) });
      this.choice = choice;
      this.#show();
      this.node.focus();
      this.calls.voted();
    } catch (fault) {
      // Voted already, in another window: what it was is told there.
      if (fault.status === 409) this.battle = await api.battle(this.battle.id).catch(() => this.battle);
      this.#show();
      this.fault.textContent = fault.message;
    }
    this.busy = false;
  }
}
