"""Passages: stretches of a tune in one key and metre, on the grid of sixteenths, with the chords below it.

Everything is told from the tonic: pitch `ZERO` is the tonic below the middle of the tune, chords are pitch classes
above it. So all keys are one. Metres are 4/4, 2/2 and pairs of 2/4 (16 sixteenths), and 3/4 (12). Where the tune rests
for two bars, changes key or metre, a passage ends.

Chords are estimated for each half bar (a whole bar of 3/4): the triad or dominant seventh whose tones hold most of
what sounds in all staves, weighted by length, the lowest note counting for its root; twice what is outside is taken
off. The key is, of the two that the signature can mean, the one whose Krumhansl-Kessler profile fits better.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from agent.generation.melodies.musescore import Bar, ReadScore, ScoreFileError, Sounded, read_musescore, scores_in
from encoders.values import FloatArray

PITCHES = 37
ZERO = 12
REST = PITCHES
LONGEST = 32
MIN_BARS = 4
MAX_BARS = 64
_OFF_GRID = 0.1
_SAME_CHORD = 0.15
_SIGNATURES = frozenset({(4, 4), (2, 2), (2, 4), (3, 4)})
Split = Literal["train", "tune", "test"]
# Krumhansl and Kessler (1982): how well each pitch class fits a major and a minor key.
_PROFILES = {
    False: (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    True: (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
_QUALITIES = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8), (0, 4, 7, 10))


@dataclass(frozen=True, slots=True)
class Event:
    """A note or a rest: `length` in sixteenths (1 to 32), `pitch` 0 to 36 (`ZERO` is the tonic), or `REST`."""

    length: int
    pitch: int


@dataclass(frozen=True, slots=True)
class Harmony:
    """A chord: its root and its tones as pitch classes above the tonic; an empty one is unknown."""

    root: int = 0
    tones: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Passage:
    """A tune: beats a bar (3 or 4), its mode, two chords a bar, events that fill them; `work` is where it is from."""

    work: str
    beats: int
    minor: bool
    chords: tuple[tuple[Harmony, Harmony], ...]
    events: tuple[Event, ...]

    @property
    def bars(self) -> int:
        return len(self.chords)

    @property
    def bar(self) -> int:
        """Sixteenths a bar."""
        return 4 * self.beats


def split_of(work: str) -> Split:
    """Say which part a work is in, by the hash of its name: 80 % train, 10 % tune, 10 % test."""
    drawn = int.from_bytes(hashlib.sha256(work.encode()).digest()[:4], "big") % 10
    return "test" if drawn == 9 else "tune" if drawn == 8 else "train"


def read_passages(folder: Path) -> Iterator[tuple[Path, list[Passage]]]:
    """Give the passages of each score below a folder; songs of one cycle or opus are one work.

    A file that cannot be read gives none.
    """
    for path in scores_in(folder):
        # composer / opus / song / file: an opus must not stand on both sides of a split
        work = "/".join(path.relative_to(folder).parts[:-2])
        try:
            yield path, passages_of(read_musescore(path), work)
        except ScoreFileError:
            yield path, []


def passages_of(score: ReadScore, work: str) -> list[Passage]:
    """Cut the tune of a score into passages."""
    found = []
    for bars in stretches(score.bars):
        for part in _sung(bars, score.lead):
            passage = _passage(part, score, work)
            if passage is not None:
                found.append(passage)
    return found


def stretches(bars: Sequence[Bar], metres: Collection[tuple[int, int]] = _SIGNATURES) -> Iterator[list[Bar]]:
    """Give neighbouring full bars of one metre of those and one key; bars of 2/4 are joined in pairs."""
    kept: list[Bar] = []
    for bar in bars:
        usable = bar.metre in metres and abs(bar.length - 4 * bar.metre[0] / bar.metre[1]) < 1e-6
        if kept and (not usable or (bar.metre, bar.sharps) != (kept[-1].metre, kept[-1].sharps)):
            yield _paired(kept)
            kept = []
        if usable:
            kept.append(bar)
    yield _paired(kept)


def _paired(bars: list[Bar]) -> list[Bar]:
    if not bars or bars[0].metre != (2, 4):
        return bars
    return [Bar(one.start, 4.0, (4, 4), one.sharps) for one in bars[: len(bars) // 2 * 2 : 2]]


def _sung(bars: Sequence[Bar], lead: Sequence[Sounded]) -> Iterator[list[Bar]]:
    """Cut where the tune begins, and where it rests for two bars or has gone on for long."""
    starts = np.array([note.start for note in lead])
    kept: list[Bar] = []
    for bar in bars:
        sings = not _empty(bar, starts)
        if sings or kept:
            kept.append(bar)
        silent = not sings and len(kept) > 1 and _empty(kept[-2], starts)
        if silent or len(kept) == MAX_BARS:
            yield kept[:-2] if silent else kept
            kept = []
    yield kept


def _empty(bar: Bar, starts: FloatArray) -> bool:
    return not ((starts >= bar.start - 1e-6) & (starts < bar.start + bar.length - 1e-6)).any()


def _passage(bars: Sequence[Bar], score: ReadScore, work: str) -> Passage | None:
    if len(bars) < MIN_BARS:
        return None
    begin, end = bars[0].start, bars[-1].start + bars[-1].length
    beats = round(bars[0].length)
    lead = [note for note in score.lead if begin - 1e-6 <= note.start < end - 1e-6]
    placed = [(round((note.start - begin) * 4), abs((note.start - begin) * 4 % 1 - 0.5) < 0.4, note) for note in lead]
    if len(lead) < 2 * MIN_BARS or np.mean([off for _, off, _ in placed]) > _OFF_GRID:
        return None
    sounding = [
        note for staff in score.staves for note in staff if note.start < end and note.start + note.length > begin
    ]
    tonic, minor = key_of_bars(bars[0].sharps, sounding)
    half = 8 if beats == 4 else 12
    spans = [begin + at / 4 for at in range(0, len(bars) * 4 * beats, half)]
    chords = [estimate_chord(sounding, at, at + half / 4, tonic) for at in spans]
    pairs = [(chords[2 * n], chords[2 * n + 1]) if beats == 4 else (chords[n], chords[n]) for n in range(len(bars))]
    events = _events([(at, note) for at, _, note in placed], len(bars) * 4 * beats, tonic)
    return Passage(work, beats, minor, tuple(pairs), tuple(events))


def key_of_bars(sharps: int, sounding: Sequence[Sounded]) -> tuple[int, bool]:
    """Return tonic and whether it is minor: of the two keys of a signature the one whose profile fits better."""
    weights = np.zeros(12)
    for note in sounding:
        weights[note.pitch % 12] += note.length
    major = sharps * 7 % 12
    fits = {
        (tonic, minor): np.corrcoef(np.roll(weights, -tonic), _PROFILES[minor])[0, 1]
        for tonic, minor in ((major, False), ((major + 9) % 12, True))
    }
    return max(fits, key=lambda key: fits[key])


def estimate_chord(notes: Sequence[Sounded], begin: float, end: float, tonic: int) -> Harmony:
    """Estimate the chord between two times in quarter notes; see the module for how."""
    weights = np.zeros(12)
    lowest = 128
    for note in notes:
        shared = min(note.start + note.length, end) - max(note.start, begin)
        if shared > 1e-6:
            weights[(note.pitch - tonic) % 12] += shared
            lowest = min(lowest, note.pitch)
    total = weights.sum()
    if total <= 0:
        return Harmony()
    weights /= total
    best, score = Harmony(), -np.inf
    for root in range(12):
        for quality in _QUALITIES:
            tones = [(root + step) % 12 for step in quality]
            inside = weights[tones].sum()
            fit = inside - 2 * (1 - inside) + _SAME_CHORD * (root == (lowest - tonic) % 12) - 0.05 * (len(tones) - 3)
            if fit > score:
                best, score = Harmony(root, frozenset(tones)), fit
    return best


def reference(mean_pitch: float, tonic: int) -> int:
    """Give the MIDI pitch of the tonic that lies nearest to a fifth below the mean of a tune."""
    return min((tonic + 12 * octave for octave in range(11)), key=lambda low: abs(mean_pitch - low - 7))


def _events(placed: Sequence[tuple[int, Sounded]], total: int, tonic: int) -> list[Event]:
    """Lay the notes end to end: gaps of a sixteenth belong to the note, longer ones are rests."""
    low = reference(float(np.mean([note.pitch for _, note in placed])), tonic)
    tune: dict[int, Sounded] = {}
    for at, note in placed:
        if at not in tune or note.pitch > tune[at].pitch:
            tune[at] = note
    starts = sorted(tune)
    events = _lasting(starts[0], REST)
    for at, following in zip(starts, [*starts[1:], total], strict=True):
        space = following - at
        length = min(space, max(1, round(tune[at].length * 4)))
        length = space if space - length == 1 else length
        events += _lasting(length, _token(tune[at].pitch, low)) + _lasting(space - length, REST)
    return events


def _token(pitch: int, low: int) -> int:
    token = pitch - low + ZERO
    while token < 0:
        token += 12
    while token >= PITCHES:
        token -= 12
    return token


def _lasting(length: int, pitch: int) -> list[Event]:
    """Cut what lasts longer than the longest event; a note goes on as a rest."""
    events: list[Event] = []
    while length > 0:
        events.append(Event(min(length, LONGEST), pitch))
        length, pitch = length - LONGEST, REST
    return events
