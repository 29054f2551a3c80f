"""Keys, scales and chords, counted in scale steps.

A *step* is a whole number along the scale: step 0 is the tonic in the octave at MIDI 60 to 71, step 7 the tonic above.
Chords are stacked thirds of steps, so everything stays in the key without looking; the one exception is the raised
leading tone of a dominant in a minor key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from agent.generation.values import InvalidRequestError

_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
_MODE_WORDS = {"maj": "major", "ionian": "major", "min": "minor", "aeolian": "minor", "m": "minor"}
_KEY = re.compile(r"\s*([A-Ga-g])\s*(#|b|♯|♭|[\s-]?sharp|[\s-]?flat)?[\s-]*([A-Za-z]*)\s*")


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic (pitch class, C is 0) and a mode of `SCALES`."""

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        return f"{_NAMES[self.tonic]} {self.mode}"

    @property
    def scale(self) -> tuple[int, ...]:
        return SCALES[self.mode]

    @property
    def is_minor(self) -> bool:
        """Whether the third is minor."""
        return self.scale[2] == 3

    def pitch(self, step: int, chord: Chord | None = None) -> int:
        """MIDI pitch of a step; under a dominant with raised third the seventh degree is raised."""
        octave, degree = divmod(step, 7)
        raised = chord is not None and chord.raised and degree == 6 and self.scale[6] == 10
        return 60 + self.tonic + 12 * octave + self.scale[degree] + raised

    def pitch_classes(self) -> frozenset[int]:
        """Pitch classes of the key; a minor key counts its leading tone in."""
        classes = {(self.tonic + offset) % 12 for offset in self.scale}
        return frozenset(classes | ({(self.tonic + 11) % 12} if self.mode == "minor" else set()))


@dataclass(frozen=True, slots=True)
class Chord:
    """Stacked thirds on a degree (0 is the tonic): `size` notes, 3 to 5; `raised`: the major dominant of minor."""

    degree: int
    size: int = 3
    raised: bool = False

    @property
    def steps(self) -> tuple[int, ...]:
        """Steps of the chord from its root up."""
        return tuple(self.degree + 2 * third for third in range(self.size))

    def has(self, step: int) -> bool:
        """Whether the step's degree is one of the chord's three main notes."""
        return (step - self.degree) % 7 in {0, 2, 4}

    def classes(self, key: Key) -> tuple[int, ...]:
        """Pitch classes from the root up."""
        return tuple(key.pitch(step, self) % 12 for step in self.steps)

    def bass(self, key: Key) -> int:
        """Pitch class of the lowest note."""
        return key.pitch(self.degree, self) % 12

    def scale(self, key: Key) -> frozenset[int]:
        """Pitch classes that a line may use over the chord."""
        return frozenset(key.pitch(step, self) % 12 for step in range(7))


class AnyChord(Protocol):
    """A chord, by its degree or by its symbol; `classes` has three tones or more, or none where nothing is to sound."""

    def classes(self, key: Key) -> tuple[int, ...]: ...
    def bass(self, key: Key) -> int: ...
    def scale(self, key: Key) -> frozenset[int]: ...


def parse_key(text: str) -> Key:
    """Read "A minor", "F# dorian", "Bb", "E flat major", "c#m".

    Raises:
        InvalidRequestError: anything else.
    """
    found = _KEY.fullmatch(text)
    mode = _mode(found[3]) if found else None
    if found is None or mode is None:
        raise InvalidRequestError(f'key "{text[:30]}" is unknown; write it like "A minor", "F# dorian" or "Eb major"')
    accidental = (found[2] or "").strip(" -")
    shift = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}.get(accidental, 0)
    return Key(tonic=(_LETTERS[found[1].upper()] + shift) % 12, mode=mode)


def _mode(word: str) -> str | None:
    if word == "M" or not word:
        return "major"
    word = word.lower()
    word = _MODE_WORDS.get(word, word)
    return word if word in SCALES else None
