"""Wishes out of words: numbers, keys, names and concepts that a text asks for, each with the words that say so.

Deterministic and the same at every door. What is left of the text is what to search by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace

from catalog.names import fold
from retrieval.artists import read_artists
from retrieval.constraints import Constraint, Field
from retrieval.freshness import read_freshness
from retrieval.language_wishes import LANGUAGE_WISH, language_wish
from retrieval.lexical import content_words
from retrieval.naming import read_names
from retrieval.unknowable import read_unknowable
from retrieval.vocabulary import Mention, Vocabulary, load_vocabulary

MAX_WISHES = 40
# From so many words of meaning on, a text is a description; so many of all its words are searched by.
DESCRIPTION, MAX_TOLD = 12, 150
_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60, "ninety": 90, "half": 0.5,
    "half a": 0.5, "half an": 0.5, "a": 1, "an": 1,
}  # fmt: skip
_NUM = (
    r"((?<![\d.,])\d{1,6}(?:[.,]\d{1,3})?|(?:"
    + "|".join(sorted((w for w in _NUMBER_WORDS if len(w) > 2), key=len, reverse=True))
    # A number in words stands apart from its unit: "ones" is not one second.
    + r")(?=[\s-])|an?(?=\s+(?:minute|hour)))"
)
_UNIT = r"(hours?|hrs?|h|minutes?|mins?|min|m|seconds?|secs?|sec|s)\b"
_BELOW = r"(?:under|below|less than|shorter than|at most|no more than|not more than|max(?:imum)?|up to|slower than|<)"
_ABOVE = r"(?:over|above|more than|longer than|at least|no less than|min(?:imum)?|faster than|>)"
_ABOUT = r"(?:around|about|roughly|approximately|~|at|exactly)"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a text asks for. `rest` is the text without names, numbers and keys; concept words stay in it.

    Of a description `rest` is the whole text: its sentences say more than the words that are left of them.

    `freshness` is 1 for "artists I don't know", -1 for "artists I know", None where nothing is said of it.
    """

    constraints: tuple[Constraint, ...]
    rest: str
    n: int | None = None
    freshness: float | None = None


def parse_wishes(
    text: str,
    artists: Mapping[str, str] | Iterable[str] = (),
    vocabulary: Vocabulary | None = None,
    tags: Container[str] = (),
) -> Wishes:
    """Read the wishes of a text.

    Args:
        text: what the user wrote.
        artists: names of the catalogue's artists (or folded names and how they are written), so that "by the bards" is
            known for a name.
        vocabulary: the concepts to look for.
        tags: folded tags that people wrote, so that "dance pop" is one thing.
    """
    reader = _Reader(_without_courtesy(text[:10_000]))
    for rule in (_negative, _tempo, _years, _duration, _key, _licence, _provenance, _language, _freshness):
        rule(reader)
    _unknowable(reader)
    _count(reader)
    vocabulary = vocabulary or load_vocabulary()
    known = artists if isinstance(artists, Mapping) else {fold(a): a for a in artists if fold(a)}
    _playlist(reader)
    _artists(reader, known)
    _album(reader)
    _names(reader, known, tags, vocabulary)
    _clauses(reader, vocabulary)
    _concepts(reader, vocabulary)
    unique = {(c.field, c.op, str(c.value)): c for c in reader.found}
    rest = text[:10_000] if reader.describes else reader.rest
    return Wishes(tuple(unique.values())[:MAX_WISHES], " ".join(rest.split()), reader.n, reader.freshness)


_UNWANTED = re.compile(
    r"\b(?:not|no|without|never|avoid|except|less|fewer)\s+(?:(?:too|so|very|any|that|the|a|an|overly)\s+)*[^\W\d_]+"
)


def residue(text: str, vocabulary: Vocabulary | None = None) -> str:
    """Return the words of a text that carry meaning beyond the concepts it names (those stand as wishes).

    A word that is not wanted ("not cheesy") is none to search by. A description stays whole but for those.
    """
    if is_description(text):
        return " ".join(_UNWANTED.sub(" ", text).split()[:MAX_TOLD])
    blanked = text.casefold()
    for mention in reversed((vocabulary or load_vocabulary()).mentions(text)):
        blanked = blanked[: mention.start] + " , " + blanked[mention.end :]
    blanked = _UNWANTED.sub(" ", blanked)
    return " ".join(content_words(blanked)[:MAX_WISHES])


