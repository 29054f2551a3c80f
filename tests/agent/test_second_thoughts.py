"""What is said after a list is there: numbers put right, refusals lifted, a track moved, a list named anew."""

import pytest

from agent.languages import read
from agent.languages.spelling import mended
from agent.planner.rules import RulePlanner
from agent.standing import after, without
from agent.values import DialogueState, Standing
from catalog.values import TrackId
from retrieval.reading.wishes import parse_wishes

RULES = RulePlanner(lambda text: parse_wishes(text, []))
SHOWN = tuple(TrackId(f"t{n}") for n in range(10))


def standing(*wishes, text=""):
    said = tuple(wish for words in wishes for wish in parse_wishes(words).constraints)
    return Standing(constraints=said, results=SHOWN, text=text)


def stands_after(message, now):
    plan = RULES.plan(message, DialogueState(session_id="s", turn=1, standing=now), ())
    kept = without(now, plan.without, plan.unsaid)
    return plan, after(kept, plan, keep=plan.intent == "refine")


@pytest.mark.parametrize(
    ("message", "before", "after"),
    [
        ("no wait i said 10 i meant 5", "10 minutes or more", ("duration", "min", 300.0)),
        ("make it 120", "jazz at 100 bpm", ("tempo", "is", 120.0)),
        ("rather 128 to 132", "faster than 140 bpm", ("tempo", "between", (128.0, 132.0))),
        ("ne doch lieber so 128 bis 132", "faster than 140 bpm", ("tempo", "between", (128.0, 132.0))),
        ("uff me canso jaja bajale a 140", "150 bpm", ("tempo", "is", 140.0)),
        ("nan finalement 100", "150 bpm", ("tempo", "is", 100.0)),
        ("说错了 是160", "170 bpm", ("tempo", "is", 160.0)),
        ("not 1980 but 1985", "since 1980", ("year", "min", 1985.0)),
        ("hmm make that at least 15", "longer than 8 minutes", ("duration", "min", 900.0)),
        ("bit quick for my beginners, take it down 25 or so", "around 150 bpm", ("tempo", "between", (112, 138))),
        ("push it up by 10 bpm", "120 bpm", ("tempo", "between", (117, 143))),
    ],
)
def test_a_number_is_put_right_in_the_wish_that_it_was_said_in(message, before, after):
    plan, now = stands_after(message, standing(before))
    assert plan.intent == "refine"
    assert [(c.field, c.op, c.value) for c in now.constraints if c.field == after[0]] == [after]


@pytest.mark.parametrize("message", ["bring it down 10%", "push it up 2 places", "turn it down 3 db"])
def test_what_is_no_number_of_beats_moves_no_tempo(message):
    plan, _ = stands_after(message, standing("around 150 bpm"))
    assert not [c for c in plan.constraints if c.field == "tempo"]


def test_a_number_that_no_wish_has_puts_nothing_right():
    plan, _ = stands_after("i said 7 i meant 5", standing("under 4 minutes"))
    assert not plan.without


@pytest.mark.parametrize(
    ("message", "before", "left"),
    [
        ("the drums are fine after all", ["calm", "no drums"], ["calm"]),
        ("vocals are ok again", ["jazz", "without vocals"], ["jazz"]),
        ("bring back the flute", ["jazz", "no flute"], ["jazz"]),
        ("gesang darf wieder rein", ["jazz", "without vocals"], ["jazz"]),
        ("bon la flute ca passe", ["jazz", "no flute"], ["jazz"]),
        ("鼓可以有", ["jazz", "no drums"], ["jazz"]),
        ("drop the rain", ["calm", "rain"], ["calm"]),
        ("quita lo de la lluvia", ["calm", "rain"], ["calm"]),
        ("never mind what i said about the piano", ["jazz", "piano"], ["jazz"]),
    ],
)
def test_a_wish_is_taken_back_by_its_own_words(message, before, left):
    _, now = stands_after(message, standing(*before))
    assert [c.value for c in now.constraints] == left


def test_what_no_wish_names_is_no_longer_searched_by():
    _, now = stands_after("swap banjo for mandolin but keep it bluegrass", standing("folk", text="bluegrass banjo"))
    assert "banjo" not in now.text
    assert {"bluegrass", "mandolin"} <= set(now.text.split())


