"""``trichord generate``: a piece in a file, measured and compared as the queue does it."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import Progress

from ui.cli.output import out

if TYPE_CHECKING:
    from agent.generation.broker import Delivery
    from agent.generation.values import GenerationRequest, Task
    from ui.compose import App

_MADE = 0.9
_UNITS = {"duration": ("duration_s", " s"), "tempo": ("tempo_bpm", " BPM"), "key": ("key", "")}


def generate(
    parts: App,
    text: str,
    duration: float | None,
    seed: int,
    candidates: int,
    output: Path,
    backend: str | None,
    melody: Path | None,
    task: Task | None,
    as_json: bool,
) -> None:
    """Compose to a file, with a progress bar, and print what was asked against what was measured."""
    from agent.generation.brief import parse_brief

    request, heard = replace(parse_brief(text), seed=seed, candidates=candidates), None
    if melody is not None:
        request, heard = _over(parts, request, melody, as_long=duration is None)
    if duration is not None:
        request = replace(request, duration_s=duration)
    if task is not None:
        request = replace(request, task=task)
    if backend is not None:
        parts.broker.check(backend)
    delivery = _made(parts, request, output.absolute(), backend, as_json)
    told = json.loads(delivery.provenance.read_text(encoding="utf-8"))
    parts.close()
    if as_json:
        out({"path": str(delivery.audio.path), "heard": heard, "provenance": told})
        return
    if heard is not None:
        typer.echo(heard)
    made = delivery.audio
    typer.echo(f"{made.path}: {made.duration_s:.1f} s, generated; {delivery.routing.explanation}")
    for line in (*_origin_lines(told), *_measured_lines(told), *_near_lines(told)):
        typer.echo(line)


def _over(parts: App, request: GenerationRequest, path: Path, *, as_long: bool) -> tuple[GenerationRequest, str | None]:
    """Return a request over a tune, with what was heard of it where it is a recording.

    Args:
        parts: hears it.
        request: what the words say.
        path: MIDI, or a recording of one voice.
        as_long: where the words name no length, the piece is as long as the tune.
    """
    from agent.generation.brief import fields_said
    from agent.generation.material import Clip
    from agent.generation.tunes import tune_s
    from agent.generation.values import MAX_DURATION_S

    with path.open("rb") as file:
        notes = file.read(4) == b"MThd"
    asked = replace(request, melody=Clip(str(path.absolute()), "midi" if notes else "audio", path.name))
    heard, written = parts.sung.heard(asked), parts.sung.written(asked)
    if as_long and written.melody is not None and "duration_s" not in fields_said(request.text):
        length_s = tune_s(written.melody.existing(), request.tempo_bpm, request.time_signature)
        written = replace(written, duration_s=min(length_s, MAX_DURATION_S))
    return written, None if heard is None else heard.sentence


def _made(parts: App, request: GenerationRequest, target: Path, backend: str | None, quiet: bool) -> Delivery:
    """Make a piece in a folder beside its place, hear it there, and move it when it is whole."""
    from agent.generation.filing import finish_piece
    from agent.generation.measured import listened

    cancel, block = threading.Event(), parts.settings.block_near_copies
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        Progress(console=Console(stderr=True), disable=quiet) as bar,
        tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as folder,
    ):
        task = bar.add_task("compose", total=1.0)
        delivery = parts.broker.generate(
            request,
            Path(folder) / target.name,
            lambda fraction, note: bar.update(task, completed=_MADE * fraction, description=note),
            cancel,
            backend,
        )
        bar.update(task, completed=_MADE, description="measuring")
        told, _ = listened(parts.comparer, delivery.audio.path, request, block=block, cancel=cancel)
        finish_piece(delivery, told)
        return _moved(delivery, target)


def _moved(delivery: Delivery, target: Path) -> Delivery:
    """Move a finished piece with its provenance and notes, the sound last."""
    made = delivery.audio
    midi = None if made.midi_path is None else made.midi_path.replace(target.with_suffix(made.midi_path.suffix))
    sidecar = delivery.provenance.replace(target.with_name(delivery.provenance.name))
    made.path.replace(target)
    return replace(delivery, audio=replace(made, path=target, midi_path=midi), provenance=sidecar)


def _origin_lines(told: Mapping[str, Any]) -> list[str]:
    """Return who wrote what, where the notes tell it."""
    if "origins" not in told:
        return []
    origins = told["origins"]
    written = [f"{each['part']} {_by(each)}" for each in origins["parts"]]
    return [f"  written: {', '.join(written)}; chords {_by(origins['chords'])}"]


def _by(each: Mapping[str, str]) -> str:
    heard = f", heard by the model {each['heard_by']}" if "heard_by" in each else ""
    match each["origin"]:
        case "given":
            return f"as given{heard}"
        case "skeleton given":
            return f"filled in by the model {each['by']} between the beats given{heard}"
        case "model":
            return f"by the model {each['by']}"
        case _:
            return "by rule"


def _measured_lines(told: Mapping[str, Any]) -> list[str]:
    measured, request = told["measured"], told["request"]
    if measured is None:
        return ["  It could not be measured."]
    lines = []
    for name, (field, unit) in _UNITS.items():
        asked = f"asked {request[field]}{unit}" if request.get(field) is not None else "not asked"
        heard = "not heard" if measured[field] is None else f"measured {measured[field]}{unit}"
        verdict = {True: "agrees", False: "differs", None: ""}[measured["agrees"][name]]
        lines.append(f"  {name}: {asked}, {heard}{', ' if verdict else ''}{verdict}")
    return [*lines, f"  loudness: {measured['loudness_lufs']} LUFS"]


def _near_lines(told: Mapping[str, Any]) -> list[str]:
    if not told["compared"]:
        return [
            "  compared with no track: the catalogue is empty, or the taggers' weights are not here (trichord doctor)"
        ]
    lines = [
        f"  near: {_named(near)}{' (nearly a copy of it)' if near['near_copy'] else ''}" for near in told["neighbours"]
    ]
    verdict = "a near copy" if told["near_copy"] else "no near copy"
    return [*lines, f"  compared with {told['compared']} of your tracks: {verdict}"]


def _named(near: Mapping[str, Any]) -> str:
    by = f" by {near['artist']}" if near["artist"] else ""
    return f"“{near['title']}”{by}, {near['similarity']:.2f}"
