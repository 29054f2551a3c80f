import os
import sqlite3

import numpy as np
import pytest
from catalog_facts import Facts

from catalog.errors import NotFoundError, StoreBusyError, StoreUnusableError
from catalog.languages import languages_in
from catalog.licences import licence_class
from catalog.names import clean, fold
from catalog.store import Catalogue
from catalog.values import Described, Measurement, PlaylistItem, SessionId, TrackId, TrackMetadata


def add(catalogue, track_id, title, **words):
    catalogue.library.save(TrackId(track_id), TrackMetadata(title, **words), Facts(10.0))
    return TrackId(track_id)


def test_a_track_comes_back_as_it_went_in(catalogue):
    add(catalogue, "t1", "Café del Mar", artist="Energy 52", album="Eye", year=1993, genre=("Trance",))
    track = catalogue.library.get(TrackId("t1"))
    assert (track.title, track.artist, track.album, track.year) == ("Café del Mar", "Energy 52", "Eye", 1993)
    assert track.tempo_bpm == 120.0
    assert track.measurements["tempo"].alternatives == (60.0,)
    assert track.key == "A minor"
    assert {(t.label, t.source) for t in track.tags} == {("Trance", "file"), ("ambient", "tagger")}
    assert "slow" not in track.document
    assert "medium tempo" in track.document


def test_revision_rises_with_every_change_and_only_then(catalogue):
    before = catalogue.library.revision
    add(catalogue, "t1", "One")
    assert catalogue.library.revision == before + 1
    catalogue.library.match("one")
    assert catalogue.library.revision == before + 1


def test_search_folds_accents_prefers_all_words_and_ranks_titles_first(catalogue):
    add(catalogue, "t1", "Café del Mar", artist="Energy 52")
    add(catalogue, "t2", "Mar", artist="Somebody")
    add(catalogue, "t3", "Song", album="Cafe")
    assert next(i for i, _ in catalogue.library.match("cafe mar", 3)) == "t1"
    assert {i for i, _ in catalogue.library.match("cafe")} == {"t1", "t3"}


@pytest.mark.parametrize("query", ['" OR * NEAR( ^ -', "", "   ", "AND OR NOT", '"' * 50, "a" * 100_000, "x " * 10_000])
def test_any_search_text_is_allowed(catalogue, query):
    add(catalogue, "t1", "One")
    assert isinstance(catalogue.library.match(query), list)


@pytest.mark.parametrize(
    ("dirty", "want"),
    [
        ("<b>x</b>", "<b>x</b>"),
        ("a\u202eb\x00c", "a b c"),
        ("lone \ud800 half", "lone ? half"),
        ("  ", None),
        (None, None),
        ("🎵 ok", "🎵 ok"),
    ],
)
def test_names_are_cleaned_deterministically(dirty, want):
    assert clean(dirty) == want


def test_a_title_of_100_kb_is_capped(catalogue):
    add(catalogue, "t1", "x" * 100_000)
    assert len(catalogue.library.get(TrackId("t1")).title) == 500


def test_fold_makes_spellings_meet():
    assert fold("Björk") == fold("BJORK") == "bjork"
    assert fold("AC/DC") == "ac dc"


@pytest.mark.parametrize(
    ("licence", "want"),
    [
        ("CC-BY-SA-3.0", "share-alike"),
        ("CC BY 4.0", "attribution"),
        ("CC-BY-NC-SA", "non-commercial"),
        ("CC0-1.0", "free"),
        ("GPL-2.0-or-later", "copyleft-code"),
        (None, "unknown"),
        ("whatever", "unknown"),
    ],
)
def test_licence_classes(licence, want):
    assert licence_class(licence) == want


def test_a_users_correction_outlives_a_new_measurement(catalogue):
    track = add(catalogue, "t1", "One")
    catalogue.corrections.correct(track, Measurement("tempo", 92.0, 1.0))
    add(catalogue, "t1", "One")
    assert catalogue.library.get(track).tempo_bpm == 92.0


def test_vectors_come_back_in_order_and_nan_is_refused(catalogue):
    ids = [add(catalogue, i, i) for i in ("b", "a")]
    matrix = np.array([[1, 2], [3, 4]], np.float32)
    catalogue.library.put_vectors("s", ids, matrix, ["h1", "h2"])
    got_ids, got = catalogue.library.vectors("s")
    assert got_ids == ["a", "b"]
    np.testing.assert_array_equal(got, matrix[::-1])
    with pytest.raises(ValueError, match="NaN"):
        catalogue.library.put_vectors("s", ids, np.full((2, 2), np.nan, np.float32), ["", ""])


