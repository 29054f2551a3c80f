"""Rebuild musicnn as an ONNX graph from its published TensorFlow checkpoint.

Pons and Serra, "musicnn: Pre-trained convolutional neural networks for music audio tagging", 2019. The network looks at
a log-mel patch ``(187 frames, 96 bands)`` with five convolutions (two tall "timbral", three long "temporal"), three
1-D convolutions with residuals, pooling over time, and two dense layers. Names of the variables are TensorFlow 1's
default names in order of creation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from encoders.music.tf_bundle import read_bundle
from encoders.values import FloatArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onnx import ModelProto, NodeProto, TensorProto

_Attribute = float | str | list[int]

OPSET = 17
IR_VERSION = 9
BATCH_NORM_EPSILON = 1e-3  # default of tf.layers.batch_normalization
TAGS_OUTPUT, EMBEDDING_OUTPUT = "tags", "embedding"


@dataclass
class _Graph:
    """Collects nodes and weights; each method adds one layer and returns the name of its output."""

    variables: Mapping[str, FloatArray]
    nodes: list[NodeProto] = field(default_factory=list)
    weights: list[TensorProto] = field(default_factory=list)

    def constant(self, name: str, values: np.ndarray) -> str:
        from onnx import numpy_helper

        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, op: str, inputs: list[str], output: str, **attributes: _Attribute) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))  # type: ignore[arg-type]
        return output

    def norm(self, x: str, name: str, *, output: str | None = None) -> str:
        """Batch normalisation over axis 1, at inference."""
        names = [f"{name}/{part}" for part in ("gamma", "beta", "moving_mean", "moving_variance")]
        inputs = [self.constant(each, self.variables[each]) for each in names]
        return self.node("BatchNormalization", [x, *inputs], output or name, epsilon=BATCH_NORM_EPSILON)

    def conv_relu(self, x: str, name: str, kernel: np.ndarray, pads: list[int]) -> str:
        weights = self.constant(f"{name}/kernel", kernel)
        bias = self.constant(f"{name}/bias", self.variables[f"{name}/bias"])
        out = self.node("Conv", [x, weights, bias], name, pads=pads)
        return self.node("Relu", [out], f"{name}_relu")

    def dense(self, x: str, name: str) -> str:
        weights = self.constant(f"{name}/kernel", self.variables[f"{name}/kernel"])
        bias = self.constant(f"{name}/bias", self.variables[f"{name}/bias"])
        return self.node("Gemm", [x, weights, bias], name)


def _front_end(graph: _Graph, x: str) -> str:
    """``(n, 1, t, 96)`` to ``(n, 561, t)``: each feature map keeps its loudest band."""
    maps = []
    for i in range(5):
        suffix = f"_{i}" if i else ""
        kernel = graph.variables[f"conv2d{suffix}/kernel"]
        frames = kernel.shape[0]
        before = (frames - 1) // 2  # TensorFlow's SAME puts the odd frame at the end
        pads = [before, 0, frames - 1 - before, 0]
        out = graph.conv_relu(x, f"conv2d{suffix}", kernel.transpose(3, 2, 0, 1), pads)
        out = graph.norm(out, f"batch_normalization_{i + 1}")
        maps.append(graph.node("ReduceMax", [out], f"front_{i}", axes=[3], keepdims=0))
    return graph.node("Concat", maps, "front", axis=1)


def _mid_end(graph: _Graph, front: str) -> str:
    """Three residual 1-D convolutions; ``(n, 561, t)`` to the dense concatenation ``(n, 753, t)``."""
    layers, previous = [front], front
    for i in range(3):
        name = f"conv2d_{5 + i}"
        kernel = graph.variables[f"{name}/kernel"][:, :, 0, :].transpose(2, 1, 0)
        out = graph.conv_relu(previous, name, kernel, [3, 3])
        out = graph.norm(out, f"batch_normalization_{6 + i}")
        if i:
            out = graph.node("Add", [out, previous], f"residual_{i}")
        layers.append(out)
        previous = out
    return graph.node("Concat", layers, "mid", axis=1)


def _back_end(graph: _Graph, features: str) -> None:
    pools = [
        graph.node("ReduceMax", [features], "max_pool", axes=[2], keepdims=1),
        graph.node("ReduceMean", [features], "mean_pool", axes=[2], keepdims=1),
    ]
    pooled = graph.node("Concat", pools, "pools", axis=2)  # maximum and mean of one feature lie side by side
    flat = graph.node("Flatten", [pooled], "flat", axis=1)
    hidden = graph.node("Relu", [graph.dense(graph.norm(flat, "batch_normalization_9"), "dense")], "dense_relu")
    embedding = graph.norm(hidden, "batch_normalization_10", output=EMBEDDING_OUTPUT)
    graph.node("Sigmoid", [graph.dense(embedding, "dense_1")], TAGS_OUTPUT)


def build_musicnn(variables: Mapping[str, FloatArray]) -> ModelProto:
    """ONNX model: ``logmel (n, frames, 96)`` to ``tags (n, 50)`` in [0, 1] and ``embedding (n, 200)``."""
    from onnx import TensorProto, checker, helper

    graph = _Graph(variables)
    bands = 96
    axes = graph.constant("channel_axis", np.array([1], dtype=np.int64))
    x = graph.norm(graph.node("Unsqueeze", ["logmel", axes], "image"), "batch_normalization")
    _back_end(graph, _mid_end(graph, _front_end(graph, x)))
    classes, units = variables["dense_1/bias"].shape[0], variables["dense/bias"].shape[0]
    outputs = [
        helper.make_tensor_value_info(TAGS_OUTPUT, TensorProto.FLOAT, ["n", classes]),
        helper.make_tensor_value_info(EMBEDDING_OUTPUT, TensorProto.FLOAT, ["n", units]),
    ]
    inputs = [helper.make_tensor_value_info("logmel", TensorProto.FLOAT, ["n", "frames", bands])]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "musicnn", inputs, outputs, graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="trichord",
    )
    checker.check_model(model)
    return model


def convert_checkpoint(source: Path, target: Path) -> None:
    """Write ``target/model.onnx`` from ``source/index`` and ``source/data``."""
    import onnx

    onnx.save(build_musicnn(read_bundle(source / "index", source / "data")), target / "model.onnx")
