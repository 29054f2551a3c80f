"""``python -m ui.cli``: the command line where no script of it is on the path."""

from __future__ import annotations

from ui.cli.main import main

main()
