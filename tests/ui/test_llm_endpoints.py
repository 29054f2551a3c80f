"""A real chat client against a real, misbehaving endpoint: whatever it does, the rules answer and the plan says so."""

import gzip
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from langchain_core.language_models import FakeListChatModel
from small_server import settled

from agent.errors import ModelError, ModelUnaskedError
from agent.llm.cassette import Cassette
from agent.llm.factory import Source, planning_model
from agent.llm.guard import Guard, Limits
from agent.llm.ledger import Ledger
from agent.planner.composed import ComposedPlanner
from agent.planner.llm import PLAN_SCHEMA, LLMPlanner
from agent.planner.rules import RulePlanner
from agent.values import DialogueState
from retrieval.reading.wishes import parse_wishes

GOOD = '{"intent":"recommend","want":["calm","piano"],"avoid":[]}'


TOOL_ARGUMENTS = '{"intent":"chitchat","want":[],"avoid":[]}'


class Endpoint(BaseHTTPRequestHandler):
    behaviour = "good"
    calls = 0
    asked = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        type(self).calls += 1
        type(self).asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            self.behave()
        except OSError:
            pass  # the client has left

    def behave(self):  # noqa: C901  # one line a behaviour
        match self.behaviour:
            case "once 503":
                if type(self).calls == 1:
                    self.send_error(503)
                else:
                    self.answer(json.dumps(completion(GOOD)).encode())
            case "drop by drop":
                self.begin()
                for _ in range(200):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.05)
            case "flood":
                self.begin()
                for _ in range(10_000):
                    self.wfile.write(b" " * 100_000)
            case "bomb":
                self.begin({"Content-Encoding": "gzip"})
                self.wfile.write(gzip.compress(b" " * 50_000_000))
            case "nothing":
                self.answer(json.dumps(completion(None)).encode())
            case "events":
                self.begin({"Content-Type": "text/event-stream"})
                self.wfile.write(b'data: {"choices": []}\n\n' * 50)
            case "tool" | "other tool" | "broken tool":
                name = "delete_playlists" if self.behaviour == "other tool" else "plan"
                arguments = "{" if self.behaviour == "broken tool" else TOOL_ARGUMENTS
                self.answer(json.dumps(completion(None, name, arguments)).encode())
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

    def begin(self, headers=()):
        self.send_response(200)
        for name, value in dict({"Content-Type": "application/json"} | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def completion(text, tool=None, arguments=""):
    message = {"role": "assistant", "content": text}
    if tool is not None:
        call = {"id": "call-1", "type": "function", "function": {"name": tool, "arguments": arguments}}
        message["tool_calls"] = [call]
    return {
        "id": "1", "object": "chat.completion", "created": 0, "model": "toy",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1_000},
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


RULES = RulePlanner(parse_wishes)
STATE = DialogueState(session_id="s" * 8)
MESSAGE = "tunes that smell of old books, relaxin and pianoo"


def planner_at(url, *, limits=None, ledger=None, form="auto", cache=None, name="openai:toy"):
    source = Source(name, base_url=url, timeout_s=1.0, cache=cache)
    guard = Guard(limits or Limits(seconds=4.0), ledger, sleep=lambda _: None)
    return ComposedPlanner(RULES, LLMPlanner(planning_model(source, PLAN_SCHEMA, form), RULES, guard=guard), sure=1.1)


def plan_with(url, behaviour, monkeypatch, message=MESSAGE, **how):
    monkeypatch.setattr(Endpoint, "behaviour", behaviour)
    return planner_at(url, **how).plan(message, STATE, [])


def test_a_good_endpoint_plans(endpoint, monkeypatch):
    plan = plan_with(endpoint, "good", monkeypatch)
    assert plan.planner == "model (prompt plan-1)"
    assert {str(c.value) for c in plan.constraints} >= {"calm", "piano"}
    assert Endpoint.asked["response_format"]["json_schema"]["schema"] == PLAN_SCHEMA
    assert Endpoint.asked["max_completion_tokens"] == 512


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
        "drop by drop",
        "flood",
        "bomb",
        "nothing",
        "events",
    ],
    ids=lambda b: b[:24],
)
def test_a_bad_endpoint_falls_back_within_bounds(endpoint, monkeypatch, behaviour):
    started = time.monotonic()
    plan = plan_with(endpoint, behaviour, monkeypatch)
    assert plan.planner.startswith("rules (the model failed")
    assert plan.intent == "recommend"
    assert time.monotonic() - started < 10
    assert Endpoint.calls <= 3


def test_nobody_listening_falls_back(monkeypatch):
    assert plan_with("http://127.0.0.1:9/v1", "good", monkeypatch).planner.startswith("rules (the model failed")


def test_what_passes_is_asked_again_and_what_is_wrong_is_not(endpoint, monkeypatch):
    assert plan_with(endpoint, "once 503", monkeypatch).planner == "model (prompt plan-1)"
    assert Endpoint.calls == 2
    for behaviour, calls in (("429", 3), ("404", 1), ("not what was asked for", 1), ("flood", 1)):
        Endpoint.calls = 0
        plan_with(endpoint, behaviour, monkeypatch)
        assert (behaviour, Endpoint.calls) == (behaviour, calls)


