import tomllib
from importlib.resources import files

import numpy as np
import pytest

from agent.errors import SimulationError
from agent.evaluation.measures import failures, faults, reports
from agent.evaluation.plans import match
from agent.evaluation.playing import Deep, Played, PlayedTurn, SeenOnce, Stage
from agent.simulation.canonical import canonical
from agent.simulation.drawing import _contradicts, draw_dialogues, goal_split
from agent.simulation.noise import Names, noisy
from agent.simulation.templates import languages, split_of
from agent.simulation.values import Dialogue, GoldPlan, GoldWish, SimulatedTurn, read_dialogues, write_dialogues
from agent.values import DialogueState, NamedReference, TurnPlan
from retrieval.constraints import Constraint
from retrieval.filters import compile_constraints
from retrieval.reading.wishes import parse_wishes

CALM = GoldWish(field="mood", op="is", value="calm")
SHORT = GoldWish(field="duration", op="max", value=180.0)


@pytest.fixture
def snapshot(world):
    return world.engine.state.snapshot


def as_constraint(wish):
    value = wish.value if isinstance(wish.value, str | tuple) else float(wish.value)
    return Constraint(wish.field, wish.op, value)


# Drawing.


def test_the_same_seed_draws_the_same_dialogues_and_another_draws_others(snapshot):
    first = draw_dialogues(snapshot, 20, 3, "test")
    assert first == draw_dialogues(snapshot, 20, 3, "test")
    assert first[:5] == draw_dialogues(snapshot, 5, 3, "test")
    assert [d.turns for d in first] != [d.turns for d in draw_dialogues(snapshot, 20, 4, "test")]


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_turn_leaves_tracks_and_its_gold_tracks_hold_all_that_stands(snapshot, split):
    asked = 0
    for dialogue in draw_dialogues(snapshot, 60, 0, split):
        assert 2 <= len(dialogue.turns) <= 5
        for turn in dialogue.turns:
            allowed = compile_constraints(snapshot, [as_constraint(w) for w in turn.standing]).allowed
            assert allowed.any(), turn
            if turn.plan.intent in {"recommend", "refine"} and turn.plan.wishes:
                asked += 1
                assert set(turn.plan.wishes) <= set(turn.standing)
                assert set(turn.gold) == {snapshot.ids[row] for row in np.flatnonzero(allowed)}
                assert dialogue.goal in turn.gold
                assert len(turn.gold) < len(snapshot)
    assert asked > 60


def test_each_wish_narrows_what_stood_before_it(snapshot):
    for dialogue in draw_dialogues(snapshot, 40, 1, "train"):
        for before, turn in zip(dialogue.turns, dialogue.turns[1:], strict=False):
            if turn.plan.intent == "refine" and turn.plan.wishes and before.plan.wishes and before.gold:
                assert len(turn.gold) < len(before.gold)


def test_the_splits_share_no_template_and_no_goal(snapshot):
    parts = {split: draw_dialogues(snapshot, 300, 0, split) for split in ("train", "test")}
    used = {s: {t for d in ds for turn in d.turns for t in turn.templates} for s, ds in parts.items()}
    goals = {s: {d.goal for d in ds} for s, ds in parts.items()}
    assert not used["train"] & used["test"]
    assert not goals["train"] & goals["test"]
    for split, ids in used.items():
        assert {split_of(i) for i in ids} == {split}
        assert {goal_split(goal) for goal in goals[split]} == {split}


def test_all_intents_languages_and_kinds_of_noise_come(snapshot):
    drawn = draw_dialogues(snapshot, 400, 0, "train")
    turns = [t for d in drawn for t in d.turns]
    assert {d.language for d in drawn} == {"en", "de", "es", "fr", "zh"}
    assert {t.plan.intent for t in turns} == {
        "recommend", "refine", "similar", "exact_track", "continue_playlist", "edit_playlist", "explain", "feedback",
        "generate", "ask_library", "chitchat", "undo",
    }  # fmt: skip
    assert {n for t in turns for n in t.noise} == {"typo", "lower case", "filler", "ellipsis", "dots"}
    assert any(t.plan.steps for t in turns)
    assert {t.plan.absent for t in turns if t.plan.intent == "exact_track"} == {True, False}


