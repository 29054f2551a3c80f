"""What a child process can be asked to do. Each job takes a JSON object with a ``path`` and gives a message."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import JsonValue, TypeAdapter

from encoders.detection.detector import Detector
from encoders.errors import MediaError
from encoders.media import listening
from encoders.media.limits import MediaLimits
from encoders.media.opening import open_media, probe
from encoders.media.progress import report
from encoders.media.sound import (
    MAX_STRETCH_S,
    mono_blocks,
    read_sound,
    read_waveform,
    require_audio,
    resampled,
    write_preview,
)
from encoders.media.wire import Message
from encoders.music.fingerprint import fingerprint, joined
from encoders.music.logmel import SAMPLE_RATE_HZ, patch
from encoders.music.measure import measure
from encoders.music.musicnn import WINDOW_S, MusicnnEncoder, spread_starts, spread_windows
from encoders.values import FloatArray
from encoders.vision.efficientnet import EfficientNetEncoder
from encoders.vision.faces import FaceCounter

Arguments = dict[str, JsonValue]
WHOLE_S = 75.0  # up to here a track is decoded once and as a whole
MEASURED_S = 60.0  # of a longer track, this much around the middle is measured
WINDOWS = 10


@dataclass(frozen=True)
class Job:
    """A job's function."""

    run: Callable[[Arguments, MediaLimits], Message]


@dataclass(frozen=True, slots=True)
class Weights:
    """A pulled set, as the parent names it to the child."""

    id: str
    folder: str
    fingerprint: str


def _path(arguments: Arguments) -> Path:
    return Path(str(arguments["path"]))


def _weights(arguments: Arguments, name: str = "weights") -> tuple[Weights, ...]:
    return TypeAdapter(tuple[Weights, ...]).validate_python(arguments[name])


@lru_cache(maxsize=8)
def _musicnn(weights: Weights) -> MusicnnEncoder:
    return MusicnnEncoder(Path(weights.folder), weights.id, weights.fingerprint, windows=WINDOWS)


@lru_cache(maxsize=2)
def _efficientnet(weights: Weights) -> EfficientNetEncoder:
    return EfficientNetEncoder(Path(weights.folder), weights.id, weights.fingerprint)


@lru_cache(maxsize=1)
def _face_counter(weights: Weights) -> FaceCounter:
    return FaceCounter(Path(weights.folder))


@lru_cache(maxsize=1)
def _detector(folder: str, sha256: str) -> Detector:
    return Detector(Path(folder))


def _ai_music(arguments: Arguments, windows: Sequence[FloatArray]) -> float | None:
    """Return the probability that a generator made it, None where no detector was named."""
    told = arguments.get("detector")
    if not isinstance(told, dict) or not windows:
        return None
    detector = _detector(str(told["folder"]), str(told["sha256"]))
    return round(detector.probability(np.stack([patch(window) for window in windows])), 4)


def _probe(arguments: Arguments, limits: MediaLimits) -> Message:
    return Message({"info": asdict(probe(_path(arguments), limits))})


def _waveform(arguments: Arguments, limits: MediaLimits) -> Message:
    rate, start, length = (float(str(arguments[key])) for key in ("rate_hz", "start_s", "duration_s"))
    return Message({}, (read_waveform(_path(arguments), limits, int(rate), start, length),))


def _onsets(arguments: Arguments, limits: MediaLimits) -> Message:
    from encoders.music.onsets import RATE_HZ, onset_curve

    sound = read_waveform(_path(arguments), limits, RATE_HZ, 0.0, MAX_STRETCH_S)
    return Message({}, (onset_curve(sound),))


def _chroma(arguments: Arguments, limits: MediaLimits) -> Message:
    from encoders.music.chroma import RATE_HZ, chroma

    return Message({}, (chroma(read_waveform(_path(arguments), limits, RATE_HZ, 0.0, MAX_STRETCH_S)),))


def _peaks(arguments: Arguments, limits: MediaLimits) -> Message:
    from encoders.media.waves import read_peaks

    length_s, peaks = read_peaks(_path(arguments), limits, int(str(arguments["n"])))
    return Message({"duration_s": length_s}, (peaks,))


def _preview(arguments: Arguments, limits: MediaLimits) -> Message:
    start = arguments["start_s"]
    target, length = Path(str(arguments["target"])), float(str(arguments["duration_s"]))
    start_s = None if start is None else float(str(start))
    return Message({"duration_s": write_preview(_path(arguments), target, limits, start_s, length)})


def _warm_audio(arguments: Arguments, limits: MediaLimits) -> Message:
    second = np.zeros((1, SAMPLE_RATE_HZ), dtype=np.float32)
    for weights in _weights(arguments):
        _musicnn(weights).tag([second[0]])
    tone = np.float32(0.1) * np.sin(np.arange(SAMPLE_RATE_HZ, dtype=np.float32))
    measure(second + tone.astype(np.float32), SAMPLE_RATE_HZ)
    return Message({})


