"""Hostile and odd media: a defined result or one clear sentence, memory bounded, nothing fetched, no NaN."""

import http.server
import os
import struct
import threading
import zlib
from dataclasses import replace

import numpy as np
import pytest

from encoders.errors import MediaError
from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.media.limits import MediaLimits
from encoders.media.video import SandboxedVideoAnalyzer


def tone(seconds=4.0, rate=22_050, hz=440.0, level=0.3):
    return (level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def pictures(count=25, size=(64, 96)):
    rng = np.random.default_rng(3)
    return [rng.integers(0, 255, (*size, 3), dtype=np.uint8) for _ in range(count)]


def finite(analysis):
    numbers = [
        analysis.duration_s,
        analysis.loudness_lufs,
        analysis.energy,
        analysis.onset_rate,
        analysis.brightness_hz,
    ]
    numbers += [analysis.tempo_bpm.value, analysis.tempo_bpm.confidence] if analysis.tempo_bpm else []
    numbers += [analysis.key.confidence] if analysis.key else []
    return bool(np.isfinite(numbers).all())


PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\nhttp://{host}/a.ts\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile 'http://{host}/a.mp4'\nfile '/etc/passwd'\n",
    "subfile": "subfile,,start,0,end,0,,:/etc/passwd",
    "http": "http://{host}/a.mp4",
    "pls": "[playlist]\nFile1=http://{host}/a.mp3\nNumberOfEntries=1\n",
    "xspf": "<?xml version='1.0'?><playlist><location>http://{host}/a</location></playlist>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
    "mpd": "<MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>http://{host}/</BaseURL></MPD>",
}


