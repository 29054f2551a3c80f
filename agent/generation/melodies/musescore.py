"""MuseScore 3 files (`.mscx`, XML) as notes in quarter notes: staves, bars, metres and key signatures.

Repeats are not unfolded, grace notes are left out, tied notes are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # noqa: TID251 - the type alone; defusedxml reads

MAX_BYTES = 20_000_000
_QUARTERS = {
    "breve": 8.0, "whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25, "32nd": 0.125,
    "64th": 0.0625, "128th": 0.03125,
}  # fmt: skip
_GRACE = ("acciaccatura", "appoggiatura", "grace4", "grace8after", "grace16", "grace16after", "grace32", "grace32after")


class ScoreFileError(ValueError):
    """A file is no score that can be read; the message is one sentence."""


@dataclass(slots=True)
class Sounded:
    """A note: start and length in quarter notes from the beginning, MIDI pitch."""

    start: float
    length: float
    pitch: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its start and length in quarter notes, its metre, and the sharps of its key (flats are below 0)."""

    start: float
    length: float
    metre: tuple[int, int]
    sharps: int


@dataclass(frozen=True, slots=True)
class ReadScore:
    """The bars, and for each staff from the top its notes in order of time; `lead` is the first voice of the first."""

    bars: tuple[Bar, ...]
    lead: tuple[Sounded, ...]
    staves: tuple[tuple[Sounded, ...], ...]


def read_musescore(path: Path) -> ReadScore:
    """Read a score.

    Raises:
        ScoreFileError: it is none, is of another version than 3, or is over 20 MB.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, parse

    if path.stat().st_size > MAX_BYTES:
        raise ScoreFileError(f"{path.name} is over {MAX_BYTES // 1_000_000} MB; leave it out")
    try:
        root = parse(path).getroot()
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise ScoreFileError(f"{path.name} is no MuseScore file ({error})") from error
    if root.tag != "museScore" or not root.get("version", "").startswith("3."):
        raise ScoreFileError(f"{path.name} is no file of MuseScore 3; save it again with that version")
    staves = [staff for staff in root.iterfind("Score/Staff") if staff.find("Measure") is not None]
    if not staves:
        raise ScoreFileError(f"{path.name} holds no bars")
    bars = _bars(staves[0])
    read = [_Staff(bars).read(staff) for staff in staves]
    return ReadScore(
        bars, tuple(read[0][0]), tuple(tuple(note for voice in voices for note in voice) for voices in read)
    )


def _bars(staff: Element) -> tuple[Bar, ...]:
    bars: list[Bar] = []
    at, metre, sharps = 0.0, (4, 4), 0
    for measure in staff.iterfind("Measure"):
        if (sign := measure.find("voice/TimeSig")) is not None:
            metre = (int(sign.findtext("sigN", "4")), int(sign.findtext("sigD", "4")))
        if (key := measure.find("voice/KeySig")) is not None:
            sharps = int(key.findtext("accidental", "0"))
        length = 4 * _fraction(measure.get("len") or f"{metre[0]}/{metre[1]}")
        bars.append(Bar(at, length, metre, sharps))
        at += length
    return tuple(bars)


def _fraction(text: str) -> float:
    top, _, bottom = text.partition("/")
    return int(top) / int(bottom or 1)


@dataclass(slots=True)
class _Staff:
    """Reads the voices of one staff."""

    bars: tuple[Bar, ...]
    _voices: list[list[Sounded]] = field(default_factory=list)
    _at: float = 0.0
    _stretch: list[float] = field(default_factory=list)

    def read(self, staff: Element) -> list[list[Sounded]]:
        for bar, measure in zip(self.bars, staff.iterfind("Measure"), strict=False):
            for number, voice in enumerate(measure.iterfind("voice")):
                while len(self._voices) <= number:
                    self._voices.append([])
                self._at, self._stretch = bar.start, []
                for event in voice:
                    self._take(event, self._voices[number], bar)
        return self._voices or [[]]

    def _take(self, event: Element, voice: list[Sounded], bar: Bar) -> None:
        if event.tag == "Tuplet":
            self._stretch.append(int(event.findtext("normalNotes", "1")) / int(event.findtext("actualNotes", "1")))
        elif event.tag == "endTuplet" and self._stretch:
            self._stretch.pop()
        elif event.tag == "location":
            self._at += 4 * _fraction(event.findtext("fractions", "0"))
        elif event.tag in {"Chord", "Rest"} and not any(event.find(name) is not None for name in _GRACE):
            length = self._length(event, bar)
            for note in event.iterfind("Note"):
                self._sound(note, length, voice)
            self._at += length

    def _length(self, event: Element, bar: Bar) -> float:
        kind = event.findtext("durationType", "quarter")
        if kind == "measure":
            return bar.length
        length = _QUARTERS.get(kind, 1.0) * (2 - 0.5 ** int(event.findtext("dots", "0")))
        for factor in self._stretch:
            length *= factor
        return length

    def _sound(self, note: Element, length: float, voice: list[Sounded]) -> None:
        pitch = int(note.findtext("pitch", "0"))
        if any(tie.find("prev") is not None for tie in note.iterfind("Spanner[@type='Tie']")):
            for before in reversed(voice[-8:]):
                if before.pitch == pitch and abs(before.start + before.length - self._at) < 1e-3:
                    before.length += length
                    return
        voice.append(Sounded(self._at, length, pitch))


def scores_in(folder: Path) -> Iterator[Path]:
    """Give the MuseScore files below a folder, in order of their names."""
    return iter(sorted(folder.rglob("*.mscx")))
