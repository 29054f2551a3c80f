"""Questions that no search answers: one honest sentence in the user's language, and a way back to music."""

import pytest
from dialogue_states import LISTED

from agent.acts import Acts
from agent.languages import read, words_of
from agent.planner.rules import RulePlanner
from agent.questions.answers import answered
from agent.questions.glossary import load_glossary, term_called
from agent.questions.reading import asks, question_in
from agent.turn import Turn
from agent.values import Attachment, DialogueState, Question, Standing, TurnPlan
from retrieval.reading.wishes import parse_wishes

CODES = ("en", "de", "es", "fr", "zh")
FRESH = DialogueState(session_id="s" * 8)
PLANNER = RulePlanner(lambda text: parse_wishes(text, ["Ada Sun"]))


def asked(message):
    return question_in(message, read(message))


@pytest.mark.parametrize(
    ("message", "kind", "about"),
    [
        ("what is a time signature?", "term", "time signature"),
        ("what's BPM", "term", "tempo"),
        ("can you explain what valence means?", "term", "valence"),
        ("what does CC BY-SA stand for?", "term", "share alike"),
        ("what's the difference between major and minor?", "term", "major and minor"),
        ("Was ist eigentlich eine Tonart?", "term", "key"),
        ("was bedeutet CC0", "term", "cc0"),
        ("¿Qué es el compás?", "term", "time signature"),
        ("¿qué significa BPM exactamente?", "term", "tempo"),
        ("C'est quoi une mesure ?", "term", "time signature"),
        ("qu'est-ce que la valence ?", "term", "valence"),
        ("什么是调性？", "term", "key"),
        ("大调和小调有什么区别？", "term", "major and minor"),
        ("what is jazz?", "sound", "jazz"),
        ("was ist Klassik?", "sound", "classical"),
        ("¿qué es la salsa?", "sound", "salsa"),
        ("who was Bach?", "person", "Bach"),
        ("Wie alt ist Helene Fischer?", "person", "Helene Fischer"),
        ("¿Quién fue Mozart?", "person", "Mozart"),
        ("Qui était Debussy ?", "person", "Debussy"),
        ("周杰伦是谁？", "person", "周杰伦"),
        ("tell me about the Beatles", "person", "the Beatles"),
        ("who is the president of France?", "else", ""),
        ("what's the weather tomorrow?", "else", ""),
        ("Wie wird das Wetter morgen?", "else", ""),
        ("raconte-moi une blague", "else", ""),
        ("讲个笑话", "else", ""),
        ("who wrote Bohemian Rhapsody?", "else", ""),
        ("Wer hat Für Elise geschrieben?", "else", ""),
        ("¿quién inventó el jazz?", "else", ""),
        ("谁发明了爵士？", "else", ""),
        ("¿qué significa NC en una licencia?", "term", "non-commercial"),
        ("bonjour, tu sais ce que c'est un tempo ?", "term", "tempo"),
        ("What's a hemiola", "term", "hemiola"),
        ("what exactly is rubato?", "term", "rubato"),
        ("what does the word ostinato actually mean?", "term", "ostinato"),
        ("Was bedeutet eigentlich rubato?", "term", "rubato"),
        ("was genau ist ein Akkord", "term", "chord"),
        ("Was heißt denn nochmal Synkope?", "term", "syncopation"),
        ("was bedeutet a cappella?", "term", "a cappella"),
        ("¿qué es exactamente un arpegio?", "term", "arpeggio"),
        ("c'est quoi au juste un contrepoint ?", "term", "counterpoint"),
        ("legato, c'est quoi ?", "term", "legato"),
        ("c'est quoi four on the floor ?", "term", "four on the floor"),
        ("什么是切分音?", "term", "syncopation"),
        ("什么是 sidechain？", "term", "sidechain"),
        ("was ist der Unterschied zwischen Dur und Moll", "term", "major and minor"),
        ("worin unterscheiden sich Dur und Moll?", "term", "major and minor"),
        ("what does dorian mean", "term", "dorian"),
        ("what is the phrygian scale?", "term", "phrygian"),
        ("what's dub techno?", "term", "dub techno"),
        ("tell me about flamenco", "term", "flamenco"),
        ("what does dub techno sound like?", "term", "dub techno"),
        ("what does EQ do", "term", "eq"),
        ("what's a capo for?", "term", "capo"),
        ("what is a minuet?", "term", "minuet"),
        ("how does a theremin work?", "term", "theremin"),
        ("was ist ein dorischer Modus?", "term", "dorian"),
        ("wie klingt Dub Techno?", "term", "dub techno"),
        ("wozu dient ein Kapodaster?", "term", "capo"),
        ("was ist eine Drehleier?", "term", "hurdy-gurdy"),
        ("¿qué es un vals?", "term", "waltz"),
        ("¿cómo suena el dub techno?", "term", "dub techno"),
        ("¿para qué sirve una cejilla?", "term", "capo"),
        ("háblame del flamenco", "term", "flamenco"),
        ("que veut dire dorien ?", "term", "dorian"),
        ("comment sonne le dub ?", "term", "dub"),
        ("à quoi sert un capodastre ?", "term", "capo"),
        ("qu'est-ce que l'oreille absolue ?", "term", "perfect pitch"),
        ("什么是波萨诺瓦？", "term", "bossa nova"),
        ("弗拉门戈听起来怎么样", "term", "flamenco"),
        ("变调夹有什么用？", "term", "capo"),
    ],
)
def test_questions_are_read_in_five_languages(message, kind, about):
    found = asked(message)
    assert found is not None
    assert (found.kind, found.about) == (kind, about)


