"""Messages in other languages reach the same plans, and are answered in their own."""

import string

import pytest

from agent.languages import load_tables, read, words_of
from agent.planner.rules import RulePlanner
from agent.responder import reply
from agent.values import Decision, DialogueState, Evidence, Standing, TrackFact, TurnPlan
from catalog.values import TrackId
from retrieval.reading.wishes import parse_wishes
from retrieval.vocabulary import load_vocabulary

CODES = ("de", "en", "es", "fr", "zh")
PLANNER = RulePlanner(lambda text: parse_wishes(text, ["Nena", "The Bards"]))
SHOWN = DialogueState(session_id="s" * 8, standing=Standing(results=tuple(TrackId(f"t{n}") for n in range(5))))
FRESH = DialogueState(session_id="s" * 8)


def summary(message, state):
    """Return what of a plan must not depend on the language."""
    plan = PLANNER.plan(read(message).text, state, ())
    wishes = {(c.field, c.op, str(c.value)) for c in plan.constraints}
    return plan.intent, wishes, plan.handles, plan.comparisons, plan.edit, plan.reaction


# Each line says the same in five languages, in the order of CODES.
SAME = {
    "a wish with a refusal": (
        FRESH,
        "Spiel ruhige Klaviermusik ohne Gesang",
        "play calm piano without vocals",
        "Pon música de piano tranquila sin voz",
        "Mets du piano calme sans paroles",
        "放一些安静的钢琴音乐，不要人声",
    ),
    "a decade": (
        FRESH,
        "Ich möchte Rock aus den 80ern",
        "I want rock from the 1980s",
        "Quiero rock de los 80",
        "Je voudrais du rock des années 80",
        "我想听80年代的摇滚",
    ),
    "a limit of length": (
        SHOWN,
        "unter 3 Minuten",
        "under 3 minutes",
        "menos de 3 minutos",
        "moins de 3 minutes",
        "不超过3分钟",
    ),
    "calmer": (
        SHOWN,
        "etwas ruhiger bitte",
        "calmer please",
        "más tranquilo por favor",
        "un peu plus calme",
        "安静一点",
    ),
    "faster": (
        SHOWN,
        "schneller",
        "faster",
        "más rápido",
        "plus rapide",
        "快一点",
    ),
    "like the second": (
        SHOWN,
        "mehr wie das zweite",
        "more like the second",
        "más como la segunda",
        "plus comme la deuxième",
        "更像第二首那样",
    ),
    "liking": (
        SHOWN,
        "das dritte gefällt mir",
        "i like the third",
        "me gusta la tercera",
        "j'aime la troisième",
        "喜欢第三首",
    ),
    "not liking": (
        SHOWN,
        "das erste gefällt mir nicht",
        "i don't like the first",
        "no me gusta la primera",
        "je n'aime pas le premier",
        "不喜欢第一首",
    ),
    "why": (
        SHOWN,
        "warum das zweite?",
        "why the second?",
        "¿por qué la segunda?",
        "pourquoi le deuxième ?",
        "为什么第二首？",
    ),
    "removing": (
        SHOWN,
        "entferne das dritte",
        "remove the third",
        "quita la tercera",
        "supprime le troisième",
        "删掉第三首",
    ),
    "undo": (
        SHOWN,
        "mach das rückgängig",
        "undo",
        "deshazlo",
        "annule",
        "撤销",
    ),
    "thanks": (
        SHOWN,
        "Danke!",
        "thanks!",
        "¡gracias!",
        "merci !",
        "谢谢！",
    ),
    "composing": (
        FRESH,
        "Komponiere ein episches Stück",
        "compose an epic song",
        "Compón una canción épica",
        "Compose un morceau épique",
        "创作一首史诗的歌",
    ),
    "counting": (
        FRESH,
        "Wie viele Lieder hast du?",
        "how many songs do you have?",
        "¿cuántas canciones tienes?",
        "combien de chansons as-tu ?",
        "有多少首歌？",
    ),
}


