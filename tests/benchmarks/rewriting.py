"""Are messages understood as their writers meant them: by rules, with the rewriter where they are unsure, and always?

    python tests/benchmarks/rewriting.py [--data-dir DIR] [--part test] [--n 627]

Right is the same plan as the rules read in the writer's own plain orders: intent, wishes, places, names, numbers and
steps; not the words to search by. With the embedded model on two cores 627 messages take fifteen minutes.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from figures import SEED, bootstrap, machine, table

from agent.errors import ModelError
from agent.planner.protocol import Planner
from agent.planner.rewriting import SURE, RewritingPlanner, doubtful
from agent.planner.rewriting.pairs import load_pairs, part_of
from agent.simulation.canonical import canonical, spans
from agent.values import DialogueState, Standing, TurnPlan
from retrieval.errors import QueryError
from ui.compose import App
from ui.settings import load_settings

# What of a plan is compared as it is; wishes are compared in their canonical form, searched words not at all.
_TOLD = (
    "intent", "comparisons", "handles", "named", "n", "reaction", "different_artist", "same_artist", "instead",
    "agreed", "duration_s", "playlist_title", "edit", "place", "variation", "attribute", "less", "without", "unsaid",
    "profile", "shape",
)  # fmt: skip


def main() -> None:
    """Print the share of messages that are read right, and how long the model takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="where the ingested demo catalogue lies (default: the user's)")
    parser.add_argument("--part", choices=("tune", "test"), default="test")
    parser.add_argument("--n", type=int, default=10_000, help="so many messages at most")
    options = parser.parse_args()
    app = App(load_settings(options.data_dir))
    rules, rewriter = app.quick_planner, app.rewriter
    if rewriter is None:
        raise SystemExit("The embedded model is not here; `trichord models pull` fetches it.")
    pairs = [pair for pair in load_pairs() if part_of(pair) == options.part][: options.n]
    tracks = tuple(app.engine.state.snapshot.ids[:10])
    right: dict[str, list[float]] = {"rules": [], "default": [], "always": []}
    asked, seconds = 0, []
    for pair in pairs:
        listed = Standing(text="music", results=tracks, playlist=tracks) if pair.listed else Standing()
        state = DialogueState(session_id="benchmark", turn=int(pair.listed), standing=listed)
        try:
            meant, own = told(rules.plan(pair.plain, state, ())), rules.plan(pair.message, state, ())
        except QueryError:
            continue
        started = time.monotonic()
        always = _always(rewriter, pair.message, state, own)
        seconds.append(time.monotonic() - started)
        unsure = own.confidence < SURE or doubtful(pair.message, own)
        asked += unsure
        for name, plan in (("rules", own), ("always", always), ("default", always if unsure else own)):
            right[name].append(float(told(plan) == meant))
    print(f"{machine()}; {len(seconds)} messages of the {options.part} part; seed {SEED}; asked by default: {asked}")
    rows = [(name, f"{sum(values):.0f}", *(f"{v:.3f}" for v in _interval(values))) for name, values in right.items()]
    print(table(("who reads", "right", "share", "low", "high"), rows))
    print(f"seconds a message: median {np.median(seconds):.2f}, p95 {np.percentile(seconds, 95):.2f}")


def told(plan: TurnPlan) -> str:
    """Return what of a plan is compared."""
    wishes = sorted(map(str, spans(canonical(c) for c in plan.constraints if c.field != "other")))
    steps = [told(step) for step in plan.steps]
    asked = None if plan.question is None else plan.question.kind
    values = plan.model_dump(mode="json", include=set(_TOLD))
    return json.dumps([values, wishes, steps, asked, len(plan.tastes)], sort_keys=True)


def _always(rewriter: RewritingPlanner, message: str, state: DialogueState, own: TurnPlan) -> TurnPlan:
    planner: Planner = rewriter
    try:
        return planner.plan(message, state, ())
    except ModelError:
        return own  # the rules stand in, as in the product


def _interval(values: list[float]) -> tuple[float, float, float]:
    low, high = bootstrap([np.array([value]) for value in values], lambda drawn: float(drawn.mean()))
    return float(np.mean(values)), low, high


if __name__ == "__main__":
    main()
