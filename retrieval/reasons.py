"""Why a track was found, in clauses that only say what was measured or written."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from retrieval.constraints import ORDERS
from retrieval.lexical import content_words
from retrieval.snapshot import Snapshot
from retrieval.values import SearchRequest

CLEARLY, HARDLY = 0.62, 0.4


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the text of a request says, read once for all of its results: its words and its "rock or metal"s."""

    words: tuple[str, ...]
    either: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, snapshot: Snapshot, text: str) -> Spoken:
        """Read a text."""
        return cls(tuple(dict.fromkeys(content_words(text))), tuple(snapshot.vocabulary.either(text)))


def explain(
    snapshot: Snapshot,
    row: int,
    request: SearchRequest,
    spoken: Spoken,
    weights: Mapping[str, float],
    branches: Mapping[str, float],
    listed: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return short clauses: what matched first, what did not last; `listed` are names of lists that speak for it."""
    clauses = []
    matched = [w for w in spoken.words if snapshot.has_word(row, w)]
    # What its own name says is not denied in the same breath.
    said = {c.id for w in matched if (c := snapshot.vocabulary.concept(w)) is not None}
    met, unmet = _concept_clauses(snapshot, row, weights, said | _spared(snapshot, row, spoken.either))
    if matched:
        clauses.append("its name or tags say " + ", ".join(f"“{w}”" for w in matched[:3]))
    if listed:
        clauses.append("listed under " + ", ".join(f"“{title}”" for title in listed))
    clauses += met
    if branches.get("sound", 0.0) >= 0.5:
        of = "your clip" if request.sound is not None else "the tracks you chose"
        clauses.append(f"sounds like {of} ({branches['sound']:.0%})")
    clauses += _attribute_clauses(snapshot, row, branches)
    if branches.get("taste", 0.0) >= 0.6:
        clauses.append("near what you liked before")
    if branches.get("company", 0.0) >= 0.5:
        clauses.append("its artist stands in playlists beside those you like")
    if "scene" in branches:
        clauses.append(_scene_clause(snapshot, row, branches["scene"]))
    clauses += _number_clauses(snapshot, row, request)
    return tuple(clauses + unmet) or (_otherwise(request, branches),)


def _attribute_clauses(snapshot: Snapshot, row: int, branches: Mapping[str, float]) -> list[str]:
    clauses = []
    for name in ("rhythm", "timbre", "harmony"):
        if branches.get(name, 0.0) >= 0.5:
            track = snapshot.tracks[row]
            tempo = f"{track.tempo_bpm:.0f} BPM" if track.tempo_bpm is not None else None
            measured = {"rhythm": tempo, "harmony": track.key}.get(name)
            clauses.append(f"its {name} is alike ({branches[name]:.0%}" + (f", {measured})" if measured else ")"))
    return clauses


def _spared(snapshot: Snapshot, row: int, either: Sequence[frozenset[str]]) -> set[str]:
    """Return the concepts that need not hold, since another one of "rock or metal" does."""
    return {c for run in either if any(snapshot.column(c)[row] >= CLEARLY for c in run) for c in run}


def _otherwise(request: SearchRequest, branches: Mapping[str, float]) -> str:
    if branches.get("browse", 0.0) >= 0.5:
        return "holds what you asked for"
    return "the closest by its description" if request.text else "nothing known speaks for or against it"


def _concept_clauses(
    snapshot: Snapshot, row: int, weights: Mapping[str, float], said: Container[str]
) -> tuple[list[str], list[str]]:
    met, unmet = [], []
    for concept_id, weight in weights.items():
        score = float(snapshot.column(concept_id)[row])
        if weight > 0 and score >= CLEARLY:
            met.append(f"sounds {concept_id} ({score:.0%})")
        elif weight > 0 and score < HARDLY and concept_id not in said:
            unmet.append(f"hardly {concept_id} ({score:.0%})")
        elif weight < 0 and score < HARDLY:
            met.append(f"not {concept_id} ({score:.0%})")
        elif weight < 0 and score >= CLEARLY:
            unmet.append(f"but {concept_id} ({score:.0%})")
    return met, unmet


def _scene_clause(snapshot: Snapshot, row: int, closeness: float) -> str:
    energy = float(snapshot.numbers["energy"][row])
    pace = "calm" if energy < 0.33 else "energetic" if energy > 0.66 else "mid-energy"
    return f"its {pace} pace is {'close to' if closeness >= 0.6 else 'not far from'} the picture's ({closeness:.0%})"


def _number_clauses(snapshot: Snapshot, row: int, request: SearchRequest) -> list[str]:
    track = snapshot.tracks[row]
    wished = {ORDERS[str(c.value)][0] if c.field == "order" else c.field for c in request.constraints}
    clauses = []
    if "tempo" in wished and track.tempo_bpm is not None:
        clauses.append(f"{track.tempo_bpm:.0f} BPM")
    if "key" in wished and track.key is not None:
        clauses.append(f"in {track.key}")
    if "duration" in wished:
        clauses.append(f"{int(track.duration_s) // 60}:{int(track.duration_s) % 60:02d} long")
    if "year" in wished and track.year is not None:
        clauses.append(f"from {track.year}")
    return clauses
