import threading

import numpy as np
import pytest
from ranking_facts import AXIS, MUSIC, around, put

from catalog.values import PlaylistItem, TrackId
from encoders.values import Embedding, Space
from retrieval.constraints import Constraint
from retrieval.errors import QueryError
from retrieval.search import MAX_RESULTS
from retrieval.values import SceneBrief, SearchRequest


def found(result):
    return [c.track.id for c in result.candidates]


def test_the_order_follows_the_concepts(four, engine):
    result = engine.search(SearchRequest(text="calm piano"))
    assert found(result)[:2] == ["piano", "half"]
    assert result.candidates[0].score > result.candidates[1].score
    assert result.fit == result.candidates[0].score
    assert "calm" in " ".join(result.candidates[0].reasons)


def test_a_name_is_found_with_a_typo_and_in_any_case(four, engine):
    assert found(engine.search(SearchRequest(text="IRON rian")))[0] == "metal"
    assert found(engine.search(SearchRequest(text="the bards")))[0] == "metal"


def test_words_that_stand_nowhere_cost_little_beside_a_concept_and_all_without_one(four, engine):
    plain = engine.search(SearchRequest(text="calm piano")).fit
    nephew = engine.search(SearchRequest(text="calm piano nephew")).fit
    assert plain - 0.3 < nephew < plain
    assert engine.search(SearchRequest(text="nephew")).fit < 0.1


def test_a_hard_wish_holds_and_a_soft_one_weighs(four, engine):
    hard = engine.search(SearchRequest(constraints=(Constraint("genre", "is", "metal"),)))
    assert found(hard) == ["metal"]
    soft = engine.search(SearchRequest(constraints=(Constraint("genre", "is", "metal", hard=False),)))
    assert found(soft)[0] == "metal"
    assert len(found(soft)) == 4
    no = engine.search(SearchRequest(text="piano", constraints=(Constraint("instrument", "not", "piano"),)))
    assert set(found(no)) == {"metal", "other"}


def test_nothing_left_names_what_blocks(four, engine):
    blocking = Constraint("artist", "is", "Nobody")
    result = engine.search(SearchRequest(text="piano", constraints=(blocking, Constraint("genre", "is", "piano"))))
    assert (result.candidates, result.fit, result.relaxation.blocking) == ((), 0.0, blocking)
    assert [r.status for r in result.receipts] == ["enforced", "enforced"]


def test_what_cannot_be_checked_at_all_fits_nothing(four, engine):
    result = engine.search(SearchRequest(constraints=(Constraint("language", "is", "german"),)))
    assert result.receipts[0].status == "unenforceable"
    assert result.fit < 0.5
    assert "holds" not in " ".join(result.candidates[0].reasons)


def test_excluded_liked_and_disliked_tracks_do_not_come_back(four, engine):
    for request in (
        SearchRequest(text="piano", exclude=frozenset({TrackId("piano")})),
        SearchRequest(text="piano", like=(TrackId("piano"),)),
        SearchRequest(text="piano", dislike=(TrackId("piano"),)),
    ):
        assert "piano" not in found(engine.search(request))


@pytest.fixture
def two_corners(catalogue):
    rng = np.random.default_rng(0)
    for side, axis in (("left", 0), ("right", 1)):
        for i in range(8):
            put(
                catalogue,
                f"{side}{i}",
                artist=f"{side} {i}",
                duration_s=100.0 + 10 * i,
                vector=around(rng, AXIS[axis], 0.1),
            )
    return catalogue


def test_more_like_one_stays_in_its_corner(two_corners, engine):
    result = engine.search(SearchRequest(like=(TrackId("left0"),), n=7))
    assert {i[:4] for i in found(result)} == {"left"}
    assert "sounds like" in result.candidates[0].reasons[0]


def test_a_dislike_pushes_away(two_corners, engine):
    request = SearchRequest(
        like=(TrackId("left0"), TrackId("right0")), dislike=(TrackId("right1"), TrackId("right2")), n=5
    )
    assert {i[:4] for i in found(engine.search(request))} == {"left"}


def test_taste_breaks_ties_but_does_not_outweigh_the_question(two_corners, engine):
    put(two_corners, "asked", genre=("harp",), artist="Z", vector=AXIS[2])
    leaning = engine.search(SearchRequest(text="harp", taste=(TrackId("right0"),), n=4))
    assert found(leaning)[0] == "asked"
    assert found(leaning)[1].startswith("right")


