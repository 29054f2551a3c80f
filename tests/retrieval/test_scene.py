import json
from dataclasses import replace
from itertools import pairwise

import pytest
from ranking_facts import snapshot, track

from encoders.values import Camera, Estimate, Feeling, Moment, Shot, VideoAnalysis
from encoders.vision.reading import load_words
from retrieval.affect import curve_of, feeling_of, pace_of
from retrieval.scene import LIMITS, brief_from, load_moods
from retrieval.scene_ranking import scene_scores
from retrieval.values import SceneBrief
from retrieval.vocabulary import load_vocabulary

VOCABULARY = load_vocabulary()


def clip(**changed):
    plain = {
        "duration_s": 10.0,
        "width": 64,
        "height": 64,
        "fps": 25.0,
        "has_audio": False,
        "sample_times_s": (1.0,),
        "concepts": (("alp", 0.4), ("volcano", 0.2)),
        "brightness": 0.5,
        "saturation": 0.4,
        "warmth": 0.5,
        "contrast": 0.3,
        "motion": 0.02,
        "cut_rate": 0.0,
        "settings": (("mountains", 0.7), ("snow", 0.2)),
    }
    return VideoAnalysis(**plain | changed)


GLAD = Feeling(0.3, 0.5, 0.1)


def moments(count, motion=0.0, feeling=GLAD, start_s=0.0, settings=()):
    return tuple(Moment(start_s + n, 0.5, 0.4, 0.5, motion, feeling, settings) for n in range(count))


def test_a_brief_grows_with_motion_and_cuts_and_darkens_with_light():
    assert brief_from(clip(motion=0.3)).energy > brief_from(clip()).energy
    assert brief_from(clip(cut_rate=40.0)).energy > brief_from(clip()).energy
    assert brief_from(clip(brightness=0.1)).valence < brief_from(clip(brightness=0.9)).valence
    assert brief_from(clip(brightness=0.1)).concepts["dark"] > 0
    assert 0 <= brief_from(clip(motion=99.0, contrast=9.0)).energy <= 1


def test_a_brief_names_what_was_seen_and_where():
    brief = brief_from(clip(camera=Camera(0.2, 0.0, 0.0, "pan right"), motion=0.1))
    assert brief.sees == ("alp", "volcano")
    assert brief.setting == ("mountains", "snow")
    assert "mountains" in brief.words
    assert "snow" not in brief.words
    assert "pan right" in brief.words
    assert brief.concepts == {"epic": 0.4, "orchestral": 0.4}


def test_every_settings_mood_is_a_concept_and_every_setting_can_be_read():
    words = {word for word, _ in load_words()}
    for setting, concepts in load_moods().items():
        assert setting in words
        assert set(concepts) <= set(VOCABULARY.by_id)


def test_the_picture_alone_speaks_for_a_still():
    feeling = Feeling(0.77, -0.4, 0.6)
    brief = brief_from(clip(duration_s=0.0, motion=0.0, feeling=feeling))
    assert (brief.energy, brief.valence, brief.tension) == (0.77, -0.4, 0.6)
    assert (brief.segments, brief.curve) == ((), ())
    assert "tense, energetic, dark" in brief.words


@pytest.mark.parametrize(("bpm", "tempo"), [(120, 120), (45, 90), (230, 115), (90, 90)])
def test_a_steady_rhythm_sets_the_tempo_by_whole_multiples(bpm, tempo):
    assert brief_from(clip(rhythm=Estimate(bpm, 0.9))).tempo_bpm == pytest.approx(tempo)
    vague = brief_from(clip(rhythm=Estimate(bpm, 0.2)))
    assert vague.tempo_bpm == pytest.approx(65 + 95 * vague.energy)


def test_the_sound_of_the_clip_is_told():
    def words(**heard):
        return brief_from(clip(**{"loudness_db": -20.0, "speech": 0.0, "singing": 0.0, "music": 0.0} | heard)).words

    assert "; speech in its sound: suggests" in words(speech=0.8)
    assert "; has music of its own: suggests" in words(music=0.8)
    assert "; speech in its sound, singing in its sound, has music of its own:" in words(
        speech=0.8, singing=0.7, music=0.9
    )
    assert "; sound of its own:" in words(speech=0.1, music=0.1)
    assert "; sound of its own:" in words(speech=None, singing=None, music=None)
    assert "sound" not in words(loudness_db=-80.0)


@pytest.mark.parametrize(
    ("count", "phrase"), [(1, "; one face:"), (2, "; two faces:"), (10, "; ten faces:"), (11, "; 11 faces:")]
)
def test_the_faces_are_told_and_change_nothing_else(count, phrase):
    brief, plain = brief_from(clip(faces=count)), brief_from(clip())
    assert phrase in brief.words
    assert replace(brief, faces=None, words="") == replace(plain, words="")
    assert brief_from(clip(faces=0)).words == plain.words
    assert (brief_from(clip(faces=0)).faces, plain.faces) == (0, None)


def test_the_brief_carries_what_was_heard_and_ranks_by_none_of_it():
    heard = brief_from(clip(loudness_db=-20.0, speech=0.8, singing=0.1, music=0.6))
    assert (heard.speech, heard.singing, heard.music) == (0.8, 0.1, 0.6)
    view = snapshot(track("a", energy=0.9, tempo=150), track("b", energy=0.1, tempo=60))
    assert scene_scores(view, heard).tolist() == scene_scores(view, brief_from(clip())).tolist()


