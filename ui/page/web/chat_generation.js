// A piece that is being made: how far it is, stopping it, hearing it, what was measured of it.
import { ask, el, fromServer, send, spokenKey } from "./kit.js";
import { t } from "./chat_texts.js";

const OVER = new Set(["done", "failed", "cancelled"]);

export function generationCard(offer) {
  const url = `/v1/generations/${encodeURIComponent(offer.id)}`;
  const bar = el("progress", { max: 1, value: 0, "aria-label": t("gProgress") }), words = el("p.chat-facts", { role: "status" }, t("st_queued"));
  const stop = el("button.chat-btn", { type: "button", onclick: async () => {
    try { show(await ask(url, { method: "DELETE" })); } catch (fault) { words.textContent = fault.message; }
  } }, t("cancelGen"));
  const place = el("div.chat-genplace", {}, bar, stop);
  const open = el("button.chat-btn.chat-compose", { type: "button", onclick: () => send("compose", { id: offer.id }) }, t("openCompose"));
  const made = el("article.chat-card.chat-gen", { "aria-label": t("genTitle") },
    el("span.chat-gennote", { "aria-hidden": "true" }, "♪"),
    el("div.chat-about", {}, el("h3", {}, offer.text.slice(0, 160)), el("span.chat-badge.chat-from-generated", {}, t("generated"))),
    el("div.chat-body", {}, words, place, el("div.chat-row", {}, open)));

  function show(told) {
    bar.value = told.progress;
    words.textContent = told.status === "running" && told.message ? fromServer(told.message) : t(`st_${told.status}`);
    if (told.status === "failed") words.textContent = fromServer(told.message) || t("st_failed");
    if (!OVER.has(told.status)) return false;
    if (told.status === "done") {
      const r = told.result;
      words.textContent = [`${r.duration_s.toFixed(1)} s`, r.tempo_bpm && `${Math.round(r.tempo_bpm)} BPM`, spokenKey(r.key), t("seed", { n: r.seed }), t("madeBy", { name: r.backend })].filter(Boolean).join(" · ");
      place.replaceChildren(el("audio", { controls: true, preload: "metadata", src: r.audio_url, "aria-label": t("genTitle") }));
    } else place.replaceChildren();
    return true;
  }
  (async () => {
    // The first look comes before the card is on the page.
    for (let looked = 0; !looked || made.isConnected; looked++) {
      try { if (show(await ask(url))) return; } catch (fault) {
        words.textContent = fault.message;
        if (fault.status === 404) { place.replaceChildren(); return; }
      }
      await new Promise((done) => setTimeout(done, 500));
    }
  })();
  return made;
}
