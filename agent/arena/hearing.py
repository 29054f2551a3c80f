"""Votes and candidates as numbers: what the reward model reads of sounds and notes."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.arena.reward import RewardModel, Sounding, Vote
from agent.generation.errors import GenerationError
from agent.generation.midi import read_midi, told_in
from catalog.battles import Side
from catalog.store import Catalogue
from encoders.errors import EncoderError
from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.values import FloatArray, Space

_logger = logging.getLogger(__name__)


class Taste:
    """A reward model with ears: tells which of several finished files would be preferred.

    Args:
        model: what was learned from votes.
        audio: gives the embeddings.
        space: theirs.
    """

    def __init__(self, model: RewardModel, audio: SandboxedAudioAnalyzer, space: Space) -> None:
        self._model, self._audio, self._space = model, audio, space

    def rewards(self, files: Sequence[Path], traits: Sequence[Mapping[str, float]]) -> list[float]:
        """Return a reward for each file, the more the rather preferred.

        Raises:
            EncoderError: a file cannot be heard.
        """
        heard = [self._audio.analyze(path).embeddings[self._space.id].vector for path in files]
        told = self._model.rewards([Sounding(vector, each) for vector, each in zip(heard, traits, strict=True)])
        return [round(float(each), 4) for each in told]

    def words(self) -> str:
        """Say how far it is to be trusted."""
        card = self._model.card
        return f"learned from {card.votes} votes, right in {card.accuracy:.0%} [{card.low:.0%}, {card.high:.0%}]"


def heard_votes(
    catalogue: Catalogue,
    audio: SandboxedAudioAnalyzer,
    space: Space,
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Iterator[Vote]:
    """Yield all votes whose two sides can still be heard.

    Args:
        catalogue: has votes, pieces and the tracks' embeddings.
        audio: hears the pieces.
        space: that of the embeddings.
        folder: where pieces lie.
        progress: told how many of how many votes are read.
    """
    ids, matrix = catalogue.library.vectors(space.id)
    tracks = dict(zip(ids, matrix, strict=True))
    pieces: dict[str, Sounding | None] = {}

    def sounding(side: Side) -> Sounding | None:
        if side.generation_id is None:
            vector = None if side.track_id is None else tracks.get(side.track_id)
            return None if vector is None else Sounding(vector, {})
        if side.generation_id not in pieces:
            found = catalogue.generations.some({side.generation_id})
            pieces[side.generation_id] = _piece(found[0].result, audio, space, folder) if found else None
        return pieces[side.generation_id]

    votes = catalogue.battles.voted()
    for number, vote in enumerate(votes, 1):
        a, b = sounding(vote.a), sounding(vote.b)
        progress(number, len(votes))
        if a is not None and b is not None:
            yield Vote(a, b, str(vote.choice), vote.text)


def _piece(result: str | None, audio: SandboxedAudioAnalyzer, space: Space, folder: Path) -> Sounding | None:
    """Hear a piece; None where its files are gone or cannot be read."""
    told: dict[str, Any] = {} if result is None else json.loads(result)
    if not told.get("file"):
        return None
    try:
        vector: FloatArray = audio.analyze(folder / told["file"]).embeddings[space.id].vector
    except (EncoderError, OSError) as error:
        _logger.info("a voted piece cannot be heard: %s", error)
        return None
    return Sounding(vector, _traits(folder / told["midi"]) if told.get("midi") else {})


def _traits(midi: Path) -> dict[str, float]:
    try:
        told = told_in(read_midi(midi)).get("traits", {})
    except (GenerationError, OSError):
        return {}
    return {str(name): float(value) for name, value in told.items()} if isinstance(told, dict) else {}
