"""Whether a message bears out the orders that a model made of it: the names, numbers and instruments in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

from agent.languages import read
from agent.values import ListShape, TurnPlan
from catalog.names import fold
from retrieval.constraints import Constraint, Field
from retrieval.lexical import content_words
from retrieval.reading.wishes import residue
from retrieval.vocabulary import load_vocabulary

# rapidfuzz's ratio of a name and the part of the message that is most like it.
_SPELT = 80.0
_SPELT_LONGER = 2  # signs
_MOST_WORDS = 45  # nearer to the model's limit an order may be cut
_CHANGES = frozenset({"edit_playlist", "feedback", "profile", "undo"})
_SEARCHES = frozenset({"recommend", "refine", "similar"})
_TAKES_BACK = re.compile(r"\bforget the wish\b|\bneed not\b|\bfine again\b|\bnot matter\b", re.IGNORECASE)
_SAID_OUTRIGHT = {"generate": "the message orders a piece", "ask_library": "the message asks about the catalogue"}
# Fields of which the rules' own reading counts.
_EXACT: tuple[Field, ...] = ("tempo", "duration", "year", "loudness", "key", "artist", "album", "licence")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
# What a length is told by, in any of the five languages.
_TIMED = re.compile(
    r"\d|hour|minut|second|stunde|sekund|hora|segund|heure|[分秒时钟半]|half|halb|media|demi", re.IGNORECASE
)
_FEW = 7  # words
_OFF = 0.1  # a share of a length
# Up to here people write numbers as words, and ordinals: "the third", "zwölf", "第三首".
_COUNTED = 20.0


def unbacked(plan: TurnPlan, certain: TurnPlan, message: str, said: str) -> str | None:
    """Return why orders do not count, in words; None where the message bears them out.

    Args:
        plan: what the rules read in the orders.
        certain: what they read in the message itself.
        message: as it was said.
        said: the orders.
    """
    if len(said.split()) > _MOST_WORDS:
        return "that is longer than any order"
    for name in _names(plan):
        if not _stands(name, message):
            return f"{name!r} is no name in the message"
    if (asked := _other_kind(plan, certain)) is not None:
        return asked
    if (place := _other_place(plan, certain, message)) is not None:
        return f"the message points at no #{place}"
    if (number := _made_up(said, certain, message)) is not None:
        return f"the message has no {number}"
    if _total(plan) and not _total(certain) and _TIMED.search(message) is None:
        return "the message has no length"
    if (lost := _lost(said, certain, message)) is not None:
        return f"{lost} got lost"
    return _lost_request(plan, certain) or _swapped(said, message) or _lost_sound(plan, certain, message, said)


def _other_kind(plan: TurnPlan, certain: TurnPlan) -> str | None:
    """Return why orders are of another kind than the message, where the rules read that by name or in so many words."""
    steps = _steps(plan)
    if certain.intent == "exact_track" and certain.named and not any(step.named for step in steps):
        return "the message names a track"
    if certain.intent in _SAID_OUTRIGHT and not any(step.intent == certain.intent for step in steps):
        return _SAID_OUTRIGHT[certain.intent]
    if certain.intent == "explain" and certain.handles and any(step.intent in _SEARCHES for step in steps):
        return "the message asks about a track"
    if certain.intent == "similar" and certain.handles and not any(s.handles or s.named for s in steps):
        return f"#{certain.handles[0]} got lost"
    if certain.playlist_title and not any(step.playlist_title for step in steps):
        return "the name got lost"
    if (lost := _lost_limit(certain, steps)) is not None:
        return f"“{lost.source_text}” got lost"
    by = [c for c in certain.constraints if c.field == "artist" and c.op in {"is", "not"}]
    if by and not any(c.field == "artist" and c.op in {"is", "not"} for step in steps for c in step.constraints):
        return f"“{by[0].source_text}” got lost"
    return None


def _lost_limit(certain: TurnPlan, steps: Sequence[TurnPlan]) -> Constraint | None:
    """Return a key or a licence that the rules read in a search and that no order asks for."""
    if certain.intent not in _SEARCHES | {"continue_playlist"}:
        return None
    kept = {c.field for step in steps for c in step.constraints}
    told = (c for c in certain.constraints if c.field in {"key", "licence"} and c.field not in kept)
    return next(told, None)


def _lost_request(plan: TurnPlan, certain: TurnPlan) -> str | None:
    """Return why orders say less than the message: what is taken back, asked for instead, or the length is missing."""
    if certain.without and not any(step.without or step.unsaid or step.fresh for step in _steps(plan)):
        return "what is taken back got lost"
    if certain.shape is not None and not any(_shaped_alike(step.shape, certain.shape) for step in _steps(plan)):
        return "what the list should be like got lost"
    if plan.steps or certain.intent not in _SEARCHES:
        return None
    if plan.intent == "clarify" and content_words(residue(certain.text)):
        return "what is asked for then got lost"
    if plan.fresh and not (plan.text or plan.constraints) and content_words(residue(certain.text)):
        return "what is asked for got lost"
    if plan.intent == "undo" and certain.instead and certain.constraints:
        return "what was meant got lost"
    if (ours := _total(certain)) and (theirs := _total(plan)) and abs(theirs - ours) > _OFF * ours:
        return f"{ours / 60:g} minutes became {theirs / 60:g}"
    timed = any(c.field == "duration" for c in certain.constraints)
    kept = plan.duration_s or plan.n or plan.shape or any(c.field == "duration" for c in plan.constraints)
    return "the length got lost" if timed and not kept and plan.intent in _SEARCHES else None


def _total(plan: TurnPlan) -> float | None:
    """Return how long a plan's list is to be, in seconds."""
    return plan.duration_s or (plan.shape.duration_s if plan.shape is not None else None)


