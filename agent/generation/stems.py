"""Stems: each part of a piece rendered alone. Together they are the mix before mastering."""

from __future__ import annotations

import copy
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agent.generation.mastering import RATE, Sound
from agent.generation.render import Synth, render

if TYPE_CHECKING:
    import pretty_midi

_HIGHEST = 0.99


def render_stems(midi: pretty_midi.PrettyMIDI, synth: Synth, duration_s: float, folder: Path) -> list[Sound]:
    """Render the tracks of a piece one by one.

    All else stays in the file, silent, so that each track keeps its channel, place and reverberation.

    Args:
        midi: the whole piece.
        synth: what renders.
        duration_s: seconds of each stem, to the sample.
        folder: for what is rendered meanwhile.

    Returns:
        A stem for each track: float32 of shape (frames, 2). Where one would clip, all are made softer alike.
    """
    stems = []
    for number in range(len(midi.instruments)):
        with tempfile.TemporaryDirectory(prefix=".stem-", dir=folder) as place:
            file = Path(place) / "part.mid"
            alone(midi, number).write(str(file))
            stems.append(_fitted(render(file, synth, duration_s, lambda *_: None, threading.Event()), duration_s))
    peak = max((float(np.abs(stem).max(initial=0.0)) for stem in stems), default=0.0)
    return [stem * np.float32(_HIGHEST / peak) for stem in stems] if peak > _HIGHEST else stems


def alone(midi: pretty_midi.PrettyMIDI, number: int) -> pretty_midi.PrettyMIDI:
    """Return the piece with the notes of one track only."""
    one = copy.deepcopy(midi)
    for other, track in enumerate(one.instruments):
        if other != number:
            track.notes = []
    return one


def write_stem(sound: Sound, path: Path) -> None:
    """Write 24-bit FLAC, so that the sum of stems is the mix to a hair."""
    import soundfile

    soundfile.write(path, sound, RATE, format="FLAC", subtype="PCM_24")


def _fitted(sound: Sound, duration_s: float) -> Sound:
    frames = round(duration_s * RATE)
    return np.concatenate([sound[:frames], np.zeros((max(0, frames - len(sound)), 2), np.float32)])
