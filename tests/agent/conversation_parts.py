"""A whole agent over a real catalogue of tracks set by hand; only the senses and the generator are stand-ins."""

from dataclasses import dataclass, field

import numpy as np
import soundfile

from agent.acts import Tools
from agent.assistant import Assistant
from agent.generation.broker import Broker
from agent.generation.values import GeneratedAudio, Support
from agent.handoff import GenerationService
from agent.planner.rules import RulePlanner
from agent.sung import Sung
from catalog.store import Catalogue
from catalog.values import TrackId, TrackMetadata
from encoders.music.fingerprint import RATE_HZ
from encoders.music.transcription import HeardNote, Transcriber, Transcription
from encoders.values import AudioAnalysis, Embedding, Space, VideoAnalysis
from retrieval.continuation.continuer import PlaylistContinuer
from retrieval.indexes.versions import IndexDirectory
from retrieval.recognition import Recogniser
from retrieval.search import SearchEngine
from retrieval.video import VideoSuggester

MUSIC = Space("toy-music", 8, "toy", "a" * 64)


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
class Vec:
    vector: np.ndarray


@dataclass(frozen=True)
class Facts:
    duration_s: float
    tempo_bpm: Number
    key: Key
    energy: float
    embeddings: dict[str, Vec]
    chords: tuple[str, ...] = ()
    loudness_lufs: float = -14.0
    onset_rate: float = 2.0
    brightness_hz: float = 1500.0
    tags: tuple[object, ...] = ()
    fingerprint: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint32))
    ai_music: float | None = None


GENRES = ("jazz", "piano", "metal", "harp")
ADJECTIVES = ("Amber", "Broken", "Crimson", "Distant", "Emerald", "Frozen", "Golden", "Hollow", "Ivory", "Jade")
ARTISTS = ("Ada Sun", "The Bards", "Cold Harbour", "Dmitri Vale", "Elm Quartet")
TITLES = {"jazz": "Corner", "piano": "Window", "metal": "Furnace", "harp": "Orchard"}


def fill(catalogue):
    """Store forty tracks: ten a genre, five artists, 1 to 4 minutes, 60 to 177 BPM, calm to wild."""
    rng = np.random.default_rng(0)
    for g, genre in enumerate(GENRES):
        for i in range(10):
            vector = np.eye(8, dtype=np.float32)[g] + rng.normal(0, 0.15, 8).astype(np.float32)
            catalogue.library.save(
                TrackId(f"{genre}{i}"),
                TrackMetadata(
                    f"{ADJECTIVES[i]} {TITLES[genre]}",
                    artist=ARTISTS[(g + i) % 5],
                    album=f"{genre.title()} Album",
                    year=1990 + 2 * i,
                    genre=(genre, *(("calm",) if i < 4 else ())),
                    licence="CC0-1.0" if i % 2 else "CC-BY-4.0",
                ),
                Facts(
                    duration_s=60.0 + 20 * i,
                    tempo_bpm=Number(60.0 + 13 * i),
                    key=Key("A" if i % 2 else "C", "minor" if i % 3 else "major"),
                    energy=0.1 + 0.09 * i,
                    embeddings={MUSIC.id: Vec(vector / np.linalg.norm(vector))},
                ),
            )


class Eyes:
    """Sees the same calm mountains in every file."""

    def analyze(self, path):
        return VideoAnalysis(
            duration_s=12.0,
            width=64,
            height=36,
            fps=25.0,
            has_audio=False,
            sample_times_s=(1.0, 6.0),
            concepts=(("alp", 0.6), ("valley", 0.2)),
            brightness=0.6,
            saturation=0.4,
            warmth=0.4,
            contrast=0.2,
            motion=0.03,
            cut_rate=0.0,
        )


class Ears:
    """Hears a harp in every file, of the recording `sound`."""

    def __init__(self):
        self.sound = np.zeros(RATE_HZ, np.float32)
        self.tempo = self.key = None

    def length_s(self, path):
        return len(self.sound) / RATE_HZ

    def waveform(self, path, rate, start_s, duration_s):
        return self.sound[int(start_s * rate) : int((start_s + duration_s) * rate)]

    def analyze(self, path):
        vector = np.eye(8, dtype=np.float32)[3]
        return AudioAnalysis(
            duration_s=10.0,
            sample_rate_hz=44_100,
            channels=2,
            tempo_bpm=self.tempo,
            key=self.key,
            chords=(),
            loudness_lufs=-20.0,
            energy=0.3,
            onset_rate=1.0,
            brightness_hz=900.0,
            embeddings={MUSIC.id: Embedding(MUSIC, vector)},
        )


@dataclass
class Silence:
    """A generator that writes silence of the asked length."""

    id: str = "silence"
    title: str = "Silence"
    licence: str = "none"
    able: bool = True
    goes_on: bool = False
    made: list[str] = field(default_factory=list)

    def supports(self, request):
        if request.continues is not None and not self.goes_on:
            return Support.partial("going on from a recording")
        return Support.full() if self.able else Support.no("it is switched off")

    def estimate_s(self, request):
        return 1.0

    def prepare(self):
        pass

    def generate(self, request, dst, progress, cancel):
        self.made.append(request.text)
        progress(0.5, "half way")
        soundfile.write(dst, np.zeros((int(44_100 * request.duration_s), 1), np.float32), 44_100, format="FLAC")
        return GeneratedAudio(dst, request.duration_s, request.seed, self.id)

    def release(self):
        pass


class Hears(Transcriber):
    """Hears the same melody in every recording: 16 notes at 120 BPM, one of them faint; `told` may be another."""

    def __init__(self):
        notes = (HeardNote(n * 0.5, n * 0.5 + 0.4, 60 + 2 * (n % 4), 0.3 if n == 5 else 0.8) for n in range(16))
        self.told = Transcription(tuple(notes), 0.0, 0.9)

    def ready(self):
        pass

    def notes(self, sound):
        return self.told


class World:
    """One data directory and everything over it; `reopen` is a restart."""

    def __init__(self, folder, *, filled=False):
        self.folder = folder
        self.generator = Silence()
        self.ears = Ears()
        self.hears = Hears()
        self.open()
        if filled:
            fill(self.catalogue)

    def open(self):
        self.catalogue = Catalogue(self.folder / "catalogue.db")
        self.engine = SearchEngine(self.catalogue, IndexDirectory(self.folder / "indexes"), None, MUSIC)
        generated = self.folder / "generated"
        generated.mkdir(exist_ok=True)
        self.generations = GenerationService(self.catalogue, Broker([self.generator]), generated)
        self.tools = Tools(
            self.catalogue,
            self.engine,
            PlaylistContinuer(self.catalogue, self.engine),
            VideoSuggester(self.engine, Eyes()),
            self.ears,
            self.generations,
            Recogniser(self.catalogue, self.ears),
            Sung(self.hears, self.folder / "melodies"),
        )
        self.assistant = Assistant(RulePlanner(self.engine.parse), self.tools, self.folder / "sessions.db")

    def close(self):
        self.assistant.close()
        self.generations.close()
        self.catalogue.close()

    def reopen(self):
        self.close()
        self.open()

    def events(self, message, session="session-one", attachments=()):
        return list(self.assistant.chat(message, session, attachments))

    def say(self, message, session="session-one", attachments=()):
        """Take one turn and return its `DoneEvent`; a turn that fails fails the test."""
        last = self.events(message, session, attachments)[-1]
        assert last.type == "done", last
        return last

    def standing(self, session="session-one"):
        return self.assistant.state(session).standing
