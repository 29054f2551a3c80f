"""Alike by one side of the sound alone: rhythm, timbre or harmony.

Rhythm is tempo (octaves are one pulse) and onsets a second; timbre the music embedding and the brightness; harmony the
key by steps on the Camelot wheel (which knows relative keys and fifths), the mode, and the chords in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catalog.values import Track
from retrieval.concepts import FloatArray
from retrieval.constraints import KEYS
from retrieval.errors import QueryError
from retrieval.indexes.store import IntArray
from retrieval.likeness import FAR_KEY, FAR_TEMPO, key_apart, tempo_apart
from retrieval.scorers import Branch, ColumnScorer, best_first
from retrieval.snapshot import BoolArray, Snapshot
from retrieval.state import State
from retrieval.values import SearchRequest, SoundProfile

_TEMPO_SHARE, _KEY_SHARE = 0.7, 0.6
_BRIGHTNESS = 0.3


def profile_of(track: Track) -> SoundProfile:
    """Return what was measured of a track, for a comparison by attribute."""
    chords = track.measurements.get("chords")
    return SoundProfile(
        tempo_bpm=track.tempo_bpm,
        onset_rate=track.number("onset_rate"),
        brightness_hz=track.number("brightness"),
        key=track.key,
        chords=tuple((chords.text or "").split()) if chords is not None else (),
    )


def attribute_branches(state: State, request: SearchRequest, timbre: Sequence[Branch]) -> list[Branch]:
    """Return the branches of the attribute that is asked for; `timbre` are those of the music embedding.

    Several tracks to be like are alternatives: the nearest of them counts.

    Raises:
        QueryError: nothing of that kind was measured of what the results should be like.
    """
    rows = state.snapshot.rows(request.like or request.taste)
    profiles = [profile_of(t) for t in state.snapshot.tracks_at(rows)]
    if request.profile is not None:
        profiles.append(request.profile)
    made = {"rhythm": _rhythm, "timbre": _brightness, "harmony": _harmony}[str(request.attribute)](state, profiles)
    branches = [*timbre, *made] if request.attribute == "timbre" else made
    if not branches:
        raise QueryError(
            f"The {request.attribute} of what you chose was not measured; ask for something similar without it."
        )
    return branches


def _rhythm(state: State, profiles: Sequence[SoundProfile]) -> list[Branch]:
    tempo, onsets = (state.snapshot.numbers[name] for name in ("tempo", "onset_rate"))
    scores = []
    for p in profiles:
        if p.tempo_bpm:
            pulse = _near(tempo_apart(tempo, p.tempo_bpm) / FAR_TEMPO)
            busy = _near(_octaves(onsets, p.onset_rate)) if p.onset_rate else pulse
            scores.append(_TEMPO_SHARE * pulse + (1 - _TEMPO_SHARE) * busy)
        elif p.onset_rate:
            scores.append(_near(_octaves(onsets, p.onset_rate)))
    return [Branch("rhythm", 1.0, ColumnScorer(np.max(scores, axis=0)))] if scores else []


def _brightness(state: State, profiles: Sequence[SoundProfile]) -> list[Branch]:
    column = state.snapshot.numbers["brightness"]
    scores = [_near(_octaves(column, p.brightness_hz)) for p in profiles if p.brightness_hz]
    return [Branch("brightness", _BRIGHTNESS, ColumnScorer(np.max(scores, axis=0)))] if scores else []


def _harmony(state: State, profiles: Sequence[SoundProfile]) -> list[Branch]:
    snapshot, keys = state.snapshot, []
    for p in profiles:
        tonic, _, mode = (p.key or "").partition(" ")
        if tonic in KEYS:
            pitch, minor = np.array([KEYS.index(tonic)], np.int8), np.array([mode == "minor"], np.int8)
            apart = key_apart(snapshot.pitch_class, snapshot.mode_minor, pitch, minor)
            keys.append(_near(apart / np.float32(FAR_KEY)))
    chords = [Counter(p.chords) for p in profiles if p.chords]
    if not keys:
        return []
    return [Branch("harmony", 1.0, HarmonyScorer(snapshot, np.max(keys, axis=0), chords))]


@dataclass(frozen=True, eq=False)
class HarmonyScorer:
    """Nearness in key, known for every row ``(n,)``, and in chords, read for the rows that are looked at."""

    snapshot: Snapshot
    keys: FloatArray
    chords: list[Counter[str]]

    def nominate(self, k: int, allowed: BoolArray) -> IntArray:
        """Return the allowed rows of the nearest keys; see `Scorer`."""
        rows = np.flatnonzero(allowed & (self.keys > 0))
        return rows[best_first(self.keys[rows], k)]

    def at(self, rows: IntArray) -> FloatArray:
        """Return the scores of rows; where chords are unknown the key alone tells."""
        scores: FloatArray = self.keys[rows].astype(np.float32)
        if not self.chords:
            return scores
        for place, track in enumerate(self.snapshot.tracks_at(rows.tolist())):
            theirs = Counter(profile_of(track).chords)
            if theirs:
                shared = max(_shared(ours, theirs) for ours in self.chords)
                scores[place] = _KEY_SHARE * scores[place] + (1 - _KEY_SHARE) * shared
        return scores


def _shared(ours: Counter[str], theirs: Counter[str]) -> float:
    """Return the share of chords in common, by how often each comes, in [0, 1]."""
    a, b = ours.total(), theirs.total()
    return sum(min(n / a, theirs[chord] / b) for chord, n in ours.items())


def _octaves(column: FloatArray, value: float) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = np.abs(np.log2(column / np.float32(value)))
    return found


def _near(apart: FloatArray) -> FloatArray:
    """Return 1 for no distance, 0 from 1 on and where it is unknown."""
    near: FloatArray = np.nan_to_num(np.clip(1 - apart, 0, 1), nan=0.0).astype(np.float32)
    return near
