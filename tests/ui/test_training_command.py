"""``trichord train trimodal``, ``melody`` and ``infilling`` as a user types them."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from agent.generation.infilling.network import InfillingModel
from agent.generation.infilling.sheets import write_sheets
from agent.generation.melodies.network import MelodyModel
from catalog.battles import Side
from catalog.store import Catalogue
from catalog.values import Described, TrackId, TrackMetadata
from encoders.trimodal.card import read_card
from ui.cli import main
from ui.cli.main import cli
from ui.compose import App
from ui.settings import load_settings

known_pairs = runpy.run_path(str(Path(__file__).parents[1] / "encoders" / "paired_features.py"))["known_pairs"]


@pytest.fixture
def pairs(tmp_path):
    made = known_pairs(80, seed=0, dims=(7, 6, 5))
    np.savez(tmp_path / "pairs.npz", video=made.video, text=made.text, music=made.music)
    return tmp_path / "pairs.npz"


def test_a_run_leaves_a_model_a_log_and_figures(pairs, tmp_path):
    asked = ["--data-dir", str(tmp_path / "data"), "train", "trimodal", "--pairs", str(pairs), "--epochs", "2"]
    ran = CliRunner().invoke(cli, [*asked, "--output", str(tmp_path / "model"), "--seed", "3", "--json"])
    assert ran.exit_code == 0, ran.output
    card = read_card(tmp_path / "model")
    assert json.loads(ran.stdout) == card.model_dump(mode="json")
    assert (card.config.seed, card.epochs_run, card.data.turns) == (3, 2, 2)
    assert "simulated" in card.data.feedback
    assert "epoch    2" in ran.stderr
    assert "of no encoder in use" in ran.stderr
    assert (tmp_path / "model" / "log.csv").read_text("utf-8").count("\n") == 3


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--pairs", "nowhere.npz"], "no file 'nowhere.npz'"),
        (["--epochs", "0"], "epochs is 0; choose 1 to 10000"),
        (["--text-dropout", "2"], "text_dropout is 2.0"),
    ],
)
def test_a_users_error_is_one_sentence(pairs, tmp_path, monkeypatch, capsys, more, told):
    monkeypatch.setattr(
        sys, "argv", ["trichord", "--data-dir", str(tmp_path), "train", "trimodal", "--pairs", str(pairs), *more]
    )
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    printed = capsys.readouterr().err
    assert told in printed
    assert "Traceback" not in printed


def test_a_melody_model_is_trained_on_scores(tmp_path):
    score = runpy.run_path(str(Path(__file__).parents[1] / "agent" / "generation" / "test_melodies.py"))
    for opus in range(40):
        song = tmp_path / "scores" / "Composer" / f"Opus {opus}" / "song"
        song.mkdir(parents=True)
        (song / "a.mscx").write_text(score["score"](score["scale_bars"](6)), encoding="utf-8")
    (song / "b.mscx").write_text("no score", encoding="utf-8")
    asked = [
        "train",
        "melody",
        "--scores",
        str(tmp_path / "scores"),
        "--output",
        str(tmp_path / "model"),
        "--epochs",
        "2",
    ]
    ran = CliRunner().invoke(cli, [*asked, "--json"])
    assert ran.exit_code == 0, ran.output
    card = json.loads(ran.stdout)
    assert card == json.loads((tmp_path / "model" / "melody.json").read_text("utf-8"))
    assert (card["scores"], sum(card["works"].values()), card["epochs"]) == (40, 40, 2)
    assert MelodyModel.load(tmp_path / "model" / "melody.npz").weights


def test_an_infilling_model_is_trained_on_grids(tmp_path):
    chorale = runpy.run_path(str(Path(__file__).parents[1] / "agent" / "generation" / "test_infilling.py"))["chorale"]
    write_sheets(tmp_path / "grids.npz", [chorale(f"c/{n}") for n in range(40)])
    asked = ["train", "infilling", "--scores", str(tmp_path / "grids.npz"), "--output", str(tmp_path / "model")]
    ran = CliRunner().invoke(cli, [*asked, "--steps", "2", "--batch", "4", "--json"])
    assert ran.exit_code == 0, ran.output
    card = json.loads(ran.stdout)
    assert card == json.loads((tmp_path / "model" / "infilling.json").read_text("utf-8"))
    assert (card["steps"], sum(card["works"].values())) == (2, 40)
    assert InfillingModel.load(tmp_path / "model" / "infilling.npz").weights


@pytest.mark.parametrize(("scores", "told"), [("nowhere", "there is no"), (".", "no six bars of four parts")])
def test_scores_without_four_parts_are_one_sentence(tmp_path, monkeypatch, capsys, scores, told):
    place = ["--scores", str(tmp_path / scores), "--output", str(tmp_path / "model")]
    monkeypatch.setattr(sys, "argv", ["trichord", "--data-dir", str(tmp_path), "train", "infilling", *place])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(("folder", "told"), [("nowhere", "no folder"), (".", "no passage of at least 4 bars")])
def test_scores_that_give_nothing_are_one_sentence(tmp_path, monkeypatch, capsys, folder, told):
    place = ["--scores", str(tmp_path / folder), "--output", str(tmp_path / "model")]
    monkeypatch.setattr(sys, "argv", ["trichord", "--data-dir", str(tmp_path), "train", "melody", *place])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    printed = capsys.readouterr().err
    assert told in printed
    assert "Traceback" not in printed


def voted(folder, count):
    """A catalogue of tracks along one direction, and votes for those further along it."""
    catalogue, space = Catalogue(folder / "catalogue.db"), "musicnn-msd"
    ids = [TrackId(f"t{n}") for n in range(40)]
    catalogue.library.describe(Described(each, TrackMetadata(each), 60.0) for each in ids)
    vectors = np.random.default_rng(0).standard_normal((40, 200)).astype(np.float32) * 0.2
    vectors[:, 0] = np.linspace(-1, 1, 40)
    catalogue.library.put_vectors(space, ids, vectors, ["x"] * 40)
    rng, rows = np.random.default_rng(1), catalogue.battles
    for n in range(count):
        first, second = rng.choice(40, 2, replace=False)
        sides = [Side("one", track_id=ids[first]), Side("two", track_id=ids[second])]
        made = rows.create("backends", f"words {n % 30}", *sides, None)
        rows.settle(made.id, "ready", "", *sides)
        rows.vote(made.id, "a" if first > second else "b", "", False, (9.0, 9.0))
    catalogue.close()


def test_a_reward_model_is_trained_on_votes_and_says_how_right_it_is(tmp_path):
    voted(tmp_path, 150)
    ran = CliRunner().invoke(cli, ["--data-dir", str(tmp_path), "train", "reward", "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert (told["votes"], told["words"], told["better_than_chance"]) == (150, 30, True)
    assert 0.5 < told["low"] < told["accuracy"] < told["high"]
    taste = App(load_settings(tmp_path)).taste
    assert taste is not None
    assert "learned from 150 votes" in taste.words()


def test_a_taste_that_may_be_chance_is_kept_and_not_used(tmp_path):
    voted(tmp_path, 150)
    CliRunner().invoke(cli, ["--data-dir", str(tmp_path), "train", "reward"])
    card = json.loads((tmp_path / "reward" / "reward.json").read_text("utf-8"))
    (tmp_path / "reward" / "reward.json").write_text(json.dumps(card | {"low": 0.48}), encoding="utf-8")
    assert App(load_settings(tmp_path)).taste is None


def test_too_few_votes_are_a_sentence(tmp_path, monkeypatch, capsys):
    voted(tmp_path, 20)
    monkeypatch.setattr(sys, "argv", ["trichord", "--data-dir", str(tmp_path), "train", "reward"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "20 votes that prefer a side" in capsys.readouterr().err


def test_a_detector_is_trained_from_a_folder_and_measured_on_generators_left_out(tmp_path):
    rng, t = np.random.default_rng(0), np.arange(4 * 16_000) / 16_000
    for name, count, hum in (("real", 44, 0.0), ("generated/one", 12, 0.3), ("generated/two", 12, 0.3)):
        (tmp_path / "music" / name).mkdir(parents=True)
        for n in range(count):
            made = 0.1 * rng.standard_normal(t.size) + hum * np.sin(2 * np.pi * 6000 * t)
            soundfile.write(tmp_path / "music" / name / f"{n}.wav", made.astype(np.float32), 16_000)
    asked = ["--data-dir", str(tmp_path / "data"), "train", "detector", str(tmp_path / "music"), "--dim", "16"]
    ran = CliRunner().invoke(cli, [*asked, "--depth", "1", "--epochs", "8", "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert set(told["generators"]) == {"one", "two"}
    assert told["better_than_chance"] is True
    parts = App(load_settings(tmp_path / "data"))
    assert "no verdict" in parts.detector.limits
    parts.close()


def test_a_detector_wants_a_folder_that_is_laid_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["trichord", "--data-dir", str(tmp_path), "train", "detector", str(tmp_path)])
    with pytest.raises(SystemExit):
        main()
    assert "has no folders real/ and generated/GENERATOR/" in capsys.readouterr().err
