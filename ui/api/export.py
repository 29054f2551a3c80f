"""Stored playlists as playlist documents that players open."""

from __future__ import annotations

from catalog.formats.musicbrainz import PlaylistFacts, with_facts
from catalog.formats.values import PlaylistDocument, PlaylistEntry
from catalog.store import Catalogue
from catalog.values import Playlist


def document_of(stored: Playlist, catalogue: Catalogue, base_url: str) -> PlaylistDocument:
    """Return a playlist with a location for each track: its file, or this server's preview for one in an archive."""
    tracks = {t.id: t for t in catalogue.library.get_many([e.track_id for e in stored.entries if e.track_id])}
    entries = []
    for entry in stored.entries:
        track = tracks.get(entry.track_id) if entry.track_id else None
        if track is None:
            entries.append(PlaylistEntry(title=entry.title, artist=entry.artist))
            continue
        preview = f"{base_url.rstrip('/')}/v1/tracks/{track.id}/preview"
        entries.append(
            PlaylistEntry(
                title=track.title,
                artist=track.artist,
                album=track.album,
                duration_s=track.duration_s,
                location=preview if track.member or track.path is None else str(track.path),
            )
        )
    document = PlaylistDocument(
        title=stored.title,
        creator="Trichord",
        entries=tuple(entries),
        annotation=stored.description or None,
        date=f"{stored.updated_at.isoformat()}Z",
    )
    return with_facts(document, PlaylistFacts(last_modified_at=document.date, public=False))
