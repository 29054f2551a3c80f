import time

import numpy as np
import pytest
from ranking_facts import around, put, snapshot, track, unit

from catalog.values import PlaylistItem, TrackId
from retrieval.constraints import Constraint
from retrieval.continuation.continuer import PlaylistContinuer
from retrieval.continuation.corpus import Seeds
from retrieval.continuation.values import ContinuationRequest, NamedTrack
from retrieval.editions import strip_edition
from retrieval.errors import QueryError
from retrieval.resolve import resolve

CATALOGUE = (
    track("sym5", title="Symphony No. 5", artist="Ludwig Beta"),
    track("sym7", title="Symphony No. 7", artist="Ludwig Beta"),
    track("rain", title="Purple Rain (2015 Remaster)", artist="The Prints"),
    track("cafe", title="Café del Mar", artist="Energy 52"),
    track("son", title="Son", artist="Ada"),
    track("wonder", title="Wonderland", artist="Ada"),
    track("live", title="Anthem - Live at the Hall", artist="Ada feat. Bee"),
    track("cyr", title="Подмосковные вечера", artist="Хор"),
)


@pytest.mark.parametrize(
    ("title", "artist", "want"),
    [
        ("Symphony No. 5", None, "sym5"),
        ("symphony no 5", "ludwig beta", "sym5"),
        ("Symphony No. 7", "Beta, Ludwig", "sym7"),
        ("Symphony No. 6", "Ludwig Beta", None),
        ("Symphony No. 55", None, None),
        ("Purple Rain", None, "rain"),
        ("Purple Rain (Live)", "The Prints", "rain"),
        ("purple rian", "the prints", "rain"),
        ("Purple Rain", "Somebody Else", None),
        ("cafe del mar", "ENERGY 52", "cafe"),
        ("Sun", "Ada", None),
        ("Son", "Ada", "son"),
        ("Wonderlands", "Ada", "wonder"),
        ("Wonder", "Ada", None),
        ("Anthem", "Ada", "live"),
        ("подмосковные вечера", None, "cyr"),
        ("Bohemian Rhapsody", "Queen", None),
        ("", None, None),
        ("?!", None, None),
    ],
)
def test_a_named_track_is_found_or_honestly_absent(title, artist, want):
    hit = resolve(snapshot(*CATALOGUE), title, artist)
    assert (hit.track_id if hit else None) == want


def test_an_exact_title_wins_over_a_like_one():
    view = snapshot(track("a", title="Night Song (Live)"), track("b", title="Night Song"))
    assert resolve(view, "Night Song").track_id == "b"
    assert resolve(view, "Night Song (Live)").track_id == "a"


@pytest.mark.parametrize(
    ("title", "want"),
    [
        ("Rain (Live)", "Rain"),
        ("Rain - 2011 Remaster", "Rain"),
        ("Rain [Deluxe Edition]", "Rain"),
        ("Rain feat. Ada", "Rain"),
        ("Rain (Part Two)", "Rain (Part Two)"),
        ("(Live)", "(Live)"),
    ],
)
def test_editions_are_stripped_and_parts_are_not(title, want):
    assert strip_edition(title) == want


def put_playlist(catalogue, title, names):
    catalogue.playlists.create(title, [PlaylistItem(TrackId(n), n) for n in names])


@pytest.fixture
def continuer(catalogue, engine):
    return PlaylistContinuer(catalogue, engine)


def names(answer):
    return [c.track.id for c in answer.tracks]


@pytest.fixture
def shelves(catalogue):
    """Twelve tracks of three sounds, each its own artist, 100 to 210 s long."""
    rng = np.random.default_rng(1)
    for i in range(12):
        vector = around(rng, unit(*np.eye(8)[i % 3]), 0.1)
        put(
            catalogue,
            f"t{i}",
            title=f"{'abcdefghijkl'[i] * 6}",
            artist=f"A{i}",
            vector=vector,
            duration_s=100.0 + 10 * i,
        )
    return catalogue


def test_tracks_that_share_playlists_come_first(shelves, continuer):
    put_playlist(shelves, "one", ["t0", "t4"])
    put_playlist(shelves, "two", ["t0", "t4", "t7"])
    answer = continuer.continue_playlist(ContinuationRequest(track_ids=(TrackId("t0"),), n=3))
    assert names(answer)[0] == "t4"
    assert "stands in 2 playlists with your tracks" in answer.tracks[0].why
    scores = [c.score for c in answer.tracks]
    assert scores == sorted(scores, reverse=True)


