"""A simulated dialogue: what was said, what was meant, and which tracks are right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from agent.errors import SimulationError
from agent.values import Comparison, Edit, Intent, NamedReference, Value
from catalog.values import FeedbackKind, TrackId
from retrieval.constraints import Field, Op

Split = Literal["train", "test"]
Clip = Literal["sea", "drive"]
MAX_TURNS = 5


class GoldWish(Value):
    """One wish in canonical form (`agent.simulation.canonical`)."""

    field: Field
    op: Op
    value: str | float | tuple[float, float]


class GoldPlan(Value):
    """What a message means. Of what it leaves out a plan must have nothing either.

    `also` are intents that come to the same here. `absent` tells that what is `named` is not in the catalogue. A
    compound message has `steps`, in the order of doing; the rest is then that of the step that decides the answer.
    """

    intent: Intent
    also: tuple[Intent, ...] = ()
    wishes: tuple[GoldWish, ...] = ()
    handles: tuple[int, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    edit: Edit | None = None
    reaction: FeedbackKind | None = None
    named: tuple[NamedReference, ...] = ()
    absent: bool = False
    playlist_title: str | None = None
    fresh: bool = False
    steps: tuple[GoldPlan, ...] = ()


class SimulatedTurn(Value):
    """One message, and the sample clip that came with it, if one did.

    `templates` are the ids of its parts, that of the sentence first; `noise` what was done to it. `standing` are the
    wishes that stand after it, `gold` the tracks that hold all of them, where it asks for tracks by wishes, or the
    track that it names.
    """

    message: str
    templates: tuple[str, ...]
    noise: tuple[str, ...] = ()
    plan: GoldPlan
    standing: tuple[GoldWish, ...] = ()
    gold: tuple[TrackId, ...] = ()
    clip: Clip | None = None


class Dialogue(Value):
    """A dialogue of up to five turns about one `goal`; `language` (ISO 639-1) is that of all its messages."""

    id: str
    split: Split
    language: str
    goal: TrackId
    turns: tuple[SimulatedTurn, ...]


def write_dialogues(dialogues: Sequence[Dialogue], path: Path) -> None:
    """Write dialogues as JSON Lines.

    Raises:
        SimulationError: the file cannot be written.
    """
    try:
        path.write_text("".join(d.model_dump_json() + "\n" for d in dialogues), encoding="utf-8")
    except OSError as error:
        raise SimulationError(f"{str(path)!r} cannot be written ({error.strerror}); give another file.") from error


def read_dialogues(path: Path) -> list[Dialogue]:
    """Read what `write_dialogues` wrote.

    Raises:
        SimulationError: no such file, no dialogue in it, or a line that is none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SimulationError(f"{str(path)!r} is no file of dialogues; write one by `trichord simulate`.") from error
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(Dialogue.model_validate_json(line))
            except ValidationError as error:
                told = error.errors()[0]["msg"]
                raise SimulationError(
                    f"Line {number} of {path.name} is no dialogue ({told}); write it anew."
                ) from error
    if not found:
        raise SimulationError(f"{path.name} holds no dialogue; write one by `trichord simulate dialogues`.")
    return found