def test_a_sound_finds_its_neighbours_and_a_foreign_space_is_refused(two_corners, engine):
    assert found(engine.search(SearchRequest(sound=Embedding(MUSIC, AXIS[1]), n=3)))[0].startswith("right")
    foreign = Embedding(Space("clap", 8, "clap", "b" * 64), AXIS[1])
    with pytest.raises(QueryError, match="space clap"):
        engine.search(SearchRequest(sound=foreign))


def test_no_artist_fills_the_list_unless_asked_for(catalogue, engine):
    for i in range(10):
        put(catalogue, f"a{i}", title=f"Harp {i} {'abcdefghij'[i] * 4}", artist="One", genre=("harp",))
    for i in range(10):
        put(catalogue, f"b{i}", title=f"Plain {'abcdefghij'[i] * 4}", artist=f"Other {i}")
    artists = [c.track.artist for c in engine.search(SearchRequest(text="harp", n=8, max_per_artist=2)).candidates]
    assert artists.count("One") == 2
    asked = SearchRequest(text="harp", n=8, constraints=(Constraint("artist", "is", "One"),))
    assert len(engine.search(asked).candidates) == 8


def test_the_cap_never_leaves_the_list_short(catalogue, engine):
    for i in range(6):
        put(catalogue, f"a{i}", title=f"Song {'abcdef'[i] * 5}", artist="One", genre=("harp",))
    assert len(engine.search(SearchRequest(text="harp", n=6, max_per_artist=2)).candidates) == 6


def test_editions_and_copies_of_one_recording_come_once(catalogue, engine):
    put(catalogue, "a", title="Rain", artist="One", genre=("harp",), vector=AXIS[0])
    put(catalogue, "b", title="Rain (2011 Remaster)", artist="One", genre=("harp",), vector=AXIS[1])
    put(catalogue, "c", title="Under another name", artist="Two", genre=("harp",), vector=AXIS[0], duration_s=181.0)
    put(catalogue, "d", title="As long, another sound", artist="Two", genre=("harp",), vector=AXIS[2])
    put(
        catalogue,
        "e",
        title="Same sound, much longer",
        artist="Three",
        genre=("harp",),
        vector=AXIS[0],
        duration_s=400.0,
    )
    assert set(found(engine.search(SearchRequest(text="harp")))) == {"a", "d", "e"}


@pytest.mark.parametrize(("text", "first"), [("harp river", "Rain"), ("live harp river", "Rain (live at the River)")])
def test_the_plain_edition_stands_for_a_song_unless_one_was_asked_for(catalogue, engine, text, first):
    put(catalogue, "live", title="Rain (live at the River)", artist="One", genre=("harp",))
    put(catalogue, "plain", title="Rain", artist="One", genre=("harp",))
    put(catalogue, "other", title="Snow", artist="Two", genre=("harp",))
    titles = [c.track.title for c in engine.search(SearchRequest(text=text)).candidates]
    assert titles == [first, "Snow"]


def test_whether_somebody_sings_filters_nothing_where_nobody_listened(catalogue, engine):
    put(catalogue, "a", title="Rain")
    request = SearchRequest(text="rain", constraints=(Constraint("vocal", "is", "vocal"),))
    (receipt,) = engine.search(request).receipts
    assert receipt.status == "unenforceable"
    assert found(engine.search(request)) == ["a"]


def test_an_empty_catalogue_answers_with_nothing(engine):
    result = engine.search(SearchRequest(text="calm piano", constraints=(Constraint("tempo", "max", 90.0),)))
    assert (result.candidates, result.fit, result.relaxation) == ((), 0.0, None)
    assert len(result.receipts) == 1


def test_one_track_answers_alone(catalogue, engine):
    put(catalogue, "only", vector=AXIS[0])
    for request in (SearchRequest(text="anything at all"), SearchRequest(sound=Embedding(MUSIC, AXIS[0]), n=100)):
        assert found(engine.search(request)) == ["only"]
    assert found(engine.search(SearchRequest(like=(TrackId("only"),)))) == []


def test_all_duplicate_vectors_come_once_each_length(catalogue, engine):
    for i in range(20):
        put(
            catalogue,
            f"t{i}",
            title="abcdefghijklmnopqrst"[i] * 6,
            artist=f"A{i}",
            vector=AXIS[0],
            duration_s=100.0 + i,
        )
    result = engine.search(SearchRequest(sound=Embedding(MUSIC, AXIS[0]), n=10))
    assert 1 <= len(result.candidates) <= 10
    assert len(set(found(result))) == len(result.candidates)


