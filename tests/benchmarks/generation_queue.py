"""The queue of pieces under fire: servers killed in the middle of their work, cancelling, and what the queue costs.

    python tests/benchmarks/generation_queue.py [--kills 50]

Every kill is a real process ended by SIGKILL at a random instant of its work on three pieces; another process (in every
second try two at once) then goes on. Whole means: every piece is done, each has one file, and no file is there twice.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from figures import machine, table

sys.path.insert(0, str(Path(__file__).parents[1] / "agent" / "generation"))
from killing import killed_in_the_middle
from toy_backend import Toy

from agent.generation.broker import Broker
from agent.generation.values import GenerationRequest
from agent.handoff import GenerationService
from catalog.store import Catalogue

ENDED = {"done", "failed", "cancelled"}


def timed(folder: Path, n: int) -> tuple[list[float], list[float]]:
    """Return seconds from a request to its finished file with a backend that takes none, and from a stop to its end."""
    catalogue = Catalogue(folder / "catalogue.db")
    quick = GenerationService(catalogue, Broker([Toy()]), folder / "generated", per_user=100)
    whole, stopped = [], []
    for seed in range(n):
        begun = time.perf_counter()
        made = quick.start(GenerationRequest(duration_s=1.0, seed=seed)).id
        while quick.get(made).status not in ENDED:
            time.sleep(0.001)
        whole.append(time.perf_counter() - begun)
    quick.close()
    slow = GenerationService(catalogue, Broker([Toy(seconds=60)]), folder / "generated", per_user=100)
    for seed in range(n):
        made = slow.start(GenerationRequest(duration_s=1.0, seed=1000 + seed)).id
        while slow.get(made).progress == 0:
            time.sleep(0.001)
        begun = time.perf_counter()
        catalogue.generations.cancel(made)  # as another process would
        while list((folder / "generated").glob(".making-*")):
            time.sleep(0.001)
        stopped.append(time.perf_counter() - begun)
    slow.close()
    catalogue.close()
    return whole, stopped


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--times", type=int, default=30)
    told = parser.parse_args()
    print(machine(), "\n")
    outcomes = []
    for seed in range(told.kills):
        with tempfile.TemporaryDirectory() as folder:
            outcomes.append(killed_in_the_middle(Path(folder), 1000 + seed, rival=seed % 2 == 1))
    whole = sum(each.whole for each in outcomes)
    begun = np.bincount([each.begun for each in outcomes])
    print(f"kill -9: {whole} of {len(outcomes)} tries whole; of the others: {[o for o in outcomes if not o.whole]}")
    print("pieces begun (3 is none twice):", {n: int(count) for n, count in enumerate(begun) if count})
    with tempfile.TemporaryDirectory() as folder:
        made, stopped = timed(Path(folder), told.times)
    rows = [
        (what, len(values), *(f"{1000 * np.percentile(values, p):.0f} ms" for p in (50, 95, 100)))
        for what, values in (("request to file", made), ("stop, from another process, to its end", stopped))
    ]
    print(table(["", "n", "median", "95 %", "longest"], rows))


if __name__ == "__main__":
    main()