def test_both_splits_can_say_the_same_things():
    table = tomllib.loads(files("agent.simulation").joinpath("templates.toml").read_text(encoding="utf-8"))
    train, test = languages("train"), languages("test")
    for code, texts in table["language"].items():
        for kind in texts["say"]:
            assert [language.can_say(kind) for language in (train[code], test[code])] == [True, True], (code, kind)
        for form in texts["wish"]:
            assert [language.can_wish(form) for language in (train[code], test[code])] == [True, True], (code, form)


def test_undo_brings_back_what_stood_before(snapshot):
    found = 0
    for dialogue in draw_dialogues(snapshot, 300, 2, "train"):
        for place, turn in enumerate(dialogue.turns):
            if turn.plan.intent == "undo":
                found += 1
                assert turn.standing == dialogue.turns[place - 2].standing
    assert found


@pytest.mark.parametrize("split", ["train", "test"])
def test_sessions_about_a_clip_begin_with_it_and_narrow_it_by_words(snapshot, split):
    drawn = draw_dialogues(snapshot, 60, 0, split, clips=True)
    assert drawn == draw_dialogues(snapshot, 60, 0, split, clips=True)
    assert {d.turns[0].clip for d in drawn} == {"sea", "drive"}
    assert {d.language for d in drawn} == {"en", "de", "es", "fr", "zh"}
    assert any(d.turns[0].plan.wishes for d in drawn)
    for first, then in (d.turns for d in drawn):
        assert first.plan.intent == "music_for_video"
        assert bool(first.plan.wishes) == bool(first.gold)
        assert (then.plan.intent, then.clip) == ("refine", None)
        if then.plan.wishes:
            allowed = compile_constraints(snapshot, [as_constraint(w) for w in then.standing]).allowed
            assert set(then.gold) == {snapshot.ids[row] for row in np.flatnonzero(allowed)}
            assert set(first.plan.wishes) <= set(then.standing)


def test_a_catalogue_without_music_is_told_of(empty_world):
    with pytest.raises(SimulationError, match="The catalogue has 0 tracks"):
        draw_dialogues(empty_world.engine.state.snapshot, 5, 0, "test")


# Noise.


@pytest.mark.parametrize("code", ["en", "de", "es", "fr", "zh"])
def test_noise_never_touches_names(code):
    names = Names()
    message = f"please save {names.hide('ABBA Goldenes Album...')} and playing {names.hide('Um, well')} again!"
    language, kinds = languages("train")[code], set()
    for seed in range(60):
        changed, kind = noisy(message, language, np.random.default_rng(seed))
        shown = names.show(changed)
        assert "ABBA Goldenes Album..." in shown
        assert "Um, well" in shown
        assert (kind is None) == (changed == message)
        kinds.add(kind)
    assert {"typo", "lower case", "filler", "dots"} <= kinds


def test_drawn_names_stand_in_their_messages_as_they_are(snapshot):
    for dialogue in draw_dialogues(snapshot, 200, 5, "train", noise=1.0):
        for turn in dialogue.turns:
            for named in turn.plan.named:
                assert named.title in turn.message
            if turn.plan.playlist_title:
                assert turn.plan.playlist_title in turn.message


# Files.


