"""A report folder: a table to read, numbers to compute with, plots to look at."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.errors import RetrievalError
from retrieval.evaluation.values import Measure, TaskReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's, which colour-blind people tell apart.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")


def markdown(reports: Sequence[TaskReport], about: str) -> str:
    """Return the table of all measures under one line about the run."""
    lines = [about, "", "| task | measure | value [95 % interval] | n |", "|---|---|---|---|"]
    for report in reports:
        lines += [f"| {report.name} | {name} | {m} | {m.n} |" for name, m in report.measures.items()]
    return "\n".join(lines) + "\n"


def write_report(reports: Sequence[TaskReport], folder: Path, about: str) -> list[Path]:
    """Write ``report.md`` and ``report.json``; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    table, numbers = folder / "report.md", folder / "report.json"
    table.write_text(markdown(reports, about), encoding="utf-8")
    numbers.write_text(json.dumps([asdict(r) for r in reports], indent=1), encoding="utf-8")
    return [table, numbers]


def write_plots(reports: Sequence[TaskReport], folder: Path) -> list[Path]:
    """Write the plots into an existing folder; return the files.

    Raises:
        RetrievalError: matplotlib is not installed; the message names the extra.
    """
    Figure = _figure()  # a class
    written = [folder / "measures.png"]
    shares = [
        (f"{r.name}: {name}", m)
        for r in reports
        for name, m in r.measures.items()
        if m.n and 0 <= m.low <= m.value <= m.high <= 1
    ]
    figure = Figure(figsize=(8, 0.4 * len(shares) + 1.2), layout="constrained")
    axes = figure.subplots()
    for place, (_, m) in enumerate(shares):
        axes.errorbar(m.value, place, xerr=[[m.value - m.low], [m.high - m.value]], fmt="o", color="#0072b2", capsize=3)
    axes.set_yticks(range(len(shares)), [name for name, _ in shares])
    axes.set_xlim(0, 1.02)
    axes.invert_yaxis()
    axes.set_xlabel("value, 95 % interval")
    figure.savefig(written[0], dpi=120)
    for report in reports:
        for name, points in report.curves.items():
            written.append(folder / f"{report.name.replace(' ', '_')}_{name}.png")
            _curve(report.name, name, points, written[-1])
    return written


def write_bars(plots: Mapping[str, Mapping[str, Mapping[str, Measure]]], folder: Path) -> list[Path]:
    """Write one bar plot a title, of group -> measure with its 95 % interval; return the files.

    The name of a file is the title with underscores. Groups stand side by side, and each has a bar a measure; a measure
    without cases has none.

    Raises:
        RetrievalError: matplotlib is not installed; the message names the extra.
    """
    Figure = _figure()  # a class
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for title, groups in plots.items():
        names = list(dict.fromkeys(name for measures in groups.values() for name in measures))
        width = 0.8 / max(1, len(names))
        figure = Figure(figsize=(2 + 0.28 * max(1, len(names)) * len(groups) + 3, 4), layout="constrained")
        axes = figure.subplots()
        for place, name in enumerate(names):
            held = [(n, m[name]) for n, m in enumerate(groups.values()) if name in m and m[name].n]
            spread = [[m.value - m.low for _, m in held], [m.high - m.value for _, m in held]]
            places = [n + (place - (len(names) - 1) / 2) * width for n, _ in held]
            colour = _COLOURS[place % len(_COLOURS)]
            axes.bar(places, [m.value for _, m in held], width, yerr=spread, capsize=2, label=name, color=colour)
        axes.set_xticks(range(len(groups)), list(groups))
        axes.set_ylim(0, 1.02)
        axes.set_ylabel("mean, 95 % interval")
        axes.set_title(title)
        figure.legend(loc="outside right upper", fontsize="small")
        written.append(folder / f"{re.sub(r'[^a-z0-9]+', '_', title.casefold()).strip('_')}.png")
        figure.savefig(written[-1], dpi=120)
    return written


def _figure() -> type[Figure]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RetrievalError(
            'Plots need matplotlib; run `pip install -e ".[evaluate]"` where Trichord lies.'
        ) from error
    return Figure


def _curve(task: str, name: str, points: Sequence[tuple[float, float]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], linestyle=":", color="#999999")
    axes.plot([x for x, _ in points], [y for _, y in points], marker="o", color="#d55e00")
    axes.set_xlabel("said")
    axes.set_ylabel("true")
    axes.set_title(f"{task}: {name}")
    figure.savefig(path, dpi=120)