def is_description(text: str) -> bool:
    """Tell whether a text describes music at length, instead of asking for it in some words."""
    return len(content_words(text[:10_000])) >= DESCRIPTION


def search_text(constraints: Iterable[Constraint], words: str) -> str:
    """Return the text to search by: the wished concepts and artists that lead, then the other words.

    Every door searches by this form, so that a search and a conversation rank alike.
    """
    fields = {"genre", "mood", "instrument"}
    # An artist that must hold decides by itself; one that leads is searched for among the names as well.
    named = [c for c in constraints if c.op == "is" and (c.field in fields or (c.field == "artist" and not c.hard))]
    return " ".join([*(str(c.value) for c in named), words]).strip()


# "I'd love some" and "Beautiful!" are how people talk, no moods of the music.
_COURTESY = re.compile(
    r"\b(?:i|we|you|they|i['’]?d|we['’]?d|would|just|absolutely|really|also|do)\s+(?:also\s+|really\s+)?love(?:d|s)?\b"
    r"|\blove\s+(?:it|them|these|those|this|that|to|your)\b"
    r"|^\s*(?:beautiful|lovely|sweet|cool|perfect|great|nice|brilliant|awesome|wonderful|amazing)\s*[!.,]"
    r"|\b(?:beautiful|lovely|cool|sweet|nice|perfect|great)\s+(?:choices?|list|ones?|job|picks?|selections?|work)\b",
    re.IGNORECASE,
)


def _without_courtesy(text: str) -> str:
    return _COURTESY.sub(lambda m: " " * len(m[0]), text)


class _Reader:
    """The text with what was understood blanked out, so that no words are read twice."""

    def __init__(self, text: str) -> None:
        self.rest = text
        self.describes = is_description(text)
        self.found: list[Constraint] = []
        self.n: int | None = None
        self.freshness: float | None = None

    def take(self, pattern: str, use: Callable[[re.Match[str]], Constraint | list[Constraint] | None]) -> None:
        for match in re.finditer(pattern, self.rest, re.IGNORECASE):
            made = use(match)
            if made is None:
                continue
            source = match.group(0).strip()
            for wish in made if isinstance(made, list) else [made]:
                self.found.append(replace(wish, source_text=source))
            self.blank(*match.span())

    def blank(self, start: int, end: int) -> None:
        self.rest = self.rest[:start] + " " * (end - start) + self.rest[end:]


def number(text: str) -> float:
    """Return the value of a number in digits or in words (half to ninety)."""
    lowered = " ".join(text.casefold().split())
    return float(_NUMBER_WORDS[lowered]) if lowered in _NUMBER_WORDS else float(text.replace(",", "."))


def seconds(amount: str, unit: str) -> float:
    """Return a length of time in seconds."""
    factor = {"h": 3600.0, "m": 60.0}.get(unit[0].casefold(), 1.0)
    return number(amount) * factor


def _negative(reader: _Reader) -> None:
    """Refuse numbers below zero: "-5 minutes" is no length, and surely not five minutes."""
    minus = r"(?:(?<=\s)|^)[-−](\d{1,6}(?:[.,]\d{1,3})?)\s*"
    reader.take(rf"{minus}(?:bpm|beats per minute)", lambda m: Constraint("tempo", "is", -number(m[1])))
    reader.take(rf"{minus}{_UNIT}", lambda m: Constraint("duration", "is", -seconds(m[1], m[2])))


