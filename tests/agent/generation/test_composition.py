"""What the composer writes, measured in its notes and in its sound."""

import io
import itertools
import threading

import numpy as np
import pretty_midi
import pytest
import soundfile

from agent.generation.arranging import style_of
from agent.generation.composer import Composer
from agent.generation.drums import KITS, kit_in
from agent.generation.figures import BASS, COMP, bass_figures, comp_figures
from agent.generation.form import plan_form
from agent.generation.harmony import voice
from agent.generation.instruments import BY_NAME, find_instrument, instruments_in
from agent.generation.metre import METRES
from agent.generation.midi import midi_bytes
from agent.generation.notes import swung
from agent.generation.render import find_synth
from agent.generation.score import compose
from agent.generation.styles import GENRE_WORDS, MOODS, PROGRESSIONS, STYLE_PROGRESSIONS, STYLES
from agent.generation.theory import Chord, Key, parse_key
from agent.generation.values import GenerationRequest, InvalidRequestError

NO_SYNTH = find_synth() if isinstance(find_synth(), str) else ""
EVERY_STYLE = pytest.mark.parametrize("style", sorted(STYLES))


def midi(**request):
    return pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(compose(GenerationRequest(**request)))))


def pitched(score):
    return [note for part in score.parts if part.role != "drums" for note in part.notes]


@EVERY_STYLE
@pytest.mark.parametrize("key", ["A minor", "Eb major"])
def test_stays_in_the_key(style, key):
    score = compose(GenerationRequest(genre=style, key=key, duration_s=40.0, seed=3))
    natural = {(parse_key(key).tonic + offset) % 12 for offset in parse_key(key).scale}
    inside = [note.pitch % 12 in natural for note in pitched(score)]
    assert score.arrangement.key.name == key
    assert np.mean(inside) >= (0.9 if "minor" in key else 1.0), "a minor key borrows its leading tone, sparingly"
    assert all(note.pitch % 12 in parse_key(key).pitch_classes() for note in pitched(score))


@pytest.mark.parametrize("mode", ["dorian", "phrygian", "lydian", "mixolydian"])
def test_church_modes(mode):
    key = parse_key(f"D {mode}")
    score = compose(GenerationRequest(key=key.name, seed=1))
    assert {note.pitch % 12 for note in pitched(score)} <= key.pitch_classes()


@pytest.mark.parametrize("tempo", [60.0, 97.5, 128.0, 180.0])
def test_tempo_is_in_the_file_and_in_the_beat(tempo):
    file = midi(genre="rock", tempo_bpm=tempo, duration_s=30.0, seed=2)
    _, tempi = file.get_tempo_changes()
    assert tempi == pytest.approx([tempo], rel=1e-4)
    hats = sorted(n.start for track in file.instruments if track.is_drum for n in track.notes if n.pitch in {42, 46})
    assert len(hats) > 20
    assert np.median(np.diff(hats)) * tempo / 60 == pytest.approx(0.5, abs=0.02), "the hi-hat plays eighths"


@EVERY_STYLE
@pytest.mark.parametrize("seconds", [1.0, 3.0, 20.0, 95.0])
def test_ends_in_time_on_the_tonic(style, seconds):
    score = compose(GenerationRequest(genre=style, duration_s=seconds, seed=5))
    form, notes = score.arrangement.form, pitched(score)
    assert all(0 <= note.start < note.end <= seconds + 1e-6 for part in score.parts for note in part.notes)
    last = [note for note in notes if note.start > form.body_s - 0.06]
    chord = {note.pitch % 12 for note in last}
    tonic = score.arrangement.key.tonic
    assert min(last, key=lambda note: note.pitch).pitch % 12 == tonic
    assert tonic in chord
    assert max(note.end for note in last) > seconds - 0.5 * (seconds - form.body_s), "the last chord rings out"


def test_last_bar_prepares_the_tonic():
    for style, seed in itertools.product(STYLES, range(3)):
        score = compose(GenerationRequest(genre=style, duration_s=30.0, seed=seed))
        form, key = score.arrangement.form, score.arrangement.key
        low = [
            note
            for part in score.parts
            if part.role in {"bass", "comp"}
            for note in part.notes
            if form.body_s - form.bar_s - 0.1 < note.start < form.body_s - 0.1
        ]
        dominant = {(key.tonic + offset) % 12 for offset in (7, 10, 11, 2, 5, 9)}
        assert low
        assert np.mean([note.pitch % 12 in dominant for note in low]) > 0.8, style


@pytest.mark.parametrize(
    ("genre", "names"),
    [
        ("rock", ("trumpet", "church organ")),
        ("ambient", ("violin", "cello")),
        ("techno", ("harp", "choir", "flute")),
        ("piano", ("saxophone", "drums")),
        ("jazz", ("synth bass", "kalimba")),
    ],
)
def test_instruments_asked_for_play(genre, names):
    file = midi(genre=genre, instruments=names, duration_s=24.0, energy=0.7, seed=4)
    playing = {(track.program, track.is_drum) for track in file.instruments if track.notes}
    for name in names:
        assert (BY_NAME[name].program, name == "drums") in playing


