"""Accompaniment and bass: the figures of `figures` laid over the chords of a piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.generation.changes import Change, Changes
from agent.generation.figures import ALL, POWER, BassFigure, Figure
from agent.generation.instruments import Instrument
from agent.generation.notes import GridNote
from agent.generation.theory import AnyChord, Key

_DOWNBEAT = 4  # louder than a beat inside the bar


def lay_comp(
    figures: Sequence[Figure],
    changes: Changes,
    voicings: Sequence[tuple[int, ...]],
    bars: Sequence[int],
    level: float,
    instrument: Instrument,
) -> list[GridNote]:
    """Play a figure over the voicings of these bars, one a change; chords are strummed a little from below."""
    notes: list[GridNote] = []
    for bar in bars:
        for number, (start, length, tone, accent) in _over(figures[bar % len(figures)], changes.within(bar)):
            pitches = _tones(voicings[number], tone, instrument)
            spread = 0.22 if "guitar" in instrument.name and tone == ALL else 0.06
            loud = 58 + accent + 12 * level - (6 if len(pitches) > 2 else 0) + (_DOWNBEAT if start == 0 else 0)
            notes += [
                GridNote(bar, start + spread * index, length, pitch, loud - index)
                for index, pitch in enumerate(pitches)
            ]
    return notes


def _over(figure: Figure, within: Sequence[tuple[int, Change]]) -> Iterator[tuple[int, tuple[float, float, int, int]]]:
    """Give each chord of a bar its part of a figure, cut where the next chord comes; each is struck when it comes."""
    for number, change in within:
        end = change.start + change.length
        events = [event for event in figure if change.start <= event[0] < end]
        several = len(within) > 1
        if several and not any(event[0] == change.start for event in events):
            tone = figure[0][2] if figure else ALL
            following = events[0][0] if events else end
            events.insert(0, (change.start, following - change.start, tone, 4))
        for start, length, tone, accent in events:
            yield number, (start, min(length, end - start) if several else length, tone, accent)


def _tones(voicing: tuple[int, ...], tone: int, instrument: Instrument) -> tuple[int, ...]:
    if tone in {ALL, POWER} or not voicing:
        return voicing
    octave, index = divmod(tone, len(voicing))
    pitch = voicing[index] + 12 * octave
    return (pitch if pitch <= instrument.high else pitch - 12,)


def open_chords(chords: Sequence[AnyChord], key: Key) -> list[tuple[int, ...]]:
    """Spread each chord from its root (MIDI 38 to 49) as a left hand does: root, fifth, octave, tenth, twelfth."""
    spread: list[tuple[int, ...]] = []
    for chord in chords:
        classes = chord.classes(key)
        if not classes:
            spread.append(())
            continue
        root = 38 + (classes[0] - 38) % 12
        third, fifth = ((one - classes[0]) % 12 for one in classes[1:3])
        spread.append((root, root + fifth, root + 12, root + 12 + third, root + 12 + fifth))
    return spread


def power_chords(chords: Sequence[AnyChord], key: Key) -> list[tuple[int, ...]]:
    """Give root (MIDI 40 to 51), fifth and octave of each chord."""
    given = (chord.classes(key) for chord in chords)
    return [_power(classes) if classes else () for classes in given]


def _power(classes: tuple[int, ...]) -> tuple[int, ...]:
    root = 40 + (classes[0] - 40) % 12
    above = {(one - classes[0]) % 12 for one in classes}
    fifth = next((one for one in (7, 6, 8) if one in above), 12)
    return tuple(dict.fromkeys((root, root + fifth, root + 12)))


def lay_pad(
    changes: Changes, voicings: Sequence[tuple[int, ...]], bars: range, bar: int, level: float
) -> list[GridNote]:
    """Hold the chords, one voicing a change; a note that the next chord shares is tied over.

    Args:
        changes: the chords of the piece.
        voicings: one a change.
        bars: where to play.
        bar: sixteenths a bar.
        level: 0 to 1.
    """
    notes: list[GridNote] = []
    held: dict[int, GridNote] = {}
    for number, change in ((n, c) for one in bars for n, c in changes.within(one)):
        now: dict[int, GridNote] = {}
        for pitch in dict.fromkeys(voicings[number]):
            before = held.get(pitch)
            tied = (
                before is not None and before.length < 4 * bar and _end(before, bar) >= change.bar * bar + change.start
            )
            now[pitch] = (
                GridNote(before.bar, before.start, before.length + change.length, pitch, before.velocity)
                if before is not None and tied
                else GridNote(change.bar, change.start, change.length, pitch, 52 + 16 * level)
            )
        notes += [
            note
            for pitch, note in held.items()
            if pitch not in now or (now[pitch].bar, now[pitch].start) != (note.bar, note.start)
        ]
        held = now
    return notes + list(held.values())


def _end(note: GridNote, bar: int) -> float:
    return note.bar * bar + note.start + note.length


def lay_bass(
    figures: Sequence[BassFigure], changes: Changes, key: Key, bars: Sequence[int], level: float
) -> list[GridNote]:
    """Play a bass line over the chords of these bars, lowest notes between MIDI 31 and 42."""
    notes: list[GridNote] = []
    for bar in bars:
        within = changes.within(bar)
        for number, change in within:
            following = changes.all[min(number + 1, len(changes.all) - 1)]
            for start, length, tone in _stepped(figures[bar % len(figures)], change, several=len(within) > 1):
                if not change.chord.classes(key):
                    continue
                goal = following.chord if following.chord.classes(key) else change.chord
                comes = start == change.start and (number == 0 or changes.all[number - 1].chord != change.chord)
                pitch = _bass_pitch("R" if comes else tone, change.chord, goal, key)
                notes.append(GridNote(bar, start, length, pitch, 74 + 14 * level + (6 if start == 0 else 0)))
    return notes


def _stepped(figure: BassFigure, change: Change, *, several: bool) -> BassFigure:
    """Return the part of a figure under one chord; of several in a bar, each begins on its lowest note."""
    if not several:
        return figure
    end = change.start + change.length
    inside = [(start, min(length, end - start), tone) for start, length, tone in figure if change.start < start < end]
    first = inside[0][0] if inside else end
    return ((change.start, first - change.start - 0.2, "R"), *inside) if figure else ()


def bass_root(chord: AnyChord, key: Key) -> int:
    """Give the chord's lowest note between MIDI 31 and 42."""
    return 31 + (chord.bass(key) - 31) % 12


def _bass_pitch(tone: str, chord: AnyChord, following: AnyChord, key: Key) -> int:
    low = bass_root(chord, key)
    if tone == "N":
        goal = bass_root(following, key)
        scale = following.scale(key)
        below = goal - next(step for step in range(1, 13) if (goal - step) % 12 in scale)
        above = goal + next(step for step in range(1, 13) if (goal + step) % 12 in scale)
        return above if low > goal or (goal == low and below < 30) else below
    if tone in "TF":
        return low + (chord.classes(key)[1 if tone == "T" else 2] - low) % 12
    return low + (12 if tone == "O" else 0)
