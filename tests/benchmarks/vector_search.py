"""The vector store beside bare faiss and other libraries, at equal recall, in one run; with filters, too.

    python -m venv PEERS && PEERS/bin/pip install hnswlib usearch lancedb qdrant-edge-py
    python tests/benchmarks/vector_search.py --keep DIR --peers PEERS/lib/python3.11/site-packages --build
    python tests/benchmarks/vector_search.py --keep DIR --peers PEERS/lib/python3.11/site-packages [--rows 1000000]

The libraries are no dependencies; those that are not there are left out. Synthetic unit vectors: 1,000 clusters in 32
dimensions laid into 512 with noise, as embeddings lie, and queries out of the same draw. Every graph has 16 links a
node and is built at width 80. `--build` builds what is not there yet and keeps it in DIR, so that building on a busy
machine spoils no timing. Then each library is asked at growing widths, one query at a time on one thread. Equal recall:
between two widths the logarithm of the time is taken as linear in the logarithm of what is missed, and each peer is
divided by the store as it was measured right before and right after it (the mean of the two), not minutes apart.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from figures import SEED, machine, table
from numpy.typing import NDArray

from retrieval.indexes.faiss_setup import load_faiss
from retrieval.indexes.store import LINKS, FaissStore
from retrieval.indexes.versions import GOOD_RECALL

K, QUERIES, BUILD_WIDTH, ROUNDS = 10, 200, 80, 3
WIDTHS = (20, 24, 32, 48, 64, 96, 128, 192, 256, 384)
RECALLS = (0.97, 0.98, 0.99, 0.995)
SHARES = (0.001, 0.01, 0.1, 0.5)
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Ask = Callable[[Floats], Rows]
Curve = list[tuple[int, float, float]]


def vectors(n: int, dim: int) -> tuple[Floats, Floats]:
    """Return ``(n, dim)`` rows and ``(QUERIES, dim)`` queries out of the same draw."""
    rng = np.random.default_rng(SEED)
    into = rng.standard_normal((32, dim), np.float32) / np.sqrt(np.float32(32))
    centres = rng.standard_normal((1_000, 32), np.float32)

    def draw(count: int) -> Floats:
        inner = centres[rng.integers(1_000, size=count)] + 0.6 * rng.standard_normal((count, 32), np.float32)
        rows = inner @ into + 0.15 * rng.standard_normal((count, dim), np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    return np.concatenate([draw(min(50_000, n - start)) for start in range(0, n, 50_000)]), draw(QUERIES)


class Library(Protocol):
    """One index over the same rows: `build` writes it into a folder, `open` gives a question at each width."""

    def build(self, matrix: Floats, folder: Path) -> None: ...

    def open(self, folder: Path, dim: int) -> Iterator[tuple[int, Ask]]: ...


class Ours:
    def build(self, matrix: Floats, folder: Path) -> None:
        FaissStore.build(matrix).write(folder / "index.faiss")

    def open(self, folder: Path, dim: int) -> Iterator[tuple[int, Ask]]:
        store = FaissStore.read(folder / "index.faiss")
        for width in WIDTHS:
            store.width = width
            yield width, lambda q: store.search(q[None], K)[0][0]


class RawCall:
    """The store's own file through faiss' own search, the parameters the store would give it."""

    def open(self, folder: Path, dim: int) -> Iterator[tuple[int, Ask]]:
        faiss = load_faiss()
        index = faiss.read_index(str(folder / "index.faiss"), faiss.IO_FLAG_MMAP_IFC)
        for width in WIDTHS:
            parameters = faiss.SearchParametersHNSW(efSearch=width)
            yield width, lambda q, p=parameters: index.search(q[None], K, params=p)[1][0]


class BareFaiss:
    """HNSW over float32, as faiss' own documentation starts with."""

    def build(self, matrix: Floats, folder: Path) -> None:
        faiss = load_faiss()
        index = faiss.IndexHNSWFlat(matrix.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = BUILD_WIDTH
        faiss.omp_set_num_threads(2)
        index.add(matrix)
        faiss.omp_set_num_threads(1)
        faiss.write_index(index, str(folder / "index.faiss"))

    def open(self, folder: Path, dim: int) -> Iterator[tuple[int, Ask]]:
        index = load_faiss().read_index(str(folder / "index.faiss"))
        for width in WIDTHS:
            index.hnsw.efSearch = width
            yield width, lambda q: index.search(q[None], K)[1][0]


class HnswLib:
    def build(self, matrix: Floats, folder: Path) -> None:
        import hnswlib

        index = hnswlib.Index(space="ip", dim=matrix.shape[1])
        index.init_index(max_elements=len(matrix), ef_construction=BUILD_WIDTH, M=LINKS)
        index.add_items(matrix, num_threads=2)
        index.save_index(str(folder / "index.bin"))

    def open(self, folder: Path, dim: int) -> Iterator[tuple[int, Ask]]:
        import hnswlib

        index = hnswlib.Index(space="ip", dim=dim)
        index.load_index(str(folder / "index.bin"))
        index.set_num_threads(1)
        for width in WIDTHS:
            index.set_ef(width)
            yield width, lambda q: index.knn_query(q, k=K)[0][0]


class USearch:
    def build(self, matrix: Floats, folder: Path) -> None:
        from usearch.index import Index

        index = Index(ndim=matrix.shape[1], metric="ip", dtype="f32", connectivity=LINKS, expansion_add=BUILD_WIDTH)
        index.add(np.arange(len(matrix)), matrix, threads=2)
        index.save(str(folder / "index.usearch"))

    def open(self, folder: Path, dim: int) -> Iterator[tuple[int, Ask]]:
        from usearch.index import Index

        index = Index.restore(str(folder / "index.usearch"))
        for width in WIDTHS:
            index.expansion_search = width
            yield width, lambda q: index.search(q, K, threads=1).keys


class LanceDb:
    def build(self, matrix: Floats, folder: Path) -> None:
        import lancedb
        import pyarrow as pa

        column = pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])
        data = pa.table({"row": np.arange(len(matrix)), "vector": column})
        rows = lancedb.connect(str(folder)).create_table("rows", data, mode="overwrite")
        rows.create_index(
            metric="dot", vector_column_name="vector", index_type="IVF_HNSW_SQ", m=LINKS, ef_construction=BUILD_WIDTH
        )

    def open(self, folder: Path, dim: int) -> Iterator[tuple[int, Ask]]:
        import lancedb

        rows = lancedb.connect(str(folder)).open_table("rows")
        for width in WIDTHS:
            yield width, functools.partial(self._ask, rows, width)

    def _ask(self, rows: object, width: int, query: Floats) -> Rows:
        search = rows.search(query).distance_type("dot").nprobes(20).ef(max(width, 2 * K)).refine_factor(2)  # type: ignore[attr-defined]
        return search.select(["row", "_distance"]).limit(K).to_arrow()["row"].to_numpy()


