"""What a user says a playlist should be like, over a whole conversation: lengths, courses, orders, and what stays."""

from itertools import pairwise

import pytest

from agent.values import Attachment

HOUR = 3600


@pytest.fixture
def listed(world):
    """Eight jazz tracks on the screen."""
    world.say("jazz, 8 tracks")
    return world


def results(world):
    return list(world.standing().results)


def tracks(world, ids=None):
    return world.catalogue.library.get_many(results(world) if ids is None else ids)


def seconds(world):
    return sum(t.duration_s for t in tracks(world))


def energies(world):
    return [t.number("energy") for t in tracks(world)]


def file_of(world, folder, ids, name="mine.m3u8"):
    lines = [f"#EXTINF:{t.duration_s:.0f},{t.artist} - {t.title}\n{t.id}.mp3\n" for t in tracks(world, ids)]
    path = folder / name
    path.write_text("#EXTM3U\n" + "".join(lines))
    return Attachment(id="a", kind="playlist", path=path, name=name)


def test_a_list_is_made_an_hour_and_all_that_was_in_it_stays_in_its_order(listed):
    before = results(listed)
    done = listed.say("make it an hour")
    assert done.plan.intent == "continue_playlist"
    assert results(listed)[: len(before)] == before
    assert seconds(listed) == pytest.approx(HOUR, rel=0.02)
    assert len(set(results(listed))) == len(results(listed))
    assert "all 8 stay" in done.reply
    assert f"The list has {len(results(listed))} tracks now, " in done.reply
    assert [t.track_id for t in done.evidence.tracks] == results(listed)
    assert list(listed.standing().playlist) == results(listed)


def test_a_list_is_cut_down_from_its_end(listed):
    before = results(listed)
    done = listed.say("cut it down to 10 minutes")
    assert seconds(listed) == pytest.approx(600, rel=0.02)
    own = [i for i in results(listed) if i in before]
    assert own == [i for i in before if i in own]
    assert "went" in done.reply


def test_a_length_in_tracks(listed):
    before = results(listed)
    assert "5 stay, 3 went" in listed.say("same order, make it 5 tracks").reply
    assert results(listed) == before[:5]
    listed.say("make it 12 tracks")
    assert results(listed)[:5] == before[:5]
    assert len(results(listed)) == 12


def test_one_breath_length_course_wish_and_a_track_that_stays(listed):
    third = results(listed)[2]
    done = listed.say("make it half an hour, start calm, only CC0, and keep track 3")
    assert seconds(listed) == pytest.approx(1800, rel=0.02)
    assert third in results(listed)
    licences = {t.licence for t in tracks(listed) if t.id != third}
    assert licences == {"CC0-1.0"}
    quarter = len(results(listed)) // 4
    assert sum(energies(listed)[:quarter]) < sum(energies(listed)[-quarter:])
    title = listed.catalogue.library.get(third).title
    assert f"Kept: “{title}” (#{results(listed).index(third) + 1})." in done.reply
    assert "The energy rises from " in done.reply
    assert "“CC0”" in done.reply


def test_wishes_stand_over_turns(listed):
    kept = results(listed)[1]
    listed.say("make it an hour, only CC0, start calm, keep #2")
    done = listed.say("now make it half an hour")
    assert seconds(listed) == pytest.approx(1800, rel=0.02)
    assert kept in results(listed)
    assert {t.licence for t in tracks(listed) if t.id != kept} == {"CC0-1.0"}
    assert "The energy rises from " in done.reply
    done = listed.say("but at most two per artist")
    counts = [t.artist for t in tracks(listed)]
    assert max(counts.count(a) for a in counts) <= 2
    assert "At most 2 by one artist." in done.reply
    assert {t.licence for t in tracks(listed) if t.id != kept} == {"CC0-1.0"}


def test_a_wish_of_the_search_stands_for_the_list(world):
    world.say("jazz under 3 minutes, 6 tracks")
    done = world.say("make it 25 minutes")
    assert all(t.duration_s <= 180 for t in tracks(world))
    assert "All hold “under 3 minutes”." in done.reply


def test_a_new_topic_forgets_the_shape_of_the_last_list(listed):
    listed.say("make it an hour, start calm, keep #2")
    listed.say("show me metal")
    assert (listed.standing().shape, listed.standing().kept) == (None, ())


def test_undo_takes_a_shape_back(listed):
    before = results(listed)
    listed.say("make it an hour, keep #1")
    listed.say("undo")
    assert results(listed) == before
    assert listed.standing().shape is None