def test_the_popular_do_not_win_by_being_popular(catalogue, engine):
    for name in ("seed", "friend", "hit", *(f"other{i}" for i in range(20))):
        put(catalogue, name)
    put_playlist(catalogue, "both", ["seed", "friend", "hit"])
    for i in range(20):
        put_playlist(catalogue, f"p{i}", ["hit", f"other{i}"])
    view = engine.state.snapshot
    score = engine.state.lists.together.score(Seeds.of(view.rows([TrackId("seed")])))
    # Cosine: one shared list of one and one is 1, of one and twenty-one is 1/sqrt(21); counts alone would tie them.
    assert score[view.row_of[TrackId("friend")]] == pytest.approx(1.0)
    assert score[view.row_of[TrackId("hit")]] == pytest.approx(1 / np.sqrt(21))
    assert score[view.row_of[TrackId("other0")]] == 0


def test_without_playlists_the_sound_decides(shelves, continuer):
    answer = continuer.continue_playlist(ContinuationRequest(track_ids=(TrackId("t0"), TrackId("t3")), n=2))
    assert set(names(answer)) <= {"t6", "t9"}
    assert "sounds like your tracks" in answer.tracks[0].why


def test_two_moods_in_one_list_both_count(shelves, continuer):
    answer = continuer.continue_playlist(ContinuationRequest(track_ids=(TrackId("t0"), TrackId("t1")), n=6))
    assert {int(n[1:]) % 3 for n in names(answer)} == {0, 1}


def test_the_title_alone_is_enough(catalogue, continuer):
    put(catalogue, "harp", genre=("harp",), artist="A")
    put(catalogue, "other", artist="B")
    answer = continuer.continue_playlist(ContinuationRequest(title="harp for the evening", n=1))
    assert names(answer) == ["harp"]
    assert "title" in answer.tracks[0].why


def test_seeds_and_excluded_tracks_never_come_back(shelves, continuer):
    request = ContinuationRequest(track_ids=(TrackId("t0"),), exclude=frozenset({TrackId("t3"), TrackId("t6")}), n=500)
    assert not {"t0", "t3", "t6"} & set(names(continuer.continue_playlist(request)))


def test_what_is_absent_is_told_and_the_rest_still_counts(shelves, continuer):
    request = ContinuationRequest(
        track_ids=(TrackId("gone"),), tracks=(NamedTrack("aaaaaa", "A0"), NamedTrack("Yesterday", "The Beatles")), n=1
    )
    answer = continuer.continue_playlist(request)
    assert [u.title for u in answer.unresolved] == ["gone", "Yesterday"]
    assert names(answer)[0] in {"t3", "t6", "t9"}


def test_all_absent_leaves_their_words_to_go_by(shelves, continuer):
    answer = continuer.continue_playlist(ContinuationRequest(tracks=(NamedTrack("Yesterday", "The Beatles"),), n=2))
    assert [u.title for u in answer.unresolved] == ["Yesterday"]
    assert all("Yesterday" not in c.track.title for c in answer.tracks)


@pytest.mark.parametrize("minutes", [5, 8, 10, 13, 20])
def test_a_length_is_met_within_two_percent(shelves, continuer, minutes):
    request = ContinuationRequest(track_ids=(TrackId("t0"),), duration_s=60.0 * minutes)
    total = sum(c.track.duration_s for c in continuer.continue_playlist(request).tracks)
    assert total == pytest.approx(60 * minutes, rel=0.02)


def test_a_length_beyond_the_catalogue_takes_what_there_is(shelves, continuer):
    request = ContinuationRequest(track_ids=(TrackId("t0"),), duration_s=36_000.0, max_per_artist=None)
    answer = continuer.continue_playlist(request)
    assert len(answer.tracks) == 11
    assert len(set(names(answer))) == 11


def test_a_length_below_every_track_gives_at_most_one(shelves, continuer):
    answer = continuer.continue_playlist(ContinuationRequest(track_ids=(TrackId("t5"),), duration_s=30.0))
    assert len(answer.tracks) <= 1


def test_wishes_hold_for_what_is_added_and_have_receipts(shelves, continuer):
    wish = Constraint("duration", "max", 130.0)
    answer = continuer.continue_playlist(ContinuationRequest(track_ids=(TrackId("t0"),), constraints=(wish,), n=50))
    assert answer.tracks
    assert all(c.track.duration_s <= 130 for c in answer.tracks)
    assert [r.constraint for r in answer.receipts] == [wish]