def test_a_turn_never_waits_longer_than_it_may(endpoint, monkeypatch):
    for behaviour in ("slow", "drop by drop"):
        started = time.monotonic()
        plan = plan_with(endpoint, behaviour, monkeypatch, limits=Limits(seconds=1.5, calls=10))
        assert plan.planner.startswith("rules (the model failed")
        assert time.monotonic() - started < 2.5


def test_after_failures_in_a_row_the_model_rests_and_then_answers_again(endpoint, monkeypatch, tmp_path):
    monkeypatch.setattr(Endpoint, "behaviour", "500")
    limits = Limits(seconds=4.0, calls=1, failures=2, rest_s=0.6)
    path = tmp_path / "language_model.json"
    planner = planner_at(endpoint, limits=limits, ledger=Ledger(path))
    told = [planner.plan(MESSAGE, STATE, []).planner for _ in range(4)]
    assert Endpoint.calls == 2
    assert [t.split(":")[0] for t in told[:2]] == ["rules (the model failed"] * 2
    assert all(t.startswith("rules (the model rests for another ") for t in told[2:])
    assert "after 2 failures in a row, the last: " in told[3]
    # Whoever looks from another process knows as well.
    assert Guard(ledger=Ledger(path)).health().state == "resting"
    time.sleep(0.7)
    monkeypatch.setattr(Endpoint, "behaviour", "good")
    assert planner.plan(MESSAGE, STATE, []).planner == "model (prompt plan-1)"
    assert Guard(ledger=Ledger(path)).health().state == "ready"


def test_nonsense_counts_as_a_failure_and_one_good_reply_forgives_it(endpoint, monkeypatch):
    planner = planner_at(endpoint, limits=Limits(failures=2))
    for behaviour in ("nothing", "good", "nothing", "good"):
        monkeypatch.setattr(Endpoint, "behaviour", behaviour)
        planner.plan(MESSAGE, STATE, [])
    assert Endpoint.calls == 4


def test_the_day_s_money_is_a_cap_that_outlives_a_restart(endpoint, monkeypatch, tmp_path):
    now = [1_800_000_000.0]

    def ledger():
        return Ledger(tmp_path / "m.json", price=1_000.0, cost_per_day=3.0, clock=lambda: now[0])

    planners = [plan_with(endpoint, "good", monkeypatch, ledger=ledger()).planner for _ in range(4)]
    paid = planners.count("model (prompt plan-1)")
    # 1,000 tokens of a million at 1,000 cost 1; before the answer is known, a call counts by what it may cost at most.
    assert paid == 2
    assert ledger().account.cost == pytest.approx(paid * 1.0)
    assert planners[-1].startswith("rules (the model has cost 2 today")
    assert Endpoint.calls == paid
    now[0] += 86_400
    assert plan_with(endpoint, "good", monkeypatch, ledger=ledger()).planner == "model (prompt plan-1)"


def test_a_prompt_over_the_cap_of_tokens_is_not_sent(endpoint, monkeypatch):
    plan = plan_with(endpoint, "good", monkeypatch, limits=Limits(tokens=600))
    assert plan.planner.startswith("rules (the prompt and its reply need ")
    assert Endpoint.calls == 0
    # Repetitions count as well.
    plan_with(endpoint, "500", monkeypatch, limits=Limits(tokens=4_000, calls=10))
    assert Endpoint.calls in {2, 3}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"day": 1}', "\x00"])
def test_a_damaged_account_counts_anew(tmp_path, content):
    path = tmp_path / "m.json"
    path.write_text(content, encoding="utf-8")
    ledger = Ledger(path, price=1.0, cost_per_day=1.0)
    ledger.reserve(10)
    assert Ledger(path).account.tokens == 10


def test_a_model_that_calls_tools_is_asked_to_call_one(endpoint, monkeypatch):
    plan = plan_with(endpoint, "tool", monkeypatch, form="tools")
    assert (plan.intent, plan.planner) == ("chitchat", "model (prompt plan-1)")
    assert [t["function"]["name"] for t in Endpoint.asked["tools"]] == ["plan"]
    assert Endpoint.asked["tool_choice"]["function"]["name"] == "plan"
    assert "response_format" not in Endpoint.asked
    for behaviour in ("other tool", "broken tool", "nothing"):
        plan = plan_with(endpoint, behaviour, monkeypatch, form="tools")
        assert plan.planner.startswith("rules (the model failed"), behaviour


@pytest.mark.parametrize(("name", "calls"), [("openai:gpt-4.1", True), ("openai:toy", False)])
def test_by_itself_a_model_is_asked_in_the_way_that_it_is_known_for(endpoint, monkeypatch, name, calls):
    plan_with(endpoint, "good", monkeypatch, name=name)
    assert ("tools" in Endpoint.asked) == calls
    assert ("response_format" in Endpoint.asked) == (not calls)
    plan_with(endpoint, "good", monkeypatch, name=name, form="schema")
    assert "tools" not in Endpoint.asked


