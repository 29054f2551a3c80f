"""Standing tastes in a message: "I love jazz", "I never want to hear country"; and orders about what is known of them.

A wish of the moment is no taste: "I like it calm", "I don't like #2", "not country this time". What
is said of all times ("in general", "never", "always", "my favourite"), loved or hated is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.languages import read
from agent.values import ProfileOrder, StatedTaste
from catalog.values import TasteField
from retrieval.reading.wishes import Wishes
from retrieval.vocabulary import load_vocabulary

_TASTE = r"(?:my|the) (?:(?:music(?:al)?|own) )?(?:tastes?|profile|preferences)"
_SHOW = re.compile(
    rf"\bwhat\b.{{0,24}}\b(?:know|learn(?:ed|t)|remember|think)\b.{{0,12}}\b(?:{_TASTE}|(?:what|how) i like)\b"
    r"|\b(?:do|did|will|can) you (?:\w+ )?(?:know|remember|recall)\b.{0,12}\bwhat\b.{0,24}\bi(?:.?a?m (?:\w+ )?into"
    r"| (?:\w+ )?(?:like|love|listen to))\b"
    rf"|\b(?:show|tell)(?: me)? (?:about )?{_TASTE}\b|\bwhat(?: i|.)s {_TASTE}\b|^\W*my (?:taste|profile)\W*$",
    re.IGNORECASE,
)
_FORGET = re.compile(
    rf"\b(?:forget|erase|delete|clear|reset|wipe)\b.{{0,24}}\b(?:{_TASTE}|what you know (?:about|of) me|what i like|"
    r"(?:all )?(?:of )?my (?:likes|dislikes|data)|(?:everything|all)(?: you know)? (?:about|of) me)\b",
    re.IGNORECASE,
)
_GENERAL = r"in general|generally|always|ever|most of all|above all|more than anything|at all times|over all"
_START = (
    r"(?:(?:well|and|but|also|by the way|btw|fyi|(?:just so )?you know|oh|so|for (?:future reference|the record))\W+)*"
)
_ASIDE = re.compile(
    rf"{_START}(?:well|by the way|btw|fyi|(?:just so )?you know|for (?:future reference|the record))?", re.IGNORECASE
)
_OFTEN = r"(?:(?:really|absolutely|generally|always|just|usually|simply|do)\s+)*"
_WHAT = r"(?P<what>[^,.;:!?]{2,60}?)"
_AGAIN = r"(?: again| any ?more)?"
_END = rf"(?P<general>[\s,]+(?:{_GENERAL}))?"
# What is said, how much it weighs, whether it is never wanted, and whether it says so of all times by itself.
_SAYINGS = tuple(
    (re.compile(rf"{_START}{form}{_END}", re.IGNORECASE), weight, never, lasting)
    for weight, never, lasting, form in (
        (-1.0, True, True, rf"i never (?:listen to|want(?: to (?:hear|listen to|get|see))?) {_WHAT}{_AGAIN}"),
        (
            -1.0,
            True,
            True,
            rf"i (?:never ever|don.?t ever) (?:want|wish|care) to (?:hear|listen to|get|see) {_WHAT}{_AGAIN}",
        ),
        (
            *(-1.0, True, True),
            rf"(?:please )?never (?:ever )?(?:play|show|give|recommend|suggest)(?: me)? {_WHAT}{_AGAIN}",
        ),
        (
            *(1.0, False, True),
            r"my (?:all.?time )?favou?rite (?:genre|style|instrument|mood|artist|band|music|kind of music|composer)s?"
            rf"(?: of music)? (?:is|are) {_WHAT}",
        ),
        (1.0, False, True, rf"i {_OFTEN}(?:love|adore) {_WHAT}"),
        (0.7, False, False, rf"i {_OFTEN}(?:like|enjoy|prefer) {_WHAT}"),
        (
            1.0,
            False,
            True,
            rf"i.?(?:a)?m {_OFTEN}(?:a |such a )?(?:(?:big|huge|great|massive) )?(?:fan of|crazy about) {_WHAT}",
        ),
        (
            *(1.0, False, True),
            rf"i.?(?:a)?m {_OFTEN}(?:an? |such an? )?(?:(?:big|huge|massive|real) )?(?!not\b){_WHAT} (?:fan|lover|nut)",
        ),
        (-0.7, False, True, rf"i.?(?:a)?m {_OFTEN}not {_OFTEN}(?:a |such a )?(?:(?:big|huge|great) )?fan of {_WHAT}"),
        (
            -1.0,
            False,
            True,
            rf"(?:i )?{_OFTEN}(?:hate|loathe|detest|despise|can.?t (?:stand|bear)|cannot (?:stand|bear)) {_WHAT}",
        ),
        (-0.7, False, False, rf"i {_OFTEN}(?:don.?t|do not) {_OFTEN}(?:like|enjoy|care for) {_WHAT}"),
        (0.0, False, True, rf"i no longer mind {_WHAT}(?: any ?more| again)?"),
    )
)
_PART = re.compile(
    r"\s*(?:[.;!?]+|,\s*(?:and|but|so)\b|,(?=\s*(?:i|my|(?:please )?never)\b)"
    r"|\b(?:and|but|so)(?=\s+(?:i|my|(?:please )?never)\b))\s*",
    re.IGNORECASE,
)
_OR = re.compile(r"\s*(?:,|/|\band\b|\bor\b|\bnor\b)\s*", re.IGNORECASE)
_OF_NOW = re.compile(
    r"#|\d|[\"“„«]|\b(?:it|its|this|that|these|those|them|ones?|song|track|first|second|third|last|both|all|you|your|some|more|today|tonight|now|moment)\b",
    re.IGNORECASE,
)
_AT_A_PLACE = re.compile(r"#|\d|\b(?:ones?|song|track|first|second|third|last)\b", re.IGNORECASE)
# "Never play it", right after what it is.
_NEVER_IT = re.compile(
    r"(?:so )?(?:please )?(?:never|don.?t ever|do not ever) (?:ever )?"
    r"(?:play|show|give|recommend|suggest|put|serve|bring|include|throw)(?: me)?"
    r"(?: any of)? (?:it|that|them|those)(?: to me| on| in| up| at me)?(?: again| any ?more)?(?:,? please)?"
    r"|(?:so )?(?:please )?(?:keep|spare) (?:me )?(?:it|that|them|those)(?: (?:far )?away from me)?"
    r"(?: for (?:good|ever)| forever)"
    r"|(?:like,? )?(?:ever|never(?: ever)?)|i (?:hate|can.?t stand) (?:it|that|them)",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"^(?:(?:any(?:thing)?(?: with| by| that has)?|(?:everything|music|songs) with"
    r"|the|a|an|listening to|to listen to|hearing|to hear|sounds? of)\s+)+"
    r"|\s+(?:music|songs?|tracks?|stuff|tunes?)$",
    re.IGNORECASE,
)
_NOBODYS_MUSIC = re.compile(r"(?:my|your|to|when|that|how|what|being|going)\b")
_NEVER: dict[str, Any] = {"weight": -1.0, "never": True}
_SPOKEN_OF = frozenset({"genre", "instrument", "artist"})
_LONGEST = 4  # words of what is spoken of


@dataclass(frozen=True, slots=True)
class Sayings:
    """What a message says of the user's taste, what it orders of the profile, and what else it says."""

    tastes: tuple[StatedTaste, ...] = ()
    order: ProfileOrder | None = None
    rest: str = ""


