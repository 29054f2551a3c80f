"""Pictures and the music that their authors chose for them, out of the files of Debian's games.

    python tests/benchmarks/scene_pairs.py --packages FOLDER --fetch    # gets the packages (apt), then:
    python tests/benchmarks/scene_pairs.py --packages FOLDER            # writes scene_pairs.csv beside this file

Every game says in a file of its own which music goes with which level, theme, map or planet; one reader a game below.
A picture is a file, a member of an archive (``archive!member``), layers over one another (``sky + horizon``), or, of
Flare, the view at a map's start, drawn from its tiles. Only the table is kept, neither pictures nor music.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from packages import fetch
from PIL import Image

TABLE = Path(__file__).with_name("scene_pairs.csv")
VIEW = (1280, 720)
CANVAS = (1024, 640)

Pair = tuple[str, str]  # picture, music: paths below the folder of packages
Reader = Callable[[Path], Iterator[Pair]]


@dataclass(frozen=True)
class Game:
    """A game: its packages, where its music lies, and who reads its pairs."""

    packages: tuple[str, ...]
    music: str
    read: Reader


def version_of(package: str) -> str:
    told = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Candidate: (\S+)", told)
    return found[1] if found else "unknown"


@lru_cache(maxsize=32)
def archive(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def content(folder: Path, name: str) -> bytes:
    """Read a file or a member of an archive."""
    file, _, member = name.partition("!")
    return archive(folder / file).read(member) if member else (folder / file).read_bytes()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def one_of(pattern: str, text: str, otherwise: str | None = None) -> str:
    """Return the first group of the first match."""
    found = re.search(pattern, text, re.M)
    if found is None and otherwise is None:
        raise ValueError(f"no {pattern!r}")
    return found[1] if found else str(otherwise)


def picture_of(folder: Path, name: str) -> Image.Image:
    """Return a picture of the table as RGB."""
    if name.endswith(".txt"):
        return flare_view(folder / name)
    layers = [Image.open(io.BytesIO(content(folder, part))).convert("RGBA") for part in name.split(" + ")]
    if len(layers) == 1:
        return layers[0].convert("RGB")
    canvas = Image.new("RGBA", CANVAS, layers[0].getpixel((0, 0)))
    for n, layer in enumerate(layers):
        fitted = layer.resize((CANVAS[0], max(1, layer.height * CANVAS[0] // layer.width)))
        canvas.alpha_composite(fitted.crop((0, 0, *CANVAS)), (0, 0 if n == 0 else max(0, CANVAS[1] - fitted.height)))
    return canvas.convert("RGB")


def flare_view(path: Path) -> Image.Image:
    """Draw what lies around the place where a player enters a map of Flare (isometric tiles, two layers)."""
    text = text_of(path)
    mods = path.parents[2]
    tileset = text_of(_in_mods(mods, one_of(r"^tileset=(.+)$", text)))
    sheet = Image.open(_in_mods(mods, one_of(r"^img=(.+)$", tileset))).convert("RGBA")
    rows = ([int(n) for n in found.split(",")] for found in re.findall(r"^tile=(.+)$", tileset, re.M))
    tiles = {row[0]: row[1:] for row in rows}
    left, top = _place(*map(int, one_of(r"^hero_pos=(\d+,\d+)", text, "0,0").split(",")))
    canvas = Image.new("RGBA", VIEW, (0, 0, 0, 255))
    for layer in re.findall(r"^type=(?:background|object)\ndata=\n(.+?)\n\n", text, re.M | re.S):
        grid = [[int(cell) for cell in line.rstrip(",").split(",")] for line in layer.splitlines()]
        for y, x in np.argwhere(np.array(grid)):
            if grid[y][x] in tiles:
                sx, sy, width, height, ox, oy = tiles[grid[y][x]]
                px, py = _place(int(x), int(y))
                spot = (px - left + VIEW[0] // 2 - ox, py - top + VIEW[1] // 2 - oy)
                if -width < spot[0] < VIEW[0] and -height < spot[1] < VIEW[1]:
                    tile = sheet.crop((sx, sy, sx + width, sy + height))
                    canvas.paste(tile, spot, tile)
    return canvas.convert("RGB")


def _in_mods(mods: Path, name: str) -> Path:
    places = (mods / mod / name.strip() for mod in ("empyrean_campaign", "fantasycore"))
    return next(place for place in places if place.exists())


def _place(x: int, y: int) -> tuple[int, int]:
    return (x - y) * 32, (x + y) * 16


def flare(folder: Path) -> Iterator[Pair]:
    """Maps name their music; the loops of wind are no music."""
    mods = folder / "flare-game/usr/share/games/flare/mods"
    for path in sorted(mods.glob("*/maps/*.txt")):
        found = re.search(r"^music=(\S+)", text_of(path), re.M)
        if found and "ambient" not in found[1] and re.search(r"^tileset=\S+", text_of(path), re.M):
            yield str(path.relative_to(folder)), str(_in_mods(mods, found[1]).relative_to(folder))


def hedgewars(folder: Path) -> Iterator[Pair]:
    """Themes name their music."""
    data = folder / "hedgewars-data/usr/share/games/hedgewars/Data"
    for path in sorted(data.glob("Themes/*/theme.cfg")):
        found = re.search(r"^music\s*=\s*(\S+)", text_of(path), re.M)
        if found and (path.parent / "Sky.png").exists():
            layers = [path.parent / name for name in ("Sky.png", "horizont.png") if (path.parent / name).exists()]
            yield (
                " + ".join(str(p.relative_to(folder)) for p in layers),
                str((data / "Music" / found[1]).relative_to(folder)),
            )


def neverball(folder: Path) -> Iterator[Pair]:
    """Compiled levels carry the keys ``song`` and ``shot``."""
    base = folder / "neverball-data/usr/share/games/neverball"
    for path in sorted(base.glob("map-*/*.sol")):
        keys = dict(re.findall(rb"(song|shot)\0([^\0]+)\0", path.read_bytes()))
        if keys.keys() == {b"song", b"shot"} and (base / keys[b"shot"].decode()).exists():
            shot = base / keys[b"shot"].decode()
            yield str(shot.relative_to(folder)), "neverball-common/usr/share/games/neverball/" + keys[b"song"].decode()


def warmux(folder: Path) -> Iterator[Pair]:
    """Maps name a list of music; maps without one play anything."""
    base = folder / "warmux-data/usr/share/games/warmux"
    for path in sorted(base.glob("map/*/config.xml")):
        text = re.sub(r"<!--.*?-->", "", text_of(path), flags=re.S)
        found = re.search(r"<music_playlist>\s*(\w+)\s*</music_playlist>", text)
        listed = base / f"music/ingame/{found[1]}.m3u" if found else None
        picture = path.parent / one_of(r'name="preview" file="([^"]+)"', text, "preview.jpg")
        if listed and listed.exists() and picture.exists():
            for name in text_of(listed).split("\n"):
                if name.strip() and not name.startswith("#"):
                    music = listed.parent / name.strip()
                    yield str(picture.relative_to(folder)), str(music.relative_to(folder))


def fillets(folder: Path) -> Iterator[Pair]:
    """Levels play one piece by script and show one background."""
    base = folder / "fillets-ng-data/usr/share/games/fillets-ng"
    for path in sorted(base.glob("script/*/code.lua")):
        music = re.search(r'sound_playMusic\("(music/[\w.]+)"\)', text_of(path))
        models = text_of(path.with_name("models.lua"))
        room = re.search(r'createRoom\(\d+, *\d+, *"images/"\.\.codename\.\."/([\w.-]+)"', models)
        if music and room:
            picture = base / "images" / path.parent.name / room[1]
            yield str(picture.relative_to(folder)), str((base / music[1]).relative_to(folder))


def extremetuxracer(folder: Path) -> Iterator[Pair]:
    """Courses name a theme where the usual one is not meant."""
    base = folder / "extremetuxracer-data/usr/share/games/etr"
    files = dict(re.findall(r"\[name\] (\S+) \[file\] (\S+)", text_of(base / "music/music.lst")))
    themes = dict(re.findall(r"\[name\] (\S+) \[race\] (\S+)", text_of(base / "music/racing_themes.lst")))
    for path in sorted(base.glob("courses/*/*/course.dim")):
        found = re.search(r"\[theme\]\s*(\w+)", text_of(path))
        if found and found[1] in themes:
            music = base / "music" / files[themes[found[1]]]
            yield str((path.parent / "preview.png").relative_to(folder)), str(music.relative_to(folder))


def nexuiz(folder: Path) -> Iterator[Pair]:
    """Maps name the number of a track; a list in the settings tells its file."""
    data = "nexuiz-data/usr/share/games/nexuiz/data/data.pk3"
    music = "nexuiz-music/usr/share/games/nexuiz/data/music.pk3"
    names = archive(folder / data).namelist()
    settings = content(folder, f"{data}!defaultNexuiz.cfg").decode("latin1")
    order = one_of(r'set g_cdtracks_remaplist "([^"]+)"', settings).split()
    for name in sorted(name for name in names if name.endswith(".mapinfo")):
        track = re.search(r"^cdtrack (\d+)", content(folder, f"{data}!{name}").decode("latin1"), re.M)
        picture = next((n for n in (name[:-7] + "jpg", name[:-7] + "tga") if n in names), None)
        if track and picture:
            yield f"{data}!{picture}", f"{music}!sound/cdtracks/{order[int(track[1]) - 1]}.ogg"


def openarena(folder: Path) -> Iterator[Pair]:
    """Maps name their music in the entity of the world; a later package's map stands for the same earlier one."""
    packs = [str(p.relative_to(folder)) for p in sorted(folder.glob("openarena-*/usr/share/games/openarena/*/*.pk3"))]
    where = {name.lower(): f"{pack}!{name}" for pack in packs for name in archive(folder / pack).namelist()}
    for name, place in sorted(where.items()):
        if not name.endswith(".bsp"):
            continue
        raw = content(folder, place)
        start, size = struct.unpack_from("<ii", raw, 8)
        world = raw[start : start + size].decode("latin1").split("}")[0]
        found = re.search(r'"music"\s+"([^"\s]+)', world)
        music = where.get(f"{found[1].lower().removesuffix('.ogg').removesuffix('.wav')}.ogg") if found else None
        shots = (where.get(f"levelshots/{Path(name).stem}.{ending}") for ending in ("jpg", "tga"))
        picture = next((shot for shot in shots if shot), None)
        if music and picture:
            yield picture, music


