"""CMX 3600 edit decision lists: the picture as one event, the music as stereo events, non-drop.

Written here and not by OpenTimelineIO's adapter, which writes no sound (1.0.0); the tests read it back with that.
"""

from __future__ import annotations

from catalog.formats.cues.values import CueDocument, frames, named, plain, timecode

_LINE = 200


def write_edl(document: CueDocument) -> str:
    """Return the list; reels are ``AX`` for the film and ``M001`` on for the music, names stand in comments."""
    rate = document.rate
    end = timecode(document.length, rate)
    lines = [
        f"TITLE: {plain(document.film.name, 70)}",
        "FCM: NON-DROP FRAME",
        "",
        _event(1, "AX", "V", "00:00:00:00", end, "00:00:00:00", end),
        f"* FROM CLIP NAME: {plain(document.film.name)}",
        f"* SOURCE FILE: {plain(document.clip, _LINE)}",
    ]
    for n, line in enumerate(document.lines, 1):
        cue = line.cue
        first, last = frames(cue.start_s, rate), min(frames(cue.end_s, rate), document.length)
        source = frames(cue.offset_s, rate)
        told = (source, source + last - first, first, last)
        lines += [
            "",
            _event(n + 1, f"M{n:03}", "AA", *(timecode(frame, rate) for frame in told)),
            f"* FROM CLIP NAME: {named(cue)}",
            f"* SOURCE FILE: {plain(line.source, _LINE)}",
            f"* AUDIO: GAIN {cue.gain_db:+.1f} DB, FADE IN {cue.fade_in_s:.2f} S, FADE OUT {cue.fade_out_s:.2f} S",
            f"* LICENCE: {plain(cue.licence, _LINE) or 'unknown'}",
        ]
    return "\n".join(lines) + "\n"


def _event(number: int, reel: str, kind: str, *times: str) -> str:
    return f"{number:03}  {reel:8} {kind:5} C        {' '.join(times)}"
