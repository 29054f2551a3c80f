"""Drum patterns: one bar as a row of sixteenths a drum; X accent, x hit, o ghost note, . silence.

`main` carries the verse, `full` the strongest sections; `fill` ends a phrase of eight bars. Rows are written in 4/4
(the waltz in 3/4). In 2/4 the half with the bass drum is played; in 3/4 the last beat falls away, but for rows of
dotted rhythm, which would be heard as 6/8; 6/8 has bars of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent.generation.form import Section
from agent.generation.metre import Metre
from agent.generation.notes import GridNote

_PITCH = {
    "kick": 36, "rim": 37, "snare": 38, "clap": 39, "hat": 42, "open": 46, "pedal": 44, "crash": 49, "ride": 51,
    "low": 41, "mid": 47, "high": 50, "tambourine": 54, "shaker": 70, "conga": 63, "conga_low": 64, "taiko": 35,
    "cowbell": 56, "claves": 75,
}  # fmt: skip
_QUIET = 0.42  # sections up to this level have no drums
_LOUD = {"X": 112, "x": 90, "o": 48}
Rows = dict[str, str]


@dataclass(frozen=True, slots=True)
class Kit:
    """The bars of one style."""

    main: Rows
    full: Rows
    fill: Rows
    crash: bool = True


_TOM_FILL = {
    "kick": "X.......x.......",
    "snare": "x...x.x.X.xx....",
    "high": "..........x.....",
    "mid": "............x.x.",
    "low": "..............xX",
}
KITS: dict[str, Kit] = {
    "rock": Kit(
        {"kick": "X.....x.X.......", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
        {
            "kick": "X.....x.X.x.....",
            "snare": "....X..o....X..o",
            "open": "X...x...x...x...",
            "hat": "..x...x...x...x.",
        },
        _TOM_FILL,
    ),
    "metal": Kit(
        {"kick": "X.xxX.xxX.xxX.xx", "snare": "....X.......X...", "ride": "x...x...x...x..."},
        {
            "kick": "XxxxXxxxXxxxXxxx",
            "snare": "....X.......X...",
            "crash": "x.......x.......",
            "hat": "x...x...x...x...",
        },
        _TOM_FILL,
    ),
    "pop": Kit(
        {"kick": "X.......X.x.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
        {
            "kick": "X..x....X.x.....",
            "snare": "....X.......X..o",
            "hat": "x.xxx.x.x.xxx.x.",
            "tambourine": "....x.......x...",
        },
        _TOM_FILL,
    ),
    "house": Kit(
        {"kick": "X...X...X...X...", "hat": "..x...x...x...x.", "clap": "....x.......x..."},
        {"kick": "X...X...X...X...", "open": "..X...X...X...X.", "clap": "....X.......X...", "hat": "x.ox.xo.x.ox.xox"},
        {"kick": "X...X...X.......", "clap": "....X...x.x.xxxx", "open": "..x...x........."},
    ),
    "techno": Kit(
        {"kick": "X...X...X...X...", "hat": "..x...x...x...x.", "rim": "...x......x....."},
        {"kick": "X...X...X...X...", "open": "..X...X...X...X.", "hat": "xoxoxoxoxoxoxoxo", "clap": "....x.......x..x"},
        {"kick": "X...X...X...X.X.", "snare": "o.o.o.x.x.x.xxXX"},
    ),
    "synthwave": Kit(
        {"kick": "X.......X.......", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
        {
            "kick": "X.......X.x.....",
            "snare": "....X.......X...",
            "hat": "xoxoxoxoxoxoxoxo",
            "open": "..............x.",
        },
        _TOM_FILL,
    ),
    "lofi": Kit(
        {"kick": "X......x..x.....", "snare": "....x.......x...", "hat": "x.o.x.o.x.o.x.oo"},
        {"kick": "X......x..x....o", "snare": "....x..o....x...", "hat": "x.oox.o.x.o.x.oo", "rim": "..........o....."},
        {
            "kick": "X......x........",
            "snare": "....x.....o.x.o.",
            "hat": "x.o.x.o.x.......",
            "open": "..............x.",
        },
        crash=False,
    ),
    "hiphop": Kit(
        {"kick": "X..x......x.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
        {
            "kick": "X..x...x..x.....",
            "snare": "....X.......X..o",
            "hat": "x.x.x.xxx.x.xxx.",
            "open": "......x.........",
        },
        {"kick": "X..x......x.....", "snare": "....X...o.o.XxXx", "hat": "x.x.x.x........."},
        crash=False,
    ),
    "funk": Kit(
        {"kick": "X..x..x...x..x..", "snare": "....X..o.o..X...", "hat": "x.x.x.x.x.x.x.x."},
        {
            "kick": "X.x...x...xx.x..",
            "snare": "....X..o.o..X..o",
            "hat": "xoxoxoxoxoxox.xo",
            "open": ".............x..",
        },
        _TOM_FILL,
    ),
    "jazz": Kit(
        {"ride": "x...x.x.x...x.x.", "pedal": "....x.......x...", "kick": "o.......o......."},
        {
            "ride": "X...x.x.X...x.x.",
            "pedal": "....x.......x...",
            "snare": "......o.......oo",
            "kick": "o.........o.....",
        },
        {"ride": "x...x.x.x.......", "snare": "..........o.x.xx", "kick": "o.............x."},
        crash=False,
    ),
    "shaker": Kit(
        {"shaker": "x.o.x.o.x.o.x.o."},
        {"shaker": "xoxoxoxoxoxoxoxo", "tambourine": "....x.......x...", "kick": "x.......x......."},
        {"shaker": "x.o.x.o.x.x.x.x."},
        crash=False,
    ),
    "timpani_light": Kit({}, {"taiko": "x.......x......."}, {"taiko": "x.....o.x.o.x.xX"}),
    "epic": Kit(
        {"taiko": "X.....x...x.....", "low": "......o.....o.o."},
        {"taiko": "X..x..X...x.X.x.", "low": "x..x..x..x..x.xx", "mid": "....o.....o....."},
        {"taiko": "X...X...X.X.XXXX", "mid": "..x...x.x.x.xxxx"},
    ),
    "chip": Kit(
        {"kick": "X...X...X...X...", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
        {"kick": "X..xX...X..xX...", "snare": "....X.......X.xx", "hat": "xoxoxoxoxoxoxoxo"},
        {"kick": "X.......X.......", "snare": "X.x.X.x.XxXxXXXX"},
    ),
    "heartbeat": Kit(
        {"taiko": "x..o............"}, {"taiko": "X..x............"}, {"taiko": "x..o......o....."}, crash=False
    ),
    "bossa": Kit(
        {"kick": "x..xx..xx..xx..x", "rim": "x..x..x...x..x..", "hat": "xoxoxoxoxoxoxoxo"},
        {"kick": "x..xx..xx..xx..x", "rim": "X..x..x...x..x..", "hat": "xoxoxoxoxoxoxoxo", "conga": "....o.x.....o.xx"},
        {"kick": "x..xx..xx..x....", "conga": "..x...x.x.x.xxxx", "rim": "x..x..x........."},
        crash=False,
    ),
    "one_drop": Kit(
        {"kick": "........X.......", "rim": "........x.......", "hat": "..x...x...x...xo"},
        {"kick": "........X.......", "snare": "........X.....o.", "hat": "x.x.x.xox.x.x.xo"},
        {"kick": "........X.......", "high": "....x.x.........", "mid": "........x.x.....", "low": "............x.xx"},
    ),
    "waltz_brush": Kit(
        {"ride": "x...o...o..."},
        {"ride": "x...x...x...", "kick": "x..........."},
        {"snare": "x...o.o.x.x."},
        crash=False,
    ),
}


_BEAT_68 = Kit(
    {"kick": "X.........x.", "snare": "......X.....", "hat": "x.x.x.x.x.x."},
    {"kick": "X.....o...x.", "snare": "......X....o", "hat": "X.x.x.X.x.x.", "tambourine": "......x....."},
    {"kick": "X...........", "snare": "x.x.x.X.....", "high": "......x.x...", "low": "........x.xX"},
)
_PULSE_68 = Kit(
    {"kick": "X.....X.....", "hat": "..x.x...x.x.", "clap": "......x....."},
    {"kick": "X.....X.....", "open": "....X.....X.", "hat": "x.xox.x.xox.", "clap": "......X....."},
    {"kick": "X.....X.....", "snare": "o.x.x.x.xxXX"},
)
_SOFT_68 = Kit(
    {"ride": "x...x.x...x.", "kick": "o..........."},
    {"ride": "X.x.x.x.x.x.", "pedal": "......x.....", "kick": "x.........o."},
    {"ride": "x...x.......", "snare": "......o.x.x."},
    crash=False,
)
_SHAKER_68 = Kit(
    {"shaker": "x.o.o.x.o.o."},
    {"shaker": "x.o.x.x.o.x.", "tambourine": "......x.....", "kick": "x..........."},
    {"shaker": "x.o.o.x.x.x."},
    crash=False,
)
_TAIKO_68 = Kit(
    {"taiko": "X.....x...o.", "low": "....o.....o."},
    {"taiko": "X...x.X.x.x.", "low": "x.....x...x.", "mid": "..o...o....."},
    {"taiko": "X.....X.X.XX", "mid": "..x.x...x.xx"},
)
_KITS_68: dict[str, Kit] = {
    name: kit
    for names, kit in (
        (("rock", "metal", "pop", "funk", "hiphop", "lofi", "chip", "one_drop", "synthwave"), _BEAT_68),
        (("house", "techno"), _PULSE_68),
        (("jazz", "waltz_brush", "bossa"), _SOFT_68),
        (("shaker",), _SHAKER_68),
        (("timpani_light",), Kit({}, {"taiko": "x.....x....."}, {"taiko": "x...o.x.o.xX"})),
        (("epic",), _TAIKO_68),
        (
            ("heartbeat",),
            Kit({"taiko": "x.o........."}, {"taiko": "X.x........."}, {"taiko": "x.o...o....."}, crash=False),
        ),
    )
    for name in names
}
_BEAT_34 = Kit(
    {"kick": "X...........", "snare": "....X...X...", "hat": "x.x.x.x.x.x."},
    {"kick": "X.....x.....", "snare": "....X...X..o", "hat": "xox.xox.xox.", "open": "..........x."},
    {"kick": "X...........", "snare": "....x.x.X.xx", "high": "......x.....", "low": "..........xX"},
)
_SOFT_34 = Kit(
    {"ride": "x...x.x.x.x.", "kick": "o...........", "rim": "....o...o..."},
    {"ride": "X...x.x.x.x.", "kick": "x.....o.....", "rim": "....x...x..."},
    {"ride": "x...x.......", "snare": "......o.x.x."},
    crash=False,
)
_KITS_34: dict[str, Kit] = {
    **dict.fromkeys(("metal", "lofi", "hiphop", "funk", "one_drop"), _BEAT_34),
    **dict.fromkeys(("jazz", "bossa"), _SOFT_34),
    "epic": Kit(
        {"taiko": "X...x...x...", "low": "......o...o."},
        {"taiko": "X...X...X.x.", "low": "x.x.x.x.x.xx", "mid": "......o...o."},
        {"taiko": "X...X...X.XX", "mid": "..x...x.x.xx"},
    ),
    "techno": Kit(
        {"kick": "X...X...X...", "hat": "..x...x...x.", "rim": "..........x."},
        {"kick": "X...X...X...", "open": "..X...X...X.", "hat": "xoxoxoxoxoxo", "clap": "....x...x..."},
        {"kick": "X...X...X.X.", "snare": "o.o.x.x.xxXX"},
    ),
}
_ANNOUNCED = {8: 4, 12: 8, 16: 8}  # where a bar's last two beats begin, of two its last one


def kit_in(name: str, metre: Metre) -> Kit:
    """Return a kit's bars in a metre."""
    if metre.compound:
        return _KITS_68[name]
    if metre.sixteenths == 12 and name in _KITS_34:
        return _KITS_34[name]
    kit = KITS[name]
    return Kit(_cut(kit.main, metre), _cut(kit.full, metre), _cut(kit.fill, metre), kit.crash)


