import math

import pytest

from agent.claims import sentences_of
from agent.errors import ModelError
from agent.simulation.drawing import draw_dialogues
from agent.speaking import Spoken
from agent.values import Claims, Decision, Evidence, GenerationOffer, TrackFact, TurnPlan
from agent.verifier import Verifier, groundedness
from catalog.values import TrackId

DECISION = Decision(kind="recommend", fit=0.9, reason="2 of 3 tracks fit well")


def track(handle, title, artist, why, **known):
    facts = {"album": None, "year": None, "tempo_bpm": None, "key": None, "licence": None, "attribution": None}
    facts |= {"duration_s": 125.0, "provenance": "human", "score": 0.9, "tags": ()} | known
    return TrackFact(handle=handle, track_id=TrackId(title), title=title, artist=artist, why=why, **facts)


CORNER = track(
    1, "Amber Corner", "Ada Sun", "sounds calm (80%); hardly drums (10%)",
    year=1994, tempo_bpm=92.3, key="A minor", tags=("jazz", "piano"), album="Blue Room",
)  # fmt: skip
WINDOW = track(2, "Frozen Window", "The Bards", "sounds happy (70%)", year=2008, tempo_bpm=140.0, key="C major")
FURNACE = track(3, "Cold", "St. Vale", "the closest by its description", duration_s=301.0, score=0.2)
PACK = Evidence(tracks=(CORNER, WINDOW, FURNACE), facts=("Saved “Sunday” with 8 tracks; export it as M3U8.",))
CODES = ("en", "de", "es", "fr", "zh")


def checked(sentence, code="en", pack=PACK):
    return Verifier(pack, DECISION, code).check(sentence)


TRUE = {
    "en": [
        "Best is #1 “Amber Corner” by Ada Sun: sounds calm (80%); hardly drums (10%).",
        "“Amber Corner” is from 1994, in A minor, at 92 BPM, 2:05 long.",
        "2 fit well, 1 less so.", "Two tracks fit well.", "#2 “Frozen Window” is faster than #1 “Amber Corner”.",
        "The oldest is “Amber Corner”.", "It is saved as “Sunday”.", "“Amber Corner” is calm jazz with piano.",
        "Next: #2 “Frozen Window” by The Bards, #3 “Cold” by St. Vale.", "“Cold” is 5 minutes long.",
    ],
    "de": [
        "Am besten passt #1 “Amber Corner” von Ada Sun: klingt nach Ruhe (80%); kaum Schlagzeug (10%).",
        "„Amber Corner“ ist von 1994, in a-Moll, mit 92 BPM.", "2 Titel passen gut.",
        "„Frozen Window“ ist schneller als „Amber Corner“.", "„Amber Corner“ ist ruhiger Jazz mit Klavier.",
    ],
    "es": [
        "La mejor es #1 “Amber Corner” de Ada Sun: suena tranquila (80%); apenas a batería (10%).",
        "«Amber Corner» es de 1994, en la menor, a 92 BPM.", "2 canciones encajan bien.",
        "«Frozen Window» es más rápida que «Amber Corner».",
    ],
    "fr": [
        "Le meilleur est #1 “Amber Corner” de Ada Sun : sonne calme (80%).",
        "« Amber Corner » est de 1994, en la mineur, à 92 BPM.", "2 morceaux conviennent bien.",
        "« Frozen Window » est plus rapide que « Amber Corner ».",
    ],
    "zh": [
        "最合适的是#1 “Amber Corner”（Ada Sun）：听起来安静（80%）；不太鼓（10%）。",
        "《Amber Corner》是1994年的，A小调，92 BPM。", "有2首很合适。", "《Frozen Window》比《Amber Corner》更快。",
    ],
}  # fmt: skip

