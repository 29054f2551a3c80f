"""A chat model out of a setting, and the model that a planner asks: one that answers in the planner's schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from langchain_core.caches import BaseCache
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from agent.errors import ModelError
from agent.llm.guard import Model

# How a model is held to the schema: by a call of a tool, by a grammar of its server, or by what it was trained for.
Form = Literal["auto", "tools", "schema"]
TOOL = "plan"
_TOLD = "Tell what one message to a music finder asks for."


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model is and how it is reached.

    `name` is the setting: ``embedded``, ``openai:NAME`` (any OpenAI-compatible `base_url`), ``ollama:NAME``, or
    whatever LangChain's `init_chat_model` knows (``anthropic:NAME`` with its package installed). `timeout_s` is for one
    call, `reply_tokens` the most of a reply. `cache` holds replies that need not be asked for (`agent.llm.cassette`).
    """

    name: str
    gguf: Path | None = None
    base_url: str | None = None
    api_key: str | None = None
    timeout_s: float = 20.0
    reply_tokens: int = 512
    cache: BaseCache | None = None


def planning_model(source: Source, schema: Mapping[str, Any], form: Form = "auto") -> Model:
    """Return a model that answers in a JSON schema.

    ``tools``: by calling one tool with the schema as its arguments (`with_structured_output` of LangChain, which knows
    each provider's way); ``schema``: by text that its server holds to the schema, where it can. ``auto`` takes tools
    where LangChain's profile of the model says that it calls them, and for providers that have no schema of their own.

    Nothing is loaded or called here.

    Raises:
        ModelError: the name cannot be used, or the model calls no tools; the message says what to install or set.
    """
    kind = source.name.partition(":")[0]
    if form == "schema" or kind == "embedded":
        if form == "tools":
            raise ModelError("The embedded model calls no tools; set llm_form to auto or schema.")
        return make_chat_model(source, schema)
    model = make_chat_model(source)
    known = kind in {"openai", "ollama"}
    if form == "tools" or not known or (model.profile or {}).get("tool_calling"):
        try:
            return _calling(model, schema, known)
        except NotImplementedError as error:
            if form == "tools":
                raise ModelError(f"{source.name[:80]} calls no tools; set llm_form to auto or schema.") from error
    return make_chat_model(source, schema)


def make_chat_model(source: Source, schema: Mapping[str, Any] | None = None) -> BaseChatModel:
    """Return the chat model of a source, held to a schema where its server can do that.

    Raises:
        ModelError: the name cannot be used; the message says what to install or set.
    """
    kind, _, model = source.name.partition(":")
    if not kind.strip():
        raise ModelError("The model's name is empty; write embedded, openai:NAME, ollama:NAME or PROVIDER:NAME.")
    if kind == "embedded":
        return _embedded(source, schema)
    if kind == "openai":
        return _openai(source, model, schema)
    if kind == "ollama":
        return _ollama(source, model, schema)
    try:
        from langchain.chat_models import init_chat_model

        found: BaseChatModel = init_chat_model(
            source.name, timeout=source.timeout_s, max_retries=0, max_tokens=source.reply_tokens, cache=source.cache
        )
    except (ImportError, ValueError) as error:
        raise ModelError(f"The model {source.name[:80]!r} cannot be used: {str(error).splitlines()[0]}") from error
    return found


def _embedded(source: Source, schema: Mapping[str, Any] | None) -> BaseChatModel:
    from agent.llm.embedded import EmbeddedChatModel

    if source.gguf is None:
        raise ModelError("The embedded model is not pulled; run `trichord models pull`.")
    return EmbeddedChatModel(
        model_path=source.gguf,
        timeout_s=source.timeout_s,
        response_schema=dict(schema) if schema else None,
        cache=source.cache,
    )


def _openai(source: Source, model: str, schema: Mapping[str, Any] | None) -> BaseChatModel:
    from langchain_openai import ChatOpenAI
    from openai import DefaultHttpxClient
    from pydantic import SecretStr

    from agent.llm.wire import HEADERS, event_hooks

    form = {"type": "json_schema", "json_schema": {"name": TOOL, "schema": schema}} if schema else None
    return ChatOpenAI(
        model=model,
        base_url=source.base_url,
        # Local servers want no key, but the client insists on one.
        api_key=SecretStr(source.api_key or "none"),
        timeout=source.timeout_s,
        # The guard asks again, within the limits of a turn.
        max_retries=0,
        temperature=0,
        max_completion_tokens=source.reply_tokens,
        http_client=DefaultHttpxClient(event_hooks=event_hooks(), headers=HEADERS),
        default_headers=HEADERS,
        cache=source.cache,
        model_kwargs={"response_format": form} if form else {},
    )


def _ollama(source: Source, model: str, schema: Mapping[str, Any] | None) -> BaseChatModel:
    from langchain_ollama import ChatOllama

    from agent.llm.wire import HEADERS, event_hooks

    return ChatOllama(
        model=model,
        base_url=source.base_url,
        temperature=0,
        num_predict=source.reply_tokens,
        format=dict(schema) if schema else None,
        cache=source.cache,
        client_kwargs={"timeout": source.timeout_s, "headers": HEADERS},
        sync_client_kwargs={"event_hooks": event_hooks()},
    )


def _calling(model: BaseChatModel, schema: Mapping[str, Any], known: bool) -> Model:
    tool = {"title": TOOL, "description": _TOLD, **schema}
    # Of the raw message: the planner checks the arguments by itself, whoever made them.
    how = {"method": "function_calling"} if known else {}
    bound = model.with_structured_output(tool, include_raw=True, **how)
    return bound | RunnableLambda(_raw)


def _raw(answer: Any) -> AIMessage:
    message: AIMessage = answer["raw"]
    return message
