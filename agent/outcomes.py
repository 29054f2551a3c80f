"""What a turn comes to, and the facts that it may speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.values import Decision, Evidence, FactSource, SourcedFact, Standing, TrackFact
from catalog.values import GenerationId, Track, TrackId
from retrieval.constraints import Relaxation
from retrieval.continuation.values import Continuation
from retrieval.paths import Path
from retrieval.track_receipts import TrackReceipt
from retrieval.values import Candidate


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn came to: the decision, the facts for the reply, and what stands afterwards.

    `influence` says what the user's taste did to it, for the trace; `composed` is the piece that the talk goes on from.
    """

    decision: Decision
    evidence: Evidence
    standing: Standing
    pending_generation: str | None = None
    pending_relaxation: Relaxation | None = None
    pending_forget: bool = False
    influence: str = ""
    composed: GenerationId | None = None


def fact(handle: int, track: Track, score: float, why: str, receipts: tuple[TrackReceipt, ...] = ()) -> TrackFact:
    """Return everything that may be said about a track."""
    written = [t.label for t in track.tags if t.source in {"file", "sidecar", "user"}]
    heard = [t.label for t in sorted(track.tags, key=lambda t: -t.weight) if t.source.startswith("musicnn")]
    tags = tuple(dict.fromkeys(t.casefold() for t in [*written, *heard]))[:6]
    return TrackFact(
        handle=handle,
        track_id=track.id,
        title=track.title,
        artist=track.artist,
        album=track.album,
        year=track.year,
        duration_s=track.duration_s,
        tempo_bpm=None if track.tempo_bpm is None else round(track.tempo_bpm, 1),
        key=track.key,
        licence=track.licence,
        attribution=track.attribution,
        provenance=track.provenance,
        tags=tags,
        score=score,
        why=why,
        receipts=receipts,
        facts=_sourced(track, tags, score),
    )


def _sourced(track: Track, tags: Sequence[str], score: float) -> tuple[SourcedFact, ...]:
    """Return the facts of a track one by one, each with its source."""
    written = (("title", track.title), ("artist", track.artist), ("album", track.album), ("licence", track.licence))
    facts = [SourcedFact(field=name, value=value, source="file") for name, value in written if value]
    if track.year is not None:
        facts.append(SourcedFact(field="year", value=str(track.year), source="file"))
    measured = {
        "length": f"{track.duration_s:.0f} s",
        "tempo": None if track.tempo_bpm is None else f"{round(track.tempo_bpm, 1):g} BPM",
        "key": track.key,
    }
    for name, value in measured.items():
        if value is not None:
            found = track.measurements.get(name)
            facts.append(
                SourcedFact(field=name, value=value, source=_source("measured" if found is None else found.source))
            )
    by = {t.label.casefold(): t.source for t in reversed(track.tags)}
    facts += [SourcedFact(field="tag", value=tag, source=_source(by.get(tag, "file"))) for tag in tags]
    return (*facts, SourcedFact(field="score", value=f"{score:.0%}", source="model"))


def _source(told: str) -> FactSource:
    """Return the kind of a source as the catalogue names it; what is no kind of its own is a tagger."""
    kinds: dict[str, FactSource] = {"file": "file", "sidecar": "file", "user": "user", "measured": "measured"}
    return kinds.get(told, "model")


def facts(candidates: Sequence[Candidate]) -> tuple[TrackFact, ...]:
    """Return the facts of candidates, numbered from 1."""
    return tuple(fact(n, c.track, c.score, "; ".join(c.reasons), c.receipts) for n, c in enumerate(candidates, 1))


def with_results(standing: Standing, candidates: Sequence[Candidate]) -> Standing:
    """Return what stands with these candidates as the last results."""
    return standing.model_copy(
        update={
            "results": tuple(c.track.id for c in candidates),
            "whys": tuple("; ".join(c.reasons) for c in candidates),
            "scores": tuple(c.score for c in candidates),
        }
    )


