"""``POST /v1/search`` over a small catalogue without any weights."""

import httpx
import pytest

from catalog.values import Described, Taste, TrackId, TrackMetadata, UserId
from ui.api.app import create_app
from ui.compose import App
from ui.settings import load_settings


@pytest.fixture
def anyio_backend():
    return "asyncio"


pytestmark = pytest.mark.anyio


@pytest.fixture
def parts(tmp_path, monkeypatch):
    monkeypatch.setenv("TRICHORD_MODELS_DIR", str(tmp_path / "none"))
    parts = App(load_settings(tmp_path / "data"))
    parts.catalogue.library.describe(
        Described(TrackId(f"{who}{n}"), TrackMetadata(f"{who} {n}", artist=who, genre=("jazz",)), 100.0)
        for who in ("Ada", "Bea")
        for n in range(4)
    )
    yield parts
    parts.close()


@pytest.fixture
async def http(parts):
    transport = httpx.ASGITransport(app=create_app(parts, with_page=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as client:
        yield client


@pytest.mark.parametrize(("dial", "artist"), [(-1, "Ada"), (1, "Bea")])
async def test_the_dial_leans_to_known_artists_or_away_from_them(http, dial, artist):
    asked = {"query": "jazz", "like": ["Ada0"], "freshness": dial, "n": 3}
    answer = (await http.post("/v1/search", json=asked)).json()
    assert {t["artist"] for t in answer["tracks"]} == {artist}


async def test_the_words_turn_the_dial_where_no_number_does(http):
    words = {"query": "jazz by artists I don't know", "like": ["Ada0"], "n": 3}
    assert {t["artist"] for t in (await http.post("/v1/search", json=words)).json()["tracks"]} == {"Bea"}
    answer = await http.post("/v1/search", json={**words, "freshness": -1})
    assert {t["artist"] for t in answer.json()["tracks"]} == {"Ada"}


@pytest.mark.parametrize("dial", [1.5, -2, 1e300])
async def test_a_dial_beyond_its_ends_is_one_sentence(http, dial):
    answer = await http.post("/v1/search", json={"query": "jazz", "freshness": dial})
    assert answer.status_code == 422
    assert answer.json()["detail"] == f"Freshness is {dial:g}; give -1 (familiar) to 1 (fresh)."


async def test_a_search_for_a_user_leans_to_their_taste_and_says_so(parts, http):
    parts.catalogue.tastes.keep(UserId("mia"), Taste("artist", "Bea", 1.0))
    plain = (await http.post("/v1/search", json={"query": "jazz", "n": 4})).json()
    hers = (await http.post("/v1/search", json={"query": "jazz", "n": 4, "user_id": "mia"})).json()
    assert plain["influence"] is None
    assert "Bea" in hers["influence"]
    artists = [[t["artist"] for t in answer["tracks"]] for answer in (hers, plain)]
    assert artists[0].index("Bea") < artists[1].index("Bea")
