"""Files in the dialects of the programs that write them: read, written anew in every format, and read again."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.formats.locations import absolute_from, is_playlist, relative_to
from catalog.formats.musicbrainz import (
    TRACK,
    PlaylistFacts,
    TrackFacts,
    isrc_of,
    playlist_facts,
    recording_of,
    track_facts,
    with_facts,
)
from catalog.formats.playlist import read_playlist, read_playlist_file, write_playlist
from catalog.formats.values import MAX_ENTRIES, PlaylistDocument, PlaylistEntry, PlaylistFormatError

FILES = Path(__file__).parent / "files"
NAMES = sorted(p.name for p in FILES.iterdir())


def entries(name):
    return read_playlist_file(FILES / name).entries


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        (
            "vlc.xspf",
            "Playlist",
            (
                PlaylistEntry("Jóga", "Björk", "Homogenic", 304.8, "/home/ada/Music/Björk/Jóga.flac"),
                PlaylistEntry(location="http://radio.example/stream?x=1&y=2"),
            ),
        ),
        (
            "foobar2000.m3u8",
            "foobar2000",
            (
                PlaylistEntry("Jóga", "Björk", None, 304.0, "C:\\Music\\Björk\\02 Jóga.flac"),
                PlaylistEntry("Track & Field", None, None, 61.0, "..\\Other\\Track & Field.mp3"),
            ),
        ),
        (
            "winamp.m3u",
            "winamp",
            (
                PlaylistEntry("Jóga", "Björk", None, 304.0, "\\Music\\Björk\\Jóga.mp3"),
                PlaylistEntry("Radio", None, None, None, "http://radio.example:8000/listen.pls"),
            ),
        ),
        (
            "winamp.pls",
            "winamp",
            (
                PlaylistEntry("Jóga", "Björk", None, 304.0, "C:\\Music\\Joga.mp3"),
                PlaylistEntry("Radio Example", None, None, None, "http://radio.example:8000/"),
            ),
        ),
        (
            # iTunes puts the title first; who is who shows when the names are looked up.
            "itunes.m3u",
            "itunes",
            (
                PlaylistEntry("Björk", "Jóga", None, 304.0, "Macintosh HD:Users:ada:Music:Jóga.m4a"),
                PlaylistEntry("The Kooks", "Naïve", None, 210.0, "/Users/ada/Music/Naïve.m4a"),
            ),
        ),
        (
            "strawberry.xspf",
            "strawberry",
            (
                PlaylistEntry("Jóga", "Björk", "Homogenic", 304.813, "Björk/02 - Jóga.flac"),
                PlaylistEntry("Sound & Vision", "David Bowie", None, 183.0, "/mnt/music/Sound & Vision.ogg"),
            ),
        ),
        (
            "rhythmbox.xspf",
            "Café & bar",
            (PlaylistEntry("Naïve – live ♫", "Simon & Garfunkel", location="/home/ada/Naïve.ogg"),),
        ),
        (
            "soundiiz.xspf",
            "Mine",
            (PlaylistEntry("Pink Venom", "BLACKPINK", "BORN PINK", identifiers=("urn:isrc:KRA402200017",)),),
        ),
        (
            "exportify.csv",
            "exportify",
            (
                PlaylistEntry(
                    "Hello, Goodbye - Remastered 2009",
                    "The Beatles",
                    "Magical Mystery Tour",
                    208.0,
                    identifiers=("spotify:track:00FDHurakzVEiPutdUxXXq", "urn:isrc:GBAYE0601655"),
                ),
                PlaylistEntry(
                    'Say "Hello"',
                    "Queen, David Bowie",
                    "Hot Space",
                    248.44,
                    identifiers=("spotify:track:5CQ30WqJwcep0pYcV4AMNc",),
                ),
            ),
        ),
        (
            "tunemymusic.csv",
            "Road Trip",
            (
                PlaylistEntry(
                    "New Life",
                    "Victor Castilla",
                    "Family",
                    identifiers=("spotify:track:2yv7elUgfYw9EYYXuYQtC4", "urn:isrc:QZDFP2082658"),
                ),
                PlaylistEntry("Disco", "Alguien"),
            ),
        ),
        (
            "soundiiz.csv",
            "soundiiz",
            (
                PlaylistEntry("Waterloo", "ABBA", "Waterloo", identifiers=("urn:isrc:SEAYD7401010",)),
                PlaylistEntry("Naïve", "The Kooks", "Inside In; Inside Out"),
            ),
        ),
        (
            "spreadsheet.tsv",
            "spreadsheet",
            (
                PlaylistEntry("Über den Wolken", "Reinhard Mey", None, 225.0),
                PlaylistEntry("Nena 99", "Nena", None, 3723.0),
            ),
        ),
    ],
)
def test_what_other_programs_write_is_read(name, title, expected):
    document = read_playlist_file(FILES / name)
    assert document.title == title
    assert document.entries == expected


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", ["m3u8", "xspf", "jspf", "csv"])
def test_nothing_that_a_format_can_hold_is_lost(name, format):
    document = read_playlist_file(FILES / name)
    again = read_playlist(write_playlist(document, format))
    assert again.title == document.title
    kept = []
    for entry in document.entries:
        one = replace(entry, extensions=entry.extensions if format == "jspf" else ())
        if format == "m3u8":
            one = replace(one, identifiers=())
        if format in {"xspf", "jspf"} and (one.location or "")[1:2] == ":":
            one = replace(one, location=one.location.replace("\\", "/"))
        if format == "m3u8" and one.title is None:
            continue  # a bare location is named after its file
        kept.append(one)
    assert [e for e in again.entries if e in kept] == kept
    # Whatever was read is written as it was: the second round changes nothing at all.
    assert read_playlist(write_playlist(again, format)) == again


def test_listenbrainz_playlists_keep_all_that_was_said_of_them():
    document = read_playlist_file(FILES / "listenbrainz.jspf")
    assert document.identifier == "https://listenbrainz.org/playlist/862add71-2e87-44b7-abe1-a7f1a8658346"
    assert playlist_facts(document.extensions) == PlaylistFacts(
        creator="listenbrainz",
        created_for="ada",
        collaborators=("bea",),
        last_modified_at="2024-03-02T11:00:00+00:00",
        public=True,
    )
    (entry,) = document.entries
    assert recording_of(entry.identifiers) == "85701f84-c37f-4857-89d3-29625f02d943"
    assert track_facts(entry.extensions) == TrackFacts(
        added_by="troi-bot",
        added_at="2024-03-01T10:00:00+00:00",
        artists=("https://musicbrainz.org/artist/87c5dedd-371d-4a53-9f7f-80522fb7f3cb",),
        release="https://musicbrainz.org/release/9a6b7e6c-1df3-3b1b-a3b1-2b0b1f8f3a11",
    )
    told, written = (
        json.loads(t)["playlist"]
        for t in ((FILES / "listenbrainz.jspf").read_bytes(), write_playlist(document, "jspf"))
    )
    assert written == told | {"identifier": document.identifier}


def test_facts_are_written_beside_what_stood_there():
    document = read_playlist_file(FILES / "listenbrainz.jspf")
    changed = with_facts(document, PlaylistFacts(created_for="bea", public=False))
    facts = playlist_facts(read_playlist(write_playlist(changed, "jspf")).extensions)
    assert (facts.created_for, facts.public, facts.creator) == ("bea", False, "listenbrainz")
    assert "weekly-exploration" in dict(changed.extensions)["https://musicbrainz.org/doc/jspf#playlist"]


def test_extensions_of_wrong_types_say_nothing():
    track = {"title": "x", "extension": {TRACK: ["no", "object"], "huge": "x" * 60_000}}
    (entry,) = read_playlist(json.dumps({"playlist": {"track": [track]}}).encode()).entries
    assert track_facts(entry.extensions) == TrackFacts()
    assert [uri for uri, _ in entry.extensions] == [TRACK]


def test_the_answer_of_the_listenbrainz_server_is_read_as_it_comes():
    inner = {"playlist": {"title": "Mine", "track": [{"title": "x"}]}}
    assert read_playlist(json.dumps({"payload": {"jspf": inner}}).encode()).title == "Mine"


@pytest.mark.parametrize(
    ("identifier", "recording", "isrc"),
    [
        ("https://musicbrainz.org/recording/85701F84-c37f-4857-89d3-29625f02d943", True, None),
        ("mbid:85701f84-c37f-4857-89d3-29625f02d943", True, None),
        ("https://musicbrainz.org/artist/85701f84-c37f-4857-89d3-29625f02d943", False, None),
        ("urn:isrc:GB-AYE-06-01655", False, "GBAYE0601655"),
        ("isrc:GBAYE0601655", False, "GBAYE0601655"),
        ("spotify:track:5CQ30WqJwcep0pYcV4AMNc", False, None),
    ],
)
def test_identifiers(identifier, recording, isrc):
    assert recording_of((identifier,)) == ("85701f84-c37f-4857-89d3-29625f02d943" if recording else None)
    assert isrc_of((identifier,)) == isrc


def test_csv_is_written_by_the_book():
    document = PlaylistDocument("Mine", None, (PlaylistEntry('A "b", c', "=1+1", None, 61.5, "/a,b.mp3"),))
    data = write_playlist(document, "csv")
    assert data.count(b"\r\n") == data.count(b"\n") == 2
    rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    # A spreadsheet would run the name; the apostrophe makes it text, and goes again in reading.
    assert rows[1] == ['A "b", c', "'=1+1", "", "61.5", "", "", "/a,b.mp3", "Mine"]
    assert read_playlist(data) == document


CELLS = st.none() | st.text(alphabet="ab é,;\"'=+-@|\t\n", min_size=1, max_size=8).map(
    lambda text: " ".join(text.split()) or None
)


@given(CELLS, CELLS, CELLS)
def test_any_cell_survives_csv(title, artist, album):
    # An apostrophe before a formula's sign cannot be told from the one that reading takes away.
    if any(text and text[0] == "'" for text in (title, artist, album)):
        return
    entry = PlaylistEntry(title or "x", artist, album)
    assert read_playlist(write_playlist(PlaylistDocument("t", None, (entry,)), "csv")).entries == (entry,)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "Dear diary, name\n", "Title\nOne\n", "Song list\n01 a.mp3 b\n"])
def test_what_names_no_columns_is_no_table(text):
    with pytest.raises(PlaylistFormatError, match="no playlist"):
        read_playlist(text.encode())


def test_a_cell_beyond_all_measure_is_one_sentence():
    with pytest.raises(PlaylistFormatError, match="cannot be read"):
        read_playlist(b"Title,Artist\n" + b"x" * 200_000 + b",y\n")


# ---- paths ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "folder", "relative"),
    [
        ("/music/a/b.mp3", "/music", "a/b.mp3"),
        ("/music/a/b.mp3", "/music/lists", "../a/b.mp3"),
        ("/music/b.mp3", "/", "music/b.mp3"),
        ("C:\\Music\\a\\b.mp3", "c:\\Music\\Lists", "../a/b.mp3"),
        ("C:\\Music\\b.mp3", "D:\\Lists", "C:\\Music\\b.mp3"),
        ("\\\\server\\share\\a.mp3", "\\\\server\\share\\lists", "../a.mp3"),
        ("https://example.org/a.mp3", "/music", "https://example.org/a.mp3"),
        ("a/b.mp3", "/music", "a/b.mp3"),
        ("/music/b.mp3", "C:\\Music", "/music/b.mp3"),
    ],
)
def test_relative_paths(location, folder, relative):
    assert relative_to(location, folder) == relative


@pytest.mark.parametrize(
    ("location", "folder", "absolute"),
    [
        ("a/b.mp3", "/music", "/music/a/b.mp3"),
        ("../a/b.mp3", "/music/lists", "/music/a/b.mp3"),
        ("..\\..\\..\\..\\etc\\b.mp3", "/music", "/etc/b.mp3"),
        ("a.mp3", "C:\\Music", "C:/Music/a.mp3"),
        ("/music/b.mp3", "/other", "/music/b.mp3"),
        ("https://example.org/a.mp3", "/music", "https://example.org/a.mp3"),
    ],
)
def test_absolute_paths(location, folder, absolute):
    assert absolute_from(location, folder) == absolute


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.lists(st.sampled_from("abc"), max_size=4))
def test_relative_and_back_is_the_same_path(parts, base):
    path, folder = "/" + "/".join(parts), "/" + "/".join(base)
    assert absolute_from(relative_to(path, folder), folder) == path


@pytest.mark.parametrize("format", ["m3u8", "xspf", "jspf", "csv"])
def test_a_playlist_is_written_as_seen_from_its_folder(format):
    document = PlaylistDocument(entries=(PlaylistEntry("x", location="/music/#1 a/ü.mp3"),))
    assert read_playlist(write_playlist(document, format, "/music")).entries[0].location.endswith("#1 a/ü.mp3")
    assert read_playlist(write_playlist(document, format, "/music/l")).entries[0].location == "../#1 a/ü.mp3"


# ---- hostile -------------------------------------------------------------------------------------------------------


def test_a_list_that_lists_itself_is_an_entry_and_never_opened():
    assert [(e.location, is_playlist(e.location)) for e in entries("cyclic.xspf")] == [
        ("cyclic.xspf", True),
        ("/lists/other.m3u8", True),
        ("song.ogg", False),
    ]


def test_duplicate_entries_stay_as_often_as_they_stand():
    assert len(read_playlist(b"#EXTM3U\n" + b"/a.mp3\n" * 3).entries) == 3


@pytest.mark.parametrize("format", ["m3u8", "xspf", "jspf", "csv"])
def test_as_many_entries_as_are_allowed_make_the_round(format):
    entry = PlaylistEntry("A title of middling length", "Some artist", "An album", 200.0, "/music/some/path.flac")
    document = PlaylistDocument("All", None, tuple(replace(entry, title=f"Title {i}") for i in range(MAX_ENTRIES)))
    assert read_playlist(write_playlist(document, format)) == document


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    huge = tmp_path / "huge.m3u8"
    with huge.open("wb") as file:
        file.truncate(100_000_000)

    with pytest.raises(PlaylistFormatError, match="has 100000000 bytes, over the limit of 32000000"):
        read_playlist_file(huge)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(PlaylistFormatError, match=r"gone\.m3u8 cannot be read"):
        read_playlist_file(tmp_path / "gone.m3u8")


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><playlist><title>&b;</title></playlist>',
        b'<!DOCTYPE p SYSTEM "http://127.0.0.1/x.dtd"><playlist><title>&eacute;</title></playlist>',
    ],
)
def test_entities_of_a_file_s_own_are_refused_also_where_known_ones_are_put_right(data):
    with pytest.raises(PlaylistFormatError, match="refused"):
        read_playlist(data)


def test_unknown_entities_stay_as_they_are_written():
    data = b"<playlist><title>&nosuchthing; &amp; R&B</title><trackList/></playlist>"
    assert read_playlist(data).title == "&nosuchthing; & R&B"
