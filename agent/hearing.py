"""What is said of an attached sound: which recording it is, before what is like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agent.outcomes import Outcome, facts, with_results
from agent.values import Decision
from catalog.store import Catalogue
from encoders.values import AudioAnalysis
from retrieval.recognition import Recogniser
from retrieval.values import Candidate, SoundProfile


def clock(seconds: float) -> str:
    """Return minutes and seconds, as ``1:10``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def heard_profile(analysis: AudioAnalysis) -> SoundProfile:
    """Return what of a sound is compared by attribute."""
    return SoundProfile(
        tempo_bpm=None if analysis.tempo_bpm is None else analysis.tempo_bpm.value,
        onset_rate=analysis.onset_rate,
        brightness_hz=analysis.brightness_hz,
        key=None if analysis.key is None else f"{analysis.key.tonic} {analysis.key.mode}",
        chords=analysis.chords,
    )


def known_again(
    catalogue: Catalogue, recogniser: Recogniser, path: Path
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Return the track that a sound was taken from (or none), and the sentences to say about it."""
    found = recogniser.recognise(path)
    if found is None:
        missing = recogniser.unprinted
        if not missing:
            return (), ()
        words = f"{missing} tracks here have no fingerprint and cannot be recognised; `trichord ingest --retry` adds it"
        return (), (f"{words}.",)
    tracks = catalogue.library.get_many([found.track_id])
    if not tracks:
        return (), ()
    by = f" by {tracks[0].artist}" if tracks[0].artist else ""
    candidate = Candidate(tracks[0], 1.0, reasons=(f"the same recording, from {clock(found.offset_s)}",))
    return (candidate,), (f"That is “{tracks[0].title}”{by}, from {clock(found.offset_s)}.",)


def first_named(outcome: Outcome, same: Sequence[Candidate], said: Sequence[str]) -> Outcome:
    """Return an outcome with a recognised track ahead of its list, and what is said of it ahead of its words."""
    evidence = outcome.evidence.model_copy(update={"facts": (*said, *outcome.evidence.facts)})
    if not same:
        return replace(outcome, evidence=evidence)
    first = facts(same)
    rest = tuple(t.model_copy(update={"handle": t.handle + len(first)}) for t in outcome.evidence.tracks)
    listed = with_results(outcome.standing, same)
    old = outcome.standing if rest else with_results(outcome.standing, ())
    standing = listed.model_copy(
        update={name: (*getattr(listed, name), *getattr(old, name)) for name in ("results", "whys", "scores")}
    )
    evidence = evidence.model_copy(update={"tracks": (*first, *rest), "generation": None})
    decision = Decision(kind="recommend", fit=1.0, reason="the same recording is here")
    return Outcome(decision, evidence, standing)
