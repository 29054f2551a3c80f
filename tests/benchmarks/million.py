"""A million tracks: how long a start, a filter, a lookup and a whole request take, and how much memory they need.

    python tests/benchmarks/million.py --folder DIR [--tracks 1000000]

Makes a synthetic catalogue in DIR once (kept for the next run): invented words by Zipf's law for titles, artists and
albums; two written tags and eight tagger's tags a track, six measurements, vectors of 200 (music) and 384 dimensions
(text) in clusters. The vectors go straight into indexes, not into the catalogue. A text query is embedded by a
stand-in that hashes words; the real encoder's time comes on top and is given apart in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from figures import SEED, machine, table
from numpy.typing import NDArray

from catalog.names import fold
from catalog.store import Catalogue
from catalog.values import TrackId
from encoders.values import Space
from retrieval.constraints import Constraint
from retrieval.filters import compile_constraints
from retrieval.indexes.versions import IndexDirectory
from retrieval.lexical import lexical_scores
from retrieval.resolve import resolve
from retrieval.search import SearchEngine
from retrieval.snapshot import Snapshot, take_snapshot
from retrieval.values import SearchRequest

MUSIC = Space("million-music", 200, "synthetic", "a" * 64)
TEXT = Space("million-text", 384, "synthetic", "b" * 64)
_CHUNK = 50_000
_HEARD = ("rock", "electronic", "ambient", "metal", "jazz", "folk", "pop", "Mellow", "heavy metal", "beautiful", "sad")
_WRITTEN = ("rock", "jazz", "chiptune", "ambient", "polka", "metal", "folk", "techno", "classical", "soundtrack")
_KEYS = ("A minor", "C major", "E minor", "G major", "F# minor", "D major")


def words(rng: np.random.Generator, n: int) -> list[str]:
    """Return `n` different invented words of two to four syllables."""
    heads, tails = (
        [*"bcdfghjklmnprstvwz", "st", "tr", "sh"],
        ["a", "e", "i", "o", "u", "an", "er", "in", "or", "el"],
    )
    found: dict[str, None] = {}
    while len(found) < n:
        count = int(rng.integers(2, 5))
        pairs = zip(rng.integers(len(heads), size=count), rng.integers(len(tails), size=count), strict=True)
        found["".join(heads[h] + tails[t] for h, t in pairs)] = None
    return list(found)


def names(rng: np.random.Generator, pool: Sequence[str], n: int, longest: int) -> list[str]:
    """Return `n` names of one to `longest` words, common words more often."""
    count = rng.integers(1, longest + 1, n)
    picked = iter(
        np.minimum(rng.zipf(1.15, int(count.sum())) - 1, rng.integers(len(pool), size=int(count.sum()))).tolist()
    )
    return [" ".join(pool[next(picked)] for _ in range(c)).title() for c in count.tolist()]


def make_catalogue(path: Path, n: int) -> None:
    """Write a catalogue of `n` tracks straight into the tables."""
    Catalogue(path).close()
    rng = np.random.default_rng(SEED)
    pool = words(rng, 300_000)
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF;")
    for name, column, count in (("artists", "name", max(10, n // 16)), ("albums", "title", max(10, n // 10))):
        unique = {fold(v): v for v in names(rng, pool, count, 3)}
        connection.executemany(f"INSERT INTO {name} ({column}, key) VALUES (?, ?)", ((v, k) for k, v in unique.items()))
    artists = connection.execute("SELECT count(*) FROM artists").fetchone()[0]
    albums = connection.execute("SELECT count(*) FROM albums").fetchone()[0]
    for start in range(0, n, _CHUNK):
        size = min(_CHUNK, n - start)
        ids = [f"{row:016x}" for row in range(start, start + size)]
        _tracks(connection, rng, ids, names(rng, pool, size, 4), artists, albums)
        _features(connection, rng, ids)
        _tags(connection, rng, ids)
        connection.commit()
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('revision', '1')")
    connection.commit()
    connection.close()


def _tracks(
    connection: sqlite3.Connection,
    rng: np.random.Generator,
    ids: list[str],
    titles: list[str],
    artists: int,
    albums: int,
) -> None:
    size = len(ids)
    rows = zip(
        ids,
        titles,
        (1 + np.minimum(rng.zipf(1.3, size) % artists, artists - 1)).tolist(),
        rng.integers(1, albums + 1, size).tolist(),
        rng.integers(1950, 2026, size).tolist(),
        rng.gamma(6, 35, size).tolist(),
        rng.choice(["CC-BY-4.0", "CC0-1.0", "CC-BY-NC-4.0"], size).tolist(),
        rng.choice(["attribution", "free", "non-commercial"], size).tolist(),
        rng.choice(["human", "generated"], size, p=[0.95, 0.05]).tolist(),
        strict=True,
    )
    connection.executemany(
        "INSERT INTO tracks (id, title, artist_id, album_id, year, duration_s, licence, licence_class, provenance, "
        "document, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,'','2026-01-01 00:00:00','2026-01-01 00:00:00')",
        rows,
    )


def _features(connection: sqlite3.Connection, rng: np.random.Generator, ids: list[str]) -> None:
    size = len(ids)
    numbers = {
        "tempo": rng.normal(115, 28, size).clip(40, 240),
        "energy": rng.beta(4, 2.2, size),
        "loudness": rng.normal(-14, 4, size),
        "brightness": rng.gamma(6, 280, size),
        "onset_rate": rng.gamma(5, 0.7, size),
    }
    for name, values in numbers.items():
        rows = ((i, name, v) for i, v in zip(ids, values.tolist(), strict=True))
        connection.executemany("INSERT INTO features VALUES (?,?,?,NULL,0.9,'[]','measured')", rows)
    keys = zip(ids, rng.choice(_KEYS, size).tolist(), strict=True)
    connection.executemany("INSERT INTO features VALUES (?,'key',NULL,?,0.8,'[]','measured')", keys)


def _tags(connection: sqlite3.Connection, rng: np.random.Generator, ids: list[str]) -> None:
    for source, labels, count in (("file", _WRITTEN, 2), ("musicnn-msd", _HEARD, 8)):
        picked = rng.random((len(ids), len(labels))).argsort(axis=1)[:, :count].tolist()
        weights = (rng.beta(0.4, 4, (len(ids), count)) if source != "file" else np.ones((len(ids), count))).tolist()
        tracks = zip(ids, picked, weights, strict=True)
        rows = ((i, source, labels[c], w) for i, cs, ws in tracks for c, w in zip(cs, ws, strict=True))
        connection.executemany("INSERT INTO tags VALUES (?,?,?,?)", rows)


def vectors(n: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Return ``(n, dim)`` unit rows: 1,000 clusters in 32 dimensions, laid into `dim` with noise, as embeddings lie."""
    rng = np.random.default_rng(seed)
    into = rng.standard_normal((32, dim), np.float32) / np.sqrt(np.float32(32))
    centres = rng.standard_normal((1_000, 32), np.float32)
    matrix = np.empty((n, dim), np.float32)
    for start in range(0, n, _CHUNK):
        size = min(_CHUNK, n - start)
        inner = centres[rng.integers(1_000, size=size)] + 0.6 * rng.standard_normal((size, 32), np.float32)
        part = inner @ into + 0.15 * rng.standard_normal((size, dim), np.float32)
        matrix[start : start + size] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return matrix


