"""The words of a question against the words of the catalogue: which carry meaning, which rows hold them, typos."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from catalog.names import fold
from retrieval.concepts import FloatArray
from retrieval.postings import RowArray
from retrieval.snapshot import BoolArray, Snapshot

STOP_WORDS = frozenset(
    """a about again all also am an and any anything are as at be because been best but by can could do does doing dont
    find fit fits fitting for from get give good great had has have hear hello help hey hi how i id if im in into is it
    its just kind let lets like listen little looking love make made may me might more most much music my need new nice
    now of off ok on one only or other our out over play playing playlist please put recommend recommendation
    recommendations right search should show so some someone something song songs sort sound sounding sounds such
    suggest suggestion suggestions sure tell than thank thanks that the their them then there these they thing things
    this those to too track tracks tune tunes two up us use very video want wanted was we well were what when where
    which while who whole will with without would you your clip film movie scene picture something anything beats no
    not really bit feel feeling vibe vibes mood genre style max min minutes seconds bpm per least under between around
    than longer shorter faster slower
    above actually after already always each another anybody anymore anyone artist artists band bands before catalog
    catalogue cheers collection different else ever every everything exactly few friend friends going gonna got her here
    him his instead item itself kinda lot lots makes making mean means meant nobody okay ones own perhaps piece pieces
    possible possibly preferably pretty quite rather same say see she he similar since somebody somehow somewhat stuff
    style styles suitable super thats theres they thinking time times today together tonight type types usual wants way
    whatever whenever why wish yes yet youtube tiktok instagram twitch vlog podcast favourite favorite better song less
    calmer quieter softer gentler louder wilder livelier darker happier brighter lighter gloomier sadder heavier quicker
    continue continues extend expand finish complete mix list
    strictly purely exclusively called goes many surprise gimme neither nor exclude excluding avoid skip whatsoever
    mostly non onwards ish results title titles options ideas
    nothing either both fewer recent recently latest hate dislike enjoy dont isnt coming
    add added adding probably lastly though course couple liked likes round create creating example awesome absolutely
    fantastic choices choice thx cool hey yeah yep nope hmm well alright fine wonderful amazing guess maybe start begin
    oh lol haha hehe btw pls plz omg ugh ok okay
    ain aren couldn didn doesn don hadn hasn haven isn ll re shouldn ve wasn weren wouldn""".split()
)
IntArray = NDArray[np.int64]


@lru_cache(maxsize=1)
def words_of_talk() -> frozenset[str]:
    """Return words by which people ask, which say nothing of the music ("assemble", "dringend", "quisiera"), folded.

    They may stand in titles, so they are looked for like others; what nobody has is not told of them.
    """
    lines = files("retrieval.reading").joinpath("talk.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def content_words(text: str) -> list[str]:
    """Return the folded words of a text that carry meaning."""
    return [w for w in fold(text).split() if w not in STOP_WORDS and (len(w) > 1 or not w.isascii())]


def stands_anywhere(snapshot: Snapshot, word: str) -> bool:
    """Tell whether a word, or one that it may be a typo of, stands in any track's names or written tags."""
    return snapshot.nearest_word(word) is not None


def lexical_scores(snapshot: Snapshot, words: Sequence[str], rows: IntArray | None = None) -> FloatArray:
    """Return the share of the words that stand in a track's title, artist, album or written tags.

    Of all rows, or of the given ones. Rare words count more; a word with a typo (rapidfuzz ratio of 85 or better)
    counts a little less than a true one.
    """
    n = len(snapshot)
    total = np.zeros(n if rows is None else len(rows), np.float32)
    weight_sum = 0.0
    for word in dict.fromkeys(words):
        found, counts = snapshot.nearest_word(word) or (word, 0.0)
        holding = snapshot.rows_of_word(found)
        weight = float(np.log((1 + n) / (1 + counts * len(holding))) + 0.5)
        total[holding if rows is None else _held(rows, holding)] += np.float32(weight * counts)
        weight_sum += weight
    return total / np.float32(weight_sum) if weight_sum else total


def _held(rows: IntArray, holding: RowArray) -> BoolArray:
    """Return which of `rows` are in the ascending `holding`."""
    if len(holding) == 0:
        return np.zeros(len(rows), np.bool_)
    place = np.minimum(np.searchsorted(holding, rows), len(holding) - 1)
    held: BoolArray = holding[place] == rows
    return held


def is_sentence(text: str) -> bool:
    """Tell whether a text has any letter or digit to search by."""
    return re.search(r"\w", text) is not None
