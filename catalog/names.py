"""Folding of names, so that spellings of one artist or title meet."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 500
# The title of what nobody named.
UNTITLED = "Untitled"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f‪-‮⁦-⁩‎‏]")


def clean(text: str | None, limit: int = MAX_NAME) -> str | None:
    """Return the text fit to store and show: no control or direction marks, no lone surrogates, capped, trimmed.

    None and what is empty afterwards become None.
    """
    if text is None:
        return None
    text = text[: limit * 4].encode("utf-8", "replace").decode("utf-8")
    text = " ".join(_CONTROL.sub(" ", text).split())[:limit].strip()
    return text or None


def fold(text: str) -> str:
    """Return lower-case letters and digits of any script without accents, single spaces: the key of a name."""
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain.replace("_", " ")))