@pytest.mark.parametrize(
    "message",
    [
        "jazz", "what about jazz?", "what is the tempo of #2", "who is the singer of this?", "who sings #2?",
        "who wrote this?", "wer hat das geschrieben?", "qui a composé ça ?",
        "tell me about #1", "what do you have by Ada Sun?", "what is your saddest song?", "who are you?",
        "explain #2",
        "what music do you have?", "something in A minor", "major", "warum das zweite?", "was hast du?",
        "¿quién canta esto?", "¿qué música tienes?", "qui chante ça ?", "钢琴", "有什么音乐？",
        "what's a good song for a wedding?", "play what is love", "",
        "what is the chorus of #2", "what's the difference between #1 and #2?", "is this the same as that?",
        "a nocturne for piano", "loops", "节奏一样", "第一首和第二首有什么区别",
        "was ist der Unterschied zwischen den beiden?", "what's the difference between a sonata and a zorb?",
        "ska", "tango", "dub techno", "drum and bass", "k-pop", "a waltz for a wedding", "a reel or a jig",
        "baroque please", "anything of the baroque", "anything like flamenco?", "what about a tango?",
        "how about some ska?", "is there any ska?", "what reggae do you have?", "what's a good lullaby?",
        "music from the romantic era", "a mass for choir", "house and techno", "jazz and bebop", "what a waltz!",
        "what's the mode?", "what does #2 sound like", "what is the second like?",
        "ein Walzer für die Hochzeit", "Barockmusik", "Was für Walzer hast du?", "hast du Tango?",
        "wie klingt #2", "was macht das zweite?",
        "un vals para una boda", "algo del barroco", "¿qué flamenco tienes?", "¿tienes fado?", "cómo suena la segunda",
        "une valse pour un mariage", "du shoegaze", "du baroque", "tu as du fado ?", "comment sonne le numéro 2",
        "华尔兹", "一首婚礼华尔兹", "要有二胡", "有探戈吗", "探戈怎么样？", "第二首听起来怎么样",
    ],
)  # fmt: skip
def test_what_a_search_or_the_list_answers_is_no_such_question(message):
    assert asked(message) is None