@pytest.mark.parametrize(
    ("message", "up"),
    [("calm at the start, wild at the end", True), ("start loud, end calm", False), ("rising energy", True)],
)
def test_a_course_orders_what_is_there(listed, message, up):
    before = set(results(listed))
    done = listed.say(message)
    assert set(results(listed)) == before
    quarter = energies(listed)[:2], energies(listed)[-2:]
    assert (sum(quarter[0]) < sum(quarter[1])) == up
    assert f"The energy {'rises' if up else 'falls'} from " in done.reply


def test_best_ones_first_is_another_order_of_the_same(listed):
    before = results(listed)
    listed.say("start calm, end wild")
    listed.say("best ones first")
    assert sorted(results(listed)) == sorted(before)
    assert listed.standing().shape.arc is None


def test_something_between_two_tracks(listed):
    before = results(listed)
    done = listed.say("put something between 2 and 3")
    assert results(listed)[:2] == before[:2]
    assert results(listed)[3:] == before[2:]
    assert "The list has 9 tracks now" in done.reply
    listed.say("add two songs between #4 and #5")
    assert len(results(listed)) == 11


def test_gaps_are_filled_and_the_rest_keeps_its_order(listed):
    before = results(listed)
    done = listed.say("fill the gaps with 3 tracks")
    assert len(results(listed)) == 11
    assert [i for i in results(listed) if i in before] == before
    assert (results(listed)[0], results(listed)[-1]) == (before[0], before[-1])
    assert "all 8 stay, 3 new" in done.reply


def test_a_continuation_rises_with_one_track_per_artist(listed):
    before = results(listed)
    done = listed.say("continue this playlist, rising energy, at most one per artist")
    added = tracks(listed)
    assert not {t.id for t in added} & set(before)
    assert len({t.artist for t in added}) == len(added)
    assert "At most 1 by one artist." in done.reply
    assert "energy" in done.reply


def test_more_like_these_not_like_that(world):
    world.say("jazz, 4 tracks")
    jazz = results(world)
    world.say("add #1, #2 and #3 to my playlist")
    world.say("metal, 4 tracks")
    metal = results(world)
    world.say("add #1 to my playlist")
    world.say("make it 4 tracks in my playlist")
    assert set(results(world)) == {*jazz[:3], metal[0]}
    last = results(world).index(metal[0]) + 1
    assert last == 4
    done = world.say("more like the first three, not like #4")
    assert sum(t.title.endswith("Corner") for t in tracks(world)) > sum(
        t.title.endswith("Furnace") for t in tracks(world)
    )
    assert "#1, #2, #3 lead; #4 pushes away." in done.reply


def test_what_the_catalogue_does_not_have_is_said(listed):
    done = listed.say("make it three hours, only CC0")
    assert "3:00:00 was asked for; this catalogue has no more that holds all of that." in done.reply
    assert {t.licence for t in tracks(listed)} == {"CC0-1.0"}
    assert "Out for “CC0”: " in done.reply


def test_what_must_stay_stays_against_a_wish_and_it_is_said(listed):
    breaking = next(n for n, t in enumerate(tracks(listed), 1) if t.licence != "CC0-1.0")
    title = tracks(listed)[breaking - 1].title
    done = listed.say(f"make it 20 minutes, only CC0, keep #{breaking}")
    assert f"“{title}” stays, though it does not hold “CC0”." in done.reply


def test_a_place_that_is_not_there(listed):
    before = results(listed)
    assert "There is no #12" in listed.say("make it an hour and keep #12").reply
    assert results(listed) == before


def test_pins_of_a_saved_playlist_keep_their_places(listed):
    listed.say("save it as Night")
    listed.say("pin the third")
    third = results(listed)[2]
    done = listed.say("make it half an hour, start wild, end calm")
    assert results(listed)[2] == third
    assert "“Night” itself is as it was; say “save it” to keep this." in done.reply
    (stored,) = listed.catalogue.playlists.all()
    assert len(stored.entries) == 8
    listed.say("save it")
    (stored,) = listed.catalogue.playlists.all()
    assert [e.track_id for e in stored.entries] == results(listed)
    assert [e.pinned for e in stored.entries].index(True) == 2


def test_shaping_and_saving_in_one_message(listed):
    done = listed.say("make it half an hour and save it as Short")
    (stored,) = listed.catalogue.playlists.all()
    assert [e.track_id for e in stored.entries] == results(listed)
    assert seconds(listed) == pytest.approx(1800, rel=0.02)
    assert "Saved “Short”" in done.reply
    assert "The list has " in done.reply


