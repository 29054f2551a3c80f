"""Languages that music is sung in: what files call them (ISO 639 codes and names), and their English names.

ID3 (frame TLAN) holds three-letter codes of ISO 639-2, Vorbis comments and sidecars whatever somebody wrote.
"""

from __future__ import annotations

import re

from catalog.names import fold

# English name: other names and codes of ISO 639-1, -2/T, -2/B and -3.
_NAMES = {
    "arabic": "ar ara arb",
    "bengali": "bn ben bangla",
    "chinese": "zh zho chi cmn mandarin yue cantonese",
    "dutch": "nl nld dut nederlands",
    "english": "en eng",
    "french": "fr fra fre francais",
    "german": "de deu ger deutsch",
    "greek": "el ell gre",
    "danish": "da dan dansk",
    "finnish": "fi fin suomi",
    "hebrew": "he heb ivrit",
    "hindi": "hi hin",
    "hungarian": "hu hun magyar",
    "icelandic": "is isl ice",
    "irish gaelic": "ga gle gaeilge",
    "latin": "la lat",
    "norwegian": "no nor nob norsk",
    "romanian": "ro ron rum",
    "swahili": "sw swa kiswahili",
    "thai": "th tha",
    "welsh": "cy cym wel cymraeg",
    "yiddish": "yi yid",
    "czech": "cs ces cze",
    "catalan": "ca cat",
    "croatian": "hr hrv",
    "persian": "fa fas per farsi",
    "indonesian": "id ind",
    "italian": "it ita italiano",
    "japanese": "ja jpn nihongo",
    "korean": "ko kor hangugeo",
    "polish": "pl pol polski",
    "portuguese": "pt por portugues",
    "russian": "ru rus",
    "spanish": "es spa castilian espanol castellano",
    "swedish": "sv swe svenska",
    "turkish": "tr tur turkce",
    "ukrainian": "uk ukr",
    "urdu": "ur urd",
    "vietnamese": "vi vie",
}
# What the codes have for no words, words of no known language, of several, of none of these.
_NONE = frozenset({"zxx", "und", "mis", "mul", "xxx", "unknown", "none", "instrumental", "n a", "other"})
_BY_WORD = {word: name for name, others in _NAMES.items() for word in (name, *others.split())}
LANGUAGES = tuple(_NAMES)
MAX_LANGUAGES = 8


def language_of(word: str) -> str | None:
    """Return the English name (lower case) of one language; its own word where the table lacks it, None for none."""
    folded = fold(word)
    # "en-GB" is English.
    plain = _BY_WORD.get(folded) or _BY_WORD.get(folded.split(" ")[0] if re.match(r"[A-Za-z]{2,3}[-_]", word) else "")
    if plain is not None:
        return plain
    return folded if folded not in _NONE and re.fullmatch(r"[^\W\d_]{2,20}", folded) else None


def languages_in(texts: list[str]) -> tuple[str, ...]:
    """Return the different languages of a tag's values, each of which may list several (``eng/spa``)."""
    words = [w for text in texts for w in re.split(r"[;/,|+&\x00]|\band\b", text) if w.strip()]
    found = (language_of(w.strip()) for w in words[: 4 * MAX_LANGUAGES])
    return tuple(dict.fromkeys(name for name in found if name))[:MAX_LANGUAGES]
