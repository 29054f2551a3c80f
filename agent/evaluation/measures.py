"""The table of an evaluation of dialogues. All intervals are over dialogues: turns of one are no independent witnesses.

intent              the turn's intent is the one that was meant
plan                every part of the plan is as meant (`agent.evaluation.plans`)
wishes, precision   of the wishes that were read, those that were said; recall: of those that were said, those read
tool success        the turn ends in an answer, at the first attempt
wishes at the end   of the wishes that should stand after the last turn, those that do, be it as a tighter limit
read wishes kept    the same of those alone that were read in their own turn: what is lost here was forgotten
clip kept           the clip that a dialogue is about still stands after its last turn
names an answer     how many names of tracks and albums it holds
invented            answers that name a track that the catalogue does not have (lower is better)
absent, told        of the tracks asked for that are not here, those that were said not to be
groundedness        of what a reply claimed before it was verified, the share that the evidence holds, a turn each
hit@k, nDCG@20      of the ranking, against all tracks that hold every wish that stands
distinct-2          how varied the replies are (`agent.evaluation.variety`)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np

from agent.evaluation.playing import DEPTH, MODEL, OURS, Played, PlayedTurn
from agent.evaluation.variety import variety
from agent.simulation.values import GoldWish
from agent.verifier import groundedness
from retrieval.evaluation.metrics import hit_at, ndcg_at
from retrieval.evaluation.values import Measure, TaskReport

_TIMES = ("understand", "act", "results", "whole turn")


def reports(played: Sequence[Played], rng: np.random.Generator) -> list[TaskReport]:
    """Return the table: everything, the rankers side by side, the times, and rows by intent, language and noise."""
    turns = [t for p in played for t in p.turns]
    found = [_whole(played, turns, rng), *_rankers(turns, rng), _varied(played), _times(turns, rng)]
    for name, key in _KEYS.items():
        for value in sorted({key(t) for t in turns}):
            some = [t for t in turns if key(t) == value]
            found.append(TaskReport(f"{name} {value}", "are its messages understood", _plans(some, rng)))
    return found


_KEYS: Mapping[str, Callable[[PlayedTurn], str]] = {
    "intent": lambda t: "compound" if t.turn.plan.steps else t.turn.plan.intent,
    "language": lambda t: t.language,
    "noise": lambda t: t.turn.noise[0] if t.turn.noise else "none",
}


def grouped(played: Sequence[Played], rng: np.random.Generator) -> dict[str, dict[str, dict[str, Measure]]]:
    """Return what is plotted: the main measures by turn and by language, group -> measure, by the title of a plot."""
    turns = [t for p in played for t in p.turns]
    plots: dict[str, dict[str, dict[str, Measure]]] = {}
    for title, key in (("turn", lambda t: str(t.place)), ("language", lambda t: t.language)):
        groups: dict[str, list[PlayedTurn]] = {}
        for turn in turns:
            groups.setdefault(key(turn), []).append(turn)
        plots[f"understanding by {title}"] = {
            name: _main(some, rng) for name, some in sorted(groups.items(), key=_in_order)
        }
        plots[f"nDCG@20 by {title}"] = {
            name: _by_ranker(some, rng) for name, some in sorted(groups.items(), key=_in_order)
        }
    return plots


def _in_order(group: tuple[str, object]) -> tuple[int, str]:
    # Turn 10 comes after turn 9.
    return len(group[0]), group[0]


def _main(turns: Sequence[PlayedTurn], rng: np.random.Generator) -> dict[str, Measure]:
    plans = _plans(turns, rng)
    answered = Measure.of([float(t.error is None) for t in turns], rng, [t.dialogue for t in turns])
    return {**{name: plans[name] for name in ("intent", "plan", "wishes, recall")}, "tool success": answered}


def _by_ranker(turns: Sequence[PlayedTurn], rng: np.random.Generator) -> dict[str, Measure]:
    asked = [t for t in turns if t.turn.gold]
    names = [name for name in _names(asked) if name != MODEL]
    return {name: _ranking(asked, name, rng)["nDCG@20"] for name in names}


def faults(turns: Iterable[PlayedTurn]) -> Counter[str]:
    """Count what differs between plans and what was meant."""
    return Counter(f for t in turns if t.match is not None for f in t.match.faults)


def failures(played: Sequence[Played], most: int) -> list[str]:
    """Return the first turns that went wrong, in plan, answer or names, one line each."""
    wrong = [t for p in played for t in p.turns if t.match is None or not t.match.exact or t.error or t.invented]
    return [_line(t) for t in wrong[:most]]


def _whole(played: Sequence[Played], turns: Sequence[PlayedTurn], rng: np.random.Generator) -> TaskReport:
    groups = [t.dialogue for t in turns]
    answered = [float(t.error is None) for t in turns]
    told = [math.nan if t.told is None else float(t.told) for t in turns]
    measures = {
        **_plans(turns, rng),
        "tool success": Measure.of(answered, rng, groups),
        **_kept(played, rng),
        **_clips(played, rng),
        "invented": Measure.of([float(bool(t.invented)) for t in turns], rng, groups),
        "names an answer": Measure.of([float(t.presented) for t in turns], rng, groups),
        "absent, told": Measure.of(told, rng, groups),
        "groundedness": Measure.of([groundedness([t.claims]) for t in turns], rng, groups),
    }
    return TaskReport("dialogues", "are they understood, remembered and true", measures)


def _varied(played: Sequence[Played]) -> TaskReport:
    replies = {p.dialogue.id: [t.reply for t in p.turns] for p in played}
    return TaskReport("replies", "how varied are they", variety(replies))


def _plans(turns: Sequence[PlayedTurn], rng: np.random.Generator) -> dict[str, Measure]:
    """Return the measures of plans; a turn without one has every part wrong."""
    groups = [t.dialogue for t in turns]
    read, wanted = _wishes(turns, read=True), _wishes(turns, read=False)
    return {
        "intent": Measure.of([float(t.match is not None and t.match.right_intent) for t in turns], rng, groups),
        "plan": Measure.of([float(t.match is not None and t.match.exact) for t in turns], rng, groups),
        "wishes, precision": Measure.of([v for _, v in read], rng, [g for g, _ in read]),
        "wishes, recall": Measure.of([v for _, v in wanted], rng, [g for g, _ in wanted]),
    }


def _wishes(turns: Sequence[PlayedTurn], *, read: bool) -> list[tuple[str, float]]:
    """Return (dialogue, 1 or 0) for each wish that was read: was it said; or for each that was said: was it read."""
    pairs = [(t.dialogue, t.match.wanted, t.match.read) for t in turns if t.match is not None]
    return [
        (dialogue, float(wish in (wanted if read else got)))
        for dialogue, wanted, got in pairs
        for wish in (got if read else wanted)
    ]


def _kept(played: Sequence[Played], rng: np.random.Generator) -> dict[str, Measure]:
    all_, read = [], []
    for one in played:
        understood = {w for t in one.turns if t.match is not None for w in t.match.wanted & t.match.read}
        for wish in one.dialogue.turns[-1].standing:
            all_.append((one.dialogue.id, float(_holds(one.held, wish))))
            if wish in understood:
                read.append(all_[-1])
    return {
        name: Measure.of([v for _, v in rows], rng, [g for g, _ in rows])
        for name, rows in (("wishes at the end", all_), ("read wishes kept", read))
    }


def _holds(held: Collection[GoldWish], wish: GoldWish) -> bool:
    """Tell whether a wish stands as it was, or as a limit that a later comparison ("faster") made tighter."""
    if wish in held or wish.op not in {"min", "max"} or not isinstance(wish.value, float):
        return wish in held
    sign = 1.0 if wish.op == "min" else -1.0
    limits = [w.value for w in held if (w.field, w.op) == (wish.field, wish.op) and isinstance(w.value, float)]
    return any(sign * limit >= sign * wish.value for limit in limits)


def _clips(played: Sequence[Played], rng: np.random.Generator) -> dict[str, Measure]:
    """Return how often a clip still stands at the end; nothing where no dialogue is about one."""
    about = [p for p in played if p.clip_kept is not None]
    kept = [float(bool(p.clip_kept)) for p in about]
    return {"clip kept": Measure.of(kept, rng, [p.dialogue.id for p in about])} if about else {}


def _rankers(turns: Sequence[PlayedTurn], rng: np.random.Generator) -> list[TaskReport]:
    asked = [t for t in turns if t.turn.gold]
    found = {name: _ranking([t for t in asked if name in t.rankings], name, rng) for name in _names(asked)}
    if MODEL in found:
        # The model is slow, so it was asked on some turns only.
        some = [t for t in asked if MODEL in t.rankings]
        strange = Measure.of([t.strange for t in some], rng, [t.dialogue for t in some])
        found[MODEL] = {**found[MODEL], "names not in the catalogue": strange}
        found[f"{OURS}, on the turns of the model"] = _ranking(some, OURS, rng)
    question = "do the tracks hold every wish that stands"
    return [TaskReport(f"ranking by {name}", question, measures) for name, measures in found.items()]


def _names(turns: Sequence[PlayedTurn]) -> list[str]:
    return list(dict.fromkeys(name for t in turns for name in t.rankings))


def _ranking(turns: Sequence[PlayedTurn], name: str, rng: np.random.Generator) -> dict[str, Measure]:
    groups = [t.dialogue for t in turns]
    ranked = [(t.rankings[name], {str(i): 1.0 for i in t.turn.gold}) for t in turns]
    measures = {f"hit@{k}": Measure.of([hit_at(r, g, k) for r, g in ranked], rng, groups) for k in (1, 5)}
    return {**measures, "nDCG@20": Measure.of([ndcg_at(r, g, DEPTH) for r, g in ranked], rng, groups)}


def _times(turns: Sequence[PlayedTurn], rng: np.random.Generator) -> TaskReport:
    groups = [t.dialogue for t in turns]
    measures = {
        f"{step}, p{quantile:.0%} ms".replace("%", ""): Measure.at(
            [t.ms.get(step, math.nan) for t in turns], quantile, rng, groups
        )
        for step in _TIMES
        for quantile in (0.5, 0.95)
    }
    return TaskReport("latency", "how long a turn takes", measures)


def _line(t: PlayedTurn) -> str:
    why = t.error or ("no plan" if t.match is None else ", ".join(t.match.faults))
    if t.invented:
        why = f"{why}, not in the catalogue: {', '.join(t.invented)}".removeprefix(", ")
    got = "" if t.plan is None else f"; read as {t.plan.intent}"
    lacks = ""
    if t.match is not None:
        missed, made = t.match.wanted - t.match.read, t.match.read - t.match.wanted
        parts = [f"-{w.field} {w.op} {w.value}" for w in missed] + [f"+{w.field} {w.op} {w.value}" for w in made]
        lacks = f" ({'; '.join(sorted(parts))})" if parts else ""
    return f"{t.dialogue} #{t.place} {t.language} {t.turn.message!r}: {why}; meant {t.turn.plan.intent}{got}{lacks}"
