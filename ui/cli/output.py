"""What programs read from the command line."""

from __future__ import annotations

import json
from typing import Any

import typer


def out(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=1, default=str, ensure_ascii=False))


def points(arc: str | None) -> str | list[list[str]] | None:
    """Return the points of a drawn arc (``0:0.2,1:0.9``) as the REST door takes them; a named one as it is."""
    return arc if arc is None or ":" not in arc else [point.split(":", 1) for point in arc.split(",")]