def test_like_and_dislike_replace_each_other(catalogue):
    track, session = add(catalogue, "t1", "One"), SessionId("s1")
    catalogue.conversations.touch(session, "hello")
    catalogue.conversations.react(track, "like", session)
    catalogue.conversations.react(track, "dislike", session)
    assert [f.kind for f in catalogue.conversations.feedback(session)] == ["dislike"]


def test_playlists_keep_order_and_unknown_tracks(catalogue):
    track = add(catalogue, "t1", "One")
    items = [PlaylistItem(None, "Absent", "Nobody"), PlaylistItem(track, "One"), PlaylistItem(track, "One")]
    stored = catalogue.playlists.create("Mix", items)
    assert stored.entries == tuple(items)
    assert [p.id for p in catalogue.playlists.all()] == [stored.id]


def test_what_is_not_there_is_one_sentence(catalogue):
    for look in (
        lambda: catalogue.library.get(TrackId("nope")),
        lambda: catalogue.playlists.get("nope"),
        lambda: catalogue.generations.get("nope"),
    ):
        with pytest.raises(NotFoundError, match="nope"):
            look()


def test_a_second_writer_waits_and_then_says_so(catalogue, monkeypatch):
    other = sqlite3.connect(catalogue.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("catalog.store.engine.BUSY_TIMEOUT_MS", 50)
    impatient = Catalogue(catalogue.database.path)
    with pytest.raises(StoreBusyError, match="another process"):
        add(impatient, "t1", "One")
    other.execute("COMMIT")
    add(impatient, "t1", "One")
    impatient.close()
    other.close()


def test_a_damaged_database_is_refused_with_a_remedy(tmp_path):
    path = tmp_path / "catalogue.db"
    path.write_bytes(os.urandom(4096))
    with pytest.raises(StoreUnusableError, match="restore a backup"):
        Catalogue(path)


def test_a_newer_schema_is_refused(tmp_path):
    path = tmp_path / "catalogue.db"
    Catalogue(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(StoreUnusableError, match="upgrade Trichord"):
        Catalogue(path)


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("in the way", encoding="utf-8")
    with pytest.raises(StoreUnusableError, match="--data-dir"):
        Catalogue(blocker / "catalogue.db")


def test_a_track_known_by_description_alone_keeps_the_numbers_that_others_measured(catalogue):
    numbers = (Measurement("valence", 0.9, 1.0), Measurement("tempo", 118.0, 1.0))
    catalogue.library.describe(
        [Described(TrackId("d"), TrackMetadata("Sunny", artist="Bea", genre=("pop",)), 200.0, numbers)]
    )
    track = catalogue.library.get(TrackId("d"))
    assert (track.number("valence"), track.tempo_bpm, track.duration_s) == (0.9, 118.0, 200.0)
    assert [t.label for t in track.tags] == ["pop"]
    assert "medium tempo" in track.document
    assert catalogue.library.match("sunny")[0][0] == "d"


def test_all_that_people_wrote_stands_in_the_text_of_a_track_and_no_title_that_is_none(catalogue):
    words = tuple(f"word{n:02d}" for n in range(24))
    catalogue.library.describe([Described(TrackId("d"), TrackMetadata("", genre=words), 10.0)])
    document = catalogue.library.get(TrackId("d")).document
    assert document == ", ".join(words)


@pytest.mark.parametrize(
    ("values", "want"),
    [
        (["eng"], ("english",)),
        (["ger"], ("german",)),
        (["deu/fra"], ("german", "french")),
        (["English; Español"], ("english", "spanish")),
        (["en-GB", "eng"], ("english",)),
        (["Mandarin"], ("chinese",)),
        (["xho"], ("xho",)),
        (["zxx"], ()),
        (["Instrumental", "und", "", "12"], ()),
        (["x" * 500], ()),
        ([",".join(["eng", "deu"] * 5_000)], ("english", "german")),
    ],
)
def test_what_files_call_a_language_becomes_its_english_name(values, want):
    assert languages_in(values) == want


def test_a_tracks_languages_are_kept_and_gone_when_the_file_has_none_any_more(catalogue):
    catalogue.library.save(TrackId("a"), TrackMetadata("One", languages=("spanish", "english")), Facts(10.0))
    track = catalogue.library.get(TrackId("a"))
    assert (track.languages, track.measurements["language"].source) == (("spanish", "english"), "file")
    catalogue.library.save(TrackId("a"), TrackMetadata("One"), Facts(10.0))
    assert catalogue.library.get(TrackId("a")).languages == ()
