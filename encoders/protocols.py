"""What every encoder promises. A new one proves itself by the contract tests in ``tests/contracts``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from numpy import uint8
from numpy.typing import NDArray

from encoders.values import AudioAnalysis, Embedding, FloatArray, QueryTurn, Space, VideoAnalysis

Role = Literal["query", "document"]
Image = NDArray[uint8]


@runtime_checkable
class TextEncoder(Protocol):
    """Texts to vectors.

    ``encode`` returns float32 ``(n, space.dim)``, rows L2-normalised, in request order, deterministic;
    ``(0, dim)`` for no texts. An empty string is allowed and gives a finite unit vector.
    ``role`` matters for models that mark queries and documents differently.
    """

    @property
    def space(self) -> Space: ...

    def encode(self, texts: Sequence[str], role: Role = "document") -> FloatArray: ...


@runtime_checkable
class MusicEncoder(Protocol):
    """Waveforms to vectors: mono float32 in [-1, 1] of shape ``(samples,)`` at ``sample_rate_hz``.

    ``encode`` returns one L2-normalised ``(space.dim,)`` vector from fixed windows spread over the whole sound (never
    at random, so the same sound gives the same vector).
    """

    @property
    def space(self) -> Space: ...

    @property
    def sample_rate_hz(self) -> int: ...

    def encode(self, waveform: FloatArray) -> FloatArray: ...


@runtime_checkable
class FrameEncoder(Protocol):
    """Pictures to vectors: ``uint8 (h, w, 3)`` RGB arrays to ``(n, space.dim)``, rows L2-normalised, request order."""

    @property
    def space(self) -> Space: ...

    def encode(self, frames: Sequence[Image]) -> FloatArray: ...


@runtime_checkable
class AudioAnalyzer(Protocol):
    """A file on disk to an `AudioAnalysis`, in a capped child process; safe to call from several threads.

    Raises MediaError for everything that is wrong with the file; the caller's process is never at risk.
    """

    def analyze(self, path: Path) -> AudioAnalysis: ...


@runtime_checkable
class VideoAnalyzer(Protocol):
    """A clip or a picture on disk to a `VideoAnalysis`; like `AudioAnalyzer` in everything else."""

    def analyze(self, path: Path) -> VideoAnalysis: ...


@runtime_checkable
class QueryFuser(Protocol):
    """Turns of a search (oldest first) to one query in the music space.

    ``fuse`` looks at nothing but the turns it is given, so a turn that is left out has no weight at all. It returns
    None where nothing in them can be used. An embedding of another space than ``video_space``, ``text_space`` or (for
    liked and disliked tracks) ``music_space`` raises EncoderError. ``band`` holds the cosines between a query and a
    track that mean "nothing speaks for it" and "all of it does".
    """

    @property
    def video_space(self) -> Space: ...

    @property
    def text_space(self) -> Space: ...

    @property
    def music_space(self) -> Space: ...

    @property
    def band(self) -> tuple[float, float]: ...

    def fuse(self, turns: Sequence[QueryTurn]) -> Embedding | None: ...
