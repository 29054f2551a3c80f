"""What the product hears and sees in the pairs of scene_pairs.csv: computed once, kept in a folder.

Tracks are analysed as at ingest and saved without title, artist or tags; pictures go through the path of an upload.
"""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import get_type_hints

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from PIL.Image import open as open_picture
from pydantic import TypeAdapter
from scene_pairs import GAMES, TABLE, content, music_of, picture_of

from catalog.store import Catalogue
from catalog.values import Track, TrackId, TrackMetadata
from encoders.values import VideoAnalysis
from encoders.vision.dinov2 import Dinov2Encoder
from ui.compose import App

GIVEN = {"SuperTuxKart": "supertuxkart-data", "SuperTux": "supertux-data"}
MUSIC_SPACES = ("musicnn-msd", "musicnn-mtt")
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture, what was seen in it, its features ``(1280 + 384,)``, and the rows of its own music."""

    picture: str
    seen: VideoAnalysis
    features: Array
    truth: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class GameSet:
    """One game: its tracks (nameless), their embeddings ``(n, d)`` and its scenes."""

    name: str
    tracks: tuple[Track, ...]
    sound: Array
    scenes: tuple[Scene, ...]


def _rgb(path: Path) -> Image:
    with open_picture(path) as opened:
        return opened.convert("RGB")


def key_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:24]


class Cabinet:
    """Keeps analyses in a folder: a catalogue of nameless tracks, one npz a track or picture."""

    def __init__(self, app: App, packages: Path, keep: Path) -> None:
        self._app, self._packages, self._keep = app, packages, keep
        keep.mkdir(parents=True, exist_ok=True)
        self._catalogue = Catalogue(keep / "scene_pairs.db")
        self._known = set(self._catalogue.library.ids())
        self._dinov2 = Dinov2Encoder.from_store(app.models)

    def close(self) -> None:
        self._catalogue.close()

    def game(self, name: str) -> GameSet:
        """Return everything about one game, analysing what is not kept yet."""
        with TABLE.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["game"] == name]
        music = music_of(self._packages, GAMES[name])
        truths: dict[str, list[int]] = {}
        for row in rows:
            truths.setdefault(row["picture"], []).append(music.index(row["music"]))
        scenes = [
            Scene(picture, *self.picture(picture, partial(picture_of, self._packages, picture)), tuple(truth))
            for picture, truth in sorted(truths.items())
        ]
        return self._set(name, music, partial(content, self._packages), scenes)

    def given(self, pairs: Path, music: Path) -> list[GameSet]:
        """Return the games whose pairs lie ready in a folder, their music as excerpts of 30 s."""
        told = json.loads((pairs / "pairs.json").read_text(encoding="utf-8"))
        listed = [json.loads(line) for line in (music / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()]
        excerpts = music / "excerpts"
        sets = []
        for game, package in GIVEN.items():
            ids = [entry["id"] for entry in listed if entry["package"] == package]
            names = [f"{i}.opus" for i in ids if (excerpts / f"{i}.opus").exists()]
            scenes = []
            for pair in (pair for pair in told if pair["game"] == game):
                own = tuple(names.index(f"{m['catalogue_id']}.opus") for m in pair["music"] if m.get("catalogue_id"))
                path = pairs / pair["image"]
                scenes.append(Scene(pair["image"], *self.picture(pair["image"], partial(_rgb, path)), own))
            sets.append(self._set(game, names, lambda name: (excerpts / name).read_bytes(), scenes))
        return sets

    def _set(self, game: str, names: list[str], read: Callable[[str], bytes], scenes: list[Scene]) -> GameSet:
        ids, sound = zip(*(self.track(name, read) for name in names), strict=True)
        by_id = {track.id: track for track in self._catalogue.library.get_many(list(ids))}
        return GameSet(game, tuple(by_id[i] for i in ids), np.stack(sound), tuple(scenes))

    def track(self, name: str, read: Callable[[str], bytes]) -> tuple[TrackId, Array]:
        key = key_of(name)
        kept = self._keep / f"{key}.npz"
        track_id = TrackId(key)
        if track_id not in self._known or not kept.exists():
            with tempfile.NamedTemporaryFile(suffix=Path(name).suffix) as file:
                file.write(read(name))
                file.flush()
                facts = self._app.audio.analyze(Path(file.name))
            vectors = [facts.embeddings[space].vector for space in MUSIC_SPACES]
            np.savez(kept, sound=np.concatenate(vectors))
            self._catalogue.library.save(track_id, TrackMetadata(title=""), facts)
        with np.load(kept, allow_pickle=False) as stored:
            return track_id, stored["sound"].astype(float)

    def picture(self, name: str, read: Callable[[], Image]) -> tuple[VideoAnalysis, Array]:
        kept = self._keep / f"{key_of(name)}.json"
        if not kept.exists():
            image = read()
            with tempfile.NamedTemporaryFile(suffix=".png") as file:
                image.save(file.name)
                seen = self._app.video.analyze(Path(file.name))
            dinov2 = self._dinov2.encode([np.asarray(image)])[0]
            efficientnet = next(iter(seen.embeddings.values())).vector
            features = [*map(float, efficientnet), *map(float, dinov2)]
            told = asdict(replace(seen, embeddings={}))
            kept.write_text(json.dumps({"seen": told, "features": features}), encoding="utf-8")
        stored = json.loads(kept.read_text(encoding="utf-8"))
        hints = get_type_hints(VideoAnalysis)
        told = {k: TypeAdapter(hints[k]).validate_python(v) for k, v in stored["seen"].items() if k != "embeddings"}
        return VideoAnalysis(**told), np.array(stored["features"])
