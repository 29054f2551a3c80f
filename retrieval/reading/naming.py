"""Names in a text that nobody announced: artists of the catalogue and tags that people wrote, wherever they stand.

"some Ada Sun and the bards, dance pop if you can, but nothing like Maxstack" names three artists and a tag. What is
named so is a soft wish: it may be meant otherwise ("Europe", "Kiss"), so it leads the ranking and filters nothing.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from functools import partial

from catalog.names import fold
from retrieval.constraints import Constraint, Op
from retrieval.lexical import STOP_WORDS
from retrieval.reading.artists import is_rejected, misspelt
from retrieval.reading.reader import Reader
from retrieval.vocabulary import Vocabulary

Found = tuple[Constraint, int, int]
MAX_NAME_WORDS = 6
_LONGEST_TEXT_WORDS = 400
# A name of so many letters is no other by chance when its spaces are left out.
_JOINED = 6
_WORD = re.compile(r"[\w$][\w'’.$!&+/-]*")
_LIKE = re.compile(
    r"(?:\b(?:like|similar\s+to|in\s+the\s+(?:style|vein|manner|spirit)\s+of|reminiscent\s+of|inspired\s+by|close\s+to|"
    r"à\s+la|resembling|along\s+the\s+lines\s+of|fans?\s+of)\s+(?:the\s+)?(?:artists?\s+|bands?\s+|singers?\s+)?)$",
    re.IGNORECASE,
)
_FOND = re.compile(
    r"\b(?:i|we|they|you|would|['’]d|also|really|do|to)\s+(?:(?:also|really|do|would|all|especially)\s+)*like\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"(?:\b(?:not|no|without|except|exclude|excluding|avoid|skip|never|nothing|neither|nor)\s+(?:by\s+|from\s+|any\s+)?)$",
    re.IGNORECASE,
)


# Many people write names in lower case: "some quavo please", "a bit of rihanna", "i love shakira".
_ASKED = re.compile(
    r"\b(?:some|any|more|(?:bit|lot|lots|songs?|tracks?|music)\s+(?:of|by|from)|something\s+(?:of|by|from)|hear|play|add|love|"
    r"(?:want|need|have|get)(?:\s+some)?)\s+$",
    re.IGNORECASE,
)
_ASKED_END = re.compile(
    r"\s*(?:$|[.,!?;]|(?:songs?|tracks?|music|please|too|as\s+well|now|next|and|or|would|instead|also)\b)",
    re.IGNORECASE,
)
_ONLY = re.compile(r"\s+only\b", re.IGNORECASE)


def read_names(text: str, artists: Mapping[str, str], tags: Container[str], vocabulary: Vocabulary) -> Iterator[Found]:
    """Yield (wish, start, end) for every name in the text, the longest first at each place.

    Args:
        text: what the user wrote.
        artists: folded names of the catalogue's artists and how they are written.
        tags: folded tags that people wrote.
        vocabulary: words that are known already are left to it.
    """
    words = list(_WORD.finditer(text))[:_LONGEST_TEXT_WORDS]
    place = 0
    while place < len(words):
        for length in range(min(MAX_NAME_WORDS, len(words) - place), 0, -1):
            start, end = words[place].start(), words[place + length - 1].end()
            wish = _wish(text, start, end, length, artists, tags, vocabulary)
            if wish is not None:
                lead = _LIKE.search(text[max(0, start - 60) : start]) if wish.field == "artist" else None
                yield wish, start - (len(lead[0]) if lead else 0), end
                place += length - 1
                break
        place += 1


def _wish(
    text: str,
    start: int,
    end: int,
    length: int,
    artists: Mapping[str, str],
    tags: Container[str],
    vocabulary: Vocabulary,
) -> Constraint | None:
    phrase = text[start:end].rstrip(".!'’-")
    name, before = fold(phrase), text[max(0, start - 60) : start]
    like_lead = _LIKE.search(before)
    # "I also like her" asks for her songs; "something like her" for what is near them.
    like = like_lead is not None and _FOND.search(before) is None
    common = length == 1 and (name in STOP_WORDS or vocabulary.concept(name) is not None or len(name) < 3)
    if name not in artists and length > 1 and len(joined := name.replace(" ", "")) >= _JOINED and joined in artists:
        name = joined  # "Dakha Brakha" is DakhaBrakha
    if _is_acronym(phrase, text) and (spelt := " ".join(name.replace(" ", ""))) in artists:
        name, common = spelt, False  # "HER" is H.E.R.
    asked = _ASKED.search(before) is not None and _ASKED_END.match(text, end) is not None
    # "Workout music" is no band's name, unless somebody writes it like one.
    common = common or (phrase.islower() and _says_nothing_new(name, vocabulary))
    named = name in artists and (length > 1 or like or asked or phrase[:1].isupper())
    written = artists[name] if named else misspelt(name, artists) if (asked or like) and name not in tags else None
    if written is not None and not common:
        refused = _is_refused(text[:start], before, like_lead)
        op: Op = "not" if refused else "like" if like else "is"
        only = _ONLY.match(text[end : end + 12]) is not None or before.casefold().endswith("only ")
        return Constraint("artist", op, written, phrase, hard=refused or (only and op == "is"))
    if name in tags and not common and vocabulary.concept(name) is None and not _plain(name):
        refused = _is_refused(text[:start], before, like_lead)
        return Constraint("genre", "not" if refused else "is", name, phrase, hard=refused)
    return None


def _is_refused(said: str, before: str, like_lead: re.Match[str] | None) -> bool:
    """Tell whether a name is turned down; "nothing like her" and "unlike her" refuse, too."""
    if _NOT.search(before) or (like_lead and _NOT.search(before[: like_lead.start()])):
        return True
    return is_rejected(said)


def _is_acronym(phrase: str, text: str) -> bool:
    """Tell whether a word stands in capitals for its letters, in a text that is not all in capitals."""
    letters = phrase.replace(".", "")
    return 1 < len(letters) < _JOINED and letters.isalpha() and letters.isupper() and not text.isupper()


def _says_nothing_new(name: str, vocabulary: Vocabulary) -> bool:
    return all(word in STOP_WORDS or vocabulary.concept(word) is not None for word in name.split())


def _plain(name: str) -> bool:
    return all(word in STOP_WORDS or word.isdigit() for word in name.split())


# Where a name ends that somebody announced: a mark, the end, or a word that goes on.
_END = r"(?=\s+(?:but|and|with|under|over|that|please|from|by|in|at|for)\b|[,.;!?\n]|\s*$)"


def read_album(reader: Reader) -> None:
    """Read the album that a text asks for: "from the album X", "the soundtrack of X", "album “X”"."""
    reader.take(
        r"\b(?:from|on|off)\s+the\s+(?:album|soundtrack|game)\s+(?:of\s+|called\s+)?[\"“]?([^\"”,.;!?\n]{2,60}?)[\"”]?"
        r"(?=\s+(?:but|and|with|under|over)\b|[,.;!?\n]|\s*$)",
        lambda m: Constraint("album", "is", m.group(1).strip()),
    )
    reader.take(
        r"\b(?P<no>(?:not|nothing)\s+(?:from|on)\s+)?(?:(?:from|on)\s+)?(?:the\s+|an?\s+)?album\s+"
        r"(?:called\s+|named\s+|titled\s+)?(?:[\"“](?P<quoted>[^\"”]{2,60})[\"”]|"
        rf"(?P<plain>(?-i:[A-Z0-9])[^,.;!?\n]{{1,60}}?){_END})",
        lambda m: Constraint("album", "not" if m["no"] else "is", (m["quoted"] or m["plain"]).strip()),
    )


def read_title_words(reader: Reader) -> None:
    """Read the words that a title must have, or must not: "with the word love in the title"."""
    reader.take(
        r"(?:\b(?P<no>without|not)\s+)?(?:\b(?:with|containing|contains?|having|has|have|without)\s+)?"
        r"(?:\bthe\s+)?(?:\b(?:words?|names?)\s+)?[\"“]?\b(?P<word>[^\W_][\w'’-]*)[\"”]?\s+in\s+(?:the|its|their)\s+"
        r"(?:titles?|names?)\b(?!\s+track)",
        lambda m: _title_word(m["word"], m["no"] is not None or "without" in m[0].casefold()),
    )
    reader.take(
        r"\btitles?\s+(?:that\s+)?(?:contain|includ|mention)(?:s|es?|ing)?\s+(?:the\s+word\s+)?[\"“]?"
        r"(?P<word>[^\W_][\w'’-]*)[\"”]?",
        lambda m: _title_word(m["word"], False),
    )


def _title_word(word: str, refused: bool) -> Constraint | None:
    if fold(word) in {"word", "words", "it", "that", "is"}:
        return None
    return Constraint("title", "not" if refused else "is", word)


# What people call an edition, the kind that titles are marked with, and whether the word alone means it.
_EDITIONS = {
    "remix": r"remix(?:es|ed)?(?:\s+(?:versions?|tracks?|songs?))?",
    "live": r"live\s+(?:versions?|recordings?|tracks?|albums?|songs?|takes?|performances?|stuff|music|ones?)",
    "remaster": r"remaster(?:s|ed)?(?:\s+(?:versions?|tracks?|songs?|editions?))?",
    "acoustic": r"acoustic\s+(?:versions?|takes?)",
    "demo": r"demo\s+(?:versions?|recordings?|takes?)",
    "cover": r"cover\s+versions?|covers",
    "instrumental": r"karaoke(?:\s+versions?)?",
    "extended": r"extended\s+(?:mix(?:es)?|versions?)",
    "edit": r"radio\s+edits?",
}


def _edition(kind: str, found: re.Match[str]) -> Constraint:
    return Constraint("edition", "not" if found["no"] else "is", kind)


def read_editions(reader: Reader) -> None:
    """Read which editions are refused ("no remixes") or asked for ("live versions"): titles are marked with them."""
    for kind, words in _EDITIONS.items():
        reader.take(
            rf"\b(?P<no>(?:no|not|without|never|avoid|exclud(?:e|ing)|skip)\s+(?:any\s+|the\s+)?)?(?:only\s+|just\s+)?"
            rf"(?:{words})(?:\s+only)?\b(?!\s+(?:of|by)\b)",
            partial(_edition, kind),
        )
