"""Tracks whose every property a test sets by hand, as values and in a real catalogue."""

from dataclasses import dataclass, field

import numpy as np

from catalog.licences import licence_class
from catalog.values import Measurement, Tag, Track, TrackId, TrackMetadata
from encoders.values import Space
from retrieval.snapshot import snapshot_of

MUSIC = Space("toy-music", 8, "toy", "a" * 64)


def track(
    name,
    *,
    title=None,
    artist=None,
    album=None,
    year=None,
    duration=180.0,
    tags=(),
    heard=None,
    licence=None,
    provenance="human",
    key=None,
    **numbers,
):
    """Build a track; `tags` were written by people, `heard` maps a tagger's label to its probability."""
    measured = {n: Measurement(n, float(v), 1.0) for n, v in numbers.items() if v is not None}
    if key is not None:
        measured["key"] = Measurement("key", None, 1.0, text=key)
    return Track(
        id=TrackId(name),
        title=title or name,
        artist=artist,
        album=album,
        year=year,
        duration_s=duration,
        licence=licence,
        licence_class=licence_class(licence),
        attribution=None,
        provenance=provenance,
        document="",
        tags=tuple(Tag(t, 1.0, "file") for t in tags)
        + tuple(Tag(t, p, "musicnn-mtt") for t, p in (heard or {}).items()),
        measurements=measured,
    )


def snapshot(*tracks, revision=1):
    return snapshot_of(tracks, revision)


@dataclass(frozen=True)
class Number:
    value: float
    confidence: float = 1.0
    alternatives: tuple[float, ...] = ()


@dataclass(frozen=True)
class Key:
    tonic: str
    mode: str
    confidence: float = 1.0


@dataclass(frozen=True)
class Label:
    label: str
    score: float
    source: str


@dataclass(frozen=True)
class Vec:
    vector: np.ndarray


@dataclass(frozen=True)
class Facts:
    duration_s: float = 180.0
    tempo_bpm: Number | None = None
    key: Key | None = None
    chords: tuple[str, ...] = ()
    loudness_lufs: float = -14.0
    energy: float = 0.66
    onset_rate: float = 2.0
    brightness_hz: float = 1500.0
    tags: tuple[Label, ...] = ()
    embeddings: dict[str, Vec] = field(default_factory=dict)
    fingerprint: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint32))
    ai_music: float | None = None


def unit(*numbers):
    """Return a unit vector of the toy space that begins with the given numbers."""
    vector = np.zeros(MUSIC.dim, np.float32)
    vector[: len(numbers)] = numbers
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else vector


def around(rng, centre, spread=0.3):
    vector = centre + rng.normal(0, spread, MUSIC.dim).astype(np.float32)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def put(catalogue, name, *, title=None, vector=None, tempo=None, key=None, heard=None, **words):
    """Store a track; what is no word of its metadata is a fact of its sound."""
    facts = {k: words.pop(k) for k in list(words) if k in {"duration_s", "energy", "loudness_lufs"}}
    catalogue.library.save(
        TrackId(name),
        TrackMetadata(title or name, **words),
        Facts(
            tempo_bpm=None if tempo is None else Number(tempo),
            key=None if key is None else Key(*key.split()),
            tags=tuple(Label(label, p, "musicnn-mtt") for label, p in (heard or {}).items()),
            embeddings={} if vector is None else {MUSIC.id: Vec(vector)},
            **facts,
        ),
    )
    return TrackId(name)


AXIS = [unit(*np.eye(MUSIC.dim)[i]) for i in range(MUSIC.dim)]
