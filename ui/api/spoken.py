"""Reasons and sentences in the language that a client asks for: ``Accept-Language`` (RFC 9110, section 12.5.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Header

from agent.languages import Words, words_of


def language_of(accepted: str) -> str:
    """Return the ISO 639-1 code of the language that ``Accept-Language`` puts first, ``en`` where it tells none."""
    weighed = []
    for place, part in enumerate(accepted.split(",")):
        name, _, more = part.strip().partition(";")
        weight = more.strip().removeprefix("q=")
        worth = float(weight) if weight.replace(".", "", 1).isdecimal() else 1.0
        if name.strip() and name != "*" and worth > 0:
            weighed.append((-worth, place, name.strip().split("-")[0].casefold()))
    return min(weighed)[2] if weighed else "en"


def words_asked(
    accepted: Annotated[
        str, Header(alias="Accept-Language", description="of reasons and sentences: en, de, es, fr or zh")
    ] = "",
) -> Words:
    """Return the words of the language that a request asks for; English ones where there is no table."""
    return words_of(language_of(accepted))


Spoken = Annotated[Words, Depends(words_asked)]


def put(say: Words, sentences: Iterable[str]) -> list[str]:
    """Return sentences, or reasons between semicolons, in a language; what it does not know stays English."""
    return [known if (known := say.sentence(each)) != each else say.clauses(each) for each in sentences]
