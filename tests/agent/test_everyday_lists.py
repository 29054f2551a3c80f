"""A list under one's hands, in five languages: what stays and goes, what is moved, how many more."""

import pytest
from dialogue_states import ARTISTS, LISTED

from agent.planner.rules import RulePlanner
from retrieval.reading.wishes import parse_wishes

PLANNER = RulePlanner(lambda text: parse_wishes(text, ARTISTS))


def plan(message):
    return PLANNER.plan(message, LISTED, ())


def wishes(message):
    return [(c.field, c.op, c.value) for c in plan(message).constraints]


@pytest.mark.parametrize(
    "message",
    [
        "only the first five",
        "nur die ersten fünf",
        "deja solo las cinco primeras",
        "garde seulement les cinq premières",
        "只留前五首",
    ],
)
def test_only_the_first_ones_stay(message):
    told = plan(message)
    assert (told.edit, told.handles) == ("remove", (6, 7, 8))


@pytest.mark.parametrize(
    "message",
    [
        "keep the first and the last one, the rest can go",
        "keep the first and the last, drop the others",
        "das erste und das letzte behalten, Rest weg",
    ],
)
def test_what_is_kept_does_not_go(message):
    told = plan(message)
    assert (told.edit, told.handles) == ("remove", (2, 3, 4, 5, 6, 7))


@pytest.mark.parametrize(
    ("message", "handle", "place"),
    [
        ("the second to the very top", 2, 1),
        ("die zweite nach ganz oben", 2, 1),
        ("pon la última al principio", 8, 1),
        ("mets la dernière en premier", 8, 1),
        ("把最后一首放到最前面", 8, 1),
        ("#3 to the end", 3, 8),
    ],
)
def test_a_track_goes_to_an_end_of_the_list(message, handle, place):
    told = plan(message)
    assert (told.edit, told.handles, told.place) == ("move", (handle,), place)


@pytest.mark.parametrize(
    "message",
    ["swap 1 and 4", "tausch 1 und 4", "cambia la 1 por la 4", "échange la 1 et la 4", "第一首和第四首换一下"],
)
def test_two_tracks_change_places(message):
    assert [(s.edit, s.handles, s.place) for s in plan(message).steps] == [("move", (1,), 4), ("move", (4,), 1)]


def test_the_list_is_as_it_was_but_for_the_two(world):
    world.say("jazz, 8 tracks")
    before = list(world.standing().results)
    world.say("swap 2 and 5, then save it as Sunday")
    before[1], before[4] = before[4], before[1]
    assert list(world.standing().results) == before
    assert [p.title for p in world.catalogue.playlists.all()] == ["Sunday"]


@pytest.mark.parametrize("message", ["another ten", "noch zehn", "otras diez", "encore dix"])
def test_so_many_others(message):
    told = plan(message)
    assert (told.n, told.fresh) == (10, True)


@pytest.mark.parametrize(
    "message",
    ["I don't like any of these", "gefällt mir alles nicht", "no me gusta ninguna", "rien ne me plaît", "都不喜欢"],
)
def test_who_likes_none_dislikes_them_all(message):
    told = plan(message)
    assert (told.reaction, told.handles) == ("dislike", (1, 2, 3, 4, 5, 6, 7, 8))


@pytest.mark.parametrize(
    "message",
    [
        "what year is the third from?",
        "aus welchem Jahr ist das dritte?",
        "¿de qué año es la tercera?",
        "de quelle année est la troisième ?",
        "第三首是哪年的",
        "was ist das für ein Lied, die Nummer 3?",
        "¿cómo se llama la tercera?",
        "comment s'appelle le troisième ?",
    ],
)
def test_a_question_about_a_track(message):
    told = plan(message)
    assert (told.intent, told.handles) == ("explain", (3,))


@pytest.mark.parametrize(
    "message",
    [
        "nothing with vocals please",
        "nichts mit Gesang bitte",
        "sin voces por favor",
        "sans voix s'il te plaît",
        "不要人声",
    ],
)
def test_no_vocals(message):
    assert wishes(message) == [("vocal", "is", "instrumental")]


@pytest.mark.parametrize(
    "message",
    [
        "less drums",
        "weniger Schlagzeug",
        "menos batería",
        "moins de batterie",
        "少点鼓",
        "forget the drums",
        "鼓不要了",
    ],
)
def test_less_of_a_sound_is_not_more_of_it(message):
    assert wishes(message) == [("instrument", "not", "drums")]


def test_forgetting_what_was_never_said_changes_nothing():
    told = plan("forget what I said about strings")
    assert (told.intent, told.constraints) == ("refine", ())
    assert wishes("don't forget the strings") == [("instrument", "is", "strings")]


