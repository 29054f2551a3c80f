"""Evaluation over outside data: captions with their aspects, scenes with the music chosen for them."""

import json

import numpy as np
import pytest
from ranking_facts import MUSIC, put, snapshot, track

from encoders.errors import MediaError
from retrieval.errors import QueryError
from retrieval.evaluation.captions import Captioned, CaptionParts, captions, read_captions
from retrieval.evaluation.pairs import ScenePair, normalised_rank, read_pairs, scenes_to_music
from retrieval.ranking.rankers import MeanRanker
from retrieval.values import SceneBrief

PARTS = CaptionParts(None, MUSIC, MeanRanker())
WORDS = ("oboe", "harp", "tabla", "kazoo", "sousaphone", "theremin", "zither", "celesta", "bodhran", "duduk")


def rows(n=20):
    """Make clips that are told apart by two instruments each."""
    pairs = [(a, b) for a in WORDS for b in WORDS if a < b][:n]
    return [Captioned(f"A {b} answers a {a} in a wide, empty hall.", (f"{a} melody", f"low {b}")) for a, b in pairs]


def test_the_row_that_was_told_comes_first(tmp_path):
    reports = captions(rows(), 8, np.random.default_rng(0), tmp_path, PARTS)
    ours = next(r for r in reports if r.name == "captions: Trichord")
    assert (ours.measures["MRR"].value, ours.measures["MRR"].n) == (1.0, 8)
    assert ours.measures["median rank"].value == 1.0
    assert ours.measures["recall@1"].value == ours.measures["nDCG@10"].value == 1.0


def test_every_ranker_answers_the_same_captions(tmp_path):
    pytest.importorskip("bm25s")
    reports = captions(rows(), 5, np.random.default_rng(0), tmp_path, PARTS)
    assert [r.name for r in reports] == ["captions: Trichord", "captions: BM25 alone (bm25s)"]
    assert {r.measures["MRR"].n for r in reports} == {5}
    assert reports[1].measures["MRR"].value > 0.9


def test_captions_are_read_from_a_table_with_lists_in_writing(tmp_path):
    file = tmp_path / "c.csv"
    file.write_text(
        "id,aspect_list,caption\n"
        "1,\"['slow harp', 'no voice']\",A harp plays.\n"
        '2,"slow, harp",A harp again.\n'
        '3,[],Nothing is known.\n4,"[""oboe"", ""oboe""]",An oboe.\n',
        encoding="utf-8",
    )
    assert [c.aspects for c in read_captions(file)] == [("slow harp", "no voice"), ("slow", "harp"), ("oboe",)]