def test_one_instrument_instead_of_another():
    _, now = stands_after("das ganze mit cello statt klavier", standing("sad", "piano"))
    assert [c.value for c in now.constraints] == ["sad", "cello"]


@pytest.mark.parametrize(
    ("message", "handles", "place"),
    [
        ("put the last one first", (10,), 1),
        ("move #3 to the top", (3,), 1),
        ("shift track 2 to position 5", (2,), 5),
        ("move the second one to the end please", (2,), -1),
        ("schieb die 3 nach oben", (3,), 1),
        ("pon la 3 al principio", (3,), 1),
        ("mets la 3 en premier", (3,), 1),
        ("把第2首挪到最后", (2,), -1),
    ],
)
def test_a_track_is_moved(message, handles, place):
    plan, _ = stands_after(message, standing("jazz"))
    assert (plan.intent, plan.edit, plan.handles, plan.place) == ("edit_playlist", "move", handles, place)


@pytest.mark.parametrize(
    "message", ["put on some jazz", "play the last one first", "make it last longer", "bring it on"]
)
def test_what_moves_no_track(message):
    assert stands_after(message, standing("calm"))[0].edit != "move"


def test_a_row_of_places_is_one_order():
    plan, _ = stands_after("take out 3 and 7 and put the last one first", standing("guitar"))
    assert [(s.edit, s.handles) for s in plan.steps] == [("remove", (3, 7)), ("move", (10,))]


def test_praise_and_a_question_are_both_heard():
    plan, _ = stands_after("the last one slaps, whats its key and tempo", standing("techno"))
    assert [(s.intent, s.handles) for s in plan.steps] == [("feedback", (10,)), ("explain", (10,))]


@pytest.mark.parametrize(
    ("message", "wishes"),
    [
        ("scrap all that. what about some jazz?", ["jazz"]),
        ("全都不要了重来,我要热闹的", ["energetic"]),
        ("annule tout sauf le violon", ["violin"]),
    ],
)
def test_all_is_dropped_and_something_else_asked_for(message, wishes):
    _, now = stands_after(message, standing("sad", "under 3 minutes"))
    assert [c.value for c in now.constraints] == wishes


def test_a_list_is_made_with_its_name_and_limits_of_its_tracks():
    message = "Make a playlist called Sunday Pancakes with 12 easygoing soul tracks, nothing longer than 4 min"
    plan = RULES.plan(message, DialogueState(session_id="s"), ())
    assert (plan.intent, plan.playlist_title, plan.n, plan.duration_s) == (
        "continue_playlist",
        "Sunday Pancakes",
        12,
        None,
    )
    assert [(c.op, c.value) for c in plan.constraints if c.field == "duration"] == [("max", 240.0)]


@pytest.mark.parametrize(
    ("message", "tempo"),
    [
        ("techno for my set, 132 to 136", (132, 136)),
        ("tracks for spin class around 130", (117, 143)),
        ("running, above 160", (160, 400)),
        ("i run about 165 steps a min", (148, 182)),
    ],
)
def test_bare_numbers_that_only_beats_can_be(message, tempo):
    (wish,) = [c for c in RULES.plan(message, DialogueState(session_id="s"), ()).constraints if c.field == "tempo"]
    assert (max(wish.bounds()[0], 20), min(wish.bounds()[1], 400)) == tempo


@pytest.mark.parametrize(
    "message", ["music for people over 60", "the top 100", "jazz from 1960 to 1965", "10 to 12 songs"]
)
def test_bare_numbers_that_are_no_beats(message):
    assert all(c.field != "tempo" for c in RULES.plan(message, DialogueState(session_id="s"), ()).constraints)


def test_words_drawn_out_are_the_words():
    assert mended("my toddler wont sleeeeep helpppp", "en") == "my toddler wont sleep help"
    assert mended("brrrrm", "en") == "brrrrm"


@pytest.mark.parametrize(
    ("message", "places"),
    [
        ("Take out 3 and 7, my sister will think they're too gloomy", (3, 7)),
        ("number 4 is perfect, more like that one", (4,)),
    ],
)
def test_places_are_read_whatever_follows(message, places):
    plan, _ = stands_after(message, standing("calm"))
    assert (plan.steps or (plan,))[0].handles == places


