"""The composition root: the only place that builds objects. Everything is made on first use and closed together.

Each room stands on the one before it: `encoding`, `searching`, `language`, `generating`, and `app`, the whole.
"""

from ui.compose.app import App

__all__ = ["App"]
