"""A film's cue sheet as what its files are written from."""

from __future__ import annotations

from catalog.errors import CueError
from catalog.films import FilmId
from catalog.formats.cues.values import CueDocument, CueLine
from catalog.licences import FILM_WORDS, film_terms
from catalog.store import Catalogue
from catalog.values import Track
from retrieval.film.desk import FilmDesk
from retrieval.film.gone import gone


def document_of(catalogue: Catalogue, desk: FilmDesk, film_id: FilmId, *, paths: bool = False) -> CueDocument:
    """Return the document; sources are file names, or with `paths` their addresses on the server's disk.

    Raises:
        CueError: a track of the sheet was deleted.
    """
    film, timeline = desk.get(film_id)
    sheet = catalogue.films.sheet(film_id)
    tracks = desk.tracks_of(sheet)
    lines = []
    for cue in sheet.sounding:
        assert cue.track_id is not None
        track = tracks.get(cue.track_id)
        if track is None:
            raise CueError(gone(cue))
        found = desk.judge(timeline, cue)
        sync = None if found is None else found.sync
        terms = FILM_WORDS[film_terms(cue.licence)]
        lines.append(CueLine(cue, _source(track, paths), track.duration_s, sync, terms))
    clip = desk.files.clip(film_id).as_uri() if paths else film.name
    return CueDocument(film, sheet, tuple(lines), clip)


def _source(track: Track, paths: bool) -> str:
    if track.path is None:
        return track.title
    if track.member:
        return track.member.rpartition("/")[2]
    return track.path.absolute().as_uri() if paths else track.path.name
