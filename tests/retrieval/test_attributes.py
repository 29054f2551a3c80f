"""Alike by one attribute, and A but less B, on tracks whose every property is set by hand."""

import numpy as np
import pytest
from ranking_facts import AXIS, MUSIC, Facts, Key, Number, Vec, put, unit

from catalog.values import TrackId, TrackMetadata
from encoders.values import Embedding
from retrieval.constraints import Constraint
from retrieval.errors import QueryError
from retrieval.values import SearchRequest, SoundProfile


def ids(result):
    return [c.track.id for c in result.candidates]


def keep(catalogue, name, *, vector=AXIS[0], tempo=None, key=None, chords=(), **measured):
    facts = Facts(
        tempo_bpm=None if tempo is None else Number(tempo),
        key=None if key is None else Key(*key.split()),
        chords=tuple(chords),
        embeddings={MUSIC.id: Vec(vector)},
        **measured,
    )
    catalogue.library.save(TrackId(name), TrackMetadata(name, artist=name), facts)


@pytest.fixture
def band(catalogue):
    """A seed, and for each attribute one track that shares it alone."""
    keep(catalogue, "seed", tempo=120, onset_rate=4.0, brightness_hz=1500.0, key="A minor", chords="Am F C G".split())
    far = {"tempo": 84.0, "onset_rate": 0.6, "brightness_hz": 5000.0, "key": "D# major", "vector": AXIS[5]}
    keep(catalogue, "pulse", **far | {"tempo": 60.0, "onset_rate": 4.0})
    keep(catalogue, "colour", **far | {"vector": unit(1, 0.1), "brightness_hz": 1400.0})
    keep(catalogue, "relative", **far | {"key": "C major", "vector": AXIS[6]}, chords="C G Am F".split())
    keep(catalogue, "none", **far | {"vector": AXIS[7]})
    return catalogue


@pytest.mark.parametrize(("attribute", "first"), [("rhythm", "pulse"), ("timbre", "colour"), ("harmony", "relative")])
def test_each_attribute_finds_the_track_that_shares_it(engine, band, attribute, first):
    result = engine.search(SearchRequest(like=(TrackId("seed"),), attribute=attribute, n=4))
    assert ids(result)[0] == first
    assert result.candidates[0].branches[attribute] > 0.75 > result.candidates[1].branches[attribute]
    assert f"its {attribute} is alike" in " ".join(result.candidates[0].reasons)


@pytest.mark.parametrize(("attribute", "first"), [("rhythm", "pulse"), ("timbre", "colour"), ("harmony", "relative")])
def test_a_clip_is_compared_by_its_own_measurements(engine, band, attribute, first):
    band.library.remove([TrackId("seed")])
    profile = SoundProfile(118.0, 4.2, 1500.0, "A minor", ("Am", "F"))
    sound = Embedding(MUSIC, AXIS[0])
    result = engine.search(SearchRequest(sound=sound, profile=profile, attribute=attribute, n=4))
    assert ids(result)[0] == first


def test_of_two_keys_alike_the_shared_chords_decide(engine, catalogue):
    keep(catalogue, "seed", key="A minor", chords="Am F C G".split())
    keep(catalogue, "a-others", vector=AXIS[1], key="A minor", chords="Bdim E Dm".split())
    keep(catalogue, "b-same", vector=AXIS[2], key="A minor", chords="G C F Am".split())
    keep(catalogue, "c-fifth", vector=AXIS[3], key="E minor", chords="G C F Am".split())
    keep(catalogue, "d-far", vector=AXIS[4], key="D# minor", chords="D# B F#".split())
    result = engine.search(SearchRequest(like=(TrackId("seed"),), attribute="harmony", n=4))
    assert ids(result) == ["b-same", "c-fifth", "a-others", "d-far"]


def test_hard_wishes_hold_beside_an_attribute(engine, band):
    wish = Constraint("tempo", "min", 80.0)
    found = ids(engine.search(SearchRequest(like=(TrackId("seed"),), attribute="rhythm", constraints=(wish,))))
    assert "pulse" not in found
    assert len(found) == 3


