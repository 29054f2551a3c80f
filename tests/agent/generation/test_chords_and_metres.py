"""Chords, time signatures and sections that were asked for, read back from what is written."""

import io
import itertools

import numpy as np
import pretty_midi
import pytest

from agent.generation.brief import parse_brief
from agent.generation.changes import Changes
from agent.generation.composer import Composer
from agent.generation.material import Section
from agent.generation.metre import METRES
from agent.generation.midi import midi_bytes
from agent.generation.notation import musicxml
from agent.generation.planning import kind_of
from agent.generation.score import compose
from agent.generation.styles import STYLES
from agent.generation.symbols import key_of, parse_bars, parse_symbol
from agent.generation.values import GenerationRequest, InvalidRequestError

ASKED = ("C", "E7", "Am F", "Dm7 G7")
HARMONIC = ("bass", "comp", "pad")


def bars_of(score, number):
    """Return the notes of the harmonic parts in a bar, by role, with their place in it in sixteenths."""
    form = score.arrangement.form
    sixteenth = 15.0 / form.tempo
    found = {}
    for part in score.parts:
        if part.role in HARMONIC:
            places = [((n.start - number * form.bar_s) / sixteenth, n) for n in part.notes]
            inside = [(at, n.pitch) for at, n in places if -0.4 <= at < form.metre.sixteenths - 0.6]
            found.setdefault(part.role, []).extend(inside)
    return found


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("metre", sorted(METRES))
def test_bass_and_accompaniment_play_the_chords_that_were_asked_for(style, metre):
    request = GenerationRequest(
        genre=style, chords=ASKED, time_signature=metre, duration_s=24.0, tempo_bpm=100.0, seed=2
    )
    score = compose(request)
    parsed = parse_bars(ASKED)
    key = score.arrangement.key
    assert key.name == "C major"
    inside = []
    for bar in range(score.arrangement.form.bars):
        wanted = {tone for chord in parsed[bar % 4] for tone in chord.classes(key)}
        for role, notes in bars_of(score, bar).items():
            if role != "bass":  # which walks from one root to the next
                inside += [pitch % 12 in wanted for _, pitch in notes]
    assert np.mean(inside) > 0.97


def test_the_bass_begins_each_chord_on_its_lowest_note():
    chords = ("C/E", "G", "Am F", "Bdim")
    score = compose(GenerationRequest(genre="pop", chords=chords, duration_s=30.0, tempo_bpm=120.0, seed=1))
    playing = [s for s in score.arrangement.form.sections if s.level >= 0.5]
    wanted = {0: {0: 4}, 1: {0: 7}, 2: {0: 9, 8: 5}, 3: {0: 11}}
    for bar in (n for s in playing for n in range(s.start, s.start + s.bars)):
        notes = {round(at): pitch % 12 for at, pitch in bars_of(score, bar)["bass"]}
        for place, lowest in wanted[bar % 4].items():
            assert notes[place] == lowest


def test_the_tune_rests_on_the_chords_that_were_asked_for():
    chords = ("E7", "Am", "F#dim", "Bb")
    for seed in range(4):
        score = compose(GenerationRequest(genre="pop", chords=chords, key="A minor", duration_s=30.0, seed=seed))
        form, parsed = score.arrangement.form, parse_bars(chords)
        for note in next(part for part in score.parts if part.role == "lead").notes:
            bar, at = divmod(note.start * form.tempo / 15, 16)
            if abs(at) < 0.4 and note.start < form.body_s - 0.1:
                assert note.pitch % 12 in parsed[int(bar) % 4][0].classes(score.arrangement.key)


def test_no_chord_leaves_the_tune_alone():
    score = compose(GenerationRequest(genre="piano", chords=("N.C.",), duration_s=20.0, seed=1))
    body = score.arrangement.form.body_s - 0.2
    sounding = {part.role: [n for n in part.notes if n.start < body] for part in score.parts}
    assert sounding["lead"]
    assert not sounding["comp"]


@pytest.mark.parametrize(
    ("symbol", "classes"),
    [
        ("C", (0, 4, 7)), ("F#m7b5", (6, 9, 0, 4)), ("Bbmaj7", (10, 2, 5, 9)), ("Cm(maj7)", (0, 3, 7, 11)),
        ("Dsus4", (2, 7, 9)), ("E7#9", (4, 8, 11, 2, 7)), ("Gdim7", (7, 10, 1, 4)), ("Aø", (9, 0, 3, 7)),
        ("F5", (5, 0, 5)), ("C6", (0, 4, 7, 9)), ("Gadd9", (7, 11, 2, 9)), ("E♭+", (3, 7, 11)),
    ],
)  # fmt: skip
def test_chord_symbols(symbol, classes):
    assert parse_symbol(symbol).classes(None) == classes