# By kind: a sentence that is left out.
FALSE = {
    "en": {
        "title": "Best is “Kind of Blue”.",
        "name": "You should hear Kind Of Blue.",
        "artist": "All are by Miles Davis.",
        "place": "Have a look at #7.",
        "count": "There are 40 tracks like that.",
        "year": "All are from 1971.",
        "tempo": "All of them have 77 BPM.",
        "key": "They are in F# major.",
        "length": "It takes 9:59.",
        "share": "“Amber Corner” sounds calm (95%).",
        "mood": "“Amber Corner” is sad.",
        "genre": "“Amber Corner” is metal.",
        "instrument": "“Amber Corner” has a trumpet.",
        "absence": "“Amber Corner” has drums.",
        "negation": "“Amber Corner” is not calm.",
        "comparison": "“Amber Corner” is faster than “Frozen Window”.",
        "superlative": "The newest is “Amber Corner”.",
        "unknown comparison": "“Amber Corner” is louder than “Cold”.",
    },
    "de": {
        "title": "Am besten passt „Blaues Licht“.",
        "artist": "Alles ist von Miles Davis.",
        "place": "Sieh dir #7 an.",
        "count": "Das sind 40 Titel.",
        "year": "Alles ist von 1971.",
        "tempo": "Alle haben 77 Schläge pro Minute.",
        "key": "Sie stehen in Fis-Dur.",
        "length": "Das dauert 9:59.",
        "share": "„Amber Corner“ klingt nach Ruhe (95%).",
        "mood": "„Amber Corner“ ist traurig.",
        "genre": "„Amber Corner“ ist Metal.",
        "instrument": "„Amber Corner“ hat ein Schlagzeug.",
        "comparison": "„Amber Corner“ ist schneller als „Frozen Window“.",
    },
    "es": {
        "title": "La mejor es «Luz azul».",
        "artist": "Todo es de Miles Davis.",
        "place": "Mira #7.",
        "count": "Son 40 canciones.",
        "year": "Todas son de 1971.",
        "tempo": "Todas van a 77 pulsaciones por minuto.",
        "key": "Están en fa sostenido mayor.",
        "length": "Dura 9:59.",
        "share": "«Amber Corner» suena tranquila (95%).",
        "mood": "«Amber Corner» es triste.",
        "genre": "«Amber Corner» es metal.",
        "instrument": "«Amber Corner» tiene a batería.",
        "comparison": "«Amber Corner» es más rápida que «Frozen Window».",
    },
    "fr": {
        "title": "Le meilleur est « Lumière bleue ».",
        "artist": "Tout est de Miles Davis.",
        "place": "Regarde #7.",
        "count": "Ce sont 40 morceaux.",
        "year": "Tous sont de 1971.",
        "tempo": "Tous ont 77 battements par minute.",
        "key": "Ils sont en fa dièse majeur.",
        "length": "Il dure 9:59.",
        "share": "« Amber Corner » sonne calme (95%).",
        "mood": "« Amber Corner » est triste.",
        "genre": "« Amber Corner » est du metal.",
        "instrument": "« Amber Corner » a de la batterie.",
        "comparison": "« Amber Corner » est plus rapide que « Frozen Window ».",
    },
    "zh": {
        "title": "最合适的是《蓝光》。",
        "artist": "作者是 Miles Davis。",
        "place": "请看 #7。",
        "count": "一共40首。",
        "year": "都是1971年的。",
        "tempo": "都是77拍。",
        "key": "都是F#大调。",
        "length": "长9:59。",
        "share": "《Amber Corner》听起来安静（95%）。",
        "mood": "《Amber Corner》很悲伤。",
        "genre": "《Amber Corner》是金属。",
        "instrument": "《Amber Corner》有鼓。",
        "comparison": "《Amber Corner》比《Frozen Window》更快。",
    },
}


@pytest.mark.parametrize(("code", "sentence"), [(code, s) for code, told in TRUE.items() for s in told])
def test_what_the_pack_holds_is_said_as_it_is(code, sentence):
    found = checked(sentence, code)
    assert found.text == sentence
    assert found.claims.made == found.claims.backed > 0


