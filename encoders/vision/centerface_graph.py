"""CenterFace (Xu et al., 2019) for pictures of any size, from its published ONNX file.

The file takes ten pictures of 32 x 32 and nothing else, though the network is convolutional throughout: its ports are
declared anew, and the branch of the landmarks, which nobody here asks for, is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto

PICTURE, OUTPUTS = "picture", ("heatmap", "scale", "offset")
_NAMES = dict(zip(("input.1", "537", "538", "539"), (PICTURE, *OUTPUTS), strict=True))
_LANDMARKS = "540"


def convert_detector(source: Path, target: Path) -> None:
    """Write ``picture (1, 3, h, w)`` to ``heatmap (1, 1, h/4, w/4)``, ``scale`` and ``offset (1, 2, h/4, w/4)``.

    h and w are multiples of 32.
    """
    import onnx

    model = resizable(onnx.load(str(source)))
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def resizable(model: ModelProto) -> ModelProto:
    """Return the published network with free height and width."""
    from onnx import helper

    nodes = [node for node in model.graph.node if _LANDMARKS not in node.output]
    for node in nodes:
        node.input[:] = [_NAMES.get(name, name) for name in node.input]
        node.output[:] = [_NAMES.get(name, name) for name in node.output]
    used = {name for node in nodes for name in node.input}
    weights = [tensor for tensor in model.graph.initializer if tensor.name in used]
    outputs = [_port(name, channels, "rows", "columns") for name, channels in zip(OUTPUTS, (1, 2, 2), strict=True)]
    graph = helper.make_graph(nodes, "centerface", [_port(PICTURE, 3, "height", "width")], outputs, weights)
    return helper.make_model(graph, ir_version=model.ir_version, opset_imports=list(model.opset_import))


def _port(name: str, channels: int, height: str, width: str) -> ValueInfoProto:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, height, width])
