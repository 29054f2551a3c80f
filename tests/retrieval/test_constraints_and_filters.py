import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ranking_facts import snapshot, track

from catalog.names import fold
from retrieval.constraints import KEYS, Constraint, parse_key
from retrieval.diversity import Wanted, pick
from retrieval.errors import QueryError
from retrieval.filters import PRESENT, compile_constraints
from retrieval.reading.wishes import parse_wishes
from retrieval.relaxation import smallest_relaxation


@pytest.mark.parametrize(
    ("field", "op", "value", "says"),
    [
        ("tempo", "is", 500.0, "20 to 400 BPM"),
        ("tempo", "min", 5.0, "20 to 400 BPM"),
        ("year", "max", 3000.0, "1000 to 2100"),
        ("duration", "is", -1.0, "0 to 86400 s"),
        ("duration", "min", 1e9, "0 to 86400 s"),
        ("loudness", "min", 40.0, "-70 to 5 LUFS"),
        ("energy", "max", 7.0, "0 to 1"),
        ("tempo", "between", (120.0, 90.0), "smaller number first"),
        ("tempo", "is", math.nan, "not a number"),
        ("year", "between", (math.nan, 2000.0), "not a number"),
        ("tempo", "is", "fast", "takes a number"),
        ("genre", "is", 3.0, "takes a word"),
        ("artist", "not", (1.0, 2.0), "takes a word"),
        ("key", "is", "H minor", "is no key"),
        ("key", "is", "", "is no key"),
        ("key", "is", "A minor or so" * 100, "is no key"),
    ],
)
def test_an_impossible_wish_is_one_sentence(field, op, value, says):
    with pytest.raises(QueryError) as caught:
        Constraint(field, op, value)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("field", "op", "value", "low", "high"),
    [
        ("tempo", "is", 100.0, 96, 104),
        ("tempo", "not", 100.0, 96, 104),
        ("tempo", "min", 100.0, 100, math.inf),
        ("tempo", "max", 100.0, -math.inf, 100),
        ("tempo", "between", (60.0, 90.0), 60, 90),
        ("year", "is", 1999.0, 1999, 1999),
        ("duration", "is", 200.0, 180, 220),
        ("loudness", "is", -10.0, -11, -9),
        ("energy", "is", 0.5, 0.425, 0.575),
        ("energy", "is", 1.0, 0.85, 1.15),
        ("tempo", "is", 20.0, 19.2, 20.8),
    ],
)
def test_bounds_of_numbers(field, op, value, low, high):
    assert Constraint(field, op, value).bounds() == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Am", (9, "minor")),
        ("A", (9, None)),
        ("F# minor", (6, "minor")),
        ("Bb", (10, None)),
        ("b flat major", (10, "major")),
        ("E#", (5, None)),
        ("Cb maj", (11, "major")),
        ("D-moll", (2, "minor")),
        ("G dur", (7, "major")),
        ("C♯m", (1, "minor")),
    ],
)
def test_keys_in_many_spellings(text, want):
    assert parse_key(text) == want


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Constraint("tempo", "is", 120.0), "tempo 120 BPM"),
        (Constraint("tempo", "between", (60.0, 90.0)), "tempo 60 to 90 BPM"),
        (Constraint("duration", "max", 120.0), "duration at most 120 s"),
        (Constraint("year", "min", 1990.0), "year at least 1990"),
        (Constraint("genre", "not", "jazz"), "genre not jazz"),
    ],
)
def test_wishes_in_plain_words(wish, words):
    assert wish.words == words


