"""Feedback in the next list, going on with stored playlists, and playlists that refresh by a recipe."""

import numpy as np
import pytest
from ranking_facts import AXIS, around, put

from catalog.documents import Ban, Pin
from catalog.errors import ConflictError
from catalog.values import PlaylistItem, SessionId, TrackId, UserId
from retrieval.constraints import Constraint
from retrieval.continuation.continuer import PlaylistContinuer
from retrieval.continuation.feedback import taste_of
from retrieval.continuation.recipes import going_on, read_recipe, refresh, write_recipe
from retrieval.continuation.values import ContinuationRequest, NamedTrack
from retrieval.errors import QueryError

ADA = UserId("ada")


@pytest.fixture
def continuer(catalogue, engine):
    """Twenty-four tracks: t0, t3, ... sound alike, so do t1, t4, ... and t2, t5, ...; each by its own artist."""
    rng = np.random.default_rng(3)
    for i in range(24):
        put(catalogue, f"t{i}", title=f"{chr(97 + i) * 6}", artist=f"A{i}", vector=around(rng, AXIS[i % 3], 0.05))
    return PlaylistContinuer(catalogue, engine)


def ids(*numbers):
    return tuple(TrackId(f"t{n}") for n in numbers)


def items(*numbers):
    return [PlaylistItem(i, str(i)) for i in ids(*numbers)]


def styles(answer):
    return [int(c.track.id[1:]) % 3 for c in answer.tracks]


def ask(continuer, **more):
    return continuer.continue_playlist(ContinuationRequest(track_ids=ids(0, 1), n=6, **more))


@pytest.mark.parametrize(
    ("more", "style"),
    [({"liked": ids(3, 6)}, 0), ({"liked": ids(4)}, 1), ({"disliked": ids(3)}, 1), ({"skipped": ids(7, 10)}, 0)],
)
def test_likes_pull_and_what_was_not_liked_pushes(continuer, more, style):
    assert set(styles(ask(continuer))) == {0, 1}
    assert set(styles(ask(continuer, **more))[:4]) == {style}


def test_the_disliked_never_come_back_and_the_skipped_may(continuer):
    assert not {"t3", "t6"} & {c.track.id for c in ask(continuer, disliked=ids(3, 6), max_per_artist=None).tracks}
    everything = ContinuationRequest(track_ids=ids(0), skipped=ids(3), disliked=ids(4), n=500)
    found = {c.track.id for c in continuer.continue_playlist(everything).tracks}
    assert "t3" in found
    assert not {"t0", "t4"} & found


def test_scores_stay_between_zero_and_one_and_in_order(continuer):
    scores = [c.score for c in ask(continuer, liked=ids(3, 4), disliked=ids(5), skipped=ids(8)).tracks]
    assert all(0 <= s <= 1 for s in scores)
    assert scores == sorted(scores, reverse=True)


def test_what_a_user_said_in_any_conversation_changes_their_next_list_and_nobody_elses(catalogue, continuer):
    before = ask(continuer)
    for session, kind, track in (("s1", "dislike", 3), ("s2", "skip", 6), ("s2", "complete", 4)):
        catalogue.conversations.touch(SessionId(session), "x")
        catalogue.conversations.react(ids(track)[0], kind, SessionId(session), ADA)
    assert set(styles(ask(continuer, user_id=ADA))[:4]) == {1}
    assert ask(continuer, user_id=UserId("bea")) == before


def test_a_user_who_likes_something_needs_nothing_else_to_go_by(catalogue, continuer):
    with pytest.raises(QueryError, match="playlist is empty"):
        continuer.continue_playlist(ContinuationRequest(user_id=ADA))
    catalogue.conversations.react(TrackId("t2"), "like", None, ADA)
    answer = continuer.continue_playlist(ContinuationRequest(user_id=ADA, n=3))
    assert styles(answer) == [2, 2, 2]
    assert "t2" not in {c.track.id for c in answer.tracks}
    more_like_these = ContinuationRequest(liked=ids(0, 3, 6), disliked=ids(1), n=3)
    assert styles(continuer.continue_playlist(more_like_these)) == [0, 0, 0]


def test_the_last_word_counts_and_a_like_outweighs_a_skip(catalogue, continuer):
    for kind, track in [("dislike", 1), ("like", 1), ("like", 2), ("skip", 2), ("skip", 3), ("complete", 3)]:
        catalogue.conversations.react(ids(track)[0], kind, None, ADA)
    said = catalogue.conversations.feedback(user_id=ADA)
    assert taste_of(ContinuationRequest(), said).words == {"t1": "like", "t2": "like", "t3": "complete"}
    asked = ContinuationRequest(disliked=ids(1), skipped=ids(2))
    assert taste_of(asked, said).words == {"t1": "dislike", "t2": "like", "t3": "complete"}


RECIPES = [
    ContinuationRequest(),
    ContinuationRequest(title="calm", n=12),
    ContinuationRequest(
        track_ids=ids(1, 2),
        tracks=(NamedTrack("A", "B"), NamedTrack("C")),
        exclude=frozenset(ids(3)),
        duration_s=1800.0,
        constraints=(
            Constraint("tempo", "between", (90.0, 120.0), "90 to 120 BPM"),
            Constraint("genre", "is", "jazz", hard=False),
            Constraint("year", "min", 1990.0),
        ),
        max_per_artist=None,
        liked=ids(4),
        user_id=ADA,
    ),
]