@pytest.mark.parametrize(
    ("code", "kind", "sentence"), [(code, kind, s) for code, told in FALSE.items() for kind, s in told.items()]
)
def test_what_the_pack_does_not_hold_is_left_out(code, kind, sentence):
    found = checked(f"{sentence} {TRUE[code][0]}", code)
    assert sentence not in found.text
    assert found.text == TRUE[code][0]
    assert found.claims.dropped >= 1
    assert found.claims.backed < found.claims.made


@pytest.mark.parametrize(
    ("code", "wrong", "right"),
    [
        ("en", "Best is #1 “Amber Corner” by Miles Davis.", "Best is #1 “Amber Corner” by Ada Sun."),
        ("en", "“Amber Corner” is from 1971, at 120 BPM.", "“Amber Corner” is from 1994, at 92 BPM."),
        ("en", "“Amber Corner” is in C minor, 3:10 long.", "“Amber Corner” is in A minor, 2:05 long."),
        ("en", "#2 “Amber Corner” is calm.", "#1 “Amber Corner” is calm."),
        ("en", "3 tracks fit well.", "2 tracks fit well."),
        ("en", "Hear “Frozen Window”. It has 92 BPM.", "Hear “Frozen Window”. It has 140 BPM."),
        ("de", "Am besten passt #1 „Amber Corner“ von The Bards.", "Am besten passt #1 „Amber Corner“ von Ada Sun."),
        ("de", "„Amber Corner“ hat 140 Schläge pro Minute.", "„Amber Corner“ hat 92 Schläge pro Minute."),
        ("de", "3 Titel passen gut.", "2 Titel passen gut."),
        ("es", "«Amber Corner» de The Bards es de 2008.", "«Amber Corner» de Ada Sun es de 1994."),
        ("es", "3 canciones encajan bien.", "2 canciones encajan bien."),
        ("fr", "« Amber Corner » de The Bards est de 2008.", "« Amber Corner » de Ada Sun est de 1994."),
        ("fr", "3 morceaux conviennent bien.", "2 morceaux conviennent bien."),
        ("zh", "最合适的是#2 “Amber Corner”（The Bards）。", "最合适的是#1 “Amber Corner”（Ada Sun）。"),
        ("zh", "有3首很合适。", "有2首很合适。"),
    ],
)
def test_what_is_wrong_of_a_known_track_is_put_right(code, wrong, right):
    found = checked(wrong, code)
    assert found.text == right
    assert found.claims.repaired == found.claims.made - found.claims.backed > 0


def test_a_title_is_its_own_words_only():
    # "Cold" is a title here and a word elsewhere; a title's own words claim nothing about its sound.
    assert checked("Brr, so cold here.").claims.made == 0
    sad = track(1, "Sad Metal Party 1971", "120 BPM", "sounds calm (80%)")
    assert checked("#1 “Sad Metal Party 1971” by 120 BPM.", pack=Evidence(tracks=(sad,))).claims.dropped == 0


@pytest.mark.parametrize("code", CODES)
def test_quotes_inside_a_name_are_part_of_it(code):
    one = track(1, "Credits", 'Christian "Crystan" Hoffmann', "its name or tags say “christian”; sounds calm (80%)")
    two = track(2, "The “Big” Game", "The Bards, & Co.", "sounds calm (80%)", score=0.1)
    pack = Evidence(tracks=(one, two))
    said, made = spoken("", code, pack)
    assert made.claims.made == made.claims.backed > 5
    assert 'Christian "Crystan" Hoffmann' in said


def test_names_with_full_stops_end_no_sentence():
    assert sentences_of("Hear St. Vale. Then “A. B. C.”. End", ["St. Vale"]) == [
        "Hear St. Vale. ", "Then “A. B. C.”. ", "End",
    ]  # fmt: skip


