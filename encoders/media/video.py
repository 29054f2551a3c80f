"""The video analyzer: a clip or a still picture on disk to a `VideoAnalysis`, in a capped child process."""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

import numpy as np
from pydantic import JsonValue, TypeAdapter

from encoders.errors import MediaError
from encoders.media.limits import MediaLimits
from encoders.media.opening import MediaInfo
from encoders.media.playing import browser_type
from encoders.media.sandbox import Sandbox
from encoders.media.weights import weights_of
from encoders.models.store import ModelStore
from encoders.values import Cut, Embedding, FloatArray, Footage, Space, VideoAnalysis
from encoders.vision.zero_shot import ZeroShotReader

FRAME_MODEL = "efficientnet-lite2"
FACE_MODEL = "centerface"
_FIELDS = get_type_hints(VideoAnalysis)
_FOOTAGE = get_type_hints(Footage)


class SandboxedVideoAnalyzer:
    """Implements `VideoAnalyzer` for clips and for PNG, JPEG, WebP, GIF (first picture) and BMP; thread-safe.

    The networks look at no more than 16 instants of a clip, and motion is measured within a budget of pictures, both
    found by seeking, so the cost hardly grows with its length. Raises MediaError for what is wrong with the file and
    ModelMissingError while the weights have not been pulled; with ``models=()`` there are no concepts, settings,
    feelings and embeddings, and faces are not looked for (nor while their detector is missing). A `reader` tells the
    settings instead and adds its own embedding; it runs here, on the pictures that the children have decoded.
    """

    def __init__(
        self,
        store: ModelStore,
        limits: MediaLimits | None = None,
        workers: int = 1,
        *,
        models: tuple[str, ...] = (FRAME_MODEL,),
        reader: ZeroShotReader | None = None,
    ) -> None:
        self._reader = reader
        self._store = store
        self._models = models
        self._sandbox = Sandbox(limits, workers)

    @property
    def spaces(self) -> tuple[Space, ...]:
        """Spaces of the embeddings in every analysis; needs no weights on disk."""
        own = () if self._reader is None else (self._reader.space,)
        return (*(Space(i, 1280, "efficientnet", self._store.fingerprint(i)) for i in self._models), *own)

    def analyze(self, path: Path) -> VideoAnalysis:
        weights = weights_of(self._store, self._models)
        asked: dict[str, JsonValue] = {"faces": self._face_weights(), "pictures": self._reader is not None}
        answer = self._sandbox.run("video", path, weights=weights, **asked)
        return self._analysis(answer.body, answer.arrays)

    def survey(self, path: Path, folder: Path) -> Footage:
        """Look at a clip as an editor needs it, and write small pictures of it into `folder`.

        Raises:
            MediaError: not a clip, or what is wrong with it.
        """
        if self.probe(path).kind != "video":
            raise MediaError(
                f"{path.name!r} has no moving picture that can be decoded here; save it as MP4 (H.264) and try again."
            )
        weights = weights_of(self._store, self._models)
        asked: dict[str, JsonValue] = {"faces": self._face_weights(), "pictures": self._reader is not None}
        answer = self._sandbox.run("film", path, weights=weights, folder=str(folder), **asked)
        body = TypeAdapter(dict[str, dict[str, JsonValue]]).validate_python(answer.body)
        film = body["film"]
        info = TypeAdapter(MediaInfo).validate_python(film.pop("info"))
        media_type = browser_type(info)
        seen = self._analysis(body["seen"], answer.arrays)
        cuts = TypeAdapter(tuple[Cut, ...]).validate_python(film.pop("cuts"))
        if not film["exact"]:
            # Until every picture was compared, the cuts that the analysis came upon must do.
            cuts = tuple(Cut(shot.start_s, 1.0) for shot in seen.shots[1:])
        told = {name: TypeAdapter(_FOOTAGE[name]).validate_python(value) for name, value in film.items()}
        playable = media_type is not None
        footage: Footage = Footage(
            **told, analysis=seen, cuts=cuts, rate=info.rate, playable=playable, media_type=media_type or "video/mp4"
        )
        return footage

    def _analysis(self, body: dict[str, JsonValue], arrays: tuple[FloatArray, ...]) -> VideoAnalysis:
        count = len(self._models)
        pairs = zip(self.spaces[:count], arrays[:count], strict=True)
        seen = read_analysis(body, {space.id: Embedding(space, vector) for space, vector in pairs})
        if self._reader is None:
            return seen
        return self._reader.read(seen, [picture.astype(np.uint8) for picture in arrays[count:]])

    def _face_weights(self) -> JsonValue:
        present = self._models and self._store.status(FACE_MODEL).state == "present"
        return weights_of(self._store, [FACE_MODEL] if present else [])

    def probe(self, path: Path) -> MediaInfo:
        """Tell what the file is, limits checked."""
        return TypeAdapter(MediaInfo).validate_python(self._sandbox.run("probe", path).body["info"])

    def warm(self) -> None:
        """Start the children and load the models."""
        weights = weights_of(self._store, self._models)
        self._sandbox.warm("warm-video", weights=weights, faces=self._face_weights())

    def close(self) -> None:
        """End the children."""
        self._sandbox.close()


def read_analysis(body: dict[str, JsonValue], embeddings: dict[str, Embedding] | None = None) -> VideoAnalysis:
    """Return an analysis from its JSON form, which has no embeddings; pydantic's ValidationError where it is none."""
    told = {name: TypeAdapter(_FIELDS[name]).validate_python(value) for name, value in body.items()}
    return VideoAnalysis(**told, embeddings=embeddings or {})
