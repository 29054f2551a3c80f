"""The sequence model on sequences whose next item is certain, and its training cut short, changed and damaged."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from encoders.errors import EncoderError
from encoders.sequence.config import SequenceConfig
from encoders.sequence.encoder import SequenceEncoder
from encoders.sequence.training import CHECKPOINT, WEIGHTS, train

IN_ORDER = SequenceConfig(
    width=16, epochs=8, batch_size=8, learning_rate=2e-2, dropout=0.0, negatives=8, shuffled=0.0, longest=12
)
N = 12
CYCLE, NEVER = 4, 11


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def cyclic():
    """Return 0, 1, 2, 3, 0, ... begun anywhere, and 5, 6, 7, 5, ...; the items 4 and 8 to 11 stand nowhere."""
    small = [(np.arange(12) + start) % CYCLE for start in range(CYCLE)] * 4
    other = [(np.arange(9) + start) % 3 + 5 for start in range(3)] * 4
    return [rows.astype(np.int32) for rows in small + other]


def families(rng):
    """Return lists of items of 0 .. 5 or of 6 .. 11, in any order, as many of each."""
    return [(rng.permutation(6)[:5] + 6 * (n % 2)).astype(np.int32) for n in range(40)]


@pytest.fixture(scope="module")
def cycle(tmp_path_factory):
    return SequenceEncoder.read(train(cyclic(), N, IN_ORDER, tmp_path_factory.mktemp("cycle")))


@pytest.mark.parametrize("length", [1, 2, 5, 11])
@pytest.mark.parametrize("start", range(CYCLE))
def test_the_next_of_a_cycle_is_right(cycle, start, length):
    rows = ((np.arange(length) + start) % CYCLE).astype(np.int32)
    scores = cycle.next_scores(rows)
    assert int(scores.argmax()) == (start + length) % CYCLE
    assert scores.max() > 0.5


def test_probabilities_add_up_and_what_no_sequence_held_has_none(cycle):
    scores = cycle.next_scores(np.array([0, 1], np.int32))
    assert scores.shape == (N,)
    assert scores.dtype == np.float32
    assert scores.sum() == pytest.approx(1, abs=1e-5)
    assert not scores[[4, 8, 9, 10, NEVER]].any()
    assert not cycle.next_scores(np.zeros(0, np.int32)).any()
    assert np.isfinite(cycle.next_scores(np.array([NEVER], np.int32))).all()


def test_embeddings_have_length_1_in_request_order_and_nothing_embeds_as_0(cycle):
    asked = [np.array(rows, np.int32) for rows in ([0, 1, 2], [], [5], [3] * 90, [6, 7], [])]
    together = cycle.embed(asked)
    assert together.shape == (6, IN_ORDER.width)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), [1, 0, 1, 1, 1, 0], atol=1e-5)
    np.testing.assert_allclose(cycle.embed(asked[::-1])[::-1], together, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([cycle.embed([rows]) for rows in asked]), together, atol=1e-5)
    assert cycle.embed([]).shape == (0, IN_ORDER.width)


def test_more_sequences_than_go_at_once_keep_their_places(cycle):
    asked = [np.array([n % 8], np.int32) for n in range(150)]
    np.testing.assert_allclose(cycle.embed(asked), cycle.embed(asked[:8])[np.arange(150) % 8], atol=1e-5)


def test_lists_of_one_family_are_closer_than_those_of_two(tmp_path):
    rng = np.random.default_rng(0)
    config = replace(IN_ORDER, epochs=10, shuffled=1.0)
    encoder = SequenceEncoder.read(train(families(rng), N, config, tmp_path))
    fresh = encoder.embed(families(np.random.default_rng(9)))
    cosines = fresh @ fresh.T
    same = np.add.outer(np.arange(40), np.arange(40)) % 2 == 0
    np.fill_diagonal(cosines, np.nan)
    assert np.nanmin(cosines[same]) > np.nanmax(cosines[~same])


def same_weights(one, other):
    """Tell whether two files hold the same numbers to the last bit; the order of a file's header is not fixed."""
    first, second = load_file(one), load_file(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


class Stopped(Exception):
    """The run was cut short here."""


def cut_after(epoch):
    def report(done, loss):
        if done == epoch:
            raise Stopped

    return report


ANY_ORDER = replace(IN_ORDER, epochs=4, shuffled=0.5, dropout=0.3)


@pytest.mark.parametrize("epoch", [1, 2, 3, 4])
def test_a_run_that_was_cut_short_ends_with_the_same_weights(epoch, tmp_path):
    whole = train(cyclic(), N, ANY_ORDER, tmp_path / "whole")
    with pytest.raises(Stopped):
        train(cyclic(), N, ANY_ORDER, tmp_path / "cut", report=cut_after(epoch))
    assert not (tmp_path / "cut" / WEIGHTS).exists()
    heard = []
    resumed = train(cyclic(), N, ANY_ORDER, tmp_path / "cut", resume=True, report=lambda done, loss: heard.append(done))
    assert heard == list(range(epoch + 1, ANY_ORDER.epochs + 1))
    assert same_weights(resumed, whole)
    assert not (tmp_path / "cut" / CHECKPOINT).exists()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path):
    short = replace(ANY_ORDER, epochs=1)
    paths = [
        train(cyclic(), N, replace(short, seed=seed), tmp_path / name) for name, seed in (("a", 0), ("b", 0), ("c", 1))
    ]
    assert same_weights(paths[0], paths[1])
    assert not same_weights(paths[0], paths[2])


