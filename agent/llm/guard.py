"""The guard before a language model: caps, retries, and a rest after failures in a row.

Whatever the model does, a turn has its answer in bounded time: the guard raises a `ModelError` of one sentence, and the
rules answer. What is worth asking again (no connection, too slow, 408, 429, 5xx) is asked again with growing pauses;
what is wrong with the question or the answer is not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from circuitbreaker import CircuitBreaker
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.runnables import Runnable
from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_before_delay, wait_exponential_jitter

from agent.errors import ModelError, ModelUnaskedError
from agent.llm.ledger import Ledger
from agent.llm.wire import deadline

Model = Runnable[LanguageModelInput, AIMessage]
Read = TypeVar("Read")
# More signs of the world's scripts fall on a token than LangChain's four; too many counted tokens do no harm.
_SIGNS_PER_TOKEN = 3.0
# Seconds of the first pause and of the longest one.
_PAUSE_S, _LONGEST_PAUSE_S = 0.3, 4.0
# By name: the built-in ones, and those of httpx and of httpx2, which have no class in common.
_PASSING = frozenset({"TimeoutError", "ConnectionError", "TransportError"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one turn may ask of a model.

    `seconds`, `calls` (the first and its repetitions) and `tokens` (in and out, of all calls) are of one turn,
    `reply_tokens` of one reply. After `failures` turns in a row that came to nothing the model rests for `rest_s`.
    """

    seconds: float = 20.0
    calls: int = 3
    tokens: int = 8_000
    reply_tokens: int = 512
    failures: int = 3
    rest_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Health:
    """How a model does: `ready`, `resting` after failures, or `capped` until the day (UTC) is over; and in words."""

    state: Literal["ready", "resting", "capped"]
    detail: str


class Guard:
    """Asks a model within limits; safe to share between conversations.

    Args:
        limits: of a turn, and of failures.
        ledger: what the model cost, and where its rest is noted for others to see.
        sleep: waits between two calls.
    """

    def __init__(
        self, limits: Limits | None = None, ledger: Ledger | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._limits = limits or Limits()
        self._ledger = ledger or Ledger()
        self._sleep = sleep
        self._breaker = CircuitBreaker(self._limits.failures, self._limits.rest_s, _counts)

    def ask(self, model: Model, messages: Sequence[BaseMessage], read: Callable[[AIMessage], Read]) -> Read:
        """Ask the model and return its reply as `read` understands it.

        Raises:
            ModelUnaskedError: it was not asked: it rests, or a cap is reached.
            ModelError: it failed, or `read` raised that.
        """
        if self._breaker.opened:
            raise ModelUnaskedError(
                f"the model rests for another {max(1, self._breaker.open_remaining)} s after "
                f"{self._limits.failures} failures in a row, the last: {self._breaker.last_failure}"
            )
        size = count_tokens_approximately(messages, chars_per_token=_SIGNS_PER_TOKEN) + self._limits.reply_tokens
        calls = min(self._limits.calls, self._limits.tokens // size)
        if not calls:
            raise ModelUnaskedError(
                f"the prompt and its reply need {size} tokens, over {self._limits.tokens} (llm_tokens_per_turn)"
            )
        try:
            with self._breaker:
                found = read(self._answer(model, messages, size, calls))
        except ModelUnaskedError:
            raise
        except ModelError as error:
            if self._breaker.opened:
                self._ledger.rest(self._limits.rest_s, str(error))
            raise
        self._ledger.wake()
        return found

    def health(self) -> Health:
        """Return how the model does, as far as this data directory knows."""
        account = self._ledger.account
        cost = f"{account.cost:.4g} of {self._ledger.cap:g} spent today" if self._ledger.cap else ""
        if (resting := self._ledger.resting) is not None:
            when = time.strftime("%H:%M:%S", time.gmtime(resting.rests_until))
            return Health("resting", f"rests until {when} UTC, rules answer; the last failure: {resting.why}")
        if self._ledger.capped:
            return Health("capped", f"{cost}; rules answer until the day (UTC) is over")
        return Health("ready", "; ".join(filter(None, ("asked when the rules are unsure", cost))))

    def _answer(self, model: Model, messages: Sequence[BaseMessage], size: int, calls: int) -> AIMessage:
        ends = time.monotonic() + self._limits.seconds
        retrying = Retrying(
            stop=stop_after_attempt(calls) | stop_before_delay(self._limits.seconds),
            wait=wait_exponential_jitter(multiplier=_PAUSE_S, max=_LONGEST_PAUSE_S, jitter=_PAUSE_S),
            retry=retry_if_exception(_passing),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            with deadline(ends):
                return retrying(self._once, model, list(messages), size)
        except Exception as error:  # providers raise types of their own; whatever it is, the rules take over
            raise _as_model_error(error) from error

    def _once(self, model: Model, messages: list[BaseMessage], size: int) -> AIMessage:
        # A call without an answer may have been paid for all the same: what was reserved for it stands.
        self._ledger.reserve(size)
        answer = model.invoke(messages)
        usage = answer.usage_metadata
        # LangChain's cache adds a usage without tokens to a reply that had none.
        if usage is not None and "total_tokens" in usage:
            self._ledger.settle(size, usage["total_tokens"])
        return answer


def _counts(kind: type[BaseException], _: BaseException) -> bool:
    """Tell whether an error says something against the model: a cap of ours does not."""
    return issubclass(kind, ModelError) and not issubclass(kind, ModelUnaskedError)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _passing(error: BaseException) -> bool:
    """Tell whether asking again may help."""
    chain = list(_chain(error))
    if any(isinstance(one, ModelError) for one in chain):
        return False
    # Every provider's errors bear the status of HTTP under this name; none shares a class with another's.
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status > 0:
        return status in {408, 429} or status >= 500
    return any(kind.__name__ in _PASSING for one in chain for kind in type(one).__mro__)


def _as_model_error(error: BaseException) -> ModelError:
    """Return the error in one sentence: our own where one is behind it, else the provider's type and words."""
    own = next((one for one in _chain(error) if isinstance(one, ModelError)), None)
    return own or ModelError(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