# "... so keep that in mind" says that it lasts, and nothing of what.
_TO_REMEMBER = re.compile(
    r"^\W*for (?:next time|the future|later)\W+(?=i\b)|"
    r"^\W*(?:for the record|just so you know|fyi|note to self|please (?:note|remember)|remember)(?: this| that)?"
    r"(?: for (?:next time|later|the future))?\W+"
    r"(?:please\W+)?(?=i\b)|"
    r"[,.;]?\s*\b(?:so |and )?(?:please )?"
    r"(?:(?:keep|bear) (?:that|this|it) in mind|remember (?:that|this|it)|"
    r"note (?:that|this)|make a note(?: of (?:that|it|this))?)"
    r"(?: from now on| please| for (?:the )?future)*(?=\W*$)|"
    r"[,.;]?\s*\b(?:just so you know|fyi|for future reference|for the record)"
    r"(?: for (?:the future|later|next time))?(?=\W*$)",
    re.IGNORECASE,
)


_LIKES_NO = re.compile(r"\bi like no (?=\w)", re.IGNORECASE)


def without_memo(message: str) -> str:
    """Return a message without the words that only say that it should be remembered."""
    return _TO_REMEMBER.sub("", message)


def sayings_in(message: str, parse: Callable[[str], Wishes]) -> Sayings:
    """Read a message; one that says nothing of tastes has all of itself as its rest."""
    if _FORGET.search(message):
        return Sayings(order="forget")
    if _SHOW.search(message):
        return Sayings(order="show")
    told = _LIKES_NO.sub("i don't like ", without_memo(message))
    lasts, message = _TO_REMEMBER.search(message) is not None, told
    tastes: list[StatedTaste] = []
    rest: list[str] = []
    for part in _PART.split(message):
        if _NEVER_IT.fullmatch(part.strip(" ,")) and (tastes or rest):
            if not tastes and (refused := _refused_in(rest[-1], parse)):
                # "Metal gives me a headache, never play it".
                rest.pop()
                tastes += refused
            if tastes:
                words = tastes[-1].words
                tastes = [t.model_copy(update=_NEVER) if t.words == words and t.weight < 0 else t for t in tastes]
                continue
        said = _tastes(part.strip(" ,"), parse, lasts=lasts)
        tastes += said
        if not said and not _ASIDE.fullmatch(part.strip(" ,")):
            rest.append(part.strip(" ,"))
    left = ", ".join(part for part in rest if part)
    return Sayings(tuple(tastes), None, left) if tastes else Sayings(rest=message)