@pytest.mark.parametrize("request_", RECIPES)
def test_a_recipe_comes_back_as_it_was_written(request_):
    assert read_recipe(write_recipe(request_)) == request_


@pytest.mark.parametrize("text", ["", "[]", "{", '{"n": "many"}', '{"constraints": [{"field": "colour"}]}', "null"])
def test_what_is_no_recipe_is_one_sentence(text):
    with pytest.raises(QueryError, match=r"The recipe cannot be read .*; give the playlist a new one\.$"):
        read_recipe(text)


def standing(catalogue, request, entries=()):
    return catalogue.playlists.create("Standing", entries, recipe=write_recipe(request)).id


def test_a_standing_playlist_refreshes_with_pins_in_place_and_bans_out(catalogue, continuer):
    made = standing(catalogue, ContinuationRequest(track_ids=ids(0), n=5))
    first, _ = refresh(catalogue, continuer, made)
    assert (len(first.entries), first.version) == (5, 2)
    third, last = first.entries[2], first.entries[4]
    catalogue.playlists.edit(made, [Pin(2), Ban(last)])
    catalogue.conversations.react(first.entries[0].track_id, "dislike", None, ADA)
    again, _ = refresh(catalogue, continuer, made, author="robot")
    assert len(again.entries) == 5
    assert (again.entries[2].track_id, again.entries[2].pinned) == (third.track_id, True)
    assert last.track_id not in {e.track_id for e in again.entries}
    assert len({e.track_id for e in again.entries}) == 5
    new = [e for e in again.entries if e.track_id not in {f.track_id for f in first.entries}]
    assert [e.added_by for e in new] == ["robot"] * len(new)
    assert refresh(catalogue, continuer, made)[0].version == again.version
    assert [e.track_id for e in catalogue.playlists.undo(made).entries] == [
        e.track_id for e in first.entries if e != last
    ]


def test_a_refresh_of_a_users_playlist_hears_what_they_said_since(catalogue, continuer):
    made = standing(catalogue, ContinuationRequest(track_ids=ids(0, 1), n=4, user_id=ADA))
    first, _ = refresh(catalogue, continuer, made)
    assert {int(e.track_id[1:]) % 3 for e in first.entries} == {0, 1}
    for track in (3, 6):
        catalogue.conversations.react(ids(track)[0], "dislike", None, ADA)
    assert {int(e.track_id[1:]) % 3 for e in refresh(catalogue, continuer, made)[0].entries} == {1}


def test_the_length_of_a_recipe_is_that_of_the_whole_list(catalogue, continuer):
    pinned = [PlaylistItem(i, i, pinned=True) for i in ids(3, 6, 9)]
    made = standing(catalogue, ContinuationRequest(track_ids=ids(0), duration_s=180.0 * 6), pinned)
    assert len(refresh(catalogue, continuer, made)[0].entries) == 6
    full = standing(catalogue, ContinuationRequest(track_ids=ids(0), n=2), pinned)
    assert refresh(catalogue, continuer, full)[0].entries == tuple(pinned)


def test_a_recipe_with_nothing_to_go_by_takes_the_pins_or_the_title(catalogue, continuer):
    made = standing(catalogue, ContinuationRequest(n=4), [PlaylistItem(TrackId("t2"), "x", pinned=True)])
    assert {int(e.track_id[1:]) % 3 for e in refresh(catalogue, continuer, made)[0].entries} == {2}
    named = catalogue.playlists.create("aaaaaa", (), recipe=write_recipe(ContinuationRequest(n=1)))
    assert len(refresh(catalogue, continuer, named.id)[0].entries) == 1


def test_without_a_recipe_and_on_an_old_version_nothing_is_refreshed(catalogue, continuer):
    plain = catalogue.playlists.create("Plain", items(0))
    with pytest.raises(QueryError, match="“Plain” has no recipe to refresh it by; give it one first"):
        refresh(catalogue, continuer, plain.id)
    made = standing(catalogue, ContinuationRequest(track_ids=ids(0), n=5))
    refresh(catalogue, continuer, made)
    with pytest.raises(ConflictError):
        refresh(catalogue, continuer, made, expected_version=1)


def test_going_on_with_a_stored_playlist_keeps_its_bans_out(catalogue, continuer):
    stored = catalogue.playlists.create("Mine", [*items(0, 3), PlaylistItem(None, "Yesterday", "The Beatles")])
    stored = catalogue.playlists.edit(stored.id, [Ban(items(6)[0])])
    asked = going_on(stored, ContinuationRequest(n=500, exclude=frozenset(ids(9))))
    assert asked.title == "Mine"
    answer = continuer.continue_playlist(asked)
    assert not {c.track.id for c in answer.tracks} & set(ids(0, 3, 6, 9))
    assert answer.unresolved == (NamedTrack("Yesterday", "The Beatles"),)


def test_an_edit_of_a_playlist_does_not_read_the_tracks_anew(catalogue, continuer, engine):
    before = engine.state
    catalogue.playlists.create("New", items(0, 1))
    after = engine.state
    assert after.snapshot is before.snapshot
    assert after.playlists["new"] == tuple(after.snapshot.rows(ids(0, 1)))
    put(catalogue, "t99")
    assert "t99" in engine.state.snapshot.row_of