class QdrantEdge:
    def build(self, matrix: Floats, folder: Path) -> None:
        import qdrant_edge as qe

        graph = qe.HnswIndexConfig(m=LINKS, ef_construct=BUILD_WIDTH, full_scan_threshold=10)
        params = qe.EdgeVectorParams(size=matrix.shape[1], distance=qe.Distance.Dot)
        shard = qe.EdgeShard.create(str(folder), qe.EdgeConfig(vectors={"v": params}, hnsw_config=graph))
        for start in range(0, len(matrix), 1_000):
            part = matrix[start : start + 1_000]
            points = [qe.Point(id=start + n, vector={"v": row.tolist()}, payload={}) for n, row in enumerate(part)]
            shard.update(qe.UpdateOperation.upsert_points(points))
        shard.optimize()
        shard.close()

    def open(self, folder: Path, dim: int) -> Iterator[tuple[int, Ask]]:
        import qdrant_edge as qe

        shard = qe.EdgeShard.load(str(folder))
        for width in WIDTHS:
            yield width, functools.partial(self._ask, qe, shard, width)

    def _ask(self, qe: object, shard: object, width: int, query: Floats) -> Rows:
        nearest = qe.Query.Nearest(query.tolist(), using="v")  # type: ignore[attr-defined]
        params = qe.SearchParams(hnsw_ef=width)  # type: ignore[attr-defined]
        request = qe.QueryRequest(query=nearest, limit=K, params=params)  # type: ignore[attr-defined]
        return np.array([p.id for p in shard.query(request)])  # type: ignore[attr-defined]


