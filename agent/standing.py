"""What stands between turns: merging new wishes into old ones without forgetting or contradicting any."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from typing import get_args

from agent.values import Comparison, Standing, TurnPlan
from catalog.names import fold
from catalog.values import Track, TrackId
from retrieval.constraints import NUMBER_LIMITS, Constraint
from retrieval.lexical import words_of_talk
from retrieval.reading.wishes import residue, search_text
from retrieval.vocabulary import load_vocabulary

# Concepts that no track can hold together: the later wish replaces the earlier one.
_OPPOSITES = (
    ({"calm", "new age"}, {"energetic", "aggressive", "party"}),
    ({"happy"}, {"sad", "dark"}),
    ({"vocal", "female vocal", "male vocal"}, {"instrumental"}),
)


# A new topic forgets what the last one was to be like.
_NO_REFERENCE = {"sound": None, "profile": None, "attribute": None, "away": (), "shape": None, "kept": ()}

# Fields that say what the music is like; the others only limit it.
TOPICS = frozenset({"genre", "mood", "instrument", "artist", "album", "title"})


def merge(old: Sequence[Constraint], new: Sequence[Constraint]) -> tuple[Constraint, ...]:
    """Return the standing wishes after new ones: a new wish replaces what it contradicts or says again."""
    kept = [c for c in old if not any(_replaces(n, c) for n in new)]
    return tuple(kept) + tuple(new)


def after(standing: Standing, plan: TurnPlan, *, keep: bool) -> Standing:
    """Return what stands after a plan's wishes; `keep` is False when the user starts on a new topic."""
    fresh = residue(plan.text)
    if plan.freshness is not None:
        standing = standing.model_copy(update={"freshness": plan.freshness})
    if not keep:
        return standing.model_copy(update={"text": fresh, "constraints": plan.constraints, **_NO_REFERENCE})
    old = standing.constraints
    # Free words were said of what was looked for then; who names another artist looks for something else.
    before = "" if any(c.field == "artist" and c.op != "not" for c in plan.constraints) else standing.text
    # What is refused now is no longer searched by either.
    refused = {word for c in plan.constraints if c.op == "not" for word in fold(str(c.value)).split()}
    words = " ".join(dict.fromkeys(word for word in f"{before} {fresh}".split() if fold(word) not in refused))
    if plan.instead:
        kinds = {c.field for c in plan.constraints if c.op == "is"}
        old = tuple(c for c in old if c.op != "is" or c.field not in kinds)
        words = fresh or standing.text
    return standing.model_copy(update={"text": words, "constraints": merge(old, plan.constraints)})


