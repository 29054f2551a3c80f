"""``trichord simulate dialogues`` and ``trichord evaluate dialogue``."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import typer

from ui.cli.output import out

if TYPE_CHECKING:
    from agent.simulation.values import Dialogue, Split
    from ui.compose import App

# What an engine reads beside the catalogue; each is small next to the music.
_BESIDE = ("indexes", "ranker", "router", "playlist_models")


@dataclass(frozen=True, slots=True)
class Draw:
    """Which dialogues to draw: `n` of a split with a share of noise; with `clips` they are about sample clips."""

    n: int
    seed: int
    split: str
    noise: float
    clips: bool = False


def simulate(parts: App, draw: Draw, output: Path) -> None:
    """Draw dialogues from the catalogue and write them."""
    from agent.simulation.values import write_dialogues

    dialogues = _drawn(parts, draw)
    parts.close()
    write_dialogues(dialogues, output)
    turns = sum(len(d.turns) for d in dialogues)
    typer.echo(f"{len(dialogues)} dialogues of {turns} turns are in {output}.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to play: the dialogues of a file, or drawn ones.

    The language model alone is asked on `model_turns` turns; plots go to a folder, if one is given.
    """

    data: Path | None
    draw: Draw
    model_turns: int = 0
    plots: Path | None = None


def evaluate(parts: App, asked: Asked, failures: int, as_json: bool) -> None:
    """Hold the dialogues with the agent over a copy of the catalogue, and print the table."""
    import numpy as np
    from rich.console import Console
    from rich.progress import track

    from agent.assistant import Assistant
    from agent.evaluation import measures
    from agent.evaluation.playing import Deep, SeenOnce, Stage
    from agent.simulation.values import Clip, read_dialogues
    from retrieval.evaluation.report import markdown, write_bars

    drawn = asked.data is None
    dialogues = (
        _drawn(parts, asked.draw) if asked.data is None else _of_here(parts, read_dialogues(asked.data), asked.data)
    )
    with ExitStack() as stack:
        copy = stack.enter_context(_copy_of(parts))
        tools = replace(copy.tools, suggester=SeenOnce(copy.suggester))
        assistant = stack.enter_context(closing(Assistant(Deep(copy.planner), tools, _sessions(copy))))
        clips = {
            clip: stack.enter_context(as_file(files("ui.page") / "samples" / f"{clip}.mp4")) for clip in get_args(Clip)
        }
        model = copy.names_alone if asked.model_turns else None
        stage = Stage(assistant, tools, copy.text, model, asked.model_turns, clips)
        played = [stage.play(dialogue) for dialogue in track(dialogues, "dialogues", console=Console(stderr=True))]
        tracks = len(copy.engine.state.snapshot)
    seed, split = asked.draw.seed, asked.draw.split
    reports = measures.reports(played, np.random.default_rng(seed))
    written = []
    if asked.plots is not None:
        written = write_bars(measures.grouped(played, np.random.default_rng(seed)), asked.plots)
    turns = [t for p in played for t in p.turns]
    counted = measures.faults(turns)
    wrong = measures.failures(played, failures)
    planner = parts.settings.planner
    source = f"seed {seed}, split {split}{', about clips' * asked.draw.clips}" if drawn else str(asked.data)
    about = f"{len(played)} dialogues of {len(turns)} turns over {tracks} tracks; {source}; planner: {planner}."
    if as_json:
        out({"about": about, "tasks": [asdict(r) for r in reports], "faults": counted, "failures": wrong})
        return
    typer.echo(markdown(reports, about))
    typer.echo("Faults of plans: " + (", ".join(f"{name} {n}" for name, n in counted.most_common()) or "none") + ".")
    for line in wrong:
        typer.echo(f"- {line}")
    if written:
        typer.echo("Written: " + ", ".join(map(str, written)))


def _drawn(parts: App, draw: Draw) -> list[Dialogue]:
    from agent.errors import SimulationError
    from agent.simulation.drawing import draw_dialogues

    known: dict[str, Split] = {"train": "train", "test": "test"}
    if draw.split not in known:
        raise SimulationError(f"The split is {draw.split[:40]!r}; choose train or test.")
    snapshot = parts.engine.state.snapshot
    return draw_dialogues(snapshot, draw.n, draw.seed, known[draw.split], draw.noise, clips=draw.clips)


def _of_here(parts: App, dialogues: list[Dialogue], path: Path) -> list[Dialogue]:
    """Return dialogues whose goals are in this catalogue."""
    from agent.errors import SimulationError

    known = parts.engine.state.snapshot.row_of
    if strange := [d.id for d in dialogues if d.goal not in known]:
        raise SimulationError(
            f"{path.name} was drawn from another catalogue ({len(strange)} of {len(dialogues)} goals are not in this "
            "one); draw it anew by `trichord simulate dialogues`."
        )
    return dialogues


@contextmanager
def _copy_of(parts: App) -> Iterator[App]:
    """Yield an App over a copy of the catalogue: what simulated users save, like and compose goes with it."""
    from ui.compose import App

    settings = parts.settings
    # The parts keep the database open until then.
    parts.close()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            closing(sqlite3.connect(settings.catalogue_path)) as here,
            closing(sqlite3.connect(folder / settings.catalogue_path.name)) as there,
        ):
            here.backup(there)
        for part in _BESIDE:
            if (settings.data_dir / part).is_dir():
                shutil.copytree(settings.data_dir / part, folder / part)
        own = {"data_dir": folder, "models_dir": settings.models_path, "retrain_playlists": False}
        copy = App(settings.model_copy(update=own))
        try:
            yield copy
        finally:
            copy.close()


def _sessions(copy: App) -> Path:
    return copy.settings.data_dir / "sessions.db"
