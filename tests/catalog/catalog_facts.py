"""A stand-in for the analyser that knows only what a test must control."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import soundfile
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import catalog.migrations


def taken_back(path, revision):
    """Bring a closed catalogue back to an earlier schema, by the steps that the product itself has."""
    config = Config()
    config.set_main_option("script_location", str(Path(catalog.migrations.__file__).parent))
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()
    engine.dispose()


@dataclass(frozen=True)
class Guess:
    value: float
    confidence: float
    alternatives: tuple[float, ...] = ()


@dataclass(frozen=True)
class Key:
    tonic: str
    mode: str
    confidence: float


@dataclass(frozen=True)
class Vec:
    vector: np.ndarray


@dataclass(frozen=True)
class Label:
    label: str
    score: float
    source: str


@dataclass(frozen=True)
class Facts:
    duration_s: float
    tempo_bpm: Guess | None = Guess(120.0, 0.9, (60.0,))
    key: Key | None = Key("A", "minor", 0.8)
    chords: tuple[str, ...] = ("Am", "F")
    loudness_lufs: float = -14.0
    energy: float = 0.5
    onset_rate: float = 2.0
    brightness_hz: float = 1500.0
    tags: tuple[Label, ...] = (Label("ambient", 0.7, "tagger"),)
    embeddings: dict[str, Vec] = field(default_factory=lambda: {"toy": Vec(np.array([1, 0], np.float32))})
    fingerprint: np.ndarray = field(default_factory=lambda: np.arange(1, 9, dtype=np.uint32))
    ai_music: float | None = None


class SoundfileAnalyzer:
    """Reads the real duration with libsndfile; refuses what that cannot read."""

    def __init__(self, *, prints=True):
        self.seen = []
        self.prints = prints

    def ready(self):
        pass

    def analyze(self, path):
        self.seen.append(path)
        try:
            info = soundfile.info(str(path))
        except soundfile.LibsndfileError as error:
            raise ValueError(f"{path.name} is no audio.") from error
        facts = Facts(info.frames / info.samplerate)
        return facts if self.prints else replace(facts, fingerprint=np.zeros(0, np.uint32))
