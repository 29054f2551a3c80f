import numpy as np
import pytest
from ranking_facts import snapshot, track

from catalog.values import Tag, TrackId
from retrieval.concept_ranking import concept_scores
from retrieval.concepts import WRITTEN, load_reference, measurements_of
from retrieval.filters import PRESENT
from retrieval.lexical import STOP_WORDS, content_words, lexical_scores, stands_anywhere
from retrieval.scene_ranking import scene_scores
from retrieval.values import SceneBrief
from retrieval.vocabulary import load_vocabulary

VOCABULARY = load_vocabulary()
BELIEVED = {"vocals": 0.9, "vocal": 0.9, "singing": 0.9, "voice": 0.9, "no vocals": 0.001}


def test_no_word_stands_for_two_concepts():
    words = [w for c in VOCABULARY.concepts for w in dict.fromkeys((c.id, *c.words))]
    assert sorted({w for w in words if words.count(w) > 1}) == []


def test_every_piece_of_evidence_is_a_measurement_that_the_reference_knows():
    known = set(load_reference().mean) | {"minor"}
    assert {e for c in VOCABULARY.concepts for e in c.evidence} <= known
    assert all(load_reference().std[n] > 0 for n in load_reference().mean)


def test_words_are_lower_case_and_no_concept_is_silenced_by_the_stop_words():
    for concept in VOCABULARY.concepts:
        assert all(w == w.casefold() for w in concept.words)
        assert content_words(concept.id), concept.id


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("heavy metal", [("metal", False)]),
        ("CALM Piano", [("calm", False), ("piano", False)]),
        ("no vocals", [("instrumental", False)]),
        ("no drums", [("drums", True)]),
        ("not too dark", [("dark", True)]),
        ("non-electronic", [("electronic", True)]),
        ("I don't really like jazz", [("jazz", True)]),
        ("not jazz but rock", [("jazz", True), ("rock", False)]),
        ("no jazz. Rock!", [("jazz", True), ("rock", False)]),
        ("popcorn jazzman rocket post-rock", []),
        ("harps, choirs and a drum", [("harp", False), ("choral", False), ("drums", False)]),
        ("piano-driven", [("piano", False)]),
        ("not in the mood for jazz", [("jazz", True)]),
    ],
)
def test_mentions_and_negations(text, want):
    assert [(m.concept.id, m.negated) for m in VOCABULARY.mentions(text)] == want


def test_mentions_tell_where_they_stand():
    text = "some CALM and sad piano"
    for mention in VOCABULARY.mentions(text):
        assert text[mention.start : mention.end].casefold() == mention.text


@pytest.mark.parametrize("word", ["guitar", "Guitars", " guitar ", "electric guitar"])
def test_a_concept_is_found_by_its_words_and_plurals(word):
    found = VOCABULARY.concept(word)
    assert found is not None
    assert found.id == "guitar"


def test_written_tags_are_near_certain_and_silence_is_undecided():
    view = snapshot(track("a", tags=["Sitar"]), track("b"))
    assert view.column("sitar").tolist() == pytest.approx([WRITTEN, 0.5])


def test_what_a_tagger_wrote_is_no_human_word():
    view = snapshot(track("a", heard={"sitar": 0.02}))
    assert len(view.tags.values) == 0


def test_the_tagger_must_believe_an_instrument_before_standing_out_counts():
    # Far above the mean of a catalogue without sitars, and yet the tagger itself says two percent.
    doubtful, sure = track("a", heard={"sitar": 0.02, "indian": 0.02}), track("b", heard={"sitar": 0.6, "indian": 0.5})
    column = snapshot(doubtful, sure).column("sitar")
    assert column[0] < 0.4
    assert column[1] > 0.9


def test_moods_need_no_such_belief():
    energetic = snapshot(track("a", energy=1.0, onset_rate=9.0), track("b", energy=0.05, onset_rate=0.1))
    assert energetic.column("energetic")[0] > PRESENT
    assert energetic.column("calm")[1] > PRESENT
    assert energetic.column("calm")[0] < 0.3


def test_minor_and_major_pull_happy_and_sad_apart():
    view = snapshot(track("a", key="C major"), track("b", key="C minor"))
    assert view.column("happy")[0] > view.column("happy")[1]
    assert view.column("sad")[1] > view.column("sad")[0]


def test_instrumental_is_what_vocal_is_not():
    view = snapshot(track("sung", heard=BELIEVED), track("b"), track("said", tags=["vocals"]))
    np.testing.assert_allclose(view.column("instrumental"), 1 - view.column("vocal"), atol=1e-6)
    assert view.column("vocal")[0] > 0.9


@pytest.mark.parametrize(
    ("tag", "concept", "held"),
    [
        ("soft female vocal", "female vocal", True),
        ("soft female vocal", "vocal", True),
        ("mellow piano melody", "piano", True),
        ("no drums", "drums", False),
        ("no singer", "instrumental", True),
        ("no singer", "vocal", False),
        ("instrumental", "vocal", False),
        ("instrumental", "instrumental", True),
    ],
)
def test_a_written_tag_of_several_words_speaks_of_the_concepts_in_it(tag, concept, held):
    assert (snapshot(track("a", tags=[tag])).column(concept)[0] > PRESENT) is np.bool_(held)


