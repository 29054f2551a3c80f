"""What may be asked for, what contradicts itself, and how requests are kept and told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.generation.material import Adapter, Clip, Curve, Gap, Lyrics, Section, Stem
from agent.generation.stored import dump_request, load_request, told
from agent.generation.values import GenerationRequest, InvalidRequestError

WHOLE = GenerationRequest(
    text="a song",
    duration_s=40.0,
    time_signature="6/8",
    chords=("C", "G7 Am", "F/A", "%"),
    melody=Clip("/srv/uploads/ab12", "midi", "tune.mid"),
    curves=(Curve("dynamics", (0.1, None, 1.0)),),
    lyrics=Lyrics("[00:01.00]la\n[00:09.50]li", "it"),
    sections=(Section("verse", bars=8), Section("chorus", seconds=12.0, text="all sing")),
    given=(Stem("guitar", Clip("/srv/uploads/cd34")),),
    wanted=("drums",),
    references=(Clip("/srv/uploads/ef56", seconds=30.0),),
    continues=Clip("/srv/generated/aa.flac"),
    fills=Gap(Clip("/srv/uploads/0a9b"), 4.0, 9.5),
    scene="a harbour",
    quality="draft",
    candidates=4,
    adapters=(Adapter("lofi", 0.5),),
)


def test_a_request_is_the_same_after_it_was_stored():
    assert load_request(dump_request(WHOLE)) == WHOLE


def test_a_request_of_an_older_version_still_loads():
    old = {"text": "jazz", "duration_s": 20.0, "tempo_bpm": None, "key": "C major", "mood": None, "genre": "jazz",
           "instruments": ["piano", "bass"], "energy": 0.4, "seed": 3, "negative": "drums"}  # fmt: skip
    read = load_request(json.dumps(old))
    assert (read.instruments, read.key, read.candidates, read.lyrics) == (("piano", "bass"), "C major", 1, None)


@pytest.mark.parametrize("text", ["", "[]", '{"text": 5}', '{"chords": "C"}', '{"melody": {"kind": "audio"}}'])
def test_what_is_no_request_is_one_sentence(text):
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        load_request(text)


@pytest.mark.parametrize("ends", [(4.0, 4.0), (9.0, 2.0), (-1.0, 3.0), (float("nan"), 3.0)])
def test_a_gap_that_ends_before_it_begins_is_one_sentence(ends):
    with pytest.raises(InvalidRequestError, match="name an end behind its start"):
        Gap(Clip("/a.flac"), *ends)


def test_people_are_told_names_of_files_and_no_folders():
    shown = json.dumps(told(WHOLE))
    assert "/srv" not in shown
    assert '"path": "ab12"' in shown
    assert set(told(GenerationRequest(text="x"))) == {
        "text", "duration_s", "tempo_bpm", "key", "mood", "genre", "instruments", "energy", "seed", "negative",
    }, "what was not asked for is not told"  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"lyrics": Lyrics("la"), "vocals": False}, "lyrics for an instrumental"),
        ({"lyrics": Lyrics("[01:00]la"), "duration_s": 30}, "a line at 60 s and the piece ends at 30 s"),
        ({"instruments": ("drums",), "negative": "bass, drums"}, "drums is both asked for and ruled out"),
        ({"given": (Stem("bass", Clip("/x")),), "wanted": ("bass",)}, "bass is both given and wanted"),
        ({"sections": (Section("a", 20.0), Section("b", 20.0)), "duration_s": 30}, "the sections take 40 s"),
        ({"sections": (Section("a", 5.0), Section("b", 5.0)), "duration_s": 30}, "the sections take 10 s"),
        ({"references": (Clip("/x", seconds=90), Clip("/y", seconds=90))}, "180 s, over the limit of 120 s"),
        ({"duration_s": 2401}, "duration 2401 s is outside 1 to 2400 s"),
        ({"candidates": 9}, "candidates 9 is outside 1 to 8"),
        ({"steps": 0}, "steps 0 is outside 1 to 500"),
        ({"time_signature": "four four"}, "time signature 'four four' is unknown"),
        ({"time_signature": "3/5"}, "time signature '3/5' is unknown"),
        ({"chords": ("C", "H7 x")}, "bar 2 has 'H7', which is no chord"),
        ({"chords": ("C",) * 513}, "513 bars of chords are over the limit"),
        ({"instruments": ("piano",) * 9}, "9 instruments are over the limit of 8"),
        ({"references": (Clip("/x"),) * 21}, "21 references are over the limit of 20"),
    ],
)
def test_contradictions_and_limits_are_one_sentence(asked, words):
    with pytest.raises(InvalidRequestError) as caught:
        GenerationRequest(**asked)
    assert words in str(caught.value)
    assert ";" in str(caught.value), "a remedy is named"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Lyrics("  \n"), "the lyrics are empty"),
        (lambda: Lyrics("x" * 6001), "over the limit of 6000"),
        (lambda: Curve("rhythm", (0.5,)), "a curve has 1 points"),
        (lambda: Curve("rhythm", (0.5, 1.5)), "outside 0 to 1"),
        (lambda: Curve("rhythm", (0.5, float("nan"))), "outside 0 to 1"),
        (lambda: Adapter("../../etc"), "is no name of an adapter"),
        (lambda: Adapter("a", 3.0), "choose 0 to 2"),
        (lambda: Section("", 3.0), "name it in 1 to 60"),
        (lambda: Section("x", -1.0), "more than 0 s"),
        (lambda: Section("x", bars=999), "choose 1 to 256"),
        (lambda: Clip("/x", seconds=0.0), "more than 0 s"),
        (lambda: Clip("/no/where", name="mine.wav").existing(), "mine.wav is gone; upload it again"),
    ],
)
def test_each_part_checks_itself(make, words):
    with pytest.raises(InvalidRequestError, match=words):
        make()


def test_lyrics_are_read_with_and_without_times():
    timed = Lyrics("[ar:Somebody]\n[00:10.50][00:01.00]twice\n[00:05]once")
    assert list(timed.lines()) == [(1.0, "twice"), (5.0, "once"), (10.5, "twice")]
    assert timed.timed
    plain = Lyrics("[Verse]\none\ntwo")
    assert not plain.timed
    assert plain.plain == "[Verse]\none\ntwo"
    assert Lyrics("one\ntwo").lrc(10.0) == "[00:00.00]one\n[00:05.00]two"


@given(st.text(min_size=1, max_size=200))
def test_any_lyrics_are_read_or_refused(text):
    try:
        lyrics = Lyrics(text)
    except InvalidRequestError:
        return
    assert isinstance(lyrics.lrc(30.0), str)
