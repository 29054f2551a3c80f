"""Cue sheets as files for editors: read back by other programs' code, they say what was written."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import opentimelineio as otio
import pytest
from defusedxml import ElementTree

from catalog.errors import CueError
from catalog.films import Cue, CueSheet, Film, FilmId, standard_rate
from catalog.formats.cues.credits import credit
from catalog.formats.cues.values import CueDocument, CueLine, frames, timecode
from catalog.formats.cues.writing import FORMATS, write_cues
from catalog.values import TrackId

RATES = [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)]
NASTY = 'Ä <b>&"quoted"</b>\n001  AX  V C 00:00:00:00\r\n* FROM CLIP NAME: 夜\u202e ]]> \x00\x07' + "x" * 3000
FORMULA = '=HYPERLINK("http://example.org")'


def document(rate=Fraction(25), title="Night Song", clip="My Film.mp4", source="night.flac"):
    film = Film(FilmId("f" * 32), clip, 60.0, 1280, 720, rate, True, True, "video/mp4", "{}", datetime(2026, 1, 1))
    cues = (
        Cue(0.0, 10.0),
        Cue(10.0, 32.48, TrackId("a"), 12.52, -3.0, 0.5, 2.0, True, title, "Ada Sun", "CC-BY-4.0", "By Ada Sun"),
        Cue(40.0, 60.0, TrackId("b"), 0.0, 0.0, 0.0, 0.0, False, "Second", None, "CC0-1.0", None),
    )
    lines = tuple(
        CueLine(cue, f"{n}-{source}", 180.0, 0.75 if n == 0 else None, "fine") for n, cue in enumerate(cues[1:])
    )
    return CueDocument(film, CueSheet(cues), lines, clip)


def expected(rate):
    """Return (start, end, source start) in frames of the two cues."""
    return [(frames(a, rate), frames(b, rate), frames(s, rate)) for a, b, s in ((10, 32.48, 12.52), (40, 60, 0))]


def text(name, *given, **told):
    return write_cues(document(*given, **told), name).decode("utf-8")


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_an_edl_reads_back_in_another_programs_code(rate):
    written = text("edl", rate)
    base = round(rate)  # timecode of fractional rates counts whole frames
    timeline = otio.adapters.read_from_string(written, "cmx_3600", rate=base)
    assert timeline.name == "My Film.mp4"
    tracks = {track.name: track for track in timeline.tracks}
    assert tracks["V"].kind == "Video"
    for channel in ("A1", "A2"):
        music = list(tracks[channel].find_clips())
        assert [clip.name for clip in music] == ["Night Song - Ada Sun", "Second"]
        begins = -tracks[channel].source_range.start_time.value  # a track's first record time, as this reader tells it
        for clip, (first, last, source) in zip(music, expected(rate), strict=True):
            place = clip.range_in_parent()
            assert (place.start_time.value + begins, place.duration.value) == (first, last - first)
            assert clip.source_range.start_time.value == source
    assert tracks["V"][0].source_range.duration.value == frames(60.0, rate)
    assert "* LICENCE: CC-BY-4.0" in written
    assert "* AUDIO: GAIN -3.0 DB, FADE IN 0.50 S, FADE OUT 2.00 S" in written


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_an_otio_timeline_reads_back(rate):
    timeline = otio.adapters.read_from_string(text("otio", rate), "otio_json")
    picture, music = timeline.tracks
    assert (picture.kind, music.kind) == ("Video", "Audio")
    clips = list(music.find_clips())
    assert [clip.name for clip in clips] == ["Night Song - Ada Sun", "Second"]
    for clip, (first, last, source) in zip(clips, expected(rate), strict=True):
        place = clip.trimmed_range_in_parent()
        assert place.start_time.rate == pytest.approx(float(rate))
        assert (place.start_time.value, place.duration.value) == (first, last - first)
        assert clip.source_range.start_time.value == source
    assert clips[0].media_reference.target_url == "0-night.flac"
    assert clips[0].metadata["trichord"]["offset_s"] == 12.52  # frames round it, this does not
    assert picture[0].source_range.duration.value == frames(60.0, rate)


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_fcpxml_counts_in_whole_frames_of_its_own_rate(rate):
    root = ElementTree.fromstring(text("fcpxml", rate), forbid_dtd=False)
    assert root.find(".//format").get("frameDuration") == f"{rate.denominator}/{rate.numerator}s"
    film = root.find(".//spine/asset-clip")
    music = film.findall("asset-clip")
    assert [clip.get("name") for clip in music] == ["Night Song - Ada Sun", "Second"]
    for clip, (first, last, source) in zip(music, expected(rate), strict=True):
        told = [in_frames(clip.get(name), rate) for name in ("offset", "duration", "start")]
        assert told == [first, last - first, source]
    assert in_frames(film.get("duration"), rate) == frames(60.0, rate)
    volume = music[0].find("adjust-volume")
    assert volume.get("amount") == "-3.0dB"
    assert in_frames(volume.find(".//fadeIn").get("duration"), rate) == frames(0.5, rate)
    assert in_frames(volume.find(".//fadeOut").get("duration"), rate) == frames(2.0, rate)
    assets = {asset.get("id"): asset for asset in root.findall(".//asset")}
    assert assets[music[0].get("ref")].find("media-rep").get("src") == "0-night.flac"


def in_frames(told, rate):
    count = Fraction(told.removesuffix("s")) * rate
    assert count.denominator == 1
    return int(count)


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30), Fraction(60)], ids=str)
def test_fcpxml_reads_back_in_another_programs_code(rate):
    timeline = otio.adapters.read_from_string(text("fcpxml", rate), "fcpx_xml")
    found = {clip.name: clip.trimmed_range_in_parent() for clip in timeline.find_clips()}
    for name, (first, last, _) in zip(("Night Song - Ada Sun", "Second"), expected(rate), strict=True):
        place = found[name]
        assert (place.start_time.value, place.duration.value) == (first, last - first)


def test_csv_and_json_tell_exact_seconds_beside_timecode():
    rows = list(csv.DictReader(io.StringIO(text("csv"), newline="")))
    told = json.loads(text("json"))
    assert told["film"]["rate"] == "25"
    for row in (rows[0], told["cues"][0]):
        assert (str(row["segment"]), row["in"], row["out"]) == ("1", "00:00:10:00", "00:00:32:12")
        assert [float(row[k]) for k in ("in_s", "out_s", "offset_s", "sync")] == [10.0, 32.48, 12.52, 0.75]
        assert (row["title"], row["licence"], row["credit"]) == (
            "Night Song",
            "CC-BY-4.0",
            "“Night Song”: By Ada Sun (CC-BY-4.0)",
        )
    assert told["original"] == "keep"
    assert rows[1]["sync"] == ""


def test_credits_name_every_piece_once():
    made = document()
    twice = replace(made, lines=(*made.lines, made.lines[0]))
    assert write_cues(twice, "txt").decode() == "Music\n\n“Night Song”: By Ada Sun (CC-BY-4.0)\n“Second” (CC0-1.0)\n"
    assert write_cues(replace(made, lines=()), "txt") == b"No music.\n"
    assert credit(replace(made.lines[0].cue, attribution="Night Song, by Ada Sun, CC BY 4.0")) == (
        "Night Song, by Ada Sun, CC BY 4.0"
    )
    assert credit(Cue(0, 1, TrackId("x"), title="X")) == "“X” (licence unknown)"


@pytest.mark.parametrize("name", FORMATS)
def test_names_are_data_and_stay_inert(name):
    written = text(name, title=NASTY, clip=NASTY, source=NASTY)
    assert not {"\x00", "\x07", "\u202e"} & set(written)
    assert max(map(len, written.splitlines())) < 12_000
    if name == "edl":
        events = [line for line in written.splitlines() if line[:3].isdigit()]
        assert len(events) == 3
        assert all(len(line) < 300 for line in written.splitlines())
        back = otio.adapters.read_from_string(written, "cmx_3600", rate=25)
        assert len(list(back.find_clips())) == 5  # one picture, two cues on two channels
    elif name == "fcpxml":
        root = ElementTree.fromstring(written, forbid_dtd=False)
        assert len(root.findall(".//asset-clip")) == 3
        assert root.find(".//spine/asset-clip/asset-clip").get("name").startswith('Ä <b>&"quoted"</b> 001')
    elif name == "otio":
        assert len(list(otio.adapters.read_from_string(written, "otio_json").find_clips())) == 3
    elif name == "csv":
        assert len(list(csv.DictReader(io.StringIO(written, newline="")))) == 2
    elif name == "json":
        assert len(json.loads(written)["cues"]) == 2
    else:
        assert len(written.splitlines()) == 4


def test_a_spreadsheet_runs_no_title():
    row = next(csv.DictReader(io.StringIO(text("csv", title=FORMULA), newline="")))
    assert row["title"].startswith("'=")


def test_an_unknown_format_is_refused_by_name():
    with pytest.raises(CueError, match="no format 'doc'"):
        write_cues(document(), "doc")


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (23.976, "24000/1001"),
        (24000 / 1001, "24000/1001"),
        (24.0, "24"),
        (25.0, "25"),
        (29.97, "30000/1001"),
        (30.0, "30"),
        (59.94, "60000/1001"),
        (12.5, "25/2"),
        (0.0, "25"),
    ],
)
def test_a_measured_rate_is_told_by_its_name(fps, rate):
    assert str(standard_rate(fps)) == rate


def test_editors_count_an_odd_rate_by_the_nearest_that_they_know():
    assert document(Fraction(120)).rate == 60
    assert document(Fraction("29.87")).rate == Fraction(30000, 1001)
    assert timecode(frames(3661.48, Fraction(25)), Fraction(25)) == "01:01:01:12"
