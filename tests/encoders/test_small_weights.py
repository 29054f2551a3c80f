"""Weights of small NumPy models: written and read again, and told where they are none."""

import zipfile

import numpy as np
import pytest

from encoders.small_weights import Shipped, UnreadableWeightsError, digest_of, read_weights, write_weights

SHIPPED = Shipped("agent.planner.routing", "router.npz")


def test_what_was_written_is_read_again_in_half_precision(tmp_path):
    told = {"a": np.linspace(0, 1, 7, dtype=np.float32)}
    write_weights(tmp_path / "w.npz", told, {"kinds": np.array(["x", "y"])})
    kept = read_weights(tmp_path / "w.npz", SHIPPED, ["a"], ["kinds"])
    assert kept.arrays["a"].dtype == np.float32
    assert kept.arrays["a"] == pytest.approx(told["a"], abs=1e-3)
    assert list(kept.rest["kinds"]) == ["x", "y"]
    assert kept.source == str(tmp_path / "w.npz")


def test_without_a_path_the_file_that_ships_is_read():
    kept = read_weights(None, SHIPPED, ["mean"])
    assert kept.arrays["mean"].size
    assert len(digest_of(SHIPPED)) == 64


def emptied(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[:60])


def no_archive(path):
    path.write_text("no weights at all")


def of_objects(path):
    np.savez(path, a=np.array([{"not": "numbers"}], dtype=object))


def of_other_names(path):
    np.savez(path, b=np.zeros(2))


def of_no_arrays(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", "no array")


@pytest.mark.parametrize(
    "spoil", [emptied, cut, no_archive, of_objects, of_other_names, of_no_arrays, lambda path: path.unlink()]
)
def test_what_is_no_such_file_is_one_error_that_names_it(tmp_path, spoil):
    path = tmp_path / "w.npz"
    write_weights(path, {"a": np.zeros(50, np.float32)})
    spoil(path)
    with pytest.raises(UnreadableWeightsError) as told:
        read_weights(path, SHIPPED, ["a"])
    assert told.value.source == str(path)
    assert str(told.value)
