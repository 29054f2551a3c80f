"""Playlist files: real quirks, hostile input, and round trips."""

import builtins
import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.formats.locations import path_from_uri, uri_from_path
from catalog.formats.playlist import read_playlist, write_playlist
from catalog.formats.values import MAX_ENTRIES, MAX_TEXT, PlaylistDocument, PlaylistEntry, PlaylistFormatError

FULL = PlaylistDocument(
    title="Evening <&> \"Drive\" 'é'",
    creator="Ada",
    entries=(
        PlaylistEntry(
            title="Blue in Green",
            artist="Miles Davis",
            album="Kind of Blue",
            duration_s=337.5,
            location="/music/Kind of Blue/03 100% [live]?#1.flac",
            identifiers=("https://musicbrainz.org/recording/1f4ab1b7", "urn:isrc:USSM15900113"),
        ),
        PlaylistEntry(title="No file", artist="Nobody"),
        PlaylistEntry(title="Stream", location="https://example.org/a%20b.mp3?x=1&y=2"),
        PlaylistEntry(title="Windows", artist="W", location="C:\\Music\\Ä b\\c.mp3"),
        PlaylistEntry(title="a:b", location="some folder/a:b.mp3", duration_s=1.0),
    ),
)


@pytest.mark.parametrize("format", ["xspf", "jspf"])
def test_full_round_trip(format):
    read = read_playlist(write_playlist(FULL, format))
    expected = list(FULL.entries)
    expected[3] = PlaylistEntry(title="Windows", artist="W", location="C:/Music/Ä b/c.mp3")
    assert read == PlaylistDocument(title=FULL.title, creator="Ada", entries=tuple(expected))


def test_m3u_round_trip_keeps_all_but_identifiers_and_creator():
    read = read_playlist(write_playlist(FULL, "m3u8"))
    stripped = [
        PlaylistEntry(entry.title, entry.artist, entry.album, entry.duration_s, entry.location)
        for entry in FULL.entries
    ]
    assert read == PlaylistDocument(title=FULL.title, entries=tuple(stripped))


WORDS = st.text(alphabet=string.ascii_letters + string.digits + " -.,'éß音🎵()&<>\"%#\\/:", min_size=1, max_size=30)
NAMES = st.none() | WORDS.map(lambda text: " ".join(text.split()) or None)
ENTRIES = st.builds(
    PlaylistEntry,
    title=NAMES,
    artist=NAMES,
    album=NAMES,
    duration_s=st.none() | st.integers(min_value=1, max_value=10_000).map(float),
)


@given(st.builds(PlaylistDocument, title=NAMES, creator=NAMES, entries=st.lists(ENTRIES, max_size=5).map(tuple)))
@pytest.mark.parametrize("format", ["xspf", "jspf"])
def test_any_names_survive(format, document):
    assert read_playlist(write_playlist(document, format)) == document


LABELS = st.text(alphabet="ab -é音", min_size=1, max_size=12).map(lambda text: " ".join(text.split()) or "x")


@given(st.none() | LABELS, LABELS, st.none() | LABELS)
def test_m3u_keeps_artist_and_title_apart_whatever_dashes_they_hold(artist, title, album):
    entry = PlaylistEntry(title=title, artist=artist, album=album, location="/a.mp3")
    assert read_playlist(write_playlist(PlaylistDocument(entries=(entry,)), "m3u8")).entries == (entry,)


@given(st.text(max_size=40))
@pytest.mark.parametrize("format", ["m3u8", "xspf", "jspf"])
def test_any_text_at_all_can_be_written_and_read(format, text):
    document = PlaylistDocument(title=text, entries=(PlaylistEntry(title=text, artist=text, location=f"/{text}"),))
    assert len(read_playlist(write_playlist(document, format)).entries) == 1


@given(st.binary(max_size=200))
def test_random_bytes_give_a_document_or_one_sentence(data):
    try:
        entries = read_playlist(data).entries
    except PlaylistFormatError:
        entries = ()
    assert len(entries) <= len(data)


def test_extended_m3u():
    text = (
        "#EXTM3U\n#PLAYLIST:Road\n"
        "#EXTINF:123,Nina Simone - Feeling Good\n../music/nina.mp3\n"
        "#EXTINF:-1,Radio\nhttp://radio.example/stream\n"
        '#EXTINF:61.5 tvg-id="a,b" group-title="x",The Band - The Weight\n#EXTALB:Big Pink\nC:\\Music\\weight.mp3\n'
        "# a comment\n\n"
        "02 - Arvo Part - Fratres.flac\n"
    )
    document = read_playlist(text.encode())
    assert document.title == "Road"
    assert document.entries == (
        PlaylistEntry("Feeling Good", "Nina Simone", None, 123.0, "../music/nina.mp3"),
        PlaylistEntry("Radio", None, None, None, "http://radio.example/stream"),
        PlaylistEntry("The Weight", "The Band", "Big Pink", 61.5, "C:\\Music\\weight.mp3"),
        PlaylistEntry("Fratres", "Arvo Part", None, None, "02 - Arvo Part - Fratres.flac"),
    )


def test_bare_list_with_windows_paths_and_crlf():
    document = read_playlist(b"D:\\Music\\Bj\xf6rk\\01 Hunter.mp3\r\n\\\\server\\share\\02. Joga.mp3\r\n", "Mix.m3u")
    assert document.title == "Mix"
    assert [entry.title for entry in document.entries] == ["Hunter", "Joga"]
    assert document.entries[0].location == "D:\\Music\\Björk\\01 Hunter.mp3"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_encodings(encoding):
    data = "#EXTM3U\n#EXTINF:10,Björk - Jóga\n/m/jóga.mp3\n".encode(encoding)
    assert read_playlist(data).entries == (PlaylistEntry("Jóga", "Björk", None, 10.0, "/m/jóga.mp3"),)


