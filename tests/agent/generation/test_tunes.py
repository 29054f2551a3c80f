"""A melody handed over as MIDI: kept as the lead line, harmonised, with only the tracks that were asked for."""

import contextlib
import threading

import numpy as np
import pretty_midi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.generation.brief import parse_brief
from agent.generation.changes import Changes
from agent.generation.composer import Composer
from agent.generation.harmonising import chords_under, named
from agent.generation.infilling.grid import CHORD_TOKENS, chord_token
from agent.generation.material import Clip
from agent.generation.metre import METRES
from agent.generation.render import find_synth
from agent.generation.score import compose
from agent.generation.styles import STYLES
from agent.generation.theory import Chord, Key
from agent.generation.tunes import MAX_EVENTS, key_of_tune, read_tune, tune_s
from agent.generation.values import GenerationRequest, InvalidRequestError

NO_SYNTH = find_synth() if isinstance(find_synth(), str) else ""
# "Ode to Joy", eight bars of quarters in C: pitch and length in quarters.
ODE = [(64, 1), (64, 1), (65, 1), (67, 1), (67, 1), (65, 1), (64, 1), (62, 1), (60, 1), (60, 1), (62, 1), (64, 1),
       (64, 1.5), (62, 0.5), (62, 2), (64, 1), (64, 1), (65, 1), (67, 1), (67, 1), (65, 1), (64, 1), (62, 1), (60, 1),
       (60, 1), (62, 1), (64, 1), (62, 1.5), (60, 0.5), (60, 2)]  # fmt: skip


def tune_file(path, notes=ODE, tempo=100.0, metre=(4, 4), shift=0, others=()):
    midi = pretty_midi.PrettyMIDI(initial_tempo=tempo)
    midi.time_signature_changes.append(pretty_midi.TimeSignature(*metre, 0.0))
    track, at = pretty_midi.Instrument(73), 0.0
    for pitch, length in notes:
        track.notes.append(pretty_midi.Note(90, pitch + shift, at * 60 / tempo, (at + length * 0.98) * 60 / tempo))
        at += length
    midi.instruments += [*others, track]
    midi.write(str(path))
    return Clip(str(path), "midi", "ode.mid")


@pytest.fixture
def ode(tmp_path):
    return tune_file(tmp_path / "ode.mid")


def asked(clip, **told):
    return GenerationRequest(**({"genre": "pop", "melody": clip, "duration_s": 22.5, "seed": 1} | told))


def test_the_tune_is_the_lead_line_note_by_note(ode):
    piece = compose(asked(ode))
    form = piece.arrangement.form
    assert (form.tempo, form.metre.name, form.bars) == (pytest.approx(100.0, rel=1e-3), "4/4", 8)
    lead = next(part for part in piece.parts if part.role == "lead")
    sung = [note for note in lead.notes if note.start < form.body_s - 0.1]
    assert len({(note.pitch - pitch) for note, (pitch, _) in zip(sung, ODE, strict=True)}) == 1
    starts = np.cumsum([0, *(length for _, length in ODE)])[:-1] * 0.6
    assert np.abs(np.array([note.start for note in sung]) - starts).max() < 0.06
    assert lead.instrument.low <= min(n.pitch for n in lead.notes) <= max(n.pitch for n in lead.notes)


def test_its_key_and_chords_are_found(ode):
    for shift, name in ((0, "C major"), (2, "D major"), (-3, "A major")):
        clip = tune_file(ode.existing(), shift=shift)
        assert key_of_tune(read_tune(clip.existing())).name == name
    tune = read_tune(tune_file(ode.existing()).existing())
    key = Key(0, "major")
    bars = chords_under({0: tune}, key, METRES["4/4"], 8, 3, np.random.default_rng(0))
    assert all(1 <= len(bar) <= 2 for bar in bars)
    roots = [chord.classes(key)[0] for bar in bars for chord in bar]
    assert (roots[0], roots[-1]) == (0, 0)
    assert 7 in roots
    changes = Changes.of_bars(bars, METRES["4/4"])
    inside = [note.pitch % 12 in changes.at(*divmod(note.start, 16)).chord.classes(key) for note in tune.notes]
    assert np.mean(inside) > 0.6