def _shaped_alike(ours: ListShape | None, theirs: ListShape) -> bool:
    """Tell whether a list gets longer or shorter in both, or is to have a length of its own in both."""
    return ours is not None and all(
        (getattr(ours, change) is None) == (getattr(theirs, change) is None)
        for change in ("delta_s", "delta_n", "factor")
    )


def _swapped(said: str, message: str) -> str | None:
    """Return an instrument or a style that the rules read in a message and that became another one, in words."""
    styles = load_vocabulary().unheard
    read_there = {word for word in content_words(read(message).text) if word in styles}
    orders = {word for word in content_words(said) if word in styles}
    lost = sorted(word for word in read_there if not any(_one_word(word, other) for other in orders))
    made = sorted(word for word in orders if not any(_one_word(word, other) for other in read_there))
    return f"“{lost[0]}” became “{made[0]}”" if lost and made else None


def _one_word(one: str, other: str) -> bool:
    """Tell whether two words are one, or one's plural: "waltz" and "waltzes"."""
    short, long = sorted((one, other), key=len)
    return long in {short, f"{short}s", f"{short}es"}


def _lost_sound(plan: TurnPlan, certain: TurnPlan, message: str, said: str) -> str | None:
    """Return a sound, or the wish for singing or none, that the rules read and the orders lack, in words."""
    if any(step.without or step.unsaid for step in _steps(plan)) or _TAKES_BACK.search(said):
        return None  # what is taken back is no wish
    words = read(message).text.split()
    # In a few words hardly any is part of a story.
    fields = ("instrument", "genre", "mood") if len(words) <= _FEW else ("instrument",)
    if lost := _concepts(certain, fields) - _concepts(plan, fields):
        return f"“{min(lost)[1]}” got lost"
    sung = [c for step in _steps(certain) if step.intent in _SEARCHES for c in step.constraints if c.field == "vocal"]
    # Who wants Portuguese sung wants singing.
    kept = any(c.field in {"vocal", "language"} for step in _steps(plan) for c in step.constraints)
    return f"“{sung[0].source_text}” got lost" if sung and not kept else None


def as_read(plan: TurnPlan, certain: TurnPlan) -> TurnPlan:
    """Return a plan with the weights of tastes, the numbers, the key and the names that the rules read."""
    told = {(taste.field, taste.value): taste for taste in certain.tastes}
    tastes = tuple(told.get((taste.field, taste.value), taste) for taste in plan.tastes)
    plan = plan.model_copy(update={"tastes": tastes})
    if plan.steps:
        return plan
    right = {field: ours[0] for field in _EXACT if len(ours := _exactly(certain, field)) == 1}
    right = {field: wish for field, wish in right.items() if len(_exactly(plan, field)) == 1}
    kept = tuple(c for c in plan.constraints if c.field not in right or not _is_exact(c))
    return plan.model_copy(update={"constraints": (*kept, *right.values())}) if right else plan


