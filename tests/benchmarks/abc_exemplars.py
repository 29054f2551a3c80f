"""Write the songs that tunes in ABC are written after, out of scores that may be given away (OpenScore Lieder, CC0).

    python tests/benchmarks/abc_exemplars.py --scores DIR --output agent/generation/abc_tunes/exemplars.json [--each 12]

Taken are the first eight bars of passages that a small model can write like: no note below an eighth or over a bar
line, nearly all of it within the key, a range of at most 17 semitones, few rests. Of each metre and mode so many, one
of each composer's opus, the composers in turn.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from agent.generation.abc_tunes.exemplars import BARS
from agent.generation.melodies.passages import REST, Event, Passage, read_passages

SCALES = {False: {0, 2, 4, 5, 7, 9, 11}, True: {0, 2, 3, 5, 7, 8, 10, 11}}


def taken(passage: Passage) -> list[Event] | None:
    """Return the events of the first bars where they are fit to be written like, else None."""
    if passage.bars < BARS or any(len(first.tones) < 3 for first, _ in passage.chords[:BARS]):
        return None
    events: list[Event] = []
    filled = 0
    for event in passage.events:
        if filled == BARS * passage.bar:
            break
        events.append(event)
        if event.length % 2 or filled % passage.bar + event.length > passage.bar:
            return None
        filled += event.length
    sung = [event.pitch for event in events if event.pitch != REST]
    rests = sum(event.length for event in events if event.pitch == REST)
    inside = sum(pitch % 12 in SCALES[passage.minor] for pitch in sung)
    plain = len(sung) >= 2 * BARS and inside >= 0.95 * len(sung) and max(sung) - min(sung) <= 17
    return events if plain and rests <= 0.2 * filled else None


def named(path: Path) -> tuple[str, str]:
    """Return (title, composer) as the folders of the corpus name them."""
    title = re.sub(r"^[\d_]+", "", path.parent.name).replace("_", " ").strip()
    surname, _, given = path.parents[2].name.partition(",_")
    return title, f"{given} {surname}".replace("_", " ").strip()


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--each", type=int, default=12)
    told = parser.parse_args()
    kinds: dict[tuple[int, bool], dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for path, passages in read_passages(told.scores):
        title, composer = named(path)
        for passage in passages:
            events = taken(passage)
            rows = kinds[passage.beats, passage.minor][composer]
            if events is None or any(row["work"] == passage.work for row in rows):
                continue
            sung = sum(event.pitch != REST for event in events)
            rows.append(
                {
                    "title": title,
                    "composer": composer,
                    "work": passage.work,
                    "beats": passage.beats,
                    "minor": passage.minor,
                    "pace": round(sung / (BARS * passage.beats), 3),
                    "chords": [[first.root, sorted(first.tones)] for first, _ in passage.chords[:BARS]],
                    "events": [[event.length, event.pitch] for event in events],
                }
            )
    songs = []
    for kind in sorted(kinds):
        turn = [row[n] for n in range(50) for row in kinds[kind].values() if n < len(row)]
        songs += [{name: value for name, value in row.items() if name != "work"} for row in turn[: told.each]]
        print(kind, len(turn), "found")
    source = "OpenScore Lieder Corpus (github.com/OpenScore/Lieder), CC0 1.0: the first eight bars of each"
    lines = ",\n".join(json.dumps(song, ensure_ascii=False, separators=(",", ":")) for song in songs)
    told.output.write_text(f'{{"source": {json.dumps(source)}, "songs": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