def _cut(rows: Rows, metre: Metre) -> Rows:
    size = metre.sixteenths
    if size == 16:
        return {drum: row if len(row) == 16 else row + row[4:8] for drum, row in rows.items()}
    if size == 12:
        return {drum: row[:12] for drum, row in rows.items()}
    kick = next((row for drum, row in rows.items() if drum in {"kick", "taiko"}), "X")
    begin = 0 if kick[0] != "." or len(kick) < 16 else 8
    return {drum: row[begin : begin + 8] for drum, row in rows.items()}


def lay_drums(
    name: str, sections: Sequence[Section], energy: float, rng: np.random.Generator, metre: Metre
) -> list[GridNote]:
    """Play the kit through the sections: quiet ones without, strong ones in full, fills before the next section."""
    kit = kit_in(name, metre)
    notes: list[GridNote] = []
    for index, section in enumerate(sections):
        if section.name in {"intro", "break"} or section.level <= _QUIET:
            notes += _pickup(kit, section, metre)
            continue
        strong = section.level * (0.6 + 0.5 * energy) >= 0.8
        for bar in range(section.start, section.start + section.bars):
            last = bar == section.start + section.bars - 1
            fill = last and (index < len(sections) - 1 or section.bars >= 4)
            notes += _bar(kit.fill if fill else kit.full if strong else kit.main, bar, 0.75 + 0.25 * section.level, rng)
        if kit.crash and energy > 0.4 and (kit.main or strong):
            notes.append(GridNote(section.start, 0, 8, _PITCH["crash"], 60 + 40 * energy))
    return notes


def _pickup(kit: Kit, section: Section, metre: Metre) -> list[GridNote]:
    """Announce the drums in the last two beats of a section that has none."""
    bar = section.start + section.bars - 1
    begin = 6 if metre.compound else _ANNOUNCED[metre.sixteenths]
    return [note for note in _bar(kit.fill, bar, 0.7, None) if note.start >= begin] if section.bars else []


def _bar(rows: Rows, bar: int, level: float, rng: np.random.Generator | None) -> list[GridNote]:
    notes = []
    for drum, row in rows.items():
        for start, mark in enumerate(row):
            if mark != "." and not (mark == "o" and rng is not None and rng.random() < 0.15):
                notes.append(GridNote(bar, start, 1, _PITCH[drum], _LOUD[mark] * level))
    return notes
