"""The tasks of `trichord evaluate retrieval`, each over whatever catalogue the engine serves.

title to music    a track is asked for by its title, or by title and artist: recall@1 and @10, MRR, median rank
text to music     simulated wishes with gold by fields (`retrieval.ranking.sessions`): nDCG@10, recall@10, MRR
music to music    one track of an album asks for the others, its artist's other albums left out: recall@10, MRR, ...
hard wishes       drawn limits, names and keys; each result is checked on its own fields
nothing fits      a style is asked for with and without its tracks: precision, recall and reliability of saying so
duplicates        lists must not hold one song twice
latency           milliseconds of a warm request
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from catalog.names import fold
from catalog.values import Track, TrackId
from retrieval.calibration import NOTHING_FITS
from retrieval.constraints import Constraint, Field
from retrieval.editions import strip_edition
from retrieval.errors import QueryError
from retrieval.evaluation.metrics import first_rank, hit_at, ndcg_at, recall_at, reciprocal_rank
from retrieval.evaluation.values import Measure, TaskReport
from retrieval.filters import PRESENT
from retrieval.ranking.sessions import ALL, Session, simulate
from retrieval.search import SearchEngine
from retrieval.snapshot import Snapshot
from retrieval.values import SearchRequest, SearchResult

K, DEEP = 10, 100
# A style of fewer tracks is too small to be missed, one of most tracks cannot be taken away.
LEAST_OF_STYLE, MOST_OF_STYLE = 3, 0.6
_RELIABILITY_BINS = 5


def title_to_music(engine: SearchEngine, n: int, rng: np.random.Generator) -> TaskReport:
    """Ask for tracks by their titles, every second one with its artist; whatever has that name is right."""
    snapshot = engine.state.snapshot
    scores: dict[str, list[float]] = {"recall@1": [], "recall@10": [], "MRR": []}
    ranks: list[float] = []
    groups: list[str] = []
    for turn, row in enumerate(rng.permutation(len(snapshot))[:n].tolist()):
        track = snapshot.tracks[row]
        by = f" by {track.artist}" if track.artist and turn % 2 else ""
        rows = snapshot.rows_of_title(snapshot.plain_titles[row]).tolist()
        right = {snapshot.ids[r]: 1.0 for r in rows if not by or snapshot.artists[r] == snapshot.artists[row]}
        ranking = _ranking(engine, Session(track.title + by, {}, (), ""))
        groups.append(snapshot.albums[row] or snapshot.ids[row])
        scores["recall@1"].append(hit_at(ranking, right, 1))
        scores["recall@10"].append(hit_at(ranking, right, K))
        scores["MRR"].append(reciprocal_rank(ranking, right))
        ranks.append(min(first_rank(ranking, right), DEEP + 1.0))
    measures = {name: Measure.of(values, rng, groups) for name, values in scores.items()}
    measures["median rank"] = Measure.at(ranks, 0.5, rng, groups)
    return TaskReport("title to music", "a title, half of them with the artist", measures)


def text_to_music(engine: SearchEngine, n: int, rng: np.random.Generator) -> TaskReport:
    """Ask simulated wishes."""
    scores: dict[str, list[float]] = {"nDCG@10": [], "recall@10": [], "MRR": []}
    groups: list[str] = []
    for session in simulate(engine.state.snapshot, n, rng):
        ranking = _ranking(engine, session)
        right = {str(i): 1.0 for i, gain in session.gains.items() if gain == ALL}
        groups.append(session.group)
        scores["nDCG@10"].append(ndcg_at(ranking, {str(i): 2.0**g - 1 for i, g in session.gains.items()}, K))
        scores["recall@10"].append(recall_at(ranking, right, K) * len(right) / min(len(right), K))
        scores["MRR"].append(reciprocal_rank(ranking, right))
    measures = {name: Measure.of(values, rng, groups) for name, values in scores.items()}
    return TaskReport("text to music", "wishes in words, gold by fields", measures)


def _ranking(engine: SearchEngine, session: Session) -> list[str]:
    try:
        asked = engine.request(session.text, DEEP)
        request = SearchRequest(asked.text, asked.constraints, like=session.like, n=DEEP, max_per_artist=None)
        return [str(c.track.id) for c in engine.search(request).candidates]
    except QueryError:
        return []


def music_to_music(engine: SearchEngine, n: int, rng: np.random.Generator) -> TaskReport:
    """Ask for what is like a track: the rest of its album is right, unless by the same artist in a mixed album."""
    snapshot = engine.state.snapshot
    scores: dict[str, list[float]] = {"recall@10": [], "hit@10": [], "MRR": [], "nDCG@10": []}
    ranks: list[float] = []
    groups: list[str] = []
    for row in rng.permutation(len(snapshot)).tolist():
        if len(groups) == n:
            break
        rows = snapshot.albums.postings.of(snapshot.albums[row]) if snapshot.albums[row] else np.zeros(0, np.int32)
        own = snapshot.artist_code == snapshot.artist_code[row]
        mixed = len(set(snapshot.artist_code[rows].tolist())) > 1
        right = {snapshot.ids[r]: 1.0 for r in rows.tolist() if r != row and not (mixed and own[r])}
        if not right or len(rows) > len(snapshot) / 2:
            continue
        hide = own if mixed else own & (snapshot.album_code != snapshot.album_code[row])
        hidden = frozenset(TrackId(snapshot.ids[r]) for r in np.flatnonzero(hide).tolist())
        seed = TrackId(snapshot.ids[row])
        found = engine.search(SearchRequest(like=(seed,), exclude=hidden, n=DEEP, max_per_artist=None)).candidates
        ranking = [str(c.track.id) for c in found]
        groups.append(snapshot.albums[row])
        scores["recall@10"].append(recall_at(ranking, right, K) * len(right) / min(len(right), K))
        scores["hit@10"].append(hit_at(ranking, right, K))
        scores["MRR"].append(reciprocal_rank(ranking, right))
        scores["nDCG@10"].append(ndcg_at(ranking, right, K))
        ranks.append(min(first_rank(ranking, right), DEEP + 1.0))
    measures = {name: Measure.of(values, rng, groups) for name, values in scores.items()}
    measures["median rank"] = Measure.at(ranks, 0.5, rng, groups)
    return TaskReport("music to music", "one track asks for the rest of its album", measures)


def hard_wishes(engine: SearchEngine, n: int, rng: np.random.Generator) -> TaskReport:
    """Ask with one to three hard wishes that some track holds, and check every result on its own fields."""
    snapshot = engine.state.snapshot
    held, answered = [], []
    for _ in range(n):
        track = snapshot.tracks[int(rng.integers(len(snapshot)))]
        wishes = list(_limits(track, rng))
        if not wishes:
            continue
        drawn = [wishes[i] for i in rng.permutation(len(wishes))[: int(rng.integers(1, 4))]]
        request = SearchRequest(constraints=tuple(w for w, _ in drawn), n=20, max_per_artist=None)
        found = engine.search(request).candidates
        answered.append(float(any(c.track.id == track.id for c in found) or len(found) == request.n))
        held += [float(all(check(c.track) for _, check in drawn)) for c in found]
    measures = {"held": Measure.of(held, rng), "the drawn track was among them": Measure.of(answered, rng)}
    return TaskReport("hard wishes", "limits, names and keys that must hold", measures)


Check = Callable[[Track], bool]


def _limits(track: Track, rng: np.random.Generator) -> Iterator[tuple[Constraint, Check]]:
    """Yield hard wishes that a track holds, each with a check that reads a track's own fields."""
    widths: tuple[tuple[Field, float], ...] = (("tempo", 10.0), ("energy", 0.1), ("loudness", 3.0))
    for name, width in widths:
        value = track.number(name)
        if value is not None:
            span = (round(value - width, 2), round(value + width, 2))
            low, high = (max(0.0, span[0]), min(1.0, span[1])) if name == "energy" else span
            if name == "tempo":
                low, high = max(20.0, low), min(400.0, high)
            yield Constraint(name, "between", (low, high)), _within(name, low, high)
    longest = math.ceil(track.duration_s) + float(rng.integers(0, 60))
    yield Constraint("duration", "max", longest), lambda t: t.duration_s <= longest + 1e-6
    if track.key:
        yield Constraint("key", "is", track.key), lambda t: t.key == track.key
    if track.artist:
        yield Constraint("artist", "is", track.artist), lambda t: fold(track.artist or "") in fold(t.artist or "")
    if track.year:
        yield Constraint("year", "is", float(track.year)), lambda t: t.year == track.year
    yield Constraint("provenance", "is", track.provenance), lambda t: t.provenance == track.provenance


