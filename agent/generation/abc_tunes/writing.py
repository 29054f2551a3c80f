"""Asking a language model for a tune, and again for what was wrong with it, at most three times."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from agent.errors import ModelError
from agent.generation.abc_tunes.exemplars import Exemplar, nearest
from agent.generation.abc_tunes.notating import abc_key
from agent.generation.abc_tunes.reading import MAX_CHARS, Tune, TuneError, read_tune
from agent.generation.theory import Key
from agent.generation.values import GenerationError, GenerationRequest
from agent.llm.guard import Guard, Model

VERSION = "abc-1"
ROUNDS = 3
REPLY_TOKENS = 320
# One round on two cores; a server answers within seconds.
SECONDS = 240.0
_EXAMPLES = 2
_MOST_WISH = 400
# More bars than that as in one of the songs that were shown are a copy of it.
_OWN = 0.5


@dataclass(frozen=True, slots=True)
class Frame:
    """What a tune is to fit: beats a bar, key, tempo in BPM, energy from 0 to 1."""

    beats: int
    key: Key
    tempo: float
    energy: float


@dataclass(frozen=True, slots=True)
class Written:
    """A tune, in which round it was right, and after which songs it was written."""

    tune: Tune
    rounds: int
    after: tuple[str, ...]


class TuneWriter:
    """Asks a model.

    Args:
        model: answers in free words.
        guard: asks it within limits of its own: a tune takes longer than a turn of a conversation.
        name: of the model, for the provenance.
    """

    def __init__(self, model: Model, guard: Guard, name: str) -> None:
        self._model, self._guard, self.name = model, guard, name

    def write(self, request: GenerationRequest, frame: Frame) -> Written:
        """Return a tune.

        Raises:
            GenerationError: the model cannot be asked, or wrote none in three rounds.
        """
        songs = nearest(request, frame.beats, frame.key, frame.energy, _EXAMPLES)
        messages = _beginning(request, frame, songs)
        problems: Sequence[str] = ()
        for number in range(1, ROUNDS + 1):
            reply = self._asked(messages)
            try:
                tune = read_tune(reply, frame.beats, frame.key)
                _check_own(tune, songs, frame)
            except TuneError as error:
                problems = error.problems
                told = "\n".join(f"- {problem}" for problem in problems)
                # Of a reply that is far too long nothing is repeated to the model.
                said = reply if len(reply) <= MAX_CHARS else "(too long)"
                asked = [AIMessage(said), HumanMessage(_prompt()["again"].format(problems=told))]
                messages = [*_beginning(request, frame, songs), *asked]
                continue
            return Written(tune, number, tuple(f"{song.title} ({song.composer})" for song in songs))
        raise GenerationError(
            f"the language model wrote no tune that can be read in {ROUNDS} rounds ({problems[0].rstrip('.')}); "
            "try another seed, or let the composer write it"
        )

    def _asked(self, messages: Sequence[BaseMessage]) -> str:
        try:
            return self._guard.ask(self._model, list(messages), lambda answer: answer.text)
        except ModelError as error:
            raise GenerationError(f"the language model could not be asked: {str(error).rstrip('.')}") from error


def _check_own(tune: Tune, songs: Sequence[Exemplar], frame: Frame) -> None:
    """Refuse what is no tune of its own: small models write down a song that they were shown."""
    for song in songs:
        known = {bar.notes for bar in read_tune(song.abc(frame.key, frame.tempo), frame.beats, frame.key).bars}
        copied = sum(bar.notes in known for bar in tune.bars)
        if copied > _OWN * len(tune.bars):
            raise TuneError(
                [f"{copied} of {len(tune.bars)} bars are those of “{song.title}”; write another tune with other notes."]
            )


def _beginning(request: GenerationRequest, frame: Frame, songs: Sequence[Exemplar]) -> list[BaseMessage]:
    """Return rules, songs and the wish: what every round begins with, to the byte the same."""
    prompt = _prompt()
    messages: list[BaseMessage] = [SystemMessage(prompt["system"])]
    for song in songs:
        pace = "slow notes" if song.pace < 1 else "quarters and eighths" if song.pace < 1.5 else "running eighths"
        why = prompt["why"].format(pace=pace, mode="minor" if song.minor else "major")
        messages += [HumanMessage(_wish(frame, song.title)), AIMessage(f"{why}\n{song.abc(frame.key, frame.tempo)}")]
    asked = _wish(frame, _one_line(request.text) or "a tune")
    if request.scene:
        asked += prompt["scene"].format(scene=_one_line(request.scene))
    return [*messages, HumanMessage(asked)]


def _wish(frame: Frame, wish: str) -> str:
    return _prompt()["wish"].format(beats=frame.beats, tempo=round(frame.tempo), key=abc_key(frame.key), wish=wish)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_MOST_WISH]


@cache
def _prompt() -> dict[str, str]:
    text = files("agent.generation.abc_tunes").joinpath(f"{VERSION}.toml").read_text(encoding="utf-8")
    return {name: str(value) for name, value in tomllib.loads(text).items()}
