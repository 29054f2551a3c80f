"""Rows of pieces and battles: what an older catalogue left, what stays hidden, and one vote."""

import sqlite3
from datetime import timedelta

import pytest
from catalog_facts import taken_back

from catalog.battles import CATALOGUE, Side
from catalog.errors import NotFoundError, VoteError
from catalog.store import Catalogue
from catalog.store.generations import NewGeneration
from catalog.store.tables import BattleRow, GenerationRow, now


def test_pieces_of_an_older_catalogue_stay_and_what_was_unfinished_is_made(tmp_path):
    path = tmp_path / "catalogue.db"
    Catalogue(path).close()
    taken_back(path, "0005")
    with sqlite3.connect(path) as raw:
        for name, status, result in (("done1", "done", '{"file": "done1.flac"}'), ("left1", "running", None)):
            raw.execute(
                "INSERT INTO generations (id, status, progress, message, request, result, created_at)"
                " VALUES (?, ?, 0.5, '', '{\"duration_s\": 5.0}', ?, '2026-01-02 03:04:05')",
                (name, status, result),
            )
    raw.close()
    again = Catalogue(path)
    kept = again.generations.get("done1")
    assert (kept.status, kept.result, kept.attempts, kept.backend) == ("done", '{"file": "done1.flac"}', 0, None)
    assert again.generations.claim("me", lambda _: False).id == "left1"
    assert [row.id for row in again.generations.page(None, 10)] == ["left1", "done1"]
    again.close()


def test_a_battle_is_voted_on_once_and_hides_its_pieces_until_then(catalogue):
    rows = catalogue.battles
    made = rows.create("catalogue", "x", Side("toy", generation_id="g1"), Side(CATALOGUE, track_id="t1"), "ada")
    seen = rows.create("seeds", "x", Side("toy", generation_id="g2", known=True), Side("toy", generation_id="g3"), None)
    assert rows.blind() == {"g1", "g3"}, "a piece that was there before is known anyway"
    with pytest.raises(VoteError, match="still being prepared"):
        rows.vote(made.id, "a", "", False, (5, 5))
    ready = rows.settle(made.id, "ready", "Listen.", Side("other", generation_id="g1"), made.b)
    assert ready.a.system == "other"
    assert rows.settle(made.id, "failed", "late", made.a, made.b).status == "ready", "prepared once"
    voted = rows.vote(made.id, "tie", "w", True, (5.5, 6))
    assert (voted.status, voted.choice, voted.words, voted.shared, voted.listened_s) == (
        "voted",
        "tie",
        "w",
        True,
        (5.5, 6),
    )
    with pytest.raises(VoteError, match="has its vote already"):
        rows.vote(made.id, "a", "", False, (5, 5))
    assert [each.id for each in rows.voted()] == [made.id]
    assert rows.blind() == {"g3"}
    with catalogue.database.write() as session:
        session.get(BattleRow, seen.id).created_at = now() - timedelta(days=2)
    assert rows.blind() == set()
    with pytest.raises(NotFoundError):
        rows.get("nope")


def test_a_forgotten_row_gives_its_file_free_only_when_it_is_the_last(catalogue):
    rows = catalogue.generations
    new = NewGeneration("{}", 1.0, "toy", "f")
    first, second = (rows.create(new, per_user=9, at_all=9) for _ in range(2))
    with catalogue.database.write() as session:
        for row in (first, second):
            session.get(GenerationRow, row.id).sha256 = "a" * 64
    assert rows.forget(first.id) is None
    assert rows.kept() == {"a" * 64}
    assert rows.forget(second.id) == "a" * 64
    assert rows.kept() == set()
