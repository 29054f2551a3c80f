"""The audio analyzer: one file on disk to an `AudioAnalysis`, in a capped child process."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
from pydantic import JsonValue, TypeAdapter

from encoders.detection.detector import read_card
from encoders.media.limits import MediaLimits
from encoders.media.opening import MediaInfo
from encoders.media.sandbox import Sandbox
from encoders.media.weights import weights_of
from encoders.models.store import ModelStore
from encoders.music.measure import Measured
from encoders.protocols import MusicEncoder
from encoders.values import AudioAnalysis, Embedding, FloatArray, Space, TagScore

_ENCODED_S = 900.0
TAGGERS = ("musicnn-msd", "musicnn-mtt")


class SandboxedAudioAnalyzer:
    """Implements `AudioAnalyzer`; thread-safe, at most `workers` files at a time.

    Tags and embeddings are means over ten windows of 3 s spread over the whole track, tempo, key, chords and loudness
    are of the middle minute, the fingerprint is of all (up to half an hour),
    everything by fixed rule, so the same file gives the same analysis. Raises MediaError for
    what is wrong with the file and ModelMissingError while the taggers' weights have not been pulled; with
    ``taggers=()`` it measures without tags. `encoder` adds an embedding of its own; it runs here, not in the children,
    on what they have decoded. `detector` is the folder of a detector of generated music (`encoders.detection`).
    """

    def __init__(
        self,
        store: ModelStore,
        limits: MediaLimits | None = None,
        workers: int = 2,
        *,
        taggers: tuple[str, ...] = TAGGERS,
        encoder: MusicEncoder | None = None,
        detector: Path | None = None,
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._detector: JsonValue = None
        if detector is not None:
            self._detector = {"folder": str(detector), "sha256": read_card(detector).sha256}
        self._taggers = taggers
        self._sandbox = Sandbox(limits, workers)

    @property
    def spaces(self) -> tuple[Space, ...]:
        """Spaces of the embeddings in every analysis; needs no weights on disk."""
        own = () if self._encoder is None else (self._encoder.space,)
        return (*(Space(i, 200, "musicnn", self._store.fingerprint(i)) for i in self._taggers), *own)

    def ready(self) -> None:
        """Raise ModelMissingError or ModelCorruptError while the taggers' weights cannot be used."""
        weights_of(self._store, self._taggers)

    def analyze(self, path: Path) -> AudioAnalysis:
        return self._analyzed(path, self._taggers)

    def measure(self, path: Path) -> AudioAnalysis:
        """Analyse without taggers and embeddings: what needs no weights. MediaError as in `analyze`."""
        return self._analyzed(path, ())

    def _analyzed(self, path: Path, taggers: tuple[str, ...]) -> AudioAnalysis:
        answer = self._sandbox.run("audio", path, weights=weights_of(self._store, taggers), detector=self._detector)
        info = TypeAdapter(MediaInfo).validate_python(answer.body["info"])
        measured = TypeAdapter(Measured).validate_python(answer.body["measured"])
        tags = TypeAdapter(tuple[tuple[str, float, str], ...]).validate_python(answer.body["tags"])
        vectors = [*answer.arrays, *([] if self._encoder is None or not taggers else [self.embed(path)])]
        pairs = zip(self.spaces if taggers else (), vectors, strict=True)
        return AudioAnalysis(
            duration_s=info.duration_s,
            sample_rate_hz=info.sample_rate_hz,
            channels=info.channels,
            tempo_bpm=measured.tempo_bpm,
            key=measured.key,
            chords=measured.chords,
            loudness_lufs=measured.loudness_lufs,
            energy=measured.energy,
            onset_rate=measured.onset_rate,
            brightness_hz=measured.brightness_hz,
            tags=tuple(TagScore(*tag) for tag in tags),
            embeddings={space.id: Embedding(space, vector) for space, vector in pairs},
            ai_music=TypeAdapter(float | None).validate_python(answer.body["ai_music"]),
            fingerprint=np.frombuffer(base64.b64decode(str(answer.body["fingerprint"])), "<u4").astype(np.uint32),
        )

    def embed(self, path: Path) -> FloatArray:
        """Encode a file with the added encoder, up to its first quarter of an hour; MediaError as in `analyze`."""
        assert self._encoder is not None, "there is no encoder to embed with"
        return self._encoder.encode(self.waveform(path, self._encoder.sample_rate_hz, 0.0, _ENCODED_S))

    def probe(self, path: Path) -> MediaInfo:
        """Tell what the file is, limits checked; works for sound, clips and pictures."""
        return TypeAdapter(MediaInfo).validate_python(self._sandbox.run("probe", path).body["info"])

    def length_s(self, path: Path) -> float:
        """How long a sound is, in seconds; 0 where its header does not tell."""
        return self.probe(path).duration_s or 0.0

    def waveform(self, path: Path, sample_rate_hz: int, start_s: float, duration_s: float) -> FloatArray:
        """Mono float32 ``(samples,)`` in [-1, 1]; shorter at the end of the file; at most 900 s."""
        asked: dict[str, JsonValue] = {"rate_hz": sample_rate_hz, "start_s": start_s, "duration_s": duration_s}
        return self._sandbox.run("waveform", path, **asked).arrays[0]

    def onsets(self, path: Path) -> FloatArray:
        """Return how strongly something sets in, in [0, 1], a hundred steps a second; up to a quarter of an hour."""
        return self._sandbox.run("onsets", path).arrays[0]

    def chroma(self, path: Path) -> FloatArray:
        """Return ``(n, 12)`` in [0, 1], how each pitch class sounds ten times a second; up to a quarter of an hour."""
        return self._sandbox.run("chroma", path).arrays[0]

    def peaks(self, path: Path, n: int) -> tuple[float, FloatArray]:
        """Return (length in seconds, ``(n,)`` in [0, 1]: the largest level in each of `n` equal stretches)."""
        answer = self._sandbox.run("peaks", path, n=n)
        return float(str(answer.body["duration_s"])), answer.arrays[0]

    def preview(self, path: Path, dst: Path, start_s: float | None = None, duration_s: float = 30.0) -> float:
        """Write a short MP3 (96 kbit/s) or FLAC, as `dst` ends, from the middle unless `start_s` is given.

        Returns its length in seconds.
        """
        asked: dict[str, JsonValue] = {"target": str(dst), "start_s": start_s, "duration_s": duration_s}
        return float(str(self._sandbox.run("preview", path, **asked).body["duration_s"]))

    def warm(self) -> None:
        """Start the children and load the models, so that the first file costs no more than the next."""
        self._sandbox.warm("warm-audio", weights=weights_of(self._store, self._taggers))

    def close(self) -> None:
        """End the children."""
        self._sandbox.close()