def test_zero_vectors_neither_crash_nor_win(catalogue, engine):
    put(catalogue, "zero", artist="Z", vector=np.zeros(MUSIC.dim, np.float32))
    put(catalogue, "near", artist="N", vector=AXIS[0], duration_s=90.0)
    result = engine.search(SearchRequest(sound=Embedding(MUSIC, AXIS[0])))
    assert found(result)[0] == "near"
    liked_zero = engine.search(SearchRequest(like=(TrackId("zero"),)))
    assert found(liked_zero) == ["near"]
    assert all(np.isfinite(c.score) for c in (*result.candidates, *liked_zero.candidates))


@pytest.mark.parametrize("matching", [0, 3])
def test_a_filter_that_leaves_few_returns_few(catalogue, engine, matching):
    for i in range(40):
        year = 1990 if i < matching else 2010
        put(
            catalogue,
            f"t{i}",
            title="ab" * (i + 1),
            artist=f"A{i}",
            year=year,
            vector=AXIS[i % 8],
            duration_s=50.0 + 7 * i,
        )
    wish = Constraint("year", "is", 1990.0)
    for request in (
        SearchRequest(text="calm", constraints=(wish,), n=10),
        SearchRequest(sound=Embedding(MUSIC, AXIS[0]), constraints=(wish,), n=10),
    ):
        result = engine.search(request)
        assert len(result.candidates) == matching
        assert all(c.track.year == 1990 for c in result.candidates)


@pytest.mark.parametrize(
    "text",
    [
        '" OR * NEAR( ^ -',
        "AND OR NOT calm",
        "x " * 10_000,
        "calm " * 5_000,
        "悲しい音楽",
        "a\x00b",
        "\ud800 calm",
        "%_%",
        "🎵 calm",
    ],
)
def test_any_text_is_searched_and_bounded(four, engine, text):
    result = engine.search(SearchRequest(text=text))
    assert len(result.candidates) == 4
    assert all(0 <= c.score <= 1 for c in result.candidates)


@pytest.mark.parametrize("request_", [SearchRequest(), SearchRequest(text="  "), SearchRequest(text="?!🎵")])
def test_nothing_to_go_by_is_said(four, engine, request_):
    with pytest.raises(QueryError, match="nothing to search by"):
        engine.search(request_)


@pytest.mark.parametrize("n", [0, -1, MAX_RESULTS + 1])
def test_n_out_of_range_is_refused(four, engine, n):
    with pytest.raises(QueryError, match=f"n is {n}; ask for 1 to {MAX_RESULTS}"):
        engine.search(SearchRequest(text="calm", n=n))


def test_a_scene_alone_ranks_and_words_outweigh_it(catalogue, engine):
    put(catalogue, "wild", energy=0.95, tempo=150.0, genre=("flute",), artist="A")
    put(catalogue, "calm", energy=0.1, tempo=60.0, genre=("harp",), artist="B")
    brief = SceneBrief(0.95, 0.0, 0.5, 150.0, {}, (), "wild")
    assert found(engine.search(SearchRequest(scene=brief))) == ["wild", "calm"]
    assert found(engine.search(SearchRequest(scene=brief, text="harp")))[0] == "calm"


def test_scores_fall_and_the_same_question_has_the_same_answer(four, engine):
    request = SearchRequest(text="calm piano rain")
    first = engine.search(request)
    scores = [c.score for c in first.candidates]
    assert scores == sorted(scores, reverse=True)
    assert found(engine.search(request)) == found(first)


def test_a_new_track_is_found_without_a_restart(four, engine):
    assert engine.search(SearchRequest(text="sitar")).fit < 0.5
    put(four, "new", genre=("sitar",))
    assert found(engine.search(SearchRequest(text="sitar")))[0] == "new"
    four.library.remove([TrackId("new")])
    assert "new" not in found(engine.search(SearchRequest(text="sitar")))


def test_one_request_is_read_alike_at_every_door(four, engine):
    request = engine.request("3 calm piano tracks by Ada Sun, no drums", n=9)
    assert (request.text, request.n) == ("calm piano", 3)
    assert [c.words for c in request.constraints] == [
        "artist Ada Sun",
        "mood calm",
        "instrument piano",
        "instrument not drums",
    ]
    assert found(engine.search(request)) == ["piano"]


