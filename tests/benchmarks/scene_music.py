"""Pictures of game scenes against the music that the games' authors chose for them.

    python tests/benchmarks/scene_music.py --shared DIR [--data-dir DIR] [--keep FOLDER]

Every track of a game is analysed from a 30 s excerpt and saved without title, artist or tags, so that only sound can
speak. Each picture is looked at as a still and as a slow pan over it; the game's own tracks are ranked for its brief.
The figure is the normalised rank (rank - 1) / (n - 1) of the best true track, ties averaged: 0 is first, .5 is chance.
``--keep`` stores the analysed tracks there and reads them again the next time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from figures import DRAWS, SEED, bootstrap, machine, table
from numpy.typing import NDArray
from peers import add_option, folder_of

from catalog.store import Catalogue
from catalog.values import TrackId, TrackMetadata
from encoders.values import VideoAnalysis
from retrieval.concepts import load_reference, measurements_of
from retrieval.scene import brief_from
from retrieval.scene_ranking import scene_scores
from retrieval.snapshot import Snapshot, snapshot_of
from ui.compose import App
from ui.settings import load_settings

PACKAGES = {"SuperTuxKart": "supertuxkart-data", "SuperTux": "supertux-data"}
PAN_S, PAN_FPS, PAN_SIZE, PAN_WINDOW = 8, 12, (640, 360), 0.7


@dataclass(frozen=True)
class Scene:
    game: str
    title: str
    picture: Path
    truth: tuple[TrackId, ...]
    still: VideoAnalysis
    pan: VideoAnalysis


Ranker = Callable[[Snapshot, Scene], NDArray[np.floating]]


def read_tracks(app: App, excerpts: Path, listing: Path, store: Path) -> dict[str, Snapshot]:
    """Return each game's tracks as a snapshot without names, analysing what `store` does not have yet."""
    lines = [json.loads(line) for line in listing.read_text(encoding="utf-8").splitlines()]
    catalogue = Catalogue(store)
    try:
        known = set(catalogue.library.ids())
        snapshots = {}
        for game, package in PACKAGES.items():
            ids = [TrackId(entry["id"]) for entry in lines if entry["package"] == package]
            ids = [i for i in ids if (excerpts / f"{i}.opus").exists()]
            for track_id in ids:
                if track_id not in known:
                    facts = app.audio.analyze(excerpts / f"{track_id}.opus")
                    catalogue.library.save(track_id, TrackMetadata(title=""), facts)
            snapshots[game] = snapshot_of(catalogue.library.get_many(ids), revision=0)
        return snapshots
    finally:
        catalogue.close()


def read_scenes(app: App, pairs: Path, clips: Path) -> list[Scene]:
    """Look at every picture, as it is and as a pan."""
    looks: dict[Path, tuple[VideoAnalysis, VideoAnalysis]] = {}
    scenes = []
    for pair in json.loads((pairs / "pairs.json").read_text(encoding="utf-8")):
        picture = pairs / pair["image"]
        if picture not in looks:
            clip = clips / f"{picture.stem}.mp4"
            write_pan(picture, clip)
            looks[picture] = app.video.analyze(picture), app.video.analyze(clip)
        truth = tuple(TrackId(m["catalogue_id"]) for m in pair["music"] if m.get("catalogue_id"))
        scenes.append(Scene(pair["game"], pair["scene_title"], picture, truth, *looks[picture]))
    return scenes


def write_pan(picture: Path, target: Path) -> None:
    """Write a clip whose window moves evenly from the picture's left to its right end."""
    import av
    from PIL import Image

    with Image.open(picture) as opened:
        whole = opened.convert("RGB")
    width, height = whole.size
    window = PAN_WINDOW * min(width, height * PAN_SIZE[0] / PAN_SIZE[1])
    tall = window * PAN_SIZE[1] / PAN_SIZE[0]
    top = (height - tall) / 2
    frames = PAN_S * PAN_FPS
    with av.open(str(target), "w") as container:
        stream = container.add_stream("mpeg4", rate=PAN_FPS, bit_rate=4_000_000)
        stream.width, stream.height, stream.pix_fmt = *PAN_SIZE, "yuv420p"
        for n in range(frames):
            left = (width - window) * n / (frames - 1)
            view = whole.resize(PAN_SIZE, box=(left, top, left + window, top + tall))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(view), format="rgb24")))
        container.mux(stream.encode())


def normalised_rank(scores: NDArray[np.floating], truth: Sequence[int]) -> float:
    """Return the best true row's place, 0 first to 1 last, ties averaged."""
    places = [
        (float((scores > scores[row]).sum()) + 0.5 * (float((scores == scores[row]).sum()) - 1)) / (len(scores) - 1)
        for row in truth
    ]
    return min(places)


