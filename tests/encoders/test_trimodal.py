"""The tri-modal model on pairs whose answer is known, and everything that may be wrong with its data."""

import csv
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from paired_features import known_pairs
from safetensors.torch import load_file

from encoders.errors import EncoderError, ModelCorruptError, ModelMissingError
from encoders.protocols import QueryFuser
from encoders.trimodal.batches import Batches
from encoders.trimodal.card import read_card
from encoders.trimodal.config import KINDS, TrainingConfig
from encoders.trimodal.fuser import TrimodalFuser, key_of
from encoders.trimodal.measuring import measure
from encoders.trimodal.network import Tokens, contrastive_loss
from encoders.trimodal.pairs import PairedFeatures, read_pairs, with_simulated_feedback
from encoders.trimodal.training import CHECKPOINT, build, dims_of, train
from encoders.values import Embedding, QueryTurn, Space

SMALL = TrainingConfig(
    epochs=15, batch_size=128, learning_rate=5e-3, width=64, layers=1, heads=4, dropout=0.0, patience=15
)
SPACES = (Space("clip", 24, "x", "v0"), Space("words", 20, "x", "t0"), Space("music", 32, "x", "m0"))


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def pairs():
    named = {name: key_of(space) for name, space in zip(("video", "text", "music"), SPACES, strict=True)}
    return replace(known_pairs(900, seed=0), spaces=named)


