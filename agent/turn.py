"""What an act is given: the tools it may call, and one turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.handoff import GenerationService
from agent.sung import Sung
from agent.values import Attachment, DialogueState, Standing, TurnPlan
from catalog.store import Catalogue
from catalog.values import TrackId, UserId
from encoders.protocols import AudioAnalyzer
from retrieval.continuation.continuer import PlaylistContinuer
from retrieval.recognition import Recogniser
from retrieval.search import SearchEngine
from retrieval.video import VideoSuggester


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything that acts may call."""

    catalogue: Catalogue
    engine: SearchEngine
    continuer: PlaylistContinuer
    suggester: VideoSuggester
    audio: AudioAnalyzer
    generations: GenerationService
    recogniser: Recogniser
    sung: Sung


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn's input to an act.

    `shown` is the list that places count in, where it is no longer the standing one; `user` whose turn it is, if known.
    """

    plan: TurnPlan
    state: DialogueState
    attachments: tuple[Attachment, ...]
    message: str
    shown: tuple[TrackId, ...] | None = None
    user: UserId | None = None

    @property
    def standing(self) -> Standing:
        """Return what stood before this turn."""
        return self.state.standing

    def at(self, places: Iterable[int]) -> tuple[TrackId, ...]:
        """Return the tracks at places of the list that the user saw, counted from 1."""
        shown = self.standing.results if self.shown is None else self.shown
        return tuple(shown[place - 1] for place in places)

    def handles(self) -> tuple[TrackId, ...]:
        """Return the tracks that the message points at."""
        return self.at(self.plan.handles)
