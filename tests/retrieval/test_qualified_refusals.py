"""A refusal of one kind of something wishes for nothing: "no black metal" asks for no metal."""

import pytest

from retrieval.reading.wishes import parse_wishes


def read(text):
    return {(c.field, c.op, c.value) for c in parse_wishes(text, frozenset()).constraints}


@pytest.mark.parametrize("refused", ["black metal", "annoying vocals", "cheesy pop", "old school hip hop"])
def test_what_is_refused_with_its_kind_is_refused_as_a_whole(refused):
    assert read(f"no {refused}") == {("other", "not", refused)}
    assert ("other", "not", refused) in read(f"calm piano, without {refused} please")


def test_what_is_asked_for_beside_it_stands():
    assert read("metal, but no black metal") == {("genre", "is", "metal"), ("other", "not", "black metal")}


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("no vocals jazz", {("vocal", "is", "instrumental"), ("genre", "is", "jazz")}),
        ("not boring jazz", {("genre", "is", "jazz"), ("other", "not", "boring")}),
        ("no problem, metal then", {("genre", "is", "metal")}),
        ("no death metal", {("genre", "not", "death metal")}),
        ("no more jazz", {("genre", "not", "jazz")}),
    ],
)
def test_other_refusals_are_read_as_before(text, wishes):
    assert read(text) == wishes
