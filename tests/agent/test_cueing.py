"""What is said of the music under a film is read as orders: what changes, where, and what stays."""

import pytest

from agent.cueing import read_orders
from retrieval.reading.wishes import parse_wishes


def orders(message, segments=3):
    return read_orders(message, lambda text: parse_wishes(text, frozenset()), segments)


def first(message, segments=3):
    (order,) = orders(message, segments).orders
    return order


@pytest.mark.parametrize(
    "message",
    [
        "keep the drums, calmer in the middle",
        "behalte die Trommeln, in der Mitte ruhiger",
        "plus calme au milieu, garde la batterie",
        "más tranquilo en medio, mantén la batería",
        "中间安静一点，保留鼓",
    ],
)
def test_a_part_changes_and_what_is_kept_holds_for_all_new_music(message):
    told = orders(message)
    assert [(o.places, o.comparisons) for o in told.orders] == [(("middle",), ("calmer",))]
    assert [(c.field, c.value, c.hard) for c in told.keep] == [("instrument", "drums", True)]


@pytest.mark.parametrize(
    ("message", "segment"),
    [
        ("make the second part faster", 1),
        ("in der zweiten Szene schneller", 1),
        ("en la segunda escena más rápido", 1),
        ("le deuxième passage plus rapide", 1),
        ("第二段快一点", 1),
        ("make the last scene faster", 2),
        ("segment 9: faster", 8),
    ],
)
def test_segments_are_pointed_at_by_number(message, segment):
    order = first(message)
    assert (order.places, order.comparisons) == ((segment,), ("faster",))


@pytest.mark.parametrize(
    ("message", "places", "what"),
    [
        ("no music at the end", ("end",), {"silent": True}),
        ("ohne Musik am Anfang", ("start",), {"silent": True}),
        ("etwas leiser im zweiten Abschnitt", (1,), {"gain_db": -3.0}),
        ("al final más alto", ("end",), {"gain_db": 3.0}),
        ("a touch quieter where she talks", (), {"duck": True, "gain_db": 0.0}),
        ("am Schluss was anderes bitte", ("end",), {"another": True, "text": "", "wishes": ()}),
        ("mute the original sound", (), {"original": "remove"}),
        ("behalte den Originalton", (), {"original": "keep"}),
    ],
)
def test_levels_silence_and_the_clips_own_sound_are_no_wishes_for_other_music(message, places, what):
    order = first(message)
    assert order.places == places
    assert {name: getattr(order, name) for name in what} == what
    assert not order.comparisons


def test_a_place_alone_belongs_to_the_order_before_or_after_it():
    assert first("calmer in the middle and at the end").places == ("middle", "end")
    two = orders("at the end louder, no drums").orders
    assert [o.places for o in two] == [("end",), ("end",)]
    assert [(c.op, c.value) for c in two[1].wishes] == [("not", "drums")]
    assert first("in the middle, calmer").places == ("middle",)


def test_what_is_to_stay_is_spared():
    told = orders("leave the beginning as it is, something else for the rest")
    assert told.spared == ("start",)
    assert [(o.places, o.another) for o in told.orders] == [((), True)]


@pytest.mark.parametrize("message", ["thanks!", "hm", "who are you?", "good morning", "guten Morgen!"])
def test_small_talk_changes_nothing(message):
    assert not orders(message).orders
