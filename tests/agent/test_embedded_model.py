"""The embedded model keeps its time limit, whatever llama.cpp does."""

import threading
import time
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from agent.errors import ModelError, ModelUnaskedError
from agent.llm.cassette import Cassette
from agent.llm.embedded import EmbeddedChatModel
from agent.llm.guard import Guard


class Server:
    """Answers when told to, in the shape of llama.cpp."""

    def __init__(self):
        self.go = threading.Event()
        self.asked = 0

    def handle_chat_completions(self, request):
        self.asked += 1
        assert self.go.wait(10)
        return {"choices": [{"message": {"content": "done"}}]}


@pytest.fixture
def slow():
    model = EmbeddedChatModel(model_path=Path("none.gguf"), timeout_s=0.2)
    model._server = Server()
    yield model
    model._server.go.set()
    model._worker.shutdown()


def test_a_model_that_takes_too_long_fails_in_time_and_then_serves_again(slow):
    started = time.monotonic()
    with pytest.raises(ModelError, match=r"no answer after 0\.2 s"):
        slow.invoke([HumanMessage("hello")])
    # The second one waits behind the first: its waiting counts, and it is never begun.
    with pytest.raises(ModelError, match="no answer"):
        slow.invoke([HumanMessage("hello")])
    assert time.monotonic() - started < 5
    slow._server.go.set()
    slow._worker.submit(int).result(5)  # the first one is through
    assert slow.invoke([HumanMessage("hello")]).content == "done"
    assert slow._server.asked == 2


def test_while_it_warms_up_nobody_waits_and_nothing_counts_against_it(slow):
    warming = threading.Thread(target=slow.warm, args=([HumanMessage("the prompt")],))
    warming.start()
    while not slow._server.asked:
        time.sleep(0.01)
    guard = Guard()
    for _ in range(9):
        with pytest.raises(ModelUnaskedError, match="still warming up"):
            guard.ask(slow, [HumanMessage("hello")], lambda answer: answer.text)
    assert guard.health().state == "ready"
    slow._server.go.set()
    warming.join(5)
    assert guard.ask(slow, [HumanMessage("hello")], lambda answer: answer.text) == "done"


def test_its_replies_replay_without_its_weights(tmp_path):
    def ask(mode, server):
        tape = Cassette(tmp_path / "tape.jsonl", mode, {"model": "embedded"})
        model = EmbeddedChatModel(model_path=tmp_path / "none.gguf", cache=tape)
        model._server = server
        return Guard().ask(model, [HumanMessage("hello")], lambda answer: answer.text)

    here = Server()
    here.go.set()
    assert ask("record", here) == ask("record", here) == ask("replay", None) == "done"
    assert here.asked == 1
