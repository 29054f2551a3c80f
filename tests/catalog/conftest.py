"""Real small sound files and an empty catalogue."""

import numpy as np
import pytest
import soundfile
from catalog_facts import SoundfileAnalyzer

from catalog.store import Catalogue


@pytest.fixture
def catalogue(tmp_path):
    opened = Catalogue(tmp_path / "data" / "catalogue.db")
    yield opened
    opened.close()


@pytest.fixture
def analyzer():
    return SoundfileAnalyzer()


@pytest.fixture
def tone(tmp_path):
    """Write a sine of the given pitch and return its path."""

    def write(name, hz=440.0, seconds=1.0):
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        t = np.arange(int(8000 * seconds)) / 8000
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * t), 8000)
        return path

    return write
