"""``trichord backends``: the music generators, what each can do, and what it takes to enable those that are not."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from ui.api.generation_shapes import system_shape
from ui.cli.output import out
from ui.generators import Offer


def show(offered: Sequence[Offer], as_json: bool) -> None:
    """Print the systems, the enabled ones first."""
    shapes = [system_shape(offer) for offer in offered]
    if as_json:
        out(shapes)
        return
    for shape in sorted(shapes, key=lambda shape: not shape["enabled"]):
        longest = "" if shape["max_seconds"] is None else f", up to {shape['max_seconds']:g} s"
        typer.echo(f"{'*' if shape['enabled'] else ' '} {shape['id']}: {shape['title']}, {shape['licence']}{longest}")
        typer.echo(f"    {', '.join(shape['capabilities'])}")
        if shape["remedy"]:
            typer.echo(f"    {shape['remedy']}")
    typer.echo("* is enabled")