def _tempo(reader: _Reader) -> None:
    bpm = r"\s*(?:bpm|beats per minute)"
    reader.take(
        rf"(?:between\s+|from\s+)?(\d{{1,4}})(?:\s*bpm)?\s*(?:-|–|to|and)\s*(\d{{1,4}}){bpm}",
        lambda m: Constraint("tempo", "between", _pair(m)),
    )
    reader.take(rf"{_BELOW}\s+(\d{{1,4}}){bpm}", lambda m: Constraint("tempo", "max", float(m.group(1))))
    reader.take(rf"{_ABOVE}\s+(\d{{1,4}}){bpm}", lambda m: Constraint("tempo", "min", float(m.group(1))))
    reader.take(
        rf"(?:around|about|roughly|approximately|~)\s*(\d{{1,4}}){bpm}",
        lambda m: Constraint("tempo", "between", (round(0.9 * float(m[1])), round(1.1 * float(m[1])))),
    )
    reader.take(rf"(?:{_ABOUT}\s+)?\b(\d{{1,4}}){bpm}", lambda m: Constraint("tempo", "is", float(m.group(1))))
    reader.take(
        r"(?P<no>\b(?:not|never|isn['’]?t|aren['’]?t|too)\s+(?:(?:too|so|that|very|overly|all that)\s+)?)?"
        r"(?:\b(slow|fast|moderate|medium)(?:[\s-]+(?:tempo|paced|beat)|\s+(?=song|track|music|one|tune))|"
        r"\b(slow|fast)\b(?!er))",
        lambda m: _spoken_tempo((m.group(2) or m.group(3)).casefold(), negated=m["no"] is not None),
    )


def _spoken_tempo(word: str, *, negated: bool) -> Constraint | None:
    slow, fast = (20.0, 90.0), (125.0, 400.0)
    if negated:
        ends = {"slow": (slow[1], fast[1]), "fast": (slow[0], fast[0])}.get(word)
        return None if ends is None else Constraint("tempo", "between", ends, hard=False)
    span = {"slow": slow, "fast": fast}.get(word, (85.0, 130.0))
    return Constraint("tempo", "between", span, hard=False)


def _pair(m: re.Match[str]) -> tuple[float, float]:
    low, high = float(m.group(1)), float(m.group(2))
    return (low, high) if low <= high else (high, low)


def _years(reader: _Reader) -> None:
    year = r"((?:1[89]|20)\d\d)"
    reader.take(
        rf"(?:between|from)\s+{year}\s*(?:-|–|to|and|until)\s*{year}", lambda m: Constraint("year", "between", _pair(m))
    )
    reader.take(rf"\b{year}\s*[-–]\s*{year}\b", lambda m: Constraint("year", "between", _pair(m)))
    reader.take(rf"(?:before|until|older than)\s+{year}", lambda m: Constraint("year", "max", float(m.group(1)) - 1))
    reader.take(rf"(?:after|since|newer than)\s+{year}", lambda m: Constraint("year", "min", float(m.group(1)) + 1))
    reader.take(
        r"(?P<hard>from the |in the |of the )?\b((?:19|20)?\d0)['’]?s\s*(?:and|or|&|,|/|to|-)\s*"
        r"(?:the\s+)?((?:19|20)?\d0)['’]?s\b",
        lambda m: _decades(m.group(2), m.group(3), bool(m["hard"])),
    )
    reader.take(
        # "30s" is a decade in "30s swing" and a length in "under 30s" and "a 30s loop".
        r"(?<!under )(?<!over )(?<!than )(?<!about )(?<!around )(?<!least )(?<!most )(?<!max )(?<!to )"
        r"(?P<hard>from the |in the |of the )?\b((?:19|20)?\d0)['’]?s\b"
        r"(?!\s+(?:long|clip|video|loop|jingle|intro|spot|of)\b)",
        lambda m: _decade(m.group(2), bool(m["hard"])),
    )
    reader.take(
        rf"(?:from|in|of|released in|made in)\s+{year}\b|\b{year}\s+(?=release)",
        lambda m: Constraint("year", "is", float(m.group(1) or m.group(2))),
    )


def _decades(first: str, last: str, hard: bool) -> Constraint:
    spans = [_decade(digits, hard).bounds() for digits in (first, last)]
    return Constraint("year", "between", (min(s[0] for s in spans), max(s[1] for s in spans)), hard=hard)


