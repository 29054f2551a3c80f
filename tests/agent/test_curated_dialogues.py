"""People's own playlist dialogues, a language model without the catalogue, and how varied replies are."""

import json
import math

import numpy as np
import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from agent.errors import SimulationError
from agent.evaluation.curating import (
    MODEL,
    OURS,
    CuratedAnswer,
    CuratedStage,
    curated_reports,
    deep_enough,
    ndcg_by,
)
from agent.evaluation.curation import CuratedDialogue, CuratedTurn, part_of, read_curation
from agent.evaluation.naming import NamesAlone, names_in
from agent.evaluation.playing import Deep, Stage
from agent.evaluation.variety import adjusted, distinct, pairs, variety
from agent.llm.guard import Guard
from agent.simulation.drawing import draw_dialogues
from agent.values import DialogueState, Standing


def words(title, artist, album="Album"):
    return {"track_titles": title, "track_artists": [artist], "track_release_titles": album}


def turn(message, liked=(), disliked=()):
    return {"user_query": message, "liked_results": list(liked), "disliked_results": list(disliked)}


TOLD = {
    "id": "d1",
    "turns": [turn("some jazz"), turn(" more ", ["a", "b"], ["c"]), turn("", ["b", "d"])],
    "goal_playlist": ["a", "d"],
    "tracks": {i: words(f"Song {i}", "Ada Sun") for i in "abcd"},
}


