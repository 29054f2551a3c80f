"""The melody model: scores read, chords and keys found, lines that keep the composer's rules."""

import itertools

import numpy as np
import pytest

from agent.generation.changes import Changes
from agent.generation.form import Form, Section, plan_form
from agent.generation.instruments import BY_NAME
from agent.generation.melodies.musescore import ScoreFileError, Sounded, read_musescore
from agent.generation.melodies.network import Line, MelodyModel, shipped
from agent.generation.melodies.passages import (
    REST,
    ZERO,
    Harmony,
    estimate_chord,
    passages_of,
    read_passages,
    split_of,
)
from agent.generation.melodies.singer import Singer, final_pitch
from agent.generation.melodies.training import perplexity_of, train_melody
from agent.generation.metre import METRES
from agent.generation.theory import Chord, Key
from agent.generation.values import GenerationError

D_MAJOR = Key(2, "major")
TUNE = (60, 62, 64, 65, 67, 65, 64, 62)
QUARTER = "<durationType>quarter</durationType>"


def chord(*pitches, duration=QUARTER, tie=""):
    notes = "".join(f"<Note>{tie}<pitch>{pitch}</pitch></Note>" for pitch in pitches)
    return f"<Chord>{duration}{notes}</Chord>"


def score(bars, bass=(48, 52, 55), metre=(4, 4), sharps=0, version="3.02"):
    """A MuseScore file: a voice, one string of events a bar, over whole chords of a piano."""
    time = f"<TimeSig><sigN>{metre[0]}</sigN><sigD>{metre[1]}</sigD></TimeSig>"
    head = f"<KeySig><accidental>{sharps}</accidental></KeySig>{time}"
    whole = "<durationType>measure</durationType>" + f"<duration>{metre[0]}/{metre[1]}</duration>"
    held = chord(*bass, duration="<durationType>whole</durationType>")
    voice = [
        f"<Measure><voice>{head if n == 0 else ''}{bar or f'<Rest>{whole}</Rest>'}</voice></Measure>"
        for n, bar in enumerate(bars)
    ]
    piano = [f"<Measure><voice>{head if n == 0 else ''}{held}</voice></Measure>" for n in range(len(bars))]
    staves = f'<Staff id="1">{"".join(voice)}</Staff><Staff id="2">{"".join(piano)}</Staff>'
    return f'<?xml version="1.0"?><museScore version="{version}"><Score>{staves}</Score></museScore>'


def scale_bars(count, shift=0):
    return ["".join(chord(pitch + shift) for pitch in TUNE[n % 2 * 4 : n % 2 * 4 + 4]) for n in range(count)]


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "song.mscx").write_text(text, encoding="utf-8")
        return read_musescore(tmp_path / "song.mscx")

    return read


def test_a_score_is_read_with_ties_tuplets_and_dots(read):
    tied = chord(64, tie='<Spanner type="Tie"><prev><location/></prev></Spanner>')
    dotted = chord(67, duration="<dots>1</dots><durationType>quarter</durationType>")
    eighth = "<durationType>eighth</durationType>"
    triplet = (
        "<Tuplet><normalNotes>2</normalNotes><actualNotes>3</actualNotes></Tuplet>" + chord(60, duration=eighth) * 3
    )
    found = read(
        score([chord(64) + tied + dotted + chord(65, duration=eighth), triplet + "<endTuplet/>" + chord(72) * 3])
    )
    assert [(n.start, n.length, n.pitch) for n in found.lead[:3]] == [(0, 2, 64), (2, 1.5, 67), (3.5, 0.5, 65)]
    assert [n.start for n in found.lead[3:]] == pytest.approx([4, 4 + 1 / 3, 4 + 2 / 3, 5, 6, 7])


def test_a_passage_is_told_from_its_tonic_whatever_its_key(read):
    one = passages_of(read(score(scale_bars(6))), "a")
    other = passages_of(read(score(scale_bars(6, 2), bass=(50, 54, 57), sharps=2)), "a")
    assert one == other
    assert (one[0].beats, one[0].minor, one[0].bars) == (4, False, 6)
    assert [event.pitch - ZERO for event in one[0].events[:4]] == [0, 2, 4, 5]
    assert one[0].chords[0][0] == Harmony(0, frozenset({0, 4, 7}))


def test_a_passage_ends_where_the_voice_rests_for_two_bars(read):
    found = passages_of(read(score([None, *scale_bars(5), None, None, None, *scale_bars(4)])), "a")
    assert [passage.bars for passage in found] == [5, 4]
    assert all(passage.events[0].pitch != REST for passage in found)


@pytest.mark.parametrize("tones", [(0, 4, 7), (9, 0, 4), (7, 11, 2, 5), (2, 5, 8)])
def test_a_chord_is_told_by_what_sounds(tones):
    notes = [Sounded(0.0, 2.0, 48 + (tone - tones[0]) % 12 + tones[0]) for tone in tones] + [Sounded(0.5, 0.25, 73)]
    assert estimate_chord(notes, 0.0, 2.0, 0) == Harmony(tones[0], frozenset(tones))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "no MuseScore file"),
        ("<museScore version='2.06'/>", "save it again"),
        ("<museScore version='3.0'/>", "holds no bars"),
    ],
)
def test_what_is_no_score_is_one_sentence(read, text, told):
    with pytest.raises(ScoreFileError, match=told):
        read(text)


def test_an_entity_bomb_is_no_score(read):
    with pytest.raises(ScoreFileError, match="no MuseScore file"):
        read('<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><museScore version="3.0">&c;</museScore>')


