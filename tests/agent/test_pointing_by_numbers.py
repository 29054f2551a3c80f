"""Bare numbers and places counted from the end point at tracks of the list on the screen."""

import pytest

from agent.planner.pointing import handles_in, marked


@pytest.mark.parametrize(
    ("message", "places"),
    [
        ("5 but make it with a trumpet", (5,)),
        ("yes 1 and 2 are great", (1, 2)),
        ("lose eight", (8,)),
        ("add 1, 5 and 8, and bin the tenth", (1, 5, 8, 10)),
        ("remove the second to last", (9,)),
        ("drop the last but one", (9,)),
        ("the penultimate track", (9,)),
        ("let me hear the one at the top", (1,)),
        ("the bottom one again", (10,)),
    ],
)
def test_they_point(message, places):
    assert handles_in(marked(message, 10), 10) == places


@pytest.mark.parametrize(
    "message",
    [
        "10 more",
        "5 minutes tops",
        "add 10 songs",
        "120 bpm",
        "two singers",
        "3 hours of jazz",
        "no one is singing",
        "one with strings",
        "drop one please",
    ],
)
def test_amounts_do_not(message):
    assert handles_in(marked(message, 10), 10) == ()


def test_what_is_marked_stays():
    assert marked("#4 is great, more of that", 10) == "#4 is great, more of that"


def test_without_a_list_or_beyond_it_numbers_are_numbers():
    assert marked("5 but faster", 0) == "5 but faster"
    assert marked("drop 12", 10) == "drop 12"
