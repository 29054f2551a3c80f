"""Accompaniment figures and bass lines as tables of one bar, and the code that lays them over the chords."""

from __future__ import annotations

from collections.abc import Sequence

from agent.generation.instruments import Instrument
from agent.generation.notes import GridNote
from agent.generation.theory import Chord, Key

ALL = -1
POWER = -2
# A figure: (start, length, tone, accent); tone counts up the voicing, wrapping into the next octave; ALL is the chord,
# POWER root, fifth and octave. Two figures alternate bar by bar.
Figure = tuple[tuple[float, float, int, int], ...]


def _run(step: int, length: float, tones: Sequence[int], accents: Sequence[int] = (8, 0)) -> Figure:
    return tuple((index * step, length, tone, accents[index % len(accents)]) for index, tone in enumerate(tones))


def _hits(*hits: tuple[float, float], tone: int = ALL) -> Figure:
    return tuple((start, length, tone, 6 if start % 4 == 0 else 0) for start, length in hits)


COMP: dict[str, tuple[Figure, ...]] = {
    "slow_arpeggio": (_run(4, 12, (0, 1, 2, 3)), _run(4, 12, (0, 2, 3, 1))),
    "harp_arpeggio": (_run(2, 4, (0, 1, 2, 3, 4, 3, 2, 1)), _run(2, 4, (0, 2, 1, 3, 4, 2, 3, 1))),
    "broken_chords": (_run(2, 6, (0, 1, 2, 3, 2, 1, 2, 1)), _run(2, 6, (0, 1, 2, 3, 4, 3, 2, 1))),
    "ostinato": (
        _run(2, 1.5, (0, 2, 3, 0, 2, 3, 0, 2), (14, 0, 0, 10, 0, 0, 10, 0)),
        _run(2, 1.5, (0, 2, 3, 0, 2, 3, 2, 3), (14, 0, 0, 10, 0, 0, 10, 0)),
    ),
    "power_eighths": (_run(2, 1.8, (POWER,) * 8, (10, 0, 4, 0)),),
    "power_gallop": (
        tuple((beat * 4 + at, 0.9 if at else 1.6, POWER, 10 if not at else 0) for beat in range(4) for at in (0, 2, 3)),
    ),
    "strum": (
        _hits((0, 3.5), (4, 1.8), (6, 2), (10, 1.8), (12, 1.8), (14, 1.8)),
        _hits((0, 3.5), (4, 1.8), (6, 3.5), (10, 2), (12, 3.5)),
    ),
    "offbeat_stabs": (
        _hits((0, 2), (3, 2), (6, 3), (10, 2), (13, 2)),
        _hits((2, 1.5), (6, 1.5), (10, 1.5), (14, 1.5)),
    ),
    "sixteenth_arpeggio": (
        _run(1, 0.9, (0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 2, 3), (10, 0, 3, 0)),
        _run(1, 0.9, (0, 2, 1, 3, 0, 2, 1, 3, 0, 2, 4, 3, 2, 1, 2, 1), (10, 0, 3, 0)),
    ),
    "eighth_arpeggio": (_run(2, 1.9, (0, 1, 2, 3, 4, 3, 2, 1)), _run(2, 1.9, (0, 2, 3, 4, 3, 2, 1, 2))),
    "lazy_chords": (_hits((0, 7), (10, 5)), _hits((0, 9), (11, 4.5))),
    "sixteenth_stabs": (
        _hits((2, 1), (3, 0.8), (7, 0.8), (10, 1), (13, 0.8)),
        _hits((2, 1), (3, 0.8), (6, 0.8), (9, 0.8), (12, 1), (15, 0.8)),
    ),
    "charleston": (_hits((0, 3), (6, 2)), _hits((6, 1.5), (14, 2))),
    "fingerpicking": (_run(2, 5, (0, 3, 1, 2, 0, 3, 1, 2)), _run(2, 5, (0, 2, 1, 3, 0, 4, 1, 3))),
    "waltz": (_hits((4, 3), (8, 3)),),
    "sparse": (((0, 14, 3, 4), (10, 6, 2, 0)), ((4, 12, 1, 0),)),
    "bossa": (_hits((0, 2), (3, 2), (6, 3), (10, 2), (13, 2)), _hits((0, 2), (4, 2), (7, 2.5), (10, 2), (14, 2))),
    "skank": (_hits((4, 1.2), (12, 1.2)),),
}
# Bass figures: (start, length, tone): R root, F fifth, O octave, T third, N a step from the next root.
BassFigure = tuple[tuple[float, float, str], ...]
BASS: dict[str, tuple[BassFigure, ...]] = {
    "none": ((),),
    "pedal": (((0, 15.8, "R"),),),
    "long": (((0, 15.6, "R"),), ((0, 8, "R"), (8, 7.6, "F"))),
    "pulse": (tuple((2 * index, 1.6, "R") for index in range(8)),),
    "eighths": (tuple((2 * index, 1.8, "N" if index == 7 else "R") for index in range(8)),),
    "gallop": (tuple((beat * 4 + at, 0.9 if at else 1.7, "R") for beat in range(4) for at in (0, 2, 3)),),
    "root_fifth": (((0, 6, "R"), (8, 6, "F")), ((0, 6, "R"), (8, 5, "F"), (14, 2, "N"))),
    "offbeat": (((2, 1.8, "R"), (6, 1.8, "R"), (10, 1.8, "R"), (14, 1.8, "O")),),
    "rolling": (tuple((beat * 4 + at, 0.85, "O" if at == 3 else "R") for beat in range(4) for at in (1, 2, 3)),),
    "lofi": (((0, 6, "R"), (7, 2.5, "R"), (10, 5, "F")), ((0, 7, "R"), (10, 3.5, "F"), (14, 2, "N"))),
    "funk": (
        ((0, 2, "R"), (3, 0.8, "O"), (6, 1.5, "R"), (10, 1.5, "F"), (12, 0.8, "O"), (14, 1.5, "N")),
        ((0, 2, "R"), (5, 0.8, "O"), (7, 0.8, "R"), (8, 1.5, "F"), (11, 0.8, "R"), (14, 1.5, "N")),
    ),
    "walking": (
        ((0, 3.8, "R"), (4, 3.8, "T"), (8, 3.8, "F"), (12, 3.8, "N")),
        ((0, 3.8, "R"), (4, 3.8, "F"), (8, 3.8, "T"), (12, 3.8, "N")),
    ),
    "waltz": (((0, 4, "R"),), ((0, 4, "F"),)),
    "octaves": (tuple((2 * index, 1.6, "O" if index % 2 else "R") for index in range(8)),),
    "bossa": (((0, 5.6, "R"), (6, 1.8, "F"), (8, 5.6, "F"), (14, 1.8, "R")),),
    "reggae": (((0, 3, "R"), (6, 1.8, "R"), (8, 3, "T"), (12, 3.5, "F")), ((2, 2, "R"), (6, 2, "F"), (8, 5, "R"))),
}