@pytest.mark.parametrize(
    ("message", "one", "other"),
    [
        ("what's the difference between a sonata and a sonatina?", "sonata", "sonatina"),
        ("how is a sonata different from a sonatina", "sonata", "sonatina"),
        ("is a verse the same as a chorus?", "verse", "chorus"),
        ("Was ist der Unterschied zwischen einem Riff und einem Loop?", "riff", "loop"),
        ("was unterscheidet eine Sinfonie von einem Konzert?", "symphony", "concerto"),
        ("qué diferencia hay entre staccato y legato", "staccato", "legato"),
        ("¿en qué se diferencian el tempo y el compás?", "tempo", "time signature"),
        ("¿es lo mismo una sonata que una sonatina?", "sonata", "sonatina"),
        ("c'est quoi la différence entre une sonate et une sonatine", "sonata", "sonatina"),
        ("en quoi une sonate est différente d'une sonatine ?", "sonata", "sonatina"),
        ("staccato 和 legato 有什么区别", "staccato", "legato"),
        ("三和弦和和弦有什么区别？", "triad", "chord"),
        ("difference between a waltz and a ländler", "waltz", "ländler"),
        ("difference between drum and bass and jungle", "drum and bass", "jungle"),
        ("how is afrobeat different from afrobeats", "afrobeat", "afrobeats"),
        ("is a fiddle the same as a violin?", "fiddle", "violin"),
        ("what's the difference between harmonic and melodic minor?", "harmonic minor", "melodic minor"),
        ("what's the difference between jazz and bebop?", "bebop", "jazz"),
        ("Was ist der Unterschied zwischen einem Walzer und einem Ländler?", "waltz", "ländler"),
        ("Unterschied zwischen harmonischem und melodischem Moll", "harmonic minor", "melodic minor"),
        ("diferencia entre menor armónica y melódica", "harmonic minor", "melodic minor"),
        ("¿en qué se diferencian el ska y el reggae?", "ska", "reggae"),
        ("en quoi le baroque est différent du classicisme ?", "baroque", "classical era"),
        ("二胡和小提琴有什么区别", "erhu", "violin"),
    ],
)
def test_what_tells_two_terms_apart_is_read_in_five_languages(message, one, other):
    found = asked(message)
    assert found is not None
    assert (found.kind, found.about, found.beside) == ("term", one, other)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("what's the difference between a sonata and a sonatina?", "en"),
        ("was ist der Unterschied zwischen einer Sonate und einer Sonatine?", "de"),
        ("¿cuál es la diferencia entre una sonata y una sonatina?", "es"),
        ("c'est quoi la différence entre une sonate et une sonatine", "fr"),
        ("奏鸣曲和小奏鸣曲有什么区别？", "zh"),
    ],
)
def test_two_terms_are_explained_one_after_the_other(world, message, code):
    done = world.say(message)
    one, other = (load_glossary()[term].told(code) for term in ("sonata", "sonatina"))
    assert 0 <= done.reply.find(one.says) < done.reply.find(other.says) < done.reply.rfind(one.ask)
    assert done.claims.dropped == 0


@pytest.mark.parametrize(
    ("message", "code", "counted"),
    [
        ("what's the difference between jazz and bebop?", "en", "Of “jazz” I can only tell how many of the"),
        ("was ist der Unterschied zwischen Jazz und Bebop?", "de", "Von „Jazz“ kann ich nur sagen"),
        ("¿qué diferencia hay entre el jazz y el bebop?", "es", "De «jazz» solo puedo decir"),
        ("quelle est la différence entre le jazz et le bebop ?", "fr", "De « jazz », je peux seulement dire"),
        ("爵士和比波普有什么区别？", "zh", "关于“爵士”，我只能说"),
    ],
)
def test_beside_a_term_what_has_no_entry_is_counted(world, message, code, counted):
    done = world.say(message)
    bebop = load_glossary()["bebop"].told(code)
    assert 0 <= done.reply.find(bebop.says) < done.reply.find(counted) < done.reply.rfind(bebop.ask)
    assert done.claims.dropped == 0


def test_two_names_of_one_term_are_explained_once(world):
    done = world.say("what's the difference between a chorus and a refrain?")
    assert done.reply.count(load_glossary()["chorus"].told("en").says) == 1


@pytest.mark.parametrize("term", load_glossary().values(), ids=lambda term: term.id)
def test_every_term_leads_back_to_music_in_every_language(term):
    assert set(term.texts) == set(CODES)
    for code in CODES:
        told = term.told(code)
        assert told.says.endswith(("。", ".")), (code, told.says)
        plan = PLANNER.plan(told.ask, FRESH, ())
        assert plan.question is None
        assert plan.constraints or plan.text or plan.intent in {"ask_library", "continue_playlist"}, (code, told.ask)
        assert plan.intent in {"recommend", "ask_library", "continue_playlist"}, (code, told.ask, plan.intent)
        unread = [c for c in plan.constraints if c.field == "other"]
        assert plan.intent != "recommend" or not unread, (code, told.ask, unread)
    assert term_called(term.id) is term


def test_what_is_told_of_people_is_counted(world):
    snapshot = world.engine.state.snapshot
    here = answered(Question(kind="person", about="ada sun"), snapshot, Standing(), "en")
    assert here[0] == "Of Ada Sun I know only what is in this catalogue: 8 tracks."
    assert here[1].endswith("Say “something by Ada Sun”.")
    gone = answered(Question(kind="person", about="Bach"), snapshot, Standing(), "de")
    assert gone[0] == "Über Bach weiß ich nichts, und dieser Katalog hat nichts unter dem Namen."


