"""``trichord train playlists``, ``evaluate playlists`` and ``playlists similar`` as a user types them."""

import gzip
import json
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from catalog.store import Catalogue
from catalog.values import Described, TrackId, TrackMetadata
from retrieval.continuation.ranker import ListRanker
from ui.cli import main
from ui.cli.main import cli

FAMILIES, EACH = 4, 15


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    return tmp_path / "data"


def families(lists):
    """Yield (name, rows): each list holds most of one family's fifteen tracks."""
    rng = np.random.default_rng(3)
    for n in range(lists):
        family = n % FAMILIES
        yield f"family {'abcd'[family]}", [int(EACH * family + i) for i in rng.permutation(EACH)[:12]]


@pytest.fixture
def catalogue(data):
    opened = Catalogue(data / "catalogue.db")
    ids = [TrackId(f"t{n:02d}") for n in range(FAMILIES * EACH)]
    opened.library.describe(Described(i, TrackMetadata(f"Song {i}", artist=f"A{i}"), 60.0) for i in ids)
    for name, rows in families(24):
        opened.playlists.create(name, opened.playlists.items([ids[row] for row in rows]))
    yield opened
    opened.close()


def run(data, *arguments):
    ran = CliRunner().invoke(cli, ["--data-dir", str(data), *map(str, arguments)])
    if ran.exception and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    assert ran.exit_code == 0, ran.output
    return ran


def test_models_are_trained_on_stored_playlists_and_serve_at_once(catalogue, data, monkeypatch):
    card = json.loads(run(data, "train", "playlists", "--factors", 8, "--epochs", 1, "--json").stdout)
    assert (card["lists"], card["items"]) == (24, FAMILIES * EACH)
    assert set(card["metrics"]) == {"blend", "ranker"}
    assert "factors" in card["models"]
    asked = []
    trees = ListRanker.scores
    monkeypatch.setattr(ListRanker, "scores", lambda self, rows: asked.append(len(rows)) or trees(self, rows))
    answer = json.loads(run(data, "continue", "--track", "t00", "--track", "t01", "-n", 8, "--json").stdout)
    found = [t["track_id"] for t in answer["tracks"]]
    assert sum(int(i[1:]) < EACH for i in found) >= 6
    # What orders no better than the blend, out of fold, is not taken.
    assert bool(asked) == (card["metrics"]["ranker"]["r_precision"][0] > card["metrics"]["blend"]["r_precision"][0])
    first = next(p for p in catalogue.playlists.all() if p.title == "family a")
    found = json.loads(run(data, "playlists", "similar", first.id, "-n", 5, "--json").stdout)
    assert [p["title"] for p in found] == ["family a"] * 5
    assert "family a" in run(data, "playlists", "similar", first.id).stdout


def test_nothing_to_learn_from_is_one_sentence(data, monkeypatch, capsys):
    Catalogue(data / "catalogue.db").close()
    monkeypatch.setattr(sys, "argv", ["trichord", "--data-dir", str(data), "train", "playlists"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert "No playlist has two tracks" in capsys.readouterr().err


@pytest.fixture
def table(tmp_path):
    lines = ["playlist_id,playlist_name,track_id,track_artist"]
    for n, (name, rows) in enumerate(families(200)):
        lines += [f"p{n},{name},t{row},A{row}" for row in rows]
    (tmp_path / "lists.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "lists.csv"


def test_an_evaluation_leaves_a_table_of_all_systems(table, data, tmp_path):
    asked = ["evaluate", "playlists", "--dataset", table, "--part", "tune", "--output", tmp_path / "report", "--json"]
    told = json.loads(run(data, *asked).stdout)
    systems = {line[0]: line for line in told["table"][2:]}
    assert {"Trichord", "implicit TF-IDF", "implicit ALS", "implicit BPR", "popularity"} <= set(systems)
    assert "title only" in told["table"][0]
    place = told["table"][0].index("title only")
    assert float(systems["Trichord"][place]) > 2 * float(systems["popularity"][place])
    assert told["ratios"]["r_precision"][1] > 0.9
    assert (tmp_path / "report" / "playlists.csv").read_text("utf-8").startswith("system,")
    assert (tmp_path / "report" / "playlists.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--split", "snapshot"], "only `playlist` keeps what is tested"),
        (["--part", "train"], "choose tune or test"),
        (["--dataset", "nowhere.xyz"], "no playlist data that is known"),
    ],
)
def test_what_cannot_be_evaluated_is_one_sentence(table, data, monkeypatch, capsys, more, told):
    asked = ["trichord", "--data-dir", str(data), "evaluate", "playlists", "--dataset", str(table), *more]
    monkeypatch.setattr(sys, "argv", asked)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert told in capsys.readouterr().err


def test_the_challenge_set_is_answered_and_passes_its_checks(data, tmp_path):
    def uri(n):
        return f"spotify:track:{n:022d}"

    def tracks(rows):
        return [{"track_uri": uri(r), "pos": p, "artist_name": f"A{r % 40}"} for p, r in enumerate(rows)]

    rng = np.random.default_rng(5)
    lists = [{"pid": n, "name": f"mood {n % 5}", "tracks": tracks(rng.permutation(700)[:30])} for n in range(60)]
    (tmp_path / "mpd").mkdir()
    (tmp_path / "mpd" / "mpd.slice.0-999.json").write_text(json.dumps({"playlists": lists}), encoding="utf-8")
    asked = [
        {"pid": 1000, "name": "mood 1", "num_holdouts": 5, "tracks": []},
        {"pid": 1001, "num_holdouts": 5, "tracks": tracks([1, 2, 3])},
    ]
    (tmp_path / "challenge_set.json").write_text(json.dumps({"playlists": asked}), encoding="utf-8")
    where = tmp_path / "out.csv.gz"
    more = ["--challenge", tmp_path / "challenge_set.json", "--submission", where]
    told = run(data, "evaluate", "playlists", "--dataset", tmp_path / "mpd", *more).stdout
    assert "2 playlists are answered" in told
    assert gzip.decompress(where.read_bytes()).decode().count("spotify:track:") == 1000
