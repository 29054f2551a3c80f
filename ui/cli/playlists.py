"""Commands around stored playlists."""

from __future__ import annotations

import typer

playlists_cli = typer.Typer(help="Stored playlists: their history, files, and the way back.", no_args_is_help=True)