SMALL = (
    track(
        "slow",
        title="Slow Dance",
        artist="The Bards",
        album="First",
        year=1995,
        tempo=80,
        key="A minor",
        duration=100,
        energy=0.2,
        loudness=-20,
        tags=["Jazz"],
        licence="CC0-1.0",
    ),
    track(
        "fast",
        title="Run",
        artist="Ada Sun",
        album="Second",
        year=2005,
        tempo=150,
        key="A major",
        duration=200,
        energy=0.9,
        loudness=-8,
        tags=["metal", "guitar"],
        licence="CC-BY-SA-3.0",
    ),
    track(
        "song",
        title="Björk's Café",
        artist="Björn",
        album="Second Wind",
        tempo=120,
        duration=300,
        heard={"vocals": 0.9, "vocal": 0.9, "singing": 0.9, "voice": 0.9, "no vocals": 0.001},
        licence="CC-BY-NC-4.0",
        provenance="generated",
    ),
    track("blank", title="?", duration=50),
)


@pytest.mark.parametrize(
    ("field", "op", "value", "holding"),
    [
        ("tempo", "is", 150.0, "fast"),
        ("tempo", "min", 100.0, "fast song"),
        ("tempo", "max", 120.0, "slow song"),
        ("tempo", "between", (70.0, 130.0), "slow song"),
        # What is not known to hold does not hold, so an unknown tempo is not "not 150".
        ("tempo", "not", 150.0, "slow song"),
        ("year", "is", 1995.0, "slow"),
        ("year", "min", 2000.0, "fast"),
        ("year", "max", 2000.0, "slow"),
        ("year", "between", (1990.0, 2010.0), "slow fast"),
        ("duration", "is", 205.0, "fast"),
        ("duration", "max", 100.0, "slow blank"),
        ("duration", "min", 100.0, "slow fast song"),
        ("loudness", "max", -10.0, "slow"),
        ("loudness", "between", (-10.0, 0.0), "fast"),
        ("energy", "min", 0.5, "fast"),
        ("energy", "max", 0.5, "slow"),
        ("artist", "is", "bards", "slow"),
        ("artist", "is", "the bards", "slow"),
        ("artist", "is", "Bjorn", "song"),
        ("artist", "is", "The Brads", "slow"),
        ("artist", "is", "Somebody Else", ""),
        ("artist", "not", "Ada Sun", "slow song blank"),
        ("album", "is", "second", "fast song"),
        ("album", "not", "First", "fast song blank"),
        ("title", "is", "run", "fast"),
        ("title", "is", "cafe", "song"),
        ("title", "not", "Run", "slow song blank"),
        ("genre", "is", "jazz", "slow"),
        ("genre", "is", "jazzy", "slow"),
        ("genre", "not", "metal", "slow song blank"),
        ("genre", "is", "polka", None),
        ("instrument", "is", "guitars", "fast"),
        ("instrument", "not", "guitar", "slow song blank"),
        ("vocal", "is", "vocal", "song"),
        ("vocal", "is", "instrumental", "slow fast blank"),
        ("vocal", "not", "vocal", "slow fast blank"),
        ("key", "is", "A minor", "slow"),
        ("key", "is", "A", "slow fast"),
        ("key", "is", "major", "fast"),
        ("key", "not", "A minor", "fast song blank"),
        ("licence", "is", "cc0", "slow"),
        ("licence", "is", "public domain", "slow"),
        ("licence", "is", "commercial", "slow fast"),
        ("licence", "is", "cc-by-sa", "fast"),
        ("licence", "is", "non-commercial", "song"),
        ("licence", "is", "unknown", "blank"),
        ("licence", "not", "non-commercial", "slow fast blank"),
        ("provenance", "is", "human", "slow fast blank"),
        ("provenance", "is", "generated", "song"),
        ("language", "is", "german", None),
        ("other", "is", "famous", None),
    ],
)
def test_every_field_and_operator(field, op, value, holding):
    view = snapshot(*SMALL)
    compiled = compile_constraints(view, [Constraint(field, op, value)])
    if holding is None:
        assert compiled.receipts[0].status == "unenforceable"
        assert compiled.allowed.all()
    else:
        assert {view.tracks[r].id for r in np.flatnonzero(compiled.allowed)} == set(holding.split())
        assert f"{len(holding.split())} of 4" in compiled.receipts[0].evidence