def test_dialogues_are_written_and_read(snapshot, tmp_path):
    drawn = draw_dialogues(snapshot, 10, 0, "test")
    write_dialogues(drawn, tmp_path / "d.jsonl")
    assert read_dialogues(tmp_path / "d.jsonl") == drawn


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "holds no dialogue"), ('{"id": 1}\n', "Line 1 of d.jsonl is no dialogue"), (None, "no file")],
)
def test_a_bad_file_is_one_sentence(tmp_path, text, told):
    if text is not None:
        (tmp_path / "d.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(SimulationError, match=told):
        read_dialogues(tmp_path / "d.jsonl")


# Plans beside what was meant.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Constraint("mood", "is", "peaceful", hard=False), Constraint("mood", "is", "calm")),
        (Constraint("genre", "is", "piano"), Constraint("instrument", "is", "piano")),
        (Constraint("vocal", "not", "vocals"), Constraint("vocal", "is", "instrumental")),
        (Constraint("licence", "is", "cc0"), Constraint("licence", "is", "public-domain")),
        (Constraint("key", "is", "Bbm"), Constraint("key", "is", "A# minor")),
        (Constraint("artist", "is", "Äda  Sun"), Constraint("artist", "is", "ada sun")),
        (Constraint("year", "is", 1999.0), Constraint("year", "between", (1999.0, 1999.0))),
        (Constraint("genre", "is", "rock or jazz"), Constraint("genre", "is", "jazz or rock")),
    ],
)
def test_wishes_that_mean_the_same_have_one_form(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("gold", "plan", "expected"),
    [
        ({"wishes": (CALM,)}, {"constraints": (Constraint("mood", "is", "relaxing"),)}, ()),
        ({"wishes": (CALM,)}, {}, ("a wish missed",)),
        ({}, {"constraints": (Constraint("mood", "is", "calm"),)}, ("a wish made up",)),
        ({}, {"intent": "refine"}, ("another intent",)),
        ({"also": ("refine",)}, {"intent": "refine"}, ()),
        ({"handles": (1, 2)}, {"handles": (2, 1)}, ()),
        ({"handles": (1,)}, {"handles": (2,)}, ("other places",)),
        ({"comparisons": ("calmer",)}, {}, ("another comparison",)),
        ({"named": (NamedReference(title="Iron Rain"),)}, {"named": (NamedReference(title="iron rain"),)}, ()),
        ({"fresh": True}, {}, ("not taken as something new",)),
        ({"playlist_title": "Sunday"}, {"playlist_title": "Monday"}, ("another playlist title",)),
    ],
)  # fmt: skip
def test_a_plan_differs_where_it_differs(gold, plan, expected):
    told = match(GoldPlan(**{"intent": "recommend", **gold}), TurnPlan(**{"intent": "recommend", **plan}))
    assert told.faults == expected
    assert told.exact == (not expected)


def test_a_compound_message_is_compared_step_by_step():
    remove = GoldPlan(intent="edit_playlist", edit="remove", handles=(2,))
    gold = GoldPlan(intent="similar", handles=(4,), steps=(remove, GoldPlan(intent="similar", handles=(4,))))
    steps = (TurnPlan(intent="edit_playlist", edit="remove", handles=(2,)), TurnPlan(intent="similar", handles=(4,)))
    right = steps[1].model_copy(update={"steps": steps})
    assert match(gold, right).exact
    assert match(gold, steps[1]).faults == ("other places", "another edit", "other steps")


# Measures, by hand.


def played_turn(dialogue, plan, gold_wishes=(CALM,), **changes):
    turn = SimulatedTurn(
        message="calm",
        templates=("en.say.recommend.0",),
        plan=GoldPlan(intent="recommend", wishes=gold_wishes),
        standing=gold_wishes,
        gold=("a",),
    )
    values = {
        "dialogue": dialogue, "language": "en", "place": 1, "turn": turn, "plan": plan, "match": match(turn.plan, plan),
        "error": None, "presented": 1, "invented": (), "told": None, "ms": {"understand": 4.0, "results": 10.0},
        "rankings": {"Trichord": ["b", "a"]},
    }  # fmt: skip
    return PlayedTurn(**{**values, **changes})


def whole(dialogue, turn, held):
    told = Dialogue(id=dialogue, split="test", language="en", goal="a", turns=(turn.turn,))
    return Played(told, (turn,), frozenset(held))


def test_measures_of_two_turns_by_hand():
    calm = TurnPlan(intent="recommend", constraints=(Constraint("mood", "is", "calm"),))
    dark = TurnPlan(intent="similar", constraints=(Constraint("mood", "is", "dark"),))
    right = whole("one", played_turn("one", calm), {CALM})
    wrong = played_turn(
        "two",
        dark,
        (CALM, SHORT),
        error="It broke.",
        invented=("No Such Song",),
        told=False,
        rankings={"Trichord": ["b"]},
    )
    found = {r.name: r.measures for r in reports([right, whole("two", wrong, {SHORT})], np.random.default_rng(0))}
    told = {name: (m.value, m.n) for name, m in found["dialogues"].items()}
    assert told["intent"] == (0.5, 2)
    assert told["plan"] == (0.5, 2)
    assert told["wishes, precision"] == (0.5, 2)  # calm was said, dark was not
    assert told["wishes, recall"] == (pytest.approx(1 / 3), 3)
    assert told["tool success"] == (0.5, 2)
    assert told["wishes at the end"] == (pytest.approx(2 / 3), 3)
    assert told["read wishes kept"] == (1.0, 1)
    assert told["invented"] == (0.5, 2)
    assert told["absent, told"] == (0.0, 1)
    ranking = {name: m.value for name, m in found["ranking by Trichord"].items()}
    assert ranking["hit@1"] == 0.0
    assert ranking["hit@5"] == 0.5
    assert ranking["nDCG@20"] == pytest.approx(0.5 / np.log2(3))
    assert found["latency"]["understand, p50 ms"].value == 4.0
    assert found["latency"]["act, p50 ms"].n == 0
    assert faults([wrong]) == {"another intent": 1, "a wish missed": 1, "a wish made up": 1}
    (line,) = failures([right, whole("two", wrong, ())], 30)
    assert "It broke." in line
    assert "No Such Song" in line


