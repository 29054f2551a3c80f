import base64

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ui.api import security
from ui.api.security import Gate
from ui.settings import Settings


def client(**told):
    async def echo(request: Request):
        return PlainTextResponse(str(len(await request.body())))

    inner = Starlette(routes=[Route("/{rest:path}", echo, methods=["GET", "POST"])])
    gate = Gate(inner, Settings(**told))
    transport = httpx.ASGITransport(app=gate, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860")


@pytest.fixture
def anyio_backend():
    return "asyncio"


pytestmark = pytest.mark.anyio


async def test_own_and_missing_origins_pass_and_foreign_ones_do_not():
    async with client() as http:
        assert (await http.post("/v1/x")).status_code == 200
        assert (await http.post("/v1/x", headers={"Origin": "http://127.0.0.1:7860"})).status_code == 200
        for origin in ("http://evil.example", "http://127.0.0.1:9999", "null"):
            refused = await http.post("/v1/x", headers={"Origin": origin})
            assert refused.status_code == 403
            assert "TRICHORD_ALLOWED_ORIGINS" in refused.json()["detail"]
        assert (await http.get("/page", headers={"Origin": "http://evil.example"})).status_code == 200


async def test_an_allowed_origin_passes():
    async with client(allowed_origins=("http://editor.example",)) as http:
        assert (await http.post("/v1/x", headers={"Origin": "http://editor.example"})).status_code == 200


async def test_a_rebound_name_is_not_served_on_loopback():
    async with client() as http:
        assert (await http.get("/", headers={"Host": "evil.example"})).status_code == 403
        assert (await http.get("/", headers={"Host": "localhost:7860"})).status_code == 200
    async with client(host="0.0.0.0") as http:
        assert (await http.get("/", headers={"Host": "music.home"})).status_code == 200


async def test_keys_are_asked_for_everywhere_but_at_the_health_check():
    async with client(api_keys=("s3cret",)) as http:
        refused = await http.get("/v1/x")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic")
        assert (await http.get("/")).status_code == 401
        assert (await http.get("/healthz")).status_code == 200
        basic = base64.b64encode(b"anyone:s3cret").decode()
        for good in ({"X-API-Key": "s3cret"}, {"Authorization": "Bearer s3cret"}, {"Authorization": f"Basic {basic}"}):
            assert (await http.get("/v1/x", headers=good)).status_code == 200
        for bad in ({"X-API-Key": "s3cre"}, {"Authorization": "Bearer "}, {"Authorization": "Basic %%%"}):
            assert (await http.get("/v1/x", headers=bad)).status_code == 401


async def test_a_large_body_is_refused_by_its_length_and_by_its_count(monkeypatch):
    monkeypatch.setattr(security, "MAX_JSON_BYTES", 1000)
    async with client() as http:
        assert (await http.post("/v1/x", content=b"x" * 1000)).text == "1000"
        assert (await http.post("/v1/x", content=b"x" * 1001)).status_code == 413

        async def without_length():
            for _ in range(100):
                yield b"x" * 100

        assert (await http.post("/v1/x", content=without_length())).status_code >= 400


async def test_a_caller_who_asks_too_often_is_told_when_to_come_back():
    async with client(rate_limit="3/minute", api_keys=("one", "two")) as http:
        one, two = {"X-API-Key": "one"}, {"X-API-Key": "two"}
        assert [(await http.get("/v1/x", headers=one)).status_code for _ in range(3)] == [200] * 3
        refused = await http.get("/v1/x", headers=one)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["content-type"] == "application/problem+json"
        assert "3/minute" in refused.json()["detail"]
        assert (await http.get("/v1/chat/completions", headers=one)).json()["error"]["code"] == "rate_limit_exceeded"
        # Another key has a count of its own, and so have guesses; what costs nothing is not counted.
        assert (await http.get("/v1/x", headers=two)).status_code == 200
        guesses = [(await http.get("/v1/x", headers={"X-API-Key": str(n)})).status_code for n in range(4)]
        assert guesses == [401, 401, 401, 429]
        for path in ("/", "/healthz"):
            assert (await http.get(path, headers=one)).status_code == 200


async def test_the_usual_rate_holds_beyond_loopback_alone():
    async with client() as http:
        assert {(await http.get("/v1/x")).status_code for _ in range(130)} == {200}
    async with client(host="0.0.0.0") as http:
        assert [(await http.get("/v1/x")).status_code for _ in range(121)] == [200] * 120 + [429]
    async with client(host="0.0.0.0", rate_limit="off") as http:
        assert {(await http.get("/v1/x")).status_code for _ in range(130)} == {200}
