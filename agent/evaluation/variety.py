"""How varied replies are.

distinct-2   different pairs of neighbouring words over all of them (J. Li et al., NAACL 2016)
adjusted     the same over the number of different ones that as many draws from a vocabulary would be expected to give,
             V (1 - ((V - 1) / V) ^ C) (S. Liu et al., "Rethinking and Refining the Distinct Metric", ACL 2022)

distinct-2 falls with the length of what is counted, whoever speaks, so replies that are cut short seem varied; the
adjusted one does not. Neither is raised by saying the same again. Titles differ by themselves, so both are told once
more without what stands in quotes. Words are those of Unicode, Chinese and Japanese signs one by one; pairs do not
reach over the end of a reply.

Intervals are by the jackknife over dialogues: a bootstrap would draw dialogues twice, whose pairs are then no new ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from retrieval.evaluation.values import Measure

# The vocabulary of BERT's tokenizer, by which the paper's authors count; the same for everybody who is compared.
VOCABULARY = 30_522
_WORD = re.compile(r"[぀-ヿ㐀-鿿]|[^\W_぀-ヿ㐀-鿿]+(?:['’][^\W_]+)*")
_QUOTED = re.compile(r"[“„«《「][^“„«»”》」]{1,200}[”»“》」]")
Pair = tuple[str, str]


def pairs(reply: str) -> list[Pair]:
    """Return the pairs of neighbouring words of a reply."""
    words = [w.casefold() for w in _WORD.findall(reply)]
    return list(pairwise(words))


def distinct(found: Sequence[Pair]) -> float:
    """Return the share of different pairs; NaN without pairs."""
    return len(set(found)) / len(found) if found else math.nan


def adjusted(found: Sequence[Pair], vocabulary: int = VOCABULARY) -> float:
    """Return the different pairs over those expected; NaN without pairs. May pass 1 where few are drawn."""
    if not found:
        return math.nan
    expected = -vocabulary * math.expm1(len(found) * math.log1p(-1 / vocabulary))
    return len(set(found)) / expected


def variety(replies: Mapping[str, Sequence[str]]) -> dict[str, Measure]:
    """Return the measures of the replies of each dialogue, taken together."""
    plain = [list(_all(some)) for some in replies.values()]
    bare = [list(_all(_QUOTED.sub(" ", r) for r in some)) for some in replies.values()]
    return {
        f"{name}{without}": _jackknife(groups, measure)
        for without, groups in (("", plain), (", names left out", bare))
        for name, measure in (("distinct-2", distinct), ("distinct-2, adjusted for length", adjusted))
    }


def _all(replies: Iterable[str]) -> Iterable[Pair]:
    for reply in replies:
        yield from pairs(reply)


def _jackknife(groups: Sequence[Sequence[Pair]], measure: Callable[[Sequence[Pair]], float]) -> Measure:
    whole = [pair for group in groups for pair in group]
    value, n = measure(whole), sum(bool(group) for group in groups)
    if n < 2:
        return Measure(value, value, value, n)
    less = [measure([p for g in groups if g is not one for p in g]) for one in groups if one]
    spread = 1.96 * math.sqrt((n - 1) / n * float(np.square(np.array(less) - np.mean(less)).sum()))
    return Measure(value, value - spread, value + spread, n)
