"""The demo catalogue, from packages made here: what is kept, what is said about it, and what survives a broken run."""

import io
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile as sf

from catalog.demo.debs import AptSource, Deb
from catalog.demo.errors import DemoUnavailableError, PackageError
from catalog.demo.extract import sum_to_vorbis
from catalog.demo.fetch import fetch_demo
from catalog.demo.sidecar import SIDECAR_NAME, SidecarSource, SidecarTrack, licence_url, render_sidecar
from catalog.demo.table import PackageRow, TrackRow, load_table, parse_table, rows_of
from catalog.demo.titles import title_from_path, useful_tag

RATE = 8000


def tone(seconds=21.0, frequency=440.0, level=0.3, title=None):
    """Ogg Vorbis bytes of a sine."""
    buffer = io.BytesIO()
    wave = level * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)
    with sf.SoundFile(buffer, "w", RATE, 1, format="OGG", subtype="VORBIS") as writer:
        if title:
            writer.title = title
        writer.write(wave)
    return buffer.getvalue()


LONG, SHORT = tone(), tone(seconds=2.0)


class PackedSource:
    """Packages that are tar files in memory; remembers what was asked of it."""

    def __init__(self, packages):
        self.packages, self.fetched = packages, []

    def check(self):
        pass

    def fetch(self, names, cache):
        name = next((name for name in names if name in self.packages), None)
        if name is None:
            raise PackageError(f"this system's package lists have no {' or '.join(names)}")
        self.fetched.append(name)
        cache.mkdir(parents=True, exist_ok=True)
        path = cache / f"{name}_1.deb"
        with tarfile.open(path, "w") as tar:
            for inner, content in self.packages[name].items():
                info = tarfile.TarInfo(inner)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return Deb(path=path, name=name, version="1.0-1")

    @contextmanager
    def open_tar(self, deb):
        with deb.path.open("rb") as stream:
            yield stream


def row(**changes):
    base = {
        "name": "quest-music",
        "tier": "demo",
        "album": "Quest",
        "licence": "CC-BY-SA-3.0",
        "attribution": "Quest, music by Ada",
        "size_mb": 1,
        "audio": ("usr/share/games/quest/music/*.ogg",),
    }
    return PackageRow(**(base | changes))


QUEST = {
    "./usr/share/games/quest/music/battle_epic.ogg": LONG,
    "./usr/share/games/quest/music/towns/old-harbour_loop.ogg": tone(frequency=220, title="Track 04"),
    "./usr/share/games/quest/music/named.ogg": tone(frequency=330, title="The Long Road"),
    "./usr/share/games/quest/music/victory.ogg": SHORT,
    "./usr/share/games/quest/sounds/explosion.ogg": LONG,
    "./usr/share/doc/quest-music/copyright": b"made by Ada",
}


def read_sidecar(folder):
    return tomllib.loads((folder / SIDECAR_NAME).read_text(encoding="utf-8"))


def test_keeps_music_and_names_it(tmp_path):
    seen = []
    quest = row(
        artist="Ada", tracks=(TrackRow(match="*/named.ogg", artist="Bo", licence="CC0-1.0", attribution="by Bo"),)
    )
    report = fetch_demo(
        tmp_path / "demo",
        rows=[quest],
        source=PackedSource({"quest-music": QUEST}),
        progress=lambda fraction, line: seen.append((fraction, line)),
    )
    folder = tmp_path / "demo" / "quest-music"
    assert report.tracks == 3
    assert report.bytes == sum(path.stat().st_size for path in folder.rglob("*.ogg"))
    content = read_sidecar(folder)
    tracks = {track["path"]: track for track in content["track"]}
    assert set(tracks) == {"battle_epic.ogg", "named.ogg", "towns/old-harbour_loop.ogg"}
    assert tracks["battle_epic.ogg"]["title"] == "Battle Epic"
    assert tracks["towns/old-harbour_loop.ogg"]["title"] == "Old Harbour"
    assert tracks["named.ogg"]["title"] == "The Long Road"
    assert (tracks["named.ogg"]["artist"], tracks["named.ogg"]["licence"]) == ("Bo", "CC0-1.0")
    assert tracks["battle_epic.ogg"]["artist"] == content["defaults"]["artist"] == "Ada"
    assert tracks["battle_epic.ogg"]["licence_url"] == "https://spdx.org/licenses/CC-BY-SA-3.0"
    assert content["source"] == {"package": "quest-music", "version": "1.0-1"}
    assert (folder / "COPYRIGHT.txt").read_text(encoding="utf-8") == "made by Ada"
    assert [fraction for fraction, _ in seen] == sorted(fraction for fraction, _ in seen)
    assert seen[-1][0] == 1.0
    assert not list((tmp_path / "demo").glob(".*")), "downloads and partial folders are deleted"


