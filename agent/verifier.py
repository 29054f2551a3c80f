"""Nothing is said that the evidence does not hold: a reply is split into claims, and each is looked up.

A claim about a known track that is wrong in what the pack knows (its artist, place, year, tempo, key, length) is put
right; a sentence with any other claim that the pack does not back is left out. What is read from the pack's own
sentences, by the same reader, counts as backed: they come from the acts that measured or counted it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from agent.claims import Claim, Known, key_of, reader_of, sentences_of
from agent.languages import words_of
from agent.values import Claims, Decision, Evidence, TrackFact
from catalog.names import fold
from retrieval.calibration import NOTHING_FITS
from retrieval.vocabulary import load_vocabulary

_QUOTE = re.compile(r"[“„«《\"]\s*([^“„«»《》”\"]{1,200}?)\s*[”“»》\"]")
# What is about one track must be true of that track; the rest must be true of something.
_BOUND = frozenset({"place", "artist", "year", "tempo", "key", "length", "share", "concept", "comparison"})
# Lengths said in minutes are rounded, those on a clock are cut off.
_LENGTH_SLACK_S, _ROUNDED_SLACK_S = 1.0, 30.0
# How many names a list shows before it says "and 3 more".
_LISTED = (2, 3, 5)


@dataclass(frozen=True, slots=True)
class Verified:
    """What is left of a text, and what became of its claims."""

    text: str
    claims: Claims


class Verifier:
    """Checks sentences in one language against one pack.

    Args:
        evidence: the pack.
        decision: its `reason` is part of what may be said.
        language: ISO 639-1; that of the sentences.
    """

    def __init__(self, evidence: Evidence, decision: Decision, language: str) -> None:
        self._evidence, self._decision, self._language = evidence, decision, language
        self._reader = reader_of(language)
        self._read: dict[str, frozenset[tuple[str, str | float]]] = {}

    def check(self, text: str) -> Verified:
        """Return the text without what the pack does not hold; an empty one where nothing is left."""
        kept: list[str] = []
        total = Claims()
        carried: str | None = None
        for sentence in sentences_of(text, self._known.artists):
            claims = self._reader.claims(sentence, self._known, carried)
            wrong = [c for c in claims if not self._backed(c)]
            better = self._repaired(sentence, wrong, carried) if wrong else sentence
            total = total.plus(made=len(claims), backed=len(claims) - len(wrong))
            if better is None:
                total = total.plus(dropped=len(wrong))
                continue
            total = total.plus(repaired=len(wrong))
            kept.append(better)
            named = [c.about for c in claims if c.about] or [str(c.value) for c in claims if self._is_track(c)]
            carried = named[-1] if named else carried
        return Verified("".join(kept).strip(), total)

    @cached_property
    def _known(self) -> Known:
        tracks = self._evidence.tracks
        quoted = [m for fact in self._evidence.facts for m in _QUOTE.findall(fact)]
        return Known(
            titles=tuple(dict.fromkeys([*(t.title for t in tracks), *quoted])),
            artists=tuple(dict.fromkeys(t.artist for t in tracks if t.artist)),
            places={t.handle: t.title for t in tracks},
        )

    @cached_property
    def _titled(self) -> dict[str, list[TrackFact]]:
        titled: dict[str, list[TrackFact]] = {}
        for track in self._evidence.tracks:
            titled.setdefault(fold(track.title), []).append(track)
        return titled

    @cached_property
    def _general(self) -> frozenset[tuple[str, str | float, str | None]]:
        """What the pack's sentences claim, as (kind, value, about)."""
        readers = {reader_of("en"), self._reader}
        return frozenset(
            (c.kind, c.value, c.about)
            for text in self._sentences()
            for sentence in sentences_of(text, self._known.artists)
            for reader in readers
            for c in reader.claims(sentence, self._known)
        )

    def _whys(self, title: str) -> frozenset[tuple[str, str | float]]:
        """Return what the reasons for the tracks of a title claim, as (kind, value)."""
        if title not in self._read:
            clauses = [clause for track in self._titled.get(title, ()) for clause in track.why.split("; ")]
            claims = [c for clause in clauses for c in reader_of("en").claims(clause, self._known)]
            self._read[title] = frozenset((c.kind, c.value) for c in claims)
        return self._read[title]

    @cached_property
    def _anywhere(self) -> frozenset[tuple[str, str | float]]:
        """What is said of anything, as (kind, value)."""
        told = {(kind, value) for kind, value, _ in self._general}
        return frozenset(told.union(*map(self._whys, self._titled)))

    def _sentences(self) -> Iterator[str]:
        evidence, words = self._evidence, words_of(self._language)
        for text in (*evidence.facts, self._decision.reason):
            yield text
            # Some sentences name things in another order in another language.
            yield words.sentence(text)
        for name in (*evidence.absent, *evidence.unresolved):
            yield name
            yield words.sentence(name)
        if evidence.scene:
            yield evidence.scene
            yield words.seen(evidence.scene)
        if evidence.relaxation is not None:
            yield evidence.relaxation.words
            yield words.sentence(evidence.relaxation.words)
        for receipt in evidence.receipts:
            yield f"“{receipt.constraint.source_text or receipt.constraint.words}”: {receipt.evidence}"
            yield f"“{words.wish(receipt.constraint)}”: {words.sentence(receipt.evidence)}"
            yield receipt.constraint.words
        if evidence.generation is not None:
            offer = evidence.generation
            yield f"{offer.duration_s:.0f} seconds of “{offer.text}”"
            yield f"“{words.brief(offer.text)}”"

    @cached_property
    def _counts(self) -> frozenset[float]:
        n = len(self._evidence.tracks)
        return frozenset(map(float, {n, n - self._well, *(n - shown for shown in _LISTED if n > shown)}))

    @property
    def _well(self) -> int:
        return sum(t.score >= NOTHING_FITS for t in self._evidence.tracks)

    def _is_track(self, claim: Claim) -> bool:
        return claim.kind == "title" and claim.value in self._titled

    def _backed(self, claim: Claim) -> bool:
        if claim.kind in _BOUND and claim.about is not None:
            return self._holds_of(claim, claim.about)
        if claim.kind == "title":
            known = claim.value in self._titled or ("title", claim.value) in self._anywhere
            return known or claim.value in _hints(self._language)
        if claim.kind == "name":
            return (
                claim.value in {fold(name) for name in self._known.artists} or ("name", claim.value) in self._anywhere
            )
        if claim.kind == "fit":
            return claim.value == self._well
        if claim.kind == "count":
            return claim.value in self._counts or any((k, claim.value) in self._anywhere for k in ("count", "year"))
        if claim.kind in {"place", "comparison"}:
            there = claim.kind == "place" and claim.value in self._known.places
            return there or (claim.kind, claim.value) in self._anywhere
        if (claim.kind, claim.value) in self._anywhere:
            return True
        return any(_holds(track, claim) for track in self._evidence.tracks)

    def _holds_of(self, claim: Claim, title: str) -> bool:
        """Tell whether the pack backs a claim about a track: by its facts, or by a sentence about it."""
        tracks = self._titled.get(title, [])
        if claim.kind == "comparison":
            return self._compares(claim, tracks) or (claim.kind, claim.value) in self._anywhere
        if any(_holds(track, claim) for track in tracks) or (claim.kind, claim.value) in self._whys(title):
            return True
        return (claim.kind, claim.value, title) in self._general

    def _compares(self, claim: Claim, tracks: Sequence[TrackFact]) -> bool:
        side, sign = str(claim.value).split()
        value = next((v for t in tracks if (v := _number(t, side)) is not None), None)
        others = self._evidence.tracks if claim.other is None else self._titled.get(claim.other, [])
        beside = [v for t in others if t not in tracks and (v := _number(t, side)) is not None]
        if value is None or not beside:
            return False
        return value > max(beside) if sign == "+" else value < min(beside)

    def _repaired(self, sentence: str, wrong: Sequence[Claim], carried: str | None) -> str | None:
        """Return a sentence with every wrong claim put right; None where one cannot be."""
        for claim in sorted(wrong, key=lambda c: c.span, reverse=True):
            right = self._right(claim, sentence[slice(*claim.span)])
            if right is None:
                return None
            sentence = sentence[: claim.span[0]] + right + sentence[claim.span[1] :]
        claims = self._reader.claims(sentence, self._known, carried)
        return sentence if all(map(self._backed, claims)) else None

    def _right(self, claim: Claim, said: str) -> str | None:
        """Return what should stand in place of a wrong claim, in the form that it had; None where nobody knows."""
        if claim.kind == "fit":
            return str(self._well)
        tracks = [] if claim.about is None else self._titled.get(claim.about, [])
        if len(tracks) != 1:
            return None
        track = tracks[0]
        seconds = int(track.duration_s)
        made = {
            "artist": track.artist,
            "place": f"#{track.handle}",
            "year": None if track.year is None else str(track.year),
            "tempo": None if track.tempo_bpm is None else f"{track.tempo_bpm:.0f}",
            "key": track.key,
            "length": f"{seconds // 60}:{seconds % 60:02d}" if ":" in said else None,
        }
        return made.get(claim.kind)