@pytest.mark.parametrize("bars", [("C", "C99"), ("C", "Gadd8")])
def test_a_chord_that_cannot_be_played_is_one_sentence(bars):
    with pytest.raises(InvalidRequestError, match=rf"bar 2: '{bars[1]}' is no chord that can be played; write it like"):
        parse_bars(bars)
    told = Composer().supports(GenerationRequest(chords=bars))
    assert told.level == "no"
    assert bars[1] in told.reason


def test_a_repeated_bar_and_the_key_of_chords():
    assert parse_bars(("C", "%"))[1] == parse_bars(("C",))[0]
    with pytest.raises(InvalidRequestError, match="begin with a chord"):
        parse_bars(("%", "C"))
    for bars, key in (
        (("Am", "F", "C", "G"), "A minor"),
        (("C", "G", "Am", "F"), "C major"),
        (("Bb", "Eb"), "Bb major"),
    ):
        assert key_of(parse_bars(bars)).name == key


def test_chords_of_a_bar_share_its_beats():
    bars = parse_bars(("C D E", "C D", "C D E F G A B C"))
    four = Changes.of_bars(bars, METRES["4/4"])
    assert [(c.start, c.length) for _, c in four.within(0)] == [(0, 8), (8, 4), (12, 4)]
    assert [(c.start, c.length) for _, c in Changes.of_bars(bars, METRES["3/4"]).within(1)] == [(0, 8), (8, 4)]
    assert [c.length for _, c in four.within(2)] == [2] * 8
    assert sum(c.length for _, c in Changes.of_bars(bars, METRES["2/4"]).within(2)) == 8


@pytest.mark.parametrize("metre", sorted(METRES))
@pytest.mark.parametrize("style", ["pop", "orchestral", "house", "waltz"])
def test_a_metre_is_in_the_file_and_on_the_downbeats(style, metre):
    request = GenerationRequest(genre=style, time_signature=metre, duration_s=30.0, tempo_bpm=96.0, energy=0.8, seed=3)
    score = compose(request)
    file = pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(score)))
    sign = file.time_signature_changes[0]
    assert f"{sign.numerator}/{sign.denominator}" == metre
    form = score.arrangement.form
    assert form.bar_s == pytest.approx({"2/4": 2, "3/4": 3, "4/4": 4, "6/8": 3}[metre] * 60 / 96)
    first = [min(part.notes, key=lambda n: n.start).start for part in score.parts if part.role == "bass"]
    assert all(abs(start / form.bar_s - round(start / form.bar_s)) < 0.1 or style == "house" for start in first)
    xml, (top, bottom) = musicxml(file, "x").decode(), metre.split("/")
    assert f"<beats>{top}</beats>" in xml
    assert f"<beat-type>{bottom}</beat-type>" in xml


def test_six_eight_moves_in_threes_and_three_four_in_twos():
    def places(metre):
        score = compose(GenerationRequest(genre="pop", time_signature=metre, duration_s=40.0, tempo_bpm=90.0, seed=5))
        form = score.arrangement.form
        at = [
            n.start % form.bar_s * 90 / 15 for p in score.parts if p.role == "drums" for n in p.notes if n.pitch == 38
        ]
        return [round(place) % 12 for place in at]

    assert np.mean([place == 6 for place in places("6/8")]) > 0.5, "the backbeat is the second dotted quarter"
    assert np.mean([place in {4, 8} for place in places("3/4")]) > 0.5
    assert not np.mean([place == 6 for place in places("3/4")]) > 0.2


def test_other_time_signatures_are_told_as_missing():
    told = Composer().supports(GenerationRequest(time_signature="7/8"))
    if told.level != "no":
        assert told.missing == ("the time signature 7/8 (it keeps to 2/4, 3/4, 4/4, 6/8)",)
    assert compose(GenerationRequest(time_signature="7/8", genre="pop")).arrangement.form.metre.name == "4/4"


