"""Which encoders and models are in use follows from settings and from what lies in the data folder."""

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from encoders.trimodal.config import TrainingConfig
from encoders.trimodal.fuser import key_of
from encoders.trimodal.training import train
from ui.compose import App
from ui.settings import Settings

HERE = Path(__file__).parents[1] / "encoders"
known_pairs = runpy.run_path(str(HERE / "paired_features.py"))["known_pairs"]
tiny = runpy.run_path(str(HERE / "tiny_checkpoints.py"))


@pytest.fixture
def app(tmp_path):
    made = []

    def build(**told):
        opened = App(Settings(data_dir=tmp_path, models_dir=tmp_path / "models", **told))
        made.append(opened)
        return opened

    yield build
    for opened in made:
        opened.close()


def test_a_model_trained_in_the_spaces_in_use_is_used_and_another_is_not(app, tmp_path, caplog):
    text = str(tiny["save_sentence_transformer"](tmp_path / "sentence"))
    parts = app(text_encoder=text)
    assert parts.fuser is None
    spaces = {"video": parts.picture_space, "text": parts.text.space, "music": parts.music_space}
    pairs = known_pairs(60, seed=0, dims=tuple(space.dim for space in spaces.values()))
    pairs = replace(pairs, spaces={name: key_of(space) for name, space in spaces.items()})
    train(pairs, TrainingConfig(epochs=1, width=16, heads=2, layers=1), parts.settings.trimodal_path)
    again = app(text_encoder=text)
    assert again.fuser is not None
    assert again.engine.music_space == again.fuser.music_space
    other = app(text_encoder=str(tiny["save_sentence_transformer"](tmp_path / "other", seed=1)))
    assert other.fuser is None
    assert "tri-modal model is not used" in caplog.text
