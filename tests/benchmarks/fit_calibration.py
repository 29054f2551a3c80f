"""Measure the reference catalogue and fit the curve from relevance to probability.

    python tests/benchmarks/fit_calibration.py [--data-dir DIR] [--write]

Without ``--write`` nothing in the repository changes: the figures of the shipped or newly fitted curve are printed.
The user's catalogue is copied first; only the copy is opened.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sqlite3
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from figures import bootstrap, machine, table
from numpy.typing import NDArray

import retrieval
from catalog.store import Catalogue
from catalog.values import Track
from encoders.protocols import TextEncoder
from retrieval.calibration import NOTHING_FITS, Calibration
from retrieval.concepts import load_reference, measurements_of
from retrieval.indexes.build import embed_documents
from retrieval.indexes.versions import IndexDirectory
from retrieval.search import SearchEngine
from ui.compose import App
from ui.settings import load_settings

PACKAGE = Path(retrieval.__file__).parent
QUERIES = Path(__file__).with_name("calibration_queries.toml")
LEAST_STD = 1e-3
# What others measure on scales of their own in [0, 1] (valence, danceability): the middle and the usual spread.
BY_OTHERS = {"valence": (0.5, 0.24), "danceability": (0.6, 0.16)}


@dataclass(frozen=True)
class Query:
    family: str
    text: str
    present: bool
    only: tuple[str, ...]
    report: bool


@dataclass(frozen=True)
class Answer:
    query: Query
    relevance: float
    found: bool
    best: str


class Raw(Calibration):
    """No curve: the relevance itself, so that the engine reports what the curve is to be fitted on."""

    def probability(self, relevance: float) -> float:
        return relevance


def read_queries(path: Path = QUERIES) -> tuple[list[Query], dict[str, str]]:
    """Return the labelled questions, each family in one half, and the albums by their short names."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    families = data["family"]
    report = report_half([(f["name"], _kind(f)) for f in families])
    queries = [
        Query(f["name"], text, label == "present", tuple(f.get("only", ())), f["name"] in report)
        for f in families
        for label in ("present", "absent")
        for text in f.get(label, ())
    ]
    return queries, data["albums"]


def _kind(family: dict[str, object]) -> str:
    return "narrow" if "only" in family else "present" if "present" in family else "absent"


def report_half(families: Iterable[tuple[str, str]]) -> set[str]:
    """Return the families to report on: every other one of each kind, in the order of their names' hashes."""
    kinds: dict[str, list[str]] = {}
    for name, kind in families:
        kinds.setdefault(kind, []).append(name)
    chosen = set()
    for names in kinds.values():
        ordered = sorted(names, key=lambda n: hashlib.sha256(n.encode()).hexdigest())
        chosen |= set(ordered[1::2])
    return chosen


def measure_reference(tracks: Sequence[Track]) -> dict[str, object]:
    """Return mean and standard deviation of every measurement over the tracks."""
    values: dict[str, list[float]] = {}
    for track in tracks:
        for name, value in measurements_of(track).items():
            # The mode is -1 to 1 by its own nature and is not standardised.
            if name != "minor":
                values.setdefault(name, []).append(value)
    mean = {name: round(float(np.mean(v)), 4) for name, v in values.items()}
    std = {name: round(max(float(np.std(v)), LEAST_STD), 4) for name, v in values.items()}
    mean |= {name: middle for name, (middle, _) in BY_OTHERS.items()}
    std |= {name: spread for name, (_, spread) in BY_OTHERS.items()}
    return {"tracks": len(tracks), "mean": dict(sorted(mean.items())), "std": dict(sorted(std.items()))}


def copy_catalogue(source: Path, target: Path, albums: frozenset[str] | None) -> Catalogue:
    """Copy a catalogue, keeping the tracks of some albums (None: all of them)."""
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as original, sqlite3.connect(target) as copy:
        original.backup(copy)
    catalogue = Catalogue(target)
    if albums is not None:
        catalogue.library.remove([t.id for t in catalogue.library.all() if t.album not in albums])
    return catalogue


