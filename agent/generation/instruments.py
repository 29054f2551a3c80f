"""Instruments by the names that people use, as General MIDI programs with playable ranges and fitting roles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Role = Literal["lead", "pad", "comp", "bass", "drums"]


@dataclass(frozen=True, slots=True)
class Instrument:
    """A General MIDI sound: `program` 0 to 127, a comfortable range in MIDI pitches, its roles in order of liking.

    `sustains` says that a held note keeps sounding (bowed, blown, synthetic). The drum kit has program 0 and plays on
    the drum channel.
    """

    name: str
    program: int
    low: int
    high: int
    roles: tuple[Role, ...]
    sustains: bool = False


def _melodic(name: str, program: int, low: int, high: int, *roles: Role, sustains: bool = False) -> Instrument:
    return Instrument(name, program, low, high, roles or ("lead", "comp"), sustains)


_KEYS: tuple[Role, ...] = ("comp", "lead", "pad")
_WIND: tuple[Role, ...] = ("lead", "pad")
DRUM_KIT = Instrument("drums", 0, 35, 81, ("drums",))
_ALL = (
    _melodic("piano", 0, 48, 88, *_KEYS),
    _melodic("bright piano", 1, 48, 88, *_KEYS),
    _melodic("electric piano", 4, 48, 84, *_KEYS),
    _melodic("harpsichord", 6, 48, 84, *_KEYS),
    _melodic("clavinet", 7, 48, 76, "comp", "lead"),
    _melodic("celesta", 8, 60, 96, "lead", "comp"),
    _melodic("glockenspiel", 9, 67, 100, "lead", "comp"),
    _melodic("music box", 10, 60, 93, "lead", "comp"),
    _melodic("vibraphone", 11, 55, 86, "lead", "comp"),
    _melodic("marimba", 12, 48, 86, "comp", "lead"),
    _melodic("xylophone", 13, 60, 93, "lead", "comp"),
    _melodic("bells", 14, 60, 79, "lead", "comp"),
    _melodic("dulcimer", 15, 55, 84, "lead", "comp"),
    _melodic("organ", 16, 48, 84, "pad", "comp", "lead", sustains=True),
    _melodic("church organ", 19, 48, 84, "pad", "lead", sustains=True),
    _melodic("accordion", 21, 55, 84, "lead", "pad", sustains=True),
    _melodic("harmonica", 22, 60, 84, *_WIND, sustains=True),
    _melodic("nylon guitar", 24, 45, 79, "comp", "lead"),
    _melodic("acoustic guitar", 25, 45, 79, "comp", "lead"),
    _melodic("jazz guitar", 26, 45, 79, "comp", "lead"),
    _melodic("electric guitar", 27, 45, 81, "comp", "lead"),
    _melodic("muted guitar", 28, 45, 76, "comp"),
    _melodic("overdriven guitar", 29, 45, 81, "lead", "comp", sustains=True),
    _melodic("distorted guitar", 30, 40, 81, "comp", "lead", sustains=True),
    _melodic("upright bass", 32, 28, 52, "bass"),
    _melodic("bass", 33, 28, 52, "bass"),
    _melodic("fretless bass", 35, 28, 52, "bass"),
    _melodic("slap bass", 36, 28, 52, "bass"),
    _melodic("synth bass", 38, 28, 52, "bass"),
    _melodic("deep synth bass", 39, 28, 52, "bass"),
    _melodic("violin", 40, 57, 91, *_WIND, sustains=True),
    _melodic("viola", 41, 50, 79, *_WIND, sustains=True),
    _melodic("cello", 42, 40, 69, "lead", "bass", "pad", sustains=True),
    _melodic("contrabass", 43, 28, 52, "bass", sustains=True),
    _melodic("tremolo strings", 44, 48, 84, "pad", sustains=True),
    _melodic("pizzicato strings", 45, 48, 84, "comp", "lead"),
    _melodic("harp", 46, 45, 88, "comp", "lead"),
    _melodic("timpani", 47, 36, 55, "bass"),
    _melodic("strings", 48, 48, 84, "pad", "lead", sustains=True),
    _melodic("slow strings", 49, 48, 84, "pad", "lead", sustains=True),
    _melodic("synth strings", 50, 48, 84, "pad", "lead", sustains=True),
    _melodic("choir", 52, 48, 79, "pad", "lead", sustains=True),
    _melodic("trumpet", 56, 57, 82, *_WIND, sustains=True),
    _melodic("trombone", 57, 45, 70, *_WIND, sustains=True),
    _melodic("tuba", 58, 28, 53, "bass", sustains=True),
    _melodic("muted trumpet", 59, 57, 82, "lead", sustains=True),
    _melodic("french horn", 60, 48, 74, *_WIND, sustains=True),
    _melodic("brass", 61, 48, 79, "pad", "lead", "comp", sustains=True),
    _melodic("soprano saxophone", 64, 58, 86, "lead", sustains=True),
    _melodic("alto saxophone", 65, 54, 81, "lead", sustains=True),
    _melodic("saxophone", 66, 50, 77, "lead", sustains=True),
    _melodic("oboe", 68, 60, 86, "lead", sustains=True),
    _melodic("english horn", 69, 54, 79, "lead", sustains=True),
    _melodic("bassoon", 70, 40, 67, "bass", "lead", sustains=True),
    _melodic("clarinet", 71, 52, 84, "lead", sustains=True),
    _melodic("piccolo", 72, 74, 100, "lead", sustains=True),
    _melodic("flute", 73, 62, 91, "lead", sustains=True),
    _melodic("recorder", 74, 64, 88, "lead", sustains=True),
    _melodic("pan flute", 75, 60, 86, "lead", sustains=True),
    _melodic("shakuhachi", 77, 58, 84, "lead", sustains=True),
    _melodic("whistle", 78, 67, 93, "lead", sustains=True),
    _melodic("ocarina", 79, 64, 88, "lead", sustains=True),
    _melodic("square synth", 80, 48, 88, "lead", "comp", sustains=True),
    _melodic("saw synth", 81, 48, 86, "lead", "comp", sustains=True),
    _melodic("calliope synth", 82, 55, 88, "lead", sustains=True),
    _melodic("synth pad", 89, 48, 79, "pad", sustains=True),
    _melodic("poly synth", 90, 48, 84, "comp", "pad", sustains=True),
    _melodic("choir pad", 91, 48, 79, "pad", sustains=True),
    _melodic("metallic pad", 93, 48, 79, "pad", sustains=True),
    _melodic("halo pad", 94, 48, 79, "pad", sustains=True),
    _melodic("sweep pad", 95, 48, 79, "pad", sustains=True),
    _melodic("crystal", 98, 55, 88, "comp", "lead"),
    _melodic("atmosphere", 99, 48, 79, "comp", "pad"),
    _melodic("sitar", 104, 48, 77, "lead", "comp"),
    _melodic("banjo", 105, 50, 79, "comp", "lead"),
    _melodic("shamisen", 106, 50, 79, "lead"),
    _melodic("koto", 107, 50, 84, "comp", "lead"),
    _melodic("kalimba", 108, 55, 84, "comp", "lead"),
    _melodic("bagpipes", 109, 60, 79, "lead", sustains=True),
    _melodic("fiddle", 110, 57, 88, "lead", sustains=True),
    _melodic("steel drums", 114, 55, 84, "lead", "comp"),
    DRUM_KIT,
)
BY_NAME: dict[str, Instrument] = {instrument.name: instrument for instrument in _ALL}
_ALIASES = {
    "grand piano": "piano",
    "keys": "electric piano",
    "rhodes": "electric piano",
    "e-piano": "electric piano",
    "wurlitzer": "electric piano",
    "keyboard": "electric piano",
    "clavichord": "harpsichord",
    "chimes": "bells",
    "tubular bells": "bells",
    "vibes": "vibraphone",
    "hammond": "organ",
    "hammond organ": "organ",
    "pipe organ": "church organ",
    "guitar": "acoustic guitar",
    "steel guitar": "acoustic guitar",
    "classical guitar": "nylon guitar",
    "spanish guitar": "nylon guitar",
    "clean guitar": "electric guitar",
    "heavy guitar": "distorted guitar",
    "distortion guitar": "distorted guitar",
    "bass guitar": "bass",
    "electric bass": "bass",
    "double bass": "upright bass",
    "acoustic bass": "upright bass",
    "sub bass": "deep synth bass",
    "string section": "strings",
    "string ensemble": "strings",
    "orchestra": "strings",
    "string quartet": "strings",
    "choral": "choir",
    "horn": "french horn",
    "brass section": "brass",
    "sax": "saxophone",
    "tenor sax": "saxophone",
    "tenor saxophone": "saxophone",
    "alto sax": "alto saxophone",
    "soprano sax": "soprano saxophone",
    "tin whistle": "whistle",
    "panpipes": "pan flute",
    "synth": "saw synth",
    "synthesizer": "saw synth",
    "synthesiser": "saw synth",
    "synth lead": "saw synth",
    "pad": "synth pad",
    "pads": "synth pad",
    "bagpipe": "bagpipes",
    "steelpan": "steel drums",
    "drum": "drums",
    "drum kit": "drums",
    "drum set": "drums",
    "percussion": "drums",
    "beat": "drums",
    "beats": "drums",
}
# Words that name a sound we do not have; said so that they are reported, not silently dropped.
UNPLAYABLE = (
    "vocals", "vocal", "singing", "singer", "lyrics", "rap", "rapper", "voice", "spoken word", "ukulele", "mandolin",
    "didgeridoo", "theremin", "turntable", "scratching", "erhu", "oud", "tabla", "hang drum", "handpan", "lute",
)  # fmt: skip


def find_instrument(name: str) -> Instrument | None:
    """Find an instrument by name, in singular or plural; None when there is no such sound."""
    clean = " ".join(name.lower().replace("-", " ").split())
    for form in (clean, clean.removesuffix("s"), clean.removesuffix("es"), clean + "s"):
        form = _ALIASES.get(form, form)
        if form in BY_NAME:
            return BY_NAME[form]
    return None


def _words(name: str) -> str:
    return rf"\b{re.escape(name)}(?:e?s)?\b"


_KNOWN = re.compile(
    "|".join(_words(name) for name in sorted({*BY_NAME, *_ALIASES, *UNPLAYABLE}, key=len, reverse=True)), re.IGNORECASE
)
# Names that mean a style or a figure of speech more often than a wish for that sound.
_TOO_COMMON = {"beat", "beats", "keys", "key", "voice", "horn", "drum", "crystal", "atmosphere", "whistle", "pad"}


def instruments_in(text: str) -> tuple[str, ...]:
    """Find the instruments that a text names, longest names first at each place, each once, in order of mention."""
    found: list[str] = []
    for match in _KNOWN.finditer(text):
        word = match[0].lower()
        instrument = find_instrument(word)
        name = instrument.name if instrument else word
        if word not in _TOO_COMMON and name not in found:
            found.append(name)
    return tuple(found)
