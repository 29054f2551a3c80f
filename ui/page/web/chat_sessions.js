// The conversations there are: found, opened, renamed, deleted. And the link to the one that is open.
import { debounced, el, icon, lang } from "./kit.js";
import { api } from "./chat_api.js";
import { t } from "./chat_texts.js";

const PAGE = 30;
const dialog = (label, ...content) => {
  const close = el("button.chat-btn.chat-icon", { type: "button", "aria-label": t("close"), onclick: () => made.close() }, "×");
  const made = el("dialog.chat-dialog", { "aria-label": label, onclick: (event) => { if (event.target === made) made.close(); } },
    el("div.chat-dialog-in", {}, el("div.chat-dialog-head", {}, el("h2", {}, label), close), ...content));
  return made;
};

export class Sessions {
  constructor(chat, opened) {
    this.chat = chat; this.opened = opened;
    this.fault = el("p.chat-alert", { role: "alert" });
    this.search = el("input", { type: "search", placeholder: t("search"), "aria-label": t("search"), maxLength: 200 });
    // What was asked for before a letter was typed no longer matters: it would change the rows under the pointer.
    const found = debounced(() => this.load(), 200);
    this.search.addEventListener("input", () => { this.asked = null; found(); });
    this.list = el("ul.chat-sessions");
    this.told = el("p.chat-note", { role: "status" });
    this.more = el("button.chat-btn", { type: "button", hidden: true, onclick: () => this.load(this.list.children.length) }, t("more"));
    this.node = dialog(t("conversations"), this.search, this.fault, this.list, this.told, this.more);
    this.node.classList.add("chat-drawer");
  }

  show() { this.search.value = ""; this.list.replaceChildren(); this.node.showModal(); this.load(); }

  async load(offset = 0) {
    const asked = this.asked = {};
    try {
      const told = await api.list(this.search.value, offset, PAGE);
      if (asked !== this.asked) return;
      const rows = told.sessions.map((session) => this.#row(session));
      if (offset) this.list.append(...rows); else this.list.replaceChildren(...rows);
      this.more.hidden = this.list.children.length >= told.total;
      this.told.textContent = told.total ? "" : t(this.search.value ? "noneFound" : "noneYet");
      this.fault.textContent = "";
    } catch (fault) { this.fault.textContent = fault.message; }
  }

  #row(session) {
    const title = session.title || t("untitled"), row = el("li.chat-session");
    const open = el("button.chat-open", { type: "button", "aria-current": session.session_id === this.chat.id ? "true" : null, onclick: () => { this.node.close(); this.opened(session.session_id); } },
      el("strong", {}, title),
      el("span.chat-note", {}, [new Date(session.updated_at).toLocaleString(lang, { dateStyle: "medium", timeStyle: "short" }), t(session.turns === 1 ? "oneTurn" : "nTurns", { n: session.turns }), session.session_id === this.chat.id && t("current")].filter(Boolean).join(" · ")));
    const show = () => row.replaceChildren(open,
      el("button.chat-btn.chat-icon", { type: "button", "aria-label": t("rename", { title }), title: t("rename", { title }), onclick: () => this.#rename(row, session, show) }, icon("edit")),
      el("button.chat-btn.chat-icon", { type: "button", "aria-label": t("remove", { title }), title: t("remove", { title }), onclick: () => this.#remove(row, session, show) }, icon("bin")));
    show();
    return row;
  }

  #rename(row, session, show) {
    const field = el("input", { type: "text", value: session.title, maxLength: 120, "aria-label": t("title") });
    row.replaceChildren(el("form.chat-row", { onsubmit: async (event) => {
      event.preventDefault();
      try { await api.rename(session.session_id, field.value); await this.load(); } catch (fault) { this.fault.textContent = fault.message; }
    } }, field, el("button.chat-btn.chat-main", { type: "submit" }, t("save")), el("button.chat-btn", { type: "button", onclick: show }, t("cancel"))));
    field.select(); field.focus();
  }

  #remove(row, session, show) {
    const sure = el("button.chat-btn.chat-stop", { type: "button", onclick: async () => {
      try {
        await api.remove(session.session_id);
        if (session.session_id === this.chat.id) this.opened(null);
        await this.load();
        this.search.focus();
      } catch (fault) { this.fault.textContent = fault.message; }
    } }, t("yesDelete"));
    row.replaceChildren(el("div.chat-row", { role: "group", "aria-label": t("sure") }, el("b", {}, t("sure")), sure, el("button.chat-btn", { type: "button", onclick: show }, t("cancel"))));
    sure.focus();
  }
}

export class Share {
  constructor(chat) {
    this.chat = chat;
    this.link = el("input", { type: "text", readOnly: true, "aria-label": t("shareTitle"), onfocus: () => this.link.select() });
    this.told = el("p.chat-note", { role: "status" });
    this.copy = el("button.chat-btn.chat-main", { type: "button", onclick: async () => {
      try { await navigator.clipboard.writeText(this.link.value); this.told.textContent = t("copied"); } catch { this.link.focus(); this.told.textContent = t("copyByHand"); }
    } }, t("copy"));
    this.back = el("button.chat-btn", { type: "button", onclick: async () => {
      try { await api.unshare(chat.id); this.link.value = ""; this.told.textContent = t("unshared"); this.copy.disabled = this.back.disabled = true; } catch (fault) { this.told.textContent = fault.message; }
    } }, t("unshare"));
    this.node = dialog(t("shareTitle"), el("p", {}, t("shareHelp")), this.link, el("div.chat-row", {}, this.copy, this.back), this.told);
  }

  async show() {
    this.told.textContent = "";
    this.copy.disabled = this.back.disabled = true;
    this.node.showModal();
    try {
      this.link.value = new URL((await api.share(this.chat.id)).url, location.href).href;
      this.copy.disabled = this.back.disabled = false;
      this.copy.focus();
    } catch (fault) { this.told.textContent = fault.message; }
  }
}