def ask(app: App, queries: Sequence[Query], albums: dict[str, str], folder: Path) -> Iterator[Answer]:
    """Ask every question of its library, through the door that search and chat use."""
    libraries = sorted({q.only for q in queries})
    for number, only in enumerate(libraries):
        names = frozenset(albums[a] for a in only) if only else None
        catalogue = copy_catalogue(app.settings.catalogue_path, folder / f"{number}.db", names)
        try:
            yield from _ask_one(app, catalogue, [q for q in queries if q.only == only], folder / f"{number}")
        finally:
            catalogue.close()


def _ask_one(app: App, catalogue: Catalogue, queries: Sequence[Query], indexes: Path) -> Iterator[Answer]:
    text: TextEncoder | None = app.text
    if text is None:
        raise SystemExit("No text encoder: run `trichord models pull` first; the curve is fitted with every branch.")
    embed_documents(catalogue, text)
    engine = SearchEngine(catalogue, IndexDirectory(indexes), text, app.music_space, Raw(1.0, 0.0))
    for query in queries:
        found = engine.search(engine.request(query.text)).candidates
        best = found[0].track.title if found else "-"
        yield Answer(query, found[0].score if found else 0.0, bool(found), best)


def fit(relevance: NDArray[np.float64], present: NDArray[np.bool_]) -> tuple[float, float]:
    """Return (slope, intercept) of Platt's curve with his smoothed targets, by Newton's method."""
    ups, downs = int(present.sum()), int((~present).sum())
    target = np.where(present, (ups + 1) / (ups + 2), 1 / (downs + 2))
    x = np.stack([relevance, np.ones_like(relevance)], axis=1)
    beta = np.zeros(2)
    for _ in range(100):
        p = 1 / (1 + np.exp(-x @ beta))
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(2), x.T @ (target - p))
        beta += step
        if np.abs(step).max() < 1e-9:
            break
    return float(beta[0]), float(beta[1])


