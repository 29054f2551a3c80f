"""``trichord models``: list, pull and verify on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ui.cli.output import out

if TYPE_CHECKING:
    from encoders.models.store import ModelStatus, ModelStore, PullEvent


def show(statuses: Sequence[ModelStatus], as_json: bool) -> None:
    """Print the state of weights."""
    if as_json:
        out([asdict(s) for s in statuses])
        return
    drawn = Table(box=None, pad_edge=False)
    for name in ("id", "slot", "state", "size", "licence", "default", "title"):
        drawn.add_column(name)
    for s in statuses:
        state = s.state + (f" ({s.detail})" if s.detail else "")
        drawn.add_row(s.id, s.slot, state, f"{s.bytes / 1e6:.0f} MB", s.licence, "yes" if s.default else "", s.title)
    Console().print(drawn)


def pull(store: ModelStore, ids: list[str] | None, as_json: bool) -> None:
    """Fetch weights, saying what happens."""
    wanted = ids or list(store.default_ids())
    missing = [s for s in (store.status(i) for i in wanted) if s.state != "present"]
    if missing and not as_json:
        typer.echo(f"Models: {len(missing)} to fetch, {sum(s.bytes for s in missing) / 1e6:.0f} MB.")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=as_json) as bar:
        tasks = {i: bar.add_task(i, total=None, start=False) for i in wanted}

        def told(event: PullEvent) -> None:
            bar.start_task(tasks[event.model_id])
            bar.update(
                tasks[event.model_id],
                description=f"{event.model_id}: {event.step}",
                completed=event.done,
                total=event.total or None,
            )

        found = store.pull(wanted, told)
    show(found, as_json) if as_json else typer.echo(f"Models: {len(found)} present and verified.")
