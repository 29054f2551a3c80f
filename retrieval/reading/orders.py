"""In which order tracks are wanted: by a property of theirs, and which end of it comes first.

A list that is there (`order_in`): "sort it by tempo", "newest first", "alphabetically by artist, Z to A", "from fast to
slow". What is looked for (`read_order`): "jazz sorted by year", "the five fastest", "what is the longest one?". What
only has such a word in it ("order from chaos", "my longest drive") is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from retrieval.constraints import ENDS, Constraint
from retrieval.continuation.values import SortKey
from retrieval.reading.reader import Reader
from retrieval.vocabulary import load_vocabulary

# What a property is called.
_NAMES: Mapping[SortKey, str] = {
    "energy": r"energy(?:\s+levels?)?|intensity|liveliness",
    "tempo": r"tempos?|tempi|bpm|speed|pace|beats\s+per\s+minute",
    "loudness": r"loudness|volume",
    "year": r"(?:release\s+)?(?:years?|dates?)|release|age|decade|when\s+they\s+(?:came\s+out|were\s+released)",
    "length": r"(?:track\s+|song\s+)?(?:length|duration)s?|(?:running|playing)\s+times?|how\s+long\s+they\s+are",
    "key": r"(?:musical\s+)?keys?|harmon(?:y|ies)|camelot(?:\s+(?:wheel|numbers?|codes?|keys?))?",
    "title": r"(?:track\s+|song\s+)?(?:titles?|names?)|alphabet",
    "artist": r"(?:artists?|bands?|performers?|musicians?)(?:\s+names?)?|who\s+(?:plays|sings|made)\s+(?:it|them)",
}
# So many characters lie at most between a property and the end of it that comes first.
_NEAR = 12
# What its low and its high end are called, plain and in the superlative.
_ENDS: Mapping[SortKey, tuple[str, str, str, str]] = {
    "energy": (
        r"calm|mellow|gentle|relaxed", r"wild|energetic|intense|lively",
        r"calmest|mellowest|gentlest|(?:most\s+(?:relaxed|relaxing|peaceful)|least\s+(?:energetic|intense))",
        r"wildest|liveliest|(?:most\s+(?:energetic|intense|powerful)|least\s+(?:calm|relaxed))",
    ),
    "tempo": ("slow", "fast|quick", "slowest", "fastest|quickest"),
    "loudness": ("quiet|soft|silent", "loud", "quietest|softest", "loudest"),
    "year": ("old|early", "new|recent|late", "oldest|earliest", "newest|latest|most\\s+recent"),
    "length": ("short", "long", "shortest|briefest", "longest"),
}  # fmt: skip

_LIST = (
    r"(?:(?:the|my|our|this|that|these|those|all)\s+(?:(?:whole|entire|current|present|saved|new|\d{1,3}|the)\s+)*"
    r"(?:list|playlist|mix|set|selection|tracks|songs|results|ones))"
)
_IT = rf"(?:all\s+of\s+(?:it|them|these)|it\s+all|them\s+all|it|this|that|these|those|them|everything|{_LIST})"
_VERB = r"(?:re-?)?(?:sort|order|arrange|rank|organi[sz]e|put|list|group|line\s+up)"
_AS = (
    r"(?:alphabetically|chronologically|harmonically|"
    r"(?:in|into)\s+(?:an?\s+)?(?:alphabetic(?:al)?|chronological|harmonic)\s+order)"
)


def _key(group: str = "") -> str:
    return "(?:" + "|".join(rf"(?P<{key}{group}>{names})" for key, names in _NAMES.items()) + r")\b"


def _end(which: str, *, superlative: bool, plain_energy: bool = False) -> str:
    """Return an expression for one end of any property; the groups tell which."""
    kinds = []
    for key, (low, high, lowest, highest) in _ENDS.items():
        # "From calm to wild" is a course (`lists`), which is met by other tracks than those that are there as well.
        alone = superlative or (key == "energy" and not plain_energy)
        kinds.append(rf"(?P<low_{key}{which}>{lowest if alone else f'{low}|{lowest}'})")
        kinds.append(rf"(?P<high_{key}{which}>{highest if alone else f'{high}|{highest}'})")
    return f"(?:{'|'.join(kinds)})"


_BY = r"(?:by|according\s+to|on|in\s+(?:the\s+)?order\s+of|after)\s+(?:the\s+|their\s+|its\s+)?"
_STOP = r"(?=\s*(?:[,;.:!?()]|$|(?:and|then|but|please|instead|again|now|for|from|with|starting|so|in|to)\b))"
_SORTED = rf"{_IT}\s+(?:to\s+be\s+|be\s+)?(?:re-?)?(?:sorted|ordered|arranged|ranked|grouped|organi[sz]ed)"
_SORT = re.compile(
    rf"\b(?:{_VERB}\s+(?:{_IT}\s+)?|{_SORTED}\s+)(?:again\s+)?(?:"
    rf"{_BY}{_key()}|(?P<as>{_AS})(?:\s+{_BY}{_key('2')})?){_STOP}",
    re.IGNORECASE,
)
# "By year instead": where a list is there, and nothing else is said.
_FOLLOW = re.compile(
    r"^\W*(?:(?:and|now|no|ok|okay|or|rather|sorted|ordered|arranged|then|maybe|please|in)\W+)*"
    rf"(?:{_BY}{_key()}|(?P<as>{_AS})(?:\s+{_BY}{_key('2')})?){_STOP}",
    re.IGNORECASE,
)
_THING = r"\s+(?:ones?|tracks?|songs?|titles?)"
_THINGS = rf"(?:{_THING})?"
_LEADS = (
    r"(?:(?:comes?|goes|at\s+the)\s+)?"
    r"(?:(?P<first{0}>first|up\s+front|on\s+top|top|beginning|start)|(?P<last{0}>last|bottom|end))\b"
)
_WITH = r"(?:\b(?:put|with|play|start(?:ing)?\s+(?:it\s+)?with|begin(?:ning)?\s+with)\s+)?(?:\bthe\s+)?"
# "The newest first", "the slow ones first".
_FIRST = re.compile(
    rf"{_WITH}\b(?:{_end('', superlative=True)}{_THINGS}|{_end('3', superlative=False, plain_energy=True)}{_THING})"
    rf"\s+{_LEADS.format('')}{_STOP}",
    re.IGNORECASE,
)
_START = re.compile(
    rf"\b(?:(?:start|begin|open)(?:ing|s)?|(?P<last>(?:end|finish|clos)(?:ing|es|s|e)?))\s+(?:it\s+)?(?:off\s+)?(?:with|on|at|by)"
    rf"\s+(?:the\s+)?{_end('', superlative=True)}{_THINGS}{_STOP}",
    re.IGNORECASE,
)
_FROM_TO = re.compile(
    rf"(?:\bfrom\s+(?:the\s+)?)?\b{_end('1', superlative=True)}{_THINGS}\s+to\s+(?:the\s+)?"
    rf"{_end('2', superlative=True)}{_THINGS}{_STOP}",
    re.IGNORECASE,
)
_A_TO_Z, _Z_TO_A = r"a\s*(?:to|-|–)\s*z", r"z\s*(?:to|-|–)\s*a"
_SORT_FROM_TO = re.compile(
    rf"\b{_VERB}\s+{_IT}\s+(?:from\s+)?(?:the\s+)?{_end('1', superlative=False)}{_THINGS}\s+to\s+(?:the\s+)?"
    rf"{_end('2', superlative=False)}{_THINGS}{_STOP}|"
    rf"(?:\b{_VERB}\s+{_IT}|^)\s*(?:from\s+)?\b(?:(?P<az>{_A_TO_Z})|(?P<za>{_Z_TO_A}))(?=\s*(?:[,;.!?]|$|please\b))",
    re.IGNORECASE,
)
_DOWN = (
    r"(?:descending(?:ly)?|decreasing|falling|downwards?|reversed?|backwards?|(?:from\s+)?high(?:est)?\s+to\s+low(?:est)?|"
    rf"(?:the\s+)?highest\s+first|{_Z_TO_A}|from\s+z(?:\s+to\s+a)?|"
    r"from\s+(?:fast|quick|loud|wild|new|recent|long|energetic|intense|lively)(?:est)?\s+to\s+\w+|"
    r"(?:new|long|fast|loud)\w*\s+to\s+\w+)"
)
_UP = (
    r"(?:ascending(?:ly)?|increasing|rising|upwards?|(?:from\s+)?low(?:est)?\s+to\s+high(?:est)?|(?:the\s+)?lowest\s+first|"
    rf"{_A_TO_Z}|from\s+a(?:\s+to\s+z)?|"
    r"from\s+(?:slow|quiet|calm|old|early|short|mellow|soft|gentle)(?:est)?\s+to\s+\w+|"
    r"(?:old|short|slow|quiet)\w*\s+to\s+\w+)"
)
_WAY = re.compile(
    rf"\s*[,;:(–-]?\s*(?:(?:but|and|in|with|please|going)\s+)*(?:(?:an?|the)\s+)?(?:(?P<down>{_DOWN})|(?P<up>{_UP}))"
    r"(?:\s+(?:order|way|direction))?\)?"
    r"(?=\s*(?:[,;.:!?)]|$|(?:and|then|but|please|now)\b))",
    re.IGNORECASE,
)
# "Z to A by title".
_WAY_BY = re.compile(
    rf"^\W*(?:in\s+)?(?:(?P<down>{_DOWN})|(?P<up>{_UP}))(?:\s+order)?\s+{_BY}{_key()}{_STOP}", re.IGNORECASE
)

# Of what is looked for: its measure is named, or the end of it that is wanted.
_RANKED = re.compile(
    rf"\b(?:re-?)?(?:sort|sorted|order|ordered|arrange|arranged|rank|ranked|group|grouped)\s+(?:{_IT}\s+)?{_BY}{_key()}{_STOP}|"
    rf"\bin\s+(?:the\s+)?order\s+of\s+(?:the\s+|their\s+)?{_key('2')}{_STOP}|"
    r"\bin\s+(?:(?P<key3>harmonic|key)|(?P<title3>alphabetical))\s+order\b",
    re.IGNORECASE,
)
_SUPERLATIVES = (
    r"(?P<low>slowest|shortest|briefest|oldest|earliest|quietest|softest|calmest|mellowest|gentlest)|"
    r"(?P<high>fastest|quickest|longest|newest|latest|loudest|wildest|liveliest)"
)
_MEASURES: Mapping[str, str] = {
    "slowest": "tempo", "fastest": "tempo", "quickest": "tempo", "shortest": "duration", "briefest": "duration",
    "longest": "duration", "oldest": "year", "earliest": "year", "newest": "year", "latest": "year",
    "quietest": "loudness", "softest": "loudness", "loudest": "loudness", "calmest": "energy", "mellowest": "energy",
    "gentlest": "energy", "wildest": "energy", "liveliest": "energy",
}  # fmt: skip
# A track is meant where a track word, the end of a clause, or "that you have" follows, maybe after a style; never where
# somebody's own is meant ("my oldest is three", "the world's fastest man"), or where it is taken out.
_NOT_THAT = re.compile(
    r"(?:\b(?:my|our|his|her|their|mein\w*|unser\w*|mis?|mon|ma|mes|at\s+the|not(?:\s+the)?|remove|delete|drop|skip|without|lose|but|except|"
    r"no|ditch|cut|bin|about|lösch\w*|entfern\w*|quita|elimina|borra|enlève|supprime|retire)|(?<!what)(?<!which)(?<!who)['’]s)\s+(?:the\s+|l[ao]s?\s+)?$|-$|"
    r"\b(?:remove|delete|drop|skip|without|lose|but|except|ditch|cut)\s+(?:the\s+)?(?:\d+\s+)?$",
    re.IGNORECASE,
)
_TRACKS = (
    r"(?:songs?|tracks?|music|tunes?|pieces?|ones?|titles?|stuff|numbers?|recordings?|lieder|stücke?|albums?|versions?|waltz(?:es)?|"
    r"ballads?|march(?:es)?|anthems?|remix(?:es)?|mix(?:es)?|themes?|beats?|jams?)"
)
_SUPERLATIVE = re.compile(
    rf"(?:\b(?:the|your|les?|la|das|die|der)\s+)?(?:very\s+)?\b(?:{_SUPERLATIVES})\b(?![-\w])(?:\s+(?:ones?|first)\b)?"
    rf"(?P<then>(?:\s+[\w'’&-]+){{0,3}}?)(?=\s+{_TRACKS}\b|\s*(?:[,;.!?]|$)|\s+(?:of|by|from|with|in|that|you|we|i|on|here|please|and|but)\b)",
    re.IGNORECASE,
)
# Beside the superlative only what names a style, a mood or an instrument, or counts.
_COUNTS = re.compile(r"\d+|two|three|four|five|six|seven|eight|nine|ten|known|available|few|couple|of", re.IGNORECASE)
_GONE = re.compile(
    r"\s*(?:(?:songs?|tracks?|ones?)\s+)?(?:remove|delete|out|away|weg|raus|fuera|no\b|löschen|is\s+(?:awful|terrible|bad)|trends?|news)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """An order that was read: the property, its direction, where it stands, and whether it can only mean a list."""

    by: SortKey
    descending: bool
    span: tuple[int, int]
    clear: bool


def order_in(message: str) -> WantedOrder | None:
    """Return the order by a property that a message wants, if any."""
    if (match := _SORT_FROM_TO.search(message)) is not None and (found := _between(match)):
        return WantedOrder(*found, match.span(), True)
    if (match := _SORT.search(message) or _FOLLOW.search(message)) is not None:
        return _directed(message, match)
    if (match := _WAY_BY.search(message)) is not None:
        return WantedOrder(_named(match), bool(match["down"]), match.span(), True)
    if (match := _FROM_TO.search(message)) is not None and (found := _between(match)):
        return WantedOrder(*found, match.span(), False)
    if (match := _FIRST.search(message) or _START.search(message)) is not None:
        by, high = _told(match)
        return WantedOrder(by, high != bool(match["last"]), match.span(), False)
    return None


def order_of_new(message: str) -> WantedOrder | None:
    """Return the order that a list to be found should have, where no wish of a search can say it: "sorted by key"."""
    named = _RANKED.search(message)
    wanted = None if named is None else _directed(message, named)
    return replace(wanted, clear=False) if wanted is not None and wanted.by not in {*ENDS, "length"} else None


def read_order(reader: Reader) -> None:
    """Read in which order what is looked for should come, as a wish."""
    if (named := _RANKED.search(reader.rest)) is not None:
        wanted: WantedOrder | None = _directed(reader.rest, named)
    else:
        wanted = order_in(reader.rest)
    if wanted is not None and (ends := ENDS.get("duration" if wanted.by == "length" else wanted.by)) is not None:
        words = " ".join(reader.rest[slice(*wanted.span)].split())
        reader.found.append(Constraint("order", "is", ends[wanted.descending], words))
        reader.blank(*wanted.span)
        return
    for found in _SUPERLATIVE.finditer(reader.rest):
        if not _of_tracks(found):
            continue
        word = (found["low"] or found["high"]).casefold()
        end = ENDS[_MEASURES[word]][found["high"] is not None]
        start, stop = found.start(), found.start("then") if found["then"] else found.end()
        reader.found.append(Constraint("order", "is", end, reader.rest[start:stop].strip()))
        reader.blank(start, stop)
        return


def _of_tracks(found: re.Match[str]) -> bool:
    """Tell whether a superlative is one of tracks: nobody's own, not taken out, with a style beside it at most."""
    before, after = found.string[: found.start()], found.string[found.end() :]
    if _NOT_THAT.search(before) or _GONE.match(after) or _GONE.match(found["then"]):
        return False
    words = found["then"].split()
    vocabulary = load_vocabulary()
    named = " ".join(words)
    return (
        not words
        or vocabulary.concept(named) is not None
        or all(w in vocabulary.unheard or vocabulary.concept(w) is not None or _COUNTS.fullmatch(w) for w in words)
    )


