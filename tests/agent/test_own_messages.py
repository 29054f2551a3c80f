"""Sixty messages that say five times twelve things, in five languages: each is read alike in all of them."""

import pytest
from dialogue_states import ARTISTS, FRESH, LIST, LISTED

from agent.planner.rules import RulePlanner
from retrieval.constraints import Constraint
from retrieval.reading.wishes import parse_wishes
from retrieval.vocabulary import load_vocabulary

PLANNER = RulePlanner(lambda text: parse_wishes(text, ARTISTS))


def plan(message, state=LISTED):
    return PLANNER.plan(message, state, ())


def wishes(told):
    concept = load_vocabulary().concept
    return {(c.field, c.op, found.id if (found := concept(str(c.value))) else c.value) for c in told.constraints}


@pytest.mark.parametrize(
    "message",
    [
        "quiet piano for breakfast, nobody singing",
        "leise Klaviermusik zum Frühstück, ohne Gesang",
        "piano suave para desayunar, sin que cante nadie",
        "piano doux pour le petit-déjeuner, sans chant",
        "早餐听的轻柔钢琴，不要唱的",
    ],
)
def test_calm_piano_without_vocals(message):
    told = wishes(plan(message, FRESH))
    assert {("mood", "is", "calm"), ("instrument", "is", "piano"), ("vocal", "is", "instrumental")} <= told


@pytest.mark.parametrize(
    "message",
    [
        "dark techno around 130, at most seven minutes",
        "düsterer Techno um die 130, höchstens sieben Minuten",
        "techno oscuro sobre 130, siete minutos como mucho",
        "techno sombre autour de 130, sept minutes maximum",
        "暗黑一点的techno，130左右，最长七分钟",
    ],
)
def test_a_tempo_beside_a_length(message):
    told = wishes(plan(message, FRESH))
    assert ("duration", "max", 420) in told
    assert ("tempo", "between", (117, 143)) in told
    assert {("mood", "is", "dark"), ("genre", "is", "techno")} <= told


@pytest.mark.parametrize(
    "message",
    [
        "nice, but older and a touch slower",
        "schön, aber älter und etwas langsamer",
        "bonito, pero más antiguo y un poco más lento",
        "joli, mais plus ancien et un peu plus lent",
        "好听，但要老一点、慢一点的",
    ],
)
def test_two_comparisons(message):
    told = plan(message)
    assert (told.intent, set(told.comparisons), told.constraints) == ("refine", {"older", "slower"}, ())


@pytest.mark.parametrize(
    "message",
    [
        "throw 4 and 6 out and give me two more in their place",
        "4 und 6 raus, dafür zwei andere",
        "fuera la 4 y la 6, y pon otras dos en su lugar",
        "vire la 4 et la 6 et mets-en deux autres à la place",
        "第四首和第六首换成别的两首",
        "replace #4 and #6",
    ],
)
def test_others_in_the_place_of_two(message):
    told = plan(message)
    assert (told.edit, told.handles) == ("replace", (4, 6))


@pytest.mark.parametrize(
    "message",
    [
        "the decade doesn't matter any more",
        "das Jahrzehnt ist doch egal",
        "la década ya no importa",
        "la décennie n'a plus d'importance",
        "年代不重要了",
    ],
)
def test_a_decade_is_taken_back(message):
    decade = Constraint("year", "between", (1970.0, 1979.0), "from the 70s")
    state = LISTED.model_copy(update={"standing": LIST.model_copy(update={"constraints": (decade,)})})
    assert plan(message, state).without == (1,)


@pytest.mark.parametrize(
    "message",
    [
        "I love number 2, I hate number 5, find more",
        "Nummer 2 liebe ich, die 5 ist schrecklich, such mehr",
        "me encanta la 2, odio la 5, busca más",
        "j'adore la 2, je déteste la 5, trouve-m'en d'autres",
        "第二首很喜欢，第五首很讨厌，再找一些",
    ],
)
def test_one_is_loved_and_another_is_not(message):
    told = [(s.intent, s.reaction, s.handles) for s in plan(message).steps]
    assert told == [("feedback", "like", (2,)), ("feedback", "dislike", (5,)), ("similar", None, (2,))]


