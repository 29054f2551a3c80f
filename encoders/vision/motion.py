"""What moves in a strip of small pictures: motion energy, hard cuts, camera movement, rhythm.

Motion is the mean change of luma within a tenth of a second, 1 at a change of 10 % of the full scale. A hard cut is a
step of the colour histogram, or of luma over most of the picture, that stands out from its neighbours and does not lead
back to what was shown less than a second before (that is a flash). Camera: phase correlation (Kuglin and Hines, 1975)
of the whole picture gives pan and tilt, of its four quarters zoom. Rhythm: the first strong peak of the autocorrelation
of the change per picture or of the light's rise and fall, whichever repeats more clearly, cuts left out. Where cuts are
frequent only the light can tell: the change beside the cuts repeats with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoders.media.strip import Strip
from encoders.values import Camera, Cut, Estimate, FloatArray
from encoders.vision.pixels import LUMA

Floats = NDArray[np.float64]

_FULL_MOTION = 0.10  # mean change of luma per 0.1 s
_CUT_DISTANCE = 0.35  # between colour histograms, 0 the same, 1 disjoint
_STANDS_OUT = 4.0  # times the median of the steps around it
_STANDS_OUT_A_LITTLE = 1.5  # where no shift of the camera explains it
_AROUND = 6
_FLASH_S = 1.0
_FLASH_LUMA, _FLASH_COLOURS = 0.08, 0.15
_LUMA_WORTH = 3.0
_SAME = 0.03  # mean difference of luma of what is the same picture
_BINS = 4
_CAMERA_PAIRS = 48
_CAMERA_GAP_S = 0.15
_CLEAR_PEAK = 0.08  # a phase correlation below this is noise
_MOVES = 0.02  # of the width, height or scale per second
_GRID_HZ = 60.0
_FASTEST_S, _SLOWEST_S = 0.25, 1.6  # 240 to 38 beats per minute
_MIN_PERIODS = 3.0
_SMOOTH = np.hanning(15)[1:-1] / np.hanning(15).sum()
_LEAST_CHANGE = 2e-3
_PULSE = 0.005  # of the full scale: the mean luma drifts by less from picture to picture when the camera moves
_CUT_OFTEN = 20.0  # cuts a minute from which they, not a movement, make the regularity of the change


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """`motion` ``(n,)`` in [0, 1] is the change since the picture before, NaN where that is not the very next one.

    `cuts_s` are the instants of the first pictures of new shots, `cut_rate` is cuts per minute with those estimated
    that fall between what was decoded. `strengths` in [0, 1] say how much of the picture changes at each cut.
    """

    motion: Floats
    cuts_s: tuple[float, ...]
    cut_rate: float
    camera: Camera | None
    rhythm: Estimate | None
    strengths: tuple[float, ...] = ()


def cuts_of(strip: Strip) -> tuple[Cut, ...]:
    """Return the hard cuts of a strip of any length, in order."""
    if len(strip.times_s) < 2:
        return ()
    luma, histograms = _luma(strip), _histograms(strip)
    is_cut, strengths = _cuts(strip, histograms, luma)
    return tuple(Cut(float(strip.times_s[n]), float(strengths[n])) for n in np.flatnonzero(is_cut))


def movement(strip: Strip) -> Movement:
    """Measure a strip of any length; one picture has neither motion nor camera nor rhythm."""
    n = len(strip.times_s)
    if n < 2:
        return Movement(np.full(n, np.nan), (), 0.0, None, None)
    luma = _luma(strip)
    gaps_s = np.maximum(np.diff(strip.times_s), 1e-3)
    change = np.concatenate([[0.0], np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2))])
    is_cut, strengths = _cuts(strip, _histograms(strip), luma)
    motion = np.full(n, np.nan)
    inside = strip.follows & ~is_cut
    # At less than ten pictures a second a step is not spread over more time than a tenth: the eye sees it at once.
    tenths = np.maximum(gaps_s[inside[1:]] / 0.1, 1.0 / 6.0)
    motion[inside] = np.clip(change[inside] / tenths / _FULL_MOTION, 0.0, 1.0)
    cut_rate = _cut_rate(strip, is_cut, gaps_s)
    light = np.concatenate([[0.0], np.diff(luma.mean(axis=(1, 2)))])
    pulse = np.where(is_cut | (np.abs(light) < _PULSE), 0.0, light)
    rhythms = [_rhythm(strip, pulse)]
    if cut_rate < _CUT_OFTEN:
        rhythms.append(_rhythm(strip, np.where(is_cut, np.median(change), change)))
    return Movement(
        motion,
        tuple(float(t) for t in strip.times_s[is_cut]),
        cut_rate,
        _camera(strip, luma, is_cut),
        max((rhythm for rhythm in rhythms if rhythm), key=lambda rhythm: rhythm.confidence, default=None),
        tuple(float(s) for s in strengths[is_cut]),
    )


def _luma(strip: Strip) -> FloatArray:
    return np.asarray(strip.thumbs @ (LUMA / np.float32(255.0)), dtype=np.float32)


def _histograms(strip: Strip) -> FloatArray:
    return np.stack([_histogram(thumb) for thumb in strip.thumbs])


def _histogram(thumb: NDArray[np.uint8]) -> FloatArray:
    bins = (thumb.reshape(-1, 3) >> 6).astype(np.int64) @ np.array([_BINS * _BINS, _BINS, 1])
    share: FloatArray = (np.bincount(bins, minlength=_BINS**3) / len(bins)).astype(np.float32)
    return share


def _cuts(strip: Strip, histograms: FloatArray, luma: FloatArray) -> tuple[NDArray[np.bool_], Floats]:
    """Tell of each picture whether it is the first of a shot, and how far it is from the one before, in [0, 1]."""
    colours = np.abs(np.diff(histograms, axis=0)).sum(axis=1) / 2
    # Shots of like colour: most of the picture changes at a cut, only some of it when a thing moves.
    places = _LUMA_WORTH * np.median(np.abs(np.diff(luma, axis=0)), axis=(1, 2))
    steps = np.concatenate([[0.0], np.maximum(colours, places)])
    found = np.zeros(len(steps), np.bool_)
    for n in np.flatnonzero(steps > _CUT_DISTANCE):
        around = np.concatenate([steps[max(1, n - _AROUND) : n], steps[n + 1 : n + 1 + _AROUND]])
        usual = float(np.median(around)) if strip.follows[n] and len(around) else 0.0
        # Beside fast camera movement a cut hardly stands out, but no shift leads from one picture to the other.
        alike = steps[n] <= _STANDS_OUT * usual
        if alike and (steps[n] <= _STANDS_OUT_A_LITTLE * usual or _shift(luma[n - 1], luma[n])[2] >= _CLEAR_PEAK):
            continue
        found[n] = not _leads_back(strip, histograms, luma, int(n))
    return found, np.clip(steps, 0.0, 1.0)


def _leads_back(strip: Strip, histograms: FloatArray, luma: FloatArray, n: int) -> bool:
    """Tell whether picture n, or the picture before it, is what was shown within a second on the other side.

    A change of light that goes as it came is a flash even where the camera has moved on meanwhile.
    """
    times = strip.times_s
    before = slice(int(np.searchsorted(times, times[n] - _FLASH_S)), n - 1)
    after = slice(n + 1, int(np.searchsorted(times, times[n] + _FLASH_S)))
    for shown, other in ((before, n), (after, n - 1)):
        if (np.abs(luma[shown] - luma[other]).mean(axis=(1, 2)) < _SAME).any():
            return True
        colours = np.abs(histograms[shown] - histograms[other]).sum(axis=1) / 2
        if abs(luma[n].mean() - luma[n - 1].mean()) > _FLASH_LUMA and (colours < _FLASH_COLOURS).any():
            return True
    return False


def _cut_rate(strip: Strip, is_cut: NDArray[np.bool_], gaps_s: Floats) -> float:
    """Cuts per minute: counted where every picture was seen, estimated across gaps.

    If cuts fall at random (Poisson), a share ``p`` of gaps shows two shots at a rate of ``-ln(1 - p)`` a gap; with all
    gaps different the rate cannot be told any more, so ``p`` is held half a gap below 1.
    """
    across = ~strip.follows[1:]
    counted = float((is_cut[1:] & ~across).sum())
    jumps = int(across.sum())
    if jumps:
        share = min(float(is_cut[1:][across].mean()), 1.0 - 0.5 / jumps)
        counted += -float(np.log1p(-share)) * jumps
    return counted * 60.0 / float(gaps_s.sum())


def _camera(strip: Strip, luma: FloatArray, is_cut: NDArray[np.bool_]) -> Camera | None:
    """Median pan, tilt and zoom per second over pairs of pictures of one run; None where there is no such pair."""
    moves = []
    pairs = _pairs(strip, is_cut)
    for first, second in pairs[:: max(1, len(pairs) // _CAMERA_PAIRS)]:
        gap_s = strip.times_s[second] - strip.times_s[first]
        moves.append(np.array(_moved(luma[first], luma[second])) / gap_s)
    if not moves:
        return None
    pan, tilt, zoom = (float(np.clip(m, -9.0, 9.0)) for m in np.median(np.stack(moves), axis=0))
    return Camera(pan, tilt, zoom, _in_a_word(pan, tilt, zoom))


def _pairs(strip: Strip, is_cut: NDArray[np.bool_]) -> list[tuple[int, int]]:
    run = np.cumsum(~strip.follows | is_cut)
    later = np.searchsorted(strip.times_s, strip.times_s + _CAMERA_GAP_S)
    later = np.maximum(np.minimum(later, len(run) - 1), np.arange(len(run)))
    return [(n, int(m)) for n, m in enumerate(later) if m > n and run[n] == run[m]]


def _moved(first: FloatArray, second: FloatArray) -> tuple[float, float, float]:
    """Camera movement between two pictures: right, up, in; in widths, heights, parts of the scale."""
    height, width = first.shape
    right, down, clear = _shift(first, second)
    if clear < _CLEAR_PEAK:
        right = down = 0.0
    outward = []
    for rows, toward in ((slice(0, height // 2), -1), (slice(height - height // 2, height), 1)):
        for columns, aside in ((slice(0, width // 2), -1), (slice(width - width // 2, width), 1)):
            x, y, peak = _shift(first[rows, columns], second[rows, columns])
            if peak >= _CLEAR_PEAK:
                outward.append((x * aside / (width / 4) + y * toward / (height / 4)) / 2)
    zoom = float(np.mean(outward)) if len(outward) >= 3 else 0.0
    return -right / width, down / height, zoom


def _shift(first: FloatArray, second: FloatArray) -> tuple[float, float, float]:
    """How far the content moved, (right, down) in pixels, and how clear the peak is, in [0, 1]."""
    window = np.outer(np.hanning(first.shape[0]), np.hanning(first.shape[1]))
    one, two = np.fft.rfft2((first - first.mean()) * window), np.fft.rfft2((second - second.mean()) * window)
    cross = two * np.conj(one)
    size = np.abs(cross)
    if size.max() < 1e-6:
        return 0.0, 0.0, 0.0
    plane = np.fft.irfft2(cross / np.maximum(size, 1e-3 * size.max()), s=first.shape)
    row, column = np.unravel_index(int(plane.argmax()), plane.shape)
    down = row + _vertex(plane[:, column], int(row))
    right = column + _vertex(plane[row], int(column))
    height, width = plane.shape
    return (
        float(right - width if right > width / 2 else right),
        float(down - height if down > height / 2 else down),
        float(plane.max()),
    )


def _vertex(values: NDArray[np.floating], at: int) -> float:
    """Offset of the parabola's top through a peak and its neighbours, cyclic, in [-0.5, 0.5]."""
    left, middle, right = values[at - 1], values[at], values[(at + 1) % len(values)]
    bend = left - 2 * middle + right
    return float(np.clip((left - right) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0


def _in_a_word(pan: float, tilt: float, zoom: float) -> str:
    name, speed = max((("pan", pan), ("tilt", tilt), ("zoom", zoom)), key=lambda move: abs(move[1]))
    if abs(speed) < _MOVES:
        return "still"
    ways = {"pan": ("right", "left"), "tilt": ("up", "down"), "zoom": ("in", "out")}
    return f"{name} {ways[name][0 if speed > 0 else 1]}"


def _rhythm(strip: Strip, change: Floats) -> Estimate | None:
    """Beats per minute of the longest run's changes, signed or not; None without three periods of a regular one."""
    start, stop = _longest_run(strip)
    times = strip.times_s[start:stop]
    if len(times) < 8 or times[-1] - times[0] < _MIN_PERIODS * _FASTEST_S:
        return None
    grid = np.arange(times[0], times[-1], 1.0 / _GRID_HZ)
    step = np.searchsorted(times, grid, side="right") - 1
    size = np.abs(change[start:stop])
    curve = (np.sign(change[start:stop]) * np.sqrt(np.minimum(size, 0.5)))[step]  # one big step must not outweigh all
    curve = np.convolve(curve, _SMOOTH, mode="same")
    curve = curve - curve.mean()
    if curve.std() < _LEAST_CHANGE:
        return None
    return _period(curve)


def _longest_run(strip: Strip) -> tuple[int, int]:
    starts = np.flatnonzero(~strip.follows)
    stops = np.append(starts[1:], len(strip.follows))
    longest = int((stops - starts).argmax())
    return int(starts[longest]), int(stops[longest])


def _period(curve: Floats) -> Estimate | None:
    spectrum = np.abs(np.fft.rfft(curve, 2 * len(curve))) ** 2
    correlation = np.fft.irfft(spectrum)[: len(curve)] / np.arange(len(curve), 0, -1)
    correlation = correlation / correlation[0]
    slowest = min(int(_SLOWEST_S * _GRID_HZ), int(len(curve) / _MIN_PERIODS))
    fastest = int(_FASTEST_S * _GRID_HZ)
    lags = np.arange(fastest, slowest)
    peaks = [k for k in lags if correlation[k] >= correlation[k - 1] and correlation[k] > correlation[k + 1]]
    best = max((correlation[k] for k in peaks), default=0.0)
    if best <= 0:
        return None
    lag = next(k for k in peaks if correlation[k] >= 0.75 * best)  # of multiples, the beat itself
    exact = lag + _vertex(correlation[: slowest + 2], int(lag))
    return Estimate(60.0 * _GRID_HZ / float(exact), float(np.clip(correlation[lag], 0.0, 1.0)))