@pytest.mark.parametrize(
    ("message", "wishes"),
    [
        ("need something mellow tonight, no singing or i start typing the lyrics", ["mellow", "instrumental"]),
        ("leg day. hit me with something brutal 140+", [140.0, "leg day", "brutal"]),
        ("Good morning. Do you have calm piano?", ["calm", "piano"]),
        ("跑步用的歌,节奏170左右,电子的", [(153, 187), "workout", "energetic", "electronic"]),
        ("je cherche de l'accordéon un peu mélancolique", ["sad"]),
    ],
)
def test_everyday_words_around_a_wish_are_no_wishes(message, wishes):
    plan = RULES.plan(message, DialogueState(session_id="s"), ())
    assert sorted(map(str, (c.value for c in plan.constraints))) == sorted(map(str, wishes))


STANDS = ("jazz", "piano", "no drums", "under 5 minutes", "100 bpm")


@pytest.mark.parametrize(
    "message",
    [
        "don't drop the piano",
        "don't forget my wishes",
        "why did you drop the piano",
        "did you forget the tempo",
        "ugh, the drums are back",
        "are drums allowed?",
        "make it 20",
        "try 3",
        "don't move #3 to the top",
        "make the first one last longer",
        "put #3 in the end credits",
        "leg die 3 auf",
        "pon la 3",
        "passe la 3",
        "ponle más ritmo",
        "kannst du die liste in der reihenfolge ändern",
        "replace this with something calmer",
        "den namen hab ich vergessen, aber es war jazz",
    ],
)
def test_what_takes_nothing_back_and_changes_no_list(message):
    plan, now = stands_after(message, standing(*STANDS))
    assert not plan.without
    assert plan.edit not in {"move", "rename", "save"}
    assert not (plan.edit == "remove" and plan.handles)
    assert plan.intent != "clarify" or now.constraints == standing(*STANDS).constraints


def test_a_wish_taken_back_and_an_order_are_both_done():
    plan, _ = stands_after("remove the piano and add #3 to my playlist", standing(*STANDS))
    assert [(s.intent, s.edit, s.handles, s.without) for s in plan.steps] == [
        ("edit_playlist", "add", (3,), ()),
        ("refine", None, (), (2,)),
    ]
    plan, _ = stands_after("make it 120 and save it as Run", standing(*STANDS))
    assert [(s.intent, s.playlist_title) for s in plan.steps] == [("refine", None), ("edit_playlist", "Run")]


@pytest.mark.parametrize(
    ("message", "tempo"), [("make it 120 max", ("max", 120.0)), ("make it around 120", ("between", (108, 132)))]
)
def test_a_number_put_right_keeps_how_it_limits(message, tempo):
    plan, _ = stands_after(message, standing("jazz", "100 bpm"))
    assert [(c.op, c.value) for c in plan.constraints] == [tempo]


def test_removing_what_is_not_wanted_lifts_nothing():
    assert not stands_after("remove the vocals", standing("jazz", "without vocals"))[0].without
    plan, _ = stands_after("remove the last one", standing("calm", text="last christmas"))
    assert (plan.edit, plan.handles, plan.unsaid) == ("remove", (10,), ())


@pytest.mark.parametrize("message", ["music for people 70+", "my grandma is around 80", "we are 12, aged 60 to 85"])
def test_ages_are_no_tempos(message):
    assert all(c.field != "tempo" for c in RULES.plan(message, DialogueState(session_id="s"), ()).constraints)


@pytest.mark.parametrize(
    ("message", "before", "field"),
    [
        ("thx! doesnt need to be 70s btw", "country from the 70s", "year"),
        ("it doesn't have to be from the 70s", "country from the 70s", "year"),
        ("non laisse tomber la tonalité", "slow songs in G major", "key"),
    ],
)
def test_a_wish_that_no_longer_matters_does_not_stand(message, before, field):
    asked = standing(before)
    assert field in {c.field for c in asked.constraints}
    plan, now = stands_after(message, asked)
    assert plan.intent == "refine"
    assert {c.field for c in now.constraints} == {c.field for c in asked.constraints} - {field}


def test_a_give_and_take_beside_a_tempo_is_no_tempo_of_its_own():
    plan, _ = stands_after("electronic in A minor at 124, +-2 bpm", Standing())
    assert len([c for c in plan.constraints if c.field == "tempo"]) == 1
    assert {c.field for c in plan.constraints} >= {"tempo", "key"}
    assert stands_after("jazz, give or take 10 tracks", Standing())[0].n == 10