def _within(name: str, low: float, high: float) -> Check:
    def check(track: Track) -> bool:
        value = track.number(name)
        return value is not None and low - 1e-3 <= value <= high + 1e-3

    return check


def nothing_fits(engine: SearchEngine, rng: np.random.Generator) -> TaskReport:
    """Ask for every style with its tracks there and taken away; "nothing fits" is right in the second case."""
    snapshot = engine.state.snapshot
    cases: list[tuple[float, bool, str]] = []
    for style, words, rows in _styles(snapshot):
        gone = frozenset(TrackId(snapshot.ids[r]) for r in rows)
        for word in words:
            for exclude, present in ((frozenset[TrackId](), True), (gone, False)):
                request = engine.request(f"{word} music", K)
                result = engine.search(SearchRequest(request.text, request.constraints, exclude=exclude, n=K))
                cases.append((_said(result), present, style))
    said = np.array([c[0] for c in cases])
    absent = np.array([not c[1] for c in cases])
    refused = said < NOTHING_FITS
    groups = [c[2] for c in cases]
    precision = np.where(refused, absent.astype(np.float64), np.nan) if len(cases) else np.zeros(0)
    recall = np.where(absent, refused.astype(np.float64), np.nan) if len(cases) else np.zeros(0)
    brier = (said - ~absent) ** 2 if len(cases) else np.zeros(0)
    measures = {
        "precision of nothing fits": Measure.of(precision.tolist(), rng, groups),
        "recall of nothing fits": Measure.of(recall.tolist(), rng, groups),
        "Brier score (lower is better)": Measure.of(brier.tolist(), rng, groups),
    }
    return TaskReport(
        "nothing fits", "a style with and without its tracks", measures, {"reliability": _reliability(said, ~absent)}
    )