OURS = "Trichord"
PEERS: dict[str, Library] = {
    "faiss HNSW, float32": BareFaiss(),
    "hnswlib": HnswLib(),
    "usearch": USearch(),
    "lancedb": LanceDb(),
    "qdrant-edge": QdrantEdge(),
}


def built(name: str, library: Library, matrix: Callable[[], Floats], folder: Path) -> float | None:
    """Return in how many seconds the library was built, now or earlier; None where it is not installed."""
    done = folder / "built.json"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        rows = matrix()
        begun = time.perf_counter()
        try:
            library.build(rows, folder)
        except ImportError:
            return None
        done.write_text(json.dumps(time.perf_counter() - begun), encoding="utf-8")
        print(f"{name} built", flush=True)
    return float(json.loads(done.read_text(encoding="utf-8")))


def recall(found: Sequence[Rows], true: Rows) -> float:
    return float(np.mean([len(set(f.tolist()) & set(t)) / len(t) for f, t in zip(found, true.tolist(), strict=True)]))


def median_ms(ask: Ask, queries: Floats) -> tuple[float, list[Rows]]:
    """Return the best of the rounds' medians, and what was found."""
    best, found = float("inf"), []
    for _ in range(ROUNDS):
        taken, found = [], []
        for query in queries:
            begun = time.perf_counter()
            rows = ask(query)
            taken.append(1000 * (time.perf_counter() - begun))
            found.append(np.asarray(rows, np.int64)[:K])
        best = min(best, float(np.median(taken)))
    return best, found


def curve(library: Library, folder: Path, queries: Floats, true: Rows) -> Curve:
    """Return (width, recall, p50 in ms) at growing widths, until nearly nothing is missed."""
    points: Curve = []
    for width, ask in library.open(folder, queries.shape[1]):
        ms, found = median_ms(ask, queries)
        points.append((width, recall(found, true), ms))
        if points[-1][1] > RECALLS[-1]:
            break
    return points


def ms_at(points: Curve, wanted: float) -> float:
    """Return the p50 in ms at a recall, between the widths measured; the smallest width's where that reaches it."""
    missed = [np.log(max(1 - r, 1e-4)) for _, r, _ in points]
    times = [np.log(ms) for _, _, ms in points]
    target = np.log(1 - wanted)
    if target < min(missed):
        return float("nan")
    order = np.argsort(missed)
    return float(np.exp(np.interp(target, np.array(missed)[order], np.array(times)[order])))


def filtered(store: FaissStore, matrix: Floats, queries: Floats, unfiltered_ms: float) -> list[list[object]]:
    """Return a line for every share of allowed rows, at random and in one corner of the space."""
    rng = np.random.default_rng(SEED)
    corner = matrix @ matrix[0]
    every = queries @ matrix.T
    lines = []
    for share in SHARES:
        for kind, allowed in (
            ("at random", rng.random(len(matrix)) < share),
            ("in one corner", corner >= np.quantile(corner, 1 - share)),
        ):
            true = np.argpartition(-np.where(allowed, every, -np.inf), K, axis=1)[:, :K]
            ms, found = median_ms(lambda q, a=allowed: store.search(q[None], K, a)[0][0], queries)  # type: ignore[misc]
            shown = f"{recall(found, true):.3f}"
            lines.append(
                [f"{share:.1%}", kind, f"{int(allowed.sum()):,}", f"{ms:.2f} ms", f"{ms / unfiltered_ms:.1f}", shown]
            )
    return lines


