"""Whole turns: orders of what is found, questions about the list, artists followed from their tracks."""


def ids(done):
    return [t.track_id for t in done.evidence.tracks]


def test_the_fastest_come_first_and_all_are_what_was_asked_for(world):
    done = world.say("the fastest jazz tracks")
    assert ids(done)[:3] == ["jazz9", "jazz8", "jazz7"]
    assert all(i.startswith("jazz") for i in ids(done))


def test_an_order_without_anything_else_is_one_of_the_whole_catalogue(world):
    done = world.say("what's the longest track you have?")
    assert {i[-1] for i in ids(done)[:4]} == {"9"}


def test_an_order_stands_while_wishes_are_added_and_another_takes_its_place(world):
    world.say("jazz, newest first")
    tempos = [t.tempo_bpm for t in world.say("under 150 bpm").evidence.tracks]
    assert tempos == sorted(tempos, reverse=True)  # the newer, the faster, in this catalogue
    years = [t.year for t in world.say("rather the oldest first").evidence.tracks]
    assert years == sorted(years)


def test_the_longest_of_the_list_is_named_and_nothing_else_changes(world):
    world.say("jazz, 5 tracks")
    before = world.standing()
    done = world.say("which one is the longest?")
    longest = max(range(5), key=lambda n: int(before.results[n][-1]))
    assert f"#{longest + 1} " in done.reply.split(",")[1]
    assert world.standing().results == before.results
    assert world.standing().constraints == before.constraints


def test_which_of_the_list_are_of_a_kind(world):
    world.say("jazz, 10 tracks")
    listed = world.standing().results
    told = world.say("which of these are under 2 minutes?").reply
    # A track of place n in the catalogue lasts 60 + 20 n seconds.
    for place, track in enumerate(listed, 1):
        assert (f"#{place} “" in told) == (60 + 20 * int(track[-1]) <= 120)
    assert "None of these" in world.say("are any of these over 2 hours long?").reply


def test_more_by_the_artist_of_a_track_and_no_more_of_them(world):
    world.say("jazz, 5 tracks")
    tracks = world.say("why the second one?")
    artist = world.catalogue.library.get_many(world.standing().results[1:2])[0].artist
    more = world.say("more by the artist of #2")
    assert tracks.reply
    assert {t.artist for t in more.evidence.tracks} == {artist}
    world.say("start over")
    world.say("jazz, 5 tracks")
    artist = world.catalogue.library.get_many(world.standing().results[1:2])[0].artist
    others = world.say("nothing more by the artist of #2")
    assert artist not in {t.artist for t in others.evidence.tracks}


def test_a_list_and_its_questions_in_german(world):
    world.say("Jazz, 5 Stücke")
    assert world.say("welches davon ist das längste?").reply.startswith("Davon das Längste zuerst: #")
