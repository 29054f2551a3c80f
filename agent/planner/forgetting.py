"""Taking single wishes back: "forget the tempo", "any key is fine", "forget wish 2"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.standing import TOPICS
from retrieval.constraints import Constraint
from retrieval.vocabulary import load_vocabulary

# What people call the fields of wishes.
_FIELDS = {
    "tempo": "tempo|speed|bpm|pace",
    "key": "keys?|mode",
    "duration": "length|duration|how long (?:it is|they are)",
    "year": "years?|decades?|age|era",
    "artist": "artists?|bands?|composers?",
    "album": "albums?",
    "genre": "genres?|styles?",
    "mood": "moods?|feeling|vibe",
    "instrument": "instruments?|instrumentation",
    "vocal": "vocals?|singing|voices?|singers?",
    "licence": "licen[cs]es?",
    "language": "languages?",
    "energy": "energy",
    "loudness": "loudness|volume",
}
_ANY = "|".join(_FIELDS.values())
_FORGET = re.compile(
    r"\b(?:forget|drop|ignore|remove|delete|leave out|take back|scrap)\s+"
    r"(?:about\s+|what\s+i\s+said\s+(?:about|on)\s+)?"
    rf"(?:wish(?:es)?\s+(?:#|number\s+)?(?P<number>\d{{1,3}})\b|"
    r"(?:the\s+(?:wish|limit|thing|part|bit)\s+(?:for|on|about|with)\s+)?"
    rf"(?:the\s+|my\s+)?(?P<field>{_ANY})(?:\s+(?:wish|limit|part|thing))?\b"
    r"(?!\s+(?:of|from|by|to|in)\b))"
    rf"|\b(?:the\s+)?(?P<free>{_ANY})\s+(?:do(?:es)?\s?n.?t|do(?:es)? not|no longer)\s+matters?\b"
    r"(?:\s+(?:any\s?more|any\s+longer|now))?"
    rf"|\b(?:any|whatever|whichever|no\s+matter\s+(?:which|what))\s+(?P<any>{_ANY})(?:\s+(?:is|are|will|would)\s+(?:fine|ok(?:ay)?|do|good|alright)\b|(?=\W*$))",
    re.IGNORECASE,
)


# "Remove the limits" means all that only limit; "forget my wishes" means all that stand.
_FORGET_ALL = re.compile(
    r"\b(?:forget|drop|ignore|remove|delete|lift|clear|take back|take off|scrap|no more)\s+(?:about\s+)?"
    r"(?:all\s+)?(?:of\s+)?(?:the\s+|my\s+|those\s+|these\s+)?(?:(?P<limits>limits?|limitations?|filters?|restrictions?|constraints?)|wishes)\b"
    r"(?!\s+(?:of|from|by|to|in)\b)",
    re.IGNORECASE,
)


_TAKE_BACK = (
    r"(?:forget|drop|ignore|scrap|cancel|ditch|remove|take\s+back|take\s+out|take\s+away|leave\s+out|lose|never\s?mind|undo|instead\s+of)\s+"
    r"(?:about\s+)?(?:what\s+i\s+said\s+(?:about|on)\s+)?(?:(?:the|that|my|all\s+the)\s+)?(?:wish(?:es)?\s+for\s+(?:the\s+|an?\s+)?)?"
)
_THING = r"(?:\s+(?:wish|thing|bit|part|stuff|idea|requirement|condition|limit|ones?))?"
_CLAUSE_ENDS = r"(?=\s*(?:[,.;!?]|$|(?:and|but|please|again|after\s+all|though|then|now)\b))"
# "Flute is fine after all", "drums are ok", "vocals may come back": what was refused is so no longer.
_ALLOWED = (
    r"\s+(?:(?:(?:is|are|would|yes)\s+)*(?:(?:totally|perfectly|actually|quite|also|be)\s+)*"
    r"(?:fine|ok(?:ay)?|alright|all\s+right|allowed|welcome|good)|"
    r"(?:can|may|might|could)\s+(?:(?:also|be|come|go|there)\s+)*(?:fine|back|in|again|allowed))"
    r"(?:\s+(?:again|too|then|after\s+all|now|with\s+me))*"
)
# "Don't drop the piano", "why did you forget the tempo?", "I don't want to lose the jazz".
_NOT_ORDERED = re.compile(
    r"\b(?:don.?t|do not|didn.?t|did not|wouldn.?t|shouldn.?t|never|not|why|did you|do you|are you|have you|"
    r"want(?:ed)? to|who|should i)\b[^,.;!?]*$",
    re.IGNORECASE,
)
_TAKES_OUT = re.compile(r"\s*(?:remove|delete|drop|leave\s+out|scrap|lose|take\s+out)\b", re.IGNORECASE)
# Words that point at tracks are no words to search by.
_POINTING = frozenset(
    """first second third fourth fifth sixth seventh eighth ninth tenth last one ones song songs track tracks piece
    two three four five six seven eight nine ten this that these those them all""".split()
)
_LET_IN = r"(?:bring|let|allow|put|have|take)\s+"
_LEAST_LETTERS = 3
_FROM = re.compile(r"^(?:from|in|of|by|at|during)\s+(?:an?\s+|the\s+)?|\s+(?:key|mode)$", re.IGNORECASE)
_SINGERS = {"female": "female females women woman girls ladies", "male": "male males men man guys boys"}
# "The piano doesn't have to be", "it needn't be jazz", "strings aren't a must".
_NEED_NOT = r"(?:(?:does|do)(?:n.?t|\s+not)\s+(?:really\s+|necessarily\s+)?(?:have|need)\s+to|need(?:n.?t|\s+not))"
_DISPENSED = (
    rf"(?:the\s+)?{{words}}\s+{_NEED_NOT}\s+be(?:\s+(?:there|in\s+it|included|in))?",
    rf"(?:(?:it|they|that|this)\s+)?{_NEED_NOT}\s+(?:be|have|include|contain)\s+(?:the\s+|any\s+)?{{words}}",
    r"(?:the\s+)?{words}\s+(?:is|are)(?:n.?t|\s+not)\s+(?:really\s+)?(?:necessary|needed|important|essential|required|a\s+must)",
    r"(?:i\s+)?(?:do|does)(?:n.?t|\s+not)\s+(?:really\s+)?need\s+(?:the\s+|any\s+)?{words}(?:\s+any\s?more)?",
)
# "It doesn't have to be that long" takes back that it should be so.
_MEASURED = {
    "long": ("duration", "min"), "short": ("duration", "max"), "fast": ("tempo", "min"), "slow": ("tempo", "max"),
    "new": ("year", "min"), "recent": ("year", "min"), "old": ("year", "max"), "loud": ("loudness", "min"),
    "quiet": ("loudness", "max"), "energetic": ("energy", "min"), "calm": ("energy", "max"),
}  # fmt: skip
_NOT_SO = re.compile(
    rf"\b(?:(?:it|they|that|this)\s+)?{_NEED_NOT}\s+be\s+(?:(?:that|so|this|quite|as|very|all\s+that)\s+)*"
    rf"(?P<how>{'|'.join(_MEASURED)}){_CLAUSE_ENDS}",
    re.IGNORECASE,
)
# Said after what is taken back: "singing is fine, drop that".
_AND_THAT = re.compile(
    r"[,.;]?\s*(?:and\s+|so\s+)?(?:forget|drop|ditch|scrap|scratch|lose|cancel)\s+(?:that|it|this)"
    r"(?:\s+(?:one|wish|part|bit|limit))?(?=\W*$)",
    re.IGNORECASE,
)


def forgotten(
    message: str, wishes: Sequence[Constraint], text: str = ""
) -> tuple[tuple[int, ...], tuple[str, ...], str]:
    """Return what a message takes back and what else it says.

    Returns:
        The numbers (from 1) of standing wishes, the words of the free `text` that stands, and the rest of the message.
    """
    numbers: list[int] = []
    rest = message
    told = [(found, _named(found, wishes)) for found in _FORGET.finditer(message) if _ordered(found)]
    told += [(found, _all_of(found, wishes)) for found in _FORGET_ALL.finditer(message) if _ordered(found)]
    for found, named in told:
        if named:
            numbers += named
            rest = rest.replace(found[0], " ", 1)
    for number, wish in enumerate(wishes, 1):
        if number not in numbers and (own := _of_words(wish, rest)) is not None:
            numbers.append(number)
            rest = f"{rest[: own.start()]} {rest[own.end() :]}"
            if wish.value == "instrumental":
                # "Drop the instrumental thing, vocals are fine" says it twice.
                rest = re.sub(_taking_back("instrumental"), " ", rest, flags=re.IGNORECASE)
    measured, rest = _measured(rest, wishes)
    numbers += measured
    if numbers:
        rest = _AND_THAT.sub("", rest)
    unsaid = []
    for word in dict.fromkeys(text.split()):
        if len(word) < _LEAST_LETTERS or word in _POINTING:
            continue
        if (free := re.search(_taking_back(re.escape(word)), rest, re.IGNORECASE)) and _ordered(free):
            unsaid.append(word)
            rest = f"{rest[: free.start()]} {rest[free.end() :]}"
    return tuple(dict.fromkeys(numbers)), tuple(unsaid), rest


def _measured(message: str, wishes: Sequence[Constraint]) -> tuple[list[int], str]:
    """Return the numbers of limits that are taken back by what they made of the music, and the rest of a message."""
    numbers: list[int] = []
    rest = message
    for how in _NOT_SO.finditer(message):
        field, op = _MEASURED[how["how"].casefold()]
        if found := [n for n, w in enumerate(wishes, 1) if w.field == field and w.op in {op, "between", "is"}]:
            numbers += found
            rest = rest.replace(how[0], " ", 1)
    return numbers, rest


def _ordered(found: re.Match[str]) -> bool:
    """Tell whether something is ordered, not asked about or ruled out: "don't drop the piano"."""
    return _NOT_ORDERED.search(found.string[: found.start()]) is None


def _named(found: re.Match[str], wishes: Sequence[Constraint]) -> list[int]:
    """Return the numbers of the wishes that are told by a number or by what they are about."""
    if found["number"]:
        return [int(found["number"])] if 1 <= int(found["number"]) <= len(wishes) else []
    word = found["field"] or found["free"] or found["any"]
    field = next(name for name, words in _FIELDS.items() if re.fullmatch(words, word, re.IGNORECASE))
    out = _TAKES_OUT.match(found[0]) is not None
    return [
        n for n, wish in enumerate(wishes, 1)
        # "Remove the vocals" is what was wished for where there are to be none.
        if wish.field == field and not (out and field == "vocal" and (wish.op == "not" or wish.value == "instrumental"))
    ]  # fmt: skip


def _all_of(found: re.Match[str], wishes: Sequence[Constraint]) -> list[int]:
    return [n for n, wish in enumerate(wishes, 1) if not found["limits"] or _limits(wish)]


def _taking_back(words: str) -> str:
    return rf"\b{_TAKE_BACK}{words}{_THING}{_CLAUSE_ENDS}"


def _of_words(wish: Constraint, message: str) -> re.Match[str] | None:
    """Return where a message takes a wish back by its own words: "drop the rain", "flutes are fine after all"."""
    called = _called(wish)
    if not called:
        return None
    words = rf"(?:{'|'.join(map(re.escape, called))})"
    patterns = [
        rf"\b(?:forget|never\s?mind|take\s+back)\s+(?:about\s+)?what\s+i\s+said\s+(?:about|on)\s+(?:the\s+)?{words}\b"
    ]
    if "?" not in message and (wish.op == "not" or (wish.field == "vocal" and wish.value == "instrumental")):
        patterns += [
            rf"\b(?:the\s+)?{words}{_ALLOWED}{_CLAUSE_ENDS}",
            rf"\b{_LET_IN}(?:back\s+(?:the\s+)?{words}|(?:the\s+)?{words}\s+(?:back|in|again))\b",
        ]
    elif wish.op == "is":
        patterns += [_taking_back(words), *(rf"\b{p.format(words=words)}{_CLAUSE_ENDS}" for p in _DISPENSED)]
    hits = (re.search(p, message, re.IGNORECASE) for p in patterns)
    return next((found for found in hits if found is not None and _ordered(found)), None)


def _called(wish: Constraint) -> list[str]:
    """Return what people may call the thing of a wish, the longest first."""
    if wish.field in {"year", "key", "tempo"} and wish.op != "not":
        # "Scrap the minor thing", "forget the 80s".
        mode = str(wish.value).split()[-1] if wish.field == "key" else ""
        words = {w for w in (mode, _FROM.sub("", wish.source_text)) if len(w) >= _LEAST_LETTERS and not w.isdigit()}
        return sorted(words, key=len, reverse=True)
    if wish.field not in TOPICS | {"vocal", "other", "language", "licence"} or not isinstance(wish.value, str):
        return []
    concept = load_vocabulary().concept(wish.value)
    words = {wish.value, *(concept.words if concept is not None else ())}
    if wish.op == "is":
        words.add(wish.source_text)
    if wish.field == "vocal" and (sex := re.match(r"(?:fe)?male", wish.value)) is not None:
        words |= set(_SINGERS[sex[0]].split())
    if wish.value == "instrumental":
        words = {"vocals", "vocal", "singing", "voices", "voice", "singers", "lyrics", "words"}
    return sorted((w for w in words if len(w) >= _LEAST_LETTERS), key=len, reverse=True)


def _limits(wish: Constraint) -> bool:
    return wish.op == "not" or wish.field not in TOPICS