def test_unwanted_players_stay_silent():
    tracks = midi(genre="rock", negative="drums, bass", duration_s=20.0).instruments
    assert not any(track.is_drum for track in tracks)
    assert not {track.program for track in tracks} & {33}


def test_no_melody_leaves_its_instrument():
    for style, seed in itertools.product(STYLES, range(4)):
        for part in compose(GenerationRequest(genre=style, duration_s=60.0, seed=seed)).parts:
            if part.role == "lead":
                pitches = [note.pitch for note in part.notes]
                assert part.instrument.low <= min(pitches), style
                assert max(pitches) <= part.instrument.high, style


def test_melody_moves_mostly_by_step_and_seldom_far():
    steps = []
    for style, seed in itertools.product(STYLES, range(4)):
        for part in compose(GenerationRequest(genre=style, duration_s=60.0, seed=seed)).parts:
            if part.role == "lead":
                steps += [abs(b.pitch - a.pitch) for a, b in itertools.pairwise(part.notes)]
    assert np.mean(np.array(steps) <= 2) > 0.6
    assert np.mean(np.array(steps) == 0) < 0.35, "songs say notes twice: 23 % of those that the model learned from"
    assert np.mean(np.array(steps) > 9) < 0.04


def test_the_tune_comes_back():
    score = compose(GenerationRequest(genre="pop", duration_s=60.0, seed=11))
    form = score.arrangement.form
    lead = next(part for part in score.parts if part.role == "lead")
    starts = {section.name: section.start for section in form.sections}
    beginnings = {
        name: [note.pitch for note in lead.notes if -0.1 < note.start - start * form.bar_s < form.bar_s - 0.1]
        for name, start in starts.items()
    }
    assert set(beginnings["A"]) == set(beginnings["A'"]) or set(beginnings["A"]) < set(beginnings["A'"])
    assert beginnings["A"] != beginnings["B"]


def test_same_seed_same_bytes_and_other_seed_other_music():
    request = GenerationRequest(text="epic battle with choir", duration_s=25.0, seed=9)
    assert midi_bytes(compose(request)) == midi_bytes(compose(request))
    pieces = {midi_bytes(compose(GenerationRequest(text="epic battle", seed=seed))) for seed in range(20)}
    assert len(pieces) == 20


def test_energy_and_mood_are_heard_in_the_notes():
    def density(energy):
        return len([n for part in compose(GenerationRequest(genre="rock", energy=energy)).parts for n in part.notes])

    assert density(0.95) > 1.2 * density(0.1)
    happy, sad = (compose(GenerationRequest(mood=mood, genre="orchestral")) for mood in ("happy", "sad"))
    assert not happy.arrangement.key.is_minor
    assert sad.arrangement.key.is_minor
    assert happy.tempo > sad.tempo


def test_voices_move_little():
    progression = [Chord(degree) for degree in (0, 4, 5, 3) * 3]
    voicings = voice(progression, Key(0, "major"), 52, 74)
    moves = [abs(a - b) for one, two in itertools.pairwise(voicings) for a, b in zip(one, two, strict=True)]
    assert np.mean(moves) < 3
    for chord, voicing in zip(progression, voicings, strict=True):
        assert {pitch % 12 for pitch in voicing} == {Key(0, "major").pitch(step) % 12 for step in chord.steps}
        assert list(voicing) == sorted(voicing)


def test_form_fills_the_time_with_whole_phrases_where_the_tempo_is_free():
    for seconds in (20.0, 30.0, 61.0, 180.0, 599.0):
        form = plan_form(seconds, METRES["4/4"], None, (90, 120), 105.0)
        assert form.bars % 4 == 0
        assert 90 * 0.9 <= form.tempo <= 120 * 1.1
        assert 1.5 < seconds - form.body_s < 6
        ends = [section.start + section.bars for section in form.sections]
        assert [section.start for section in form.sections] == [0, *ends[:-1]]


def test_form_keeps_a_tempo_that_was_asked_for():
    for tempo in (41.0, 77.7, 133.0, 219.0):
        form = plan_form(47.0, METRES["4/4"], tempo, (90, 120), 105.0)
        assert form.tempo == tempo
        assert form.body_s < 47.0 <= form.body_s + 4.0 + form.bar_s + 1e-6


def test_swing():
    assert [swung(position, 0.5, sixteenths=False) for position in (0, 1, 2, 3)] == [0, 1, 2, 3]
    assert swung(2, 2 / 3, sixteenths=False) == pytest.approx(8 / 3)
    assert swung(5, 0.6, sixteenths=True) == pytest.approx(5.2)


