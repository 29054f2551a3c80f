// Music for the chosen segment: the wish, the licence, and the list that is tried under the picture.

import { fromServer, noMusic, spokenKey, spokenLicence } from "./kit.js";
import { h, field } from "./desk_dom.js";
import { notice } from "./desk_parts.js";
import { icon } from "./desk_player.js";
import { percent, t } from "./desk_texts.js";

// The narrowest licence wish that lets tracks of these terms in.
const WIDER = { "share-alike": "film-sharealike", "non-commercial": "film-noncommercial" };

export function candidatesPanel(desk, player) {
  const wish = h("input", { type: "text", maxlength: "2000", placeholder: t("wishHint"), autocomplete: "off" });
  const licence = h("select", { onchange: () => ask() },
    ["film", "film-sharealike", "film-noncommercial", "any"].map((level) => h("option", { value: level }, t(`licence.${level}`))));
  const span = h("select", { onchange: () => desk.select(span.value === "" ? null : Number(span.value)) });
  const status = h("p", { class: "desk-soft", role: "status" });
  const compose = h("button", { type: "button", class: "desk-compose", "aria-keyshortcuts": "c", title: t("composeHint"), onclick: () => { desk.wish = wish.value.trim(); desk.compose(); } }, t("compose"));
  const left = h("ul", { class: "desk-left" });
  const list = h("ol", { class: "desk-list", "aria-label": t("candidates") });
  const form = h("form", { class: "desk-wish", onsubmit: (event) => { event.preventDefault(); ask(); } },
    field(t("segments"), span), field(t("licence"), licence),
    h("div", { class: "desk-words" }, field(t("wish"), wish), h("button", { type: "submit" }, t("find"))));

  function ask() {
    desk.wish = wish.value.trim(); desk.licence = licence.value;
    desk.at = -1;
    return desk.suggest();
  }
  function spans() {
    const many = desk.sheet.cues.length > 1;
    const options = desk.sheet.cues.map((cue, n) => h("option", { value: String(n) }, many ? t("segmentN", { n: n + 1 }) : t("whole")));
    if (many || !options.length) options.unshift(h("option", { value: "" }, t("whole")));
    span.replaceChildren(...options);
    span.value = desk.segment === null ? "" : String(desk.segment);
  }
  function row(track, n) {
    const facts = [track.tempo_bpm && `${Math.round(track.tempo_bpm)} BPM`, spokenKey(track.key), track.score ? t("fit", { share: percent(track.score) }) : null];
    const take = h("button", { type: "button", class: "desk-take", onclick: () => { desk.at = n; desk.emit("choice"); desk.emit("piece"); desk.take(); } }, t("take"));
    const hear = h("button", { type: "button", class: "desk-hear", "aria-label": t("hear", { title: track.title }),
      onclick: () => (desk.at === n && desk.playing() ? player.toggle() : player.hear(n)),
      onkeydown: (event) => {
        if (event.key === "Enter") { event.preventDefault(); desk.choose(n); desk.take(); }
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) { event.preventDefault(); player.hear(n + step); list.children[desk.at]?.querySelector("button").focus(); }
      } },
      h("span", { class: "desk-mark", "aria-hidden": "true" }, icon("play")),
      h("span", { class: "desk-names" }, h("b", {}, track.title), h("span", {}, track.artist || t("unknownArtist")),
        track.provenance === "generated" ? h("small", { class: "desk-generated" }, t("generated")) : null, h("small", {}, facts.filter(Boolean).map((fact) => fact.replaceAll(" ", "\u00a0")).join(" · ")), h("small", {}, `${spokenLicence(track.licence) || "?"}: ${t(`terms.${track.terms}`)}`)));
    return h("li", { dataset: { track: track.track_id } }, hear, take);
  }
  function show() {
    const { found } = desk;
    status.textContent = !found ? t("asking") : found.tracks.length ? fromServer(found.relaxation ?? "") : t("nothingFits");
    if (!found) return;
    if (!found.tracks.length) noMusic("desk-add").then((way) => { if (way && desk.found === found) status.replaceChildren(...way); });
    list.hidden = !found.tracks.length;
    list.replaceChildren(...found.tracks.map(row));
    left.replaceChildren(...Object.entries(found.left_out).map(([terms, n]) => h("li", {},
      h("span", {}, t("leftOut", { n, why: t(`terms.${terms}`) })),
      h("button", { type: "button", "aria-label": t("showTerms", { why: t(`terms.${terms}`) }),
        onclick: () => { licence.value = WIDER[terms] ?? "any"; licence.focus(); ask(); } }, t("show")))));
    mark();
  }
  function mark() {
    if (!desk.found || !desk.sheet) return;
    [...list.children].forEach((item, n) => {
      const [hear, take] = item.querySelectorAll("button"), track = desk.found.tracks[n];
      const taken = desk.cue.track_id === track.track_id, heard = desk.at === n;
      item.classList.toggle("desk-heard-now", heard);
      hear.setAttribute("aria-pressed", String(heard));
      hear.querySelector("svg").replaceWith(icon(heard && desk.playing() ? "pause" : "play"));
      take.textContent = t(taken ? "taken" : "take");
      take.setAttribute("aria-label", taken ? `${t("taken")}: ${track.title}` : t("takeThis", { title: track.title }));
      take.disabled = taken;
      // Moved inside the list alone: the page stays where it is.
      if (heard && (item.offsetTop < list.scrollTop || item.offsetTop + item.offsetHeight > list.scrollTop + list.clientHeight)) list.scrollTop = item.offsetTop - 8;
    });
  }
  desk.on("film", () => { wish.value = ""; });
  desk.on("sheet segment", () => desk.sheet && (spans(), mark()));
  desk.on("found", show);
  desk.on("asking", () => { status.textContent = t("asking"); });
  desk.on("choice piece playing", mark);
  return h("section", { class: "desk-card desk-candidates" }, h("h3", {}, t("candidates")), form, status, notice(desk, "found"), list, left, h("div", { class: "desk-row" }, compose, h("span", { class: "desk-soft" }, t("composeHint"))));
}
