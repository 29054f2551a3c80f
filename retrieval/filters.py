"""The constraint compiler: every wish becomes a filter, a score, or is declared out of reach. None is dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from catalog.languages import language_of
from catalog.licences import FILM_LEVELS, film_terms
from catalog.names import fold
from retrieval.concepts import FloatArray
from retrieval.constraints import MODES, ORDERS, Constraint, Receipt, parse_key
from retrieval.editions import marks_of
from retrieval.likeness import neighbour_keys
from retrieval.postings import Names
from retrieval.reading.unknowable import why_unknowable
from retrieval.snapshot import BoolArray, Snapshot

# Above this score a concept counts as present in a track when a wish must hold.
PRESENT = 0.55
_NAME_MATCH = 88.0
Scopes = Mapping[str, Sequence[int]]


@dataclass(frozen=True, eq=False)
class Compiled:
    """The outcome for one list of wishes.

    `allowed` marks the rows that hold every hard wish, `weights` asks concepts for (+) or against (-), `preferred`
    has each soft wish that is no concept with its mask, `receipts` one receipt per wish in request order,
    `masks` the rows that hold each of them (None where nobody can tell).
    """

    allowed: BoolArray
    weights: dict[str, float]
    preferred: tuple[tuple[Constraint, BoolArray], ...]
    receipts: tuple[Receipt, ...]
    masks: tuple[BoolArray | None, ...]


def compile_constraints(
    snapshot: Snapshot, constraints: Sequence[Constraint], playlists: Scopes | None = None
) -> Compiled:
    """Compile wishes against a snapshot; `playlists` are the rows of each playlist by its folded title."""
    allowed = np.ones(len(snapshot), np.bool_)
    weights: dict[str, float] = {}
    preferred: list[tuple[Constraint, BoolArray]] = []
    receipts, masks = [], []
    names = _any_name(snapshot, constraints)
    for wish in constraints:
        mask = names if names is not None and is_one_of(wish) else _mask(snapshot, wish, playlists or {})
        masks.append(mask)
        words = wish.value.split(" or ") if isinstance(wish.value, str) else []
        concepts = [(w, c) for w in words if (c := snapshot.vocabulary.concept(w)) is not None]
        if mask is None:
            receipts.append(Receipt(wish, "unenforceable", _why_not(wish)))
            continue
        count = int(np.count_nonzero(mask))
        if wish.hard:
            allowed &= mask
            held = f"{count} of {len(snapshot)} tracks hold it{_also(snapshot, wish, count)}"
            receipts.append(Receipt(wish, "enforced", _OF_LISTS.get(wish.field, held)))
        else:
            receipts.append(Receipt(wish, "scored", f"weighs in the ranking; {count} tracks clearly hold it"))
            if not concepts:
                preferred.append((wish, mask))
        for word, concept in concepts:
            if wish.op == "is":
                strength = wish.weight * snapshot.vocabulary.strength(word)
                weights[concept.id] = max(weights.get(concept.id, 0.0), strength)
            elif wish.op == "not" and weights.get(concept.id, 0.0) <= 0:
                # What is wished for and refused in one breath stays wished for: then nothing fits, and that is true.
                weights[concept.id] = weights.get(concept.id, 0.0) - wish.weight
    return Compiled(allowed, weights, tuple(preferred), tuple(receipts), tuple(masks))


def is_one_of(wish: Constraint) -> bool:
    """Tell whether wishes of its kind are alternatives: a track has one artist, so any that was named will do."""
    return wish.field == "artist" and wish.op == "is" and wish.hard


def _any_name(snapshot: Snapshot, constraints: Sequence[Constraint]) -> BoolArray | None:
    """Return the rows by any of several artists that were asked for; None where there is at most one."""
    several = [c for c in constraints if is_one_of(c)]
    if len(several) < 2:
        return None
    by_name = _name_mask(lambda s: s.artists)
    found: BoolArray = np.any([by_name(snapshot, c) for c in several], axis=0)
    return found


def _also(snapshot: Snapshot, wish: Constraint, held: int) -> str:
    """Return what a bare number of tracks hides: those that come close in a way often mistaken, those untold."""
    if wish.field == "language":
        return f"; {len(np.unique(snapshot.languages.rows))} tell their language"
    if wish.op != "is" or wish.field not in _MISTAKEN or wish.value in MODES:
        return ""
    near = _mask(snapshot, replace(wish, op="near"), {})
    more = 0 if near is None else int(np.count_nonzero(near)) - held
    return f", {more} more {_MISTAKEN[wish.field]}" if more else ""


_MISTAKEN = {"tempo": "at half or double time", "key": "in a neighbouring key"}


def _mask(snapshot: Snapshot, wish: Constraint, playlists: Scopes) -> BoolArray | None:
    if wish.field == "playlist":
        return _scope_mask(snapshot, wish, playlists)
    maker = _MASKS.get(wish.field)
    if maker is None:
        return None
    mask = maker(snapshot, wish)
    if mask is None or (wish.op == "like" and not mask.any()):
        return None
    return ~mask if wish.op == "not" else mask


def _scope_mask(snapshot: Snapshot, wish: Constraint, playlists: Scopes) -> BoolArray | None:
    rows = playlists.get(fold(str(wish.value)))
    if rows is None:
        return None
    mask = np.zeros(len(snapshot), np.bool_)
    mask[np.asarray(rows, np.int64)] = True
    return ~mask if wish.op == "not" else mask


def _number_mask(snapshot: Snapshot, wish: Constraint) -> BoolArray:
    low, high = wish.bounds()
    column = snapshot.numbers[wish.field]
    if wish.op == "near":
        # Half and double time: one piece, counted in two ways.
        octaves = [(column * f >= low - 1e-6) & (column * f <= high + 1e-6) for f in (0.5, 1, 2)]
        return octaves[0] | octaves[1] | octaves[2]
    # Unknown (NaN) compares false on both sides: what is not known to hold does not hold.
    found: BoolArray = (column >= low - 1e-6) & (column <= high + 1e-6)
    if wish.op == "not":
        found = found | np.isnan(column)
    return found


def _name_mask(column: Callable[[Snapshot], Names]) -> Callable[[Snapshot, Constraint], BoolArray]:
    def mask(snapshot: Snapshot, wish: Constraint) -> BoolArray:
        names, wanted = column(snapshot), fold(str(wish.value))
        # The same name or one that has it as whole words; only where there is none, one spelt almost so.
        same = names.values.holding(wanted).tolist() if wanted else []
        return names.mask(same or [place for place, _ in names.values.near(wanted, _NAME_MATCH)])

    return mask


def _concept_mask(snapshot: Snapshot, wish: Constraint) -> BoolArray | None:
    word = str(wish.value)
    if " or " in word:
        masks = [_concept_mask(snapshot, replace(wish, value=either)) for either in word.split(" or ")]
        known = [m for m in masks if m is not None]
        return np.logical_or.reduce(known) if known else None
    concept = snapshot.vocabulary.concept(word)
    written = _written_mask(snapshot, word)
    if concept is None:
        # A word outside the vocabulary can still be somebody's tag ("chiptune", "polka").
        return written if written.any() else None
    mask: BoolArray = (snapshot.column(concept.id) >= PRESENT) | written
    return mask


def _written_mask(snapshot: Snapshot, word: str) -> BoolArray:
    mask = np.zeros(len(snapshot), np.bool_)
    mask[snapshot.tags.of(fold(word))] = True
    return mask


def _vocal_mask(snapshot: Snapshot, wish: Constraint) -> BoolArray | None:
    concept = snapshot.vocabulary.concept(str(wish.value))
    if concept is None:
        return None
    if concept.id in {"vocal", "instrumental"}:
        sung: FloatArray = snapshot.column("vocal") - snapshot.column("instrumental")
        if not sung.any():
            return None  # nobody listened to any of the tracks
        return sung > 0 if concept.id == "vocal" else sung <= 0
    mask: BoolArray = snapshot.column(concept.id) >= PRESENT
    return mask


def _key_mask(snapshot: Snapshot, wish: Constraint) -> BoolArray:
    if wish.value in MODES:
        right_mode: BoolArray = snapshot.mode_minor == int(wish.value == "minor")
        return right_mode
    keys = set()
    for either in str(wish.value).split(" or "):
        pitch, mode = parse_key(either)
        keys |= {(pitch, minor) for minor in ([0, 1] if mode is None else [int(mode == "minor")])}
    if wish.op == "near":
        keys = {near for key in keys for near in neighbour_keys(*key)}
    mask = np.zeros(len(snapshot), np.bool_)
    for tonic, minor in keys:
        mask |= (snapshot.pitch_class == tonic) & (snapshot.mode_minor == minor)
    return mask


def _licence_mask(snapshot: Snapshot, wish: Constraint) -> BoolArray:
    if " or " in str(wish.value):
        either = [_licence_mask(snapshot, replace(wish, value=v)) for v in str(wish.value).split(" or ")]
        any_of: BoolArray = np.logical_or.reduce(either)
        return any_of
    wanted = fold(str(wish.value)).replace(" ", "-")
    if (terms := FILM_LEVELS.get(wanted)) is not None:
        names = snapshot.licences
        return names.mask(n for n, name in enumerate(names.values) if film_terms(name) in terms)
    allowed = _LICENCE_WORDS.get(wanted)
    if allowed is not None:
        classes = snapshot.licence_classes
        return classes.mask(n for n, name in enumerate(classes.values) if name in allowed)
    licences = snapshot.licences
    alike = (n for n, name in enumerate(licences.values) if fold(name).replace(" ", "-").startswith(wanted) and name)
    return licences.mask(alike)


# What a user may do, not what a lawyer calls it. "commercial" is the film maker's question.
_LICENCE_WORDS: dict[str, frozenset[str]] = {
    "free": frozenset({"free"}),
    "public-domain": frozenset({"free"}),
    "cc0": frozenset({"free"}),
    "attribution": frozenset({"free", "attribution"}),
    "share-alike": frozenset({"share-alike"}),
    "gpl": frozenset({"copyleft-code"}),
    "copyleft-code": frozenset({"copyleft-code"}),
    "non-commercial": frozenset({"non-commercial"}),
    "unknown": frozenset({"unknown"}),
    "commercial": frozenset({"free", "attribution", "share-alike", "copyleft-code"}),
    "any-known": frozenset({"free", "attribution", "share-alike", "copyleft-code", "non-commercial"}),
}


def _provenance_mask(snapshot: Snapshot, wish: Constraint) -> BoolArray:
    place = snapshot.provenances.values.find(str(wish.value))
    return snapshot.provenances.mask([] if place is None else [place])


def _edition_mask(snapshot: Snapshot, wish: Constraint) -> BoolArray | None:
    """Mark the rows whose title is marked with an edition, beyond the title itself: "Night Song (live)".

    Where no title is marked so, nobody can tell which tracks it would be.
    """
    titles, marked = snapshot.titles, []
    for mark in marks_of(str(wish.value)):
        for place in titles.values.holding(mark).tolist():
            plain = snapshot.plain_titles[int(titles.postings.at(place)[0])]
            if mark in titles.values[place].removeprefix(plain).split():
                marked.append(place)
    return titles.mask(marked) if marked or wish.op == "not" else None


def _all_rows(snapshot: Snapshot, wish: Constraint) -> BoolArray:
    # How many of an artist a list has is no matter of single tracks: `retrieval.diversity` sees to it.
    return np.ones(len(snapshot), np.bool_)


def _order_mask(snapshot: Snapshot, wish: Constraint) -> BoolArray | None:
    """Mark the rows that have a place in an order: those whose measure is known; None where it is of no track."""
    known: BoolArray = np.isfinite(snapshot.numbers[ORDERS[str(wish.value)][0]])
    return known if known.any() else None


def _bearing_mask(snapshot: Snapshot, wish: Constraint) -> BoolArray | None:
    """Mark the rows whose names or tags have all the words of something refused; None where none has them."""
    if wish.op != "not":
        return None
    bearing = np.ones(len(snapshot), np.bool_)
    for word in fold(str(wish.value)).split():
        has = np.zeros(len(snapshot), np.bool_)
        has[snapshot.rows_of_word(word)] = True
        bearing &= has
    return bearing if bearing.any() else None


def _language_mask(snapshot: Snapshot, wish: Constraint) -> BoolArray | None:
    if not len(snapshot.languages.rows):
        return None
    mask = np.zeros(len(snapshot), np.bool_)
    for word in str(wish.value).split(" or "):
        mask[snapshot.languages.of(language_of(word) or word)] = True
    return mask


def _why_not(wish: Constraint) -> str:
    if wish.op == "like":
        return f"the catalogue has nothing by {str(wish.value)[:60]} to compare with"
    if wish.field == "playlist":
        return "there is no playlist of that name here"
    if wish.field == "language":
        return "no file here tells the language of its words"
    if (reason := why_unknowable(str(wish.value))) is not None:
        return reason
    if wish.field == "edition":
        return f"no title here is marked as {wish.value}"
    if wish.field == "other" and wish.op == "not":
        return f"nothing tells which tracks that is: no name or tag here has {str(wish.value)[:60]!r}"
    return f"nothing in the catalogue tells whether a track is {str(wish.value)[:60]!r}"


# What is kept to by a list, and by no single track.
_OF_LISTS = {"per_artist": "the list keeps to it", "order": "the list is in this order"}
_MASKS: dict[str, Callable[[Snapshot, Constraint], BoolArray | None]] = {
    "year": _number_mask,
    "tempo": _number_mask,
    "duration": _number_mask,
    "loudness": _number_mask,
    "energy": _number_mask,
    "artist": _name_mask(lambda s: s.artists),
    "album": _name_mask(lambda s: s.albums),
    "title": _name_mask(lambda s: s.titles),
    "genre": _concept_mask,
    "mood": _concept_mask,
    "instrument": _concept_mask,
    "vocal": _vocal_mask,
    "key": _key_mask,
    "licence": _licence_mask,
    "provenance": _provenance_mask,
    "edition": _edition_mask,
    "per_artist": _all_rows,
    "order": _order_mask,
    "other": _bearing_mask,
    "language": _language_mask,
}