def without(standing: Standing, numbers: Sequence[int], unsaid: Sequence[str] = ()) -> Standing:
    """Return what stands without some of the wishes, counted from 1; their words are no longer searched by either.

    Nor are the words `unsaid`.
    """
    gone = [wish for n, wish in enumerate(standing.constraints, 1) if n in numbers]
    text = standing.text
    for words in sorted((*(wish.source_text for wish in gone if wish.source_text), *unsaid), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", " ", text, flags=re.IGNORECASE)
    kept = tuple(wish for wish in standing.constraints if wish not in gone)
    return standing.model_copy(update={"constraints": kept, "text": " ".join(text.split())})


def with_new_list(standing: Standing) -> Standing:
    """Return what stands when a search makes another list: it has a length of its own, and nothing in it is kept."""
    if standing.shape is None:
        return standing
    shape = standing.shape.model_copy(update={"n": None, "duration_s": None})
    return standing.model_copy(update={"shape": shape, "kept": ()})


def react(standing: Standing, ids: Sequence[TrackId], *, liked: bool) -> Standing:
    """Return what stands after a like or dislike; the later word replaces the earlier."""
    likes = [i for i in standing.likes if i not in ids]
    dislikes = [i for i in standing.dislikes if i not in ids]
    (likes if liked else dislikes).extend(ids)
    return standing.model_copy(update={"likes": tuple(likes), "dislikes": tuple(dislikes)})


def limits(constraints: Sequence[Constraint]) -> tuple[Constraint, ...]:
    """Return the wishes that outlive "more like #2" and a new topic.

    These are the hard ones about anything but the sound, and all of amounts.
    """
    return tuple(
        c
        for c in constraints
        if c.field in NUMBER_LIMITS or (c.hard and c.field != "order" and (c.op == "not" or c.field not in TOPICS))
    )


def within_limits(plan: TurnPlan, standing: Standing) -> TurnPlan:
    """Return the plan of a new topic with the limits that still stand: nobody took "under 3 minutes" back.

    "Faster" was said of the list that was on the screen then, and "90s rock" is a topic with its years.
    """
    told = limits(standing.constraints)
    still = [c for c in told if c.field != "year" and c.source_text not in get_args(Comparison)]
    return plan.model_copy(update={"constraints": merge(still, plan.constraints)})


def compared(comparisons: Sequence[Comparison], tracks: Sequence[Track]) -> tuple[Constraint, ...]:
    """Return wishes relative to the given tracks' mean: "calmer" than these, "faster" than that one.

    What is measured becomes a limit and leaves the mood that stands ("relaxing, but a bit more upbeat" stays relaxing);
    what is not measured becomes a mood.
    """
    made: list[Constraint] = []
    for comparison in comparisons:
        mood = {"darker": "dark", "happier": "happy"}.get(comparison)
        if mood is not None:
            made.append(Constraint("mood", "is", mood, comparison, hard=False))
        made += _numeric(comparison, tracks)
    return tuple(made)


def brief_of(standing: Standing) -> str:
    """Return what stands as the words of a request for new music."""
    words = " ".join(word for word in standing.text.split() if fold(word) not in words_of_talk())
    return ", ".join(
        dict.fromkeys(
            [
                search_text(standing.constraints, words),
                *(c.words for c in standing.constraints if c.field in {"tempo", "key"}),
            ]
        )
    ).strip(", ")


def _numeric(comparison: Comparison, tracks: Sequence[Track]) -> list[Constraint]:
    def mean(name: str) -> float | None:
        values = [v for t in tracks if (v := t.duration_s if name == "duration" else t.number(name)) is not None]
        return sum(values) / len(values) if values else None

    if comparison in {"calmer", "more energetic"} and (energy := mean("energy")) is not None:
        if comparison == "calmer":
            return [Constraint("energy", "max", round(max(energy - 0.02, 0.0), 3), comparison)]
        return [Constraint("energy", "min", round(min(energy + 0.02, 1.0), 3), comparison)]
    if comparison in {"faster", "slower"} and (tempo := mean("tempo")) is not None:
        if comparison == "faster":
            return [Constraint("tempo", "min", round(min(tempo * 1.05, 400)), comparison)]
        return [Constraint("tempo", "max", round(max(tempo * 0.95, 20)), comparison)]
    if comparison in {"shorter", "longer"} and (length := mean("duration")) is not None:
        if comparison == "shorter":
            return [Constraint("duration", "max", round(length * 0.85), comparison)]
        return [Constraint("duration", "min", round(length * 1.15), comparison)]
    if comparison in {"older", "newer"} and (years := [t.year for t in tracks if t.year is not None]):
        middle = float(statistics.median_low(years))
        if comparison == "older":
            return [Constraint("year", "max", middle - 1, comparison)]
        return [Constraint("year", "min", middle + 1, comparison)]
    return []


def _replaces(new: Constraint, old: Constraint) -> bool:
    if new.field in NUMBER_LIMITS:
        return new.field == old.field and _outdates(new, old)
    if new.field in {"key", "vocal", "licence", "provenance", "language", "order"}:
        return new.field == old.field and (new.op == "not") == (old.op == "not")
    if new.field == old.field and new.value == old.value:
        return True
    if new.field in {"artist", "album"} and new.op != "not":
        # "Something like B": the tracks of A, which were asked for before, can be none of that.
        return old.field == new.field and old.op != "not"
    vocabulary = load_vocabulary()
    a, b = vocabulary.concept(str(new.value)), vocabulary.concept(str(old.value))
    if a is None or b is None:
        return False
    if a.id == b.id:
        # "For sleeping", and then "with rain": two occasions for the same sound are two wishes.
        hinted = all(vocabulary.strength(str(wish.value)) < 1 for wish in (new, old))
        return not (hinted and new.op == old.op == "is")
    both_wanted = new.op == "is" and old.op == "is"
    return both_wanted and any(
        (a.id in left and b.id in right) or (a.id in right and b.id in left) for left, right in _OPPOSITES
    )


def _outdates(new: Constraint, old: Constraint) -> bool:
    """Tell whether a limit of the same measure takes an older one's place; "under 140" leaves "over 120" standing."""
    (low, high), (least, most) = new.bounds(), old.bounds()
    if new.op == "not":
        # "Not from the 80s" takes nothing back of "from 1970 to 1999".
        return old.op == "not" and (low, high) == (least, most)
    if old.op == "not":
        return least <= low and high <= most
    if new.op not in {"min", "max"}:
        return True
    compared = new.source_text in get_args(Comparison)
    if compared and old.source_text in get_args(Comparison):
        # "Faster", and then "slower": what they were compared with is no longer on the screen.
        return True
    if new.op == old.op:
        # "Slower" than something fast that was found by its name does not lift "under 120 BPM".
        return not compared or (least <= low and high <= most)
    return low > most or least > high
