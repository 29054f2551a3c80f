"""The German page's sentences of the server are those that the server says."""

import re
from pathlib import Path

import pytest

import ui.page.web

WEB = Path(ui.page.web.__file__).parent
PAIR = re.compile(r'\["((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\]')
BLANK = re.compile(r"\{\w\}")
PAIRS = PAIR.findall((WEB / "server_de.js").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def said():
    """Return all that the packages may say: their sources, the pieces of a text in one."""
    root = WEB.parents[2]
    sources = [
        p.read_text(encoding="utf-8")
        for name in ("agent", "catalog", "encoders", "retrieval", "ui")
        for p in (root / name).rglob("*.py")
    ]
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(sources)).replace('\\"', '"').casefold()


@pytest.mark.parametrize(("english", "german"), PAIRS)
def test_the_server_still_says_it(said, english, german):
    pieces = [p.strip() for p in BLANK.split(english.replace('\\"', '"').rstrip("."))]
    assert all(piece.casefold() in said for piece in pieces if len(piece) > 5), english
    assert set(BLANK.findall(german)) <= set(BLANK.findall(english))


def test_there_are_enough_of_them():
    assert len(PAIRS) > 100