# Playing.


def test_the_agent_plays_simulated_dialogues_and_names_nothing_that_is_not_there(world, snapshot):
    stage = Stage(world.assistant, world.tools, None)
    played = [stage.play(d) for d in draw_dialogues(snapshot, 15, 0, "train", noise=0.0)]
    turns = [t for p in played for t in p.turns]
    assert all(t.error is None for t in turns)
    assert not [t.invented for t in turns if t.invented]
    assert sum(t.presented for t in turns) > len(turns)
    first = [t for t in turns if t.turn.plan.intent == "recommend" and t.language == "en" and t.match.exact]
    assert first


def test_sessions_about_a_clip_are_played_and_the_clip_stands_at_their_end(world, snapshot, tmp_path):
    clips = {name: tmp_path / f"{name}.mp4" for name in ("sea", "drive")}
    dialogues = draw_dialogues(snapshot, 8, 1, "train", noise=0.0, clips=True)
    played = [Stage(world.assistant, world.tools, None, clips=clips).play(d) for d in dialogues]
    assert all(p.clip_kept for p in played)
    assert {p.turns[0].plan.intent for p in played} == {"music_for_video"}
    table = {r.name: r.measures for r in reports(played, np.random.default_rng(0))}
    assert (table["dialogues"]["clip kept"].value, table["dialogues"]["clip kept"].n) == (1.0, 8)
    lost = whole("one", played_turn("one", TurnPlan(intent="recommend")), ())
    assert "clip kept" not in {r.name: r.measures for r in reports([lost], np.random.default_rng(0))}["dialogues"]
    with pytest.raises(SimulationError, match=r"The sample clip '(?:sea|drive)' is not here"):
        Stage(world.assistant, world.tools, None).play(dialogues[0])


def test_a_clip_is_looked_at_once(tmp_path):
    class Eyes:
        looked = 0

        def look(self, path):
            self.looked += 1
            return path.name

    eyes = Eyes()
    once = SeenOnce(eyes)
    assert [once.look(tmp_path / n) for n in "aab"] == ["a", "a", "b"]
    assert eyes.looked == 2


def test_a_name_that_is_in_no_catalogue_is_found_out(world):
    stage = Stage(world.assistant, world.tools, None)
    done = world.say("jazz")
    presented, invented = stage.names(done.evidence, done, ["jazz"])
    assert presented > 8
    assert invented == ()
    false = done.evidence.tracks[0].model_copy(update={"artist": "Nobody"})
    evidence = done.evidence.model_copy(update={"tracks": (false,)})
    lying = done.model_copy(update={"reply": "Here is #1 “Song of Nowhere”."})
    assert stage.names(evidence, lying, ["jazz"])[1] == (f"{false.title} (Nobody)", "Song of Nowhere")


def test_lists_are_as_long_as_the_measures_look_where_no_length_was_said():
    class Fixed:
        def __init__(self, plan):
            self.made = plan

        def plan(self, message, state, attachments):
            return self.made

    state = DialogueState(session_id="test-session")
    deep = [Deep(Fixed(TurnPlan(intent=i, n=n))).plan("", state, ()).n for i, n in
            (("recommend", None), ("refine", 3), ("explain", None))]  # fmt: skip
    assert deep == [20, 3, None]


@pytest.mark.parametrize(
    ("comparison", "words", "contradicted"),
    [
        ("slower", "over 160 bpm", True),
        ("faster", "over 160 bpm", False),
        ("darker", "cheerful music", True),
        ("happier", "cheerful music", False),
        ("calmer", "under 3 minutes", False),
    ],
)
def test_a_wish_that_a_comparison_goes_against_need_not_stand(comparison, words, contradicted):
    (wish,) = parse_wishes(words).constraints
    assert _contradicts(comparison, wish) is contradicted
