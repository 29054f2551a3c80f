"""Whole clauses that can mean one thing only: "move #2 after #5", "which is the fastest?", "I love it".

A form must match all of a clause, so it reads nothing into a sentence that says more; what it does not know is left to
the patterns.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Literal

from agent.planner.pointing import handles_in, named_in
from agent.planner.sifting import sifted
from agent.planner.tastes import sayings_in
from agent.values import ListShape, NamedReference, Question, StatedTaste, TurnPlan
from catalog.values import FeedbackKind
from retrieval.constraints import Constraint
from retrieval.lexical import content_words
from retrieval.reading.wishes import Wishes, residue
from retrieval.vocabulary import load_vocabulary

Parse = Callable[[str], Wishes]
# Of a plan that nothing else may be read into.
CERTAIN = 0.97
_LONGEST_NAME = 6  # words
_NAMED = 0.9  # of a name that may be an artist's
_NO_TRACK = re.compile(
    r"[,;]|\b(?:and|then|for|like|next|previous|random|shuffle|something|anything|my|your|it|loud|songs?|music|carols?|"
    r"hits|ballads|classics|latin|k-?pop|playlist|tracks?)\b|-(?:musik|music)\b",
    re.IGNORECASE,
)
_ORDINAL = r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last)"
_COUNT = r"(?:two|three|four|five|six|\d{1,2})"
_PLACE = (
    rf"(?:#\s?\d{{1,3}}|the\s+(?:first|last)\s+{_COUNT}(?:\s+(?:ones|tracks|songs))?|"
    rf"the\s+(?:very\s+)?{_ORDINAL}(?:\s+(?:one|track|song))?|(?:track|song|number)\s+\d{{1,3}})"
)
_ONE_PLACE = re.compile(_PLACE, re.IGNORECASE)
BARE_NUMBER = re.compile(r"(?<![#\d])(?<!track )(?<!song )(?<!number )(?<!first )(?<!last )\d{1,2}")
_BARE_LAST = re.compile(r"^the\s+(?:very\s+)?last$", re.IGNORECASE)
PLACES = rf"{_PLACE}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*){_PLACE}){{0,19}}"
_ALL = (
    r"(?:them\s+all|all\s+of\s+(?:them|these|those|it)|all|these|those|them|"
    r"the\s+(?:whole\s+)?(?:list|lot)|everything)"
)
_IT = r"(?:it|this|that|this\s+one|that\s+one|this\s+(?:song|track)|that\s+(?:song|track))"
_ANY = rf"(?P<what>{PLACES}|{_ALL}|{_IT})"
_REMOVE = r"(?:remove|delete|drop|throw\s+out|take\s+out|get\s+rid\s+of|lose)"
_POLITE = re.compile(
    r"^(?:(?:please|ok(?:ay)?|and|then|now|also|so|well|hey|just|actually|lovely|nice|great|cool|perfect|brilliant|can\s+you|could\s+you|would\s+you|will\s+you)\b[\s,.!]*)+"
    r"|[\s,]*\b(?:please|thanks|thank\s+you|now|then|again)?[\s.!]*$",
    re.IGNORECASE,
)
# "Is #3 instrumental?" asks; "is there something like #3" and "do you mind removing #3?" order.
_ASKED = re.compile(
    r"^(?:(?P<closed>is|are|does|do|has|have|was|were)(?!\s+(?:you|we|i)\b)|who|whose|what(?!\s+(?:an?|about)\b)|which|"
    r"when(?!\s+possible)|where|how(?!\s+(?:i|about|\w+\s+(?:#|the\b)))|how\s+(?:long|fast|loud|old)|since\s+when)\b"
    rf"(?P<rest>.*?{_PLACE}[^.!?,;]*)\?*$",
    re.IGNORECASE,
)
# "The third one is instrumental?"
_PLAIN_QUESTION = re.compile(rf"^(?P<place>{_PLACE})\s+(?:is|has|are)\s+(?P<rest>[^.!?,;]+\?)\s*$", re.IGNORECASE)
_ORDERED = re.compile(
    r"\b(?:like|similar|more|another|others?|close\s+to|instead|play|find|give|show|add|else|than|version|same|opposite|"
    r"style|mood\s+of|possible|able|let|look|mix(?:es)?|goes|go\s+with|match(?:es)?|harmonic\w*|of\s+(?:these|them|those)|"
    r"(?:by|of)\s+the\s+(?:artist|band|singer|composer|group)|remov\w*|delet\w*|drop\w*|mov\w*|skip\w*|swap\w*|tak\w*|"
    r"throw\w*|get\s+rid|away|out|love\w*|lovely|great|terrible|awful)\b",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    rf"^\W*(?:there\s+)?|\bin\s+(?={_PLACE})|{_PLACE}|(?<!-)\b(?:have|has|got|made|sung|a|an|any)\b", re.IGNORECASE
)

# What no list is called, and what says more than a name.
_NO_NAME = re.compile(
    r"[,.;!?]|\b(?:and|then|for\s+me|too|as\s+well|called|named|please)\b|^(?:my|the|this|that|our|a|an|it)\b|"
    r"^(?:playlist|list|mix|queue|top|bottom|end|order|favou?rites|collection|library)$",
    re.IGNORECASE,
)
_NUMBERS = {"twice": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "twenty": 20}
OTHERS = r"(?:(?:all\s+)?(?:the\s+)?(?:others|rest|other\s+(?:ones|tracks|songs))|everything\s+else)"
_GOES = r"(?:(?:can|should|may|must|has\s+to|have\s+to)\s+)?(?:go|out|away|be\s+gone|be\s+removed|be\s+deleted)"
_HAS_DONE = r"(?:has|have|did|does|do|\s)\s*(?:he|she|they|it)(?:\s+\w+){0,2}"
_OF_NOTES = frozenset({"key", "order", "tempo", "duration"})

_LONGEST = 400  # characters

Form = Callable[[re.Match[str], int, Parse], TurnPlan | None]


def formed(message: str, results: int, parse: Parse) -> TurnPlan | None:
    """Return the plan of a clause that is a known form as a whole; None where it is none.

    Args:
        message: a clause in English words.
        results: how many tracks are on the screen.
        parse: reads wishes.
    """
    clause = without_politeness(message)
    for pattern, listed, form in _FORMS:
        if (results or not listed) and (found := pattern.fullmatch(clause)) is not None:
            return form(found, results, parse)
    return None


def without_politeness(message: str) -> str:
    """Return a clause without "please", "can you", "thanks" around it; what is too long for a form stays."""
    clause = message.strip()
    return clause if len(clause) > _LONGEST else _POLITE.sub("", clause)


def places_of(words: str, results: int) -> tuple[int, ...]:
    """Return the places that a form points at: "them all" are all, "it" is the first; () where one is beyond them."""
    if re.fullmatch(_ALL, words, re.IGNORECASE):
        return tuple(range(1, results + 1))
    if re.fullmatch(_IT, words, re.IGNORECASE):
        return (1,)
    told = [handles_in(_BARE_LAST.sub("the last track", one[0]), results) for one in _ONE_PLACE.finditer(words)]
    found = tuple(dict.fromkeys(place for places in told for place in places))
    return found if all(told) and all(place <= results for place in found) else ()


def _others(words: str, results: int) -> tuple[int, ...]:
    kept = places_of(words, results)
    return tuple(place for place in range(1, results + 1) if place not in kept) if kept else ()


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.casefold()]


def _reacts(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    bad = found["bad"] is not None
    handles = places_of(found["what"], results)
    reaction: FeedbackKind = "dislike" if bad else "like"
    return TurnPlan(intent="feedback", reaction=reaction, handles=handles, confidence=CERTAIN) if handles else None


def _divides(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Like or hate some tracks, and the others the other way: "I hate #1 and #5, the rest is great"."""
    what = BARE_NUMBER.sub(r"#\g<0>", found["what"])
    some, others = places_of(what, results), _others(what, results)
    if not some or not others:
        return None
    bad = found["bad"] is not None
    told: tuple[tuple[tuple[int, ...], FeedbackKind], ...] = (
        (some, "dislike" if bad else "like"),
        (others, "dislike" if found["poor"] else "like"),
    )
    steps = tuple(
        TurnPlan(intent="feedback", reaction=reaction, handles=places, said=found[0], confidence=CERTAIN)
        for places, reaction in told
    )
    return steps[0].model_copy(update={"steps": steps})


