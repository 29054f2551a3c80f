"""A chat model out of a setting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from agent.errors import ModelError


def make_chat_model(
    name: str,
    *,
    gguf: Path | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout_s: float = 20.0,
    schema: Mapping[str, Any] | None = None,
) -> BaseChatModel:
    """Return the chat model of a setting.

    ``embedded``, ``openai:NAME`` (any OpenAI-compatible `base_url`), ``ollama:NAME``, or whatever
    LangChain's `init_chat_model` knows (``anthropic:NAME`` with its package installed).

    Nothing is loaded or called here.

    Raises:
        ModelError: the name cannot be used; the message says what to install or set.
    """
    kind, _, model = name.partition(":")
    if not kind.strip():
        raise ModelError("The model's name is empty; write embedded, openai:NAME, ollama:NAME or PROVIDER:NAME.")
    if kind == "embedded":
        from agent.llm.embedded import EmbeddedChatModel

        if gguf is None:
            raise ModelError("The embedded model is not pulled; run `trichord models pull`.")
        return EmbeddedChatModel(model_path=gguf, timeout_s=timeout_s, response_schema=dict(schema) if schema else None)
    if kind == "openai":
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        form = {"type": "json_schema", "json_schema": {"name": "plan", "schema": schema}} if schema else None
        return ChatOpenAI(
            model=model,
            base_url=base_url,
            # Local servers want no key, but the client insists on one.
            api_key=SecretStr(api_key or "none"),
            timeout=timeout_s,
            max_retries=1,
            temperature=0,
            model_kwargs={"response_format": form} if form else {},
        )
    if kind == "ollama":
        from langchain_ollama import ChatOllama

        return ChatOllama(
            model=model,
            base_url=base_url,
            temperature=0,
            format=dict(schema) if schema else None,
            client_kwargs={"timeout": timeout_s},
        )
    try:
        from langchain.chat_models import init_chat_model

        found: BaseChatModel = init_chat_model(name, timeout=timeout_s, max_retries=1)
    except (ImportError, ValueError) as error:
        raise ModelError(f"The model {name[:80]!r} cannot be used: {str(error).splitlines()[0]}") from error
    return found
