"""Music for a film: beats meet cuts, the mode follows the feeling, loudness follows motion."""

import io
import itertools
import json

import numpy as np
import pretty_midi
import pytest

from agent.filmed import Filmed, film_of
from agent.generation.affect import harmony_of_feeling, mood_of_film
from agent.generation.choosing import choose
from agent.generation.composer import Composer
from agent.generation.density import thinned
from agent.generation.material import Clip, Curve, Film, FilmCut
from agent.generation.metre import METRES
from agent.generation.midi import midi_bytes
from agent.generation.notation import musicxml
from agent.generation.notes import GridNote
from agent.generation.render import find_synth
from agent.generation.score import compose
from agent.generation.spotting import HIT_S, hits_of, places_hit
from agent.generation.stored import dump_request, load_request
from agent.generation.values import GenerationRequest, InvalidRequestError
from retrieval.values import AffectPoint, SceneBrief

CUTS = (3.1, 7.7, 12.4, 16.0, 21.3, 24.9, 31.2, 36.6)


def film(cuts=CUTS, energy=(0.2,) * 20 + (0.9,) * 20, valence=(0.6,) * 20 + (-0.6,) * 20, strength=1.0):
    tension = tuple(0.3 for _ in energy)
    return Film(1.0, tuple(energy), tuple(valence), tension, tuple(FilmCut(at, strength) for at in cuts))


def scored(duration_s=44.0, **told):
    return compose(GenerationRequest(**({"genre": "orchestral", "film": film(), "duration_s": duration_s} | told)))


def test_most_cuts_fall_on_beats_and_without_the_film_they_do_not():
    hits = sum(hits_of(scored(seed=seed).arrangement.form, film()).beats for seed in range(4))
    alone = sum(hits_of(scored(seed=seed, film=None).arrangement.form, film()).beats for seed in range(4))
    assert hits >= 0.8 * 4 * len(CUTS)
    assert alone < 0.6 * hits


def test_the_cut_where_the_feeling_changes_begins_a_section_on_a_downbeat():
    changing = film(cuts=(6.3, 20.0, 30.1))
    for seed in range(4):
        form = scored(film=changing, seed=seed).arrangement.form
        starts = [form.time_of(section.start, 0) for section in form.sections]
        assert min(abs(start - 20.0) for start in starts) <= HIT_S


def test_a_cut_that_is_hit_is_accented():
    piece = scored(seed=2, genre="rock")
    form = piece.arrangement.form
    places = places_hit(form, film())
    assert len(places) >= 5
    drums = next(part for part in piece.parts if part.role == "drums").notes
    for bar, at, _ in places:
        time_s = form.time_of(bar, at)
        assert {36, 49} <= {note.pitch for note in drums if abs(note.start - time_s) < 0.05}


def test_the_tempo_bends_a_little_and_the_file_keeps_time_with_the_notes():
    piece = scored(seed=1)
    form = piece.arrangement.form
    paces = [(b[0] - a[0]) * 15 / (b[1] - a[1]) for a, b in itertools.pairwise(form.anchors)]
    assert max(paces) / min(paces) < 1.22
    file = pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(piece)))
    for track, part in zip(file.instruments, piece.parts, strict=True):
        starts = np.sort([note.start for note in track.notes])
        assert np.allclose(starts, np.sort([note.start for note in part.notes]), atol=0.002)
    assert file.tick_to_time(round(form.anchors[-1][0]) * 120) == pytest.approx(form.anchors[-1][1], abs=0.01)
    assert musicxml(file, "x").count(b"<measure") >= form.bars


