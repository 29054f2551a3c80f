"""One ranking behind five doors: the same question has the same plan and the same tracks in the same order at each."""

import asyncio
import json
import re

import httpx
import openai
import pytest
from mcp import Client
from small_server import serving, settled

from ui.cli import conversation

CONVERSATIONS = [
    ["calm piano"],
    ["jazz by Ada Sun or The Bards from the 90s"],
    ["metal, no longer than 2 minutes", "not the same artist", "more like #2"],
    ["play Golden Furnace", "something calmer"],
    ["harp that won a Grammy"],
    ["a playlist of calm harp, 12 tracks", "without #3", "undo"],
    ["mariachi trumpets"],
    ["what is in the library?"],
]


class Doors:
    """The five doors to one agent; each takes a conversation and returns (plan, track ids) of every turn."""

    def __init__(self, parts, url):
        self.parts, self.url = parts, url

    def page(self, messages, monkeypatch, capsys):
        """As the page's chat asks: a stream, with the cards before the words."""
        session = None
        for message in messages:
            asked = {"message": message, "session_id": session, "stream": True}
            shown, told = [], None
            with httpx.stream("POST", f"{self.url}/v1/chat", json=asked, timeout=60) as answer:
                kind = ""
                for line in answer.iter_lines():
                    name, _, value = line.partition(": ")
                    if name == "event":
                        kind = value
                    elif name == "data" and kind == "results":
                        shown = _ids(json.loads(value))
                    elif name == "data" and kind == "done":
                        told = json.loads(value)
            session = told["session_id"]
            yield told["plan"], shown

    def rest(self, messages, monkeypatch, capsys):
        session = None
        for message in messages:
            asked = {"message": message, "session_id": session}
            told = httpx.post(f"{self.url}/v1/chat", json=asked, timeout=60).json()
            session = told["session_id"]
            yield told["plan"], _ids(told)

    def command_line(self, messages, monkeypatch, capsys):
        # Each command opens the parts and closes them; the server still needs these.
        monkeypatch.setattr(self.parts, "close", lambda: None)
        session = None
        for message in messages:
            capsys.readouterr()
            conversation.run(self.parts, message, session, [], trace=False, as_json=True)
            told = json.loads(capsys.readouterr().out)
            session = told["session_id"]
            yield told["plan"], _ids(told)

    def mcp(self, messages, monkeypatch, capsys):
        async def talk():
            answers, session = [], None
            async with Client(f"{self.url}/mcp") as client:
                for message in messages:
                    result = await client.call_tool("chat", {"message": message, "session_id": session})
                    answers.append(result.structured_content)
                    session = answers[-1]["session_id"]
            return answers

        yield from ((told["plan"], _ids(told)) for told in asyncio.run(talk()))

    def openai(self, messages, monkeypatch, capsys):
        history = []
        with openai.OpenAI(base_url=f"{self.url}/v1", api_key="none", max_retries=0) as client:
            for message in messages:
                history.append({"role": "user", "content": message})
                answer = client.chat.completions.create(model="trichord", messages=history)
                text = answer.choices[0].message.content
                history.append({"role": "assistant", "content": text})
                titles = [t["title"] for t in answer.trichord["tracks"]]
                assert not titles or re.findall(r"^#\d+ “(.+?)” ", text, re.MULTILINE)[-len(titles) :] == titles
                yield answer.trichord["plan"], _ids(answer.trichord)


def _ids(told):
    return [t["track_id"] for t in told["tracks"]]


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        with settled(tmp_path_factory.mktemp("doors"), monkeypatch) as parts, serving(parts) as url:
            yield Doors(parts, url)


@pytest.mark.parametrize("messages", CONVERSATIONS, ids=lambda m: m[0])
def test_every_door_has_the_same_plan_and_the_same_ranking(doors, messages, monkeypatch, capsys):
    rest = list(doors.rest(messages, monkeypatch, capsys))
    assert len(rest) == len(messages)
    for door in (doors.page, doors.command_line, doors.mcp, doors.openai):
        for turn, (told, expected) in enumerate(zip(door(messages, monkeypatch, capsys), rest, strict=True)):
            assert told == expected, (door.__name__, messages[turn])


def test_the_conversations_find_something_and_mean_different_things(doors, monkeypatch, capsys):
    """The contract would hold as well where nothing was ever found."""
    turns = [turn for m in CONVERSATIONS for turn in doors.rest(m, monkeypatch, capsys)]
    assert len({plan["intent"] for plan, _ in turns}) >= 6
    assert sum(bool(ids) for _, ids in turns) >= 9
