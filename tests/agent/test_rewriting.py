"""A message said again in plain orders by the embedded model: what counts of it, and how it is trained."""

import json
from pathlib import Path

import numpy as np
import pytest
from dialogue_states import FRESH, LISTED
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from agent.errors import ModelError
from agent.planner.composed import ComposedPlanner
from agent.planner.rewriting import SURE, RewritingPlanner, doubtful
from agent.planner.rewriting.adapter import shipped_adapter
from agent.planner.rewriting.pairs import load_pairs, part_of
from agent.planner.rewriting.planner import LISTED as LIST_SHOWN
from agent.planner.rules import RulePlanner
from encoders.models.registry import load_registry
from retrieval.reading.wishes import parse_wishes

RULES = RulePlanner(lambda text: parse_wishes(text, ["Ada Sun"]))


def says(words):
    """Return the planner over a model that says these words, and what it was asked."""
    asked = []

    def reply(messages):
        asked.append(messages)
        return AIMessage(words)

    return RewritingPlanner(RunnableLambda(reply), RULES), asked


def wishes(plan):
    return {(c.field, c.op, c.value) for c in plan.constraints}


def test_what_the_model_says_is_read_by_the_rules():
    planner, asked = says("calm piano music, no drums; save the list as Nachtruhe")
    plan = planner.plan("was zum runterkommen, klimpern ja, getrommel nein, und ab damit in Nachtruhe", LISTED, ())
    assert [step.edit for step in plan.steps] == [None, "save"]
    assert wishes(plan.steps[0]) >= {
        ("mood", "is", "calm"),
        ("instrument", "is", "piano"),
        ("instrument", "not", "drums"),
    }
    assert plan.steps[1].playlist_title == "Nachtruhe"
    assert plan.planner.startswith("model: ")
    assert str(asked[0][1].content).startswith(LIST_SHOWN)


def test_without_a_list_the_model_is_told_of_none():
    planner, asked = says("calm music")
    planner.plan("irgendwas zum runterkommen", FRESH, ())
    assert not str(asked[0][1].content).startswith(LIST_SHOWN)


@pytest.mark.parametrize("said", ["unclear", "small talk"])
def test_where_the_model_finds_no_order_the_rules_decide(said):
    planner, _ = says(said)
    assert planner.plan("calm piano music", FRESH, ()) == RULES.plan("calm piano music", FRESH, ())


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("songs by Ada Sun", "'Ada Sun' is no name in the message"),
        ("play Glass Harbour by Nobody", "is no name in the message"),
        ("calm music, around 128 bpm", "the message has no 128"),
        ("", "said nothing"),
    ],
)
def test_what_the_message_does_not_bear_out_does_not_count(said, why):
    planner, _ = says(said)
    with pytest.raises(ModelError, match=why):
        planner.plan("was ruhiges, so um die 90 schläge", FRESH, ())


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("was aus den 80ern", "music from the 1980s"),
        ("eine halbe Stunde bei 1,5 stunden fahrt, also 90 minuten", "a 90 minute playlist"),
        ("ponme musica de los ochenta", "music from the 1980s"),
        ("mach es 2 stunden lang", "make the list 120 minutes long"),
    ],
)
def test_a_number_may_be_said_in_another_form(message, said):
    planner, _ = says(said)
    assert planner.plan(message, LISTED, ()).planner == f"model: {said}"


@pytest.mark.parametrize(
    ("message", "said", "why"),
    [
        ("bitte höchstens 90 bpm und ruhig, fürs Bügeln", "calm music for ironing", "90 got lost"),
        ("take #4 away, it is rubbish", "remove #3", "points at no #3"),
        ("bloß keine Trommeln", "with drums", "drums"),
        ('play "Forget My Taste" by Ada Sun', "forget my taste", "names a track"),
        ("Jazz!", "open Jazz Party Mix Of The Whole Week", "is no name"),
        ("was ruhiges", "calm " * 50, "longer than any order"),
        ("nah scrap all that. knitting", "start over", "asked for then got lost"),
        ("no, i meant in spanish", "undo", "meant got lost"),
        ("horror piano, 1.5 minutes", "scary piano music", "length got lost"),
        ("a bit of trumpet, but far away", "loose trombone music", "“trumpet” became “trombone”"),
        ("add 3 tracks to the playlist", "3 tracks of music", "should be like got lost"),
        ("something they can sing along to", "easy choruses", "got lost"),
    ],
)
def test_nothing_is_lost_turned_round_or_ordered_by_a_name(message, said, why):
    planner, _ = says(said)
    with pytest.raises(ModelError, match=why):
        planner.plan(message, LISTED, ())


