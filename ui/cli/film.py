"""``trichord film``: a clip looked at, music under every segment, the cue sheet as files, the film rendered."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from agent.hearing import clock
from catalog.errors import CueError
from catalog.films import CueSheet, Film, FilmJob, OriginalSound
from catalog.formats.cues.credits import credit
from catalog.formats.cues.writing import FORMATS, write_cues
from encoders.errors import MediaError
from retrieval.film.desk import LEVELS
from retrieval.film.sheets import document_of
from ui.api import film_shapes
from ui.cli.output import out

if TYPE_CHECKING:
    from ui.compose import App

_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for besides the clip."""

    text: str
    licence: str
    exports: tuple[Path, ...]
    render: Path | None
    original: str
    keep: bool


def film(parts: App, clip: Path, wanted: Wanted, as_json: bool) -> None:
    """Do all of it; the film leaves the desk afterwards unless it is kept."""
    _check(wanted)
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:
        bar.add_task(f"looking at {clip.name[:40]}", total=None)
        opened = parts.films.open(clip, clip.name, background=False)
    try:
        _, timeline = parts.films.get(opened.id)
        if not timeline.exact:
            _followed(parts, parts.film_jobs.start(opened.id, "cuts"), "looking for every cut", as_json)
        films = parts.catalogue.films
        sound: OriginalSound = next(each for each in get_args(OriginalSound) if each == wanted.original)
        films.put_sheet(opened.id, replace(films.sheet(opened.id), original=sound))
        with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:
            bar.add_task("finding music and where it begins", total=None)
            sheet = parts.films.fill(opened.id, wanted.text, wanted.licence)
        _show(parts, opened, sheet, as_json)
        _write(parts, opened, clip, wanted, as_json)
    finally:
        if wanted.keep:
            typer.echo(f"The film stays on the desk as {opened.id}.", err=True)
        else:
            parts.films.delete(opened.id)
        parts.close()


def _check(wanted: Wanted) -> None:
    """Refuse what cannot be done before the clip is looked at."""
    if wanted.original not in get_args(OriginalSound):
        raise CueError(f"--original is {wanted.original[:20]!r}; give one of {', '.join(get_args(OriginalSound))}.")
    if wanted.licence not in LEVELS:
        raise CueError(f"--licence is {wanted.licence[:40]!r}; give one of {', '.join(LEVELS)}.")
    for path in wanted.exports:
        if path.suffix.removeprefix(".") not in FORMATS:
            raise CueError(f"{path.name} is of no format for cue sheets; end it with .{', .'.join(FORMATS)}.")
    for target in (*wanted.exports, *([wanted.render] if wanted.render else ())):
        if not target.absolute().parent.is_dir():
            raise MediaError(f"There is no folder {str(target.parent)!r}; make it first.")


def _show(parts: App, opened: Film, sheet: CueSheet, as_json: bool) -> None:
    _, timeline = parts.films.get(opened.id)
    judged = [parts.films.judge(timeline, cue) for cue in sheet.cues]
    if as_json:
        shape = film_shapes.sheet_shape(opened, sheet, timeline, parts.films.tracks_of(sheet), judged)
        out(shape.model_dump(mode="json", exclude={"exports"}))
        return
    cuts = f"{len(timeline.cuts)} cuts"
    typer.echo(f"{opened.name}: {clock(opened.duration_s)}, {opened.width} x {opened.height}, {cuts}.")
    drawn = Table(box=None, pad_edge=False)
    for name in ("from", "to", "title", "begins at", "on the cuts", "credit"):
        drawn.add_column(name)
    for cue, offset in zip(sheet.cues, judged, strict=True):
        met = "" if offset is None or offset.sync is None else f"{offset.hits} of {offset.cuts}"
        named = escape(cue.title) if cue.track_id else "(nothing fits)"
        told = escape(credit(cue)) if cue.track_id else ""
        begins = clock(cue.offset_s) if cue.track_id else ""
        drawn.add_row(clock(cue.start_s), clock(cue.end_s), named, begins, met, told)
    Console().print(drawn)


def _write(parts: App, opened: Film, clip: Path, wanted: Wanted, as_json: bool) -> None:
    if wanted.exports:
        document = document_of(parts.catalogue, parts.films, opened.id, paths=True)
        document = replace(document, clip=clip.absolute().as_uri())
        for path in wanted.exports:
            path.write_bytes(write_cues(document, path.suffix.removeprefix(".")))
            typer.echo(f"Wrote {path}.", err=as_json)
    if wanted.render is not None:
        job = _followed(parts, parts.film_jobs.start(opened.id, "render"), "rendering", as_json)
        shutil.copyfile(parts.film_jobs.rendered(job.id), wanted.render)
        typer.echo(f"Wrote {wanted.render}. {job.message}", err=as_json)


def _followed(parts: App, job: FilmJob, doing: str, as_json: bool) -> FilmJob:
    """Show how far work is until it ends; MediaError where it failed."""
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:
        task = bar.add_task(doing, total=1.0)
        while job.status in {"queued", "running"}:
            time.sleep(_LOOK_EVERY_S)
            job = parts.film_jobs.get(job.id)
            bar.update(task, completed=job.progress)
    if job.status != "done":
        raise MediaError(job.message)
    return job
