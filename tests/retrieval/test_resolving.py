"""Entries of playlist files: found by what is surest, or told why not."""

import numpy as np
import pytest
from ranking_facts import Facts, put

from catalog.formats.playlist import read_playlist
from catalog.formats.values import MAX_ENTRIES, PlaylistDocument, PlaylistEntry
from catalog.store.files import FoundFile
from catalog.values import TrackId, TrackMetadata
from retrieval.continuation.continuer import PlaylistContinuer
from retrieval.continuation.values import ContinuationRequest, NamedTrack

MBID = "85701f84-c37f-4857-89d3-29625f02d943"


def ingest(catalogue, name, path, title, artist, member="", **words):
    """Store a track that a file plays."""
    catalogue.queue.offer([FoundFile(path, member, 1, 1)])
    (file,) = catalogue.queue.pending()
    facts = Facts(duration_s=words.pop("duration_s", 180.0))
    catalogue.queue.finish(file, name, TrackId(name), TrackMetadata(title, artist, **words), facts)


@pytest.fixture
def resolver(catalogue, engine):
    ingest(
        catalogue,
        "joga",
        "/music/Björk/Homogenic/02 Jóga.flac",
        "Jóga",
        "Björk",
        identifiers=("urn:isrc:GBAYE9700123", f"https://musicbrainz.org/recording/{MBID}"),
    )
    ingest(catalogue, "hunter", "/music/Björk/Homogenic/01.flac", "Hunter", "Björk")
    ingest(catalogue, "first", "/music/Other/First/01.flac", "Opening", "Ada")
    ingest(catalogue, "rain", "/music/rain.mp3", "Purple Rain (Live)", "The Prints", duration_s=500.0)
    ingest(catalogue, "sound", "/music/Sound & Vision.ogg", "Sound and Vision", "David Bowie")
    ingest(catalogue, "zipped", "/packs/game.zip", "Battle", "Composer", member="music/battle.ogg")
    put(catalogue, "cover", title="Hunter", artist="Bea")
    return PlaylistContinuer(catalogue, engine).resolver()


@pytest.mark.parametrize(
    ("entry", "track", "how"),
    [
        (PlaylistEntry("Wrong", "Names", identifiers=(f"mbid:{MBID.upper()}",)), "joga", "identifier"),
        (PlaylistEntry(identifiers=("isrc:GB-AYE-97-00123",)), "joga", "identifier"),
        (PlaylistEntry("Whatever", location="/music/Björk/Homogenic/01.flac"), "hunter", "path"),
        # The way the letter ó is written differs between systems.
        (PlaylistEntry(location="/music/Björk/Homogenic/02 Jo\u0301ga.flac"), "joga", "path"),
        (PlaylistEntry(location="D:\\Musik\\BJÖRK\\Homogenic\\01.FLAC"), "hunter", "filename"),
        (PlaylistEntry(location="../First/01.flac"), "first", "filename"),
        (PlaylistEntry(location="Bj%C3%B6rk/Homogenic/02%20J%C3%B3ga.flac"), "joga", "filename"),
        (PlaylistEntry("Purple Rain", location="Z:\\rain.mp3"), "rain", "filename"),
        (PlaylistEntry(location="rain.mp3", duration_s=501.0), "rain", "filename"),
        (PlaylistEntry(location="/packs/game.zip/music/battle.ogg"), "zipped", "path"),
        (PlaylistEntry(location="Macintosh HD:Users:ada:Homogenic:02 Jóga.flac"), "joga", "filename"),
        (PlaylistEntry("joga", "BJORK"), "joga", "name"),
        (PlaylistEntry("Björk", "Jóga"), "joga", "name"),
        (PlaylistEntry("Sound and Vison", "David Bowie"), "sound", "spelling"),
        (PlaylistEntry("Purple Rain (Remix)", "The Prints"), "rain", "edition"),
    ],
)
def test_an_entry_is_found_by_what_is_surest(resolver, entry, track, how):
    (looked,) = resolver.resolve(PlaylistDocument(entries=(entry,))).entries
    assert (looked.track_id, looked.how, looked.why) == (track, how, None)


@pytest.mark.parametrize(
    ("entry", "why", "closest"),
    [
        (PlaylistEntry("Yesterday", "The Beatles"), "artist", None),
        (PlaylistEntry("Bachelorette", "Björk"), "title", {"joga", "hunter"}),
        (PlaylistEntry("Huntress", "Björk"), "title", {"hunter"}),
        (PlaylistEntry("Battle", "Nobody Known"), "other artist", {"zipped"}),
        (PlaylistEntry("Purple Reign Song"), "title", {"rain", None}),
        (PlaylistEntry(), "nameless", None),
        (PlaylistEntry("?!"), "nameless", None),
        (PlaylistEntry(location="other.m3u8"), "playlist", None),
        # Two files of this name, and nothing that says which.
        (PlaylistEntry(location="01.flac"), "title", None),
        # A file of this name that is another song.
        (PlaylistEntry("Another Song", "Someone", location="/x/rain.mp3"), "artist", None),
        (PlaylistEntry(location="rain.mp3", duration_s=100.0), "title", {"rain", None}),
    ],
)
def test_what_is_not_found_says_why_and_what_is_closest(resolver, entry, why, closest):
    (looked,) = resolver.resolve(PlaylistDocument(entries=(entry,))).entries
    assert (looked.track_id, looked.why) == (None, why)
    assert looked.closest in (closest or {None})


def test_every_entry_has_its_place_and_duplicates_stay(resolver):
    entries = (PlaylistEntry("Jóga", "Björk"), PlaylistEntry("Gone", "Nobody"), PlaylistEntry("Jóga", "Björk"))
    found = resolver.resolve(PlaylistDocument("Mine", None, entries))
    assert [e.track_id for e in found.entries] == ["joga", None, "joga"]
    assert (found.found, found.title) == (2, "Mine")
    assert [(i.track_id, i.title, i.artist) for i in found.items()][1] == (None, "Gone", "Nobody")


def test_a_continuation_knows_files_and_identifiers(resolver, catalogue, engine):
    asked = ContinuationRequest(
        tracks=(NamedTrack("x", location="/music/rain.mp3"), NamedTrack("", identifiers=(f"mbid:{MBID}",))), n=1
    )
    answer = PlaylistContinuer(catalogue, engine).continue_playlist(asked)
    assert answer.unresolved == ()


def test_a_cyclic_list_is_told_entry_by_entry(resolver):
    data = b"<playlist><trackList><track><location>me.xspf</location></track></trackList></playlist>"
    (looked,) = resolver.resolve(read_playlist(data, "me.xspf")).entries
    assert looked.why == "playlist"


NAMES = ("Artist 3", "Quite Unknown", "Nobody Here", "Some Other Band")


def test_the_largest_list_is_resolved_in_time(catalogue, engine):
    rng = np.random.default_rng(0)
    for n in range(200):
        put(catalogue, f"t{n}", title=f"Song {rng.integers(10**9)}", artist=f"Artist {n % 40}")
    entries = tuple(
        PlaylistEntry(f"Some title {i}", NAMES[i % len(NAMES)], location=f"/x/{i}.mp3") for i in range(MAX_ENTRIES)
    )
    found = PlaylistContinuer(catalogue, engine).resolver().resolve(PlaylistDocument(entries=entries))
    assert found.found == 0
    assert {e.why for e in found.entries} == {"artist", "title"}
