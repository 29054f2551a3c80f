"""Training of the playlist models on lists of planted families: measured, kept, cut short, resumed, damaged."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from encoders.sequence.config import SequenceConfig
from retrieval.continuation import ranker, training
from retrieval.continuation.corpus import Corpus, Items, Seeds
from retrieval.continuation.ensemble import blend
from retrieval.continuation.first_stage import Options, ensemble_of
from retrieval.continuation.ranker import order
from retrieval.continuation.training import FOLDS, folds_of, train
from retrieval.continuation.versions import KEEP_VERSIONS, ModelVersions
from retrieval.errors import ModelRefusedError, QueryError, TrainingBusyError

FAMILIES, OF_EACH, HELD = 6, 20, 12
N = FAMILIES * OF_EACH
OPTIONS = Options(k=20, d=8)


def planted(lists=60):
    """Return lists of twelve of the twenty tracks of one family, titled by it; four artists a family."""
    rng = np.random.default_rng(0)
    held = [(rng.permutation(OF_EACH)[:HELD] + OF_EACH * (p % FAMILIES)).tolist() for p in range(lists)]
    titles = [f"songs of {'abcdef'[p % FAMILIES] * 4}" for p in range(lists)]
    artists = np.arange(N, dtype=np.int32) // 5
    return Corpus.of(Items(N, artists, artists // 2), held, titles)


CORPUS = planted()
IDS = [f"t{i}" for i in range(N)]
LIST_IDS = [f"p{p}" for p in range(len(CORPUS))]


FEW, FEW_IDS = planted(24), LIST_IDS[:24]


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(ranker, "TREES", 10)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Watched(ModelVersions):
    """Keeps what is written at hand."""

    def write(self, trained):
        self.written = trained
        return super().write(trained)


def trained_in(folder, corpus=CORPUS, list_ids=LIST_IDS, options=OPTIONS, **how):
    versions = Watched(folder)
    card = train(corpus, IDS, list_ids, versions, options, data="families", **how)
    return versions, card


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ranker, "TREES", 10)
        return trained_in(tmp_path_factory.mktemp("lists"))


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ranker, "TREES", 10)
        return trained_in(tmp_path_factory.mktemp("few"), FEW, FEW_IDS)


@pytest.fixture
def copy(whole, tmp_path):
    shutil.copytree(whole[0].root, tmp_path / "lists")
    return ModelVersions(tmp_path / "lists")


def test_the_card_tells_what_was_learned_from(whole):
    versions, card = whole
    assert (card.lists, card.items, card.entries) == (60, N, 60 * HELD)
    assert (card.k, card.d, card.seed, card.data) == (20, 8, 0, "families")
    assert card.train_s > 0
    kept = versions.load().card
    assert kept.files
    assert (kept.lists, kept.models, kept.data) == (card.lists, card.models, card.data)


@pytest.mark.parametrize("name", ["blend", "ranker"])
def test_measures_come_with_intervals_that_hold_them(whole, name):
    metrics = whole[1].metrics[name]
    assert set(metrics) == {"r_precision", "ndcg", "clicks"}
    for value, low, high in metrics.values():
        assert low <= value <= high


def test_families_are_found_out_of_fold(whole):
    """Of a family's other tracks every one is as likely; R-precision of picking among them at random is the floor."""
    metrics = whole[1].metrics
    random = np.mean([(HELD - shown) / (OF_EACH - shown) for shown in (0, 1, 5)])
    for name in ("blend", "ranker"):
        assert metrics[name]["clicks"][0] == 0
        assert metrics[name]["r_precision"][0] > 0.9 * random
        assert metrics[name]["r_precision"][0] < 0.85  # lists that were learned by heart would have nearly 1


def test_the_ranker_is_not_far_behind_the_blend(whole):
    metrics = whole[1].metrics
    assert metrics["ranker"]["ndcg"][0] > metrics["blend"]["ndcg"][0] - 0.03
    assert metrics["ranker"]["r_precision"][0] > metrics["blend"]["r_precision"][0] - 0.05


