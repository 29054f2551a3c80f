"""The baseline of melodies: Markov chains of order 2 over pitches and over lengths, smoothed by Witten and Bell."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from agent.generation.melodies.features import LENGTHS, TOKENS
from agent.generation.melodies.passages import REST, Event, Passage

START = -1


class Chain:
    """Counts what follows two symbols; an order backs off to the next lower one, the lowest to equal shares."""

    def __init__(self, symbols: int) -> None:
        self._symbols = symbols
        self._followed: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)

    def learn(self, sequence: Sequence[int]) -> None:
        padded = [START, START, *sequence]
        for n in range(2, len(padded)):
            for order in (0, 1, 2):
                self._followed[tuple(padded[n - order : n])][padded[n]] += 1

    def shares(self, before: tuple[int, int]) -> np.ndarray:
        """Return the probability of each symbol."""
        shares = np.full(self._symbols, 1 / self._symbols)
        for order in (0, 1, 2):
            followed = self._followed.get(before[2 - order :])
            if not followed:
                break
            seen, kinds = sum(followed.values()), len(followed)
            counts = np.zeros(self._symbols)
            counts[list(followed)] = list(followed.values())
            shares = (counts + kinds * shares) / (seen + kinds)
        return shares


class MarkovMelody:
    """Knows neither chords nor bars; what it has seen in the two events before is all."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._lengths, self._pitches = Chain(LENGTHS), Chain(TOKENS)
        for passage in passages:
            self._lengths.learn([event.length for event in passage.events])
            self._pitches.learn([event.pitch for event in passage.events])

    def perplexity(self, passages: Sequence[Passage]) -> float:
        """Return the perplexity an event (length and pitch together)."""
        nats, events = 0.0, 0
        for passage in passages:
            lengths, pitches = (START, START), (START, START)
            for event in passage.events:
                nats -= math.log(self._lengths.shares(lengths)[event.length])
                nats -= math.log(self._pitches.shares(pitches)[event.pitch])
                lengths, pitches = (lengths[1], event.length), (pitches[1], event.pitch)
                events += 1
        return math.exp(nats / events)

    def write(self, total: int, tokens: range, rng: np.random.Generator) -> list[Event]:
        """Draw events that fill `total` sixteenths, with pitches of this range or rests."""
        allowed = np.zeros(TOKENS, bool)
        allowed[[*tokens, REST]] = True
        lengths, pitches, at = (START, START), (START, START), 0
        events: list[Event] = []
        while at < total:
            shares = self._lengths.shares(lengths)
            shares[0] = 0
            length = min(int(rng.choice(LENGTHS, p=shares / shares.sum())), total - at)
            shares = self._pitches.shares(pitches) * allowed
            pitch = int(rng.choice(TOKENS, p=shares / shares.sum()))
            events.append(Event(length, pitch))
            lengths, pitches, at = (lengths[1], length), (pitches[1], pitch), at + length
        return events
