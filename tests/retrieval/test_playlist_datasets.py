"""Playlists of every kind of file, and their split by playlist."""

import csv
import gzip
import json

import numpy as np
import pytest

from retrieval.errors import QueryError
from retrieval.evaluation.playlists.datasets import (
    ListedPlaylist,
    ListedTrack,
    assemble,
    codes_of,
    read_dataset,
    split_by_playlist,
)

SOUND = {
    "danceability": 0.5,
    "energy": 0.5,
    "loudness": -10,
    "speechiness": 0.1,
    "acousticness": 0.2,
    "instrumentalness": 0.3,
    "liveness": 0.1,
    "valence": 0.4,
    "tempo": 120,
}


def listed(dataset):
    """Return each list as its playlist's id, its title and the ids of its tracks."""
    corpus = dataset.corpus
    return [
        (dataset.list_ids[p], corpus.titles[p], [dataset.track_ids[row] for row in corpus.rows(p)])
        for p in range(len(corpus))
    ]


def item(dataset, track_id):
    return dataset.track_ids.index(track_id)


@pytest.fixture
def archive(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = tmp_path / "archive"
    folder.mkdir()
    snapshots = [
        ("p1", "2020-02-01", "Rain, later", ["b", "a", "d"], False),
        ("p1", "2020-01-01", "Rain", ["a", "b", "c"], False),
        ("p2", "2020-01-01", None, ["c", "x"], False),
        ("robot", "2020-01-01", "Daily Mix 1", ["a", "d"], True),
    ]
    names = ("playlist_id", "snapshot_time", "title", "track_ids", "algorithmic_title")
    parquet.write_table(
        arrow.table(dict(zip(names, map(list, zip(*snapshots, strict=True)), strict=True))),
        folder / "playlists.parquet",
    )
    tracks = {
        "track_id": ["a", "b", "c", "d"],
        "title": ["Ah", "Be", None, "De"],
        "artists": [["Ada", "Bee"], ["ADA"], [], None],
        "album": ["One", "One", None, "Two"],
    }
    parquet.write_table(arrow.table(tracks), folder / "tracks.parquet")
    return folder


def test_snapshots_come_in_time_and_what_a_machine_made_is_left_out(archive):
    assert listed(read_dataset([archive])) == [
        ("p1", "Rain", ["a", "b", "c"]),
        ("p2", "", ["c", "x"]),
        ("p1", "Rain, later", ["b", "a", "d"]),
    ]


def test_tracks_of_an_archive_are_told_as_far_as_they_are_known(archive):
    dataset = read_dataset([archive])
    items = dataset.corpus.items
    assert dataset.track_ids == ("a", "b", "c", "d", "x")
    assert items.artists[0] == items.artists[1] >= 0  # one artist in two spellings
    assert items.artists[2:].tolist() == [-1, -1, -1]
    assert items.albums[0] == items.albums[1] >= 0
    assert items.albums[[2, 4]].tolist() == [-1, -1]
    assert items.names[0].split() == ["Ah", "Ada", "One"]
    assert items.vectors is None


TABLE = [
    ("t1", "Ah", "Ada", "100", "One", "Rain", "p1", SOUND),
    ("t2", "Be, or not", "Bee", "50", "", "Rain", "p1", SOUND | {"tempo": 90, "energy": 0.9}),
    ("t3", "Ce", "Cé", "", "Three", "Sun", "p2", {}),
    ("t1", "Ah", "Ada", "100", "One", "Sun", "p2", SOUND),
]


def write_table(path, rows=TABLE):
    opened = gzip.open(path, "wt", encoding="utf-8") if path.name.endswith(".gz") else path.open("w", encoding="utf-8")
    names = ("track_id", "track_name", "track_artist", "track_popularity", "track_album_name", "playlist_name")
    with opened as stream:
        writer = csv.DictWriter(stream, [*names, "playlist_id", *SOUND], lineterminator="\n")
        writer.writeheader()
        for *words, playlist_id, sound in rows:
            writer.writerow(dict(zip(names, words, strict=True)) | {"playlist_id": playlist_id} | sound)
    return path


@pytest.mark.parametrize("name", ["songs.csv", "songs.csv.gz"])
def test_a_table_has_a_line_a_track(name, tmp_path):
    dataset = read_dataset([write_table(tmp_path / name)])
    assert dataset.name == name
    assert listed(dataset) == [("p1", "Rain", ["t1", "t2"]), ("p2", "Sun", ["t3", "t1"])]
    items = dataset.corpus.items
    np.testing.assert_allclose(items.popularity, [1, 0.5, 0])
    assert items.albums[1] == -1
    assert items.names[1] == "Be, or not Bee "


def test_sound_is_standardised_to_length_1_and_0_where_there_is_none(tmp_path):
    vectors = read_dataset([write_table(tmp_path / "songs.csv")]).corpus.items.vectors
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 0], atol=1e-6)
    assert vectors[0] @ vectors[1] == pytest.approx(-1, abs=1e-5)  # of two, each is what the other is not


def test_a_number_that_all_tracks_share_says_nothing(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        (f"t{n}", "x", "y", "", "", "z", "p", SOUND | {"loudness": -7.3, "tempo": float(rng.normal(120, 9))})
        for n in range(1000)
    ]
    vectors = read_dataset([write_table(tmp_path / "songs.csv", rows)]).corpus.items.vectors
    np.testing.assert_allclose(np.abs(vectors[:, 8]), 1, atol=1e-2)