def marked(start_s, **marks):
    return replace(moments(1, start_s=start_s)[0], **marks)


def test_the_time_line_marks_faces_speech_and_music():
    speaking = [marked(float(n), faces=1, speech=True, singing=False, music=False) for n in range(6)]
    playing = [marked(6.0 + n, faces=0, speech=False, singing=True, music=True) for n in range(6)]
    brief = brief_from(clip(duration_s=12.0, moments=(*speaking, *playing)))
    first, last = brief.curve[0], brief.curve[-1]
    assert (first.faces, first.speech, first.singing, first.music) == (1, True, False, False)
    assert (last.faces, last.speech, last.singing, last.music) == (0, False, True, True)
    assert brief.segments[0].words.endswith("; speech, singing, music in its sound")
    deaf = brief_from(clip(duration_s=12.0, moments=moments(12)))
    assert (deaf.curve[0].faces, deaf.curve[0].music) == (None, None)
    assert "sound" not in deaf.segments[0].words


def test_joined_steps_mark_what_any_of_them_holds():
    steps = [marked(float(n), faces=n % 4, speech=n % 4 == 1, music=None) for n in range(240)]
    first, second = curve_of(clip(duration_s=240.0, moments=tuple(steps)))[:2]
    assert (first.faces, first.speech, first.music) == (1, True, None)
    assert (second.faces, second.speech, second.music) == (3, False, None)


def test_pace_adds_motion_and_cuts_and_stays_below_one():
    assert pace_of(clip(motion=0.0)) == 0.0
    assert pace_of(clip(motion=0.4)) == pytest.approx(0.5)
    assert pace_of(clip(), 0.4, 35.0) == pytest.approx(0.75)
    assert pace_of(clip(camera=Camera(0.3, 0.4, 0.0, "pan right")), 0.4, 35.0) == pytest.approx(0.875)
    assert pace_of(clip(motion=0.0, rhythm=Estimate(200.0, 0.9))) == pytest.approx(1 - 0.5**0.5)
    assert pace_of(clip(motion=1.0, cut_rate=600.0, camera=Camera(9.0, 0.0, 0.0, "pan right"))) <= 1.0
    assert feeling_of(Feeling(0.5, 0.2, 0.9), 1.0).tension <= 1.0


def test_a_calm_half_and_a_wild_half_are_two_segments():
    calm, wild = moments(6), moments(6, 0.8, Feeling(0.7, -0.5, 0.8), 6.0, (("battle", 0.9),))
    brief = brief_from(clip(duration_s=12.0, moments=calm + wild, shots=(Shot(0.0, 6.0), Shot(6.0, 12.0))))
    first, second = brief.segments
    assert (first.start_s, first.end_s, second.end_s) == (0.0, 6.0, 12.0)
    assert first.energy + 0.3 < second.energy
    assert first.valence > 0 > second.valence
    assert first.tempo_bpm < second.tempo_bpm
    assert second.words.startswith("battle: tense, energetic")
    assert "calm, light" in first.words
    assert len(brief.curve) == 12


def test_an_even_clip_is_one_segment_and_segments_cover_the_clip():
    even = brief_from(clip(duration_s=20.0, moments=moments(20)))
    assert [(part.start_s, part.end_s) for part in even.segments] == [(0.0, 20.0)]
    changing = tuple(
        Moment(float(n), 0.5, 0.4, 0.5, 0.0, Feeling(n // 4 % 2 * 0.9, 1 - n // 4 % 2 * 2, 0.5)) for n in range(100)
    )
    parts = brief_from(clip(duration_s=100.0, moments=changing)).segments
    assert 2 <= len(parts) <= 8
    assert parts[0].start_s == 0.0
    assert parts[-1].end_s == 100.0
    assert all(one.end_s == other.start_s for one, other in pairwise(parts))


def test_a_long_clips_curve_stays_short():
    curve = curve_of(clip(duration_s=10_800.0, moments=tuple(moments(240))))
    assert len(curve) == 120


def test_a_brief_of_an_older_session_can_still_be_read():
    from pydantic import TypeAdapter

    stored = {
        "energy": 0.5,
        "valence": 0,
        "brightness": 0.5,
        "tempo_bpm": 110,
        "concepts": {},
        "sees": [],
        "words": "x",
    }
    adapter = TypeAdapter(SceneBrief)
    assert adapter.validate_python(stored).segments == ()
    full = brief_from(clip(duration_s=12.0, moments=moments(12)))
    assert adapter.validate_json(json.dumps(adapter.dump_python(full, mode="json"))) == full


def test_a_lively_scene_ranks_lively_tracks_and_a_gloomy_one_dark_tracks():
    view = snapshot(track("a", energy=0.9, tempo=150), track("b", energy=0.1, tempo=60))
    wild = scene_scores(view, brief_from(clip(motion=0.8, cut_rate=60.0)))
    calm = scene_scores(view, brief_from(clip(motion=0.0)))
    assert wild[0] > wild[1]
    assert calm[1] > calm[0]


def test_the_limits_are_one_short_clause():
    assert "CLIP" in LIMITS
    assert len(LIMITS.split()) < 15