def arrays(answers: Sequence[Answer]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return (relevance, present) of the answers."""
    return np.array([a.relevance for a in answers]), np.array([a.query.present for a in answers])


def auc(rows: NDArray[np.float64]) -> float:
    """Return how often a present question outranks an absent one (ties half); rows are (probability, present)."""
    present = rows[:, 1] > 0.5
    above = rows[present, 0][:, None] - rows[~present, 0][None]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def nothing_fits(rows: NDArray[np.float64]) -> tuple[float, float]:
    """Return (precision, recall) of saying that nothing fits; rows are (probability, present)."""
    said, absent = rows[:, 0] < NOTHING_FITS, rows[:, 1] < 0.5
    precision = float(absent[said].mean()) if said.any() else float("nan")
    return precision, float(said[absent].mean()) if absent.any() else float("nan")


def scored(answers: Sequence[Answer], curve: Calibration) -> list[NDArray[np.float64]]:
    """Return one array of (probability, present) per family."""
    groups: dict[str, list[tuple[float, float]]] = {}
    for a in answers:
        # Hard wishes that leave nothing are an answer by themselves, whatever the curve.
        p = curve.probability(a.relevance) if a.found else 0.0
        groups.setdefault(a.query.family, []).append((p, float(a.query.present)))
    return [np.array(g) for g in groups.values()]


def report(title: str, groups: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """Print precision and recall of "nothing fits" with intervals, from rows (probability, present) by family."""
    rows = np.concatenate(groups)
    precision, recall = nothing_fits(rows)
    p_low, p_high = bootstrap(groups, lambda r: nothing_fits(r)[0])
    r_low, r_high = bootstrap(groups, lambda r: nothing_fits(r)[1])
    absent = int((rows[:, 1] < 0.5).sum())
    print(
        f"{title}: n {len(rows)} ({len(rows) - absent} present, {absent} absent, {len(groups)} families), "
        f"precision {precision:.2f} [{p_low:.2f}, {p_high:.2f}], recall {recall:.2f} [{r_low:.2f}, {r_high:.2f}], "
        f"Brier {np.mean((rows[:, 0] - rows[:, 1]) ** 2):.3f}, AUC {auc(rows):.3f}"
    )
    return precision, recall


def reliability(answers: Sequence[Answer], curve: Calibration) -> str:
    """Return the reliability table: what was said beside what was true."""
    rows = np.concatenate(scored(answers, curve))
    lines = []
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = rows[(rows[:, 0] >= low) & (rows[:, 0] < low + 0.2 + (1e-9 if low == 0.8 else 0))]
        means = [f"{inside[:, 0].mean():.2f}", f"{inside[:, 1].mean():.2f}"] if len(inside) else ["-", "-"]
        lines.append([f"{low:.1f} to {low + 0.2:.1f}", len(inside), *means])
    return table(["said", "n", "mean said", "truly there"], lines)


def _write(name: str, data: object) -> None:
    (PACKAGE / name).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="where the ingested demo catalogue lies (default: the user's)")
    parser.add_argument("--write", action="store_true", help="write retrieval/reference.json and calibration.json")
    parser.add_argument("--show", choices=["fit", "none"], default="none", help="list the errors of the fit half")
    options = parser.parse_args()
    # The narrowed copies have no index on purpose; exact search answers the same.
    logging.getLogger("retrieval").setLevel(logging.ERROR)
    app = App(load_settings(options.data_dir))
    queries, albums = read_queries()
    try:
        with tempfile.TemporaryDirectory() as folder:
            catalogue = copy_catalogue(app.settings.catalogue_path, Path(folder) / "reference.db", None)
            tracks = catalogue.library.all()
            catalogue.close()
            if options.write:
                _write("reference.json", measure_reference(tracks))
                load_reference.cache_clear()
            answers = list(ask(app, queries, albums, Path(folder)))
    finally:
        app.close()
    fit_half = [a for a in answers if not a.query.report]
    report_half_ = [a for a in answers if a.query.report]
    # What a filter decided says nothing about the curve.
    slope, intercept = fit(*arrays([a for a in fit_half if a.found]))
    curve = Calibration(round(slope, 3), round(intercept, 3))
    print(f"{machine()}; {len(tracks)} tracks; slope {curve.slope}, intercept {curve.intercept}")
    report("fit half", scored(fit_half, curve))
    precision, recall = report("report half", scored(report_half_, curve))
    report("report half, decided by relevance", scored([a for a in report_half_ if a.found], curve))
    report("report half, whole catalogue only", scored([a for a in report_half_ if not a.query.only], curve))
    # Half of the families are easier than the other half by luck; crossing over uses all of them unseen.
    swapped = Calibration(*fit(*arrays([a for a in report_half_ if a.found])))
    report("both halves, each by the other's curve", scored(report_half_, curve) + scored(fit_half, swapped))
    print(reliability(report_half_, curve))
    if options.show == "fit":
        _show(fit_half, curve)
    if options.write:
        _write(
            "calibration.json",
            {
                "slope": curve.slope,
                "intercept": curve.intercept,
                "fitted_on": f"labelled questions to the demo catalogue of {len(tracks)} tracks",
                "n_fit": len(fit_half),
                "n_report": len(report_half_),
                "precision": round(precision, 3),
                "recall": round(recall, 3),
            },
        )


def _show(answers: Sequence[Answer], curve: Calibration) -> None:
    for a in sorted(answers, key=lambda a: a.relevance):
        p = curve.probability(a.relevance) if a.found else 0.0
        wrong = "  <- wrong" if (p >= NOTHING_FITS) != a.query.present else ""
        print(
            f"{a.relevance:.3f} {p:.2f} {'there ' if a.query.present else 'absent'} {a.query.text!r} [{a.best}]{wrong}"
        )


if __name__ == "__main__":
    main()
