"""A tune from its skeleton: what sounds on strong beats stays, the infilling model writes what is between.

After Small Tunes Transformer (Lv et al., 2024): a reduction of a melody, made whole again.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from agent.generation.infilling.filling import fill
from agent.generation.infilling.grid import MASK, PARTS, ROWS, laid, learned, notes_in
from agent.generation.infilling.network import Told
from agent.generation.metre import Metre
from agent.generation.theory import Key
from agent.generation.tunes import Tune, TuneNote
from agent.generation.values import GenerationRequest

_VELOCITY = 84
_AROUND = 5  # semitones beyond the skeleton's own range
_ASKED = re.compile(
    r"\bskeleton\b|\b(?:flesh|fill|write) (?:out|in) (?:my|this|the) (?:melody|tune)\b"
    r"|\b(?:embellish|ornament|decorate)\b|\b(?:verziere|schmücke)\b|\bmelodiegerüst",
    re.IGNORECASE,
)


def asks_filling(request: GenerationRequest) -> bool:
    """Whether a tune that was handed over is to be filled in between its strong beats."""
    if request.task is not None:
        return request.task == "skeleton"
    return request.melody is not None and bool(_ASKED.search(request.text))


def filled_in(tune: Tune, key: Key, metre: Metre, rng: np.random.Generator) -> Tune:
    """Return a tune that sounds on strong beats as this one does, and between them as songs that people wrote do."""
    steps = tune.bars(metre) * metre.sixteenths
    line = [(round(note.start), max(1, round(note.length)), note.pitch) for note in tune.notes]
    strong = np.isin(np.arange(steps) % metre.sixteenths, metre.strong)
    grid = np.full((ROWS, steps), MASK)
    grid[0, strong] = laid(line, steps)[strong]
    pitches = [note.pitch for note in tune.notes]
    ranges = [(min(pitches) - _AROUND, max(pitches) + _AROUND)] * PARTS
    told = Told(learned(metre.name), key.tonic, key.is_minor, song=True)
    row = fill(grid, told, rng, wanted=[0], ranges=ranges)[0]
    notes = [TuneNote(float(start), float(length), pitch, _VELOCITY) for start, length, pitch in notes_in(row)]
    return replace(tune, notes=tuple(notes)) if notes else tune
