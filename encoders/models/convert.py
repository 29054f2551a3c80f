"""Converters: from published checkpoints to ONNX, named by the registry's ``convert`` field."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

Converter = Callable[[Path, Path], None]


def _musicnn(vocabulary: str) -> Converter:
    def convert(source: Path, target: Path) -> None:
        from encoders.music.musicnn_graph import convert_checkpoint

        convert_checkpoint(source, target)
        _write_labels(target, _literal(source / "configuration.py", vocabulary))

    return convert


def _literal(module: Path, name: str) -> list[str]:
    """Read the list assigned to `name` in a Python file, which is parsed and never run."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return [str(item) for item in ast.literal_eval(node.value)]
    raise ValueError(f"{module.name} assigns no {name}")


def _efficientnet(source: Path, target: Path) -> None:
    from encoders.vision.efficientnet_graph import convert_weights

    convert_weights(source / "weights.pth", target / "model.onnx")
    lemmas = dict(line.split("\t", 1) for line in _lines(source / "lemmas.txt"))
    _write_labels(target, [lemmas[synset].split(",")[0] for synset in _lines(source / "synsets.txt")])


def _dinov2(source: Path, target: Path) -> None:
    import onnx.utils

    # The saliency model's decoder is cut off; what is left ends at the backbone's last layer norm, all tokens.
    last_norm = "/backbone/layernorm/Add_1_output_0"
    onnx.utils.extract_model(
        str(source / "saliency.onnx"), str(target / "model.onnx"), ["input_image"], [last_norm], check_model=True
    )


def _centerface(source: Path, target: Path) -> None:
    from encoders.vision.centerface_graph import convert_detector

    convert_detector(source / "published.onnx", target / "model.onnx")


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line]


def _write_labels(target: Path, labels: list[str]) -> None:
    (target / "labels.json").write_text(json.dumps(labels, indent=0), encoding="utf-8")


CONVERTERS: dict[str, Converter] = {
    "musicnn-msd": _musicnn("MSD_LABELS"),
    "musicnn-mtt": _musicnn("MTT_LABELS"),
    "efficientnet-lite2": _efficientnet,
    "dinov2-small": _dinov2,
    "centerface": _centerface,
}
