"""Playlist models that are trained again beside a server: when, when not, and once for real."""

import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime

import httpx
import numpy as np
import pytest

from catalog.documents import Remove
from catalog.values import Described, TrackId, TrackMetadata
from retrieval.continuation.training import LEAST_LISTS
from retrieval.continuation.versions import ModelCard
from ui.api.app import create_app
from ui.cli import health
from ui.compose import App
from ui.retraining import MOST_LISTS, REST_S, RETRY_S, Retraining, Spawned, training_command
from ui.settings import load_settings

FAMILIES, EACH, HELD = 4, 15, 12
IDS = [TrackId(f"t{n:02d}") for n in range(FAMILIES * EACH)]


@pytest.fixture
def parts(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    opened = App(load_settings(tmp_path / "data"))
    opened.catalogue.library.describe(Described(i, TrackMetadata(f"Song {i}", artist=f"A{i}"), 60.0) for i in IDS)
    yield opened
    opened.close()


def add(parts, lists):
    rng = np.random.default_rng(3)
    kept = parts.catalogue.playlists
    for n in range(lists):
        rows = EACH * (n % FAMILIES) + rng.permutation(EACH)[:HELD]
        kept.create(f"family {n % FAMILIES}", kept.items([IDS[row] for row in rows]))


class Training:
    """A stand-in for the child: what it prints, how it ends, and what it does meanwhile."""

    def __init__(self, lines=(), status=0, meanwhile=lambda: None):
        self._lines, self._status, self._meanwhile, self.ended = lines, status, meanwhile, False

    @property
    def lines(self):
        yield from self._lines
        self._meanwhile()

    def wait(self):
        return self._status

    def terminate(self):
        self.ended = True


class Beside:
    """A retraining with a clock set by hand, and what it has started."""

    def __init__(self, parts, child=Training, **how):
        self.now, self.commands = datetime.now(UTC).timestamp(), []

        def spawn(command):
            self.commands.append(command)
            return child()

        self.retraining = Retraining(
            parts.catalogue.playlists,
            lambda: parts.engine.state.lists.corpus,
            parts.playlist_models,
            ["train"],
            clock=lambda: self.now,
            spawn=spawn,
            **how,
        )

    @property
    def next(self):
        return self.retraining.outlook().next

    def check(self):
        """Return how many trainings a look starts."""
        before = len(self.commands)
        self.retraining.check()
        return len(self.commands) - before


def trained(parts, monkeypatch, lists=20, entries=20 * HELD, at=None):
    """Pretend that a version was trained on so many lists."""
    card = ModelCard(lists, len(IDS), entries, 0, 200, 64, (), {}, "own", 0.0, at or datetime.now(UTC).timestamp())
    monkeypatch.setattr(parts.playlist_models, "card", lambda: card)


def test_nothing_is_trained_until_there_are_twenty_playlists(parts):
    beside = Beside(parts)
    add(parts, LEAST_LISTS - 1)
    assert beside.check() == 0
    assert beside.next == "with 20 playlists of two tracks or more; there are 19"
    add(parts, 1)
    assert beside.next == "due now"
    assert beside.check() == 1
    assert beside.commands == [["train"]]


def test_another_training_waits_for_an_hour_and_a_tenth_of_the_playlists(parts, monkeypatch):
    add(parts, 20)
    trained(parts, monkeypatch)
    beside = Beside(parts)
    add(parts, 2)
    assert beside.check() == 0
    assert "the last training is less than an hour ago" in beside.next
    beside.now += REST_S + 1
    assert beside.check() == 1


def test_fewer_changes_than_a_tenth_are_no_reason(parts, monkeypatch):
    add(parts, 20)
    trained(parts, monkeypatch)
    beside = Beside(parts)
    beside.now += REST_S + 1
    assert beside.check() == 0
    add(parts, 1)
    assert beside.check() == 0
    assert beside.next == "when a tenth has changed; 1 of 21 playlists are new or changed since the last training"


def test_edits_of_two_lists_are_changes_and_deleted_lists_as_well(parts, monkeypatch):
    add(parts, 20)
    trained(parts, monkeypatch)
    beside = Beside(parts)
    beside.now += REST_S + 1
    kept = parts.catalogue.playlists
    first, second = kept.all()[:2]
    kept.edit(first.id, [Remove(0)])
    assert beside.check() == 0
    kept.edit(second.id, [Remove(0)])
    assert beside.check() == 1
    trained(parts, monkeypatch, lists=24, entries=22 * HELD)
    assert beside.check() == 1


def test_entries_alone_may_be_reason_enough(parts, monkeypatch):
    add(parts, 20)
    beside = Beside(parts)
    beside.now += REST_S + 1
    trained(parts, monkeypatch, entries=20 * HELD)
    assert beside.check() == 0
    trained(parts, monkeypatch, entries=2 * 20 * HELD)
    assert beside.check() == 1


def test_lists_that_a_recipe_fills_are_no_changes(parts, monkeypatch):
    add(parts, 20)
    trained(parts, monkeypatch)
    beside = Beside(parts)
    beside.now += REST_S + 1
    kept = parts.catalogue.playlists
    for n in range(5):
        kept.create(f"standing {n}", kept.items(IDS[:3]), recipe='{"title": "jazz"}')
    assert beside.check() == 0


def test_a_failed_training_is_one_sentence_and_rests_for_hours(parts, caplog):
    add(parts, 20)
    beside = Beside(parts, lambda: Training(["reading\n", "trichord: The disk is full.\n", "\n"], status=2))
    assert beside.check() == 1
    (told,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert "could not be trained again (The disk is full); the old ones serve" in told.getMessage()
    assert beside.check() == 0
    assert "the last training failed: The disk is full" in beside.next
    # Another server over the same data knows of it.
    assert "The disk is full" in Beside(parts).next
    beside.now += RETRY_S
    assert beside.check() == 1


def test_a_training_that_goes_well_forgets_the_failure(parts, tmp_path):
    add(parts, 20)
    ends = iter([2, 0])
    beside = Beside(parts, lambda: Training(status=next(ends)))
    beside.check()
    beside.now += RETRY_S
    beside.check()
    assert not list((tmp_path / "data").rglob("retraining.json"))


def test_one_training_at_most_and_its_state_is_told(parts):
    add(parts, 20)
    told = []

    def meanwhile():
        told.append((beside.next, beside.check()))

    beside = Beside(parts, lambda: Training(meanwhile=meanwhile))
    assert beside.check() == 1
    assert told == [("being trained now", 0)]


def test_a_training_ends_with_the_server_and_is_no_failure(parts, caplog):
    add(parts, 20)
    children = []

    def child():
        children.append(Training(status=-15, meanwhile=beside.retraining.close))
        return children[0]

    beside = Beside(parts, child)
    beside.check()
    assert children[0].ended
    assert not [r for r in caplog.records if r.levelno == logging.ERROR]
    assert beside.check() == 0


def test_switched_off_it_never_trains(parts):
    add(parts, 20)
    beside = Beside(parts, enabled=False)
    beside.retraining.start()
    assert beside.check() == 0
    assert beside.next == "not by itself: the setting retrain_playlists is false"
    assert not [t for t in threading.enumerate() if t.name == "retraining"]
    beside.retraining.close()


def test_a_huge_library_is_left_to_its_owner(parts, monkeypatch):
    class Huge:
        entries = ()

        def __len__(self):
            return MOST_LISTS + 1

    retraining = Retraining(parts.catalogue.playlists, Huge, parts.playlist_models, [])
    assert "by `trichord train playlists` only" in retraining.outlook().next


async def ready(parts):
    transport = httpx.ASGITransport(app=create_app(parts, with_page=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as client:
        return (await client.get("/readyz")).json()["playlist_models"]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
async def test_a_child_trains_for_real_and_the_server_takes_the_version(parts, caplog):
    caplog.set_level(logging.INFO)
    add(parts, 24)
    assert await ready(parts) == {"trained_at": None, "next": "due now"}
    parts.retraining.check()
    assert "Learned from 24 playlists" in caplog.text
    card = parts.playlist_models.card()
    assert (card.lists, card.items) == (24, len(IDS))
    assert parts.engine.state.lists.sequence is not None
    told = await ready(parts)
    assert told["trained_at"].startswith(f"{datetime.now(UTC):%Y-}")
    assert "less than an hour ago" in told["next"]
    (finding,) = health._playlist_models(parts)
    assert finding.detail == f"trained {told['trained_at']}; next: {told['next']}"


def test_a_child_that_cannot_train_says_why(parts, tmp_path):
    child = Spawned(training_command(tmp_path / "empty"))
    assert list(child.lines)[-1].startswith("trichord: No playlist has two tracks")
    assert child.wait() == 2


def test_a_child_ends_when_its_server_is_gone():
    code = "import threading; from ui.retraining import give_way; give_way(); threading.Event().wait()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as child:
        child.stdin.close()
        assert child.wait(60) == 1
