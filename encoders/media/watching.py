"""Watch a clip or a picture and listen to it: everything a `VideoAnalysis` tells. Runs in the child process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from encoders.media.frames import Sampled, sample
from encoders.media.limits import MediaLimits
from encoders.media.listening import Heard, listen
from encoders.media.strip import Strip, read_strip, strip_of
from encoders.protocols import Image
from encoders.values import FloatArray, VideoAnalysis
from encoders.vision.efficientnet import EfficientNetEncoder
from encoders.vision.look import light_of, mean_motion, moments_of, shots_of, told
from encoders.vision.motion import movement
from encoders.vision.reading import read_pictures

_SETTINGS = 8


def watch(
    path: Path, limits: MediaLimits, networks: Sequence[EfficientNetEncoder], listener: str | None
) -> tuple[VideoAnalysis, list[FloatArray], list[Image]]:
    """Return the analysis without embeddings, each network's features ``(1280,)``, and the pictures that were seen.

    Raises:
        MediaError: The file cannot be looked at.
    """
    sampled = sample(path, limits)
    info = sampled.info
    pictures = [frame.picture for frame in sampled.frames]
    described = [network.describe(pictures) for network in networks]
    answers = described[-1] if described else None
    reading = read_pictures(pictures, answers.each_probabilities, answers.each_features) if answers else None
    feeling, settings = told(reading, None, _SETTINGS) if reading else (None, ())
    strip = _strip(path, limits, sampled)
    moved = movement(strip)
    heard = listen(path, limits, listener) if info.has_audio else Heard()
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
        speech=heard.speech,
        settings=settings,
        feeling=feeling,
        moments=moments_of(sampled, strip, moved, reading),
    )
    return seen, [each.features for each in described], pictures


def _strip(path: Path, limits: MediaLimits, sampled: Sampled) -> Strip:
    """Read the clip's strip; a still, or a clip without one, is a strip of what was sampled."""
    strip = read_strip(path, limits) if sampled.info.kind == "video" else None
    if strip is not None and len(strip.times_s):
        return strip
    return strip_of([(frame.time_s, frame.picture) for frame in sampled.frames])
