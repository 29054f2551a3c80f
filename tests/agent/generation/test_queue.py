"""The queue of pieces: leases, crashes, quotas, the same piece asked for twice, honest times, full disks."""

import json
import os
import shutil
import threading
import time
from collections import namedtuple
from dataclasses import asdict
from datetime import timedelta

import pytest
from killing import killed_in_the_middle, queued
from tinytag import TinyTag
from toy_backend import Toy

from agent.generation.broker import Broker
from agent.generation.owners import Owner
from agent.generation.values import GenerationError, GenerationRequest, InvalidRequestError
from agent.handoff import GenerationService, Wish
from catalog.errors import NotFoundError, QuotaError
from catalog.ingest.tags import read_metadata
from catalog.store import Catalogue
from catalog.store.generations import ATTEMPTS, Finished
from catalog.store.tables import GenerationRow, now
from catalog.values import TrackId
from encoders.values import AudioAnalysis
from retrieval.comparing import Heard, Near
from retrieval.copies import Overlap

REQUEST = GenerationRequest(text="a calm sine", duration_s=1.0, seed=3)


@pytest.fixture
def catalogue(tmp_path):
    opened = Catalogue(tmp_path / "catalogue.db")
    yield opened
    opened.close()


@pytest.fixture
def service(catalogue, tmp_path):
    """Build a service over the catalogue; all are closed at the end."""
    opened = []

    def build(*backends, **told):
        opened.append(GenerationService(catalogue, Broker(backends or [Toy()]), tmp_path / "generated", **told))
        return opened[-1]

    yield build
    for one in opened:
        one.close()


def ended(service, generation_id, within=10.0):
    until = time.monotonic() + within
    while (row := service.get(generation_id)).status in {"queued", "running"}:
        assert time.monotonic() < until, row
        time.sleep(0.01)
    return row


def files(tmp_path):
    """Return the names of all files, once what the work needed is cleared away."""
    until = time.monotonic() + 1.0
    while list((tmp_path / "generated").glob(".making-*")):
        assert time.monotonic() < until
        time.sleep(0.01)
    return sorted(p.name for p in (tmp_path / "generated").iterdir() if p.name != ".workers")


def expire(catalogue, generation_id):
    with catalogue.database.write() as session:
        session.get(GenerationRow, generation_id).lease_until = now() - timedelta(seconds=1)


def test_a_piece_is_named_by_what_it_holds_and_says_where_it_is_from(service, tmp_path):
    made = service()
    row = ended(made, made.start(REQUEST).id)
    assert row.status == "done"
    assert row.started_at <= row.finished_at
    assert files(tmp_path) == [f"{row.sha256}.flac", f"{row.sha256}.flac.json", f"{row.sha256}.mid"]
    told = made.provenance(row.id)
    assert (told["sha256"], told["seed"], told["parent"]) == (row.sha256, 3, None)
    piece = made.audio_path(row.id)
    tag = TinyTag.get(piece)
    assert (tag.title, tag.artist) == ("a calm sine", "The toy")
    assert tag.other["provenance"] == ["generated"]
    assert json.loads(tag.other["trichord"][0])["request"]["seed"] == 3
    assert read_metadata(piece, piece, "").provenance == "generated"


def test_the_same_request_is_answered_from_what_is_there(service):
    toy = Toy()
    made = service(toy)
    first = ended(made, made.start(REQUEST).id)
    again = made.get(made.start(REQUEST).id)
    assert (again.status, again.sha256) == ("done", first.sha256)
    assert again.id != first.id
    assert toy.made == 1
    other = ended(made, made.start(GenerationRequest(text="a calm sine", duration_s=1.0, seed=4)).id)
    assert other.sha256 != first.sha256
    made.forget(first.id)
    assert made.audio_path(again.id) is not None, "the file is also the second one's"
    made.forget(again.id)
    assert ended(made, made.start(REQUEST).id).status == "done"
    assert toy.made == 3


def test_one_key_is_one_piece(service):
    made = service()
    assert made.start(REQUEST, key="k").id == made.start(REQUEST, key="k").id
    assert made.start(REQUEST, key="k", user="ada").id != made.start(REQUEST, key="k").id


def test_a_queue_is_worked_off_by_priority_then_age(service, catalogue, tmp_path):
    toy = Toy(diary=tmp_path / "diary")
    ids = [queued(catalogue.generations, n) for n in range(3)]
    with catalogue.database.write() as session:
        session.get(GenerationRow, ids[2]).priority = 5
    made = service(toy)
    assert made.recover() == 3
    for each in ids:
        assert ended(made, each).status == "done"
    assert (tmp_path / "diary").read_text().split() == ["2", "0", "1"]


