"""Words from the evidence pack and from nothing else.

A template per decision: every title, artist and number in a reply is read from `Evidence`, so a track that is not in
the catalogue cannot be named as if it were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.values import Decision, Evidence, TrackFact, TurnPlan
from retrieval.calibration import NOTHING_FITS

GREETING = (
    "I find music in this catalogue. Tell me what you are after, hand me a video, a sound or a playlist file, "
    "or ask for something new and I compose it."
)
GLAD = "Good. Tell me what to change, or what to look for next."
_CLOSING = re.compile(
    r"\W*(?:no|nope|thanks?|cheers|bye|goodbye|ok|okay|cool|nice|great|perfect|awesome)\b", re.IGNORECASE
)
CLARIFY = "What should it be like? A mood, a genre, an instrument, a tempo or a track you like is enough to start."


def reply(plan: TurnPlan, decision: Decision, evidence: Evidence) -> Iterator[str]:
    """Yield the reply sentence by sentence, each ending in a blank."""
    for sentence in _sentences(plan, decision, evidence):
        yield sentence + " "


def _sentences(plan: TurnPlan, decision: Decision, evidence: Evidence) -> Iterator[str]:
    if plan.intent == "clarify":
        yield CLARIFY
        return
    if plan.intent == "chitchat":
        yield GLAD if _CLOSING.match(plan.text) else GREETING
    yield from evidence.facts
    if evidence.scene:
        yield f"I see: {evidence.scene}."
    for name in evidence.absent:
        yield f"{name} is not in this catalogue."
    if evidence.absent and evidence.tracks:
        yield "The closest that I have:"
    yield from _about_tracks(plan, decision, evidence)
    yield from _about_wishes(evidence)
    if evidence.unresolved:
        yield f"Not in this catalogue: {_listed(evidence.unresolved)}."
    yield from _about_generation(decision, evidence)


def _about_tracks(plan: TurnPlan, decision: Decision, evidence: Evidence) -> Iterator[str]:
    tracks = evidence.tracks
    if not tracks:
        if evidence.relaxation is not None:
            ask = "leave it out" if evidence.relaxation.offer is None else "take that"
            step = evidence.relaxation.words
            yield f"No track holds all of that. {step[0].upper()}{step[1:]}; shall I {ask}?"
        elif decision.kind in {"recommend", "relax"} or (
            evidence.generation is not None and evidence.generation.offered
        ):
            yield f"I found nothing: {decision.reason}."
        return
    if decision.kind == "answer":
        if plan.intent in {"recommend", "refine", "undo"}:
            yield f"{_listed(tuple(_named(t) for t in tracks), 3)}."
        return
    first = tracks[0]
    if plan.intent == "exact_track" and not evidence.absent:
        yield f"Here is {_listed(tuple(_named(t) for t in tracks))}."
    elif evidence.absent and decision.kind == "relax":
        yield f"{_listed(tuple(_named(t) for t in tracks), 3)}."
    elif decision.kind == "generate":
        yield f"Nothing here fits well ({decision.reason}). Closest is {_named(first)}: {first.why}."
    else:
        yield f"{_how_many(tracks)} Best is {_named(first)}: {first.why}."
        if len(tracks) > 1:
            yield f"Next: {_listed(tuple(_named(t) for t in tracks[1:3]))}."


def _about_wishes(evidence: Evidence) -> Iterator[str]:
    for receipt in evidence.receipts:
        if receipt.status == "unenforceable":
            words = receipt.constraint.source_text or receipt.constraint.words
            yield f"I cannot check “{words}”: {receipt.evidence}."


def _about_generation(decision: Decision, evidence: Evidence) -> Iterator[str]:
    offer = evidence.generation
    if offer is None:
        return
    if offer.offered:
        length = f"{offer.duration_s:.0f} seconds"
        yield f"Shall I compose {length} of “{offer.text}” instead? Say yes, or tell me what to change."
    elif offer.id is not None:
        yield f"I am composing {offer.duration_s:.0f} seconds for “{offer.text}”; it appears here, marked as generated."
    else:
        yield f"I cannot compose it: {decision.reason}"


def _how_many(tracks: tuple[TrackFact, ...]) -> str:
    well = sum(t.score >= NOTHING_FITS for t in tracks)
    if well == len(tracks):
        return "One track fits well." if well == 1 else f"{well} tracks fit well."
    rest = len(tracks) - well
    return f"{well} fit well, {rest} less so." if well else f"None of these {rest} fits well."


def _named(track: TrackFact) -> str:
    return f"#{track.handle} “{track.title}”" + (f" by {track.artist}" if track.artist else "")


def _listed(names: tuple[str, ...], limit: int = 5) -> str:
    shown = ", ".join(names[:limit])
    return shown + (f" and {len(names) - limit} more" if len(names) > limit else "")
