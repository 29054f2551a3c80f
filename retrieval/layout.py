"""Laying a catalogue out as columns, batch by batch."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from catalog.names import fold
from catalog.store.columns import TrackBatch
from retrieval.concepts import Evidence, FloatArray, is_human, settle
from retrieval.constraints import KEYS
from retrieval.editions import strip_edition
from retrieval.postings import Collector, Names, Postings
from retrieval.strings import Strings
from retrieval.vocabulary import Vocabulary

MEASURED = ("tempo", "energy", "loudness", "brightness", "onset_rate")


@dataclass(frozen=True, eq=False)
class Columns:
    """A catalogue by rows: `numbers[name]` is NaN where unknown, `concepts` is ``(n, m)`` in [0, 1].

    Names are folded, and "" where there is none; `plain_titles` are without their editions, `written_artists` and
    `written_albums` say how each different name is written. `words` are all words of names and written tags, `tags` the
    written tags, `languages` those of the words as files tell them, each with their rows; `licences`,
    `licence_classes` and `provenances` stand as they are.
    """

    ids: Names
    titles: Names
    plain_titles: Names
    artists: Names
    albums: Names
    licences: Names
    licence_classes: Names
    provenances: Names
    written_artists: Strings
    written_albums: Strings
    words: Postings
    tags: Postings
    languages: Postings
    numbers: dict[str, FloatArray]
    pitch_class: NDArray[np.int8]
    mode_minor: NDArray[np.int8]
    concepts: FloatArray


class Layout:
    """Columns that grow by batches."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._evidence = Evidence(vocabulary)
        self._n = 0
        self._names = {name: Collector() for name in _NAME_COLUMNS}
        self._words, self._tags, self._spoken = Collector(), Collector(), Collector()
        self._languages = Collector()
        self._written: tuple[dict[str, str], dict[str, str]] = {}, {}
        self._numbers = {name: array("f") for name in (*MEASURED, "duration", "year")}
        self._pitch, self._minor = array("b"), array("b")
        self._scores: list[FloatArray] = []
        # Artists, albums and tags repeat; titles mostly do not.
        self._fold = lru_cache(maxsize=100_000)(fold)
        self._concepts_of = lru_cache(maxsize=100_000)(self._read_concepts)

    def add(self, batch: TrackBatch) -> None:
        """Append the tracks of a batch."""
        titles = [fold(t) for t in batch.titles]
        plain = map(strip_edition, batch.titles)
        names = {
            "ids": batch.ids,
            "titles": titles,
            "plain_titles": [f if p is t else fold(p) for f, p, t in zip(titles, plain, batch.titles, strict=True)],
            "artists": [self._seen(a, 0) for a in batch.artists],
            "albums": [self._seen(a, 1) for a in batch.albums],
            "licences": [licence or "" for licence in batch.licences],
            "licence_classes": batch.licence_classes,
            "provenances": batch.provenances,
        }
        for name, column in names.items():
            self._names[name].add_names(column)
        self._add_words(batch, zip(names["titles"], names["artists"], names["albums"], strict=True))
        self._add_numbers(batch)
        self._scores.append(self._evidence.score(self._evidence.measure(batch)))
        self._n += len(batch.ids)

    def columns(self) -> Columns:
        """Return the columns."""
        vocabulary = self._evidence.vocabulary
        names = {name: collector.names() for name, collector in self._names.items()}
        tags = self._tags.postings()
        # Concepts are read one at a time: each lies in one piece.
        concepts = np.empty((len(vocabulary.concepts), self._n), np.float32).T
        np.concatenate([np.empty((0, concepts.shape[1]), np.float32), *self._scores], out=concepts)
        self._scores.clear()
        settle(concepts, vocabulary, tags, self._spoken.postings())
        return Columns(
            **names,
            written_artists=_written(names["artists"], self._written[0]),
            written_albums=_written(names["albums"], self._written[1]),
            words=self._words.postings(),
            tags=tags,
            languages=self._languages.postings(),
            numbers={name: np.array(column, np.float32) for name, column in self._numbers.items()},
            pitch_class=np.array(self._pitch, np.int8),
            mode_minor=np.array(self._minor, np.int8),
            concepts=concepts,
        )

    def _seen(self, name: str | None, kind: int) -> str:
        folded = self._fold(name or "")
        if name is not None:
            self._written[kind].setdefault(folded, name)
        return folded

    def _read_concepts(self, tag: str) -> frozenset[str]:
        """Return the concepts that a written tag speaks of: "soft female vocal" is of a voice, "no singer" of none."""
        mentions = self._evidence.vocabulary.mentions(tag)
        spoken = {m.concept.id for m in mentions if not m.negated}
        if spoken & {"female vocal", "male vocal"}:
            spoken.add("vocal")
        if any(m.concept.id == "vocal" and m.negated for m in mentions):
            spoken.add("instrumental")
        return frozenset(spoken)

    def _add_words(self, batch: TrackBatch, names: Iterable[tuple[str, str, str]]) -> None:
        tags: list[set[str]] = [set() for _ in batch.ids]
        for place, source, label, _ in batch.tags:
            if is_human(source):
                tags[place].add(self._fold(label))
        for place, (texts, written) in enumerate(zip(names, tags, strict=True)):
            row = self._n + place
            self._tags.add_words(row, written)
            self._spoken.add_words(row, set().union(*map(self._concepts_of, written)))
            self._words.add_words(row, set(" ".join((*texts, *written)).split()))

    def _add_numbers(self, batch: TrackBatch) -> None:
        columns = {name: array("f", [math.nan]) * len(batch.ids) for name in MEASURED}
        keys = [(-1, -1)] * len(batch.ids)
        for place, name, value, text, _ in batch.features:
            if name in columns and value is not None:
                columns[name][place] = value
            elif name == "key" and text:
                keys[place] = _key_of(text)
            elif name == "language" and text:
                self._languages.add_words(self._n + place, dict.fromkeys(text.split()))
        for name, column in columns.items():
            self._numbers[name].extend(column)
        self._numbers["duration"].extend(batch.durations)
        self._numbers["year"].extend(math.nan if y is None else y for y in batch.years)
        self._pitch.extend(pitch for pitch, _ in keys)
        self._minor.extend(minor for _, minor in keys)


_NAME_COLUMNS = (
    "ids",
    "titles",
    "plain_titles",
    "artists",
    "albums",
    "licences",
    "licence_classes",
    "provenances",
)


def _written(names: Names, written: dict[str, str]) -> Strings:
    return Strings.of(written.get(folded, "") for folded in names.values)


def _key_of(text: str) -> tuple[int, int]:
    """Return (pitch class, 1 minor | 0 major), both -1 where the key is not known."""
    tonic, _, mode = text.partition(" ")
    return (KEYS.index(tonic), int(mode == "minor")) if tonic in KEYS else (-1, -1)