def test_one_opus_is_on_one_side_of_a_split(tmp_path):
    for song in ("one", "two"):
        (tmp_path / "Composer" / "Opus" / song).mkdir(parents=True)
        (tmp_path / "Composer" / "Opus" / song / "a.mscx").write_text(score(scale_bars(4)), encoding="utf-8")
    works = {passage.work for _, found in read_passages(tmp_path) for passage in found}
    assert works == {"Composer/Opus"}
    parts = [split_of(str(n)) for n in range(2000)]
    assert 0.77 < parts.count("train") / 2000 < 0.83


def test_training_learns_a_tune_and_the_file_gives_it_back(read, tmp_path):
    text = score(scale_bars(16))
    works = {part: next(str(n) for n in range(200) if split_of(str(n)) == part) for part in ("train", "tune", "test")}
    passages = [passage for work in works.values() for passage in passages_of(read(text), work)]
    passages += [passage for _ in range(15) for passage in passages_of(read(text), works["train"])]
    model, card = train_melody(passages, 18, 30, 0, lambda *_: None)
    model.write(tmp_path / "melody.npz")
    again = MelodyModel.load(tmp_path / "melody.npz")
    assert perplexity_of(again, passages[:1]) < 1.6
    assert card.perplexity["told chords and density"] == pytest.approx(perplexity_of(model, passages[2:3]), abs=0.01)
    assert (card.works, card.seed) == ({"train": 1, "tune": 1, "test": 1}, 0)


def test_too_few_works_are_told():
    with pytest.raises(GenerationError, match="no passage of at least 4 bars is in the train and tune and test part"):
        train_melody([], 0, 1, 0, lambda *_: None)


def test_a_file_that_is_no_model_is_told(tmp_path):
    np.savez(tmp_path / "melody.npz", a=np.zeros(3))
    with pytest.raises(GenerationError, match="is no melody model"):
        MelodyModel.load(tmp_path / "melody.npz")


def sung(seed=1, beats=4, busy=0.5, instrument="violin", key=D_MAJOR, degrees=(0, 4, 5, 3)):
    sections = (Section("A", 0, 8, 0.7), Section("B", 8, 4, 1.0), Section("A'", 12, 4, 0.9))
    chords = [Chord(degree) for degree in degrees * 4]
    metre = METRES[f"{beats}/4"]
    singer = Singer(Form(100.0, metre, sections, 60.0), key, BY_NAME[instrument], busy, np.random.default_rng(seed))
    return singer.write(Changes.of_bars([(chord,) for chord in chords], metre)), chords, key


@pytest.mark.parametrize("beats", [3, 4])
@pytest.mark.parametrize("mode", ["major", "minor", "dorian", "phrygian"])
def test_strong_beats_and_long_notes_are_chord_tones_and_all_are_of_the_key(beats, mode):
    for seed in range(3):
        notes, chords, key = sung(seed, beats, key=Key(9, mode))
        for note in notes:
            assert note.pitch % 12 in key.pitch_classes()
            if note.start == 0 or note.length > 6:
                tones = {key.pitch(step) % 12 for step in chords[note.bar].steps}
                assert note.pitch % 12 in tones


def test_phrases_come_to_rest_and_breathe():
    for beats in (3, 4):
        notes, _, _ = sung(beats=beats)
        for last in (3, 7, 11, 15):
            end = max((note for note in notes if note.bar == last), key=lambda note: note.start)
            assert end.length > 3.5
            assert end.start + end.length < 4 * beats - 1


def test_a_tune_comes_back_with_its_section():
    notes, _, _ = sung()
    bars = [[(note.start, note.pitch) for note in notes if note.bar == bar] for bar in range(16)]
    assert bars[12:15] == bars[0:3], "the return"
    assert bars[4] == bars[0], "the second phrase begins as the first"
    assert bars[8] != bars[0], "the middle is another tune"
    assert [start for start, _ in bars[2]] == [start for start, _ in bars[0]], (
        "bar three takes up the rhythm of bar one"
    )


def test_busy_is_how_many_notes_there_are():
    calm, driving = (np.mean([len(sung(seed, busy=busy)[0]) for seed in range(6)]) for busy in (0.1, 0.9))
    assert driving > 1.5 * calm


@pytest.mark.parametrize("instrument", sorted(name for name, one in BY_NAME.items() if "lead" in one.roles))
def test_no_line_leaves_its_instrument_or_leaps_far(instrument):
    notes, _, key = sung(3, instrument=instrument)
    player = BY_NAME[instrument]
    pitches = [note.pitch for note in notes]
    assert player.low <= min(pitches)
    assert max(pitches) <= player.high
    assert max(abs(b - a) for a, b in itertools.pairwise(pitches)) <= 12
    assert final_pitch(key, player) % 12 == key.tonic


def test_the_same_seed_sings_the_same():
    assert sung(5) == sung(5)
    assert sung(5)[0] != sung(6)[0]


def test_a_piece_without_bars_has_no_tune():
    form = plan_form(1.0, METRES["4/4"], 60.0, (60, 80), 70.0)
    assert Singer(form, Key(0, "major"), BY_NAME["flute"], 0.5, np.random.default_rng(0)).write(Changes(())) == []


def test_the_model_knows_that_tunes_follow_chords():
    """On a long note over C, and over F sharp: which tones it expects."""
    chosen = []
    for root in (0, 6):
        harmony = Harmony(root, frozenset((root + step) % 12 for step in (0, 4, 7)))
        line = Line(shipped(), 16, False, [(harmony, harmony)] * 4, [3.0] * 4)
        scores = line.pitches(8)[:REST]
        shares = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
        chosen.append(sum(share for pitch, share in enumerate(shares) if (pitch - ZERO) % 12 in harmony.tones))
    assert min(chosen) > 0.6
