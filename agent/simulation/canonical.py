"""One form for wishes that mean the same, so that a plan can be compared with what was meant.

"Peaceful" is "calm", "no vocals" is "instrumental", "CC0" is "public domain", every span of numbers its two ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from agent.simulation.values import GoldWish
from catalog.names import fold
from retrieval.constraints import KEYS, MODES, NUMBER_LIMITS, Constraint, parse_key
from retrieval.vocabulary import load_vocabulary

_CONCEPTS = frozenset({"genre", "mood", "instrument", "vocal"})
_LICENCES = {"cc0": "public domain", "free": "public domain"}
_SUNG = {"vocal": "instrumental", "instrumental": "vocal"}


def canonical(wish: Constraint) -> GoldWish:
    """Return the canonical form of a wish; how hard it is does not count."""
    if wish.field in NUMBER_LIMITS:
        return _numbers(wish)
    value = str(wish.value)
    if wish.field in _CONCEPTS:
        return _concept(wish, value)
    if wish.field == "key" and value not in MODES:
        return GoldWish(field="key", op=wish.op, value=" or ".join(map(_key, value.split(" or "))))
    folded = fold(value)
    return GoldWish(
        field=wish.field, op=wish.op, value=_LICENCES.get(folded, folded) if wish.field == "licence" else folded
    )


def spans(wishes: Iterable[GoldWish]) -> frozenset[GoldWish]:
    """Return wishes with "at least 4" and "at most 5" of one measure as the span that they are together."""
    found = set(wishes)
    for low in [w for w in found if w.op == "min"]:
        highs = [w for w in found if w.op == "max" and w.field == low.field]
        if len(highs) == 1 and isinstance(low.value, float) and isinstance(highs[0].value, float):
            found -= {low, highs[0]}
            found.add(GoldWish(field=low.field, op="between", value=(low.value, highs[0].value)))
    return frozenset(found)


def _numbers(wish: Constraint) -> GoldWish:
    low, high = (round(end, 3) for end in wish.bounds())
    if wish.op not in {"not", "near"} and math.isinf(low):
        return GoldWish(field=wish.field, op="max", value=high)
    if wish.op not in {"not", "near"} and math.isinf(high):
        return GoldWish(field=wish.field, op="min", value=low)
    return GoldWish(field=wish.field, op=wish.op if wish.op in {"not", "near"} else "between", value=(low, high))


def _concept(wish: Constraint, value: str) -> GoldWish:
    vocabulary = load_vocabulary()
    found = [(word, vocabulary.concept(word)) for word in value.split(" or ")]
    ids = sorted(fold(word) if concept is None else concept.id for word, concept in found)
    families = [concept.family for _, concept in found if concept is not None]
    field = families[0] if families else wish.field
    if wish.op == "not" and len(ids) == 1 and (other := _SUNG.get(ids[0])) is not None:
        return GoldWish(field=field, op="is", value=other)
    return GoldWish(field=field, op=wish.op, value=" or ".join(ids))


def _key(text: str) -> str:
    pitch, mode = parse_key(text)
    return f"{KEYS[pitch]} {mode or ''}".strip()
