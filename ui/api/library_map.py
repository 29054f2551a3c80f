"""The music map on its way to a page: parallel lists, positions as 16-bit numbers, so that 10,000 tracks are light."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from fastapi import Request
from fastapi.responses import Response
from numpy.typing import NDArray

from catalog.values import TrackId
from retrieval.shelves.browsing import present
from retrieval.shelves.positions import Positions
from retrieval.snapshot import Snapshot

Family = Literal["genre", "mood"]
NONE = 255


def map_of(snapshot: Snapshot, positions: Positions, names: Mapping[TrackId, tuple[str, str | None]]) -> dict[str, Any]:
    """Return the map's columns.

    `x` and `y` are base64 of little-endian uint16 (0 to 65535), `genre` and `mood` of uint8: a place in `genres` or
    `moods`, 255 for none. `artist` is a place in `artists`, -1 for none.
    """
    known = [n for n, i in enumerate(positions.ids) if i in names]
    ids = [positions.ids[n] for n in known]
    xy = np.round(positions.xy[known] * 65535).astype("<u2")
    artists = sorted({artist for i in ids if (artist := names[i][1])})
    place = {artist: n for n, artist in enumerate(artists)}
    rows = snapshot.places(ids)
    genres, genre = _strongest(snapshot, rows, "genre")
    moods, mood = _strongest(snapshot, rows, "mood")
    return {
        "revision": snapshot.revision,
        "layout": positions.layout,
        "refining": positions.refining,
        "count": len(ids),
        "ids": ids,
        "titles": [names[i][0] for i in ids],
        "artists": artists,
        "artist": [place.get(names[i][1] or "", -1) for i in ids],
        "x": _packed(xy[:, 0]),
        "y": _packed(xy[:, 1]),
        "genres": genres,
        "genre": _packed(genre),
        "moods": moods,
        "mood": _packed(mood),
    }


def _strongest(snapshot: Snapshot, rows: NDArray[np.int64], family: Family) -> tuple[list[str], NDArray[np.uint8]]:
    """Return the concepts of a family, the most common first, and each row's strongest clear one."""
    concepts = [c.id for c in snapshot.vocabulary.concepts if c.family == family]
    scores = np.stack([np.where(present(snapshot, c), snapshot.column(c), 0) for c in concepts], axis=1)
    # What is written and not heard is clear all the same.
    scores = np.where(np.stack([present(snapshot, c) for c in concepts], axis=1), np.maximum(scores, 0.01), 0)
    padded = np.concatenate([scores, np.zeros((1, len(concepts)))])[rows]
    best, clear = padded.argmax(axis=1), padded.max(axis=1) > 0
    counts = np.bincount(best[clear], minlength=len(concepts))
    order = [int(n) for n in np.argsort(-counts, kind="stable") if counts[n]]
    new = np.full(len(concepts), NONE, np.uint8)
    new[order] = np.arange(len(order), dtype=np.uint8)
    return [concepts[n] for n in order], np.where(clear, new[best], NONE).astype(np.uint8)


def _packed(values: NDArray[Any] | Sequence[int]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def zipped(body: bytes, media_type: str, request: Request) -> Response:
    """Return a body, compressed for a client that takes it so."""
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, 5), "gzip"
    return Response(body, media_type=media_type, headers=headers)
