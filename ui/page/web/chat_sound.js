// Hearing a track: by the page's player where there is one, else by a small player in the card.
import { el, fromServer, send } from "./kit.js";
import { t } from "./chat_texts.js";

const hasPlayer = () => customElements.get("tri-player") !== undefined && document.querySelector("tri-player") !== null;
let sounding = null;
const audio = el("audio", { controls: true, preload: "none" });
const told = () => document.dispatchEvent(new CustomEvent("trichord:now", { detail: { track_id: audio.dataset.track, playing: !audio.paused } }));
for (const kind of ["play", "pause", "ended"]) audio.addEventListener(kind, told);
audio.addEventListener("error", async () => {
  const box = audio.parentElement?.querySelector("[role=alert]");
  if (!box || !audio.getAttribute("src")) return;
  const answer = await fetch(audio.src).catch(() => null);
  box.textContent = (answer && !answer.ok && fromServer((await answer.json().catch(() => null))?.detail)) || t("noPreview");
});
document.addEventListener("trichord:pause", () => audio.pause());
document.addEventListener("trichord:now", ({ detail }) => {
  sounding = detail.playing ? detail.track_id : null;
  document.querySelectorAll("tri-chat .chat-card[data-track]").forEach(mark);
});
// One sound at a time on the whole page.
document.addEventListener("play", (event) => {
  if (hasPlayer()) return;
  document.querySelectorAll("audio, video").forEach((other) => { if (other !== event.target) other.pause(); });
}, true);

/** Show on a card whether it sounds. */
export function mark(card) {
  const on = card.dataset.track === sounding, button = card.querySelector(".chat-play");
  card.classList.toggle("chat-sounds", on);
  button.dataset.on = String(on);
  button.setAttribute("aria-label", t(on ? "pause" : "play", { title: card.dataset.title }));
}

/** Play a track of a list, or pause it where it sounds; `place` is where a small player may go. */
export function playOrPause(track, tracks, place, session) {
  if (sounding === track.track_id) { if (hasPlayer()) send("pause", {}); else audio.pause(); return; }
  if (hasPlayer()) { send("play", { tracks, index: tracks.indexOf(track), from: "chat", session_id: session }); return; }
  place.replaceChildren(audio, el("p.chat-alert", { role: "alert" }));
  audio.dataset.track = track.track_id;
  audio.setAttribute("aria-label", t("play", { title: track.title }));
  audio.src = track.preview_url;
  audio.play().catch(() => { /* the error event tells why */ });
}
