"""``trichord film``: a clip in one go, over a catalogue without any weights."""

import importlib
import json

import pytest
from film_desk import desk
from film_media import clicks, heard, make_clip, seen, tone
from typer.testing import CliRunner

from catalog.errors import CueError
from encoders.errors import MediaError

main = importlib.import_module("ui.cli.main")  # the package's own `main` is a function

CUTS = (1.52, 3.0)


@pytest.fixture
def parts(tmp_path, monkeypatch):
    knocks = clicks(30.0, [3.0, *(8.0 + cut for cut in CUTS), 21.0])
    told = {"title": "Knocks [b]", "artist": "Ada", "licence": "CC-BY-4.0"}
    with desk(tmp_path, monkeypatch, {"knocks": (knocks, told)}) as opened:
        monkeypatch.setattr(main, "app", lambda: opened)
        monkeypatch.setattr(opened, "close", lambda: None)
        yield opened
        monkeypatch.undo()


@pytest.fixture
def run(parts):
    def run(*arguments):
        ran = CliRunner().invoke(main.cli, ["film", *map(str, arguments)])
        if ran.exception and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        return ran.stdout

    return run


@pytest.fixture
def clip(tmp_path):
    return make_clip(tmp_path / "clip.mp4", 5.0, CUTS, sound=tone(5.0))


def test_a_clip_gets_its_music_its_lists_and_its_film(run, clip, tmp_path, parts):
    written = [tmp_path / f"out.{suffix}" for suffix in ("edl", "csv", "json", "otio", "fcpxml", "txt")]
    exports = [argument for path in written for argument in ("--export", path)]
    shown = run(clip, "--text", "knocks", *exports, "--render", tmp_path / "out.mp4")
    assert "0:05, 320 x 180, 2 cuts" in shown
    assert "Knocks [b]" in shown
    assert "2 of 2" in shown
    assert all("Knocks" in path.read_text(encoding="utf-8") for path in written)
    assert clip.as_uri() in written[0].read_text(encoding="utf-8")
    assert seen(tmp_path / "out.mp4")[3] == 125
    assert heard(tmp_path / "out.mp4")[0].shape[1] == pytest.approx(5 * 48_000, abs=2000)
    assert list((parts.settings.data_dir / "films").iterdir()) == []


def test_programs_read_json(run, clip):
    told = json.loads(run(clip, "--json", "--original", "duck"))
    assert told["original"] == "duck"
    cue = told["cues"][0]
    assert (cue["track_id"], cue["sync"], cue["hits"]) == ("knocks", 1.0, 2)
    assert cue["offset_s"] == pytest.approx(8.0, abs=0.03)


def test_a_film_can_stay_on_the_desk(run, clip, parts):
    run(clip, "--keep")
    assert len(list((parts.settings.data_dir / "films").iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--licence", "mine"], "--licence is 'mine'"),
        (["--original", "loud"], "--original is 'loud'"),
        (["--export", "cues.doc"], "of no format"),
        (["--render", "/nowhere/at/all/x.mp4"], "There is no folder"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(run, clip, arguments, words, parts):
    with pytest.raises((CueError, MediaError), match=words):
        run(clip, *arguments)
    assert not (parts.settings.data_dir / "films").exists()


def test_music_that_may_not_lie_under_a_film_is_not_taken(run, clip, parts):
    told = json.loads(run(clip, "--json", "--text", "metal"))  # the forty tracks tell no licence and have no file
    assert {cue["track_id"] for cue in told["cues"]} <= {"knocks", None}