def test_second_run_fetches_nothing_and_a_damaged_folder_again(tmp_path):
    source = PackedSource({"quest-music": QUEST})
    fetch_demo(tmp_path, rows=[row()], source=source)
    again = fetch_demo(tmp_path, rows=[row()], source=source)
    assert source.fetched == ["quest-music"]
    assert [outcome.status for outcome in again.packages] == ["present"]
    assert again.tracks == 3
    (tmp_path / "quest-music" / "named.ogg").write_bytes(b"short")
    repaired = fetch_demo(tmp_path, rows=[row()], source=source)
    assert [outcome.status for outcome in repaired.packages] == ["fetched"]
    assert (tmp_path / "quest-music" / "named.ogg").stat().st_size > 1000


def test_rest_of_a_killed_run_is_swept(tmp_path):
    (tmp_path / ".partial-quest-music").mkdir()
    (tmp_path / ".partial-quest-music" / "half.ogg").write_bytes(b"x")
    fetch_demo(tmp_path, rows=[row()], source=PackedSource({"quest-music": QUEST}))
    assert not (tmp_path / "quest-music" / "half.ogg").exists()


def test_one_missing_package_does_not_stop_the_others(tmp_path):
    rows = [row(name="gone-music", other_names=("gone-2",)), row()]
    report = fetch_demo(tmp_path, rows=rows, source=PackedSource({"quest-music": QUEST}))
    assert [outcome.status for outcome in report.packages] == ["failed", "fetched"]
    assert report.failed[0].reason == "this system's package lists have no gone-music or gone-2"


def test_other_name_stands_in(tmp_path):
    report = fetch_demo(
        tmp_path,
        rows=[row(name="quest-2.0-music", other_names=("quest-music",))],
        source=PackedSource({"quest-music": QUEST}),
    )
    assert read_sidecar(tmp_path / "quest-2.0-music")["source"]["package"] == "quest-music"
    assert report.tracks == 3


@pytest.mark.parametrize(
    "source",
    [
        PackedSource({}),
        PackedSource({"quest-music": {"./usr/share/games/quest/other.ogg": LONG}}),
        PackedSource({"quest-music": {"./usr/share/games/quest/music/victory.ogg": SHORT}}),
        PackedSource({"quest-music": {"./usr/share/games/quest/music/a.ogg": b"not audio"}}),
    ],
    ids=["unknown", "layout", "only jingles", "not audio"],
)
def test_nothing_to_be_had_asks_for_a_folder(tmp_path, source):
    with pytest.raises(DemoUnavailableError, match=r"run `make demo MUSIC=/path/to/your/music`"):
        fetch_demo(tmp_path, rows=[row()], source=source)
    assert not (tmp_path / "quest-music").exists()


def test_system_without_apt(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DemoUnavailableError, match="apt-get"):
        fetch_demo(tmp_path / "demo", rows=[row()])


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_music_inside_an_archive(tmp_path):
    pk3 = zipped({"music/a.ogg": LONG, "music/b.ogg": LONG, "sound/c.ogg": LONG, "music/": b""})
    quest = row(audio=(), archives=("usr/share/games/*.pk3",), members=("music/*.ogg",), skip=("*/b.ogg",))
    fetch_demo(tmp_path, rows=[quest], source=PackedSource({"quest-music": {"./usr/share/games/quest/0.pk3": pk3}}))
    assert sorted(path.name for path in (tmp_path / "quest-music").iterdir()) == ["a.ogg", SIDECAR_NAME]


def test_archive_that_climbs_out_is_refused(tmp_path):
    pk3 = zipped({"music/../../../evil.ogg": LONG})
    quest = row(audio=(), archives=("*.pk3",), members=("music/*.ogg",))
    with pytest.raises(DemoUnavailableError, match="outside its folder"):
        fetch_demo(tmp_path / "demo", rows=[quest], source=PackedSource({"quest-music": {"./0.pk3": pk3}}))
    assert not list(tmp_path.rglob("evil.ogg"))


def test_stems_become_one_song(tmp_path):
    stems = {
        "./usr/songs/First song/guitar.ogg": tone(frequency=440, level=0.3),
        "./usr/songs/First song/song.ogg": tone(frequency=100, level=0.3),
    }
    quest = row(audio=("usr/songs/*.ogg",), stems=("guitar.ogg", "song.ogg"))
    fetch_demo(tmp_path, rows=[quest], source=PackedSource({"quest-music": stems}))
    wave, rate = sf.read(tmp_path / "quest-music" / "First song.ogg")
    spectrum = np.abs(np.fft.rfft(wave[: rate * 20]))
    strong = np.flatnonzero(spectrum > spectrum.max() / 4) * rate / (rate * 20)
    assert {round(frequency) for frequency in strong} == {100, 440}
    assert [track["title"] for track in read_sidecar(tmp_path / "quest-music")["track"]] == ["First Song"]


