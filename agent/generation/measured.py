"""What was asked for against what was heard in the finished file."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any, Protocol

from agent.generation.theory import parse_key
from agent.generation.values import (
    GenerationCancelledError,
    GenerationError,
    GenerationRequest,
    InvalidRequestError,
)
from encoders.errors import EncoderError
from encoders.values import AudioAnalysis, Estimate
from retrieval.comparing import Heard

# A tempo agrees within so much of what was asked, whichever octave it is read in.
TEMPO_TOLERANCE = 0.03
DURATION_TOLERANCE_S = 0.05
_logger = logging.getLogger(__name__)


class Ears(Protocol):
    """Hears a finished file (`retrieval.comparing.Comparer`); `fill` makes in idle time what there was no time for."""

    def hear(self, path: Path, *, thorough: bool = False, cancel: threading.Event | None = None) -> Heard: ...

    def fill(self, stop: threading.Event) -> None: ...

    def words_of(self, heard: Heard) -> list[dict[str, Any]]: ...


def listened(
    ears: Ears | None, path: Path, request: GenerationRequest, *, block: bool, cancel: threading.Event
) -> tuple[dict[str, Any], bool]:
    """Return what was heard in a finished file, as its provenance tells it, and whether all was compared.

    A piece that cannot be measured is still a piece. Where copies are not kept (`block`), no track is left for later.

    Raises:
        GenerationError: it nearly copies a track, and such pieces are not kept.
        GenerationCancelledError: `cancel` was set.
    """
    nothing: dict[str, Any] = {"measured": None, "neighbours": [], "near_copy": False, "compared": 0}
    if ears is None:
        return nothing, True
    try:
        heard = ears.hear(path, thorough=block, cancel=cancel)
    except EncoderError as error:
        _logger.warning("a generated piece was not measured: %s", error)
        return nothing, True
    if cancel.is_set():
        raise GenerationCancelledError("the generation was stopped")
    told = likeness(ears, heard)
    if block and told["near_copy"]:
        raise GenerationError(_blocked(told))
    return {"measured": measured_shape(heard, request), **told}, heard.complete


def likeness(ears: Ears, heard: Heard) -> dict[str, Any]:
    """Return what a piece is like: its nearest tracks, whether it copies one, and how many were looked through."""
    return {
        "neighbours": ears.words_of(heard),
        "near_copy": any(near.near_copy for near in heard.near),
        "compared": heard.compared,
    }


def _blocked(told: dict[str, Any]) -> str:
    copied = next(near for near in told["neighbours"] if near["near_copy"])
    by = f" by {copied['artist']}" if copied["artist"] else ""
    return f"What was made nearly copies “{copied['title']}”{by} and is not kept; try another seed or other words."


def measured_shape(heard: Heard, request: GenerationRequest) -> dict[str, Any]:
    """Return what was measured, and whether it agrees with what was asked; None where nothing was asked or heard.

    60, 120 and 240 BPM are one pulse: the tempo is told in the octave that was asked for, where it agrees there.
    """
    analysis = heard.analysis
    tempo, agrees = _tempo(analysis.tempo_bpm, request.tempo_bpm)
    key = None if analysis.key is None else f"{analysis.key.tonic} {analysis.key.mode}"
    return {
        "duration_s": round(analysis.duration_s, 3),
        "tempo_bpm": tempo,
        "key": key,
        "loudness_lufs": round(analysis.loudness_lufs, 1),
        "energy": round(analysis.energy, 3),
        "instruments": list(heard.instruments),
        "agrees": {
            "duration": abs(analysis.duration_s - request.duration_s) <= DURATION_TOLERANCE_S,
            "tempo": agrees,
            "key": None if request.key is None or key is None else _same_key(analysis, request.key),
        },
    }


def _tempo(heard: Estimate | None, asked: float | None) -> tuple[float | None, bool | None]:
    if heard is None:
        return None, None
    if asked is None:
        return round(heard.value, 1), None
    for reading in (heard.value, heard.value / 2, heard.value * 2):
        if abs(reading / asked - 1) <= TEMPO_TOLERANCE:
            return round(reading, 1), True
    return round(heard.value, 1), False


def _same_key(analysis: AudioAnalysis, asked: str) -> bool:
    """Compare tonic and mode; a church mode counts as major or minor by its third."""
    assert analysis.key is not None
    try:
        wanted = parse_key(asked)
        heard = parse_key(f"{analysis.key.tonic} {analysis.key.mode}")
    except InvalidRequestError:
        return False
    return (wanted.tonic, wanted.is_minor) == (heard.tonic, heard.is_minor)
