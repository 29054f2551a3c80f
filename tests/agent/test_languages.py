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
    assert said["de"].startswith("Ein Titel passt gut. Am besten passt #1 „{Braces} & “quotes”“ von Nena")
    assert said["xx"] == said["en"]
    assert len(set(said.values())) == len(CODES)


@pytest.mark.parametrize(
    ("message", "english"),
    [
        ("Streichen Sie bitte Titel 2 und 7 von der Liste.", "#2 and #7"), ("die sechs kann was", "#6"),
        ("quita la 3, la 5 y la nueve", "#3 and #5 and #9"), ("me gusta la una", "#1"),
        ("retirez les morceaux six et sept", "#6 and #7"), ("le 2 et le 5 dans ma liste", "#2 and #5"),
        ("七号不好听", "#7"), ("点开4", "play #4"),
    ],
)  # fmt: skip
def test_places_are_read_in_numbers_and_in_words(message, english):
    assert english in read(message).text


@pytest.mark.parametrize(
    "message", ["gib mir die 3 schnellsten", "die drei letzten Minuten", "la 4 min", "las dos últimas", "le 3 mai"]
)
def test_what_is_counted_is_no_place(message):
    assert "#" not in read(message).text


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Als »Omas Geburtstag« abspeichern", "Omas Geburtstag"),
        ("speicher die Liste und nenn sie Sonntag", "Sonntag"),
        ("guárdamelo como Tardes de lluvia", "Tardes de lluvia"), ("ponle de nombre Ruta 66 y guarda", "Ruta 66"),
        ("enregistre tout ça, appelle-le Apéro terrasse", "Apéro terrasse"),
        ("nickel, garde ça sous le nom « Boum de Léo »", "Boum de Léo"), ("把这个歌单保存为夜晚", "夜晚"),
    ],
)  # fmt: skip
def test_a_list_is_saved_under_the_name_that_was_said(message, name):
    plan = PLANNER.plan(message, SHOWN, ())
    assert (plan.edit, plan.playlist_title) == ("save", name)


@pytest.mark.parametrize(
    ("message", "wishes"),
    [
        ("pareil mais moins de 130 bpm et moins de 4 minutes", {("tempo", "max", 130.0), ("duration", "max", 240.0)}),
        ("y desde 2006 y antes de 2012 por favor", {("year", "min", 2006.0), ("year", "max", 2011.0)}),
        ("limit it to 2000s", {("year", "between", (2000.0, 2009.0))}),
    ],
)
def test_two_limits_in_a_row_are_two(message, wishes):
    assert {(c.field, c.op, c.value) for c in PLANNER.plan(message, SHOWN, ()).constraints} == wishes


@pytest.mark.parametrize("code", [code for code in CODES if code != "en"])
def test_facts_beside_wishes_are_translated(code):
    words = words_of(code)
    for english in (
        "12 of 172 tracks hold it, 3 more at half or double time",
        "weighs in the ranking; 8 tracks clearly hold it",
        "its name or tags say “battle”; by ear epic 12%",
        "its artist stands in playlists beside those you like",
        "not in its names or tags",
    ):
        told = words.clauses(english)
        assert not {"tracks", "hold", "weighs", "tags", "artist", "ear"} & set(told.replace(";", " ").split()), told


@pytest.mark.parametrize(
    ("message", "english"),
    [
        ("irgendwas das nach Miles Davis klingt", "anything similar to Miles Davis"),
        ("un truc dans la veine de Daft Punk", "similar to Daft Punk"),
        ("algo que suene a Daft Punk", "similar to Daft Punk"),
        ("像周杰伦那样的歌", "similar to 周杰伦 songs"),
        ("búscame La Llorona de Chavela Vargas", "play “La Llorona” by Chavela Vargas"),
        ("spiel mir Die Moritat von Mackie Messer", "play “Die Moritat” by Mackie Messer"),
        ("请问有没有邓丽君的《甜蜜蜜》？", "play “甜蜜蜜” by 邓丽君?"),
        ("放一下平凡之路", "play “平凡之路”"),
        ("tu peux me passer La Bohème ?", "play “La Bohème”?"),
    ],
)
def test_names_are_found_behind_what_is_said_around_them(message, english):
    assert read(message).text == english


@pytest.mark.parametrize(
    "message",
    [
        "music by the fire",
        "a playlist for yoga class",
        "give me a banger",
        "songs about mint",
        "放爵士",
        "spiel mir Jazz von Chet Baker",
    ],
)
def test_idioms_and_titles_are_not_seen_where_none_are(message):
    english = read(message).text
    assert "is great" not in english
    assert "“" not in english


@pytest.mark.parametrize(
    ("message", "english"),
    [
        ("doch lieber 140, sonst passt's", "rather 140,"),
        ("das mit dem Jazz kannst du wieder streichen", "forget what i said about Jazz"),
        ("uy no, me equivoqué, en español quería decir", "no, i meant"),
        ("pásamela en un archivo para el móvil, porfa", "export the list"),
        ("algo de 1 min y medio", "1.5 minutes"),
        ("时长无所谓了，再来十首", "any length is fine"),
        ("Hm. Third one is close", "the Third one is close"),
    ],
)
def test_second_thoughts_and_leftovers_are_read(message, english):
    assert english in read(message).text


@pytest.mark.parametrize(
    ("code", "listed"), [("de", "„A“, „B (live)“"), ("fr", "« A », « B (live) »"), ("es", "«A», «B (live)»")]
)
def test_quotation_marks_are_those_of_the_language(code, listed):
    words = words_of(code)
    assert listed in words.sentence("Kept: “A”, “B (live)”.")
    told = words.sentence("#1 “X” (1:41): its name or tags say “sea”, “wind”.")
    assert "“sea”" not in told
    assert words.quoted("“wind”") in told
    assert words.sentence("“X”") == words.quoted("“X”") != "“X”"


def test_labels_of_tracks_are_named_in_german():
    words = words_of("de")
    assert (
        words.sentence("Tags: drums (12), Death Metal (4), violin (2).")
        == "Schlagworte: Schlagzeug (12), Death Metal (4), Geige (2)."
    )
    assert words.label("Soundtrack") == "Filmmusik"


def test_every_concept_has_a_name_on_a_german_page():
    assert {concept.id for concept in load_vocabulary().concepts} <= set(words_of("de").names)
