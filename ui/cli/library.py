"""Commands around the catalogue: ingest, indexes, playlists, generation."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from catalog.errors import IngestError, NotFoundError
from catalog.values import TrackId
from ui.cli import show
from ui.cli.output import out, points

if TYPE_CHECKING:
    from retrieval.state import State
    from ui.compose import App


def ingest(parts: App, paths: list[Path], prune: bool, retry: bool, as_json: bool) -> None:
    """Run the ingest with a progress bar, then bring the indexes up to date."""
    if not paths:
        raise IngestError("No folder was given; write for instance `trichord ingest ~/Music`.")
    outcomes: Counter[str] = Counter()
    before = parts.catalogue.library.revision
    columns = (
        TextColumn("ingest"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=Console(stderr=True), disable=as_json) as bar:
        task = bar.add_task("ingest", total=None, name="looking for files")
        for event in parts.ingest.run(paths, prune=prune, retry=retry):
            outcomes[event.outcome] += 1
            shown = Path(event.member or event.path.name).name[:40]
            bar.update(task, completed=event.done, total=event.total, name=shown)
            if event.reason and not as_json:
                bar.console.print(f"set aside {shown}: {event.reason}", markup=False)
    if parts.catalogue.library.revision != before:
        parts.engine.rebuild()
    counts = {"tracks": parts.catalogue.library.count(), **outcomes}
    if as_json:
        out(counts)
    else:
        done = ", ".join(f"{n} {name}" for name, n in outcomes.items()) or "nothing new"
        typer.echo(f"{done}; the catalogue has {counts['tracks']} tracks.")
    parts.close()


def report(parts: App, as_json: bool) -> None:
    """Print the quarantined files and why."""
    problems = parts.catalogue.queue.problems()
    if as_json:
        out([{"path": str(p.path), "member": p.member, "reason": p.reason} for p in problems])
        return
    for p in problems:
        typer.echo(f"{p.path}{' : ' + p.member if p.member else ''}\n    {p.reason}")
    typer.echo(f"{len(problems)} files are in quarantine; `trichord ingest --retry PATH` reads them again.")


def build_indexes(parts: App, as_json: bool) -> None:
    """Embed what the encoders in use have not seen, then build, measure and promote fresh indexes.

    Raises:
        EncoderError: An encoder that a setting names was refused; nothing is built.
    """
    from encoders.errors import EncoderError

    _ = parts.text, parts.music_space
    if parts.refused:
        raise EncoderError(" ".join(f"{setting}: {why}" for setting, why in parts.refused.items()))
    failed = _embed_tracks(parts, as_json)
    parts.engine.rebuild()
    state = parts.engine.state
    spaces = [parts.music_space, *([] if parts.text is None else [parts.text.space])]
    built = {s.id: parts.indexes.verify(s.id, v) for s in spaces if (v := parts.indexes.current(s.id)) is not None}
    told = {
        "tracks": len(state.snapshot),
        "revision": state.snapshot.revision,
        "notices": list(state.notices),
        "indexes": {i: {"vectors": m.count, "recall_at_10": m.recall_at_10} for i, m in built.items()},
        "not_embedded": failed,
    }
    if as_json:
        out(told)
        return
    typer.echo(f"Indexes of {told['tracks']} tracks at revision {told['revision']} are in use.")
    for space, m in built.items():
        typer.echo(f"  {space}: {m.count} vectors, recall@10 {m.recall_at_10:.3f}")
    for track_id, reason in failed.items():
        typer.echo(f"  not embedded {track_id}: {reason}")


def _embed_tracks(parts: App, as_json: bool) -> dict[TrackId, str]:
    from retrieval.indexes.build import embed_tracks

    if parts.chosen_music is None:
        return {}
    columns = (TextColumn("listen again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=as_json) as bar:
        task = bar.add_task("embed", total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return embed_tracks(parts.catalogue, parts.music_space, parts.audio.embed, told)


def verify_indexes(parts: App, as_json: bool) -> int:
    """Check the version in use of each space; 1 when one is refused."""
    from retrieval.errors import IndexRefusedError

    told: dict[str, str] = {}
    for folder in sorted(p for p in parts.indexes.root.iterdir() if p.is_dir()):
        version = parts.indexes.current(folder.name)
        try:
            if version is None:
                raise IndexRefusedError(f"There is no {folder.name} index in use; run `trichord index build`.")
            manifest = parts.indexes.verify(folder.name, version)
            told[folder.name] = f"ok: {manifest.count} vectors, recall@10 {manifest.recall_at_10:.3f}"
        except IndexRefusedError as error:
            told[folder.name] = str(error)
    if as_json:
        out(told)
    else:
        for name, words in told.items():
            typer.echo(f"{name}: {words}")
    return 0 if all(v.startswith("ok") for v in told.values()) else 1


def bench_indexes(parts: App, as_json: bool) -> int:
    """Measure the index in use of each space; 1 when there is none or one is refused."""
    from retrieval.errors import IndexRefusedError
    from retrieval.indexes.bench import bench

    reports, refused = [], []
    for space in parts.indexes.spaces():
        try:
            reports.append(bench(parts.indexes, space))
        except IndexRefusedError as error:
            refused.append(str(error))
    if as_json:
        out({"indexes": [asdict(r) for r in reports], "refused": refused})
    elif not reports and not refused:
        typer.echo("There is no index yet; run `trichord index build`.")
    for r in reports if not as_json else ():
        typer.echo(f"{r.space}: {r.count} x {r.dim}, {r.kind}, {r.file_mb:.1f} MB, built in {r.build_s:.1f} s")
        typer.echo("   allowed       rows  recall@10   p50 ms   p95 ms")
        for s in r.speeds:
            typer.echo(f"{s.share:10.1%} {s.allowed:10}  {s.recall:9.3f} {s.p50_ms:8.3f} {s.p95_ms:8.3f}")
    for words in refused if not as_json else ():
        typer.echo(words)
    return 0 if reports and not refused else 1


@dataclass(frozen=True, slots=True)
class How:
    """How the added part should play, as the options say it."""

    order: str | None = None
    arc: str | None = None
    include: tuple[str, ...] = ()
    insert: str = "end"
    max_per_artist: int | None = None

    def given(self) -> dict[str, object]:
        """Return the options as the REST door's names and values; points are read from ``0:0.2,1:0.9``."""
        told = {name: value for name, value in asdict(self).items() if value is not None}
        return told | ({} if self.arc is None else {"arc": points(self.arc)})


