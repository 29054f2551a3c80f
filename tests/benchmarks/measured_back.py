"""What is asked of the composer against what it writes (read from the MIDI file) and what is heard in the sound.

    python tests/benchmarks/measured_back.py [--pieces 100] [--seed 11] [--candidates 1]

Where the notes are right and the ear says otherwise, the measuring errs; where the notes are wrong, the composer does.
From the notes: tempo by fitting a grid of sixteenths to the onsets near the file's own tempo; key by the tones that are
there (95 % of the scale, and the lowest that sounds at the last onset the tonic); length by the frames of the sound;
instruments by the programs that play. It ends with the time that pieces of 30 s take.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pretty_midi
import soundfile
from figures import machine

from agent.generation.composer import Composer
from agent.generation.instruments import find_instrument
from agent.generation.measured import measured_shape
from agent.generation.midi import told_in
from agent.generation.notes import swung
from agent.generation.styles import STYLES
from agent.generation.theory import parse_key
from agent.generation.values import GenerationRequest
from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.models.store import ModelStore
from retrieval.comparing import Heard, heard_instruments
from ui.settings import Settings

TONICS = ("C", "D", "Eb", "F#", "G", "A", "Bb", "E", "F", "Ab", "B", "C#")
INSTRUMENTS = ("piano", "guitar", "strings", "flute", "violin", "trumpet", "organ", "drums", "cello", "harp")
# What the taggers have words for, of these.
AUDIBLE = frozenset({"piano", "guitar", "strings", "flute", "violin", "drums", "cello", "harp"})


def drawn(n: int, rng: random.Random, candidates: int) -> GenerationRequest:
    """Draw a request in which everything is asked for."""
    style = sorted(STYLES)[n % len(STYLES)]
    return GenerationRequest(
        text=style,
        genre=style,
        duration_s=round(rng.uniform(12, 40), 2),
        tempo_bpm=rng.randint(50, 190),
        key=f"{rng.choice(TONICS)} {rng.choice(['major', 'minor'])}",
        seed=n,
        instruments=tuple(rng.sample(INSTRUMENTS, rng.randint(1, 3))),
        candidates=candidates,
    )


def written(midi: pretty_midi.PrettyMIDI, request: GenerationRequest) -> dict[str, bool]:
    """Tell what the notes meet."""
    key = parse_key(request.key)
    tracks = [track for track in midi.instruments if track.notes]
    pitched = [note for track in tracks if not track.is_drum for note in track.notes]
    inside = np.mean([note.pitch % 12 in key.pitch_classes() for note in pitched])
    last = max(note.start for note in pitched)
    lowest = min((note for note in pitched if note.end > last), key=lambda note: note.pitch)
    playing = {track.program for track in tracks if not track.is_drum} | {"drums" for track in tracks if track.is_drum}
    wanted = ["drums" if name == "drums" else find_instrument(name).program for name in request.instruments]
    return {
        "tempo within 2 %": abs(fitted_tempo(midi) / request.tempo_bpm - 1) <= 0.02,
        "key": bool(inside >= 0.95 and lowest.pitch % 12 == key.tonic),
        "instruments": all(one in playing for one in wanted),
    }


def fitted_tempo(midi: pretty_midi.PrettyMIDI) -> float:
    """Return the tempo, near that of the file, on whose sixteenths (with its swing) the onsets lie best."""
    told = told_in(midi)
    onsets = np.array(sorted(note.start for track in midi.instruments for note in track.notes))
    grid = np.array([swung(float(n), told["swing"], sixteenths=told["swing_sixteenths"]) for n in range(4000)])
    near = float(midi.get_tempo_changes()[1][0]) * np.linspace(0.9, 1.1, 81)
    errors = []
    for tempo in near:
        at = onsets * tempo / 15
        places = np.clip(np.searchsorted(grid, at), 1, len(grid) - 1)
        errors.append(float(np.mean(np.minimum(np.abs(grid[places] - at), np.abs(grid[places - 1] - at)))))
    return float(near[int(np.argmin(errors))])


def wilson(hits: int, n: int) -> str:
    """Return a share with its 95 % interval by Wilson."""
    share, z = hits / n, 1.96
    centre = (share + z * z / 2 / n) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / 4 / n / n) ** 0.5
    return f"{hits} of {n} ({centre - half:.1%} to {centre + half:.1%})"


def main() -> None:
    """Print how many agree in the notes and in the sound, what differs where, and how long 30 s take."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pieces", type=int, default=100)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--candidates", type=int, default=1)
    told = parser.parse_args()
    audio, rng = SandboxedAudioAnalyzer(ModelStore(Settings().models_path), workers=1), random.Random(told.seed)
    agree: dict[str, list[bool]] = defaultdict(list)
    composer = Composer()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "piece.flac"
        for n in range(told.pieces):
            request = drawn(n, rng, told.candidates)
            made = composer.generate(request, path, lambda *_: None, threading.Event())
            notes = written(pretty_midi.PrettyMIDI(str(made.midi_path)), request)
            info = soundfile.info(path)
            notes["duration within 50 ms"] = abs(info.frames / info.samplerate - request.duration_s) <= 0.05
            analysis = audio.analyze(path)
            heard = measured_shape(Heard(analysis, heard_instruments(analysis), (), 0), request)
            sound = {f"heard: {name}": bool(agrees) for name, agrees in heard["agrees"].items()}
            for name in set(request.instruments) & AUDIBLE:
                agree["heard: an instrument"].append(name in heard["instruments"])
            for name, agrees in (notes | sound).items():
                agree[name].append(agrees)
                if not agrees:
                    read = f"{heard['key']}, {heard['tempo_bpm']}"
                    print(f"{request.genre}, {name}: {request.key}, {request.tempo_bpm} BPM; {read}")
        print(*(f"{name}: {wilson(sum(all_), len(all_))}" for name, all_ in agree.items()), sep="\n")
        for candidates in (1, 8):
            times = []
            for n in range(20):
                begun = time.monotonic()
                request = GenerationRequest(genre=sorted(STYLES)[n], duration_s=30.0, seed=n, candidates=candidates)
                composer.generate(request, path, lambda *_: None, threading.Event())
                times.append(time.monotonic() - begun)
            print(f"30 s, {candidates} written: median {statistics.median(times):.1f} s, max {max(times):.1f} s (n 20)")
    audio.close()


if __name__ == "__main__":
    main()
