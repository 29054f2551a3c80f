"""The onset curves of tracks: made when first asked for, and kept."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import numpy as np

from catalog.ingest.open import readable
from catalog.store import Catalogue
from catalog.values import Track, TrackId
from encoders.errors import MediaError
from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.music.onsets import METHOD
from encoders.values import FloatArray


class Onsets:
    """One small file a track and method; a file that changed is listened to again.

    Raises NotFoundError for an unknown track, MediaError when its file cannot be read any more.
    """

    def __init__(self, catalogue: Catalogue, audio: SandboxedAudioAnalyzer, folder: Path) -> None:
        self._catalogue = catalogue
        self._audio = audio
        self._folder = folder
        self._lock = threading.Lock()

    def of(self, track_id: TrackId) -> FloatArray:
        """Return the onset curve of a track, a hundred steps a second in [0, 1]."""
        track = self._catalogue.library.get(track_id)
        path, target = self._places(track)
        # Who asks for the same track at once waits for one decode.
        with self._lock:
            if not target.is_file():
                with readable(path, track.member or "") as sound:
                    curve = self._audio.onsets(sound)
                self._folder.mkdir(parents=True, exist_ok=True)
                draft = target.with_suffix(".part")
                with draft.open("wb") as sink:
                    np.save(sink, np.round(curve * 255).astype(np.uint8), allow_pickle=False)
                draft.replace(target)
        return _read(target)

    def kept(self, track_id: TrackId) -> FloatArray | None:
        """Return the onset curve of a track where it was made already."""
        _, target = self._places(self._catalogue.library.get(track_id))
        return _read(target) if target.is_file() else None

    def _places(self, track: Track) -> tuple[Path, Path]:
        """Return where the track's file is, and where its curve is kept."""
        if track.path is None or not track.path.is_file():
            raise MediaError(f"The file of “{track.title}” is not there any more; run the ingest again.")
        told = track.path.stat()
        subject = f"{METHOD} {track.path} {track.member} {told.st_size} {told.st_mtime_ns}"
        key = hashlib.sha256(subject.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return track.path, self._folder / f"{key}.npy"


def _read(path: Path) -> FloatArray:
    curve: FloatArray = np.load(path, allow_pickle=False).astype(np.float32) / np.float32(255.0)
    return curve
