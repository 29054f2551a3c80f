"""What a message says a playlist should be like: how long, in which order, on what course, with which of its tracks.

What was read is blanked out, so that "start calm" is no wish for calm music. Whether there is a playlist to speak of,
the planner knows; what only sounds like such a wish ("two hours ago I heard a song") is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.planner.courses import course_in, tells_course
from agent.planner.patterns import Patterns
from agent.values import ListShape
from retrieval.reading.lengths import WHOLE_LIST_S
from retrieval.reading.orders import order_in, order_of_new

_WORDS = {
    "half": 0.5, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "twenty-five": 25,
    "thirty": 30, "forty": 40, "forty-five": 45, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100,
}  # fmt: skip
_NUM = r"(?:\d{1,3}(?:[.,]\d{1,2})?|half\s+an?|" + "|".join(sorted(_WORDS, key=len, reverse=True)) + ")"
_TIME = (
    rf"(?:(?P<clock>\d{{1,2}}:[0-5]\d)\s*(?:hours?|hrs?|h)(?![a-z])|(?P<whole>{_NUM})\s+and\s+a\s+half\s+(?:hours?|hrs?)\b|"
    rf"(?P<hours>{_NUM})[\s-]*(?:hours?|hrs?|h)(?![a-z])(?:\s*(?:and\s+)?a\s+(?P<part>half|quarter)\b|"
    rf"[\s,]*(?:and\s+)?(?P<minutes>{_NUM})(?:[\s-]*(?:minutes?|mins?|m)(?![a-z])|(?<=\d\d)(?!\s*\w)))?|"
    rf"(?P<only>{_NUM})[\s-]*(?:minutes?|mins?)(?![a-z]))"
    r"(?!\s+(?:each|apiece|per|ago|old|later|earlier|before|songs?|tracks?|ones|pieces)\b)"
)
_COUNT = (
    rf"(?P<count>\d{{1,3}}|{'|'.join(w for w in _WORDS if len(w) > 2 and w != 'half')})\s+(?:tracks?|songs?|titles?)\b"
)
_LENGTH = rf"(?:{_TIME}|{_COUNT})"
_AFTER = (
    r"(?:[\s-]+(?:long|in\s+(?:total|length|all)|total|altogether|instead|or\s+so|only|playlist|list|mix|set)\b)*"
    r"(?:\s+of\s+(?:it|music|this|that)\b)?"
)
_LIST = r"(?:list|playlist|mix|set|selection|whole\s+thing)"
_IT = rf"(?:it|this|that|(?:the|my|this|that|our)\s+(?:whole\s+|entire\s+)?{_LIST})"
_ABOUT = (
    r"(?:(?:about|around|roughly|approximately|exactly|precisely|just|only|some|nearly|almost|an?\s+total\s+of)\s+)?"
)
_MAKE = (
    r"\b(?:make|cut|trim|shorten|extend|expand|stretch|bring|get|turn|reduce|shrink|limit|lengthen|grow|boil|keep)\s+"
    rf"{_IT}\s+(?:all\s+)?(?:up\s+|down\s+|out\s+|back\s+)?(?:to\s+(?:be\s+|last\s+)?|into\s+(?:an?\s+(?=\w))?|at\s+|last\s+|be\s+)?"
)
_SHOULD = (
    rf"(?:\b{_IT}\s+(?:should|must|needs?\s+to|has\s+to|ought\s+to|shall|can)|\b(?:can|could|should)\s+{_IT}|"
    rf"\b(?:need|want|like)\s+{_IT}\s+to)\s+(?:be|last|run|take|have|go\s+on\s+for)\s+"
)
_WHOLE = re.compile(rf"(?:{_MAKE}|{_SHOULD}){_ABOUT}{_LENGTH}{_AFTER}", re.IGNORECASE)
_MORE = re.compile(
    rf"\b(?:add\s+|(?:add|give\s+me|for|with)\s+(?:another|one\s+more)\s+|"
    rf"(?:extend|stretch|lengthen|expand|continue)\s+{_IT}\s+(?:by|for)\s+(?:another\s+)?){_ABOUT}{_LENGTH}"
    rf"(?:\s+more\b)?(?:\s+(?:to|of)\s+{_IT}\b)?",
    re.IGNORECASE,
)
# A length as a clause of its own: "same order, just 20 tracks".
_CLAUSE = re.compile(
    rf"(?:^|[,;.:]|\b(?:and|but)\b)\s*(?:(?:now|ok|okay|please|only|just|exactly|make\s+that|rather|and|but)\s+)*{_ABOUT}"
    rf"{_LENGTH}(?!\s+and\s+a\s+half\b){_AFTER}(?=\s*(?:please\W*$|[,;.!?]|\band\b|\bbut\b|$))",
    re.IGNORECASE,
)

_FACTORS = {"half": 0.5, "twice": 2.0, "double": 2.0, "two times": 2.0, "three times": 3.0}
_FACTOR = re.compile(
    rf"(?:\bmake\s+{_IT}\s+|^\W*)(?P<by>half|twice|two\s+times|three\s+times)\s+(?:as|its)\s+(?:long|many(?:\s+(?:tracks|songs))?|length)\b|"
    r"^\W*(?P<twice>double|halve)\s+(?:the|its)\s+(?:length|number(?:\s+of\s+(?:tracks|songs))?)(?=\W*$)|"
    rf"\b(?P<double>double)\s+{_IT}(?:\s+in\s+length)?(?=\s*(?:[,;.!]|$|and\b))|\b(?P<halve>halve)\s+{_IT}\b",
    re.IGNORECASE,
)


def _again(expression: str, mark: str) -> str:
    """Return an expression whose groups begin with a mark, since a group may stand in a pattern once only."""
    return expression.replace("(?P<", f"(?P<{mark}")


# "Make it a bit longer", "make it longer, two hours", "ten minutes shorter".
_LITTLE = r"(?P<little>a\s+(?:little\s+)?bit|a\s+little|slightly|somewhat|a\s+tad|a\s+touch|bit)"
_MUCH = r"(?P<much>much|a\s+lot|far|way|considerably|significantly)"
_LONGER = (
    rf"(?:(?:{_LITTLE}|{_MUCH}|even|still|some)\s+)?(?:(?P<longer>longer|bigger)|(?P<shorter>shorter|smaller))\b"
    r"(?!\s+than\b)"
)
_SAY = r"(?:(?:to|say|like|maybe|let['’]?s\s+say|please|make\s+(?:that|it)|i\s+want|and|so)\s+)*"
_THEN = rf"(?:\s*[,;:.?!–-]*\s*{_SAY}(?P<by>by\s+)?{_ABOUT}{_LENGTH}{_AFTER})?"
_STOP = r"(?=\s*(?:[,;.!?]|$|and\b|please\b))"
_CHANGE = re.compile(
    rf"\b(?:make|get|have|turn|need|want|like)\s+{_IT}\s+(?:to\s+be\s+|be\s+)?{_LONGER}{_THEN}|"
    rf"\b(?:{_IT}\s+(?:should|could|can|must|needs?\s+to|has\s+to)|(?:could|can|should)\s+{_IT})\s+be\s+"
    rf"{_again(_LONGER + _THEN, 'x')}",
    re.IGNORECASE,
)
# "A bit shorter" alone: of a list that was shaped, collected or saved; of what was searched for it is about tracks.
_BARE = re.compile(
    rf"^\W*(?:(?:now|ok|okay|but|and|no|please)\W+)*{_LONGER}{_THEN}(?:\s*,?\s*please)?\W*$", re.IGNORECASE
)
_RESIZE = re.compile(
    r"\b(?:(?P<longer>lengthen|stretch(?:\s+out)?)|(?P<shorter>shorten|trim|shrink|cut))\s+"
    rf"{_IT}(?:\s+(?:down|out|up))?(?:\s+(?:{_LITTLE}|{_MUCH}))?{_STOP}|"
    rf"\b(?:the|my|this|that)\s+(?:whole\s+)?{_LIST}\s+is\s+(?:(?:{_again(_LITTLE, 'x')}|{_again(_MUCH, 'x')})\s+)?"
    rf"too\s+(?:(?P<xlonger>short)|(?P<xshorter>long)){_STOP}",
    re.IGNORECASE,
)
# "Make it 40", of a list that has a length.
_BARE_NUMBER = re.compile(
    rf"^\W*(?:(?:no|ok|okay|actually|please|and|sorry|rather|now|hm+|then)\W+)*(?:make|let['’]?s\s+(?:say|make))\s+(?:it|that|this)\s+{_ABOUT}"
    r"(?P<number>[1-9]\d{0,2})(?:\s+(?:instead|then|please|rather))*\W*$",
    re.IGNORECASE,
)
# By how much: "ten minutes longer", "cut it by 3 tracks", "take 20 minutes off".
_DELTA = re.compile(
    rf"(?:\b(?:make|get)\s+{_IT}\s+)?(?<![\w.,]){_ABOUT}{_LENGTH}\s+(?:(?P<longer>longer)|shorter|less|fewer)\b"
    r"(?!\s+than\b)|"
    rf"\b(?:shorten|trim|cut|reduce|shrink)\s+{_IT}\s+(?:down\s+)?by\s+{_ABOUT}{_again(_LENGTH, 'x')}|"
    rf"\b(?:cut|trim|take|shave|knock)\s+(?:off\s+)?{_ABOUT}{_again(_LENGTH, 'y')}\s+"
    rf"(?:off|from|out\s+of)(?:\s+(?:of\s+)?{_IT})?{_STOP}",
    re.IGNORECASE,
)

_PLACE = r"(?:(?:#|number\s|no\.\s?|tracks?\s|songs?\s|the\s)\s?)?(?:\d{1,3}|[a-z]{3,7})"
_BETWEEN = re.compile(
    r"\b(?:put|add|insert|squeeze|place|fit|slip)\s+(?:in\s+)?"
    rf"(?:something|an?other|(?:(?P<n>{_NUM})\s+)?(?:more\s+|new\s+|other\s+)?(?:songs?|tracks?|ones?|titles?))\s+"
    rf"(?:new\s+|else\s+)?(?:in[\s-])?between\s+(?P<one>{_PLACE})\s+and\s+(?P<two>{_PLACE})(?!\w)(?!\s*(?:bpm|min|sec|hour))",
    re.IGNORECASE,
)
_KEEP = re.compile(
    r"\b(?:keep|keeping|leave|leaving|(?:don['’]?t|do\s+not|never|without)\s+(?:drop|remove|lose|touch|losing|dropping|removing)|"
    r"hold\s+on\s+to|(?:it\s+)?must\s+(?:have|include|contain))\s+(?:in\s+)?(?P<what>(?:both\s+|also\s+)?"
    r"(?:#\s?\d|(?:number|no\.|track|song)s?\s+\w|the\s+\w+)[^,;.!?]{0,60})",
    re.IGNORECASE,
)
_IN_PLACE = re.compile(
    r"\b(?:where\s+(?:it|they)\s+(?:is|are)|in\s+(?:its|their|the\s+same)\s+places?|at\s+(?:its|their)\s+places?)\b",
    re.IGNORECASE,
)
_LIKE = re.compile(
    r"\b(?:more|continue\s+with|go\s+on\s+with)\s+(?:\w+\s+)?like\s+(?P<more>[^;.!?]{2,60}?)\s*(?:,\s*(?:and\s+|but\s+)?|\bbut\s+|\band\s+)"
    r"(?:not|nothing|none|no\s+more|never)\s+(?:so\s+much\s+|at\s+all\s+)?like\s+(?P<fewer>[^;.!?]{2,60})",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListWishes:
    """What was read, and the rest of the message.

    `clear` says that it can only mean a playlist that is there; else the rest of the message decides. `ends` says that
    the course has both a beginning and an end.
    """

    shape: ListShape | None
    rest: str
    clear: bool = False
    ends: bool = False


def list_wishes(
    message: str,
    patterns: Patterns,
    handles_of: Callable[[str], tuple[int, ...]],
    *,
    shape: ListShape | None,
    held: bool,
) -> ListWishes:
    """Return what a message says a playlist should be like.

    Args:
        message: what the user wrote.
        patterns: the planner's tables.
        handles_of: reads places of the list in a part of the message.
        shape: what the list was to be like before, so that "an hour instead" and "make it 40" speak of it.
        held: whether the list was shaped, collected, saved or attached, so that "a bit shorter" speaks of it.
    """
    reading = _Reading(message, patterns, handles_of)
    reading.relate()
    reading.sort()
    reading.lengthen(shape, held)
    reading.course()
    reading.arrange()
    if reading.found or shape is not None:
        reading.keep()
    found = ListShape.model_validate(reading.found) if reading.found else None
    return ListWishes(found, reading.rest, reading.clear and found is not None, reading.ends)


class _Reading:
    """A message that is read wish by wish."""

    def __init__(self, message: str, patterns: Patterns, handles_of: Callable[[str], tuple[int, ...]]) -> None:
        self.rest = message
        self.found: dict[str, object] = {}
        self.clear = self.ends = False
        self._patterns, self._handles_of = patterns, handles_of

    def _blank(self, match: re.Match[str]) -> None:
        self.rest = self.rest[: match.start()] + " " * (match.end() - match.start()) + self.rest[match.end() :]

    def _cue(self, name: str) -> bool:
        """Take a cue of the tables."""
        if (match := self._patterns.found(name, self.rest)) is None:
            return False
        self._blank(match)
        return True

    def relate(self) -> None:
        """Read places that something goes between, and tracks that count more or less."""
        if (match := _BETWEEN.search(self.rest)) is not None:
            ends = (*self._places(match["one"]), *self._places(match["two"]))
            if len(ends) == 2:
                self.found |= {"between": ends, "insert": "gaps"}
                if match["n"] and match["n"].casefold() not in {"a", "an"}:
                    self.found["n"] = int(_number(match["n"]))
                self._take(match)
        elif (match := _LIKE.search(self.rest)) is not None:
            more, fewer = self._handles_of(match["more"]), self._handles_of(match["fewer"])
            if more and fewer:
                self.found |= {"more": more, "fewer": fewer}
                self._take(match)

    def sort(self) -> None:
        """Read an order that does not depend on what fits; the words of it are no wishes for fast or calm music."""
        once = next((order for order in ("shuffle", "reverse") if self._cue(f"{order}_it")), None)
        if once is not None:
            self.found["order"] = once
            self.clear = True
        elif (wanted := order_in(self.rest) or order_of_new(self.rest)) is not None:
            first, last = wanted.span
            self.rest = f"{self.rest[:first]}{' ' * (last - first)}{self.rest[last:]}"
            self.found |= {"order": wanted.by} | ({"descending": True} if wanted.descending else {})
            self.clear = self.clear or wanted.clear
        elif self._cue("random_order"):
            self.found["order"] = "shuffle"

    def lengthen(self, shape: ListShape | None, held: bool) -> None:
        """Read how long the whole list, or what is added, should be."""
        if self._by_how_much() or self._longer(held):
            return
        if shape is not None and (bare := _BARE_NUMBER.match(self.rest)) is not None and (shape.n or shape.duration_s):
            number = _number(bare["number"])
            # In the unit that it was told in before.
            self.found |= {"whole": True} | ({"duration_s": 60 * number} if shape.duration_s else {"n": int(number)})
            self._take(bare)
            return
        if (more := _MORE.search(self.rest)) is not None and self._length(more):
            self._take(more)
            return
        if (factor := _FACTOR.search(self.rest)) is not None:
            words = (
                "half"
                if factor["halve"] or (factor["twice"] or "").casefold() == "halve"
                else " ".join((factor["by"] or factor["double"] or factor["twice"]).casefold().split())
            )
            self.found |= {"whole": True, "factor": _FACTORS[words]}
            self._take(factor)
            return
        whole = _WHOLE.search(self.rest)
        if whole is None or not self._length(whole):
            whole = _CLAUSE.search(self.rest)
            told = shape is not None or self._patterns.found("course", self.rest) or tells_course(self.rest)
            if whole is None or not told or not self._length(whole):
                return
        self.found["whole"] = True
        self._take(whole)

    def _by_how_much(self) -> bool:
        """Read by how much the list should be longer or shorter."""
        for match in _DELTA.finditer(self.rest):
            told = {n: t for n, t in match.groupdict().items() if t}
            length = _length_of({n.lstrip("xy"): t for n, t in told.items()})
            if length is None:
                continue
            sign = 1 if match["longer"] else -1
            name, amount = length
            self.found |= {"whole": True, "delta_n" if name == "n" else "delta_s": sign * amount}
            self._take(match)
            return True
        return False

    def _longer(self, held: bool) -> bool:
        """Read that the list should be longer or shorter, and how long, where that is told."""
        match = _CHANGE.search(self.rest) or _RESIZE.search(self.rest) or (_BARE.search(self.rest) if held else None)
        if match is None:
            return False
        told = {n.lstrip("x"): t for n, t in match.groupdict().items() if t}
        longer, length = "longer" in told, _length_of(told)
        if length is not None and "by" in told:
            name, amount = length
            self.found |= {"delta_n" if name == "n" else "delta_s": amount if longer else -amount}
        elif length is not None:
            self.found[length[0]] = length[1]
        else:
            self.found["factor"] = _CHANGES[longer]["little" if "little" in told else "much" if "much" in told else ""]
        self.found["whole"] = True
        self._take(match)
        return True

    def course(self) -> None:
        """Read the course of the list."""
        if self.found.get("order") is not None:
            return  # "By energy, from calm to wild": one order of a list at a time.
        course = course_in(self.rest, self._patterns)
        self.rest = course.rest
        if course.arc is not None:
            self.found["arc"] = course.arc
            self.ends = course.ends

    def arrange(self) -> None:
        """Read the order, and whether what is added goes inside."""
        for order in ("same", "best", "smooth"):
            if "order" not in self.found and self._cue(f"order_{order}"):
                self.found["order"] = order
                break
        for where in ("gaps", "even"):
            if "insert" not in self.found and self._cue(f"insert_{where}"):
                self.found["insert"] = where
                self.clear = True

    def keep(self) -> None:
        """Read the tracks that must stay: "keep track 3"."""
        kept: list[int] = []
        for match in list(_KEEP.finditer(self.rest)):
            if places := self._handles_of(match["what"]):
                kept += places
                if _IN_PLACE.search(match["what"]):
                    self.found["in_place"] = True
                self._blank(match)
        if kept:
            self.found["keep"] = tuple(dict.fromkeys(kept))

    def _take(self, match: re.Match[str]) -> None:
        self.clear = True
        self._blank(match)

    def _places(self, words: str) -> tuple[int, ...]:
        words = re.sub(r"^(?:tracks?|songs?)\s", "", words, flags=re.IGNORECASE)
        bare = words.strip("# ").casefold()
        if bare.isdigit() or bare in _WORDS:
            return self._handles_of(f"#{int(_number(bare))}")
        return self._handles_of(words) or self._handles_of(f"the {bare}")

    def _length(self, match: re.Match[str]) -> bool:
        """Keep the length of a match; False where it is none of a list."""
        length = _length_of({n: t for n, t in match.groupdict().items() if t})
        if length is None or (length[0] == "duration_s" and length[1] < WHOLE_LIST_S):
            return False
        self.found[length[0]] = length[1]
        return True


# How much longer or shorter a list gets where no length is told, by whether it gets longer.
_CHANGES = {True: {"little": 1.25, "": 1.5, "much": 2.0}, False: {"little": 0.8, "": 2 / 3, "much": 0.5}}


def _length_of(told: Mapping[str, str]) -> tuple[str, float] | None:
    """Return the field and the amount of a length by its groups; None where there is none."""
    if "count" in told:
        n = int(_number(told["count"]))
        return ("n", n) if 1 <= n <= 500 else None
    if not {"clock", "whole", "hours", "only"} & set(told):
        return None
    return "duration_s", _seconds(told)


def _number(words: str) -> float:
    words = " ".join(words.casefold().split())
    if words.startswith("half"):
        return 0.5
    return float(_WORDS[words]) if words in _WORDS else float(words.replace(",", "."))


def _seconds(told: Mapping[str, str]) -> float:
    if "clock" in told:
        hours, minutes = told["clock"].split(":")
        return 3600.0 * int(hours) + 60 * int(minutes)
    if "whole" in told:
        return 3600 * (_number(told["whole"]) + 0.5)
    if "only" in told:
        return 60 * _number(told["only"])
    part = {"half": 0.5, "quarter": 0.25}.get(told.get("part", "").casefold(), 0.0)
    return 3600 * (_number(told["hours"]) + part) + 60 * (_number(told["minutes"]) if "minutes" in told else 0)
