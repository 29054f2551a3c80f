"""String quartets: who plays, what is kept of parts that are handed over, and how they end."""

import pytest
from part_files import parts_file

from agent.generation.brief import parse_brief
from agent.generation.quartet import asks_quartet, seated
from agent.generation.score import compose
from agent.generation.tunes import read_lines
from agent.generation.values import GenerationRequest, InvalidRequestError

SEATS = [("lead", "violin"), ("pad", "violin"), ("pad", "viola"), ("bass", "cello")]


def asked(**told):
    return GenerationRequest(**({"text": "a string quartet", "duration_s": 20.0, "tempo_bpm": 100.0, "seed": 2} | told))


@pytest.mark.parametrize("text", ["a calm string quartet", "ein ruhiges Streichquartett", "a waltz for string quartet"])
def test_words_ask_for_a_string_quartet(text):
    assert asks_quartet(parse_brief(text))


@pytest.mark.parametrize(
    "text", ["calm strings", "a string quartet with drums", "string quartet without cello", "a quartet"]
)
def test_other_words_and_other_players_do_not(text):
    assert not asks_quartet(parse_brief(text))


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8"])
def test_a_string_quartet_is_four_players_in_their_ranges_and_ends_on_the_tonic(metre):
    piece = compose(asked(time_signature=metre, key="D major"))
    assert [(part.role, part.instrument.name) for part in piece.parts] == SEATS
    for part in piece.parts:
        body = [note for note in part.notes if note.start < piece.arrangement.form.body_s - 0.1]
        assert len(body) > 5
        assert part.instrument.low - 4 <= min(note.pitch for note in part.notes)
        assert max(note.pitch for note in part.notes) <= part.instrument.high
    assert {part.notes[-1].pitch % 12 for part in piece.parts} <= {2, 6, 9}
    assert compose(asked(time_signature=metre, key="D major")) == piece


def test_a_melody_that_is_handed_over_is_the_first_violin(tmp_path):
    melody = parts_file(tmp_path / "tune.mid", [72, 74, 76, 77])
    piece = compose(asked(melody=melody))
    first = [note.pitch for note in piece.parts[0].notes if note.start < piece.arrangement.form.body_s - 0.1]
    assert first[:12] == [72, 74, 76, 77] * 3
    assert all(len(part.notes) > 5 for part in piece.parts)


def test_parts_that_are_handed_over_are_kept_and_the_others_filled_in(tmp_path):
    melody = parts_file(tmp_path / "outer.mid", [48, 53, 55, 48], [72, 69, 71, 72])
    piece = compose(asked(melody=melody))
    body = piece.arrangement.form.body_s - 0.1
    first, second, viola, cello = ([n.pitch for n in part.notes if n.start < body] for part in piece.parts)
    assert (first[:4], cello[:4]) == ([72, 69, 71, 72], [48, 53, 55, 48])
    assert len(second) > 3
    assert len(viola) > 3


def test_lines_sit_where_their_pitches_are(tmp_path):
    for lines, rows in (
        ([[50, 48]], {3}),
        ([[76, 74]], {0}),
        ([[74, 72], [60, 62]], {0, 2}),
        ([[66], [59], [48]], {1, 2, 3}),
    ):
        assert set(seated(read_lines(parts_file(tmp_path / "p.mid", *lines).existing()))) == rows


def test_more_than_four_parts_are_one_sentence(tmp_path):
    melody = parts_file(tmp_path / "five.mid", *([60 + n] for n in range(5)))
    with pytest.raises(
        InvalidRequestError, match="has 5 tracks of one voice, and a string quartet has 4; hand over fewer"
    ):
        compose(asked(melody=melody))
