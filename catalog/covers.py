"""The picture that goes with a track: the one in its file, or the one that lies in its folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinytag import TinyTag

from catalog.values import Track

MAX_BYTES = 5_000_000
# What a browser may be handed as it is; SVG may hold scripts.
_SIGNS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_NAMES = ("cover", "folder", "front", "album", "albumart")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture as its file holds it; `media_type` is told by its first bytes, whatever the file claims."""

    data: bytes
    media_type: str


def cover_of(track: Track) -> Cover | None:
    """Return a track's picture: its file's own before ``cover.jpg`` beside it.

    None where there is none, none of at most 5 MB that a browser shows, or where the track lies in an archive.
    """
    if track.path is None or track.member or not track.path.is_file():
        return None
    return next((cover for data in _pictures(track.path) if (cover := _shown(data)) is not None), None)


def _pictures(audio: Path) -> Iterator[bytes]:
    try:
        image = TinyTag.get(str(audio), image=True).images.any
    except Exception as error:  # a tag parser on hostile bytes may raise anything; the picture is no loss
        _logger.info("no picture could be read from %s: %s", audio.name, error)
        image = None
    if image is not None and image.data is not None:
        yield image.data
    try:
        beside = sorted(
            (p for p in audio.parent.iterdir() if p.suffix.lower() in _SUFFIXES and p.stem.lower() in _NAMES),
            key=lambda p: _NAMES.index(p.stem.lower()),
        )
        yield from (p.read_bytes() for p in beside if p.is_file() and p.stat().st_size <= MAX_BYTES)
    except OSError as error:
        _logger.info("no picture could be read beside %s: %s", audio.name, error)


def _shown(data: bytes) -> Cover | None:
    if len(data) > MAX_BYTES:
        return None
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Cover(data, "image/webp")
    return next((Cover(data, kind) for sign, kind in _SIGNS.items() if data.startswith(sign)), None)