def test_what_was_not_measured_cannot_be_compared(engine, band):
    keep(band, "blank", onset_rate=0.0)
    for attribute in ("rhythm", "harmony"):
        with pytest.raises(QueryError, match=f"The {attribute} of what you chose was not measured"):
            engine.search(SearchRequest(like=(TrackId("blank"),), attribute=attribute))
    with pytest.raises(QueryError, match="The same rhythm as what"):
        engine.search(SearchRequest(text="piano", attribute="rhythm"))


def test_unknown_tempo_and_key_score_nothing_and_make_no_nan(engine, band):
    keep(band, "blank", onset_rate=0.0, brightness_hz=0.0)
    for attribute in ("rhythm", "harmony"):
        result = engine.search(SearchRequest(like=(TrackId("seed"),), attribute=attribute, n=9))
        scores = {c.track.id: c.branches[attribute] for c in result.candidates}
        assert np.isfinite(list(scores.values())).all()
        assert scores.get("blank", 0.0) == 0.0


@pytest.fixture
def mixed(catalogue):
    """A is half of the first axis, half of the second; B is the second; the others lie between and beside."""
    put(catalogue, "A", artist="a", vector=unit(1, 1))
    put(catalogue, "B", artist="b", vector=unit(0, 1))
    put(catalogue, "without", artist="c", vector=unit(1, 0.2))
    put(catalogue, "with", artist="d", vector=unit(0.7, 1))
    put(catalogue, "beside", artist="e", vector=unit(0, 0, 1))
    return catalogue


def test_a_but_less_b_keeps_what_a_has_without_b(engine, mixed):
    like = (TrackId("A"),)
    assert ids(engine.search(SearchRequest(like=like, n=2)))[0] == "with"
    less = engine.search(SearchRequest(like=like, away=(TrackId("B"),), n=4))
    assert ids(less) == ["without", "with", "beside"]
    assert less.candidates[0].branches["sound"] > 0.9


def test_to_be_less_like_what_has_nothing_in_common_changes_nothing(engine, mixed):
    like = (TrackId("A"),)
    plain = engine.search(SearchRequest(like=like, exclude=frozenset({TrackId("beside")})))
    less = engine.search(SearchRequest(like=like, away=(TrackId("beside"),)))
    assert [(c.track.id, c.branches["sound"]) for c in less.candidates] == [
        (c.track.id, c.branches["sound"]) for c in plain.candidates
    ]


def test_less_of_a_track_that_is_much_like_it_still_stays_near(engine, catalogue):
    """Where A and B share nearly all, subtracting B would point away from both."""
    put(catalogue, "A", artist="a", vector=unit(1, 0.3))
    put(catalogue, "B", artist="b", vector=unit(1, 0, 0.3))
    put(catalogue, "near", artist="c", vector=unit(1, 0.6))
    put(catalogue, "nearer-b", artist="d", vector=unit(1, 0.1, 0.3))
    put(catalogue, "away", artist="e", vector=unit(-1, 0, -0.3))
    assert ids(engine.search(SearchRequest(like=(TrackId("A"),), away=(TrackId("B"),), n=3))) == [
        "near",
        "nearer-b",
        "away",
    ]


def test_less_of_a_style_pushes_it_away(engine, catalogue):
    put(catalogue, "seed", artist="s", genre=("metal", "folk"), vector=unit(1, 1))
    for i in range(3):
        put(catalogue, f"metal{i}", artist=f"m{i}", genre=("metal",), vector=unit(1, 1, 0.1 * i))
        put(catalogue, f"folk{i}", artist=f"f{i}", genre=("folk",), vector=unit(1, 0.9, 0.1 * i))
    wish = Constraint("genre", "not", "metal", "less metal", hard=False)
    found = ids(engine.search(SearchRequest(like=(TrackId("seed"),), constraints=(wish,), n=6)))
    assert {i[:4] for i in found[:3]} == {"folk"}
