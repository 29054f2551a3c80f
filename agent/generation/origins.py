"""Who wrote what of a piece: parts and chords that were handed over, those that a model filled in, those by rule.

It goes into the notes' file, from there into the provenance beside a piece and into the tags of its file.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from agent.generation.infilling import network as infilling
from agent.generation.melodies import network as melodies
from agent.generation.notes import Part
from agent.generation.score import Score
from agent.generation.skeletons import asks_filling
from agent.generation.values import GenerationRequest
from encoders.small_weights import digest_of

Origin = Literal["given", "skeleton given", "model", "rules"]
_SHIPPED = {"infilling": infilling.SHIPPED, "melody": melodies.SHIPPED}


def origins_of(
    score: Score, request: GenerationRequest, *, tune_by: str | None = None, chords_by: str | None = None
) -> dict[str, Any]:
    """Return `{"origins": {"parts", "chords", "models"}}` of a piece of the composer.

    A part has its name as in the notes, an `origin`, with `by` the model that wrote it, and with `file` what was handed
    over, `heard_by` the model that heard its notes in a recording; the chords under a tune that was handed over name
    the file as well. `models` names the weights that had a share, by
    the SHA-256 of their file.

    Args:
        score: the piece.
        request: what it was written for.
        tune_by: a language model that wrote the lead line; None where the composer did.
        chords_by: one that wrote the chords.
    """
    parts = [_part(number, part, score, request, tune_by) for number, part in enumerate(score.parts)]
    chords = _chords(score, _file(request), chords_by, tune_by)
    used = {str(each["by"]) for each in (*parts, chords) if each.get("by") in _SHIPPED}
    return {"origins": {"parts": parts, "chords": chords, "models": _models(used)}}


def _part(number: int, part: Part, score: Score, request: GenerationRequest, tune_by: str | None) -> dict[str, str]:
    name, file = part.name, _file(request)
    lines, first = score.arrangement.lines, [each.role for each in score.parts].index(part.role) == number
    if lines is not None:
        if number in lines:
            return _told(name, "given", file=file, heard_by=_heard_by(request))
        return _told(name, "model", by="infilling" if lines or number else "melody")
    if part.role != "lead":
        return _told(name, "rules")
    if tune_by is not None and first:
        return _told(name, "model", by=tune_by)
    if score.arrangement.tune is None:
        return _told(name, "model", by="melody")
    if not first:
        return _told(name, "rules")
    if asks_filling(request):
        return _told(name, "skeleton given", by="infilling", file=file, heard_by=_heard_by(request))
    return _told(name, "given", file=file, heard_by=_heard_by(request))


def _chords(score: Score, file: str, chords_by: str | None, tune_by: str | None) -> dict[str, str]:
    if chords_by is not None:
        return _told("", "model", by=chords_by)
    if tune_by is None and score.arrangement.asked:
        return _told("", "given")
    under = tune_by is None and score.arrangement.tune is not None
    return _told("", "model", by="infilling", file=file) if under else _told("", "rules")


def _file(request: GenerationRequest) -> str:
    return "" if request.melody is None else request.melody.name


def _heard_by(request: GenerationRequest) -> str:
    return "" if request.melody is None else request.melody.heard_by


def _told(part: str, origin: Origin, *, by: str = "", file: str = "", heard_by: str = "") -> dict[str, str]:
    told = {"part": part, "origin": origin, "by": by, "file": file, "heard_by": heard_by}
    return {key: value for key, value in told.items() if value}


def _models(names: Collection[str]) -> dict[str, str]:
    return {name: digest_of(_SHIPPED[name]) for name in sorted(names)}
