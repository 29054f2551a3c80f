"""The video desk when the disk refuses: what cannot be written is told, and nothing half is left."""

import errno
import sqlite3

import httpx
import pytest
from film_desk import desk
from film_media import make_clip, tone
from small_server import serving

from catalog.errors import StoreUnusableError
from retrieval.film.files import FilmFiles
from ui import uploads


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as monkeypatch, desk(folder, monkeypatch, {}) as opened:
        yield opened


@pytest.fixture(scope="module")
def api(parts):
    with serving(parts) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", 4.0, (2.0,), sound=tone(4.0))


def test_an_upload_to_a_full_disk_is_one_sentence_and_leaves_nothing(api, parts, clip, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    folders = [parts.settings.data_dir / name for name in ("uploads", "films")]
    monkeypatch.setattr(uploads.Uploads, "_copy", full)
    refused = api.post("/v1/films", files={"video": ("walk.mp4", clip.read_bytes())})
    assert refused.status_code == 507
    assert refused.json()["detail"] == "The server's disk is full; free some space on it and try again."
    monkeypatch.undo()
    monkeypatch.setattr(FilmFiles, "thumbnails", full)
    assert api.post("/v1/films", files={"video": ("walk.mp4", clip.read_bytes())}).status_code == 507
    assert not [path for folder in folders for path in folder.rglob("*")]


def test_a_render_whose_end_cannot_be_written_is_told_as_failed_and_written_later(api, parts, clip, monkeypatch):
    film = parts.films.open(clip, "walk.mp4")
    written = parts.catalogue.films.update_job

    def refuse(job_id, status, *told):
        if status != "queued":
            raise StoreUnusableError("The catalogue cannot be written: the disk is full; free some space.")

    monkeypatch.setattr(parts.catalogue.films, "update_job", refuse)
    job = parts.film_jobs.start(film.id, "render")
    for _ in range(200):
        told = api.get(f"/v1/renders/{job.id}").json()
        if told["status"] == "failed":
            break
    assert told["message"] == "The catalogue cannot be written: the disk is full; free some space."
    assert [each["status"] for each in api.get(f"/v1/films/{film.id}/renders").json()] == ["failed"]
    monkeypatch.setattr(parts.catalogue.films, "update_job", written)
    assert api.get(f"/v1/renders/{job.id}").json()["status"] == "failed"
    assert parts.catalogue.films.job(job.id).status == "failed"


def test_a_progress_that_cannot_be_written_stops_no_render(api, parts, clip, monkeypatch):
    film = parts.films.open(clip, "walk.mp4")
    written = parts.catalogue.films.update_job

    def refuse_progress(job_id, status, progress, message):
        if 0.0 < progress < 1.0:
            raise StoreUnusableError("The catalogue cannot be written: the disk is full; free some space.")
        written(job_id, status, progress, message)

    monkeypatch.setattr("retrieval.film.jobs._TELL_EVERY_S", 0.0)
    monkeypatch.setattr(parts.catalogue.films, "update_job", refuse_progress)
    job = parts.film_jobs.start(film.id, "render")
    while parts.film_jobs.get(job.id).status in {"queued", "running"}:
        pass
    assert parts.film_jobs.get(job.id).status == "done"


def test_a_chat_whose_store_finds_no_room_is_one_sentence(api, parts, monkeypatch):
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL

    def full(*_, **__):
        raise error

    monkeypatch.setattr(parts.assistant, "chat", full)
    refused = api.post("/v1/chat", json={"message": "calm piano", "session_id": "full-disk-session"})
    assert refused.status_code == 507
    assert refused.json()["detail"] == "The server's disk is full; free some space on it and try again."
