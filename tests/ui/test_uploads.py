import io
import os
import time

import pytest

from encoders.errors import MediaError
from encoders.media.opening import MediaInfo
from ui.uploads import UnknownUploadError, UnsupportedUploadError, Uploads, UploadTooLargeError


def probe(path):
    """Take what begins with a known word for that kind of media; the real probe is tested where it lives."""
    head = path.read_bytes()[:5].decode("latin-1")
    if head not in {"audio", "video", "image"}:
        raise MediaError(f"{path.name} is no media.")
    return MediaInfo(head, "toy", 0.0 if head == "image" else 3.0, has_audio=True)


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path, probe, max_bytes=1000)


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"video...", "a.mp4", "video"),
        (b"image...", "a.mp4", "image"),
        (b"audio...", "a.png", "audio"),
        (b"MThd\x00\x00", "a.mp4", "midi"),
        (b"#EXTM3U\n#EXTINF:1,A - B\na.mp3\n", "list.m3u8", "playlist"),
    ],
)
def test_content_decides_not_the_extension(uploads, data, name, kind):
    assert uploads.save(io.BytesIO(data), name).kind == kind


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "C:\\windows\\x.mp4", "CON", "a" * 300, "\ud800.mp4", "\x00x", "", None, "."],
)
def test_no_client_name_reaches_the_disk(uploads, tmp_path, name):
    saved = uploads.save(io.BytesIO(b"video..."), name)
    assert saved.path.parent == tmp_path
    assert saved.path.name == saved.id
    assert "/" not in saved.name
    assert len(saved.name) <= 120
    assert uploads.get(saved.id) == saved


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", UnsupportedUploadError), (os.urandom(50), UnsupportedUploadError), (b"video" * 300, UploadTooLargeError)],
)
def test_what_is_refused_leaves_nothing(uploads, tmp_path, data, error):
    with pytest.raises(error):
        uploads.save(io.BytesIO(data), "x.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("upload_id", ["../x", "", "0" * 32, "a" * 31, "/etc/passwd"])
def test_an_unknown_id_is_one_sentence(uploads, upload_id):
    with pytest.raises(UnknownUploadError, match="upload the file again"):
        uploads.get(upload_id)


def test_old_uploads_go(tmp_path):
    old = tmp_path / "old"
    old.write_bytes(b"x")
    os.utime(old, (time.time() - 8 * 24 * 3600,) * 2)
    Uploads(tmp_path, probe, max_bytes=10)
    assert not old.exists()


def test_a_refused_file_is_called_by_the_name_that_its_owner_knows(uploads):
    with pytest.raises(UnsupportedUploadError) as refused:
        uploads.save(io.BytesIO(b"nothing at all"), "holiday.mp4")
    assert str(refused.value) == "holiday.mp4 is no media."


def test_what_was_needed_once_is_gone_afterwards(uploads, tmp_path):
    saved = uploads.save(io.BytesIO(b"audio..."), "a.wav")
    uploads.discard(saved)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UnknownUploadError):
        uploads.get(saved.id)