def test_captions_are_read_from_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table({"caption": ["A harp.", "An oboe."], "aspect_list": [["harp"], ["oboe"]]})
    parquet.write_table(table, tmp_path / "c.parquet")
    assert read_captions(tmp_path / "c.parquet") == [Captioned("A harp.", ("harp",)), Captioned("An oboe.", ("oboe",))]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.csv", None, "no file"),
        ("c.txt", b"x", "neither .csv nor .parquet"),
        ("c.csv", b"title,words\na,b\n", "no caption or aspect_list"),
        ("c.csv", b"", "columns of none"),
        ("c.csv", b"caption,aspect_list\nx,y\n", "1 rows"),
        ("c.csv", b"caption,aspect_list\n\xff\xfe,y\n", "no CSV text"),
        ("c.parquet", b"PAR1 no such thing", "no parquet file"),
    ],
)
def test_a_file_that_is_no_captions_is_told_in_a_sentence(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(QueryError, match=words) as told:
        read_captions(tmp_path / name)
    assert "\n" not in str(told.value)


LOUD = SceneBrief(0.95, 0.0, 0.5, 170.0, {"energetic": 1.0, "calm": -1.0}, (), "")
QUIET = SceneBrief(0.05, 0.0, 0.5, 70.0, {"calm": 1.0, "energetic": -1.0}, (), "")


@pytest.fixture
def games(tmp_path):
    for name in ("fight.png", "lake.png"):
        (tmp_path / name).write_bytes(b"a picture")
    loud = {"energy": 0.95, "tempo": 170, "onset_rate": 6, "loudness": -6}
    quiet = {"energy": 0.2, "tempo": 70, "onset_rate": 0.5, "loudness": -25}
    own = [track(f"q{i}", title=f"Lake {i}", album="Pond", tags=["aggressive"], **quiet) for i in range(4)]
    own += [track(f"l{i}", title=f"Fight {i}", album="Pond", tags=["calm"], **loud) for i in range(4)]
    return snapshot(*own, track("else", title="Other", album="Elsewhere", **quiet))


def look(path):
    return LOUD if path.stem == "fight" else QUIET


def test_a_scene_finds_the_music_that_moves_like_it_though_its_tags_say_otherwise(games, tmp_path):
    pairs = [
        ScenePair(tmp_path / "fight.png", (("l0",), ("l1",)), "Pond"),
        ScenePair(tmp_path / "lake.png", (("Lake 2",),), "pond"),
    ]
    measures = scenes_to_music(games, pairs, look, np.random.default_rng(0)).measures
    # The four of a kind are alike: their places are shared.
    assert measures["normalised rank in its group"].value == pytest.approx(1.5 / 7)
    assert measures["normalised rank in Pond"].n == 1
    assert measures["MRR"].n == 2
    assert measures["median rank in the catalogue"].value <= 5


def test_pairs_whose_tracks_are_missing_are_left_out_and_counted(games, tmp_path):
    known = ScenePair(tmp_path / "fight.png", (("l0",),), "Pond")
    lost = ScenePair(tmp_path / "lake.png", (("nowhere.ogg", "Nothing Like It"),), "Pond")
    assert "1 of 2 pairs" in scenes_to_music(games, [known, lost], look, np.random.default_rng(0)).question
    with pytest.raises(QueryError, match=r"None of the 1 pairs .* 9 of this catalogue .*nowhere\.ogg.*; ingest"):
        scenes_to_music(games, [lost], look, np.random.default_rng(0))


def test_a_scene_that_cannot_be_looked_at_says_so(games, tmp_path):
    def blind(path):
        raise MediaError(f"{path.name} is no picture.")

    pair = ScenePair(tmp_path / "fight.png", (("l0",),), "Pond")
    with pytest.raises(MediaError, match=r"fight\.png"):
        scenes_to_music(games, [pair], blind, np.random.default_rng(0))


def test_a_track_is_found_by_the_end_of_its_path(catalogue, engine, tmp_path):
    from retrieval.evaluation.pairs import _Finder

    put(catalogue, "a", title="One")
    put(catalogue, "b", title="Two")
    view = engine.state.snapshot
    finder = _Finder(view)
    assert finder.rows(ScenePair(tmp_path, (("x", "one"), ("b",), ("gone",)), "g")) == view.rows(["a", "b"])


def test_the_layouts_of_a_pairs_file(games, tmp_path):
    pair = {"scene": "fight.png", "track": ["l0", "l1"], "group": "Pond"}
    other = {
        "scene": "level 1",
        "image": "lake.png",
        "game": "Pond",
        "music": [{"file": "q.ogg", "catalogue_id": "q0"}],
    }
    (tmp_path / "p.json").write_text(json.dumps([pair, other]), encoding="utf-8")
    (tmp_path / "p.csv").write_text(
        "game,picture,music\nPond,fight.png,music/l0.ogg\nPond,a.png + b.png,x.ogg\nPond,z.zip!a.png,x.ogg\n",
        encoding="utf-8",
    )
    first, second = read_pairs(tmp_path / "p.json")[0]
    assert first == ScenePair(tmp_path / "fight.png", (("l0",), ("l1",)), "Pond")
    assert second == ScenePair(tmp_path / "lake.png", (("q0", "q.ogg"),), "Pond")
    table, left_out = read_pairs(tmp_path / "p.csv")
    assert (table[0].tracks, left_out) == ((("music/l0.ogg",),), 2)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.json", None, "no file"),
        ("p.toml", "x", "neither .json nor .csv"),
        ("p.json", "{", "no JSON"),
        ("p.json", '{"a": 1}', "no list of objects"),
        ("p.json", "[]", "no pair"),
        ("p.json", '[{"scene": "fight.png", "track": "x"}]', "no group or game"),
        ("p.json", '[{"scene": "gone.png", "track": "x", "group": "g"}]', "gone.png"),
        ("p.csv", "one,two\na,b\n", "no image or picture or scene"),
    ],
)
def test_a_file_that_is_no_pairs_is_told_in_a_sentence(games, tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(QueryError, match=words):
        read_pairs(tmp_path / name)


def test_a_place_among_nothing_is_no_number():
    assert np.isnan(normalised_rank(np.array([0.5]), [0]))
    assert normalised_rank(np.array([0.9, 0.5, 0.5]), [0]) == 0.0
    assert normalised_rank(np.array([0.9, 0.5, 0.5]), [1, 2]) == 0.75