def megaglest(folder: Path) -> Iterator[Pair]:
    """Factions name their music and have a picture for the time of loading."""
    base = folder / "megaglest-data/usr/share/games/megaglest/techs/megapack/factions"
    for path in sorted(base.glob("*/*.xml")):
        found = re.search(r'<music value="true" path="([^"]+)"', text_of(path))
        if found and (path.parent / "loading_screen.jpg").exists():
            yield (
                str((path.parent / "loading_screen.jpg").relative_to(folder)),
                str((path.parent / found[1]).relative_to(folder)),
            )


def naev(folder: Path) -> Iterator[Pair]:
    """Landing plays by the planet's class: one piece each for earthly (M), ocean (O) and ice (P) planets."""
    base = folder / "naev-data/usr/share/naev/dat"
    chosen = {"M": "agriculture", "O": "ocean", "P": "snow"}
    for path in sorted(base.glob("assets/*.xml")):
        text = text_of(path)
        kind = re.search(r"<class>(\w+)</class>", text)
        picture = re.search(r"<exterior>([^<]+)</exterior>", text)
        if kind and picture and kind[1] in chosen and "<land/>" in text:
            shown = base / "gfx/planet/exterior" / picture[1]
            yield str(shown.relative_to(folder)), str((base / f"snd/music/{chosen[kind[1]]}.ogg").relative_to(folder))


