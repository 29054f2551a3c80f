"""Chord symbols such as `Am7`, `F#dim` or `G/B`: what they mean, the key that they are in, and how they fill bars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.generation.errors import InvalidRequestError
from agent.generation.theory import Key

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHARPER = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_NOTE = r"([A-G])([#♯b♭]?)"
_SYMBOL = re.compile(
    rf"{_NOTE}(maj|min|mi|ma|dim|aug|sus|m|M|-|Δ|°|o|ø|\+)?(\d{{1,2}})?((?:\(?(?:maj|add|sus|no|omit|[#♯b♭+-])"
    rf"\d{{0,2}}\)?)*)(?:/{_NOTE})?"
)
_CHANGE = re.compile(r"(maj|add|sus|no|omit|[#♯b♭+-])(\d{0,2})")
_MINOR, _DIMINISHED, _AUGMENTED = (
    frozenset({"m", "min", "mi", "-"}),
    frozenset({"dim", "°", "o"}),
    frozenset({"aug", "+"}),
)
_MAJOR = frozenset({"maj", "ma", "M", "Δ"})
_DEGREES = {1: 0, 2: 14, 3: 4, 4: 17, 5: 7, 6: 9, 7: 10, 9: 14, 11: 17, 13: 21}
# Of two tones of the scale that stand for the same degree of a chord, the chord's own is meant.
_SAME_DEGREE = ({3, 4}, {6, 7, 8}, {10, 11})
_NO_CHORD = frozenset({"N.C.", "NC", "N.C", "NC."})


@dataclass(frozen=True, slots=True)
class Symbol:
    """A chord by its symbol: root as a pitch class, tones in semitones above it (none: no chord), the bass note."""

    name: str
    root: int
    tones: tuple[int, ...]
    lowest: int

    def classes(self, key: Key) -> tuple[int, ...]:
        """Pitch classes from the root up; a power chord doubles its root."""
        return tuple((self.root + tone) % 12 for tone in self.tones)

    def bass(self, key: Key) -> int:
        """Pitch class of the lowest note."""
        return self.lowest

    def scale(self, key: Key) -> frozenset[int]:
        """Return the tones of the key, those of the chord in place of their neighbours of the same degree."""
        inside = {tone % 12 for tone in self.tones}
        hidden = {tone for degree in _SAME_DEGREE if degree & inside for tone in degree - inside}
        natural = {(key.tonic + step) % 12 for step in key.scale} - {(self.root + tone) % 12 for tone in hidden}
        return frozenset(natural | {(self.root + tone) % 12 for tone in inside})


def parse_symbol(text: str) -> Symbol:
    """Read a chord symbol; `N.C.` is silence.

    Raises:
        InvalidRequestError: it is none, or has an extension that there is none of.
    """
    if text in _NO_CHORD:
        return Symbol("N.C.", 0, (), 0)
    found = _SYMBOL.fullmatch(text)
    tones = None if found is None else _tones(found[3] or "", found[4] or "", found[5] or "")
    if found is None or tones is None:
        raise InvalidRequestError(f"{text[:20]!r} is no chord that can be played; write it like C, Am7, F#dim or G/B")
    root = (_LETTERS[found[1]] + _SHARPER[found[2]]) % 12
    lowest = root if found[6] is None else (_LETTERS[found[6]] + _SHARPER[found[7]]) % 12
    return Symbol(text, root, tones, lowest)


def _tones(quality: str, number: str, changes: str) -> tuple[int, ...] | None:
    """Return the tones of a chord in semitones above its root; None where there is no such extension."""
    tones = _triad(quality, number)
    extension = 0 if quality == "sus" else int(number or 0)
    seventh = 9 if quality in _DIMINISHED else 11 if quality in _MAJOR else 10
    if extension in {7, 9, 11, 13}:
        tones |= {seventh, *(step for degree, step in ((9, 14), (11, 17), (13, 21)) if extension >= degree)}
        if extension == 13 and 4 in tones:
            tones -= {17}  # it bites with the major third
    elif extension in {6, 69}:
        tones |= {9, 14} if extension == 69 else {9}
    elif extension in {2, 4}:
        tones |= {_DEGREES[extension]}
    elif extension == 5:
        tones = {0, 7, 12}
    elif extension:
        return None
    for kind, degree in _CHANGE.findall(changes):
        if not _changed(tones, kind, int(degree or 0)):
            return None
    return tuple(sorted(tones | {12})) if len(tones) < 3 else tuple(sorted(tones))


def _triad(quality: str, number: str) -> set[int]:
    if quality == "sus":
        return {0, 2 if number == "2" else 5, 7}
    third = 3 if quality in _MINOR | _DIMINISHED | {"ø"} else 4
    fifth = 6 if quality in _DIMINISHED | {"ø"} else 8 if quality in _AUGMENTED else 7
    return {0, third, fifth, 10} if quality == "ø" else {0, third, fifth}


def _changed(tones: set[int], kind: str, degree: int) -> bool:
    """Alter tones in place; False where there is no such degree."""
    if kind == "sus":
        tones -= {3, 4}
        tones.add(2 if degree == 2 else 5)
        return degree in {0, 2, 4}
    if kind == "maj":
        tones -= {10}
        tones |= {11} | ({14} if degree == 9 else set())
        return degree in {0, 7, 9}
    if degree not in _DEGREES:
        return False
    if kind == "add":
        tones.add(_DEGREES[degree])
        return True
    if degree == 3:
        tones -= {3, 4}
    elif degree in {5, 7}:
        tones -= {6, 7, 8} if degree == 5 else {10, 11}
    else:
        tones.discard(_DEGREES[degree])
    if kind not in {"no", "omit"}:
        tones.add(_DEGREES[degree] + (1 if kind in "#♯+" else -1))
    return True


def parse_bars(bars: Sequence[str]) -> list[tuple[Symbol, ...]]:
    """Read chords by bar; `%` repeats the bar before, and a bar that begins with it the first one.

    Raises:
        InvalidRequestError: one cannot be played; the sentence names the bar.
    """
    read: list[tuple[Symbol, ...]] = []
    for number, bar in enumerate(bars, 1):
        if bar.strip() == "%":
            if not read:
                raise InvalidRequestError("bar 1 repeats a bar before it; begin with a chord such as C or Am7")
            read.append(read[-1])
            continue
        try:
            read.append(tuple(parse_symbol(symbol) for symbol in bar.split()))
        except InvalidRequestError as error:
            raise InvalidRequestError(f"bar {number}: {error}") from error
    return read


def key_of(bars: Sequence[Sequence[Symbol]]) -> Key:
    """Return the major or minor key that chords are in: most tones inside, the first and last chord on its tonic."""
    chords = [chord for bar in bars for chord in bar if chord.tones]
    if not chords:
        return Key(0, "major")

    def fit(key: Key) -> float:
        scale = {(key.tonic + step) % 12 for step in key.scale}
        inside = sum(sum(one in scale for one in chord.classes(key)) / len(chord.tones) for chord in chords)
        home = {key.tonic, *((key.tonic + step) % 12 for step in ((3, 7) if key.is_minor else (4, 7)))}
        ends = sum(
            weight * home.issubset(chord.classes(key)) for chord, weight in ((chords[0], 1.0), (chords[-1], 0.5))
        )
        return inside / len(chords) + 0.15 * ends

    return max((Key(tonic, mode) for mode in ("major", "minor") for tonic in range(12)), key=fit)