def _audio(arguments: Arguments, limits: MediaLimits) -> Message:
    path = _path(arguments)
    with open_media(path, limits) as media:
        stream = require_audio(media, path.name)
        info = media.info
        rate = info.sample_rate_hz

        def read(start_s: float, duration_s: float) -> FloatArray:
            return read_sound(media, stream, start_s, duration_s)

        if info.duration_s <= WHOLE_S:
            sound = read(0.0, WHOLE_S)
            windows = spread_windows(resampled(sound.mean(axis=0, keepdims=True), rate, SAMPLE_RATE_HZ)[0], WINDOWS)
        else:
            sound = read((info.duration_s - MEASURED_S) / 2, MEASURED_S)
            pieces = [read(start, WINDOW_S) for start in spread_starts(info.duration_s, WINDOWS)]
            kept = [piece.mean(axis=0, keepdims=True) for piece in pieces if piece.shape[1]]
            windows = [resampled(piece, rate, SAMPLE_RATE_HZ)[0] for piece in kept]
            sound = sound if sound.shape[1] else read(0.0, MEASURED_S)  # a header that promises more than there is
        if sound.shape[1] == 0:
            raise MediaError(f"{path.name!r} has a sound stream, but nothing in it can be decoded")
        measured = measure(sound, rate)
        prints = fingerprint(joined(mono_blocks(media, stream), rate))
    taggings = [_musicnn(weights) for weights in _weights(arguments)]
    results = [encoder.tag(windows or [sound.mean(axis=0)]) for encoder in taggings]
    tags: list[JsonValue] = [
        [label, float(score), encoder.space.id]
        for encoder, result in zip(taggings, results, strict=True)
        for label, score in zip(encoder.labels, result.probabilities, strict=True)
    ]
    if not info.duration_s:
        info = replace(info, duration_s=sound.shape[1] / rate)
    body: Arguments = {"info": asdict(info), "measured": asdict(measured), "tags": tags}
    # Arrays travel as float32, which cannot hold 32 bits of a print.
    body["ai_music"] = _ai_music(arguments, windows)
    body["fingerprint"] = base64.b64encode(prints.astype("<u4").tobytes()).decode("ascii")
    return Message(body, tuple(result.embedding for result in results))


def _warm_video(arguments: Arguments, limits: MediaLimits) -> Message:
    for weights in _weights(arguments):
        _efficientnet(weights).describe([np.zeros((8, 8, 3), dtype=np.uint8)])
    for weights in _weights(arguments, "faces"):
        _face_counter(weights).count([np.zeros((8, 8, 3), dtype=np.uint8)])
    listening.warm()
    return Message({})


def _video(arguments: Arguments, limits: MediaLimits) -> Message:
    from encoders.media.watching import watch

    networks = [_efficientnet(weights) for weights in _weights(arguments)]
    counters = [_face_counter(weights) for weights in _weights(arguments, "faces")]
    seen, features, pictures = watch(_path(arguments), limits, networks, counters[0] if counters else None)
    body = asdict(seen)
    del body["embeddings"]
    shown = [picture.astype(np.float32) for picture in pictures] if arguments.get("pictures") else []
    return Message(body, (*features, *shown))


def _film(arguments: Arguments, limits: MediaLimits) -> Message:
    from concurrent.futures import ThreadPoolExecutor

    from encoders.media.survey import levels, survey, write_thumbnails

    path = _path(arguments)
    with ThreadPoolExecutor(2) as pool:
        surveying, hearing = pool.submit(survey, path, limits), pool.submit(levels, path, limits)
        seen = _video(arguments, limits)
        surveyed, (step_s, heard) = surveying.result(), hearing.result()
    pictures = [picture for _, picture in surveyed.thumbnails]
    width, height = write_thumbnails(pictures, Path(str(arguments["folder"])))
    film: Arguments = {
        "info": asdict(probe(path, limits)),
        "cuts": [asdict(cut) for cut in surveyed.cuts],
        "exact": surveyed.exact,
        "thumbnails_s": [time_s for time_s, _ in surveyed.thumbnails],
        "thumbnail_width": width,
        "thumbnail_height": height,
        "level_step_s": step_s,
        "levels_db": list(heard),
    }
    return Message({"seen": seen.body, "film": film}, seen.arrays)


def _cuts(arguments: Arguments, limits: MediaLimits) -> Message:
    from encoders.media.survey import find_cuts

    return Message({"cuts": [asdict(cut) for cut in find_cuts(_path(arguments), limits, report)]})


def _render(arguments: Arguments, limits: MediaLimits) -> Message:
    from encoders.media.mixing import Mix
    from encoders.media.rendering import render

    mix = TypeAdapter(Mix).validate_python(arguments["mix"])
    side = arguments["longest_side"]
    longest = None if side is None else int(str(side))
    return Message(asdict(render(_path(arguments), Path(str(arguments["target"])), mix, limits, report, longest)))


JOBS: dict[str, Job] = {
    "probe": Job(_probe),
    "waveform": Job(_waveform),
    "preview": Job(_preview),
    "onsets": Job(_onsets),
    "chroma": Job(_chroma),
    "peaks": Job(_peaks),
    "warm-audio": Job(_warm_audio),
    "audio": Job(_audio),
    "warm-video": Job(_warm_video),
    "video": Job(_video),
    "film": Job(_film),
    "cuts": Job(_cuts),
    "render": Job(_render),
}
