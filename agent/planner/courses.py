"""The course that a message says a list should take: of its energy, or from one sound to another."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.planner.patterns import Patterns
from agent.values import ListArc
from retrieval.vocabulary import load_vocabulary

# Calm at both ends: the one course that has no name.
PEAK: ListArc = ((0.0, 0.2), (0.5, 0.9), (1.0, 0.2))
VALLEY: ListArc = ((0.0, 0.9), (0.5, 0.2), (1.0, 0.9))

_CALM = (
    r"(?:calm(?:ly)?|quiet(?:ly)?|slow(?:ly)?|mellow|soft(?:ly)?|gent(?:le|ly)|relaxed|chilled|chill|low|peaceful(?:ly)?|tame|calmer|quieter|slower|softer|gentler|"
    r"easy)"
)
_WILD = (
    r"(?:wild(?:ly)?|loud(?:ly)?|fast|energetic(?:ally)?|intense(?:ly)?|lively|upbeat|hard|strong|high|big|powerful|"
    r"with\s+a\s+bang|dancing|danceable|wilder|louder|faster|livelier|harder|stronger)"
)


def _mood(which: str) -> str:
    very = r"(?:(?:very|really|quite|rather|pretty|more|fairly|all|a\s+(?:bit|little))\s+)?"
    return rf"{very}(?:(?P<calm{which}>{_CALM})|(?P<wild{which}>{_WILD}))"


# "Start calm", but not "start calm jazz": nothing may follow that it would be a quality of.
_NO_NOUN = r"(?=\s*(?:[,;.:!?]|$|(?:and|then|but|to|with|at|in|please|before|or|for|from|so)\b))"
_THE = r"(?:at|in|to|toward|towards|by|near|for|around)\s+the\s+(?:very\s+)?"
_START = r"(?:start|beginning|outset|opening)"
_END = r"(?:end|finish|close)"
_ONES = r"(?:with\s+(?:some\s+|the\s+)?(?=\S+\s+(?:tracks|songs|ones)\b))?"
_BEGIN = r"(?P<begin{}>(?:start|begin|open)(?:s|ing|ning)?)\s+(?:it\s+)?(?:off\s+|out\s+)?"
# "Get loud" by itself is no end of anything.
_FINISH = r"(?:(?:end|finish|close|(?P<weak>get|turn|grow))(?:s|es|ing|ting)?)\s+(?:it\s+)?(?:up\s+|off\s+)?"
_COURSE = re.compile(
    rf"\b{_BEGIN.format(1)}{_ONES}{_mood('1')}(?:{_NO_NOUN}|\s+(?:tracks|songs|ones)\b)|"
    rf"\b{_FINISH}(?:on\s+an?\s+(?=\S+\s+note))?{_ONES}{_mood('2')}(?:\s+{_THE}{_END}\b)?(?:{_NO_NOUN}|\s+(?:tracks|songs|ones|note)\b)|"
    rf"\b{_mood('3')}\s+{_THE}(?:(?P<both>{_START}\s+and\s+(?:{_THE}|the\s+)?{_END})|"
    rf"(?P<first>{_START})|(?P<last>{_END})|(?P<middle>middle))\b(?!\s+of\b)|"
    rf"\b{_mood('5')}\s+(?:(?P<early>at\s+first|initially|to\s+begin\s+with)|later(?:\s+on)?|afterwards|by\s+the\s+end){_NO_NOUN}|"
    rf"\b(?:build|ramp|work)(?:s|ing)?\s+(?:it\s+)?(?:its\s+way\s+)?up\s+to\s+(?:something\s+|an?\s+|the\s+)?{_mood('6')}(?:\s+(?:{_END}|finale?))?{_NO_NOUN}|"
    rf"\b{_mood('4')}\s+(?:(?P<opens>start|beginning|opening)|(?:end|ending|finish))(?=\s*(?:[,;.!]|$|(?:and|then|but)\b))",
    re.IGNORECASE,
)
# "From sad to hopeful", "starts with jazz and ends in techno", "first piano, then strings": from one sound to another.
_SOUND = (
    r"(?:(?:something|some|very|really|more|a\s+bit|mostly|pure)\s+)*"
    r"(?P<{}>[a-z][\w'’&-]*(?:\s[\w'’&-]+){{0,2}}?)(?:\s+(?:music|stuff|songs|tracks|moods?))?"
)
_ON = r"(?=\s*(?:[,;.:!?]|$|(?:and|then|but|with|please|for|over|in|at|by|within|throughout|playlist|list|mix|set)\b))"
_SLOWLY = r"(?:(?:slowly|gradually|gently|over\s+time|and\s+then|then|and)\s*,?\s+)*"
_GOES = (
    r"(?:go(?:es)?|mov(?:e|es)|leads?|drifts?|shifts?|flows?|evolves?|travels?|builds?|turns?|changes?|transitions?|"
    r"(?:go|mov|lead|drift|shift|flow|evolv|travell|build|turn|chang|transition)ing)"
)
_OPENS = r"(?:start|begin|open)(?:s|ing|ning)?(?:\s+(?:off|out|it))*(?:\s+(?:with|as|in|on))?"
_CLOSES = r"(?:end|finish|close|become|get|turn)(?:s|es|ing|ting)?(?:\s+(?:up|off|it))*(?:\s+(?:with|as|in|on|into))?"
_SOUNDS = (
    re.compile(
        rf"\b(?:(?P<verb>{_GOES})\s+)?{_SLOWLY}from\s+{_SOUND.format('one')}\s+{_SLOWLY}(?:in|on)?to(?:wards?)?\s+{_SOUND.format('two')}{_ON}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<verb>{_OPENS})\s+{_SOUND.format('one')}\s*,?\s+{_SLOWLY}{_CLOSES}\s+{_SOUND.format('two')}{_ON}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<verb>first)\s+{_SOUND.format('one')}\s*,?\s+(?:and\s+)?(?:then|later)\s+{_SOUND.format('two')}{_ON}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b{_SOUND.format('one')}\s+(?P<verb>first|(?:at|in)\s+the\s+(?:start|beginning))\s*,?\s+(?:and\s+)?(?:then\s+)?"
        rf"{_SOUND.format('two')}(?:\s+(?:later|(?:at|towards?)\s+the\s+end))?{_ON}",
        re.IGNORECASE,
    ),
)
_OF_LIST = re.compile(
    r"\b(?:(?:play)?list|mix|set|hours?|minutes|min|journey|course|arc|evening|party|show)\b", re.IGNORECASE
)
# "Everything from jazz to techno" is a range, and "songs that go from quiet to loud" are what each of them is like.
_A_RANGE = re.compile(
    r"\b(?:every\s?thing|anything|all|rang(?:e|es|ing)|tastes?|listen|like|love|styles?|genres?|switch\w*|chang\w*|mov\w*)\W+(?:\w+\W+)?$",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"\b(?:songs?|tracks?|pieces?|tunes?|something|compositions?)\s+(?:that|which|where|with|to|it)\b", re.IGNORECASE
)
_ENERGY = frozenset({"calm", "energetic"})

# "From calm to wild", "calm first, then wild": both ends at once.
_BOTH = re.compile(
    rf"\b(?:(?:order|sort|arrange|go|gradually|slowly)\w*\s+(?:it\s+|them\s+)?)?from\s+{_mood('1')}\s+to\s+{_mood('2')}{_NO_NOUN}|"
    rf"\b{_mood('3')}\s+first\s*,?\s*(?:and\s+)?then\s+{_mood('4')}{_NO_NOUN}",
    re.IGNORECASE,
)
# "Then fast, slow again at the end": a middle and what it goes back to.
_BACK = re.compile(
    rf"\b(?:then|and)\s+{_mood('1')}\s*(?:,|\band\b)\s*(?:(?:and|then)\s+)*{_mood('2')}\s+again(?:\s+{_THE}{_END})?{_NO_NOUN}",
    re.IGNORECASE,
)
_PEAK = re.compile(r"\b(?:peak(?:s|ing)?|climax(?:es)?)\s+(?:in|at|around)\s+the\s+middle\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Course:
    """The arc that was read, if any, and the rest of the text; `ends` says that both its ends were told."""

    arc: ListArc | None
    rest: str
    ends: bool = False


def tells_course(text: str) -> bool:
    """Tell whether a text says how calm or wild the beginning, the middle or the end of a list should be."""
    return _COURSE.search(text) is not None


def course_in(text: str, patterns: Patterns) -> Course:
    """Return the course that a text says a list should take; what was read is blanked out."""
    sounds = None if _EACH.search(text) else _from_to(text)
    return sounds or _of_energy(text, patterns)


def _from_to(text: str) -> Course | None:
    """Return the course from one sound to another; None where the text tells none, or one of energy alone."""
    vocabulary = load_vocabulary()
    for pattern in _SOUNDS:
        for match in pattern.finditer(text):
            one, two = (vocabulary.concept(match[end]) for end in ("one", "two"))
            if one is None or two is None or one.id == two.id or {one.id, two.id} == _ENERGY:
                continue
            bare = not match["verb"] and (_A_RANGE.search(text[: match.start()]) or not _OF_LIST.search(text))
            if bare and match[0].strip() != text.strip(" .!?"):
                continue
            return Course((match["one"].casefold(), match["two"].casefold()), _blanked(text, match), ends=True)
    return None


def _of_energy(text: str, patterns: Patterns) -> Course:
    ends: dict[str, str] = {}
    if (pair := _BOTH.search(text)) is not None:
        ends = {"first": _said(pair, "13"), "last": _said(pair, "24")}
        text = _blanked(text, pair)
    if (back := _BACK.search(text)) is not None:
        ends |= {"middle": _said(back, "1"), "last": _said(back, "2")}
        text = _blanked(text, back)
    matches = list(_COURSE.finditer(text))
    for match in matches:
        if match["weak"] and len(matches) == 1:
            continue
        mood = _said(match, "123456")
        if match["both"]:
            ends |= {"first": mood, "last": mood}
        else:
            begins = match["begin1"] or match["first"] or match["opens"] or match["early"]
            ends["middle" if match["middle"] else "first" if begins else "last"] = mood
        text = _blanked(text, match)
    if (peak := _PEAK.search(text)) is not None:
        ends["middle"] = "wild"
        text = _blanked(text, peak)
    named = None
    for arc in _NAMED:
        if (cue := patterns.found(f"arc_{arc}", text)) is not None:
            named, text = arc, _blanked(text, cue)
            break
    return Course(_arc(ends, named), text, ends={"first", "last"} <= set(ends) or bool(named and ends))


def _blanked(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]


def _said(match: re.Match[str], groups: str) -> str:
    return "calm" if any(match[f"calm{g}"] for g in groups) else "wild"


def _arc(ends: dict[str, str], named: str | None) -> ListArc | None:
    """Return the course that moods at its ends and in its middle, or else its name, tell of."""
    first, middle, last = ends.get("first"), ends.get("middle"), ends.get("last")
    if middle == "wild" or (first == last == "calm"):
        return PEAK
    if middle == "calm" or (first == last == "wild"):
        return VALLEY
    if first is None and last is None:
        return None if named is None else _NAMED[named]
    return "rise" if first == "calm" or last == "wild" else "fall"


_NAMED: dict[str, ListArc] = {"rise": "rise", "fall": "fall", "wave": "wave", "flat": "flat"}
