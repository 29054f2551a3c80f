"""A wish in the words of a language: in English as it was said, elsewhere put anew from what was understood of it.

What was said in another language is known in its English words only, which nobody who said it would know again.
"""

from __future__ import annotations

import math

from agent.languages import Words
from retrieval.constraints import MODES, NUMBER_LIMITS, Constraint
from retrieval.vocabulary import load_vocabulary


def wish_words(wish: Constraint, say: Words) -> str:
    """Return a wish in a language (`say`); names and words that no table knows stay as they were said."""
    if not say.wishes:
        return wish.source_text or wish.words
    if wish.field in NUMBER_LIMITS:
        words = f"{say.wishes[wish.field]} {_span(wish, say)}".strip()
    elif wish.field == "key":
        words = say.wishes["mode" if wish.value in MODES else "key"].format(
            key=" / ".join(say.key(key) for key in str(wish.value).split(" or "))
        )
    elif wish.field in {"licence", "provenance", "language"}:
        words = say.wishes.get(str(wish.value), wish.source_text or str(wish.value))
        return words
    else:
        words = " / ".join(_named(word, say) for word in str(wish.value).split(" or "))
    return say.wishes["no"].format(words=words) if wish.op == "not" else words


def _named(word: str, say: Words) -> str:
    concept = load_vocabulary().concept(word)
    return word if concept is None else say.concepts.get(concept.id, word)


def _span(wish: Constraint, say: Words) -> str:
    low, high = wish.bounds()
    shown = _clock if wish.field == "duration" else _plain
    unit = "" if wish.field == "duration" else f" {NUMBER_LIMITS[wish.field][2]}".rstrip()
    if isinstance(wish.value, float | int) and wish.op not in {"min", "max"}:
        return f"{shown(float(wish.value))}{unit}"
    if math.isfinite(low) and math.isfinite(high):
        return f"{shown(low)}–{shown(high)}{unit}"
    end, number = ("min", low) if math.isfinite(low) else ("max", high)
    return say.wishes[end].format(number=f"{shown(number)}{unit}")


def _plain(number: float) -> str:
    return f"{number:g}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
