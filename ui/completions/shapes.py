"""What OpenAI clients send. They send many fields; those that do not matter here are not read."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.errors import MessageError

MODEL = "trichord"
MAX_MESSAGES = 2000


class Read(BaseModel):
    """Base of these shapes: unknown fields are left unread, as clients differ."""

    model_config = ConfigDict(extra="ignore")


class Part(Read):
    """A piece of a message: text, or a file inside the request. Which field counts, `type` says."""

    type: str
    text: str | None = None
    image_url: dict[str, Any] | str | None = None
    input_audio: dict[str, Any] | None = None
    file: dict[str, Any] | None = None


class Message(Read):
    """A message. Those of the user are taken; those of the assistant tell which conversation it is."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    def pieces(self) -> list[Part]:
        """Return the content as pieces."""
        if isinstance(self.content, str):
            return [Part(type="text", text=self.content)]
        return self.content or []


class StreamOptions(Read):
    """How to stream."""

    include_usage: bool = False


class ResponseFormat(Read):
    """What the answer should look like; only text can be had."""

    type: str = "text"


class CompletionBody(Read):
    """A chat completion: the whole history, the user's newest message last."""

    model: str
    messages: list[Message] = Field(min_length=1, max_length=MAX_MESSAGES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    response_format: ResponseFormat | None = None
    tool_choice: str | dict[str, Any] | None = None
    user: str | None = Field(default=None, max_length=512)
    metadata: dict[str, str] | None = Field(default=None, description="`session_id` names a conversation")

    def check(self) -> None:
        """Refuse what cannot be had; MessageError with one sentence."""
        if self.n not in {None, 1}:
            raise MessageError(
                f"The parameter n is {self.n}; there is one answer to a message, so leave it out or give 1."
            )
        if self.response_format is not None and self.response_format.type != "text":
            raise MessageError(
                f"The response format {self.response_format.type[:40]!r} is not written here; leave it out and read "
                "the field `trichord` of the answer, which is structured."
            )
        if isinstance(self.tool_choice, dict) or self.tool_choice == "required":
            raise MessageError("Trichord calls no tools of its clients; leave tool_choice out.")
        if self.messages[-1].role != "user":
            raise MessageError(f"The last message is of the role {self.messages[-1].role!r}; end with one of the user.")

    @property
    def session_id(self) -> str | None:
        """Return the conversation that the client names."""
        return (self.metadata or {}).get("session_id") or None
