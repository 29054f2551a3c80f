// Values of a brief as the page's language says them, and back: the server knows the English words.
import { lang, spokenKey, spokenLabel } from "./kit.js";
import { NAMES } from "./names_de.js";

const NOTES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const KEYS = NOTES.flatMap((note) => [`${note} major`, `${note} minor`]);
const LISTS = {
  key: KEYS,
  mood: ["calm", "happy", "sad", "dark", "epic", "dreamy", "tense", "romantic", "energetic", "mysterious"],
  genre: ["ambient", "orchestral", "epic", "rock", "metal", "pop", "house", "techno", "synthwave", "lofi", "hip hop", "jazz", "folk", "funk"],
  instruments: ["piano", "electric piano", "acoustic guitar", "electric guitar", "bass", "drums", "violin", "cello", "strings", "harp", "flute", "clarinet", "trumpet", "choir", "organ", "church organ", "accordion", "music box", "bells", "timpani", "marimba"],
};
/** A value of the server as it is shown. */
export const spoken = (name, value) => (name === "key" ? (/^\S+ (major|minor)$/.test(value) ? spokenKey(value) : value) : spokenLabel(value));

const meant = new Map();
for (const [name, list] of Object.entries(LISTS)) for (const value of list) meant.set(`${name} ${spoken(name, value).toLowerCase()}`, value);
// Whatever else is named among the instruments; "Chor" is a choir before it is choral music.
if (lang === "de") for (const [value, word] of Object.entries(NAMES)) if (!meant.has(`instruments ${word.toLowerCase()}`)) meant.set(`instruments ${word.toLowerCase()}`, value);
const FLATS = { de: { des: "Db", es: "Eb", ges: "Gb", as: "Ab", b: "Bb", cis: "C#", dis: "D#", fis: "F#", gis: "G#", ais: "A#", h: "B" } };

/** What was typed as the server's word; what is not known goes as it is. */
export const asked = (name, typed) => {
  const text = typed.trim(), german = name === "key" && lang === "de" && /^([a-h](?:e?s|is)?)[\s-]*(dur|moll)$/i.exec(text);
  const known = meant.get(`${name} ${text.toLowerCase()}`);
  if (known || !german) return known ?? text;
  const note = german[1].toLowerCase();
  return `${FLATS.de[note] ?? note.toUpperCase()} ${german[2].toLowerCase() === "dur" ? "major" : "minor"}`;
};
export const suggestions = (name) => (LISTS[name] ?? []).map((value) => spoken(name, value));
