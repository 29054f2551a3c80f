"""Scores as sheets: stretches of one metre and key with four parts and chords on a grid, read from MuseScore files.

A quartet's staves are its parts. Of a song they are the voice, the top of the right hand, what is between, and the
lowest of the left hand. Chords are estimated from all staves as for the melody model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.generation.errors import GenerationError
from agent.generation.infilling.grid import BAR, METRES, PARTS, ROWS, SPAN, STEPS, Grid, chord_token, laid
from agent.generation.melodies.musescore import Bar, ReadScore, ScoreFileError, Sounded, read_musescore, scores_in
from agent.generation.melodies.passages import estimate_chord, key_of_bars, stretches

_OFF_GRID = 0.15
_CHORDAL = 0.3  # more notes that begin together than this share make a staff a piano's
_SIGNATURES = frozenset({(4, 4), (2, 2), (2, 4), (3, 4), (6, 8)})


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A stretch of a work: tokens ``(5, steps)`` at pitch, one of `METRES`, its key; `song` tells voice and piano."""

    work: str
    grid: Grid
    metre: str
    tonic: int
    minor: bool
    song: bool

    @property
    def bar(self) -> int:
        """Sixteenths a bar."""
        return BAR[self.metre]


def read_sheets(folder: Path) -> Iterator[tuple[Path, list[Sheet]]]:
    """Give the sheets of each score below a folder; what cannot be read gives none."""
    for path in scores_in(folder):
        try:
            yield path, sheets_of(read_musescore(path), work_of(path))
        except ScoreFileError:
            yield path, []


def work_of(path: Path) -> str:
    """Name the work that a file is of: composer and opus, below a folder `scores` where there is one.

    Songs lie a folder deeper than quartets, which are named so that not all of the few fall into one part of a split.
    """
    parts = path.parts
    inside = parts[parts.index("scores") + 1 :] if "scores" in parts else parts[-4:]
    return "/".join(inside[:2] if len(inside) > 3 else ("Quartets", *inside[:2]))


def sheets_of(score: ReadScore, work: str) -> list[Sheet]:
    """Cut a score where metre or key change; what is shorter than the model's span or has no four parts is left out."""
    rows = _rows(score)
    if rows is None:
        return []
    cut = [bars for bars in stretches(score.bars, _SIGNATURES) if sum(bar.length for bar in bars) * 4 >= STEPS]
    return [sheet for bars in cut if (sheet := _sheet(bars, rows, score, work)) is not None]


def write_sheets(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write sheets into one file, to train where the scores are not."""
    np.savez_compressed(
        path,
        grid=np.concatenate([sheet.grid for sheet in sheets], axis=1).astype(np.uint8),
        length=np.array([sheet.grid.shape[1] for sheet in sheets]),
        work=np.array([sheet.work for sheet in sheets]),
        metre=np.array([METRES.index(sheet.metre) for sheet in sheets]),
        told=np.array([(sheet.tonic, sheet.minor, sheet.song) for sheet in sheets]),
    )


def load_sheets(path: Path) -> list[Sheet]:
    """Read sheets that were written.

    Raises:
        GenerationError: the file holds none.
    """
    try:
        with np.load(path) as kept:
            ends = np.cumsum(kept["length"])
            grids = np.split(kept["grid"].astype(np.int64), ends[:-1], axis=1)
            rows = zip(kept["work"], grids, kept["metre"], kept["told"], strict=True)
            return [
                Sheet(str(work), grid, METRES[int(metre)], int(told[0]), bool(told[1]), bool(told[2]))
                for work, grid, metre, told in rows
            ]
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise GenerationError(f"{path} holds no grids ({error}); give a folder of MuseScore 3 files") from error


def _rows(score: ReadScore) -> list[list[Sounded]] | None:
    """Return four parts of a score from the top; None where it has no quartet's or song's staves."""
    staves = score.staves
    if len(staves) == PARTS and max(map(_chordal, staves)) < _CHORDAL:
        return [_tops(staff) for staff in staves]
    if len(staves) == 3:
        return [list(score.lead), *_piano(staves[1], staves[2])]
    return None


def _chordal(staff: Sequence[Sounded]) -> float:
    return 1 - len({round(note.start, 3) for note in staff}) / max(1, len(staff))


def _tops(staff: Sequence[Sounded]) -> list[Sounded]:
    """Keep the highest of what begins together."""
    kept: dict[float, Sounded] = {}
    for note in staff:
        at = round(note.start, 3)
        if at not in kept or note.pitch > kept[at].pitch:
            kept[at] = note
    return [kept[at] for at in sorted(kept)]


def _piano(right: Sequence[Sounded], left: Sequence[Sounded]) -> list[list[Sounded]]:
    """Return top, middle and bass of two hands: the middle is the highest that is neither."""
    struck: dict[float, tuple[list[Sounded], list[Sounded]]] = {}
    for hand, staff in enumerate((right, left)):
        for note in staff:
            struck.setdefault(round(note.start, 3), ([], []))[hand].append(note)
    lines: list[list[Sounded]] = [[], [], []]
    for at in sorted(struck):
        upper, lower = (sorted(notes, key=lambda note: note.pitch) for notes in struck[at])
        if upper:
            lines[0].append(upper.pop())
        if lower:
            lines[2].append(lower.pop(0))
        if between := [*lower, *upper]:
            lines[1].append(max(between, key=lambda note: note.pitch))
    return lines


def _sheet(bars: Sequence[Bar], rows: Sequence[list[Sounded]], score: ReadScore, work: str) -> Sheet | None:
    begin, end = bars[0].start, bars[-1].start + bars[-1].length
    steps = round((end - begin) * 4)
    inside = [[n for n in row if begin - 1e-6 <= n.start < end - 1e-6] for row in rows]
    if sum(len(row) >= len(bars) // 2 for row in inside) < PARTS - 1:
        return None
    off = [abs((note.start - begin) * 4 % 1 - 0.5) < 0.4 for row in inside for note in row]
    if np.mean(off) > _OFF_GRID:
        return None
    heard = [note for staff in score.staves for note in staff if note.start < end and note.start + note.length > begin]
    tonic, minor = key_of_bars(bars[0].sharps, heard)
    top, bottom = bars[0].metre
    metre = f"{top}/{bottom}" if (top, bottom) in {(3, 4), (6, 8)} else "4/4"
    grid = np.empty((ROWS, steps), np.int64)
    for part, row in enumerate(inside):
        grid[part] = laid(
            [(round((note.start - begin) * 4), round(note.length * 4), note.pitch) for note in row], steps
        )
    span = SPAN[metre]
    for at in range(0, steps, span):
        chord = estimate_chord(heard, begin + at / 4, begin + (at + span) / 4, 0)
        grid[PARTS, at : at + span] = chord_token(chord.root, chord.tones)
    return Sheet(work, grid, metre, tonic, minor, len(score.staves) == 3)