def test_only_one_of_two_takes_a_piece(catalogue):
    rows, taken = catalogue.generations, []
    ids = {queued(rows, n) for n in range(20)}

    def take(owner):
        while (row := rows.claim(owner, lambda _: False)) is not None:
            taken.append(row.id)

    threads = [threading.Thread(target=take, args=(name,)) for name in "abcd"]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(taken) == sorted(ids)


def test_a_lease_that_ran_out_is_taken_over_and_the_late_result_is_refused(catalogue):
    rows = catalogue.generations
    queued(rows, 0)
    first = rows.claim("slow", lambda _: False)
    assert rows.claim("other", lambda _: False) is None
    expire(catalogue, first.id)
    assert rows.claim("other", lambda _: False).attempts == 2
    assert not rows.renew(first.id, "slow")
    late = Finished("{}", "a" * 64, "toy", "f", 1.0)
    assert not rows.finish(first.id, "slow", late)
    assert rows.finish(first.id, "other", late)
    assert rows.get(first.id).status == "done"
    assert not rows.fail(first.id, "other", "what has ended stays as it ended")


def test_two_crashes_end_a_piece_with_a_sentence(catalogue):
    rows = catalogue.generations
    made = queued(rows, 0)
    for _ in range(ATTEMPTS):
        assert rows.claim("dies", lambda _: False).id == made
        expire(catalogue, made)
    assert rows.claim("next", lambda _: False) is None
    assert rows.get(made).status == "failed"
    assert "stopped twice" in rows.get(made).message


def test_a_dead_owner_is_known_by_its_lock(tmp_path):
    mine, other = Owner(tmp_path), Owner(tmp_path)
    assert not mine.is_dead(other.id)
    assert not mine.is_dead(mine.id)
    other._lock.release()  # what the system does when the process dies
    assert mine.is_dead(other.id)
    assert mine.is_dead("never-there")
    mine.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kill_9_loses_nothing_and_makes_nothing_twice(tmp_path, seed):
    left = killed_in_the_middle(tmp_path, seed, rival=seed == 3)
    assert left.whole, left
    assert left.begun <= 4, "only what was in the works is begun again"


def test_a_server_that_stops_gives_its_piece_back(service, catalogue):
    slow = service(Toy(seconds=20))
    made = slow.start(REQUEST).id
    while slow.get(made).status != "running":
        time.sleep(0.01)
    slow.close()
    row = catalogue.generations.get(made)
    assert (row.status, row.attempts) == ("queued", 0)
    quick = service(Toy())
    quick.recover()
    assert ended(quick, made).status == "done"


def test_cancelling_is_seen_within_a_second_also_from_another_process(service, catalogue, tmp_path):
    slow = service(Toy(seconds=20))
    made = slow.start(REQUEST).id
    while slow.get(made).status != "running":
        time.sleep(0.01)
    catalogue.generations.cancel(made)  # not through the service that works on it
    assert files(tmp_path) == []
    assert slow.get(made).status == "cancelled"
    assert slow.get(made).result is None


def test_a_user_has_so_many_at_once(service):
    made = service(Toy(seconds=20), per_user=2)
    for seed in range(2):
        made.start(GenerationRequest(duration_s=1.0, seed=seed), user="ada")
    with pytest.raises(QuotaError, match="2 of your pieces are not finished"):
        made.start(GenerationRequest(duration_s=1.0, seed=9), user="ada")
    made.start(GenerationRequest(duration_s=1.0, seed=9), user="bob")


def test_times_come_from_history_and_count_those_before(service, catalogue):
    made = service(Toy(seconds=20))
    rows = catalogue.generations
    assert made.route(REQUEST).considered[0].estimate_s == 0.5, "the backend's own word, while nothing was made"
    for n, work_s in enumerate([4.0, 2.0, 30.0]):
        each = queued(rows, 100 + n)
        assert rows.claim("o", lambda _: False).id == each
        rows.finish(each, "o", Finished("{}", f"{n}" * 64, "toy", str(n), work_s))
    assert made.route(REQUEST).considered[0].estimate_s == 4.0, "the median of 4, 2 and 30 s for a second of music"
    first = made.start(REQUEST).id
    while made.get(first).status != "running":
        time.sleep(0.01)
    second = made.start(GenerationRequest(duration_s=2.0, seed=8)).id
    third = made.start(GenerationRequest(duration_s=1.0, seed=9)).id
    told = made.outlooks()
    assert told[first].position is None
    assert 3.0 < told[first].eta_s <= 4.0
    assert (told[second].position, told[third].position) == (1, 2)
    assert told[second].eta_s == pytest.approx(told[first].eta_s + 8, abs=0.3)
    assert told[third].eta_s == pytest.approx(told[second].eta_s + 4, abs=0.3)


