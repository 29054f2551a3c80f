"""Errors that a user may meet while the demo catalogue is fetched; one sentence each, with the remedy."""

from __future__ import annotations

OWN_MUSIC = "use your own music instead: run `make demo MUSIC=/path/to/your/music`"


class DemoError(RuntimeError):
    """Base of the errors of this package."""


class DemoUnavailableError(DemoError):
    """Nothing of the demo catalogue can be had on this system; the message asks for a music folder."""


class PackageError(DemoError):
    """One package could not be fetched or opened; the others go on."""
