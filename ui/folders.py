"""Files and folders of the server that somebody from outside may name: those below some folders, and no other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def below(roots: Iterable[Path], path: str) -> Path | None:
    """Return what a path names below one of the folders (or that folder itself); None for anything else.

    Links and .. are followed first: where a path leads counts, not how it is written.
    """
    for root in roots:
        try:
            found = (root / path).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            continue
        if found.is_relative_to(root):
            return found
    return None
