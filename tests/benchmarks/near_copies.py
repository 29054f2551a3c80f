"""Near copies: how many planted ones are caught, how many unrelated pairs and composed pieces are flagged.

    python tests/benchmarks/near_copies.py --music DIR --cache DIR [--composed 40] [--seconds 20] [--catalogue 10000]

Of every file an excerpt of 20 s is taken from a place off any grid and spoilt: transposed by 2 semitones either way,
played 5 % faster or slower at the same pitch, laid under noise at 10 dB, and all of it together. A copy is caught where
its likeness to its own track (whole) reaches the threshold. `--seconds` takes only the beginning of each excerpt.
Unrelated pairs are excerpts as they are against tracks of other artists' folders. Files are split by the hash of their
name: the threshold was chosen on the tune part, the report part is only counted. `--composed` pieces by the composer
are compared with every file: the share that is flagged at all. `--catalogue` asks instead whether a copy is found in a
catalogue of so many tracks: to the files are added the same files changed until they are no copies (transposed by 3 to
9 semitones, forwards or backwards, at 0.8 to 1.25 times the tempo), and the exact look is given to the nearest ones of
the coarse look alone, as the product does.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import threading
import time
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from figures import bootstrap, machine, table
from numpy.typing import NDArray

from agent.generation.composer import Composer
from agent.generation.values import GenerationRequest
from catalog.values import TrackId
from encoders.media.limits import MediaLimits
from encoders.media.sound import read_waveform
from encoders.music.chroma import FRAMES_HZ, METHOD, RATE_HZ, chroma
from retrieval.comparing import LOOKED_THROUGH
from retrieval.copies import STRETCH_S, Stretches, resampled, threshold
from retrieval.overview import Overview

Sound = NDArray[np.float32]
SUFFIXES = {".ogg", ".mp3", ".opus", ".flac", ".m4a", ".wav"}
HZ = 44_100
EXCERPT_S = 20.0
SEMITONE = 2 ** (1 / 12)
# Filters of FFmpeg: the rate is turned for pitch and the tempo is put back.
WAYS = {
    "another beginning": "",
    "2 semitones up": f"asetrate={HZ * SEMITONE**2:.0f},aresample={HZ},atempo={SEMITONE**-2:.6f}",
    "2 semitones down": f"asetrate={HZ * SEMITONE**-2:.0f},aresample={HZ},atempo={SEMITONE**2:.6f}",
    "5 % faster": "atempo=1.05",
    "5 % slower": "atempo=0.95",
    "noise at 10 dB": "noise",
    "2 up, 5 % faster, noise": f"asetrate={HZ * SEMITONE**2:.0f},aresample={HZ},atempo={1.05 * SEMITONE**-2:.6f},noise",
}


def filtered(sound: Sound, chain: str) -> Sound:
    """Run mono sound at 44.1 kHz through a chain of FFmpeg's filters."""
    graph = Graph()
    last = graph.add_abuffer(sample_rate=HZ, format="flt", layout="mono")
    first = last
    for each in filter(None, chain.split(",")):
        name, _, value = each.partition("=")
        node = graph.add(name, value)
        last.link_to(node)
        last = node
    for more in (graph.add("aformat", "sample_fmts=flt:channel_layouts=mono"), graph.add("abuffersink")):
        last.link_to(more)
        last = more
    graph.configure()
    parts: list[Sound] = []

    def drain() -> None:
        while True:
            try:
                parts.append(last.pull().to_ndarray()[0])
            except (av.error.BlockingIOError, av.error.EOFError):
                return

    for start in range(0, len(sound), 4096):
        frame = av.AudioFrame.from_ndarray(sound[None, start : start + 4096], format="flt", layout="mono")
        frame.sample_rate, frame.pts = HZ, start
        first.push(frame)
        drain()
    first.push(None)
    drain()
    return np.concatenate(parts)


def spoilt(sound: Sound, way: str, rng: np.random.Generator) -> Sound:
    """Return an excerpt as a copyist would hand it in."""
    chain = [part for part in way.split(",") if part != "noise"]
    sound = filtered(sound, ",".join(chain)) if any(chain) else sound
    if "noise" in way:
        level = float(np.sqrt(np.mean(np.square(sound)))) * 10 ** (-10 / 20)
        sound = sound + level * rng.standard_normal(len(sound)).astype(np.float32)
    return sound.astype(np.float32)


def heard(sound: Sound) -> Sound:
    """Return the chroma of sound at 44.1 kHz."""
    import soxr

    return chroma(soxr.resample(sound, HZ, RATE_HZ).astype(np.float32))


