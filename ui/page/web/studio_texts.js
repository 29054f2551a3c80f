// The studio's words in English and German.
import { lang, number, texts } from "./kit.js";

const EN = {
  views: "Compose", make: "Make a piece", compare: "Compare blind", newPiece: "A new piece", words: "Say what it should be", wordsHint: "30 seconds of calm piano in D minor, no drums", examples: "For example",
  x1: "20 seconds of calm piano in D minor, no drums", x2: "half a minute of epic orchestral music at 120 BPM", x3: "15 seconds of happy folk with acoustic guitar",
  theBrief: "The brief", briefHelp: "What your words say is filled in; change what you like. What is left open is chosen for you.", open: "left open", from_words: "✎ your words", from_own: "● yours", from_open: "○ open", takeBack: "Take back what you set: {field}",
  duration: "Length", tempo: "Tempo", key: "Key", mood: "Mood", genre: "Genre", energy: "Energy", instruments: "Instruments", negative: "Leave out", negativeHint: "drums, choir…", seed: "Seed", dice: "Another seed, by dice", addInstrument: "add one, Enter", removeIt: "Remove {name}",
  calm: "calm", middle: "medium", driving: "driving", noNumber: "Write a number here.", lastWord: "Your words ask for “{name}”: take it out there.", empty: "Say in a few words what it should be.",
  who: "Who makes it", whoLater: "Say what it should be; then you see who can make it.", whoFault: "First mend what is marked above.", s_full: "can do all of it", s_partial: "can do it but for {missing}", s_no: "cannot: {reason}", needs: "needs {time}", licenceOf: "licence {name}", start: "Make it", byWhom: "by {title}, in {time}",
  changes: "A changed “{title}”", notChange: "As a piece of its own", making: "Being made", made: "Your pieces", noneMade: "Nothing was made yet.", loading: "One moment…", more: "Show more", lookingAgain: "It is being looked for again.",
  st_queued: "waiting", st_running: "being made", st_done: "ready", st_failed: "failed", st_cancelled: "cancelled", said_done: "“{title}” is ready.", said_failed: "“{title}” failed.", said_cancelled: "“{title}” was cancelled.",
  placeNext: "next in the queue", place: "place {n} in the queue", left: "{time} left", readyIn: "ready in {time}", etaUnknown: "time not known yet", progressOf: "Progress of “{title}”", cancel: "Cancel", cancelOf: "Cancel “{title}”", tryAgain: "Try again", remove: "Delete", untitled: "A piece without words",
  soon: "a moment", aboutS: "about {n} s", aboutM: "about {n} min", justNow: "just now", minutesAgo: "{n} min ago", hoursAgo: "{n} h ago",
  generated: "Generated", seedOf: "seed {n}", play: "Play {title}", pause: "Pause {title}", at: "{now} of {all}", waveOf: "Position in {title}", close: "Close", unknown: "artist unknown",
  nearCopy: "Close to a copy.", nearCopyOf: "Large parts of it run as in “{title}”. Listen to both before you use it.", aTrack: "a track of the catalogue",
  measuredBack: "Asked and measured", measuredHelp: "Measured in the finished file, as any track of the catalogue is.", notMeasured: "It was not measured.", what: "What", askedFor: "Asked", measured: "Measured", verdict: "Result", loudness: "Loudness", unheard: "none heard", notAsked: "not asked", cannotTell: "cannot be told", agrees: "agrees", differs: "differs",
  closest: "Closest in the catalogue", noNear: "Nothing in the catalogue could be compared.", near3: "very similar", near2: "similar", near1: "a little similar", near0: "hardly similar",
  download: "Download", provenance: "Provenance", provenanceHelp: "The provenance says which system made it, from what and when; keep it with the file.", anotherSeed: "Again, with another seed", change: "Change the brief", compareIt: "Compare blind", sure: "Delete the piece and its files for good?", yesRemove: "Delete", keep: "Keep it",
  newPair: "A new pair", pairHelp: "You hear two pieces without knowing what they are, and say which one fits your words better. Only then you learn what they were.", whatAgainst: "What against what", k_catalogue: "Against the catalogue", k_catalogue_help: "a generated piece and a track made by people", k_seeds: "Two tries", k_seeds_help: "one system, two seeds", k_backends: "Two systems", k_backends_help: "the same brief, made by two",
  onlyOne: "(only {title} can do this here)", systemOf: "System {side}", against: "against", begin: "Prepare the pair", withPiece: "With your piece “{title}”", notPiece: "Make a new piece instead", preparing: "The pair is being prepared…", stopPair: "Leave it", pair: "Which one fits better?", quoted: "“{words}”", pairEqual: "Both are equally loud. The sides were drawn by lot.",
  sideOf: "Piece {side}", blind: "blind comparison", licenceLater: "told after the vote", fromCatalogue: "From the catalogue", heardSome: "heard {n} of {all} s", heardAll: "✓ heard {time}", hearFirst: "Listen to at least {n} seconds of each; then you can vote.", voteNow: "You have heard both.", voteWords: "Why? (if you like)", shareWords: "These words may be published with the votes", vote: "Your vote", v_a: "A is better", v_b: "B is better", v_tie: "Equally good", v_both_bad: "Both are bad", leavePair: "Leave without a vote", counted: "Your vote counts. This is what they were.", nextPair: "Next pair", otherPair: "Try another pair",
  standings: "How the votes stand", votes: "{n} votes", votes1: "1 vote", place_: "Place", system: "System", strength: "Strength", battles: "{n} votes, {wins} won, {ties} even", interval: "{low} to {high}", plotKey: "strength, and where it lies with 95 % certainty", scale: "1000 is average; 400 more wins ten times out of eleven.", unranked: "Fewer than {n} votes, not ranked yet", noVotes: "Nobody has voted yet.",
};
const DE = {
  views: "Komponieren", make: "Stück machen", compare: "Blind vergleichen", newPiece: "Ein neues Stück", words: "Sag, wie es sein soll", wordsHint: "30 Sekunden ruhiges Klavier in d-Moll, kein Schlagzeug", examples: "Zum Beispiel",
  x1: "20 Sekunden ruhiges Klavier in d-Moll, kein Schlagzeug", x2: "eine halbe Minute episches Orchester mit 120 BPM", x3: "15 Sekunden fröhlicher Folk mit Akustikgitarre",
  theBrief: "Der Auftrag", briefHelp: "Was deine Worte sagen, ist eingetragen; ändere, was du willst. Was offen bleibt, wird für dich gewählt.", open: "offen", from_words: "✎ deine Worte", from_own: "● von dir", from_open: "○ offen", takeBack: "Zurücknehmen, was du gesetzt hast: {field}",
  duration: "Länge", tempo: "Tempo", key: "Tonart", mood: "Stimmung", genre: "Genre", energy: "Energie", instruments: "Instrumente", negative: "Weglassen", negativeHint: "drums, choir …", seed: "Startwert", dice: "Ein anderer Startwert, gewürfelt", addInstrument: "hinzufügen, Eingabe", removeIt: "{name} entfernen",
  calm: "ruhig", middle: "mittel", driving: "treibend", noNumber: "Schreib hier eine Zahl.", lastWord: "Deine Worte verlangen „{name}“: nimm es dort heraus.", empty: "Sag in ein paar Worten, wie es sein soll.",
  who: "Wer es macht", whoLater: "Sag, wie es sein soll; dann siehst du, wer es machen kann.", whoFault: "Berichtige zuerst, was oben markiert ist.", s_full: "kann alles davon", s_partial: "kann es bis auf {missing}", s_no: "kann es nicht: {reason}", needs: "braucht {time}", licenceOf: "Lizenz {name}", start: "Machen", byWhom: "von {title}, in {time}",
  changes: "„{title}“, geändert", notChange: "Als eigenes Stück", making: "In Arbeit", made: "Deine Stücke", noneMade: "Noch wurde nichts gemacht.", loading: "Einen Moment …", more: "Mehr zeigen", lookingAgain: "Es wird wieder nachgesehen.",
  st_queued: "wartet", st_running: "entsteht", st_done: "fertig", st_failed: "misslungen", st_cancelled: "abgebrochen", said_done: "„{title}“ ist fertig.", said_failed: "„{title}“ ist misslungen.", said_cancelled: "„{title}“ wurde abgebrochen.",
  placeNext: "als Nächstes an der Reihe", place: "Platz {n} in der Schlange", left: "noch {time}", readyIn: "fertig in {time}", etaUnknown: "Dauer noch unbekannt", progressOf: "Fortschritt von „{title}“", cancel: "Abbrechen", cancelOf: "„{title}“ abbrechen", tryAgain: "Noch einmal", remove: "Löschen", untitled: "Ein Stück ohne Worte",
  soon: "ein Augenblick", aboutS: "etwa {n} s", aboutM: "etwa {n} min", justNow: "gerade eben", minutesAgo: "vor {n} min", hoursAgo: "vor {n} h",
  generated: "Erzeugt", seedOf: "Startwert {n}", play: "{title} abspielen", pause: "{title} anhalten", at: "{now} von {all}", waveOf: "Stelle in {title}", close: "Schließen", unknown: "Interpret unbekannt",
  nearCopy: "Fast eine Kopie.", nearCopyOf: "Große Teile verlaufen wie in „{title}“. Hör beide an, bevor du es verwendest.", aTrack: "einem Stück des Katalogs",
  measuredBack: "Verlangt und gemessen", measuredHelp: "An der fertigen Datei gemessen, wie jedes Stück des Katalogs.", notMeasured: "Es wurde nicht gemessen.", what: "Was", askedFor: "Verlangt", measured: "Gemessen", verdict: "Ergebnis", loudness: "Lautheit", unheard: "nicht zu hören", notAsked: "nicht verlangt", cannotTell: "nicht feststellbar", agrees: "stimmt", differs: "weicht ab",
  closest: "Am nächsten im Katalog", noNear: "Im Katalog ließ sich nichts vergleichen.", near3: "sehr ähnlich", near2: "ähnlich", near1: "etwas ähnlich", near0: "kaum ähnlich",
  download: "Herunterladen", provenance: "Herkunft", provenanceHelp: "Die Herkunft sagt, welches System es woraus und wann gemacht hat; bewahre sie bei der Datei auf.", anotherSeed: "Noch einmal, mit anderem Startwert", change: "Auftrag ändern", compareIt: "Blind vergleichen", sure: "Das Stück und seine Dateien endgültig löschen?", yesRemove: "Löschen", keep: "Behalten",
  newPair: "Ein neues Paar", pairHelp: "Du hörst zwei Stücke, ohne zu wissen, was sie sind, und sagst, welches besser zu deinen Worten passt. Erst dann erfährst du es.", whatAgainst: "Was gegen was", k_catalogue: "Gegen den Katalog", k_catalogue_help: "ein erzeugtes Stück und eines von Menschen", k_seeds: "Zwei Versuche", k_seeds_help: "ein System, zwei Startwerte", k_backends: "Zwei Systeme", k_backends_help: "derselbe Auftrag, von zweien gemacht",
  onlyOne: "(nur {title} kann das hier)", systemOf: "System {side}", against: "gegen", begin: "Paar vorbereiten", withPiece: "Mit deinem Stück „{title}“", notPiece: "Stattdessen ein neues machen", preparing: "Das Paar wird vorbereitet …", stopPair: "Lassen", pair: "Welches passt besser?", quoted: "„{words}“", pairEqual: "Beide sind gleich laut. Die Seiten wurden ausgelost.",
  sideOf: "Stück {side}", blind: "Blindvergleich", licenceLater: "nach der Stimme genannt", fromCatalogue: "Aus dem Katalog", heardSome: "{n} von {all} s gehört", heardAll: "✓ {time} gehört", hearFirst: "Hör von jedem mindestens {n} Sekunden; dann kannst du abstimmen.", voteNow: "Du hast beide gehört.", voteWords: "Warum? (wenn du magst)", shareWords: "Diese Worte dürfen mit den Stimmen veröffentlicht werden", vote: "Deine Stimme", v_a: "A ist besser", v_b: "B ist besser", v_tie: "Gleich gut", v_both_bad: "Beide schlecht", leavePair: "Ohne Stimme lassen", counted: "Deine Stimme zählt. Das waren sie.", nextPair: "Nächstes Paar", otherPair: "Ein anderes Paar versuchen",
  standings: "Wie die Stimmen stehen", votes: "{n} Stimmen", votes1: "1 Stimme", place_: "Platz", system: "System", strength: "Stärke", battles: "{n} Stimmen, {wins} gewonnen, {ties} gleich", interval: "{low} bis {high}", plotKey: "Stärke, und wo sie mit 95 % Sicherheit liegt", scale: "1000 ist Durchschnitt; 400 mehr gewinnt zehn von elf Mal.", unranked: "Weniger als {n} Stimmen, noch ohne Platz", noVotes: "Noch hat niemand abgestimmt.",
};
export const t = texts(EN, DE);
export const percent = (share) => `${Math.round(share * 100)} %`;

/** An expected time, never finer than it is known. */
export const about = (seconds) => {
  if (seconds < 1.5) return t("soon");
  if (seconds < 90) return t("aboutS", { n: seconds < 15 ? Math.round(seconds) : Math.round(seconds / 5) * 5 });
  return t("aboutM", { n: number(seconds / 60, seconds < 600 ? 1 : 0) });
};
export const ago = (at) => {
  const minutes = (Date.now() - new Date(at)) / 60_000;
  if (!(minutes >= 0)) return "";
  if (minutes < 1.5) return t("justNow");
  if (minutes < 60) return t("minutesAgo", { n: Math.round(minutes) });
  if (minutes < 24 * 60) return t("hoursAgo", { n: Math.round(minutes / 60) });
  return new Date(at).toLocaleDateString(lang);
};
export const titleOf = ({ request }) => request.text.trim().slice(0, 120) || [request.mood, request.genre, ...(request.instruments ?? [])].filter(Boolean).join(", ") || t("untitled");