def _refused_in(part: str, parse: Callable[[str], Wishes]) -> list[StatedTaste]:
    """Return what a part speaks of, as refused: one concept or artist; nothing where it may be something else."""
    about = [c for c in parse(part).constraints if c.field in _SPOKEN_OF and isinstance(c.value, str)]
    if len(about) != 1 or _AT_A_PLACE.search(part):
        return []
    named = _named(str(about[0].value), parse, anything=True)
    return [] if named is None else [StatedTaste(field=named[0], value=named[1], words=part, **_NEVER)]


def _tastes(part: str, parse: Callable[[str], Wishes], *, lasts: bool = False) -> list[StatedTaste]:
    for pattern, weight, never, lasting in _SAYINGS:
        found = pattern.fullmatch(part)
        if found is None:
            continue
        groups = found.groupdict()
        general = lasts or groups["general"] or re.search(r"\b(?:always|generally)\b", part, re.IGNORECASE)
        what = groups["what"]
        if _OF_NOW.search(what) or not (lasting or general):
            return []
        named = [
            _named(thing, parse, anything=lasts or (weight <= 0 and bool(never or general or not weight)))
            for thing in _OR.split(what)
            if thing.strip()
        ]
        if not named or any(thing is None for thing in named):
            return []
        return [
            StatedTaste(field=field, value=value, weight=weight, never=never, words=part)
            for field, value in (thing for thing in named if thing is not None)
        ]
    return []


def _named(thing: str, parse: Callable[[str], Wishes], *, anything: bool) -> tuple[TasteField, str] | None:
    """Return what a taste is about: a concept, an artist of the catalogue, or words of names and tags.

    What is refused for all times, or to be remembered, may be `anything` that a name or a tag says; "I love pizza", "I
    hate Mondays" are no taste in music.
    """
    vocabulary = load_vocabulary()
    plain = _FILLER.sub("", thing.strip())
    english = read(plain).text.casefold()
    for words in (thing.strip(), plain, english):
        if (concept := vocabulary.concept(words)) is not None:
            return "concept", concept.id
    for words in (plain.casefold(), english):
        if words in vocabulary.unheard:
            return "word", words
    artists = [c for c in parse(f"by {plain}").constraints if c.field == "artist" and c.op == "is"]
    if len(artists) == 1:
        return "artist", str(artists[0].value)
    words = plain.casefold()
    if not words or len(words.split()) > _LONGEST:
        return None
    if anything and _NOBODYS_MUSIC.match(words):
        return None
    of_music = any(word in vocabulary.unheard for word in words.split())
    return ("word", words) if anything or of_music else None


def values_of(tastes: Sequence[StatedTaste]) -> str:
    """Return tastes in short: "+jazz, never country"."""
    return ", ".join(f"never {t.value}" if t.never else f"{'-' if t.weight < 0 else '+'}{t.value}" for t in tastes)
