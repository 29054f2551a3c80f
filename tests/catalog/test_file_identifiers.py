"""What a file's tags say of the recording's identity."""

import av
import numpy as np
import pytest

from catalog.ingest.tags import read_metadata

MBID = "85701f84-c37f-4857-89d3-29625f02d943"


def written(path, codec, metadata):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=44_100)
        container.metadata.update(metadata)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.int16), format="s16", layout="mono")
        frame.rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (
            {"ISRC": "GB-AYE-97-00123", "MUSICBRAINZ_TRACKID": MBID.upper()},
            ("urn:isrc:GBAYE9700123", f"https://musicbrainz.org/recording/{MBID}"),
        ),
        ({"ISRC": "none", "MUSICBRAINZ_TRACKID": "12"}, ()),
        ({"TITLE": "x"}, ()),
    ],
)
def test_identifiers_of_a_flac_are_read(tmp_path, metadata, expected):
    file = written(tmp_path / "a.flac", "flac", metadata)
    assert read_metadata(file, file, "").identifiers == expected