def test_many_threads_share_one_engine(four, engine):
    answers, problems = [], []

    def ask():
        try:
            answers.append(found(engine.search(SearchRequest(text="calm piano"))))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len({tuple(a) for a in answers}) == 1


def _albums(catalogue, *artists, per_artist=6):
    rng = np.random.default_rng(2)
    for n in range(per_artist):
        for artist in artists:
            put(
                catalogue,
                f"{artist}{n}",
                title=f"{artist} {n}",
                artist=artist,
                genre=("calm",),
                vector=around(rng, AXIS[0]),
            )


def test_the_dial_leans_to_known_artists_or_away_from_them(catalogue, engine):
    _albums(catalogue, "Ada", "Bea")
    ask = {"text": "calm", "taste": (TrackId("Ada0"),), "n": 4, "max_per_artist": None}
    familiar = engine.search(SearchRequest(**ask, freshness=-1.0)).candidates
    fresh = engine.search(SearchRequest(**ask, freshness=1.0)).candidates
    assert {c.track.artist for c in familiar} == {"Ada"}
    assert {c.track.artist for c in fresh} == {"Bea"}
    with pytest.raises(QueryError, match="give -1"):
        engine.search(SearchRequest(**ask, freshness=2.0))


def test_an_artist_that_papered_every_answer_steps_back(catalogue, engine):
    _albums(catalogue, "Ada", "Bea")
    ask = {"text": "calm", "n": 6, "max_per_artist": 3}
    before = [c.track.artist for c in engine.search(SearchRequest(**ask)).candidates]
    shown = tuple(TrackId(f"Ada{n}") for n in range(6)) * 4
    after = [c.track.artist for c in engine.search(SearchRequest(**ask, shown=shown)).candidates]
    assert after[0] == "Bea"
    assert np.mean([n for n, a in enumerate(after) if a == "Ada"]) > np.mean(
        [n for n, a in enumerate(before) if a == "Ada"]
    )


def test_of_equals_the_list_takes_what_sounds_different_first(catalogue, engine):
    for n, axis in enumerate((0, 0, 0, 1, 2)):
        near = AXIS[axis] + 0.1 * AXIS[3 + n]
        put(catalogue, f"t{n}", title=f"Track {n}", genre=("calm",), artist=f"A{n}", vector=near / np.linalg.norm(near))
    chosen = found(engine.search(SearchRequest(text="calm", n=3)))
    assert {"t3", "t4"} < set(chosen)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("calm piano by artists I don't know", 1.0),
        ("something new to me", 1.0),
        ("artists I like", -1.0),
        ("calm", 0.0),
    ],
)
def test_the_dial_is_read_from_words(four, engine, text, value):
    assert engine.request(text).freshness == value


def test_of_alternatives_the_one_that_does_not_hold_is_not_held_against_a_track(catalogue, engine):
    put(catalogue, "metal", title="Iron", genre=("metal",), heard={"rock": 0.001})
    put(catalogue, "plain", title="Plain", heard={"rock": 0.001, "metal": 0.001})
    reasons = {c.track.id: " ".join(c.reasons) for c in engine.search(engine.request("metal or rock")).candidates}
    assert "hardly" not in reasons["metal"]
    assert "hardly rock" in reasons["plain"]
    both = {c.track.id: " ".join(c.reasons) for c in engine.search(engine.request("metal and rock")).candidates}
    assert "hardly rock" in both["metal"]


def test_a_wish_can_be_limited_to_a_playlist(four, engine):
    entries = [PlaylistItem(TrackId("half"), "Half Way"), PlaylistItem(TrackId("metal"), "Iron Rain")]
    four.playlists.create("Sunday Walk", entries)
    inside = engine.search(engine.request("piano from my playlist sunday walk"))
    assert found(inside) == ["half", "metal"]
    assert [r.status for r in inside.receipts] == ["enforced", "scored"]
    outside = engine.search(engine.request("piano, not from my playlist Sunday Walk"))
    assert set(found(outside)) == {"piano", "other"}
    absent = engine.search(engine.request("piano from my playlist Monday"))
    assert absent.receipts[0].evidence == "there is no playlist of that name here"


