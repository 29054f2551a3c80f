"""What a detector is made of and trained by."""

from __future__ import annotations

from dataclasses import dataclass

from encoders.errors import EncoderError
from encoders.music.logmel import N_MELS, PATCH_FRAMES

# Tokens: so many mel bands over all frames, so many frames over all bands; both divide what they cut.
BANDS_A_TOKEN, FRAMES_A_TOKEN = 6, 11
assert N_MELS % BANDS_A_TOKEN == 0
assert PATCH_FRAMES % FRAMES_A_TOKEN == 0
WINDOWS = 10


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """Settings of training; `dim` is divided among `heads`."""

    dim: int = 64
    depth: int = 2
    heads: int = 4
    dropout: float = 0.1
    epochs: int = 12
    batch_size: int = 64
    learning_rate: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("epochs", 1, 1000), ("dim", 8, 1024), ("depth", 1, 24), ("batch_size", 2, 4096)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise EncoderError(f"{name} is {value}; choose {low} to {high}")
        if self.dim % self.heads:
            raise EncoderError(f"dim is {self.dim}, which {self.heads} heads cannot share; choose a multiple")