def _moves(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    one, two = (BARE_NUMBER.sub(r"#\g<0>", found[end]) for end in ("one", "two"))
    moved, (beside,) = places_of(one, results), places_of(two, results)[:1] or (0,)
    if not (moved and beside) or beside in moved:
        return None
    before = sum(place < beside for place in moved)  # they leave their places first
    place = beside - before + (0 if found["before"] else 1)
    return TurnPlan(intent="edit_playlist", edit="move", handles=moved, place=place, confidence=CERTAIN)


def _keeps(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    gone = _others(found["what"], results)
    if not gone or len(gone) == results:
        return None
    return TurnPlan(intent="edit_playlist", edit="remove", handles=gone, confidence=CERTAIN)


def _removes_side(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Remove what comes after a place, or before it: "everything after number 6 can go"."""
    told = places_of(BARE_NUMBER.sub(r"#\g<0>", found["what"]), results)
    if len(told) != 1 or not (found["out"] or found["gone"]):
        return None
    before = found["side"].casefold().split()[0] in {"before", "above", "ahead"}
    gone = tuple(range(1, told[0])) if before else tuple(range(told[0] + 1, results + 1))
    return TurnPlan(intent="edit_playlist", edit="remove", handles=gone, confidence=CERTAIN) if gone else None


def _moves_to(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Move tracks to an end of the list: "the second to the very top"."""
    handles = places_of(found["one"], results)
    place = results if found["where"].casefold() in {"end", "bottom"} else 1
    if not handles:
        return None
    return TurnPlan(intent="edit_playlist", edit="move", handles=handles, place=place, confidence=CERTAIN)


def _others_more(found: re.Match[str], results: int, parse: Parse) -> TurnPlan:
    """Show so many that were not shown yet: "another ten"."""
    return TurnPlan(intent="refine", fresh=True, n=_number(found["n"]), confidence=CERTAIN)


def _exchanges(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Put two tracks in each other's places: "swap 1 and 4"."""
    told = (found["one"] or found["rather"], found["two"])
    ends = [places_of(BARE_NUMBER.sub(r"#\g<0>", end), results) for end in told]
    if any(len(places) != 1 for places in ends) or ends[0] == ends[1]:
        return None
    (one,), (two,) = sorted(ends)
    moves = (((one,), two, "one"), ((two,), one, "the other"))
    steps = tuple(
        TurnPlan(intent="edit_playlist", edit="move", handles=handles, place=place, said=said, confidence=CERTAIN)
        for handles, place, said in moves
    )
    return steps[0].model_copy(update={"steps": steps})


def _tells(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Tell a property of tracks that is named without a verb: "licence of 2?"."""
    handles = places_of(BARE_NUMBER.sub(r"#\g<0>", found["what"]), results)
    return TurnPlan(intent="explain", handles=handles, confidence=CERTAIN) if handles else None


def _plays(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    handles = places_of(found["what"], results)
    but = places_of(found["but"], results) if found["but"] else ()
    if found["but"] and not but:
        return None
    handles = tuple(place for place in handles if place not in but)
    return TurnPlan(intent="exact_track", handles=handles, confidence=CERTAIN) if handles else None


def _plays_named(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Play one track by its name: "play Major Tom by Schilling", "play Atemlos"."""
    named = named_in(found[0])
    name = found["title"].strip(" ?!.")
    if not named and name[:1].isupper() and len(name.split()) <= _LONGEST_NAME and not _NO_TRACK.search(name):
        wished = parse(name)
        words = content_words(name)
        if not wished.constraints and residue(wished.rest) and not any(w in load_vocabulary().unheard for w in words):
            named = (NamedReference(title=name),)
    return TurnPlan(intent="exact_track", named=named, text=name, confidence=_NAMED) if len(named) == 1 else None


def _opens(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Open a stored playlist, or add to one; only what begins as a name does is one."""
    name = found["name"].strip(' "“”„')
    if (
        not name
        or name[0].islower()
        or _NO_NAME.search(name)
        or any(c.field in _OF_NOTES for c in parse(name).constraints)
    ):
        return None
    told = TurnPlan(intent="edit_playlist", edit="open", playlist_title=name, confidence=CERTAIN)
    what = found.groupdict().get("what")
    if what is None:
        return told
    handles = places_of(what, results)
    return told.model_copy(update={"edit": "add", "handles": handles}) if handles else None


def _names(found: re.Match[str], results: int, parse: Parse) -> TurnPlan:
    """Save under a name what another order follows: "call it Sunday, and", its order read before."""
    name = found["name"].strip(' "“”„')
    return TurnPlan(intent="edit_playlist", edit="save", playlist_title=name, confidence=CERTAIN)


def _refuses(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    wishes = tuple(c for c in parse(found[0]).constraints if c.field == "artist" and c.op == "not")
    intent: Literal["refine", "recommend"] = "refine" if results else "recommend"
    return TurnPlan(intent=intent, constraints=wishes, confidence=CERTAIN) if wishes else None


def _explains(found: re.Match[str], results: int, parse: Parse) -> TurnPlan:
    return TurnPlan(intent="explain", shape=ListShape(whole=True), confidence=CERTAIN)


def _first(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Answer "which is the fastest?" of the tracks on the screen."""
    asked = sifted(f"which of these is the {found['most']}?", results, parse)
    return None if asked is None else asked.model_copy(update={"confidence": CERTAIN})


def _counts(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Answer "how many of these are in minor?": by naming them."""
    asked = sifted(f"which of these {found['kind']}", results, parse)
    return None if asked is None else asked.model_copy(update={"confidence": CERTAIN})


def _undoes(found: re.Match[str], results: int, parse: Parse) -> TurnPlan:
    """Take back the last two or more turns."""
    return TurnPlan(intent="undo", n=_number(found["n"]), confidence=CERTAIN)


def _who_else(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Tell who made a track, and find more of theirs: "who's the singer of #2, and what else has she done?"."""
    handles = places_of(found["what"], results)
    if not handles:
        return None
    asked = TurnPlan(intent="explain", handles=handles, said="who", confidence=CERTAIN)
    more = TurnPlan(
        intent="refine", handles=handles, same_artist=True, fresh=True, said="what else", confidence=CERTAIN
    )
    return more.model_copy(update={"steps": (asked, more)})


def _unlikes(found: re.Match[str], results: int, parse: Parse) -> TurnPlan | None:
    """Take a taste back that was told before."""
    told = sayings_in(f"remember that I {found['verb']} {found['taste']}", parse).tastes
    if not told:
        return None
    back: tuple[StatedTaste, ...] = tuple(t.model_copy(update={"weight": 0.0, "never": False}) for t in told)
    return TurnPlan(intent="profile", tastes=back, confidence=CERTAIN)


def _simple(found: re.Match[str], results: int, parse: Parse, plan: TurnPlan) -> TurnPlan:
    return plan


def asked_of_track(message: str, results: int, parse: Parse) -> TurnPlan | None:
    """Return the plan of a question about tracks of the list: "does #7 have vocals?"; None where it is none.

    What asks about the list as a set is told before: "which songs have the same key as #2?".
    """
    message = _PLAIN_QUESTION.sub(r"is \g<place> \g<rest>", message.strip())
    found = _ASKED.match(message) if results else None
    if found is None or _ORDERED.search(message):
        return None
    handles = handles_in(message, results)
    told: tuple[Constraint, ...] = ()
    if found["closed"] is not None:
        wishes = parse(_HOLDS.sub(" ", found["rest"]))
        told = () if residue(wishes.rest) else tuple(c for c in wishes.constraints if c.field != "other")
    return TurnPlan(intent="explain", handles=handles, constraints=told, confidence=CERTAIN) if handles else None


def _form(pattern: str, form: Form, *, listed: bool = True) -> tuple[re.Pattern[str], bool, Form]:
    return re.compile(pattern, re.IGNORECASE), listed, form


_TURNS = r"(?P<n>two|three|four|five|[2-5])"
_LIKES = r"(?:really\s+|absolutely\s+|quite\s+|do\s+)*(?:like|love|adore|enjoy)"
_HATES = (
    r"(?P<bad>(?:really\s+)?(?:hate|dislike|can.?t\s+stand)|"
    r"(?:really\s+)?(?:don.?t|do\s+not)\s+(?:really\s+)?(?:like|love|want|enjoy))"
)
_FORMS = (
    _form(
        rf"(?:undo|take\s+back|revert)\s+(?:the\s+|my\s+)?(?:last|previous)\s+{_TURNS}"
        r"(?:\s+(?:steps|changes|turns|things|wishes|orders|edits|messages))?",
        _undoes,
    ),
    _form(
        rf"(?:(?:undo|go\s+back|step\s+back|back|take\s+it\s+back)\s+)?{_TURNS}\s+(?:steps?|times)(?:\s+back)?", _undoes
    ),
    _form(r"(?:undo|go\s+back|back)\s+(?P<n>twice)", _undoes),
    _form(
        rf"(?:(?:and\s+)?(?:what(?:['’]?s|\s+is)?\s+)?(?:the\s+)?)(?:licen[cs]es?|keys?|tempos?|bpm|years?|lengths?|durations?|artists?|albums?|titles?|lyrics|names?)"
        rf"\s+(?:of|for|on)\s+(?P<what>{PLACES}|\d{{1,2}})\s*\??",
        _tells,
    ),
    _form(
        rf"(?:no\W+|sorry\W+)?i\s+(?:meant?|was\s+talking\s+about)\s+(?P<what>{PLACES})(?P<but>)(?:\W+(?:and\s+)?not\s+{PLACES})?",
        _plays,
    ),
    _form(
        r"(?:what|which)\s+(?:did\s+i\s+(?:ask|wish)(?:\s+for)?(?:\s+so\s+far)?|(?:are\s+)?my\s+wishes(?:\s+so\s+far|\s+now)?|wishes\s+(?:stand|are\s+there|do\s+i\s+have))\s*\??|"
        r"stop|wait|hold\s+on",
        partial(_simple, plan=TurnPlan(intent="chitchat", question=Question(kind="remark"), confidence=CERTAIN)),
    ),
    _form(
        r"no\s+(?:repeats|repetitions)|(?:without|no)\s+repeating(?:\s+anything)?|don.?t\s+repeat(?:\s+(?:yourself|anything|them))?",
        partial(_simple, plan=TurnPlan(intent="refine", fresh=True, confidence=CERTAIN)),
    ),
    _form(
        rf"(?:who(?:['’]?s|\s+is|\s+was)?\s+[^,.;?]*?)(?P<what>{_PLACE})[^,.;?]*?,?\s+and\s+what\s+else\s+{_HAS_DONE}\W*",
        _who_else,
    ),
    _form(rf"i\s+(?:{_HATES}|{_LIKES})\s+{_ANY}", _reacts),
    _form(
        rf"(?:(?:no|nah|nope|hmm+|well)\W+)?(?:i\s+)?(?:{_HATES}|{_LIKES})\s+(?P<what>{PLACES}|\d{{1,2}}(?:(?:\s*,\s*|\s+and\s+)\d{{1,2}}){{0,9}})[\s.,;–-]*(?:but\s+|and\s+)?"
        r"(?:the\s+|all\s+the\s+)?(?:rest|others?|other\s+ones)\s*(?:is|are|.s|.re|was|were)\s+(?:all\s+|really\s+|very\s+|just\s+)*"
        r"(?:great|good|perfect|lovely|amazing|awesome|brilliant|wonderful|excellent|spot\s+on|"
        r"(?P<poor>awful|terrible|bad|boring|rubbish|meh|horrible|not\s+good))",
        _divides,
    ),
    _form(
        rf"(?:move|put|shift|place|push|drag|pull|stick)\s+(?P<one>{PLACES}|\d{{1,2}})\s+(?:up\s+|down\s+)?"
        r"(?:to\s+)?(?:right\s+|just\s+|directly\s+)?"
        rf"(?:(?P<before>before|in\s+front\s+of|above|ahead\s+of)|after|behind|below|under|beneath)\s+(?P<two>{_PLACE}|\d{{1,2}})",
        _moves,
    ),
    _form(
        rf"(?:{_REMOVE}\s+(?:everything|all(?:\s+of\s+(?:them|these))?|them\s+all|all\s+the\s+others)\s+"
        r"(?:except|but|apart\s+from|besides|save)(?:\s+for)?|"
        rf"(?:keep|leave)\s+(?:only|just)|(?:only|just)\s+keep)\s+(?P<what>{PLACES})",
        _keeps,
    ),
    _form(
        rf"(?:keep|leave|hold\s+on\s+to)\s+(?P<what>{PLACES}),?\s+(?:and\s+|but\s+)?(?:{_REMOVE}\s+{OTHERS}|{OTHERS}\s+{_GOES})",
        _keeps,
    ),
    _form(
        rf"(?P<what>{PLACES})\s+(?:(?:can|should|may|must)\s+)?stays?,?\s+(?:and\s+|but\s+)?(?:{_REMOVE}\s+{OTHERS}|{OTHERS}\s+{_GOES})",
        _keeps,
    ),
    _form(
        rf"(?:(?P<out>{_REMOVE})\s+)?(?:everything|all|all\s+(?:of\s+)?(?:them|those|these)|the\s+(?:tracks|songs|ones))\s+(?:that\s+(?:comes?|follows?)\s+)?"
        rf"(?P<side>after|past|behind|below|following|before|above|ahead\s+of)\s+(?P<what>{_PLACE}|\d{{1,2}})(?:\s+(?P<gone>{_GOES}))?",
        _removes_side,
    ),
    _form(rf"(?:only|just)\s+(?P<what>the\s+(?:first|last)\s+{_COUNT}(?:\s+(?:ones|tracks|songs))?)", _keeps),
    _form(
        rf"(?:(?:swap|switch|exchange|trade)\s+(?P<one>{_PLACE}|\d{{1,2}})\s+(?:with|and|for|by)|replace\s+(?P<rather>{_PLACE}|\d{{1,2}})\s+(?:with|for|by))\s+(?P<two>{_PLACE}|\d{{1,2}})(?:\s+around)?",
        _exchanges,
    ),
    _form(
        rf"(?P<one>{PLACES})\s+(?:all\s+the\s+way\s+|right\s+)?(?:up\s+|down\s+)?to\s+the\s+(?:very\s+)?(?P<where>top|beginning|start|front|end|bottom)",
        _moves_to,
    ),
    _form(
        r"(?:(?:give|show|find|get)\s+me\s+|i\s+(?:want|need)\s+)?(?:some\s+|lots\s+|even\s+)?more\s+(?:of\s+(?:that|this|these|those|it|them|the\s+same)|like\s+(?:these|those|them))|"
        r"(?:find|search\s+for|look\s+for)\s+(?:me\s+)?(?:some\s+)?more",
        partial(_simple, plan=TurnPlan(intent="similar", fresh=True, confidence=CERTAIN)),
    ),
    _form(
        rf"(?:(?:give|show|find|get)\s+me\s+)?another\s+(?P<n>{_COUNT}|ten|twenty)(?:\s+(?:songs|tracks|ones|of\s+(?:them|those|these)))?",
        _others_more,
    ),
    _form(rf"play\s+{_ANY}(?:\s+(?:except|but|apart\s+from|without)\s+(?P<but>{PLACES}))?", _plays),
    _form(rf"(?P<what>{_PLACE})(?P<but>)", _plays),
    _form(
        r"(?:which|what)(?:.s|\s+(?:one|track|song))?\s*(?:is|are|was)?\s+the\s+"
        r"(?P<most>(?:most|least)\s+\w+|\w+est)(?:\s+(?:one|track|song))?"
        r"(?:\s+(?:here|of\s+(?:these|them|all)))?\s*\??",
        _first,
    ),
    _form(
        r"how\s+long\s+(?:is|are)\s+(?:the|this|my)\s+(?:whole\s+)?(?:list|playlist|mix|set)"
        r"(?:\s+(?:now|in\s+(?:all|total)))?\s*\??|"
        r"how\s+long\s+(?:is|are|does)\s+(?:that|this|it|they|these|those|everything|the\s+(?:lot|whole\s+thing))\s+(?:all\s+)?(?:last\s+|run\s+|take\s+)?"
        r"(?:altogether|all\s+together|in\s+(?:all|total)|combined|all\s+in\s+all|put\s+together)\s*\??|"
        r"how\s+many\s+(?:tracks|songs|pieces)\s+(?:are\s+)?(?:there\s+)?(?:in|on)\s+"
        r"(?:the|this|my)\s+(?:list|playlist|mix|set)(?:\s+now)?\s*\??",
        _explains,
    ),
    _form(r"how\s+many\s+of\s+(?:these|them|those)\s+(?P<kind>.{2,60}?)\s*\??", _counts),
    _form(
        r"forget\s+(?:that|about)\s+i\s+(?P<verb>(?:don.?t\s+)?(?:like|love)|hate)\s+(?P<taste>.{2,60}?)",
        _unlikes,
        listed=False,
    ),
    _form(
        r"(?:open|load)\s+(?:(?:the|my)\s+)?(?:playlist\s+)?(?P<name>.{1,60}?)(?:\s+playlist)?",
        _opens,
        listed=False,
    ),
    _form(
        rf"add\s+{_ANY}\s+(?:to|into)\s+(?:(?:the|my)\s+)?(?:playlist\s+)?(?P<name>.{{1,60}}?)(?:\s+(?:play)?list)?",
        _opens,
    ),
    _form(r"nothing\s+(?:more\s+)?(?:by|from)\s+(?!the\b|#)[^,;.!?]{2,60}", _refuses, listed=False),
    _form(r"play\s+(?:me\s+)?(?:the\s+(?:song|track)\s+)?(?P<title>.{2,80}?)", _plays_named, listed=False),
    _form(
        r"(?:call|name|title)\s+(?:it|this|that|(?:the|this|my)\s+(?:play)?list)\s+(?P<name>[^,.;!?\n]{1,60}?)\s+and",
        _names,
    ),
    _form(
        r"(?:(?:can|could|may)\s+(?:i|you|we)\s+)?(?:get|have|give\s+me|send\s+me)\s+(?:that|this|it|these|them|the\s+(?:play)?list)\s+as\s+(?:an?\s+)?"
        r"(?:m3u8?|csv|xspf|jspf|file|playlist\s+file)\b[^,.;]{0,40}",
        partial(_simple, plan=TurnPlan(intent="edit_playlist", edit="save", confidence=CERTAIN)),
    ),
    _form(
        r"(?:export|download)\s+(?:the|this|my)\s+(?:list|playlist|mix|set|it)"
        r"(?:\s+(?:for|to|onto|on)\s+(?:(?:my|a|an|the)\s+)?[\w-]+(?:\s+[\w-]+)?)?",
        partial(_simple, plan=TurnPlan(intent="edit_playlist", edit="save", confidence=CERTAIN)),
    ),
    _form(
        r"(?:which|what)\s+playlists?\s+(?:(?:do|have|did)\s+(?:i|you|we)\s+(?:have|got|saved?|store|stored)|are\s+there|have\s+(?:i|you|we)(?:\s+got)?)\s*\??",
        partial(_simple, plan=TurnPlan(intent="ask_library", text="which playlists", confidence=CERTAIN)),
        listed=False,
    ),
)
