"""Which processes work on generations: each holds a lock file, which the system lets go when the process dies."""

from __future__ import annotations

import secrets
from pathlib import Path

from filelock import FileLock, Timeout


class Owner:
    """One process among those that share a folder; `id` names it in leases.

    A lock that can be had belongs to a dead process, so that what it left is taken over at once and not only when its
    lease has run out.
    """

    def __init__(self, folder: Path) -> None:
        self.id = secrets.token_hex(8)
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._path(self.id), thread_local=False)
        self._lock.acquire(timeout=0)

    def is_dead(self, owner: str) -> bool:
        """Tell whether the process of that id has ended."""
        if owner == self.id:
            return False
        path = self._path(owner)
        if not path.is_file():
            return True
        try:
            with FileLock(path, timeout=0):
                path.unlink(missing_ok=True)
                return True
        except (Timeout, OSError):
            return False

    def close(self) -> None:
        """Let the lock go."""
        self._lock.release()
        self._path(self.id).unlink(missing_ok=True)

    def _path(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"