@pytest.mark.parametrize(
    "message",
    [
        "an hour and a half for a garden party, start mellow, end wild",
        "anderthalb Stunden fürs Gartenfest, erst gemütlich, am Ende zum Tanzen",
        "hora y media para una fiesta en el jardín, empezar tranquilo y acabar bailando",
        "une heure et demie pour une fête au jardin, commencer calme et finir en dansant",
        "花园派对用的一个半小时，开头安静，最后能跳舞",
    ],
)
def test_a_long_list_with_a_course(message):
    told = plan(message, FRESH)
    assert (told.intent, told.shape.arc) == ("continue_playlist", "rise")
    assert (told.shape.duration_s or told.duration_s) == 5400


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("save these as Campfire, then show me something livelier", "Campfire"),
        ("guárdalas como Fogata y luego enséñame algo más animado", "Fogata"),
        ("enregistre sous Feu de camp puis montre-moi plus vivant", "Feu de camp"),
        ("存成“篝火”，然后来点更欢快的", "篝火"),
    ],
)
def test_what_is_there_is_saved_before_something_else_is_looked_for(message, title):
    first, second = plan(message).steps
    assert (first.edit, first.playlist_title) == ("save", title)
    assert second.intent == "refine"


@pytest.mark.parametrize(
    "message",
    [
        "is the third one instrumental?",
        "ist das dritte instrumental?",
        "¿la tercera es instrumental?",
        "la troisième est instrumentale ?",
        "第三首是纯音乐吗",
    ],
)
def test_a_track_is_asked_about(message):
    told = plan(message)
    assert (told.intent, told.handles, wishes(told)) == ("explain", (3,), {("vocal", "is", "instrumental")})


@pytest.mark.parametrize(
    "message",
    [
        "compose 20 seconds of spooky organ",
        "komponier mir 20 Sekunden gruselige Orgel",
        "compón 20 segundos de órgano tenebroso",
        "compose 20 secondes d'orgue lugubre",
        "写一段20秒的阴森管风琴",
    ],
)
def test_a_piece_is_composed(message):
    told = plan(message, FRESH)
    assert (told.intent, told.duration_s) == ("generate", 20)


@pytest.mark.parametrize(
    "message", ["undo the last change", "deshaz el último cambio", "annule le dernier changement", "撤销刚才的改动"]
)
def test_the_last_change_is_taken_back(message):
    assert plan(message).intent == "undo"


@pytest.mark.parametrize(
    "message",
    [
        "add five more that fit",
        "häng noch fünf Stücke dran, die dazu passen",
        "añade cinco canciones que peguen",
        "ajoute cinq morceaux qui vont avec",
        "再加五首合适的",
    ],
)
def test_a_list_gets_five_more(message):
    told = plan(message)
    assert told.intent == "continue_playlist"
    assert 5 in {told.n, told.shape and told.shape.n}


@pytest.mark.parametrize(
    "message",
    [
        "put number 7 first, please",
        "die 7 an die erste Stelle bitte",
        "pon la 7 la primera, por favor",
        "mets la 7 en premier s'il te plaît",
        "把第七首放到第一位",
    ],
)
def test_a_track_comes_first(message):
    told = plan(message)
    assert (told.edit, told.handles, told.place) == ("move", (7,), 1)


@pytest.mark.parametrize(
    "message",
    [
        "without the electronic stuff",
        "ohne das Elektronische",
        "sin lo electrónico",
        "sans le côté électronique",
        "不要电子的",
    ],
)
def test_a_style_is_refused(message):
    assert wishes(plan(message)) == {("genre", "not", "electronic")}


@pytest.mark.parametrize(
    "message",
    [
        "rather from the 2000s",
        "lieber aus den 2000ern",
        "mejor de los 2000",
        "plutôt des années 2000",
        "还是要2000年代的",
    ],
)
def test_the_first_decade_of_a_century(message):
    assert wishes(plan(message)) == {("year", "between", (2000, 2009))}


@pytest.mark.parametrize(
    "message",
    [
        "export this as m3u for my phone",
        "exportier das als m3u für mein Handy",
        "expórtala como m3u para el móvil",
        "exporte ça en m3u pour mon téléphone",
        "导出成m3u，放手机里",
    ],
)
def test_a_format_is_no_name(message):
    told = plan(message)
    assert (told.intent, told.edit, told.playlist_title) == ("edit_playlist", "save", None)


@pytest.mark.parametrize(
    "message",
    [
        "only one per artist",
        "nur eins pro Künstler",
        "solo una por artista",
        "une seule par artiste",
        "每个歌手只要一首",
    ],
)
def test_one_per_artist(message):
    assert ("per_artist", "max", 1) in wishes(plan(message))


@pytest.mark.parametrize(
    "message",
    [
        "brighter, and at least four minutes long",
        "heller, und mindestens vier Minuten lang",
        "más luminosas y de al menos cuatro minutos",
        "plus lumineux et au moins quatre minutes",
        "更明亮一点，至少四分钟",
    ],
)
def test_a_comparison_and_a_length(message):
    told = plan(message)
    assert (told.comparisons, wishes(told)) == (("happier",), {("duration", "min", 240)})


