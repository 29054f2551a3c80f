// Where the votes stand: strength with its interval, as a plot in a table.
import { clamp, el, number, svg } from "./kit.js";
import { api } from "./studio_api.js";
import { t } from "./studio_texts.js";

const WIDE = 220, HIGH = 28, EDGE = 10;

export class Standings {
  constructor() {
    this.body = el("div.st-standings-body");
    this.node = el("section.st-box.st-standings", { "aria-label": t("standings") }, el("h2", {}, t("standings")), this.body);
  }
  async load() {
    try { this.#show(await api.standings()); } catch (fault) { this.body.replaceChildren(el("p.st-alert", { role: "alert" }, fault.message)); }
  }

  #show({ votes, minimum, systems }) {
    const ranked = systems.filter((s) => s.strength !== null && s.strength !== undefined).sort((a, b) => b.strength - a.strength);
    const others = systems.filter((s) => !ranked.includes(s));
    const low = Math.min(...ranked.map((s) => s.low)), high = Math.max(...ranked.map((s) => s.high)), wide = high - low || 1;
    const x = (value) => EDGE + clamp((value - low) / wide, 0, 1) * (WIDE - 2 * EDGE);
    this.body.replaceChildren(...[
      el("p.st-hint", {}, votes === 1 ? t("votes1") : t("votes", { n: number(votes) })),
      ranked.length ? el("table.st-table.st-ranks", {}, el("caption.st-sr", {}, t("standings")),
        el("thead", {}, el("tr", {}, ["place_", "system", "strength"].map((name) => el("th", { scope: "col" }, t(name))))),
        el("tbody", {}, ranked.map((s, n) => el("tr", { "data-system": s.system },
          el("td", {}, `${n + 1}.`),
          el("th", { scope: "row" }, s.title, el("span.st-hint", {}, t("battles", { n: s.battles, wins: number(s.wins, 1), ties: s.ties }))),
          el("td", {}, this.#interval(s, x), el("span.st-figures", {}, el("b", {}, number(s.strength)), ` (${t("interval", { low: number(s.low), high: number(s.high) })})`)))))) : null,
      ranked.length ? el("p.st-hint.st-key", {}, svg("svg", { viewBox: "0 0 46 16", width: 46, height: 16, "aria-hidden": "true" }, svg("path", { class: "st-span", d: "M3 3v10M43 3v10M3 8h40" }), svg("path", { class: "st-point", d: "M23 2l6 6-6 6-6-6z" })), t("plotKey")) : null,
      ranked.length ? el("p.st-hint", {}, t("scale")) : null,
      others.length ? el("div.st-unranked", {}, el("h3", {}, t("unranked", { n: minimum })), el("ul", {}, others.map((s) => el("li", {}, el("strong", {}, s.title), " ", el("span.st-hint", {}, s.battles === 1 ? t("votes1") : t("votes", { n: number(s.battles) })))))) : null,
      systems.length ? null : el("p", {}, t("noVotes")),
    ].filter(Boolean));
  }
  #interval({ strength, low, high }, x) {
    const middle = HIGH / 2, cap = 7, a = x(low), b = x(high), m = x(strength);
    return svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "st-interval", "aria-hidden": "true" },
      svg("path", { class: "st-axis", d: `M0 ${middle}h${WIDE}` }),
      svg("path", { class: "st-span", d: `M${a} ${middle - cap}v${2 * cap}M${b} ${middle - cap}v${2 * cap}M${a} ${middle}H${b}` }),
      svg("path", { class: "st-point", d: `M${m} ${middle - 7}l7 7-7 7-7-7z` }));
  }
}