def test_m3u_file_uri_becomes_a_path():
    assert read_playlist(b"#EXTM3U\nfile:///m/a%20b.mp3\n").entries[0].location == "/m/a b.mp3"


def test_nul_and_controls_are_dropped():
    entry = read_playlist(b"#EXTM3U\n#EXTINF:5,A\x00da - So\x07ng\x00\n/m/a.mp3\n").entries[0]
    assert (entry.artist, entry.title) == ("A da", "So ng")


def test_extinf_without_a_file_is_kept():
    document = read_playlist(b"#EXTM3U\n#EXTINF:5,A - B\n#EXTINF:6,C - D\n")
    assert [entry.title for entry in document.entries] == ["B", "D"]
    assert {entry.location for entry in document.entries} == {None}


def test_content_wins_over_extension():
    assert read_playlist(write_playlist(FULL, "xspf"), "list.m3u8").creator == "Ada"
    assert read_playlist(b"#EXTM3U\n/a.mp3\n", "list.xspf").entries[0].location == "/a.mp3"


def test_xspf_of_other_programs():
    data = b"""<?xml version="1.0" encoding="ISO-8859-1"?>
<playlist version="1" xmlns="http://xspf.org/ns/0/" xmlns:vlc="http://www.videolan.org/vlc/playlist/ns/0/">
 <title>B\xf6</title>
 <trackList>
  <track><location>file:///C:/My%20Music/a.mp3</location><duration>61500</duration>
   <extension application="x"><vlc:id>0</vlc:id><title>not this</title></extension></track>
  <track><title> Two </title><identifier>mbid:1</identifier><identifier>mbid:2</identifier></track>
 </trackList></playlist>"""
    document = read_playlist(data)
    assert document.title == "Bö"
    assert document.entries == (
        PlaylistEntry(duration_s=61.5, location="C:/My Music/a.mp3"),
        PlaylistEntry(title="Two", identifiers=("mbid:1", "mbid:2")),
    )


def test_jspf_with_bare_strings_and_wrong_types():
    tracks = [{"title": "\ud800lone", "location": "file:///a%20b", "identifier": "x:1", "duration": "oops"}, 7, {}]
    document = read_playlist(json.dumps({"playlist": {"title": 3, "track": tracks}}).encode())
    assert document.title is None
    assert document.entries == (
        PlaylistEntry(title="lone", location="/a b", identifiers=("x:1",)),
        PlaylistEntry(),
        PlaylistEntry(),
    )


def test_long_title_is_cut():
    data = b"#EXTM3U\n#EXTINF:5," + b"x" * 100_000 + b"\n/a.mp3\n"
    assert len(read_playlist(data).entries[0].title) == MAX_TEXT


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<playlist version="1" xmlns="http://xspf.org/ns/0/"><title>&b;</title></playlist>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<playlist version="1" xmlns="http://xspf.org/ns/0/"><title>&x;</title></playlist>"""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"x" * 32_000_001, "over the limit of 32000000"),
        (LAUGHS, "entities"),
        (EXTERNAL, "entities"),
        (b"<playlist><title>", "not well-formed"),
        (b'<?xml version="1.0" encoding="no-such"?><playlist/>', "not well-formed"),
        (b"<html><body/></html>", "<html>"),
        (b"<playlist>" + b"<a>" * 5000, "beyond what a playlist needs"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nseg1.ts\n", "HLS"),
        (b"{", "not valid JSON"),
        (b"{" + b'"a":[' * 200_000, "JSON"),
        (b'{"tracks": []}', "no JSPF"),
        (b'{"playlist": {"track": 3}}', "no JSPF"),
        (b"Dear diary\ntoday I wrote prose\n", "no playlist"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "no playlist"),
        (b"\x7fELF\x02\x01\x01/lib/a.so", "no playlist"),
        (b"#EXTM3U\n" + b"a.mp3\n" * (MAX_ENTRIES + 1), "more than 20000"),
        (json.dumps({"playlist": {"track": [{}] * (MAX_ENTRIES + 1)}}).encode(), "more than 20000"),
        (b"<playlist><trackList>" + b"<track/>" * (MAX_ENTRIES + 1) + b"</trackList></playlist>", "more than 20000"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_refused_in_one_sentence(data, words):
    with pytest.raises(PlaylistFormatError, match=words) as caught:
        read_playlist(data)
    assert len(str(caught.value)) < 250


def test_nothing_is_opened(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a playlist reader opened something")

    monkeypatch.setattr(builtins, "open", refuse)
    monkeypatch.setattr("io.open", refuse)
    data = b"#EXTM3U\n/etc/passwd\nhttp://127.0.0.1/x.mp3\nconcat:/etc/passwd|/etc/group\n"
    assert len(read_playlist(data).entries) == 3


def test_unknown_format_to_write():
    with pytest.raises(PlaylistFormatError, match="choose one of m3u8, xspf, jspf, csv"):
        write_playlist(FULL, "pls")


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/a b/ü?.mp3", "file:///a%20b/%C3%BC%3F.mp3"),
        ("C:/a b.mp3", "file:///C:/a%20b.mp3"),
        ("x/100%.mp3", "x/100%25.mp3"),
        ("1:2.mp3", "1%3A2.mp3"),
        ("//server/share/a.mp3", "file:////server/share/a.mp3"),
        ("https://example.org/%20", "https://example.org/%20"),
    ],
)
def test_paths_and_uris(path, uri):
    assert uri_from_path(path) == uri
    assert path_from_uri(uri) == path


def test_broken_uri_is_no_location():
    assert path_from_uri("file://[") is None
    assert path_from_uri("file://server/share/a%20b.mp3") == "//server/share/a b.mp3"
