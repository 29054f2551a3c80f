"""The rebuilt networks against independent forward passes: TensorFlow's own answers, and PyTorch on random weights."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import sonara
import torch
from make_musicnn_golden import golden_input
from torch.nn import functional

from encoders.errors import ModelCorruptError
from encoders.models.convert import CONVERTERS
from encoders.music.logmel import PATCH_SAMPLES, SAMPLE_RATE_HZ, log_mel, mel_filters, patch
from encoders.music.musicnn import spread_starts
from encoders.music.musicnn_graph import BATCH_NORM_EPSILON, build_musicnn, convert_checkpoint
from encoders.music.tf_bundle import read_bundle
from encoders.vision.efficientnet_graph import build_efficientnet, convert_weights

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.models
@pytest.mark.parametrize("name", ["msd", "mtt"])
def test_musicnn_gives_tensorflows_answers(store, name):
    """Golden answers by TensorFlow 2.15 on the published checkpoints (make_musicnn_golden.py)."""
    with np.load(GOLDEN / f"musicnn_{name}.npz", allow_pickle=False) as golden:
        tags, embedding = golden["tags"], golden["embedding"]
    session = onnxruntime.InferenceSession(str(store.path(f"musicnn-{name}", "model.onnx")))
    found = session.run(["tags", "embedding"], {"logmel": golden_input()})
    np.testing.assert_allclose(found[0], tags, atol=1e-5)
    np.testing.assert_allclose(found[1], embedding, atol=1e-4)
    labels = json.loads(store.path(f"musicnn-{name}", "labels.json").read_text(encoding="utf-8"))
    assert len(labels) == len(set(labels)) == 50
    assert "metal" in labels


def musicnn_variables(rng):
    """Random weights of the true shapes."""
    shapes = {}
    kernels = [(7, 38, 1, 204), (7, 67, 1, 204), (128, 1, 1, 51), (64, 1, 1, 51), (32, 1, 1, 51)]
    kernels += [(7, 561, 1, 64), (7, 64, 1, 64), (7, 64, 1, 64)]
    for i, kernel in enumerate(kernels):
        name = f"conv2d_{i}" if i else "conv2d"
        shapes |= {f"{name}/kernel": kernel, f"{name}/bias": kernel[-1:]}
    for i, width in enumerate([1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200]):
        name = f"batch_normalization_{i}" if i else "batch_normalization"
        shapes |= {f"{name}/{part}": (width,) for part in ("gamma", "beta", "moving_mean", "moving_variance")}
    shapes |= {"dense/kernel": (1506, 200), "dense/bias": (200,), "dense_1/kernel": (200, 50), "dense_1/bias": (50,)}
    values = {name: (0.05 * rng.normal(size=shape)).astype(np.float32) for name, shape in shapes.items()}
    return {name: abs(v) + 0.5 if "variance" in name else v + ("gamma" in name) for name, v in values.items()}


def torch_musicnn(variables, logmel):
    v = {name: torch.from_numpy(value) for name, value in variables.items()}

    def norm(x, i):
        name = f"batch_normalization_{i}" if i else "batch_normalization"
        parts = [v[f"{name}/{p}"] for p in ("moving_mean", "moving_variance", "gamma", "beta")]
        return functional.batch_norm(x, *parts, eps=BATCH_NORM_EPSILON)

    def conv(x, i, pad):
        name = f"conv2d_{i}" if i else "conv2d"
        kernel = v[f"{name}/kernel"].permute(3, 2, 0, 1)
        return functional.relu(functional.conv2d(functional.pad(x, pad), kernel, v[f"{name}/bias"]))

    x = norm(torch.from_numpy(logmel)[:, None], 0)
    pads = [(3, 3), (3, 3), (63, 64), (31, 32), (15, 16)]
    front = [norm(conv(x, i, (0, 0, *pad)), i + 1).amax(dim=3) for i, pad in enumerate(pads)]
    layers = [torch.cat(front, dim=1)]
    for i in range(5, 8):
        image = layers[-1].transpose(1, 2)[:, None]  # (n, 1, time, channels), as TensorFlow lays it out
        out = norm(conv(image, i, (0, 0, 3, 3)), i + 1)[..., 0]
        layers.append(out if i == 5 else out + layers[-1])
    features = torch.cat(layers, dim=1)
    pooled = torch.stack([features.amax(dim=2), features.mean(dim=2)], dim=2).flatten(1)
    hidden = norm(functional.relu(norm(pooled, 9) @ v["dense/kernel"] + v["dense/bias"]), 10)
    return torch.sigmoid(hidden @ v["dense_1/kernel"] + v["dense_1/bias"]).numpy(), hidden.numpy()


def test_musicnn_graph_equals_a_torch_forward_pass():
    rng = np.random.default_rng(5)
    variables = musicnn_variables(rng)
    logmel = rng.uniform(0, 4, (2, 187, 96)).astype(np.float32)
    session = onnxruntime.InferenceSession(build_musicnn(variables).SerializeToString())
    tags, embedding = session.run(["tags", "embedding"], {"logmel": logmel})
    expected_tags, expected_embedding = torch_musicnn(variables, logmel)
    np.testing.assert_allclose(tags, expected_tags, atol=1e-5)
    np.testing.assert_allclose(embedding, expected_embedding, rtol=1e-4, atol=1e-3)


def varint(number):
    out = bytearray()
    while True:
        out.append((number & 0x7F) | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def write_bundle(folder, variables):
    """A checkpoint as TensorFlow writes it: keys share prefixes, one data block, one index block, a footer."""
    data, block, previous = b"", b"", b""
    for name in ["", *sorted(variables)]:
        key, value = name.encode(), b"\x08\x01"
        if name:
            array = variables[name]
            dims = b"".join(b"\x12" + varint(len(d)) + d for d in (b"\x08" + varint(side) for side in array.shape))
            value = b"\x08\x01\x12" + varint(len(dims)) + dims + b"\x20" + varint(len(data))
            value += b"\x28" + varint(array.nbytes) + b"\x35\x01\x02\x03\x04"
            data += array.astype("<f4").tobytes()
        shared = next(
            (i for i, (a, b) in enumerate(zip(key, previous, strict=False)) if a != b), min(len(key), len(previous))
        )
        block += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        previous = key
    restarts = bytes(4) + (1).to_bytes(4, "little")
    first = block + restarts
    handle = varint(0) + varint(len(first))
    second = varint(0) + varint(1) + varint(len(handle)) + b"z" + handle + restarts
    table = first + bytes(5) + second + bytes(5)
    footer = varint(0) + varint(0) + varint(len(first) + 5) + varint(len(second))
    table += footer.ljust(40, b"\x00") + (0xDB4775248B80FB57).to_bytes(8, "little")
    (folder / "index").write_bytes(table)
    (folder / "data").write_bytes(data)


def test_a_bundle_is_read_back(tmp_path):
    variables = musicnn_variables(np.random.default_rng(6))
    write_bundle(tmp_path, variables)
    found = read_bundle(tmp_path / "index", tmp_path / "data")
    assert set(found) == set(variables)
    for name, value in variables.items():
        np.testing.assert_array_equal(found[name], value)
    convert_checkpoint(tmp_path, tmp_path)
    assert onnxruntime.InferenceSession(str(tmp_path / "model.onnx")).get_inputs()[0].shape == ["n", "frames", 96]


def test_damaged_bundles_are_refused(tmp_path):
    write_bundle(tmp_path, {"a": np.zeros((2, 3), dtype=np.float32)})
    index, data = (tmp_path / "index").read_bytes(), (tmp_path / "data").read_bytes()
    for bad_index, bad_data in (
        (index[:-1], data),
        (b"", data),
        (index, data[:-4]),
        (b"\xff" * 60 + index[-48:], data),
    ):
        (tmp_path / "index").write_bytes(bad_index)
        (tmp_path / "data").write_bytes(bad_data)
        with pytest.raises(ModelCorruptError):
            read_bundle(tmp_path / "index", tmp_path / "data")


def test_vocabularies_are_parsed_and_never_run(tmp_path):
    write_bundle(tmp_path, musicnn_variables(np.random.default_rng(7)))
    code = "raise SystemExit('this file was run')\nMTT_LABELS = ['guitar', 'slow']\n"
    (tmp_path / "configuration.py").write_text(code, encoding="utf-8")
    target = tmp_path / "out"
    target.mkdir()
    CONVERTERS["musicnn-mtt"](tmp_path, target)
    assert json.loads((target / "labels.json").read_text(encoding="utf-8")) == ["guitar", "slow"]
    with pytest.raises(ValueError, match="assigns no MSD_LABELS"):
        CONVERTERS["musicnn-msd"](tmp_path, target)


def test_mel_filters_equal_another_implementation():
    np.testing.assert_allclose(mel_filters(), sonara.mel(sr=16_000.0, n_fft=512, n_mels=96), atol=1e-6)


def test_log_mel_puts_a_sine_into_its_band_with_the_right_power():
    """A sine of amplitude a in the middle of a bin has the power (a * sum(window) / 2)^2 there."""
    hz = 1000.0
    waveform = (0.5 * np.sin(2 * np.pi * hz * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)).astype(np.float32)
    spectrogram = log_mel(waveform)
    assert spectrogram.shape == (1 + waveform.size // 256, 96)
    middle = spectrogram[30]
    bin_index = int(hz / (SAMPLE_RATE_HZ / 512))
    assert middle.argmax() == mel_filters()[:, bin_index].argmax()
    power = (0.5 * 256 / 2) ** 2
    # A Hann window leaks a quarter of the power into each neighbouring bin.
    neighbours = mel_filters()[:, bin_index - 1 : bin_index + 2] @ np.array([0.25, 1.0, 0.25]) * power
    np.testing.assert_allclose(10 ** middle[middle.argmax()], 10_000 * neighbours.max() + 1, rtol=1e-3)


def test_patches_have_one_shape_whatever_the_length():
    for size in (0, 1, 100, PATCH_SAMPLES, PATCH_SAMPLES * 2):
        assert patch(np.ones(size, dtype=np.float32)).shape == (187, 96)


def test_windows_are_spread_and_do_not_overlap():
    for duration in (0.5, 3.0, 10.0, 29.9, 31.0, 600.0):
        starts = np.array(spread_starts(duration, 10))
        assert 1 <= starts.size <= 10
        assert (starts >= 0).all()
        assert (np.diff(starts) >= PATCH_SAMPLES / SAMPLE_RATE_HZ - 1e-9).all()
        assert starts[-1] + PATCH_SAMPLES / SAMPLE_RATE_HZ <= max(duration, 3.0) + 1e-9


def efficientnet_weights(rng):
    """21 thin blocks with the strides and kernels of lite2."""
    widths = [4, 4, 4, 4, 6, 6, 6, 6, 6, 6, 6, 8, 8, 8, 8, 10, 10, 10, 10, 10, 12]
    kernels = [3] * 4 + [5] * 3 + [3] * 4 + [5] * 8 + [5, 3]
    shapes = {"_conv_stem.weight": (4, 3, 3, 3), "_conv_head.weight": (16, 12, 1, 1)}
    shapes |= {"_fc.weight": (5, 16), "_fc.bias": (5,)}
    norms = {"_bn0": 4, "_bn1": 16}
    before = 4
    for i, (width, kernel) in enumerate(zip(widths, kernels, strict=True)):
        hidden = before * 2 if i else before
        if i:
            shapes[f"_blocks.{i}._expand_conv.weight"] = (hidden, before, 1, 1)
            norms[f"_blocks.{i}._bn0"] = hidden
        shapes[f"_blocks.{i}._depthwise_conv.weight"] = (hidden, 1, kernel, kernel)
        shapes[f"_blocks.{i}._project_conv.weight"] = (width, hidden, 1, 1)
        norms |= {f"_blocks.{i}._bn1": hidden, f"_blocks.{i}._bn2": width}
        before = width
    weights = {name: rng.normal(size=shape) / np.sqrt(np.prod(shape[1:])) for name, shape in shapes.items()}
    for name, width in norms.items():
        weights |= {f"{name}.weight": rng.uniform(0.8, 1.2, width), f"{name}.bias": 0.1 * rng.normal(size=width)}
        weights |= {
            f"{name}.running_mean": 0.1 * rng.normal(size=width),
            f"{name}.running_var": rng.uniform(0.5, 1.5, width),
        }
    return {name: value.astype(np.float32) for name, value in weights.items()}


def torch_efficientnet(weights, image):
    w = {name: torch.from_numpy(value) for name, value in weights.items()}

    def layer(x, conv, norm, stride=1, groups=1, act=True):
        kernel = w[f"{conv}.weight"]
        size, side = kernel.shape[-1], x.shape[-1]
        total = max(0, (-(-side // stride) - 1) * stride + size - side)  # TensorFlow's SAME
        low, high = total // 2, total - total // 2
        x = functional.conv2d(functional.pad(x, (low, high, low, high)), kernel, stride=stride, groups=groups)
        parts = [w[f"{norm}.{p}"] for p in ("running_mean", "running_var", "weight", "bias")]
        x = functional.batch_norm(x, *parts, eps=1e-3)
        return functional.relu6(x) if act else x

    x = layer(torch.from_numpy(image), "_conv_stem", "_bn0", 2)
    for i in range(21):
        name, start = f"_blocks.{i}", x
        if i:
            x = layer(x, f"{name}._expand_conv", f"{name}._bn0")
        stride = 2 if i in (1, 4, 7, 15) else 1
        x = layer(x, f"{name}._depthwise_conv", f"{name}._bn1", stride, x.shape[1])
        x = layer(x, f"{name}._project_conv", f"{name}._bn2", act=False)
        x = x + start if x.shape == start.shape else x
    features = layer(x, "_conv_head", "_bn1").mean(dim=(2, 3))
    return torch.softmax(features @ w["_fc.weight"].T + w["_fc.bias"], dim=1).numpy(), features.numpy()


def test_efficientnet_graph_equals_a_torch_forward_pass(tmp_path):
    rng = np.random.default_rng(8)
    weights = efficientnet_weights(rng)
    image = rng.uniform(-1, 1, (2, 3, 260, 260)).astype(np.float32)
    session = onnxruntime.InferenceSession(build_efficientnet(weights).SerializeToString())
    probabilities, features = session.run(["probabilities", "features"], {"image": image})
    expected_probabilities, expected_features = torch_efficientnet(weights, image)
    np.testing.assert_allclose(probabilities, expected_probabilities, atol=1e-4)
    np.testing.assert_allclose(features, expected_features, atol=1e-3)
    torch.save({name: torch.from_numpy(value) for name, value in weights.items()}, tmp_path / "weights.pth")
    convert_weights(tmp_path / "weights.pth", tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").stat().st_size > 1000


class Payload:
    ran = False

    def __reduce__(self):
        return (setattr, (Payload, "ran", True))


def test_a_pickled_payload_in_weights_is_never_run(tmp_path):
    torch.save({"x": Payload()}, tmp_path / "weights.pth")
    with pytest.raises(Exception, match="Weights only load failed"):
        convert_weights(tmp_path / "weights.pth", tmp_path / "model.onnx")
    assert Payload.ran is False
