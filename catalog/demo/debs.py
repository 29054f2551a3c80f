"""Debian packages without installing them: apt fetches and verifies, dpkg-deb opens."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from catalog.demo.errors import OWN_MUSIC, DemoUnavailableError, PackageError

_TOOLS = ("apt-get", "apt-cache", "dpkg-deb")


@dataclass(frozen=True, slots=True)
class Deb:
    """A downloaded package: its file, its name and its version."""

    path: Path
    name: str
    version: str


class DebSource(Protocol):
    """Where packages come from.

    `check()` raises `DemoUnavailableError` when nothing can be had at all. `fetch(names, cache)` downloads the first
    of these names that exists into `cache` and returns it, or raises `PackageError`. `open_tar(deb)` yields the
    package's file tree as an uncompressed tar stream.
    """

    def check(self) -> None: ...
    def fetch(self, names: tuple[str, ...], cache: Path) -> Deb: ...
    def open_tar(self, deb: Deb) -> AbstractContextManager[IO[bytes]]: ...


class AptSource:
    """The system's apt: works without root once package lists exist; apt checks every download's hash."""

    def check(self) -> None:
        missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
        if missing:
            raise DemoUnavailableError(f"the demo catalogue needs {', '.join(missing)} (Debian or Ubuntu); {OWN_MUSIC}")

    def fetch(self, names: tuple[str, ...], cache: Path) -> Deb:
        name = self._first_known(names)
        cache.mkdir(parents=True, exist_ok=True)
        # Without this, root's apt drops to the user _apt, which may not write into the cache folder.
        sandbox = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
        _run(["apt-get", "download", "-q", *sandbox, name], cwd=cache)
        found = sorted(cache.glob(f"{name}_*.deb"), key=lambda path: path.stat().st_mtime)
        if not found:
            raise PackageError(f"apt-get reported success for {name} but left no .deb file; try again")
        version = _run(["dpkg-deb", "-f", str(found[-1]), "Version"]).strip()
        return Deb(path=found[-1], name=name, version=version)

    @contextmanager
    def open_tar(self, deb: Deb) -> Iterator[IO[bytes]]:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb.path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            try:
                yield process.stdout
                while process.stdout.read(1 << 20):
                    pass  # what is left of the stream, so that dpkg-deb can end and report damage
            finally:
                process.stdout.close()
            if process.wait() != 0:
                raise PackageError(f"{deb.path.name} is damaged; delete it and run the command again")

    def _first_known(self, names: tuple[str, ...]) -> str:
        for attempt in (1, 2):
            for name in names:
                if _candidate(name):
                    return name
            if attempt == 1 and not _update_lists():
                break
        raise PackageError(f"this system's package lists have no {' or '.join(names)}")


def _candidate(name: str) -> bool:
    policy = _run(["apt-cache", "policy", name])
    return any("Candidate:" in line and "(none)" not in line for line in policy.splitlines())


_lists_updated = False


def _update_lists() -> bool:
    """Fetch the package lists once per process, where we may (root, or sudo that asks for no password)."""
    global _lists_updated
    if _lists_updated:
        return False
    _lists_updated = True
    command = ["apt-get", "update", "-q"] if os.geteuid() == 0 else ["sudo", "-n", "apt-get", "update", "-q"]
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False, timeout=600).returncode == 0


def _run(command: list[str], cwd: Path | None = None) -> str:
    """Run to the end and return standard output; a failure becomes a `PackageError` with apt's own last line."""
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, check=False, timeout=3600, encoding="utf-8"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PackageError(f"{command[0]} {command[1]} did not finish: {error}") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise PackageError(f"{command[0]} {command[1]} failed: {lines[-1]}")
    return done.stdout