def _decade(digits: str, hard: bool) -> Constraint:
    start = int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < 30 else 1900)
    return Constraint("year", "between", (float(start), float(start + 9)), hard=hard)


def _duration(reader: _Reader) -> None:
    clock = r"(\d{1,2}):([0-5]\d)\b"
    # One length in two units is one number: "2 min 30 s".
    reader.rest = re.sub(
        r"\b(\d{1,3})\s*m(?:in(?:ute)?s?)?\s*(?:and\s+)?(\d{1,2})\s*s(?:ec(?:ond)?s?)?\b",
        lambda m: f"{60 * int(m[1]) + int(m[2])} s",
        reader.rest,
        flags=re.IGNORECASE,
    )
    reader.take(
        rf"(?:between\s+|from\s+)?{_NUM}\s*(?:-|–|to|and)\s*{_NUM}\s*{_UNIT}",
        lambda m: Constraint(
            "duration", "between", tuple(sorted((seconds(m[1], m[3]), seconds(m[2], m[3]))))  # type: ignore[arg-type]
        ),
    )  # fmt: skip
    for words, op in ((_BELOW, "max"), (_ABOVE, "min"), (_ABOUT, "is")):
        reader.take(
            rf"(?:but\s+)?{words}\s+{clock}",
            lambda m, op=op: Constraint("duration", op, 60.0 * int(m[1]) + int(m[2])),  # type: ignore[misc]
        )
        reader.take(
            rf"(?:but\s+)?{words}\s+{_NUM}\s*{_UNIT}(?:\s+long)?",
            lambda m, op=op: Constraint("duration", op, seconds(m[1], m[2])),  # type: ignore[misc]
        )
    reader.take(
        r"(?<!how )\b(long|short)(?=\s+(?:[\w-]+\s+){0,2}(?:songs?|tracks?|pieces?|tunes?|jingles?|loops?|music)\b)",
        lambda m: Constraint(
            "duration", "between", (300.0, 86_400.0) if m[1].casefold() == "long" else (0.0, 90.0), hard=False
        ),
    )
    reader.take(
        rf"\b{_NUM}[\s-]*{_UNIT}(?:\s+long|\s+of\b)?", lambda m: Constraint("duration", "is", seconds(m[1], m[2]))
    )


def _key(reader: _Reader) -> None:
    # The article is no tonic: "a major battle".
    name = r"((?-i:A)|[B-G])((?:\s?(?:#|♯|b|♭|sharp|flat))?)[\s-]+(major|minor|maj|min)\b"
    reader.take(
        rf"\b(?:in\s+)?(?:the\s+)?(?:key\s+(?:of\s+)?)?{name}",
        lambda m: Constraint("key", "is", f"{m[1]}{m[2]} {m[3]}"),
    )
    reader.take(
        r"\b(?:in|key\s+of)\s+a\s+(major|minor)(?=\s*(?:$|[,.;!?]|(?:at|and|with|please|or|but)\b))",
        lambda m: Constraint("key", "is", f"A {m[1]}"),
    )
    reader.take(r"\bkey\s+of\s+([A-G][#b♯♭]?m?)(?![\w#])", lambda m: Constraint("key", "is", m.group(1)))
    reader.take(
        r"\b(?:in\s+)?(?:a\s+)?(major|minor)\s+(?:key|mode)s?\b|\bin\s+(major|minor)\b",
        lambda m: Constraint("key", "is", (m[1] or m[2]).casefold()),
    )


def _licence(reader: _Reader) -> None:
    reader.take(
        r"\b(?:licen[sc]ed?\s+(?:as\s+|under\s+)?)?(cc0|public[\s-]domain|cc[\s-]by(?:[\s-](?:sa|nc))*)(?:[\s-]\d\.\d)?"
        r"(?:\s+licen[sc]ed?)?\b",
        lambda m: Constraint("licence", "is", re.sub(r"\s", "-", m.group(1).casefold())),
    )
    reader.take(
        r"\b(?:for\s+)?(?:commercial(?:ly)?(?:\s+(?:use|project|film|video))?|royalty[\s-]free|monetiz\w+)\b",
        lambda _: Constraint("licence", "is", "commercial"),
    )