def _exactly(plan: TurnPlan, field: Field) -> list[Constraint]:
    return [c for c in plan.constraints if c.field == field and _is_exact(c)]


def _is_exact(wish: Constraint) -> bool:
    """Tell whether a wish is told by a number or by a name, which the rules read as it stands: "160 bpm or more"."""
    if wish.field in {"artist", "album", "key", "licence"}:
        return wish.op in {"is", "not"}
    return wish.field in _EXACT and any(sign.isdigit() for sign in wish.source_text)


def _steps(plan: TurnPlan) -> Sequence[TurnPlan]:
    return plan.steps or (plan,)


def _names(plan: TurnPlan) -> Iterator[str]:
    """Yield the names that a plan acts on: of tracks, artists, albums and lists."""
    for step in _steps(plan):
        for named in (*step.named, *step.less_named):
            yield from filter(None, (named.title, named.artist))
        if step.playlist_title:
            yield step.playlist_title
        for wish in step.constraints:
            if wish.field in {"artist", "album", "title"} and isinstance(wish.value, str):
                yield from wish.value.split(" or ")


def _concepts(plan: TurnPlan, fields: Sequence[str]) -> set[tuple[str, str]]:
    """Return the instruments, genres and moods that a plan wishes for or refuses, each as (op, id)."""
    concept = load_vocabulary().concept
    wishes = [c for step in _steps(plan) for c in step.constraints if c.field in fields]
    words = [(c.op, word) for c in wishes for word in str(c.value).split(" or ")]
    return {(op, found.id if (found := concept(word)) is not None else word) for op, word in words}


def _stands(name: str, message: str) -> bool:
    """Tell whether a name stands in a message, as it may be spelt."""
    told, there = fold(name), fold(message)
    return len(told) <= len(there) + _SPELT_LONGER and fuzz.partial_ratio(told, there) >= _SPELT


def _other_place(plan: TurnPlan, certain: TurnPlan, message: str) -> int | None:
    """Return a place that is changed though the message has other numbers, and the rules read it nowhere."""
    told = {int(number) for number in _numbers(message) if number <= _COUNTED}
    known = told | {place for step in _steps(certain) for place in step.handles}
    changed = [place for step in _steps(plan) if step.intent in _CHANGES for place in step.handles]
    return next((place for place in changed if place not in known), None) if told and changed else None


def _numbers(text: str) -> list[float]:
    return [float(number.replace(",", ".")) for number in _NUMBER.findall(text)]


def _made_up(said: str, certain: TurnPlan, message: str) -> str | None:
    """Return a number of the orders that the message has not; one without digits spells its numbers."""
    told = _numbers(message)
    if not told:
        return None
    known = {form for number in (*told, *_read_numbers(certain)) for form in _forms(number)}
    return next((f"{n:g}" for n in _numbers(said) if n > _COUNTED and n not in known), None)


def _lost(said: str, certain: TurnPlan, message: str) -> str | None:
    """Return a number that the rules read a wish in and the orders have in no form; others may be part of a story."""
    kept, read = set(_numbers(said)), set(_read_numbers(certain, hard=True))
    for number in _numbers(message):
        if number > _COUNTED and number in read and not kept.intersection(_forms(number)):
            return f"{number:g}"
    return None


def _read_numbers(certain: TurnPlan, *, hard: bool = False) -> list[float]:
    """Return the numbers that the rules read wishes in, lengths in minutes; `hard`: of limits alone."""
    lengths = [step.duration_s / 60 for step in _steps(certain) if step.duration_s]
    words = (
        c.source_text
        for step in _steps(certain)
        for c in step.constraints
        if not isinstance(c.value, str) and (c.hard or not hard)
    )
    return [*lengths, *(number for word in words for number in _numbers(word))]


def _forms(number: float) -> set[float]:
    """Return what a number may be said as: a decade of a century, hours as minutes, the end of a range beside it."""
    forms = {number, number - 1, number + 1, number * 60, number / 60, number * 1000}
    if number < 100:
        forms |= {1900 + number, 2000 + number, 1900 + number - 1, 1900 + number + 9}
    else:
        forms |= {number % 100, number + 9, number + 10}
    return forms
