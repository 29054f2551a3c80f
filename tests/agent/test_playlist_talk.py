"""The playlist of a conversation: collected in the dialogue, then a stored document whose edits are versions."""

import pytest

from catalog.documents import Add, Rename
from catalog.values import TrackId


@pytest.fixture
def night(world):
    """Four jazz tracks on the screen, saved as “Night”."""
    world.say("jazz, 4 tracks")
    world.say("save it as Night")
    return world


def stored(world):
    (playlist,) = world.catalogue.playlists.all()
    return playlist


def tracks(playlist):
    return [e.track_id for e in playlist.entries]


def results(world):
    return list(world.standing().results)


def test_edits_of_a_saved_playlist_are_versions_and_undo_goes_through_them(night):
    first = results(night)
    night.say("remove #2")
    assert tracks(stored(night)) == [first[0], *first[2:]]
    night.say("metal, 3 tracks")
    new = results(night)
    done = night.say("add #1 to my playlist")
    assert "Your playlist has 4 tracks now." in done.reply
    assert done.evidence.playlist_id == stored(night).id
    assert tracks(stored(night)) == [first[0], *first[2:], new[0]]
    back = night.say("undo")
    assert "“Night” is as it was in version 2." in back.reply
    assert tracks(stored(night)) == [first[0], *first[2:]]
    night.say("undo")
    assert "as it was in version 1" in night.say("undo").reply
    assert tracks(stored(night)) == first
    assert [v.number for v in night.catalogue.playlists.versions(stored(night).id)[0]] == [5, 4, 3, 2, 1]


def test_undo_of_anything_else_leaves_the_playlist_alone(night):
    night.say("metal, 3 tracks")
    night.say("undo")
    assert stored(night).version == 1
    assert "“Night” stays saved." in night.say("undo").reply
    assert night.standing().document is None
    assert stored(night).version == 1


def test_a_pin_keeps_its_place(night):
    third = results(night)[2]
    done = night.say("pin the third")
    assert f"“{night.catalogue.library.get(third).title}” keeps its place when “Night” is refreshed." in done.reply
    assert [e.pinned for e in stored(night).entries] == [False, False, True, False]
    night.say("unpin the third")
    assert not any(e.pinned for e in stored(night).entries)
    night.say("undo")
    assert stored(night).entries[2].pinned
    night.say("metal, 3 tracks")
    assert "is not in “Night”; add it first." in night.say("pin #1").reply


def test_without_a_saved_playlist_there_is_nothing_to_pin(world):
    world.say("jazz, 4 tracks")
    assert "say “save it as …” first" in world.say("pin the third").reply
    assert world.catalogue.playlists.all() == []


def test_a_banned_track_comes_back_neither_here_nor_in_the_playlist(night):
    second = results(night)[1]
    done = night.say("never play #2 again")
    assert "will not come back in this conversation, nor into “Night”." in done.reply
    assert second not in results(night)
    assert (second in tracks(stored(night)), stored(night).bans) == (False, (second,))
    for message in ("jazz, 10 tracks", "something else", "continue my playlist with 20 tracks"):
        assert second not in [t.track_id for t in night.say(message).evidence.tracks]
    assert "may come back" in night.say(f"unban “{night.catalogue.library.get(second).title}”").reply
    assert stored(night).bans == ()
    assert second in [t.track_id for t in night.say("jazz, 10 tracks").evidence.tracks]


def test_a_ban_needs_no_saved_playlist_and_can_be_taken_back(world):
    world.say("jazz, 4 tracks")
    first = results(world)[0]
    assert world.say("ban that song").reply.count("will not come back") == 1
    assert world.standing().dislikes == (first,)
    world.say("undo")
    assert world.standing().dislikes == ()
    assert results(world)[0] == first


def test_the_same_name_saves_a_version_and_another_name_another_playlist(night):
    night.say("metal, 3 tracks")
    night.say("add #1 to my playlist")
    night.say("remove #2")
    night.say("save it as Night")
    assert stored(night).version == 2
    night.say("save it as Day")
    assert {p.title for p in night.catalogue.playlists.all()} == {"Night", "Day"}


def test_new_results_never_overwrite_a_saved_playlist_by_accident(night):
    before = tracks(stored(night))
    night.say("metal, 3 tracks")
    night.say("save it")
    titles = {p.title: tracks(p) for p in night.catalogue.playlists.all()}
    assert titles["Night"] == before
    assert titles["Trichord playlist"] == results(night)


