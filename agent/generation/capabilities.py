"""What a request needs, what a system can do, and whether the two fit: one answer for all backends."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from agent.generation.values import GenerationRequest, Support


class Capability(StrEnum):
    """What a system can be told and obeys; the value is its name in `systems.toml`, `words` is for people."""

    TEXT = "text"
    TEMPO = "tempo"
    KEY = "key"
    TIME_SIGNATURE = "time_signature"
    CHORDS = "chords"
    MELODY = "melody"
    DYNAMICS = "dynamics"
    RHYTHM = "rhythm"
    INSTRUMENTAL = "instrumental"
    VOCALS = "vocals"
    LYRICS = "lyrics"
    TIMED_LYRICS = "timed_lyrics"
    SECTIONS = "sections"
    STEMS_IN = "stems_in"
    STEMS_OUT = "stems_out"
    REFERENCE = "reference"
    CONCEPT = "concept"
    CONTINUATION = "continuation"
    INPAINTING = "inpainting"
    SCENE = "scene"
    VIDEO = "video"
    FILM = "film"
    NEGATIVE = "negative"
    STEPS = "steps"
    ADAPTERS = "adapters"
    PREFERENCE = "preference"
    TASK = "task"

    @property
    def words(self) -> str:
        """What is missing where this is."""
        return _WORDS[self]


_WORDS = {
    Capability.TEXT: "a description in words",
    Capability.TEMPO: "an exact tempo",
    Capability.KEY: "an exact key",
    Capability.TIME_SIGNATURE: "the time signature",
    Capability.CHORDS: "chords by bar",
    Capability.MELODY: "a given melody",
    Capability.DYNAMICS: "a curve of loudness",
    Capability.RHYTHM: "a curve of rhythm",
    Capability.INSTRUMENTAL: "music without voices",
    Capability.VOCALS: "voices",
    Capability.LYRICS: "sung lyrics",
    Capability.TIMED_LYRICS: "the times of the lyrics",
    Capability.SECTIONS: "the plan of sections",
    Capability.STEMS_IN: "fitting to given tracks",
    Capability.STEMS_OUT: "separate tracks",
    Capability.REFERENCE: "the style of a recording",
    Capability.CONCEPT: "the style of several recordings",
    Capability.CONTINUATION: "going on from a recording",
    Capability.INPAINTING: "filling a gap in a recording",
    Capability.SCENE: "a scene in words",
    Capability.VIDEO: "watching a clip",
    Capability.FILM: "the course of a film",
    Capability.NEGATIVE: "what to leave out",
    Capability.STEPS: "the choice of effort",
    Capability.ADAPTERS: "adapters",
    Capability.PREFERENCE: "a trained preference",
    Capability.TASK: "what is to be done with the melody",
}

# Without these the music would have nothing to do with what was handed over.
ESSENTIAL = frozenset({Capability.MELODY, Capability.CONTINUATION, Capability.INPAINTING, Capability.STEMS_IN})
# A system that takes the right-hand one can be told the left-hand one through it.
_SERVES = {
    Capability.REFERENCE: Capability.CONCEPT,
    Capability.VOCALS: Capability.LYRICS,
    Capability.LYRICS: Capability.TIMED_LYRICS,
    Capability.FILM: Capability.VIDEO,
}


class Able(Protocol):
    """What `support` asks of an entry of the table."""

    @property
    def title(self) -> str: ...
    @property
    def capabilities(self) -> frozenset[Capability]: ...
    @property
    def min_seconds(self) -> float: ...
    @property
    def max_seconds(self) -> float | None: ...
    @property
    def tempo_bpm(self) -> tuple[float, float] | None: ...


def needs(request: GenerationRequest) -> frozenset[Capability]:
    """Return what a system must be able to do to meet all of a request. Candidates need nothing: seeds give them."""
    curves = {curve.of for curve in request.curves}
    asked = {
        Capability.TEXT: request.text or request.mood or request.genre or request.instruments,
        Capability.TEMPO: request.tempo_bpm,
        Capability.KEY: request.key,
        Capability.TIME_SIGNATURE: request.time_signature,
        Capability.CHORDS: request.chords,
        Capability.MELODY: request.melody,
        Capability.DYNAMICS: "dynamics" in curves,
        Capability.RHYTHM: "rhythm" in curves,
        Capability.INSTRUMENTAL: request.vocals is False,
        Capability.VOCALS: request.vocals and request.lyrics is None,
        Capability.LYRICS: request.lyrics is not None and not request.lyrics.timed,
        Capability.TIMED_LYRICS: request.lyrics is not None and request.lyrics.timed,
        Capability.SECTIONS: request.sections,
        Capability.STEMS_IN: request.given,
        Capability.STEMS_OUT: request.wanted,
        Capability.REFERENCE: len(request.references) == 1,
        Capability.CONCEPT: len(request.references) > 1,
        Capability.CONTINUATION: request.continues,
        Capability.INPAINTING: request.fills is not None,
        Capability.SCENE: request.scene,
        Capability.VIDEO: request.video and request.film is None,
        Capability.FILM: request.film is not None,
        Capability.NEGATIVE: request.negative,
        Capability.STEPS: request.steps is not None or request.quality is not None,
        Capability.ADAPTERS: request.adapters,
        Capability.TASK: request.task not in {None, "keep"},
    }
    return frozenset(capability for capability, wanted in asked.items() if wanted)


def unmet(system: Able, request: GenerationRequest) -> frozenset[Capability]:
    """Return the needs of a request that a system does not serve."""
    wanted = needs(request)
    return frozenset(need for need in wanted if not _serves(need, system.capabilities))


def support(system: Able, request: GenerationRequest) -> Support:
    """Tell whether a system meets a request by its entry alone; whether it is set up is another question."""
    length, longest = request.duration_s, system.max_seconds
    if longest is not None and length > longest:
        return Support.no(f"{length:g} s is over {system.title}'s limit of {longest:g} s; ask for a shorter piece")
    if length < system.min_seconds and request.fills is None:  # around a gap there is more
        return Support.no(f"{length:g} s is under the {system.min_seconds:g} s that it makes; ask for a longer piece")
    lacking = unmet(system, request)
    vital = sorted(lacking & ESSENTIAL)
    if vital:
        return Support.no(f"it does not do {' or '.join(need.words for need in vital)}")
    missing = [need.words for need in Capability if need in lacking]
    tempo, reach = request.tempo_bpm, system.tempo_bpm
    if (
        tempo is not None
        and reach is not None
        and Capability.TEMPO not in lacking
        and not reach[0] <= tempo <= reach[1]
    ):
        missing.append(f"{tempo:g} BPM (it keeps to {reach[0]:g} to {reach[1]:g})")
    return Support.partial(*missing) if missing else Support.full()


def _serves(need: Capability, capabilities: frozenset[Capability]) -> bool:
    held: Capability | None = need
    while held is not None:
        if held in capabilities:
            return True
        held = _SERVES.get(held)
    return False
