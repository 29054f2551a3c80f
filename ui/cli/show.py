"""Tracks on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent.hearing import clock
from retrieval.constraints import Receipt
from retrieval.scene import LIMITS
from retrieval.values import SceneBrief, SearchResult
from ui.api import schemas


def brief(scene: SceneBrief) -> None:
    """Print what a clip or a picture asks for, stretch by stretch, and what cannot be seen in it."""
    typer.echo(f"I see: {scene.words}.")
    if len(scene.segments) > 1:
        for part in scene.segments:
            typer.echo(f"  {clock(part.start_s)} to {clock(part.end_s)}  {part.words}")
    typer.echo(f"({LIMITS})")


def recognised(found: schemas.RecognisedShape, as_json: bool) -> None:
    """Print which recording a sound was taken from."""
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
        return
    if found.track is None:
        typer.echo("No track of the catalogue is this recording." + (f" ({found.remedy})" if found.remedy else ""))
        return
    by = f" by {found.track.artist}" if found.track.artist else ""
    place = clock(found.offset_s or 0.0)
    typer.echo(f"“{found.track.title}”{by}, from {place} ({found.bit_error_rate:.0%} of bits differ)")


def search(result: SearchResult, as_json: bool, scene: SceneBrief | None = None) -> None:
    """Print a search result with its receipts."""
    if as_json:
        answer = schemas.TracksAnswer(
            tracks=schemas.candidates_shape(result.candidates),
            receipts=schemas.receipts_shape(result.receipts),
            fit=result.fit,
            relaxation=result.relaxation.words if result.relaxation else None,
            scene=schemas.scene_shape(scene) if scene else None,
        )
        typer.echo(answer.model_dump_json(indent=1))
        return
    table([(c.track.title, c.track.artist, c.score, "; ".join(c.reasons)) for c in result.candidates])
    receipts(result.receipts)
    if not result.candidates:
        wish = f" {result.relaxation.words}" if result.relaxation else ""
        typer.echo(f"Nothing holds all of that;{wish}." if wish else "Nothing found.")


def table(rows: Sequence[tuple[str, str | None, float, str]]) -> None:
    """Print tracks as a table; titles are text, never markup."""
    if not rows:
        return
    drawn = Table(box=None, pad_edge=False)
    for name in ("#", "title", "artist", "fit", "why"):
        drawn.add_column(name)
    for n, (title, artist, score, why) in enumerate(rows, 1):
        drawn.add_row(str(n), escape(title), escape(artist or ""), f"{score:.0%}", escape(why))
    Console().print(drawn)


def receipts(given: Sequence[Receipt]) -> None:
    """Print what became of each wish."""
    for r in given:
        typer.echo(f"  {r.status:13} {r.constraint.words}: {r.evidence}")