def test_the_embedded_model_has_no_tools(tmp_path):
    with pytest.raises(ModelError, match="llm_form"):
        planning_model(Source("embedded", gguf=tmp_path / "m.gguf"), PLAN_SCHEMA, "tools")


def cassette(tmp_path, mode):
    return Cassette(tmp_path / "tape.jsonl", mode, {"model": "openai:toy"})


@pytest.mark.parametrize(("behaviour", "form"), [("good", "schema"), ("tool", "tools"), ("nothing", "schema")])
def test_what_was_recorded_replays_without_a_network(endpoint, monkeypatch, tmp_path, behaviour, form):
    recorded = plan_with(endpoint, behaviour, monkeypatch, form=form, cache=cassette(tmp_path, "record"))
    again = plan_with(endpoint, behaviour, monkeypatch, form=form, cache=cassette(tmp_path, "record"))
    tape = (tmp_path / "tape.jsonl").read_bytes()
    nowhere = "http://127.0.0.1:9/v1"
    replayed = plan_with(nowhere, behaviour, monkeypatch, form=form, cache=cassette(tmp_path, "replay"))
    assert recorded == again == replayed
    assert Endpoint.calls == 1
    assert (tmp_path / "tape.jsonl").read_bytes() == tape
    assert (tmp_path / "tape.jsonl").stat().st_mode & 0o077 == 0


def test_what_was_never_recorded_is_one_sentence(endpoint, monkeypatch, tmp_path):
    plan_with(endpoint, "good", monkeypatch, cache=cassette(tmp_path, "record"))
    plan = plan_with(endpoint, "good", monkeypatch, "a message nobody recorded", cache=cassette(tmp_path, "replay"))
    assert plan.planner.startswith("rules (this request was never recorded in tape.jsonl")
    assert Endpoint.calls == 1


@pytest.mark.parametrize("content", [None, "no json", '{"request": "x"}', '{"request": "x", "reply": {"content": 7}}'])
def test_what_is_no_recording_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "tape.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(ModelUnaskedError, match="tape"):
        cassette(tmp_path, "replay")


@pytest.mark.parametrize("behaviour", ["flood", "drop by drop", "bomb", "500"])
def test_a_bad_ollama_is_bounded_alike(endpoint, monkeypatch, behaviour):
    started = time.monotonic()
    plan = plan_with(endpoint, behaviour, monkeypatch, name="ollama:toy", limits=Limits(seconds=2.0))
    assert plan.planner.startswith("rules (the model failed")
    assert time.monotonic() - started < 5


def conversation(folder, monkeypatch, **told):
    """Return the events of a conversation, but for its times and the ids that are drawn."""
    folder.mkdir()
    with settled(folder, monkeypatch, planner="llm", llm="openai:toy", **told) as parts:
        said = ("calm jazz", "some old books", "more like #2", "what is that", "keep it going")
        return [
            re.sub(r'"ms":[\d.]+', "", event.model_dump_json())
            for message in said
            for event in parts.assistant.chat(message, "session-one")
        ]


def test_a_recorded_conversation_replays_to_the_same_events(endpoint, monkeypatch, tmp_path):
    monkeypatch.setattr(Endpoint, "behaviour", "good")
    tape = tmp_path / "tape.jsonl"
    recorded = conversation(
        tmp_path / "one", monkeypatch, llm_base_url=endpoint, llm_cassette=tape, llm_cassette_mode="record"
    )
    calls = Endpoint.calls
    assert calls >= 4
    nowhere = "http://127.0.0.1:9/v1"
    replayed = conversation(tmp_path / "two", monkeypatch, llm_base_url=nowhere, llm_cassette=tape)
    assert replayed == recorded
    assert Endpoint.calls == calls
    assert sum("model (prompt plan-1)" in event for event in replayed) >= 4


@pytest.mark.parametrize("kept", [True, False], ids=["in a file", "in memory"])
def test_turns_at_once_do_not_spend_the_same_money(tmp_path, kept):
    shared = Ledger(None, price=1.0, cost_per_day=5.0)

    def spend(_):
        ledger = Ledger(tmp_path / "m.json", price=1.0, cost_per_day=5.0) if kept else shared
        try:
            ledger.reserve(1_000_000)
        except ModelUnaskedError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(24))) == 5


def test_a_provider_without_tools_is_asked_for_text(monkeypatch):
    plain = FakeListChatModel(responses=[GOOD])
    monkeypatch.setattr("langchain.chat_models.init_chat_model", lambda *_, **__: plain)
    assert planning_model(Source("somebody:toy"), PLAN_SCHEMA) is plain
    with pytest.raises(ModelError, match="calls no tools"):
        planning_model(Source("somebody:toy"), PLAN_SCHEMA, "tools")
