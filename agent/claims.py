"""What a sentence claims, in any of the languages of replies: names, numbers, words about sound, comparisons.

A claim is bound to the track that it is about (the last one named before it), so that a right number beside a wrong
title is seen. What claims look like in a language stands in its table, under ``[claims]`` (`agent.languages`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal

from agent.languages import claim_words, load_tables, words_of
from catalog.names import fold
from retrieval.constraints import KEYS, parse_key
from retrieval.errors import QueryError
from retrieval.vocabulary import load_vocabulary

ClaimKind = Literal[
    "title",
    "place",
    "artist",
    "name",
    "year",
    "tempo",
    "key",
    "length",
    "share",
    "count",
    "fit",
    "concept",
    "comparison",
]
_OPEN, _CLOSE = '“„«《「"', '”“»》」"'
_QUOTED = re.compile(rf"[{_OPEN}]\s*([^{_OPEN}{_CLOSE}]{{1,200}}?)\s*[{_CLOSE}]")
_HANDLE = re.compile(r"#\s?(\d{1,3})\b")
_CLOCK = re.compile(r"(?<![\d:])(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?![\d:])")
_SHARE = re.compile(r"(\d+(?:[.,]\d+)?)\s?%")
_YEAR = re.compile(r"(?<![\d.,])(1[0-9]\d\d|20\d\d)(?![\d.,]*\d)")
# Chinese signs are letters to `re`, and numbers stand between them without blanks.
_BARE, _ALONE = r"(?<![^\W一-鿿])(?<![#.,])", r"(?![^\W一-鿿])"
_NUMBER = re.compile(rf"{_BARE}(\d+(?:\.\d+)?){_ALONE}")
# Two capitalised words in a row are a name, wherever no sentence begins with them.
_NAME = re.compile(r"(?<![\w'’.-])(?-i:[A-ZÀ-ÖØ-Þ][\w'’.-]+)(?:\s(?-i:[A-ZÀ-ÖØ-Þ][\w'’.-]*))+")
_CAPITALS = r"(?-i:[A-ZÀ-ÖØ-Þ][\w'’.-]*|[一-鿿]{2,8})(?:\s(?-i:[A-ZÀ-ÖØ-Þ0-9&][\w'’.-]*))*"
_FILLERS = r"(?:\s+(?:very|too|so|really|any|an?|the|that|sehr|zu|so|muy|tan|très|trop|de|太|很))*"
_SHARP = re.compile(r"♯|[ -]?sharp| sostenido| dièse|^升", re.IGNORECASE)
_FLAT = re.compile(r"♭|[ -]?flat| bemol| bémol|^降", re.IGNORECASE)
_SOLFEGE = {"do": "C", "ut": "C", "re": "D", "ré": "D", "mi": "E", "fa": "F", "sol": "G", "la": "A", "si": "B"}
_GERMAN = {"H": "B", "B": "Bb", "AS": "Ab", "ES": "Eb", "HIS": "B#"}
_MINOR = frozenset({"minor", "moll", "menor", "mineur", "小调"})
# What is masked is no letter, so that no other pattern reads into it.
_MASK = "\ue000"


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a sentence says.

    `value` is folded text or a number in the unit of `TrackFact` (BPM, seconds, a year, a percentage); a concept is
    ``+calm`` or ``-calm``, a share of one ``calm 80``, a key ``9 minor``, a comparison ``tempo +``. `about` is the
    folded title of the track that it is about, `other` that of the one compared with; `span` where it stands.
    """

    kind: ClaimKind
    value: str | float
    about: str | None = None
    span: tuple[int, int] = (0, 0)
    other: str | None = None


