// One track of an answer: what it is, why it is here, and what can be done with it.
import { clock, el, send, spokenKey, spokenLabels, spokenLicence, svg } from "./kit.js";
import { cover } from "./chat_cover.js";
import { mark, playOrPause } from "./chat_sound.js";
import { percent, t } from "./chat_texts.js";

const SIGNS = { true: ["✓", "held"], false: ["✗", "notHeld"], null: ["?", "untold"] };
const ORIGINS = { generated: "generated", human: "human" };
const SHAPES = {
  like: "M7 10v11H3V10zm0 0 5-8c2 0 3 1 2 5h6c1 0 2 1 1.500 2.500l-2.500 9c-.3 1-1 2.500-2 2.500H7",
  play: "M8 5v14l11-7z", pause: "M7 5h4v14H7zM14 5h4v14h-4z",
};
export const shape = (name, turned = false) => svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: `chat-i-${name}` },
  svg("path", { d: SHAPES[name], ...(turned ? { transform: "rotate(180 12 12)" } : {}) }));

/**
 * The card of a track.
 * @param list all tracks of its answer
 * @param chat the conversation, or null in a view that is only read
 * @param say puts a wish or a reason into the conversation's language
 */
export function card(track, handle, list, chat, say) {
  const place = el("div.chat-audio");
  const play = el("button.chat-play", { type: "button", onclick: () => playOrPause(track, list, place, chat?.id) }, cover(track), shape("play"), shape("pause"));
  const facts = [track.tempo_bpm && `${Math.round(track.tempo_bpm)} BPM`, spokenKey(track.key), clock(track.duration_s), track.year].filter(Boolean);
  const origin = ORIGINS[track.provenance];
  const made = el("article.chat-card", { "aria-label": `${handle}: ${track.title}` },
    play,
    el("div.chat-about", {},
      el("h3", {}, el("span.chat-handle", {}, `#${handle}`), ` ${track.title}`),
      el("p.chat-by", {}, [track.artist || t("byUnknown"), track.album].filter(Boolean).join(" · "))),
    el("span.chat-score", { title: t("fitsHelp") }, t("fits", { p: percent(track.score) })),
    el("div.chat-body", {},
      track.why ? el("p.chat-why", {}, say(track.why)) : null,
      el("p.chat-facts", {}, el("span", {}, facts.join(" · ")),
        el(`span.chat-badge.chat-from-${origin ?? "unknown"}`, {}, t(origin ?? "unknownMade"))),
      credit(track),
      track.tags.length ? el("ul.chat-tags", {}, spokenLabels(track.tags).slice(0, 5).map((tag) => el("li", {}, tag))) : null,
      track.wishes.length ? held(track.wishes, say) : null,
      place,
      actions(track, handle, chat)));
  made.dataset.track = track.track_id;
  made.dataset.title = track.title;
  mark(made);
  return made;
}

function credit(track) {
  return el("details.chat-credit", {}, el("summary", {}, track.licence ? t("licence", { name: spokenLicence(track.licence) }) : t("noLicence")),
    el("p", {}, track.attribution || t("noCredit")));
}

function held(wishes, say) {
  return el("ul.chat-held", { "aria-label": t("wishesOf") }, wishes.map((w) => {
    const [sign, words] = SIGNS[String(w.held)];
    return el(`li.chat-w-${words}`, { title: say(w.evidence) }, el("span", { "aria-hidden": "true" }, sign), ` ${say(w.wish)}: `, el("b", {}, t(words)), w.evidence ? ` (${say(w.evidence)})` : "");
  }));
}

function actions(track, handle, chat) {
  const said = el("span.chat-note", { role: "status" });
  const add = el("button.chat-btn", { type: "button", "aria-label": `${t("add")}: ${track.title}`, onclick: () => { send("add", { tracks: [track] }); said.textContent = t("added"); } }, t("add"));
  if (!chat) return el("div.chat-row", {}, add, said);
  const reactions = [["like", "likes"], ["dislike", "dislikes"]].map(([kind, where]) => {
    const button = el("button.chat-btn.chat-icon", { type: "button", "aria-label": t(kind, { title: track.title }), "aria-pressed": String(chat.standing[where].includes(track.track_id)) }, shape("like", kind === "dislike"));
    button.dataset.react = kind;
    button.addEventListener("click", async () => {
      if (await chat.react(track, kind)) reactions.forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
    });
    return button;
  });
  return el("div.chat-row", {}, reactions,
    el("button.chat-btn", { type: "button", "aria-label": `${t("moreLike")}: ${track.title}`, onclick: () => chat.moreLike(track, handle) }, t("moreLike")),
    add,
    el("button.chat-btn.chat-ask-why", { type: "button", "aria-label": `${t("why")} ${track.title}`, onclick: () => { const place = chat.place(track, handle); if (place) chat.say(t("sayWhy", { n: place })); else said.textContent = track.why; } }, t("why")),
    said);
}
