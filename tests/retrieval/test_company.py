"""What playlists tell a search of names: titles as words about artists, who stands beside whom, what is well known."""

import numpy as np
import pytest
from ranking_facts import MUSIC, put, snapshot, track

from catalog.values import Playlist, PlaylistId, PlaylistItem, TrackId
from retrieval.company import Company
from retrieval.constraints import Constraint
from retrieval.search import SearchEngine
from retrieval.values import SearchRequest

VIEW = snapshot(
    track("a1", title="Anthem", artist="Ada Sun"),
    track("a2", title="Ballad", artist="Ada Sun"),
    track("b1", title="Corner", artist="The Bards"),
    track("c1", title="Dawn", artist="Cold Harbour, Ada Sun"),
    track("d1", title="Echo", artist="Dmitri Vale"),
    track("n1", title="Nameless"),
)


def playlist(title, *entries, recipe=None):
    """Entries are ids of tracks that are here, or (title, artist) of tracks that are not."""
    items = tuple(PlaylistItem(TrackId(e), e) if isinstance(e, str) else PlaylistItem(None, *e) for e in entries)
    return Playlist(PlaylistId(title), title, "", items, None, recipe=recipe)


def company(*playlists):
    return Company(VIEW, playlists)


def by_id(told):
    scores = told if isinstance(told, np.ndarray) else told.scores
    return {str(VIEW.ids[row]): float(scores[row]) for row in np.flatnonzero(scores)}


def test_a_list_s_name_is_text_about_its_artists_and_its_own_tracks_first():
    scores = by_id(company(playlist("90s hip hop", "a1"), playlist("Quiet jazz", "b1")).listed("hip hop from the 90s"))
    assert scores["a1"] == pytest.approx(1.0)
    # Another track of the artist, then the one on which she is a guest; who stands under other names, does not.
    assert scores["a1"] > scores["a2"] > scores["c1"] > 0
    assert set(scores) == {"a1", "a2", "c1"}


def test_words_of_one_concept_are_one_word():
    told = company(playlist("R n B forever", "a1"), playlist("Polka", "b1")).listed("r&b")
    assert set(by_id(told)) == {"a1", "a2", "c1"}


def test_entries_that_are_not_here_count_for_their_artists():
    told = company(playlist("Gospel", ("Some other song", "The Bards"), ("Unheard", "Nobody Here")))
    assert set(by_id(told.listed("gospel"))) == {"b1"}
    assert not told.known.any()


def test_a_title_that_says_only_half_of_it_speaks_half_as_loudly():
    told = company(playlist("Slow rock", "a1"), playlist("Polka", "b1"))
    whole, half = told.listed("slow rock"), told.listed("rock")
    assert 0 < half.scores.max() < whole.scores.max() <= 1.0 + 1e-6


def test_one_of_many_lists_says_less_than_the_only_one():
    elsewhere = [playlist(f"Mix {word}", "a1") for word in ("north", "south", "east", "west")]
    scores = by_id(company(playlist("Gym", "a1", "b1"), *elsewhere).listed("gym"))
    assert scores["b1"] > scores["a1"]


def test_who_stands_beside_whom():
    told = company(playlist("One", "a1", "b1"), playlist("Two", "d1", ("Elsewhere", "Cold Harbour")))
    near = by_id(told.near(["Ada Sun"]))
    # The guest's own line is of Cold Harbour, who shares no list with her; she herself is not beside herself.
    assert set(near) == {"b1"}
    assert set(by_id(told.near(["Dmitri Vale"]))) == {"c1"}
    assert told.near(["Elm Quartet"]) is None


def test_whom_everybody_lists_says_no_more_than_the_others():
    everywhere = [playlist(f"Hits {n}", "a1", "b1") for n in range(20)]
    near = by_id(company(*everywhere, playlist("Night", "d1", ("X", "Cold Harbour"))).near(["Ada Sun", "Dmitri Vale"]))
    assert near["c1"] > 0.5 * near["b1"]


def test_a_song_is_as_well_known_as_lists_that_hold_it():
    known = company(playlist("One", "a1"), playlist("Two", "a1", "b1"), playlist("Three", "a1")).known
    found = by_id(known)
    assert found["a1"] == 1.0
    assert found["a1"] > found["b1"] > 0
    assert set(found) == {"a1", "b1"}


