"""Values of ranking: what is asked, what is found, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from catalog.values import TasteField, Track, TrackId
from encoders.values import Embedding
from retrieval.constraints import Constraint, Receipt, Relaxation
from retrieval.track_receipts import TrackReceipt


@dataclass(frozen=True, slots=True)
class ScenePart:
    """A stretch of a clip with one mood: its feeling on the scales of `SceneBrief`, its own brief in plain words."""

    start_s: float
    end_s: float
    energy: float
    valence: float
    tension: float
    tempo_bpm: float
    words: str


@dataclass(frozen=True, slots=True)
class AffectPoint:
    """One step of a clip's curve of feeling, from `start_s` on, with what it shows and what is heard in it.

    `faces` in its picture; whether `speech`, `singing` and `music` fill at least half of it. None: not looked for.
    """

    start_s: float
    energy: float
    valence: float
    tension: float
    faces: int | None = None
    speech: bool | None = None
    singing: bool | None = None
    music: bool | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A clip as a vector of the picture encoder with these weights; plain numbers, so that conversations keep it."""

    weights_sha256: str
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SceneBrief:
    """What music a picture asks for, in numbers and in plain words.

    `energy` and `tension` in [0, 1], `valence` in [-1, 1], `brightness` in [0, 1]; `tempo_bpm` is a hint; `concepts`
    weighs the vocabulary's concepts in [-1, 1]; `sees` lists what was recognised, `setting` up to five plain words for
    where it plays, best first. Of a clip, `segments` are its stretches in order and `curve` its feeling, a step a
    second (at most 120 steps); a still has neither. `picture` is what a tri-modal model reads, where there is one.
    `faces` is the largest number in one picture; `speech`, `singing` and `music` are shares of the clip's own sound.
    None means not looked for. They are only told: what they mean for the music is not known. `cuts_s` are the times of
    its hard cuts, as far as they were seen.
    """

    energy: float
    valence: float
    brightness: float
    tempo_bpm: float
    concepts: Mapping[str, float]
    sees: tuple[str, ...]
    words: str
    tension: float = 0.3
    setting: tuple[str, ...] = ()
    segments: tuple[ScenePart, ...] = ()
    curve: tuple[AffectPoint, ...] = ()
    picture: Picture | None = None
    faces: int | None = None
    speech: float | None = None
    singing: float | None = None
    music: float | None = None
    cuts_s: tuple[float, ...] = ()


Attribute = Literal["rhythm", "timbre", "harmony"]


@dataclass(frozen=True, slots=True)
class SoundProfile:
    """What is measured of a sound and compared by attribute; None (or empty) where it was not measured.

    `onset_rate` is onsets a second, `brightness_hz` the spectral centroid, `key` such as ``A minor``.
    """

    tempo_bpm: float | None = None
    onset_rate: float | None = None
    brightness_hz: float | None = None
    key: str | None = None
    chords: tuple[str, ...] = ()


Side = Literal[
    "tempo",
    "energy",
    "loudness",
    "duration",
    "key",
    "mode",
    "valence",
    "danceability",
    "acousticness",
    "instrumentalness",
]


@dataclass(frozen=True, slots=True)
class Target:
    """A wished value: `tempo` in BPM, `loudness` in LUFS, `duration` in seconds, `key` a pitch class from C = 0.

    `mode` is 1 for major and 0 for minor; the other sides lie in [0, 1].
    """

    side: Side
    value: float


@dataclass(frozen=True, slots=True)
class Leaning:
    """One line of a taste: towards (`weight` up to 1) or away from (down to -1) a concept, an artist or a word."""

    field: TasteField
    value: str
    weight: float


@dataclass(frozen=True, slots=True)
class Influence:
    """What a taste did to a list: how many of its `tracks` stand elsewhere, or at all, because of these `lines`."""

    moved: int
    tracks: int
    lines: tuple[Leaning, ...]

    @property
    def words(self) -> str:
        """Return it in plain words: "+jazz, -country moved 3 of 10 tracks"."""
        lines = ", ".join(f"{'+' if line.weight > 0 else '-'}{line.value}" for line in self.lines)
        return f"{lines} moved {self.moved} of {self.tracks} tracks"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One question to the catalogue. Everything may be left out, but not everything at once.

    `like` asks for tracks that sound like these, `dislike` pushes away, `taste` (liked earlier) leans gently;
    `sound` is the embedding of an uploaded clip, `exclude` never comes back, `n` is 1 to 100. `max_per_artist` None
    means no cap. Artists of `shown` (earlier answers) step back; `freshness` in [-1, 1] leans to the artists of `like`
    and `taste` (-1) or away from them (1). `away` takes out of what is wanted what it shares with these tracks ("A but
    less B"). `attribute` compares `like` and `sound` (then by its `profile`) by one side alone. `targets` are values to
    come near to. `lean` is a standing taste: it reorders what fits about as well, and takes nothing out.
    """

    text: str = ""
    constraints: tuple[Constraint, ...] = ()
    like: tuple[TrackId, ...] = ()
    dislike: tuple[TrackId, ...] = ()
    taste: tuple[TrackId, ...] = ()
    sound: Embedding | None = None
    scene: SceneBrief | None = None
    exclude: frozenset[TrackId] = frozenset()
    n: int = 10
    max_per_artist: int | None = 3
    shown: tuple[TrackId, ...] = ()
    freshness: float = 0.0
    away: tuple[TrackId, ...] = ()
    attribute: Attribute | None = None
    profile: SoundProfile | None = None
    targets: tuple[Target, ...] = ()
    lean: tuple[Leaning, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track that was found. `score` is the calibrated probability that it fits, `branches` each branch's view.

    `receipts` say of every wish whether this track holds it.
    """

    track: Track
    score: float
    branches: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    receipts: tuple[TrackReceipt, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Candidates best first, a receipt for every wish, and how well the best one fits.

    `fit` is the calibrated probability that the best candidate is what was asked for (0 when there is none);
    `relaxation` is the smallest step back where the hard wishes leave nothing, `influence` what a standing taste did.
    """

    candidates: tuple[Candidate, ...]
    receipts: tuple[Receipt, ...]
    fit: float
    relaxation: Relaxation | None = None
    influence: Influence | None = None