@pytest.fixture(scope="module")
def trained(pairs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trimodal")
    return folder, train(pairs, SMALL, folder)


@pytest.fixture(scope="module")
def fuser(trained):
    return TrimodalFuser.load(trained[0], *SPACES)


def recall(card, use="all"):
    return card.metrics["test"][use].recall_at_10


def test_together_they_find_more_than_each_alone_and_without_text_no_less_than_the_clip(pairs, trained, tmp_path):
    alone = {
        kind: recall(train(pairs, replace(SMALL, inputs=inputs, text_dropout=0.0), tmp_path / kind))
        for kind, inputs in {"video": ("video",), "text": ("text",), "feedback": ("liked", "disliked")}.items()
    }
    assert recall(trained[1]) > max(alone.values()) + 0.1
    assert recall(trained[1], "without text") >= alone["video"]
    assert min(alone.values()) > 3 * 10 / 225  # each alone is well above chance, so the comparison means something


def test_text_dropout_is_what_makes_text_absent_queries_work(pairs, trained, tmp_path):
    without = train(pairs, replace(SMALL, text_dropout=0.0), tmp_path)
    assert recall(trained[1], "without text") > recall(without, "without text") + 0.1
    assert recall(trained[1], "video") > recall(without, "video") + 0.1


def test_the_same_seed_gives_the_same_model_and_another_seed_another(pairs, tmp_path):
    short = replace(SMALL, epochs=2)
    hashes = [train(pairs, short, tmp_path / name).weights_sha256 for name in "ab"]
    assert hashes[0] == hashes[1]
    assert train(pairs, replace(short, seed=1), tmp_path / "c").weights_sha256 != hashes[0]


def test_a_resumed_run_is_the_uninterrupted_one_to_the_bit(pairs, tmp_path):
    config = replace(SMALL, epochs=4, dropout=0.2)

    def interrupt(line):
        if line.epoch == 2:
            raise KeyboardInterrupt

    whole = train(pairs, config, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(pairs, config, tmp_path / "broken", report=interrupt)
    with pytest.raises(EncoderError, match="other settings or data"):
        train(pairs, replace(config, epochs=5), tmp_path / "broken", resume=True)
    again = train(pairs, config, tmp_path / "broken", resume=True)
    assert again == whole
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    logs = [(tmp_path / name / "log.csv").read_text("utf-8") for name in ("whole", "broken")]
    assert logs[0] == logs[1]
    assert len(list(csv.DictReader(logs[0].splitlines()))) == 4
    assert not (tmp_path / "broken" / CHECKPOINT).exists()


def test_a_damaged_checkpoint_is_refused(pairs, tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"\x80\x04 not safetensors")
    with pytest.raises(EncoderError, match="damaged"):
        train(pairs, replace(SMALL, epochs=1), tmp_path, resume=True)


def test_training_ends_early_and_keeps_the_best_epoch(pairs, tmp_path):
    card = train(pairs, replace(SMALL, epochs=30, learning_rate=1e-8, patience=2), tmp_path)
    assert card.epochs_run <= card.best_epoch + 2 < 30
    lines = list(csv.DictReader((tmp_path / "log.csv").read_text("utf-8").splitlines()))
    best = max(lines, key=lambda line: float(line["score"]))
    assert int(best["epoch"]) == card.best_epoch


def test_the_callers_random_state_is_left_alone(pairs, tmp_path):
    before = torch.get_rng_state()
    train(pairs, replace(SMALL, epochs=1, dropout=0.1), tmp_path)
    assert torch.equal(before, torch.get_rng_state())


def test_there_is_no_mixed_precision_without_a_gpu(pairs, tmp_path, monkeypatch):
    asked = []
    real = torch.autocast
    monkeypatch.setattr(
        torch, "autocast", lambda *a, enabled, **k: (asked.append(enabled), real(*a, enabled=enabled))[1]
    )
    train(pairs, replace(SMALL, epochs=1), tmp_path)
    assert asked
    assert set(asked) == {torch.cuda.is_available()}


def test_what_is_to_be_hidden_is_hidden_but_never_everything(pairs):
    batches = Batches(pairs, KINDS, torch.device("cpu"))
    rows = pairs.rows("train")
    silent = replace(SMALL, text_dropout=1.0, video_dropout=0.0, turn_dropout=1.0)
    there = batches.hidden(rows, silent, np.random.default_rng(0))
    assert there["video"].all()
    assert not there["text"].any()
    assert not there["liked"].any()
    nothing = batches.hidden(rows, replace(silent, video_dropout=1.0), np.random.default_rng(0))
    assert all(nothing[kind].all() for kind in KINDS)  # a pair without any token would teach nothing
    some = batches.hidden(rows, replace(silent, text_dropout=0.3, turn_dropout=0.0), np.random.default_rng(0))
    assert some["text"].mean() == pytest.approx(0.7, abs=0.06)
    assert some["liked"][:, -1].all()  # the latest turn is the last to be hidden
    assert some["liked"][:, 0].mean() == pytest.approx(0.5, abs=0.06)


def test_copies_of_the_same_music_are_no_negatives():
    music = torch.eye(3)[[0, 0, 1]]
    assert contrastive_loss(music, music, torch.tensor(100.0)) < 1e-6


# -- in use -------------------------------------------------------------------------------------------------------


def turn(rng, **kinds):
    def one(space):
        vector = rng.normal(size=space.dim).astype(np.float32)
        return Embedding(space, vector / np.linalg.norm(vector))

    video, text, music = SPACES
    return QueryTurn(
        video=one(video) if kinds.get("video") else None,
        text=one(text) if kinds.get("text") else None,
        liked=tuple(one(music) for _ in range(kinds.get("liked", 0))),
        disliked=tuple(one(music) for _ in range(kinds.get("disliked", 0))),
    )


def test_the_model_in_use_answers_as_it_was_measured(pairs, trained, fuser):
    assert isinstance(fuser, QueryFuser)
    rows = pairs.rows("test")[:60]
    music = pairs.music[pairs.rows("test")]
    hits = 0
    for row in rows:
        turns = [
            QueryTurn(
                liked=(Embedding(SPACES[2], pairs.liked[row, n]),),
                disliked=(Embedding(SPACES[2], pairs.disliked[row, n]),),
                video=Embedding(SPACES[0], pairs.video[row]) if n else None,
                text=Embedding(SPACES[1], pairs.text[row]) if n else None,
            )
            for n in range(2)
        ]
        query = fuser.fuse(turns)
        assert np.linalg.norm(query.vector) == pytest.approx(1.0, abs=1e-5)
        hits += (music @ query.vector > query.vector @ pairs.music[row] + 1e-6).sum() < 10
    assert hits / len(rows) == pytest.approx(recall(trained[1]), abs=0.15)


@pytest.mark.parametrize("undone", [0, 1, 2, 3])
def test_undo_takes_away_one_turn_and_nothing_else(fuser, undone):
    """Of a padded batch too: a turn that is masked weighs nothing, down to rounding."""
    rng = np.random.default_rng(3)
    turns = [
        turn(rng, video=True, text=True),
        turn(rng, liked=2),
        turn(rng, text=True, disliked=1),
        turn(rng, liked=1, disliked=2),
    ]
    left = [t for n, t in enumerate(turns) if n != undone]
    whole, without = fuser.fuse(turns).vector, fuser.fuse(left).vector
    assert not np.allclose(whole, without, atol=1e-3)
    again = fuser.fuse([*left[:undone], turns[undone], *left[undone:]]).vector
    assert np.array_equal(again, whole)  # nothing is remembered between calls
    assert np.array_equal(fuser.fuse(left).vector, without)


def test_a_masked_token_weighs_nothing(pairs):
    network = build(dims_of(pairs), SMALL)
    network.train(False)
    batches = Batches(pairs, KINDS, torch.device("cpu"))
    rows = np.arange(5)
    there = batches.present(rows)
    there["liked"] = np.tile([True, False], (5, 1))
    masked = batches.tokens(rows, there)
    cut = Tokens(
        {**masked.vectors, "liked": masked.vectors["liked"][:, :1]},
        {**masked.present, "liked": masked.present["liked"][:, :1]},
        {**masked.age, "liked": masked.age["liked"][:, :1]},
    )
    with torch.inference_mode():
        torch.testing.assert_close(network(masked), network(cut), atol=1e-6, rtol=0)


def test_likes_within_a_turn_have_no_order_and_dislikes_another_sign(fuser):
    rng = np.random.default_rng(5)
    first = turn(rng, liked=3)
    turned = replace(first, liked=first.liked[::-1])
    np.testing.assert_allclose(fuser.fuse([first]).vector, fuser.fuse([turned]).vector, atol=1e-5)
    disliked = QueryTurn(disliked=first.liked)
    assert fuser.fuse([first]).vector @ fuser.fuse([disliked]).vector < 0.5


def test_nothing_to_go_by_gives_no_query(fuser):
    assert fuser.fuse([]) is None
    assert fuser.fuse([QueryTurn(), QueryTurn()]) is None


def test_a_model_without_feedback_in_its_data_passes_likes_over(pairs, tmp_path):
    plain = replace(pairs, liked=pairs.liked[:, :0], disliked=pairs.disliked[:, :0])
    train(plain, replace(SMALL, epochs=1), tmp_path)
    model = TrimodalFuser.load(tmp_path, *SPACES)
    rng = np.random.default_rng(6)
    asked = turn(rng, video=True)
    assert model.fuse([turn(rng, liked=2)]) is None
    assert np.array_equal(model.fuse([turn(rng, liked=2), asked]).vector, model.fuse([asked]).vector)


def test_other_spaces_are_refused_by_name(trained, fuser):
    folder = trained[0]
    other = Space("clip", 24, "x", "other weights")
    with pytest.raises(EncoderError, match=r"of clip .* for video"):
        TrimodalFuser.load(folder, other, *SPACES[1:])
    strange = Embedding(other, np.eye(24, dtype=np.float32)[0])
    with pytest.raises(EncoderError, match="wants clip"):
        fuser.fuse([QueryTurn(video=strange)])


def test_a_missing_or_damaged_model_is_refused(pairs, tmp_path):
    with pytest.raises(ModelMissingError, match="trichord train trimodal"):
        read_card(tmp_path)
    train(pairs, replace(SMALL, epochs=1), tmp_path)
    weights = tmp_path / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelCorruptError, match="card"):
        read_card(tmp_path)
    (tmp_path / "card.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelCorruptError, match="damaged"):
        read_card(tmp_path)


def test_the_card_tells_data_seed_settings_and_figures(pairs, trained):
    card = read_card(trained[0])
    assert card == trained[1]
    assert card.data.sha256 == pairs.sha256
    assert card.data.pairs == {split: len(pairs.rows(split)) for split in ("train", "validation", "test")}
    assert card.data.turns == 2
    network = build(card.dims, card.config)
    network.load_state_dict(load_file(trained[0] / "model.safetensors"))
    assert measure(network, pairs, "test", KINDS) == card.metrics["test"]["all"]


# -- files and bad input ------------------------------------------------------------------------------------------


def arrays(n=30, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=(n, d)) for name, d in (("video", 5), ("text", 4), ("music", 6))}


def test_npz_and_parquet_tell_the_same(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rng = np.random.default_rng(1)
    given = {**arrays(), "liked": rng.normal(size=(30, 2, 6)), "disliked": rng.normal(size=(30, 2, 6))}
    given["split"] = np.array(["train"] * 20 + ["validation"] * 5 + ["test"] * 5)
    np.savez(tmp_path / "p.npz", **given, music_space=np.array("m@0"))
    table = pyarrow.table({name: value.tolist() for name, value in given.items()})
    parquet.write_table(table.replace_schema_metadata({"music_space": "m@0"}), tmp_path / "p.parquet")
    one, other = read_pairs(tmp_path / "p.npz"), read_pairs(tmp_path / "p.parquet")
    assert one.sha256 == other.sha256
    assert one.spaces == other.spaces == {"music": "m@0"}
    assert one.turns == 2
    np.testing.assert_allclose(np.linalg.norm(one.video, axis=1), 1.0, atol=1e-6)


def test_uneven_parquet_rows_are_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {name: value.tolist() for name, value in arrays().items()}
    columns["text"][3] = [1.0]
    parquet.write_table(pyarrow.table(columns), tmp_path / "p.parquet")
    with pytest.raises(EncoderError, match="text has rows of different lengths"):
        read_pairs(tmp_path / "p.parquet")


def with_nan(a):
    a["video"][2, 1] = np.nan


def shorter(a):
    a["text"] = a["text"][:7]


def flat(a):
    a["music"] = a["music"][:, 0]


def no_rows(a):
    a.update({name: value[:0] for name, value in a.items()})


def one_row(a):
    a.update({name: value[:1] for name, value in a.items()})


def silent_music(a):
    a["music"][4] = 0


def words(a):
    a["text"] = np.array([["a"] * 4] * 30)


def strange_split(a):
    a["split"] = np.array(["trian"] * 30)


def no_validation(a):
    a["split"] = np.array(["train"] * 30)


def odd_feedback(a):
    a["liked"] = np.zeros((30, 2, 5))


def one_track(a):
    a["music"] = np.ones((30, 6))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (with_nan, "video holds NaN"),
        (shorter, "30 video, 7 text, 30 music"),
        (flat, r"music has the shape \(30,\)"),
        (no_rows, "There are 0 pairs"),
        (one_row, "There are 1 pairs"),
        (silent_music, "1 rows of music are all zeros"),
        (words, "must hold numbers"),
        (strange_split, "'trian'"),
        (no_validation, "none for validation"),
        (odd_feedback, r"liked has the shape \(30, 2, 5\)"),
        (one_track, "1 different tracks"),
        (lambda a: a.pop("text"), "lacks text"),
    ],
)
def test_bad_data_gets_one_sentence(tmp_path, spoil, told):
    given = arrays()
    spoil(given)
    np.savez(tmp_path / "p.npz", **given)
    with pytest.raises(EncoderError, match=told) as refused:
        read_pairs(tmp_path / "p.npz")
    assert re.fullmatch(r"[^\n]+\.", str(refused.value))