def test_a_receipt_does_not_deny_what_the_tracks_own_name_says(catalogue, engine):
    put(catalogue, "named", title="Battle Hymn", genre=("piano",))
    put(catalogue, "other", title="Quiet Hymn", genre=("piano",))
    wish = Constraint("mood", "is", "combat", "battle", hard=False)
    found = engine.search(SearchRequest(text="battle", constraints=(wish,))).candidates
    told = {c.track.id: c.receipts[0] for c in found}
    assert told["named"].held is None
    assert told["named"].evidence.startswith("its name or tags say “battle”; by ear combat")
    assert told["other"].held is False
    # A wish that must hold was decided before: nothing softens it.
    hard = Constraint("mood", "is", "combat", "battle")
    assert all(c.receipts[0].held for c in engine.search(SearchRequest(constraints=(hard,))).candidates)


def test_every_track_has_a_receipt_for_every_wish_with_the_fact(catalogue, engine):
    put(catalogue, "slow", title="Slow", genre=("piano",), tempo=70, artist="Ada")
    put(catalogue, "fast", title="Fast", genre=("piano",), tempo=140, artist="Bea")
    wishes = (
        Constraint("tempo", "between", (60.0, 90.0), hard=False),
        Constraint("instrument", "is", "piano", hard=False),
        Constraint("artist", "not", "Bea", hard=False),
        Constraint("language", "is", "german"),
    )
    told = {c.track.id: c.receipts for c in engine.search(SearchRequest(constraints=wishes)).candidates}
    assert [r.constraint for r in told["slow"]] == list(wishes)
    assert [r.held for r in told["slow"]] == [True, True, True, None]
    assert [r.held for r in told["fast"]] == [False, True, False, None]
    assert told["fast"][0].evidence == "140 BPM"
    assert told["fast"][1].evidence == "piano 97%"
    assert told["slow"][2].evidence == "Ada"


def test_an_hour_is_as_many_tracks_as_fill_it_and_a_cap_that_was_asked_for_holds(catalogue, engine):
    _albums(catalogue, "Ada", "Bea")
    length = engine.state.snapshot.numbers["duration"][0]
    assert engine.request("20 minutes of music").n == int(np.ceil(1200 / length))
    assert engine.request("3 tracks, an hour of music").n == 3
    capped = engine.search(engine.request("at most two tracks per artist", 10))
    assert len(capped.candidates) == 4
    assert [r.status for r in capped.receipts] == ["enforced"]


TOLD = (
    "An amateur recording features a lonely kantele plucking bright arpeggios while rainfall and distant church bells "
    "create an intimate, haunting winter atmosphere. A woman is singing softly."
)


def test_a_description_finds_what_its_words_describe_and_its_singer_is_no_condition(catalogue, engine):
    aspects = ("bright kantele", "rainfall", "church bells", "haunting")
    put(catalogue, "right", title="", genre=(*aspects, "no drums"))
    put(catalogue, "sung", title="", genre=("female vocal", "bright", "winter"))
    for n in range(20):
        put(catalogue, f"other{n}", title="", genre=("piano", f"haunting {n}"))
    request = engine.request(TOLD, 5)
    assert found(engine.search(request))[0] == "right"
    assert [c.hard for c in request.constraints if c.field == "vocal"] == [False]
    asked = engine.request("haunting music, with singing", 5)
    assert found(engine.search(asked))[:1] == ["sung"]


def test_a_long_story_whose_words_stand_nowhere_leaves_the_wish_in_charge(four, engine):
    story = (
        "calm piano for grandmother who bakes plum cakes every sunday while our neighbours repair bicycles beneath "
        "chestnut trees near harbour warehouses"
    )
    result = engine.search(engine.request(story, 3))
    assert found(result)[0] == "piano"
    assert result.fit > 0.5


def test_tracks_that_nobody_named_are_not_one_song(catalogue, engine):
    for name in ("a", "b", "c"):
        put(catalogue, name, title="", genre=("piano",))
    put(catalogue, "d", title="Untitled", artist="Bee", genre=("piano",))
    put(catalogue, "e", title="Untitled", artist="Bee", genre=("piano",))
    assert sorted(found(engine.search(engine.request("piano")))) in (["a", "b", "c", "d"], ["a", "b", "c", "e"])


@pytest.fixture
def songs(catalogue):
    put(catalogue, "es", title="Uno", languages=("spanish",))
    put(catalogue, "both", title="Two", languages=("english", "spanish"))
    put(catalogue, "en", title="Three", languages=("english",))
    put(catalogue, "untold", title="Four")
    return catalogue


