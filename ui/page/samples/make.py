"""Makes the two sample clips: a slow sea at dusk, a fast drive at night. Own pictures, public domain (CC0).

Run: ``python ui/page/samples/make.py``; the files beside it are overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 24, 10
Picture = NDArray[np.uint8]
_Y, _X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


def sea(t: float, _: np.random.Generator) -> Picture:
    """Return a calm evening: a warm sky, a low sun, slow waves."""
    horizon = HEIGHT * 0.55
    sky = np.clip(_Y / horizon, 0, 1)[..., None]
    picture = (1 - sky) * np.array([70, 90, 160]) + sky * np.array([250, 170, 110])
    sun = np.exp(-(((_X - WIDTH * 0.6) ** 2 + (_Y - horizon * 0.85 - 4 * t) ** 2) / 1200))[..., None]
    picture = picture + sun * np.array([120, 110, 60])
    depth = np.clip((_Y - horizon) / (HEIGHT - horizon), 0, 1)
    waves = np.sin(_X / (6 + 40 * depth) + 1.2 * t + 3 * np.sin(_Y / 9 + 0.5 * t)) * (0.4 + 0.6 * depth)
    water = np.array([40, 80, 120]) + (waves * 22)[..., None] + (1 - depth)[..., None] * np.array([130, 60, 20])
    return _as_picture(np.where((_Y > horizon)[..., None], water, picture))


def drive(t: float, rng: np.random.Generator) -> Picture:
    """Return a night drive: lights rushing by, a hard cut every second."""
    scene = int(t)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32) + np.array([6, 6, 18 + 12 * (scene % 3)])
    local = np.random.default_rng(scene)
    angles, speeds = local.uniform(0, 2 * np.pi, 40), local.uniform(0.6, 1.6, 40)
    colours = local.choice([[255, 60, 60], [255, 220, 120], [80, 160, 255], [255, 255, 255]], 40)
    for angle, speed, colour in zip(angles, speeds, colours, strict=True):
        along = ((t * speed + angle) % 1.0) ** 2 * WIDTH * 0.7
        x, y = WIDTH / 2 + np.cos(angle) * along, HEIGHT * 0.45 + np.sin(angle) * along * 0.6
        size = 2 + along / 22
        picture += np.exp(-(((_X - x) / (size * 2)) ** 2 + ((_Y - y) / size) ** 2))[..., None] * colour
    return _as_picture(picture + rng.normal(0, 2, picture.shape))


def _as_picture(values: NDArray[np.floating]) -> Picture:
    clipped: Picture = values.clip(0, 255).astype(np.uint8)
    return clipped


def render(path: Path, paint: Callable[[float, np.random.Generator], Picture]) -> None:
    """Encode ten seconds of a painted clip as H.264."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "33", "preset": "slow"}
        for n in range(FPS * SECONDS):
            frame = av.VideoFrame.from_ndarray(paint(n / FPS, rng), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


if __name__ == "__main__":
    here = Path(__file__).parent
    render(here / "sea.mp4", sea)
    render(here / "drive.mp4", drive)