def _provenance(reader: _Reader) -> None:
    reader.take(
        r"\b(?:no|not|without)\s+(?:any\s+)?(?:ai|generated)(?:[\s-](?:music|generated|tracks?|made))*\b|"
        r"\bhuman[\s-]made(?:\s+only)?\b|\bmade by humans\b",
        lambda _: Constraint("provenance", "is", "human"),
    )


def _language(reader: _Reader) -> None:
    reader.take(LANGUAGE_WISH, language_wish)


def _unknowable(reader: _Reader) -> None:
    for words, start, end, keep in list(read_unknowable(reader.rest)):
        reader.found.append(Constraint("other", "is", words.casefold(), words))
        if not keep:
            reader.blank(start, end)


# "whose bassist is left-handed": whatever a clause tells of a track that no concept is named in, nobody can check.
_CLAUSE = re.compile(
    r"\b(?:whose|(?:that|which|who)\s+(?!(?:would|could|can|will|might|may|should|i|we|you|fits?|goes?|go|suits?|works?|"
    r"match(?:es)?|sounds?|feels?|feel|is|are|isn|aren|has|have|makes?|lasts?|lets?|helps?|gets?|keeps?|don|doesn)\b))"
    r"\s*[^,.;!?]{3,60}",
    re.IGNORECASE,
)


def _clauses(reader: _Reader, vocabulary: Vocabulary) -> None:
    for match in list(_CLAUSE.finditer(reader.rest)):
        words = match[0].strip()
        if "  " not in words and content_words(words) and not vocabulary.mentions(words):
            reader.found.append(Constraint("other", "is", words.casefold(), words))
            reader.blank(*match.span())


def _freshness(reader: _Reader) -> None:
    for value, start, end in read_freshness(reader.rest):
        reader.freshness = value
        reader.blank(start, end)


def _count(reader: _Reader) -> None:
    things = r"(?:songs?|tracks?|tunes?|pieces?|titles?|results?|suggestions?|recommendations?|options?|ideas?|more)\b"
    match = re.search(
        rf"\b(\d{{1,3}}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty)\s+(?!of\b)"
        rf"(?:\w+\s+){{0,3}}?{things}|\btop\s+(?P<top>\d{{1,3}})\b",
        reader.rest,
        re.IGNORECASE,
    )
    group = "top" if match and match["top"] else 1
    if match and 1 <= number(match[group]) <= 100:
        reader.n = int(number(match[group]))
        reader.blank(*match.span(group))


def _artists(reader: _Reader, known: Mapping[str, str]) -> None:
    for wish, start, end in read_artists(reader.rest, known):
        reader.found.append(wish)
        reader.blank(start, end)


def _names(reader: _Reader, known: Mapping[str, str], tags: Container[str], vocabulary: Vocabulary) -> None:
    for wish, start, end in list(read_names(reader.rest, known, tags, vocabulary)):
        reader.found.append(wish)
        reader.blank(start, end)
    like = [w for w in reader.found if w.op == "like"]
    if like:
        reader.take(_BY_OTHERS, lambda m: [Constraint("artist", "not", w.value, m[0]) for w in like])


def _playlist(reader: _Reader) -> None:
    reader.take(
        r"\b(?P<no>not\s+)?(?:only\s+)?(?:from|in|on|of|out of)\s+(?:my|the|our)\s+playlist\s+(?:called\s+|named\s+)?"
        r"[\"“„]?(?P<name>[^\"”“,.;!?\n]{1,60}?)[\"”“]?(?=\s+(?:but|and|with|under|over|that)\b|[,.;!?\n]|\s*$)",
        lambda m: Constraint("playlist", "not" if m["no"] else "is", m["name"].strip()),
    )


_BY_OTHERS = (
    r"\b(?:but\s+)?(?:(?:only\s+)?by|from)\s+(?:someone|somebody|anyone)\s+else\b|"
    r"\b(?:but\s+)?(?:by|from|with)?\s*(?:an)?other\s+(?:artists?|bands?|people|singers?|musicians?)\b|"
    r"\b(?:but\s+)?(?:by|from)?\s*(?:a\s+)?different\s+(?:artists?|bands?|people|singers?)\b|"
    r"\b(?:but\s+)?not\s+(?:(?:by\s+)?them|(?:by\s+)?(?:him|her)|the\s+same\s+artist)\b"
)