def test_what_accompanies_agrees_with_the_chords_of_the_tune(ode):
    piece = compose(asked(ode, seed=3))
    form, key = piece.arrangement.form, piece.arrangement.key
    for part in piece.parts:
        if part.role in {"comp", "pad"}:
            body = [note for note in part.notes if note.start < form.body_s - 0.1]
            places = [divmod((note.start + 0.05) / form.bar_s * 16, 16) for note in body]
            held = [
                n.pitch % 12 in piece.changes.at(int(bar), at).chord.classes(key)
                for n, (bar, at) in zip(body, places, strict=True)
            ]
            assert np.mean(held) > 0.97


@pytest.mark.parametrize(
    ("wanted", "roles"),
    [
        (("bass", "drums"), {"bass", "drums"}),
        (("drums",), {"drums"}),
        (("melody", "bass"), {"lead", "bass"}),
        (("cello", "harp"), {"cello", "harp"}),
    ],
)
def test_only_the_tracks_that_were_asked_for_come_out(ode, wanted, roles):
    piece = compose(asked(ode, wanted=wanted))
    named = {part.role for part in piece.parts} | {part.instrument.name for part in piece.parts}
    assert roles <= named
    assert len(piece.parts) == len(wanted)
    assert all(part.notes for part in piece.parts)


def test_bass_and_drums_to_a_melody_in_words(ode):
    read = parse_brief("give me only the bass and drums to my melody", files=[ode])
    assert read.melody == ode
    assert read.wanted == ("bass", "drums")
    assert {part.role for part in compose(read).parts} == {"bass", "drums"}
    told = Composer().supports(read)
    assert told.level in {"full", "no"}
    assert not told.missing


def test_the_files_own_metre_and_tempo_are_kept_and_outweighed(tmp_path):
    clip = tune_file(tmp_path / "waltz.mid", [(60, 1), (64, 1), (67, 1)] * 8, tempo=144.0, metre=(3, 4))
    form = compose(asked(clip)).arrangement.form
    assert (form.metre.name, round(form.tempo)) == ("3/4", 144)
    slower = compose(asked(clip, tempo_bpm=90.0)).arrangement.form
    assert slower.tempo == 90.0
    assert tune_s(clip.existing(), None, None) == pytest.approx(8 * 3 * 60 / 144 + 3, abs=0.05)


def test_a_longer_piece_begins_the_tune_again(ode):
    piece = compose(asked(ode, duration_s=43.0))
    form = piece.arrangement.form
    lead = [n for n in next(p for p in piece.parts if p.role == "lead").notes if n.start < form.body_s - 0.1]
    assert form.bars == 16
    assert [n.pitch for n in lead[: len(ODE)]] == [n.pitch for n in lead[len(ODE) :]]


def test_the_tune_is_taken_from_among_other_tracks(tmp_path):
    chords = pretty_midi.Instrument(0, name="Piano")
    chords.notes = [pretty_midi.Note(80, p, t, t + 2) for t in range(0, 16, 2) for p in (72, 76, 79)]
    drums = pretty_midi.Instrument(0, is_drum=True)
    drums.notes = [pretty_midi.Note(80, 36, t, t + 0.1) for t in range(16)]
    clip = tune_file(tmp_path / "band.mid", others=(chords, drums))
    assert [note.pitch for note in read_tune(clip.existing()).notes] == [pitch for pitch, _ in ODE]


def smf(events, count):
    body = b"\x00\x90\x3c\x40" + events * count + b"\x00\xff\x2f\x00"
    head = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0"
    return head + b"MTrk" + len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no midi", "is no MIDI file that can be read"),
        (b"MThd", "no notes|cannot be read|no MIDI"),
        (b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0", "no notes|cannot be read"),
        (smf(b"\x60\x3c\x00\x00\x3c\x40", 1_500_000), f"more than {MAX_EVENTS:,} events"),
        (smf(b"\x60\x3c\x00\x00\x3c\x40", 10)[:-9], "cannot be read|no MIDI"),
    ],
)
def test_what_is_no_tune_is_one_sentence(tmp_path, content, words):
    path = tmp_path / "x.mid"
    path.write_bytes(content)
    with pytest.raises(InvalidRequestError, match=words):
        read_tune(path)
    told = Composer().supports(GenerationRequest(melody=Clip(str(path), "midi", "x.mid")))
    assert told.level == "no"
    assert told.reason.count(".") <= 3


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.integers(14, 60))
def test_no_bytes_break_the_reader(tmp_path, noise, at):
    whole = smf(b"\x60\x3c\x00\x00\x3c\x40", 20)
    path = tmp_path / "noise.mid"
    path.write_bytes(whole[:at] + noise + whole[at:])
    with contextlib.suppress(InvalidRequestError):  # and nothing else
        assert read_tune(path).notes


