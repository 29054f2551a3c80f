// What the words say beyond the fields of the form: chords, lyrics, sections and the like, told in one line.
import { fromServer, number, spokenKey } from "./kit.js";
import { t } from "./studio_texts.js";

const short = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
const SHOWN = {
  time_signature: (value) => value,
  chords: (value) => short(value.join(" | ")),
  vocals: (value) => t(value ? "m_sung" : "m_unsung"),
  lyrics: (value) => `“${short(value.text.replace(/\s+/g, " "))}”`,
  sections: (value) => short(value.map((section) => section.name).join(", ")),
  wanted: (value) => value.join(", "),
  curves: (value) => value.map((curve) => t(`m_${curve.of}`)).join(", "),
  scene: short,
  quality: (value) => t(`m_${value}`),
  steps: String,
  candidates: String,
  adapters: (value) => value.map((adapter) => adapter.name).join(", "),
};

/** Words for what was read that has no field; empty where there is nothing. */
export function alsoRead(told) {
  const found = Object.entries(SHOWN).filter(([name]) => told?.read.includes(name));
  return found.map(([name, words]) => `${t(`m_${name}`)}: ${words(told.request[name])}`).join(" · ");
}

/** Words for the melody that was read or heard, to be corrected where it was misheard; empty without one. */
export function heardMelody(told) {
  const melody = told?.melody;
  if (!melody) return "";
  const read = t("m_melody", { n: melody.count, key: spokenKey(melody.key), tempo: number(melody.tempo_bpm), metre: melody.time_signature });
  return melody.doubts.length ? `${read}. ${t("m_doubts", { doubts: melody.doubts.map(fromServer).join("; ") })}` : read;
}