def test_what_is_taken_back_does_not_get_lost():
    limited = LISTED.standing.model_copy(update={"constraints": parse_wishes("under 5 minutes", []).constraints})
    planner, _ = says("continue the list with 10 tracks")
    with pytest.raises(ModelError, match="taken back got lost"):
        planner.plan("any length is fine, ten more", LISTED.model_copy(update={"standing": limited}), ())


def test_more_of_what_is_liked_is_more_like_it():
    planner, _ = says("i like #3; more tracks, with female vocals")
    steps = planner.plan("die 3 gefällt mir, mehr davon, aber mit Frauenstimme", LISTED, ()).steps
    assert [(step.intent, step.handles) for step in steps] == [("feedback", (3,)), ("similar", (3,))]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("zehn langsame Walzer ohne Gesang", "10 slow waltzes, instrumental"),
        ("how come number 6 is in there, I can hear someone singing", "why #6?"),
        ("portuguese singing, guitar, sad but in a nice way", "sad songs sung in Portuguese with guitar"),
        ("Playlist für eine Radtour, fängt ruhig an, eine Stunde", "a 60 minute playlist for cycling, start calm"),
    ],
)
def test_what_is_said_in_other_words_is_not_lost(message, said):
    planner, _ = says(said)
    assert planner.plan(message, LISTED, ()).planner == f"model: {said}"


@pytest.mark.parametrize(
    ("message", "said", "why"),
    [
        ("make it an hour longer, same sort of stuff", "make the list 60 minutes long", "should be like got lost"),
        ("du zouk stp", "surprise me", "asked for got lost"),
        ("dans le même esprit que la 2 mais plus joyeux stp", "more happy", "#2 got lost"),
    ],
)
def test_a_change_of_length_and_a_style_do_not_get_lost(message, said, why):
    planner, _ = says(said)
    with pytest.raises(ModelError, match=why):
        planner.plan(message, LISTED, ())


@pytest.mark.parametrize(
    ("message", "said", "field"),
    [
        ("still too broad, at 160 bpm or more please", "faster music, under 160 bpm", "tempo"),
        ("good direction, though it has to be 2024 or earlier", "music from before 2024", "year"),
        ("hm, anything but not longer than 4 minutes", "music of around 4 minutes", "duration"),
        ("not bad but i want it by Ada Sun and her band", "not by Ada Sun", "artist"),
    ],
)
def test_numbers_and_names_are_as_the_rules_read_them(message, said, field):
    planner, _ = says(said)
    ours = [c for c in RULES.plan(message, LISTED, ()).constraints if c.field == field]
    theirs = [c for c in planner.plan(message, LISTED, ()).constraints if c.field == field]
    assert theirs == ours != []


def test_more_of_something_is_asked_of_what_stands():
    planner, _ = says("warmer acoustic music with ukulele, instrumental")
    plan = planner.plan("a bit more warm and acoustic, maybe ukulele, no singing", LISTED, ())
    assert (plan.intent, plan.planner) == ("refine", "model: warmer acoustic music with ukulele, instrumental")


def test_a_track_that_is_named_is_looked_for():
    planner, _ = says("calm music")
    with pytest.raises(ModelError, match="names a track"):
        planner.plan('do you know "Glass Harbour" by Ada Sun?', FRESH, ())


def test_never_is_as_the_rules_read_it():
    planner, _ = says("remember that i don't like bagpipes")
    (taste,) = planner.plan("I never want to hear bagpipes again. My neighbour has a set.", FRESH, ()).tastes
    assert taste.never


def test_names_in_the_orders_are_not_translated():
    planner, _ = says("music by Die Fantastischen Vier")
    plan = planner.plan("hast du was von den fantastischen vier oder so", FRESH, ())
    assert ("artist", "is", "Die Fantastischen Vier") in wishes(plan)


def test_a_yes_to_an_offer_needs_no_model():
    planner, asked = says("calm music")
    offered = LISTED.model_copy(update={"pending_generation": "calm"})
    assert RULES.plan("yes please do", offered, ()).agreed
    planner.plan("yes please do", offered, ())
    assert not asked


def test_an_instrument_that_the_message_names_does_not_get_lost():
    planner, _ = says("calm tango with trumpet")
    with pytest.raises(ModelError, match="piano"):
        planner.plan("tango tranquilo con piano", FRESH, ())


def test_a_key_is_read_by_the_rules():
    planner, _ = says("compose a milonga in C minor")
    plan = planner.plan("compón una milonga en re menor", FRESH, ())
    assert {c.value for c in plan.constraints if c.field == "key"} == {"D minor"}


def test_the_rules_stand_in_and_say_why():
    planner, _ = says("songs by Ada Sun")
    plan = ComposedPlanner(RULES, planner, sure=1.1).plan("was ruhiges", FRESH, ())
    assert "is no name in the message" in plan.planner
    assert wishes(plan) == wishes(RULES.plan("was ruhiges", FRESH, ()))


