"""Clips with cuts at known times, and music with onsets at known times: what the video desk is tested with."""

from fractions import Fraction

import av
import numpy as np
import soundfile

FPS = 25


def tone(seconds, level=0.2, hz=440.0, rate=48_000):
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def make_clip(
    path,
    seconds=6.0,
    cuts=(2.0, 4.0),
    fps=FPS,
    size=(320, 180),
    codec="libx264",
    sound=None,
    options=None,
    pix="yuv420p",
):
    """Shots of moving blocks with hard cuts; `sound` is mono at 48 kHz; the suffix chooses the container."""
    rng = np.random.default_rng(7)
    width, height = size
    edges = [0.0, *cuts]
    shots = []
    for n in range(len(edges)):
        blocks = rng.integers(20, 235, (-(-height // 20), -(-width // 20), 3))
        shots.append(np.kron(blocks, np.ones((20, 20, 1)))[:height, :width].astype(np.uint8) // (1 + n % 2))
    rate = Fraction(fps).limit_denominator(1001)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pix
        audio = None
        if sound is not None:
            audio = out.add_stream("libopus" if str(path).endswith("webm") else "aac", rate=48_000, layout="mono")
        for i in range(round(seconds * rate)):
            shot = shots[int(np.searchsorted(edges, i / rate + 1e-6, side="right")) - 1]
            frame = av.VideoFrame.from_ndarray(np.roll(shot, 2 * i, axis=1), format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if audio is not None:
            frame = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48_000, 0
            for part in av.AudioResampler(audio.format, "mono", 48_000).resample(frame):
                out.mux(audio.encode(part))
            out.mux(audio.encode(None))
    return path


def repeated(path, clip, times, every_s):
    """Write a clip over and over, begun every `every_s` seconds, its packets as they are: long films in a moment."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as out:
        streams = [out.add_stream_from_template(stream) for stream in source.streams]
        for n in range(times):
            source.seek(0)
            for packet in source.demux():
                if packet.dts is None:
                    continue
                later = round(n * every_s / packet.time_base)
                packet.pts, packet.dts = packet.pts + later, packet.dts + later
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    return path


def turned(path, target):
    """Write the clip as a phone held upright does: the same pictures under a display matrix of a quarter turn."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one, minus, zero = ((n << 16).to_bytes(4, "big", signed=True) for n in (1, -1, 0))
    assert data[at : at + 4] == one
    data[at : at + 20] = zero + one + zero + minus + zero
    target.write_bytes(bytes(data))
    return target


def clicks(seconds, times, rate=22_050, level=0.8):
    """Silence with short knocks at the given times."""
    sound = np.zeros(round(seconds * rate), np.float32)
    knock = np.exp(-np.arange(rate // 20) / (rate / 200)) * np.sin(2 * np.pi * 1200 * np.arange(rate // 20) / rate)
    for time_s in times:
        at = round(time_s * rate)
        part = sound[at : at + len(knock)]
        part += level * knock[: len(part)].astype(np.float32)
    return sound


def write_sound(path, sound, rate=22_050):
    soundfile.write(path, sound, rate)
    return path


def heard(path):
    """Return the sound of a film, float32 ``(channels, samples)``, and its rate."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        return np.concatenate(frames, axis=1), container.streams.audio[0].sample_rate


def seen(path):
    """Return (codec, width, height, frames, seconds, rotation) of a film's picture."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times, rotation = [], 0
        for frame in container.decode(stream):
            times.append(frame.time)
            rotation = frame.rotation
        length = container.duration / 1e6 if stream.duration is None else float(stream.duration * stream.time_base)
        return stream.codec_context.name, stream.width, stream.height, len(times), length, rotation
