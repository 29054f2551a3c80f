"""Which encoders and models are in use follows from settings and from what lies in the data folder."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from catalog.store.files import FoundFile
from catalog.values import TrackId, TrackMetadata
from encoders.errors import EncoderError
from encoders.trimodal.config import TrainingConfig
from encoders.trimodal.fuser import key_of
from encoders.trimodal.training import train
from retrieval.indexes.build import embed_tracks
from retrieval.values import SearchRequest
from ui.cli import health
from ui.cli.library import build_indexes
from ui.compose import App
from ui.settings import Settings

ROOT = Path(__file__).parents[1]
facts = runpy.run_path(str(ROOT / "retrieval" / "ranking_facts.py"))
Facts, Vec = facts["Facts"], facts["Vec"]
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


@pytest.fixture(scope="module")
def mert(tmp_path_factory):
    return f"mert:{tiny['save_mert'](tmp_path_factory.mktemp('mert'))}"


@pytest.fixture
def library(app, tmp_path):
    """Three tracks with files, known by an earlier encoder; one file is gone."""
    parts = app()
    rng = np.random.default_rng(0)
    for n in range(3):
        path = tmp_path / f"{n}.wav"
        soundfile.write(path, 0.2 * rng.normal(size=24_000 * 2), 24_000)
        parts.catalogue.queue.offer([FoundFile(str(path), "", path.stat().st_size, 0)])
    for file in parts.catalogue.queue.pending():
        name = file.path.stem
        vector = Vec(rng.normal(size=200).astype(np.float32))
        facts = Facts(embeddings={"musicnn-msd": vector})
        parts.catalogue.queue.finish(file, name * 64, TrackId(name), TrackMetadata(f"Track {name}"), facts)
    (tmp_path / "2.wav").unlink()
    build_indexes(parts, as_json=True)
    return parts


def test_another_music_encoder_embeds_the_files_again_and_the_old_index_stays(app, library, mert, tmp_path, capsys):
    old, before = library.music_space.id, library.indexes.versions("musicnn-msd")
    assert library.notices == ()
    capsys.readouterr()
    parts = app(music_encoder=mert)
    new = parts.music_space.id
    assert new.startswith("mert")
    assert parts.notices == (f"No track is indexed in {new} yet; run `trichord index build`.",)
    build_indexes(parts, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["indexes"][new] == {"vectors": 2, "recall_at_10": 1.0}
    assert "is gone" in told["not_embedded"]["2"]
    assert parts.notices == ()
    like = SearchRequest(like=(TrackId("0"),))
    assert [c.track.id for c in parts.engine.search(like).candidates if c.branches.get("sound")]

    back = app()
    assert back.music_space.id == old
    assert back.indexes.versions(old) == before
    assert back.notices == ()
    assert not back.engine.state.notices  # served from the old index, with nothing embedded anew


def test_an_interrupted_listening_goes_on_where_it_stopped(app, library, mert):
    parts = app(music_encoder=mert)
    space = parts.music_space
    heard = []

    def dies(path):
        if heard:
            raise KeyboardInterrupt
        heard.append(path.name)
        return parts.audio.embed(path)

    with pytest.raises(KeyboardInterrupt):
        embed_tracks(parts.catalogue, space, dies)
    again = []
    embed_tracks(parts.catalogue, space, lambda path: (again.append(path.name), parts.audio.embed(path))[1])
    assert heard == ["0.wav"]
    assert again == ["1.wav"]


def test_a_refused_encoder_is_stood_in_for_told_of_and_never_indexed(app, library, tmp_path):
    collapsed = tiny["save_clap"](tmp_path / "clap")
    parts = app(music_encoder=f"clap:{collapsed}")
    assert parts.music_space.id == "musicnn-msd"
    assert any("was refused: largest cosine" in notice for notice in parts.notices)
    with pytest.raises(EncoderError, match=r"music_encoder: .* was refused"):
        build_indexes(parts, as_json=True)
    assert any(f.about == "music_encoder" and f.state == "fault" for f in health._chosen(parts))


def test_the_licence_of_mulan_is_asked_for_before_anything_is_loaded(app):
    parts = app(music_encoder="mulan:OpenMuQ/MuQ-MuLan-large")
    assert any("CC-BY-NC" in notice for notice in parts.notices)


def test_an_accepted_encoder_is_in_the_doctors_report(app, mert):
    parts = app(music_encoder=mert)
    found = health._chosen(parts)
    assert [f.state for f in found] == ["ok"]
    assert "chords and drums apart" in found[0].detail


def test_a_joint_picture_encoder_is_the_space_in_which_clips_are_seen(app, tmp_path):
    seed = 16  # the first whose random weights the gate lets pass
    parts = app(vision_encoder=f"clip:{tiny['save_clip'](tmp_path / 'clip', seed=seed)}")
    assert parts.picture_space.id.startswith("clip-")
    assert parts.picture_space == parts.video.spaces[-1]
    refused = app(vision_encoder=f"clip:{tiny['save_clip'](tmp_path / 'random', seed=0)}")
    assert refused.picture_space.id == "efficientnet-lite2"
    assert any("vision_encoder" in notice and "was refused" in notice for notice in refused.notices)
