"""The video analyzer: a clip or a still picture on disk to a `VideoAnalysis`, in a capped child process."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from encoders.media.limits import MediaLimits
from encoders.media.opening import MediaInfo
from encoders.media.sandbox import Sandbox
from encoders.media.weights import weights_of
from encoders.models.store import ModelStore
from encoders.values import Embedding, Space, VideoAnalysis
from encoders.vision.look import Look

FRAME_MODEL = "efficientnet-lite2"


class SandboxedVideoAnalyzer:
    """Implements `VideoAnalyzer` for clips and for PNG, JPEG, WebP, GIF (first picture) and BMP; thread-safe.

    At most 16 instants of a clip are looked at, found by seeking, so the cost hardly grows with its length. Raises
    MediaError for what is wrong with the file and ModelMissingError while the weights have not been pulled; with
    ``models=()`` there are no concepts and no embeddings.
    """

    def __init__(
        self,
        store: ModelStore,
        limits: MediaLimits | None = None,
        workers: int = 1,
        *,
        models: tuple[str, ...] = (FRAME_MODEL,),
    ) -> None:
        self._store = store
        self._models = models
        self._sandbox = Sandbox(limits, workers)

    @property
    def spaces(self) -> tuple[Space, ...]:
        """Spaces of the embeddings in every analysis; needs no weights on disk."""
        return tuple(Space(i, 1280, "efficientnet", self._store.fingerprint(i)) for i in self._models)

    def analyze(self, path: Path) -> VideoAnalysis:
        answer = self._sandbox.run("video", path, weights=weights_of(self._store, self._models))
        info = TypeAdapter(MediaInfo).validate_python(answer.body["info"])
        seen = TypeAdapter(Look).validate_python(answer.body["look"])
        pairs = zip(self.spaces, answer.arrays, strict=True)
        return VideoAnalysis(
            duration_s=info.duration_s,
            width=info.width,
            height=info.height,
            fps=info.fps,
            has_audio=info.has_audio,
            sample_times_s=TypeAdapter(tuple[float, ...]).validate_python(answer.body["sample_times_s"]),
            concepts=TypeAdapter(tuple[tuple[str, float], ...]).validate_python(answer.body["concepts"]),
            brightness=seen.brightness,
            saturation=seen.saturation,
            warmth=seen.warmth,
            contrast=seen.contrast,
            motion=seen.motion,
            cut_rate=seen.cut_rate,
            embeddings={space.id: Embedding(space, vector) for space, vector in pairs},
        )

    def probe(self, path: Path) -> MediaInfo:
        """Tell what the file is, limits checked."""
        return TypeAdapter(MediaInfo).validate_python(self._sandbox.run("probe", path).body["info"])

    def warm(self) -> None:
        """Start the children and load the model."""
        self._sandbox.warm("warm-video", weights=weights_of(self._store, self._models))

    def close(self) -> None:
        """End the children."""
        self._sandbox.close()
