"""Slices, challenge set and submissions as the challenge's README describes them, and every fault it would refuse."""

import gzip
import json

import pytest

from retrieval.errors import QueryError
from retrieval.evaluation.playlists.challenge import (
    WANTED,
    ChallengePlaylist,
    check_submission,
    read_challenge,
    read_slices,
    write_submission,
)
from retrieval.evaluation.playlists.datasets import read_dataset


def uri(n):
    return f"spotify:track:{n:022d}"


def told(pos, n):
    return {
        "pos": pos,
        "artist_name": f"Artist {n // 3}",
        "track_uri": uri(n),
        "artist_uri": f"spotify:artist:{n // 3:022d}",
        "track_name": f"Song {n}",
        "album_uri": f"spotify:album:{n // 6:022d}",
        "duration_ms": 200_000,
        "album_name": f"Album {n // 6}",
    }


def playlist(pid, name, rows):
    return {
        "name": name,
        "collaborative": "false",
        "pid": pid,
        "modified_at": 1_500_000_000,
        "num_albums": 1,
        "num_tracks": len(rows),
        "num_followers": 1,
        "tracks": [told(pos, n) for pos, n in enumerate(rows)],
        "num_edits": 1,
        "duration_ms": 200_000 * len(rows),
        "num_artists": 1,
    }


def write_slice(folder, first, playlists):
    path = folder / f"mpd.slice.{first}-{first + len(playlists) - 1}.json"
    info = {"generated_on": "2017-12-03 08:41:42.057563", "slice": f"{first}-{first}", "version": "v1"}
    path.write_text(json.dumps({"info": info, "playlists": playlists}), encoding="utf-8")
    return path


def write_challenge(folder):
    shown = [
        {"pid": 1_000_000, "num_holdouts": 11, "num_samples": 0, "num_tracks": 11, "name": "Rain", "tracks": []},
        {
            "pid": 1_000_003,
            "num_holdouts": 7,
            "num_samples": 3,
            "num_tracks": 10,
            "tracks": [told(5, 2), told(0, 1), told(9, 3)],
        },
    ]
    path = folder / "challenge_set.json"
    path.write_text(json.dumps({"date": "2018-01-16", "version": "v1", "playlists": shown}), encoding="utf-8")
    return path


@pytest.fixture
def slices(tmp_path):
    folder = tmp_path / "mpd"
    folder.mkdir()
    write_slice(folder, 10_000, [playlist(10_000, "Zehntausend", [5, 0])])
    write_slice(folder, 2_000, [playlist(2_000, "🌧 Rainy", [1, 2, 3]), playlist(2_001, "b", [3, 7])])
    write_slice(folder, 0, [playlist(0, "first", [9, 1, 0])])
    (folder / "README.md").write_text("not a slice", encoding="utf-8")
    return folder


def test_slices_are_read_by_number_and_not_by_name(slices):
    _, lists = read_slices(slices)
    assert [p.id for p in lists] == ["0", "2000", "2001", "10000"]
    assert [p.title for p in lists] == ["first", "🌧 Rainy", "b", "Zehntausend"]
    assert lists[0].tracks == (uri(9), uri(1), uri(0))


def test_a_track_is_told_once_with_its_names(slices):
    tracks, _ = read_slices(slices)
    tracks = list(tracks)
    assert sorted(t.id for t in tracks) == sorted(map(uri, {0, 1, 2, 3, 5, 7, 9}))
    seven = next(t for t in tracks if t.id == uri(7))
    assert (seven.title, seven.artist, seven.album) == ("Song 7", "Artist 2", "Album 1")


def test_tracks_stand_where_pos_says(tmp_path):
    mixed = playlist(0, "x", [4, 5, 6])
    mixed["tracks"].reverse()
    write_slice(tmp_path, 0, [mixed])
    assert read_slices(tmp_path)[1][0].tracks == (uri(4), uri(5), uri(6))


def test_a_folder_of_slices_is_a_data_set(slices):
    dataset = read_dataset([slices])
    assert dataset.list_ids == ("0", "2000", "2001", "10000")
    first = [dataset.track_ids[row] for row in dataset.corpus.rows(0)]
    assert first == [uri(9), uri(1), uri(0)]
    row = {i: n for n, i in enumerate(dataset.track_ids)}
    artists = dataset.corpus.items.artists
    assert artists[row[uri(0)]] == artists[row[uri(1)]] != artists[row[uri(3)]]


