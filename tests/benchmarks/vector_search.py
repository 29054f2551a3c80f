"""The vector store beside bare faiss and other libraries, at the same recall, in one run; with filters, too.

    python -m venv PEERS && PEERS/bin/pip install hnswlib usearch lancedb qdrant-edge-py
    python tests/benchmarks/vector_search.py --peers PEERS/lib/python3.11/site-packages [--rows 100000 | --large]

The libraries are no dependencies; those that are not there are left out. Synthetic unit vectors: 1,000 clusters in 32
dimensions laid into 512 with noise, as embeddings lie, and queries out of the same draw. Every graph has 16 links a
node and is asked at growing widths; the line shows the first width that reaches a recall of 0.98, one query at a time
on one thread, the best of three medians. ``--large`` takes a million rows: builds of half an hour on two cores.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from figures import SEED, machine, table
from numpy.typing import NDArray

from retrieval.indexes.faiss_setup import load_faiss
from retrieval.indexes.store import LINKS, FaissStore

K, QUERIES, REACHED = 10, 100, 0.98
WIDTHS = (16, 24, 32, 48, 64, 96, 128, 256, 512)
SHARES = (0.001, 0.01, 0.1, 0.5)
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Ask = Callable[[Floats], Rows]


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


def median_ms(ask: Ask, queries: Floats) -> tuple[float, Rows]:
    """Return the best of three medians, and what was found."""
    best, found = float("inf"), []
    for _ in range(3):
        taken, found = [], []
        for query in queries:
            begun = time.perf_counter()
            rows = ask(query)
            taken.append(1000 * (time.perf_counter() - begun))
            found.append(np.asarray(rows, np.int64)[:K])
        best = min(best, float(np.median(taken)))
    return best, found


def recall(found: list[Rows], true: Rows) -> float:
    return float(np.mean([len(set(f.tolist()) & set(t)) / len(t) for f, t in zip(found, true.tolist(), strict=True)]))


def bare_faiss(matrix: Floats) -> Iterator[tuple[str, Ask]]:
    faiss = load_faiss()
    index = faiss.IndexHNSWFlat(matrix.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 80
    faiss.omp_set_num_threads(2)
    index.add(matrix)
    faiss.omp_set_num_threads(1)
    for width in WIDTHS:
        index.hnsw.efSearch = width
        yield f"width {width}", lambda q: index.search(q[None], K)[1][0]


def flat_faiss(matrix: Floats) -> Iterator[tuple[str, Ask]]:
    index = load_faiss().IndexFlatIP(matrix.shape[1])
    index.add(matrix)
    yield "exact", lambda q: index.search(q[None], K)[1][0]


def by_hnswlib(matrix: Floats) -> Iterator[tuple[str, Ask]]:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=matrix.shape[1])
    index.init_index(max_elements=len(matrix), ef_construction=80, M=LINKS)
    index.add_items(matrix, num_threads=2)
    index.set_num_threads(1)
    for width in WIDTHS:
        index.set_ef(width)
        yield f"width {width}", lambda q: index.knn_query(q, k=K)[0][0]


def by_usearch(matrix: Floats) -> Iterator[tuple[str, Ask]]:
    from usearch.index import Index

    index = Index(ndim=matrix.shape[1], metric="ip", dtype="f32", connectivity=LINKS, expansion_add=80)
    index.add(np.arange(len(matrix)), matrix, threads=2)
    for width in WIDTHS:
        index.expansion_search = width
        yield f"width {width}", lambda q: index.search(q, K, threads=1).keys


def by_lancedb(matrix: Floats) -> Iterator[tuple[str, Ask]]:
    import lancedb
    import pyarrow as pa

    folder = tempfile.mkdtemp()
    column = pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])
    data = pa.table({"row": np.arange(len(matrix)), "vector": column})
    rows = lancedb.connect(folder).create_table("rows", data)
    rows.create_index(metric="dot", vector_column_name="vector", index_type="IVF_HNSW_SQ", m=LINKS, ef_construction=80)

    def ask(probes: int, width: int) -> Ask:
        def found(q: Floats) -> Rows:
            search = (
                rows.search(q)
                .distance_type("dot")
                .nprobes(probes)
                .ef(max(width, 2 * K))
                .refine_factor(2)
                .select(["row", "_distance"])
            )
            return search.limit(K).to_arrow()["row"].to_numpy()

        return found

    for width in WIDTHS:
        yield f"20 probes, width {width}", ask(20, width)
    shutil.rmtree(folder, ignore_errors=True)


def by_qdrant(matrix: Floats) -> Iterator[tuple[str, Ask]]:
    import qdrant_edge as qe

    folder = tempfile.mkdtemp()
    graph = qe.HnswIndexConfig(m=LINKS, ef_construct=80, full_scan_threshold=10)
    params = qe.EdgeVectorParams(size=matrix.shape[1], distance=qe.Distance.Dot)
    shard = qe.EdgeShard.create(folder, qe.EdgeConfig(vectors={"v": params}, hnsw_config=graph))
    for start in range(0, len(matrix), 1_000):
        part = matrix[start : start + 1_000]
        points = [qe.Point(id=start + n, vector={"v": row.tolist()}, payload={}) for n, row in enumerate(part)]
        shard.update(qe.UpdateOperation.upsert_points(points))
    shard.optimize()

    def ask(width: int) -> Ask:
        def found(q: Floats) -> Rows:
            query = qe.Query.Nearest(q.tolist(), using="v")
            request = qe.QueryRequest(query=query, limit=K, params=qe.SearchParams(hnsw_ef=width))
            return np.array([p.id for p in shard.query(request)])

        return found

    for width in WIDTHS:
        yield f"width {width}", ask(width)
    shutil.rmtree(folder, ignore_errors=True)


PEERS = {
    "faiss IndexFlatIP": flat_faiss,
    "faiss IndexHNSWFlat": bare_faiss,
    "hnswlib": by_hnswlib,
    "usearch": by_usearch,
    "lancedb": by_lancedb,
    "qdrant-edge": by_qdrant,
}


def measured(name: str, options: Iterator[tuple[str, Ask]], queries: Floats, true: Rows, ours: float) -> list[object]:
    """Return a line with the first option that reaches the recall, or the last."""
    begun = time.perf_counter()
    line: list[object] = []
    try:
        for option, ask in options:
            built = time.perf_counter() - begun if not line else float(line[2])
            ms, found = median_ms(ask, queries)
            reached = recall(found, true)
            line = [name, option, built, f"{ms:.3f} ms", f"{ms / ours:.2f}", f"{reached:.3f}"]
            if reached >= REACHED:
                break
    except ImportError as error:
        return [name, f"not installed ({error.name})", "", "", "", ""]
    return [*line[:2], f"{line[2]:.0f} s", *line[3:]]


def filtered(store: FaissStore, matrix: Floats, queries: Floats, unfiltered_ms: float) -> list[list[object]]:
    """Return a line for every share of allowed rows, at random and in one corner of the space."""
    rng = np.random.default_rng(SEED)
    corner = matrix @ matrix[0]
    lines = []
    for share in SHARES:
        for kind, allowed in (
            ("at random", rng.random(len(matrix)) < share),
            ("in one corner", corner >= np.quantile(corner, 1 - share)),
        ):
            scores = np.where(allowed, queries @ matrix.T, -np.inf)
            true = np.argpartition(-scores, K, axis=1)[:, :K]
            ms, found = median_ms(lambda q, a=allowed: store.search(q[None], K, a)[0][0], queries)  # type: ignore[misc]
            shown = f"{recall(found, true):.3f}"
            lines.append(
                [f"{share:.1%}", kind, f"{int(allowed.sum()):,}", f"{ms:.2f} ms", f"{ms / unfiltered_ms:.1f}", shown]
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--large", action="store_true", help="a million rows")
    parser.add_argument("--only", nargs="*", default=list(PEERS), help="which of the others")
    parser.add_argument("--peers", help="site-packages folder with the other libraries")
    options = parser.parse_args()
    if options.peers:
        sys.path.append(options.peers)
    n = 1_000_000 if options.large else options.rows
    print(f"{machine()}; seed {SEED}; {n:,} x {options.dim}, k {K}, {QUERIES} queries", flush=True)
    matrix, queries = vectors(n, options.dim)
    true = np.argpartition(-(queries @ matrix.T), K, axis=1)[:, :K]
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        FaissStore.build(matrix).write(Path(folder) / "index.faiss")
        built = time.perf_counter() - begun
        store = FaissStore.read(Path(folder) / "index.faiss")
        ours, found = median_ms(lambda q: store.search(q[None], K)[0][0], queries)
        first = ["**Trichord**", f"{store.kind}, width {store.width}", f"{built:.0f} s", f"{ours:.3f} ms", "1.00"]
        lines: list[list[object]] = [[*first, f"{recall(found, true):.3f}"]]
        for name in options.only:
            lines.append(measured(name, PEERS[name](matrix), queries, true, ours))
            print(*lines[-1], sep="; ", flush=True)
        print(table(["store", "asked at", "built in", "p50", "/ Trichord", "recall@10"], lines), end="\n\n", flush=True)
        head = ["allowed", "which", "rows allowed", "p50", "/ without filter", "recall@10"]
        print(table(head, filtered(store, matrix, queries, ours)))


if __name__ == "__main__":
    main()
