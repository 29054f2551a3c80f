"""What hears recorded melodies, for the doors."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from agent.sung import Sung
from encoders.models.store import ModelStore
from encoders.music.transcription import Transcriber
from ui.compose import App


def sung_of(parts: App) -> Sung:
    """Return the one that hears melodies for an app; it keeps what it heard last."""
    return _sung(parts.settings.models_path, parts.settings.data_dir / "melodies")


@lru_cache(maxsize=4)
def _sung(models: Path, folder: Path) -> Sung:
    return Sung(Transcriber(ModelStore(models)), folder)