def test_titles_alone_have_an_order_of_their_own_where_it_is_better(monkeypatch, tmp_path):
    monkeypatch.setattr(training, "LEAST_TITLES", 10)
    versions, card = trained_in(tmp_path)
    blended, ranked = (card.metrics[f"{name}, title alone"]["r_precision"][0] for name in ("blend", "ranker"))
    titled = versions.load().rankers.titled
    assert (titled is not None) == (ranked > blended)
    assert (versions.root / versions.current() / "title-ranker.txt").exists() == (titled is not None)
    assert versions.load().rankers.seeded.text != (titled.text if titled else "")


def test_few_titles_teach_no_order(whole):
    assert whole[0].load().rankers.titled is None
    assert set(whole[1].metrics) == {"blend", "ranker"}


def test_no_list_is_judged_by_models_that_held_it(monkeypatch, tmp_path):
    seen, asked = [], []
    learn, ask = training.learn, training.ask
    monkeypatch.setattr(training, "learn", lambda corpus, *rest: seen.append(corpus) or learn(corpus, *rest))
    monkeypatch.setattr(training, "ask", lambda ensemble, requests: asked.append(requests) or ask(ensemble, requests))
    trained_in(tmp_path, FEW, FEW_IDS)
    assert [len(corpus) for corpus in seen] == [18] * FOLDS + [24]
    for corpus, requests in zip(seen, asked, strict=False):
        known = {frozenset(corpus.rows(p).tolist()) for p in range(len(corpus))}
        assert requests
        assert all(r.held_out | set(r.seeds.rows.tolist()) not in known for r in requests)


def test_snapshots_of_a_playlist_share_a_fold_and_folds_are_of_one_size():
    ids = [f"p{n % 40}" for n in range(100)]
    folds = folds_of(ids, seed=3)
    assert all(len({int(f) for f, i in zip(folds, ids, strict=True) if i == name}) == 1 for name in set(ids))
    sizes = [len({i for f, i in zip(folds, ids, strict=True) if f == fold}) for fold in range(FOLDS)]
    assert sizes == [10] * FOLDS
    assert folds.tolist() == folds_of(ids, seed=3).tolist()
    assert folds.tolist() != folds_of(ids, seed=4).tolist()


SEEDS = (Seeds.of([0, 5, 9]), Seeds.of([25]), Seeds.of([], "songs of cccc"), Seeds.of([3, 44], "aaaa"))


def test_what_was_trained_is_what_is_loaded(whole):
    versions, _ = whole
    written, read = versions.written, versions.load()
    assert read.ids == tuple(IDS)
    assert read.rankers.seeded.text == written.rankers.seeded.text
    assert read.rankers.seeded.models == written.rankers.seeded.models == written.card.models
    before, after = ensemble_of(written.corpus, written.learned), ensemble_of(read.corpus, read.learned)
    assert after.names == before.names
    for seeds in SEEDS:
        for one, other in zip(before.models, after.models, strict=True):
            np.testing.assert_array_equal(one.score(seeds), other.score(seeds), err_msg=one.name)
        pools = [e.pool(seeds, np.ones(N, bool)) for e in (before, after)]
        np.testing.assert_array_equal(pools[0].rows, pools[1].rows)
        orders = [
            order(e, t.rankers, p, seeds) for e, t, p in zip((before, after), (written, read), pools, strict=True)
        ]
        np.testing.assert_array_equal(*orders)
        # The ranker had its say, but where there was nothing but a title.
        assert np.array_equal(orders[0], blend(pools[0])) == (len(seeds.rows) == 0)


