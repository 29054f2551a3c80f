"""Films written by the capped child: streams, lengths, levels, odd clips, full disks, ends on the way."""

import threading
from fractions import Fraction

import numpy as np
import pyloudnorm
import pytest
from film_media import heard, make_clip, seen, tone, turned, write_sound

from encoders.errors import MediaCancelledError, MediaError
from encoders.media.editing import LIMITS, FilmEditor
from encoders.media.limits import MediaLimits
from encoders.media.mastering import true_peaks
from encoders.media.mixing import Mix, MixCue
from encoders.media.opening import probe
from encoders.media.playing import browser_type
from encoders.media.sandbox import Task
from encoders.media.survey import find_cuts, levels, survey


@pytest.fixture(scope="module")
def editor():
    opened = FilmEditor(workers=1)
    yield opened
    opened.close()


@pytest.fixture
def music(tmp_path):
    rng = np.random.default_rng(2)
    return write_sound(
        tmp_path / "music.flac", tone(30.0, 0.4, rate=44_100) + 0.02 * rng.normal(size=30 * 44_100), 44_100
    )


def task(progress=None, cancel=None):
    return Task(progress or (lambda _: None), cancel or threading.Event())


def mix(music, end_s=4.0, **more):
    return Mix((MixCue(str(music), 0.0, end_s, 1.0, 0.0, 0.2, 0.2, False),), **more)


