"""A real chat client against a real, misbehaving endpoint: whatever it does, the rules answer and the plan says so."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agent.llm.factory import make_chat_model
from agent.planner.composed import ComposedPlanner
from agent.planner.llm import PLAN_SCHEMA, LLMPlanner
from agent.planner.rules import RulePlanner
from agent.values import DialogueState
from retrieval.reading.wishes import parse_wishes

GOOD = '{"intent":"recommend","want":["calm","piano"],"avoid":[]}'


class Endpoint(BaseHTTPRequestHandler):
    behaviour = "good"
    calls = 0

    def log_message(self, *_):
        pass

    def do_POST(self):
        type(self).calls += 1
        self.rfile.read(int(self.headers["content-length"]))
        match self.behaviour:
            case "500" | "429":
                self.send_error(int(self.behaviour))
            case "slow":
                time.sleep(3)
            case "closed":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            case "no json":
                self.answer(b"<html>hello</html>")
            case said:
                self.answer(json.dumps(completion(GOOD if said == "good" else said)).encode())

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def completion(text):
    message = {"role": "assistant", "content": text}
    return {
        "id": "1", "object": "chat.completion", "created": 0, "model": "toy",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }  # fmt: skip


@pytest.fixture
def endpoint(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    Endpoint.calls = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def plan_with(url, behaviour, monkeypatch):
    monkeypatch.setattr(Endpoint, "behaviour", behaviour)
    rules = RulePlanner(parse_wishes)
    model = make_chat_model("openai:toy", base_url=url, timeout_s=1.0, schema=PLAN_SCHEMA)
    planner = ComposedPlanner(rules, LLMPlanner(model, rules), sure=1.1)
    return planner.plan("tunes that smell of old books", DialogueState(session_id="s" * 8), [])


def test_a_good_endpoint_plans(endpoint, monkeypatch):
    plan = plan_with(endpoint, "good", monkeypatch)
    assert plan.planner == "model"
    assert {str(c.value) for c in plan.constraints} >= {"calm", "piano"}


@pytest.mark.parametrize(
    "behaviour",
    [
        "500",
        "429",
        "slow",
        "closed",
        "no json",
        "not what was asked for",
        '{"intent":"drop_tables","want":[],"avoid":[]}',
        '{"intent":"recommend","want":"calm"}',
        '{"intent":"recommend","want":[1,2],"avoid":[]}',
        '{"intent":"recommend","want":[],"avoid":[],"sql":"DELETE FROM tracks"}',
        "[" * 2000,
        "x" * 10_000_000,
    ],
    ids=lambda b: b[:24],
)
def test_a_bad_endpoint_falls_back_within_bounds(endpoint, monkeypatch, behaviour):
    started = time.monotonic()
    plan = plan_with(endpoint, behaviour, monkeypatch)
    assert plan.planner.startswith("rules (the model failed")
    assert plan.intent == "recommend"
    assert time.monotonic() - started < 10
    assert Endpoint.calls <= 2


def test_nobody_listening_falls_back(monkeypatch):
    assert plan_with("http://127.0.0.1:9/v1", "good", monkeypatch).planner.startswith("rules (the model failed")
