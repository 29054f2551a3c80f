import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from ranking_facts import MUSIC, put, unit

from catalog.values import TrackId
from encoders.values import Embedding, Space
from retrieval.errors import IndexRefusedError
from retrieval.indexes import store as store_module
from retrieval.indexes.bench import bench
from retrieval.indexes.build import build_indexes, embed_documents, open_view
from retrieval.indexes.faiss_setup import load_faiss
from retrieval.indexes.store import FaissStore
from retrieval.indexes.versions import GOOD_RECALL, KEEP_VERSIONS, IndexDirectory, measure_recall
from retrieval.snapshot import take_snapshot
from retrieval.values import SearchRequest


def matrix_of(n, dim=MUSIC.dim, seed=0):
    matrix = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def ids_of(n):
    return [TrackId(f"t{i:05d}") for i in range(n)]


def in_use(indexes):
    return indexes.root / MUSIC.id / indexes.current(MUSIC.id)


@pytest.fixture
def built(indexes):
    indexes.build(MUSIC, ids_of(50), matrix_of(50), revision=7)
    return indexes


def test_what_was_built_comes_back(built):
    loaded = built.load(MUSIC, revision=7)
    assert loaded.ids == tuple(ids_of(50))
    assert (loaded.manifest.count, loaded.manifest.recall_at_10, loaded.manifest.kind) == (50, 1.0, "flat")
    np.testing.assert_array_equal(loaded.store.vectors(np.arange(50)), matrix_of(50))


def test_no_index_yet_names_the_remedy(indexes):
    with pytest.raises(IndexRefusedError, match="trichord index build"):
        indexes.load(MUSIC)


@pytest.mark.parametrize(
    ("space", "revision", "says"),
    [
        (MUSIC, 8, "revision 7, the catalogue is at 8"),
        (Space(MUSIC.id, 16, "toy", MUSIC.weights_sha256), 7, "16-d"),
        (Space(MUSIC.id, 8, "toy", "b" * 64), 7, "weights aaaaaaaa"),
    ],
)
def test_another_revision_dimension_or_weights_is_refused_with_the_remedy(built, space, revision, says):
    with pytest.raises(IndexRefusedError) as caught:
        built.load(space, revision)
    assert says in str(caught.value)
    assert "trichord index build" in str(caught.value)


def test_an_index_moved_into_another_space_is_refused(built):
    other = Space("other-space", 8, "toy", MUSIC.weights_sha256)
    (built.root / MUSIC.id).rename(built.root / other.id)
    with pytest.raises(IndexRefusedError, match=r"of toy-music"):
        built.load(other, 7)


