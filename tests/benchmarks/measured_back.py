"""What a piece is measured as against what was asked: length, key, tempo and instrument, heard in its file.

    python tests/benchmarks/measured_back.py [--pieces 40]

The composer writes in the key and tempo that it is given, so this tells more of the measurement than of the composer.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
from pathlib import Path

from figures import machine

from agent.generation.composer import Composer
from agent.generation.measured import measured_shape
from agent.generation.values import GenerationRequest
from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.models.store import ModelStore
from retrieval.comparing import Heard, heard_instruments
from ui.settings import Settings

STYLES = ("jazz", "rock", "ambient", "folk", "techno", "classical", "metal", "funk", "waltz", "lofi")
TONICS = ("C", "D", "Eb", "F#", "G", "A", "Bb", "E")
INSTRUMENTS = ("piano", "guitar", "strings", "flute", "violin")


def main() -> None:
    """Print how many agree, and those that do not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pieces", type=int, default=40)
    told = parser.parse_args()
    audio, rng = SandboxedAudioAnalyzer(ModelStore(Settings().models_path), workers=1), random.Random(5)
    agree: dict[str, int] = {"duration": 0, "key": 0, "tempo": 0, "instrument": 0}
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        for n in range(told.pieces):
            key = f"{rng.choice(TONICS)} {rng.choice(['major', 'minor'])}"
            tempo, instrument = rng.randint(70, 150), rng.choice(INSTRUMENTS)
            request = GenerationRequest(
                text=STYLES[n % len(STYLES)],
                genre=STYLES[n % len(STYLES)],
                duration_s=20,
                tempo_bpm=tempo,
                key=key,
                seed=n,
                instruments=(instrument,),
            )
            path = Path(folder) / f"{n}.flac"
            Composer().generate(request, path, lambda *_: None, threading.Event())
            analysis = audio.analyze(path)
            heard = measured_shape(Heard(analysis, heard_instruments(analysis), (), 0), request)
            for name, agrees in heard["agrees"].items():
                agree[name] += bool(agrees)
                if not agrees:
                    print(f"{request.genre}, {name}: {key}, {tempo} BPM; {heard['key']}, {heard['tempo_bpm']} BPM")
            agree["instrument"] += instrument in heard["instruments"]
            path.unlink()
    audio.close()
    print(agree, "of", told.pieces)


if __name__ == "__main__":
    main()