def wesnoth(folder: Path) -> Iterator[Pair]:
    """Scenarios name their first music; the pictures are those of the story told before."""
    core = "usr/share/games/wesnoth/1.16/data"
    music_folder = folder / "wesnoth-1.16-music" / core / "core/music"
    for campaign in sorted(folder.glob(f"wesnoth-1.16-*/{core}/campaigns/*")):
        for path in sorted(campaign.glob("scenarios/**/*.cfg")):
            text = text_of(path)
            music = re.search(r'\{SCENARIO_MUSIC\s+"?([\w.-]+?)"?\}', text) or re.search(
                r'\{INTRO_AND_SCENARIO_MUSIC\s+"?[\w.-]+"?\s+"?([\w.-]+?)"?\}', text
            )
            if not music or not (music_folder / music[1]).exists():
                continue
            for name in dict.fromkeys(re.findall(r'(?:background|image)="?(story/[\w./-]+)', text)):
                places = (campaign / "images" / name, folder / "wesnoth-1.16-data" / core / "core/images" / name)
                picture = next((place for place in places if place.exists()), None)
                if picture and "portrait" not in name and Image.open(picture).width >= 400:
                    yield str(picture.relative_to(folder)), str((music_folder / music[1]).relative_to(folder))


CAMPAIGNS = "did dm dw ei httt l low nr sof sota sotbe thot trow tsg ttb utbs"
GAMES = {
    "Extreme Tux Racer": Game(
        ("extremetuxracer-data",), "extremetuxracer-data/usr/share/games/etr/music/*.ogg", extremetuxracer
    ),
    "Fish Fillets": Game(("fillets-ng-data",), "fillets-ng-data/usr/share/games/fillets-ng/music/*.ogg", fillets),
    "Flare": Game(("flare-game",), "flare-game/usr/share/games/flare/mods/*/music/*_theme.ogg", flare),
    "Hedgewars": Game(("hedgewars-data",), "hedgewars-data/usr/share/games/hedgewars/Data/Music/*.ogg", hedgewars),
    "MegaGlest": Game(("megaglest-data",), "megaglest-data/usr/share/games/megaglest/*/**/music/*.ogg", megaglest),
    "Naev": Game(("naev-data",), "naev-data/usr/share/naev/dat/snd/music/*.ogg", naev),
    "Neverball": Game(
        ("neverball-data", "neverball-common"), "neverball-common/usr/share/games/neverball/bgm/*.ogg", neverball
    ),
    "Nexuiz": Game(
        ("nexuiz-data", "nexuiz-music"), "nexuiz-music/usr/share/games/nexuiz/data/music.pk3!sound/cdtracks/", nexuiz
    ),
    "OpenArena": Game(
        ("openarena-081-maps", "openarena-085-data", "openarena-088-data", "openarena-data", "openarena-oacmp1"),
        "openarena-*/usr/share/games/openarena/*/*.pk3!music/",
        openarena,
    ),
    "Warmux": Game(("warmux-data",), "warmux-data/usr/share/games/warmux/music/**/*.ogg", warmux),
    "Wesnoth": Game(
        ("wesnoth-1.16-data", "wesnoth-1.16-music", *(f"wesnoth-1.16-{name}" for name in CAMPAIGNS.split())),
        "wesnoth-1.16-music/usr/share/games/wesnoth/1.16/data/core/music/*.ogg",
        wesnoth,
    ),
}


