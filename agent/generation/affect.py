"""What a film feels like as music: a mood for the whole, a mode and a kind of harmony for each section.

Valence decides between major and minor, energy and tension which kind, after Russell's circumplex as Video2Music (Kang
et al., 2023) uses it for chords. A section in the other mode than the piece is in the relative key, so that all of it
keeps to one set of tones.
"""

from __future__ import annotations

import numpy as np

from agent.generation.form import Form
from agent.generation.harmony import chord_of, closed, laid_out
from agent.generation.material import Film
from agent.generation.spotting import energy_at, feeling_of
from agent.generation.styles import PROGRESSIONS, Style
from agent.generation.theory import Chord, Key

_LIVELY, _STILL = 0.62, 0.4
_SMOOTHED_S = 3.0


def mood_of_film(film: Film) -> str:
    """Return the mood, a key of `MOODS`, of a whole film."""
    energy, valence, tension = feeling_of(film, 0.0, film.step_s * len(film.energy))
    if valence >= 0.05:
        if energy > _LIVELY:
            return "heroic" if tension > 0.5 else "energetic"
        if energy > _STILL:
            return "happy" if valence > 0.35 else "hopeful"
        return "calm" if valence > 0.25 else "dreamy"
    if energy > _LIVELY:
        return "epic"
    if energy > _STILL:
        return "tense" if tension > 0.3 else "mysterious"
    return "dark" if valence < -0.4 else "sad" if valence < -0.15 else "mysterious"


def harmony_of_feeling(energy: float, valence: float, tension: float) -> tuple[bool, str]:
    """Return whether a stretch is in minor, and its kind of harmony, a key of `PROGRESSIONS`."""
    if valence >= 0:
        if energy > _LIVELY:
            return False, "heroic" if tension > 0.45 else "bright"
        return False, ("bright" if energy > _STILL else "tender") if valence > 0.3 else "dreamy"
    if energy > _LIVELY:
        return True, "driven"
    return True, "dark" if tension > 0.45 or valence < -0.4 else "mournful"


def plan_film_harmony(form: Form, film: Film, style: Style, key: Key, rng: np.random.Generator) -> list[Chord]:
    """Choose a chord for every bar by what the film feels like in its section; sections of one letter share theirs."""
    drawn: dict[tuple[str, bool, str], str] = {}
    chords: list[Chord] = []
    for number, section in enumerate(form.sections):
        start_s, end_s = form.time_of(section.start, 0), form.time_of(section.start + section.bars, 0)
        minor, kind = harmony_of_feeling(*feeling_of(film, start_s, end_s))
        place = (section.name, minor, kind)
        if place not in drawn:
            drawn[place] = str(rng.choice(PROGRESSIONS[minor, kind][0]))
        shift = 0 if minor == key.is_minor else 5 if minor else 2  # to the relative key
        words = [chord_of(word if not shift else word.rstrip("!"), style, key, shift) for word in drawn[place].split()]
        bars = laid_out(words, section, style.bars_per_chord)
        chords += closed(bars, style, key, whole=True) if number == len(form.sections) - 1 else bars
    return chords


def ends_in_minor(film: Film, duration_s: float) -> bool:
    """Return whether the end of a film is in minor, and with it the piece: the last chord is the key's."""
    return harmony_of_feeling(*feeling_of(film, max(0.0, duration_s - 8.0), duration_s))[0]


def loudness_of(film: Film, duration_s: float) -> tuple[float, ...]:
    """Return the film's energy twice a second over the piece, smoothed over three seconds: how loud it is to be."""
    times = np.arange(0.0, duration_s + 0.5, 0.5)
    around = np.linspace(-_SMOOTHED_S / 2, _SMOOTHED_S / 2, 7)
    values = [float(np.mean([energy_at(film, float(at + off)) for off in around])) for at in times]
    low, high = min(values), max(values)
    # What is quiet in this film is quiet, what is loud in it loud: only so is a film of little motion heard to move.
    spread = max(high - low, 0.25)
    return tuple(round(min(1.0, max(0.0, 0.5 + (value - (low + high) / 2) / spread * 0.9)), 4) for value in values)
