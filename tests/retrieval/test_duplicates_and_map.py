"""Duplicates by prints and by name, and the music map, on data with a known answer."""

import numpy as np
import pytest

from catalog.store import Catalogue
from catalog.store.library import FINGERPRINT
from catalog.store.tables import VectorRow
from catalog.values import Described, TrackId, TrackMetadata
from retrieval.shelves.duplicates import find_duplicates
from retrieval.shelves.positions import MusicMap, neighbourhoods, principal


@pytest.fixture
def catalogue(tmp_path):
    opened = Catalogue(tmp_path / "catalogue.db")
    yield opened
    opened.close()


def add(catalogue, track_id, prints=None, title=None, artist="Ada Sun", seconds=180.0, licence=None):
    metadata = TrackMetadata(title or track_id, artist=artist, licence=licence)
    catalogue.library.describe([Described(TrackId(track_id), metadata, seconds)])
    if prints is not None:
        with catalogue.database.write() as session:
            session.merge(VectorRow(track_id=track_id, space=FINGERPRINT, data=prints.astype("<u4").tobytes()))


def noisy(rng, prints, share):
    flips = rng.random((len(prints), 32)) < share
    return prints ^ (flips * (1 << np.arange(32, dtype=np.uint64))).sum(axis=1).astype(np.uint32)


def test_copies_are_found_through_noise_and_padding_and_parts_are_not(catalogue):
    rng = np.random.default_rng(0)
    one, two = (rng.integers(1, 2**32, 2000, dtype=np.uint32) for _ in range(2))
    add(catalogue, "one", one)
    add(catalogue, "copy", noisy(rng, np.concatenate([one[5:], one[:3]]), 0.03), licence="CC0-1.0")
    add(catalogue, "two", two)
    add(catalogue, "part", two[500:1200])
    groups = find_duplicates(catalogue)
    assert [(set(g.ids), g.keep, g.why, g.ground) for g in groups] == [
        ({"one", "copy"}, "copy", "licence", "recording")
    ]


def test_without_prints_name_and_length_tell(catalogue):
    add(catalogue, "a", title="Glass Harbour", seconds=200.0)
    add(catalogue, "b", title="glass harbour", seconds=201.0)
    add(catalogue, "live", title="Glass Harbour", seconds=260.0)
    add(catalogue, "other", title="Glass Harbour", artist="The Bards", seconds=200.0)
    (group,) = find_duplicates(catalogue)
    assert set(group.ids) == {"a", "b"}
    assert group.ground == "name"


def clouds(n=60, dim=20):
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, dim)) * 6
    labels = np.arange(n) % 3
    return labels, (centres[labels] + rng.normal(size=(n, dim))).astype(np.float32)


@pytest.mark.parametrize("lay", [principal, neighbourhoods, lambda m: neighbourhoods(m, sample=40)])
def test_what_sounds_alike_lies_close(lay):
    labels, matrix = clouds()
    xy = lay(matrix)
    assert xy.shape == (60, 2)
    assert xy.min() >= 0
    assert xy.max() <= 1
    distance = np.linalg.norm(xy[:, None] - xy[None], axis=2) + np.eye(60) * 9
    assert (labels[distance.argmin(axis=1)] == labels).mean() > 0.9


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_a_tiny_library_has_a_map(tmp_path, n):
    matrix = np.random.default_rng(0).normal(size=(n, 8)).astype(np.float32)
    found = MusicMap(tmp_path).positions(tuple(TrackId(str(i)) for i in range(n)), matrix)
    assert found.xy.shape == (n, 2)
    assert np.isfinite(found.xy).all()
    assert not found.refining


def test_a_computed_map_is_kept_for_the_same_vectors_alone(tmp_path):
    _, matrix = clouds(24)
    ids = tuple(TrackId(str(i)) for i in range(24))
    first = MusicMap(tmp_path)
    assert first.positions(ids, matrix).refining
    import threading

    for thread in threading.enumerate():
        if thread.name == "map":
            thread.join(60)
    assert first.positions(ids, matrix).layout == "tsne"
    assert MusicMap(tmp_path).positions(ids, matrix).layout == "tsne"
    assert MusicMap(tmp_path).positions(ids, matrix * 2).layout == "pca"
