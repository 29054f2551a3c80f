"""A trained detector in use: windows to a calibrated probability. One that is no better than chance says nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from encoders.errors import EncoderError, ModelCorruptError
from encoders.music.logmel import N_MELS, PATCH_FRAMES
from encoders.onnx_session import open_session
from encoders.values import FloatArray

MODEL, CARD = "model.onnx", "card.json"
INPUT, OUTPUT = "logmel", "logit"
MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How a generator that was left out is told from real music: files, area under the curve, 95 % interval."""

    files: int
    auc: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class DetectorCard:
    """What a detector was trained on and how right it is on each generator when that one was left out.

    `slope` and `shift` turn its logit into the probability that holds where real and generated are as many.
    """

    generators: Mapping[str, HeldOut]
    real: int
    real_left_out: int
    slope: float
    shift: float
    sha256: str
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def worst(self) -> tuple[str, HeldOut]:
        """Return the generator that is told from real music least surely, and how it is."""
        return min(self.generators.items(), key=lambda item: item[1].low)

    @property
    def better_than_chance(self) -> bool:
        """Tell whether every generator that was left out is surely told from real music, and more so than not."""
        return len(self.generators) > 1 and self.worst[1].low > 0.5 and self.slope > 0

    @property
    def limits(self) -> str:
        """Say what a probability is worth."""
        name, told = self.worst
        interval = f"{told.auc:.0%} [{told.low:.0%}, {told.high:.0%}]"
        return (
            f"a probability, no verdict. It learned from {len(self.generators)} generators; one that it never heard "
            f"({name}, the worst) it told from real music in {interval} of pairs. "
            "Newer generators, edited and re-recorded sound may fool it, and real music is mistaken, too."
        )


class Detector:
    """Runs a detector.

    Args:
        folder: holds ``model.onnx`` and ``card.json``, as `training.train_detector` writes them, whoever ran it.

    Raises:
        ModelCorruptError: a file is missing, damaged or of another kind.
        EncoderError: the detector is no better than chance on generators that were left out.
    """

    def __init__(self, folder: Path) -> None:
        self.card = read_card(folder)
        if not self.card.better_than_chance:
            name, told = self.card.worst
            raise EncoderError(
                f"The detector in {folder} tells {name}, left out, from real music in {told.auc:.0%} "
                f"[{told.low:.0%}, {told.high:.0%}] of pairs, which may be chance; it is not used."
            )
        self._session = open_session(folder / MODEL)
        ports = [(port.name, port.shape[1:]) for port in self._session.get_inputs()]
        if ports != [(INPUT, [PATCH_FRAMES, N_MELS])]:
            raise ModelCorruptError(f"{folder / MODEL} takes {ports}, not {INPUT} (n, {PATCH_FRAMES}, {N_MELS})")

    def probability(self, windows: FloatArray) -> float:
        """Return the probability in [0, 1] that a recording was generated, of log-mel windows ``(w, 187, 96)``."""
        (logits,) = self._session.run([OUTPUT], {INPUT: windows.astype(np.float32)})
        logit = self.card.slope * float(np.mean(logits)) + self.card.shift
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


def read_card(folder: Path) -> DetectorCard:
    """Read the card of a detector whose weights are those that it names.

    Raises:
        ModelCorruptError: they are not, or a file is missing or damaged.
    """
    try:
        card = TypeAdapter(DetectorCard).validate_python(json.loads((folder / CARD).read_text(encoding="utf-8")))
        if (folder / MODEL).stat().st_size > MAX_BYTES:
            raise ModelCorruptError(f"{folder / MODEL} is over {MAX_BYTES // 1_000_000} MB; that is no detector")
        found = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    except (OSError, ValidationError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelCorruptError(f"The detector in {folder} cannot be read: {str(error).splitlines()[0]}") from error
    if found != card.sha256:
        raise ModelCorruptError(f"The weights in {folder} are not those of its card; train or copy both again.")
    if not card.generators or not np.isfinite([card.slope, card.shift]).all():
        raise ModelCorruptError(f"The card in {folder} names no generator, or is not calibrated; train it again.")
    return card
