"""Best of N: several pieces are written, which is cheap, their notes are judged, and one is rendered.

The measure, from 0 to 8: the share of controls that are met in the notes counts 4, and each trait of the lead line that
is as in songs that people wrote counts 1. Where a preference was learned from votes, it decides among those that meet
the most controls. A trait is whole between the 10th and the 90th percentile of the songs of the
tune part (`tests/benchmarks/melodies.py` prints them) and falls to 0 one such width outside.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from agent.generation.instruments import find_instrument
from agent.generation.origins import origins_of
from agent.generation.score import Score, compose
from agent.generation.spotting import hits_of
from agent.generation.theory import parse_key
from agent.generation.values import GenerationRequest, InvalidRequestError

MAX_CANDIDATES = 8
_LOOK_BACK = 8
_CONTROLS = 4.0
_RANGES = {
    "chord tones": (0.73, 0.92),
    "bars taken up": (0.09, 0.59),
    "repeated notes": (0.06, 0.38),
    "range": (12.0, 19.0),
}
TRAITS = tuple(_RANGES)
Placed = Sequence[tuple[int, int, int]]
"""Notes of a line: start and length in sixteenths from its beginning, pitch."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The piece that was chosen, and what the provenance says of the choice."""

    score: Score
    told: dict[str, Any]


class Preference(Protocol):
    """Tells which of several pieces people would prefer, the more the rather; nothing where it cannot hear them."""

    def rewards(self, scores: Sequence[Score], traits: Sequence[Mapping[str, float]]) -> Sequence[float]: ...

    def words(self) -> str: ...


def choose(
    request: GenerationRequest, stopped: Callable[[], bool] = lambda: False, preference: Preference | None = None
) -> Choice:
    """Write as many pieces as the request wants and keep the best, the first among equals.

    Args:
        request: what to write; its `candidates` are 1 to 8.
        stopped: asked before each further one; what there is then is judged.
        preference: decides among those that meet the most controls, instead of the marks; none where nobody voted.

    Raises:
        InvalidRequestError: another number of candidates, or the key is unknown.
    """
    if not 1 <= request.candidates <= MAX_CANDIDATES:
        raise InvalidRequestError(
            f"{request.candidates} candidates are outside 1 to {MAX_CANDIDATES}; choose one inside"
        )
    scores = [compose(request)]
    while len(scores) < request.candidates and not stopped():
        scores.append(compose(request, len(scores)))
    judged = [judge(score, request) for score in scores]
    best, choice = 0, dict[str, Any]()
    if request.candidates > 1:
        best, choice = _best(scores, judged, preference)
        choice = {"choice": {"candidates": len(scores), "chosen": best + 1} | choice}
    traits = {name: round(judged[best][name], 4) for name in TRAITS if name in judged[best]}
    return Choice(
        scores[best], choice | {"traits": traits} | film_told(scores[best]) | origins_of(scores[best], request)
    )


def _best(
    scores: Sequence[Score], judged: Sequence[dict[str, float]], preference: Preference | None
) -> tuple[int, dict[str, Any]]:
    """Return which candidate is best, and why: by the marks, or by what people preferred where a judge knows that."""
    totals = [total_of(one) for one in judged]
    best = int(np.argmax(totals))
    told: dict[str, Any] = {"marks": [round(total, 3) for total in totals]}
    reason = _reason(best, totals, judged[best])
    controls = [one["controls"] for one in judged]
    equal = [number for number, share in enumerate(controls) if share >= max(controls)]
    rewards: Sequence[float] = ()
    if preference is not None and len(equal) > 1:
        rewards = preference.rewards([scores[n] for n in equal], [judged[n] for n in equal])
    if preference is not None and rewards:
        best = equal[int(np.argmax(rewards))]
        told["rewards"] = dict(zip([str(n + 1) for n in equal], rewards, strict=True))
        reason = (
            f"candidate {best + 1} of {len(scores)}: of the {len(equal)} that meet {max(controls):.0%} of the controls "
            f"it is what voters would prefer ({preference.words()})"
        )
    measured = {name: round(value, 3) for name, value in judged[best].items()}
    return best, told | {"measured": measured, "reason": reason}


def film_told(score: Score) -> dict[str, Any]:
    """Return what the provenance says of the film that a piece was written for: its cuts, how many of them are hit.

    A cut is hit where a beat, which then is accented, falls within 80 ms of it.
    """
    film, form = score.arrangement.film, score.arrangement.form
    if film is None:
        return {}
    hits = hits_of(form, film)
    paces = [round((b[0] - a[0]) * 15 / (b[1] - a[1]), 1) for a, b in itertools.pairwise(form.anchors)]
    told: dict[str, Any] = {"cuts": hits.cuts, "on_beats": hits.beats, "on_downbeats": hits.downbeats}
    mean = round(form.tempo, 1)
    return {"film": told | {"sections": len(form.sections), "tempo_bpm": [min([*paces, mean]), max([*paces, mean])]}}