def overhead(folder: Path, queries: Floats, true: Rows) -> str:
    """Return how much longer the store takes than faiss' own call on the same file, width by width in turn."""
    ratios, widths = [], []
    for (width, ask), (_, raw) in zip(Ours().open(folder, 0), RawCall().open(folder, 0), strict=True):
        pairs = [(median_ms(ask, queries)[0], median_ms(raw, queries)[0]) for _ in range(3)]
        ratios.append(min(p[0] for p in pairs) / min(p[1] for p in pairs))
        widths.append(width)
    return ", ".join(f"width {w}: {r:.2f}" for w, r in zip(widths, ratios, strict=True))


def side_by_side(names: Sequence[str], root: Path, queries: Floats, true: Rows, took: dict[str, float]) -> str:
    """Return the table of times at equal recall: milliseconds, and how many times ours."""
    ours = Ours()
    before = curve(ours, root / OURS, queries, true)
    rows: list[list[object]] = [[f"**{OURS}**", f"{took[OURS]:.0f} s", *(f"{ms_at(before, r):.3f}" for r in RECALLS)]]
    for name in names:
        points = curve(PEERS[name], root / name, queries, true)
        after = curve(ours, root / OURS, queries, true)
        mean = [(ms_at(before, r) + ms_at(after, r)) / 2 for r in RECALLS]
        cells = [f"{ms_at(points, r):.3f} ({ms_at(points, r) / m:.2f} x)" for r, m in zip(RECALLS, mean, strict=True)]
        rows.append([name, f"{took[name]:.0f} s", *cells])
        print(name, [(w, round(r, 4), round(ms, 3)) for w, r, ms in points], flush=True)
        before = after
    print(OURS, [(w, round(r, 4), round(ms, 3)) for w, r, ms in before], flush=True)
    return table(["store", "built in", *(f"recall {r:g}: p50 ms" for r in RECALLS)], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--keep", type=Path, required=True, help="where the built indexes lie")
    parser.add_argument("--build", action="store_true", help="only build what is not there yet")
    parser.add_argument("--only", nargs="*", default=list(PEERS), help="which of the others")
    parser.add_argument("--peers", help="site-packages folder with the other libraries")
    options = parser.parse_args()
    if options.peers:
        sys.path.append(options.peers)
    root = options.keep / f"{options.rows}x{options.dim}"
    matrix, queries = vectors(options.rows, options.dim)
    took = {
        name: built(name, library, lambda: matrix, root / name)
        for name, library in {OURS: Ours(), **{n: PEERS[n] for n in options.only}}.items()
    }
    if options.build:
        return
    print(f"{machine()}; seed {SEED}; {options.rows:,} x {options.dim}, k {K}, {QUERIES} queries", flush=True)
    true = np.argpartition(-(queries @ matrix.T), K, axis=1)[:, :K]
    there = {name: seconds for name, seconds in took.items() if seconds is not None}
    print(side_by_side([n for n in options.only if n in there], root, queries, true, there), end="\n\n", flush=True)
    print("The store beside faiss' own call on the same file:", overhead(root / OURS, queries, true), flush=True)
    store = FaissStore.read(root / OURS / "index.faiss")
    # As `trichord index build` does: wider until nearly all true neighbours are found.
    while recall(list(store.search(queries, K)[0]), true) < GOOD_RECALL and store.widen():
        pass
    ms, _ = median_ms(lambda q: store.search(q[None], K)[0][0], queries)
    print(f"\nFilters, at the width that a build would settle on ({store.width}), {ms:.3f} ms without\n")
    head = ["allowed", "which", "rows allowed", "p50", "/ without filter", "recall@10"]
    print(table(head, filtered(store, matrix, queries, ms)))


if __name__ == "__main__":
    main()
