"""Commands around stored playlists: list, show, history, back, copies, refresh, export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.output import out, points

if TYPE_CHECKING:
    from catalog.values import Playlist
    from ui.compose import App

playlists_cli = typer.Typer(help="Stored playlists: their history, files, and the way back.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(help="Its id, or its title.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Expected = Annotated[int | None, typer.Option(help="Refuse when it is not at this version any more.")]


@playlists_cli.command("list")
def listed(
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 50,
    offset: Annotated[int, typer.Option(help="How many to skip.", min=0, max=1_000_000_000)] = 0,
    as_json: JsonFlag = False,
) -> None:
    """List the stored playlists, the last changed first."""
    from ui.api.playlist_shapes import summary_shape

    with opened() as parts:
        found, total = parts.catalogue.playlists.page(limit, offset)
    if as_json:
        out({"playlists": [summary_shape(p) for p in found], "total": total})
        return
    rows = []
    for p in found:
        title = f"{p.title} (standing)" if p.standing else p.title
        rows.append((p.id, title, p.length, p.version, f"{p.updated_at:%Y-%m-%d %H:%M}"))
    _table(("id", "title", "entries", "version", "changed (UTC)"), rows)
    typer.echo(f"{len(found)} of {total} playlists.")


@playlists_cli.command()
def show(
    playlist: Which,
    version: Annotated[int | None, typer.Option(help="As it was then; now unless told.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print a playlist."""
    from ui.api.playlist_shapes import document_shape, playlist_shape, version_shape

    with opened() as parts:
        stored = _found(parts, playlist)
        if version is not None:
            then, document = parts.catalogue.playlists.version(stored.id, version)
    if as_json:
        out(playlist_shape(stored) if version is None else version_shape(then) | document_shape(document))
        return
    shown = stored if version is None else document
    typer.echo(f"“{shown.title}”, {len(shown.entries)} entries, version {version or stored.version} ({stored.id})")
    if shown.description:
        typer.echo(shown.description)
    rows = [
        (n, e.title, e.artist or "", "pinned" if e.pinned else "", e.added_by or "")
        for n, e in enumerate(shown.entries, 1)
    ]
    _table(("#", "title", "artist", "", "added by"), rows)
    if shown.bans:
        typer.echo(f"banned: {', '.join(shown.bans)}")


@playlists_cli.command()
def versions(
    playlist: Which,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 50,
    as_json: JsonFlag = False,
) -> None:
    """List what changed in a playlist, the newest first."""
    from ui.api.playlist_shapes import version_shape

    with opened() as parts:
        found, total = parts.catalogue.playlists.versions(_found(parts, playlist).id, limit)
    if as_json:
        out({"versions": [version_shape(v) for v in found], "total": total})
        return
    rows = [(v.number, f"{v.created_at:%Y-%m-%d %H:%M}", v.author or "", v.length, v.message) for v in found]
    _table(("version", "when (UTC)", "by", "entries", "what"), rows)