def test_a_soft_wish_excludes_nothing_and_is_scored():
    view = snapshot(*SMALL)
    compiled = compile_constraints(
        view, [Constraint("genre", "is", "jazz", hard=False), Constraint("tempo", "max", 90.0, hard=False)]
    )
    assert compiled.allowed.all()
    assert compiled.weights == {"jazz": 1.0}
    assert [m.tolist() for _, m in compiled.preferred] == [[True, False, False, False]]
    assert [r.status for r in compiled.receipts] == ["scored", "scored"]


def test_smallest_relaxation_names_the_wish_that_blocks_most():
    view = snapshot(*SMALL)
    blocking = Constraint("artist", "is", "Nobody")
    wishes = [Constraint("duration", "min", 60.0), blocking]
    step = smallest_relaxation(view, wishes)
    assert (step.blocking, step.offer) == (blocking, None)
    assert step.tracks == sum(t.duration_s >= 60 for t in SMALL)
    two = [Constraint("artist", "is", "Nobody"), Constraint("year", "is", 1800.0)]
    assert smallest_relaxation(view, two) is None
    assert smallest_relaxation(view, [Constraint("artist", "is", "Nobody", hard=False)]) is None


def test_a_number_is_widened_to_the_nearest_track_before_a_wish_is_given_up():
    view = snapshot(track("a", tempo=128), track("b", tempo=170), track("c", tempo=60))
    wish = Constraint("tempo", "is", 140.0, "140 bpm")
    step = smallest_relaxation(view, [wish])
    assert step.blocking == wish
    assert step.offer.value == (128.0, 146.0)
    assert step.tracks == 1
    assert step.words == "with tempo 128 to 146 BPM for “140 bpm” there is 1 track"


def test_a_neighbouring_key_is_offered_before_the_key_is_given_up():
    view = snapshot(track("a", key="C major"), track("b", key="F# major"))
    step = smallest_relaxation(view, [Constraint("key", "is", "A minor")])
    assert (step.offer.op, step.tracks) == ("near", 1)
    near = compile_constraints(view, [step.offer])
    assert near.allowed.tolist() == [True, False]


def test_receipts_tell_of_octaves_and_neighbouring_keys():
    view = snapshot(track("a", tempo=140, key="A minor"), track("b", tempo=70, key="E minor"))
    tempo, key = compile_constraints(
        view, [Constraint("tempo", "is", 140.0), Constraint("key", "is", "A minor")]
    ).receipts
    assert tempo.evidence == "1 of 2 tracks hold it, 1 more at half or double time"
    assert key.evidence == "1 of 2 tracks hold it, 1 more in a neighbouring key"


UNKNOWABLE = [
    "popular music",
    "a famous song",
    "well-known tracks",
    "top-rated stuff",
    "best selling tracks",
    "award-winning music",
    "something viral",
    "trending songs",
    "chart-topping pop",
    "new releases",
    "underrated gems",
    "obscure music",
    "hit songs",
    "number one hits",
    "music in german",
    "songs with french lyrics",
    "sung in japanese",
    "english vocals",
    "something critically acclaimed",
    "a live recording",
    "nothing explicit",
    "radio hits",
    "the most played track",
]


@pytest.mark.parametrize("text", UNKNOWABLE)
def test_what_nobody_can_check_is_declared(text):
    wishes = parse_wishes(text)
    receipts = compile_constraints(snapshot(*SMALL), wishes.constraints).receipts
    declared = [r for r in receipts if r.status == "unenforceable"]
    assert declared
    assert declared[0].constraint.source_text.casefold() in text