def lay_comp(
    figure_name: str, voicings: Sequence[tuple[int, ...]], bars: Sequence[int], level: float, instrument: Instrument
) -> list[GridNote]:
    """Play a figure over the voicings of these bars; chords are strummed a little from below."""
    figures = COMP[figure_name]
    notes: list[GridNote] = []
    for bar in bars:
        voicing = voicings[bar]
        for start, length, tone, accent in figures[bar % len(figures)]:
            pitches = _tones(voicing, tone, instrument)
            spread = 0.22 if "guitar" in instrument.name and tone == ALL else 0.06
            loud = 58 + accent + 12 * level - (6 if len(pitches) > 2 else 0)
            notes += [
                GridNote(bar, start + spread * index, length, pitch, loud - index)
                for index, pitch in enumerate(pitches)
            ]
    return notes


def _tones(voicing: tuple[int, ...], tone: int, instrument: Instrument) -> tuple[int, ...]:
    if tone == ALL:
        return voicing
    if tone == POWER:
        root = voicing[0]
        return (root, root + 7, root + 12)
    octave, index = divmod(tone, len(voicing))
    pitch = voicing[index] + 12 * octave
    return (pitch if pitch <= instrument.high else pitch - 12,)


def open_chords(chords: Sequence[Chord], key: Key) -> list[tuple[int, ...]]:
    """Spread each chord from its root (MIDI 38 to 49) as a left hand does: root, fifth, octave, tenth, twelfth."""
    spread: list[tuple[int, ...]] = []
    for chord in chords:
        root = 38 + (key.pitch(chord.degree, chord) - 38) % 12
        third, fifth = (key.pitch(step, chord) - key.pitch(chord.degree, chord) for step in chord.steps[1:3])
        spread.append((root, root + fifth, root + 12, root + 12 + third, root + 12 + fifth))
    return spread


def power_roots(chords: Sequence[Chord], key: Key) -> list[tuple[int, ...]]:
    """Give the low roots that power chords stand on (MIDI 40 to 51)."""
    return [(40 + (key.pitch(chord.degree, chord) - 40) % 12,) for chord in chords]


def lay_pad(voicings: Sequence[tuple[int, ...]], bars: Sequence[int], sixteenths: int, level: float) -> list[GridNote]:
    """Hold the chords; a note that the next chord shares is tied over."""
    notes: list[GridNote] = []
    held: dict[int, GridNote] = {}
    for bar in bars:
        now: dict[int, GridNote] = {}
        for pitch in dict.fromkeys(voicings[bar]):
            before = held.get(pitch)
            tied = (
                before is not None and before.length < 4 * sixteenths and before.bar + before.length / sixteenths >= bar
            )
            now[pitch] = (
                GridNote(before.bar, 0, before.length + sixteenths, pitch, before.velocity)
                if before is not None and tied
                else GridNote(bar, 0, sixteenths, pitch, 52 + 16 * level)
            )
        notes += [note for pitch, note in held.items() if now.get(pitch) is None or now[pitch].bar != note.bar]
        held = now
    return notes + list(held.values())


def lay_bass(name: str, chords: Sequence[Chord], key: Key, bars: Sequence[int], level: float) -> list[GridNote]:
    """Play a bass line over the chords of these bars, roots between MIDI 31 and 42."""
    figures = BASS[name]
    notes: list[GridNote] = []
    for bar in bars:
        chord, following = chords[bar], chords[min(bar + 1, len(chords) - 1)]
        for start, length, tone in figures[bar % len(figures)]:
            pitch = _bass_pitch(tone, chord, following, key)
            notes.append(GridNote(bar, start, length, pitch, 74 + 14 * level + (6 if start == 0 else 0)))
    return notes


def bass_root(chord: Chord, key: Key) -> int:
    """Give the chord's root between MIDI 31 and 42."""
    return 31 + (key.pitch(chord.degree, chord) - 31) % 12


def _bass_pitch(tone: str, chord: Chord, following: Chord, key: Key) -> int:
    root = bass_root(chord, key)
    if tone == "N":
        goal = bass_root(following, key)
        below = goal - (key.pitch(following.degree) - key.pitch(following.degree - 1))
        above = goal + (key.pitch(following.degree + 1) - key.pitch(following.degree))
        return above if root > goal or (goal == root and below < 30) else below
    if tone in "TF":
        step = chord.degree + (2 if tone == "T" else 4)
        return root + (key.pitch(step, chord) - key.pitch(chord.degree, chord)) % 12
    return root + (12 if tone == "O" else 0)
