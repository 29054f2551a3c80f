"""``trichord doctor``: what is there, what works, and the remedy for each fault."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from catalog.errors import CatalogError
from encoders.errors import EncoderError, ModelMissingError
from ui.cli.output import out

if TYPE_CHECKING:
    from ui.compose import App

PACKAGES = (
    "langchain", "langgraph", "faiss-cpu", "sentence-transformers", "torch", "transformers", "gradio", "sqlalchemy",
    "onnxruntime", "xllamacpp", "av", "sonara",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` is empty when it is in order."""

    about: str
    state: Literal["ok", "warning", "fault"]
    detail: str
    remedy: str = ""


def report(parts: App, as_json: bool) -> int:
    """Print all findings; 1 when there is a fault."""
    checks: tuple[Callable[[App], list[Finding]], ...] = (
        _packages,
        _space,
        _models,
        _encoders,
        _catalogue,
        _fingerprints,
        _indexes,
        _playlist_models,
        _language_model,
        _generators,
    )
    findings = [finding for check in checks for finding in check(parts)]
    parts.close()
    if as_json:
        out([asdict(f) for f in findings])
    else:
        for f in findings:
            typer.secho(f"{f.state:8}", nl=False, fg={"ok": "green", "warning": "yellow", "fault": "red"}[f.state])
            typer.echo(f"{f.about}: {f.detail}" + (f"\n        remedy: {f.remedy}" if f.remedy else ""))
    return int(any(f.state == "fault" for f in findings))


def _packages(_: App) -> list[Finding]:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            return [Finding("packages", "fault", f"{name} is not installed", "run `make setup`")]
    return [Finding("packages", "ok", ", ".join(found))]


def _space(parts: App) -> list[Finding]:
    folder = parts.settings.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / 1e9
    state: Literal["ok", "warning"] = "ok" if free > 2 else "warning"
    return [Finding("data", state, f"{folder}, {free:.1f} GB free", "" if free > 2 else "make room, or use --data-dir")]


def _models(parts: App) -> list[Finding]:
    findings = []
    for s in parts.models.list():
        if s.state == "present":
            findings.append(Finding(f"model {s.id}", "ok", f"{s.bytes / 1e6:.0f} MB, {s.licence}"))
        elif s.default or s.state == "corrupt":
            findings.append(Finding(f"model {s.id}", "fault", s.state, f"run `trichord models pull {s.id}`"))
    return findings


def _encoders(parts: App) -> list[Finding]:
    """Run the gate over every encoder that is in use: not collapsed, deterministic, sounds told apart."""
    from encoders.music.musicnn import MusicnnEncoder
    from encoders.selftest import gate_frames, gate_music, gate_text
    from encoders.vision.efficientnet import EfficientNetEncoder

    def folder(model_id: str) -> tuple[Path, str, str]:
        return parts.models.path(model_id, "model.onnx").parent, model_id, parts.models.fingerprint(model_id)

    def text() -> str:
        if parts.text is None:
            raise ModelMissingError("the weights are missing; run `trichord models pull bge-small`")
        return str(gate_text(parts.text))

    gates: dict[str, Callable[[], str]] = {
        "text encoder": text,
        "music encoder msd": lambda: str(gate_music(MusicnnEncoder(*folder("musicnn-msd")))),
        "music encoder mtt": lambda: str(gate_music(MusicnnEncoder(*folder("musicnn-mtt")))),
        "frame encoder": lambda: str(gate_frames(EfficientNetEncoder(*folder("efficientnet-lite2")))),
    }
    findings = []
    for name, gate in gates.items():
        try:
            findings.append(Finding(name, "ok", f"passed its self-test: {gate()}"))
        except EncoderError as error:
            findings.append(Finding(name, "fault", str(error), "run `trichord models pull`, or choose another encoder"))
    return [*findings, *_chosen(parts)]


def _chosen(parts: App) -> list[Finding]:
    """Tell about the encoders that settings name: what the gate said of each."""
    known = {space.weights_sha256: space.id for space in (*parts.audio.spaces, *parts.video.spaces)}
    accepted = [
        Finding(f"encoder {known[weights]}", "ok", f"passed its self-test: {figures}")
        for weights, figures in parts.gatekeeper.accepted.items()
        if weights in known
    ]
    refused = [
        Finding(setting, "fault", why, f"set TRICHORD_{setting.upper()} to another one")
        for setting, why in parts.refused.items()
    ]
    return accepted + refused


def _catalogue(parts: App) -> list[Finding]:
    try:
        state, tracks = parts.catalogue.database.integrity(), parts.catalogue.library.count()
    except CatalogError as error:
        return [Finding("catalogue", "fault", str(error), "see the message")]
    if state != "ok":
        return [Finding("catalogue", "fault", f"SQLite says: {state}", "restore a backup, or ingest again")]
    quarantined = parts.catalogue.queue.counts().get("quarantined", 0)
    findings = [Finding("catalogue", "ok", f"{tracks} tracks at revision {parts.catalogue.library.revision}")]
    if not tracks:
        findings = [Finding("catalogue", "warning", "empty", "run `trichord ingest FOLDER`, or `make demo`")]
    if quarantined:
        what = f"{quarantined} files set aside"
        findings.append(Finding("quarantine", "warning", what, "run `trichord ingest --report` to read why"))
    return findings


def _fingerprints(parts: App) -> list[Finding]:
    try:
        missing, tracks = parts.recogniser.unprinted, parts.catalogue.library.count()
    except CatalogError as error:
        return [Finding("fingerprints", "fault", str(error), "see the message")]
    if missing:
        what = f"{missing} of {tracks} tracks cannot be recognised by their sound"
        return [Finding("fingerprints", "warning", what, "run `trichord ingest --retry FOLDER`")]
    return [Finding("fingerprints", "ok", f"{tracks} tracks can be recognised by their sound")]


def _indexes(parts: App) -> list[Finding]:
    try:
        notices = parts.engine.state.notices
    except (EncoderError, CatalogError) as error:
        return [Finding("indexes", "fault", str(error), "run `trichord index build`")]
    if notices:
        return [Finding("indexes", "warning", n, "run `trichord index build`") for n in notices]
    return [Finding("indexes", "ok", "checksums, spaces and revision agree")]


def _playlist_models(parts: App) -> list[Finding]:
    """Tell when they were trained and when a running server trains them next, or why not."""
    try:
        outlook = parts.retraining.outlook()
    except (EncoderError, CatalogError) as error:
        return [Finding("playlist models", "fault", str(error), "see the message")]
    trained = outlook.shape()["trained_at"]
    detail = f"{f'trained {trained}' if trained else 'not trained yet'}; next: {outlook.next}"
    return [Finding("playlist models", "ok", detail)]


def _language_model(parts: App) -> list[Finding]:
    """Tell whether it is asked; the state of a running server stands in the data directory."""
    told = parts.language_model
    detail = f"{told['model']}: {told['state']}, {told['detail']}"
    remedies = {
        "resting": "see whether its server runs (llm_base_url), or set TRICHORD_LLM to another model",
        "capped": "raise TRICHORD_LLM_COST_PER_DAY, or wait",
        "missing": "run `trichord models pull`",
    }
    remedy = remedies.get(told["state"], "")
    return [Finding("language model", "warning" if remedy else "ok", detail, remedy)]


def _generators(parts: App) -> list[Finding]:
    from agent.generation.values import GenerationRequest

    route = parts.broker.route(GenerationRequest(text="a test"))
    if route.chosen:
        return [Finding("generation", "ok", route.explanation)]
    return [Finding("generation", "fault", route.explanation, "apt install fluidsynth fluid-soundfont-gm")]
