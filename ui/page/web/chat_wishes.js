// What stands, as chips: always what the server says. One can be removed, put back, or made to count less.
import { el } from "./kit.js";
import { api } from "./chat_api.js";
import { t } from "./chat_texts.js";

const WEIGHTS = { must: 1, some: 0.6, little: 0.25 };
const weightOf = (wish) => wish.hard ? "must" : wish.weight > 0.4 ? "some" : "little";

export class Wishes {
  constructor(chat) {
    this.chat = chat;
    this.list = el("ul.chat-standing", { "aria-label": t("wishes"), tabIndex: -1 });
    this.undo = el("p.chat-undo", { role: "status" });
    this.node = el("div.chat-wishes", {}, this.list, this.undo);
    chat.addEventListener("standing", () => this.show());
    chat.addEventListener("running", () => this.node.querySelectorAll("button, select").forEach((control) => { control.disabled = chat.running !== null; }));
    chat.addEventListener("turns", () => { if (chat.running) this.undo.replaceChildren(); });
    this.show();
  }

  show() {
    const wishes = this.chat.standing.standing;
    this.list.replaceChildren(...(wishes.length ? wishes.map((wish, n) => this.#chip(wish, n + 1)) : [el("li.chat-none", {}, t("noStanding"))]));
  }

  #chip(wish, number) {
    const chosen = weightOf(wish), words = wish.shown;
    const weight = el("select", { "aria-label": t("weight", { wish: words }), onchange: async () => {
      if (!await this.chat.act((id) => api.weigh(id, number, WEIGHTS[weight.value]))) weight.value = chosen;
    } }, Object.keys(WEIGHTS).map((name) => el("option", { value: name, selected: name === chosen }, t(name))));
    return el("li.chat-wish", {}, el("span", {}, words), weight,
      el("button.chat-btn.chat-icon", { type: "button", "aria-label": t("removeWish", { wish: words }), onclick: () => this.#remove(wish, number) }, "×"));
  }

  async #remove(wish, number) {
    if (!await this.chat.act((id) => api.without(id, number))) return;
    const back = el("button.chat-btn", { type: "button", onclick: () => { this.undo.replaceChildren(); this.chat.say(wish.said || wish.wish); } }, t("putBack"));
    this.undo.replaceChildren(t("removedWish", { wish: wish.shown }), " ", back);
    back.focus();
  }
}
