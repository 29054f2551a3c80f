"""What the `VectorStore` Protocol promises, over every implementation."""

import numpy as np
import pytest

from retrieval.indexes import store as store_module
from retrieval.indexes.faiss_setup import on_gpu
from retrieval.indexes.store import FaissStore, VectorStore

N, DIM = 600, 24


def rows_of(n=N, dim=DIM, seed=0):
    rng = np.random.default_rng(seed)
    matrix = (rng.normal(size=(20, dim))[rng.integers(0, 20, n)] + rng.normal(0, 0.3, (n, dim))).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def flat(matrix, monkeypatch, tmp_path):
    return FaissStore.build(matrix)


def graph(matrix, monkeypatch, tmp_path):
    monkeypatch.setattr(store_module, "EXACT_LIMIT", 10)
    return FaissStore.build(matrix)


def graph_at_all_cost(matrix, monkeypatch, tmp_path):
    monkeypatch.setattr(store_module, "STEP_COST", 0)
    return graph(matrix, monkeypatch, tmp_path)


def graph_from_disk(matrix, monkeypatch, tmp_path):
    graph(matrix, monkeypatch, tmp_path).write(tmp_path / "index.faiss")
    return FaissStore.read(tmp_path / "index.faiss")


def from_disk(matrix, monkeypatch, tmp_path):
    FaissStore.build(matrix).write(tmp_path / "index.faiss")
    return FaissStore.read(tmp_path / "index.faiss")


@pytest.mark.parametrize("make", [flat, graph, graph_at_all_cost, from_disk, graph_from_disk])
class TestVectorStore:
    @pytest.fixture
    def store(self, make, monkeypatch, tmp_path):
        return make(rows_of(), monkeypatch, tmp_path)

    def test_it_is_one(self, store):
        assert isinstance(store, VectorStore)
        assert (len(store), store.dim) == (N, DIM)

    def test_a_stored_row_finds_itself_first_and_scores_fall(self, store):
        rows, scores = store.search(rows_of()[:8], 5)
        assert rows.shape == scores.shape == (8, 5)
        assert rows.dtype == np.int64
        assert scores.dtype == np.float32
        assert (rows[:, 0] == np.arange(8)).all()
        assert (np.diff(scores, axis=1) <= 1e-6).all()

    def test_never_a_row_outside_the_allowed_and_never_minus_one(self, store):
        allowed = np.zeros(N, np.bool_)
        allowed[::7] = True
        rows, _ = store.search(rows_of()[:8], 10, allowed)
        assert rows.shape[1] > 0
        assert allowed[rows].all()

    @pytest.mark.parametrize("allowed_rows", [0, 1, 3])
    def test_fewer_rows_than_asked_when_fewer_are_allowed(self, store, allowed_rows):
        allowed = np.zeros(N, np.bool_)
        allowed[:allowed_rows] = True
        rows, scores = store.search(rows_of()[:4], 10, allowed)
        assert rows.shape == scores.shape == (4, allowed_rows)
        assert allowed[rows].all()

    def test_k_beyond_all_rows(self, store):
        rows, _ = store.search(rows_of()[:2], N + 50)
        assert sorted(rows[0].tolist()) == list(range(N))

    def test_no_query_and_no_k(self, store):
        assert store.search(np.zeros((0, DIM), np.float32), 5)[0].shape == (0, 0)
        assert store.search(rows_of()[:2], 0)[0].shape == (2, 0)

    def test_vectors_come_in_request_order(self, store):
        wanted = np.array([5, 0, 5, 599])
        np.testing.assert_allclose(store.vectors(wanted), rows_of()[wanted], atol=0.02)

    def test_scores_are_the_products_with_stored_rows(self, store):
        wanted = np.array([5, 0, 5, 599])
        scores = store.scores(rows_of()[3], wanted)
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, store.vectors(wanted) @ rows_of()[3], atol=1e-6)
        np.testing.assert_allclose(scores, rows_of()[wanted] @ rows_of()[3], atol=2e-3)
        assert store.scores(rows_of()[3], wanted[:0]).shape == (0,)

    def test_found_scores_are_exact_as_stored(self, store):
        rows, scores = store.search(rows_of()[:1], 10)
        np.testing.assert_allclose(scores[0], store.scores(rows_of()[0], rows[0]), atol=1e-5)

    @pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
    def test_a_filter_costs_no_recall(self, store, share):
        allowed = np.random.default_rng(1).random(N) < share
        rows, _ = store.search(rows_of()[:30], 5, allowed)
        true, _ = store.exact(rows_of()[:30], 5, allowed)
        assert (
            np.mean([len(set(r) & set(t)) / len(t) for r, t in zip(rows.tolist(), true.tolist(), strict=True)]) > 0.97
        )

    def test_allowed_rows_far_from_the_query_are_found(self, store):
        far = (rows_of() @ rows_of()[0]) < 0
        rows, _ = store.search(rows_of()[:1], 10, far)
        true, _ = store.exact(rows_of()[:1], 10, far)
        assert set(rows[0]) == set(true[0])

    def test_a_zero_query_is_answered(self, store):
        rows, scores = store.search(np.zeros((1, DIM), np.float32), 3)
        assert (rows >= 0).all()
        assert np.isfinite(scores).all()

    def test_asking_changes_nothing(self, store):
        first = store.search(rows_of()[:3], 5)
        store.search(rows_of()[:3], 5, np.ones(N, np.bool_))
        np.testing.assert_array_equal(store.search(rows_of()[:3], 5)[0], first[0])


@pytest.mark.parametrize("make", [flat, graph, graph_at_all_cost])
def test_all_duplicates_and_one_row(make, monkeypatch, tmp_path):
    same = np.tile(rows_of(1), (50, 1))
    rows, scores = make(same, monkeypatch, tmp_path).search(same[:1], 10)
    assert len(set(rows[0].tolist())) == 10
    np.testing.assert_allclose(scores, 1, atol=2e-3)
    assert FaissStore.build(same[:1]).search(same[:1], 10)[0].tolist() == [[0]]


def test_no_rows_at_all():
    store = FaissStore.build(np.zeros((0, DIM), np.float32))
    assert store.search(rows_of()[:1], 5)[0].shape == (1, 0)
    assert store.vectors(np.zeros(0, np.int64)).shape == (0, DIM)


def test_without_a_gpu_the_processor_answers():
    assert on_gpu(rows_of()) is None