@pytest.mark.parametrize(
    "message",
    [
        "what key is #5 in?",
        "in welcher Tonart steht die 5?",
        "¿en qué tonalidad está la 5?",
        "en quelle tonalité est la 5 ?",
        "第五首是什么调",
    ],
)
def test_a_key_is_asked_for(message):
    told = plan(message)
    assert (told.intent, told.handles) == ("explain", (5,))


@pytest.mark.parametrize(
    "message",
    [
        "everything after number 6 can go",
        "alles nach der 6 kann weg",
        "todo lo que va después de la 6 fuera",
        "tout ce qui vient après la 6 peut partir",
        "第六首以后的都不要",
    ],
)
def test_what_comes_after_a_place_goes_and_the_place_stays(message):
    told = plan(message)
    assert (told.edit, told.handles) == ("remove", (7, 8))


@pytest.mark.parametrize(
    "message",
    [
        "how many of them are from the 90s?",
        "wie viele davon sind aus den 90ern?",
        "¿cuántas de ellas son de los 90?",
        "combien d'entre elles sont des années 90 ?",
        "里面有多少首是九十年代的",
    ],
)
def test_how_many_of_them(message):
    told = plan(message)
    assert (told.intent, wishes(told)) == ("explain", {("year", "between", (1990, 1999))})


@pytest.mark.parametrize(
    "message",
    ["which is the calmest?", "¿cuál es la más tranquila?", "laquelle est la plus calme ?", "哪首最安静"],
)
def test_the_calmest_of_them(message):
    told = plan(message)
    assert (told.intent, wishes(told)) == ("explain", {("order", "is", "the calmest first")})


@pytest.mark.parametrize(
    "message",
    [
        "skip to something completely different: reggae",
        "jetzt was ganz anderes: Reggae",
        "ahora algo totalmente distinto: reggae",
        "maintenant tout autre chose : du reggae",
        "现在来点完全不同的：雷鬼",
    ],
)
def test_something_else_is_a_new_search(message):
    assert plan(message).intent == "recommend"


@pytest.mark.parametrize(
    "message", ["mismo ambiente, otros artistas", "même ambiance, d'autres artistes", "氛围一样，换别的歌手"]
)
def test_the_same_mood_is_no_ambient(message):
    told = plan(message)
    assert (told.different_artist, told.constraints) == (True, ())


@pytest.mark.parametrize(
    "message",
    [
        "something tense, drums yes, vocals no",
        "was Spannendes, Trommeln ja, Gesang nein",
        "algo tenso, batería sí, voces no",
        "quelque chose de tendu, batterie oui, voix non",
        "紧张的音乐，要鼓，不要人声",
    ],
)
def test_a_refusal_may_come_after_what_it_refuses(message):
    assert {("instrument", "is", "drums"), ("vocal", "is", "instrumental")} <= wishes(plan(message, FRESH))


@pytest.mark.parametrize(
    "message",
    [
        "the first half is great, the second half is boring",
        "die erste Hälfte ist super, die zweite langweilig",
        "la primera mitad genial, la segunda aburrida",
        "la première moitié est super, la deuxième ennuyeuse",
        "前一半很好，后一半无聊",
    ],
)
def test_half_of_a_list_is_several_tracks(message):
    told = [(s.reaction, s.handles) for s in plan(message).steps]
    assert told == [("like", (1, 2, 3, 4)), ("dislike", (5, 6, 7, 8))]


@pytest.mark.parametrize(
    "message",
    [
        "start with the calm ones",
        "fang mit den ruhigen an",
        "empieza con las tranquilas",
        "commence par les calmes",
        "从安静的开始放",
    ],
)
def test_the_calm_ones_come_first(message):
    assert plan(message).shape.arc == "rise"


def test_bare_numbers_move_beside_each_other():
    told = plan("put 3 right before 1")
    assert (told.edit, told.handles, told.place) == ("move", (3,), 1)


@pytest.mark.parametrize("message", ["make it 20 minutes longer", "mach sie 20 Minuten länger", "再长20分钟"])
def test_so_much_longer(message):
    assert plan(message).shape.delta_s == 1200


@pytest.mark.parametrize("message", ["como la segunda pero nada de batería", "nada de batería", "sin batería"])
def test_none_of_an_instrument_is_refused_in_spanish(message):
    assert ("instrument", "not", "drums") in wishes(plan(message))


def test_a_name_ends_before_what_is_looked_for_then():
    first, second = plan("save these as Campfire, then some jazz").steps
    assert (first.edit, first.playlist_title) == ("save", "Campfire")
    assert ("genre", "is", "jazz") in wishes(second)
