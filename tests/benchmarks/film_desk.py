"""How long a video editor waits: a clip opened, music suggested, a track swapped, offsets, a film rendered.

    python tests/benchmarks/film_desk.py [--data-dir DIR] [--runs N]

Runs in three minutes on two cores, against `trichord serve` on a copy of the user's catalogue. The clips are made here:
720p at 25 frames a second with sound. Only a quiet machine gives times worth quoting: the load is told.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from figures import SEED, machine, table
from fit_calibration import copy_catalogue
from latency import Figure, Server, timed, write_clip

from ui.settings import load_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="where the ingested demo catalogue lies (default: the user's)")
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    settings = load_settings(options.data_dir)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = folder / "data"
        data.mkdir()
        catalogue = copy_catalogue(settings.catalogue_path, data / "catalogue.db", None)
        print(f"{machine()}; {catalogue.library.count()} tracks; seed {SEED}", flush=True)
        catalogue.close()
        if (settings.data_dir / "indexes").is_dir():
            shutil.copytree(settings.data_dir / "indexes", data / "indexes")
        environment = os.environ | {
            "TRICHORD_DATA_DIR": str(data),
            "TRICHORD_MODELS_DIR": str(settings.models_path),
            "TRICHORD_PLANNER": "rules",
        }
        server = Server(environment)
        try:
            figures = measured(server, folder, options.runs)
        finally:
            peak = server.stop()
        figures.append(Figure("server, peak memory", [peak], unit="MB", note="with its children"))
    print(table(["what", "n", "p50", "p95", "target", "note"], [f.row() for f in figures]))
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


def measured(server: Server, folder: Path, runs: int) -> list[Figure]:
    short, long = folder / "short.mp4", folder / "long.mp4"
    write_clip(short, 30)
    write_clip(long, 60)
    data = short.read_bytes()
    opened: list[dict] = []
    found: list[dict] = []

    def open_film() -> None:
        opened.append(server.client.post("/v1/films", files={"video": ("clip.mp4", data)}).raise_for_status().json())

    def first_suggestions() -> None:
        open_film()
        found.append(ask(f"/v1/films/{opened[-1]['id']}/suggestions", licence="any"))

    def ask(url: str, **params: object) -> dict:
        return server.client.get(url, params=params).raise_for_status().json()

    first_suggestions()
    here = f"/v1/films/{opened[0]['id']}"
    tracks = [track["track_id"] for track in ask(f"{here}/suggestions", licence="any", n=2 * runs)["tracks"]]

    def offsets(track_id: str) -> float:
        return timed(lambda: ask(f"{here}/offsets", track_id=track_id, segment=0))

    figures = [
        Figure("30 s clip: upload to time line", [timed(open_film) for _ in range(runs)], 4.0),
        Figure("30 s clip: upload to first suggestions", [timed(first_suggestions) for _ in range(runs)], 4.0),
        Figure(
            "suggestions for a segment", [timed(lambda: ask(f"{here}/suggestions", segment=0)) for _ in range(runs)]
        ),
        Figure("offsets of a track, first time", [offsets(track) for track in tracks[:runs]]),
        Figure("offsets of a track, again", [offsets(track) for track in tracks[:runs]], 0.3),
    ]
    film = server.client.post("/v1/films", files={"video": ("long.mp4", long.read_bytes())}).raise_for_status().json()
    cue = {"start_s": 0.0, "end_s": 60.0, "track_id": tracks[0], "fade_in_s": 1.0, "fade_out_s": 2.0, "duck": True}
    put = server.client.put(f"/v1/films/{film['id']}/cues", json={"cues": [cue], "original": "duck"})
    put.raise_for_status()
    figures.append(Figure("60 s rendered, picture copied", [rendered(server, film["id"]) for _ in range(5)], 20.0))
    encoded = folder / "old.avi"
    as_mpeg4(long, encoded)
    old = server.client.post("/v1/films", files={"video": ("old.avi", encoded.read_bytes())}).raise_for_status().json()
    while server.client.get(f"/v1/films/{old['id']}").json()["video"]["state"] != "ready":
        time.sleep(0.5)  # its proxy would share the cores
    server.client.put(f"/v1/films/{old['id']}/cues", json={"cues": [cue]}).raise_for_status()
    figures.append(Figure("60 s rendered, picture encoded", [rendered(server, old["id"]) for _ in range(3)], 20.0))
    return figures


def as_mpeg4(clip: Path, target: Path) -> None:
    """Write a clip's pictures and a new tone as MPEG-4 Part 2 in AVI, which cannot be copied into an MP4 file."""
    import av

    with av.open(str(clip)) as source, av.open(str(target), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 1280, 720, "yuv420p", 8_000_000
        for n, frame in enumerate(source.decode(video=0)):
            frame.pts = n
            frame.time_base = Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def rendered(server: Server, film_id: str) -> float:
    begun = time.perf_counter()
    job = server.client.post(f"/v1/films/{film_id}/renders").raise_for_status().json()
    while job["status"] in {"queued", "running"}:
        time.sleep(0.1)
        job = server.client.get(f"/v1/renders/{job['id']}").json()
    assert job["status"] == "done", job
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
