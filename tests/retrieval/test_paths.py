import numpy as np
import pytest
from ranking_facts import MUSIC, put

from catalog.values import TrackId
from retrieval.errors import QueryError
from retrieval.likeness import camelot, key_apart, tempo_apart
from retrieval.paths import MAX_PATH, smooth_path

CIRCLE = "C G D A E B F# C# G# D# A# F".split()


def on_arc(degrees, off=0.0):
    """Return a unit vector at an angle of the plane of the first two axes, `off` out of the plane."""
    angle = np.radians(degrees)
    vector = np.zeros(MUSIC.dim, np.float32)
    vector[:3] = np.cos(angle), np.sin(angle), off
    return vector / np.linalg.norm(vector)


@pytest.fixture
def arc(catalogue):
    """Nineteen tracks every five degrees from 0 to 90, and some that lie off the way."""
    for degrees in range(0, 91, 5):
        put(catalogue, f"a{degrees:02}", artist=f"x{degrees}", vector=on_arc(degrees))
    for degrees in range(0, 91, 15):
        put(catalogue, f"off{degrees}", vector=on_arc(degrees, off=1.5))
    return catalogue


def ids(path):
    return [c.track.id for c in path.tracks]


def angles(path):
    return [int(i[1:]) for i in ids(path)]


@pytest.mark.parametrize("n", [3, 4, 7, 10, 19])
def test_tracks_along_the_arc_in_even_steps(engine, arc, n):
    path = smooth_path(engine.state, TrackId("a00"), TrackId("a90"), n)
    told = angles(path)
    assert len(told) == n
    assert told[0] == 0
    assert told[-1] == 90
    assert told == sorted(set(told))
    np.testing.assert_allclose(told, np.linspace(0, 90, n), atol=5)
    assert max(np.diff(told)) <= 90 / (n - 1) + 5


def test_the_way_back_is_the_way(engine, arc):
    there = ids(smooth_path(engine.state, TrackId("a00"), TrackId("a90"), 7))
    assert ids(smooth_path(engine.state, TrackId("a90"), TrackId("a00"), 7)) == there[::-1]


def test_where_there_are_too_few_on_the_way_the_path_is_shorter_and_repeats_none(engine, arc):
    path = smooth_path(engine.state, TrackId("a00"), TrackId("a20"), 12)
    told = ids(path)
    assert (told[0], told[-1]) == ("a00", "a20")
    assert {"a05", "a10", "a15"} <= set(told)
    assert len(set(told)) == len(told) < 12
    assert path.asked == 12


def test_of_two_that_sound_alike_the_one_of_kindred_tempo_and_key_is_taken(engine, catalogue):
    put(catalogue, "start", vector=on_arc(0), tempo=100, key="A minor")
    put(catalogue, "end", vector=on_arc(60), tempo=104, key="C major")
    put(catalogue, "jump", vector=on_arc(30), tempo=141, key="F# major")
    put(catalogue, "kindred", vector=on_arc(30.001), tempo=51, key="E minor")
    assert ids(smooth_path(engine.state, TrackId("start"), TrackId("end"), 3)) == ["start", "kindred", "end"]


def test_an_edition_of_an_end_is_no_step(engine, catalogue):
    put(catalogue, "start", title="Harbour", artist="Ada", vector=on_arc(0))
    put(catalogue, "live", title="Harbour (live)", artist="Ada", vector=on_arc(30))
    put(catalogue, "way", title="Hills", artist="Ada", vector=on_arc(25))
    put(catalogue, "end", title="Sea", artist="Bo", vector=on_arc(60))
    assert ids(smooth_path(engine.state, TrackId("start"), TrackId("end"), 3)) == ["start", "way", "end"]


def test_ends_of_the_same_sound_still_have_a_path_without_repeats(engine, catalogue):
    for name in ("one", "two"):
        put(catalogue, name, vector=on_arc(0))
    for n in range(10):
        put(catalogue, f"near{n}", vector=on_arc(n + 1))
    path = ids(smooth_path(engine.state, TrackId("one"), TrackId("two"), 6))
    assert (path[0], path[-1], len(path), len(set(path))) == ("one", "two", 6, 6)


def test_two_tracks_alone_are_the_whole_path(engine, catalogue):
    put(catalogue, "one", vector=on_arc(0))
    put(catalogue, "two", vector=on_arc(50))
    assert ids(smooth_path(engine.state, TrackId("one"), TrackId("two"), 8)) == ["one", "two"]


@pytest.mark.parametrize(
    ("first", "last", "n", "said"),
    [
        ("a00", "a00", 5, "same track"),
        ("a00", "gone", 5, "two tracks of this catalogue"),
        ("a00", "silent", 5, "no sound"),
        ("a00", "a90", 2, "3 to 50"),
        ("a00", "a90", MAX_PATH + 1, "3 to 50"),
    ],
)
def test_what_cannot_be_gone_is_said_in_a_sentence(engine, arc, first, last, n, said):
    put(arc, "silent")
    with pytest.raises(QueryError, match=said):
        smooth_path(engine.state, TrackId(first), TrackId(last), n)


@pytest.mark.parametrize(("a", "b", "octaves"), [(120, 60, 0), (120, 240, 0), (100, 100, 0), (120, 170, 0.4975)])
def test_tempos_an_octave_apart_are_one_pulse(a, b, octaves):
    assert tempo_apart(np.float32([a]), b)[0] == pytest.approx(octaves, abs=1e-3)


def test_unknown_tempos_and_keys_are_nan():
    assert np.isnan(tempo_apart(np.float32([np.nan, 100]), np.float32(np.nan))).all()
    none, c = np.int8([-1]), np.int8([0])
    assert np.isnan(key_apart(none, none, c, c)).all()


def test_the_camelot_wheel():
    names = "C C# D D# E F F# G G# A A# B".split()
    fifths = np.int8([names.index(k) for k in CIRCLE])
    major, minor = np.zeros(12, np.int8), np.ones(12, np.int8)
    assert camelot(fifths, major).tolist() == list(range(12))
    c = np.int8([0])
    assert key_apart(fifths, major, c, c).tolist() == [0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1]
    # A minor is the relative of C major, E minor that of its neighbour.
    assert key_apart(np.int8([9, 4]), minor[:2], c, c).tolist() == [1, 2]
