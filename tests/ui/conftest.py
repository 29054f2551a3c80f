"""A server over a small catalogue, for the doors of programs."""

import pytest
from small_server import serving, settled


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doors")
    (folder / "open").mkdir()
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        settled(folder, monkeypatch, mcp_folders=(folder / "open",)) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def address(parts):
    with serving(parts) as url:
        yield url
