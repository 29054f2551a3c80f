"""Where the files of films lie: one folder a film, below one folder. Nothing of a client's name reaches the disk."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from catalog.films import FilmId, JobId
from encoders.errors import MediaError

CLIP = "clip"


class FilmFiles:
    """The clip, its thumbnails, a proxy where there is one, and renders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def adopt(self, film_id: FilmId, path: Path) -> Path:
        """Take a file in as a film's clip; MediaError where there is no room. The given one may go afterwards."""
        folder = self._folder / film_id
        folder.mkdir(parents=True)
        clip = folder / CLIP
        try:
            os.link(path, clip)
        except OSError:  # another file system, or one without links
            try:
                shutil.copyfile(path, clip)
            except OSError as error:
                self.remove(film_id)
                if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                    raise MediaError("The disk is full; free some space and upload the clip again.") from error
                raise
        return clip

    def thumbnails(self, film_id: FilmId) -> Path:
        """Return the folder of the small pictures."""
        folder = self._folder / film_id / "thumbnails"
        folder.mkdir(exist_ok=True)
        return folder

    def clip(self, film_id: FilmId) -> Path:
        """Return the clip; MediaError where its file is gone."""
        path = self._folder / film_id / CLIP
        if not path.is_file():
            raise MediaError("The clip's file is gone from the server; upload it again.")
        return path

    def proxy(self, film_id: FilmId) -> Path:
        """Return where the proxy is, or goes."""
        return self._folder / film_id / "proxy.mp4"

    def render(self, film_id: FilmId, job_id: JobId) -> Path:
        """Return where a render is, or goes."""
        return self._folder / film_id / f"{job_id}.mp4"

    def remove(self, film_id: FilmId) -> None:
        """Remove all files of a film."""
        shutil.rmtree(self._folder / film_id, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what a dead process was writing."""
        for part in self._folder.glob("*/.*.part"):
            part.unlink(missing_ok=True)