def test_a_tempo_that_was_asked_for_is_kept_within_two_per_cent():
    form = scored(tempo_bpm=100.0, seed=1).arrangement.form
    assert form.tempo == pytest.approx(100.0, rel=0.02)
    assert all(
        (b[0] - a[0]) * 15 / (b[1] - a[1]) == pytest.approx(100.0, rel=0.02)
        for a, b in itertools.pairwise(form.anchors)
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_glad_scene_is_in_major_and_a_sad_one_in_minor(seed):
    piece = scored(seed=seed, key="C major", genre="pop")
    glad, sad = (piece.changes.at(section.start, 0).chord for section in piece.arrangement.form.sections)
    key = piece.arrangement.key
    assert glad.classes(key)[:3] == (0, 4, 7)
    assert sad.classes(key)[:3] == (9, 0, 4), "the relative minor"


def test_a_film_that_ends_sad_ends_in_minor_where_no_key_was_asked_for():
    assert scored(seed=1).arrangement.key.is_minor
    assert not scored(seed=1, film=film(valence=(-0.6,) * 20 + (0.6,) * 20)).arrangement.key.is_minor


def test_feelings_become_modes_and_moods():
    assert harmony_of_feeling(0.3, 0.6, 0.1) == (False, "tender")
    assert harmony_of_feeling(0.8, -0.5, 0.5) == (True, "driven")
    assert harmony_of_feeling(0.2, -0.6, 0.2) == (True, "dark")
    assert mood_of_film(film(energy=(0.9,) * 9, valence=(-0.5,) * 9)) == "epic"
    assert mood_of_film(film(energy=(0.1,) * 9, valence=(0.5,) * 9)) == "calm"


def test_what_moves_much_is_loud_and_dense():
    piece = scored(seed=3)
    notes = [note for part in piece.parts if part.role != "drums" for note in part.notes]
    quiet, loud = ([n for n in notes if a < n.start < b] for a, b in ((3, 17), (23, 37)))
    assert np.mean([n.velocity for n in loud]) > 1.3 * np.mean([n.velocity for n in quiet])
    assert len(loud) > 1.1 * len(quiet)


def test_a_curve_of_loudness_is_obeyed_without_a_film():
    curve = Curve("dynamics", (0.0, 1.0))
    piece = scored(film=None, curves=(curve,), seed=1)
    notes = [note for part in piece.parts for note in part.notes if note.start < piece.arrangement.form.body_s]
    times, velocities = np.array([n.start for n in notes]), np.array([n.velocity for n in notes])
    assert velocities[times > 30].mean() > 1.4 * velocities[times < 10].mean()
    free = Curve("dynamics", (None, None))
    assert scored(film=None, curves=(free,), seed=1).parts == scored(film=None, seed=1).parts


def onsets(piece, low, high):
    """Onsets a bar in a stretch of the body, of players that strike."""
    form = piece.arrangement.form
    a, b = low * form.body_s, high * form.body_s
    notes = [n for part in piece.parts if part.role != "pad" for n in part.notes if a <= n.start < b]
    return len(notes) / ((b - a) / form.bar_s)


@pytest.mark.parametrize("genre", ["pop", "jazz", "waltz", "techno"])
def test_a_curve_of_rhythm_makes_it_denser_where_it_rises(genre):
    rising = scored(film=None, genre=genre, curves=(Curve("rhythm", (0.0, 1.0)),), seed=1)
    falling = scored(film=None, genre=genre, curves=(Curve("rhythm", (1.0, 0.0)),), seed=1)
    assert onsets(rising, 0.7, 1.0) > 1.8 * onsets(rising, 0.0, 0.3)
    assert onsets(falling, 0.0, 0.3) > 1.8 * onsets(falling, 0.7, 1.0)
    assert all(part.notes for part in rising.parts)


def test_where_a_curve_of_rhythm_is_free_the_accompaniment_is_as_ever():
    full, free = (
        scored(film=None, genre="house", curves=(Curve("rhythm", values),), seed=1)
        for values in ((None,) * 4, (0.0, 0.0, None, None))
    )
    for one, other in zip(full.parts, free.parts, strict=True):
        if one.role in {"comp", "bass"}:
            half = 0.75 * full.arrangement.form.body_s
            assert [n.pitch for n in one.notes if n.start > half] == [n.pitch for n in other.notes if n.start > half]


def test_a_thinned_bar_keeps_its_strong_beats():
    notes = [GridNote(0, at, 1, 60, 80) for at in range(16)]
    kept = thinned(notes, (0.25,), METRES["4/4"], sustained=True)
    assert [note.start for note in kept] == [0, 2, 4, 8, 12]
    assert sum(note.length for note in kept) == pytest.approx(0.95 * 16)
    assert thinned(notes, (None,), METRES["4/4"], sustained=True) == notes


def test_where_a_curve_of_rhythm_cannot_be_obeyed_it_is_told(tmp_path):
    if isinstance(find_synth(), str):
        pytest.skip(find_synth())
    curve = Curve("rhythm", (0.0, 1.0))
    told = Composer().supports(GenerationRequest(text="a string quartet", curves=(curve,)))
    assert told.missing == ("a curve of rhythm (the lines of a quartet are written without one)",)
    assert Composer().supports(GenerationRequest(genre="pop", curves=(curve,))).level == "full"


def test_provenance_counts_the_cuts_that_are_hit():
    told = choose(GenerationRequest(genre="epic", film=film(), duration_s=44.0, seed=4, candidates=2)).told["film"]
    assert told["cuts"] == len(CUTS)
    assert told["on_downbeats"] <= told["on_beats"] <= told["cuts"]
    assert told["on_beats"] >= 6
    assert told["tempo_bpm"][0] <= told["tempo_bpm"][1]
    assert "film" not in choose(GenerationRequest(duration_s=10.0)).told


@pytest.mark.parametrize("cuts", [(), (0.1,), (5.0,), tuple(np.arange(0.5, 40, 0.25).round(3)), (39.9, 41.0, 500.0)])
@pytest.mark.parametrize("metre", [None, "3/4", "6/8", "2/4"])
def test_any_list_of_cuts_gives_a_piece_that_ends_in_time(cuts, metre):
    piece = scored(film=film(cuts=cuts), time_signature=metre, seed=1)
    assert all(0 <= note.start < note.end <= 44.0 + 1e-6 for part in piece.parts for note in part.notes)
    assert 34 < piece.arrangement.form.body_s < 44


@pytest.mark.parametrize("seconds", [1.0, 4.0, 9.0])
def test_short_films(seconds):
    piece = scored(film=film(cuts=(0.5, 0.9), energy=(0.5,), valence=(0.0,)), duration_s=seconds)
    assert all(note.end <= seconds + 1e-6 for part in piece.parts for note in part.notes)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"energy": (0.5, 1.5), "valence": (0.0, 0.0)}, "outside its range"),
        ({"energy": (), "valence": ()}, "0 steps of 1 s; give 1 to 2400"),
        ({"energy": (0.5,), "valence": (0.0, 0.0)}, "as many of each"),
        ({"cuts": (5.0, 2.0)}, "not in order of time"),
        ({"cuts": (float("nan"),)}, "not in order of time"),
        ({"cuts": (1.0,), "strength": 2.0}, "of strength 0 to 1"),
        ({"cuts": tuple(float(n) for n in range(2001))}, "2001 cuts; give up to 2000"),
    ],
)
def test_what_is_no_film_is_one_sentence(wrong, words):
    with pytest.raises(InvalidRequestError, match=words):
        film(**wrong)


