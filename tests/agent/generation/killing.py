"""Kills servers of the queue in the middle of their work, and looks at what became of the pieces."""

import json
import random
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from agent.generation.values import GenerationRequest
from agent.generation.worker import fingerprint_of
from catalog.store import Catalogue
from catalog.store.generations import NewGeneration

SERVER = Path(__file__).with_name("queue_process.py")
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Outcome:
    """What one killing left: pieces by status, files, work that was begun."""

    statuses: tuple[str, ...]
    files: int
    begun: int

    @property
    def whole(self):
        """Every piece was made, and each has one file."""
        return set(self.statuses) == {"done"} and self.files == len(self.statuses)


def server(folder, work_s):
    process = subprocess.Popen(
        [sys.executable, str(SERVER), str(folder), str(work_s)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()
    return process


def queued(rows, seed):
    """Queue a piece as a server would, without one."""
    request = GenerationRequest(text="x", duration_s=1.0, seed=seed)
    new = NewGeneration(json.dumps(asdict(request)), 1.0, "toy", fingerprint_of(request, "toy"))
    return rows.create(new, per_user=100, at_all=100).id


def killed_in_the_middle(folder, seed, pieces=3, work_s=0.3, rival=False):
    """Queue pieces, kill the server at a random instant of its work, and let another one (or two) end it."""
    chance = random.Random(seed)
    catalogue = Catalogue(folder / "catalogue.db")
    rows = catalogue.generations
    ids = [queued(rows, n) for n in range(pieces)]
    first = server(folder, work_s)
    time.sleep(chance.uniform(0.0, pieces * work_s * 1.2))
    first.kill()
    first.wait()
    others = [server(folder, work_s) for _ in range(1 + rival)]
    try:
        until = time.monotonic() + 30
        while any(rows.get(i).status in {"queued", "running"} for i in ids) and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        for other in others:
            other.kill()
            other.wait()
    statuses = tuple(rows.get(i).status for i in ids)
    diary = folder / "diary"
    begun = len(diary.read_text().splitlines()) if diary.is_file() else 0
    files = len(list((folder / "generated").glob("*.flac")))
    catalogue.close()
    return Outcome(statuses, files, begun)