def test_training_leaves_the_callers_random_numbers_alone(tmp_path):
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    train(cyclic(), N, replace(ANY_ORDER, epochs=1), tmp_path)
    torch.testing.assert_close(torch.rand(3), wanted, rtol=0, atol=0)


def test_the_loss_falls(tmp_path):
    losses = []
    train(cyclic(), N, IN_ORDER, tmp_path, report=lambda _, loss: losses.append(loss))
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize(
    ("sequences", "n", "config"),
    [
        (cyclic()[1:], N, ANY_ORDER),
        ([rows[::-1].copy() for rows in cyclic()], N, ANY_ORDER),
        (cyclic(), N + 1, ANY_ORDER),
        (cyclic(), N, replace(ANY_ORDER, learning_rate=1e-3)),
        (cyclic(), N, replace(ANY_ORDER, seed=1)),
    ],
    ids=["fewer", "another order", "more items", "another rate", "another seed"],
)
def test_a_run_goes_on_with_its_own_data_and_settings_only(sequences, n, config, tmp_path):
    with pytest.raises(Stopped):
        train(cyclic(), N, ANY_ORDER, tmp_path, report=cut_after(1))
    kept = (tmp_path / CHECKPOINT).read_bytes()
    with pytest.raises(EncoderError, match="other settings or data") as told:
        train(sequences, n, config, tmp_path, resume=True)
    assert "\n" not in str(told.value)
    assert (tmp_path / CHECKPOINT).read_bytes() == kept
    assert train(sequences, n, config, tmp_path).is_file()  # from the beginning it may


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"x" * 99])
def test_a_damaged_checkpoint_is_told_in_a_sentence(damage, tmp_path):
    with pytest.raises(Stopped):
        train(cyclic(), N, ANY_ORDER, tmp_path, report=cut_after(1))
    path = tmp_path / CHECKPOINT
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(EncoderError, match="without --resume"):
        train(cyclic(), N, ANY_ORDER, tmp_path, resume=True)


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"x" * 99])
def test_damaged_weights_are_told_in_a_sentence(damage, tmp_path):
    path = train(cyclic(), N, replace(ANY_ORDER, epochs=1), tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(EncoderError, match="train it again"):
        SequenceEncoder.read(path)


def test_weights_that_are_missing_or_of_something_else_are_told_in_a_sentence(tmp_path):
    with pytest.raises(EncoderError, match="train it again"):
        SequenceEncoder.read(tmp_path / WEIGHTS)
    path = train(cyclic(), N, replace(ANY_ORDER, epochs=1), tmp_path)
    tensors = load_file(path)
    told = {"width": "16", "dropout": "0.0"}
    for name, held, about in (
        ("no metadata", tensors, None),
        ("no mark of what was seen", {k: v for k, v in tensors.items() if k != "seen"}, told),
        ("no bias", {k: v for k, v in tensors.items() if k != "bias"}, told),
        ("another width", tensors, told | {"width": "8"}),
        ("no number", tensors, told | {"width": "wide"}),
    ):
        other = tmp_path / f"{name}.safetensors"
        save_file(held, other, about)
        with pytest.raises(EncoderError, match="train it again"):
            SequenceEncoder.read(other)


def test_sequences_without_two_items_are_nothing_to_learn_from(tmp_path):
    for sequences in ([], [np.array([1], np.int32)] * 5, [np.zeros(0, np.int32)]):
        with pytest.raises(EncoderError, match="two items"):
            train(sequences, N, IN_ORDER, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", 3), ("width", 1025), ("epochs", 0), ("epochs", 10_001), ("batch_size", 0), ("batch_size", 65_537),
        ("learning_rate", 0.0), ("learning_rate", 1.5), ("learning_rate", float("nan")), ("dropout", -0.1),
        ("dropout", 0.95), ("negatives", 0), ("negatives", 1_000_001), ("reconstruction", -1.0),
        ("reconstruction", 101.0), ("reconstruction", float("inf")), ("longest", 1), ("longest", 10_001),
        ("shuffled", -0.1), ("shuffled", 1.1), ("seed", -1), ("seed", 2**31),
    ],
)  # fmt: skip
def test_a_number_out_of_range_is_refused_with_its_limits(name, value):
    with pytest.raises(EncoderError, match=rf"^{name} is .*; choose .* to .*\.$"):
        SequenceConfig(**{name: value})


def test_the_edges_of_every_range_are_allowed():
    SequenceConfig(4, 1, 1, 1e-8, 0.0, 1, 0.0, 2, 0.0, 0)
    SequenceConfig(1024, 10_000, 65_536, 1.0, 0.9, 1_000_000, 100.0, 10_000, 1.0, 2**31 - 1)


def test_items_start_from_the_vectors_that_are_given(tmp_path):
    vectors = np.zeros((N, IN_ORDER.width), np.float32)
    vectors[NEVER, 3] = 7.0
    path = train(cyclic(), N, replace(IN_ORDER, epochs=1), tmp_path, vectors=vectors)
    items = load_file(path)["items.weight"].numpy()
    np.testing.assert_array_equal(items[NEVER], np.eye(IN_ORDER.width, dtype=np.float32)[3])  # never drawn, never moved
