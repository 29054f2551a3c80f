"""Playlist continuation beside other libraries: all ten scenarios of the challenge of 2018, one run, one split.

    python tests/benchmarks/playlists.py --shared DIR [--part tune] [--rectools PYTHON] [--sets] [--cold]

Lists: the non-algorithmic playlists of an archive (several snapshots each) and the playlists of a table of songs, split
by playlist; with `--sets` concert set lists instead. RecTools runs by a PYTHON of its own that has it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from figures import machine

from retrieval.continuation.corpus import Corpus, Rows
from retrieval.continuation.first_stage import Options
from retrieval.evaluation.playlists.datasets import read_dataset, split_by_playlist
from retrieval.evaluation.playlists.run import (
    BLEND,
    MEASURES,
    OURS,
    RankAll,
    best_peer,
    evaluate,
    evaluate_cold,
    table,
    write_report,
)
from retrieval.evaluation.playlists.scenarios import SCENARIOS, Request
from ui.cli.evaluation import embedder
from ui.compose import App
from ui.settings import load_settings

PEERS = Path(__file__).with_name("rectools_peers.py")


class RecTools:
    """Runs all of RecTools' models once, and hands out their rankings by name."""

    def __init__(self, python: str) -> None:
        self._python, self._found = python, {}

    def rank_all(self, name: str) -> RankAll:
        def rank(corpus: Corpus, requests: Sequence[Request]) -> list[Rows]:
            if not self._found:
                self._found = self._run(corpus, requests)
            return [ranks[ranks >= 0] for ranks in self._found[name]]

        return rank

    def _run(self, corpus: Corpus, requests: Sequence[Request]) -> dict[str, np.ndarray]:
        seeds = [r.seeds.rows for r in requests]
        with tempfile.TemporaryDirectory() as folder:
            given, answer = Path(folder, "in.npz"), Path(folder, "out.npz")
            np.savez(
                given,
                offsets=corpus.offsets,
                entries=corpus.entries,
                n=corpus.items.n,
                seeds=np.concatenate(seeds),
                starts=np.concatenate([[0], np.cumsum([len(s) for s in seeds])]),
                scenarios=np.array([SCENARIOS.index(r.scenario) for r in requests]),
            )
            subprocess.run(
                [self._python, str(PEERS), str(given), str(answer)],
                check=True,
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # else its ALS crawls
            )
            with np.load(answer) as found:
                return {name: found[name] for name in found.files}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="where the data lie")
    parser.add_argument("--part", choices=("tune", "test"), default="test")
    parser.add_argument("--rectools", help="a python with RecTools")
    parser.add_argument("--sets", action="store_true", help="concert set lists")
    parser.add_argument("--cold", action="store_true", help="only tracks that no training list holds")
    parser.add_argument("--keep", type=Path, help="folder of the report")
    options = parser.parse_args()
    data = options.shared / "data"
    paths = [data / "playlists_spotify_archive", data / "spotify_songs_32k/spotify_songs.csv.gz"]
    if options.sets:
        paths = [data / "setlists_grateful_dead/setlists.jsonl.zst"]
    dataset = read_dataset(paths)
    split = split_by_playlist(dataset)
    names = ["RecTools PureSVD", "RecTools ALS", *(["RecTools EASE"] if options.sets else [])]
    peers = RecTools(options.rectools) if options.rectools else None
    app = App(load_settings(None))
    if options.cold:
        cold = evaluate_cold(dataset, split, Options(), part=options.part, embed=embedder(app))
        app.close()
        print(f"{machine()}; cold tracks: {int((dataset.corpus.subset(split.train).counts == 0).sum())}; seed 0")
        for line in table(cold):
            print("| " + " | ".join(line) + " |")
        print("R-precision: {:.2f} [{:.2f}, {:.2f}] x popularity".format(*cold.ratio(BLEND, "  popularity", 0)))
        return
    outcome = evaluate(
        dataset,
        split,
        Options(),
        part=options.part,
        embed=embedder(app),
        others={} if peers is None else {name: peers.rank_all(name) for name in names},
        report=lambda line: print(line, flush=True),
    )
    app.close()
    lists = {p: len(set(np.array(dataset.list_ids)[getattr(split, p)])) for p in ("train", "tune", "test")}
    print(f"{machine()}; {lists} playlists, {len(split.train)} training lists, {dataset.corpus.items.n} tracks; seed 0")
    for line in table(outcome):
        print("| " + " | ".join(line) + " |")
    for n, measure in enumerate(MEASURES):
        peer = best_peer(outcome, n)
        for ours in (OURS, BLEND):
            ratio, low, high = outcome.ratio(ours, peer, n)
            print(f"{measure}: {ours} {ratio:.2f} [{low:.2f}, {high:.2f}] x {peer.strip()}")
    for name in outcome.scenarios:
        best = max(outcome.peers, key=lambda p: outcome.of(p, name)[:, 0].mean())
        ours, theirs = outcome.of(OURS, name)[:, 0], outcome.of(best, name)[:, 0]
        rng = np.random.default_rng(0)
        draws = [rng.integers(len(ours), size=len(ours)) for _ in range(2000)]
        low, high = np.percentile([(ours - theirs)[draw].mean() for draw in draws], [2.5, 97.5])
        least, most = np.percentile([ours[draw].mean() / max(theirs[draw].mean(), 1e-9) for draw in draws], [2.5, 97.5])
        told = f"{ours.mean():.4f}, best peer {best.strip()} {theirs.mean():.4f}"
        times = f"{ours.mean() / max(theirs.mean(), 1e-9):.2f} [{least:.2f}, {most:.2f}] x"
        print(f"{name}: {told}, {times}, apart {(ours - theirs).mean():+.3f} [{low:+.3f}, {high:+.3f}]")
    print({name: round(seconds, 1) for name, seconds in outcome.fit_s.items()})
    if options.keep:
        write_report(outcome, options.keep)


if __name__ == "__main__":
    main()
