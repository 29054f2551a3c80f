"""Long work on films in the background, each piece a row in the database: queued, running, done, failed, cancelled.

Renders go one after the other; proxies go beside them, and so does the search for every cut, so that nobody waits for a
picture because of a long film. What a dead process left is told as failed; proxies and cuts are then started again by
themselves, a render by whoever wants it.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from catalog.errors import CatalogError, NotFoundError
from catalog.films import CueSheet, FilmId, FilmJob, FilmJobKind, JobId
from catalog.ingest.open import UnreadableFileError, readable
from catalog.store import Catalogue
from encoders.errors import EncoderError, MediaCancelledError, MediaError
from encoders.media.editing import FilmEditor
from encoders.media.mixing import Mix, MixCue
from encoders.media.sandbox import Task
from retrieval.errors import DeskBusyError
from retrieval.film.files import CLIP, FilmFiles
from retrieval.film.gone import check_tracks
from retrieval.film.timeline import read_timeline

MAX_QUEUED = 8
KEPT_RENDERS = 5
_TELL_EVERY_S = 0.5
_SPARE_BYTES = 64 << 20
_logger = logging.getLogger(__name__)


class FilmJobs:
    """Does the work and keeps its rows.

    Args:
        catalogue: keeps films, cue sheets and rows.
        editor: writes the files.
        files: where they go.
    """

    def __init__(self, catalogue: Catalogue, editor: FilmEditor, files: FilmFiles) -> None:
        self._catalogue, self._editor, self._files = catalogue, editor, files
        self._pools = {kind: ThreadPoolExecutor(1, thread_name_prefix=f"film-{kind}") for kind in _WORK}
        self._cancels: dict[JobId, threading.Event] = {}
        self._unwritten: dict[JobId, str] = {}  # why work failed, where the database took no row
        self._lock = threading.Lock()

    def recover(self) -> int:
        """Tell of what a dead process left, clear up behind it; a server calls it once when it starts."""
        left = self._catalogue.films.fail_unfinished()
        self._files.sweep()
        for job in left:
            if job.kind != "render":
                self.start(job.film_id, job.kind)
        return len(left)

    def start(self, film_id: FilmId, kind: FilmJobKind) -> FilmJob:
        """Queue work on a film; a render is of its cue sheet as it is now.

        Raises:
            DeskBusyError: too much waits already.
            CueError: a track of the cue sheet is no longer there.
            MediaError: the clip is no longer there, or there is no room for a render.
        """
        revision = None
        if kind == "render":
            sheet = self._catalogue.films.sheet(film_id)
            check_tracks(self._catalogue, sheet)
            self._check_room(film_id)
            revision = sheet.revision
        with self._lock:
            if len(self._cancels) >= MAX_QUEUED and kind == "render":
                raise DeskBusyError(f"{MAX_QUEUED} pieces of work on films wait already; try again when one is done.")
            job = self._catalogue.films.add_job(film_id, kind, revision)
            cancel = self._cancels[job.id] = threading.Event()
        self._pools[kind].submit(self._run, job, cancel)
        return job

    def get(self, job_id: JobId) -> FilmJob:
        """Return the row; NotFoundError where there is none."""
        return self._as_it_ended(self._catalogue.films.job(job_id))

    def of(self, film_id: FilmId, kind: FilmJobKind | None = None) -> list[FilmJob]:
        """Return the work on a film, the newest first."""
        return [self._as_it_ended(job) for job in self._catalogue.films.jobs(film_id, kind)]

    def cancel(self, job_id: JobId) -> FilmJob:
        """Stop queued or running work; what has ended stays as it is."""
        self._catalogue.films.update_job(job_id, "cancelled", 0.0, "Cancelled.")
        with self._lock:
            if (event := self._cancels.get(job_id)) is not None:
                event.set()
        return self.get(job_id)

    def rendered(self, job_id: JobId) -> Path:
        """Return a finished render's file; NotFoundError where there is none."""
        job = self.get(job_id)
        path = self._files.render(job.film_id, job_id)
        if job.kind != "render" or job.status != "done":
            raise NotFoundError("This render is not finished; ask again when its status is done.")
        if not path.is_file():
            raise NotFoundError("The file of this render has made way for newer ones; start it again.")
        return path

    def close(self) -> None:
        """Stop all work."""
        with self._lock:
            for event in self._cancels.values():
                event.set()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
        self._editor.close()

    def _check_room(self, film_id: FilmId) -> None:
        clip = self._files.clip(film_id)
        needed = clip.stat().st_size + _SPARE_BYTES
        free = shutil.disk_usage(clip.parent).free
        if free < needed:
            raise MediaError(
                f"The film needs about {needed >> 20} MB and the disk has {free >> 20} MB left; free some space, "
                "or delete films that are done with."
            )

    def _run(self, job: FilmJob, cancel: threading.Event) -> None:
        films = self._catalogue.films
        try:
            if cancel.is_set():
                return
            films.update_job(job.id, "running", 0.0, "Working.")
            told = _WORK[job.kind](self, job, Task(self._progress(job), cancel))
            if not cancel.is_set():
                films.update_job(job.id, "done", 1.0, told)
        except MediaCancelledError:
            # Also where the server stops: then nobody has written it yet.
            self._fail(job.id, "The server stopped while this was made; start it again.")
        except (EncoderError, CatalogError, UnreadableFileError) as error:
            self._fail(job.id, self._in_its_name(job, str(error)))
        except Exception:
            # A worker thread has nobody above it: the row must tell, and the log keeps the trace.
            _logger.exception("work %s on film %s failed", job.kind, job.film_id)
            self._fail(job.id, "That broke; the log has the details. Start it again.")
        finally:
            with self._lock:
                self._cancels.pop(job.id, None)

    def _fail(self, job_id: JobId, message: str) -> None:
        try:
            self._catalogue.films.update_job(job_id, "failed", 0.0, message)
        except CatalogError as error:  # what ended the work, a full disk for one, may stop the row as well
            _logger.warning("work %s failed (%s) and could not be marked so: %s", job_id, message, error)
            with self._lock:
                self._unwritten[job_id] = message

    def _as_it_ended(self, job: FilmJob) -> FilmJob:
        """Return a row as it is to be; one that could not be written is tried again."""
        with self._lock:
            message = self._unwritten.pop(job.id, None)
        if message is None:
            return job
        self._fail(job.id, message)
        return replace(job, status="failed", progress=0.0, message=message)

    def _in_its_name(self, job: FilmJob, message: str) -> str:
        try:
            name = self._catalogue.films.get(job.film_id).name
        except NotFoundError:
            return message
        return message.replace(repr(CLIP), repr(name))

    def _progress(self, job: FilmJob) -> Callable[[float], None]:
        told_at = 0.0

        def tell(fraction: float) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= _TELL_EVERY_S:
                told_at = time.monotonic()
                try:
                    self._catalogue.films.update_job(job.id, "running", round(fraction, 3), "Working.")
                except CatalogError as error:  # no reason to stop: the next one may be written
                    _logger.warning("the progress of work %s was not written: %s", job.id, error)

        return tell

    def _cuts(self, job: FilmJob, task: Task) -> str:
        cuts = self._editor.cuts(self._files.clip(job.film_id), task)
        timeline = read_timeline(self._catalogue.films.get(job.film_id).timeline)
        self._catalogue.films.put_timeline(job.film_id, replace(timeline, cuts=cuts, exact=True).text())
        return f"{len(cuts)} cuts found."

    def _proxy(self, job: FilmJob, task: Task) -> str:
        self._editor.proxy(self._files.clip(job.film_id), self._files.proxy(job.film_id), task)
        return "Ready."

    def _render(self, job: FilmJob, task: Task) -> str:
        sheet = self._catalogue.films.sheet(job.film_id, job.revision)
        target = self._files.render(job.film_id, job.id)
        with ExitStack() as opened:
            mix = self._mix(sheet, opened)
            made = self._editor.render(self._files.clip(job.film_id), target, mix, task)
        renders = [each for each in self.of(job.film_id, "render") if each.status == "done"]
        for old in renders[KEPT_RENDERS - 1 :]:
            self._files.render(job.film_id, old.id).unlink(missing_ok=True)
        picture = "the picture copied as it is" if made.copied else "the picture encoded as H.264"
        return f"Ready: {made.duration_s:.1f} s, {picture}."

    def _mix(self, sheet: CueSheet, opened: ExitStack) -> Mix:
        check_tracks(self._catalogue, sheet)
        cues = []
        for cue in sheet.sounding:
            assert cue.track_id is not None
            track = self._catalogue.library.get(cue.track_id)
            if track.path is None:
                raise MediaError(f"The file of “{track.title}” is not known any more; run the ingest again.")
            path = opened.enter_context(readable(track.path, track.member or ""))
            cues.append(
                MixCue(
                    str(path),
                    cue.start_s,
                    cue.end_s,
                    cue.offset_s,
                    cue.gain_db,
                    cue.fade_in_s,
                    cue.fade_out_s,
                    cue.duck,
                )
            )
        return Mix(tuple(cues), sheet.original, sheet.duck_db, sheet.loudness_lufs)


_WORK: dict[FilmJobKind, Callable[[FilmJobs, FilmJob, Task], str]] = {
    "cuts": FilmJobs._cuts,
    "proxy": FilmJobs._proxy,
    "render": FilmJobs._render,
}
