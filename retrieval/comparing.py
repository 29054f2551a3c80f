"""What a new sound is like: measured as at ingest, its nearest tracks by the music index, and whether it copies one."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catalog.errors import CatalogError
from catalog.ingest.open import UnreadableFileError, readable
from catalog.store import Catalogue
from catalog.values import Track, TrackId
from encoders.errors import EncoderError, ModelMissingError
from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.music.chroma import METHOD
from encoders.values import AudioAnalysis, FloatArray
from retrieval.copies import Overlap, Stretches
from retrieval.search import SearchEngine
from retrieval.vocabulary import load_vocabulary

SHOWN = 5
# So many of the nearest tracks are looked through for a copy; a copy sounds alike, and a million are too many.
LOOKED_THROUGH = 200
# Chroma of tracks that nobody asked for before is made for so long while a piece waits, the rest later.
PATIENCE_S = 3.0
_TAGGERS = {"musicnn-msd": "msd", "musicnn-mtt": "mtt"}
_HEARD = 0.3
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Near:
    """A track near a sound: `similarity` in [0, 1] by the music index; `overlap` None where it was not compared."""

    track_id: TrackId
    similarity: float
    overlap: Overlap | None

    @property
    def near_copy(self) -> bool:
        """Tell whether the sound nearly copies the track."""
        return self.overlap is not None and self.overlap.near_copy


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound as it was heard: at most five tracks near it, copies first; `compared` tracks were looked through.

    `instruments` are the concepts of the vocabulary that a tagger hears; empty without taggers. `complete` tells that
    every track that was to be looked through was.
    """

    analysis: AudioAnalysis
    instruments: tuple[str, ...]
    near: tuple[Near, ...]
    compared: int
    complete: bool = True


