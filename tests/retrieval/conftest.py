"""An empty catalogue, index folder and engine without text encoder."""

import pytest
from ranking_facts import MUSIC

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