class HashedWords:
    """Stands in for a text encoder: unit vectors by a hash of the text."""

    space = TEXT

    def encode(self, texts: Sequence[str], kind: str = "document") -> NDArray[np.float32]:
        """Return one unit vector a text."""
        seeds = [int.from_bytes(hashlib.sha256(t.encode()).digest()[:4], "big") for t in texts]
        rows = np.stack([np.random.default_rng(s).standard_normal(TEXT.dim) for s in seeds])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def make(folder: Path, n: int) -> None:
    """Make catalogue and indexes where they are not there yet."""
    begun = time.perf_counter()
    if not (folder / "catalogue.db").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make_catalogue(folder / "new.db", n)
        (folder / "new.db").rename(folder / "catalogue.db")
        print(f"catalogue made in {time.perf_counter() - begun:.0f} s", flush=True)
    catalogue = Catalogue(folder / "catalogue.db")
    ids, revision = catalogue.library.ids(), catalogue.library.revision
    catalogue.close()
    indexes = IndexDirectory(folder / "indexes")
    for space, seed in ((MUSIC, 1), (TEXT, 2)):
        if indexes.current(space.id) is None:
            begun = time.perf_counter()
            built = indexes.build(space, ids, vectors(len(ids), space.dim, seed), revision)
            taken = time.perf_counter() - begun
            print(f"{space.id}: {built.kind}, recall@10 {built.recall_at_10:.3f}, built in {taken:.0f} s", flush=True)


