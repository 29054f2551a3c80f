"""Time signatures that the composer writes, and what each means for a bar on the grid of sixteenths."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metre:
    """A time signature: `sixteenths` a bar, where its `strong` beats are, and how far apart its beats lie."""

    name: str
    sixteenths: int
    strong: tuple[int, ...]
    beat: int = 4

    @property
    def quarters(self) -> float:
        """Quarter notes a bar."""
        return self.sixteenths / 4

    @property
    def beats(self) -> int:
        """Beats a bar: of 6/8 two."""
        return self.sixteenths // self.beat

    @property
    def compound(self) -> bool:
        """Whether a beat has three parts."""
        return self.beat == 6

    @property
    def signature(self) -> tuple[int, int]:
        """Numerator and denominator."""
        top, bottom = self.name.split("/")
        return int(top), int(bottom)


METRES: dict[str, Metre] = {
    metre.name: metre
    for metre in (
        Metre("2/4", 8, (0,)),
        Metre("3/4", 12, (0,)),
        Metre("4/4", 16, (0, 8)),
        Metre("6/8", 12, (0, 6), beat=6),
    )
}