def _said(result: SearchResult) -> float:
    return result.fit if result.candidates else 0.0


def _styles(snapshot: Snapshot) -> Iterator[tuple[str, tuple[str, ...], list[int]]]:
    """Yield (style, its plainest words, its rows): genres and instruments that some tracks clearly have."""
    for concept in snapshot.vocabulary.concepts:
        if concept.family not in {"genre", "instrument"}:
            continue
        column = snapshot.column(concept.id)
        clear = int(np.count_nonzero(column >= 0.7))
        some = np.flatnonzero(column >= PRESENT)
        if clear >= LEAST_OF_STYLE and len(some) <= MOST_OF_STYLE * len(snapshot):
            # A track that only bears the word in its name still answers to it.
            named = [r for word in concept.words for r in snapshot.rows_of_word(fold(word)).tolist()]
            yield concept.id, concept.words[:2], sorted({*some.tolist(), *named})


def _reliability(said: np.ndarray, present: np.ndarray) -> tuple[tuple[float, float], ...]:
    edges = np.linspace(0, 1, _RELIABILITY_BINS + 1)
    points = []
    for low, high in pairwise(edges.tolist()):
        inside = (said >= low) & ((said < high) | (high == 1))
        if inside.any():
            points.append((float(said[inside].mean()), float(present[inside].mean())))
    return tuple(points)


def duplicates(engine: SearchEngine, n: int, rng: np.random.Generator) -> TaskReport:
    """Ask for broad lists; none may hold a title by one artist twice."""
    clean = []
    for session in simulate(engine.state.snapshot, n, rng):
        try:
            asked = engine.request(session.text, 20)
        except QueryError:
            continue
        found = engine.search(SearchRequest(asked.text, asked.constraints, like=session.like, n=20)).candidates
        names = [(fold(strip_edition(c.track.title)), fold(c.track.artist or "")) for c in found]
        clean.append(float(len(set(names)) == len(names)))
    return TaskReport("duplicates", "lists without a song twice", {"clean lists": Measure.of(clean, rng)})


def latency(engine: SearchEngine, n: int, rng: np.random.Generator) -> TaskReport:
    """Time warm requests, one at a time."""
    sessions = list(simulate(engine.state.snapshot, n, rng))
    for session in sessions[:5]:
        _ranking(engine, session)
    times = []
    for session in sessions:
        start = time.perf_counter()
        _ranking(engine, session)
        times.append(1000 * (time.perf_counter() - start))
    measures = {"p50 ms": Measure.at(times, 0.5, rng), "p95 ms": Measure.at(times, 0.95, rng)}
    return TaskReport("latency", "a warm request for 100 tracks, ms", measures)
