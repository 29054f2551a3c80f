"""The picture of a track: in its file, beside it, or none."""

from dataclasses import replace
from struct import pack

import numpy as np
import pytest
import soundfile

from catalog.covers import MAX_BYTES, cover_of
from catalog.values import Track, TrackId

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(64))


def track_at(path):
    unknown = dict.fromkeys(("artist", "album", "year", "licence", "attribution"))
    facts = {"duration_s": 1.0, "licence_class": "unknown", "provenance": "human", "document": ""}
    return Track(id=TrackId("song"), title="Song", path=path, **unknown, **facts)


def syncsafe(number):
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


@pytest.fixture
def song(tmp_path):
    """Write an MP3 file, with a picture in its tag if told, and return its track."""

    def written(picture=None, name="song.mp3"):
        path = tmp_path / "album" / name
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, np.zeros(8000), 8000, format="MP3")
        if picture is not None:
            body = b"\0image/png\0\x03\0" + picture
            frame = b"APIC" + pack(">I", len(body)) + b"\0\0" + body
            path.write_bytes(b"ID3\x03\0\0" + syncsafe(len(frame)) + frame + path.read_bytes())
        return track_at(path)

    return written


def test_the_picture_in_the_file_comes_first(song):
    track = song(PNG)
    track.path.with_name("Cover.jpg").write_bytes(JPEG)
    cover = cover_of(track)
    assert (cover.data, cover.media_type) == (PNG, "image/png")


def test_a_picture_in_the_folder_serves_all_of_it(song):
    track = song()
    assert cover_of(track) is None
    track.path.with_name("folder.png").write_bytes(JPEG)
    track.path.with_name("holiday.png").write_bytes(PNG)
    cover = cover_of(track)
    assert (cover.data, cover.media_type) == (JPEG, "image/jpeg")  # by its bytes, whatever its name says


@pytest.mark.parametrize("data", [b"<svg onload='alert(1)'/>", b"", b"\xff\xd8\xff" + bytes(MAX_BYTES)])
def test_what_no_browser_should_be_handed_is_none(song, data):
    track = song()
    track.path.with_name("cover.jpg").write_bytes(data)
    assert cover_of(track) is None


def test_a_file_that_is_no_music_and_one_that_is_gone_have_none(song):
    track = song()
    track.path.write_bytes(b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + b"APIC" * 20)
    assert cover_of(track) is None
    track.path.unlink()
    assert cover_of(track) is None
    assert cover_of(replace(track, path=None)) is None