def test_the_model_is_asked_where_the_rules_are_unsure_or_leave_much_of_a_long_message():
    planner, asked = says("calm music for sleeping")
    composed = ComposedPlanner(RULES, planner, SURE, doubtful)
    composed.plan("calm piano music", FRESH, ())
    composed.plan("remove #2", LISTED, ())
    assert not asked
    composed.plan("2am, the baby is screaming, we tried everything, please do something", FRESH, ())
    assert len(asked) == 1


def test_the_adapter_that_ships_is_small_and_fits_the_default_model():
    default = load_registry()["qwen2.5-coder-1.5b"]
    adapter = shipped_adapter(default.id)
    assert adapter is not None
    assert adapter.stat().st_size < 12_000_000
    assert adapter.read_bytes()[:4] == b"GGUF"
    assert shipped_adapter("qwen2.5-coder-0.5b") is None


def test_pairs_are_whole_and_their_parts_apart():
    pairs = load_pairs()
    assert len({(p.message.casefold(), p.listed) for p in pairs}) == len(pairs) > 6_000
    assert {p.lang for p in pairs} >= {"en", "de", "es", "fr", "zh"}
    counted = {part: sum(part_of(p) == part for p in pairs) for part in ("train", "tune", "test")}
    assert counted["train"] > 4 * counted["tune"]
    assert min(counted.values()) > 500
    assert all(p.plain and p.plain == p.plain.strip(" ;") for p in pairs)


@pytest.fixture
def tiny_model(tmp_path):
    """A Qwen2 model of two layers over bytes, as a GGUF file."""
    gguf = pytest.importorskip("gguf")
    pytest.importorskip("peft")
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    path = tmp_path / "model.gguf"
    words = [*bytes_to_unicode().values(), "er", "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.add_context_length(512)
    writer.add_embedding_length(64)
    writer.add_feed_forward_length(128)
    writer.add_block_count(2)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(words)
    writer.add_token_types([1] * 257 + [3] * 3)
    writer.add_token_merges(["e r"])
    writer.add_bos_token_id(257)
    writer.add_eos_token_id(259)
    rng = np.random.default_rng(0)

    def add(name, *shape):
        values = np.ones(shape) if name.endswith("norm.weight") else rng.normal(0, 0.05, shape)
        writer.add_tensor(name, values.astype(np.float32))

    add("token_embd.weight", len(words), 64)
    add("output_norm.weight", 64)
    for n in range(2):
        for name, shape in (
            ("attn_q", (64, 64)), ("attn_k", (32, 64)), ("attn_v", (32, 64)), ("attn_output", (64, 64)),
            ("ffn_gate", (128, 64)), ("ffn_up", (128, 64)), ("ffn_down", (64, 128)),
        ):  # fmt: skip
            add(f"blk.{n}.{name}.weight", *shape)
        for name, size in (("attn_q", 64), ("attn_k", 32), ("attn_v", 32)):
            add(f"blk.{n}.{name}.bias", size)
        add(f"blk.{n}.attn_norm.weight", 64)
        add(f"blk.{n}.ffn_norm.weight", 64)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_an_adapter_is_trained_on_a_models_own_weights_and_written_as_it_is_read(tiny_model, tmp_path):
    from gguf import GGUFReader

    from agent.planner.rewriting.training import Options, train

    pairs = [p for p in load_pairs() if p.lang == "en" and len(p.message) < 30]
    learnt = [p for p in pairs if part_of(p) == "train"][:24] + [p for p in pairs if part_of(p) == "tune"][:8]
    told = []
    card = train(tiny_model, tmp_path / "a.gguf", Options(epochs=4, batch=8), told.append, learnt)
    assert card["pairs"] == 24
    assert card["tune_pairs"] == 8
    assert card["tune_loss"][-1] < card["tune_loss"][0]
    assert told[-1] == 1.0
    names = {t.name for t in GGUFReader(tmp_path / "a.gguf").tensors}
    assert names == {
        f"blk.{n}.{part}.weight.lora_{side}"
        for n in range(2)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
        for side in "ab"
    }


def test_a_file_of_another_architecture_is_refused(tmp_path):
    gguf = pytest.importorskip("gguf")
    from agent.planner.rewriting.training import load_base

    path = tmp_path / "other.gguf"
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ModelError, match="no Qwen2 model"):
        load_base(path, np.arange(4), "cpu")


def test_the_card_tells_what_the_adapter_is_of():
    import agent.planner.rewriting as here

    card = json.loads(Path(here.__file__).with_name("rewriter.json").read_text(encoding="utf-8"))
    assert card["base"] == "qwen2.5-coder-1.5b"
    assert card["pairs"] > 5_000
    assert 0 < card["plan_right"]["model"] <= 1
