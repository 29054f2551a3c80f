"""``trichord evaluate``: how good the answers are, over your own catalogue."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ui.cli.output import out

if TYPE_CHECKING:
    from collections.abc import Callable

    from retrieval.evaluation.values import TaskReport
    from ui.compose import App


def retrieval(parts: App, output: Path, cases: int, seed: int, as_json: bool) -> None:
    """Run every task and write the report."""
    import numpy as np

    from retrieval.errors import QueryError, RetrievalError
    from retrieval.evaluation import tasks
    from retrieval.evaluation.report import markdown, write_plots, write_report

    engine = parts.engine
    tracks = len(engine.state.snapshot)
    if tracks < 2:
        raise QueryError(f"The catalogue has {tracks} tracks; ingest at least two to evaluate.")
    run: list[Callable[[np.random.Generator], TaskReport]] = [
        lambda rng: tasks.text_to_music(engine, cases, rng),
        lambda rng: tasks.music_to_music(engine, cases, rng),
        lambda rng: tasks.hard_wishes(engine, cases, rng),
        lambda rng: tasks.nothing_fits(engine, rng),
        lambda rng: tasks.duplicates(engine, cases, rng),
        lambda rng: tasks.latency(engine, min(cases, 100), rng),
    ]
    # Each task draws from a stream of its own, so that one more case here changes nothing there.
    reports = [task(rng) for task, rng in zip(run, np.random.default_rng(seed).spawn(len(run)), strict=True)]
    about = f"{tracks} tracks, ranker {parts.ranker.name}, seed {seed}, {cases} cases a task."
    written = write_report(reports, output, about)
    try:
        written += write_plots(reports, output)
    except RetrievalError as error:
        # The figures are there all the same.
        typer.echo(str(error), err=True)
    parts.close()
    if as_json:
        out([asdict(r) for r in reports])
        return
    typer.echo(markdown(reports, about))
    typer.echo("Written: " + ", ".join(str(p) for p in written))
