"""Where the data that benchmarks compare with lie: not part of the product, never shipped."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

VARIABLE = "TRICHORD_BENCHMARK_DATA"


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shared", type=Path, default=os.environ.get(VARIABLE), help=f"folder of the benchmark data (or {VARIABLE})"
    )


def folder_of(options: argparse.Namespace, name: str) -> Path:
    """Return one data set's folder; end with the remedy when it is not there."""
    if options.shared is None:
        raise SystemExit(f"Say where the benchmark data lie: --shared DIR or {VARIABLE}=DIR.")
    folder = Path(options.shared) / name
    if not folder.is_dir():
        raise SystemExit(f"{folder} does not exist; --shared must hold the folder {name}.")
    return folder
