"""How a sequence model is trained: every number, checked."""

from __future__ import annotations

from dataclasses import dataclass

from encoders.errors import EncoderError


@dataclass(frozen=True, slots=True)
class SequenceConfig:
    """Settings of one run; the same settings, sequences and seed give the same model on the same kind of machine.

    `reconstruction` is how much saying the sequence again from its embedding counts beside telling the next item;
    `negatives` items are drawn for each step; longer sequences than `longest` are cut into pieces; a share `shuffled`
    of them is learned in any order.

    Raises:
        EncoderError: A number is out of its range.
    """

    width: int = 64
    epochs: int = 20
    batch_size: int = 32
    learning_rate: float = 3e-3
    dropout: float = 0.2
    negatives: int = 1024
    reconstruction: float = 0.3
    longest: int = 100
    shuffled: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (
            ("width", 4, 1024),
            ("epochs", 1, 10_000),
            ("batch_size", 1, 65_536),
            ("learning_rate", 1e-8, 1.0),
            ("dropout", 0.0, 0.9),
            ("negatives", 1, 1_000_000),
            ("reconstruction", 0.0, 100.0),
            ("longest", 2, 10_000),
            ("shuffled", 0.0, 1.0),
            ("seed", 0, 2**31 - 1),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise EncoderError(f"{name} is {value}; choose {least:g} to {most:g}.")
