// Where messages are written. What is typed is kept in this browser until it got through.
import { debounced, el, store, svg } from "./kit.js";
import { Files } from "./chat_files.js";
import { t } from "./chat_texts.js";

const kept = store("tri-chat");
const CLIP = "M20 11l-8.500 8.500a5 5 0 01-7-7L13 4a3.500 3.500 0 015 5l-8.500 8.500a2 2 0 01-3-3L14 7";

export class Box {
  constructor(chat) {
    this.chat = chat;
    this.files = new Files(() => this.#buttons());
    this.editing = null;
    this.text = el("textarea", { rows: 1, maxLength: 20000, placeholder: t(innerWidth < 700 ? "hintShort" : "hint"), "aria-label": t("ask"), "aria-describedby": "tri-chat-keys",
      oninput: () => { this.grow(); this.#save(); }, onkeydown: (event) => this.#key(event), onpaste: (event) => {
        const files = [...event.clipboardData.files];
        if (files.length) { event.preventDefault(); this.files.add(files); }
      } });
    this.attach = el("button.chat-btn.chat-icon", { type: "button", "aria-label": t("attach"), title: t("attach"), onclick: () => this.files.picker.click() },
      svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: CLIP })));
    this.go = el("button.chat-btn.chat-main", { type: "submit" }, t("send"));
    this.halt = el("button.chat-btn.chat-stop", { type: "button", hidden: true, onclick: () => { chat.stop(); this.text.focus(); } }, t("stop"));
    this.note = el("p.chat-editing", { hidden: true }, t("editing"), " ", el("button.chat-btn", { type: "button", onclick: () => this.#unedit() }, t("cancel")));
    this.node = el("form.chat-box", { onsubmit: (event) => { event.preventDefault(); this.submit(); } },
      this.note, this.files.list, this.files.fault,
      el("div.chat-line", {}, this.attach, this.text, this.halt, this.go), this.files.picker,
      el("p.chat-sr", { id: "tri-chat-keys" }, t("keys")));
    this.#save = debounced(() => this.#keep(), 150);
    addEventListener("pagehide", () => this.#keep());
    chat.addEventListener("running", () => this.#buttons());
    this.restore();
  }
  #save = () => {};

  #name() { return `draft-${this.chat.id ?? "new"}`; }
  #keep() { if (!this.editing) kept.set(this.#name(), this.text.value || null); }
  /** Show the draft of the conversation that is open. */
  restore() { this.#unedit(false); this.text.value = kept.get(this.#name()) ?? ""; this.grow(); }

  /** Put back a message that did not get through; what has been typed since stays in front. */
  back({ text, files }) {
    if (this.text.value.includes(text)) return;
    this.text.value = this.text.value ? `${this.text.value}\n${text}` : text;
    if (files.length && !this.files.items.length) this.files.put(files);
    this.grow(); this.#keep();
  }

  submit() {
    const text = this.text.value;
    if (this.chat.running || this.files.waiting || (!text.trim() && !this.files.ready.length)) return;
    const files = this.files.take(), edited = this.editing;
    kept.set(this.#name(), null);
    this.#unedit(false);
    this.text.value = "";
    this.grow();
    if (edited) this.chat.instead(edited, text, files); else this.chat.say(text, files);
  }

  edit(turn) {
    if (this.chat.running) return;
    this.#keep();
    this.editing = turn;
    this.note.hidden = false;
    this.text.value = turn.message;
    this.files.put(turn.attachments ?? []);
    this.grow();
    this.text.focus();
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
  }

  #unedit(restore = true) {
    if (!this.editing) return;
    this.editing = null;
    this.note.hidden = true;
    if (restore) { this.files.take(); this.restore(); this.text.focus(); }
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.submit(); }
    if (event.key === "ArrowUp" && !this.text.value && this.chat.last) { event.preventDefault(); this.edit(this.chat.last); }
    if (event.key === "Escape" && this.editing) { event.preventDefault(); event.stopPropagation(); this.#unedit(); }
  }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 180)}px`;
  }

  #buttons() {
    const running = this.chat.running !== null;
    this.halt.hidden = !running;
    this.go.hidden = running;
    this.go.disabled = this.files.waiting;
  }
}
