"""Debian packages as a source of pictures, music and sounds: downloaded and unpacked, never installed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path


def fetch(names: Iterable[str], folder: Path) -> None:
    """Get and unpack each package that is not there yet (its newest version on the mirror) below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(set(names)):
        if (folder / name).exists():
            continue
        subprocess.run(["apt-get", "download", name], cwd=folder, check=True)
        archive = next(folder.glob(f"{name}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", str(archive), str(folder / name)], check=True)
        archive.unlink()