def test_sections_in_bars_are_kept_to_the_bar_and_choose_the_tempo():
    plan = (Section("intro", bars=4), Section("verse", bars=8), Section("chorus", bars=8))
    score = compose(GenerationRequest(genre="pop", sections=plan, duration_s=48.0, seed=1))
    form = score.arrangement.form
    assert [(s.title, s.name, s.bars) for s in form.sections] == [
        ("intro", "intro", 4), ("verse", "A", 8), ("chorus", "B", 8),
    ]  # fmt: skip
    assert 44.0 < form.body_s < 47.5


@pytest.mark.parametrize("tempo", [None, 128.0, 91.0])
def test_sections_in_seconds_begin_at_the_nearest_bar(tempo):
    plan = (Section("intro", 8.0), Section("verse", 16.0), Section("bridge", 10.0), Section("chorus", 16.0))
    score = compose(GenerationRequest(genre="pop", sections=plan, duration_s=50.0, tempo_bpm=tempo, seed=1))
    form = score.arrangement.form
    for section, due in zip(form.sections, (0.0, 8.0, 24.0, 34.0), strict=True):
        assert abs(section.start * form.bar_s - due) <= form.bar_s / 2 + 1e-6
    assert tempo is None or form.tempo == tempo
    assert form.total_s - form.body_s < 8


def test_sections_without_a_length_share_the_rest():
    plan = (Section("intro", bars=4), Section("verse"), Section("chorus"))
    form = compose(GenerationRequest(genre="pop", sections=plan, duration_s=60.0, seed=1)).arrangement.form
    lengths = [section.bars for section in form.sections]
    assert lengths[0] == 4
    assert abs(lengths[1] - lengths[2]) <= 4
    assert 50.0 < form.body_s < 59.0


def test_a_chorus_is_fuller_than_a_verse_and_a_bridge_is_another_tune():
    plan = tuple(Section(name, bars=4) for name in ("verse", "chorus", "bridge"))
    score = compose(GenerationRequest(genre="pop", sections=plan, duration_s=30.0, seed=4))
    form = score.arrangement.form
    lead = next(part for part in score.parts if part.role == "lead").notes
    tunes = [[n.pitch for n in lead if -0.1 < n.start - s * form.bar_s < 2 * form.bar_s] for s in (0, 4, 8)]
    assert len({tuple(tune) for tune in tunes}) == 3
    hits = [sum(-0.1 < n.start - s * form.bar_s < 4 * form.bar_s for p in score.parts for n in p.notes) for s in (0, 4)]
    assert hits[1] > hits[0]


@pytest.mark.parametrize(
    ("plan", "asked"),
    [
        ((Section("verse", bars=64),), {"duration_s": 30.0, "tempo_bpm": 100.0}),
        ((Section("verse", bars=4),), {"duration_s": 200.0, "tempo_bpm": 100.0}),
        ((Section("verse", bars=256),), {"duration_s": 20.0}),
    ],
)
def test_a_plan_that_does_not_fit_is_one_sentence(plan, asked):
    told = Composer().supports(GenerationRequest(sections=plan, **asked))
    assert told.level == "no"
    with pytest.raises(InvalidRequestError, match=r"bars of the plan .*; change the length, the tempo or the plan"):
        compose(GenerationRequest(sections=plan, **asked))


def test_words_of_a_plan_in_bars_say_how_long_the_piece_is():
    read = parse_brief("pop at 120 bpm, 4 bars intro, 8 bars verse, 8 bars chorus")
    assert read.duration_s == pytest.approx(43.0)
    score = compose(read)
    assert [section.bars for section in score.arrangement.form.sections] == [4, 8, 8]


def test_names_of_sections():
    kinds = {name: kind_of(name) for name in ("Verse 2", "pre-chorus", "Chorus", "hook", "Bridge", "solo", "Sunset")}
    assert list(kinds.values()) == ["A", "A2", "B", "B", "C", "C", "A"]


def test_all_of_it_together_in_every_metre_ends_in_time():
    for metre, style, seed in itertools.product(METRES, ("jazz", "epic", "reggae"), range(2)):
        request = GenerationRequest(
            genre=style, time_signature=metre, chords=("Am", "F C", "G/B"), duration_s=33.3, seed=seed,
            sections=(Section("intro", 6.0), Section("verse"), Section("chorus", text="everyone, loud")),
        )  # fmt: skip
        score = compose(request)
        assert all(0 <= n.start < n.end <= 33.3 + 1e-6 for part in score.parts for n in part.notes)
        assert score.arrangement.form.sections[2].level == 1.0
