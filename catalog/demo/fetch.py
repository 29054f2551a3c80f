"""`fetch_demo`: download, take out the music, write the sidecars; a second run continues where the first stopped."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinytag import TinyTag, TinyTagException

from catalog.demo.debs import AptSource, Deb, DebSource
from catalog.demo.errors import OWN_MUSIC, DemoUnavailableError, PackageError
from catalog.demo.extract import Extracted, extract_audio
from catalog.demo.sidecar import SIDECAR_NAME, SidecarSource, SidecarTrack, complete_tracks, render_sidecar
from catalog.demo.table import PackageRow, rows_of
from catalog.demo.titles import title_from_path, useful_tag

Progress = Callable[[float, str], None]
"""Called with the fraction done (0 to 1) and one short line."""

_MIN_SECONDS = 20.0
"""Shorter files are jingles and sound effects, not music to recommend."""


@dataclass(frozen=True, slots=True)
class PackageOutcome:
    """What became of one package; `reason` is empty unless it failed."""

    name: str
    status: Literal["fetched", "present", "failed"]
    version: str = ""
    tracks: int = 0
    bytes: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What is in the target folder now. `bytes` counts audio; `seconds` is wall time."""

    target: Path
    packages: tuple[PackageOutcome, ...]
    seconds: float

    @property
    def tracks(self) -> int:
        return sum(outcome.tracks for outcome in self.packages)

    @property
    def bytes(self) -> int:
        return sum(outcome.bytes for outcome in self.packages)

    @property
    def failed(self) -> tuple[PackageOutcome, ...]:
        return tuple(outcome for outcome in self.packages if outcome.status == "failed")


def fetch_demo(
    target: Path,
    *,
    full: bool = False,
    progress: Progress = lambda _fraction, _line: None,
    source: DebSource | None = None,
    rows: Sequence[PackageRow] | None = None,
) -> DemoReport:
    """Fill `target` with one folder per package: its music and a `trichord.toml` sidecar.

    Folders that are complete are left as they are, so a broken run continues. A package that cannot be had is reported
    and skipped. Downloads lie in `target/.debs` and are deleted once used.

    Args:
        target: a folder, made when missing.
        full: also the packages of the "full" tier (several GB).
        progress: told the fraction of the download volume that is done.
        source: where packages come from; the system's apt by default.
        rows: other packages than those of the table.

    Raises:
        DemoUnavailableError: no package at all could be had (not Debian, no package lists, no network, disk full).
    """
    started = time.monotonic()
    source = source or AptSource()
    wanted = rows_of(full=full) if rows is None else tuple(rows)
    total, done = sum(row.size_mb for row in wanted), 0
    outcomes: list[PackageOutcome] = []
    for row in wanted:
        progress(done / max(total, 1), f"{row.album} ({row.name}, {row.size_mb} MB)")
        outcomes.append(_present(row, target) or _fetch_one(row, target, source))
        done += row.size_mb
    report = DemoReport(target=target, packages=tuple(outcomes), seconds=time.monotonic() - started)
    if not report.tracks:
        reason = next((outcome.reason for outcome in outcomes if outcome.reason), "the table names no package")
        raise DemoUnavailableError(f"the demo catalogue cannot be had here ({reason}); {OWN_MUSIC}")
    progress(1.0, f"{report.tracks} tracks, {report.bytes / 1e6:.0f} MB, {report.seconds:.0f} s")
    return report


def _present(row: PackageRow, target: Path) -> PackageOutcome | None:
    complete = complete_tracks(target / row.name, row.names)
    if complete is None:
        return None
    version, tracks, size = complete
    return PackageOutcome(name=row.name, status="present", version=version, tracks=tracks, bytes=size)


def _fetch_one(row: PackageRow, target: Path, source: DebSource) -> PackageOutcome:
    """Contain one package: what fails here never stops the others."""
    partial, cache = target / f".partial-{row.name}", target / ".debs"
    try:
        source.check()
        target.mkdir(parents=True, exist_ok=True)
        _check_space(row, target)
        deb = source.fetch(row.names, cache)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        with source.open_tar(deb) as tree:
            extracted = extract_audio(row, tree, partial)
        tracks = _describe(row, deb, extracted, partial)
        shutil.rmtree(target / row.name, ignore_errors=True)
        partial.replace(target / row.name)
    except (PackageError, DemoUnavailableError, OSError) as error:
        return PackageOutcome(name=row.name, status="failed", reason=str(error))
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(cache, ignore_errors=True)
    size = sum(track.bytes for track in tracks)
    return PackageOutcome(name=row.name, status="fetched", version=deb.version, tracks=len(tracks), bytes=size)


def _check_space(row: PackageRow, target: Path) -> None:
    # The download, what is unpacked from it, and an archive inside it while that is read.
    need, free = row.size_mb * 4 * 1_000_000, shutil.disk_usage(target).free
    if free < need:
        raise PackageError(f"{row.name} needs {need // 10**6} MB of disk and {free // 10**6} MB are free in {target}")


def _describe(row: PackageRow, deb: Deb, extracted: list[Extracted], folder: Path) -> list[SidecarTrack]:
    """Write the sidecar of an unpacked package and drop what is too short to be music."""
    tracks = []
    for item in sorted(extracted, key=lambda item: item.inner):
        try:
            tag = TinyTag.get(item.path)
        except TinyTagException as error:
            raise PackageError(f"{row.name}: {item.inner} cannot be read as audio ({error})") from error
        if (tag.duration or 0.0) < _MIN_SECONDS:
            item.path.unlink()
        else:
            tracks.append(_track(row, item, tag, folder))
    if not tracks:
        raise PackageError(f"{row.name} holds no music of {_MIN_SECONDS:.0f} s or more")
    defaults = {
        "album": row.album,
        "artist": row.artist,
        "genre": row.genre,
        "licence": row.licence,
        "attribution": row.attribution,
    }
    text = render_sidecar(SidecarSource(deb.name, deb.version), defaults, tracks)
    (folder / SIDECAR_NAME).write_text(text, encoding="utf-8")
    return tracks


def _track(row: PackageRow, item: Extracted, tag: TinyTag, folder: Path) -> SidecarTrack:
    known = row.row_for(item.inner)
    year = (tag.year or "")[:4]
    tagged_title = None if "title" in row.distrust else useful_tag(tag.title)
    tagged_artist = None if "artist" in row.distrust else useful_tag(tag.artist)
    return SidecarTrack(
        path=item.path.relative_to(folder).as_posix(),
        bytes=item.path.stat().st_size,
        title=known.title or tagged_title or title_from_path(item.inner),
        artist=known.artist or tagged_artist or row.artist,
        album=known.album or row.album,
        genre=known.genre or row.genre or useful_tag(tag.genre),
        year=known.year or (int(year) if year.isdigit() and year != "0000" else None),
        licence=known.licence or row.licence,
        attribution=known.attribution or row.attribution,
    )
