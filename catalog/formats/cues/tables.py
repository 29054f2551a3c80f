"""A cue sheet as a table and as JSON: exact seconds beside the timecode that editors show."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from catalog.formats.cues.credits import credit
from catalog.formats.cues.values import CueDocument, CueLine, frames, plain, timecode

_FORMULA = re.compile(r"[=+\-@]")
_COLUMNS = (
    "segment",
    "in",
    "out",
    "in_s",
    "out_s",
    "title",
    "artist",
    "offset_s",
    "gain_db",
    "fade_in_s",
    "fade_out_s",
    "duck",
    "sync",
    "licence",
    "terms",
    "credit",
    "source",
    "track_id",
)


def write_csv(document: CueDocument) -> str:
    """Return a table with a header; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    sink = io.StringIO()
    writer = csv.DictWriter(sink, _COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(document):
        writer.writerow({name: _cell(row[name]) for name in _COLUMNS})
    return sink.getvalue()


def write_json(document: CueDocument) -> str:
    """Return the whole sheet."""
    film, sheet = document.film, document.sheet
    body = {
        "film": {
            "name": plain(film.name),
            "file": document.clip,
            "duration_s": film.duration_s,
            "width": film.width,
            "height": film.height,
            "rate": str(film.rate),
            "timecode_rate": str(document.rate),
        },
        "revision": sheet.revision,
        "original": sheet.original,
        "duck_db": sheet.duck_db,
        "loudness_lufs": sheet.loudness_lufs,
        "cues": list(_rows(document)),
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _rows(document: CueDocument) -> list[dict[str, Any]]:
    places = {cue.start_s: n for n, cue in enumerate(document.sheet.cues)}
    return [_row(line, places[line.cue.start_s], document) for line in document.lines]


def _row(line: CueLine, segment: int, document: CueDocument) -> dict[str, Any]:
    cue, rate = line.cue, document.rate
    return {
        "segment": segment,
        "in": timecode(frames(cue.start_s, rate), rate),
        "out": timecode(frames(cue.end_s, rate), rate),
        "in_s": round(cue.start_s, 6),
        "out_s": round(cue.end_s, 6),
        "title": plain(cue.title),
        "artist": plain(cue.artist) or None,
        "offset_s": round(cue.offset_s, 6),
        "gain_db": cue.gain_db,
        "fade_in_s": cue.fade_in_s,
        "fade_out_s": cue.fade_out_s,
        "duck": cue.duck,
        "sync": line.sync,
        "licence": plain(cue.licence) or None,
        "terms": line.terms,
        "credit": credit(cue),
        "source": line.source,
        "track_id": cue.track_id,
    }


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
