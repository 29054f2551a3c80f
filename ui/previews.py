"""Short previews for the players: 30 s of MP3 from the middle of a track, made at first hearing and kept."""

from __future__ import annotations

import threading
from pathlib import Path

from catalog.ingest.open import readable
from catalog.store import Catalogue
from catalog.values import Track, TrackId
from encoders.errors import MediaError
from encoders.media.audio import SandboxedAudioAnalyzer

LONGEST_S = 120.0
KEPT_STRETCHES = 100  # 2 to 9 MB each


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
        return self._made(track, self._folder / f"{track.id}.mp3", None, 30.0)

    def stretch(self, track_id: TrackId, start_s: float, duration_s: float) -> Path:
        """Return a stretch of a track as FLAC, at most two minutes, from `start_s` on; the last ones made are kept."""
        track = self._catalogue.library.get(track_id)
        folder = self._folder / "stretches"
        folder.mkdir(exist_ok=True)
        start_ms, length_ms = round(start_s * 1000), round(min(duration_s, LONGEST_S) * 1000)
        made = self._made(track, folder / f"{track.id}-{start_ms}-{length_ms}.flac", start_ms / 1000, length_ms / 1000)
        made.touch()
        for old in sorted(folder.glob("*.flac"), key=lambda path: -path.stat().st_mtime)[KEPT_STRETCHES:]:
            old.unlink(missing_ok=True)
        return made

    def _made(self, track: Track, target: Path, start_s: float | None, duration_s: float) -> Path:
        if target.is_file():
            return target
        if track.path is None:
            raise MediaError(f"The file of “{track.title}” is not known any more; run the ingest again.")
        # Two listeners who press play at once wait for one decode instead of doing it twice.
        with self._lock:
            if not target.is_file():
                draft = target.with_suffix(f".part{target.suffix}")
                with readable(track.path, track.member or "") as audio:
                    self._audio.preview(audio, draft, start_s, duration_s)
                draft.replace(target)
        return target