@pytest.mark.parametrize(
    ("words", "right", "evidence"),
    [
        ("songs in Spanish", {"es", "both"}, "2 of 4 tracks hold it; 3 tell their language"),
        ("not in Spanish", {"en", "untold"}, "2 of 4 tracks hold it; 3 tell their language"),
        ("sung in French or English", {"both", "en"}, "2 of 4 tracks hold it; 3 tell their language"),
    ],
)
def test_a_language_holds_where_files_tell_theirs(songs, engine, words, right, evidence):
    result = engine.search(engine.request(words))
    assert set(found(result)) == right
    assert (result.receipts[0].status, result.receipts[0].evidence) == ("enforced", evidence)


def test_each_track_shows_the_language_that_its_file_tells(songs, engine):
    result = engine.search(engine.request("in Spanish"))
    facts = {c.track.id: c.receipts[0] for c in result.candidates}
    assert (facts["both"].held, facts["both"].evidence) == (True, "english, spanish")


def test_a_language_that_no_track_has_leaves_nothing_and_says_what_blocks(songs, engine):
    result = engine.search(engine.request("in Korean"))
    assert (result.candidates, result.receipts[0].evidence) == ((), "0 of 4 tracks hold it; 3 tell their language")
    assert result.relaxation.blocking.value == "korean"


def test_where_no_file_tells_its_language_the_wish_is_declared(four, engine):
    receipt = engine.search(engine.request("piano in Spanish")).receipts[0]
    assert (receipt.status, receipt.evidence) == ("unenforceable", "no file here tells the language of its words")


@pytest.mark.parametrize(
    ("words", "blocking"),
    [
        ("instrumental with vocals", "instrumental"),
        ("by The Bards but not by The Bards", "by The Bards"),
        ("longer than 5 minutes and shorter than 2 minutes", "shorter than 2 minutes"),
        ("before 1990 and after 2000", "before 1990"),
        ("from 2090", "from 2090"),
        ("by Nobody Whoever", "by Nobody Whoever"),
        ("under 0 minutes", "under 0 minutes"),
    ],
)
def test_wishes_that_nothing_can_hold_leave_nothing_and_name_what_blocks(catalogue, engine, words, blocking):
    put(catalogue, "a", artist="The Bards", year=1985, duration_s=400.0)
    put(catalogue, "b", artist="Bee", year=2005, duration_s=100.0, heard={"vocals": 0.9, "singing": 0.9})
    result = engine.search(engine.request(words))
    assert (result.candidates, result.fit) == ((), 0.0)
    assert {r.status for r in result.receipts} == {"enforced"}
    assert blocking in (result.relaxation.blocking.source_text, result.relaxation.words)


@pytest.mark.parametrize(
    "words", ["calm but not calm", "only piano, no piano", "fast and slow", "no drums, with drums"]
)
def test_a_wish_that_takes_itself_back_says_little_and_breaks_nothing(four, engine, words):
    result = engine.search(engine.request(words))
    assert all(0 <= c.score <= 1 for c in result.candidates)
    assert len(result.receipts) == 2
    assert result.fit < 0.5


def test_a_range_the_wrong_way_round_is_one_range(four, engine):
    receipt = engine.search(engine.request("between 200 and 100 bpm")).receipts[0]
    assert receipt.constraint.bounds() == (100.0, 200.0)


def test_an_unknown_language_is_declared(songs, engine):
    result = engine.search(engine.request("songs in Klingon"))
    assert [(r.constraint.value, r.status) for r in result.receipts] == [("klingon", "unenforceable")]


def test_a_sound_that_is_no_number_is_one_sentence(four, engine):
    broken = Embedding(MUSIC, np.full(MUSIC.dim, np.nan, np.float32))
    with pytest.raises(QueryError, match="NaN or infinity; give another sound"):
        engine.search(SearchRequest(sound=broken))


def test_an_artists_own_tracks_come_before_those_where_they_are_a_guest(catalogue, engine):
    for n, artist in enumerate(("Doja Cat, Gunna", "Gunna", "Gunna, Sza", "Sza")):
        put(catalogue, f"a{n}", title=f"Song {n}", artist=artist)
    engine.rebuild()
    hard = SearchRequest(constraints=(Constraint("artist", "is", "Gunna"),))
    soft = SearchRequest(text="gunna", constraints=(Constraint("artist", "is", "Gunna", hard=False),))
    assert set(found(engine.search(hard))[:2]) == {"a1", "a2"}
    assert found(engine.search(hard))[2:] == ["a0"]
    assert found(engine.search(soft)).index("a0") == 2
