"""What a data directory remembers of its language model: what it cost today, and whether it rests after failures."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from agent.errors import ModelUnaskedError

_WAIT_S = 5.0
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """One day (UTC, ISO 8601) of a model: tokens paid for, their cost; and until when (seconds since 1970) it rests."""

    day: str = ""
    tokens: int = 0
    cost: float = 0.0
    rests_until: float = 0.0
    why: str = ""


class Ledger:
    """The account of a model, kept in a file where one is named: a restart does not give the day's money anew.

    Args:
        path: the file; None keeps the account in memory.
        price: of a million tokens, in and out alike; 0: they are free.
        cost_per_day: the most that a day (UTC) may cost; 0: no cap.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        price: float = 0.0,
        cost_per_day: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path, self._clock = path, clock
        self._price, self._cap = price / 1_000_000, cost_per_day
        self._kept = Account()
        self._mutex = threading.Lock()

    @property
    def account(self) -> Account:
        """Return the account of today."""
        return self._today(self._read())

    @property
    def capped(self) -> bool:
        """Tell whether today's money is spent."""
        return bool(self._cap) and self.account.cost >= self._cap

    @property
    def cap(self) -> float:
        """Return the most that a day may cost; 0: no cap."""
        return self._cap

    def reserve(self, tokens: int) -> None:
        """Book tokens before they are asked for: two turns at once do not both spend the last of the money.

        Raises:
            ModelUnaskedError: they would cost more than is left of the day's money.
        """
        if not self._price:
            return
        with self._lock():
            account = self.account
            if self._cap and account.cost + tokens * self._price > self._cap:
                raise ModelUnaskedError(
                    f"the model has cost {account.cost:.4g} today and another {tokens * self._price:.2g} would be over "
                    f"{self._cap:g} (llm_cost_per_day)"
                )
            self._write(self._booked(account, tokens))

    def settle(self, reserved: int, used: int) -> None:
        """Put the tokens that were used in the place of those that were reserved."""
        if self._price and used != reserved:
            with self._lock():
                self._write(self._booked(self.account, used - reserved))

    def rest(self, seconds: float, why: str) -> None:
        """Note that the model is not asked for some time, and why."""
        with self._lock():
            self._write(replace(self.account, rests_until=self._clock() + seconds, why=why[:200]))

    def wake(self) -> None:
        """Note that the model answers again."""
        if self.account.rests_until:
            with self._lock():
                self._write(replace(self.account, rests_until=0.0, why=""))

    @property
    def resting(self) -> Account | None:
        """Return the account while the model rests, of whatever process it was that it failed."""
        account = self.account
        return account if account.rests_until > self._clock() else None

    def _booked(self, account: Account, tokens: int) -> Account:
        total = max(0, account.tokens + tokens)
        return replace(account, tokens=total, cost=max(0.0, account.cost + tokens * self._price))

    def _today(self, account: Account) -> Account:
        day = datetime.fromtimestamp(self._clock(), UTC).date().isoformat()
        return account if account.day == day else replace(account, day=day, tokens=0, cost=0.0)

    def _read(self) -> Account:
        if self._path is None or not self._path.exists():
            return self._kept
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            return Account(
                str(told["day"]), int(told["tokens"]), float(told["cost"]), float(told["rests_until"]), str(told["why"])
            )
        except (OSError, ValueError, LookupError, TypeError) as error:
            _logger.warning("%s cannot be read (%s); today's cost is counted anew.", self._path, error)
            return self._kept

    def _write(self, account: Account) -> None:
        self._kept = account
        if self._path is None:
            return
        beside = self._path.with_suffix(".part")
        try:
            beside.write_text(json.dumps(asdict(account)), encoding="utf-8")
            os.replace(beside, self._path)
        except OSError as error:
            raise ModelUnaskedError(f"the account of the model cannot be written: {error.strerror}") from error

    def _lock(self) -> AbstractContextManager[object]:
        if self._path is None:
            return self._mutex
        return _Held(self._path.with_suffix(".lock"))


class _Held(AbstractContextManager[object]):
    """A file lock that is waited for briefly; ModelUnaskedError where somebody keeps it."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path, timeout=_WAIT_S)

    def __enter__(self) -> object:
        try:
            return self._lock.acquire()
        except (Timeout, OSError) as error:
            raise ModelUnaskedError("the account of the model cannot be locked: it is in use or read-only") from error

    def __exit__(self, *_: object) -> None:
        self._lock.release()
