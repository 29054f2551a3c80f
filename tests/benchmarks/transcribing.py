"""Melodies given as sound: how many of their notes are heard, and whether tempo and key are.

    python tests/benchmarks/transcribing.py [--half tune | report] [--seed 5]

Thirty of the composer's own lead lines (with `--half tune` twelve others, on which the thresholds were chosen) are
played alone by FluidSynth on six instruments, and a third of them again in pink noise, 20 dB below. A note is right
within 50 ms of its onset and at its pitch (mir_eval's `note` without offsets); intervals are 95 % by bootstrap over
tunes. A tempo is right within 3 %, in whichever octave; a key where tonic and mode are.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from pathlib import Path

import numpy as np
import pretty_midi
from figures import bootstrap, machine, table

from agent.generation.heard_tunes import tune_of
from agent.generation.render import find_synth, render
from agent.generation.score import compose
from agent.generation.tunes import key_of_tune
from agent.generation.values import GenerationRequest
from encoders.models.store import ModelStore
from encoders.music.transcription import Transcriber
from ui.settings import load_settings

PROGRAMS = {"flute": 73, "violin": 40, "piano": 0, "choir aahs": 52, "clarinet": 71, "trumpet": 56}
GENRES = ("pop", "folk", "waltz", "jazz", "orchestral")


def main() -> None:
    """Print F1, pitch accuracy, tempo and key."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--half", choices=["tune", "report"], default="report")
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    count, first = (12, 9_000) if given.half == "tune" else (30, 1_000)
    transcriber = Transcriber(ModelStore(load_settings().models_path))
    clean = [heard(transcriber, first + n, n, None) for n in range(count)]
    rng = np.random.default_rng(given.seed)
    noisy = [heard(transcriber, first + n, n, rng) for n in range(count // 3)]
    print(machine())
    rows = []
    for name, told in (("clean", clean), ("in noise", noisy)):
        columns = np.array(told).T
        shown = [interval(column, given.seed) for column in columns[:3]]
        rows.append((name, len(told), *shown, f"{columns[3].sum():.0f}", f"{columns[4].sum():.0f}"))
    for n, name in enumerate(PROGRAMS):
        columns = np.array(clean[n :: len(PROGRAMS)]).T
        means = [f"{column.mean():.3f}" for column in columns[:3]]
        rows.append((name, columns.shape[1], *means, f"{columns[3].sum():.0f}", f"{columns[4].sum():.0f}"))
    print(table(("", "n", "onset F1", "onset and pitch F1", "pitch of matched", "tempo right", "key right"), rows))


def interval(values: np.ndarray, seed: int) -> str:
    """Return a mean with its 95 % interval over tunes."""
    low, high = bootstrap([np.array([value]) for value in values], lambda drawn: float(drawn.mean()), seed)
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def heard(
    transcriber: Transcriber, seed: int, number: int, rng: np.random.Generator | None
) -> tuple[float, float, float, float, float]:
    """Return onset F1, note F1, the share of matched onsets at the right pitch, and whether tempo and key are right."""
    piece = compose(GenerationRequest(genre=GENRES[number % len(GENRES)], duration_s=20.0, seed=seed))
    lead = next(part for part in piece.parts if part.role == "lead")
    midi = pretty_midi.PrettyMIDI(initial_tempo=piece.arrangement.form.tempo)
    track = pretty_midi.Instrument(list(PROGRAMS.values())[number % len(PROGRAMS)])
    track.notes = [pretty_midi.Note(90, note.pitch, note.start, note.end) for note in lead.notes]
    midi.instruments.append(track)
    sound = played(midi)
    if rng is not None:
        sound = sound + pink(len(sound), rng) * float(np.sqrt(np.mean(sound**2))) * 0.1
    told = transcriber.notes(sound)
    true = [(note.start, note.pitch) for note in lead.notes]
    found = [(note.start_s, note.pitch) for note in told.notes]
    onsets, pitched = matched(true, found)
    tune, tempo = tune_of(told), piece.arrangement.form.tempo
    right = min(abs(tune.tempo * factor / tempo - 1) for factor in (0.5, 1.0, 2.0)) < 0.03
    key = key_of_tune(tune).name == piece.arrangement.key.name
    total = max(1, len(true) + len(found))
    return 2 * onsets / total, 2 * pitched / total, pitched / max(1, onsets), float(right), float(key)


def matched(true: list[tuple[float, int]], found: list[tuple[float, int]]) -> tuple[int, int]:
    """Match onsets in order within 50 ms, each once; return how many, and how many of them at the same pitch."""
    onsets = pitched = 0
    free = list(found)
    for at, pitch in true:
        near = [one for one in free if abs(one[0] - at) <= 0.05]
        if near:
            best = min(near, key=lambda one: (one[1] != pitch, abs(one[0] - at)))
            free.remove(best)
            onsets += 1
            pitched += best[1] == pitch
    return onsets, pitched


def played(midi: pretty_midi.PrettyMIDI) -> np.ndarray:
    """Return a file's sound, mono at 22,050 Hz."""
    synth = find_synth()
    assert not isinstance(synth, str), synth
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mid"
        midi.write(str(path))
        sound = render(path, synth, midi.get_end_time() + 0.5, lambda *_: None, threading.Event())
    mono = sound.mean(axis=1)
    return np.ascontiguousarray(mono[: len(mono) // 2 * 2].reshape(-1, 2).mean(axis=1), dtype=np.float32)


def pink(count: int, rng: np.random.Generator) -> np.ndarray:
    """Return noise of power 1 that falls by 3 dB an octave."""
    spectrum = np.fft.rfft(rng.normal(size=count)) / np.sqrt(np.arange(1, count // 2 + 2))
    noise = np.fft.irfft(spectrum, count)
    return (noise / noise.std()).astype(np.float32)


if __name__ == "__main__":
    main()
