"""``trichord demo``: from nothing to a page that answers, saying at each step what it does and how large it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from catalog.demo.fetch import fetch_demo
from ui.cli import library, weights

if TYPE_CHECKING:
    from ui.compose import App


def demo(parts: App, music: Path | None, full: bool) -> None:
    """Fetch models, fetch or take music, ingest it."""
    started = time.monotonic()
    typer.echo(f"[1/3] Model weights in {parts.settings.models_path} (about 1.3 GB when nothing is there yet).")
    weights.pull(parts.models, None, as_json=False)
    if music is None:
        target = parts.settings.data_dir / "demo"
        size = "several GB, half an hour and more" if full else "about 650 MB, one to five minutes"
        typer.echo(f"[2/3] Free music from Debian packages into {target} ({size}; nothing is installed).")
        fetched = fetch_demo(target, full=full, progress=lambda done, line: typer.echo(f"      {done:4.0%} {line}"))
        for failed in fetched.failed:
            typer.echo(f"      left out {failed.name}: {failed.reason}")
    else:
        target = music
        typer.echo(f"[2/3] Your own music in {target}.")
    typer.echo("[3/3] Listening to every track once: about one second each; interrupt and run again at will.")
    library.ingest(parts, [target], prune=False, retry=False, as_json=False)
    typer.echo(f"All is there after {time.monotonic() - started:.0f} s.")
