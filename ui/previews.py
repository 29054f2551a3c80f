"""Short previews for the players: 30 s of MP3 from the middle of a track, made at first hearing and kept."""

from __future__ import annotations

import threading
from pathlib import Path

from catalog.ingest.open import readable
from catalog.store import Catalogue
from catalog.values import TrackId
from encoders.errors import MediaError
from encoders.media.audio import SandboxedAudioAnalyzer


class Previews:
    """Previews on disk, one a track. Long audio never reaches the browser whole.

    Raises NotFoundError for an unknown track, MediaError when its file cannot be read any more.
    """

    def __init__(self, catalogue: Catalogue, audio: SandboxedAudioAnalyzer, folder: Path) -> None:
        self._catalogue = catalogue
        self._audio = audio
        self._folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, track_id: TrackId) -> Path:
        """Return the preview's file, making it if need be."""
        track = self._catalogue.library.get(track_id)
        target = self._folder / f"{track.id}.mp3"
        if target.is_file():
            return target
        if track.path is None:
            raise MediaError(f"The file of “{track.title}” is not known any more; run the ingest again.")
        # Two listeners who press play at once wait for one decode instead of doing it twice.
        with self._lock:
            if not target.is_file():
                draft = target.with_suffix(".part.mp3")
                with readable(track.path, track.member or "") as audio:
                    self._audio.preview(audio, draft)
                draft.replace(target)
        return target
