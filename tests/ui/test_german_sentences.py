"""The German page's sentences of the server are those that the server says."""

import re
from dataclasses import replace
from pathlib import Path

import pretty_midi
import pytest

import ui.page.web
from agent.generation.brief import parse_brief
from agent.generation.capabilities import Capability, support
from agent.generation.errors import GenerationError
from agent.generation.heard_tunes import checked
from agent.generation.material import Adapter, Clip, Curve, Lyrics, Section
from agent.generation.score import compose
from agent.generation.systems import systems
from agent.generation.values import GenerationRequest
from encoders.music.transcription import HeardNote, Transcription

WEB = Path(ui.page.web.__file__).parent
PAIR = re.compile(r'\["((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\]')
BLANK = re.compile(r"\{\w\}")
PAIRS = PAIR.findall((WEB / "server_de.js").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def said():
    """Return all that the packages may say: their sources, the pieces of a text in one."""
    root = WEB.parents[2]
    sources = [
        p.read_text(encoding="utf-8")
        for name in ("agent", "catalog", "encoders", "retrieval", "ui")
        for p in (root / name).rglob("*.py")
    ]
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(sources)).replace('\\"', '"').casefold()


@pytest.mark.parametrize(("english", "german"), PAIRS)
def test_the_server_still_says_it(said, english, german):
    pieces = [p.strip() for p in BLANK.split(english.replace('\\"', '"').rstrip("."))]
    assert all(piece.casefold() in said for piece in pieces if len(piece) > 5), english
    assert set(BLANK.findall(german)) <= set(BLANK.findall(english))


def known(english):
    """Return the German for a sentence, as the page finds it, its blanks unfilled; None where it stays English."""
    for sentence, german in PAIRS:
        plain = re.escape(sentence.replace('\\"', '"').removesuffix("."))
        if re.fullmatch(re.sub(r"\\\{\w\\\}", ".+?", plain) + r"\.?", english, re.IGNORECASE):
            return german
    return None


def refusals(tmp_path):
    """Yield what the composer and its brief really say of what cannot be, in words."""
    notes = tmp_path / "five.mid"
    midi = pretty_midi.PrettyMIDI()
    for pitch in range(60, 65):
        midi.instruments.append(pretty_midi.Instrument(0))
        midi.instruments[-1].notes = [pretty_midi.Note(80, pitch, n, n + 0.9) for n in range(8)]
    midi.write(str(notes))
    clip = Clip(str(notes), "midi", "five.mid")
    many = Transcription(tuple(HeardNote(n, n + 0.5, 60, 0.9) for n in range(8)), 0.8, 0.9)
    attempts = [
        lambda: parse_brief("a piece of 3000 seconds"),
        lambda: parse_brief("piano at 500 bpm"),
        lambda: parse_brief("piano in 900 steps"),
        lambda: GenerationRequest(candidates=9),
        lambda: GenerationRequest(task="quartet"),
        lambda: GenerationRequest(lyrics=Lyrics("la"), vocals=False),
        lambda: GenerationRequest(instruments=("piano",), negative="piano"),
        lambda: GenerationRequest(sections=(Section("verse", 80.0),)),
        lambda: Section("verse", bars=900),
        lambda: Curve("rhythm", (0.0,)),
        lambda: Adapter("lofi", 9.0),
        lambda: compose(GenerationRequest(chords=("%",))),
        lambda: compose(GenerationRequest(melody=clip, task="quartet")),
        lambda: compose(GenerationRequest(sections=(Section("verse", bars=200),), tempo_bpm=60.0)),
        lambda: checked(Transcription((), 0.0, 0.0)),
        lambda: checked(many),
        lambda: checked(replace(many, together=0.0, told=0.2)),
    ]
    for attempt in attempts:
        with pytest.raises(GenerationError) as told:
            attempt()
        yield str(told.value)
    asked = GenerationRequest(melody=clip, task="skeleton", lyrics=Lyrics("la"), curves=(Curve("rhythm", (0.0, 1.0)),))
    for system in systems().values():
        told = support(system, asked)
        yield from ([told.reason] if told.reason else told.missing)
    yield from (capability.words for capability in Capability)


def test_what_compose_refuses_is_said_in_german(tmp_path):
    english = {sentence: known(sentence) for sentence in refusals(tmp_path)}
    assert [sentence for sentence, german in english.items() if german is None] == []
    assert len(english) > 20


def test_there_are_enough_of_them():
    assert len(PAIRS) > 200
