"""Values that leave the encoders: spaces, embeddings and what was measured in a sound or a picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Space:
    """Where a vector lives. Vectors of different spaces never meet.

    `id` names the space (``musicnn-msd``), `weights_sha256` pins the weights that make it.
    """

    id: str
    dim: int
    encoder: str
    weights_sha256: str


@dataclass(frozen=True, slots=True)
class Embedding:
    """One L2-normalised float32 vector of shape ``(space.dim,)``."""

    space: Space
    vector: FloatArray


@dataclass(frozen=True, slots=True)
class QueryTurn:
    """One turn of a search for music, as vectors: what was shown and said in it, which tracks were liked or not."""

    video: Embedding | None = None
    text: Embedding | None = None
    liked: tuple[Embedding, ...] = ()
    disliked: tuple[Embedding, ...] = ()


@dataclass(frozen=True, slots=True)
class TagScore:
    """A label of a tagger's vocabulary with its mean probability in [0, 1] over all windows."""

    label: str
    score: float
    source: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured number with how sure the measurement is, in [0, 1], and other readings of it (BPM octaves)."""

    value: float
    confidence: float
    alternatives: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyEstimate:
    """Tonic as a sharp pitch-class name (``C#``), mode ``major`` or ``minor``, confidence in [0, 1]."""

    tonic: str
    mode: str
    confidence: float
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AudioAnalysis:
    """What one audio file sounds like. No field is ever NaN.

    `loudness_lufs` is integrated loudness (ITU-R BS.1770), clipped to >= -70.
    `energy` in [0, 1] rises with loudness, onset rate and brightness; `onset_rate` is onsets per second;
    `brightness_hz` is the mean spectral centroid. `embeddings` maps a space id to its vector. `fingerprint` are the
    uint32 prints by which the recording is known again (`encoders.music.fingerprint`), empty where it has none.
    `ai_music` is the probability in [0, 1] that a generator made it, None without a detector (`encoders.detection`).
    """

    duration_s: float
    sample_rate_hz: int
    channels: int
    tempo_bpm: Estimate | None
    key: KeyEstimate | None
    chords: tuple[str, ...]
    loudness_lufs: float
    energy: float
    onset_rate: float
    brightness_hz: float
    tags: tuple[TagScore, ...] = ()
    embeddings: dict[str, Embedding] = field(default_factory=dict)
    fingerprint: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32), compare=False)
    ai_music: float | None = None


@dataclass(frozen=True, slots=True)
class Camera:
    """Movement of the camera per second: right in widths, up in heights, in (zoom) in parts of the scale; in a word."""

    pan: float
    tilt: float
    zoom: float
    word: str


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch between two hard cuts. A cut between decoded stretches is placed at the first picture after it."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The instant of the first picture of a new shot, and how much of the picture changes there, in [0, 1]."""

    time_s: float
    strength: float


@dataclass(frozen=True, slots=True)
class SoundMark:
    """A stretch of ``speech``, ``singing`` or ``music`` in a clip's own sound."""

    kind: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Feeling:
    """How a picture or a stretch feels: `energy` and `tension` in [0, 1], `valence` in [-1, 1]."""

    energy: float
    valence: float
    tension: float


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a clip's time line: light, colour, motion as in `VideoAnalysis`, and what its nearest picture shows.

    `feeling` is of the picture alone, without motion; None when no network was asked. `settings` are (word, score).
    `speech`, `singing` and `music` tell whether they fill at least half of the step; singing is music, too. None means
    not looked for, or not listened to at that time.
    """

    start_s: float
    brightness: float
    saturation: float
    warmth: float
    motion: float
    feeling: Feeling | None = None
    settings: tuple[tuple[str, float], ...] = ()
    faces: int | None = None
    speech: bool | None = None
    singing: bool | None = None
    music: bool | None = None


@dataclass(frozen=True, slots=True)
class VideoAnalysis:
    """What a clip or a still picture shows. No field is ever NaN.

    `concepts` are (label, probability) pairs over the sampled frames, best first. `brightness`, `saturation`,
    `warmth` (0 cold, 1 warm), `contrast` and `motion` lie in [0, 1]; `cut_rate` is cuts per minute;
    `sample_times_s` are the instants looked at. A still has `duration_s` 0, `motion` 0 and `cut_rate` 0.
    `settings` are (plain word, score of about 0 to 1), best first; `feeling` is the pictures' own, without motion.
    `moments` is the time line, one step a second (longer steps beyond four minutes), `shots` the stretches between hard
    cuts. `rhythm` is how regularly the picture changes, in beats a minute. `loudness_db` is the level of the clip's own
    sound (None: no sound); `speech`, `singing` and `music` are shares of what was listened to; singing is music, too.
    `faces` is the largest number seen in one picture. None means not looked for. `marks` tell where in the clip there
    is speech, singing and music, as far as it was listened to.
    """

    duration_s: float
    width: int
    height: int
    fps: float
    has_audio: bool
    sample_times_s: tuple[float, ...]
    concepts: tuple[tuple[str, float], ...]
    brightness: float
    saturation: float
    warmth: float
    contrast: float
    motion: float
    cut_rate: float
    embeddings: dict[str, Embedding] = field(default_factory=dict)
    settings: tuple[tuple[str, float], ...] = ()
    feeling: Feeling | None = None
    moments: tuple[Moment, ...] = ()
    shots: tuple[Shot, ...] = ()
    camera: Camera | None = None
    rhythm: Estimate | None = None
    loudness_db: float | None = None
    speech: float | None = None
    singing: float | None = None
    music: float | None = None
    faces: int | None = None
    marks: tuple[SoundMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Footage:
    """A clip as an editor sees it: its analysis, and what a time line is drawn from.

    `rate` is the frame rate as a fraction (``30000/1001``). `cuts` are in order; `exact` tells that every picture was
    compared (of a long clip only some are at first). `thumbnails_s` are the instants of the pictures that were written,
    each `thumbnail_width` by `thumbnail_height`. `levels_db` is the level of the clip's sound every `level_step_s`
    seconds, in decibels of full scale from -90; empty where there is no sound. `playable` tells whether web browsers
    play the file as it is, as `media_type`.
    """

    analysis: VideoAnalysis
    rate: str
    cuts: tuple[Cut, ...]
    exact: bool
    thumbnails_s: tuple[float, ...]
    thumbnail_width: int
    thumbnail_height: int
    level_step_s: float
    levels_db: tuple[float, ...]
    playable: bool
    media_type: str
