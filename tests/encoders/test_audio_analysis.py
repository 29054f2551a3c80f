import numpy as np
import pytest
import soundfile

from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.music.measure import energy_of

RATE = 22_050


def clicks(bpm, seconds=20.0):
    """Short noise bursts on the beat."""
    t = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(1).uniform(-1, 1, t.size)
    return (0.8 * noise * np.exp(-(t % (60.0 / bpm)) / 0.02)).astype(np.float32)


def triad(root_hz, minor=False, seconds=2.0):
    t = np.arange(int(seconds * RATE)) / RATE
    ratios = (1.0, 2 ** (3 / 12) if minor else 2 ** (4 / 12), 2 ** (7 / 12))
    tones = sum(np.sin(2 * np.pi * root_hz * ratio * k * t) / k for ratio in ratios for k in (1, 2, 3))
    return (0.12 * tones * np.minimum(1.0, 20 * (seconds - t))).astype(np.float32)


def cadence(key_hz):
    """I IV V I, four times."""
    steps = (0, 5, 7, 0)
    return np.concatenate([triad(key_hz * 2 ** (step / 12)) for _ in range(4) for step in steps])


@pytest.mark.parametrize("bpm", [80.0, 100.0, 120.0, 150.0])
def test_tempo_of_clicks_is_found_up_to_an_octave(audio, media, bpm):
    tempo = audio.analyze(media.sound("x.wav", clicks(bpm))).tempo_bpm
    readings = (tempo.value, *tempo.alternatives)
    assert any(reading == pytest.approx(bpm, rel=0.03) for reading in readings)
    assert 0.0 <= tempo.confidence <= 1.0


@pytest.mark.parametrize(("hz", "name"), [(261.63, "C"), (329.63, "E"), (220.0, "A")])
def test_key_of_a_cadence(audio, media, hz, name):
    analysis = audio.analyze(media.sound("x.wav", cadence(hz)))
    assert (analysis.key.tonic, analysis.key.mode) == (name, "major")
    assert 0.0 <= analysis.key.confidence <= 1.0
    assert name in analysis.chords
    assert all(one != other for one, other in zip(analysis.chords, analysis.chords[1:], strict=False))


@pytest.mark.parametrize(("channels", "lufs"), [(2, -20.0), (1, -23.0)])
def test_loudness_of_the_standards_sine(audio, media, channels, lufs):
    """BS.1770: a 997 Hz sine at 0 dBFS in two channels is 0 LUFS, so at -20 dBFS it is -20; 3 less in one channel."""
    sine = 0.1 * np.sin(2 * np.pi * 997.0 * np.arange(48_000 * 5) / 48_000)
    samples = np.repeat(sine[:, None], channels, axis=1)
    analysis = audio.analyze(media.sound("x.wav", samples, 48_000, subtype="FLOAT"))
    assert analysis.loudness_lufs == pytest.approx(lufs, abs=0.15)


def test_energy_rises_with_each_of_its_parts():
    base = energy_of(-25.0, 2.0, 1500.0)
    assert base < energy_of(-15.0, 2.0, 1500.0)
    assert base < energy_of(-25.0, 4.0, 1500.0)
    assert base < energy_of(-25.0, 2.0, 3000.0)
    assert energy_of(-70.0, 0.0, 0.0) == 0.0
    assert energy_of(0.0, 100.0, 20_000.0) == 1.0


def test_brightness_follows_the_frequency(audio, media):
    t = np.arange(RATE * 5) / RATE
    low, high = (
        audio.analyze(media.sound(f"{hz}.wav", (0.3 * np.sin(2 * np.pi * hz * t)).astype(np.float32))).brightness_hz
        for hz in (300, 3000)
    )
    assert high > 3 * low


def steps(rate, seconds):
    """A tone that climbs 10 Hz every second from 300 Hz on: the frequency tells the time."""
    t = np.arange(seconds * rate) / rate
    hz = 300.0 + 10.0 * np.floor(t)
    return (0.3 * np.sin(2 * np.pi * np.cumsum(hz) / rate)).astype(np.float32)