def test_a_recording_as_melody_is_refused_in_a_sentence(tmp_path):
    told = Composer().supports(GenerationRequest(melody=Clip(str(tmp_path / "a.flac"), "audio")))
    assert told.level == "no"
    assert "MIDI" in told.reason or NO_SYNTH


@pytest.mark.skipif(bool(NO_SYNTH), reason=NO_SYNTH)
def test_a_tune_is_heard(ode, tmp_path):
    made = Composer().generate(
        asked(ode, wanted=("bass", "drums")), tmp_path / "a.flac", lambda *_: None, threading.Event()
    )
    assert made.duration_s == pytest.approx(22.5, abs=0.01)
    assert len(pretty_midi.PrettyMIDI(str(made.midi_path)).instruments) == 2


@pytest.mark.parametrize("words", ["flesh out this melody", "a tune from my skeleton", "embellish my melody"])
def test_a_skeleton_is_filled_in_between_its_strong_beats(tmp_path, words):
    halves = [(64, 2), (67, 2), (64, 2), (60, 2), (62, 2), (64, 2), (62, 2), (60, 2)] * 2
    clip = tune_file(tmp_path / "skeleton.mid", notes=halves)
    plain, filled = (compose(asked(clip, text=text)) for text in ("pop", words))
    lead, more = (next(part for part in piece.parts if part.role == "lead").notes for piece in (plain, filled))
    assert len(more) > len(lead)
    starts = {
        round(note.start / 1.2): note.pitch for note in more if abs(note.start / 1.2 - round(note.start / 1.2)) < 0.06
    }
    kept = [note for note in lead if note.start < plain.arrangement.form.body_s - 0.1]
    assert all(starts.get(round(note.start / 1.2)) == note.pitch for note in kept)
    assert compose(asked(clip, text=words)) == filled


def roles_of(piece):
    return {part.role for part in piece.parts if part.notes}


def test_a_task_says_what_is_done_with_a_melody_whatever_the_words_say(ode):
    kept = compose(asked(ode, text="embellish my tune", task="keep"))
    assert kept.parts == compose(asked(ode)).parts, "nothing is filled in"
    under = compose(asked(ode, task="chords"))
    assert "lead" in roles_of(under)
    assert roles_of(under) <= {"lead", "comp", "pad"}
    assert roles_of(under) & {"comp", "pad"}
    filled = compose(asked(ode, text="pop", task="skeleton"))
    assert filled == compose(asked(ode, text="embellish my tune, pop"))
    quartet = compose(asked(ode, text="pop with drums", task="quartet"))
    assert [part.instrument.name for part in quartet.parts] == ["violin", "violin", "viola", "cello"]


def test_every_style_has_somebody_who_plays_chords_under_a_tune(ode):
    for genre in STYLES:
        assert roles_of(compose(asked(ode, genre=genre, task="chords"))) & {"comp", "pad"}, genre


def test_players_that_a_quartet_has_no_seat_for_are_told_as_missing(ode):
    if NO_SYNTH:
        pytest.skip(NO_SYNTH)
    told = Composer().supports(asked(ode, genre=None, instruments=("drums", "cello"), task="quartet"))
    assert told.missing == ("drums (the quartet plays alone)",)


def test_a_task_without_a_melody_is_one_sentence():
    with pytest.raises(InvalidRequestError, match="the task skeleton is about a melody and there is none; hand over"):
        GenerationRequest(task="skeleton")


def test_a_chord_of_the_key_is_a_degree_and_another_one_a_symbol():
    key = Key(9, "minor")
    assert named(chord_token(9, (9, 0, 4)), key, 4) == Chord(0, 4)
    assert named(chord_token(4, (4, 8, 11)), key, 3) == Chord(4, 3, raised=True)
    assert named(chord_token(2, (2, 6, 9)), key, 4).name == "D"
    assert named(chord_token(1, (1, 4, 7)), key, 3).name == "Dbdim"
    for token in range(1, CHORD_TOKENS):
        root, *_ = classes = named(token, key, 3).classes(key)
        assert chord_token(root, classes) == token