@pytest.mark.parametrize(
    "message",
    [
        "no more than two per artist",
        "nicht mehr als zwei pro Künstler",
        "no más de dos por artista",
        "pas plus de deux par artiste",
        "每个歌手最多两首",
    ],
)
def test_so_many_per_artist(message):
    assert wishes(message) == [("per_artist", "max", 2)]


@pytest.mark.parametrize(
    "message",
    [
        "remember that I don't like trumpets",
        "merk dir, dass ich keine Trompeten mag",
        "recuerda que no me gusta la trompeta",
        "retiens que je n'aime pas la trompette",
        "记住我不喜欢小号",
    ],
)
def test_a_dislike_to_remember(message):
    (taste,) = plan(message).tastes
    assert "trumpet" in taste.value
    assert taste.weight < 0


@pytest.mark.parametrize(
    "message", ["start over", "fang von vorne an", "empecemos de cero", "on repart de zéro", "重新来"]
)
def test_all_begins_anew(message):
    assert plan(message).intent == "clarify"


def test_a_name_in_quotes_ends_with_them():
    told = plan('save it as "BBQ" and sort it by tempo')
    assert (told.playlist_title, told.shape.order) == ("BBQ", "tempo")


@pytest.mark.parametrize("message", ["Nummer 2 nochmal", "number 2 again"])
def test_once_more_is_no_removal(message):
    told = plan(message)
    assert (told.intent, told.handles) == ("exact_track", (2,))


@pytest.mark.parametrize(
    "message",
    [
        "the ones after 1960 out",
        "die nach 1960 raus",
        "quita las de después de 1960",
        "enlève celles d'après 1960",
        "1960年以后的去掉",
    ],
)
def test_what_is_taken_out_by_its_year_is_not_what_stays(message):
    assert wishes(message) == [("year", "max", 1960)]


@pytest.mark.parametrize(
    "message",
    [
        "move the eighth right after the first",
        "setz die 8 direkt hinter die 1",
        "pon la 8 justo después de la 1",
        "finalement mets la 8 juste après la 1",
        "把第8首放到第1首后面",
    ],
)
def test_a_track_goes_beside_another(message):
    told = plan(message)
    assert (told.edit, told.handles, told.place) == ("move", (8,), 2)


def test_thanks_with_a_story_ask_for_nothing():
    assert plan("lol my whole office is dancing. cheers mate").intent == "chitchat"
    assert plan("thanks, now something slower. cheers").intent != "chitchat"


def test_a_question_with_a_story_is_one_question():
    told = plan("what's the difference between a waltz and a ländler? kids asked me in class today")
    assert (told.intent, told.question.kind) == ("chitchat", "term")


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        ("techno between 120 and 126 please", ("tempo", "between", (120, 126))),
        ("nothing longer than 2 and a half min", ("duration", "max", 150)),
        ("music for between 80 and 100 guests", None),
        ("songs from between 1990 and 1999", ("year", "between", (1990, 1999))),
    ],
)
def test_bare_numbers_mean_what_they_can_mean(message, wish):
    found = [w for w in wishes(message) if w[0] in {"tempo", "duration", "year"}]
    assert found == ([] if wish is None else [wish])


@pytest.mark.parametrize(
    "message",
    [
        "rock, nothing from the 90s",
        "keine Musik aus den Neunzigern, aber Rock",
        "rock, pero nada de los noventa",
        "du rock, mais rien des années 90",
        "摇滚，但不要九十年代的",
    ],
)
def test_a_decade_that_is_refused_is_not_wished_for(message):
    assert ("year", "not", (1990, 1999)) in wishes(message)


@pytest.mark.parametrize(
    "message",
    [
        "etwas trauriger, aber gleiches Tempo",
        "más triste pero con el mismo tempo",
        "plus triste mais au même tempo",
        "更伤感一点，但速度一样",
    ],
)
def test_the_same_tempo_is_no_wish(message):
    told = plan(message)
    assert (told.comparisons, told.constraints) == (("darker",), ())


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("mach daraus eine Playlist namens Abend", "Abend"),
        ("haz una lista con esto que se llame Tarde", "Tarde"),
        ("fais-en une playlist appelée Soirée", "Soirée"),
        ("把这些做成一个叫“晚上”的歌单", "晚上"),
    ],
)
def test_a_name_is_not_translated(message, title):
    told = plan(message)
    assert (told.edit, told.playlist_title) == ("save", title)


@pytest.mark.parametrize("message", ["Musik wie von Hans Zimmer", "música como la de Ennio Morricone"])
def test_music_like_somebodys_is_not_by_them(message):
    assert {(field, op) for field, op, _ in wishes(message)} == {("artist", "like")}


def test_a_key_by_its_mode_alone():
    assert wishes("in einer Molltonart bitte") == [("key", "is", "minor")]
