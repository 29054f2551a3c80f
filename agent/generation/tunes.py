"""Tunes that were handed over as a MIDI file: read with a limit, and told from their bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agent.generation.errors import InvalidRequestError
from agent.generation.metre import METRES, Metre
from agent.generation.theory import Key

if TYPE_CHECKING:
    import pretty_midi

MAX_EVENTS = 200_000
MAX_SIXTEENTHS = 16_000
_MAX_READ = 64 << 20
_ONE_VOICE = 1.2  # notes that begin together, on the mean, are fewer
_LEAD_NAMES = ("melody", "lead", "voice", "vocal", "tune", "theme")
# Krumhansl and Kessler (1982): how well each pitch class fits a major and a minor key.
_PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}


@dataclass(frozen=True, slots=True)
class TuneNote:
    """A note: start and length in sixteenths from the beginning, MIDI pitch, velocity."""

    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Tune:
    """One voice in order of time, with the file's tempo in BPM and its metre (4/4 where it is none that is written)."""

    notes: tuple[TuneNote, ...]
    tempo: float
    metre: Metre

    def bars(self, metre: Metre) -> int:
        """Return how many bars of a metre it fills."""
        end = max(note.start + min(note.length, metre.sixteenths) for note in self.notes)
        return max(1, -(-round(end) // metre.sixteenths))


def read_tune(path: Path) -> Tune:
    """Read the tune of a MIDI file: the track called so, else of the tracks of one voice the highest.

    Raises:
        InvalidRequestError: the file is no MIDI file, has no notes, or too many events; one sentence.
    """
    midi, tracks = _opened(path)
    return _tune(midi, _chosen(tracks))


def read_lines(path: Path) -> tuple[Tune, ...]:
    """Read the tracks of a MIDI file that are of one voice, from the highest to the lowest.

    Raises:
        InvalidRequestError: as for `read_tune`.
    """
    midi, tracks = _opened(path)
    lines = [track for track in tracks if _voices(track) < _ONE_VOICE] or [_chosen(tracks)]
    return tuple(_tune(midi, track) for track in sorted(lines, key=_height, reverse=True))


def _opened(path: Path) -> tuple[pretty_midi.PrettyMIDI, list[pretty_midi.Instrument]]:
    """Read a MIDI file and its tracks of notes that are no drums."""
    import pretty_midi

    for number, _ in enumerate(_events(path)):
        if number >= MAX_EVENTS:
            raise InvalidRequestError(
                f"the MIDI file has more than {MAX_EVENTS:,} events, the limit of a tune; hand over its melody alone"
            )
    try:
        midi = pretty_midi.PrettyMIDI(str(path))
    except (OSError, EOFError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise InvalidRequestError(f"the MIDI file cannot be read ({error}); save it as a Standard MIDI file") from error
    tracks = [track for track in midi.instruments if track.notes and not track.is_drum]
    if not tracks:
        raise InvalidRequestError("the MIDI file has no notes but drums; hand over one with a melody")
    return midi, tracks


def _tune(midi: pretty_midi.PrettyMIDI, track: pretty_midi.Instrument) -> Tune:
    per_sixteenth = midi.resolution / 4
    placed = [
        (midi.time_to_tick(note.start) / per_sixteenth, midi.time_to_tick(note.end) / per_sixteenth, note)
        for note in track.notes
    ]
    notes = _one_voice([TuneNote(s, max(0.25, e - s), n.pitch, n.velocity) for s, e, n in placed])
    if notes[-1].start > MAX_SIXTEENTHS:
        raise InvalidRequestError(
            f"the tune is {notes[-1].start / 16:.0f} bars long, over the limit of {MAX_SIXTEENTHS // 16}; cut it"
        )
    sign = midi.time_signature_changes[0] if midi.time_signature_changes else None
    metre = METRES.get("" if sign is None else f"{sign.numerator}/{sign.denominator}", METRES["4/4"])
    return Tune(notes, float(midi.get_tempo_changes()[1][0]), metre)


def write_tune(tune: Tune, path: Path) -> None:
    """Write a tune as a MIDI file that `read_tune` reads again."""
    import pretty_midi

    sixteenth_s = 15.0 / tune.tempo
    midi = pretty_midi.PrettyMIDI(initial_tempo=tune.tempo)
    midi.time_signature_changes.append(pretty_midi.TimeSignature(*tune.metre.signature, 0.0))
    track = pretty_midi.Instrument(73, name="melody")
    track.notes = [
        pretty_midi.Note(n.velocity, n.pitch, n.start * sixteenth_s, (n.start + n.length) * sixteenth_s)
        for n in tune.notes
    ]
    midi.instruments.append(track)
    midi.write(str(path))


def tune_s(path: Path, tempo: float | None, metre: str | None) -> float:
    """Return how long a piece over a tune is in seconds: its bars at its own or the given tempo, and a last chord."""
    tune = read_tune(path)
    written = METRES.get(metre or "", tune.metre)
    return round(tune.bars(written) * written.quarters * 60.0 / (tempo or tune.tempo) + 3.0, 2)


def key_of_tune(tune: Tune) -> Key:
    """Return the major or minor key whose profile fits the tune best, its last note weighing for the tonic."""
    weights = np.zeros(12)
    for note in tune.notes:
        weights[note.pitch % 12] += min(note.length, 16.0)

    def fit(key: Key) -> float:
        profile = np.roll(_PROFILES[key.mode], key.tonic)
        return float(np.corrcoef(weights, profile)[0, 1]) + 0.1 * (tune.notes[-1].pitch % 12 == key.tonic)

    if not np.ptp(weights):
        return Key(tune.notes[-1].pitch % 12, "major")
    return max((Key(tonic, mode) for mode in _PROFILES for tonic in range(12)), key=fit)


def _chosen(tracks: Sequence[pretty_midi.Instrument]) -> pretty_midi.Instrument:
    named = [track for track in tracks if any(word in track.name.lower() for word in _LEAD_NAMES)]
    single = [track for track in tracks if _voices(track) < _ONE_VOICE]
    return max(named or single or tracks, key=_height)


def _height(track: pretty_midi.Instrument) -> float:
    return float(np.mean([note.pitch for note in track.notes]))


def _voices(track: pretty_midi.Instrument) -> float:
    """Return how many notes of a track begin together, on the mean."""
    return len(track.notes) / len({round(note.start, 2) for note in track.notes})


def _one_voice(notes: Sequence[TuneNote]) -> tuple[TuneNote, ...]:
    """Keep the highest of what begins together; a note ends where the next one begins."""
    highest: list[TuneNote] = []
    for note in sorted(notes, key=lambda note: (note.start, -note.pitch)):
        if not highest or note.start - highest[-1].start > 0.25:
            highest.append(note)
    ends = [note.start for note in highest[1:]] + [float("inf")]
    return tuple(
        TuneNote(note.start, min(note.length, end - note.start), note.pitch, note.velocity)
        for note, end in zip(highest, ends, strict=True)
    )


def _events(path: Path) -> Iterator[None]:
    """Count off the events of a MIDI file as its bytes are walked through, without keeping any (SMF 1.0).

    Raises:
        InvalidRequestError: it is none.
    """
    broken = InvalidRequestError(f"{path.name[:40]} is no MIDI file that can be read; hand over a Standard MIDI file")
    with path.open("rb") as file:
        data = memoryview(file.read(_MAX_READ + 1))
    if bytes(data[:4]) != b"MThd":
        raise broken
    at = 8 + int.from_bytes(data[4:8], "big")
    try:
        while at + 8 <= len(data):
            end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
            if bytes(data[at : at + 4]) == b"MTrk":
                yield from _walked(data, at + 8, min(end, len(data)))
            at = end
    except IndexError as error:
        raise broken from error


def _walked(data: memoryview, at: int, end: int) -> Iterator[None]:
    """Yield once for each event of a track."""
    status = 0
    while at < end:
        _, at = _number(data, at)
        if data[at] & 0x80:
            status, at = data[at], at + 1
        if status in {0xF0, 0xF7, 0xFF}:
            length, at = _number(data, at + (status == 0xFF))
            at += length
        else:
            at += 1 if status >> 4 in {0xC, 0xD} else 2
        yield


def _number(data: memoryview, at: int) -> tuple[int, int]:
    """Read a number of variable length; returns it and where it ends."""
    value = 0
    while True:
        byte = data[at]
        value, at = value << 7 | byte & 0x7F, at + 1
        if not byte & 0x80:
            return value, at
