"""Watch a clip or a picture and listen to it: everything a `VideoAnalysis` tells. Runs in the child process."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from encoders.media.frames import Sampled, sample
from encoders.media.limits import MediaLimits
from encoders.media.listening import Heard, listen
from encoders.media.strip import Strip, read_strip, strip_of
from encoders.protocols import Image
from encoders.values import FloatArray, VideoAnalysis
from encoders.vision.efficientnet import EfficientNetEncoder
from encoders.vision.faces import FaceCounter
from encoders.vision.look import Observed, light_of, mean_motion, moments_of, shots_of, told
from encoders.vision.motion import movement
from encoders.vision.reading import read_pictures

_SETTINGS = 8


def watch(
    path: Path, limits: MediaLimits, networks: Sequence[EfficientNetEncoder], counter: FaceCounter | None
) -> tuple[VideoAnalysis, list[FloatArray], list[Image]]:
    """Return the analysis without embeddings, each network's features ``(1280,)``, and the pictures that were seen.

    Decoding for motion, listening and the networks run side by side: FFmpeg and the networks do not hold Python's lock.

    Raises:
        MediaError: The file cannot be looked at.
    """
    sampled = sample(path, limits)
    info = sampled.info
    pictures = [frame.picture for frame in sampled.frames]
    with ThreadPoolExecutor(2) as pool:
        decoding = pool.submit(_strip, path, limits, sampled)
        listening = pool.submit(_sound, path, limits, sampled)
        described = [network.describe(pictures) for network in networks]
        faces = None if counter is None else counter.count(pictures)
        strip, heard = decoding.result(), listening.result()
    answers = described[-1] if described else None
    reading = read_pictures(pictures, answers.each_probabilities, answers.each_features) if answers else None
    feeling, settings = told(reading, None, _SETTINGS) if reading else (None, ())
    moved = movement(strip)
    speech, singing, music = heard.shares() or (None, None, None)
    light = light_of(pictures)
    seen = VideoAnalysis(
        duration_s=info.duration_s,
        width=info.width,
        height=info.height,
        fps=info.fps,
        has_audio=info.has_audio,
        sample_times_s=tuple(frame.time_s for frame in sampled.frames),
        concepts=answers.concepts if answers else (),
        brightness=light.brightness,
        saturation=light.saturation,
        warmth=light.warmth,
        contrast=light.contrast,
        motion=mean_motion(moved),
        cut_rate=moved.cut_rate,
        shots=shots_of(moved, info.duration_s),
        camera=moved.camera,
        rhythm=moved.rhythm,
        loudness_db=heard.loudness_db,
        speech=speech,
        singing=singing,
        music=music,
        faces=None if faces is None else max(faces),
        marks=heard.marks(),
        settings=settings,
        feeling=feeling,
        moments=moments_of(Observed(sampled, strip, moved, heard, reading, faces)),
    )
    return seen, [each.features for each in described], pictures


def _sound(path: Path, limits: MediaLimits, sampled: Sampled) -> Heard:
    return listen(path, limits) if sampled.info.has_audio else Heard()


def _strip(path: Path, limits: MediaLimits, sampled: Sampled) -> Strip:
    """Read the clip's strip; a still, or a clip without one, is a strip of what was sampled."""
    strip = read_strip(path, limits) if sampled.info.kind == "video" else None
    if strip is not None and len(strip.times_s):
        return strip
    return strip_of([(frame.time_s, frame.picture) for frame in sampled.frames])
