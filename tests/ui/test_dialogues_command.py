"""``trichord simulate dialogues`` and ``trichord evaluate dialogue``, as a user types them."""

import json
import sys

import pytest
from typer.testing import CliRunner

from catalog.store import Catalogue
from catalog.values import Described, TrackId, TrackMetadata
from ui.cli import main
from ui.cli.main import cli


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A catalogue of twenty tracks in two genres, without weights and without a language model."""
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("TRICHORD_PLANNER", "rules")
    folder = tmp_path / "data"
    folder.mkdir()
    catalogue = Catalogue(folder / "catalogue.db")
    catalogue.library.describe(
        [
            Described(
                TrackId(f"t{n:02}"),
                TrackMetadata(
                    f"Song {n}", artist=f"Artist {n % 3}", year=2000 + n, genre=("jazz" if n % 2 else "metal",)
                ),
                60.0 + 20 * n,
            )
            for n in range(20)
        ]
    )
    catalogue.close()
    return folder


def run(data, *words):
    ran = CliRunner().invoke(cli, ["--data-dir", str(data), *words])
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_dialogues_are_drawn_into_a_file_and_played_from_it(data, tmp_path):
    file = tmp_path / "d.jsonl"
    told = run(data, "simulate", "dialogues", "--n", "6", "--seed", "1", "--output", str(file))
    assert told.startswith("6 dialogues of ")
    assert len(file.read_text(encoding="utf-8").splitlines()) == 6
    played = json.loads(run(data, "evaluate", "dialogue", "--data", str(file), "--json"))
    assert played["tasks"][0]["measures"]["tool success"]["value"] == 1.0
    assert played["tasks"][0]["measures"]["invented"]["value"] == 0.0
    assert played["failures"] == []


def test_what_simulated_users_do_stays_out_of_the_users_data(data):
    printed = run(data, "evaluate", "dialogue", "--n", "25", "--seed", "2", "--split", "train", "--failures")
    assert printed.startswith("25 dialogues of ")
    assert "| dialogues | plan |" in printed
    assert "Faults of plans: " in printed
    # Reading it made the folder of indexes; no session, list or piece came with it.
    assert {p.name for p in data.iterdir() if not p.name.startswith("catalogue.db")} == {"indexes"}
    catalogue = Catalogue(data / "catalogue.db")
    assert list(catalogue.playlists.all()) == []
    catalogue.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("simulate", "dialogues", "--split", "dev"), "The split is 'dev'; choose train or test."),
        (("evaluate", "dialogue"), "The catalogue has 0 tracks"),
        (("evaluate", "dialogue", "--data", "nowhere.jsonl"), "no file of dialogues"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["trichord", "--data-dir", str(tmp_path / "data"), *words])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    printed = capsys.readouterr().err
    assert told in printed
    assert "Traceback" not in printed


def test_dialogues_about_another_catalogue_are_refused(data, tmp_path, monkeypatch, capsys):
    file = tmp_path / "d.jsonl"
    run(data, "simulate", "dialogues", "--n", "3", "--output", str(file))
    file.write_text(file.read_text(encoding="utf-8").replace('"goal":"t', '"goal":"x'), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["trichord", "--data-dir", str(data), "evaluate", "dialogue", "--data", str(file)])
    with pytest.raises(SystemExit):
        main()
    assert "drawn from another catalogue (3 of 3 goals" in capsys.readouterr().err
