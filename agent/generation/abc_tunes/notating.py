"""A passage of a song as ABC notation (standard 2.1): in eighths, each bar after its chord."""

from __future__ import annotations

from collections.abc import Sequence

from agent.generation.melodies.passages import REST, ZERO, Event, Harmony
from agent.generation.theory import Key

_LETTERS = "CDEFGAB"
_NATURAL = (0, 2, 4, 5, 7, 9, 11)
_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_MODES = {"major": "", "minor": "m", "dorian": "dor", "phrygian": "phr", "lydian": "lyd", "mixolydian": "mix"}
_QUALITIES = {(0, 4, 7): "", (0, 3, 7): "m", (0, 3, 6): "dim", (0, 4, 8): "aug", (0, 4, 7, 10): "7"}


def abc_key(key: Key) -> str:
    """Return what stands behind `K:`."""
    return _tonic(key) + _MODES[key.mode]


def abc_body(
    beats: int, chords: Sequence[tuple[Harmony, Harmony]], events: Sequence[Event], key: Key, bars_a_line: int = 4
) -> str:
    """Write bars.

    Args:
        beats: quarters a bar.
        chords: two a bar; the first is written.
        events: fill the bars; lengths in sixteenths, even, none over a bar line.
        key: in which it is written; the events are told from its tonic.
        bars_a_line: as they are laid out.
    """
    low = 60 + key.tonic - (12 if key.tonic > 6 else 0)
    bars: list[str] = []
    filled, signs, written = 0, dict[str, int](), ""
    for event in events:
        if not filled:
            signs, written = {}, _symbol(chords[len(bars)][0], key)
        count = event.length // 2
        name = "z" if event.pitch == REST else _note(low + event.pitch - ZERO, key, signs)
        written += f"{name}{count if count > 1 else ''} "
        filled += event.length
        if filled == 4 * beats:
            bars.append(written.strip())
            filled = 0
    lines = [" | ".join(bars[at : at + bars_a_line]) for at in range(0, len(bars), bars_a_line)]
    return " |\n".join(lines) + " |]"


def _tonic(key: Key) -> str:
    return (_MINOR_TONICS if key.is_minor else _TONICS)[key.tonic]


def _spelt(key: Key) -> list[tuple[int, int]]:
    """Return for each degree its letter (0 is C) and how much it is raised."""
    name = _tonic(key)
    first = _LETTERS.index(name[0])
    spelt = []
    for degree, offset in enumerate(key.scale):
        letter = (first + degree) % 7
        raised = (key.tonic + offset - _NATURAL[letter] + 6) % 12 - 6
        spelt.append((letter, raised))
    return spelt


def _note(pitch: int, key: Key, signs: dict[str, int]) -> str:
    """Name a pitch; `signs` are the accidentals that hold in this bar, in every octave, and grow."""
    offset, spelt = (pitch - key.tonic) % 12, _spelt(key)
    below = max(degree for degree, at in enumerate(key.scale) if at <= offset)
    letter, raised = spelt[below]
    own, raised = raised, raised + offset - key.scale[below]
    octave = (pitch - raised - _NATURAL[letter] - 60) // 12
    name = _LETTERS[letter]
    held = signs.get(name, own)
    sign = "" if raised == held else _SIGNS[raised]
    signs[name] = raised
    if octave >= 1:
        return sign + name.lower() + "'" * (octave - 1)
    return sign + name + "," * -octave


def _symbol(chord: Harmony, key: Key) -> str:
    steps = tuple(sorted((tone - chord.root) % 12 for tone in chord.tones))
    if steps not in _QUALITIES:
        return ""
    offset = chord.root % 12
    below = max(degree for degree, at in enumerate(key.scale) if at <= offset)
    letter, raised = _spelt(key)[below]
    raised += offset - key.scale[below]
    return f'"{_LETTERS[letter]}{"#" * raised if raised > 0 else "b" * -raised}{_QUALITIES[steps]}"'
