"""Pieces that were made here on their way into the catalogue, labelled as what they are."""

from __future__ import annotations

import shutil

from agent.generation.errors import InvalidRequestError
from catalog.ingest.open import sha256_of
from catalog.values import Generation, Track, TrackId
from ui.compose import App


def adopt(parts: App, row: Generation) -> Track:
    """Return a finished piece as a track of the catalogue; the first time it is ingested, which takes some seconds.

    The track has a copy of the file: forgetting the piece leaves a film that has it under its picture alone. Its tags
    tell that it was generated, by what, and under which licence.

    Raises:
        InvalidRequestError: the piece is not finished, or the catalogue does not take it.
        IngestError: another ingest runs.
    """
    made = parts.generations.audio_path(row.id)
    if made is None or not made.is_file():
        raise InvalidRequestError("that piece is not finished; wait for it, or take another one")
    sha256 = sha256_of(made)
    track_id = parts.catalogue.queue.track_with(sha256)
    if track_id is None:
        track_id = _ingested(parts, row, sha256)
    return parts.catalogue.library.get(track_id)


def _ingested(parts: App, row: Generation, sha256: str) -> TrackId:
    made = parts.generations.audio_path(row.id)
    assert made is not None
    kept = parts.settings.data_dir / "music" / "generated" / made.name
    kept.parent.mkdir(parents=True, exist_ok=True)
    draft = kept.with_suffix(".part")
    shutil.copyfile(made, draft)
    draft.replace(kept)
    refused = next((each.reason for each in list(parts.ingest.run([kept])) if each.path == kept and each.reason), None)
    track_id = parts.catalogue.queue.track_with(sha256)
    if track_id is None:
        raise InvalidRequestError(f"the piece cannot be taken into the catalogue ({refused or 'it was not read'})")
    parts.engine.rebuild()
    return track_id
