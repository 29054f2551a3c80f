"""How the parent names pulled weights to a child."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from encoders.models.store import ModelStore


def weights_of(store: ModelStore, ids: Sequence[str]) -> JsonValue:
    """JSON list of ``{id, folder, fingerprint}``; raises ModelMissingError for a set that was not pulled."""
    return [
        {"id": i, "folder": str(store.path(i, "model.onnx").parent), "fingerprint": store.fingerprint(i)} for i in ids
    ]