class Comparer:
    """Hears a file and compares it with the catalogue; safe to call from several threads.

    Args:
        catalogue: whose tracks it is compared with.
        engine: holds the music index.
        audio: measures and decodes in capped children.
        folder: where the chroma of tracks is kept.
    """

    def __init__(self, catalogue: Catalogue, engine: SearchEngine, audio: SandboxedAudioAnalyzer, folder: Path) -> None:
        self._catalogue, self._engine, self._audio = catalogue, engine, audio
        self._folder = folder
        self._lock = threading.Lock()
        self._unreadable: set[TrackId] = set()
        self._missing: set[TrackId] = set()

    def hear(self, path: Path, *, thorough: bool = False) -> Heard:
        """Measure a file and compare it.

        Without the weights of the taggers it is measured, and near no track. Tracks whose chroma was never made are
        compared while patience lasts, the nearest first; a thorough look has no end of it.

        Raises:
            MediaError: it has no sound that can be decoded.
        """
        try:
            analysis = self._audio.analyze(path)
        except ModelMissingError:
            return Heard(self._audio.measure(path), (), (), 0)
        nearest = self._nearest(analysis)
        overlaps = self._overlaps(path, [track_id for track_id, _ in nearest], PATIENCE_S if not thorough else np.inf)
        near = [Near(track_id, likeness, overlaps.get(track_id)) for track_id, likeness in nearest]
        near.sort(key=lambda each: not each.near_copy)  # stable: nearest first among the rest
        complete = len(overlaps) + len(self._unreadable.intersection(each for each, _ in nearest)) >= len(nearest)
        return Heard(analysis, heard_instruments(analysis), tuple(near[:SHOWN]), len(overlaps), complete)

    def fill(self, stop: threading.Event) -> None:
        """Make the chroma that there was no time for, until told to stop."""
        while self._missing and not stop.is_set():
            self._chroma(self._missing.pop())

    def words_of(self, heard: Heard) -> list[dict[str, Any]]:
        """Return the tracks near a sound with their names, as they are kept with a piece."""
        tracks = {t.id: t for t in self._catalogue.library.get_many([near.track_id for near in heard.near])}
        return [
            {
                "track_id": near.track_id,
                "title": tracks[near.track_id].title,
                "artist": tracks[near.track_id].artist,
                "licence": tracks[near.track_id].licence,
                "similarity": near.similarity,
                "near_copy": near.near_copy,
                "overlap": None if near.overlap is None else asdict(near.overlap),
            }
            for near in heard.near
            if near.track_id in tracks
        ]

    def _nearest(self, analysis: AudioAnalysis) -> list[tuple[TrackId, float]]:
        state = self._engine.state
        view = state.music
        vector = analysis.embeddings.get(self._engine.music_space.id)
        if view is None or vector is None or not len(view.store):
            return []
        rows, scores = view.store.search(
            vector.vector[None, :].astype(np.float32), min(LOOKED_THROUGH, len(view.store))
        )
        places = view.row_of[rows[0]].tolist()
        return [
            (TrackId(state.snapshot.ids[place]), round(float(np.clip(score, 0.0, 1.0)), 4))
            for place, score in zip(places, scores[0].tolist(), strict=True)
            if place >= 0
        ]

    def _overlaps(self, path: Path, tracks: Sequence[TrackId], patience_s: float) -> dict[TrackId, Overlap]:
        if not tracks:
            return {}
        stretches, until = Stretches(self._audio.chroma(path)), time.monotonic() + patience_s
        found = {}
        for track_id in tracks:
            chroma = self._chroma(track_id, only_kept=time.monotonic() > until)
            if chroma is not None:
                found[track_id] = stretches.overlap(chroma)
            elif track_id not in self._unreadable:
                self._missing.add(track_id)
        return found

    def _chroma(self, track_id: TrackId, *, only_kept: bool = False) -> FloatArray | None:
        """Return a track's chroma, made at need; None where its file cannot be read, or it is not there yet."""
        if track_id in self._unreadable:
            return None
        try:
            track = self._catalogue.library.get(track_id)
            target = self._target(track)
            if target is None:
                self._unreadable.add(track_id)
                return None
            if only_kept and not target.is_file():
                return None
            return self._kept(track, target)
        except (CatalogError, EncoderError, UnreadableFileError, OSError) as error:
            _logger.info("no chroma of %s: %s", track_id, error)
            self._unreadable.add(track_id)
            return None

    def _target(self, track: Track) -> Path | None:
        if track.path is None or not track.path.is_file():
            return None
        told = track.path.stat()
        subject = f"{METHOD} {track.path} {track.member} {told.st_size} {told.st_mtime_ns}"
        return self._folder / f"{hashlib.sha256(subject.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.npy"

    def _kept(self, track: Track, target: Path) -> FloatArray:
        with self._lock:
            if not target.is_file():
                assert track.path is not None
                with readable(track.path, track.member or "") as sound:
                    made = self._audio.chroma(sound)
                self._folder.mkdir(parents=True, exist_ok=True)
                draft = target.with_suffix(".part")
                with draft.open("wb") as sink:
                    np.save(sink, np.round(made * 255).astype(np.uint8), allow_pickle=False)
                draft.replace(target)
        chroma: FloatArray = np.load(target, allow_pickle=False).astype(np.float32) / np.float32(255.0)
        return chroma


def heard_instruments(analysis: AudioAnalysis) -> tuple[str, ...]:
    """Return the vocabulary's instruments that a tagger hears, the surest first."""
    heard = {f"{_TAGGERS[tag.source]}:{tag.label}": tag.score for tag in analysis.tags if tag.source in _TAGGERS}
    sure = {
        concept.id: max((heard.get(name, 0.0) for name, weight in concept.evidence.items() if weight >= 0.7), default=0)
        for concept in load_vocabulary().concepts
        if concept.family == "instrument"
    }
    return tuple(sorted((name for name, score in sure.items() if score >= _HEARD), key=lambda name: -sure[name]))
