"""Words to requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.generation.brief import fields_said, parse_brief
from agent.generation.values import GenerationRequest, InvalidRequestError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "30 seconds of calm piano in D minor, no drums",
            {"duration_s": 30.0, "mood": "calm", "instruments": ("piano",), "key": "D minor", "negative": "drums"},
        ),
        ("2 minutes of techno at 130 BPM", {"duration_s": 120.0, "genre": "techno", "tempo_bpm": 130.0}),
        ("a minute and 15 seconds, fast", {"duration_s": 75.0, "tempo_bpm": 140.0}),
        (
            "1:30 of Eb major jazz with saxophone",
            {"duration_s": 90.0, "key": "Eb major", "instruments": ("saxophone",)},
        ),
        ("half a minute lo-fi", {"duration_s": 30.0, "genre": "lo-fi"}),
        ("something in F# dorian, tempo 92", {"key": "F# dorian", "tempo_bpm": 92.0}),
        ("a 45s epic trailer without choir or strings", {"duration_s": 45.0, "negative": "choir, strings"}),
        ("slow sad song for a man in a boat", {"tempo_bpm": 72.0, "mood": "sad", "key": None}),
        ("in a forest, in C", {"key": "C major"}),
        ("high-energy workout rock", {"energy": 0.9, "genre": "rock"}),
        ("music", {"duration_s": 30.0, "tempo_bpm": None, "key": None, "mood": None, "genre": None}),
        ("violin and ukulele", {"instruments": ("violin", "ukulele")}),
        ("in e minor please", {"key": "E minor"}),
        ("a piece for A-list actors", {"key": None}),
    ],
)
def test_briefs(text, expected):
    request = parse_brief(text)
    assert {name: getattr(request, name) for name in expected} == expected


def test_defaults_and_seed():
    request = parse_brief("jazz", duration_s=12.0, seed=4)
    assert (request.duration_s, request.seed, request.text) == (12.0, 4, "jazz")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("41 minutes of rain", "length 2460 s is outside 1 to 2400 s"),
        ("0 seconds", "length 0 s"),
        ("at 999 bpm", "tempo"),
    ],
)
def test_limits_are_one_sentence(text, words):
    with pytest.raises(InvalidRequestError, match=words):
        parse_brief(text)


@given(st.text(max_size=120))
def test_any_words_give_a_request_or_a_sentence(text):
    try:
        request = parse_brief(text)
    except InvalidRequestError:
        request = GenerationRequest()
    assert request.duration_s >= 1.0


def test_long_text_is_cut():
    assert len(parse_brief("jazz " * 1000).text) == 2000


def test_german_words_are_read_and_kept():
    text = "20 Sekunden ruhiges Klavier in d-Moll, kein Schlagzeug"
    read = parse_brief(text)
    assert (read.text, read.duration_s, read.key, read.mood) == (text, 20.0, "D minor", "calm")
    assert (read.instruments, read.negative) == (("piano",), "drums")


def test_what_the_words_say_is_told_from_what_they_leave_open():
    # Thirty seconds are the default, too: said, they count as said.
    assert "duration_s" in fields_said("30 seconds of calm piano")
    assert fields_said("calm piano at 90 BPM") == ("tempo_bpm", "mood", "instruments", "energy")
    assert fields_said("something") == ()