def test_tables_agree_with_each_other():
    assert set(GENRE_WORDS.values()) <= set(STYLES)
    for style in STYLES.values():
        assert style.comp in COMP
        assert style.bass_line in BASS
        assert not style.drums or style.drums in KITS
        assert {*style.lead, *style.comp_with, *style.pad, *style.bass} <= set(BY_NAME)
        for metre in METRES.values():
            figures = comp_figures(style.comp, metre)
            assert max(start for figure in figures for start, _, _, _ in figure) < metre.sixteenths
            assert all(
                start < metre.sixteenths for figure in bass_figures(style.bass_line, metre) for start, _, _ in figure
            )
            kit = kit_in(style.drums or "shaker", metre)
            rows = [row for bars in (kit.main, kit.full, kit.fill) for row in bars.values()]
            assert {len(row) for row in rows} == {metre.sixteenths}
    for kit in KITS.values():
        assert {len(row) for rows in (kit.main, kit.full, kit.fill) for row in rows.values()} <= {12, 16}
        assert {mark for rows in (kit.main, kit.full, kit.fill) for row in rows.values() for mark in row} <= set("Xxo.")
    for mood in MOODS.values():
        assert mood.style in STYLES
        assert {(minor, mood.harmony) for minor in (True, False)} <= set(PROGRESSIONS)
    for verses, bridges in (*PROGRESSIONS.values(), *STYLE_PROGRESSIONS.values()):
        for text in (*verses, *bridges):
            assert len(text.split()) in {4, 8}
            assert all(1 <= int(word.rstrip("!")) <= 7 for word in text.split())


@pytest.mark.parametrize(
    ("text", "name"),
    [("A minor", "A minor"), ("F#", "F# major"), ("e flat major", "Eb major"), ("c#m", "C# minor"), ("Gb", "F# major"),
     ("B♭ dorian", "Bb dorian"), ("CM", "C major"), ("D-sharp minor", "Eb minor")],
)  # fmt: skip
def test_keys(text, name):
    assert parse_key(text).name == name


@pytest.mark.parametrize("text", ["", "H major", "A purple", "minor", "12"])
def test_unknown_keys(text):
    with pytest.raises(InvalidRequestError, match='write it like "A minor"'):
        parse_key(text)


def test_instrument_names():
    assert find_instrument("Violins").name == "violin"
    assert find_instrument("double-bass").name == "upright bass"
    assert find_instrument("theremin") is None
    assert instruments_in("Grand piano, a sax and drums; no, two pianos and ukulele") == (
        "piano",
        "saxophone",
        "drums",
        "ukulele",
    )


def test_style_comes_from_genre_then_words_then_instruments_then_mood():
    assert style_of(GenerationRequest(genre="hip-hop", text="jazz")).name == "hiphop"
    assert style_of(GenerationRequest(text="some dark techno please")).name == "techno"
    assert style_of(GenerationRequest(instruments=("piano", "violin"), mood="happy")).name == "piano"
    assert style_of(GenerationRequest(mood="creepy")).name == "dark"
    assert style_of(GenerationRequest(text="popcorn")).name == "pop", "nothing said: the neutral style"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"duration_s": 0.0}, r"duration 0 s is outside 1 to 2400 s"),
        ({"duration_s": 2460.0}, "duration 2460 s"),
        ({"duration_s": float("nan")}, "duration nan"),
        ({"tempo_bpm": 900.0}, "tempo 900 BPM is outside 40 to 220 BPM"),
        ({"energy": 1.5}, "energy 1.5 is outside 0 to 1;"),
        ({"seed": -1}, "seed -1"),
        ({"text": "x" * 2001}, "over 2000 characters"),
        ({"instruments": ("piano",) * 9}, "9 instruments"),
    ],
)
def test_requests_outside_the_limits(changes, words):
    with pytest.raises(InvalidRequestError, match=words):
        GenerationRequest(**changes)


@pytest.mark.skipif(bool(NO_SYNTH), reason=NO_SYNTH)
@pytest.mark.parametrize("style", ["orchestral", "house", "piano"])
def test_sound_follows_the_notes(style, tmp_path):
    request = GenerationRequest(genre=style, duration_s=16.0, seed=6, key="C major")
    audio = Composer().generate(request, tmp_path / "a.flac", lambda *_: None, threading.Event())
    sound, rate = soundfile.read(audio.path)
    mono = sound.mean(axis=1)
    frames = mono[: len(mono) // 2205 * 2205].reshape(-1, 2205)  # 50 ms
    level = 20 * np.log10(np.sqrt((frames**2).mean(axis=1)) + 1e-9)
    assert np.mean(level[5:-30] > -50) > 0.97, "no holes before the fade"
    assert np.abs(sound).max() < 0.95
    onsets = np.sum(np.diff(level) > 2)
    assert onsets > 8
    spectrum = np.abs(np.fft.rfft(mono)) ** 2
    bins = np.fft.rfftfreq(len(mono), 1 / rate)
    tonal = (bins > 100) & (bins < 2000)
    classes = np.round(69 + 12 * np.log2(bins[tonal] / 440)).astype(int) % 12
    chroma = np.bincount(classes, spectrum[tonal], 12)
    in_key = chroma[[0, 2, 4, 5, 7, 9, 11]].sum() / chroma.sum()
    assert in_key > 0.85
