"""Named tracks and their editions, in a whole conversation."""

import pytest

from catalog.values import Described, TrackId, TrackMetadata

TITLES = {"studio": "Night Song", "live": "Night Song (Live at Home)", "cover": "Night Song"}


@pytest.fixture
def editions(world):
    for name, title in TITLES.items():
        artist = "Bea Moon" if name == "cover" else "Ada Lune"
        world.catalogue.library.describe([Described(TrackId(name), TrackMetadata(title, artist=artist), 200.0)])
    return world


@pytest.mark.parametrize(
    ("message", "first"),
    [
        ("Do you have “Night Song” by Ada Lune?", "studio"),
        ("Do you have the live version of “Night Song” by Ada Lune?", "live"),
        ("Play Night Song (Live at Home)", "live"),
    ],
)
def test_the_named_edition_comes_first_and_the_others_after_it(editions, message, first):
    done = editions.say(message)
    ids = [t.track_id for t in done.evidence.tracks]
    assert ids[0] == first
    assert set(ids) >= {"studio", "live"}
    assert "another edition of it" in {t.why for t in done.evidence.tracks}
    assert not done.evidence.absent


def test_an_edition_that_is_not_here_is_said_to_be_missing(editions):
    done = editions.say("Do you have “Night Song (Acoustic)” by Ada Lune?")
    assert done.decision.kind == "relax"
    assert "A acoustic edition" not in done.reply
    assert "acoustic" in done.reply
    assert "is not in this catalogue" in done.reply
    assert done.evidence.tracks[0].track_id == "studio"
