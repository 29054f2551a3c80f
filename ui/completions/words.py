"""Answers as plain text, in the shapes that OpenAI clients read: whole, or in chunks."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from agent.hearing import clock
from agent.values import DoneEvent, ErrorEvent, Event, Evidence, TextEvent, TrackFact
from catalog.names import clean
from ui.api.problems import openai_error
from ui.api.routes import done_shape
from ui.completions.shapes import MODEL


def whole(done: DoneEvent, server: str) -> str:
    """Return an answer as one text: the words, then the tracks."""
    return "\n\n".join(filter(None, (inert(done.reply), listing(done.evidence, server))))


def listing(evidence: Evidence, server: str) -> str:
    """Return the tracks, a line each, and where files that the words speak of are to be had."""
    lines = [_line(t) for t in evidence.tracks]
    made = evidence.generation
    if made is not None and made.id is not None:
        lines.append(f"Listen, once it is done: {server}/v1/generations/{made.id}/audio")
    if evidence.playlist_id is not None:
        lines.append(f"The playlist as a file: {server}/v1/playlists/{evidence.playlist_id}/export?format=m3u8")
    return "\n".join(lines)


def inert(text: str) -> str:
    """Return a text that no client takes for a picture, a link or HTML: clients draw answers as markdown."""
    return text.replace("](", "] (").replace("<", "‹").replace(">", "›")


def _line(t: TrackFact) -> str:
    by = f" by {clean(t.artist, 200)}" if t.artist else ""
    label = ", generated" if t.provenance == "generated" else ""
    return inert(f"#{t.handle} “{clean(t.title, 200)}”{by} ({clock(t.duration_s)}{label}): {clean(t.why, 500)}")


@dataclass(frozen=True, slots=True)
class Form:
    """The frame of one answer: its id, its time, the server's address, and how many tokens were asked with."""

    server: str
    prompt_tokens: int
    id: str
    created: int

    @classmethod
    def new(cls, server: str, asked: Iterable[str]) -> Form:
        """Return the frame of an answer to some texts."""
        tokens = sum(map(estimated_tokens, asked))
        return cls(server, tokens, f"chatcmpl-{secrets.token_hex(12)}", int(time.time()))

    def usage(self, reply: str) -> dict[str, int]:
        """Return the usage; the numbers are estimates, as no one tokenizer counts here."""
        said = estimated_tokens(reply)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": said,
            "total_tokens": self.prompt_tokens + said,
        }

    def completion(self, done: DoneEvent) -> dict[str, Any]:
        """Return a whole answer; `trichord` has it in structure."""
        reply = whole(done, self.server)
        message = {"role": "assistant", "content": reply, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        head = self._head("chat.completion") | {"choices": [choice], "usage": self.usage(reply)}
        return head | {"trichord": done_shape(done)}

    def chunks(self, events: Iterable[Event], *, with_usage: bool) -> Iterator[str]:
        """Yield an answer as server-sent events."""
        done: DoneEvent | None = None
        yield self._chunk({"role": "assistant", "content": ""}, with_usage)
        for event in events:
            if isinstance(event, TextEvent):
                yield self._chunk({"content": inert(event.text)}, with_usage)
            elif isinstance(event, DoneEvent):
                done = event
            elif isinstance(event, ErrorEvent):
                yield _line_of(openai_error(500, "Fault", event.message))
        if done is not None:
            yield from self._ending(done, with_usage)
        yield "data: [DONE]\n\n"

    def _ending(self, done: DoneEvent, with_usage: bool) -> Iterator[str]:
        tracks = listing(done.evidence, self.server)
        if tracks:
            # The words end in a blank where text follows; a blank line parts them from the list.
            yield self._chunk({"content": f"\n\n{tracks}" if done.reply else tracks}, with_usage)
        yield self._chunk({}, with_usage, "stop", {"trichord": done_shape(done)})
        if with_usage:
            usage = self.usage(whole(done, self.server))
            yield _line_of(self._head("chat.completion.chunk") | {"choices": [], "usage": usage})

    def _chunk(
        self, delta: dict[str, str], with_usage: bool, finish: str | None = None, more: dict[str, Any] | None = None
    ) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if with_usage else {}
        return _line_of(self._head("chat.completion.chunk") | {"choices": [choice]} | usage | (more or {}))

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": MODEL}


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text has: four bytes each."""
    return -(-len(text.encode("utf-8", "replace")) // 4)


def _line_of(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body)}\n\n"
