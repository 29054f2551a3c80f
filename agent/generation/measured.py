"""What was asked for against what was heard in the finished file."""

from __future__ import annotations

from typing import Any

from agent.generation.theory import parse_key
from agent.generation.values import GenerationRequest, InvalidRequestError
from encoders.values import AudioAnalysis, Estimate
from retrieval.comparing import Heard

# A tempo agrees within so much of what was asked, whichever octave it is read in.
TEMPO_TOLERANCE = 0.03
DURATION_TOLERANCE_S = 0.05


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