# An independent reading of what each wish means, one track at a time.
def _holds(t, wish):
    number = {"duration": t.duration_s, "year": t.year}.get(wish.field, t.number(wish.field))
    if wish.field in {"tempo", "year", "duration", "energy", "loudness"}:
        low, high = wish.bounds()
        inside = number is not None and low - 1e-6 <= number <= high + 1e-6
        return number is not None and not inside if wish.op == "not" else inside
    if wish.field == "key":
        pitch, mode = parse_key(wish.value)
        found = t.key is not None and KEYS.index(t.key.split()[0]) == pitch
        found = found and (mode is None or t.key.endswith(mode))
    elif wish.field in {"artist", "album", "title"}:
        found = fold(getattr(t, wish.field) or "") == fold(wish.value)
    elif wish.field == "licence":
        found = t.licence_class in {"free", "attribution", "share-alike", "copyleft-code"}
    elif wish.field == "provenance":
        found = t.provenance == wish.value
    else:
        found = wish.value in {tag.label for tag in t.tags}
    return not found if wish.op == "not" else found


def _holds_all(t, wishes):
    """A track has one artist: of several that are asked for any will do."""
    artists = [w for w in wishes if (w.field, w.op, w.hard) == ("artist", "is", True)]
    others = [w for w in wishes if w not in artists]
    return all(_holds(t, w) for w in others) and (not artists or any(_holds(t, w) for w in artists))


# Names far from each other, so that none is a typo of another.
NAMES = ["Quartz", "Ember Lane", "Woodland", "Ice Fish"]
tracks_of_any_kind = st.builds(
    lambda name, artist, year, duration, tempo, energy, loudness, key, tags, licence, provenance: track(
        name,
        title=artist,
        artist=artist,
        album=artist,
        year=year,
        duration=duration,
        tempo=tempo,
        energy=energy,
        loudness=loudness,
        key=key,
        tags=tags,
        licence=licence,
        provenance=provenance,
    ),
    st.uuids().map(str),
    st.sampled_from(NAMES),
    st.none() | st.integers(1950, 2024),
    st.integers(1, 4000).map(float),
    st.none() | st.integers(30, 250),
    st.none() | st.integers(0, 8).map(lambda n: n / 8),
    st.none() | st.integers(-60, 0),
    st.none() | st.builds(lambda k, m: f"{k} {m}", st.sampled_from(KEYS), st.sampled_from(["major", "minor"])),
    st.lists(st.sampled_from(["jazz", "metal", "flute", "polka"]), unique=True),
    st.sampled_from([None, "CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0", "strange"]),
    st.sampled_from(["human", "generated", "unknown"]),
)


def spans(low, high, step=1):
    ends = st.integers(low, high).map(lambda n: n * step)
    return st.tuples(ends, ends).map(lambda p: (float(min(p)), float(max(p))))


either = st.sampled_from(["is", "not"])
ends = st.sampled_from(["is", "not", "min", "max"])
wishes_of_any_kind = st.one_of(
    st.builds(lambda o, v: Constraint("tempo", o, float(v)), ends, st.integers(30, 250)),
    st.builds(lambda o, v: Constraint("year", o, float(v)), ends, st.integers(1950, 2024)),
    st.builds(lambda v: Constraint("duration", "between", v), spans(1, 4000)),
    st.builds(lambda v: Constraint("energy", "between", v), spans(0, 8, 1 / 8)),
    st.builds(lambda v: Constraint("loudness", "between", v), spans(-60, 0)),
    st.builds(
        lambda o, k, m: Constraint("key", o, f"{k}{m}"),
        either,
        st.sampled_from(KEYS),
        st.sampled_from(["", " minor", " major"]),
    ),
    st.builds(Constraint, st.sampled_from(["artist", "album", "title"]), either, st.sampled_from(NAMES)),
    st.builds(lambda o: Constraint("licence", o, "commercial"), either),
    st.builds(lambda o, v: Constraint("provenance", o, v), either, st.sampled_from(["human", "generated"])),
    st.builds(lambda o, v: Constraint("genre", o, v), either, st.sampled_from(["jazz", "metal"])),
    st.builds(lambda o: Constraint("instrument", o, "flute"), either),
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(tracks_of_any_kind, max_size=25, unique_by=lambda t: t.id),
    st.lists(wishes_of_any_kind, min_size=1, max_size=4),
    st.integers(1, 12),
)
def test_every_result_holds_every_hard_wish_and_every_wish_has_its_receipt(tracks, wishes, n):
    view = snapshot(*tracks)
    compiled = compile_constraints(view, wishes)
    rows = np.flatnonzero(compiled.allowed)
    rows = rows[pick(view, rows, Wanted(n, None), None)].tolist()
    for row in rows:
        assert _holds_all(view.tracks[row], wishes)
    assert sum(_holds_all(t, wishes) for t in tracks) == int(compiled.allowed.sum())
    assert [r.constraint for r in compiled.receipts] == list(wishes)
    assert len(rows) <= n