def test_no_artist_takes_over(catalogue, continuer):
    for i in range(8):
        put(
            catalogue, f"s{i}", title="abcdefgh"[i] * 6, artist="Same", vector=unit(1, 0.1 * i), duration_s=90.0 + 9 * i
        )
        put(
            catalogue,
            f"o{i}",
            title="ijklmnop"[i] * 6,
            artist=f"O{i}",
            vector=unit(1, 0, 0.3 * i),
            duration_s=200.0 + 9 * i,
        )
    request = ContinuationRequest(track_ids=(TrackId("s0"),), n=6, max_per_artist=2)
    assert [c.track.artist for c in continuer.continue_playlist(request).tracks].count("Same") == 2


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (ContinuationRequest(), "playlist is empty"),
        (ContinuationRequest(title="  "), "playlist is empty"),
        (ContinuationRequest(title="x", n=0), "ask for 1 to 500"),
        (ContinuationRequest(title="x", n=501), "ask for 1 to 500"),
        (ContinuationRequest(title="x", duration_s=0.0), "ask for 1 to 86400 s"),
        (ContinuationRequest(title="x", duration_s=float("nan")), "ask for 1 to 86400 s"),
        (ContinuationRequest(title="x", duration_s=1e9), "ask for 1 to 86400 s"),
    ],
)
def test_what_cannot_be_continued_is_one_sentence(shelves, continuer, request_, says):
    with pytest.raises(QueryError, match=says):
        continuer.continue_playlist(request_)


def test_an_empty_catalogue_continues_nothing(continuer):
    answer = continuer.continue_playlist(ContinuationRequest(tracks=(NamedTrack("Yesterday"),), title="x"))
    assert (answer.tracks, len(answer.unresolved)) == ((), 1)


def test_a_playlist_file_of_twenty_thousand_names_is_answered_in_time(shelves, continuer):
    named = tuple(NamedTrack(f"Unknown title number {i}", f"Artist {i % 50}") for i in range(19_990))
    known = tuple(NamedTrack("abcdefghijkl"[i] * 6, f"A{i}") for i in range(10))
    start = time.perf_counter()
    answer = continuer.continue_playlist(ContinuationRequest(tracks=(*named, *known), n=2))
    assert time.perf_counter() - start < 15
    assert len(answer.unresolved) == 19_990
    assert set(names(answer)) <= {"t10", "t11"}


def test_twenty_thousand_tracks_answer_in_time():
    view = snapshot(
        *(track(f"t{i}", title=f"Title {i} {'abcdefghij'[i % 10] * 5}", artist=f"A{i % 900}") for i in range(20_000))
    )
    start = time.perf_counter()
    assert resolve(view, "Title 19999 jjjjj", "A199").track_id == "t19999"
    assert resolve(view, "Nothing Of The Kind At All") is None
    assert time.perf_counter() - start < 2


EDITIONS = (
    track("studio", title="Night Song", artist="Ada"),
    track("live", title="Night Song (Live at Home)", artist="Ada"),
    track("remaster", title="Night Song - 2011 Remaster", artist="Ada"),
    track("cover", title="Night Song", artist="Bea"),
    track("remix", title="Day Song (Bob Remix)", artist="Ada"),
)


@pytest.mark.parametrize(
    ("asked", "artist", "best", "others", "missing"),
    [
        ("Night Song", "Ada", "studio", {"live", "remaster"}, set()),
        ("the live version of Night Song", "Ada", "live", {"studio", "remaster"}, set()),
        ("Night Song (live)", "Ada", "live", {"studio", "remaster"}, set()),
        ("Nigth Song - Remastered", "Ada", "remaster", {"studio", "live"}, set()),
        ("acoustic version of Night Song", "Ada", "studio", {"live", "remaster"}, {"acoustic"}),
        ("Night Song", "Bea", "cover", set(), set()),
        ("Day Song", None, "remix", set(), set()),
    ],
)
def test_the_edition_that_was_asked_for_comes_first_and_the_others_with_it(asked, artist, best, others, missing):
    hit = resolve(snapshot(*EDITIONS), asked, artist)
    assert (hit.track_id, set(hit.editions), set(hit.missing)) == (best, others, missing)
