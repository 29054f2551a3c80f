"""OpenTimelineIO: a timeline with a picture track and a music track; what else a cue says stands in its metadata."""

from __future__ import annotations

from typing import Any

from catalog.formats.cues.values import CueDocument, CueLine, frames, named, plain

METADATA = "trichord"


def write_otio(document: CueDocument) -> str:
    """Return the JSON text of a timeline."""
    import opentimelineio as otio

    rate = float(document.rate)
    time, span = otio.opentime.RationalTime, otio.opentime.TimeRange

    def clip(name: str, source: str, available: int, start: int, length: int, told: dict[str, Any]) -> Any:
        return otio.schema.Clip(
            name=name,
            media_reference=otio.schema.ExternalReference(source, span(time(0, rate), time(available, rate))),
            source_range=span(time(start, rate), time(length, rate)),
            metadata={METADATA: told},
        )

    timeline = otio.schema.Timeline(plain(document.film.name), global_start_time=time(0, rate))
    picture = otio.schema.Track("Picture", kind=otio.schema.TrackKind.Video)
    music = otio.schema.Track("Music", kind=otio.schema.TrackKind.Audio)
    length = document.length
    picture.append(
        clip(plain(document.film.name), document.clip, length, 0, length, {"original": document.sheet.original})
    )
    at = 0
    for line in document.lines:
        first = frames(line.cue.start_s, document.rate)
        last = min(frames(line.cue.end_s, document.rate), length)
        if first > at:
            music.append(otio.schema.Gap(source_range=span(time(0, rate), time(first - at, rate))))
        source = max(1, frames(line.source_s, document.rate))
        offset = frames(line.cue.offset_s, document.rate)
        music.append(clip(named(line.cue), line.source, source, offset, last - first, _told(line)))
        at = last
    timeline.tracks.extend([picture, music])
    return str(otio.adapters.write_to_string(timeline, "otio_json"))


def _told(line: CueLine) -> dict[str, Any]:
    cue = line.cue
    return {
        "track_id": cue.track_id,
        "offset_s": cue.offset_s,
        "gain_db": cue.gain_db,
        "fade_in_s": cue.fade_in_s,
        "fade_out_s": cue.fade_out_s,
        "duck": cue.duck,
        "licence": plain(cue.licence),
        "attribution": plain(cue.attribution, 2000),
        "sync": line.sync,
    }
