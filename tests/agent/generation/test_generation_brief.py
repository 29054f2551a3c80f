"""Words to requests."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.generation.brief import fields_said, parse_brief
from agent.generation.material import Clip
from agent.generation.values import GenerationRequest, InvalidRequestError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "30 seconds of calm piano in D minor, no drums",
            {"duration_s": 30.0, "mood": "calm", "instruments": ("piano",), "key": "D minor", "negative": "drums"},
        ),
        ("2 minutes of techno at 130 BPM", {"duration_s": 120.0, "genre": "techno", "tempo_bpm": 130.0}),
        ("a minute and 15 seconds, fast", {"duration_s": 75.0, "tempo_bpm": 140.0}),
        (
            "1:30 of Eb major jazz with saxophone",
            {"duration_s": 90.0, "key": "Eb major", "instruments": ("saxophone",)},
        ),
        ("half a minute lo-fi", {"duration_s": 30.0, "genre": "lo-fi"}),
        ("something in F# dorian, tempo 92", {"key": "F# dorian", "tempo_bpm": 92.0}),
        ("a 45s epic trailer without choir or strings", {"duration_s": 45.0, "negative": "choir, strings"}),
        ("slow sad song for a man in a boat", {"tempo_bpm": 72.0, "mood": "sad", "key": None}),
        ("in a forest, in C", {"key": "C major"}),
        ("high-energy workout rock", {"energy": 0.9, "genre": "rock"}),
        ("music", {"duration_s": 30.0, "tempo_bpm": None, "key": None, "mood": None, "genre": None}),
        ("violin and ukulele", {"instruments": ("violin", "ukulele")}),
        ("in e minor please", {"key": "E minor"}),
        ("a piece for A-list actors", {"key": None}),
    ],
)
def test_briefs(text, expected):
    request = parse_brief(text)
    assert {name: getattr(request, name) for name in expected} == expected


def test_defaults_and_seed():
    request = parse_brief("jazz", duration_s=12.0, seed=4)
    assert (request.duration_s, request.seed, request.text) == (12.0, 4, "jazz")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("41 minutes of rain", "length 2460 s is outside 1 to 2400 s"),
        ("0 seconds", "length 0 s"),
        ("at 999 bpm", "tempo"),
    ],
)
def test_limits_are_one_sentence(text, words):
    with pytest.raises(InvalidRequestError, match=words):
        parse_brief(text)


@given(st.text(max_size=120))
def test_any_words_give_a_request_or_a_sentence(text):
    try:
        request = parse_brief(text)
    except InvalidRequestError:
        request = GenerationRequest()
    assert request.duration_s >= 1.0


def test_long_text_is_cut():
    assert len(parse_brief("jazz " * 1000).text) == 2000


def test_german_words_are_read_and_kept():
    text = "20 Sekunden ruhiges Klavier in d-Moll, kein Schlagzeug"
    read = parse_brief(text)
    assert (read.text, read.duration_s, read.key, read.mood) == (text, 20.0, "D minor", "calm")
    assert (read.instruments, read.negative) == (("piano",), "drums")


def test_what_the_words_say_is_told_from_what_they_leave_open():
    # Thirty seconds are the default, too: said, they count as said.
    assert "duration_s" in fields_said("30 seconds of calm piano")
    assert fields_said("calm piano at 90 BPM") == ("tempo_bpm", "mood", "instruments", "energy")
    assert fields_said("something") == ()


def field(text, name, **more):
    return getattr(parse_brief(text, **more), name)


@pytest.mark.parametrize(
    ("text", "chords"),
    [
        ("lo-fi over | Dm7 | G7 | Cmaj7 |", ("Dm7", "G7", "Cmaj7")),
        ("|C|G|Am|F| please", ("C", "G", "Am", "F")),
        ("| C G | Am | % | F/A |", ("C G", "Am", "%", "F/A")),
        ("chords: Am, Dm, E7 and Am", ("Am", "Dm", "E7", "Am")),
        ("a song over C-G-Am-F", ("C", "G", "Am", "F")),
        ("play Em, C, G, D", ("Em", "C", "G", "D")),
        ("A minor or B major", ()),
        ("plan A or plan B | or C", ()),
        ("jazz in F", ()),
    ],
)
def test_chords_are_read_by_bar(text, chords):
    assert field(text, "chords") == chords


@pytest.mark.parametrize(
    ("text", "meter"),
    [
        ("in 7/8", "7/8"),
        ("waltz in three-four", "3/4"),
        ("24/7 beats", None),
        ("on 3/4/2024", None),
        ("1/2 a song", None),
    ],
)
def test_time_signatures_are_told_from_dates_and_fractions(text, meter):
    assert field(text, "time_signature") == meter


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("folk. Lyrics: the river bends\nthe lanterns sway", "the river bends\nthe lanterns sway"),
        ("sing “happy day” as jazz", "happy day"),
        ('a punk song that goes "we never sleep"', "we never sleep"),
        ("pop\n[00:05.00] driving\n[00:12.50] turning", "[00:05.00] driving\n[00:12.50] turning"),
    ],
)
def test_lyrics_are_taken_out_whole(text, words):
    assert field(text, "lyrics").text == words


def test_what_is_sung_describes_nothing():
    request = parse_brief('calm piano, lyrics: "no drums, fast techno in A minor at 180 bpm, 3 minutes"')
    assert (request.mood, request.tempo_bpm, request.key, request.duration_s) == ("calm", None, None, 30.0)
    assert (request.genre, request.negative) == (None, "")
    from agent.generation.adapters.base import prompt_of

    assert "techno" not in prompt_of(request)


def test_the_seconds_of_sections_are_not_the_length_of_the_piece():
    asked = parse_brief("one minute: 10 seconds intro, 20 seconds verse, 20 seconds chorus, 10 seconds outro")
    assert asked.duration_s == 60.0
    assert [(s.name, s.seconds) for s in asked.sections][:2] == [("intro", 10.0), ("verse", 20.0)]
    assert parse_brief("intro 5 s, verse 15 s").duration_s == 20.0, "without a length it is theirs"
    assert [s.bars for s in parse_brief("intro 4 bars, a 16-bar verse, chorus").sections] == [4, 16, None]


def test_a_minute_is_no_key():
    assert field("A minute of ska", "key") is None
    assert field("12-bar blues in A with harmonica", "key") == "A major"


SOUND, NOTES, CLIP = Clip("/a.flac"), Clip("/a.mid", "midi"), Clip("/a.mp4", "video")


@pytest.mark.parametrize(
    ("text", "file", "role"),
    [
        ("continue this for 30 seconds", SOUND, "continues"),
        ("make it longer by 15 seconds", SOUND, "continues"),
        ("in the style of this file", SOUND, "references"),
        ("in the style of this tune", SOUND, "references"),
        ("use my hummed melody", SOUND, "melody"),
        ("orchestrate it", NOTES, "melody"),
        ("add drums to my guitar track", SOUND, "given"),
        ("something for this", CLIP, "video"),
        ("jazz", SOUND, "references"),
    ],
)
def test_words_say_what_a_file_is_for(text, file, role):
    asked = parse_brief(text, files=[file])
    held = {name for name in ("continues", "references", "melody", "given", "video") if getattr(asked, name)}
    assert held == {role}


@pytest.mark.parametrize(
    ("text", "stretch"),
    [
        ("swap out what happens between 0:12 and 0:18, leave the rest", (12.0, 18.0)),
        ("redo 1:05 to 1:09.5 of my track", (65.0, 69.5)),
        ("replace the seconds 8 to 14 of this", (8.0, 14.0)),
        ("Ersetze die Stelle von Sekunde 8 bis 14", (8.0, 14.0)),
        ("Rellena el hueco entre el segundo 20 y el 26", (20.0, 26.0)),
        ("Remplace le passage de la seconde 5 à la seconde 9", (5.0, 9.0)),
        ("从第10秒到第15秒重新生成", (10.0, 15.0)),
    ],
)
def test_a_gap_is_read_with_its_times_and_is_as_long_as_the_piece(text, stretch):
    asked = parse_brief(text, files=[SOUND])
    assert (asked.fills.start_s, asked.fills.end_s) == stretch
    assert asked.duration_s == pytest.approx(stretch[1] - stretch[0])
    assert parse_brief(text).fills is None, "without a recording there is no gap in one"


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Fortsetzung von diesem Stück, 20 Sekunden", "continues"),
        ("Prolonge cet enregistrement de trente secondes", "continues"),
        ("接着这段录音写二十秒", "continues"),
        ("Mach aus meiner gesummten Melodie einen Walzer", "melody"),
        ("Convierte la melodía que tarareo en un tema de jazz", "melody"),
        ("把我哼的旋律改编成弦乐四重奏", "melody"),
        ("Spiel zu dieser Gitarrenspur ein Schlagzeug", "given"),
        ("Añade un bajo a mi grabación de piano", "given"),
        ("Ajoute une batterie à ma piste de basse", "given"),
        ("给这段吉他录音加上大提琴", "given"),
        ("I recorded the guitar; could you play bass along with it?", "given"),
    ],
)
def test_other_languages_say_what_a_recording_is_for(text, role):
    asked = parse_brief(text, files=[SOUND])
    assert getattr(asked, role)
    assert bool(asked.wanted) == (role == "given"), "what is to be added alone comes out"


def test_parts_of_a_piece_have_names_in_every_language():
    for text in (
        "Strophe, Refrain und Brücke", "Estrofa, estribillo y puente", "Couplet, refrain et pont", "主歌、副歌、桥段",
    ):  # fmt: skip
        assert [section.name for section in field(text, "sections")] == ["verse", "chorus", "bridge"], text


def test_chords_in_a_row_are_read_and_words_of_one_letter_are_none():
    assert field("verse on Am F C G, chorus on F G C C", "chords") == ("Am", "F", "C", "G", "F", "G", "C", "C")
    assert field("verse on Am F C G, chorus on F G C C", "key") is None, "they name no key"
    for text in ("I Am A Fan", "plan A or B", "C C C C"):
        assert field(text, "chords") == (), text


def test_loudness_may_rise_and_fall():
    rising = "Open with a hush, rise to a full orchestra and die away at the end"
    assert field(rising, "curves")[0].values == (0.2, 1.0, 0.2)
    assert field("start from nothing and end in a roar", "curves")[0].values == (0.2, 1.0)


def test_a_number_after_at_is_a_tempo_unless_it_is_a_time():
    assert field("power pop at 160", "tempo_bpm") == 160.0
    assert field("a hit at 45 seconds", "tempo_bpm") is None


def test_a_clip_shows_its_scene_itself():
    asked = parse_brief("score this clip with something uneasy, free of vocals", files=[CLIP])
    assert (asked.scene, asked.vocals) == ("", False)


def test_tracks_that_alone_come_out_are_told_from_a_solo():
    assert field("only bass and drums, funk", "wanted") == ("bass", "drums")
    assert field("only bass and drums, funk", "instruments") == ()
    assert field("drums only, 100 bpm", "wanted") == ("drums",)
    assert (field("only piano, calm", "wanted"), field("only piano, calm", "instruments")) == ((), ("piano",))
    added = parse_brief("add drums to my guitar track", files=[SOUND])
    assert (added.wanted, added.given[0].name) == (("drums",), "acoustic guitar")


def test_voices_and_effort():
    assert field("no vocals, calm", "vocals") is False
    assert field("no vocals, calm", "negative") == ""
    assert field("soul with a male singer", "vocals") is True
    assert field("soul with a male singer", "instruments") == ()
    assert (field("a quick draft of jazz", "quality"), field("a quick draft of jazz", "tempo_bpm")) == ("draft", None)
    assert field("200 steps, jazz", "steps") == 200
    assert field("best of 4: jazz", "candidates") == 4
    with pytest.raises(InvalidRequestError, match="9000 steps are outside"):
        parse_brief("9000 steps")
    with pytest.raises(InvalidRequestError, match="lyrics for an instrumental"):
        parse_brief("an instrumental with the lyrics: la la")


@given(st.text(max_size=200), st.lists(st.sampled_from([SOUND, NOTES, CLIP]), max_size=3))
def test_any_words_with_any_files_give_a_request_or_a_sentence(text, files):
    try:
        parse_brief(text, files=files)
    except InvalidRequestError:
        pass


@pytest.mark.parametrize(
    "text", ["C " * 900, "| C " * 450, "verse " * 330, '"' * 1999, "sing " * 390, "(" * 1999, "my a " * 390]
)
def test_long_odd_words_are_read_soon(text):
    begun = time.monotonic()
    try:
        parse_brief(text)
    except InvalidRequestError:
        pass
    assert time.monotonic() - begun < 2.0