@dataclass(frozen=True)
class Known:
    """Names that may be read for what they are: titles, artists, and the title at each place of a list."""

    titles: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    places: Mapping[int, str] = field(default_factory=dict, hash=False)

    @cached_property
    def quoted(self) -> re.Pattern[str]:
        """Matches a title in quotes; the group ``title`` is the title itself."""
        return re.compile(rf"[{_OPEN}]\s?(?P<title>{_either(self.titles)})\s?[{_CLOSE}]", re.IGNORECASE)

    @cached_property
    def plain(self) -> re.Pattern[str]:
        """Matches a title without quotes; a title of one word is a word like any other."""
        several = [title for title in self.titles if len(title.split()) > 1]
        return re.compile(rf"(?<!\w)(?P<title>{_either(several)})(?!\w)")

    @cached_property
    def artist(self) -> str:
        """The pattern of an artist's name."""
        return rf"(?:{_either(self.artists)})(?!\w)"


# Names the track, by its folded title, that a place in a sentence is about.
_About = Callable[[int], str | None]


@dataclass(frozen=True, slots=True)
class _Mark:
    """A track that a sentence names, by its folded title."""

    start: int
    end: int
    title: str


class _Masked:
    """A text in which what was read is blanked; places stay as they were."""

    def __init__(self, text: str) -> None:
        self.text = text

    def hide(self, start: int, end: int) -> None:
        self.text = self.text[:start] + _MASK * (end - start) + self.text[end:]

    def take(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Yield every match, hidden from what is read later."""
        for found in list(pattern.finditer(self.text)):
            self.hide(*found.span())
            yield found


class Reader:
    """Reads the claims of sentences in one language; stateless, safe to call from several threads."""

    def __init__(self, language: str) -> None:
        words = claim_words(language)
        self._language = language
        self._table = next((table for table in load_tables() if table.code == language), None)
        self._by = words["by"]
        between, after = _around_artist(words_of(language).templates["by"])
        self._beside = re.compile(rf"\s*(?:{re.escape(between)}|{self._by})", re.IGNORECASE)
        until = re.escape(after) if after else r"[,.;:!?()（），。；：]|\s\W|$"
        self._artist_after = rf"[^,;:\n\ue000]{{2,80}}?(?={until})"
        self._elsewhere = re.compile(rf"(?:{self._by})(?P<artist>{_CAPITALS})", re.IGNORECASE)
        self._key = re.compile(words["keys"] + r"(?! (?:key|mode))", re.IGNORECASE)
        self._tempo = _number(words["tempo"])
        self._lengths = [(_number(words[unit]), s) for unit, s in (("hours", 3600), ("minutes", 60), ("seconds", 1))]
        numbers = words["numbers"].split()
        self._numbers = {word: n for n, word in enumerate(numbers, 1)}
        gap = "" if language == "zh" else r"\s+(?:\w+\s+)?"
        counted = "|".join(map(re.escape, numbers))
        edge = "" if language == "zh" else r"(?<!\w)"
        self._counted = re.compile(rf"{edge}(\d+|{counted}){gap}(?:{words['tracks']})", re.IGNORECASE)
        self._fits, self._none = (re.compile(words[name], re.IGNORECASE) for name in ("fits", "none"))
        self._it = re.compile(rf"\W*{words['it']}", re.IGNORECASE)
        no = "|".join({words["no"], claim_words("en")["no"]})
        self._no = re.compile(rf"(?:^|(?<=\W)|(?<=[一-鿿]))(?:{no}){_FILLERS}[\s-]*$", re.IGNORECASE)
        # "A 比 B 更快": where the one compared with comes first.
        self._versus = re.compile(words["versus"]) if "versus" in words else None
        self._compare = [
            (re.compile(rf"(?:{p})", re.IGNORECASE), f"{side} {sign}") for p, side, sign in words["compare"]
        ]
        concepts = words_of(language).concepts
        spoken = sorted(concepts, key=lambda concept: -len(concepts[concept]))
        word = "" if language == "zh" else r"\b"
        self._concepts = [
            (re.compile(rf"{word}{re.escape(concepts[c])}{word}", re.IGNORECASE), c)
            for c in spoken
            # Between Chinese signs an English word stands without blanks.
            if language == "zh" or concepts[c].casefold() != c
        ]

    def claims(self, sentence: str, known: Known, carried: str | None = None) -> list[Claim]:
        """Return the claims of a sentence in the order of their kinds; `carried` is what "it" stands for."""
        masked = _Masked(sentence)
        made: list[Claim] = []
        marks = self._titles(masked, known, made)
        named = self._artists(masked, known, marks, made)
        self._places(masked, known, marks, made)
        only = marks[0].title if len({m.title for m in marks}) == 1 else None
        before = carried if not marks and self._it.match(sentence) else only

        def about(place: int) -> str | None:
            told = [m.title for m in marks if m.start <= place]
            return told[-1] if told else before

        made += [Claim("artist", name, about(start), (start, end)) for name, start, end in named]
        self._unknown(masked, made, about)
        self._measures(masked, made, about)
        self._sound(masked, marks, before, made)
        self._compared(masked, marks, carried if self._it.match(sentence) else None, made)
        self._counts(masked, made, about)
        return made

    def _titles(self, masked: _Masked, known: Known, made: list[Claim]) -> list[_Mark]:
        """Read the known titles; return where they stand, in order."""
        patterns = (known.quoted, known.plain) if known.titles else ()
        marks = [_Mark(*m.span(), fold(m["title"])) for pattern in patterns for m in masked.take(pattern)]
        made += [Claim("title", m.title, None, (m.start, m.end)) for m in marks]
        return sorted(marks, key=lambda m: m.start)

    def _artists(
        self, masked: _Masked, known: Known, marks: Sequence[_Mark], made: list[Claim]
    ) -> list[tuple[str, int, int]]:
        """Read the artists beside titles, and the known ones anywhere; return (name, start, end) of "by" them."""
        beside = _beside(self, known)
        for mark in marks:
            found = beside.match(masked.text, mark.end)
            if found is not None and not found["artist"][:1].isdigit():
                made.append(Claim("artist", fold(found["artist"]), mark.title, found.span("artist")))
                masked.hide(*found.span("artist"))
        named = []
        for found in masked.take(_anywhere(self, known)) if known.artists else ():
            if found["by"]:
                named.append((fold(found["artist"]), *found.span("artist")))
            else:
                made.append(Claim("name", fold(found["artist"]), None, found.span("artist")))
        return named

    def _places(self, masked: _Masked, known: Known, marks: list[_Mark], made: list[Claim]) -> None:
        """Read other quotes, and places such as "#3", which name a track as well as its title does."""
        titled = {m.start: m.title for m in marks}
        quoted = {m.start(): fold(m[1]) for m in masked.take(_QUOTED)}
        made += [Claim("title", name, None, (start, start)) for start, name in quoted.items()]
        for found in masked.take(_HANDLE):
            place, after = int(found[1]), _past_blank(masked.text, found.end())
            named = titled.get(after) or quoted.get(after)
            made.append(Claim("place", place, named, found.span()))
            if named is None and place in known.places:
                marks.append(_Mark(*found.span(), fold(known.places[place])))
        marks.sort(key=lambda m: m.start)

    def _unknown(self, masked: _Masked, made: list[Claim], about: _About) -> None:
        """Read what else looks like an artist or a name."""
        for found in masked.take(self._elsewhere):
            span = found.span("artist")
            made.append(Claim("artist", fold(found["artist"]), about(found.start()), span))
        for found in masked.take(_NAME):
            if masked.text[: found.start()].strip(" ¿¡(—-"):
                made.append(Claim("name", fold(found[0]), None, found.span()))

    def _measures(self, masked: _Masked, made: list[Claim], about: _About) -> None:
        for found in masked.take(self._key):
            if (pitch := _pitch(found["tonic"], self._language)) is not None:
                mode = "minor" if found["mode"].casefold() in _MINOR else "major"
                made.append(Claim("key", f"{pitch} {mode}", about(found.start()), found.span()))
        for found in masked.take(self._tempo):
            made.append(Claim("tempo", _float(found[1]), about(found.start()), found.span(1)))
        for found in masked.take(_CLOCK):
            hours, minutes, seconds = (int(part or 0) for part in found.groups())
            length = float(hours * 3600 + minutes * 60 + seconds)
            made.append(Claim("length", length, about(found.start()), found.span()))
        for pattern, unit in self._lengths:
            for found in masked.take(pattern):
                made.append(Claim("length", _float(found[1]) * unit, about(found.start()), found.span(1)))

    def _sound(self, masked: _Masked, marks: Sequence[_Mark], before: str | None, made: list[Claim]) -> None:
        """Read the words for moods, genres and instruments, and the shares beside them, track by track."""
        edges = [0, *(m.start for m in marks), len(masked.text)]
        titles = [before, *(m.title for m in marks)]
        for (start, end), title in zip(pairwise(edges), titles, strict=True):
            part = masked.text[start:end]
            paired = set()
            for value, share in self._heard(part):
                made.append(Claim("concept", value, title, (start, end)))
                if share is not None:
                    paired.add(share)
                    made.append(Claim("share", f"{value[1:]} {share:g}", title, (start, end)))
            for found in _SHARE.finditer(part):
                if _float(found[1]) not in paired:
                    made.append(
                        Claim("share", f"{_float(found[1]):g}", title, (start + found.start(), start + found.end()))
                    )
        for _ in masked.take(_SHARE):
            pass

    def _heard(self, part: str) -> list[tuple[str, float | None]]:
        return list(_heard(self, part))

    def english(self, part: str) -> str:
        """Return a part of a sentence with its words about sound in English."""
        for pattern, concept in self._concepts:
            part = pattern.sub(f" {concept} ", part)
        return part if self._table is None else self._table.english(part)

    def negates(self, before: str) -> bool:
        """Tell whether what stands before a word turns it round: "hardly", "kaum", "à peine"."""
        return self._no.search(before) is not None

    def _compared(self, masked: _Masked, marks: Sequence[_Mark], carried: str | None, made: list[Claim]) -> None:
        for pattern, value in self._compare:
            for found in masked.take(pattern):
                named = [m.title for m in marks if m.start < found.start()]
                after = [m.title for m in marks if m.start > found.start()]
                if self._versus is not None and len(named) > 1 and self._versus.search(masked.text[: found.start()]):
                    named, after = named[:-1], named[-1:]
                subject = named[-1] if named else carried or (after[0] if after else None)
                other = after[0] if after and after[0] != subject else None
                made.append(Claim("comparison", value, subject, found.span(), other))

    def _counts(self, masked: _Masked, made: list[Claim], about: _About) -> None:
        for found in masked.take(_YEAR):
            after = masked.text[found.end() :]
            kind: ClaimKind = "count" if self._counted.match(f"{found[1]}{after}") else "year"
            made.append(Claim(kind, float(found[1]), about(found.start()) if kind == "year" else None, found.span()))
        for found in masked.take(self._counted):
            value = float(self._numbers.get(found[1].casefold()) or found[1])
            fits = self._fitting(masked.text, found.start(), found.end())
            # "A track that you like" counts nothing; "one track fits" does.
            if fits or found[1].isdigit() or value > 1:
                made.append(Claim("fit" if fits else "count", value, None, found.span(1)))
        for found in masked.take(_NUMBER):
            fits = self._fitting(masked.text, found.start(), found.end())
            made.append(Claim("fit" if fits else "count", _float(found[1]), None, found.span(1)))

    def _fitting(self, text: str, start: int, end: int) -> bool:
        """Tell whether a number counts tracks that fit: "3 of them fit", and no "none of these 3"."""
        clause = re.split(r"[,;.:，。；：]", text[end:])[0]
        head = re.split(r"[,;.:，。；：]", text[:start])[-1]
        found = self._fits.search(clause[:40])
        if found is None or any(c.isdigit() for c in clause[: found.start()]):
            return False
        return self._none.search(head + clause) is None

    def beside(self, known: Known) -> re.Pattern[str]:
        """Return what matches right after a title where an artist is told."""
        either = f"{known.artist}|{self._artist_after}" if known.artists else self._artist_after
        return re.compile(rf"{self._beside.pattern}(?P<artist>{either})", re.IGNORECASE)

    def anywhere(self, known: Known) -> re.Pattern[str]:
        """Return what matches a known artist, with the word that says "by" where it stands before."""
        return re.compile(rf"(?P<by>{self._by})?(?<!\w)(?P<artist>{known.artist})")


@lru_cache(maxsize=64)
def _beside(reader: Reader, known: Known) -> re.Pattern[str]:
    return reader.beside(known)


@lru_cache(maxsize=64)
def _anywhere(reader: Reader, known: Known) -> re.Pattern[str]:
    return reader.anywhere(known)


def _either(names: Iterable[str]) -> str:
    """Return the pattern of any of some names, the longest first; of none it matches nothing."""
    return "|".join(map(re.escape, sorted({n for n in names if n}, key=len, reverse=True))) or "(?!)"


@lru_cache(maxsize=16)
def reader_of(language: str) -> Reader:
    """Return the reader of a language; of English for a language without a table."""
    return Reader(language)


@lru_cache(maxsize=4096)
def _heard(reader: Reader, part: str) -> tuple[tuple[str, float | None], ...]:
    """Return (``+concept`` or ``-concept``, share in percent if one stands beside it) in the order of a text."""
    vocabulary = load_vocabulary()
    text = reader.english(part)
    found = []
    for mention in vocabulary.mentions(text):
        share = re.match(r"\s*[（(](\d+(?:[.,]\d+)?)\s?%", text[mention.end :])
        sign = "-" if mention.negated or reader.negates(text[: mention.start]) else "+"
        found.append((f"{sign}{mention.concept.id}", None if share is None else _float(share[1])))
    for word in re.finditer(r"[^\W\d_]+", text):
        if (plain := fold(word[0])) in vocabulary.unheard:
            found.append((("-" if reader.negates(text[: word.start()]) else "+") + plain, None))
    return tuple(found)


def sentences_of(text: str, names: Iterable[str] = ()) -> list[str]:
    """Split a text into its sentences, each with the blanks after it; quotes and the given names stay whole."""
    masked = _Masked(text)
    for pattern in (re.compile(_either(names)), _QUOTED):
        for _ in masked.take(pattern):
            pass
    edges = [m.end() for m in re.finditer(r"(?:[.!?…]+[)”“\"]*(?=\s|$)|[。！？]+|\n)\s*", masked.text)]
    return [part for a, b in pairwise([0, *edges, len(text)]) if (part := text[a:b]).strip()]


def key_of(text: str) -> str | None:
    """Return a key such as ``A minor`` in the form of claims; None for what is no whole key."""
    try:
        pitch, mode = parse_key(text)
    except QueryError:
        return None
    return None if mode is None else f"{pitch} {mode}"


def _pitch(tonic: str, language: str) -> int | None:
    plain = _FLAT.sub("", _SHARP.sub("", tonic)).strip()
    name = _SOLFEGE.get(plain.casefold(), plain)
    if language == "de":
        upper = name.upper()
        name = _GERMAN.get(upper) or upper[0] + {"IS": "#", "ES": "b", "S": "b"}.get(upper[1:], "")
    name += "#" if _SHARP.search(tonic) else "b" if _FLAT.search(tonic) else ""
    try:
        return parse_key(name)[0]
    except QueryError:
        return KEYS.index(name.upper()) if name.upper() in KEYS else None


def _number(unit: str) -> re.Pattern[str]:
    return re.compile(rf"{_BARE}(\d+(?:[.,]\d+)?)[\s-]*(?:{unit}){_ALONE}", re.IGNORECASE)


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def _past_blank(text: str, place: int) -> int:
    return place + (len(text[place:]) - len(text[place:].lstrip()))


def _around_artist(template: str) -> tuple[str, str]:
    """Return what stands before and after the artist in "{title} by {artist}"."""
    between, _, after = template.partition("{title}")[2].partition("{artist}")
    return between, after
