"""People's own dialogues about a playlist, with what they liked: CPCD (A. Chaganty et al., SIGIR 2023).

Two people made a list together: one asked, the other searched and showed tracks, and the first told which ones to keep.
A file holds a dialogue a line: `turns` (`user_query`, `liked_results`, `disliked_results`), `goal_playlist` (the list
that they ended with) and `tracks`, the words of every track that came up. Together these are the closed catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.errors import SimulationError
from catalog.values import Described, TrackId, TrackMetadata

# The data tell no lengths; a catalogue needs one.
LENGTH_S = 200.0


@dataclass(frozen=True, slots=True)
class CuratedTurn:
    """What was said, and which tracks were then liked for the first time, and disliked."""

    message: str
    liked: tuple[TrackId, ...]
    disliked: tuple[TrackId, ...] = ()


@dataclass(frozen=True, slots=True)
class CuratedDialogue:
    """The turns in which something was said, and the playlist that they led to."""

    id: str
    turns: tuple[CuratedTurn, ...]
    goal: tuple[TrackId, ...]


def read_curation(folder: Path) -> tuple[list[Described], list[CuratedDialogue]]:
    """Read every ``.jsonl`` file of a folder: the tracks of all dialogues as one catalogue, and the dialogues in order.

    Raises:
        SimulationError: no such folder, no dialogue in it, or a line that is none.
    """
    files = sorted(folder.glob("*.jsonl")) if folder.is_dir() else []
    if not files:
        raise SimulationError(f"{str(folder)!r} holds no .jsonl file; give the folder of the CPCD dialogues.")
    tracks: dict[TrackId, Described] = {}
    dialogues: list[CuratedDialogue] = []
    for path, number, line in _lines(files):
        try:
            told = json.loads(line)
            tracks |= {TrackId(i): _described(i, words) for i, words in told["tracks"].items()}
            dialogues.append(_dialogue(told))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SimulationError(f"Line {number} of {path.name} is no dialogue of CPCD ({error!r}).") from error
    if not dialogues:
        raise SimulationError(f"{str(folder)!r} holds no dialogue.")
    return list(tracks.values()), dialogues


def part_of(dialogues: Sequence[CuratedDialogue], part: str) -> list[CuratedDialogue]:
    """Return every other dialogue: the `tune` half may be read while the agent is made, the `report` half is counted.

    Raises:
        SimulationError: the part is neither of these nor `all`.
    """
    known = {"tune": slice(0, None, 2), "report": slice(1, None, 2), "all": slice(None)}
    if part not in known:
        raise SimulationError(f"The part is {part[:40]!r}; choose tune, report or all.")
    return list(dialogues[known[part]])


def _lines(files: Sequence[Path]) -> Iterator[tuple[Path, int, str]]:
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SimulationError(f"{path.name} cannot be read as text in UTF-8 ({error}).") from error
        yield from ((path, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _described(track_id: str, words: Mapping[str, Any]) -> Described:
    artist = ", ".join(words["track_artists"]) or None
    return Described(
        TrackId(track_id), TrackMetadata(words["track_titles"], artist, words["track_release_titles"]), LENGTH_S
    )


def _dialogue(told: Mapping[str, Any]) -> CuratedDialogue:
    turns: list[CuratedTurn] = []
    before: set[str] = set()
    for turn in told["turns"]:
        new = [i for i in dict.fromkeys(turn["liked_results"]) if i not in before]
        before.update(new)
        liked, disliked = (tuple(map(TrackId, ids)) for ids in (new, turn["disliked_results"]))
        turns.append(CuratedTurn(turn["user_query"].strip(), liked, disliked))
    return CuratedDialogue(told["id"], tuple(turns), tuple(map(TrackId, told["goal_playlist"])))
