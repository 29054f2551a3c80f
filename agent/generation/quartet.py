"""A string quartet: what is not there of first and second violin, viola and cello comes from the infilling model."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

import numpy as np

from agent.generation.changes import Changes
from agent.generation.errors import InvalidRequestError
from agent.generation.form import Form
from agent.generation.infilling.filling import fill
from agent.generation.infilling.grid import CHORDS, MASK, PARTS, ROWS, chord_token, laid, learned, notes_in
from agent.generation.infilling.network import Told
from agent.generation.instruments import BY_NAME, Instrument, Role
from agent.generation.notes import GridNote
from agent.generation.theory import Key
from agent.generation.tunes import Tune
from agent.generation.values import GenerationRequest

PLAYERS: tuple[tuple[Role, Instrument], ...] = (
    ("lead", BY_NAME["violin"]),
    ("pad", BY_NAME["violin"]),
    ("pad", BY_NAME["viola"]),
    ("bass", BY_NAME["cello"]),
)
_RANGES = ((57, 91), (55, 83), (48, 76), (36, 64))
_CENTRES = (74, 67, 60, 50)
_LOUD = (78, 66, 64, 72)
_TOUCHED = 0.95
_NAMED = re.compile(
    r"\b(string|streich|quatuor|cuarteto|弦乐四?重?)\w*[ -]?(quartet\w*|à cordes|de cuerdas?|四重奏)", re.IGNORECASE
)
_MISSING = re.compile(
    r"\bfill (?:in|out) the (?:(?:missing|other|inner) (?:parts|voices|strings)|strings)\b"
    r"|\b(?:ergänze|fülle) die (?:(?:fehlenden|anderen|übrigen) (?:stimmen|streicher)|streicher)\b",
    re.IGNORECASE,
)


def asks_quartet(request: GenerationRequest) -> bool:
    """Whether a string quartet is asked for: as a task, or by words with no other players and not for a film."""
    if request.task is not None:
        return request.task == "quartet"
    said = " ".join((request.text, request.genre or ""))
    others = set(request.instruments) - {"strings", "violin", "viola", "cello"}
    unwanted = any(player.name in request.negative.lower() for _, player in PLAYERS)
    named = _NAMED.search(said) or (request.melody is not None and _MISSING.search(said))
    return bool(named) and not (others or unwanted or request.wanted) and request.film is None


def seated(lines: Sequence[Tune]) -> dict[int, Tune]:
    """Give lines that were handed over, from the top, to the parts whose middle they are nearest to, in order.

    Raises:
        InvalidRequestError: there are more than four.
    """
    if len(lines) > PARTS:
        raise InvalidRequestError(
            f"the MIDI file has {len(lines)} tracks of one voice, and a string quartet has {PARTS}; hand over fewer"
        )
    means = [float(np.mean([note.pitch for note in line.notes])) for line in lines]
    rows = min(
        itertools.combinations(range(PARTS), len(lines)),
        key=lambda rows: sum(abs(_CENTRES[row] - mean) for row, mean in zip(rows, means, strict=True)),
    )
    return dict(zip(rows, lines, strict=True))


def fill_quartet(
    given: Mapping[int, Sequence[GridNote]], changes: Changes, form: Form, key: Key, rng: np.random.Generator
) -> list[list[GridNote]]:
    """Return the four lines over the body of a piece.

    Args:
        given: notes of the parts that are there, by number from the top.
        changes: the chords.
        form: bars and metre.
        key: its tonic and whether it is minor are what the model is told.
        rng: draws.
    """
    size = form.metre.sixteenths
    grid = np.full((ROWS, form.bars * size), MASK, np.int64)
    for part, notes in given.items():
        inside = [note for note in notes if note.bar < form.bars]
        line = [(round(note.bar * size + note.start), max(1, round(note.length)), note.pitch) for note in inside]
        grid[part] = laid(line, grid.shape[1])
    for at in range(grid.shape[1]):
        classes = changes.at(*divmod(at, size)).chord.classes(key)
        grid[CHORDS, at] = chord_token(classes[0], classes) if classes else 0
    filled = fill(grid, Told(learned(form.metre.name), key.tonic, key.is_minor), rng, ranges=_RANGES)
    return [list(given[part]) if part in given else _played(filled[part], part, size) for part in range(PARTS)]


def _played(row: np.ndarray, part: int, size: int) -> list[GridNote]:
    return [
        GridNote(*divmod(start, size), length * _TOUCHED, pitch, _LOUD[part] + 4 * (start % size == 0))
        for start, length, pitch in notes_in(row)
    ]
