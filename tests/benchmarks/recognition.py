"""Recordings known again: how often an excerpt finds its track, how often one of another recording finds any.

    python tests/benchmarks/recognition.py --music DIR [--files 120] [--seconds 10]

Every second file (by name) goes into the catalogue, the others are only asked for: whatever they find is false. From
the middle of each file an excerpt is taken and spoilt: coded to Opus at 32 kbit/s, laid under white noise at 20 and 10
dB, made 6 dB louder (clipped) and softer, and all of it together. Nothing is tuned here.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from catalog.store import Catalogue
from catalog.values import TrackId, TrackMetadata
from encoders.media.limits import MediaLimits
from encoders.media.sound import read_waveform
from encoders.music.fingerprint import RATE_HZ, fingerprint, query_prints
from encoders.values import AudioAnalysis
from retrieval.recognition import Recogniser, Recognition

Sound = NDArray[np.float32]
CODED_HZ = 48_000
SUFFIXES = {".ogg", ".mp3", ".opus", ".flac", ".m4a", ".wav"}
WAYS = ("as it is", "Opus 32 kbit/s", "noise 20 dB", "noise 10 dB", "+6 dB", "-6 dB", "Opus, noise 10 dB, -6 dB")


class Nobody:
    """Nothing is decoded through the recogniser here."""

    def waveform(self, path: Path, sample_rate_hz: int, start_s: float, duration_s: float) -> Sound:
        return np.zeros(0, np.float32)

    def length_s(self, path: Path) -> float:
        return 0.0


def opus(sound: Sound) -> Sound:
    """Mono at 48 kHz there and back."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as out:
        stream = out.add_stream("libopus", rate=CODED_HZ, layout="mono")
        stream.bit_rate = 32_000
        frame = av.AudioFrame.from_ndarray(sound[None], format="flt", layout="mono")
        frame.sample_rate, frame.pts = CODED_HZ, 0
        for part in av.AudioResampler(format="flt", layout="mono", rate=CODED_HZ, frame_size=960).resample(frame):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer) as media:
        return np.concatenate([f.to_ndarray().mean(axis=0) for f in media.decode(audio=0)]).astype(np.float32)


def spoilt(sound: Sound, way: str, rng: np.random.Generator) -> Sound:
    """Return an excerpt as it comes in."""
    if "Opus" in way:
        sound = opus(sound)
    if "noise" in way:
        level = float(np.sqrt(np.mean(np.square(sound)))) * 10 ** (-(20 if "20 dB" in way else 10) / 20)
        sound = sound + level * rng.standard_normal(len(sound)).astype(np.float32)
    gain = 2.0 if "+6" in way else 0.5 if "-6" in way else 1.0
    return np.clip(gain * sound, -1, 1).astype(np.float32)


def interval(hits: list[bool], rng: np.random.Generator) -> str:
    """Return the mean and its 95 % bootstrap interval."""
    values = np.array(hits, float)
    means = values[rng.integers(0, len(values), (2000, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    """Print one line for each way of spoiling."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--music", type=Path, required=True)
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    rng = np.random.default_rng(7)
    paths = sorted(p for p in options.music.rglob("*") if p.suffix in SUFFIXES)
    paths = [paths[i] for i in np.sort(rng.permutation(len(paths))[: options.files])]
    with tempfile.TemporaryDirectory() as folder:
        catalogue = Catalogue(Path(folder) / "catalogue.db")
        excerpts: list[tuple[TrackId, bool, float, Sound]] = []
        for place, path in enumerate(paths):
            sound = read_waveform(path, MediaLimits(), CODED_HZ, 0.0, 900.0)
            if len(sound) < 2 * options.seconds * CODED_HZ:
                continue
            track, known = TrackId(f"{place:05d}"), len(excerpts) % 2 == 0
            start = len(sound) // 2
            excerpts.append(
                (track, known, start / CODED_HZ, sound[start : start + int(options.seconds * CODED_HZ)].copy())
            )
            if known:
                catalogue.library.save(track, TrackMetadata(str(path.name)), facts_of(low(sound)))
        report(Recogniser(catalogue, Nobody()), excerpts, rng)
        catalogue.close()


def low(sound: Sound) -> Sound:
    """Return 48 kHz at the fingerprint's rate."""
    import soxr

    return soxr.resample(sound, CODED_HZ, RATE_HZ).astype(np.float32)


def facts_of(sound: Sound) -> AudioAnalysis:
    """Return an analysis that knows nothing but the prints."""
    prints = fingerprint(sound)
    return AudioAnalysis(len(sound) / RATE_HZ, RATE_HZ, 1, None, None, (), -14.0, 0.5, 1.0, 1000.0, fingerprint=prints)


def report(
    recogniser: Recogniser, excerpts: list[tuple[TrackId, bool, float, Sound]], rng: np.random.Generator
) -> None:
    """Ask for every excerpt in every way."""
    print("| way | n | found | bit errors, median | n of others | others found |")
    print("|---|---|---|---|---|---|")
    for way in WAYS:
        answers: list[tuple[TrackId, bool, float, Recognition | None]] = [
            (track, known, at, recogniser.find(query_prints(low(spoilt(sound, way, rng)))))
            for track, known, at, sound in excerpts
        ]
        right = [a is not None and a.track_id == t and abs(a.offset_s - at) < 1 for t, known, at, a in answers if known]
        errors = [a.bit_error_rate for t, known, _, a in answers if known and a is not None and a.track_id == t]
        wrong = [a is not None for _, known, _, a in answers if not known]
        wrong += [a is not None and a.track_id != t for t, known, _, a in answers if known]
        print(
            f"| {way} | {len(right)} | {interval(right, rng)} | {np.median(errors):.3f} | {len(wrong)} "
            f"| {interval(wrong, rng)} |"
        )


if __name__ == "__main__":
    main()
