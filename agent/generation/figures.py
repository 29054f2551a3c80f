"""Accompaniment figures and bass lines as tables of one bar, in each metre.

Figures are written in 4/4 (the waltz in 3/4). In 2/4 their first half is played; in 3/4 they lose their last beat, but
for those of dotted rhythm, which would be heard as 6/8; 6/8 has figures of its own, since its beats have three parts.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.generation.metre import Metre

ALL = -1
POWER = -2
# A figure: (start, length, tone, accent); tone counts up the voicing, wrapping into the next octave; ALL is the chord,
# POWER root, fifth and octave. Two figures alternate bar by bar.
Figure = tuple[tuple[float, float, int, int], ...]


def _run(step: int, length: float, tones: Sequence[int], accents: Sequence[int] = (8, 0)) -> Figure:
    return tuple((index * step, length, tone, accents[index % len(accents)]) for index, tone in enumerate(tones))


def _hits(*hits: tuple[float, float], tone: int = ALL) -> Figure:
    return tuple((start, length, tone, 6 if start % 4 == 0 else 0) for start, length in hits)


COMP: dict[str, tuple[Figure, ...]] = {
    "slow_arpeggio": (_run(4, 12, (0, 1, 2, 3)), _run(4, 12, (0, 2, 3, 1))),
    "harp_arpeggio": (_run(2, 4, (0, 1, 2, 3, 4, 3, 2, 1)), _run(2, 4, (0, 2, 1, 3, 4, 2, 3, 1))),
    "broken_chords": (_run(2, 6, (0, 1, 2, 3, 2, 1, 2, 1)), _run(2, 6, (0, 1, 2, 3, 4, 3, 2, 1))),
    "ostinato": (
        _run(2, 1.5, (0, 2, 3, 0, 2, 3, 0, 2), (14, 0, 0, 10, 0, 0, 10, 0)),
        _run(2, 1.5, (0, 2, 3, 0, 2, 3, 2, 3), (14, 0, 0, 10, 0, 0, 10, 0)),
    ),
    "power_eighths": (_run(2, 1.8, (POWER,) * 8, (10, 0, 4, 0)),),
    "power_gallop": (
        tuple((beat * 4 + at, 0.9 if at else 1.6, POWER, 10 if not at else 0) for beat in range(4) for at in (0, 2, 3)),
    ),
    "strum": (
        _hits((0, 3.5), (4, 1.8), (6, 2), (10, 1.8), (12, 1.8), (14, 1.8)),
        _hits((0, 3.5), (4, 1.8), (6, 3.5), (10, 2), (12, 3.5)),
    ),
    "offbeat_stabs": (
        _hits((0, 2), (3, 2), (6, 3), (10, 2), (13, 2)),
        _hits((2, 1.5), (6, 1.5), (10, 1.5), (14, 1.5)),
    ),
    "sixteenth_arpeggio": (
        _run(1, 0.9, (0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 2, 3), (10, 0, 3, 0)),
        _run(1, 0.9, (0, 2, 1, 3, 0, 2, 1, 3, 0, 2, 4, 3, 2, 1, 2, 1), (10, 0, 3, 0)),
    ),
    "eighth_arpeggio": (_run(2, 1.9, (0, 1, 2, 3, 4, 3, 2, 1)), _run(2, 1.9, (0, 2, 3, 4, 3, 2, 1, 2))),
    "lazy_chords": (_hits((0, 7), (10, 5)), _hits((0, 9), (11, 4.5))),
    "sixteenth_stabs": (
        _hits((2, 1), (3, 0.8), (7, 0.8), (10, 1), (13, 0.8)),
        _hits((2, 1), (3, 0.8), (6, 0.8), (9, 0.8), (12, 1), (15, 0.8)),
    ),
    "charleston": (_hits((0, 3), (6, 2)), _hits((6, 1.5), (14, 2))),
    "fingerpicking": (_run(2, 5, (0, 3, 1, 2, 0, 3, 1, 2)), _run(2, 5, (0, 2, 1, 3, 0, 4, 1, 3))),
    "waltz": (_hits((4, 3), (8, 3)),),
    "sparse": (((0, 14, 3, 4), (10, 6, 2, 0)), ((4, 12, 1, 0),)),
    "bossa": (_hits((0, 2), (3, 2), (6, 3), (10, 2), (13, 2)), _hits((0, 2), (4, 2), (7, 2.5), (10, 2), (14, 2))),
    "skank": (_hits((4, 1.2), (12, 1.2)),),
}
# Bass figures: (start, length, tone): R root, F fifth, O octave, T third, N a step from the next root.
BassFigure = tuple[tuple[float, float, str], ...]
BASS: dict[str, tuple[BassFigure, ...]] = {
    "none": ((),),
    "pedal": (((0, 15.8, "R"),),),
    "long": (((0, 15.6, "R"),), ((0, 8, "R"), (8, 7.6, "F"))),
    "pulse": (tuple((2 * index, 1.6, "R") for index in range(8)),),
    "eighths": (tuple((2 * index, 1.8, "N" if index == 7 else "R") for index in range(8)),),
    "gallop": (tuple((beat * 4 + at, 0.9 if at else 1.7, "R") for beat in range(4) for at in (0, 2, 3)),),
    "root_fifth": (((0, 6, "R"), (8, 6, "F")), ((0, 6, "R"), (8, 5, "F"), (14, 2, "N"))),
    "offbeat": (((2, 1.8, "R"), (6, 1.8, "R"), (10, 1.8, "R"), (14, 1.8, "O")),),
    "rolling": (tuple((beat * 4 + at, 0.85, "O" if at == 3 else "R") for beat in range(4) for at in (1, 2, 3)),),
    "lofi": (((0, 6, "R"), (7, 2.5, "R"), (10, 5, "F")), ((0, 7, "R"), (10, 3.5, "F"), (14, 2, "N"))),
    "funk": (
        ((0, 2, "R"), (3, 0.8, "O"), (6, 1.5, "R"), (10, 1.5, "F"), (12, 0.8, "O"), (14, 1.5, "N")),
        ((0, 2, "R"), (5, 0.8, "O"), (7, 0.8, "R"), (8, 1.5, "F"), (11, 0.8, "R"), (14, 1.5, "N")),
    ),
    "walking": (
        ((0, 3.8, "R"), (4, 3.8, "T"), (8, 3.8, "F"), (12, 3.8, "N")),
        ((0, 3.8, "R"), (4, 3.8, "F"), (8, 3.8, "T"), (12, 3.8, "N")),
    ),
    "waltz": (((0, 4, "R"),), ((0, 4, "F"),)),
    "octaves": (tuple((2 * index, 1.6, "O" if index % 2 else "R") for index in range(8)),),
    "bossa": (((0, 5.6, "R"), (6, 1.8, "F"), (8, 5.6, "F"), (14, 1.8, "R")),),
    "reggae": (((0, 3, "R"), (6, 1.8, "R"), (8, 3, "T"), (12, 3.5, "F")), ((2, 2, "R"), (6, 2, "F"), (8, 5, "R"))),
}


_ARPEGGIO_68 = (_run(2, 5, (0, 1, 2, 3, 2, 1)), _run(2, 5, (0, 2, 1, 3, 2, 1)))
_LAZY_68 = (_hits((0, 5.5), (6, 5.5)), _hits((0, 5.5), (6, 3.5), (10, 1.8)))
_PUSHED_68 = (_hits((0, 2), (4, 1.8), (6, 2), (10, 1.8)), _hits((4, 1.8), (6, 2), (10, 1.8)))
COMP_68: dict[str, tuple[Figure, ...]] = {
    "slow_arpeggio": (_run(3, 8, (0, 1, 2, 3)), _run(3, 8, (0, 2, 3, 1))),
    "harp_arpeggio": _ARPEGGIO_68,
    "broken_chords": (_run(2, 6, (0, 1, 2, 3, 2, 1)), _run(2, 6, (0, 1, 2, 4, 3, 1))),
    "ostinato": (_run(2, 1.5, (0, 2, 3, 0, 2, 3), (14, 0, 0)),),
    "power_eighths": (_run(2, 1.8, (POWER,) * 6, (10, 0, 0)),),
    "power_gallop": (_run(2, 1.5, (POWER,) * 6, (10, 0, 4)),),
    "strum": (_hits((0, 3.5), (4, 1.8), (6, 3.5), (10, 1.8)), _hits((0, 3.5), (4, 1.8), (6, 2), (8, 1.8), (10, 1.8))),
    "offbeat_stabs": _PUSHED_68,
    "sixteenth_arpeggio": (_run(1, 0.9, (0, 1, 2, 3, 2, 1, 0, 1, 2, 4, 3, 2), (10, 0, 3, 0, 3, 0)),),
    "eighth_arpeggio": _ARPEGGIO_68,
    "lazy_chords": _LAZY_68,
    "sixteenth_stabs": _PUSHED_68,
    "charleston": (_hits((0, 4), (4, 2)), _hits((4, 1.5), (10, 2))),
    "fingerpicking": (_run(2, 5, (0, 3, 1, 2, 3, 1)), _run(2, 5, (0, 2, 1, 3, 2, 1))),
    "waltz": (_hits((2, 1.8), (4, 1.8), (8, 1.8), (10, 1.8)),),
    "sparse": (((0, 11, 3, 4), (6, 6, 2, 0)), ((6, 6, 1, 0),)),
    "bossa": _PUSHED_68,
    "skank": (_hits((4, 1.2), (10, 1.2)),),
}
_STEADY_68: tuple[BassFigure, ...] = (tuple((2 * index, 1.7, "N" if index == 5 else "R") for index in range(6)),)
_SWAYING_68: tuple[BassFigure, ...] = (((0, 5.4, "R"), (6, 5.4, "F")), ((0, 5.4, "R"), (6, 3.6, "F"), (10, 1.8, "N")))
BASS_68: dict[str, tuple[BassFigure, ...]] = {
    name: figure
    for names, figure in (
        (("none",), ((),)),
        (("pedal", "long"), (((0, 11.7, "R"),),)),
        (("pulse", "eighths", "gallop", "octaves"), _STEADY_68),
        (("offbeat", "rolling"), (((2, 1.7, "R"), (4, 1.7, "R"), (8, 1.7, "R"), (10, 1.7, "O")),)),
        (("root_fifth", "lofi", "funk", "bossa", "reggae", "waltz"), _SWAYING_68),
        (("walking",), (((0, 3.8, "R"), (4, 1.8, "T"), (6, 3.8, "F"), (10, 1.8, "N")),)),
    )
    for name in names
}


_PUSHED_34 = (_hits((0, 2), (4, 2), (6, 2), (10, 1.8)), _hits((2, 1.5), (4, 2), (8, 2), (10, 1.5)))
COMP_34: dict[str, tuple[Figure, ...]] = {
    "ostinato": (_run(2, 1.5, (0, 2, 3, 2, 3, 2), (14, 0, 8, 0, 8, 0)),),
    "power_gallop": (_run(2, 1.5, (POWER,) * 6, (10, 0, 4, 0, 4, 0)),),
    "offbeat_stabs": (_hits((2, 1.5), (6, 1.5), (10, 1.5)), _hits((2, 1.5), (4, 1.5), (6, 1.5), (10, 1.5))),
    "sixteenth_stabs": _PUSHED_34,
    "charleston": (_hits((0, 3), (4, 2)), _hits((4, 1.5), (8, 2))),
    "bossa": _PUSHED_34,
    "skank": (_hits((4, 1.2), (8, 1.2)),),
}
_STEPS_34: tuple[BassFigure, ...] = (((0, 7.4, "R"), (8, 3.6, "F")), ((0, 3.8, "R"), (4, 3.8, "F"), (8, 3.6, "N")))
BASS_34: dict[str, tuple[BassFigure, ...]] = dict.fromkeys(("root_fifth", "lofi", "funk", "bossa", "reggae"), _STEPS_34)


def comp_figures(name: str, metre: Metre) -> tuple[Figure, ...]:
    """Return the bars of an accompaniment figure in a metre."""
    if metre.compound:
        return COMP_68[name]
    if metre.sixteenths == 12 and name in COMP_34:
        return COMP_34[name]
    if name == "waltz":
        return (_hits(*((beat, 3.0) for beat in range(4, metre.sixteenths, 4))),)
    end = metre.sixteenths
    if end == 16:
        return COMP[name]
    return tuple(
        tuple((at, min(length, end + 4 - at), tone, accent) for at, length, tone, accent in figure if at < end)
        for figure in COMP[name]
    )


def bass_figures(name: str, metre: Metre) -> tuple[BassFigure, ...]:
    """Return the bars of a bass line in a metre."""
    if metre.compound:
        return BASS_68[name]
    if metre.sixteenths == 12 and name in BASS_34:
        return BASS_34[name]
    if name == "waltz" and metre.sixteenths == 16:
        return BASS["root_fifth"]
    end = metre.sixteenths
    if end == 16:
        return BASS[name]
    return tuple(
        tuple((at, min(length, end - at - 0.2), tone) for at, length, tone in figure if at < end)
        for figure in BASS[name]
    )