def continue_playlist(
    parts: App,
    playlist: Path | None,
    title: str,
    track_ids: list[str],
    n: int | None,
    minutes: float | None,
    output: Path | None,
    as_json: bool,
    how: How,
) -> None:
    """Go on with a playlist file, tracks or a title."""
    from catalog.formats.playlist import read_playlist_file, write_playlist
    from catalog.formats.values import PlaylistDocument, PlaylistEntry
    from ui.api import schemas
    from ui.api.playlist_shapes import continue_body, named_by

    length = None if minutes is None else minutes * 60
    given = {"track_ids": track_ids, "title": title, "n": n, "duration": length, **how.given()}
    request = continue_body(given).request()
    document = None if playlist is None else read_playlist_file(playlist)
    answer = parts.continuer.continue_playlist(request if document is None else named_by(document, request))
    if output is not None:
        entries = tuple(
            PlaylistEntry(c.track.title, c.track.artist, c.track.album, c.track.duration_s, str(c.track.path or ""))
            for c in answer.tracks
        )
        written = PlaylistDocument(title or "Continuation", "Trichord", entries)
        output.write_bytes(write_playlist(written, output.suffix.removeprefix(".") or "m3u8"))
    if as_json:
        shape = schemas.TracksAnswer(
            tracks=schemas.continued_shape(answer.tracks), unresolved=schemas.unresolved_shape(answer.unresolved)
        )
        typer.echo(shape.model_dump_json(indent=1))
    else:
        show.table([(c.track.title, c.track.artist, c.score, c.why) for c in answer.tracks])
        for u in answer.unresolved:
            typer.echo(f"  not in the catalogue: {u.title}" + (f" by {u.artist}" if u.artist else ""))
    parts.close()


def path(parts: App, first: str, last: str, n: int, as_json: bool) -> None:
    """Print a path between two tracks, given by title or id."""
    from retrieval.paths import smooth_path
    from ui.api import schemas

    state = parts.engine.state
    found = smooth_path(state, _named(state, first), _named(state, last), n)
    if as_json:
        answer = schemas.TracksAnswer(tracks=schemas.candidates_shape(found.tracks))
        typer.echo(answer.model_dump_json(indent=1))
    else:
        show.table([(c.track.title, c.track.artist, c.score, "; ".join(c.reasons)) for c in found.tracks])
        if len(found.tracks) < n:
            typer.echo(f"{n} were asked for; no more lie on the way.")
    parts.close()


def _named(state: State, words: str) -> TrackId:
    from retrieval.resolve import resolve

    if state.snapshot.rows([TrackId(words)]):
        return TrackId(words)
    hit = resolve(state.snapshot, words)
    if hit is None:
        raise NotFoundError(f"“{words[:80]}” is not in this catalogue; `trichord search` finds titles.")
    return hit.track_id
