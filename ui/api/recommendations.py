"""``GET /v1/recommendations`` in the shape that clients of other music services know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from retrieval.errors import QueryError
from retrieval.recommendations import RecommendationRequest, Seed, Tunable, recommend
from retrieval.values import Candidate
from ui.api import schemas
from ui.api.parts import Parts

router = APIRouter(prefix="/v1", tags=["playlists"])
_TUNABLE = re.compile(r"(min|max|target)_(\w+)")
_SEEDS = Annotated[str, Query(max_length=2_000, description="separated by commas; up to five seeds in all")]
_READ = frozenset({"seed_tracks", "seed_artists", "seed_genres", "limit"})


@router.get("/recommendations")
def recommendations(
    request: Request,
    parts: Parts,
    seed_tracks: _SEEDS = "",
    seed_artists: _SEEDS = "",
    seed_genres: _SEEDS = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    """Recommend by seeds (track ids, artists' names, genres) and tunables.

    Further parameters are ``min_``, ``max_`` or ``target_`` with tempo, energy, loudness, duration_ms, key, mode,
    valence, danceability, acousticness, instrumentalness, and those that nothing here measures (liveness, speechiness,
    popularity, time_signature). Every one comes back among the receipts.
    """
    asked = RecommendationRequest(
        schemas.ids(_listed(seed_tracks)),
        _listed(seed_artists),
        _listed(seed_genres),
        limit,
        _tunables(request.query_params),
    )
    found = recommend(parts.engine, asked)
    return {
        "seeds": [_seed(s) for s in found.seeds],
        "tracks": [_track(c) for c in found.candidates],
        "receipts": [r.model_dump() for r in schemas.receipts_shape(found.receipts)],
    }


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _tunables(given: Mapping[str, str]) -> tuple[Tunable, ...]:
    read = []
    for name, text in given.items():
        if name in _READ:
            continue
        found = _TUNABLE.fullmatch(name)
        if found is None:
            raise QueryError(f"There is no parameter {name[:40]!r}; /docs lists those there are.")
        try:
            value = float(text)
        except ValueError as error:
            raise QueryError(f"{name[:40]} is {text[:40]!r}; give a number.") from error
        bound: Any = found[1]  # the pattern lets only the Literal's words through
        read.append(Tunable(bound, found[2], value))
    return tuple(read)


def _seed(seed: Seed) -> dict[str, Any]:
    return {
        "id": seed.id,
        "type": seed.kind,
        "href": f"/v1/tracks/{seed.id}" if seed.kind == "track" else None,
        "initialPoolSize": seed.pool,
        "afterFilteringSize": seed.left,
        "afterRelinkingSize": seed.left,
    }


def _track(found: Candidate) -> dict[str, Any]:
    """Return a track in the fields of other services, and beside them what Trichord says of every track."""
    (own,) = schemas.candidates_shape([found])
    track = found.track
    return own.model_dump(mode="json") | {
        "id": track.id,
        "type": "track",
        "name": track.title,
        "artists": [{"name": track.artist}] if track.artist else [],
        "album": {"name": track.album} if track.album else None,
        "duration_ms": round(track.duration_s * 1000),
        "href": f"/v1/tracks/{track.id}",
    }