def test_present_is_above_no_evidence():
    assert PRESENT > 0.5


def test_a_name_that_is_there_is_not_mixed_with_one_spelt_alike():
    view = snapshot(track("a", artist="Martin Linda"), track("b", artist="Matrin Linda"), track("c", artist="Bea"))
    right = compile_constraints(view, [Constraint("artist", "is", "martin linda")])
    assert right.allowed.tolist() == [True, False, False]
    typo = compile_constraints(view, [Constraint("artist", "is", "Martin Lynda")])
    assert typo.allowed.tolist()[0]


NAMED = (
    track("1", title="Rain", artist="Ada", album="Weather"),
    track("2", title="Rain (live)", artist="Ada", tags=("banjo",)),
    track("3", title="Rain (DJ Cloud remix)", artist="Ada"),
    track("4", title="Live and Learn", artist="Bea"),
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("no live versions", ["1", "3", "4"]),
        ("live versions only", ["2"]),
        ("no remixes", ["1", "2", "4"]),
        ("no banjo", ["1", "3", "4"]),
        ("nothing with Weather", ["2", "3", "4"]),
        ("with the word rain in the title", ["1", "2", "3"]),
        ("without the word rain in the title", ["4"]),
    ],
)
def test_editions_title_words_and_refused_words_are_kept_to(text, left):
    held = compile_constraints(snapshot(*NAMED), parse_wishes(text).constraints)
    assert [NAMED[n].id for n in np.flatnonzero(held.allowed)] == left
    assert [r.status for r in held.receipts] == ["enforced"]


def test_what_no_name_tells_is_declared_and_leaves_out_nothing():
    held = compile_constraints(snapshot(*NAMED), parse_wishes("no theremin, demo versions").constraints)
    assert held.allowed.all()
    assert {r.status for r in held.receipts} == {"unenforceable"}
    assert {"theremin" in r.evidence or "demo" in r.evidence for r in held.receipts} == {True}


def test_a_cap_that_was_asked_for_leaves_a_list_short_and_has_a_receipt():
    view = snapshot(*NAMED)
    wanted = Wanted(3, 1, capped=True)
    assert [NAMED[n].id for n in pick(view, np.arange(4), wanted, None)] == ["1", "4"]
    receipts = compile_constraints(view, parse_wishes("at most one per artist").constraints).receipts
    assert [(r.status, r.evidence) for r in receipts] == [("enforced", "the list keeps to it")]


def test_several_artists_are_alternatives_and_either_key_will_do():
    view = snapshot(*NAMED, track("5", title="Sea", artist="Cy", key="E minor"))
    held = compile_constraints(view, parse_wishes("by Ada or by Bea", ["Ada", "Bea"]).constraints)
    assert np.flatnonzero(held.allowed).tolist() == [0, 1, 2, 3]
    keys = compile_constraints(view, parse_wishes("in E minor or G major").constraints)
    assert np.flatnonzero(keys.allowed).tolist() == [4]


def test_who_stands_in_two_credits_is_known_by_name():
    view = snapshot(
        track("1", artist="Ada, Bea"), track("2", artist="Cy feat. Bea"), track("3", artist="Earth, Wind & Fire")
    )
    wishes = parse_wishes("songs by Bea", view.known_artists).constraints
    assert np.flatnonzero(compile_constraints(view, wishes).allowed).tolist() == [0, 1]
    assert "earth" not in view.known_artists
    assert len(view.known_artists) == 3
