"""What stands in quotation marks is a name or a text, never an order: “Delete the Second Track” may be a song.

Orders in quotes are set aside while the rules read a message, and put back into the plan that came of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from agent.values import TurnPlan

_QUOTED = re.compile(r"([\"“„«])([^\"”“»]{2,2000})([\"”“»])")
# A plane for private use: no pattern matches these, no word is made of them, and two are long enough for a name.
_PLACE = 0xF8000
_MOST = 64


def set_aside(message: str, orders: Callable[[str], bool]) -> tuple[str, Mapping[str, str]]:
    """Return a message without the quoted texts that would be orders, and what stands for each of them."""
    kept: dict[str, str] = {}

    def place(quoted: re.Match[str]) -> str:
        if len(kept) == _MOST or not orders(quoted[2]):
            return quoted[0]
        mark = chr(_PLACE + len(kept)) * 2
        kept[mark] = quoted[2]
        return quoted[1] + mark + quoted[3]

    return _QUOTED.sub(place, message), kept


def put_back(plan: TurnPlan, kept: Mapping[str, str]) -> TurnPlan:
    """Return a plan with the texts that were set aside, wherever it holds them."""
    if not kept:
        return plan
    told = plan.model_dump_json()
    for mark, text in kept.items():
        told = told.replace(mark, json.dumps(text, ensure_ascii=False)[1:-1])
    return TurnPlan.model_validate_json(told)


def outside(message: str) -> str:
    """Return a message without anything that stands in quotes."""
    return _QUOTED.sub(" ", message)