def write_set_lists(path):
    day = {"date": "1977-05-08"}
    lines = [day | {"songs": ["Jam", "Sun", "Jam"]}, day | {"songs": ["Sun", 5]}, {"songs": []}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    if path.suffix == ".zst":
        zstandard = pytest.importorskip("zstandard")
        path.write_bytes(zstandard.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["sets.jsonl", "sets.jsonl.zst"])
def test_set_lists_have_songs_and_no_name(name, tmp_path):
    dataset = read_dataset([write_set_lists(tmp_path / name)])
    assert [tracks for _, _, tracks in listed(dataset)] == [["Jam", "Sun"], ["Sun", "5"], []]
    assert not any(dataset.corpus.titles)
    assert len(set(dataset.list_ids)) == 3  # two concerts of one day are two
    assert dataset.corpus.items.artists.tolist() == [-1, -1, -1]


def test_a_folder_of_slices_is_read(tmp_path):
    told = {"pos": 0, "track_uri": "spotify:track:1", "track_name": "Ah", "artist_name": "Ada", "album_name": "One"}
    text = json.dumps({"playlists": [{"pid": 3, "name": "Rain", "tracks": [told]}]})
    (tmp_path / "mpd.slice.0-999.json").write_text(text, encoding="utf-8")
    assert listed(read_dataset([tmp_path])) == [("3", "Rain", ["spotify:track:1"])]


def test_several_sources_are_one_data_set(tmp_path):
    one = write_table(tmp_path / "one.csv", [("t1", "Ah", "Ada", "", "", "Rain", "p1", {})])
    two = write_table(tmp_path / "two.csv", [("t1", "Ah", "Ada", "", "", "Sun", "p9", SOUND)])
    dataset = read_dataset([one, two])
    assert dataset.name == "one.csv+two.csv"
    assert listed(dataset) == [("p1", "Rain", ["t1"]), ("p9", "Sun", ["t1"])]
    assert dataset.corpus.items.n == 1
    assert dataset.corpus.items.vectors is not None  # the source that knows the sound is believed
    assert read_dataset([one], "mine").name == "mine"


@pytest.mark.parametrize("name", ["none", "none.csv", "none.jsonl", "list.m3u", "empty"])
def test_a_path_that_no_reader_knows_is_told_in_a_sentence(name, tmp_path):
    if name == "empty":
        (tmp_path / name).mkdir()
    elif name == "list.m3u":
        (tmp_path / name).write_text("#EXTM3U\n", encoding="utf-8")
    with pytest.raises(QueryError, match=name) as error:
        read_dataset([tmp_path / name])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", b"{"),
        ("a.jsonl", b'{"date": "1977"}\n'),
        ("a.jsonl", b"[1]\n"),
        ("a.jsonl", b"\xff\xfe\n"),
        ("a.jsonl.zst", b"no zstd"),
        ("a.csv", b"artist,title\nAda,Ah\n"),
        ("a.csv", b"playlist_id,track_id\n\xff,1\n"),
        ("a.csv", b"playlist_id,track_id,track_popularity\n1,2,very\n"),
        ("a.csv.gz", b"no gzip"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_told_in_a_sentence(name, data, tmp_path):
    if name.endswith("zst"):
        pytest.importorskip("zstandard")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(QueryError, match=name) as error:
        read_dataset([tmp_path / name])
    assert "\n" not in str(error.value)


def test_codes_are_the_same_for_the_same_name():
    assert codes_of(["Ada", "ADA", "", "Bee", "  ", "straße", "STRASSE"]).tolist() == [0, 0, -1, 1, -1, 2, 2]
    assert codes_of([]).dtype == np.int32


def snapshots_of(playlists, each):
    """Return a data set of so many snapshots of each playlist, the playlists taking turns."""
    lists = [ListedPlaylist(f"p{n}", f"{n} at {time}", ("a", "b")) for time in range(each) for n in range(playlists)]
    return assemble("x", {"a": ListedTrack("a")}, lists)


@pytest.mark.parametrize("seed", range(5))
def test_snapshots_of_a_playlist_are_never_in_two_parts(seed):
    dataset = snapshots_of(300, 4)
    split = split_by_playlist(dataset, seed)
    parts = [{dataset.list_ids[p] for p in places} for places in (split.train, split.tune, split.test)]
    assert parts[0].isdisjoint(parts[1] | parts[2])
    assert parts[1].isdisjoint(parts[2])
    assert parts[0] | parts[1] | parts[2] == set(dataset.list_ids)


def test_all_snapshots_teach_and_the_last_one_is_asked():
    dataset = snapshots_of(300, 4)
    split = split_by_playlist(dataset)
    assert len(split.train) == 4 * len({dataset.list_ids[p] for p in split.train})
    for places in (split.tune, split.test):
        assert all(dataset.corpus.titles[p].endswith(" at 3") for p in places)
        assert len(places) == len({dataset.list_ids[p] for p in places})


def test_the_parts_are_about_7_1_and_2_tenths():
    split = split_by_playlist(snapshots_of(3000, 1))
    shares = np.array([len(split.train), len(split.tune), len(split.test)]) / 3000
    np.testing.assert_allclose(shares, [0.7, 0.1, 0.2], atol=0.03)


def test_a_playlist_stays_in_its_part_whatever_else_there_is():
    few, many = snapshots_of(50, 1), snapshots_of(80, 2)
    parts = [{d.list_ids[p] for p in split_by_playlist(d).test} for d in (few, many)]
    assert parts[0] == {i for i in parts[1] if int(i[1:]) < 50}
    other = split_by_playlist(few, seed=1).test
    assert parts[0] != {few.list_ids[p] for p in other}