def test_mix_of_loud_stems_does_not_clip_and_unequal_stems_are_refused(tmp_path):
    for name, content in {"a.ogg": tone(level=0.9), "b.ogg": tone(level=0.9), "c.ogg": SHORT}.items():
        (tmp_path / name).write_bytes(content)
    sum_to_vorbis([tmp_path / "a.ogg", tmp_path / "b.ogg"], tmp_path / "mix.ogg")
    assert 0.8 < np.abs(sf.read(tmp_path / "mix.ogg")[0]).max() < 0.95
    with pytest.raises(PackageError, match="differ"):
        sum_to_vorbis([tmp_path / "a.ogg", tmp_path / "c.ogg"], tmp_path / "bad.ogg")


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_real_deb_is_opened_and_a_damaged_one_refused(tmp_path):
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        "Package: quest-music\nVersion: 1.0-1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: x\n",
        encoding="utf-8",
    )
    (tree / "usr").mkdir()
    (tree / "usr" / "a.ogg").write_bytes(LONG)
    made = tmp_path / "quest-music_1.0-1_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", str(tree), str(made)], check=True, capture_output=True)
    with AptSource().open_tar(Deb(made, "quest-music", "1.0-1")) as stream:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            assert "./usr/a.ogg" in [member.name for member in tar]
    made.write_bytes(made.read_bytes()[:-2000])
    with pytest.raises(PackageError, match="damaged"):
        with AptSource().open_tar(Deb(made, "quest-music", "1.0-1")) as stream:
            stream.read()


def test_table_is_whole():
    rows = load_table()
    names = [row.name for row in rows]
    assert len(names) == len(set(names))
    assert sum(row.size_mb for row in rows_of(full=False)) <= 610
    assert set(rows_of(full=False)) < set(rows_of(full=True))
    for entry in rows:
        assert entry.licence
        assert entry.attribution
        assert bool(entry.audio) != bool(entry.archives), entry.name
        assert bool(entry.archives) == bool(entry.members), entry.name


def test_table_refuses_unknown_keys():
    with pytest.raises(TypeError, match="licens"):
        parse_table('[[package]]\nname = "a"\nlicens = "MIT"')


def test_sidecar_survives_hostile_text():
    nasty = 'Quote " backslash \\ newline \n nul \x00 tab \t del \x7f lone \ud800 emoji 🎵'
    track = SidecarTrack(
        path="a.ogg", bytes=1, title=nasty, artist=nasty, album=None, licence="MIT OR CC0-1.0", attribution=nasty
    )
    content = tomllib.loads(render_sidecar(SidecarSource("p", "1"), {"album": nasty}, [track]))
    assert content["track"][0]["title"] == 'Quote " backslash \\ newline   nul   tab   del   lone   emoji 🎵'
    assert "album" not in content["track"][0]
    assert licence_url("MIT OR CC0-1.0") is None


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("music/battle_epic.ogg", "Battle Epic"),
        ("sword-of-fire.mp3", "Sword of Fire"),
        ("03 - the_city.ogg", "The City"),
        ("alienRaid.ogg", "Alien Raid"),
        ("ufo1.ogg", "Ufo 1"),
        ("1812.ogg", "1812"),
        ("Mad-Scientist_Looping.ogg", "Mad Scientist"),
        ("A New Journey.ogg", "A New Journey"),
    ],
)
def test_title_from_file_name(path, title):
    assert title_from_path(path) == title


@pytest.mark.parametrize(
    ("tag", "clean"),
    [("14 - Track 14", None), ("<Unknown>", None), (" \0", None), (None, None), ("Escape_Looping", "Escape")],
)
def test_useful_tag(tag, clean):
    assert useful_tag(tag) == clean


@pytest.mark.network
@pytest.mark.skipif(shutil.which("apt-get") is None, reason="needs apt")
def test_real_package_from_the_archive(tmp_path):
    asc = [entry for entry in load_table() if entry.name == "asc-music"]
    try:
        report = fetch_demo(tmp_path, rows=asc)
    except DemoUnavailableError as error:
        pytest.skip(f"offline: {error}")
    assert report.tracks == 3
    assert {track["title"] for track in read_sidecar(tmp_path / "asc-music")["track"]} >= {"Frontiers"}
