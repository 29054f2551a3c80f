"""The 813 free excerpts as a catalogue: real sound, with or without the words that people wrote about it.

    python tests/benchmarks/debian_catalogue.py --shared DIR --cache DIR

Analysing takes some ten minutes once; the other benchmarks read the catalogue from the cache.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from peers import add_option, folder_of

from catalog.store import Catalogue
from catalog.values import TrackId, TrackMetadata
from encoders.errors import MediaError
from ui.compose import App
from ui.settings import load_settings


def read_entries(folder: Path) -> list[dict[str, object]]:
    """Return the tracks that have an excerpt, in the file's order."""
    lines = (folder / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return [e for e in entries if (folder / "excerpts" / f"{e['id']}.opus").is_file()]


def words_of(entry: dict[str, object]) -> TrackMetadata:
    """Return what people wrote: the file's tags, or else its name."""
    name = Path(str(entry["path"])).stem.replace("_", " ").replace("-", " ")
    genre = tuple(g.strip() for g in str(entry["genre"]).split(",") if g.strip())
    licence = str(entry["tag_licence"] or entry["deb_licence"] or "") or None
    album = str(entry["album"] or entry["package"])
    return TrackMetadata(str(entry["title"]) or name, str(entry["artist"]) or None, album, None, genre, licence)


def fill(catalogue: Catalogue, folder: Path, app: App) -> Iterator[str]:
    """Analyse and store what is not there yet; yield the id of each that could not be read."""
    have = set(catalogue.library.ids())
    for entry in read_entries(folder):
        track = TrackId(str(entry["id"]))
        if track in have:
            continue
        try:
            facts = app.audio.analyze(folder / "excerpts" / f"{track}.opus")
        except MediaError:
            yield track
            continue
        catalogue.library.save(track, words_of(entry), facts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_option(parser)
    parser.add_argument("--cache", type=Path, required=True, help="where to keep the catalogue")
    parser.add_argument("--data-dir", type=Path, help="where the weights lie (default: the user's)")
    options = parser.parse_args()
    app = App(load_settings(options.data_dir))
    options.cache.mkdir(parents=True, exist_ok=True)
    catalogue = Catalogue(options.cache / "debian.db")
    bad = list(fill(catalogue, folder_of(options, "debian_music"), app))
    print(f"{catalogue.library.count()} tracks, {len(bad)} could not be read")
    catalogue.close()
    app.close()


if __name__ == "__main__":
    main()
