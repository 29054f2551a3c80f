"""An empty catalogue, index folder and engine without text encoder."""

import numpy as np
import pytest
from ranking_facts import AXIS, MUSIC, around, put

from catalog.store import Catalogue
from retrieval.indexes.versions import IndexDirectory
from retrieval.search import SearchEngine


@pytest.fixture
def catalogue(tmp_path):
    opened = Catalogue(tmp_path / "catalogue.db")
    yield opened
    opened.close()


@pytest.fixture
def indexes(tmp_path):
    return IndexDirectory(tmp_path / "indexes")


@pytest.fixture
def engine(catalogue, indexes):
    return SearchEngine(catalogue, indexes, None, MUSIC)


@pytest.fixture
def four(catalogue):
    put(catalogue, "piano", title="Quiet Keys", genre=("piano", "calm"), artist="Ada Sun", vector=AXIS[0])
    put(catalogue, "half", title="Half Way", genre=("piano",), artist="Bee", vector=AXIS[1])
    put(catalogue, "metal", title="Iron Rain", genre=("metal",), artist="The Bards", vector=AXIS[2])
    put(catalogue, "other", title="Plain", artist="Dee", vector=AXIS[3])
    return catalogue


@pytest.fixture
def library(catalogue, engine):
    rng = np.random.default_rng(5)
    styles = ("piano", "metal", "jazz", "techno")
    for n in range(32):
        style = styles[n % 4]
        put(
            catalogue,
            f"t{n}",
            title=f"{style} number {n}",
            artist=f"Artist {n % 8}",
            album=f"The {style} book",
            genre=(style,),
            tempo=80 + 4 * n,
            key="A minor",
            vector=around(rng, AXIS[n % 4], 0.1),
        )
    return engine
