"""The command line. Nothing heavy is imported before a command needs it: ``trichord --help`` stays quick."""

from __future__ import annotations

from ui.cli.main import main

__all__ = ["main"]
