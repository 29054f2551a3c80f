"""`write_cues`: a cue sheet in any of the formats, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from catalog.errors import CueError
from catalog.formats.cues.credits import write_credits
from catalog.formats.cues.edl import write_edl
from catalog.formats.cues.fcpxml import write_fcpxml
from catalog.formats.cues.otio import write_otio
from catalog.formats.cues.tables import write_csv, write_json
from catalog.formats.cues.values import CueDocument, plain

_MAX_SOURCE = 2000


@dataclass(frozen=True, slots=True)
class CueFormat:
    """A format: how it is written, and its media type."""

    write: Callable[[CueDocument], str]
    media_type: str


FORMATS: dict[str, CueFormat] = {
    "edl": CueFormat(write_edl, "text/plain; charset=utf-8"),
    "csv": CueFormat(write_csv, "text/csv; charset=utf-8"),
    "json": CueFormat(write_json, "application/json"),
    "otio": CueFormat(write_otio, "application/vnd.pixar.opentimelineio+json"),
    "fcpxml": CueFormat(write_fcpxml, "application/xml"),
    "txt": CueFormat(write_credits, "text/plain; charset=utf-8"),
}


def write_cues(document: CueDocument, name: str) -> bytes:
    """Return a cue sheet in a format of `FORMATS`; CueError for one that is not there."""
    if name not in FORMATS:
        raise CueError(f"There is no format {name[:20]!r} for cue sheets; there are {', '.join(FORMATS)}.")
    lines = tuple(replace(line, source=plain(line.source, _MAX_SOURCE)) for line in document.lines)
    inert = replace(document, clip=plain(document.clip, _MAX_SOURCE), lines=lines)
    return FORMATS[name].write(inert).encode("utf-8")
