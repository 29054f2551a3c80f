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
from retrieval.overview import Overview
from retrieval.search import SearchEngine
from retrieval.vocabulary import load_vocabulary

SHOWN = 5
# So many tracks are looked at exactly for a copy. In a larger catalogue a coarse look at all chooses them.
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
    every track whose file can be read was looked through.
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
        self._lock, self._looking = threading.Lock(), threading.Lock()
        self._unreadable: set[TrackId] = set()
        # In the order in which their chroma is to be made.
        self._missing: dict[TrackId, None] = {}
        self._overview: tuple[int, Overview] = (-1, Overview())

    def hear(self, path: Path, *, thorough: bool = False, cancel: threading.Event | None = None) -> Heard:
        """Measure a file and compare it.

        Without the weights of the taggers it is measured, and near no track. Tracks whose chroma was never made are
        compared while patience lasts, the nearest first; a thorough look has no end of it until it is cancelled.

        Raises:
            MediaError: it has no sound that can be decoded.
        """
        try:
            analysis = self._audio.analyze(path)
        except ModelMissingError:
            return Heard(self._audio.measure(path), (), (), 0)
        nearest = self._nearest(analysis, LOOKED_THROUGH)
        if not nearest:
            return Heard(analysis, heard_instruments(analysis), (), 0)
        chroma, until = self._audio.chroma(path), time.monotonic() + (np.inf if thorough else PATIENCE_S)
        wanted = [track_id for track_id, _ in nearest]
        compared: set[TrackId] = set()
        if len(self._engine.state.snapshot.ids) > LOOKED_THROUGH:
            wanted, compared = self._looked_over(chroma, wanted, until, cancel)
        overlaps = self._overlaps(chroma, wanted, max(len(compared), len(wanted)), until, cancel)
        compared |= set(overlaps)
        near = [Near(track_id, likeness, overlaps.get(track_id)) for track_id, likeness in nearest]
        beside = [each for each in overlaps if overlaps[each].near_copy and each not in {n.track_id for n in near}]
        near += [Near(each, self._similarity(analysis, each), overlaps[each]) for each in beside]
        near.sort(key=lambda each: not each.near_copy)  # stable: nearest first among the rest
        return Heard(analysis, heard_instruments(analysis), tuple(near[:SHOWN]), len(compared), not self._missing)

    def fill(self, stop: threading.Event) -> None:
        """Make the chroma that there was no time for, until told to stop."""
        while self._missing and not stop.is_set():
            self._chroma(next(iter(self._missing)))

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

    def _nearest(self, analysis: AudioAnalysis, k: int) -> list[tuple[TrackId, float]]:
        state = self._engine.state
        view = state.music
        vector = analysis.embeddings.get(self._engine.music_space.id)
        if view is None or vector is None or not len(view.store):
            return []
        rows, scores = view.store.search(vector.vector[None, :].astype(np.float32), min(k, len(view.store)))
        places = view.row_of[rows[0]].tolist()
        return [
            (TrackId(state.snapshot.ids[place]), round(float(np.clip(score, 0.0, 1.0)), 4))
            for place, score in zip(places, scores[0].tolist(), strict=True)
            if place >= 0
        ]

    def _similarity(self, analysis: AudioAnalysis, track_id: TrackId) -> float:
        """Return how near a track is by the music index, 0 where it is not in it."""
        state = self._engine.state
        view, vector = state.music, analysis.embeddings[self._engine.music_space.id].vector
        if view is None or track_id not in state.snapshot.row_of:
            return 0.0
        rows = np.flatnonzero(view.row_of == state.snapshot.row_of[track_id]).astype(np.int64)
        if not len(rows):
            return 0.0
        return round(float(np.clip(view.store.vectors(rows[:1])[0] @ vector, 0.0, 1.0)), 4)

    def _looked_over(
        self, chroma: FloatArray, nearest: Sequence[TrackId], until: float, cancel: threading.Event | None
    ) -> tuple[list[TrackId], set[TrackId]]:
        """Look at all tracks coarsely; return which to look at exactly, and which were looked at.

        Chroma that is missing is made until the time is over, that of the nearest tracks first; those that have none
        yet and are near by sound are wanted, too.
        """
        with self._looking:
            overview = self._seen(nearest, until, cancel)
            found = overview.nearest(chroma, LOOKED_THROUGH)
            return found + [each for each in nearest if each not in overview], set(overview)

    def _seen(self, first: Sequence[TrackId], until: float, cancel: threading.Event | None) -> Overview:
        """Return the overview of the catalogue as it is, with what can be had of it in time."""
        revision, overview = self._overview
        if revision != self._catalogue.library.revision:
            # Any track may have another file now.
            revision, overview = self._catalogue.library.revision, Overview()
            self._unreadable.clear()
            self._overview = (revision, overview)
        order = dict.fromkeys([*first, *map(TrackId, self._engine.state.snapshot.ids)])
        for track_id in order:
            if track_id in overview or track_id in self._unreadable or (cancel is not None and cancel.is_set()):
                continue
            made = self._chroma(track_id, only_kept=time.monotonic() > until)
            if made is not None:
                overview.put(track_id, made)
        return overview

    def _overlaps(
        self, chroma: FloatArray, tracks: Sequence[TrackId], among: int, until: float, cancel: threading.Event | None
    ) -> dict[TrackId, Overlap]:
        """Look at tracks exactly that were chosen among so many."""
        stretches, found = Stretches(chroma), {}
        for track_id in tracks:
            if cancel is not None and cancel.is_set():
                break
            kept = self._chroma(track_id, only_kept=time.monotonic() > until)
            if kept is not None:
                found[track_id] = stretches.overlap(kept, among)
        return found

    def _chroma(self, track_id: TrackId, *, only_kept: bool = False) -> FloatArray | None:
        """Return a track's chroma, made at need; None where its file cannot be read, or it is not there yet."""
        if track_id in self._unreadable:
            return None
        try:
            track = self._catalogue.library.get(track_id)
            target = self._target(track)
            if target is not None and only_kept and not target.is_file():
                self._missing[track_id] = None
                return None
            self._missing.pop(track_id, None)
            if target is not None:
                return self._kept(track, target)
        except (CatalogError, EncoderError, UnreadableFileError, OSError) as error:
            _logger.info("no chroma of %s: %s", track_id, error)
        self._missing.pop(track_id, None)
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
