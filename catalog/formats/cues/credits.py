"""The text for the end titles: every piece once, in order, with what its licence asks for."""

from __future__ import annotations

from catalog.films import Cue
from catalog.formats.cues.values import CueDocument, plain

_LINE = 1000


def credit(cue: Cue) -> str:
    """Return the line by which a film names a piece: its own attribution, else title, artist and licence."""
    title, licence = plain(cue.title) or "Untitled", plain(cue.licence)
    if told := plain(cue.attribution, _LINE):
        named = told if title.casefold() in told.casefold() else f"“{title}”: {told}"
        # Creative Commons ask for the licence beside the name.
        return named if not licence or _letters(licence) in _letters(named) else f"{named} ({licence})"
    by = f" by {plain(cue.artist)}" if cue.artist else ""
    return f"“{title}”{by} ({licence or 'licence unknown'})"


def _letters(text: str) -> str:
    """Return the letters and digits alone: ``CC-BY-4.0`` is also written ``CC BY 4.0``."""
    return "".join(each for each in text.casefold() if each.isalnum())


def write_credits(document: CueDocument) -> str:
    """Return the credits, a line each."""
    lines = dict.fromkeys(credit(line.cue) for line in document.lines)
    return "\n".join(["Music", "", *lines]) + "\n" if lines else "No music.\n"