CLIPS = {
    "h264.mp4": {},
    "ntsc.mp4": {"fps": 24000 / 1001},
    "frames.mov": {"options": {"bf": "3"}, "fps": 30},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "vp8.webm": {"codec": "libvpx", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "hevc.mp4": {"codec": "libx265", "options": {"preset": "ultrafast", "x265-params": "log-level=none"}},
    "prores.mov": {"codec": "prores", "pix": "yuv422p10le"},
    "mjpeg.avi": {"codec": "mjpeg", "pix": "yuvj420p"},
    "mpeg4.avi": {"codec": "mpeg4"},
    "mpeg2.mpg": {"codec": "mpeg2video"},
    "h264.ts": {},
    "h264.mkv": {},
}
COPIED = {"h264.mp4", "ntsc.mp4", "frames.mov", "vp9.webm", "hevc.mp4", "h264.mkv"}
PLAYED = {"h264.mp4", "ntsc.mp4", "frames.mov", "vp9.webm", "vp8.webm"}


@pytest.mark.parametrize("name", CLIPS)
def test_any_clip_becomes_an_mp4_of_its_length_with_its_music(name, editor, music, tmp_path):
    sound = None if name in {"mpeg2.mpg", "mjpeg.avi"} else tone(4.0, 0.05, 300.0)
    clip = make_clip(tmp_path / name, 4.0, (2.0,), sound=sound, **CLIPS[name])
    told = []
    made = editor.render(clip, tmp_path / "out.mp4", mix(music), task(told.append))
    assert made.copied == (name in COPIED)
    codec, width, height, frames, seconds, _ = seen(tmp_path / "out.mp4")
    rate = Fraction(CLIPS[name].get("fps", 25)).limit_denominator(1001)
    assert codec == (seen(clip)[0] if made.copied else "h264")
    assert (width, height) == (320, 180)
    assert frames == pytest.approx(round(4 * rate), abs=1)
    assert seconds == pytest.approx(probe(clip, MediaLimits()).duration_s, abs=float(1 / rate) + 0.001)
    out, hz = heard(tmp_path / "out.mp4")
    assert (hz, len(out)) == (48_000, 2)
    assert pyloudnorm.Meter(hz).integrated_loudness(out.T) == pytest.approx(-14.0, abs=1.0)
    assert 20 * np.log10(true_peaks(out.astype(np.float64)).max()) <= -1.0
    assert told == sorted(told)
    assert (tmp_path / ".out.mp4.part").exists() is False


@pytest.mark.parametrize("name", CLIPS)
def test_browsers_are_offered_what_they_play(name, tmp_path):
    clip = make_clip(tmp_path / name, 0.5, (), sound=None, **CLIPS[name])
    expected = "video/webm" if name.endswith("webm") else "video/mp4"
    assert browser_type(probe(clip, MediaLimits())) == (expected if name in PLAYED else None)


def test_the_picture_of_a_copy_is_the_same_bytes_of_pictures(editor, music, tmp_path):
    clip = make_clip(tmp_path / "x.mp4", 3.0, (1.0, 2.0), options={"bf": "2"})
    editor.render(clip, tmp_path / "out.mp4", mix(music, 3.0), task())
    assert [pixels.tobytes() for pixels in pictures(clip)] == [p.tobytes() for p in pictures(tmp_path / "out.mp4")]


def pictures(path):
    import av

    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_an_upright_clip_that_is_encoded_anew_stands_upright(editor, tmp_path):
    lying = make_clip(tmp_path / "lying.mp4", 1.0, (), size=(320, 180))
    phone = turned(lying, tmp_path / "phone.mp4")
    editor.proxy(phone, tmp_path / "proxy.mp4", task())
    _, width, height, frames, _, rotation = seen(tmp_path / "proxy.mp4")
    assert (width, height, frames, rotation) == (180, 320, 25, 0)
    want = np.rot90(pictures(lying)[0], seen(phone)[5] // 90)
    assert np.abs(want.astype(int) - pictures(tmp_path / "proxy.mp4")[0].astype(int)).mean() < 12


def test_a_proxy_is_small_and_even(editor, tmp_path):
    clip = make_clip(tmp_path / "big.avi", 0.4, (), size=(1921, 1081), codec="mjpeg", pix="yuvj444p")
    editor.proxy(clip, tmp_path / "proxy.mp4", task())
    codec, width, height, *_ = seen(tmp_path / "proxy.mp4")
    assert (codec, width, height) == ("h264", 1280, 720)


def test_a_sound_that_begins_late_stays_in_time(editor, tmp_path):
    import av

    clip, late = make_clip(tmp_path / "a.mp4", 3.0, (), sound=tone(3.0, 0.5)), tmp_path / "late.mkv"
    with av.open(str(clip)) as source, av.open(str(late), "w") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "audio":
                shift = round(1 / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            packet.stream = streams[packet.stream.index]
            out.mux(packet)
    editor.render(late, tmp_path / "out.mp4", Mix((), loudness_lufs=None), task())
    sound, rate = heard(tmp_path / "out.mp4")
    starts = np.flatnonzero(np.abs(sound[0]) > 0.2)[0] / rate
    assert starts == pytest.approx(1.0, abs=0.04)


def test_a_quiet_mix_is_raised_and_a_silent_one_left(editor, tmp_path):
    quiet = make_clip(tmp_path / "q.mp4", 4.0, (), sound=tone(4.0, 0.02))
    made = editor.render(quiet, tmp_path / "out.mp4", Mix(()), task())
    sound, rate = heard(tmp_path / "out.mp4")
    assert made.lufs < -30
    assert pyloudnorm.Meter(rate).integrated_loudness(sound.T) == pytest.approx(-14.0, abs=1.0)
    silent = make_clip(tmp_path / "s.mp4", 2.0, (), sound=np.zeros(96_000, np.float32))
    assert editor.render(silent, tmp_path / "out.mp4", Mix(()), task()).lufs is None
    assert np.abs(heard(tmp_path / "out.mp4")[0]).max() < 1e-3


def test_a_disk_without_room_is_one_sentence_and_no_half_file(music, tmp_path):
    from dataclasses import replace

    clip = make_clip(tmp_path / "x.mp4", 4.0, (1.0, 2.0))
    # A file that may not grow fails at the same calls as a full disk.
    small = FilmEditor(replace(LIMITS, output_bytes=20_000), workers=1)
    before = set(tmp_path.iterdir())
    with pytest.raises(MediaError, match="no room on the disk"):
        small.render(clip, tmp_path / "out.mp4", mix(music), task())
    assert set(tmp_path.iterdir()) == before
    small.close()


def test_a_render_ends_when_nobody_wants_it(editor, music, tmp_path):
    clip = make_clip(tmp_path / "x.avi", 20.0, (), size=(960, 540), codec="mpeg4")
    cancel = threading.Event()
    before = set(tmp_path.iterdir())
    with pytest.raises(MediaCancelledError):
        editor.render(clip, tmp_path / "out.mp4", mix(music, 20.0), task(lambda _: cancel.set(), cancel))
    assert set(tmp_path.iterdir()) == before
    short = make_clip(tmp_path / "y.mp4", 1.0, ())
    assert editor.render(short, tmp_path / "out.mp4", mix(music, 1.0), task()).copied  # the next one gets a new child


def test_a_render_that_takes_too_long_is_ended(music, tmp_path):
    from dataclasses import replace

    hasty = FilmEditor(replace(LIMITS, wall_s=0.5), workers=1)
    clip = make_clip(tmp_path / "x.avi", 10.0, (), size=(960, 540), codec="mpeg4")
    with pytest.raises(MediaError, match=r"more than the 0\.5 s allowed"):
        hasty.render(clip, tmp_path / "out.mp4", mix(music, 10.0), task())
    assert not (tmp_path / ".out.mp4.part").exists()
    hasty.close()


def test_a_track_that_cannot_be_read_is_named(editor, tmp_path):
    clip = make_clip(tmp_path / "x.mp4", 1.0, ())
    bad = tmp_path / "bad.flac"
    bad.write_bytes(b"\x00\x01" * 4000)
    with pytest.raises(MediaError, match=r"bad\.flac"):
        editor.render(clip, tmp_path / "out.mp4", mix(bad, 1.0), task())
    assert not (tmp_path / "out.mp4").exists()


def test_every_cut_is_found_in_pieces_as_in_one(tmp_path):
    cuts = tuple(np.round(np.arange(2.0, 58.0, 3.52), 2))
    clip = make_clip(tmp_path / "x.mp4", 60.0, cuts, size=(160, 90))
    told = []
    found = find_cuts(clip, MediaLimits(), told.append)
    assert [cut.time_s for cut in found] == pytest.approx(list(cuts), abs=0.021)
    assert told[-1] == pytest.approx(1.0, abs=0.01)
    assert [cut.time_s for cut in survey(clip, MediaLimits()).cuts] == [cut.time_s for cut in found]


@pytest.mark.parametrize("seconds", [20.0, 660.0])
def test_levels_tell_where_it_is_loud_however_long_the_clip(seconds, tmp_path):
    half = tone(seconds / 2, 0.3)
    sound = np.concatenate([half, np.zeros_like(half)])
    clip = make_clip(tmp_path / "x.mp4", seconds, (), fps=1, size=(32, 32), sound=sound)
    step_s, told = levels(clip, MediaLimits())
    assert len(told) <= 601
    assert len(told) * step_s == pytest.approx(seconds, abs=2 * step_s)
    middle = len(told) // 2
    assert told[2 : middle - 2] == pytest.approx([20 * np.log10(0.3 / np.sqrt(2))] * (middle - 4), abs=0.7)
    assert max(told[middle + 2 :]) < -60


def test_memory_does_not_grow_with_the_length(music, tmp_path, child_memory):
    peaks = []
    for seconds in (20.0, 300.0):
        editor = FilmEditor(workers=1)
        clip = make_clip(tmp_path / "x.mp4", seconds, (), size=(32, 32), sound=tone(seconds, 0.1))
        editor.render(clip, tmp_path / "out.mp4", mix(music, seconds, original="duck"), task())
        peaks.append(child_memory(editor._sandbox.pids()[0]))
        editor.close()
    assert peaks[1] < peaks[0] + (48 << 20)  # 280 s more of sound at 48 kHz stereo are 107 MB
