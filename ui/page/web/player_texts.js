// The player's words in English and German.
import { texts } from "./kit.js";

export const t = texts({
  player: "Player", play: "Play", pause: "Pause", previous: "Previous track", next: "Next track", seek: "Position in the preview",
  at: "{now} of {all}", volume: "Volume", mute: "Mute", unmute: "Sound on", queue: "Queue", queueOf: "Queue ({n})", close: "Close the queue",
  repeat_off: "Repeat: off", repeat_all: "Repeat: the queue", repeat_one: "Repeat: this track", shuffle: "Shuffle",
  clear: "Clear", saveAs: "Save as playlist", title: "Save the queue as", save: "Save", cancel: "Cancel", saved: "Saved as “{title}”.", untitled: "Queue",
  jump: "Play {title}", remove: "Remove {title}", move: "Move {title}; Alt and the up or down arrow", moved: "{title} is now {place} of {all}.",
  gone1: "One track of the queue is no longer in the catalogue and was left out.", gone: "{n} tracks of the queue are no longer in the catalogue and were left out.",
  cannot: "“{title}” cannot be played: {why}", unreadable: "the preview is not readable.", queued: "{n} in the queue.", empty: "Nothing is queued.",
  noLicence: "licence not told", credit: "Licence and attribution", by: "Credit: {words}", generated: "generated",
  keys: "Alt+P plays and pauses, Alt+N and Alt+B go on and back, Alt+U opens the queue.", unknown: "artist unknown",
}, {
  player: "Spieler", play: "Abspielen", pause: "Anhalten", previous: "Voriger Titel", next: "Nächster Titel", seek: "Stelle in der Vorschau",
  at: "{now} von {all}", volume: "Lautstärke", mute: "Stumm", unmute: "Ton an", queue: "Warteschlange", queueOf: "Warteschlange ({n})", close: "Warteschlange schließen",
  repeat_off: "Wiederholen: aus", repeat_all: "Wiederholen: die Schlange", repeat_one: "Wiederholen: dieser Titel", shuffle: "Zufällig",
  clear: "Leeren", saveAs: "Als Playlist speichern", title: "Warteschlange speichern als", save: "Speichern", cancel: "Abbrechen", saved: "Gespeichert als „{title}“.", untitled: "Warteschlange",
  jump: "{title} abspielen", remove: "{title} entfernen", move: "{title} verschieben; Alt und Pfeil auf oder ab", moved: "{title} ist jetzt {place} von {all}.",
  gone1: "Ein Titel der Warteschlange ist nicht mehr im Katalog und wurde ausgelassen.", gone: "{n} Titel der Warteschlange sind nicht mehr im Katalog und wurden ausgelassen.",
  cannot: "„{title}“ lässt sich nicht abspielen: {why}", unreadable: "die Vorschau ist nicht lesbar.", queued: "{n} in der Warteschlange.", empty: "Nichts ist eingereiht.",
  noLicence: "Lizenz nicht angegeben", credit: "Lizenz und Namensnennung", by: "Nennung: {words}", generated: "erzeugt",
  keys: "Alt+P spielt und hält an, Alt+N und Alt+B gehen vor und zurück, Alt+U öffnet die Warteschlange.", unknown: "Interpret unbekannt",
});