def _album(reader: _Reader) -> None:
    reader.take(
        r"\b(?:from|on|off)\s+the\s+(?:album|soundtrack|game)\s+(?:of\s+|called\s+)?[\"“]?([^\"”,.;!?\n]{2,60}?)[\"”]?"
        r"(?=\s+(?:but|and|with|under|over)\b|[,.;!?\n]|\s*$)",
        lambda m: Constraint("album", "is", m.group(1).strip()),
    )


_FIELDS: dict[str, Field] = {"genre": "genre", "mood": "mood", "instrument": "instrument", "vocal": "vocal"}


def _concepts(reader: _Reader, vocabulary: Vocabulary) -> None:
    mentions = vocabulary.mentions(reader.rest)
    refused = _refused(reader.rest, mentions)
    unwanted = {mentions[place].start for place in refused}
    runs = {
        run[0].start: run
        for run in vocabulary.alternatives(reader.rest)
        if run[0].concept.family != "vocal" and unwanted.isdisjoint(m.start for m in run)
    }
    later = {m.start for run in runs.values() for m in run[1:]}
    for place, mention in enumerate(mentions):
        concept, negated = mention.concept, place in refused
        if mention.start in later:
            continue
        if (run := runs.get(mention.start)) is not None:
            said = reader.rest[run[0].start : run[-1].end]
            reader.found.append(
                Constraint(_FIELDS[concept.family], "is", " or ".join(m.text for m in run), said, hard=False)
            )
            continue
        if concept.id in {"vocal", "instrumental"}:
            wanted = "instrumental" if (concept.id == "instrumental") != negated else "vocal"
            # Among a description's many words "the singer" tells of the music; alone it is a condition.
            weighs = wanted == "vocal" and reader.describes
            reader.found.append(Constraint("vocal", "is", wanted, mention.text, hard=not weighs))
            continue
        # "no drums" must hold; "not too dark" and "less guitar" are a matter of degree.
        degree = _DEGREE.search(reader.rest[max(0, mention.start - 40) : mention.start]) is not None
        reader.found.append(
            Constraint(
                _FIELDS[concept.family],
                "not" if negated else "is",
                mention.text,
                mention.text,
                hard=negated and not degree,
            )
        )


_DEGREE = re.compile(r"\b(?:too|less|fewer|so|very|overly|that)\s+(?:much\s+|many\s+|of\s+|the\s+)*$", re.IGNORECASE)
_LINK = re.compile(r"\s*(?P<comma>,)?\s*(?P<word>or|nor|and|/|&)?\s*(?:the|any|no)?\s*", re.IGNORECASE)


def _refused(text: str, mentions: list[Mention]) -> set[int]:
    """Return which mentions are not wanted: a negation runs on through a list ("no drums, guitars or piano").

    A bare comma goes on only in a list of three or one that ends in "or"; "no drums, calm" is two wishes.
    """
    refused: set[int] = set()
    for start, mention in enumerate(mentions):
        spoken_no = (
            mention.concept.id == "instrumental" and mention.text != "instrumental" and mention.text != "wordless"
        )
        if not (mention.negated or spoken_no) or start in refused:
            continue
        run, worded = [], False
        for place in range(start + 1, len(mentions)):
            link = _LINK.fullmatch(text[mentions[place - 1].end : mentions[place].start])
            if link is None or not (link["comma"] or link["word"]) or mentions[place].negated:
                break
            either = (link["word"] or "").casefold() in {"or", "nor"}
            alike = mentions[place].concept.family == mention.concept.family or spoken_no
            if not (either or alike) or mentions[place].concept.family == "mood" != mention.concept.family:
                break
            run.append(place)
            worded = worded or link["word"] is not None
        if mention.negated:
            refused.add(start)
        if worded or len(run) > 1:
            refused.update(run)
    return refused
