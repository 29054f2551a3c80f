import re
from html.parser import HTMLParser

import pytest

from agent.values import Evidence, GenerationOffer, TraceStep, TrackFact, TurnPlan
from catalog.values import TrackId
from retrieval.constraints import Constraint, Receipt
from ui.page import cards

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "[click](javascript:alert(1))",
    "</article><h1>Owned</h1>",
    "&lt;b&gt;",
    "🎵 \u202e reversed",
    "{{7*7}} ${x}",
]


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def fact(text):
    return TrackFact(
        handle=1, track_id=TrackId("t1"), title=text, artist=text, album=text, year=2000, duration_s=61, tempo_bpm=120,
        key=text, licence=text, attribution=text, provenance="generated", tags=(text,), score=0.5, why=text,
    )  # fmt: skip


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_in_a_card_becomes_markup(nasty):
    evidence = Evidence(
        tracks=(fact(nasty),),
        receipts=(Receipt(Constraint("mood", "is", nasty, nasty), "scored", nasty),),
        generation=GenerationOffer(id=nasty, text=nasty, duration_s=3, offered=False),
    )
    calm = Evidence(
        tracks=(fact("calm"),),
        receipts=(Receipt(Constraint("mood", "is", "calm", "calm"), "scored", "calm"),),
        generation=GenerationOffer(id="calm", text="calm", duration_s=3, offered=False),
    )
    dirty, clean = Tags(), Tags()
    dirty.feed(cards.cards(evidence, nasty))
    clean.feed(cards.cards(calm, "session"))
    assert dirty.tags == clean.tags
    assert dirty.attributes == clean.attributes


def test_a_generated_track_says_so():
    assert "generated</span>" in cards.cards(Evidence(tracks=(fact("x"),)), "s")


def test_the_trace_is_escaped():
    html = cards.trace(TurnPlan(intent="recommend"), [TraceStep(name="<b>", detail="<i>x</i>", ms=1)])
    assert not re.search(r"<b><b>|<i>x", html)


def test_who_understood_is_said_once():
    plan = TurnPlan(intent="recommend", planner="rules (the model rests)")
    step = TraceStep(name="understand", detail="recommend, by rules (the model rests), 90% sure", ms=1)
    assert cards.trace(plan, []).count("the model rests") == cards.trace(plan, [step]).count("the model rests") == 1


def test_an_empty_turn_has_no_card():
    assert cards.cards(Evidence(), "s") == ""
