"""Still pictures through Pillow, sizes checked before a pixel is decoded. Runs in the child process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from encoders.errors import MediaError
from encoders.media.limits import MediaLimits, check_size
from encoders.protocols import Image

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
LONG_SIDE_PX = 1024

# Pillow only reads a header on opening; check_size then bounds side and area by the limits, with a sentence of ours.
Pillow.MAX_IMAGE_PIXELS = None


@contextmanager
def _opened(path: Path, limits: MediaLimits) -> Iterator[Pillow.Image]:
    try:
        with Pillow.open(path, formats=FORMATS) as picture:
            check_size(path.name, picture.width, picture.height, limits)
            yield picture
    except UnidentifiedImageError as error:
        raise MediaError(f"{path.name!r} is a damaged picture: its header cannot be read") from error
    except (OSError, SyntaxError) as error:
        raise MediaError(f"{path.name!r} is a damaged picture: {error}") from error


def picture_size(path: Path, limits: MediaLimits) -> tuple[str, int, int]:
    """Format, width and height."""
    with _opened(path, limits) as picture:
        return str(picture.format).lower(), picture.width, picture.height


def read_picture(path: Path, limits: MediaLimits) -> Image:
    """``uint8 (h, w, 3)`` RGB, upright, at most 1024 pixels on the long side; of an animation the first picture."""
    with _opened(path, limits) as picture:
        picture.draft("RGB", (LONG_SIDE_PX, LONG_SIDE_PX))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX), reducing_gap=2.0)
        return np.asarray(upright.convert("RGB"), dtype=np.uint8)
