"""Sessions to learn a ranking from: drawn from the catalogue, or recorded from what people liked.

A simulated session draws a track, takes some of what is known of it, and words that as people do (with typos, asides
and hints). Gold is by fields, not by any ranking: what holds all that was said is right, what misses one thing is worth
little. Playlist co-occurrence is not drawn from, so that no feature can see its own answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.names import fold
from catalog.store import Catalogue
from catalog.values import Track, TrackId
from retrieval.concepts import is_human
from retrieval.filters import PRESENT
from retrieval.snapshot import BoolArray, Snapshot

ALL, ALL_BUT_ONE = 3, 1
_ASIDES = (
    "for my nephew", "please", "for a trip to the coast", "that my friends will like", "tonight", "if you have any",
    "for the kitchen", "on a long drive", "for our wedding video", "", "", "", "", "", "",
)  # fmt: skip
_STARTS = ("", "", "", "I want ", "play ", "some ", "looking for ", "give me ", "do you have ")
_THINGS = ("music", "songs", "tracks", "something", "")
Aspect = tuple[str, BoolArray]


@dataclass(frozen=True)
class Session:
    """One question with its gold: `gains` maps track ids to 1 (nearly) or 3 (right); folds keep a `group` whole."""

    text: str
    gains: dict[TrackId, int]
    like: tuple[TrackId, ...]
    group: str


def simulate(snapshot: Snapshot, n: int, rng: np.random.Generator) -> Iterator[Session]:
    """Yield `n` simulated sessions; none where the catalogue has fewer than two tracks."""
    if len(snapshot) < 2:
        return
    made = 0
    for _ in range(20 * n):
        if made == n:
            return
        row = int(rng.integers(len(snapshot)))
        session = _like_session(snapshot, row, rng) if rng.random() < 0.2 else _worded_session(snapshot, row, rng)
        if session is not None:
            made += 1
            yield session


def recorded(catalogue: Catalogue) -> Iterator[Session]:
    """Yield a session for every conversation in which something was liked; its first message is the question."""
    for title, liked in catalogue.conversations.liked():
        gains = dict.fromkeys(liked, ALL)
        if title.strip() and gains:
            yield Session(title, gains, (), f"recorded {fold(title)}")


def _like_session(snapshot: Snapshot, row: int, rng: np.random.Generator) -> Session | None:
    """Ask for what is like one to three tracks of an album; the rest of the album is right."""
    album = snapshot.albums[row]
    rows = snapshot.albums.postings.of(album) if album else np.zeros(0, np.int64)
    if len(rows) < 3:
        return None
    mixed = rng.permutation(rows)
    seeds = mixed[: int(rng.integers(1, 4))]
    rest = mixed[len(seeds) :]
    if not len(rest):
        return None
    ids = [TrackId(snapshot.ids[int(r)]) for r in rest]
    like = tuple(TrackId(snapshot.ids[int(r)]) for r in seeds)
    return Session("", dict.fromkeys(ids, ALL), like, f"album {album}")


def _worded_session(snapshot: Snapshot, row: int, rng: np.random.Generator) -> Session | None:
    aspects = list(_aspects(snapshot, row, rng))
    if not aspects:
        return None
    drawn = [aspects[i] for i in rng.permutation(len(aspects))[: int(rng.integers(1, 4))]]
    held = np.sum([mask for _, mask in drawn], axis=0)
    gains = {TrackId(snapshot.ids[int(r)]): ALL for r in np.flatnonzero(held == len(drawn))}
    if len(drawn) > 1:
        gains |= {TrackId(snapshot.ids[int(r)]): ALL_BUT_ONE for r in np.flatnonzero(held == len(drawn) - 1)}
    if not 1 <= sum(g == ALL for g in gains.values()) <= max(2, len(snapshot) // 3):
        return None
    words = " ".join(words for words, _ in drawn)
    pieces = (str(rng.choice(_STARTS)) + words, str(rng.choice(_THINGS)), str(rng.choice(_ASIDES)))
    group = snapshot.albums[row] or snapshot.artists[row] or snapshot.ids[row]
    return Session(" ".join(" ".join(pieces).split()), gains, (), f"album {group}")


def _aspects(snapshot: Snapshot, row: int, rng: np.random.Generator) -> Iterator[Aspect]:
    """Yield what could be said of a track: the words, and which rows hold it."""
    track = snapshot.tracks[row]
    tags = [t.label for t in track.tags if is_human(t.source)]
    if tags:
        tag = str(rng.choice(tags))
        yield tag.casefold(), _mask(snapshot, snapshot.tags.of(fold(tag)))
    heard = [c for c in snapshot.vocabulary.concepts if snapshot.column(c.id)[row] >= 0.7]
    if heard:
        concept = heard[int(rng.integers(len(heard)))]
        said = str(rng.choice([*concept.words, *concept.hints]))
        yield said, snapshot.column(concept.id) >= PRESENT
    yield from _named(snapshot, track, row, rng)
    if track.year is not None:
        start = track.year // 10 * 10
        years = snapshot.numbers["year"]
        yield f"from the {start}s", (years >= start) & (years < start + 10)
    if track.tempo_bpm:
        bpm = round(track.tempo_bpm / 5) * 5
        yield f"around {bpm} bpm", np.abs(snapshot.numbers["tempo"] - bpm) <= 0.1 * bpm


def _named(snapshot: Snapshot, track: Track, row: int, rng: np.random.Generator) -> Iterator[Aspect]:
    words = [w for w in snapshot.titles[row].split() if len(w) > 3]
    if words and rng.random() < 0.3:
        kept = words[: int(rng.integers(1, 4))]
        said = [_typo(w, rng) if rng.random() < 0.25 else w for w in kept]
        rows = [snapshot.rows_of_word(w) for w in kept]
        held = set(rows[0].tolist()).intersection(*(r.tolist() for r in rows[1:]))
        yield " ".join(said), _mask(snapshot, sorted(held))
    if track.artist and rng.random() < 0.3:
        own = snapshot.artist_code == snapshot.artist_code[row]
        yield str(rng.choice([f"by {track.artist}", f"some {track.artist}", track.artist])), own
    if track.album and rng.random() < 0.2:
        yield track.album, snapshot.album_code == snapshot.album_code[row]


def _typo(word: str, rng: np.random.Generator) -> str:
    place = int(rng.integers(1, len(word) - 1))
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _mask(snapshot: Snapshot, rows: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int32]]) -> BoolArray:
    mask = np.zeros(len(snapshot), np.bool_)
    mask[np.asarray(rows, np.int64)] = True
    return mask
