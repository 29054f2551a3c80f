"""A report folder: a table to read, numbers to compute with, plots to look at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from retrieval.errors import RetrievalError
from retrieval.evaluation.values import TaskReport


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
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RetrievalError(
            'Plots need matplotlib; run `pip install -e ".[evaluate]"` where Trichord lies.'
        ) from error
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
