// What a visitor sees first: what there is, examples to press, two clips of our own.
import { addMusic, el, number } from "./kit.js";
import { t } from "./chat_texts.js";

export class Welcome {
  /** @param say sends a message, @param clip sends a sample clip by its name. */
  constructor(say, clip) {
    this.told = el("p.chat-ready", { role: "status" });
    const prompts = [1, 2, 3, 4, 5].map((n) => el("button.chat-btn.chat-pill", { type: "button", onclick: () => say(t(`p${n}`)) }, t(`p${n}`)));
    const clips = ["sea", "drive"].map((name) => {
      const button = el("button.chat-btn.chat-pill", { type: "button", onclick: () => clip(name) }, `▶ ${t(name)}`);
      button.dataset.sample = name;
      return button;
    });
    this.offers = el("div.chat-offers", {}, el("h3", {}, t("examples")), el("div.chat-row", {}, prompts), el("h3", {}, t("clips")), el("div.chat-row", {}, clips));
    this.node = el("section.chat-welcome", {}, this.told, el("p.chat-begin", {}, t("begin")), this.offers);
    this.look();
  }

  async look() {
    // 503 says that there is nothing, or not yet; its body has the number all the same.
    const told = await fetch("/readyz").then((answer) => answer.json()).catch(() => null);
    if (!told) return;
    this.told.replaceChildren(...(told.tracks ? [t("ready", { n: number(told.tracks) })] : [t("empty"), " ", addMusic("chat-btn")]));
    this.told.classList.toggle("chat-empty", !told.tracks);
  }
}
