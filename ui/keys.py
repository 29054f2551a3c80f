"""Keys of the server's own, made at first use and kept, so that what they signed holds after a restart."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path


def kept_key(path: Path) -> str:
    """Return the key of a file, which nobody else may read; a new one where there is none."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(32), encoding="utf-8")
        # Whoever links first wins; two that start at once must not sign with two keys.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="utf-8")