@pytest.mark.parametrize("name", ["p.npz", "p.parquet", "p.csv", "nothing.npz"])
def test_what_is_no_such_file_is_refused(tmp_path, name):
    if name != "nothing.npz":
        (tmp_path / name).write_bytes(b"neither one nor the other")
    with pytest.raises(EncoderError, match=re.escape(name)):
        read_pairs(tmp_path / name)


def test_pickled_arrays_are_never_read(tmp_path):
    np.savez(tmp_path / "p.npz", **{**arrays(), "video": np.array([{"a": 1}] * 30)})
    with pytest.raises(EncoderError, match="plain arrays"):
        read_pairs(tmp_path / "p.npz")


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "p.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"\[train\]"):
        read_pairs(tmp_path / "p.parquet")


def test_a_track_is_never_in_two_splits():
    given = arrays(60)
    given["music"] = given["music"][np.arange(60) % 20]
    pairs = PairedFeatures.of(**given)
    parts = [{row.tobytes() for row in pairs.music[pairs.rows(s)]} for s in ("train", "validation", "test")]
    assert all(parts)
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]


def test_simulated_likes_are_near_the_right_music_and_of_its_split():
    pairs = PairedFeatures.of(**arrays(80))
    told = with_simulated_feedback(pairs, 2, seed=0)
    assert told.turns == 2
    assert "simulated" in told.feedback
    near = np.einsum("nd,ntd->n", told.music, told.liked)
    far = np.einsum("nd,ntd->n", told.music, told.disliked)
    assert near.mean() > far.mean() + 0.5
    own = {row.tobytes() for row in told.music[told.rows("train")]}
    assert {row.tobytes() for row in told.liked[told.rows("train")].reshape(-1, 6)} <= own
    assert with_simulated_feedback(told, 3, seed=0) is told


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"epochs": 0}, "epochs is 0; choose 1"),
        ({"text_dropout": 1.5}, "text_dropout is 1.5"),
        ({"batch_size": 1}, "batch_size is 1; choose 2"),
        ({"width": 66, "heads": 4}, "divide the width"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"inputs": ()}, "choose some of video"),
    ],
)
def test_impossible_settings_are_refused(wrong, told):
    with pytest.raises(EncoderError, match=told):
        replace(SMALL, **wrong)
