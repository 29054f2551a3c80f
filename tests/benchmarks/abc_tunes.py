"""How often a language model writes a tune in ABC that can be read, and in which round.

    python tests/benchmarks/abc_tunes.py [--n 12] [--data-dir DIR]

Wishes of many moods, metres and keys, and pictures in words. It asks the model that is set (TRICHORD_LLM; the embedded
one unless told), as `trichord generate --backend abc` does, and prints what each round had against it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from figures import machine, table

from agent.generation.abc_tunes import writing
from agent.generation.abc_tunes.arranging import arranged_for, frame_of
from agent.generation.abc_tunes.reading import TuneError, read_tune
from agent.generation.brief import parse_brief
from agent.generation.values import GenerationError
from ui.compose import App
from ui.settings import load_settings

WISHES = (
    ("a calm piano tune in A minor", ""),
    ("a happy folk dance in G major", ""),
    ("a slow waltz in D minor", ""),
    ("an epic march in E minor", ""),
    ("a lullaby", ""),
    ("sad strings in C minor", ""),
    ("a cheerful waltz in F major", ""),
    ("music for rain", "a grey harbour in the rain, empty boats, no people"),
    ("a tune for a birthday", "children around a cake with candles, warm light"),
    ("a jazz ballad in Eb major", ""),
    ("mysterious ambient music in D minor", "a foggy forest at night, one lantern"),
    ("a bright chiptune in C major", ""),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=12)
    parser.add_argument("--data-dir", type=Path)
    told = parser.parse_args()
    parts = App(load_settings(told.data_dir))
    writer = parts.tunes
    assert writer is not None, "no language model is set up"
    rounds: list[int] = []
    took = []

    def read(reply: str, beats: int, key: object) -> object:
        try:
            return read_tune(reply, beats, key)  # type: ignore[arg-type]  # passed on as it came
        except TuneError as error:
            print("   ", error, flush=True)
            raise

    writing.read_tune = read  # type: ignore[assignment]  # only looks on
    for n in range(told.n):
        text, scene = WISHES[n % len(WISHES)]
        request = replace(parse_brief(text), seed=n // len(WISHES), scene=scene)
        begun = time.monotonic()
        try:
            found = writer.write(request, frame_of(arranged_for(request)[0]))
            rounds.append(found.rounds)
            print(f"{text}: round {found.rounds}\n    {found.tune.why}\n{found.tune.abc}", flush=True)
        except GenerationError as error:
            rounds.append(0)
            print(f"{text}: {error}", flush=True)
        took.append(time.monotonic() - begun)
    parts.close()
    rows = [(f"by round {n}", sum(0 < each <= n for each in rounds), len(rounds)) for n in (1, 2, 3)]
    print(machine(), writer.name, f"{sum(took) / len(took):.0f} s a tune\n")
    print(table(["readable", "tunes", "of"], rows))


if __name__ == "__main__":
    main()
