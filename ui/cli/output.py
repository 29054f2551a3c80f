"""What programs read from the command line."""

from __future__ import annotations

import json
from typing import Any

import typer


def out(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=1, default=str, ensure_ascii=False))
