import pytest
from pydantic import ValidationError

from retrieval.errors import QueryError
from ui.api.schemas import Filters


def wishes(**given):
    return [(c.field, c.op, c.value) for c in Filters.model_validate(given).constraints()]


@pytest.mark.parametrize(
    "given",
    [
        {"tempo": [90, 120]},
        {"tempo": {"min": 90, "max": 120}},
        {"min_tempo": 90, "max_tempo": 120},
        {"tempo_min": 90, "tempo_max": 120},
        {"min_bpm": 90, "bpm_max": 120},
    ],
)
def test_one_range_in_many_spellings(given):
    assert wishes(**given) == [("tempo", "between", (90.0, 120.0))]


def test_open_ends_and_single_values():
    assert wishes(duration=[None, 180]) == [("duration", "max", 180.0)]
    assert wishes(year={"min": 1990}) == [("year", "min", 1990.0)]
    assert wishes(year=2004) == [("year", "is", 2004.0)]


def test_words_lists_and_exclusions():
    assert wishes(genre=["rock", "metal"], exclude_artists="X") == [
        ("genre", "is", "rock"),
        ("genre", "is", "metal"),
        ("artist", "not", "X"),
    ]
    assert wishes(instrumental=True) == [("vocal", "is", "instrumental")]
    assert wishes(language="Spanish") == [("language", "is", "Spanish")]
    assert wishes(license="CC0") == [("licence", "is", "CC0")]


@pytest.mark.parametrize(
    "given", [{"colour": "red"}, {"tempo": {"low": 1}}, {"tempo": []}, {"tempo": 5, "min_tempo": 3}]
)
def test_what_makes_no_sense_is_refused(given):
    with pytest.raises((ValidationError, QueryError)):
        wishes(**given)