def test_the_answer_to_a_family_is_the_family(whole):
    read = whole[0].load()
    ensemble = ensemble_of(read.corpus, read.learned)
    for family in range(FAMILIES):
        seeds = Seeds.of([OF_EACH * family, OF_EACH * family + 7])
        pool = ensemble.pool(seeds, np.ones(N, bool))
        first = pool.rows[np.argsort(-order(ensemble, read.rankers, pool, seeds), kind="stable")[:10]]
        assert set((first // OF_EACH).tolist()) == {family}


def test_nothing_of_the_run_is_left(whole):
    root = whole[0].root
    assert sorted(p.name for p in root.iterdir()) == sorted([whole[0].current(), "current", "training.lock"])


def files_of(whole):
    return sorted(whole[0].load().card.files)


@pytest.mark.parametrize(
    "name",
    [
        "ids.json",
        "titles.json",
        "lists.npz",
        "items.data.npy",
        "items.indices.npy",
        "items.indptr.npy",
        "factors.npy",
        "ranker.txt",
    ],
)
@pytest.mark.parametrize("how", ["a bit", "cut", "gone"])
def test_a_damaged_file_is_refused_in_a_sentence(copy, name, how):
    path = copy.root / copy.current() / name
    data = bytearray(path.read_bytes())
    if how == "gone":
        path.unlink()
    elif how == "cut":
        path.write_bytes(data[:-1])
    else:
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    with pytest.raises(ModelRefusedError, match=f"{name}.*trichord train playlists") as error:
        copy.load()
    assert "\n" not in str(error.value)


def test_every_file_but_the_card_is_under_seal(whole):
    folder = whole[0].root / whole[0].current()
    assert files_of(whole) == sorted(p.name for p in folder.iterdir() if p.name != "card.json")


@pytest.mark.parametrize(
    "card", [b"", b"{", b"[]", b"{}", b'"x"', b'{"files": {}}', b"\xff\xfe", b'{"files": {"../current": "x"}}', b"null"]
)
def test_a_damaged_card_is_refused_in_a_sentence(copy, card):
    (copy.root / copy.current() / "card.json").write_bytes(card)
    with pytest.raises(ModelRefusedError, match="trichord train playlists") as error:
        copy.load()
    assert "\n" not in str(error.value)


def test_a_version_that_is_not_there_is_refused_in_a_sentence(copy):
    (copy.root / "current").write_text("00000000000000000001", encoding="utf-8")
    with pytest.raises(ModelRefusedError, match="trichord train playlists"):
        copy.load()


def test_no_version_is_none(tmp_path):
    versions = ModelVersions(tmp_path / "nothing")
    assert versions.load() is None
    assert versions.current() is None
    assert versions.versions() == []
    with pytest.raises(ModelRefusedError, match="no earlier version"):
        versions.rollback()


def test_a_new_version_is_promoted_and_at_most_three_are_kept(copy):
    written, first = copy.load(), copy.current()
    made = [first, *(copy.write(written) for _ in range(4))]
    assert copy.current() == made[-1]
    assert copy.versions() == made[-KEEP_VERSIONS:]
    assert copy.load().rankers.seeded.text == written.rankers.seeded.text


def test_rolled_back_a_step_at_a_time_and_then_forward_by_training(copy):
    written, first = copy.load(), copy.current()
    second, third = copy.write(written), copy.write(written)
    assert (copy.rollback(), copy.current()) == (second, second)
    assert (copy.rollback(), copy.current()) == (first, first)
    with pytest.raises(ModelRefusedError, match="no earlier version"):
        copy.rollback()
    assert copy.current() == first
    assert third in copy.versions()
    fourth = copy.write(written)
    assert copy.current() == fourth


def test_a_version_that_could_not_be_written_leaves_the_old_one_in_use(copy, monkeypatch):
    written, before = copy.load(), copy.current()
    monkeypatch.setattr(np, "save", lambda *_: (_ for _ in ()).throw(OSError("no space left on device")))
    with pytest.raises(OSError, match="no space"):
        copy.write(written)
    assert (copy.current(), copy.versions()) == (before, [before])
    assert sorted(p.name for p in copy.root.iterdir()) == sorted([before, "current", "training.lock"])


class Stopped(Exception):
    """The run was cut short here."""


def cut_at(step, share):
    def report(told, done):
        if told == step and done >= share:
            raise Stopped

    return report


@pytest.fixture
def learned(monkeypatch):
    """Count what is trained."""
    calls = []
    learn = training.learn
    monkeypatch.setattr(training, "learn", lambda corpus, *rest: calls.append(len(corpus)) or learn(corpus, *rest))
    return calls


@pytest.mark.parametrize(
    ("step", "share", "again"),
    [("second stage", 0.5, [18, 18, 24]), ("second stage", 0.75, [18, 24]), ("factors", 0.5, [24])],
)
def test_a_run_that_was_cut_short_goes_on_where_it_was(few, learned, step, share, again, tmp_path):
    with pytest.raises(Stopped):
        trained_in(tmp_path, FEW, FEW_IDS, report=cut_at(step, share))
    assert ModelVersions(tmp_path).load() is None
    learned.clear()
    versions, card = trained_in(tmp_path, FEW, FEW_IDS, resume=True)
    assert learned == again
    assert versions.load().rankers.seeded.text == few[0].load().rankers.seeded.text
    assert card.metrics == few[1].metrics
    assert not versions.training.exists()


def test_without_resume_a_run_begins_anew(learned, tmp_path):
    with pytest.raises(Stopped):
        trained_in(tmp_path, FEW, FEW_IDS, report=cut_at("second stage", 0.75))
    learned.clear()
    trained_in(tmp_path, FEW, FEW_IDS)
    assert learned == [18] * FOLDS + [24]


@pytest.mark.parametrize(
    "changed",
    [
        {"options": Options(k=19, d=8)},
        {"options": Options(k=20, d=8, seed=1)},
        {"list_ids": [f"q{p}" for p in range(24)]},
        {"corpus": Corpus.of(FEW.items, [FEW.rows(p)[::-1].tolist() for p in range(24)], FEW.titles)},
        {"corpus": Corpus.of(FEW.items, [FEW.rows(p).tolist() for p in range(24)], ["other"] * 24)},
    ],
    ids=["settings", "seed", "ids", "order", "titles"],
)
def test_folds_of_another_run_are_not_taken_over(learned, changed, tmp_path):
    with pytest.raises(Stopped):
        trained_in(tmp_path, FEW, FEW_IDS, report=cut_at("second stage", 0.25))
    learned.clear()
    run = {"corpus": FEW, "list_ids": FEW_IDS} | changed
    with pytest.raises(Stopped):
        trained_in(tmp_path, **run, resume=True, report=cut_at("second stage", 0.25))
    assert learned == [18]


def test_an_old_version_serves_while_a_new_one_is_trained(copy):
    before = copy.current()

    def report(step, share):
        assert copy.current() == before
        assert copy.load() is not None

    train(planted(18), IDS, LIST_IDS[:18], copy, OPTIONS, data="families", report=report)
    assert copy.current() != before


def test_of_fewer_than_20_playlists_the_first_stage_alone_is_trained(tmp_path):
    versions, card = trained_in(tmp_path, planted(19), LIST_IDS[:19])
    read = versions.load()
    assert card.metrics == {}
    assert read.rankers.seeded is None
    assert not (versions.root / versions.current() / "ranker.txt").exists()
    ensemble = ensemble_of(read.corpus, read.learned)
    pool = ensemble.pool(SEEDS[0], np.ones(N, bool))
    np.testing.assert_array_equal(order(ensemble, read.rankers, pool, SEEDS[0]), blend(pool))


def test_snapshots_do_not_make_up_for_playlists(tmp_path):
    _, card = trained_in(tmp_path, list_ids=[f"p{p % 19}" for p in range(60)])
    assert card.metrics == {}


@pytest.mark.parametrize("untitled", [True, False])
def test_lists_too_short_to_be_asked_train_the_first_stage_alone(untitled, tmp_path):
    lists = [[n % N, (n + 1) % N, (n + 2) % N] for n in range(30)]
    corpus = Corpus.of(CORPUS.items, lists, [""] * 30 if untitled else ["x"] * 30)
    versions, card = trained_in(tmp_path, corpus, LIST_IDS[:30])
    assert card.metrics == {}
    assert versions.load().rankers.seeded is None


def test_one_long_list_among_short_ones_is_no_reason_to_fail(tmp_path):
    corpus = Corpus.of(CORPUS.items, [[n, n + 1] for n in range(30)] + [list(range(40, 60))], ["x"] * 31)
    versions, _ = trained_in(tmp_path, corpus, LIST_IDS[:31])
    assert versions.load() is not None


@pytest.mark.parametrize("lists", [[], [[1]] * 30, [[]] * 30, [[4, 4, 4]]])
def test_no_list_of_two_tracks_is_told_in_a_sentence(lists, tmp_path):
    with pytest.raises(QueryError, match="two tracks"):
        trained_in(tmp_path, Corpus.of(CORPUS.items, lists), LIST_IDS[: len(lists)])
    assert ModelVersions(tmp_path).load() is None


WITH_SEQUENCES = Options(k=20, d=8, sequence=SequenceConfig(width=8, epochs=3, batch_size=16, negatives=8))


def test_a_sequence_model_is_kept_with_its_version_and_resumes_between_epochs(tmp_path):
    few, ids = planted(18), LIST_IDS[:18]
    whole, _ = trained_in(tmp_path / "whole", few, ids, WITH_SEQUENCES)
    with pytest.raises(Stopped):
        trained_in(tmp_path / "cut", few, ids, WITH_SEQUENCES, report=cut_at("sequences", 0.5))
    heard = []
    cut, _ = trained_in(
        tmp_path / "cut", few, ids, WITH_SEQUENCES, resume=True, report=lambda step, share: heard.append((step, share))
    )
    assert [share for step, share in heard if step == "sequences"] == [1.0]
    models = [v.load().learned.sequence for v in (whole, cut)]
    rows = few.rows(0)[:5]
    np.testing.assert_array_equal(models[0].next_scores(rows), models[1].next_scores(rows))
    np.testing.assert_array_equal(whole.written.learned.sequence.next_scores(rows), models[0].next_scores(rows))
    assert "sequence.safetensors" in whole.load().card.files
    assert trained_in(tmp_path / "without", few, ids)[0].load().learned.sequence is None


def test_the_card_is_plain_json(whole):
    told = json.loads((whole[0].root / whole[0].current() / "card.json").read_text(encoding="utf-8"))
    assert told["metrics"]["ranker"]["ndcg"][0] == whole[1].metrics["ranker"]["ndcg"][0]
    assert all(len(digest) == 64 for digest in told["files"].values())


def test_two_trainings_at_once_are_refused_and_the_first_goes_on(tmp_path):
    def report(step, share):
        if step == "second stage":
            with pytest.raises(TrainingBusyError, match=r"Another training .* wait for it to end"):
                trained_in(tmp_path, FEW, FEW_IDS)

    versions, _ = trained_in(tmp_path, FEW, FEW_IDS, report=report)
    assert len(versions.versions()) == 1
    trained_in(tmp_path, FEW, FEW_IDS)
    assert len(versions.versions()) == 2


HOLDER = """
import sys
from pathlib import Path
from retrieval.continuation.versions import ModelVersions
with ModelVersions(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_training_that_crashed_blocks_no_other_and_its_leavings_go(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TrainingBusyError):
            trained_in(tmp_path, FEW, FEW_IDS)
        (tmp_path / ".building-1").mkdir()
        holder.kill()
    versions, _ = trained_in(tmp_path, FEW, FEW_IDS)
    assert versions.current()
    assert not list(tmp_path.glob(".building-*"))


def test_the_card_is_read_without_the_models_and_a_damaged_one_is_none(copy):
    assert copy.card() == copy.load().card
    (copy.root / copy.current() / "card.json").write_text("{}", encoding="utf-8")
    assert copy.card() is None


def test_without_a_version_there_is_no_card(tmp_path):
    assert ModelVersions(tmp_path).card() is None
