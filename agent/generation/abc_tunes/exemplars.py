"""Songs to write like: eight bars each of CC0 transcriptions (OpenScore Lieder), told from the tonic.

`exemplars.json` is made by `tests/benchmarks/abc_exemplars.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from agent.generation.abc_tunes.notating import abc_body, abc_key
from agent.generation.melodies.passages import REST, ZERO, Event, Harmony
from agent.generation.theory import SCALES, Key
from agent.generation.values import GenerationRequest

BARS = 8
_WORDS_COUNT, _PACE_COUNTS = 1.0, 2.0


@dataclass(frozen=True, slots=True)
class Exemplar:
    """The beginning of a song: who wrote it, beats a bar, its mode, and notes a beat."""

    title: str
    composer: str
    beats: int
    minor: bool
    pace: float
    chords: tuple[tuple[Harmony, Harmony], ...]
    events: tuple[Event, ...]

    def abc(self, key: Key, tempo: float) -> str:
        """Return it as ABC in a key."""
        head = f"X:1\nT:{self.title}\nM:{self.beats}/4\nL:1/8\nQ:1/4={tempo:.0f}\nK:{abc_key(key)}\n"
        return head + abc_body(self.beats, self.chords, [_in_mode(event, key) for event in self.events], key)


def _in_mode(event: Event, key: Key) -> Event:
    """Move the degree by which a church mode differs from major or minor."""
    plain = SCALES["minor" if key.is_minor else "major"]
    offset = (event.pitch - ZERO) % 12
    if event.pitch == REST or offset not in plain:
        return event
    return Event(event.length, event.pitch + key.scale[plain.index(offset)] - offset)


@cache
def exemplars() -> tuple[Exemplar, ...]:
    """Return all that ship."""
    rows = json.loads(files("agent.generation.abc_tunes").joinpath("exemplars.json").read_text(encoding="utf-8"))
    return tuple(
        Exemplar(
            row["title"],
            row["composer"],
            row["beats"],
            row["minor"],
            row["pace"],
            tuple((Harmony(root, frozenset(tones)), Harmony()) for root, tones in row["chords"]),
            tuple(Event(length, pitch) for length, pitch in row["events"]),
        )
        for row in rows["songs"]
    )


def nearest(request: GenerationRequest, beats: int, key: Key, energy: float, n: int) -> Sequence[Exemplar]:
    """Return the n songs of this metre and mode that are nearest in pace and in the words of their titles.

    The seed decides among those that are about as near: another seed is written after other songs.
    """
    wanted = set(f"{request.text} {request.scene}".casefold().split())
    rng = np.random.default_rng(request.seed)
    pace = 0.6 + 1.4 * energy

    def far(song: Exemplar) -> float:
        shared = len(wanted & set(song.title.casefold().split()))
        return _PACE_COUNTS * abs(song.pace - pace) - _WORDS_COUNT * shared + float(rng.uniform(0, 1))

    fitting = [song for song in exemplars() if song.beats == beats and song.minor == key.is_minor]
    return sorted(fitting, key=far)[:n]
