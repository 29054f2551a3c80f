"""What the `ContinuationModel` Protocol promises, over every implementation."""

from datetime import UTC, datetime

import numpy as np
import pytest

from catalog.values import Playlist, PlaylistId, PlaylistItem, Track, TrackId
from retrieval.continuation.models import ContentModel, ContinuationModel, CooccurrenceModel
from retrieval.indexes.build import VectorView
from retrieval.indexes.store import FaissStore
from retrieval.snapshot import snapshot_of

N = 12


def tracks(n):
    return [
        Track(TrackId(f"t{i:02d}"), f"T{i}", None, None, None, 60.0, None, "unknown", None, "human", "")
        for i in range(n)
    ]


def playlists():
    rows = [(0, 1, 2), (0, 1), (2, 3, 4, 5), (5, 6, 7), (0,), (99,)]
    return [
        Playlist(
            PlaylistId(str(n)),
            "",
            "",
            (*(PlaylistItem(TrackId(f"t{i:02d}"), "") for i in held), PlaylistItem(None, "absent")),
            datetime.now(UTC),
        )
        for n, held in enumerate(rows)
    ]


def view_of(matrix, holes=0):
    """Return a view in which the last `holes` tracks have no vector."""
    known = len(matrix) - holes
    store_row = np.array([*range(known), *[-1] * holes], np.int64)
    return VectorView(FaissStore.build(matrix[:known]), np.arange(known, dtype=np.int64), store_row, None)


def matrix_of(n):
    matrix = np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


MODELS = {
    "playlists": lambda n: CooccurrenceModel(snapshot_of(tracks(n), 1), playlists()),
    "sound": lambda n: ContentModel(n, view_of(matrix_of(n)) if n else None),
    "sound with holes": lambda n: ContentModel(n, view_of(matrix_of(n), holes=min(3, n - 1)) if n else None),
    "sound without vectors": lambda n: ContentModel(n, None),
}


@pytest.mark.parametrize("kind", MODELS)
class TestContinuationModel:
    def test_it_is_one(self, kind):
        model = MODELS[kind](N)
        assert isinstance(model, ContinuationModel)
        assert model.name in {"playlists", "sound"}

    @pytest.mark.parametrize("seeds", [[0], [0, 1, 2], [11], list(range(N)), [0, 0, 0]])
    def test_one_score_a_track_between_zero_and_one(self, kind, seeds):
        scores = MODELS[kind](N).score(seeds)
        assert scores.shape == (N,)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()
        assert scores.min() >= 0
        assert scores.max() <= 1 + 1e-6

    def test_no_seeds_have_nothing_to_say(self, kind):
        assert not MODELS[kind](N).score([]).any()

    def test_the_same_seeds_have_the_same_answer_in_any_order(self, kind):
        model = MODELS[kind](N)
        np.testing.assert_allclose(model.score([0, 2, 5]), model.score([5, 0, 2]), atol=1e-6)

    def test_a_catalogue_of_one(self, kind):
        scores = MODELS[kind](1).score([0])
        assert scores.shape == (1,)
        assert np.isfinite(scores).all()


def test_cooccurrence_is_the_cosine_of_playlist_sets():
    scores = MODELS["playlists"](N).score([0])
    assert scores[1] == pytest.approx(2 / np.sqrt(2 * 2))
    assert scores[2] == pytest.approx(1 / np.sqrt(2 * 2))
    assert scores[6] == 0


def test_content_is_the_cosine_to_the_nearest_seeds():
    matrix = matrix_of(N)
    model = ContentModel(N, view_of(matrix))
    np.testing.assert_allclose(model.score([4]), np.clip(matrix @ matrix[4], 0, 1), atol=1e-5)
    four = np.sort(matrix @ matrix[[1, 4, 7, 9]].T, axis=1)[:, -3:].mean(axis=1)
    np.testing.assert_allclose(model.score([1, 4, 7, 9]), np.clip(four, 0, 1), atol=1e-5)