def kept(path: Path, cache: Path) -> Sound:
    """Return the chroma of a whole file, kept as the product keeps it."""
    target = cache / f"{hashlib.sha256(f'{METHOD} {path}'.encode()).hexdigest()[:32]}.npy"
    if not target.is_file():
        made = chroma(read_waveform(path, MediaLimits(), RATE_HZ, 0.0, 900.0))
        np.save(target, np.round(made * 255).astype(np.uint8))
    return np.load(target).astype(np.float32) / 255


def share(hits: list[bool]) -> str:
    """Return a share with its interval."""
    values = [np.array([float(hit)]) for hit in hits]
    low, high = bootstrap(values, lambda v: float(v.mean()))
    return f"{100 * np.mean(hits):.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def part_of(path: Path) -> str:
    """Return the part that a file is of."""
    return "tune" if hashlib.sha256(path.name.encode()).digest()[0] % 2 else "report"


def excerpts(files: list[Path], cache: Path) -> list[tuple[Path, str, Sound]]:
    """Return (file, way, chroma) of every spoilt excerpt; files of under 25 s are left out."""
    found = []
    for place, path in enumerate(files):
        name = hashlib.sha256(f"{METHOD} {path} {sorted(WAYS.items())}".encode()).hexdigest()[:32]
        target = cache / f"{name}.npz"
        if not target.is_file():
            rng = np.random.default_rng(place)
            length = len(kept(path, cache)) / 10
            if length < EXCERPT_S + 5:
                continue
            start = float(rng.uniform(0, length - EXCERPT_S - 1))
            sound = read_waveform(path, MediaLimits(), HZ, start, EXCERPT_S)
            np.savez(target, **{way: heard(spoilt(sound, chain, rng)) for way, chain in WAYS.items()})
        with np.load(target) as told:
            found += [(path, way, told[way]) for way in WAYS]
    return found


def composed(count: int, first: int = 0) -> list[Sound]:
    """Return the chroma of pieces by the composer, 20 s each, of many styles."""
    styles = ("jazz", "rock", "ambient", "folk", "techno", "classical", "metal", "funk", "waltz", "lofi")
    pieces = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            dst = Path(folder) / f"{seed}.flac"
            request = GenerationRequest(text=styles[seed % len(styles)], duration_s=EXCERPT_S, seed=seed)
            Composer().generate(request, dst, lambda *_: None, threading.Event())
            pieces.append(heard(read_waveform(dst, MediaLimits(), HZ, 0.0, EXCERPT_S)))
    return pieces


def strangers(tracks: list[Sound], count: int, rng: np.random.Generator) -> list[Sound]:
    """Return so many tracks that are made of these and are no copies of any."""
    changes = [
        (track, turn, back, tempo)
        for turn in range(3, 10)
        for back in (1, -1)
        for tempo in (0.8, 0.87, 1.15, 1.25)
        for track in range(len(tracks))
    ]
    chosen = rng.permutation(len(changes))[:count]
    return [
        np.roll(resampled(tracks[track][::back], tempo), turn, axis=1)
        for track, turn, back, tempo in (changes[place] for place in chosen)
    ]


def enlarged(tracks: dict[Path, Sound], count: int) -> tuple[Overview, dict[TrackId, NDArray[np.uint8]]]:
    """Return the overview of so many tracks, and their chroma in bytes."""
    overview, kept = Overview(), {}
    made = strangers(list(tracks.values()), count - len(tracks), np.random.default_rng(0))
    for name, track in [
        *((str(path), track) for path, track in tracks.items()),
        *zip(map(str, range(count)), made, strict=False),
    ]:
        overview.put(TrackId(name), track)
        kept[TrackId(name)] = np.round(np.asarray(track) * 255).astype(np.uint8)
    return overview, kept


def new_in_large(overview: Overview, kept: dict[TrackId, NDArray[np.uint8]], count: int, first: int) -> None:
    """Print how many composed pieces are flagged for any of so many tracks."""
    highest = []
    for piece in composed(count, first):
        stretches = Stretches(piece)
        nearest = overview.nearest(piece, LOOKED_THROUGH)
        highest.append(max(stretches.overlap(kept[each].astype(np.float32) / 255).likeness for each in nearest))
    limit = threshold(STRETCH_S, len(kept))
    told = ", ".join(f"{each:.2f}" for each in sorted(highest)[::-1][:5])
    flagged = share([v >= limit for v in highest])
    print(
        f"Composed pieces like some track of {len(kept)} (threshold {limit:.3f}): {flagged} of {count}; highest {told}"
    )


