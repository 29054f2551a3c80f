"""Cues whose track was deleted meanwhile."""

from __future__ import annotations

from catalog.errors import CueError
from catalog.films import Cue, CueSheet
from catalog.store import Catalogue


def gone(cue: Cue) -> str:
    """Say that a cue's track was deleted."""
    return (
        f"“{cue.title}”, cued at {cue.start_s:.1f} s, is no longer in the catalogue; "
        "choose another track for that segment, or leave it without music."
    )


def check_tracks(catalogue: Catalogue, sheet: CueSheet) -> None:
    """Raise CueError where a track of the sheet was deleted: no film may go out with a silence unnoticed."""
    ids = dict.fromkeys(cue.track_id for cue in sheet.cues if cue.track_id is not None)
    there = {track.id for track in catalogue.library.get_many(list(ids))}
    for cue in sheet.sounding:
        if cue.track_id not in there:
            raise CueError(gone(cue))