def test_no_score_leaves_zero_to_one_and_none_is_nan():
    wild = [
        track("a", energy=1e9, tempo=0, onset_rate=-5, brightness=1e12),
        track("b", heard={"metal": 1.0, "quiet": 0.0}, key="C# minor"),
        track("c"),
    ]
    scores = snapshot(*wild).concepts
    assert np.isfinite(scores).all()
    assert scores.min() >= 0
    assert scores.max() <= 1


def test_logits_are_bounded():
    found = measurements_of(track("a", heard={"metal": 1.0, "quiet": 0.0}))
    assert found["mtt:metal"] == pytest.approx(-found["mtt:quiet"])
    assert abs(found["mtt:metal"]) < 10


def test_calm_metal_is_no_answer_to_calm_piano():
    calm_piano = track("a", tags=["calm", "piano"])
    calm_metal = track("b", tags=["calm", "metal"], heard={"piano": 0.0001})
    scores = concept_scores(snapshot(calm_piano, calm_metal), {"calm": 1, "piano": 1})
    assert scores[0] > 0.9
    assert scores[1] < 0.5


def test_unwanted_concepts_turn_round():
    scores = concept_scores(snapshot(track("a", tags=["piano"]), track("b", tags=["sitar"])), {"piano": -1.0})
    assert scores[1] > scores[0]


def test_words_count_by_rarity_and_forgive_a_typo():
    view = snapshot(track("a", title="Winter Forest"), track("b", title="Winter Lake"), track("c", title="Winter Lake"))
    both = lexical_scores(view, ["winter", "forest"])
    assert both[0] == pytest.approx(1.0)
    # The rare word carries more than half.
    assert both[1] < 0.5
    typo = lexical_scores(view, ["forrest"])
    assert typo.tolist() == pytest.approx([0.9, 0, 0])
    assert lexical_scores(view, []).tolist() == [0, 0, 0]
    assert lexical_scores(view, ["unheard"]).tolist() == [0, 0, 0]


def test_a_word_stands_somewhere_or_nowhere():
    view = snapshot(track("a", title="Winter Forest", tags=["Polka"]))
    assert [stands_anywhere(view, w) for w in ("winter", "wintr", "polka", "for", "xylophone")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_content_words_leave_fillers_out():
    assert content_words("Could you please find me some nice music that isn't too loud, by the way?") == ["loud"]
    assert content_words("月 x 🎵") == ["月"]
    assert not STOP_WORDS & {c.id for c in VOCABULARY.concepts}


def test_the_snapshot_is_columns_over_one_order():
    view = snapshot(
        track("b", title="Björk’s", artist="Ö", year=1999, tempo=100, key="A minor"),
        track("a", title="Two", tags=["Polka"], key="H odd"),
    )
    assert view.row_of == {"b": 0, "a": 1}
    assert view.rows([TrackId("a"), TrackId("gone"), TrackId("b")]) == [1, 0]
    assert (view.pitch_class.tolist(), view.mode_minor.tolist()) == ([9, -1], [1, -1])
    assert np.isnan(view.numbers["tempo"][1])
    assert [w for w in ("bjork", "s", "o", "two", "polka") if view.has_word(0, w)] == ["bjork", "s", "o"]
    assert view.rows_of_word("polka").tolist() == view.tags.of("polka").tolist() == [1]
    assert len(snapshot()) == 0
    assert snapshot().concepts.shape == (0, len(VOCABULARY.concepts))


def test_a_users_own_tag_counts_as_written():
    base = track("a")
    mine = type(base)(**{f: getattr(base, f) for f in base.__slots__} | {"tags": (Tag("harp", 1.0, "user"),)})
    assert snapshot(mine).column("harp")[0] == pytest.approx(WRITTEN)


BRIEF = SceneBrief(0.9, 0.0, 0.5, 140.0, {}, (), "fast")


def test_a_lively_scene_prefers_lively_tracks():
    view = snapshot(track("a", energy=0.9, tempo=140), track("b", energy=0.1, tempo=60), track("c"))
    scores = scene_scores(view, BRIEF)
    assert scores[0] > scores[2] > scores[1]
    assert np.isfinite(scores).all()


def test_of_alternatives_the_better_one_counts():
    view = snapshot(track("rock", tags=["rock"]), track("metal", tags=["metal"]), track("both", tags=["rock", "metal"]))
    weights = {"rock": 1.0, "metal": 1.0}
    assert concept_scores(view, weights, [{"rock", "metal"}]) == pytest.approx([WRITTEN] * 3)
    assert concept_scores(view, weights)[2] > concept_scores(view, weights)[0] + 0.2


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("metal or rock", [["metal", "rock"]]),
        ("calm piano, guitar or harp", [["piano", "guitar", "harp"]]),
        ("rock/punk for a party", [["rock", "punk"]]),
        ("metal and rock", []),
        ("piano, calm", []),
        ("no drums or guitar", []),
        ("happy or piano", []),
    ],
)
def test_alternatives_are_read_within_one_family(text, runs):
    assert [[m.text for m in run] for run in VOCABULARY.alternatives(text)] == runs