def in_large(overview: Overview, tracks: dict[Path, Sound], planted: list[tuple[Path, str, Sound]], part: str) -> None:
    """Print how often the coarse look and the exact look together find a copy among so many tracks."""
    found: dict[str, list[tuple[bool, bool]]] = {way: [] for way in WAYS}
    took = []
    for path, way, piece in planted:
        if part_of(path) != part:
            continue
        begun = time.perf_counter()
        nearest = overview.nearest(piece, LOOKED_THROUGH)
        took.append(time.perf_counter() - begun)
        reached = TrackId(str(path)) in nearest
        found[way].append((reached, reached and Stretches(piece).overlap(tracks[path], len(overview)).near_copy))
    rows = [(w, len(v), share([r for r, _ in v]), share([c for _, c in v])) for w, v in found.items()]
    print(table([f"{part}, {len(overview)} tracks", "n", "looked at exactly", "caught"], rows), "\n")
    print(f"The coarse look takes {np.median(took):.2f} s a piece.")


def apart(tracks: dict[Path, Sound], planted: list[tuple[Path, str, Sound]], told: argparse.Namespace) -> None:
    """Print what share of planted copies and of unrelated pairs is flagged."""
    files, limit = list(tracks), threshold(min(told.seconds, STRETCH_S))
    print(machine(), f"{len(files)} files, {told.seconds:g} s pieces, threshold {limit:.3f}\n")
    rng = np.random.default_rng(0)
    for part in ("tune", "report") if told.part == "both" else (told.part,):
        rows, unrelated = [], []
        scores: dict[str, list[float]] = {way: [] for way in WAYS}
        for path, way, piece in planted:
            if part_of(path) != part:
                continue
            stretches = Stretches(piece)
            scores[way].append(stretches.overlap(tracks[path]).likeness)
            if way == "another beginning":
                others = [p for p in files if p.parent != path.parent and part_of(p) == part]
                for other in rng.permutation(len(others))[: told.pairs]:
                    unrelated.append(stretches.overlap(tracks[others[other]]).likeness)
        for way, values in scores.items():
            low, mid = np.percentile(values, [5, 50])
            rows.append((way, len(values), share([v >= limit for v in values]), f"{low:.2f}", f"{mid:.2f}"))
        far, top = np.percentile(unrelated, [99, 100])
        flagged = share([v >= limit for v in unrelated])
        rows.append(("unrelated pairs", len(unrelated), flagged, f"99th {far:.2f}", f"highest {top:.2f}"))
        print(table([part, "n", "flagged", "5th percentile", "median"], rows), "\n")


def by_the_composer(tracks: dict[Path, Sound], count: int, rows_used: int) -> None:
    """Print what share of composed pieces is flagged."""
    limit = threshold(min(rows_used / FRAMES_HZ, STRETCH_S))
    highest, took = [], []
    for piece in (each[:rows_used] for each in composed(count)):
        begun, stretches = time.perf_counter(), Stretches(piece)
        highest.append(max(stretches.overlap(track).likeness for track in tracks.values()))
        took.append(time.perf_counter() - begun)
    print(
        f"Composed pieces like some track of {len(tracks)}: {share([v >= limit for v in highest])} of "
        f"{len(highest)}; highest {max(highest):.2f}; {np.median(took):.2f} s a piece to compare."
    )


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--music", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--composed", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=EXCERPT_S)
    parser.add_argument("--pairs", type=int, default=40, help="unrelated tracks for each excerpt")
    parser.add_argument("--part", choices=["tune", "report", "both"], default="both")
    parser.add_argument("--catalogue", type=int, help="look for the copies in so many tracks")
    parser.add_argument("--first", type=int, default=0, help="with --catalogue: the first seed of composed pieces")
    parser.add_argument("--every", type=int, default=1, help="with --catalogue: copies of every so manieth file alone")
    return parser.parse_args()


def main() -> None:
    """Print the tables."""
    told = arguments()
    told.cache.mkdir(parents=True, exist_ok=True)
    files = sorted(p for p in told.music.rglob("*") if p.suffix in SUFFIXES)
    tracks = {path: kept(path, told.cache) for path in files}
    rows_used = round(told.seconds * FRAMES_HZ)
    planted = [(path, way, piece[:rows_used]) for path, way, piece in excerpts(files, told.cache)]
    if told.catalogue:
        print(machine(), f"{told.seconds:g} s pieces\n")
        overview, kept_all = enlarged(tracks, told.catalogue)
        if told.composed:
            new_in_large(overview, kept_all, told.composed, told.first)
        for part in ("tune", "report") if told.part == "both" else (told.part,):
            chosen = set(list(tracks)[:: told.every])
            in_large(overview, tracks, [each for each in planted if each[0] in chosen], part)
        return
    apart(tracks, planted, told)
    if told.composed:
        by_the_composer(tracks, told.composed, rows_used)


if __name__ == "__main__":
    main()
