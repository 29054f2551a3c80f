// The turns below each other. The newest question goes to the top and stays there while its answer grows.
import { el } from "./kit.js";
import { TurnView } from "./chat_turn.js";
import { t } from "./chat_texts.js";

export class Log {
  constructor(chat, hooks, welcome) {
    this.chat = chat; this.hooks = hooks; this.welcome = welcome;
    this.views = new Map();
    this.live = el("p.chat-sr", { role: "status", "aria-live": "polite" });
    this.node = el("div.chat-log", { role: "region", "aria-label": t("chat"), tabIndex: 0 });
    this.following = false;
    for (const kind of ["wheel", "touchmove", "keydown"]) this.node.addEventListener(kind, () => { this.following = false; }, { passive: true });
    chat.addEventListener("turns", () => this.show());
    chat.addEventListener("turn", ({ detail }) => { if (this.views.get(detail)?.update()) this.#later(); });
    for (const kind of ["running", "standing"]) chat.addEventListener(kind, () => this.views.get(chat.last)?.refresh());
  }

  show() {
    const { turns } = this.chat, before = this.newest;
    for (const turn of this.views.keys()) if (!turns.includes(turn)) this.views.delete(turn);
    for (const turn of turns) if (!this.views.has(turn)) this.views.set(turn, new TurnView(turn, this.chat, { ...this.hooks, announce: (words) => { this.live.textContent = words; } }));
    this.views.forEach((view) => view.refresh());
    const lost = !turns.length && this.chat.standing.turn > 0 ? [el("p.chat-older", {}, t("olderGone"))] : [];
    const nodes = turns.length ? turns.map((turn) => this.views.get(turn).node) : [...lost, this.welcome.node];
    // Nodes that stay are left where they are: a player inside one of them goes on playing.
    nodes.forEach((node, n) => { if (this.node.children[n] !== node) this.node.insertBefore(node, this.node.children[n] ?? null); });
    while (this.node.children.length > nodes.length) this.node.lastChild.remove();
    this.newest = turns.at(-1) ?? null;
    if (this.newest && this.newest !== before) { this.following = true; this.follow(); }
  }

  /** Follow once before the next picture, however many words come until then: each look at places lays the page out. */
  #later() { this.frame ??= requestAnimationFrame(() => { this.frame = null; this.follow(); }); }

  follow() {
    const node = this.views.get(this.chat.last)?.node;
    if (!this.following || !node) return;
    this.node.scrollTop += node.getBoundingClientRect().top - this.node.getBoundingClientRect().top - 8;
  }
}
