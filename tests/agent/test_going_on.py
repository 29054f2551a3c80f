"""Turns that ask for nothing themselves, and playlists that are asked for in words: what stands decides."""

import pytest

from catalog.values import TrackId


def artists(done):
    return [t.artist for t in done.evidence.tracks]


def ids(done):
    return [t.track_id for t in done.evidence.tracks]


@pytest.fixture
def liked(world):
    """A list by one artist, whose first track was liked by its button."""
    world.say("songs by Ada Sun")
    world.assistant.react("session-one", world.standing().results[0], "like")
    return world


@pytest.mark.parametrize("message", ["great choices!", "okay", "alright."])
def test_who_is_content_is_shown_more_near_what_was_liked(liked, message):
    seen, (loved,) = liked.standing().results, liked.standing().likes
    done = liked.say(message)
    assert not set(ids(done)) & set(seen)
    # Ada Sun was asked for and liked: the list goes on with others, who are near in sound.
    assert set(artists(done)) != {"Ada Sun"}
    assert {i[:4] for i in ids(done)[:3]} == {loved[:4]}
    liked.say("undo")
    assert liked.standing().results == seen


def test_praise_of_the_whole_list_likes_all_of_it_and_goes_on(world):
    world.say("jazz, 3 tracks")
    seen = world.standing().results
    done = world.say("I love them. thank you")
    assert world.standing().likes == seen
    assert done.evidence.tracks
    assert not set(ids(done)) & set(seen)


def test_an_artist_who_is_still_to_be_heard_stands(world):
    world.say("songs by Ada Sun, 3 tracks")
    seen = set(world.standing().results)
    done = world.say("okay")
    assert set(artists(done)) == {"Ada Sun"}
    assert not set(ids(done)) & seen


@pytest.mark.parametrize("message", ["thanks", "bye", "no thanks", "I love them, that's all", "who are you?"])
def test_an_end_is_an_end(liked, message):
    seen = liked.standing().results
    assert not liked.say(message).evidence.tracks
    assert liked.standing().results == seen


def test_without_a_list_there_is_nothing_to_go_on_with(world):
    assert not world.say("okay").evidence.tracks


def test_praise_of_one_track_leaves_the_list_as_it_is(world):
    world.say("jazz, 4 tracks")
    seen = world.standing().results
    assert "Noted" in world.say("I love #2").reply
    assert world.standing().results == seen


def test_a_playlist_that_is_asked_for_in_words_is_what_a_search_finds(world):
    done = world.say("make me a playlist of calm harp")
    found = ids(done)
    world.say("calm harp", session="session-two")
    assert found == list(world.standing("session-two").results)
    assert list(world.standing().playlist) == found
    more = world.say("continue my playlist with songs by Ada Sun")
    assert set(artists(more)) == {"Ada Sun"}
    assert list(world.standing().playlist)[: len(found)] == found
    assert set(ids(more)) <= set(world.standing().playlist)


def test_something_like_another_artist_is_not_by_the_one_before(world):
    world.say("songs by Ada Sun")
    world.say("could you show me songs similar to The Bards as well?")
    wishes = [(c.op, c.value) for c in world.standing().constraints if c.field == "artist"]
    assert wishes == [("like", "The Bards")]


def test_free_words_go_with_the_artist_that_they_were_said_of(world):
    world.say("something by Ada Sun for the amber evening")
    assert "amber" in world.standing().text
    world.say("and now The Bards too")
    assert "amber" not in world.standing().text


def test_the_names_of_playlists_are_told_as_the_reason(world):
    entries = world.catalogue.playlists.items([TrackId("jazz3")])
    world.catalogue.playlists.create("Gospel Sunday", entries)
    done = world.say("gospel please")
    assert ids(done)[0] == "jazz3"
    assert "listed under “Gospel Sunday”" in done.reply
    assert done.claims.dropped == 0


@pytest.mark.parametrize("message", ["continue", "what would come next?", "keep going with the list"])
def test_going_on_with_a_list_keeps_what_stands(world, message):
    world.say("songs by Ada Sun, at least 1 minute long")
    before = {(c.field, c.op) for c in world.standing().constraints}
    world.say(message)
    assert before
    assert before <= {(c.field, c.op) for c in world.standing().constraints}


@pytest.mark.parametrize("message", ["make me a playlist", "mach mir eine playlist"])
def test_a_playlist_of_which_nothing_is_said_is_made_all_the_same(world, message):
    done = world.say(message)
    assert done.evidence.tracks
    assert "“" in done.evidence.facts[0]
    assert "You did not say what it should be like" in done.evidence.facts[0]


def test_a_playlist_of_which_nothing_is_said_goes_with_what_was_liked(liked):
    loved = liked.standing().likes
    liked.say("start over")
    liked.assistant.react("session-one", loved[0], "like")
    done = liked.say("make me a playlist")
    assert {i[:4] for i in ids(done)[:3]} == {loved[0][:4]}
