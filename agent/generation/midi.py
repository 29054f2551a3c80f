"""A score as a Standard MIDI file, and what such a file tells of itself.

A text event `TRICHORD={...}` says what the notes alone do not: the swing, and how the piece was chosen.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agent.generation.form import Form
from agent.generation.instruments import Role
from agent.generation.score import Score
from agent.generation.values import GenerationError

if TYPE_CHECKING:
    import pretty_midi

TAG = "TRICHORD="
MAX_BYTES = 4 << 20
# Volume, pan (64 is the middle) and reverb send of each role, as MIDI control values.
_MIX: dict[Role, tuple[int, int, int]] = {
    "lead": (112, 68, 50),
    "comp": (92, 46, 42),
    "pad": (84, 78, 60),
    "bass": (104, 64, 12),
    "drums": (100, 64, 24),
}


def midi_of(score: Score, told: Mapping[str, Any] | None = None) -> pretty_midi.PrettyMIDI:
    """Write the score as General MIDI: one track a part, with volume, place and reverb; `told` goes into its text."""
    import pretty_midi

    form, key = score.arrangement.form, score.arrangement.key
    midi = pretty_midi.PrettyMIDI(initial_tempo=form.tempo, resolution=480)
    midi.time_signature_changes.append(pretty_midi.TimeSignature(*form.metre.signature, 0.0))
    midi.key_signature_changes.append(pretty_midi.KeySignature(key.tonic + (12 if key.is_minor else 0), 0.0))
    style = score.arrangement.style
    words = {"swing": score.arrangement.swing, "swing_sixteenths": style.swing_sixteenths} | dict(told or {})
    midi.text_events.append(pretty_midi.Text(TAG + json.dumps(words), 0.0))
    for number, part in enumerate(score.parts):
        track = pretty_midi.Instrument(part.instrument.program, is_drum=part.role == "drums", name=part.name)
        volume, pan, reverb = _MIX[part.role]
        aside = 12 * (number % 3 - 1) if part.role in {"lead", "comp", "pad"} else 0
        room = min(127, round(reverb * (0.4 + 1.4 * score.arrangement.style.reverb)))
        for control, value in ((7, volume), (10, pan + aside), (91, room)):
            track.control_changes.append(pretty_midi.ControlChange(control, value, 0.0))
        if score.arrangement.loudness and part.instrument.sustains:
            track.control_changes += _swells(score)
        track.notes = [pretty_midi.Note(note.velocity, note.pitch, note.start, note.end) for note in part.notes]
        midi.instruments.append(track)
    if form.anchors:
        _bend_tempo(midi, form)
    return midi


def _swells(score: Score) -> list[pretty_midi.ControlChange]:
    """Let held notes follow the curve of loudness, by expression (controller 11) twice a second."""
    import pretty_midi

    times = np.arange(0.0, score.arrangement.form.total_s, 0.5)
    values = [round(min(127.0, 101 * score.arrangement.louder(float(at)))) for at in times]
    return [pretty_midi.ControlChange(11, value, float(at)) for at, value in zip(times, values, strict=True)]


def _bend_tempo(midi: pretty_midi.PrettyMIDI, form: Form) -> None:
    """Write the tempo that yields to a film, from anchor to anchor; the library takes it by its ticks alone."""
    per_sixteenth = midi.resolution // 4
    pairs = list(itertools.pairwise(form.anchors))
    scales = [
        (round(place * per_sixteenth), (end_s - at_s) / ((end - place) * per_sixteenth))
        for (place, at_s), (end, end_s) in pairs
    ]
    midi._tick_scales = scales
    midi._update_tick_to_time(round(form.anchors[-1][0] * per_sixteenth) + 64 * midi.resolution)


def midi_bytes(score: Score, told: Mapping[str, Any] | None = None) -> bytes:
    """Write the score as a standard MIDI file."""
    buffer = io.BytesIO()
    midi_of(score, told).write(buffer)
    return buffer.getvalue()


def told_in(midi: pretty_midi.PrettyMIDI) -> dict[str, Any]:
    """Return what a file tells of itself; nothing where it is not from here."""
    for event in midi.text_events:
        if event.text.startswith(TAG):
            try:
                told = json.loads(event.text.removeprefix(TAG))
            except ValueError:
                continue
            return told if isinstance(told, dict) else {}
    return {}


def read_midi(path: Path) -> pretty_midi.PrettyMIDI:
    """Read the notes of a piece.

    Raises:
        GenerationError: the file is no MIDI file, or has more notes than any piece from here.
    """
    import pretty_midi

    if path.stat().st_size > MAX_BYTES:
        raise GenerationError(f"the notes are over {MAX_BYTES >> 20} MB; nothing is made of so many")
    try:
        return pretty_midi.PrettyMIDI(str(path))
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
        raise GenerationError(f"the notes cannot be read ({error})") from error
