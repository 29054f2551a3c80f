// <tri-chat>: the conversation. With ?shared=TOKEN in the address, somebody's conversation to read.
import { el, lang } from "./kit.js";
import { api, upload } from "./chat_api.js";
import { Box } from "./chat_box.js";
import { Log } from "./chat_log.js";
import { Share, Sessions } from "./chat_sessions.js";
import { Conversation } from "./chat_state.js";
import { TurnView } from "./chat_turn.js";
import { Welcome } from "./chat_welcome.js";
import { Wishes } from "./chat_wishes.js";
import { t } from "./chat_texts.js";

class TriChat extends HTMLElement {
  connectedCallback() {
    if (this.made) return;
    this.made = true;
    this.lang = lang;
    const fit = () => { if (this.offsetParent) this.style.setProperty("--chat-top", `${Math.round(this.getBoundingClientRect().top + scrollY)}px`); };
    new ResizeObserver(fit).observe(document.body);
    fit();
    const token = new URLSearchParams(location.search).get("shared");
    if (token) this.#read(token); else this.#talk();
  }

  #talk() {
    const chat = this.chat = new Conversation();
    this.fault = el("p.chat-alert", { role: "alert" });
    this.box = new Box(chat);
    this.sessions = new Sessions(chat, (id) => this.open(id));
    this.share = new Share(chat);
    this.log = new Log(chat, { edit: (turn) => this.box.edit(turn) }, new Welcome((text) => chat.say(text), (name) => this.#sample(name)));
    const button = (name, run) => el("button.chat-btn", { type: "button", onclick: run }, t(name));
    const fresh = el("button.chat-btn", { type: "button", "aria-label": t("fresh"), onclick: () => this.open(null) }, t(innerWidth < 700 ? "freshShort" : "fresh"));
    const share = button("share", () => this.share.show());
    this.replaceChildren(
      el("header.chat-head", {}, button("conversations", () => this.sessions.show()), fresh, share),
      this.log.node, this.log.live, this.fault, new Wishes(chat).node, this.box.node, this.sessions.node, this.share.node);
    const shareable = () => { share.disabled = !chat.turns.some((turn) => turn.number !== null); };
    for (const kind of ["turns", "turn", "standing"]) chat.addEventListener(kind, shareable);
    chat.addEventListener("fault", ({ detail }) => { this.fault.textContent = detail; });
    chat.addEventListener("running", () => { if (chat.running) this.fault.textContent = ""; });
    chat.addEventListener("lost", ({ detail }) => this.box.back(detail));
    this.addEventListener("keydown", (event) => { if (event.key === "Escape" && chat.running && !event.target.closest("dialog")) { event.preventDefault(); chat.stop(); this.box.text.focus(); } });
    this.box.grow();
    this.#droppable();
    this.log.show();
    shareable();
    chat.load().catch((fault) => { this.fault.textContent = fault.message; });
    if (matchMedia("(pointer: fine)").matches) this.box.text.focus({ preventScroll: true });
  }

  async open(id) {
    this.fault.textContent = "";
    try {
      const opening = this.chat.open(id);
      this.box.restore();
      await opening;
    } catch (fault) { this.fault.textContent = fault.message; }
    this.box.text.focus();
  }

  async #sample(name) {
    this.fault.textContent = "";
    try {
      const answer = await fetch(`/web/samples/${name}.mp4`);
      const file = await upload(new File([await answer.blob()], `${name}.mp4`, { type: "video/mp4" }), () => {}).done;
      await this.chat.say(t("forClip"), [file]);
    } catch (fault) { this.fault.textContent = fault.message; }
  }

  #droppable() {
    const over = (on) => this.classList.toggle("chat-over", on);
    this.dataset.drop = t("dropHere");
    this.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); over(true); } });
    this.addEventListener("dragleave", (event) => { if (!this.contains(event.relatedTarget)) over(false); });
    this.addEventListener("drop", (event) => {
      over(false);
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.box.files.add([...event.dataTransfer.files]);
    });
  }

  async #read(token) {
    const log = el("div.chat-log", { role: "region", "aria-label": t("chat"), tabIndex: 0 }), head = el("b"), fault = el("p.chat-alert", { role: "alert" });
    this.replaceChildren(el("header.chat-head", {}, head, el("a.chat-btn", { href: "/" }, t("own"))), fault, log);
    this.classList.add("chat-read");
    try {
      const told = await api.shared(token);
      head.textContent = t("sharedView", { title: told.title });
      log.replaceChildren(...told.turns.map((turn) => new TurnView(turn, null, {}).node));
    } catch (error) { fault.textContent = error.message; }
  }
}
customElements.define("tri-chat", TriChat);
