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


def test_sessions_about_clips_are_drawn_into_a_file(data, tmp_path):
    file = tmp_path / "d.jsonl"
    told = run(data, "simulate", "dialogues", "--clips", "--n", "4", "--output", str(file))
    assert told.startswith("4 dialogues of 8 turns")
    assert all(json.loads(line)["turns"][0]["clip"] for line in file.read_text(encoding="utf-8").splitlines())


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


def test_plots_by_turn_and_by_language_are_written(data, tmp_path):
    printed = run(data, "evaluate", "dialogue", "--n", "5", "--plots", str(tmp_path / "plots"))
    assert "| replies | distinct-2, adjusted for length |" in printed
    assert {p.name for p in (tmp_path / "plots").iterdir()} == {
        "understanding_by_turn.png", "understanding_by_language.png", "ndcg_20_by_turn.png", "ndcg_20_by_language.png",
    }  # fmt: skip


def test_peoples_own_dialogues_are_played_over_their_own_tracks(data, tmp_path):
    folder = tmp_path / "cpcd"
    folder.mkdir()
    tracks = {
        f"c{n}": {"track_titles": f"Tune {n}", "track_artists": ["Ada Sun"], "track_release_titles": "Album"}
        for n in range(6)
    }
    said = {"user_query": "songs by Ada Sun", "liked_results": ["c1"], "disliked_results": []}
    more = {"user_query": "more songs by Ada Sun", "liked_results": ["c2"], "disliked_results": []}
    line = {"id": "d", "turns": [said, more], "goal_playlist": ["c1", "c2"], "tracks": tracks}
    (folder / "dev.jsonl").write_text("\n".join(json.dumps(line | {"id": i}) for i in "ab"), encoding="utf-8")
    printed = run(data, "evaluate", "dialogue", "--cpcd", str(folder), "--plots", str(tmp_path / "plots"))
    assert printed.startswith("1 of 2 dialogues (report), 2 turns over 6 tracks")
    assert "| liked next: Trichord | hit@5 | 1.000 [1.000, 1.000] | 2 |" in printed
    assert (tmp_path / "plots" / "cpcd_ndcg_20_by_turn.png").is_file()
    told = json.loads(run(data, "evaluate", "dialogue", "--cpcd", str(folder), "--part", "all", "--json"))
    assert told["about"].startswith("2 of 2 dialogues")
    table = tmp_path / "lists.csv"
    rows = ["playlist_id,playlist_name,track_id,track_name,track_artist", "p,Gym,x1,Tune 3 (Live),Ada Sun"]
    table.write_text("\n".join([*rows, "q,Polka,x2,Unheard,Nobody Here"]), encoding="utf-8")
    with_lists = ("evaluate", "dialogue", "--cpcd", str(folder), "--playlists", str(table), "--json")
    # The list of an artist who is not here would tell nothing.
    assert json.loads(run(data, *with_lists))["about"].endswith("planner: rules; 1 playlists.")
    catalogue = Catalogue(data / "catalogue.db")
    assert (catalogue.library.count(), catalogue.playlists.page(1)[1]) == (20, 0)
    catalogue.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("evaluate", "dialogue", "--cpcd", "nowhere"), "holds no .jsonl file"),
        (("simulate", "dialogues", "--split", "dev"), "The split is 'dev'; choose train or test."),
        (("evaluate", "dialogue"), "The catalogue has 0 tracks"),
        (("evaluate", "dialogue", "--playlists", "lists.csv"), "--playlists goes with --cpcd"),
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


def test_without_a_language_model_there_is_none_to_ask_alone(data, monkeypatch, capsys):
    monkeypatch.setenv("TRICHORD_LLM", "none")
    monkeypatch.setattr(sys, "argv", ["trichord", "--data-dir", str(data), "evaluate", "dialogue", "--llm-alone"])
    with pytest.raises(SystemExit):
        main()
    assert "leave out --llm-alone" in capsys.readouterr().err