def test_many_lists_are_trusted_more_than_one():
    one = company(playlist("Gym", "a1"))
    many = company(*(playlist(f"Gym {n}", "a1") for n in range(20)), playlist("Polka", "b1"))
    assert 0 < one.listed("gym").trust < 0.3 < many.listed("gym").trust < 1
    assert one.listed("gym").scores.max() == pytest.approx(1.0)


def test_what_a_recipe_fills_and_no_lists_at_all_say_nothing():
    for told in (company(), company(playlist("Gym", "a1", "b1", recipe="{}"))):
        assert told.listed("gym") is None
        assert told.near(["Ada Sun"]) is None
        assert not told.known.any()
        assert told.titles_of(0, "gym") == ()


def test_an_unlike_title_and_a_text_without_words_say_nothing():
    told = company(playlist("Gym", "a1"))
    assert told.listed("lullabies") is None
    assert told.listed("") is None


def test_reasons_name_the_nearest_titles_of_the_song_or_else_of_its_artist():
    told = company(playlist("Gym", "a1"), playlist("Morning gym", "a1"), playlist("Polka", "a1"))
    assert told.titles_of(VIEW.row_of[TrackId("a1")], "gym") == ("Gym", "Morning gym")
    assert told.titles_of(VIEW.row_of[TrackId("a2")], "gym") == ("Gym", "Morning gym")
    assert told.titles_of(VIEW.row_of[TrackId("b1")], "gym") == ()


# In a search.


@pytest.fixture
def shelf(catalogue, indexes):
    for name, artist in (("a", "Ada Sun"), ("b", "The Bards"), ("c", "Cold Harbour"), ("d", "Dmitri Vale")):
        for n in range(3):
            put(catalogue, f"{name}{n}", title=f"{name.upper()} song {'xyz'[n] * 4}", artist=artist)
    return SearchEngine(catalogue, indexes, None, MUSIC)


def store(catalogue, title, *ids):
    catalogue.playlists.create(title, [PlaylistItem(TrackId(i), i) for i in ids])


def found(result):
    return [str(c.track.id) for c in result.candidates]


def test_a_style_that_only_playlists_tell_is_found_with_its_reason(catalogue, shelf):
    store(catalogue, "Gospel Sunday", "c1")
    store(catalogue, "Polka", "a0", "b0")
    result = shelf.search(SearchRequest(text="gospel", n=3))
    assert found(result) == ["c1", "c0", "c2"]
    assert "listed under “Gospel Sunday”" in result.candidates[0].reasons
    assert result.candidates[0].branches["listed"] > result.candidates[1].branches["listed"]


def test_playlists_prove_no_hard_wish(catalogue, shelf):
    store(catalogue, "Gospel", "c1")
    request = SearchRequest(text="gospel", constraints=(Constraint("genre", "is", "gospel", hard=True),))
    assert not [r for r in shelf.search(request).receipts if r.status == "enforced" and "1 of" in r.evidence]
    assert found(shelf.search(SearchRequest(text="", constraints=(Constraint("genre", "not", "gospel"),), n=12))) != []


def test_the_known_song_of_an_artist_comes_first_and_their_company_after_them(catalogue, shelf):
    for n in range(3):
        store(catalogue, f"Mix {n}", "a2", "d0")
    named = (Constraint("artist", "is", "Ada Sun", hard=False),)
    assert found(shelf.search(SearchRequest(text="Ada Sun", constraints=named, n=6)))[:4] == ["a2", "a0", "a1", "d0"]
    alone = (Constraint("artist", "is", "Ada Sun"),)
    assert found(shelf.search(SearchRequest(text="", constraints=alone)))[0] == "a2"


def test_liked_tracks_bring_those_beside_whom_they_stand(catalogue, shelf):
    store(catalogue, "Mix", "a1", "d0")
    result = shelf.search(SearchRequest(like=(TrackId("a1"),), n=3))
    assert found(result)[0] == "d0"
    assert "its artist stands in playlists beside those you like" in result.candidates[0].reasons


def test_what_no_list_says_takes_nothing_from_how_well_a_track_fits(catalogue, shelf):
    before = {c.track.id: c.score for c in shelf.search(SearchRequest(text="xxxx", n=12)).candidates}
    store(catalogue, "Xxxx", "d1")
    after = {c.track.id: c.score for c in shelf.search(SearchRequest(text="xxxx", n=12)).candidates}
    assert all(after[i] >= before[i] for i in before)
    assert after[TrackId("d1")] > before[TrackId("d1")]
