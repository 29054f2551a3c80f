// The cue sheet changed by words: "keep the drums, calmer in the middle".

import { field, h } from "./desk_dom.js";
import { notice } from "./desk_parts.js";
import { t } from "./desk_texts.js";

export function sayPanel(desk) {
  const words = h("input", { type: "text", maxlength: "2000", placeholder: t("sayHint"), autocomplete: "off" });
  const send = h("button", { type: "submit" }, t("saySend"));
  const done = h("ul", { class: "desk-said", role: "status", "aria-label": t("said") });
  const form = h("form", { class: "desk-say", onsubmit: (event) => { event.preventDefault(); say(); } },
    h("div", { class: "desk-words" }, field(t("say"), words), send));

  async function say() {
    const message = words.value.trim();
    if (!message || send.disabled) return;
    send.disabled = true;
    done.replaceChildren(h("li", {}, t("asking")));
    const changes = await desk.say(message);
    send.disabled = false;
    done.replaceChildren(...(changes ?? []).map((change) => h("li", {}, line(change))));
    if (changes && words.value.trim() === message) words.value = "";
  }
  function line({ kind, segment, wish, gain_db, original }) {
    const cue = desk.sheet.cues[segment];
    const where = segment === null ? "" : t("segmentN", { n: segment + 1 });
    const level = gain_db === null ? "" : `${gain_db > 0 ? "+" : ""}${gain_db.toFixed(0)}`;
    return t(kind === "music" && !wish ? "said.other" : `said.${kind}`, { where, wish, title: cue?.title ?? "", level, sound: original ? t({ keep: "keep", duck: "duckOriginal", remove: "remove" }[original]) : "" });
  }
  desk.on("film", () => { words.value = ""; done.replaceChildren(); });
  return h("div", { class: "desk-talk" }, form, notice(desk, "said"), done);
}