def test_what_is_to_be_composed_is_no_track():
    offer = GenerationOffer(id=None, text="Amber Corner", duration_s=30.0, offered=True)
    pack = PACK.model_copy(update={"generation": offer})
    said = "Shall I compose 30 seconds of “sad metal” instead?"
    assert checked(said, pack=pack).text == ""
    assert checked(said.replace("sad metal", "Amber Corner"), pack=pack).claims.dropped == 0


def test_every_reply_of_simulated_users_is_backed(world):
    dialogues = draw_dialogues(world.engine.state.snapshot, 90, 7, "train")
    replies = []
    for number, dialogue in enumerate(dialogues):
        for turn in dialogue.turns:
            last = world.events(turn.message, f"simulated-{number}")[-1]
            if last.type == "done":
                replies.append(last)
    assert len(replies) > 300
    assert [d.reply for d in replies if d.claims.made != d.claims.backed or d.claims.dropped] == []
    assert sum(d.claims.made for d in replies) > 3_000
    assert groundedness([d.claims for d in replies]) == 1.0
    assert all(d.trace[-1].detail.endswith("claims backed; words by templates") for d in replies)


def test_every_fact_says_where_it_is_from(world):
    found = world.say("calm jazz").evidence.tracks[0]
    facts = {(f.field, f.value): f.source for f in found.facts}
    assert facts[("title", found.title)] == "file"
    assert facts[("tempo", f"{found.tempo_bpm:g} BPM")] == "measured"
    assert facts[("key", found.key)] == "measured"
    assert facts[("tag", "jazz")] == "file"
    assert facts[("score", f"{found.score:.0%}")] == "model"


def test_groundedness_is_of_the_drafts():
    assert groundedness([Claims(made=3, backed=2), Claims(made=1, backed=1)]) == 0.75
    assert math.isnan(groundedness([]))


# Words by a model.


class Says:
    """Words the same whatever is found; None fails."""

    def __init__(self, text):
        self.text = text

    def words(self, plan, decision, evidence):
        if self.text is None:
            raise ModelError("it is away")
        return self.text


def spoken(text, code="en", pack=PACK):
    made = Spoken(TurnPlan(intent="recommend", language=code), DECISION, pack, Says(text))
    return "".join(made.pieces()).strip(), made


def test_a_models_words_are_kept_as_far_as_they_are_true():
    said, made = spoken("Try “Amber Corner” by Ada Sun, calm jazz. It won a Grammy Award in 2001. Enjoy!")
    assert said == "Try “Amber Corner” by Ada Sun, calm jazz. Enjoy!"
    assert made.told() == "4 of 6 claims backed, 2 left out; words by a model"


@pytest.mark.parametrize("text", ["“So What” by Miles Davis is it.", "", None])
@pytest.mark.parametrize("code", CODES)
def test_templates_stand_in_where_nothing_of_a_models_words_holds(text, code):
    plain = "".join(Spoken(TurnPlan(intent="recommend", language=code), DECISION, PACK).pieces()).strip()
    said, made = spoken(text, code)
    assert said == plain != ""
    assert "words by templates" in made.told()


def test_a_model_is_shown_the_evidence_alone():
    from langchain_core.language_models import FakeListChatModel

    from agent.wording import ModelWording

    class Seen(FakeListChatModel):
        seen: list = []  # noqa: RUF012  # a pydantic field

        def _call(self, messages, *args, **kwargs):
            self.seen.append(messages)
            return super()._call(messages, *args, **kwargs)

    model = Seen(responses=["Hört „Amber Corner“.", "x" * 5_000])
    plan = TurnPlan(intent="recommend", text="a secret wish", language="de")
    assert ModelWording(model).words(plan, DECISION, PACK) == "Hört „Amber Corner“."
    system, pack = model.seen[0]
    assert "plain German" in system.content
    assert "Frozen Window" in pack.content
    assert "secret" not in pack.content
    with pytest.raises(ModelError, match="5000 characters"):
        ModelWording(model).words(plan, DECISION, PACK)