def test_the_challenge_set_shows_seeds_in_order_and_names_where_told(tmp_path):
    assert read_challenge(write_challenge(tmp_path)) == [
        ChallengePlaylist(1_000_000, "Rain", (), 11),
        ChallengePlaylist(1_000_003, "", (uri(1), uri(2), uri(3)), 7),
    ]


BROKEN = {
    "no JSON": "{",
    "nothing": "",
    "a list": "[]",
    "no playlists": '{"info": {}}',
    "playlists of text": '{"playlists": ["x"]}',
    "no pid": '{"playlists": [{"tracks": []}]}',
    "no tracks": '{"playlists": [{"pid": 1}]}',
    "no URI": '{"playlists": [{"pid": 1, "name": "x", "num_holdouts": 1, "tracks": [{"pos": 0}]}]}',
    "no pos": '{"playlists": [{"pid": 1, "name": "x", "num_holdouts": 1, "tracks": [{"track_uri": "x"}, {}]}]}',
    "tracks of text": '{"playlists": [{"pid": 1, "name": "x", "num_holdouts": 1, "tracks": ["x"]}]}',
    "a number": '{"playlists": 5}',
    "not UTF-8": b'{"playlists": "\xff"}',
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("read", [read_slices, read_challenge], ids=["slice", "challenge set"])
def test_a_broken_file_is_told_in_a_sentence_with_its_name(read, what, tmp_path):
    path = tmp_path / "mpd.slice.0-999.json"
    text = BROKEN[what]
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(QueryError, match=r"mpd\.slice\.0-999\.json is no file of the Million Playlist") as error:
        read(tmp_path if read is read_slices else path)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_told_in_a_sentence(tmp_path):
    with pytest.raises(QueryError, match=r"none\.json"):
        read_challenge(tmp_path / "none.json")


def test_a_slice_is_no_challenge_set(slices):
    with pytest.raises(QueryError, match="num_holdouts"):
        read_challenge(slices / "mpd.slice.0-0.json")


def test_a_slice_without_numbers_in_its_name_is_told_in_a_sentence(tmp_path):
    (tmp_path / "mpd.slice.copy.json").write_text('{"playlists": []}', encoding="utf-8")
    with pytest.raises(QueryError, match=r"mpd\.slice\.copy\.json"):
        read_slices(tmp_path)


@pytest.fixture
def challenge(tmp_path):
    return read_challenge(write_challenge(tmp_path))


ANSWER = [uri(n) for n in range(100, 100 + WANTED)]
TEAM = "team_info,main,The Three,us@example.org"
LINES = (TEAM, ", ".join(["1000000", *ANSWER]), ", ".join(["1000003", *ANSWER]))


def checked(tmp_path, challenge, lines):
    path = tmp_path / "submission.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return check_submission(path, challenge)


@pytest.mark.parametrize("name", ["submission.csv", "submission.csv.gz"])
def test_what_is_written_is_accepted(name, tmp_path, challenge):
    path = tmp_path / name
    write_submission(path, "The Three", "us@example.org", [(p.pid, ANSWER) for p in challenge])
    assert check_submission(path, challenge) == []
    opened = gzip.open(path, "rt", encoding="utf-8") if name.endswith("gz") else path.open(encoding="utf-8")
    with opened as stream:
        lines = stream.read().splitlines()
    assert lines[0] == TEAM
    assert [line.split(", ")[0] for line in lines[1:]] == ["1000000", "1000003"]
    assert lines[1].split(", ")[1:] == ANSWER


def test_the_creative_track_is_one_too(tmp_path, challenge):
    path = tmp_path / "s.csv"
    write_submission(path, "a", "b", [(p.pid, ANSWER) for p in challenge], track="creative")
    assert check_submission(path, challenge) == []


@pytest.mark.parametrize(
    "lines",
    [
        LINES,
        (LINES[0], LINES[2], LINES[1]),
        ("# a comment", "", *LINES, "", "#"),
        tuple(line.replace(", ", ",") for line in LINES),
        tuple(line.replace(",", " , ") for line in LINES),
    ],
    ids=["plain", "any order", "comments", "no spaces", "many spaces"],
)
def test_valid_submissions_are_accepted(lines, tmp_path, challenge):
    assert checked(tmp_path, challenge, lines) == []


def row(pid, *uris):
    return ", ".join([str(pid), *uris])


FAULTS = {
    "too few": (
        (LINES[0], LINES[1], row(1_000_003, *ANSWER[1:])),
        ["line 3: playlist 1000003 has 499 tracks, not 500"],
    ),
    "too many": (
        (LINES[0], LINES[1], row(1_000_003, *ANSWER, uri(9))),
        ["line 3: playlist 1000003 has 501 tracks, not 500"],
    ),
    "none": ((LINES[0], LINES[1], "1000003"), ["line 3: playlist 1000003 has 0 tracks, not 500"]),
    "a track twice": (
        (LINES[0], LINES[1], row(1_000_003, *ANSWER[1:], ANSWER[1])),
        ["line 3: playlist 1000003 has a track twice"],
    ),
    "a seed": (
        (LINES[0], LINES[1], row(1_000_003, *ANSWER[2:], uri(1), uri(3))),
        ["line 3: playlist 1000003 repeats 2 of its seeds"],
    ),
    "no URI": (
        (LINES[0], LINES[1], row(1_000_003, *ANSWER[1:], "Song 3")),
        ["line 3: playlist 1000003 has 'Song 3', which is no track URI"],
    ),
    "an artist": (
        (LINES[0], LINES[1], row(1_000_003, *ANSWER[1:], f"spotify:artist:{1:022d}")),
        ["line 3: playlist 1000003 has 'spotify:artist:0000000000000000000001', which is no track URI"],
    ),
    "a short id": (
        (LINES[0], LINES[1], row(1_000_003, *ANSWER[1:], "spotify:track:1")),
        ["line 3: playlist 1000003 has 'spotify:track:1', which is no track URI"],
    ),
    "a comma at the end": (
        (LINES[0], LINES[1], LINES[2] + ","),
        [
            "line 3: playlist 1000003 has 501 tracks, not 500",
            "line 3: playlist 1000003 has '', which is no track URI",
        ],
    ),
    "an unknown playlist": ((*LINES, row(7, *ANSWER)), ["line 4: '7' is no playlist of the challenge set"]),
    "no number": ((*LINES, row("x", *ANSWER)), ["line 4: 'x' is no playlist of the challenge set"]),
    "a raised number": ((*LINES, row("²", *ANSWER)), ["line 4: '²' is no playlist of the challenge set"]),
    "a negative number": ((*LINES, row(-1, *ANSWER)), ["line 4: '-1' is no playlist of the challenge set"]),
    "one missing": (LINES[:2], ["1 playlists of the challenge set have no line"]),
    "one twice": ((*LINES, LINES[1]), ["line 4: playlist 1000000 was answered before"]),
    "no team": (LINES[1:], ["there is no line team_info before the first playlist"]),
    "the team last": (
        (*LINES[1:], TEAM),
        [
            "there is no line team_info before the first playlist",
            "line 3: 'team_info' is no playlist of the challenge set",
        ],
    ),
    "another track": (
        ("team_info,fun,The Three,us@example.org", *LINES[1:]),
        ["line 1: the track is 'fun', not main or creative"],
    ),
    "no mail": (
        ("team_info,main,The Three", *LINES[1:]),
        ["line 1: team_info has 3 fields, not 4: team_info, track, team, mail"],
    ),
    "a comma in the name": (
        ("team_info,main,The, Three,us@example.org", *LINES[1:]),
        ["line 1: team_info has 5 fields, not 4: team_info, track, team, mail"],
    ),
    "comments count as lines": (
        ("# by us", LINES[0], "", LINES[1], "1000003"),
        ["line 5: playlist 1000003 has 0 tracks, not 500"],
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_every_official_fault_is_found_with_its_line(what, tmp_path, challenge):
    lines, want = FAULTS[what]
    assert checked(tmp_path, challenge, lines) == want


def test_an_empty_submission_says_all_that_is_missing(tmp_path, challenge):
    assert checked(tmp_path, challenge, []) == [
        "there is no line team_info before the first playlist",
        "2 playlists of the challenge set have no line",
    ]