def pitch(waveform, rate):
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(waveform.size), 1 << 18))
    return float(np.argmax(spectrum) * rate / (1 << 18))


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg", "opus", "m4a"])
def test_waveform_seeks_to_the_asked_instant_in_every_format(audio, media, suffix):
    rate = 48_000
    samples = steps(rate, 120)
    codecs = {"opus": "libopus", "m4a": "aac"}
    if suffix in codecs:
        path = media.encoded_sound(f"x.{suffix}", samples, codecs[suffix], rate)
    else:
        path = media.sound(f"x.{suffix}", samples, rate)
    for start in (0.0, 60.0, 115.0):
        wave = audio.waveform(path, 16_000, start + 0.2, 0.6)
        assert wave.dtype == np.float32
        assert wave.size == pytest.approx(0.6 * 16_000, rel=0.02)
        assert pitch(wave, 16_000) == pytest.approx(300 + 10 * start, abs=4)


def test_analysis_is_the_same_twice_and_in_another_child(audio, media, empty_store):
    path = media.sound("x.wav", cadence(261.63))
    other = SandboxedAudioAnalyzer(empty_store, workers=1, taggers=())
    assert audio.analyze(path) == audio.analyze(path) == other.analyze(path)
    other.close()


def test_preview_is_a_short_playable_mp3_from_the_middle(audio, media):
    path = media.sound("x.flac", steps(RATE, 100), RATE)
    target = media.folder / "preview.mp3"
    assert audio.preview(path, target) == pytest.approx(30.0, abs=0.1)
    assert 300_000 < target.stat().st_size < 420_000  # 96 kbit/s
    info = audio.probe(target)
    assert (info.kind, info.format, info.channels) == ("audio", "mp3", 2)
    samples, rate = soundfile.read(target)
    assert pitch(samples[rate : rate + rate // 2, 0], rate) == pytest.approx(300 + 10 * 36, abs=11)
    assert audio.preview(path, target, start_s=95.0) == pytest.approx(5.0, abs=0.1)
    assert not list(media.folder.glob(".*.part"))


def test_a_preview_of_a_clip_takes_its_sound(audio, media):
    frames = [np.zeros((32, 32, 3), dtype=np.uint8)] * 50
    path = media.clip("x.mp4", frames, sound=steps(48_000, 2))
    assert audio.preview(path, media.folder / "p.mp3") == pytest.approx(2.0, abs=0.1)


@pytest.mark.models
def test_tags_and_embeddings_tell_piano_like_tones_from_noise_drums(store, media):
    analyzer = SandboxedAudioAnalyzer(store, workers=1)
    calm = analyzer.analyze(media.sound("calm.wav", cadence(261.63)))
    drums = analyzer.analyze(media.sound("drums.wav", clicks(140)))
    assert len(calm.tags) == 100
    assert {tag.source for tag in calm.tags} == {"musicnn-msd", "musicnn-mtt"} == set(calm.embeddings)
    scores = [{tag.label: tag.score for tag in a.tags if tag.source == "musicnn-mtt"} for a in (calm, drums)]
    assert all(0.0 <= score <= 1.0 for labels in scores for score in labels.values())
    for label in ("drums", "beat", "techno"):
        assert scores[1][label] > scores[0][label]
    for space_id, embedding in calm.embeddings.items():
        assert embedding.vector.shape == (embedding.space.dim,)
        assert np.linalg.norm(embedding.vector) == pytest.approx(1.0, abs=1e-5)
        assert embedding.vector @ drums.embeddings[space_id].vector < 0.9
        assert np.array_equal(embedding.vector, analyzer.analyze(media.folder / "calm.wav").embeddings[space_id].vector)
    analyzer.close()


@pytest.mark.models
def test_a_long_track_is_spread_over_and_measured_in_its_middle(store, media):
    """Two minutes of drums in the middle of four of calm: the middle is measured, the tags see both."""
    calm = np.tile(cadence(261.63), 4)[: 120 * RATE]
    path = media.sound("x.flac", np.concatenate([calm, clicks(120, 120.0), calm]), RATE)
    analyzer = SandboxedAudioAnalyzer(store, workers=1)
    analysis = analyzer.analyze(path)
    assert analysis.duration_s == pytest.approx(360.0, abs=0.1)
    assert any(r == pytest.approx(120, rel=0.03) for r in (analysis.tempo_bpm.value, *analysis.tempo_bpm.alternatives))
    middle = analyzer.analyze(media.sound("middle.flac", clicks(120, 60.0), RATE))
    edge = analyzer.analyze(media.sound("edge.flac", calm[: 60 * RATE], RATE))
    whole, drums, tones = (a.embeddings["musicnn-mtt"].vector for a in (analysis, middle, edge))
    assert whole @ drums > tones @ drums
    assert whole @ tones > tones @ drums
    analyzer.close()
