"""The adapter that ships with the package: what was trained on top of the embedded model's weights."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path


def shipped_adapter(model_id: str) -> Path | None:
    """Return the adapter (GGUF) for a model of the registry; None where the one that ships was trained on another."""
    folder = Path(str(files(__package__)))
    card = json.loads((folder / "rewriter.json").read_text(encoding="utf-8"))
    return folder / "rewriter.gguf" if card["base"] == model_id else None