def test_a_named_backend_makes_it_and_nobody_else(service):
    broken, good = Toy("broken", fails="it has a cold"), Toy("good")
    made = service(broken, good)
    assert ended(made, made.start(REQUEST, backend="good").id).backend == "good"
    row = ended(made, made.start(REQUEST, backend="broken").id)
    assert row.status == "failed"
    assert "it has a cold" in row.message
    assert ended(made, made.start(GenerationRequest(duration_s=1.0)).id).backend == "good", "else the next one helps"
    with pytest.raises(InvalidRequestError, match="there are: broken, good"):
        made.start(REQUEST, backend="nobody")


def test_no_room_and_no_folder_are_sentences_and_leave_nothing(service, tmp_path, monkeypatch):
    made = service()
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 1 << 20))
        with pytest.raises(GenerationError, match="the disk has 1 MB left"):
            made.start(REQUEST)
    writes_nothing = service(Toy(fails=OSError(28, "No space left on device")))
    row = ended(writes_nothing, writes_nothing.start(REQUEST).id)
    assert row.status == "failed"
    assert "No space left on device" in row.message
    assert files(tmp_path) == []
    shutil.rmtree(tmp_path / "generated")
    (tmp_path / "generated").write_text("in the way")
    with pytest.raises(GenerationError, match="cannot be written"):
        made.start(REQUEST)
    os.unlink(tmp_path / "generated")


def test_what_is_given_outweighs_the_words(service):
    made = service()
    wish = Wish(tempo_bpm=90, key="a minor", instruments=("harp",), seed=5, negative="flute")
    read = made.brief("20 seconds of calm piano at 120 bpm in D minor, no drums", wish)
    assert (read.duration_s, read.tempo_bpm, read.key, read.mood) == (20.0, 90, "A minor", "calm")
    assert (read.instruments, read.seed, read.negative) == (("harp",), 5, "flute")
    assert asdict(made.brief("calm"))["negative"] == ""
    with pytest.raises(InvalidRequestError, match="unknown"):
        made.brief("x", Wish(key="H"))


def test_a_piece_knows_what_it_was_made_from(service):
    made = service()
    parent = made.start(REQUEST).id
    child = ended(made, made.start(GenerationRequest(duration_s=1.0, seed=8), parent=parent).id)
    assert child.parent_id == parent
    assert made.provenance(child.id)["parent"] == parent
    with pytest.raises(NotFoundError):
        made.start(REQUEST, parent="nobody")


def test_orphans_are_swept_at_the_start(service, tmp_path):
    made = service()
    kept = ended(made, made.start(REQUEST).id)
    orphan = tmp_path / "generated" / f"{'b' * 64}.flac"
    for path in (orphan, orphan.with_name(orphan.name + ".json")):
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    service().recover()
    assert made.audio_path(kept.id) is not None
    assert not any(name.startswith("bbb") for name in files(tmp_path))


class LateEars:
    """Has no time at first: the copy is found when it looks again."""

    def __init__(self):
        self.filled = False

    def hear(self, path, *, thorough=False, cancel=None):
        analysis = AudioAnalysis(1.0, 44_100, 2, None, None, (), -14.0, 0.4, 1.0, 900.0)
        copied = Near(TrackId("t1"), 0.9, Overlap(0.8, 15.0, 0.0, 0.0, 0, 1.0))
        done = self.filled or thorough
        return Heard(analysis, (), (copied,) if done else (), 9 if done else 0, done)

    def fill(self, stop):
        self.filled = True

    def words_of(self, heard):
        return [{"track_id": near.track_id, "title": "T", "artist": None, "near_copy": True} for near in heard.near]


def test_what_there_was_no_time_to_compare_is_told_later(service):
    made = service(Toy(), ears=LateEars())
    row = ended(made, made.start(REQUEST).id)
    until = time.monotonic() + 5
    while not json.loads(made.get(row.id).result)["near_copy"]:
        assert time.monotonic() < until
        time.sleep(0.01)
    told = made.provenance(row.id)
    assert (told["near_copy"], told["compared"], told["sha256"]) == (True, 9, row.sha256)


def test_where_copies_are_not_kept_nothing_is_left_for_later(service, tmp_path):
    made = service(Toy(), ears=LateEars(), block_copies=True)
    row = ended(made, made.start(REQUEST).id)
    assert row.status == "failed"
    assert "nearly copies “T”" in row.message
    assert files(tmp_path) == []