@pytest.mark.parametrize("message", ["lass dir ruhige Musik einfallen", "能不能编一段爵士乐?"])
def test_music_is_made_up_for_who_asks_for_that(message):
    plan, _ = stands_after(message, Standing())
    assert plan.intent == "generate"


def test_keys_that_flow_are_an_order_by_key():
    plan, _ = stands_after("order it so the keys flow into each other", standing("jazz"))
    assert plan.shape is not None
    assert plan.shape.order == "key"


@pytest.mark.parametrize("message", ["this is so sad, cheer me up", "it's so gloomy, cheer me up please"])
def test_what_is_complained_of_is_no_wish(message):
    plan, now = stands_after(message, standing("jazz"))
    assert plan.comparisons == ("happier",)
    assert [c.value for c in now.constraints] == ["jazz"]


@pytest.mark.parametrize(
    ("message", "by", "descending"),
    [
        ("sortier nach Tempo absteigend", "tempo", True),
        ("sortier die Liste aufsteigend nach Tempo", "tempo", False),
        ("ordena de mayor a menor energía", "energy", True),
        ("ordénalas por tempo de menor a mayor", "tempo", False),
    ],
)
def test_an_order_has_a_direction_in_other_languages(message, by, descending):
    plan, _ = stands_after(message, standing("jazz"))
    assert plan.shape is not None
    assert (plan.shape.order, plan.shape.descending) == (by, descending)


@pytest.mark.parametrize("message", ["forget the key", "vergiss das Jahr", "oublie l'année"])
def test_a_wish_that_does_not_stand_is_not_taken_back_with_the_last_turn(message):
    plan, now = stands_after(message, standing("jazz"))
    assert (plan.intent, plan.without) == ("refine", ())
    assert [c.value for c in now.constraints] == ["jazz"]


@pytest.mark.parametrize(
    "message",
    ["jazz aus den letzten zehn Jahren", "jazz de los últimos diez años", "jazz des dix dernières années"],
)
def test_the_last_ten_years_are_years(message):
    plan, _ = stands_after(message, Standing())
    assert {(c.field, c.op) for c in plan.constraints} == {("genre", "is"), ("year", "min")}


def test_a_list_with_a_quoted_name_is_made_of_what_follows_the_name():
    plan, _ = stands_after('make me a playlist called "Night Bus" of sad jazz', Standing())
    assert plan.playlist_title == "Night Bus"
    assert {c.value for c in plan.constraints} == {"sad", "jazz"}


def test_a_list_is_saved_once_under_its_name():
    plan, _ = stands_after("帮我保存,名字就叫Sunday Mood", standing("jazz"))
    assert (plan.edit, plan.playlist_title, plan.steps) == ("save", "Sunday Mood", ())


@pytest.mark.parametrize(
    ("message", "values"),
    [
        ("piano tranquilo", {"piano", "calm"}),
        ("jazz doux", {"jazz", "calm"}),
        ("klavier traurig", {"piano", "sad"}),
        ("solo piano", {"piano"}),
        ("太困了,来点嗨的", {"energetic"}),
        ("start over, the kids have gone home, smooth r&b please", {"r&b"}),
    ],
)
def test_few_words_are_read_in_their_language(message, values):
    plan, _ = stands_after(message, Standing())
    assert {c.value for c in plan.constraints} == values


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        ("a sting of 30 sec-ish to 1 min", ("duration", "between", (30.0, 60.0))),
        ("une musique triste, 2 à 3 minutes", ("duration", "between", (120.0, 180.0))),
        ("a set that starts around 90bpm and climbs to like 140", ("tempo", "between", (90.0, 140.0))),
        ("deep house 118 bis 122 bpm", ("tempo", "between", (118.0, 122.0))),
        ("ruhige Musik, so 3 bis 4 Minuten je Stück", ("duration", "between", (180.0, 240.0))),
        ("118到122bpm的house", ("tempo", "between", (118.0, 122.0))),
    ],
)
def test_both_ends_of_a_span_are_read(message, wish):
    plan, _ = stands_after(message, Standing())
    assert wish in [(c.field, c.op, c.value) for c in plan.constraints]


