"""Wishes as values, and what became of each: enforced, scored, or said to be out of reach."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from retrieval.errors import QueryError

Field = Literal[
    "artist",
    "album",
    "title",
    "genre",
    "mood",
    "instrument",
    "vocal",
    "year",
    "tempo",
    "key",
    "duration",
    "loudness",
    "energy",
    "licence",
    "provenance",
    "playlist",
    "language",
    "edition",
    "per_artist",
    "order",
    "other",
]
Op = Literal["is", "not", "min", "max", "between", "like", "near"]
Status = Literal["enforced", "scored", "unenforceable"]

NUMBER_LIMITS: dict[str, tuple[float, float, str]] = {
    "year": (1000, 2100, ""),
    "tempo": (20, 400, "BPM"),
    "duration": (0, 86_400, "s"),
    "loudness": (-70, 5, "LUFS"),
    "energy": (0, 1, ""),
    # How many tracks of one artist a list may have.
    "per_artist": (1, 100, ""),
}
# A wish for an order says which end of a measure comes first: the low one or the high one.
ENDS: dict[str, tuple[str, str]] = {
    "energy": ("the calmest first", "the wildest first"),
    "tempo": ("the slowest first", "the fastest first"),
    "loudness": ("the quietest first", "the loudest first"),
    "year": ("the oldest first", "the newest first"),
    "duration": ("the shortest first", "the longest first"),
}
# From such a wish to its measure, and whether it falls.
ORDERS = {words: (measure, bool(high)) for measure, ends in ENDS.items() for high, words in enumerate(ends)}
KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# A key wish may be a mode alone: "in a minor key".
MODES = ("major", "minor")
_FLATS = {"DB": "C#", "EB": "D#", "GB": "F#", "AB": "G#", "BB": "A#", "CB": "B", "FB": "E", "E#": "F", "B#": "C"}


@dataclass(frozen=True, slots=True)
class Constraint:
    """One wish. `value` is a word, or one or two numbers in the field's unit; `source_text` the user's own words.

    `hard` wishes must hold for every result; others only weigh, `weight` (above 0, up to 1) times as much as usual.

    Raises:
        QueryError: a number out of the field's range, a range the wrong way round, an unknown key, or such a weight.
    """

    field: Field
    op: Op
    value: str | float | tuple[float, float]
    source_text: str = ""
    hard: bool = True
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.weight <= 1:
            raise QueryError(f"A wish cannot weigh {self.weight:g}; give more than 0, and 1 at most.")
        if self.field in NUMBER_LIMITS:
            low, high = self.bounds()
            least, most, unit = NUMBER_LIMITS[self.field]
            # A bare number counts as it was said, without its slack.
            said = (low, high) if isinstance(self.value, tuple) else (float(self.value),)
            for number in said:
                if math.isfinite(number) and not least <= number <= most:
                    raise QueryError(
                        f"{self.field} {number:g} {unit} is out of range; give {least:g} to {most:g} {unit}.".replace(
                            "  ", " "
                        )
                    )
            if low > high:
                raise QueryError(f"{self.field} from {low:g} to {high:g} is empty; give the smaller number first.")
        elif not isinstance(self.value, str):
            raise QueryError(f"{self.field} takes a word, not {self.value!r}.")
        elif self.field == "order" and self.value not in ORDERS:
            raise QueryError(f"{self.value[:40]!r} is no order; give one of: {', '.join(ORDERS)}.")
        elif self.field == "key" and self.value not in MODES:
            for key in self.value.split(" or "):
                parse_key(key)
        self._check_kind()

    def _check_kind(self) -> None:
        if self.op == "near" and self.field not in {"key", "tempo"}:
            raise QueryError(f"Only a key or a tempo can be wished for nearby; not {self.field}.")
        if self.op == "like" and (self.field != "artist" or self.hard):
            raise QueryError(f"Only an artist can be wished for by likeness, and softly; not {self.field}.")

    def bounds(self) -> tuple[float, float]:
        """Return (low, high) of a numeric wish; an open end is infinite.

        A bare tempo means within 4 %, a bare year that year, a bare duration within 10 %.
        """
        if isinstance(self.value, tuple):
            low, high = self.value
        elif isinstance(self.value, str):
            raise QueryError(f"{self.field} takes a number, not {self.value[:40]!r}.")
        else:
            slack = {"tempo": 0.04, "duration": 0.1, "loudness": 0.1, "energy": 0.15}.get(self.field, 0.0)
            exact = (float(self.value) - abs(self.value) * slack, float(self.value) + abs(self.value) * slack)
            low, high = {
                "min": (float(self.value), math.inf),
                "max": (-math.inf, float(self.value)),
            }.get(self.op, exact)
        if math.isnan(low) or math.isnan(high):
            raise QueryError(f"{self.field} is not a number; give one.")
        return low, high

    @property
    def words(self) -> str:
        """Return the wish in plain words, for receipts and chips."""
        if self.field in NUMBER_LIMITS:
            low, high = self.bounds()
            unit = NUMBER_LIMITS[self.field][2]
            span = (
                f"{low:g} to {high:g}"
                if math.isfinite(low) and math.isfinite(high)
                else f"at least {low:g}"
                if math.isfinite(low)
                else f"at most {high:g}"
            )
            shown = f"{self.value:g}" if self.op == "is" and isinstance(self.value, float | int) else span
            octaves = " (or half or double)" if self.op == "near" else ""
            name = self.field.replace("per_artist", "tracks of one artist")
            return f"{'not ' if self.op == 'not' else ''}{name} {shown} {unit}".strip() + octaves
        field = "" if self.field in {"other", "order"} else f"{self.field} "
        return f"{field}{self.op + ' ' if self.op in {'not', 'like', 'near'} else ''}{self.value}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a wish: `evidence` says in one clause how it was treated and how many tracks hold it."""

    constraint: Constraint
    status: Status
    evidence: str


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A step back: `blocking` would become `offer` (None: be given up), and `tracks` would then hold all wishes."""

    blocking: Constraint
    offer: Constraint | None
    tracks: int

    @property
    def words(self) -> str:
        """Return the step in plain words."""
        there = f"there is {self.tracks} track" if self.tracks == 1 else f"there are {self.tracks} tracks"
        wish = self.blocking.source_text or self.blocking.words
        return f"without “{wish}” {there}" if self.offer is None else f"with {self.offer.words} for “{wish}” {there}"


def parse_key(text: str) -> tuple[int, str | None]:
    """Return (pitch class 0 to 11, ``major`` | ``minor`` | None) of a key such as ``Am``, ``F# minor``, ``Bb``.

    Raises:
        QueryError: not a key.
    """
    found = re.fullmatch(
        r"\s*([A-Ga-g])\s*(#|♯|sharp|b|♭|flat)?\s*(m|min|minor|maj|major|M|dur|moll)?\s*", text.replace("-", " ")
    )
    if found is None:
        raise QueryError(f"{text[:40]!r} is no key; write for instance 'A minor' or 'F#'.")
    letter, accidental, mode = found.groups()
    name = letter.upper() + {None: "", "#": "#", "♯": "#", "sharp": "#"}.get(accidental, "b")
    name = _FLATS.get(name.upper(), name)
    minor = {"m": "minor", "min": "minor", "minor": "minor", "moll": "minor", None: None}.get(mode, "major")
    return KEYS.index(name), minor
