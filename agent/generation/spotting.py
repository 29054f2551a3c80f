"""Spotting: where in a film music is to change and to accent, and a tempo that brings beats there.

Film composers work from a spotting list: times at which something has to happen, and a click track that bends a little
so that beats fall on them (Karlin and Wright, On the Track). Here cuts are the list. Beats are laid by dynamic
programming: a path over the cuts in which each two neighbours are a whole number of beats apart, at a tempo within some
per cent of one base. It gains the weight of the cuts that fall on a downbeat, a strong beat or another beat, and pays
for how far the tempo bends. Sections begin on cuts at which the feeling changes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.generation.form import Form, Section, reach, ring_of
from agent.generation.material import Film
from agent.generation.metre import Metre
from encoders.values import FloatArray

HIT_S = 0.08
_BEND, _BEND_ASKED = 0.09, 0.015  # how far the tempo may bend; where one was asked for it is within 2 % all the same
_PACES = 12
_SPAN_S = 24.0  # two cuts on the path are at most so far apart, unless none lies between
_BORDER_EVERY_S, _LONGEST_S = 6.0, 30.0
_CHANGES_FROM = 0.12
_ALIKE = 0.22
_WORTH = {"down": 1.0, "strong": 0.9, "weak": 0.7}
_BORDER_WEIGHT = 2.0
_BEND_COST = 0.5


@dataclass(frozen=True, slots=True)
class Spot:
    """A cut to hit: when, how much it counts, and whether a section begins with it."""

    time_s: float
    weight: float
    border: bool


@dataclass(frozen=True, slots=True)
class Hits:
    """How many of the cuts fall within 80 ms of a beat, and of a downbeat."""

    cuts: int
    beats: int
    downbeats: int


def plan_film(
    film: Film,
    duration_s: float,
    metre: Metre,
    tempo: float | None,
    usual: tuple[float, float],
    liked: float,
) -> Form:
    """Plan tempo and sections so that as many cuts as can be fall on beats, where the feeling changes on downbeats.

    Args:
        film: its feeling and cuts.
        duration_s: the exact length of the piece in seconds.
        metre: the time signature.
        tempo: the tempo asked for in BPM (it bends by 1.5 % at most), or None.
        usual: the style's range of tempo in BPM.
        liked: the tempo to stay near where it is free.
    """
    body_s = duration_s - ring_of(duration_s)
    spots = spotted(film, body_s)
    bend = _BEND if tempo is None else _BEND_ASKED
    low, high = reach(usual, liked) if tempo is None else (tempo, tempo)
    bases = np.geomspace(low, high, _PACES if low < high else 1)
    paths = [(*_path(spots, float(base), bend, metre), float(base)) for base in bases]
    gains = [gain - 0.4 * abs(math.log(base / liked)) for gain, _, base in paths]
    _, anchors, base = paths[int(np.argmax(gains))]
    beat_s = _beat_s(base, metre)
    last_beat, last_s = anchors[-1]
    beats = last_beat + max(0, math.floor((body_s - last_s) / beat_s + 1e-9))
    bars = max(1, beats // metre.beats) if body_s > metre.beats * beat_s else 0
    if bars * metre.beats > last_beat:
        anchors.append((bars * metre.beats, last_s + (bars * metre.beats - last_beat) * beat_s))
    placed = tuple((float(beat * metre.beat), at) for beat, at in anchors)
    mean = placed[-1][0] * 15.0 / placed[-1][1] if len(placed) > 1 else base
    form = Form(mean, metre, (), duration_s, placed if len(placed) > 1 else ())
    return replace(form, sections=_sections(film, form, bars, [spot.time_s for spot in spots if spot.border]))


def spotted(film: Film, until_s: float) -> list[Spot]:
    """Return the cuts before a time as what is to be hit; a cut counts more the more changes there."""
    inside = [cut for cut in film.cuts if 0.3 < cut.time_s < until_s]
    moved = [changed_at(film, cut.time_s) for cut in inside]
    changes = [0.2 * cut.strength + change for cut, change in zip(inside, moved, strict=True)]
    borders = _borders([cut.time_s for cut in inside], changes, until_s)
    return [
        Spot(cut.time_s, 0.5 + 0.5 * cut.strength + change + _BORDER_WEIGHT * (n in borders), n in borders)
        for n, (cut, change) in enumerate(zip(inside, moved, strict=True))
    ]


def changed_at(film: Film, time_s: float) -> float:
    """Return how far the feeling of the four seconds behind a time is from that of the four before it."""
    before, behind = (_mean(film, time_s - 4.0, time_s), _mean(film, time_s, time_s + 4.0))
    return float(np.linalg.norm(behind - before))


def energy_at(film: Film, time_s: float) -> float:
    """Return the energy at a time, straight between the middles of the steps."""
    middles = (np.arange(len(film.energy)) + 0.5) * film.step_s
    return float(np.interp(time_s, middles, film.energy))


def feeling_of(film: Film, start_s: float, end_s: float) -> tuple[float, float, float]:
    """Return the mean energy, valence and tension of a stretch."""
    energy, valence, tension = _mean(film, start_s, end_s)
    return float(energy), float(valence), float(tension)


def hits_of(form: Form, film: Film) -> Hits:
    """Count the cuts inside the body that fall on beats and downbeats."""
    beat, bars = form.metre.beat, form.bars
    times = np.array([form.time_of(0, n * beat) for n in range(bars * form.metre.beats + 1)])
    cuts = [cut.time_s for cut in film.cuts if 0.3 < cut.time_s < form.body_s + HIT_S]
    on = [(np.abs(times - at) <= HIT_S).any() for at in cuts]
    down = [(np.abs(times[:: form.metre.beats] - at) <= HIT_S).any() for at in cuts]
    return Hits(len(cuts), int(sum(on)), int(sum(down)))


def places_hit(form: Form, film: Film) -> list[tuple[int, int, float]]:
    """Return bar, sixteenth and strength of each cut that falls on a beat, each beat once."""
    found: dict[tuple[int, int], float] = {}
    for beat in range(form.bars * form.metre.beats):
        at = form.time_of(0, beat * form.metre.beat)
        near = [cut.strength for cut in film.cuts if cut.time_s > 0.3 and abs(cut.time_s - at) <= HIT_S]
        if near:
            bar, inside = divmod(beat, form.metre.beats)
            found[bar, inside * form.metre.beat] = max(near)
    return [(bar, at, strength) for (bar, at), strength in found.items()]


def _mean(film: Film, start_s: float, end_s: float) -> FloatArray:
    last = len(film.energy) - 1
    first = min(last, max(0, int(start_s / film.step_s)))
    behind = max(first + 1, min(last + 1, math.ceil(end_s / film.step_s)))
    rows = np.array([film.energy[first:behind], film.valence[first:behind], film.tension[first:behind]], np.float32)
    means: FloatArray = rows.mean(axis=1)
    return means


def _borders(times: Sequence[float], changes: Sequence[float], until_s: float) -> set[int]:
    """Choose the cuts on which sections begin: where most changes, six seconds apart, and none over half a minute."""
    chosen: list[int] = []

    def apart(n: int) -> float:
        return min(abs(times[n] - edge) for edge in (0.0, until_s, *(times[m] for m in chosen)))

    for n in sorted(range(len(times)), key=lambda n: -changes[n]):
        if changes[n] >= _CHANGES_FROM + 0.2 and apart(n) >= _BORDER_EVERY_S:
            chosen.append(n)
    while True:
        edges = sorted([0.0, until_s, *(times[m] for m in chosen)])
        longest = max(range(len(edges) - 1), key=lambda n: edges[n + 1] - edges[n])
        begin, end = edges[longest], edges[longest + 1]
        inside = [n for n, at in enumerate(times) if begin < at < end and apart(n) >= _BORDER_EVERY_S]
        if end - begin <= _LONGEST_S or not inside:
            return set(chosen)
        chosen.append(max(inside, key=lambda n: changes[n]))


def _beat_s(tempo: float, metre: Metre) -> float:
    return metre.beat * 15.0 / tempo


def _path(spots: Sequence[Spot], base: float, bend: float, metre: Metre) -> tuple[float, list[tuple[int, float]]]:
    """Return the gain of the best path at a base tempo, and its beats with their times from (0, 0) on."""
    beat_s, size = _beat_s(base, metre), metre.beats
    times = np.array([0.0, *(spot.time_s for spot in spots)])
    best = np.full((len(times), size), -np.inf)
    best[0, 0] = 0.0
    came: dict[tuple[int, int], tuple[int, int, int]] = {}
    for n in range(1, len(times)):
        for m in range(n - 1, -1, -1):
            length = times[n] - times[m]
            if length > _SPAN_S and m < n - 1:
                break
            fewest = math.ceil(length / (beat_s * (1 + bend)) - 1e-9)
            most = math.floor(length / (beat_s * (1 - bend)) + 1e-9)
            for beats in range(max(1, fewest), most + 1):
                cost = _BEND_COST * (length / beats / beat_s - 1) ** 2 / bend**2 * min(1.0, length / 8)
                between = _between(spots[m : n - 1], times[m], length / beats)
                for phase in range(size):
                    if best[m, phase] == -np.inf:
                        continue
                    landed = (phase + beats) % size
                    gain = (
                        best[m, phase]
                        - cost
                        + between
                        + spots[n - 1].weight * _worth(landed, metre, spots[n - 1].border)
                    )
                    if gain > best[n, landed]:
                        best[n, landed] = gain
                        came[n, landed] = (m, phase, beats)
    return _traced(best, came, spots, times, beat_s)


def _traced(
    best: FloatArray,
    came: dict[tuple[int, int], tuple[int, int, int]],
    spots: Sequence[Spot],
    times: FloatArray,
    beat_s: float,
) -> tuple[float, list[tuple[int, float]]]:
    """Follow the best path back; behind its last cut the base tempo goes on."""
    ends = [
        (best[n].max() + _between(spots[n:], float(times[n]), beat_s), n, int(best[n].argmax()))
        for n in range(len(times))
        if best[n].max() > -np.inf
    ]
    gain, n, phase = max(ends)
    steps = []
    while n:
        m, before, beats = came[n, phase]
        steps.append((beats, float(times[n])))
        n, phase = m, before
    anchors, at = [(0, 0.0)], 0
    for beats, time_s in reversed(steps):
        at += beats
        anchors.append((at, time_s))
    return float(gain), anchors


def _worth(phase: int, metre: Metre, border: bool) -> float:
    if phase == 0:
        return _WORTH["down"]
    if border:
        return 0.4  # a section begins with a bar
    return _WORTH["strong" if phase * metre.beat in metre.strong else "weak"]


def _between(spots: Sequence[Spot], start_s: float, beat_s: float) -> float:
    """Return what cuts gain that no anchor was set on, where a beat falls near them all the same."""
    off = [(spot.time_s - start_s) % beat_s for spot in spots]
    near = [spot.weight for spot, one in zip(spots, off, strict=True) if min(one, beat_s - one) <= HIT_S * 0.8]
    return 0.55 * sum(near)


def _sections(film: Film, form: Form, bars: int, borders: Sequence[float]) -> tuple[Section, ...]:
    """Begin a section at the bar next to each border; those that feel alike share their letter, and so their tune."""
    if not bars:
        return ()
    times = np.array([form.time_of(bar, 0) for bar in range(bars + 1)])
    starts = sorted({0, *(int(np.abs(times - at).argmin()) for at in borders)} - {bars})
    found: list[Section] = []
    known: dict[str, FloatArray] = {}
    for start, end in zip(starts, [*starts[1:], bars], strict=True):
        feeling = _mean(film, float(times[start]), float(times[end]))
        letter = min(known, key=lambda name: float(np.linalg.norm(known[name] - feeling)), default="")
        if not letter or (float(np.linalg.norm(known[letter] - feeling)) > _ALIKE and len(known) < 3):
            letter = "ABC"[len(known)]
            known[letter] = feeling
        level = round(min(1.0, 0.3 + 0.8 * float(feeling[0])), 3)
        found.append(Section(letter, start, end - start, level))
    return tuple(found)
