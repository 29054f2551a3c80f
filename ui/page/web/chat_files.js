// Files beside a message: chosen, dropped or pasted, on their way, there, or refused in one sentence.
import { el } from "./kit.js";
import { api, upload } from "./chat_api.js";
import { percent, t } from "./chat_texts.js";

export class Files {
  constructor(changed) {
    this.changed = changed;
    this.limits = { max_files: 8, max_bytes: Infinity, accept: "" };
    this.items = [];
    this.fault = el("p.chat-alert", { role: "alert" });
    this.list = el("ul.chat-files");
    this.picker = el("input", { type: "file", multiple: true, tabIndex: -1, "aria-hidden": "true", className: "chat-sr", onchange: () => { this.add([...this.picker.files]); this.picker.value = ""; } });
    api.limits().then((told) => { this.limits = told; this.picker.accept = told.accept.join(","); }).catch(() => { /* the upload tells */ });
  }

  get waiting() { return this.items.some((item) => !item.file); }
  get ready() { return this.items.map((item) => item.file).filter(Boolean); }

  add(files) {
    this.fault.textContent = "";
    for (const file of files) {
      if (this.items.length >= this.limits.max_files) { this.fault.textContent = t("tooMany", { n: this.limits.max_files }); break; }
      if (file.size > this.limits.max_bytes) { this.fault.textContent = t("tooLarge", { name: file.name, mb: this.limits.max_bytes >> 20 }); continue; }
      this.#send(file);
    }
  }

  /** Take over files that the server has already. */
  put(files) {
    this.#clear();
    files.filter((file) => file.id).forEach((file) => { const item = { file, name: file.name, cancel() {} }; this.items.push(item); this.#show(item); });
    this.changed();
  }

  take() { const given = this.ready; this.#clear(); this.changed(); return given; }

  #clear() { this.items.forEach((item) => item.cancel()); this.items = []; this.list.replaceChildren(); this.fault.textContent = ""; }

  #show(item) {
    item.words = el("span", {}, item.file ? `${item.name} (${t(`k_${item.file.kind}`)})` : t("uploading", { name: item.name, p: 0 }));
    item.bar = el("progress", { max: 1, value: 0, "aria-label": item.name, hidden: !!item.file });
    item.node = el("li", {}, item.words, item.bar, el("button.chat-btn.chat-icon", { type: "button", "aria-label": t("removeFile", { name: item.name }), onclick: () => this.#drop(item) }, "×"));
    this.list.append(item.node);
  }

  #drop(item) {
    item.cancel();
    item.node.remove();
    this.items = this.items.filter((other) => other !== item);
    this.changed();
  }

  async #send(file) {
    const item = { name: file.name };
    const going = upload(file, (share) => { item.bar.value = share; item.words.textContent = t("uploading", { name: file.name, p: percent(share).replace(" %", "") }); });
    item.cancel = going.cancel;
    this.items.push(item);
    this.#show(item);
    this.changed();
    try {
      item.file = await going.done;
      item.words.textContent = `${item.name} (${t(`k_${item.file.kind}`)})`;
      item.bar.hidden = true;
    } catch (fault) {
      if (this.items.includes(item)) this.#drop(item);
      if (fault.name !== "AbortError") this.fault.textContent = fault.message;
    }
    this.changed();
  }
}
