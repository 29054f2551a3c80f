// What a turn found: wishes with their receipts, cards, what is made, what was saved, why no others.
import { ask, el, send } from "./kit.js";
import { card } from "./chat_card.js";
import { generationCard } from "./chat_generation.js";
import { t } from "./chat_texts.js";

const RANKED = /^weighs in the ranking/; // the evidence says itself that the wish is scored
const SIGNS = { enforced: "✓", scored: "≈", unenforceable: "✗" };
const FORMATS = ["m3u8", "xspf", "jspf"];

/** The results of a turn; null where it found nothing to show. `chat` is null in a view that is only read. */
export function results(turn, chat) {
  const say = (english) => turn.words?.[english] ?? english;
  const tracks = turn.tracks ?? [], making = turn.generation?.id, gone = turn.gone ?? [];
  if (!tracks.length && !making && !turn.playlist_id && !gone.length && !turn.receipts?.length && !turn.scene) return null;
  const missing = [...(turn.absent ?? []), ...(turn.unresolved ?? [])];
  return el("div.chat-results", {},
    turn.receipts?.length ? receipts(turn.receipts, say) : null,
    turn.scene ? el("p.chat-scene", {}, t("sees", { words: say(turn.scene.words) }), " ", el("small", {}, turn.scene.limits)) : null,
    missing.length ? el("p.chat-missing", {}, t("foundNot", { names: missing.slice(0, 20).join(", ") })) : null,
    tracks.length ? el("div.chat-cards", {}, tracks.map((track, n) => card(track, turn.handles?.[n] ?? n + 1, tracks, chat, say))) : null,
    gone.map((g) => el("p.chat-missing", {}, t("gone", { n: g.handle, title: g.title }))),
    making ? generationCard(turn.generation) : null,
    turn.playlist_id ? saved(turn.playlist_id) : null,
    tracks.length ? footer(turn, tracks, chat, say) : null);
}

function receipts(given, say) {
  return el("ul.chat-chips", { "aria-label": t("receipts") }, given.map((r) =>
    el(`li.chat-chip.chat-${r.status}`, { title: say(r.evidence) }, el("span", { "aria-hidden": "true" }, `${SIGNS[r.status]} `), say(r.wish), el("span.chat-sr", {}, `: ${t(r.status)}`))));
}

function saved(id) {
  return el("div.chat-row.chat-saved", {}, el("b", {}, t("yourPlaylist")),
    el("button.chat-btn", { type: "button", onclick: () => send("playlist", { id }) }, t("openPlaylist")),
    FORMATS.map((format) => el("a.chat-btn", { href: `/v1/playlists/${encodeURIComponent(id)}/export?format=${format}`, download: "" }, format.toUpperCase())));
}

function footer(turn, tracks, chat, say) {
  const note = el("span.chat-note", { role: "status" });
  const keep = async (format) => {
    try {
      const told = await ask("/v1/playlists", { method: "POST", json: { title: turn.message.slice(0, 80) || "Trichord", track_ids: tracks.map((track) => track.track_id) } });
      const link = el("a", { href: `/v1/playlists/${told.id}/export?format=${format}`, download: `trichord.${format}` });
      document.body.append(link); link.click(); link.remove();
      note.textContent = t("exported", { name: link.download });
    } catch (fault) { note.textContent = fault.message; }
  };
  return el("div.chat-foot", {},
    el("div.chat-row", {},
      el("button.chat-btn", { type: "button", onclick: () => { send("add", { tracks }); note.textContent = t("added"); } }, t("addAll")),
      chat ? el("span.chat-exports", { role: "group", "aria-label": t("exportList") }, el("span", {}, t("exportList")),
        FORMATS.map((format) => { const button = el("button.chat-btn", { type: "button", onclick: () => keep(format) }, format.toUpperCase()); button.dataset.export = format; return button; })) : null,
      note),
    whyNot(turn, chat, say));
}

function whyNot(turn, chat, say) {
  const told = (turn.receipts ?? []).map((r) => el("li", {}, el("b", {}, say(r.wish)), ` – ${RANKED.test(r.evidence) ? say(r.evidence) : `${t(r.status)}: ${say(r.evidence)}`}`));
  return el("details.chat-fold.chat-whynot", {}, el("summary", {}, t("whyNot")),
    told.length ? el("ul", {}, told) : el("p", {}, t("noWishes")),
    turn.relaxation ? el("p", {}, t("without", { words: turn.relaxation })) : null,
    chat ? el("button.chat-btn", { type: "button", onclick: () => chat.say(t("sayWhyAll")) }, t("explain")) : null);
}
