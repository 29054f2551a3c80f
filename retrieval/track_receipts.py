"""What became of each wish on one track, with the fact that says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.values import Track
from retrieval.constraints import NUMBER_LIMITS, ORDERS, Constraint, Receipt
from retrieval.editions import edition_of
from retrieval.lexical import content_words
from retrieval.snapshot import BoolArray, Snapshot


@dataclass(frozen=True, slots=True)
class TrackReceipt:
    """Whether a track holds a wish (None: nothing tells), and the fact: a number with its unit, a name, a share."""

    constraint: Constraint
    held: bool | None
    evidence: str


def receipts_of(
    snapshot: Snapshot, row: int, track: Track, receipts: Sequence[Receipt], masks: Sequence[BoolArray | None]
) -> tuple[TrackReceipt, ...]:
    """Return one receipt for every wish, in their order; `masks` tell the rows that hold each (None: nobody knows)."""
    return tuple(
        TrackReceipt(receipt.constraint, None, receipt.evidence)
        if mask is None
        else _receipt(snapshot, row, track, receipt.constraint, bool(mask[row]))
        for receipt, mask in zip(receipts, masks, strict=True)
    )


def _receipt(snapshot: Snapshot, row: int, track: Track, wish: Constraint, held: bool) -> TrackReceipt:
    fact = _fact(snapshot, row, track, wish)
    words = content_words(wish.source_text) if wish.op == "is" and not wish.hard and not held else []
    if words and all(snapshot.has_word(row, word) for word in words):
        # What its own name says is not denied: "Battle Epic" may be epic where the tagger hears little of it.
        return TrackReceipt(wish, None, f"its name or tags say “{' '.join(words)}”; by ear {fact}")
    return TrackReceipt(wish, held, fact)


def _fact(snapshot: Snapshot, row: int, track: Track, wish: Constraint) -> str:
    if wish.field == "per_artist":
        return track.artist or "not known"
    if wish.field in NUMBER_LIMITS or wish.field == "order":
        measure = ORDERS[str(wish.value)][0] if wish.field == "order" else wish.field
        value = float(snapshot.numbers[measure][row])
        if measure == "duration" and value == value:
            return f"{int(value) // 60}:{int(value) % 60:02d}"
        unit = NUMBER_LIMITS[measure][2]
        return "not known" if value != value else f"{value:.4g} {unit}".strip()
    names = {
        "artist": track.artist,
        "album": track.album,
        "title": track.title,
        "key": track.key,
        "licence": track.licence,
        "provenance": track.provenance,
        "language": ", ".join(track.languages),
    }
    if wish.field in names:
        return names[wish.field] or "not known"
    if wish.field == "edition":
        return ", ".join(sorted(edition_of(track.title))) or "no edition marked"
    if wish.field == "other":
        return "not in its names or tags"
    heard = "; ".join(_heard(snapshot, row, str(wish.value)))
    return heard or ("in it" if wish.field == "playlist" else "by its written tags")


def _heard(snapshot: Snapshot, row: int, words: str) -> Iterator[str]:
    for word in words.split(" or "):
        concept = snapshot.vocabulary.concept(word)
        if concept is not None:
            yield f"{concept.id} {float(snapshot.column(concept.id)[row]):.0%}"