def _directed(message: str, match: re.Match[str]) -> WantedOrder:
    """Return the order of a property that was named, with the direction that follows it."""
    by = _named(match)
    first, last = match.span()
    descending = False
    if (way := _WAY.match(message, last)) is not None:
        descending, last = bool(way["down"]), way.end()
    elif (end := _FIRST.search(message, last)) is not None and end.start() - last < _NEAR:
        # "By year, the newest first": the end that is named decides, whatever it is an end of.
        descending, last = _told(end)[1] != bool(end["last"]), end.end()
    return WantedOrder(by, descending, (first, last), True)


def _named(match: re.Match[str]) -> SortKey:
    """Return the property that was named; "alphabetically" alone is by title, "chronologically" by year, ..."""
    groups = match.groupdict()
    told = next((k for k in _NAMES if groups.get(k) or groups.get(f"{k}2") or groups.get(f"{k}3")), None)
    if told is not None:
        return told
    way = groups["as"].casefold()
    return "year" if "chron" in way else "key" if "harmonic" in way else "title"


def _between(match: re.Match[str]) -> tuple[SortKey, bool] | None:
    """Return the property that both ends belong to, and whether it falls; None where they are of two."""
    groups = match.groupdict()
    if groups.get("az") or groups.get("za"):
        return "title", bool(groups.get("za"))
    (by, high), (other, low) = _told(match, ("1",)), _told(match, ("2",))
    return (by, high) if by == other and high != low else None


def _told(match: re.Match[str], which: tuple[str, ...] = ("", "3")) -> tuple[SortKey, bool]:
    """Return the property of an end, and whether it is its high one."""
    groups = match.groupdict()
    kinds = ((key, high, n) for key in _ENDS for high in (False, True) for n in which)
    return next((key, high) for key, high, n in kinds if groups.get(f"{'high' if high else 'low'}_{key}{n}"))