def rows(standing: Standing) -> list[tuple[TrackId, str, float]]:
    """Return (track, why, score) of the last results; older states have no whys or scores for some."""
    whys = dict(zip(standing.results, standing.whys, strict=False))
    scores = dict(zip(standing.results, standing.scores, strict=False))
    return [(i, whys.get(i, "as before"), scores.get(i, 1.0)) for i in standing.results]


def answer(standing: Standing, words: str, reason: str) -> Outcome:
    """Return an outcome of one sentence that leaves everything as it stands."""
    return Outcome(Decision(kind="answer", fit=1.0, reason=reason), Evidence(facts=(words,)), standing)


def details(track: Track) -> str:
    """Return what is known about a track in a few words, from its artist to its licence."""
    seconds = int(track.duration_s)
    known = (
        track.artist and f"by {track.artist}",
        track.album and f"from “{track.album}”",
        track.year and str(track.year),
        f"{seconds // 60}:{seconds % 60:02d}",
        track.tempo_bpm and f"{track.tempo_bpm:.0f} BPM",
        track.key,
        track.licence,
    )
    return ", ".join(k for k in known if k)


def continued(standing: Standing, answer: Continuation, ids: Sequence[TrackId]) -> Outcome:
    """Return the outcome of going on with the playlist of `ids`."""
    candidates = tuple(Candidate(c.track, c.score, reasons=(c.why,)) for c in answer.tracks)
    unresolved = tuple(f"“{u.title}”" + (f" by {u.artist}" if u.artist else "") for u in answer.unresolved)
    evidence = Evidence(tracks=facts(candidates), receipts=answer.receipts, unresolved=unresolved)
    playlist = tuple(dict.fromkeys((*ids, *(c.track.id for c in answer.tracks))))
    standing = with_results(standing, candidates).model_copy(update={"playlist": playlist})
    total = sum(c.track.duration_s for c in answer.tracks) / 60
    reason = f"{len(answer.tracks)} tracks, {total:.0f} minutes" if answer.tracks else "nothing goes on from there"
    fit = max((c.score for c in answer.tracks), default=0.0)
    return Outcome(Decision(kind="recommend", fit=min(fit, 1.0), reason=reason), evidence, standing)


def path_outcome(standing: Standing, path: Path) -> Outcome:
    """Return the outcome of a path between two tracks; it is the list now, in playing order."""
    tracks = path.tracks
    words = f"A path of {len(tracks)} tracks from “{tracks[0].track.title}” to “{tracks[-1].track.title}”."
    if len(tracks) < path.asked:
        words += f" {path.asked} were asked for; no more lie on the way."
    decision = Decision(kind="answer", fit=1.0, reason=f"steps alike by {min(path.steps):.0%} or more")
    evidence = Evidence(tracks=facts(tracks), facts=(words,))
    standing = with_results(standing, tracks)
    return Outcome(decision, evidence, standing.model_copy(update={"playlist": standing.results}))


def together(outcomes: Sequence[Outcome], leads: int) -> Outcome:
    """Return several outcomes as one: the words of all, the tracks and the decision of the one that `leads`."""
    main, last = outcomes[leads], outcomes[-1]
    evidence = main.evidence.model_copy(
        update={
            "facts": tuple(words for outcome in outcomes for words in outcome.evidence.facts),
            "unresolved": tuple(dict.fromkeys(name for o in outcomes for name in o.evidence.unresolved)),
            "playlist_id": next((o.evidence.playlist_id for o in reversed(outcomes) if o.evidence.playlist_id), None),
        }
    )
    return replace(
        last,
        decision=main.decision,
        evidence=evidence,
        pending_generation=main.pending_generation,
        pending_relaxation=main.pending_relaxation,
        influence=main.influence,
    )


def nothing_left(fresh: bool, tracks: int) -> str:
    """Return why nothing was found, of a catalogue of so many tracks; `fresh` where only what is new was asked for."""
    if not tracks:
        return "there is no music in this catalogue yet"
    return "everything was shown already" if fresh else "no track is left to choose from"
