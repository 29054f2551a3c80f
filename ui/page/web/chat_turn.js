// One message and its answer. Cards are made once; words grow below them.
import { el, icon } from "./kit.js";
import { replies } from "./chat_replies.js";
import { results } from "./chat_results.js";
import { percent, t } from "./chat_texts.js";

export class TurnView {
  /** @param hooks {edit(turn), announce(words)}; `chat` null: only to be read. */
  constructor(turn, chat, hooks) {
    this.turn = turn; this.chat = chat; this.hooks = hooks;
    const files = turn.attachments ?? [];
    this.edit = chat ? el("button.chat-btn.chat-icon.chat-edit", { type: "button", "aria-label": t("edit"), onclick: () => hooks.edit(turn) },
      icon("edit")) : null;
    this.said = el("div.chat-said", {}, this.edit, el("div.chat-bubble", {}, el("span.chat-sr", {}, `${t("you")}: `), turn.message || "…",
      files.map((file) => el("span.chat-file", {}, `${file.name} (${t(`k_${file.kind}`)})`))));
    this.found = el("div.chat-found");
    this.words = el("p.chat-words");
    this.state = el("p.chat-state");
    this.fault = el("p.chat-alert", { role: turn.live ? "alert" : null });
    this.after = el("div.chat-after");
    this.node = el("article.chat-turn", { "aria-label": turn.message.slice(0, 80) || files.map((f) => f.name).join(", ") },
      this.said, el("div.chat-answer", {}, this.found, this.words, this.state, this.fault, this.after));
    if (turn.status === "running") this.slow = setTimeout(() => { if (!this.shown && turn.status === "running") this.state.textContent = t("slow"); }, 4000);
    this.update();
  }

  /** Show what has come; false where nothing looks otherwise. */
  update() {
    const { turn } = this, had = [this.shown, this.words.textContent, this.state.textContent];
    if (turn.tracks && !this.shown) {
      this.shown = true;
      const made = results(turn, this.chat);
      if (made) this.found.replaceChildren(made);
      performance.mark("tri-chat-results");
    }
    if (this.words.textContent !== turn.reply) this.words.textContent = turn.reply;
    if (turn.status === "running") { if (!this.state.textContent) this.state.textContent = t("working"); if (this.shown) this.state.textContent = ""; return [this.shown, this.words.textContent, this.state.textContent].some((now, n) => now !== had[n]); }
    clearTimeout(this.slow);
    this.state.textContent = turn.status === "stopped" ? t("stopped") : "";
    if (this.fault.textContent !== (turn.error ?? "")) this.fault.textContent = turn.error ?? "";
    if (turn.live && !this.announced && turn.status === "done") {
      this.announced = true;
      this.hooks.announce(t(turn.tracks?.length ? "answered" : "answeredWords", { n: turn.tracks?.length, words: turn.reply }));
    }
    this.refresh();
    return true;
  }

  /** What only the last turn has: trying again, suggested messages. */
  refresh() {
    const { turn, chat } = this, last = chat !== null && chat.last === turn, idle = last && !chat.running;
    if (turn.status === "running") return;
    // Made anew only where it would look otherwise: earlier turns stay as they are.
    const now = [last, idle, turn.status, turn.plan, turn.trace, turn.decision, last ? chat.standing : null];
    if (this.settled && now.every((each, n) => each === this.settled[n])) return;
    this.settled = now;
    const open = this.after.querySelector("details")?.open ?? false;
    this.after.replaceChildren(...[
      last && idle && turn.status === "done" ? replies(turn, chat) : null,
      last ? el("button.chat-btn.chat-retry", { type: "button", disabled: !idle, onclick: () => chat.instead(turn, turn.message) }, t("tryAgain")) : null,
      turn.plan ? trace(turn, open) : null].filter(Boolean));
  }
}

/** How a turn came about; made when somebody looks. */
function trace(turn, open) {
  const made = el("details.chat-fold.chat-trace", { open, ontoggle: () => { if (made.open && made.children.length === 1) made.append(...steps(turn)); } }, el("summary", {}, t("trace")));
  return made;
}

function steps(turn) {
  const { plan } = turn;
  const done = (turn.trace ?? []).map((step) => el("li", {}, el("b", {}, step.name), ` ${step.detail} `, el("i", {}, `${Math.round(step.ms)} ms`)));
  if (!turn.trace?.some((step) => step.name === "understand")) {
    done.unshift(el("li", {}, el("b", {}, t("understood")), ` ${plan.intent}, ${t("by", { name: plan.planner, p: percent(plan.confidence) })}`));
  }
  const told = Object.fromEntries(Object.entries(plan).filter(([, v]) => v !== null && v !== false && v !== "" && !(Array.isArray(v) && !v.length)));
  return [el("ol", {}, done),
    el("details", {}, el("summary", {}, t("plan")), el("pre", { tabindex: "0", role: "region", "aria-label": t("plan") }, JSON.stringify(told, null, 1)))];
}
