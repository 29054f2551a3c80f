"""Rebuild EfficientNet-lite2 as an ONNX graph from its published PyTorch weights.

Tan and Le, "EfficientNet", ICML 2019, in the lite form: no squeeze-and-excitation, ReLU6, TensorFlow's SAME padding.
Widths and kernel sizes are read from the weights; only the strides and the place of the residuals are knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onnx import ModelProto, NodeProto, TensorProto

_Attribute = float | str | list[int]

OPSET = 17
IR_VERSION = 9
BATCH_NORM_EPSILON = 1e-3
INPUT_PIXELS = 260
STRIDE_2_BLOCKS = frozenset({1, 4, 7, 15})  # first blocks of the stages that halve the picture; 21 blocks in all
PROBABILITIES_OUTPUT, FEATURES_OUTPUT = "probabilities", "features"


@dataclass
class _Graph:
    weights: Mapping[str, np.ndarray]
    nodes: list[NodeProto] = field(default_factory=list)
    tensors: list[TensorProto] = field(default_factory=list)

    def node(self, op: str, inputs: list[str], output: str, **attributes: _Attribute) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))  # type: ignore[arg-type]
        return output

    def weight(self, name: str, values: np.ndarray | None = None) -> str:
        from onnx import numpy_helper

        array = self.weights[name] if values is None else values
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def conv_norm(self, x: str, conv: str, norm: str, *, stride: int = 1, relu6: bool = True) -> str:
        """Convolution with the batch normalisation folded into its weights, then ReLU6."""
        kernel = self.weights[f"{conv}.weight"]
        gain = self.weights[f"{norm}.weight"] / np.sqrt(self.weights[f"{norm}.running_var"] + BATCH_NORM_EPSILON)
        bias = self.weights[f"{norm}.bias"] - self.weights[f"{norm}.running_mean"] * gain
        kernel_name = self.weight(f"{conv}.weight", kernel * gain[:, None, None, None])
        inputs = [x, kernel_name, self.weight(f"{norm}.bias", bias)]
        group = kernel.shape[0] if "depthwise" in conv else 1
        out = self.node("Conv", inputs, conv, group=group, strides=[stride, stride], auto_pad="SAME_UPPER")
        return self.node("Clip", [out, "zero", "six"], f"{conv}.relu6") if relu6 else out


def _block(graph: _Graph, x: str, index: int) -> str:
    name = f"_blocks.{index}"
    out = x
    if f"{name}._expand_conv.weight" in graph.weights:
        out = graph.conv_norm(out, f"{name}._expand_conv", f"{name}._bn0")
    stride = 2 if index in STRIDE_2_BLOCKS else 1
    out = graph.conv_norm(out, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride)
    out = graph.conv_norm(out, f"{name}._project_conv", f"{name}._bn2", relu6=False)
    channels_out = graph.weights[f"{name}._project_conv.weight"].shape[0]
    first = "_expand_conv" if f"{name}._expand_conv.weight" in graph.weights else "_depthwise_conv"
    channels_in = graph.weights[f"{name}.{first}.weight"].shape[1 if first == "_expand_conv" else 0]
    return graph.node("Add", [out, x], f"{name}.sum") if stride == 1 and channels_in == channels_out else out


def build_efficientnet(weights: Mapping[str, np.ndarray]) -> ModelProto:
    """ONNX model: ``image (n, 3, 260, 260)`` in [-1, 1] to ``probabilities (n, 1000)`` and ``features (n, 1280)``."""
    from onnx import TensorProto, checker, helper

    graph = _Graph(weights)
    graph.weight("zero", np.array(0, dtype=np.float32))
    graph.weight("six", np.array(6, dtype=np.float32))
    x = graph.conv_norm("image", "_conv_stem", "_bn0", stride=2)
    blocks = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("_blocks."))
    for index in range(blocks):
        x = _block(graph, x, index)
    x = graph.conv_norm(x, "_conv_head", "_bn1")
    features = graph.node("Flatten", [graph.node("GlobalAveragePool", [x], "pool")], FEATURES_OUTPUT)
    logits = graph.node("Gemm", [features, graph.weight("_fc.weight"), graph.weight("_fc.bias")], "logits", transB=1)
    graph.node("Softmax", [logits], PROBABILITIES_OUTPUT, axis=1)
    classes, width = weights["_fc.weight"].shape
    size: list[str | int] = ["n", 3, INPUT_PIXELS, INPUT_PIXELS]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet-lite",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, size)],
            [
                helper.make_tensor_value_info(PROBABILITIES_OUTPUT, TensorProto.FLOAT, ["n", classes]),
                helper.make_tensor_value_info(FEATURES_OUTPUT, TensorProto.FLOAT, ["n", width]),
            ],
            graph.tensors,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="trichord",
    )
    checker.check_model(model)
    return model


def convert_weights(source: Path, target: Path) -> None:
    """Write `target` (ONNX) from a PyTorch state dict; nothing in the file is executed."""
    import onnx
    import torch

    state = torch.load(source, map_location="cpu", weights_only=True)
    weights = {name: tensor.numpy() for name, tensor in state.items() if tensor.ndim}
    onnx.save(build_efficientnet(weights), target)
