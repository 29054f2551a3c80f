"""A whole agent on a fresh data directory; the catalogue is filled once and copied."""

import shutil

import pytest
from conversation_parts import World


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled")
    World(folder, filled=True).close()
    return folder / "catalogue.db"


@pytest.fixture
def world(tmp_path, filled):
    shutil.copy(filled, tmp_path / "catalogue.db")
    opened = World(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def empty_world(tmp_path):
    opened = World(tmp_path)
    yield opened
    opened.close()
