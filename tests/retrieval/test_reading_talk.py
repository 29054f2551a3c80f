"""Words by which people ask are told of by no answer."""

import pytest

from retrieval.constraints import Receipt


def unmet(engine, text: str) -> list[str]:
    receipts: tuple[Receipt, ...] = engine.search(engine.request(text, 5)).receipts
    return [r.constraint.source_text for r in receipts if r.constraint.field == "other"]


@pytest.mark.parametrize(
    "text", ["jazz asap", "assemble some jazz", "restrict it to jazz", "jazz dringend", "quisiera jazz"]
)
def test_words_of_talk_are_not_said_to_be_unknown(engine, text):
    assert unmet(engine, text) == []


def test_what_nobody_has_is_still_told(engine):
    assert unmet(engine, "assemble some hyperflugelpop") == ["hyperflugelpop"]
