"""Curated dialogues played with the agent: what it would have shown, beside what the people then liked.

The user's messages are said to the agent one after the other. What they liked and disliked in the real dialogue is told
by its buttons after each turn, whether or not the agent had shown it, and counts as the list that was shown: these
people never saw the agent's own, nor what it offered. No ranking holds what was liked before. The other rankers read
the last message or all messages so far; the model alone reads all of them.

liked next   gold is what was liked for the first time in answer to this message
goal list    gold is what is left of the playlist that the dialogue ended with
hit@k, nDCG@20 as in `retrieval.evaluation.metrics`; intervals are over dialogues
ratio        Trichord's mean over the best peer's, by the same bootstrap
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from agent.assistant import Assistant
from agent.evaluation.curation import CuratedDialogue, CuratedTurn
from agent.evaluation.naming import NamesAlone
from agent.evaluation.playing import DEPTH, MAX_LIST, MODEL, OURS, Ask
from agent.evaluation.variety import variety
from agent.values import DialogueState, DoneEvent, ResultsEvent
from catalog.values import TrackId
from retrieval.evaluation.metrics import hit_at, ndcg_at
from retrieval.evaluation.values import Measure, TaskReport

_QUESTIONS = {
    "liked next": "what was then liked for the first time",
    "goal list": "what is left of the playlist that they made",
}
GOLDS = tuple(_QUESTIONS)
_HITS = (1, 5, 20)


@dataclass(frozen=True, slots=True)
class CuratedAnswer:
    """One turn: its gold by kind, the ids by ranker, the agent's reply, and the share of the model's names not here."""

    dialogue: str
    place: int
    message: str
    intent: str
    golds: Mapping[str, tuple[TrackId, ...]]
    rankings: Mapping[str, Sequence[TrackId]]
    reply: str
    strange: float = field(default=float("nan"))


class CuratedStage:
    """Where curated dialogues are played.

    Args:
        assistant: over the closed catalogue; its lists are long enough for what was liked already to be left out.
        peers: rankers of a text, which give `MAX_LIST` ids.
        model: names tracks by itself, or None.
        asked: how many turns the model is asked at most.
    """

    def __init__(
        self, assistant: Assistant, peers: Mapping[str, Ask], model: NamesAlone | None = None, asked: int = 0
    ) -> None:
        self._assistant, self._peers, self._model, self._asked = assistant, peers, model, asked
        self._numbers = count()

    def play(self, dialogue: CuratedDialogue) -> list[CuratedAnswer]:
        """Hold one dialogue; turns in which nothing was said are passed over, their likes told all the same."""
        session = f"curated-{next(self._numbers)}"
        said: list[str] = []
        liked: list[TrackId] = []
        seen: list[TrackId] = []
        answers = []
        state = self._assistant.state(session)
        for place, turn in enumerate(dialogue.turns, 1):
            if turn.message:
                said.append(turn.message)
                left = tuple(i for i in dialogue.goal if i not in liked)
                answers.append(self._turn(dialogue.id, place, turn, state, said, liked, left))
            for track_id in turn.liked:
                self._assistant.react(session, track_id, "like")
            for track_id in turn.disliked:
                self._assistant.react(session, track_id, "dislike")
            liked += turn.liked
            seen += (*turn.liked, *turn.disliked)
            state = _as_seen(self._assistant.state(session), turn, seen)
        return answers

    def _turn(
        self, dialogue: str, place: int, turn: CuratedTurn, state: DialogueState, said: Sequence[str],
        liked: Sequence[TrackId], left: tuple[TrackId, ...],
    ) -> CuratedAnswer:  # fmt: skip
        events = list(self._assistant.chat(turn.message, state.session_id, start=state))
        shown = [t.track_id for e in events if isinstance(e, ResultsEvent) for t in e.evidence.tracks]
        done = next((e for e in events if isinstance(e, DoneEvent)), None)
        rankings: dict[str, Sequence[TrackId]] = {OURS: shown}
        for ways, text in (("last message", turn.message), ("whole dialogue", " ".join(said))):
            rankings |= {f"{name}, {ways}": ask(text) for name, ask in self._peers.items()}
        strange = float("nan")
        if self._model is not None and turn.liked and self._asked > 0:
            self._asked -= 1
            named = self._model(said)
            rankings[MODEL], strange = named.ids, named.strange
        return CuratedAnswer(
            dialogue, place, turn.message, "" if done is None else done.plan.intent,
            dict(zip(GOLDS, (turn.liked, left), strict=True)),
            {name: _cut(ids, liked) for name, ids in rankings.items()},
            "" if done is None else done.reply, strange,
        )  # fmt: skip


def _as_seen(state: DialogueState, turn: CuratedTurn, seen: Sequence[TrackId]) -> DialogueState:
    """Return a state in which the user saw what was rated instead of what the agent showed and offered."""
    rated = (*turn.liked, *turn.disliked)
    # The list that grew was the one of what they liked.
    update: dict[str, object] = {"playlist": state.standing.likes}
    if rated:
        update |= {"results": rated, "whys": (), "scores": ()}
    standing = state.standing.model_copy(update=update)
    offers: dict[str, object] = {"pending_generation": None, "pending_relaxation": None, "pending_forget": False}
    return state.model_copy(update={"standing": standing, "shown": tuple(seen), **offers})


def deep_enough(state: DialogueState) -> int:
    """Return how long a list must be for `DEPTH` tracks to be left without those liked already."""
    return min(MAX_LIST, DEPTH + len(state.standing.likes))


def curated_reports(answers: Sequence[CuratedAnswer], rng: np.random.Generator) -> list[TaskReport]:
    """Return the table: each ranker by each gold, the ratios, the model's names, and how varied the replies are."""
    found = []
    for gold in GOLDS:
        found += _by_gold(answers, gold, rng)
    replies: dict[str, list[str]] = {}
    for a in answers:
        replies.setdefault(a.dialogue, []).append(a.reply)
    return [*found, TaskReport("replies", "how varied are they", variety(replies))]