def write(folder, *lines):
    folder.mkdir(exist_ok=True)
    (folder / "dev.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


# Reading.


def test_a_dialogue_is_read_with_what_was_liked_for_the_first_time(tmp_path):
    tracks, (dialogue,) = read_curation(write(tmp_path / "cpcd", json.dumps(TOLD)))
    assert [t.id for t in tracks] == ["a", "b", "c", "d"]
    assert (tracks[0].metadata.title, tracks[0].metadata.artist) == ("Song a", "Ada Sun")
    assert dialogue.goal == ("a", "d")
    assert [t.message for t in dialogue.turns] == ["some jazz", "more", ""]
    assert [t.liked for t in dialogue.turns] == [(), ("a", "b"), ("d",)]
    assert dialogue.turns[1].disliked == ("c",)


@pytest.mark.parametrize(
    ("lines", "told"), [([], "holds no dialogue"), (['{"id": 1}'], "Line 1 of dev.jsonl is no dialogue of CPCD")]
)
def test_a_bad_folder_is_one_sentence(tmp_path, lines, told):
    with pytest.raises(SimulationError, match=told):
        read_curation(write(tmp_path / "cpcd", *lines))
    with pytest.raises(SimulationError, match=r"holds no \.jsonl file"):
        read_curation(tmp_path / "nowhere")


def test_the_halves_share_no_dialogue():
    all_ = [CuratedDialogue(str(n), (), ()) for n in range(5)]
    assert [d.id for d in part_of(all_, "tune")] == ["0", "2", "4"]
    assert [d.id for d in part_of(all_, "report")] == ["1", "3"]
    assert part_of(all_, "all") == all_
    with pytest.raises(SimulationError, match="choose tune, report or all"):
        part_of(all_, "dev")


# Playing.


def test_what_was_liked_is_told_and_never_ranked_again(world):
    first, second, third = world.engine.state.snapshot.ids[:3]
    turns = (
        CuratedTurn("jazz", (first,)),
        CuratedTurn("", (second,)),
        CuratedTurn("something calm", (third,), (first,)),
    )
    everything = list(world.engine.state.snapshot.ids)
    stage = CuratedStage(world.assistant, {"all": lambda _: everything})
    answers = stage.play(CuratedDialogue("d", turns, (first, third)))
    assert [a.place for a in answers] == [1, 3]
    assert answers[0].golds == {"liked next": (first,), "goal list": (first, third)}
    assert answers[1].golds == {"liked next": (third,), "goal list": (third,)}
    assert answers[0].rankings["all, last message"] == everything[:20]
    assert answers[1].rankings["all, whole dialogue"] == everything[2:22]
    assert not {first, second} & set(answers[1].rankings[OURS])
    assert all(a.reply for a in answers)
    assert world.assistant.state("curated-0").standing.dislikes == (first,)


def test_what_the_people_rated_is_the_list_that_they_saw(world):
    rated, ids = world.engine.state.snapshot.ids[:2], world.engine.state.snapshot.ids
    turns = (CuratedTurn("jazz", rated[:1], rated[1:]), CuratedTurn("show me more", ids[2:3]))
    stage = CuratedStage(world.assistant, {})
    first, second = stage.play(CuratedDialogue("d", turns, ()))
    # The first answer of the agent was shown to nobody, so it may come again.
    assert set(first.rankings[OURS]) & set(second.rankings[OURS])
    assert not set(rated) & set(second.rankings[OURS])


def test_lists_leave_room_for_what_was_liked():
    class Plain:
        def plan(self, message, state, attachments):
            from agent.values import TurnPlan

            return TurnPlan(intent="recommend")

    liked = DialogueState(session_id="some-session", standing=Standing(likes=("a", "b")))
    assert Deep(Plain(), deep_enough).plan("", liked, ()).n == 22


def answer(dialogue, ours, peer, gold=("a",), **more):
    rankings = {OURS: ours, "BM25, last message": peer, **more.pop("rankings", {})}
    golds = {"liked next": gold, "goal list": ("b",)}
    return CuratedAnswer(dialogue, more.pop("place", 1), "jazz", "recommend", golds, rankings, "Here are two.", **more)


def test_the_table_by_hand():
    answers = [
        answer("one", ["a"], ["b", "a"]),
        answer("two", ["b", "a"], ["a"], place=2, rankings={MODEL: ["a"]}, strange=0.75),
        answer("two", [], ["a"], gold=(), place=10),
    ]
    found = {r.name: r.measures for r in curated_reports(answers, np.random.default_rng(0))}
    second = 1 / math.log2(3)
    ours = found["liked next: Trichord"]
    assert (ours["hit@1"].value, ours["hit@5"].value, ours["nDCG@20"].n) == (0.5, 1.0, 2)
    assert ours["nDCG@20"].value == pytest.approx((1 + second) / 2)
    ratio = ours["nDCG@20 over that of BM25, last message"]
    assert ratio.value == pytest.approx(1.0)
    assert (ratio.low, ratio.high) == pytest.approx((second, 1 / second))
    assert found["goal list: Trichord"]["nDCG@20"].value == pytest.approx(1 / 3)
    model = found[f"liked next: {MODEL}"]
    assert (model["nDCG@20"].value, model["nDCG@20"].n) == (1.0, 1)
    assert model["names not in the catalogue"].value == 0.75
    assert found["liked next: Trichord, on the turns of the model"]["nDCG@20"].value == pytest.approx(second)
    plotted = ndcg_by(answers, lambda a: str(a.place), np.random.default_rng(0))
    assert list(plotted) == ["1", "2"]
    assert plotted["1"][OURS].value == 1.0


# The language model alone.


def test_names_are_read_from_lines_however_they_are_numbered():
    reply = 'Here are some tracks:\n1. "Oh" - Ciara\n2) Goodies by Ciara\n- Level Up\n• Oh - Ciara\n\n'
    assert names_in(reply) == [("Oh", "Ciara"), ("Goodies", "Ciara"), ("Level Up", None)]
    assert len(names_in("\n".join(f"Song {n} - X" for n in range(50)))) == 20


def test_names_that_are_not_here_are_counted_and_the_others_ranked(world):
    snapshot = world.engine.state.snapshot
    track = snapshot.tracks_at([0])[0]
    asked = []

    def reply(messages):
        asked.append(messages[-1].content)
        return AIMessage(content=f"1. {track.title} - {track.artist}\n2. No Such Song At All - Nobody Known")

    named = NamesAlone(RunnableLambda(reply), snapshot, Guard())(["jazz", "calmer"])
    assert named.ids == (track.id,)
    assert (named.given, named.absent, named.strange) == (2, 1, 0.5)
    assert asked == ["User: jazz\nUser: calmer"]


def test_a_model_that_fails_has_named_nothing(world):
    def fail(messages):
        raise RuntimeError("no")

    named = NamesAlone(RunnableLambda(fail), world.engine.state.snapshot, Guard(sleep=lambda _: None))(["jazz"])
    assert (named.ids, named.given) == ((), 0)
    assert math.isnan(named.strange)


def test_the_model_is_asked_on_so_many_turns_and_no_more(world):
    calls = []

    def reply(messages):
        calls.append(messages)
        return AIMessage(content="No Such Song At All - Nobody Known")

    model = NamesAlone(RunnableLambda(reply), world.engine.state.snapshot, Guard())
    stage = Stage(world.assistant, world.tools, None, model, 2)
    played = [stage.play(d) for d in draw_dialogues(world.engine.state.snapshot, 6, 0, "train", noise=0.0)]
    asked = [t for p in played for t in p.turns if MODEL in t.rankings]
    assert len(calls) == len(asked) == 2
    assert [t.strange for t in asked] == [1.0, 1.0]
    assert all(t.reply for p in played for t in p.turns)


# Variety.


def test_pairs_are_of_words_and_of_chinese_signs():
    assert pairs("Here's “Oh”, Here's!") == [("here's", "oh"), ("oh", "here's")]
    assert pairs("来点 jazz") == [("来", "点"), ("点", "jazz")]


def test_distinct_falls_with_length_and_the_adjusted_one_does_not():
    rng = np.random.default_rng(0)

    def draws(n):
        return [("w", str(w)) for w in rng.integers(1_000, size=n)]

    short, long = draws(200), draws(3_000)
    assert distinct(short) > 2.5 * distinct(long)
    assert adjusted(short, 1_000) == pytest.approx(1, abs=0.05)
    assert adjusted(long, 1_000) == pytest.approx(1, abs=0.05)


def test_saying_the_same_again_raises_neither():
    said = pairs("here are ten calm tracks for you")
    for measure in (distinct, adjusted):
        assert measure(said * 3) < measure(said)
    assert math.isnan(distinct([]))
    assert math.isnan(adjusted([]))


def test_names_are_left_out_once():
    found = variety({"one": ["Here is “Oh my love”."], "two": ["Here is “A b c d”."]})
    assert found["distinct-2"].value > found["distinct-2, names left out"].value == 0.5
    assert found["distinct-2"].n == 2
    assert found["distinct-2, adjusted for length"].low <= found["distinct-2, adjusted for length"].value
