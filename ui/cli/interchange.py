"""Playlists and other programs: files resolved and imported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.output import out

if TYPE_CHECKING:
    from retrieval.continuation.resolving import Resolution
    from ui.compose import App

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
PlaylistFile = Annotated[Path, typer.Argument(help="A playlist file: M3U8, XSPF, JSPF, CSV or PLS.")]


def add_commands(group: typer.Typer) -> None:
    """Add these commands to the group ``trichord playlists``."""
    group.command("resolve")(resolve)
    group.command("import")(import_)


def resolve(file: PlaylistFile, as_json: JsonFlag = False) -> None:
    """Tell which tracks of the catalogue a file's entries are, and why the others are not found; keeps nothing."""
    with _parts() as parts:
        _report(parts, _resolved(parts, file), as_json)


def import_(
    file: PlaylistFile,
    title: Annotated[str | None, typer.Option(help="Its name here; the file's own unless told.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only; keep nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Keep a playlist file as a playlist, what is not in the catalogue by its words."""
    with _parts() as parts:
        found = _resolved(parts, file)
        playlist_id = None
        if not dry_run:
            name = title or found.title or file.stem
            playlist_id = parts.catalogue.playlists.create(name, found.items()).id
        _report(parts, found, as_json, playlist_id)


@contextmanager
def _parts() -> Iterator[App]:
    from ui.cli.main import app

    parts = app()
    try:
        yield parts
    finally:
        parts.close()


def _resolved(parts: App, file: Path) -> Resolution:
    from catalog.formats.playlist import read_playlist_file

    return parts.continuer.resolver().resolve(read_playlist_file(file))


def _report(parts: App, found: Resolution, as_json: bool, playlist_id: str | None = None) -> None:
    from ui.api.interchange import report_shape

    shape = report_shape(found, parts.catalogue, playlist_id)
    if as_json:
        out(shape.model_dump(mode="json"))
        return
    for e in (e for e in shape.entries if e.track_id is None):
        by = f" by {e.artist}" if e.artist else ""
        near = f"; the closest is “{e.closest.title}”" if e.closest else ""
        near += f" by {e.closest.artist}" if e.closest and e.closest.artist else ""
        typer.echo(f"  {e.place}. {e.title or e.location or 'nameless'}{by}: {e.reason}{near}")
    how = ", ".join(f"{n} by {name}" for name, n in shape.by.items())
    kept = f" Kept as {playlist_id}." if playlist_id else ""
    typer.echo(f"{shape.found} of {len(shape.entries)} entries are here{f' ({how})' if how else ''}.{kept}")
