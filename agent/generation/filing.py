"""A finished piece on disk: tags in the file, its provenance beside it, its name the hash of what it holds.

`HASH.flac`, `HASH.flac.json` and, where there are notes, `HASH.mid`. The sound is put there last, each by one rename,
so that what has a name is whole.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.generation.broker import Delivery
from agent.generation.midi import read_midi, told_in
from agent.generation.values import GenerationError

TAG = "TRICHORD"
_WORK = ".making-"
_NAME = re.compile(r"[0-9a-f]{64}")
# So much stays free: a full disk stops the database as well.
_SPARE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a piece lies: the hash that its files are called by, and the names of the two in `folder`."""

    sha256: str
    file: str
    midi: str | None


def check_room(folder: Path, duration_s: float) -> None:
    """Refuse to begin what the disk cannot take: rendering takes eight bytes a sample and channel.

    Raises:
        GenerationError: it is nearly full.
    """
    needed = int(duration_s * 44_100 * 2 * 8) + _SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise GenerationError(
            f"The piece needs about {needed >> 20} MB while it is made and the disk has {free >> 20} MB left; "
            "free some space and ask again."
        )


def finish_piece(delivery: Delivery, told: Mapping[str, Any]) -> str:
    """Write tags and provenance of a delivered piece where it lies; its hash comes back.

    Args:
        delivery: what the broker delivered.
        told: what the provenance says beyond the broker's own: measured, neighbours, parent.
    """
    made = delivery.audio
    provenance = json.loads(delivery.provenance.read_text(encoding="utf-8")) | _choice(made.midi_path) | told
    tagged = made.path.with_name(f"tagged-{made.path.name}")
    _write_tags(made.path, tagged, provenance)
    with tagged.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    provenance["sha256"] = sha256
    delivery.provenance.write_text(json.dumps(provenance, indent=1, ensure_ascii=False), encoding="utf-8")
    tagged.replace(made.path)
    return sha256


def file_piece(delivery: Delivery, told: Mapping[str, Any], folder: Path) -> Filed:
    """Finish a piece and move everything to its place.

    Args:
        delivery: what the broker delivered, in a folder of the same file system.
        told: what the provenance says beyond the broker's own.
        folder: where pieces lie.
    """
    made, sha256 = delivery.audio, finish_piece(delivery, told)
    midi = None
    if made.midi_path is not None:
        midi = made.midi_path.replace(folder / f"{sha256}{made.midi_path.suffix}").name
    delivery.provenance.replace(folder / f"{sha256}.flac.json")
    made.path.replace(folder / f"{sha256}.flac")
    return Filed(sha256, f"{sha256}.flac", midi)


def _choice(midi: Path | None) -> dict[str, Any]:
    """Return what the notes say of how they were written and chosen, by whom, and for which film."""
    if midi is None:
        return {}
    try:
        told = told_in(read_midi(midi))
    except GenerationError:  # notes that nobody can read are still the system's own
        return {}
    return {name: told[name] for name in ("choice", "written", "film", "origins") if name in told}


def add_provenance(audio: Path, told: Mapping[str, Any]) -> None:
    """Write into a piece's provenance what was found out later; the tags of its file stay as they were."""
    sidecar = audio.with_name(audio.name + ".json")
    draft = sidecar.with_suffix(".part")
    known = json.loads(sidecar.read_text(encoding="utf-8"))
    draft.write_text(json.dumps(known | told, indent=1, ensure_ascii=False), encoding="utf-8")
    draft.replace(sidecar)


def delete_files(folder: Path, sha256: str) -> None:
    """Delete the files of a piece."""
    for path in folder.glob(f"{sha256}.*"):
        path.unlink(missing_ok=True)


def hashes_in(folder: Path) -> set[str]:
    """Return the hashes of the pieces that lie in a folder."""
    return {path.stem for path in folder.glob("*.flac") if _NAME.fullmatch(path.stem)}


def work_folder(folder: Path, piece: str) -> Path:
    """Return where a piece is made before it is filed."""
    return folder / f"{_WORK}{piece}"


def sweep_work(folder: Path, wanted: Set[str]) -> None:
    """Delete what dead processes left of pieces that nobody makes any more."""
    for path in folder.glob(f"{_WORK}*"):
        if path.name.removeprefix(_WORK) not in wanted:
            shutil.rmtree(path, ignore_errors=True)


def _write_tags(source: Path, target: Path, provenance: Mapping[str, Any]) -> None:
    """Copy the packets of a FLAC file into one with tags; the sound is the same to the bit.

    The time is left out, so that the same piece is the same file.
    """
    import av

    lasting = {key: value for key, value in provenance.items() if key not in {"created_at", "sha256", "midi_sha256"}}
    words = str(provenance["request"].get("text") or "").strip() or "Untitled"
    tags = {
        "TITLE": words[:120],
        "ARTIST": str(provenance["backend_title"]),
        "COMMENT": f"Generated by {provenance['backend_title']} in Trichord, seed {provenance['seed']}",
        "LICENSE": str(provenance["backend_licence"]),
        "PROVENANCE": "generated",
        "ATTRIBUTION": f"generated by {provenance['backend_title']} with Trichord",
        TAG: json.dumps(lasting, ensure_ascii=False, separators=(",", ":")),
    }
    with av.open(str(source)) as given, av.open(str(target), "w", format="flac", options={"fflags": "bitexact"}) as out:
        stream = given.streams.audio[0]
        copied = out.add_stream_from_template(stream)
        out.metadata.update(tags)
        for packet in given.demux(stream):
            if packet.dts is not None:
                packet.stream = copied
                out.mux(packet)
