"""Limits of amounts, singing and comparisons in the words that people have for them, in five languages."""

from __future__ import annotations

import pytest

from agent.planner.rules import RulePlanner
from agent.values import DialogueState, Standing
from catalog.values import TrackId
from retrieval.reading.wishes import parse_wishes

PLANNER = RulePlanner(parse_wishes)
LISTED = Standing(text="music", results=tuple(TrackId(f"tr-{n}") for n in range(10)))
MOST, LEAST = ("tempo", "max", 120.0), ("tempo", "min", 100.0)
SHORT, LONG = ("duration", "max", 180.0), ("duration", "min", 240.0)
SINCE, UNTIL = ("year", "min", 2010.0), ("year", "max", 2005.0)
PLAYED, SUNG = ("vocal", "is", "instrumental"), ("vocal", "is", "vocal")

LIMITS = [
    (MOST, "play music 120 bpm max", "play music that doesn't go over 120 bpm",
     "play music capped at 120 bpm", "play music with a tempo no higher than 120",
     "play music whose tempo is under 120", "spiel Musik bis zu 120 bpm",
     "spiel Musik mit einem Tempo bis 120", "spiel Musik, nichts über 120 bpm",
     "pon música que no supere los 120 bpm", "pon música de 120 bpm como mucho",
     "mets de la musique qui ne dépasse pas 120 bpm", "mets de la musique sous les 120 bpm",
     "来点速度不超过120的音乐", "来点比120 BPM慢的音乐"),
    (LEAST, "play music from 100 bpm up", "play music that never falls under 100 bpm",
     "play music upwards of 100 bpm", "play music from 100 bpm", "spiel Musik ab 100 bpm",
     "spiel Musik, nichts unter 100 bpm", "pon música de 100 bpm en adelante",
     "pon música que no baje de 100 bpm", "mets de la musique à partir de 100 bpm",
     "mets de la musique au-dessus de 100 bpm", "来点最少100 BPM的音乐", "来点速度在100以上的音乐"),
    (SHORT, "play music, 3 minutes tops", "play music that runs no more than 3 minutes",
     "play music within 3 minutes", "spiel Musik, nichts über 3 Minuten",
     "spiel Musik, drei Minuten oder kürzer", "pon música que no dure más de 3 minutos",
     "mets de la musique de 3 minutes au plus", "来点短于3分钟的音乐"),
    (LONG, "play music, 4 minutes and up", "play music exceeding 4 minutes",
     "spiel Musik, die mindestens vier Minuten dauert", "pon música que no baje de 4 minutos",
     "mets de la musique de 4 minutes minimum", "来点四分钟以上的音乐"),
    (SINCE, "play music made no earlier than 2010", "play music starting from 2010", "spiel Musik ab 2010",
     "spiel Musik, nichts vor 2010", "pon música de 2010 en adelante",
     "mets de la musique, rien d'avant 2010", "来点2010年以来的音乐"),
    (UNTIL, "play music, 2005 at the latest", "play music released by 2005",
     "spiel Musik bis einschließlich 2005", "pon música, nada posterior a 2005",
     "mets de la musique de 2005 ou avant", "来点不晚于2005年的音乐"),
    (PLAYED, "play music where no one sings", "play music with no human voice", "play music free of vocals",
     "I don't want to hear anyone sing", "spiel Musik, in der niemand singt", "spiel Musik ohne Worte",
     "pon música donde nadie cante", "pon música no cantada", "mets de la musique où personne ne chante",
     "来点没人唱的音乐"),
    (SUNG, "play music where somebody sings", "spiel Musik, bei der jemand singt", "pon música que se cante",
     "mets de la musique avec quelqu'un qui chante", "来点有人唱的音乐"),
]  # fmt: skip
COMPARISONS = [
    ("calmer", "less hectic", "not so wild", "etwas sanfter", "menos agresivo", "pas si intense", "别那么吵"),
    ("more energetic", "too sleepy", "give it more punch", "mehr Wumms", "con más marcha", "plus de punch", "更燃一点"),
    ("faster", "not so slow", "turn up the pace", "das Tempo anziehen", "más deprisa", "accélère", "提速"),
    ("slower", "take it down a notch in tempo", "Tempo runter", "baja el tempo", "moins vite", "慢下来"),
    ("darker", "less cheesy", "not so sunny", "schwermütiger", "más tétrico", "pas si joyeux", "再忧郁一点"),
    ("happier", "not so dark", "cheer it up", "aufmunternder", "menos deprimente", "plus positif", "没那么悲伤"),
]


@pytest.mark.parametrize(("wish", "message"), [(wish, m) for wish, *messages in LIMITS for m in messages])
def test_limits_and_singing_are_read_in_any_words(wish: tuple[str, str, object], message: str) -> None:
    plan = PLANNER.plan(message, DialogueState(session_id="s"), ())
    assert [(c.field, c.op, c.value) for c in plan.constraints] == [wish]


@pytest.mark.parametrize(("way", "message"), [(way, m) for way, *messages in COMPARISONS for m in messages])
def test_comparisons_are_read_in_any_words_and_are_no_wishes(way: str, message: str) -> None:
    plan = PLANNER.plan(message, DialogueState(session_id="s", standing=LISTED), ())
    assert (plan.intent, plan.comparisons, plan.constraints) == ("refine", (way,), ())


@pytest.mark.parametrize(
    "message", ["but 5 minutes or longer", "same, but at 90 bpm or slower", "3 minutes or shorter"]
)
def test_a_limit_with_or_is_no_comparison(message: str) -> None:
    plan = PLANNER.plan(message, DialogueState(session_id="s", standing=LISTED), ())
    assert plan.comparisons == ()
    assert [c.op for c in plan.constraints] in (["min"], ["max"])


def test_who_wants_the_music_is_no_wish_of_it() -> None:
    plan = PLANNER.plan("my boss asked for jazz", DialogueState(session_id="s"), ())
    assert [c.value for c in plan.constraints] == ["jazz"]


def test_a_wish_after_ok_takes_no_offer_and_a_yes_with_one_does() -> None:
    offered = DialogueState(session_id="s", standing=LISTED, pending_generation="calm piano")
    assert not PLANNER.plan("ok cool, over 4 minutes though", offered, ()).agreed
    assert PLANNER.plan("yes, but in C major", offered, ()).agreed
