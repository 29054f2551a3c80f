"""The embedded language model: llama.cpp in this process (xllamacpp), as a LangChain chat model."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

from agent.errors import ModelError, ModelUnaskedError

CONTEXT_TOKENS = 2048
_ROLES = {"system": "system", "human": "user", "ai": "assistant"}


class EmbeddedChatModel(BaseChatModel):
    """A GGUF model on the CPU, loaded at first use or by `load`.

    One request at a time, on a thread of its own: on few cores two would both be slow, and the prompt's fixed beginning
    stays cached. A request that has no answer after `timeout_s`, waiting included, fails and the rules take over; the
    model's own work is bounded by `max_tokens`, so the next request finds it free again. `bind` may give a request
    another `max_tokens` or `timeout_s`, signs to `stop` at, or another `response_schema` (None: free words), and may
    ask the weights with their `adapter`, without which they are what they were. While `warm` runs no request waits
    for it: it fails at once as not asked.
    """

    model_path: Path
    threads: int = 0
    max_tokens: int = 96
    timeout_s: float = 20.0
    response_schema: dict[str, Any] | None = None
    adapter_path: Path | None = None
    _server: Any = PrivateAttr(default=None)
    _warming: bool = PrivateAttr(default=False)
    _worker: ThreadPoolExecutor = PrivateAttr(default_factory=lambda: ThreadPoolExecutor(1, "embedded-model"))

    @property
    def _llm_type(self) -> str:
        return "trichord-embedded"

    def load(self) -> None:
        """Load the weights. It stops every thread of this process for seconds: llama.cpp keeps the interpreter's lock.

        Raises:
            ModelError: there are none at `model_path`.
        """
        self._worker.submit(self._loaded).result()

    def warm(self, prompt: list[BaseMessage]) -> float:
        """Run the prompt once, so that its beginning is cached; return the seconds it took."""
        start = time.monotonic()
        self._warming = True
        try:
            self._worker.submit(self._complete, prompt, 1, self.response_schema).result()
        finally:
            self._warming = False
        return time.monotonic() - start

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self._warming:
            raise ModelUnaskedError("the language model is still warming up")
        schema = kwargs.get("response_schema", self.response_schema)
        tokens, adapted = kwargs.get("max_tokens", self.max_tokens), kwargs.get("adapter", False)
        asked = self._worker.submit(self._complete, messages, tokens, schema, stop, adapted)
        patience_s = kwargs.get("timeout_s", self.timeout_s)
        try:
            text = asked.result(patience_s)
        except TimeoutError as error:
            asked.cancel()
            raise ModelError(f"the embedded model had no answer after {patience_s:g} s") from error
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])

    def _complete(
        self,
        messages: list[BaseMessage],
        max_tokens: int,
        schema: dict[str, Any] | None,
        stop: list[str] | None = None,
        adapted: bool = False,
    ) -> str:
        request: dict[str, Any] = {
            "messages": [{"role": _ROLES[m.type], "content": str(m.content)} for m in messages],
            "max_tokens": max_tokens,
            "temperature": 0.0,
            "seed": 0,
            "cache_prompt": True,
            "stream": False,
        }
        if stop:
            request["stop"] = stop
        if self.adapter_path is not None:
            request["lora"] = [{"id": 0, "scale": 1.0 if adapted else 0.0}]
        if schema is not None:
            request["response_format"] = {"type": "json_schema", "json_schema": {"name": "plan", "schema": schema}}
        answer = _call(self._loaded().handle_chat_completions, request)
        try:
            return str(answer["choices"][0]["message"]["content"])
        except (KeyError, IndexError, TypeError) as error:
            raise ModelError(f"the embedded model answered {str(answer)[:200]}") from error

    def _loaded(self) -> Any:
        if self._server is None:
            if not self.model_path.is_file():
                raise ModelError(f"there is no model at {self.model_path}; run `trichord models pull`")
            import xllamacpp

            parameters = xllamacpp.CommonParams()
            parameters.model.path = str(self.model_path)
            parameters.n_ctx = CONTEXT_TOKENS
            parameters.n_parallel = 1
            parameters.warmup = False
            # It would open the file several times to see what fits into the memory of accelerators.
            parameters.fit_params = False
            parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = self.threads or physical_cores()
            parameters.verbosity = -1
            if self.adapter_path is not None:
                adapter = xllamacpp.CommonAdapterLoraInfo()
                adapter.path, adapter.scale = str(self.adapter_path), 1.0
                parameters.lora_adapters = [adapter]
                parameters.lora_init_without_apply = True
            self._server = xllamacpp.Server(parameters)
        return self._server


def physical_cores() -> int:
    """Return the number of physical cores that this process may use: hyper-threads slow llama.cpp down tenfold."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        blocks = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")
    except OSError:
        return max(1, usable // 2)
    cores = {
        tuple(line.split(":")[1].strip() for line in block.splitlines() if line.startswith(("physical id", "core id")))
        for block in blocks
        if block.strip()
    }
    return max(1, min(usable, len(cores)))


def _call(method: Callable[..., Any], request: dict[str, Any]) -> Any:
    answer = method(request)
    return json.loads(answer) if isinstance(answer, str | bytes) else answer