def ndcg_by(
    answers: Sequence[CuratedAnswer], key: Callable[[CuratedAnswer], str], rng: np.random.Generator
) -> dict[str, dict[str, Measure]]:
    """Return nDCG@20 of what was liked next by ranker, for each group of turns."""
    groups: dict[str, list[CuratedAnswer]] = {}
    for a in answers:
        if a.golds[GOLDS[0]]:
            groups.setdefault(key(a), []).append(a)
    return {
        name: {
            ranker: Measure.of(_ndcg(some, ranker, GOLDS[0]), rng, [a.dialogue for a in some])
            for ranker in _rankers(some)
            if ranker != MODEL
        }
        for name, some in sorted(groups.items(), key=_in_order)
    }


def _in_order(group: tuple[str, object]) -> tuple[int, str]:
    # Turn 10 comes after turn 9.
    return len(group[0]), group[0]


def _cut(ids: Sequence[TrackId], liked: Sequence[TrackId]) -> list[TrackId]:
    return [i for i in dict.fromkeys(ids) if i not in liked][:DEPTH]


def _rankers(answers: Sequence[CuratedAnswer]) -> list[str]:
    return list(dict.fromkeys(name for a in answers for name in a.rankings))


def _ndcg(answers: Sequence[CuratedAnswer], ranker: str, gold: str) -> list[float]:
    return [ndcg_at(a.rankings[ranker], {str(i): 1.0 for i in a.golds[gold]}, DEPTH) for a in answers]


def _by_gold(answers: Sequence[CuratedAnswer], gold: str, rng: np.random.Generator) -> list[TaskReport]:
    asked = [a for a in answers if a.golds[gold]]
    measures = {}
    for ranker in _rankers(asked):
        measures[ranker] = _measures([a for a in asked if ranker in a.rankings], ranker, gold, rng)
    peers = [name for name in measures if name not in {OURS, MODEL}]
    if peers:
        best = max(peers, key=lambda name: measures[name]["nDCG@20"].value)
        groups = [a.dialogue for a in asked]
        ratio = Measure.ratio(_ndcg(asked, OURS, gold), _ndcg(asked, best, gold), rng, groups)
        measures[OURS][f"nDCG@20 over that of {best}"] = ratio
    if MODEL in measures:
        some = [a for a in asked if MODEL in a.rankings]
        measures[f"{OURS}, on the turns of the model"] = _measures(some, OURS, gold, rng)
        measures[MODEL]["names not in the catalogue"] = Measure.of(
            [a.strange for a in some], rng, [a.dialogue for a in some]
        )
    question = (
        "what was then liked for the first time" if gold == GOLDS[0] else "what is left of the playlist they made"
    )
    return [TaskReport(f"{gold}: {ranker}", question, found) for ranker, found in measures.items()]


def _measures(answers: Sequence[CuratedAnswer], ranker: str, gold: str, rng: np.random.Generator) -> dict[str, Measure]:
    groups = [a.dialogue for a in answers]
    ranked = [(a.rankings[ranker], {str(i): 1.0 for i in a.golds[gold]}) for a in answers]
    found = {f"hit@{k}": Measure.of([hit_at(r, g, k) for r, g in ranked], rng, groups) for k in _HITS}
    return {**found, "nDCG@20": Measure.of(_ndcg(answers, ranker, gold), rng, groups)}