@pytest.mark.parametrize("code", CODES)
def test_the_answer_goes_on_from_what_stands(world, code):
    messages = ("what is a time signature?", "who was Bach?", "tell me a joke")
    world.say("calm piano under 3 minutes")
    before = world.standing()
    for message in messages:
        done = world.say(message)
        assert done.plan.intent == "chitchat"
        assert done.claims.dropped == 0
        assert world.standing() == before
    back = answered(Question(kind="else"), world.engine.state.snapshot, before, code)[1]
    say = words_of(code)
    assert say.name("piano") in back
    assert ("under 3 minutes" in back) == (code == "en")


@pytest.mark.parametrize("code", CODES)
def test_a_question_is_answered_in_its_language(world, code):
    message = (
        "what is a key?",
        "was ist eine Tonart?",
        "¿qué es la tonalidad?",
        "c'est quoi la tonalité ?",
        "什么是调性？",
    )
    done = world.say(message[CODES.index(code)])
    told = load_glossary()["key"].told(code)
    assert done.plan.language == code
    assert told.says in done.reply
    assert told.ask in done.reply


@pytest.mark.parametrize(
    "message",
    [
        "what time is it?",
        "tell me a story",
        "wer hat gewonnen?",
        "¿cuánto es 2 y 2?",
        "combien font 2 et 2 ?",
        "你吃饭了吗？",
    ],
)
def test_the_form_of_a_question_is_told(message):
    assert asks(message, read(message))
    assert not asks("that is nice of you", read("that is nice of you"))


@pytest.mark.parametrize(
    "message",
    ["I need a soundtrack for this footage", "score this clip for me", "I cut this video, which tracks suit it?"],
)
def test_what_a_clip_is_for_is_no_wish(tmp_path, message):
    clip = Attachment(id="a", kind="video", path=tmp_path / "a.mp4", name="a.mp4")
    plan = PLANNER.plan(message, FRESH, (clip,))
    assert (plan.intent, plan.constraints) == ("music_for_video", ())
    jazzy = PLANNER.plan("a jazz soundtrack for this video", FRESH, (clip,))
    assert [c.value for c in jazzy.constraints] == ["jazz"]
    assert [c.value for c in PLANNER.plan("a soundtrack with piano", FRESH, ()).constraints] == ["soundtrack", "piano"]


def test_a_reaction_to_no_track_asks_which_one(world):
    world.say("calm piano")
    before = world.standing()
    plan = TurnPlan(intent="feedback", reaction="dislike", language="de")
    state = world.assistant.state("session-one")
    outcome = Acts(world.tools).run(Turn(plan, state, (), "i am bored"))
    assert outcome.standing == before
    assert words_of("de").sentence(outcome.evidence.facts[0]) == "Sag, welchen Titel du meinst, zum Beispiel „#2“."


@pytest.mark.parametrize("message", ["who is Jungle?", "wer ist House?", "¿quién es Tango?"])
def test_who_somebody_is_asks_for_no_style(message):
    question = question_in(message, read(message))
    assert question is not None
    assert question.kind == "person"


@pytest.mark.parametrize(
    ("message", "about"),
    [
        ("请问五声音阶是什么意思呀?我儿子老师提到的", "pentatonic scale"),
        ("¿Qué quiere decir contratiempo? Mi profe de batería lo repite todo el rato", "off-beat"),
        ("what does dorian mean? one of these says D dorian", "dorian"),
    ],
)
def test_a_story_behind_a_question_does_not_hide_it(message, about):
    question = question_in(message, read(message))
    assert question is not None
    assert question.about is not None
    assert question.about.startswith(about)


@pytest.mark.parametrize(
    "message", ['who sings "Glass Harbour"?', "wer singt nochmal „Glass Harbour“?", "¿quién canta «Glass Harbour»?"]
)
def test_who_sings_a_title_looks_for_the_track(message):
    plan = RulePlanner(lambda text: parse_wishes(text, [])).plan(message, DialogueState(session_id="s"), ())
    assert plan.intent == "exact_track"
    assert [named.title for named in plan.named] == ["Glass Harbour"]


@pytest.mark.parametrize(
    ("message", "intent", "term"),
    [
        ("faster. what does legato mean?", "refine", "legato"),
        ("What does BPM mean? And play something fast.", "recommend", "tempo"),
        ("Habt ihr langsamen Jazz? Und was bedeutet Synkope?", "recommend", "syncopation"),
        ("来点爵士。什么是切分音？", "recommend", "syncopation"),
    ],
)
def test_a_term_asked_for_beside_a_wish_is_told_as_well(message, intent, term):
    plan = PLANNER.plan(message, LISTED if intent == "refine" else FRESH, ())
    assert plan.intent == intent
    assert [s.question.about for s in plan.steps if s.question] == [term]