def rss_mb() -> float:
    """Return this process's resident memory."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1000


def timed(name: str, run: Callable[[int], object], rounds: int = 30) -> list[object]:
    """Return a line with p50 and p95 of `rounds` calls, after two that warm up."""
    run(0), run(1)
    taken = []
    for n in range(rounds):
        begun = time.perf_counter()
        run(n)
        taken.append(1000 * (time.perf_counter() - begun))
    return [name, rounds, f"{np.percentile(taken, 50):.1f} ms", f"{np.percentile(taken, 95):.1f} ms"]


def parts(snapshot: Snapshot) -> Iterator[list[object]]:
    """Yield a line for each part of a request."""
    some = [w.title() for w in snapshot.artist_names[5 :: len(snapshot.artist_names) // 60]]
    rare = snapshot.words.values[:: len(snapshot.words.values) // 90]
    typos = [w[:-2] + w[-1] + w[-2] for w in rare if len(w) > 6]
    titles = [snapshot.titles[r] for r in range(11, len(snapshot), len(snapshot) // 60)]
    wishes = {
        "filter: tempo, year": [Constraint("tempo", "between", (90.0, 110.0)), Constraint("year", "min", 1990.0)],
        "filter: key, genre, licence": [
            Constraint("key", "is", "A minor"),
            Constraint("genre", "is", "jazz"),
            Constraint("licence", "is", "commercial"),
        ],
        "filter: six wishes": [
            Constraint("tempo", "max", 120.0),
            Constraint("duration", "max", 300.0),
            Constraint("energy", "min", 0.3),
            Constraint("mood", "not", "dark"),
            Constraint("instrument", "not", "guitar"),
            Constraint("provenance", "is", "human"),
        ],
    }
    for name, given in wishes.items():
        yield timed(name, lambda _, given=given: compile_constraints(snapshot, given))
    for field, pool in (("artist", some), ("title", titles)):
        yield timed(
            f"filter: {field} by name",
            lambda n, f=field, p=pool: compile_constraints(snapshot, [Constraint(f, "is", p[n % len(p)])]),
        )
    yield timed("three words, one of them common", lambda n: lexical_scores(snapshot, ["jazz", rare[n], rare[-n]]))
    yield timed("a word with a typo", lambda n: lexical_scores(snapshot, [typos[n % len(typos)]]))
    yield timed("a named track", lambda n: resolve(snapshot, titles[n]))
    yield timed("a named track with a typo", lambda n: resolve(snapshot, titles[n][:-1] + "xy"))
    yield timed("ten tracks read by row", lambda n: snapshot.tracks_at(range(n * 97, n * 97 + 10)))


def requests(engine: SearchEngine, snapshot: Snapshot) -> Iterator[list[object]]:
    """Yield a line for each kind of whole request, words read and tracks shown."""
    artists = [snapshot.known_artists[a] for a in snapshot.artist_names[5 :: len(snapshot.artist_names) // 60]]
    rare = snapshot.words.values[:: len(snapshot.words.values) // 90]
    ids = [TrackId(snapshot.ids[r]) for r in range(3, len(snapshot), len(snapshot) // 90)]

    def ask(text: str) -> object:
        return engine.search(engine.request(text))

    yield timed("words: calm jazz for WORD", lambda n: ask(f"calm jazz for {rare[n]}"))
    yield timed("hard wishes: dark ambient under 3 minutes, no drums, 80 to 100 bpm",
                lambda n: ask(f"dark ambient under 3 minutes, no drums, 80 to 100 bpm, after {1980 + n}"))  # fmt: skip
    yield timed("artist: songs by NAME", lambda n: ask(f"songs by {artists[n % len(artists)]}"))
    yield timed("like three tracks", lambda n: engine.search(SearchRequest(like=tuple(ids[n : n + 3]))))
    yield timed(
        "like a track, with words and a wish",
        lambda n: engine.search(
            SearchRequest(text="energetic rock", like=(ids[n],), constraints=(Constraint("year", "min", 2000.0),))
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="where the synthetic library lies or is made")
    parser.add_argument("--tracks", type=int, default=1_000_000)
    parser.add_argument("--only-make", action="store_true")
    parser.add_argument("--parts", action="store_true", help="leave the whole requests out")
    options = parser.parse_args()
    if options.only_make:
        make(options.folder, options.tracks)
        return
    # Apart, so that the memory of making does not count.
    making = [sys.executable, __file__, "--folder", str(options.folder), "--tracks", str(options.tracks), "--only-make"]
    subprocess.run(making, check=True)
    print(f"{machine()}; seed {SEED}")
    catalogue = Catalogue(options.folder / "catalogue.db")
    for start in ("first", "second"):
        begun = time.perf_counter()
        snapshot = take_snapshot(catalogue)
        print(f"{start} start: {len(snapshot):,} tracks in {time.perf_counter() - begun:.1f} s, RSS {rss_mb():,.0f} MB")
    print(f"{len(snapshot.words.values):,} words, {len(snapshot.artist_names):,} artists\n")
    print(table(["part", "n", "p50", "p95"], list(parts(snapshot))))
    del snapshot
    if not options.parts:
        engine = SearchEngine(catalogue, IndexDirectory(options.folder / "indexes"), HashedWords(), MUSIC)
        begun = time.perf_counter()
        state = engine.state
        print(f"\nengine ready in {time.perf_counter() - begun:.1f} s; {state.notices or 'indexes in use'}\n")
        print(table(["request", "n", "p50", "p95"], list(requests(engine, state.snapshot))))
    print(f"\nRSS {rss_mb():,.0f} MB, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:,.0f} MB")
    catalogue.close()


if __name__ == "__main__":
    main()