@pytest.mark.parametrize("kind", SAME)
@pytest.mark.parametrize("code", CODES)
def test_the_same_wish_has_the_same_plan(kind, code):
    state, *said = SAME[kind]
    message, english = said[CODES.index(code)], said[CODES.index("en")]
    assert summary(message, state) == summary(english, state)
    assert read(message).language in ({code, None} if code == "en" else {code})


@pytest.mark.parametrize(
    "message",
    [
        "jazz",
        "#2",
        "Die Hard soundtrack",
        "Ave Maria",
        "Bohemian Rhapsody",
        "more like Die Ärzte",
        "songs from La La Land",
    ],
)
def test_english_and_names_stay_as_they_are(message):
    assert read(message).text == message
    assert read(message).language in {"en", None}


def test_japanese_is_not_answered_in_chinese():
    assert read("悲しい音楽").language is None


def test_names_in_quotes_stay():
    assert "“Der Kommissar”" in read('Hast du "Der Kommissar" von Falco?').text
    assert read('guárdala como "La tarde"').text == "save it as “La tarde”"
    assert read("想听《晚安》").text == "i want “晚安”"


@pytest.mark.parametrize(
    "message", ["", "   ", "¿¡", "\U000f0000 danke \U000f0001", "ä" * 20_000, "ruhig " * 3_000, "𝔘🎧\x00"]
)
def test_odd_messages_are_read_at_all(message):
    assert isinstance(read(message).text, str)


def test_every_language_has_every_template_with_the_same_values():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english = words_of("en").templates
    for code in CODES:
        templates = words_of(code).templates
        assert set(templates) == set(english), code
        for name, text in templates.items():
            assert fields(text) <= fields(english[name]), (code, name)
            assert fields(text) >= fields(english[name]) - {"well"}, (code, name)


@pytest.mark.parametrize("code", [code for code in CODES if code != "en"])
def test_sentences_of_the_acts_and_reasons_are_translated(code):
    words = words_of(code)
    for english in (
        "Removed 1; 7 tracks are left.",
        "Saved “A {b} “c”” with 8 tracks; export it as M3U8, XSPF or JSPF.",
        "sounds calm (95%); 0:42 long; from 1999; in G# minor",
        "#1 “X” (by Y, 1:41): sounds female vocal (70%); not drums (1%).",
    ):
        told = words.clauses(english) if english.startswith("sounds") else words.sentence(english)
        assert told != english
        assert not {"tracks", "sounds", "left"} & set(told.split())
    assert "A {b} “c”" in words.sentence("Saved “A {b} “c”” with 8 tracks; export it as M3U8, XSPF or JSPF.")
    assert words.sentence("Nobody translated this.") == "Nobody translated this."
    concepts = {c.id for c in load_vocabulary().concepts}
    assert set(words.concepts) <= concepts


@pytest.mark.parametrize("table", load_tables(), ids=lambda table: table.code)
def test_what_no_table_knows_stays(table):
    assert table.english("Xyzzy 123") == "Xyzzy 123"


def test_the_reply_is_in_the_language_of_the_message():
    known = {"title": "{Braces} & “quotes”", "artist": "Nena", "why": "calm", "provenance": "human", "duration_s": 60}
    unknown = dict.fromkeys(("album", "year", "tempo_bpm", "key", "licence", "attribution"))
    track = TrackFact(handle=1, track_id=TrackId("t"), tags=(), score=0.9, **known, **unknown)
    decision = Decision(kind="recommend", fit=0.9, reason="")
    said = {
        code: "".join(reply(TurnPlan(intent="recommend", language=code), decision, Evidence(tracks=(track,))))
        for code in (*CODES, "xx")
    }
    assert said["de"].startswith("Ein Titel passt gut. Am besten passt #1 “{Braces} & “quotes”” von Nena")
    assert said["xx"] == said["en"]
    assert len(set(said.values())) == len(CODES)
