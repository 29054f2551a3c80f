"""Playlists and other programs: files resolved and imported, playlists of music servers pulled and pushed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.output import out
from ui.cli.playlists import opened

if TYPE_CHECKING:
    from catalog.subsonic.client import SubsonicClient
    from retrieval.continuation.resolving import Resolution
    from ui.compose import App

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
ServerUrl = Annotated[str, typer.Argument(help="Where the server is, such as http://host:4533.")]
ServerUser = Annotated[str, typer.Option(help="The user's name there; the password is asked for.")]
PlaylistFile = Annotated[Path, typer.Argument(help="A playlist file: M3U8, XSPF, JSPF, CSV or PLS.")]


def add_commands(group: typer.Typer) -> None:
    """Add these commands to the group ``trichord playlists``."""
    group.command("resolve")(resolve)
    group.command("import")(import_)
    group.command("import-listens")(import_listens)
    group.command("pull")(pull)
    group.command("push")(push)


def resolve(file: PlaylistFile, as_json: JsonFlag = False) -> None:
    """Tell which tracks of the catalogue a file's entries are, and why the others are not found; keeps nothing."""
    with opened() as parts:
        _report(parts, _resolved(parts, file), as_json)


def import_(
    file: PlaylistFile,
    title: Annotated[str | None, typer.Option(help="Its name here; the file's own unless told.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only; keep nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Keep a playlist file as a playlist, what is not in the catalogue by its words."""
    with opened() as parts:
        found = _resolved(parts, file)
        playlist_id = None
        if not dry_run:
            name = title or found.title or file.stem
            playlist_id = parts.catalogue.playlists.create(name, found.items()).id
        _report(parts, found, as_json, playlist_id)


def import_listens(
    file: Annotated[Path | None, typer.Argument(help="ListenBrainz's export: the zip, or one listen a line.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only; keep nothing.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Delete what earlier imports kept.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Learn from what you listened to: each sitting (up to 30 minutes of silence) is kept as a playlist."""
    from dataclasses import asdict

    from catalog.formats.listens import play_counts, read_listens, sittings
    from catalog.formats.values import PlaylistFormatError
    from retrieval.continuation.listening import forget_sittings, keep_sittings

    if file is None and not forget:
        raise PlaylistFormatError("no file was given; name the export, or --forget what was imported")
    with opened() as parts:
        forgotten = forget_sittings(parts.catalogue) if forget else 0
        listens = [] if file is None else read_listens(file)
        told = keep_sittings(sittings(listens), parts.catalogue, parts.continuer.resolver(), dry_run=dry_run)
    most = [{"artist": a, "title": t, "plays": n} for (a, t), n in play_counts(listens).most_common(10)]
    if as_json:
        out(asdict(told) | {"forgotten": forgotten, "most_played": most})
        return
    if forget:
        typer.echo(f"{forgotten} sittings were forgotten.")
    if listens:
        typer.echo(f"{told.known} of {told.heard} listens are of tracks here.")
        earlier = f", {told.before} were here already" if told.before else ""
        typer.echo(
            f"{told.kept} sittings {'would be' if dry_run else 'are'} kept{earlier}, {told.left_out} say too little."
        )
        for row in most[:5]:
            typer.echo(f"  {row['plays']:6} {row['title']} by {row['artist']}")


def pull(
    url: ServerUrl,
    user: ServerUser,
    playlist: Annotated[str | None, typer.Option(help="Only this one, by its name or id there.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Take the playlists of a music server (OpenSubsonic), and learn which of its songs are here."""
    from retrieval.continuation import servers

    with opened() as parts, _connected(parts, url, user) as client:
        linked = servers.link_library(client, parts.catalogue, parts.continuer.resolver())
        # Another resolver: it knows what was linked just now.
        found = servers.pull(client, parts.catalogue, parts.continuer.resolver(anew=True), playlist)
    pulled = [
        {
            "id": p.playlist.id,
            "title": p.playlist.title,
            "found": p.resolution.found,
            "missing": len(p.resolution.entries) - p.resolution.found,
        }
        for p in found
    ]
    if as_json:
        out({"songs": linked.songs, "linked": linked.linked, "playlists": pulled})
        return
    typer.echo(f"{linked.linked} of {linked.songs} songs of the server are here.")
    for p in found:
        entries = len(p.resolution.entries)
        typer.echo(f"  “{p.playlist.title}”: {p.resolution.found} of {entries} entries are here. ({p.playlist.id})")


def push(
    playlist: Annotated[str, typer.Argument(help="The id of a stored playlist.")],
    url: ServerUrl,
    user: ServerUser,
    into: Annotated[str | None, typer.Option(help="Write over the playlist of this id there.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a playlist to a music server: over the one it was pulled from, or as a new one."""
    from catalog.values import PlaylistId
    from retrieval.continuation import servers

    with opened() as parts:
        stored = parts.catalogue.playlists.get(PlaylistId(playlist))
        with _connected(parts, url, user) as client:
            pushed = servers.push(client, parts.catalogue, stored, into)
    if as_json:
        out({"remote_id": pushed.remote_id, "songs": pushed.songs, "missing": list(pushed.missing)})
        return
    typer.echo(f"“{stored.title}” is there as {pushed.remote_id}, with {pushed.songs} songs.")
    for title in pushed.missing:
        typer.echo(f"  not on the server: {title}")


@contextmanager
def _connected(parts: App, url: str, user: str) -> Iterator[SubsonicClient]:
    from catalog.subsonic.client import SubsonicClient

    kept = parts.settings.subsonic_password
    # Never an option: what stands on a command line stands in the shell's history.
    password = kept.get_secret_value() if kept is not None else typer.prompt("Password", hide_input=True)
    with SubsonicClient(url, user, password) as client:
        client.ping()
        yield client


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
