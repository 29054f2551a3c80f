"""Words to the right capability: requests written by hand, read by rules, and who would take them.

    python tests/benchmarks/routing.py [--half NAME]

A request is right when `needs` of what was read equals the needs that were written beside it (a description in words is
left out: all have one); less strictly, when the capability that decides who can take it is among them. The rules were
tuned on one half of the first sixty; the other is for the report, as the sets written later are at first sight.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

from figures import machine, table

from agent.generation.brief import parse_brief
from agent.generation.capabilities import Capability, needs
from agent.generation.errors import InvalidRequestError
from agent.generation.material import Clip
from agent.generation.values import GenerationRequest

HALVES = ("tune", "report", "later", "last", "tongues", "italian", "after", "third")
REQUESTS = Path(__file__).with_name("routing_requests.toml")


def main() -> None:
    """Print how many are right, and those that are not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--half", choices=HALVES, default="tune")
    half = parser.parse_args().half
    rows = [row for row in tomllib.loads(REQUESTS.read_text(encoding="utf-8"))["request"] if row["half"] == half]
    exact = decided = 0
    for row in rows:
        asked, wanted = read(row), {Capability(name) for name in row["needs"]}
        found = None if asked is None else needs(asked) - {Capability.TEXT}
        decisive = Capability(row["decides"])
        exact += found == wanted
        decided += found is not None and (decisive in found or decisive is Capability.TEXT)
        if found != wanted:
            shown = "refused" if found is None else ", ".join(sorted(found))
            print(f"{row['words'][:70]!r}: {shown or 'nothing'} instead of {', '.join(sorted(wanted)) or 'nothing'}")
    print(machine())
    told = (("all needs as written", exact), ("the deciding one among them", decided))
    shares = [(what, f"{n} of {len(rows)}", wilson(n, len(rows))) for what, n in told]
    print(table(("", half, "95 % (Wilson)"), shares))


def read(row: dict[str, object]) -> GenerationRequest | None:
    """Return what is read out of the words; None where they are refused."""
    files = [Clip(f"/{kind}", kind) for kind in row.get("files", [])]  # type: ignore[attr-defined]
    try:
        return parse_brief(str(row["words"]), files=files)
    except InvalidRequestError as error:
        print(error)
        return None


def wilson(right: int, n: int) -> str:
    """Return the 95 % interval of a share."""
    z, share = 1.96, right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * ((share * (1 - share) + z * z / (4 * n)) / n) ** 0.5 / (1 + z * z / n)
    return f"{100 * max(0.0, middle - reach):.1f} to {100 * min(1.0, middle + reach):.1f} %"


if __name__ == "__main__":
    main()
