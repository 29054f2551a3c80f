"""A melody that was handed over as sound: what was heard of it, laid on beats, or why it is no melody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agent.generation.errors import InvalidRequestError
from agent.generation.metre import METRES
from agent.generation.tunes import Tune, TuneNote, key_of_tune
from encoders.music.transcription import Transcription
from encoders.values import FloatArray

MAX_SUNG_S = 60.0
_FEWEST = 4
_TOGETHER, _TOLD = 0.35, 0.45
# From here on something is told to be in doubt: sureness of a note, time of a second voice, sound that lies in notes,
# and how far onsets lie from sixteenths, in sixteenths (a quarter where they know of no beat).
_SURE, _ALSO, _MOST, _LOOSE = 0.5, 0.1, 0.75, 0.17
_TEMPI = np.arange(56.0, 184.0, 0.5)
# A tempo that is taken rather where the onsets cannot tell: BPM, and its spread in octaves.
_USUAL, _SPREAD = 108.0, 0.9


def checked(told: Transcription) -> Transcription:
    """Return what was heard where it is a melody.

    Raises:
        InvalidRequestError: nothing sounds, several voices do, or it is speech or noise; one sentence.
    """
    if len(told.notes) < _FEWEST and told.told < _TOLD:
        raise InvalidRequestError(
            f"{len(told.notes)} notes were heard in the recording, and a melody has {_FEWEST} at least; "
            "sing or play it louder, clear of speech and noise"
        )
    if told.together > _TOGETHER:
        raise InvalidRequestError(
            f"several notes sound together in {told.together:.0%} of the recording; hand over the melody alone, or MIDI"
        )
    if told.told < _TOLD or len(told.notes) < _FEWEST:
        raise InvalidRequestError(
            f"steady notes were heard in {told.told:.0%} of the sound alone, as in speech or noise; "
            "sing, hum or play one voice, or hand over MIDI"
        )
    return told


def tune_of(told: Transcription, tempo: float | None = None, metre: str | None = None) -> Tune:
    """Lay the notes on sixteenths; the first begins a bar.

    Args:
        told: one voice.
        tempo: in BPM, where it is known; else the one whose beats and halves of beats the onsets meet best.
        metre: such as 3/4; 4/4 where it is not told.
    """
    starts = np.array([note.start_s for note in told.notes])
    tempo = tempo or _tempo(starts)
    sixteenth = 15.0 / tempo
    places = np.round((starts - _phase(starts, 60.0 / tempo)) / sixteenth)
    places -= places[0]
    notes: dict[float, TuneNote] = {}
    for place, note in zip(places, told.notes, strict=True):
        length = max(1.0, round((note.end_s - note.start_s) / sixteenth))
        notes.setdefault(float(place), TuneNote(float(place), length, note.pitch, 90))
    ordered = [notes[place] for place in sorted(notes)]
    ends = [note.start for note in ordered[1:]] + [float("inf")]
    cut = (
        TuneNote(note.start, min(note.length, end - note.start), note.pitch, note.velocity)
        for note, end in zip(ordered, ends, strict=True)
    )
    return Tune(tuple(cut), round(float(tempo), 1), METRES.get(metre or "", METRES["4/4"]))


@dataclass(frozen=True, slots=True)
class HeardTune:
    """What was heard of a recorded melody: its name, how many notes, BPM, key, and what is in doubt of it."""

    name: str
    notes: int
    tempo_bpm: float
    key: str
    doubts: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        doubts = "; ".join(self.doubts) or "nothing of it in doubt"
        what = f"{self.notes} notes at {self.tempo_bpm:g} BPM in {self.key}"
        return f"In “{self.name}” I heard {what}: {doubts}."


def heard_tune(name: str, told: Transcription, tune: Tune) -> HeardTune:
    """Describe what was heard.

    Args:
        name: what the recording is called.
        told: one voice.
        tune: the same, laid on beats.
    """
    unsure = sum(note.sureness < _SURE for note in told.notes)
    starts = np.array([note.start_s for note in told.notes])
    places = (starts - _phase(starts, 60.0 / tune.tempo)) * tune.tempo / 15.0
    loose = float(np.abs(places - np.round(places)).mean())
    doubts = (
        f"{unsure} of them unsure" if unsure else "",
        "a second voice sounds at times" if told.together > _ALSO else "",
        "some of the sound is in no note" if told.told < _MOST else "",
        "its beat is free, so bars are a guess" if loose > _LOOSE else "",
    )
    key = key_of_tune(tune).name
    return HeardTune(name, len(tune.notes), tune.tempo, key, tuple(filter(None, doubts)))


def _tempo(starts: FloatArray) -> float:
    """Return the tempo whose beats, and the halves and quarters of them, the onsets meet best."""
    if len(starts) < 2:
        return _USUAL
    scores = []
    for tempo in _TEMPI:
        turns = 2 * np.pi * starts * tempo / 60.0
        met = [abs(np.exp(1j * parts * turns).mean()) for parts in (1, 2, 4)]
        usual = np.exp(-0.5 * (np.log2(tempo / _USUAL) / _SPREAD) ** 2)
        scores.append((0.5 * met[0] + met[1] + 0.7 * met[2]) * usual)
    return float(_TEMPI[int(np.argmax(scores))])


def _phase(starts: FloatArray, beat_s: float) -> float:
    """Return where sixteenths lie, in seconds: the circular mean of the onsets."""
    turn = float(np.angle(np.exp(2j * np.pi * starts / (beat_s / 4)).mean()))
    return turn / (2 * np.pi) * beat_s / 4