def test_a_film_is_stored_with_its_request_and_rows_without_one_still_load():
    asked = GenerationRequest(film=film(), duration_s=44.0)
    assert load_request(dump_request(asked)) == asked
    old = json.loads(dump_request(GenerationRequest(text="x")))
    del old["film"]
    assert load_request(json.dumps(old)).film is None


def test_the_composer_meets_a_film_fully_and_a_clip_that_nobody_looked_at_not():
    seen = Composer().supports(GenerationRequest(film=film(), video=Clip("/x", "video"), duration_s=44.0))
    if seen.level != "no":
        assert seen.level == "full"
        assert Composer().supports(GenerationRequest(video=Clip("/x", "video"))).missing == ("watching a clip",)


class Looker:
    """Sees the same in every clip, and counts how often it looked."""

    def __init__(self, curve=3):
        self.looks = 0
        self.curve = tuple(AffectPoint(float(n), 0.5, -0.2, 0.4) for n in range(curve))

    def look(self, path):
        self.looks += 1
        return SceneBrief(0.5, -0.2, 0.5, 100.0, {}, (), "a clip", curve=self.curve, cuts_s=(1.5,))


def test_a_clip_is_looked_at_once_and_gives_its_length(tmp_path):
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"x")
    looker = Looker()
    filmed = Filmed(looker)
    asked = GenerationRequest(text="score this", video=Clip(str(clip), "video"))
    seen = filmed.written(asked, length_said=False)
    assert seen.duration_s == 3.0
    assert seen.film == Film(1.0, (0.5,) * 3, (-0.2,) * 3, (0.4,) * 3, (FilmCut(1.5, 0.6),))
    assert filmed.written(asked, length_said=True).duration_s == 30.0
    assert looker.looks == 1
    assert filmed.written(GenerationRequest(), length_said=False) == GenerationRequest()
    clip.unlink()
    with pytest.raises(InvalidRequestError, match="is gone; upload it again"):
        filmed.written(asked, length_said=False)


def test_a_still_has_no_course():
    assert film_of(Looker(curve=0).look(None)) is None