def by_trichord(look: Callable[[Scene], VideoAnalysis]) -> Ranker:
    return lambda snapshot, scene: scene_scores(snapshot, brief_from(look(scene)))


def by_lightness(tracks: Snapshot, scene: Scene) -> NDArray[np.floating]:
    """Bright, colourful pictures to loud, busy, bright tracks: what needs no model at all.

    Both sides are standardised by fixed numbers: tracks by the reference catalogue, pictures by a mid grey.
    """
    reference = load_reference()
    liveliness = np.array(
        [
            np.mean([(m[k] - reference.mean[k]) / reference.std[k] for k in ("loudness", "onset_rate", "brightness")])
            for m in map(measurements_of, tracks.tracks)
        ]
    )
    wanted = (scene.still.brightness - 0.45) / 0.2 + (scene.still.saturation - 0.4) / 0.2
    return -np.abs(liveliness - liveliness.mean() - wanted / 2 * liveliness.std())


def ranks(rank: Ranker, scenes: Sequence[Scene], tracks: dict[str, Snapshot]) -> NDArray[np.float64]:
    """Return the normalised rank of each scene."""
    found = []
    for scene in scenes:
        snapshot = tracks[scene.game]
        found.append(normalised_rank(rank(snapshot, scene), snapshot.rows(scene.truth)))
    return np.array(found)


def summary(name: str, found: NDArray[np.float64], scenes: Sequence[Scene]) -> list[list[object]]:
    """Return the rows of one ranker: all scenes, then each game's."""
    rows: list[list[object]] = []
    for game in (None, *PACKAGES):
        chosen = [n for n, s in enumerate(scenes) if game in {None, s.game}]
        # Scenes that share their music are one witness.
        groups: dict[TrackId, list[float]] = {}
        for n in chosen:
            groups.setdefault(scenes[n].truth[0], []).append(found[n])
        low, high = bootstrap([np.array(g) for g in groups.values()], lambda x: float(x.mean()))
        mean = float(found[chosen].mean())
        rows.append([name, game or "both", len(chosen), len(groups), f"{mean:.2f}", f"[{low:.2f}, {high:.2f}]"])
    return rows


def chance(scenes: Sequence[Scene], tracks: dict[str, Snapshot]) -> list[object]:
    """Return the row of random orders: their mean, and where 95 % of them end by luck alone."""
    rng = np.random.default_rng(SEED)
    # One order a track list, so that scenes with the same music share their luck as they do in earnest.
    means = []
    for _ in range(DRAWS):
        luck: dict[tuple[str, TrackId], float] = {}
        for scene in scenes:
            luck.setdefault(
                (scene.game, scene.truth[0]), rng.integers(len(tracks[scene.game])) / (len(tracks[scene.game]) - 1)
            )
        means.append(np.mean([luck[s.game, s.truth[0]] for s in scenes]))
    low, high = np.percentile(means, [2.5, 97.5])
    groups = len({s.truth[0] for s in scenes})
    return [
        "random order",
        "both",
        len(scenes),
        groups,
        f"{np.mean(means):.2f}",
        f"95 % end in [{low:.2f}, {high:.2f}]",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_option(parser)
    parser.add_argument("--data-dir", type=Path, help="where the models lie (default: the user's data folder)")
    parser.add_argument("--keep", type=Path, help="folder that keeps the analysed tracks for the next run")
    parser.add_argument("--briefs", action="store_true", help="print what was read out of each picture")
    options = parser.parse_args()
    pairs, music = folder_of(options, "scene_music_pairs"), folder_of(options, "debian_music")
    app = App(load_settings(options.data_dir))
    try:
        with tempfile.TemporaryDirectory() as temporary:
            store = (options.keep or Path(temporary)) / "scene_music.db"
            tracks = read_tracks(app, music / "excerpts", music / "catalogue.jsonl", store)
            scenes = read_scenes(app, pairs, Path(temporary))
    finally:
        app.close()
    rankers: dict[str, Ranker] = {
        "Trichord, still": by_trichord(lambda s: s.still),
        "Trichord, pan": by_trichord(lambda s: s.pan),
        "brightness to loudness, onsets, centroid": by_lightness,
    }
    print(f"{machine()}; seed {SEED}; tracks: " + ", ".join(f"{g} {len(s)}" for g, s in tracks.items()))
    rows = [row for name, rank in rankers.items() for row in summary(name, ranks(rank, scenes, tracks), scenes)]
    rows.append(chance(scenes, tracks))
    print(table(["ranker", "game", "scenes", "tracks meant", "mean rank", "95 % interval"], rows))
    if options.briefs:
        for scene, rank in zip(scenes, ranks(rankers["Trichord, still"], scenes, tracks), strict=True):
            print(f"{rank:.2f} {scene.title}: {brief_from(scene.still).words} | pan: {brief_from(scene.pan).words}")


if __name__ == "__main__":
    main()