@lru_cache(maxsize=16)
def _hints(language: str) -> frozenset[str]:
    """Return what one may say next, as the templates of a language quote it: “save it as …”, “好”."""
    words = words_of(language)
    texts = (*words.templates.values(), *(template for _, template in words.sentences))
    return frozenset(fold(quote) for text in texts for quote in _QUOTE.findall(text) if "{" not in quote)


def groundedness(replies: Iterable[Claims]) -> float:
    """Return which share of the claims of replies, as they were drafted, was backed; NaN where nothing was claimed."""
    counted = list(replies)
    made = sum(c.made for c in counted)
    return sum(c.backed for c in counted) / made if made else float("nan")


def _holds(track: TrackFact, claim: Claim) -> bool:
    """Tell whether the facts of a track say what a claim says."""
    value = claim.value
    if isinstance(value, str):
        match claim.kind:
            case "artist":
                return track.artist is not None and fold(track.artist) == value
            case "key":
                return track.key is not None and key_of(track.key) == value
            case "concept":
                return value in _concepts(track)
            case _:
                return False
    match claim.kind:
        case "place":
            return track.handle == value
        case "year":
            return track.year == value
        case "tempo":
            return track.tempo_bpm is not None and abs(track.tempo_bpm - value) <= 0.5
        case "length":
            slack = _ROUNDED_SLACK_S if value % 60 == 0 else _LENGTH_SLACK_S
            return abs(track.duration_s - value) <= slack
        case _:
            return False


def _concepts(track: TrackFact) -> frozenset[str]:
    """Return what is written or heard of a track, as concepts with their sign."""
    vocabulary = load_vocabulary()
    found = {f"+{c.id}" for tag in track.tags if (c := vocabulary.concept(tag)) is not None}
    found |= {f"+{word}" for tag in track.tags for word in fold(tag).split() if word in vocabulary.unheard}
    for receipt in track.receipts:
        wish = receipt.constraint
        if receipt.held is not None and (c := vocabulary.concept(str(wish.value))) is not None:
            found.add(f"{'+' if receipt.held == (wish.op != 'not') else '-'}{c.id}")
    return frozenset(found)


def _number(track: TrackFact, side: str) -> float | None:
    number = {"tempo": track.tempo_bpm, "year": track.year, "duration": track.duration_s}.get(side)
    return None if number is None else float(number)