@pytest.mark.parametrize("name", ["index.faiss", "ids.json", "manifest.json"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_refused(built, name, share):
    path = in_use(built) / name
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(IndexRefusedError, match="trichord index build"):
        built.load(MUSIC, 7)


@pytest.mark.parametrize("name", ["index.faiss", "ids.json"])
def test_a_flipped_byte_anywhere_is_refused(built, name):
    path = in_use(built) / name
    sound = path.read_bytes()
    places = set(range(0, len(sound), max(1, len(sound) // 120))) | {len(sound) - 1}
    for place in places:
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0x01]) + sound[place + 1 :])
        with pytest.raises(IndexRefusedError, match=rf"{name} of the toy-music index is damaged"):
            built.load(MUSIC, 7)
    path.write_bytes(sound)
    assert len(built.load(MUSIC, 7).ids) == 50


@pytest.mark.parametrize(
    "damage",
    [
        lambda m: m | {"files": {}},
        lambda m: m | {"dim": 9},
        lambda m: m | {"count": 3},
        lambda m: m | {"files": m["files"] | {"ids.json": "0" * 64}},
        lambda m: m | {"files": {"../../secret": "0" * 64}},
        lambda m: {},
        lambda m: [],
        lambda m: m | {"strange": 1},
    ],
)
def test_a_manifest_that_lies_is_refused(built, damage):
    path = in_use(built) / "manifest.json"
    path.write_text(json.dumps(damage(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    with pytest.raises(IndexRefusedError):
        built.load(MUSIC, 7)


@pytest.mark.parametrize("pointer", ["", "\n", "../../elsewhere", "00000000000000000000", "\x00"])
def test_a_pointer_to_nowhere_is_refused(built, pointer):
    (built.root / MUSIC.id / "current").write_text(pointer, encoding="utf-8")
    with pytest.raises(IndexRefusedError):
        built.load(MUSIC, 7)


@pytest.fixture
def stored(catalogue):
    for i, vector in enumerate(matrix_of(30)):
        put(catalogue, f"t{i:05d}", title="x" * (i + 1), artist=f"A{i}", vector=vector, duration_s=60.0 + 5 * i)
    return catalogue


def ask(engine):
    result = engine.search(SearchRequest(sound=Embedding(MUSIC, unit(1, 0.5)), n=10))
    return [(c.track.id, c.score) for c in result.candidates]


@pytest.mark.parametrize("damage", ["flip", "truncate", "stale", "gone"])
def test_a_refused_index_is_stood_in_for_by_exact_search_with_the_same_answers(stored, indexes, engine, damage):
    engine.rebuild()
    assert engine.state.notices == ()
    sound = ask(engine)
    path = in_use(indexes) / "index.faiss"
    if damage == "flip":
        data = bytearray(path.read_bytes())
        data[-5] ^= 0x10
        path.write_bytes(data)
    elif damage == "truncate":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "gone":
        path.unlink()
    stored.corrections.correct(TrackId("t00000"), stored.library.get(TrackId("t00000")).measurements["energy"])
    assert ask(engine) == sound
    assert "Exact search serves meanwhile" in engine.state.notices[0]
    assert "trichord index build" in engine.state.notices[0]
    engine.rebuild()
    assert engine.state.notices == ()
    assert ask(engine) == sound


def test_an_index_that_lacks_tracks_or_has_removed_ones_never_shows_a_wrong_one(stored, indexes, engine):
    engine.rebuild()
    removed = ask(engine)[0][0]
    stored.library.remove([removed])
    put(stored, "new", vector=unit(1, 0.5), artist="N", duration_s=777.0)
    assert ask(engine)[0][0] == "new"
    assert removed not in [i for i, _ in ask(engine)]


def test_rollback_goes_back_one_version_and_refuses_a_damaged_one(indexes):
    for revision in (1, 2):
        indexes.build(MUSIC, ids_of(10), matrix_of(10, seed=revision), revision)
    first = indexes.versions(MUSIC.id)[0]
    assert indexes.rollback(MUSIC.id) == first
    assert indexes.load(MUSIC, 1).manifest.catalogue_revision == 1
    with pytest.raises(IndexRefusedError, match="no earlier version"):
        indexes.rollback(MUSIC.id)
    indexes.build(MUSIC, ids_of(10), matrix_of(10), 3)
    (indexes.root / MUSIC.id / indexes.versions(MUSIC.id)[-2] / "index.faiss").write_bytes(b"broken")
    now = indexes.current(MUSIC.id)
    with pytest.raises(IndexRefusedError, match="damaged"):
        indexes.rollback(MUSIC.id)
    assert indexes.current(MUSIC.id) == now


def test_old_versions_are_swept_and_the_one_in_use_never(indexes):
    for revision in range(KEEP_VERSIONS + 3):
        indexes.build(MUSIC, ids_of(5), matrix_of(5), revision)
    assert len(indexes.versions(MUSIC.id)) == KEEP_VERSIONS
    assert indexes.load(MUSIC, KEEP_VERSIONS + 2).manifest.count == 5


BUILDER = """
import os, signal, sys
from pathlib import Path
import numpy as np
from encoders.values import Space
from retrieval.indexes import versions
from retrieval.indexes.versions import IndexDirectory
indexes = IndexDirectory(Path(sys.argv[1]))
real, seen = versions._sha256, []
def dying(path):
    seen.append(path)
    if len(seen) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(path)
versions._sha256 = dying
promote = IndexDirectory._promote
def dying_promote(self, space_id, version):
    if sys.argv[2] == "promote":
        os.kill(os.getpid(), signal.SIGKILL)
    promote(self, space_id, version)
IndexDirectory._promote = dying_promote
n = 60
if sys.argv[2] == "promote":
    versions._sha256 = real
indexes.build(Space("toy-music", 8, "toy", "a" * 64), [f"n{i}" for i in range(n)], np.eye(n, 8, dtype=np.float32), 9)
"""


@pytest.mark.parametrize("moment", ["1", "2", "promote"])
def test_kill_9_during_a_build_leaves_the_old_index_serving_and_no_left_overs(built, moment):
    before = built.current(MUSIC.id)
    command = [sys.executable, "-c", BUILDER, str(built.root), moment]
    ran = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, check=False, timeout=60)
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()
    assert built.current(MUSIC.id) == before
    assert len(built.load(MUSIC, 7).ids) == 50
    again = IndexDirectory(built.root)
    assert [p.name for p in (built.root / MUSIC.id).iterdir() if p.name.startswith(".building")] == []
    assert len(again.load(MUSIC, 7).ids) == 50
    again.build(MUSIC, ids_of(20), matrix_of(20), 8)
    assert len(again.load(MUSIC, 8).ids) == 20


def test_a_build_that_runs_in_another_process_is_not_swept_away(built):
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]) as other:
        running = built.root / MUSIC.id / f".building-{other.pid}"
        running.mkdir()
        IndexDirectory(built.root)
        assert running.is_dir()
        other.kill()
    IndexDirectory(built.root)
    assert not running.exists()


def test_a_failed_build_changes_nothing(built, monkeypatch):
    before = (built.current(MUSIC.id), built.versions(MUSIC.id))

    def full(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FaissStore, "write", full)
    with pytest.raises(OSError, match="No space left"):
        built.build(MUSIC, ids_of(5), matrix_of(5), 8)
    assert (built.current(MUSIC.id), built.versions(MUSIC.id)) == before
    assert not [p for p in (built.root / MUSIC.id).iterdir() if p.name.startswith(".building")]


def test_a_reader_never_sees_half_an_index(indexes):
    sizes = {1: 40, 2: 80}
    indexes.build(MUSIC, ids_of(sizes[1]), matrix_of(sizes[1]), 1)
    stop, seen, problems = threading.Event(), set(), []

    def read():
        reader = IndexDirectory(indexes.root)
        while not stop.is_set():
            try:
                loaded = reader.load(MUSIC)
                assert len(loaded.ids) == len(loaded.store) == sizes[loaded.manifest.catalogue_revision]
                seen.add(loaded.manifest.catalogue_revision)
            except Exception as error:
                problems.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 1.5
    turn = 1
    while time.monotonic() < deadline:
        turn = 3 - turn
        indexes.build(MUSIC, ids_of(sizes[turn]), matrix_of(sizes[turn]), turn)
        time.sleep(0.03)
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert seen == {1, 2}


@pytest.fixture
def small_limit(monkeypatch):
    """Make a graph at a size that a test can afford."""
    monkeypatch.setattr(store_module, "EXACT_LIMIT", 1_000)


def clustered(n, dim=16, seed=3):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(40, dim))
    matrix = (centres[rng.integers(0, 40, n)] + rng.normal(0, 0.35, (n, dim))).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_a_large_index_is_measured_and_survives_the_disk(small_limit, indexes):
    matrix = clustered(4_000)
    space = Space("large", 16, "toy", "c" * 64)
    manifest = indexes.build(space, ids_of(4_000), matrix, 1)
    assert manifest.kind == "hnsw-fp16"
    assert manifest.recall_at_10 >= 0.95
    loaded = indexes.load(space, 1).store
    assert measure_recall(loaded, matrix) == pytest.approx(manifest.recall_at_10, abs=0.02)
    rows, scores = loaded.search(matrix[:5], 10)
    assert (rows[:, 0] == np.arange(5)).all()
    np.testing.assert_allclose(scores, np.take_along_axis(matrix[:5] @ matrix.T, rows, axis=1), atol=0.03)
    np.testing.assert_allclose(loaded.vectors(np.array([7, 3])), matrix[[7, 3]], atol=0.02)


def test_a_hard_index_is_searched_wider_until_it_finds_enough(small_limit, indexes, monkeypatch):
    monkeypatch.setattr(store_module, "WIDTH", 2)
    monkeypatch.setattr(store_module, "LINKS", 8)
    matrix = matrix_of(3_000, 96)
    narrow = measure_recall(FaissStore.build(matrix), matrix)
    space = Space("large", 96, "toy", "c" * 64)
    manifest = indexes.build(space, ids_of(3_000), matrix, 1)
    assert manifest.recall_at_10 >= GOOD_RECALL > narrow
    assert indexes.load(space, 1).store.width > 2


def test_a_bench_measures_the_index_in_use(small_limit, indexes):
    space = Space("large", 16, "toy", "c" * 64)
    built = indexes.build(space, ids_of(4_000), clustered(4_000), 1)
    report = bench(indexes, "large")
    assert (report.kind, report.count, report.dim) == ("hnsw-fp16", 4_000, 16)
    assert report.build_s == built.build_s > 0
    assert report.file_mb == pytest.approx((indexes.root / "large").stat().st_size / 1e6, abs=5)
    assert [s.share for s in report.speeds] == [1.0, 0.5, 0.1, 0.01, 0.001][: len(report.speeds)]
    assert report.speeds[0].allowed == 4_000
    assert all(s.recall > 0.95 and 0 < s.p50_ms <= s.p95_ms for s in report.speeds)
    with pytest.raises(IndexRefusedError, match="no other index yet"):
        bench(indexes, "other")


def test_a_bench_of_one_vector(indexes):
    indexes.build(MUSIC, ids_of(1), matrix_of(1), 1)
    assert bench(indexes, MUSIC.id).speeds[0].recall == 1.0


def test_an_index_that_finds_too_little_is_not_promoted(small_limit, indexes, monkeypatch):
    space = Space("large", 16, "toy", "c" * 64)
    indexes.build(space, ids_of(10), clustered(10), 1)
    monkeypatch.setattr("retrieval.indexes.versions.measure_recall", lambda store, matrix: 0.42)
    with pytest.raises(IndexRefusedError, match=r"only 0\.420"):
        indexes.build(space, ids_of(2_000), clustered(2_000), 2)
    assert indexes.load(space, 1).manifest.count == 10


@pytest.mark.parametrize("share", [0.0005, 0.005, 0.02, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("kind", ["flat", "graph"])
def test_every_share_of_allowed_rows_agrees_with_brute_force(monkeypatch, kind, share):
    monkeypatch.setattr(store_module, "EXACT_LIMIT", 1_000 if kind == "graph" else 10**9)
    matrix = clustered(4_000)
    store = FaissStore.build(matrix)
    allowed = np.random.default_rng(1).random(4_000) < share
    queries = matrix[:20]
    rows, scores = store.search(queries, 10, allowed)
    assert rows.shape == scores.shape
    assert rows.shape[1] == min(10, int(allowed.sum()))
    assert allowed[rows].all()
    exact = np.where(allowed, queries @ matrix.T, -np.inf)
    best = np.sort(exact, axis=1)[:, ::-1][:, : rows.shape[1]]
    got = np.take_along_axis(exact, rows, axis=1)
    np.testing.assert_allclose(scores, got, atol=1e-5 if kind == "flat" else 2e-3)
    assert np.mean(got >= best[:, -1:] - 1e-3) >= (1.0 if kind == "flat" else 0.98)


def test_an_index_of_a_kind_that_is_no_longer_built_is_refused(tmp_path):
    faiss = load_faiss()
    index = faiss.index_factory(16, "IVF4,Flat", faiss.METRIC_INNER_PRODUCT)
    index.train(clustered(400))
    faiss.write_index(index, str(tmp_path / "index.faiss"))
    with pytest.raises(IndexRefusedError, match=r"another kind.*trichord index build"):
        FaissStore.read(tmp_path / "index.faiss")


def test_building_embeds_only_what_changed(catalogue, indexes):
    class Counting:
        space = Space("toy-text", 8, "toy", "d" * 64)
        seen = ()

        def encode(self, texts, kind="passage"):
            self.seen = tuple(texts)
            return matrix_of(len(texts))

    text = Counting()
    put(catalogue, "a", title="One")
    put(catalogue, "b", title="Two")
    assert embed_documents(catalogue, text) == 2
    assert embed_documents(catalogue, text) == 0
    put(catalogue, "b", title="Two and a half")
    assert embed_documents(catalogue, text) == 1
    assert text.seen[0].startswith("Two and a half")
    manifests = build_indexes(catalogue, indexes, [text.space, MUSIC], text)
    assert [m.space for m in manifests] == ["toy-text"]


def test_tracks_without_a_vector_have_no_row(catalogue, indexes):
    put(catalogue, "a", vector=unit(1))
    put(catalogue, "b")
    view = open_view(catalogue, indexes, MUSIC, take_snapshot(catalogue))
    assert view.store_row.tolist() == [0, -1]
    assert view.row_of.tolist() == [0]
    catalogue.library.remove([TrackId("a")])
    assert open_view(catalogue, indexes, MUSIC, take_snapshot(catalogue)) is None


def test_the_own_process_is_never_taken_for_a_running_build(built):
    left = built.root / MUSIC.id / f".building-{os.getpid()}"
    left.mkdir()
    IndexDirectory(built.root)
    assert not left.exists()
