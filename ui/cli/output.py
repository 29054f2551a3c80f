"""What programs read from the command line."""

from __future__ import annotations

import json
from typing import Any

import typer


def out(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=1, default=str, ensure_ascii=False))


def points(arc: str | None) -> str | list[list[str]] | list[str] | None:
    """Return a drawn arc (``0:0.2,1:0.9``), or one of two sounds (``sad,happy``), as the REST door takes it."""
    if arc is None or "," not in arc:
        return arc
    parts = [part.strip() for part in arc.split(",")]
    return [part.split(":", 1) for part in parts] if ":" in arc else parts