def test_what_somebody_else_changed_meanwhile_is_left_as_it_is(night):
    night.say("remove #1")
    night.catalogue.playlists.edit(stored(night).id, [Rename("Theirs")])
    done = night.say("undo")
    assert "somebody changed it meanwhile" in done.reply
    assert (stored(night).title, stored(night).version) == ("Theirs", 3)


def test_a_playlist_that_was_deleted_elsewhere_is_let_go(night):
    night.catalogue.playlists.delete(stored(night).id)
    night.say("remove #1")
    assert "say “save it as …” first" in night.say("pin #1").reply
    night.say("undo")
    assert night.standing().document is None


def test_the_playlist_survives_starting_over_and_a_restart(night):
    night.say("start over")
    night.reopen()
    night.say("metal, 3 tracks")
    night.say("add #1 to my playlist")
    assert (len(stored(night).entries), stored(night).version) == (5, 2)


def test_a_banned_track_is_not_added_by_hand(night):
    night.say("never play #1 again")
    banned = stored(night).bans[0]
    title = night.catalogue.library.get(banned).title
    with pytest.raises(ValueError, match="lift the ban first"):
        night.catalogue.playlists.edit(stored(night).id, [Add(night.catalogue.playlists.items([TrackId(banned)]))])
    night.say(f"play “{title}”")
    assert night.events("add #1 to my playlist")[-1].message.endswith(
        "is banned from this playlist; lift the ban first."
    )


def test_shaping_a_list_forgets_no_wish(world):
    world.say("jazz, 6 tracks")
    world.say("no vocals")
    before = {(c.field, c.op) for c in world.standing().constraints}
    world.say("sort it by tempo")
    world.say("make it 20 minutes")
    assert before <= {(c.field, c.op) for c in world.standing().constraints}
    world.say("calmer")
    assert before <= {(c.field, c.op) for c in world.standing().constraints}


def test_a_stored_playlist_is_opened_by_its_name_and_edits_go_to_it(night):
    first = results(night)
    night.say("metal, 3 tracks")
    assert results(night) != first
    opened = night.say("open Night")
    assert "“Night” is open, with 4 tracks." in opened.reply
    assert results(night) == first
    night.say("remove #1")
    assert tracks(stored(night)) == first[1:]


def test_a_name_that_no_playlist_has_is_said_with_those_that_there_are(night):
    assert "No playlist is called “Noon”; there are “Night”." in night.say("open Noon").reply


def test_a_track_goes_to_another_stored_playlist_by_its_name(night):
    first = results(night)
    night.say("metal, 3 tracks")
    new = results(night)
    night.say("start over")
    night.say("metal, 3 tracks")
    assert "“Night” has 5 tracks now" in night.say("add #2 to Night").reply
    assert tracks(stored(night)) == [*first, new[1]]
    assert results(night) == new


def test_the_list_tells_how_long_it_is_and_what_of_it_is_instrumental(night):
    before = results(night)
    assert "The list has 4 tracks and plays for" in night.say("how long is the list?").reply
    night.say("does #1 have vocals?")
    assert results(night) == before


def test_another_track_comes_in_the_place_of_one_in_the_saved_list_as_well(night):
    before = results(night)
    done = night.say("replace #2")
    after = results(night)
    assert len(after) == len(before)
    assert after[1] not in before
    assert [after[0], *after[2:]] == [before[0], *before[2:]]
    assert tracks(stored(night)) == after
    assert "is in the place of" in done.reply
    night.say("undo")
    assert (results(night), tracks(stored(night))) == (before, before)


def test_what_is_said_of_one_place_is_no_wish_for_the_list(night):
    wishes = night.standing().constraints
    before = results(night)
    night.say("swap 1 for something faster")
    assert night.standing().constraints == wishes
    assert results(night)[1:] == before[1:]


def test_what_cannot_come_in_leaves_the_list_as_it_was(night):
    before = results(night)
    assert "“Nowhere Song” is not here" in night.say('replace 2 with "Nowhere Song"').reply
    assert "Nothing else here holds that" in night.say("swap 1 for something longer than 50 minutes").reply
    first = night.catalogue.library.get_many([TrackId(before[0])])[0].title
    assert "is in the list already, as #1" in night.say(f'replace 2 with "{first}"').reply
    assert results(night) == before