@pytest.fixture
def listener():
    """A server on this machine that counts who comes."""
    hits = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            hits.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            """Keep the test's output clean."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}", hits
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_what_names_other_resources_is_refused_without_a_network_hit(audio, video, media, listener, kind):
    host, hits = listener
    for suffix in (kind, "mp4", "mp3"):
        path = media.raw(f"clip.{suffix}", PLAYLISTS[kind].format(host=host).encode())
        for analyzer in (audio, video):
            with pytest.raises(MediaError, match="is text"):
                analyzer.analyze(path)
    assert hits == []


def test_a_playlist_behind_binary_padding_is_no_media_either(audio, media, listener):
    host, hits = listener
    for text in PLAYLISTS.values():
        with pytest.raises(MediaError):
            audio.analyze(media.raw("x.bin", text.format(host=host).encode() + b"\n\x00\x00\x00" * 2000))
    assert hits == []


def test_zero_bytes_random_bytes_and_text_are_refused(audio, video, media):
    for analyzer in (audio, video):
        with pytest.raises(MediaError, match="empty"):
            analyzer.analyze(media.raw("a.mp4", b""))
        with pytest.raises(MediaError):
            analyzer.analyze(media.raw("b.mp4", np.random.default_rng(0).bytes(200_000)))
        with pytest.raises(MediaError, match="is text"):
            analyzer.analyze(media.raw("c.mp4", b"Dear reader, this is no film.\n" * 100))
        with pytest.raises(MediaError, match="not a regular file"):
            analyzer.analyze(media.folder)


def test_the_content_counts_and_not_the_suffix(audio, media):
    path = media.sound("x.wav", tone()).rename(media.folder / "x.jpg")
    assert audio.analyze(path).duration_s == pytest.approx(4.0, abs=0.01)


def test_an_mp4_without_its_moov_is_refused(audio, video, media):
    data = media.clip("whole.mp4", pictures(), sound=tone(1.0, 48_000)).read_bytes()
    at = data.rindex(b"moov") - 4
    for analyzer in (audio, video):
        with pytest.raises(MediaError, match="not a readable media file"):
            analyzer.analyze(media.raw("cut.mp4", data[:at]))


def test_corruption_in_the_middle_uses_what_decodes(audio, video, media):
    sound = media.sound("x.flac", np.tile(tone(10.0), 2) + 0.01 * np.random.default_rng(0).normal(size=441_000))
    data = bytearray(sound.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    assert finite(audio.analyze(media.raw("hurt.flac", bytes(data))))
    clip = bytearray(media.clip("x.mp4", pictures(100)).read_bytes())
    middle = len(clip) // 2
    clip[middle : middle + 2000] = np.random.default_rng(1).bytes(2000)
    assert len(video.analyze(media.raw("hurt.mp4", bytes(clip))).sample_times_s) >= 1


def test_a_cut_off_download_is_analysed_as_far_as_it_goes(audio, media):
    data = media.sound("x.mp3", tone(40.0)).read_bytes()
    analysis = audio.analyze(media.raw("half.mp3", data[: len(data) // 2]))
    assert finite(analysis)
    assert analysis.loudness_lufs > -40


def test_a_missing_stream_is_named(audio, video, media):
    with pytest.raises(MediaError, match="has no sound"):
        audio.analyze(media.clip("silent.mp4", pictures()))
    with pytest.raises(MediaError, match="only sound"):
        video.analyze(media.sound("x.wav", tone()))
    with pytest.raises(MediaError, match=r"neither sound|has no sound|not a readable"):
        audio.analyze(media.raw("x.png", png(4, 4)))
    assert video.analyze(media.clip("mute.mp4", pictures())).has_audio is False
    assert video.analyze(media.clip("loud.mp4", pictures(), sound=tone(1.0, 48_000))).has_audio is True


@pytest.mark.parametrize(
    ("rate", "channels"), [(8_000, 1), (11_025, 2), (48_000, 8), (192_000, 2), (96_000, 6), (44_100, 32)]
)
def test_odd_rates_and_channel_counts_are_handled(audio, media, rate, channels):
    samples = np.repeat(tone(4.0, rate)[:, None], channels, axis=1)
    analysis = audio.analyze(media.sound("x.wav", samples, rate))
    assert (analysis.sample_rate_hz, analysis.channels) == (rate, channels)
    assert finite(analysis)
    assert analysis.loudness_lufs == pytest.approx(-10.0 if channels > 1 else -13.0, abs=1.5)


def test_more_channels_than_the_limit_are_refused(audio, media):
    samples = np.zeros((2000, 40), dtype=np.float32)
    with pytest.raises(MediaError, match="40 channels; 1 to 32"):
        audio.analyze(media.sound("x.wav", samples))


@pytest.mark.parametrize("value", [0.0, 0.5, np.nan, np.inf, 1e30])
def test_silence_dc_and_nan_give_finite_numbers_and_claim_nothing(audio, media, value):
    analysis = audio.analyze(media.sound("x.wav", np.full(90_000, value, dtype=np.float32), subtype="FLOAT"))
    assert finite(analysis)
    assert analysis.tempo_bpm is None
    assert analysis.key is None
    assert analysis.chords == ()
    assert analysis.energy == 0.0


def test_scattered_nan_samples_do_not_spread(audio, media):
    samples = tone(6.0)
    samples[::1000] = np.nan
    analysis = audio.analyze(media.sound("x.wav", samples, subtype="FLOAT"))
    assert finite(analysis)
    assert analysis.loudness_lufs == pytest.approx(-13.5, abs=1.0)
    assert np.isfinite(audio.waveform(media.folder / "x.wav", 16_000, 0.0, 6.0)).all()


def test_very_short_sounds_are_measured_without_a_tempo(audio, media):
    for count in (1, 10, 500, 5000):
        analysis = audio.analyze(media.sound(f"{count}.wav", tone()[:count]))
        assert finite(analysis)
        assert analysis.tempo_bpm is None


def test_too_long_is_refused_before_decoding(audio, media):
    strict = SandboxedAudioAnalyzer(audio._store, MediaLimits(max_audio_s=5.0), workers=1, taggers=())
    with pytest.raises(MediaError, match=r"lasts 8 s, the limit is 5 s"):
        strict.analyze(media.sound("x.flac", tone(8.0)))
    strict.close()


def test_a_flac_bomb_costs_a_window_not_its_length(audio, media, child_memory):
    hours = 5
    path = media.folder / "bomb.flac"
    write_silent_flac(path, hours * 3600 * 44_100)
    assert path.stat().st_size < 3_000_000
    analysis = audio.analyze(path)
    assert analysis.duration_s == pytest.approx(hours * 3600, rel=0.01)
    assert child_memory(audio._sandbox.pids()[0]) < 600 << 20


def test_a_lying_flac_header_of_a_day_is_refused(audio, media):
    path = media.folder / "lie.flac"
    write_silent_flac(path, 4096, claimed=24 * 3600 * 44_100)
    with pytest.raises(MediaError, match="lasts 86400 s"):
        audio.analyze(path)


def test_a_file_over_the_byte_limit_is_refused_unopened(audio, media):
    strict = SandboxedAudioAnalyzer(audio._store, MediaLimits(max_bytes=1000), workers=1, taggers=())
    with pytest.raises(MediaError, match="the limit is 1000"):
        strict.analyze(media.sound("x.wav", tone()))
    assert strict._sandbox.pids() == []


def test_a_huge_frame_in_a_small_file_is_refused_and_memory_stays_capped(media, empty_store, child_memory):
    """2 MB of PNG in a MOV would open as 16,000 x 16,000 pixels, 768 MB."""
    clip = media.clip("small.mov", [np.zeros((16, 16, 3), dtype=np.uint8)], codec="png", pix_fmt="rgb24")
    path = media.raw("huge.mov", with_other_png(clip.read_bytes(), png(16_000, 16_000)))
    for memory in (700 << 20, MediaLimits().memory_bytes):
        analyzer = SandboxedVideoAnalyzer(empty_store, MediaLimits(memory_bytes=memory), models=())
        with pytest.raises(MediaError, match=r"16000 x 16000 pixels|of memory allowed|can be decoded"):
            analyzer.analyze(path)
        assert video_ok(analyzer.analyze(media.clip("good.mp4", pictures())))  # the next user is not harmed
        assert all(child_memory(pid) < memory for pid in analyzer._sandbox.pids())
        analyzer.close()


def test_a_huge_still_is_refused_by_its_header(video, media):
    with pytest.raises(MediaError, match="16000 x 16000 pixels, the limit is 8192 a side"):
        video.analyze(media.raw("huge.png", png(16_000, 16_000)))


def test_damaged_stills_are_refused(video, media):
    whole = png(64, 64)
    for data in (whole[: len(whole) // 2], whole[:20], whole[:8], b"\xff\xd8\xff\xe0" + bytes(100)):
        with pytest.raises(MediaError, match="damaged picture") as refused:
            video.analyze(media.raw("x.png", data))
        assert str(media.folder) not in str(refused.value)


def test_too_many_frames_per_second_are_refused(video, media):
    with pytest.raises(MediaError, match="frames per second, the limit is 1000"):
        video.analyze(media.clip("fast.mkv", pictures(50), fps=100_000, codec="ffv1"))


def test_one_pixel_one_frame_ten_bit_variable_rate(video, media):
    one_frame = media.clip("one.mp4", pictures(1))
    one_pixel = media.clip("pixel.mkv", pictures(5, (1, 1)), codec="ffv1", pix_fmt="bgr0")
    thin = media.clip("thin.mkv", pictures(3, (2, 2000)), codec="ffv1", pix_fmt="bgr0")
    ten_bit = media.clip("ten.mkv", pictures(25), codec="ffv1", pix_fmt="yuv420p10le")
    variable = media.clip("vfr.mkv", pictures(12), codec="ffv1", pts=[0, 1, 2, 9, 10, 30, 31, 32, 50, 70, 71, 99])
    for path in (one_frame, one_pixel, thin, ten_bit, variable):
        analysis = video.analyze(path)
        assert video_ok(analysis), path.name
    assert video.analyze(one_pixel).width == 1
    assert video.analyze(variable).duration_s == pytest.approx(4.0, abs=0.1)


def video_ok(analysis):
    shares = (analysis.brightness, analysis.saturation, analysis.warmth, analysis.contrast, analysis.motion)
    return all(0.0 <= share <= 1.0 for share in shares) and np.isfinite(analysis.cut_rate) and analysis.sample_times_s


def test_odd_names_do_not_matter(audio, media):
    for name in (
        "-i x.wav",
        "http:x.wav",
        "concat:a|b.wav",
        "%d.wav",
        "CON.wav",
        "ünï ' \" ;$(id).wav",
        "n" * 240 + ".wav",
    ):
        assert audio.analyze(media.sound(name, tone())).duration_s == pytest.approx(4.0, abs=0.01)


def test_a_symlink_to_a_device_is_no_media(audio, media):
    link = media.folder / "x.wav"
    os.symlink("/dev/zero", link)
    with pytest.raises(MediaError, match="not a regular file"):
        audio.analyze(link)


@pytest.mark.parametrize(
    ("strict", "reason"), [({"wall_s": 0.05}, r"more than the 0\.05 s allowed"), ({"cpu_s": -1}, "s of CPU allowed")]
)
def test_cpu_and_wall_limits_hold_and_the_pool_recovers(media, empty_store, strict, reason):
    path = media.sound("x.flac", np.random.default_rng(0).normal(scale=0.1, size=22_050 * 70))
    limits = MediaLimits(cpu_s=20, wall_s=40)
    analyzer = SandboxedAudioAnalyzer(empty_store, replace(limits, **strict), workers=1, taggers=())
    with pytest.raises(MediaError, match=reason):
        analyzer.analyze(path)
    analyzer._sandbox.limits = limits
    assert finite(analyzer.analyze(path))
    analyzer.close()


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def with_other_png(mov, picture):
    """Replace the one frame of a MOV (which lies before its moov) by another, and mend sizes and dimensions."""
    start, end = mov.index(b"\x89PNG"), mov.index(b"IEND") + 8
    old_side, new_side = struct.unpack(">I", mov[start + 16 : start + 20])[0], struct.unpack(">I", picture[16:20])[0]
    mdat = mov.index(b"mdat") - 4
    head, tail = bytearray(mov[:start]), bytearray(mov[end:])
    head[mdat : mdat + 4] = struct.pack(
        ">I", struct.unpack(">I", head[mdat : mdat + 4])[0] + len(picture) - (end - start)
    )
    stsz = tail.index(b"stsz")
    tail[stsz + 8 : stsz + 12] = struct.pack(">I", len(picture))
    sides = tail.index(b"png ") + 28  # width and height of the sample entry
    assert struct.unpack(">HH", tail[sides : sides + 4]) == (old_side, old_side)
    tail[sides : sides + 4] = struct.pack(">HH", new_side, new_side)
    return bytes(head) + picture + bytes(tail)


def write_silent_flac(path, samples, claimed=None):
    """Frames of 4096 zero samples each, in 14 bytes or so, made by the encoder once and repeated by number."""
    block = 4096
    info = struct.pack(">HH", block, block) + bytes(6)
    packed = (44_100 << 44) | (0 << 41) | (15 << 36) | (claimed or samples)
    info += packed.to_bytes(8, "big") + bytes(16)
    with path.open("wb") as out:
        out.write(b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info)
        for number in range(max(1, samples // block)):
            head = bytes([0xFF, 0xF8, 0xC9, 0x08]) + chr_utf8(number)
            head += bytes([crc8(head)])
            frame = head + bytes([0x00, 0x00, 0x00])  # one constant subframe, sample 0
            out.write(frame + struct.pack(">H", crc16(frame)))


def chr_utf8(number):
    """FLAC's extended UTF-8 coding of a frame number."""
    if number < 0x80:
        return bytes([number])
    tail, lead = [], 0x40
    while number >= lead:
        tail.append(0x80 | (number & 0x3F))
        number >>= 6
        lead >>= 1
        if lead < 0x02:
            break
    size = len(tail)
    first = ((0xFF << (7 - size)) & 0xFF) | number
    return bytes([first, *reversed(tail)])


def _crc_table(bits, polynomial):
    table, top = [], 1 << (bits - 1)
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = ((value << 1) ^ polynomial if value & top else value << 1) & ((1 << bits) - 1)
        table.append(value)
    return table


_CRC8, _CRC16 = _crc_table(8, 0x07), _crc_table(16, 0x8005)


def crc8(data):
    value = 0
    for byte in data:
        value = _CRC8[value ^ byte]
    return value


def crc16(data):
    value = 0
    for byte in data:
        value = ((value << 8) & 0xFFFF) ^ _CRC16[(value >> 8) ^ byte]
    return value
