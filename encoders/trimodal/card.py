"""The card of a trained model: what it was trained on and how, what it reaches, and the hash of its weights."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from encoders.errors import EncoderError, ModelCorruptError, ModelMissingError
from encoders.trimodal.config import TrainingConfig
from encoders.trimodal.measuring import Measured

CARD, WEIGHTS = "card.json", "model.safetensors"


class Data(BaseModel):
    """The training data: pairs in each split, feedback turns a pair and where they come from, a hash of all values."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    pairs: dict[str, int]
    turns: int
    feedback: str


class Card(BaseModel):
    """Everything about a model but its weights; `dims` and `spaces` (``id@sha256``) are by video, text and music.

    `band` holds the cosines that mean 0 and 1 (see `band_of`).
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["trichord-trimodal-1"] = "trichord-trimodal-1"
    dims: tuple[int, int, int]
    spaces: dict[str, str]
    data: Data
    config: TrainingConfig
    best_epoch: int
    epochs_run: int
    metrics: dict[str, dict[str, Measured]]
    band: tuple[float, float]
    weights_sha256: str
    limits: str = (
        "Finds music like that of its training pairs; recall is among the tracks of the split. Simulated feedback "
        "shows how likes of near neighbours help, not how people give them."
    )


def read_card(folder: Path) -> Card:
    """Read the card of a model and check its weights against it.

    Raises:
        ModelMissingError: There is no model.
        ModelCorruptError: The card is none, or the weights are not those of the card.
    """
    if not (folder / CARD).is_file() or not (folder / WEIGHTS).is_file():
        raise ModelMissingError(f"There is no tri-modal model in {str(folder)!r}; run `trichord train trimodal`.")
    try:
        card = Card.model_validate_json((folder / CARD).read_bytes())
    except (ValidationError, EncoderError) as error:
        raise ModelCorruptError(f"{CARD} of {str(folder)!r} is damaged; train again.") from error
    if sha256_of(folder / WEIGHTS) != card.weights_sha256:
        raise ModelCorruptError(f"{WEIGHTS} of {str(folder)!r} is not what its card says; train again.")
    return card


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
