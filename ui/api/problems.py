"""Errors of the server, each one sentence with the remedy: RFC 9457 problem documents, or what OpenAI clients read."""

from __future__ import annotations

import errno
import logging
import sqlite3
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from agent.errors import AgentError, MessageError
from agent.generation.values import GenerationError, InvalidRequestError
from catalog.errors import (
    CatalogError,
    ConflictError,
    KeyBusyError,
    NotFoundError,
    QuotaError,
    StoreBusyError,
    StoreUnusableError,
    VoteError,
)
from catalog.formats.values import PlaylistFormatError
from catalog.ingest.open import UnreadableFileError
from encoders.errors import EncoderError, MediaError, ModelMissingError
from retrieval.errors import DeskBusyError, RetrievalError
from ui.api.etags import MalformedTagError, etag_of, etag_of_sheet, etag_of_track
from ui.api.users import ForeignUserError
from ui.uploads import UnknownUploadError, UnsupportedUploadError, UploadTooLargeError

_logger = logging.getLogger(__name__)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
# SQLite has both for a full disk, in the lower byte.
_NO_ROOM_FOR_ROWS = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
OPENAI_PATHS = ("/v1/chat/completions", "/v1/models")

# First match wins, so subclasses stand before their bases.
STATUS: tuple[tuple[type[Exception], int, str], ...] = (
    (NotFoundError, 404, "Not found"),
    (ForeignUserError, 403, "Refused"),
    (ConflictError, 412, "Changed meanwhile"),
    (KeyBusyError, 409, "Still running"),
    (VoteError, 409, "No vote"),
    (QuotaError, 429, "Too much at once"),
    (MalformedTagError, 400, "Malformed header"),
    (UnknownUploadError, 404, "Not found"),
    (UploadTooLargeError, 413, "Too large"),
    (UnsupportedUploadError, 415, "Unsupported file"),
    (MediaError, 422, "Unusable media"),
    (UnreadableFileError, 422, "Unusable media"),
    (PlaylistFormatError, 422, "Unusable playlist"),
    (MessageError, 422, "Unusable message"),
    (InvalidRequestError, 422, "Unusable request"),
    (ModelMissingError, 503, "Model missing"),
    (StoreBusyError, 503, "Busy"),
    (StoreUnusableError, 503, "Catalogue unusable"),
    (GenerationError, 503, "Cannot generate"),
    (DeskBusyError, 503, "Busy"),
    (RetrievalError, 422, "Unusable request"),
    (AgentError, 422, "Unusable request"),
    (CatalogError, 422, "Unusable request"),
    (EncoderError, 422, "Unusable request"),
)


def problem(path: str, status: int, title: str, detail: str) -> JSONResponse:
    """Return an error in the shape that clients of the path read: a problem document unless told."""
    if path.startswith(OPENAI_PATHS):
        # Their clients know 400, not 422.
        status = 400 if status == 422 else status
        return JSONResponse(openai_error(status, title, detail), status_code=status)
    return JSONResponse(
        {"type": "about:blank", "title": title, "status": status, "detail": sentence_of(detail)},
        status_code=status,
        media_type="application/problem+json",
    )


def openai_error(status: int, title: str, detail: str) -> dict[str, Any]:
    """Return an error as OpenAI's clients read it."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    code = "invalid_api_key" if status == 401 else title.casefold().replace(" ", "_")
    return {"error": {"message": sentence_of(detail), "type": kind, "param": None, "code": code}}


def sentence_of(detail: str) -> str:
    """Return what went wrong as a sentence."""
    ended = detail if detail.endswith((".", "!", "?")) else detail + "."
    return ended[:1].upper() + ended[1:]


def status_of(error: Exception) -> tuple[int, str] | None:
    """Return (status, title) of an error that users may meet, else None."""
    return next(((status, title) for kind, status, title in STATUS if isinstance(error, kind)), None)


def install(api: FastAPI) -> None:
    """Register the handlers."""
    for kind, _, _ in STATUS:
        api.add_exception_handler(kind, _known)
    api.add_exception_handler(ConflictError, _changed)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(OSError, _system)
    api.add_exception_handler(sqlite3.OperationalError, _system)
    api.add_exception_handler(Exception, _unknown)


def _known(request: Request, error: Exception) -> JSONResponse:
    status, title = status_of(error) or (500, "Fault")
    return problem(request.url.path, status, title, str(error))


def _changed(request: Request, error: Exception) -> JSONResponse:
    """Answer a write on an old version, with the tag of the present one."""
    told = _known(request, error)
    catalogue, named = request.app.state.trichord.catalogue, request.path_params
    try:
        if "film_id" in named:
            told.headers["ETag"] = etag_of_sheet(catalogue.films.sheet(named["film_id"]))
        elif "track_id" in named:
            told.headers["ETag"] = etag_of_track(catalogue.library.get(named["track_id"]))
        else:
            told.headers["ETag"] = etag_of(catalogue.playlists.get(named["playlist_id"]))
    except CatalogError:
        return told  # deleted since
    return told


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(p) for p in first["loc"] if p not in {"body", "query", "path"}) or "the body"
    return problem(
        request.url.path, 422, "Unusable request", f"{place}: {first['msg']}; the interface is described at /docs"
    )


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    title = "Refused" if error.status_code < 500 else "Fault"
    return problem(request.url.path, error.status_code, title, str(error.detail))


def _system(request: Request, error: Exception) -> JSONResponse:
    """Answer what the system refused: a full disk is for people to free, everything else is a fault."""
    if isinstance(error, sqlite3.OperationalError):
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_ROOM_FOR_ROWS
    else:
        full = isinstance(error, OSError) and error.errno in _NO_ROOM
    if not full:
        raise error
    _logger.warning("no room on the disk at %s %s", request.method, request.url.path)
    told = "The server's disk is full; free some space on it and try again."
    return problem(request.url.path, 507, "No room", told)


def _unknown(request: Request, error: Exception) -> JSONResponse:
    _logger.error("fault at %s %s", request.method, request.url.path, exc_info=error)
    told = "That did not work because of a fault in Trichord; the log has the details."
    return problem(request.url.path, 500, "Fault", told)
