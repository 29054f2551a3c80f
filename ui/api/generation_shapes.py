"""The shapes of generations: what may be asked for, who could make it, a piece with what was heard in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from agent.generation.brief import fields_said
from agent.generation.broker import Routing
from agent.generation.capabilities import Capability
from agent.generation.extras import Stem
from agent.generation.stored import load_request, told
from agent.generation.tunes import key_of_tune, read_tune
from agent.generation.values import GenerationRequest
from agent.handoff import Outlook
from agent.sung import doubts_of
from catalog.values import Generation, GenerationId, TrackId
from ui.api import schemas
from ui.api.generation_bodies import BriefBody
from ui.compose import App
from ui.generators import Offer

# So many notes of a melody are told.
MAX_TOLD = 500
# What there is of a piece whose system writes notes.
_OF_NOTES = ("midi", "musicxml", "score", "stems")


class GenerationBody(BriefBody):
    """A brief to be made, by a certain system or by the one that fits best."""

    backend: str | None = Field(default=None, max_length=64, description="an id from the routing of a brief")
    parent_id: str | None = Field(default=None, max_length=32, description="the piece that it is made from")
    user_id: str | None = Field(default=None, min_length=1, max_length=32)


def brief_shape(request: GenerationRequest, routing: Routing) -> dict[str, Any]:
    """Return what was read, which of it the words themselves say, and who could make it."""
    return {
        "request": told(request),
        "read": list(fields_said(request.text)),
        "melody": _melody_shape(request),
        "routing": {
            "explanation": routing.explanation,
            "chosen": next(iter(routing.chosen), None),
            "backends": [
                {
                    "id": each.backend,
                    "title": each.title,
                    "licence": each.licence,
                    "support": each.support.level,
                    "missing": list(each.support.missing),
                    "reason": each.support.reason,
                    "estimate_s": each.estimate_s,
                }
                for each in routing.considered
            ],
        },
    }


def _melody_shape(request: GenerationRequest) -> dict[str, Any] | None:
    """Return what was read or heard of a melody, times in quarter notes from its beginning; None without its notes.

    `doubts` says in words what may have been misheard.
    """
    if request.melody is None or request.melody.kind != "midi":
        return None
    tune = read_tune(request.melody.existing())
    notes = [{"start": n.start / 4, "length": min(n.length, 64) / 4, "pitch": n.pitch} for n in tune.notes[:MAX_TOLD]]
    return {"tempo_bpm": round(tune.tempo, 1), "key": key_of_tune(tune).name, "time_signature": tune.metre.name,
            "count": len(tune.notes), "notes": notes, "doubts": doubts_of(request.melody)}  # fmt: skip


def system_shape(offer: Offer) -> dict[str, Any]:
    """Return a system of the table: what it can do, its licences and origin, and whether it is enabled here."""
    system = offer.system
    told = system.model_dump(mode="json", exclude={"capabilities", "http", "command", "pipeline", "seconds_per_second"})
    return told | {
        "capabilities": [each.value for each in Capability if each in system.capabilities],
        "licence": system.licence,
        "enabled": offer.backend is not None,
        "remedy": offer.remedy,
    }


def generation_shape(
    row: Generation, parts: App, outlooks: Mapping[GenerationId, Outlook] | None = None
) -> dict[str, Any]:
    """Return a generation as the API shows it. Everything made here is labelled as generated.

    Args:
        row: the generation.
        parts: knows the backends, the queue and the tracks.
        outlooks: those of the queue, where they were asked for already.
    """
    if outlooks is None:
        outlooks = parts.generations.outlooks() if row.status in {"queued", "running"} else {}
    outlook = outlooks.get(row.id, Outlook())
    return {
        "id": row.id,
        "status": row.status,
        "progress": row.progress,
        "message": row.message,
        "provenance": "generated",
        "request": told(load_request(row.request)),
        "result": None if row.result is None else _result_shape(row, json.loads(row.result), parts),
        "backend": parts.generations.maker_of(row),
        "eta_s": outlook.eta_s,
        "queue_position": outlook.position,
        "created_at": _time(row.created_at),
        "started_at": _time(row.started_at),
        "finished_at": _time(row.finished_at),
        "parent_id": row.parent_id,
    }


def progress_shape(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a progress event tells of a generation."""
    return {name: whole[name] for name in ("status", "progress", "message", "eta_s", "queue_position")}


def _result_shape(row: Generation, result: dict[str, Any], parts: App) -> dict[str, Any]:
    base = f"/v1/generations/{row.id}"
    kept = result.pop("neighbours", [])
    return {
        "measured": None,
        "near_copy": False,
        "compared": 0,
        **result,
        "audio_url": f"{base}/audio",
        **{f"{name}_url": f"{base}/{name}" if result.get("midi") else None for name in _OF_NOTES},
        "provenance_url": f"{base}/provenance",
        "neighbours": _neighbours_shape(kept, parts),
    }


def title_of(row: Generation) -> str:
    """Return what a piece is called: the words that it was asked for by."""
    return (str(json.loads(row.request).get("text") or "").strip() or "Untitled")[:120]


def stems_shape(row: Generation, stems: Sequence[Stem]) -> dict[str, Any]:
    """Return the parts of a piece with their addresses."""
    base = f"/v1/generations/{row.id}/stems"
    return {"stems": [{"number": each.number, "name": each.name, "url": f"{base}/{each.number}"} for each in stems]}


def _neighbours_shape(kept: Sequence[Mapping[str, Any]], parts: App) -> list[dict[str, Any]]:
    """Return the tracks near a piece as they are now; one that is gone is left out."""
    tracks = {t.id: t for t in parts.catalogue.library.get_many([TrackId(str(near["track_id"])) for near in kept])}
    return [
        {
            "track": schemas.track_shape(tracks[near["track_id"]], near["similarity"], "").model_dump(mode="json"),
            "similarity": near["similarity"],
            "near_copy": near["near_copy"],
        }
        for near in kept
        if near["track_id"] in tracks
    ]


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.isoformat()}Z"