@playlists_cli.command()
def diff(
    playlist: Which,
    before: Annotated[int | None, typer.Option("--from", help="The version before, unless told.")] = None,
    after: Annotated[int | None, typer.Option("--to", help="The current version, unless told.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Tell what changed between two versions."""
    from ui.api.playlist_shapes import changes_shape

    with opened() as parts:
        stored = _found(parts, playlist)
        last = stored.version if after is None else after
        first = max(1, last - 1) if before is None else before
        changes = parts.catalogue.playlists.diff(stored.id, first, last)
    if as_json:
        out({"from": first, "to": last} | changes_shape(changes))
        return
    if changes.renamed:
        typer.echo(f"renamed: “{changes.renamed[0]}” to “{changes.renamed[1]}”")
    for sign, placed in (("-", changes.removed), ("+", changes.added), ("pinned", changes.pinned)):
        for p in placed:
            typer.echo(f"{sign} {p.position + 1}. {p.entry.title}" + (f", {p.entry.artist}" if p.entry.artist else ""))
    for m in changes.moved:
        typer.echo(f"moved {m.entry.title}: from {m.before + 1} to {m.after + 1}")
    for word, ids in (("banned", changes.banned), ("ban lifted", changes.unbanned)):
        for track_id in ids:
            typer.echo(f"{word}: {track_id}")


@playlists_cli.command()
def undo(playlist: Which, expect: Expected = None, as_json: JsonFlag = False) -> None:
    """Take the last change back, as a new version; again, the one before that."""
    with opened() as parts:
        stored = parts.catalogue.playlists.undo(_found(parts, playlist).id, expected_version=expect)
        _told(parts, stored, as_json)


@playlists_cli.command()
def restore(
    playlist: Which,
    version: Annotated[int, typer.Argument(help="The version to bring back.")],
    expect: Expected = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring back what a version held, as a new version."""
    with opened() as parts:
        stored = parts.catalogue.playlists.restore(_found(parts, playlist).id, version, expected_version=expect)
        _told(parts, stored, as_json)


@playlists_cli.command()
def fork(
    playlist: Which,
    title: Annotated[str | None, typer.Option(help="The same unless told.")] = None,
    version: Annotated[int | None, typer.Option(help="The current one unless told.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a copy with a history of its own."""
    with opened() as parts:
        _told(parts, parts.catalogue.playlists.fork(_found(parts, playlist).id, version, title), as_json)


@playlists_cli.command()
def refresh(playlist: Which, expect: Expected = None, as_json: JsonFlag = False) -> None:
    """Fill a standing playlist anew by its recipe: pins keep their places, banned tracks stay out."""
    from retrieval.continuation.recipes import refresh as refreshed

    with opened() as parts:
        stored = _found(parts, playlist)
        stored, _ = refreshed(parts.catalogue, parts.continuer, stored.id, expected_version=expect)
        _told(parts, stored, as_json)


@playlists_cli.command()
def reshape(
    playlist: Which,
    n: Annotated[int | None, typer.Option("-n", help="Tracks of the whole list.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Length of the whole list.")] = None,
    arc: Annotated[
        str | None, typer.Option(help="Energy: flat, rise, fall, wave, or points: 0:0.2,0.5:0.9,1:0.3.")
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(
            help="best, smooth, same, shuffle, reverse, or by energy, tempo, loudness, year, length, title, artist."
        ),
    ] = None,
    descending: Annotated[bool, typer.Option("--descending", help="From fast to slow, newest first, Z to A.")] = False,
    keep: Annotated[list[str] | None, typer.Option(help="A place (from 1) or track id that stays; repeat.")] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="What is kept also keeps its place.")] = False,
    wish: Annotated[list[str] | None, typer.Option(help="Such as “no vocals”, “only CC0”; repeat for more.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would be.")] = False,
    expect: Expected = None,
    as_json: JsonFlag = False,
) -> None:
    """Make the whole playlist another length, order or course, as a new version that undo takes back."""
    from ui.api.playlist_shapes import playlist_shape
    from ui.api.reshaping import reshape_body, reshaped, reshaped_shape, sentences

    given = {
        "n": n,
        "duration": None if minutes is None else minutes * 60,
        "arc": points(arc),
        "order": order,
        "descending": descending,
        # Places count from 1 here, as `show` prints them.
        "keep": [int(spot) - 1 if spot.isdecimal() else spot for spot in keep or ()],
        "in_place": in_place,
        "wishes": ", ".join(wish or ()),
        "dry_run": dry_run,
    }
    body = reshape_body({name: value for name, value in given.items() if value is not None})
    with opened() as parts:
        done = reshaped(parts, _found(parts, playlist).id, body, expect)
        if as_json:
            out(playlist_shape(done.playlist) | reshaped_shape(parts, done, body))
            return
        _table(("#", "title", "artist"), [(n, e.title, e.artist or "") for n, e in enumerate(done.entries, 1)])
        for sign, entries in (("-", done.went), ("+", done.came)):
            for e in entries:
                typer.echo(f"{sign} {e.title}" + (f", {e.artist}" if e.artist else ""))
        for sentence in sentences(parts, done, body):
            typer.echo(sentence)
        if dry_run:
            typer.echo(f"“{done.playlist.title}” stays at version {done.playlist.version}: nothing was written.")
        else:
            _told(parts, done.playlist, as_json)


@playlists_cli.command("similar")
def alike(
    playlist: Which,
    n: Annotated[int, typer.Option("-n", help="How many.", min=1, max=100)] = 10,
    as_json: JsonFlag = False,
) -> None:
    """Print the stored playlists that are most like one."""
    from dataclasses import asdict

    from retrieval.continuation.similar import similar

    with opened() as parts:
        found = similar(parts.engine.state, parts.catalogue.playlists.all(), _found(parts, playlist).id, n)
    if as_json:
        out([asdict(neighbour) for neighbour in found])
        return
    _table(("id", "title", "nearness"), [(p.playlist, p.title, f"{p.nearness:.2f}") for p in found])


@playlists_cli.command()
def export(
    playlist: Which,
    output: Annotated[Path, typer.Argument(help="The file to write: .m3u8, .xspf or .jspf.")],
) -> None:
    """Write a playlist to a file that players open."""
    from catalog.formats.playlist import write_playlist
    from ui.api.export import document_of

    with opened() as parts:
        stored = _found(parts, playlist)
        server = f"http://{parts.settings.host}:{parts.settings.port}"
        data = write_playlist(document_of(stored, parts.catalogue, server), output.suffix.removeprefix(".") or "m3u8")
    output.write_bytes(data)
    typer.echo(f"{output}: “{stored.title}”, {len(stored.entries)} entries")


@contextmanager
def opened() -> Iterator[App]:
    """Open the parts for one command, and close them after it."""
    from ui.cli.main import app

    parts = app()
    try:
        yield parts
    finally:
        parts.close()


def _found(parts: App, which: str) -> Playlist:
    """Return the playlist of an id, or else the last changed one of a title; NotFoundError where there is none."""
    from catalog.errors import NotFoundError
    from catalog.names import fold
    from catalog.values import PlaylistId

    kept = parts.catalogue.playlists
    try:
        return kept.get(PlaylistId(which))
    except NotFoundError:
        named = [p for p in kept.all() if fold(p.title) == fold(which)]
    if not named:
        raise NotFoundError(f"No playlist has the id or title {which[:64]!r}; `trichord playlists list` shows them.")
    return named[0]


def _told(parts: App, stored: Playlist, as_json: bool) -> None:
    from ui.api.playlist_shapes import playlist_shape

    if as_json:
        out(playlist_shape(stored))
        return
    ((newest,), _) = parts.catalogue.playlists.versions(stored.id, 1)
    typer.echo(f"“{stored.title}” is at version {stored.version} ({stored.id}): {newest.message}.")


def _table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False)
    for name in names:
        drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*(escape(str(cell)) for cell in row))
    if rows:
        Console().print(drawn)
