"""How a tri-modal model is trained: every number, checked."""

from __future__ import annotations

from dataclasses import dataclass

from encoders.errors import EncoderError

KINDS = ("video", "text", "liked", "disliked")


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Settings of one training run; the same settings, data and seed give the same model on the same kind of machine.

    `text_dropout` is the share of pairs whose text is hidden in a step (McKee et al., 2023), `video_dropout` the same
    for the video, `turn_dropout` the share without any feedback yet. `inputs` are the kinds of tokens that are used.
    Training ends after `epochs`, or after `patience` epochs without a better validation score.

    Raises:
        EncoderError: A number is out of its range.
    """

    epochs: int = 60
    batch_size: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    gradient_clip: float = 1.0
    warmup: float = 0.05
    width: int = 128
    layers: int = 2
    heads: int = 4
    dropout: float = 0.1
    text_dropout: float = 0.5
    video_dropout: float = 0.1
    turn_dropout: float = 0.5
    patience: int = 10
    seed: int = 0
    inputs: tuple[str, ...] = KINDS

    def __post_init__(self) -> None:
        for name, least, most in (
            ("epochs", 1, 10_000),
            ("batch_size", 2, 65_536),
            ("learning_rate", 1e-8, 1.0),
            ("weight_decay", 0.0, 10.0),
            ("gradient_clip", 1e-3, 1e3),
            ("warmup", 0.0, 1.0),
            ("width", 8, 4_096),
            ("layers", 1, 32),
            ("heads", 1, 64),
            ("dropout", 0.0, 0.9),
            ("text_dropout", 0.0, 1.0),
            ("video_dropout", 0.0, 1.0),
            ("turn_dropout", 0.0, 1.0),
            ("patience", 1, 10_000),
            ("seed", 0, 2**31 - 1),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise EncoderError(f"{name} is {value}; choose {least:g} to {most:g}.")
        if self.width % self.heads:
            raise EncoderError(f"width is {self.width} and heads is {self.heads}; the heads must divide the width.")
        if not self.inputs or set(self.inputs) - set(KINDS):
            raise EncoderError(f"inputs are {self.inputs}; choose some of {', '.join(KINDS)}.")