def test_removing_and_shaping_in_one_message(listed):
    second, fourth = results(listed)[1], results(listed)[3]
    listed.say("remove #2 and make it 4 tracks, keep #4")
    assert second not in results(listed)
    assert fourth in results(listed)
    assert len(results(listed)) == 4


def test_a_file_is_made_an_hour_and_its_third_track_stays(world, tmp_path):
    own = ["jazz3", "metal1", "harp5", "piano2"]
    done = world.say("make it an hour, rising energy, keep track 3", attachments=[file_of(world, tmp_path, own)])
    assert set(own) <= set(results(world))
    assert seconds(world) == pytest.approx(HOUR, rel=0.02)
    assert f"Kept: “{world.catalogue.library.get('harp5').title}”" in done.reply
    assert all(a <= b + 0.35 for a, b in pairwise(energies(world)))


def test_new_results_are_what_it_means_and_the_playlist_is_named(listed):
    listed.say("add #1 and #2 to my playlist")
    collected = list(listed.standing().playlist)
    listed.say("metal, 3 tracks")
    shown = results(listed)
    listed.say("make it 5 tracks")
    assert results(listed)[:3] == shown
    listed.say("undo")
    listed.say("make my playlist 5 tracks")
    assert results(listed)[:2] == collected


def test_a_playlist_of_its_own_words_with_a_course(world):
    done = world.say("make me a 15 minute playlist of harp, start calm, end wild")
    assert seconds(world) == pytest.approx(900, rel=0.02)
    assert "The energy rises from " in done.reply


def test_a_restart_keeps_what_was_said_of_the_list(listed):
    listed.say("make it half an hour, only CC0")
    listed.reopen()
    listed.say("make it 20 minutes")
    assert seconds(listed) == pytest.approx(1200, rel=0.02)
    assert {t.licence for t in tracks(listed)} == {"CC0-1.0"}


def test_answers_never_name_a_number_that_is_not_there(listed):
    for message in ("make it 90 minutes", "rising energy", "same order, just 3 tracks", "fill the gaps"):
        done = listed.say(message)
        assert f"The list has {len(results(listed))} tracks now" in done.reply


def test_what_was_kept_of_another_list_does_not_come_back(listed):
    first = results(listed)[0]
    listed.say("make it an hour, keep #1")
    listed.say("not by " + listed.catalogue.library.get(first).artist)
    listed.say("what about metal?")
    listed.say("make it 5 tracks")
    assert first not in results(listed)


def test_a_first_message_with_a_length_and_a_course_makes_a_list(world):
    done = world.say("20 minutes of harp, start calm, end wild")
    assert done.plan.intent == "continue_playlist"
    assert seconds(world) == pytest.approx(1200, rel=0.02)
    assert "The energy rises from " in done.reply


def test_twice_as_long_is_measured_by_the_list(listed):
    before = seconds(listed)
    listed.say("make it twice as long")
    assert seconds(listed) == pytest.approx(2 * before, rel=0.02)
    listed.say("make it half as long")
    assert seconds(listed) == pytest.approx(before, rel=0.03)


def test_what_is_too_long_or_nowhere_leaves_the_list_alone(listed):
    before = results(listed)
    assert "up to 24 hours" in listed.say("make it 500 hours").reply
    done = listed.say("make it an hour, faster than 300 bpm")
    assert "Nothing here holds “faster than 300 bpm”; the list stays as it was." in done.reply
    assert results(listed) == before
    # The wish that nothing holds does not stand either.
    listed.say("make it 12 tracks")
    assert len(results(listed)) == 12


def test_a_new_search_has_a_length_of_its_own(listed):
    listed.say("make it 12 tracks, keep #1")
    listed.say("what about metal?")
    listed.say("start calm, end wild")
    assert (len(results(listed)), listed.standing().kept) == (8, ())


def test_the_gaps_of_a_file_are_filled(world, tmp_path):
    own = ["jazz3", "metal1", "harp5", "piano2"]
    file = file_of(world, tmp_path, own)
    file.path.write_text(file.path.read_text() + "#EXTINF:60,Queen - Bohemian Rhapsody\nb.mp3\n")
    done = world.say("fill the gaps with 2 tracks", attachments=[file])
    assert [i for i in results(world) if i in own] == own
    assert len(results(world)) == 6
    assert "Not in this catalogue: “Bohemian Rhapsody” by Queen." in done.reply


def test_refusals_are_told_as_refusals(listed):
    done = listed.say("make it 20 minutes, no drums, not from the 90s")
    assert "“no drums”" in done.reply or "drums" not in done.reply
    assert "All hold “drums”" not in done.reply
