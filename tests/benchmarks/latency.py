"""How long users wait: searches, playlists, clips, chat, generation, start, ingest, all at their real doors.

    python tests/benchmarks/latency.py [--data-dir DIR] [--skip llm ingest ...]

Runs in under four minutes on two cores. The user's catalogue and indexes are copied first and the server runs on the
copy, started as users start it. Only a quiet machine gives times worth quoting: the load stands in the first line.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
from figures import SEED, machine, table
from fit_calibration import copy_catalogue, read_queries

from ui.settings import load_settings

TRICHORD = [sys.executable, "-c", "from ui.cli import main; main()"]
SKIPPABLE = ("search", "video", "chat", "llm", "generation", "start", "ingest")
CHATS = (
    "something calm and orchestral for a forest at dawn",
    "energetic electronic music for a race",
    "dark ambient music for a cave, no drums",
    "epic battle music longer than three minutes",
    "what do you have for a sad farewell?",
    "heavy metal for the gym",
    "cheerful music for a puzzle game",
    "techno at about 130 bpm",
)


@dataclass
class Figure:
    """One line of the table; seconds unless `unit` says otherwise."""

    name: str
    values: list[float]
    target: float | None = None
    unit: str = "s"
    note: str = ""

    def row(self) -> list[object]:
        values = np.array(self.values)
        scale, unit = (1000, "ms") if self.unit == "s" and np.median(values) < 0.5 else (1, self.unit)
        # Of fewer than 20 runs the largest is told, not a percentile that they cannot give.
        high = float(np.percentile(values, 95)) if len(values) >= 20 else float(values.max())
        label = "" if len(values) >= 20 or len(values) == 1 else " (max)"
        met = (
            "-"
            if self.target is None
            else f"{self.target * scale:g} {unit}: {'met' if high <= self.target else 'missed'}"
        )
        shown = [f"{x * scale:.{1 if unit == 's' else 0}f} {unit}" for x in (float(np.median(values)), high)]
        return [self.name, len(values), shown[0], shown[1] + label, met, self.note]


class Memory:
    """The largest sum of resident memory of a process and its children, read from /proc ten times a second.

    Pages that several of them share count once for each: an upper bound.
    """

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._over.set()
        self._thread.join()
        return self.peak_mb

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.peak_mb = max(self.peak_mb, sum(_resident_mb(p) for p in _family(self._pid)))


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="utf-8").split():
                yield from _family(int(child))


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Server:
    """`trichord serve` on a free port, ready when this returns."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        begun = time.perf_counter()
        self.process = subprocess.Popen(
            [*TRICHORD, "serve", "--port", str(port)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.memory = Memory(self.process.pid)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120)
        while not self._ready():
            if self.process.poll() is not None or time.perf_counter() - begun > 120:
                raise SystemExit("The server did not start; run `trichord serve` to see why.")
            time.sleep(0.02)
        self.ready_s = time.perf_counter() - begun

    def _ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> float:
        """End the server and return its peak memory in MB."""
        peak = self.memory.stop()
        self.client.close()
        self.process.terminate()
        self.process.wait(30)
        return peak


def timed(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def searches(server: Server, n: int = 100) -> list[Figure]:
    """Time `n` different texts, present and absent ones mixed, and `n` continuations of five random tracks."""
    rng = np.random.default_rng(SEED)
    texts = [q.text for q in read_queries()[0] if not q.only]
    drawn = [texts[i] for i in rng.permutation(len(texts))[:n]]
    ids = [t["track_id"] for t in server.client.get("/v1/tracks", params={"limit": 200}).json()["tracks"]]

    def search(text: str) -> None:
        server.client.post("/v1/search", json={"query": text}).raise_for_status()

    def go_on(seeds: Sequence[str]) -> None:
        server.client.post("/v1/playlists/continue", json={"track_ids": list(seeds), "n": 10}).raise_for_status()

    for text in ("a first search", "a second search"):
        search(text)
    found = [timed(lambda text=text: search(text)) for text in drawn]  # type: ignore[misc]
    seeds = [[ids[i] for i in rng.choice(len(ids), 5, replace=False)] for _ in range(n)]
    go_on(seeds[0])
    return [
        Figure("text search over HTTP", found, 0.06),
        Figure("playlist continuation over HTTP", [timed(lambda s=s: go_on(s)) for s in seeds], 0.1),  # type: ignore[misc]
    ]


def write_clip(target: Path, seconds: int = 30) -> None:
    """Write 720p with motion, noise, a change of colour every five seconds, and a tone."""
    import av

    rng = np.random.default_rng(SEED)
    base = rng.integers(0, 256, (90, 160, 3), np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        sound = container.add_stream("aac", rate=48_000, layout="mono")
        for n in range(seconds * 25):
            picture = np.roll(base, (2 * n, 4 * n, n // 125), axis=(0, 1, 2))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode())
        tone = 0.3 * np.sin(np.arange(seconds * 48_000, dtype=np.float32) * np.float32(0.05))
        frame = av.AudioFrame.from_ndarray(tone[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode())


def videos(server: Server, folder: Path, n: int = 20) -> Figure:
    clip = folder / "clip.mp4"
    write_clip(clip)
    data = clip.read_bytes()

    def suggest() -> None:
        server.client.post("/v1/videos/suggest", files={"video": ("clip.mp4", data)}).raise_for_status()

    suggest()
    return Figure(
        "clip of 30 s, 720p, over HTTP", [timed(suggest) for _ in range(n)], 3.0, note=f"{len(data) / 1e6:.0f} MB"
    )


def converse(server: Server, message: str) -> tuple[float, float, str]:
    """Return seconds to the results, seconds to the end, and who planned, of the first turn of a conversation."""
    begun, results, planner = time.perf_counter(), float("nan"), ""
    with server.client.stream("POST", "/v1/chat", json={"message": message, "stream": True}) as answer:
        for line in answer.iter_lines():
            if line == "event: results":
                results = time.perf_counter() - begun
            elif line.startswith("data: ") and '"type": "plan"' in line:
                planner = "rules" if '"planner": "rules' in line else "model"
    return results, time.perf_counter() - begun, planner


def chats(server: Server, name: str, target: float, n: int) -> list[Figure]:
    turns = [converse(server, CHATS[i % len(CHATS)]) for i in range(n)]
    note = f"planned by the model {sum(t[2] == 'model' for t in turns)} of {n}"
    return [
        Figure(f"{name}: until results", [t[0] for t in turns], target, note=note),
        Figure(f"{name}: whole turn", [t[1] for t in turns]),
    ]


def with_model(environment: dict[str, str]) -> list[Figure]:
    """Start a server that always asks the embedded model, wait until it is warm, and talk to it."""
    server = Server(environment | {"TRICHORD_PLANNER": "llm"})
    try:
        # The model warms in the background; turns wait for it up to the time limit, so ask until one was planned by it.
        for _ in range(6):
            if converse(server, "hello, what can you do?")[2] == "model":
                break
        figures = chats(server, "chat, embedded model plans", 10.0, len(CHATS))
    finally:
        peak = server.stop()
    return [*figures, Figure("server with embedded model, peak memory", [peak], unit="MB")]


def generations(server: Server, n: int = 6) -> Figure:
    def make(seed: int) -> None:
        body = {"text": "calm piano and strings in D minor", "duration": 30, "seed": seed}
        started = server.client.post("/v1/generations", json=body).raise_for_status().json()["id"]
        while (status := server.client.get(f"/v1/generations/{started}").json()["status"]) in {"queued", "running"}:
            time.sleep(0.02)
        if status != "done":
            raise SystemExit(f"The generation ended as {status}.")

    make(0)
    return Figure("30 s of music made", [timed(lambda i=i: make(i)) for i in range(1, n + 1)], 15.0)  # type: ignore[misc]


def start(environment: dict[str, str]) -> list[Figure]:
    def help_text() -> None:
        subprocess.run([*TRICHORD, "--help"], env=environment, check=True, capture_output=True)

    def server() -> float:
        running = Server(environment)
        running.stop()
        return running.ready_s

    help_text()
    helps = [timed(help_text) for _ in range(20)]
    return [Figure("trichord --help", helps), Figure("server start until ready", [server() for _ in range(3)])]


def ingest(environment: dict[str, str], tracks: Sequence[Path], folder: Path) -> list[Figure]:
    """Ingest a sample of the catalogue's own files into an empty one."""
    music, data = folder / "music", folder / "ingest"
    music.mkdir()
    for number, path in enumerate(tracks):
        shutil.copyfile(path, music / f"{number:02}{path.suffix}")
    begun = time.perf_counter()
    command = [*TRICHORD, "ingest", str(music)]
    running = subprocess.Popen(
        command, env=environment | {"TRICHORD_DATA_DIR": str(data)}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    memory = Memory(running.pid)
    said = running.communicate()[0].decode().strip()
    seconds = (time.perf_counter() - begun) / len(tracks)
    if running.returncode != 0:
        raise SystemExit(f"The ingest failed: {said}")
    return [
        Figure("ingest, per track", [seconds], note=f"{len(tracks)} tracks, start and indexes included; {said}"),
        Figure("ingest, peak memory", [memory.stop()], unit="MB", note="with its children; shared pages count twice"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="where the ingested demo catalogue lies (default: the user's)")
    parser.add_argument("--skip", nargs="*", choices=SKIPPABLE, default=[], help="leave these out")
    options = parser.parse_args()
    settings = load_settings(options.data_dir)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = folder / "data"
        data.mkdir()
        catalogue = copy_catalogue(settings.catalogue_path, data / "catalogue.db", None)
        tracks = catalogue.library.all()
        catalogue.close()
        if (settings.data_dir / "indexes").is_dir():
            shutil.copytree(settings.data_dir / "indexes", data / "indexes")
        environment = os.environ | {
            "TRICHORD_DATA_DIR": str(data),
            "TRICHORD_MODELS_DIR": str(settings.models_path),
            "TRICHORD_PLANNER": "rules",
        }
        print(f"{machine()}; {len(tracks)} tracks; seed {SEED}", flush=True)
        figures = served(environment, folder, frozenset(options.skip))
        if "llm" not in options.skip:
            figures += with_model(environment)
        if "start" not in options.skip:
            figures += start(environment)
        if "ingest" not in options.skip:
            playable = [t.path for t in tracks if t.path is not None and t.member is None and t.path.exists()]
            rows = np.random.default_rng(SEED).choice(len(playable), min(30, len(playable)), replace=False)
            figures += ingest(environment, [playable[i] for i in rows], folder)
    print(table(["what", "n", "p50", "p95", "target", "note"], [f.row() for f in figures]))
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


def served(environment: dict[str, str], folder: Path, skip: frozenset[str]) -> list[Figure]:
    """Run everything that one server with rules answers."""
    server = Server(environment)
    figures: list[Figure] = []
    try:
        if "search" not in skip:
            figures += searches(server)
        if "video" not in skip:
            figures.append(videos(server, folder))
        if "chat" not in skip:
            converse(server, CHATS[0])
            figures += chats(server, "chat, rules plan", 1.5, 40)
        if "generation" not in skip:
            figures.append(generations(server))
    finally:
        peak = server.stop()
    return [
        *figures,
        Figure("server, peak memory", [peak], unit="MB", note="with its children; shared pages count twice"),
    ]


if __name__ == "__main__":
    main()
