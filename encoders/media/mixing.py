"""Music mixed under a clip's own sound, a second at a time: fades, levels, ducking. Runs in the child process.

Everything is 48 kHz stereo. Fades have equal power (a quarter of a sine). Where music is ducked it falls by `duck_db`
over a quarter of a second before speech begins, and comes back over six tenths after it ends; between words that are
closer than that it stays down. Where the clip's own sound is ducked it falls under music by the same curve, but not
where somebody speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from encoders.media.limits import MediaLimits
from encoders.media.listening import find_speech
from encoders.media.opening import open_media
from encoders.media.sound import require_audio
from encoders.values import FloatArray

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream

RATE_HZ = 48_000
BLOCK = RATE_HZ
_ATTACK_S, _RELEASE_S = 0.25, 0.6
_LEAST_FADE_S = 0.005  # a sound that starts at full level clicks
_TOLERATED_S = 0.05  # time stamps of a sound may be that far off before they are believed

Floats = NDArray[np.float64]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class MixCue:
    """Music from `start_s` to `end_s` of the clip: the file at `path` from `offset_s` on."""

    path: str
    start_s: float
    end_s: float
    offset_s: float
    gain_db: float
    fade_in_s: float
    fade_out_s: float
    duck: bool


@dataclass(frozen=True, slots=True)
class Mix:
    """What is heard in a film; `original` is ``keep``, ``duck`` or ``remove``; `loudness_lufs` None: as it comes."""

    cues: tuple[MixCue, ...]
    original: str = "keep"
    duck_db: float = 12.0
    loudness_lufs: float | None = -14.0


class Mixer:
    """Mixes one film, as often as it is asked to; MediaError for a sound that cannot be opened.

    Where something gives way to speech, the clip is listened to first; `report` is told the share of that.
    """

    def __init__(
        self,
        clip: Path,
        mix: Mix,
        duration_s: float,
        has_audio: bool,
        limits: MediaLimits,
        report: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._clip, self._mix, self._limits = clip, mix, limits
        self._samples = round(duration_s * RATE_HZ)
        self._original = has_audio and mix.original != "remove"
        wanted = has_audio and (mix.original == "duck" or (self._original and any(cue.duck for cue in mix.cues)))
        spoken = find_speech(clip, limits, report) if wanted else ()
        self._speech = envelope([(mark.start_s, mark.end_s) for mark in spoken])
        self._music = envelope([(cue.start_s, cue.end_s) for cue in mix.cues])

    @property
    def sounds(self) -> bool:
        """Whether there is anything to hear."""
        return self._original or bool(self._mix.cues)

    def blocks(self) -> Iterator[FloatArray]:
        """Yield float32 ``(2, samples)`` of a second each, the last one shorter, in all as long as the clip."""
        with ExitStack() as opened:
            own = opened.enter_context(_Sound(self._clip, self._limits, 0.0)) if self._original else None
            playing: dict[int, _Sound] = {}
            for start in range(0, self._samples, BLOCK):
                count = min(BLOCK, self._samples - start)
                times = (start + np.arange(count)) / RATE_HZ
                block = np.zeros((2, count))
                if own is not None:
                    block += own.read(count) * self._own_gain(times)
                for n, cue in enumerate(self._mix.cues):
                    first, last = round(cue.start_s * RATE_HZ), round(cue.end_s * RATE_HZ)
                    low, high = max(first, start), min(last, start + count)
                    if low >= high:
                        continue
                    if n not in playing:
                        sound = _Sound(Path(cue.path), self._limits, cue.offset_s)
                        playing[n] = opened.enter_context(sound)
                    inside = slice(low - start, high - start)
                    gain = self._cue_gain(cue, playing[n].left_s, times[inside])
                    block[:, inside] += playing[n].read(high - low) * gain
                    if high == last:
                        playing.pop(n).close()
                yield block.astype(np.float32)

    def _own_gain(self, times: Floats) -> Floats:
        if self._mix.original != "duck":
            return np.ones(len(times))
        return _linear(-self._mix.duck_db * _at(self._music, times) * (1.0 - _at(self._speech, times)))

    def _cue_gain(self, cue: MixCue, left_s: float, times: Floats) -> Floats:
        """Return the level of a cue; a track that ends before its segment fades out at its own end."""
        end_s = min(cue.end_s, cue.start_s + left_s) if left_s > 0 else cue.end_s
        rising = (times - cue.start_s) / max(cue.fade_in_s, _LEAST_FADE_S)
        falling = (end_s - times) / max(cue.fade_out_s, _LEAST_FADE_S)
        fades = np.sin(np.pi / 2 * np.clip(rising, 0, 1)) * np.sin(np.pi / 2 * np.clip(falling, 0, 1))
        ducked = -self._mix.duck_db * _at(self._speech, times) if cue.duck else np.zeros(len(times))
        gain: Floats = fades * _linear(cue.gain_db + ducked)
        return gain


def envelope(spans: Sequence[Span]) -> tuple[Floats, Floats]:
    """Return the corners (times, levels) of a curve that is 1 in the spans: attack before, release after them."""
    joined: list[Span] = []
    for start_s, end_s in sorted(spans):
        if joined and start_s - joined[-1][1] < _ATTACK_S + _RELEASE_S:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_s))
        else:
            joined.append((start_s, end_s))
    corners = [
        corner
        for start_s, end_s in joined
        for corner in ((start_s - _ATTACK_S, 0.0), (start_s, 1.0), (end_s, 1.0), (end_s + _RELEASE_S, 0.0))
    ]
    return np.array([time_s for time_s, _ in corners]), np.array([level for _, level in corners])


def _at(curve: tuple[Floats, Floats], times: Floats) -> Floats:
    if len(curve[0]) == 0:
        return np.zeros(len(times))
    return np.interp(times, *curve, left=0.0, right=0.0)


def _linear(decibels: Floats) -> Floats:
    linear: Floats = 10.0 ** (decibels / 20.0)
    return linear


class _Sound:
    """A file's sound from an instant on, at 48 kHz stereo; silent where it has gaps and beyond its end."""

    def __init__(self, path: Path, limits: MediaLimits, at_s: float) -> None:
        self._stack = ExitStack()
        self._media = self._stack.enter_context(open_media(path, limits))
        self._stream: AudioStream = require_audio(self._media, path.name)
        # What is left of it; 0 where its header does not tell how long it is.
        self.left_s = max(0.0, self._media.info.duration_s - at_s)
        self._at_s = at_s
        self._blocks = self._decoded()
        self._held = np.zeros((2, 0), np.float32)

    def __enter__(self) -> _Sound:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._blocks.close()
        self._stack.close()

    def read(self, count: int) -> FloatArray:
        """Return the next ``(2, count)`` samples."""
        parts, have = [self._held], self._held.shape[1]
        while have < count:
            block = next(self._blocks, None)
            if block is None:
                parts.append(np.zeros((2, count - have), np.float32))
                break
            parts.append(block)
            have += block.shape[1]
        together = np.concatenate(parts, axis=1)
        self._held = together[:, count:]
        return together[:, :count]

    def _origin_s(self) -> float:
        """Return when time 0 is: with a picture, when its first frame is shown."""
        stream = self._media.video or self._stream
        return float((stream.start_time or 0) * (stream.time_base or 0))

    def _decoded(self) -> Generator[FloatArray]:
        import av

        resamplers: dict[tuple[int, int, str], av.AudioResampler] = {}
        from_s = self._origin_s() + self._at_s
        given = 0
        for frame in self._frames(from_s):
            if given == 0 and frame.time is not None and frame.time + frame.samples / frame.sample_rate <= from_s:
                continue
            late_s = 0.0 if frame.time is None else frame.time - from_s - given / RATE_HZ
            form = (frame.layout.nb_channels, frame.sample_rate, frame.format.name)  # it may change in the middle
            if form not in resamplers:
                # One channel goes to both sides as it is, as players have it; FFmpeg would take 3 dB off it.
                layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
                resamplers[form] = av.AudioResampler(format="fltp", layout=layout, rate=RATE_HZ)
            frame.pts = None
            parts = [part.to_ndarray() for part in resamplers[form].resample(frame)]
            sides = [np.broadcast_to(part, (2, part.shape[1])) for part in parts]
            block = np.concatenate([np.zeros((2, 0), np.float32), *sides], axis=1)
            if given == 0 or abs(late_s) > _TOLERATED_S:
                block = self._moved(block, late_s)
            np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            given += block.shape[1]
            yield np.clip(block, -4.0, 4.0)

    @staticmethod
    def _moved(block: FloatArray, late_s: float) -> FloatArray:
        """Put silence before what comes late; leave out the beginning of what comes early."""
        samples = round(late_s * RATE_HZ)
        if samples >= 0:
            return np.concatenate([np.zeros((2, samples), np.float32), block], axis=1)
        return block[:, -samples:]

    def _frames(self, at_s: float) -> Iterator[AudioFrame]:
        import av

        stream = self._stream
        try:
            if stream.time_base:
                self._media.container.seek(max(0, int(at_s / stream.time_base)), stream=stream)
            for packet in self._media.container.demux(stream):
                try:
                    yield from packet.decode()
                except av.FFmpegError:
                    continue  # corruption mid-file: use what decodes
        except av.FFmpegError:
            return
