"""The ten kinds of request of the RecSys Challenge 2018, cut out of whole lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from retrieval.continuation.corpus import Corpus, Seeds

_LEAST_HELD_OUT = 5


@dataclass(frozen=True, slots=True)
class Scenario:
    """How many seeds a request shows, whether they are the first or drawn at random, and whether the title is shown."""

    name: str
    seeds: int
    titled: bool = True
    random: bool = False


SCENARIOS = (
    Scenario("title only", 0),
    Scenario("title, first 1", 1),
    Scenario("title, first 5", 5),
    Scenario("first 5", 5, titled=False),
    Scenario("title, first 10", 10),
    Scenario("first 10", 10, titled=False),
    Scenario("title, first 25", 25),
    Scenario("title, random 25", 25, random=True),
    Scenario("title, first 100", 100),
    Scenario("title, random 100", 100, random=True),
)


@dataclass(frozen=True, eq=False)
class Request:
    """One list as a request: what is shown, what was held out, and which list it was."""

    scenario: Scenario
    place: int
    seeds: Seeds
    held_out: frozenset[int]


def requests_of(corpus: Corpus, scenario: Scenario, rng: np.random.Generator) -> Iterator[Request]:
    """Yield a request for each list that is long enough to hold out five tracks; untitled lists make none with a title.

    Random seeds keep their order in the list, as in the challenge.
    """
    for place in range(len(corpus)):
        rows = corpus.rows(place)
        if len(rows) < scenario.seeds + _LEAST_HELD_OUT or (scenario.titled and not corpus.titles[place].strip()):
            continue
        shown = np.arange(scenario.seeds)
        if scenario.random:
            shown = np.sort(rng.choice(len(rows), scenario.seeds, replace=False))
        title = corpus.titles[place] if scenario.titled else ""
        held_out = frozenset(map(int, np.delete(rows, shown)))
        yield Request(scenario, place, Seeds.of(rows[shown].tolist(), title), held_out)
