"""Whatever is said in a chat, no stored playlist goes away, and what changed comes back by one word."""

import pytest

ORDERS = [
    "delete my playlist Sunday",
    "delete all playlists",
    "delete the playlist",
    "empty the list",
    "clear it",
    "remove all of them",
    "remove everything",
    "drop #1, #2 and #3",
    "throw away Sunday",
    "get rid of the whole list",
    "make it one track",
    "start over",
    "lösche alle Playlists",
    "borra la lista",
    "supprime toutes les listes",
]


def content(world):
    kept = world.catalogue.playlists.all()
    return sorted((p.title, tuple(e.track_id for e in p.entries)) for p in kept)


@pytest.mark.parametrize("order", ORDERS)
def test_undo_brings_back_what_an_order_took(world, order):
    world.say("calm jazz")
    world.say("save it as Sunday")
    before = content(world)
    assert [title for title, _ in before] == ["Sunday"]
    world.events(order)
    assert [title for title, _ in content(world)] == ["Sunday"]
    if content(world) != before:
        world.say("undo")
    assert content(world) == before


def test_saving_under_a_name_that_is_taken_overwrites_nothing(world):
    world.say("calm jazz")
    world.say("save it as Sunday")
    first = content(world)
    world.say("loud metal", "session-two")
    world.say("save it as Sunday", "session-two")
    assert len(content(world)) == 2
    assert first[0] in content(world)