def music_of(folder: Path, game: Game) -> list[str]:
    """Return all music of a game: what a picture's own is ranked among."""
    pattern, _, inside = game.music.partition("!")
    files = [str(path.relative_to(folder)) for path in sorted(folder.glob(pattern))]
    if not inside:
        return files
    members = {
        Path(name).name: f"{file}!{name}"
        for file in files
        for name in archive(folder / file).namelist()
        if name.startswith(inside) and name.endswith(".ogg")
    }
    return sorted(members.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, required=True, help="folder of the unpacked packages")
    parser.add_argument("--fetch", action="store_true", help="download and unpack the packages first")
    options = parser.parse_args()
    if options.fetch:
        fetch((package for game in GAMES.values() for package in game.packages), options.packages)
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["game", "picture_version", "picture", "music_version", "music"])
        for name, game in GAMES.items():
            pairs = sorted(set(game.read(options.packages)))
            tracks = music_of(options.packages, game)
            versions = {package: version_of(package) for package in game.packages}
            kept = [pair for pair in pairs if pair[1] in tracks]
            for picture, music in kept:
                writer.writerow([name, versions[picture.split("/")[0]], picture, versions[music.split("/")[0]], music])
            print(f"{name}: {len(kept)} pairs ({len(pairs) - len(kept)} without music), {len(tracks)} tracks")


if __name__ == "__main__":
    main()