@pytest.mark.parametrize(
    ("message", "values"),
    [
        ("suspenseful music for the quiz night", {"suspenseful"}),
        ("funk for a night shift", {"funk"}),
        ("cheerful music for the village fete", {"cheerful"}),
        ("Gymnopedie no 1, do you have it?", set()),
        ("musique baroque pour le marché de Noël", {"baroque"}),
        ("Etwas Ruhiges zum Korrigieren von Klassenarbeiten", {"calm"}),
        ("tienes algo de bandoneon?", set()),
    ],
)
def test_what_only_sounds_like_a_wish_is_none(message, values):
    plan, _ = stands_after(message, Standing())
    assert {c.value for c in plan.constraints} == values


def test_more_of_one_and_less_of_another_is_read_in_german():
    plan, _ = stands_after("Klavier wäre mir lieber als Gitarre", standing("calm"))
    assert {(c.value, c.op) for c in plan.constraints} == {("piano", "is"), ("guitar", "not")}


@pytest.mark.parametrize(
    ("message", "before", "left"),
    [
        ("das mit den 2 minuten kannst du wieder vergessen", ["epic", "under 2 minutes"], ["epic"]),
        ("bueno olvida lo de larga", ["calm", "more than 5 minutes"], ["calm"]),
    ],
)
def test_a_length_is_taken_back_by_what_it_was_called(message, before, left):
    _, now = stands_after(message, standing(*before))
    assert [c.value for c in now.constraints] == left


def test_a_name_ends_where_another_order_begins():
    plan, _ = stands_after("cámbiale el nombre a Tarde de Libros y quita el último", standing("jazz"))
    assert {(s.edit, s.playlist_title, s.handles) for s in plan.steps} == {
        ("remove", None, (10,)),
        ("rename", "Tarde de Libros", ()),
    }


def test_writing_a_thesis_composes_nothing():
    plan, _ = stands_after("写毕业论文听的纯音乐", Standing())
    assert plan.intent == "recommend"


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        ("no long songs", ("duration", "max", 300.0)),
        ("no loud music please", ("loudness", "max", -14.0)),
        ("take the fast ones out", ("tempo", "between", (20.0, 125.0))),
        ("remove the slow ones", ("tempo", "between", (90.0, 400.0))),
        ("die schnellen raus", ("tempo", "between", (20.0, 125.0))),
        ("throw the jazz tracks out", ("genre", "not", "jazz")),
        ("hm, geht das auch ohne Gesang?", ("vocal", "is", "instrumental")),
        ("geht das auch mit Klavier?", ("instrument", "is", "piano")),
    ],
)
def test_what_is_not_wanted_is_not_asked_for(message, wish):
    plan, _ = stands_after(message, standing("calm"))
    assert [(c.field, c.op, c.value) for c in plan.constraints] == [wish]


@pytest.mark.parametrize(
    ("message", "comparison"),
    [("add some darkness", "darker"), ("add a bit of energy please", "more energetic"), ("再热闹点", "more energetic")],
)
def test_what_is_added_to_the_mood_is_a_comparison(message, comparison):
    plan, _ = stands_after(message, standing("calm"))
    assert (plan.comparisons, plan.constraints) == ((comparison,), ())


@pytest.mark.parametrize("message", ["#1 raus bitte", "die 1 raus"])
def test_out_means_out(message):
    plan, _ = stands_after(message, standing("calm"))
    assert (plan.edit, plan.handles) == ("remove", (1,))


@pytest.mark.parametrize(
    ("message", "english"),
    [
        ("wilde Musik zum Wandern", "wild music for hiking"),
        ("etwas Hypnotisches mit Blockflöten und Spieluhr", "something hypnotic with recorder and music box"),
        ("griechische Kammermusik", "greek chamber music"),
        ("música de cámara triunfal para cenar", "chamber music triumphant for dinner"),
        ("canciones navideñas con panderetas", "songs christmas with tambourine"),
        ("musique bretonne pour réfléchir", "music breton for thinking"),
        ("du jazz feutré pour le petit-déjeuner", "of jazz soft for breakfast"),
        ("可爱的儿歌", "cute music for children"),
        ("冥想用的古琴曲", "meditative"),
        ("爱尔兰的探戈", "irish tango"),
    ],
)
def test_the_words_of_music_are_read_in_every_language(message, english):
    assert english in " ".join(read(message).text.split())


@pytest.mark.parametrize(
    "message", ["una canción que dura 3 minutos", "un morceau qui dure 3 minutes", "lo quiero en vivo"]
)
def test_a_word_that_only_looks_like_one_of_music_is_left_alone(message):
    assert not {"hard", "lively"} & set(read(message).text.split())