def judge(score: Score, request: GenerationRequest) -> dict[str, float]:
    """Measure the notes of a piece: the share of controls met, and the traits of its lead line, if it has one."""
    form = score.arrangement.form
    lead = next((part for part in score.parts if part.role == "lead"), None)
    sixteenth = form.bar_s / form.metre.sixteenths
    body = [] if lead is None else [note for note in lead.notes if note.start < form.body_s - sixteenth]
    placed = [
        (round(form.place_of(note.start)), max(1, round((note.end - note.start) / sixteenth)), note.pitch)
        for note in body
    ]
    key, bar = score.arrangement.key, form.metre.sixteenths

    def tones(at: int) -> frozenset[int]:
        return (
            frozenset(score.changes.at(*divmod(at, bar)).chord.classes(key)) if at // bar < form.bars else frozenset()
        )

    traits = traits_of(placed, bar, tones)
    return {"controls": _controls(score, request)} | traits


def traits_of(placed: Placed, bar: int, chord_at: Callable[[int], set[int] | frozenset[int]]) -> dict[str, float]:
    """Measure a line; nothing is known of one of under two notes.

    The share of its time on chord tones, of bars that take up the rhythm of one of the eight before, of repeated notes,
    and its range in semitones.

    Args:
        placed: the notes.
        bar: sixteenths a bar.
        chord_at: the pitch classes of the chord at a sixteenth; empty where it is unknown.
    """
    if len(placed) < 2:
        return {}
    pitches = np.array([pitch for _, _, pitch in placed])
    known = [
        (pitch % 12 in tones) for at, length, pitch in placed for n in range(at, at + length) if (tones := chord_at(n))
    ]
    rhythms: dict[int, list[int]] = {}
    for at, _, _ in placed:
        rhythms.setdefault(at // bar, []).append(at % bar)
    bars = [tuple(rhythms[number]) for number in sorted(rhythms)]
    again = [one in bars[max(0, n - _LOOK_BACK) : n] for n, one in enumerate(bars) if n]
    return {
        "chord tones": float(np.mean(known)) if known else 0.0,
        "bars taken up": float(np.mean(again)) if again else 0.0,
        "repeated notes": float(np.mean(np.diff(pitches) == 0)),
        "range": float(np.ptp(pitches)),
    }


def total_of(judged: dict[str, float]) -> float:
    """Add up the marks."""
    return _CONTROLS * judged["controls"] + sum(_mark(name, judged[name]) for name in _RANGES if name in judged)


def _mark(name: str, value: float) -> float:
    low, high = _RANGES[name]
    outside = max(low - value, value - high, 0.0) / (high - low)
    return max(0.0, 1.0 - outside)


def _controls(score: Score, request: GenerationRequest) -> float:
    """Return the share of what was asked for that the notes meet: tempo, key, length, who plays and who does not."""
    met = [
        max(note.end for part in score.parts for note in part.notes) <= request.duration_s + 0.05
        if score.parts
        else False
    ]
    if request.tempo_bpm is not None:
        met.append(abs(score.tempo / request.tempo_bpm - 1) <= 0.02)
    if request.key is not None and not request.chords:
        wanted = parse_key(request.key).pitch_classes()
        pitches = [note.pitch % 12 for part in score.parts if part.role != "drums" for note in part.notes]
        met.append(bool(pitches) and float(np.mean([pitch in wanted for pitch in pitches])) > 0.95)
    playing = {part.instrument.name for part in score.parts if part.notes}
    met += [one.name in playing for name in request.instruments if (one := find_instrument(name)) is not None]
    met += [name.strip() not in playing for name in request.negative.split(",") if name.strip()]
    return float(np.mean(met))


def _reason(best: int, totals: Sequence[float], judged: dict[str, float]) -> str:
    second = max((total for n, total in enumerate(totals) if n != best), default=0.0)
    inside = [name for name, (low, high) in _RANGES.items() if name in judged and low <= judged[name] <= high]
    traits = f"; as in songs: {', '.join(inside)}" if inside else ""
    return (
        f"candidate {best + 1} of {len(totals)} has the most marks, {totals[best]:.2f} of 8 (the next {second:.2f}): "
        f"{judged['controls']:.0%} of the controls met{traits}"
    )
