"""ListenBrainz exports: listens, sittings, play counts, and files that are none."""

import json
import zipfile

import pytest

from catalog.formats.listens import Listen, Sitting, play_counts, read_listens, sittings
from catalog.formats.values import PlaylistEntry, PlaylistFormatError

NOON = 1_700_000_000
MBID = "85701f84-c37f-4857-89d3-29625f02d943"


def listen(at, title="Jóga", artist="Björk", **info):
    track = {"track_name": title, "artist_name": artist, "release_name": "Homogenic", "additional_info": info}
    return {"listened_at": at, "track_metadata": track, "inserted_at": at, "user_name": "ada"}


def lines(*listens):
    return "".join(json.dumps(one) + "\n" for one in listens)


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def test_the_zip_of_the_site_is_read(tmp_path):
    mapped = listen(NOON + 500, duration_ms=304_800, isrc="GBAYE9700123")
    mapped["track_metadata"]["mbid_mapping"] = {"recording_mbid": MBID}
    members = {
        "user.json": '{"user_id": 1}',
        "feedback.jsonl": lines({"recording_mbid": MBID, "score": 1}),
        "listens/2024/2.jsonl": lines(mapped),
        "listens/2023/11.jsonl": lines(listen(NOON, "Hunter")),
    }
    found = read_listens(zipped(tmp_path / "export.zip", members))
    assert found == [
        Listen(NOON, PlaylistEntry("Hunter", "Björk", "Homogenic")),
        Listen(
            NOON + 500,
            PlaylistEntry(
                "Jóga",
                "Björk",
                "Homogenic",
                304.8,
                identifiers=(f"https://musicbrainz.org/recording/{MBID}", "urn:isrc:GBAYE9700123"),
            ),
        ),
    ]


@pytest.mark.parametrize(
    "text",
    [
        lines(listen(NOON), listen(NOON + 1)),
        json.dumps([listen(NOON), listen(NOON + 1)]),
        json.dumps({"payload": {"listens": [listen(NOON + 1), listen(NOON)]}}),
        # Twice the same, a broken line, wrong types, an impossible time and a listen without a name: left out.
        lines(listen(NOON), listen(NOON), listen(NOON + 1), 3, {"listened_at": "x"}, listen(5), listen(NOON, ""))
        + "{broken\n\n[[[\n",
    ],
)
def test_lines_lists_and_answers_are_read_in_order_each_listen_once(tmp_path, text):
    file = tmp_path / "listens.json"
    file.write_text(text, "utf-8")
    assert [one.at for one in read_listens(file)] == [NOON, NOON + 1]


def entry(n, duration=None):
    return PlaylistEntry(f"t{n}", duration_s=duration)


def test_a_silence_of_more_than_half_an_hour_begins_a_new_sitting():
    heard = [
        Listen(0, entry(0)),
        Listen(1800, entry(1)),
        Listen(3601, entry(2, 7200.0)),
        # An hour and a half later, but the one before lasted two hours.
        Listen(9000, entry(3)),
        Listen(20_000, entry(4)),
    ]
    assert sittings(heard) == [
        Sitting(0, (entry(0), entry(1))),
        Sitting(3601, (entry(2, 7200.0), entry(3))),
        Sitting(20_000, (entry(4),)),
    ]
    assert len(sittings(heard, gap_s=100_000)) == 1
    assert sittings([]) == []


def test_plays_are_counted():
    heard = [Listen(n, PlaylistEntry("a" if n % 3 else "b", "X")) for n in range(9)]
    assert play_counts(heard).most_common() == [(("X", "a"), 6), (("X", "b"), 3)]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no listens"),
        (b"Dear diary\n", "no listens"),
        (b"PK\x03\x04 no zip", "damaged zip"),
        (b'{"a": "' + b"x" * 2_000_000 + b'"}', "line over 1 MB"),
        (b"[" * 200_000, "no listens"),
    ],
)
def test_what_is_no_export_is_one_sentence(tmp_path, data, says):
    file = tmp_path / "file.jsonl"
    file.write_bytes(data)
    with pytest.raises(PlaylistFormatError, match=says):
        read_listens(file)


def test_a_bomb_is_refused_by_what_it_says_of_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("catalog.formats.listens.MAX_UNPACKED_BYTES", 1000)
    bomb = zipped(tmp_path / "bomb.zip", {"listens/1.jsonl": "x" * 5000})
    with pytest.raises(PlaylistFormatError, match="that is refused"):
        read_listens(bomb)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(PlaylistFormatError, match="cannot be read"):
        read_listens(tmp_path / "gone.zip")
