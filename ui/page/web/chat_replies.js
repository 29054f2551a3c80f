// Suggested next messages: what the server offered, else refinements that fit what stands. Never invented facts.
import { el, send } from "./kit.js";
import { t } from "./chat_texts.js";

// Refinements by what makes them pointless: a wish that stands already, in either direction.
const REFINEMENTS = [
  ["r_calmer", /energy at most|mood calm/], ["r_faster", /tempo at least/], ["r_instr", /vocal instrumental|not vocal/],
  ["r_slower", /tempo at most/], ["r_energetic", /energy at least|mood energetic/], ["r_shorter", /duration at most/], ["r_darker", /mood dark|mood happy/], ["r_else", /^$/],
];
const AGAINST = { r_calmer: /mood energetic|energy at least/, r_faster: /tempo at most/, r_instr: /vocal (?:vocal|female|male)/, r_slower: /tempo at least/, r_energetic: /mood calm|energy at most/, r_shorter: /duration at least/ };
const OFFERS = { relax: ["r_yes", "r_no"], generate: ["r_compose", "r_else"], forget: ["r_yes", "r_no"] };

export function suggested(turn, standing) {
  const offered = OFFERS[standing.waits_for];
  if (offered) return offered.map((key) => t(key));
  if (!turn.tracks?.length) return [];
  const wishes = standing.standing.map((w) => w.wish).join("; ");
  return REFINEMENTS.filter(([key, there]) => !there.test(wishes || "-") && !AGAINST[key]?.test(wishes)).slice(0, 3).map(([key]) => t(key));
}

export function replies(turn, chat) {
  const words = suggested(turn, chat.standing);
  if (!words.length) return null;
  return el("div.chat-replies", { role: "group", "aria-label": t("replies") },
    words.map((said) => el("button.chat-btn.chat-pill", { type: "button", onclick: () => chat.say(said) }, said)),
    // Nothing fits: the studio makes it, with every choice at hand.
    chat.standing.waits_for === "generate" ? el("button.chat-btn.chat-pill.chat-compose", { type: "button", onclick: () => send("compose", { text: turn.message }) }, t("openCompose")) : null);
}
