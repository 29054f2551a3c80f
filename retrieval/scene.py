"""From what a picture shows to what music may fit: feeling and pace first, settings and recognised things second.

What this can and cannot do is measured in ``docs/benchmarks.md``: the embedded encoders see objects, light and motion;
they do not read a scene's meaning. The user's words outweigh this brief wherever they speak.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files

import numpy as np

from encoders.values import Feeling, Moment, VideoAnalysis
from retrieval.affect import Stretch, curve_of, feeling_of, light_feeling, pace_of, steady_beat, stretches_of
from retrieval.values import SceneBrief, ScenePart

LIMITS = "sees objects, photographed faces, light and motion; for meaning switch CLIP on"
_SEEN_FROM = 0.12
_SURE_FROM = 0.3  # a setting that is named in words and lends its mood to the music
_WORDS = 5
_SLOWEST_BPM, _FASTEST_BPM = 60.0, 180.0
_SPEECH, _SINGING, _MUSIC = 0.5, 0.5, 0.15  # of what was listened to; tests/benchmarks/clip_contents.py
_COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SILENT_DB = -60.0
_DARK = 0.25


@lru_cache(maxsize=1)
def load_moods() -> dict[str, dict[str, float]]:
    """Return what each setting suggests, in the vocabulary's concepts."""
    text = files("retrieval").joinpath("settings.toml").read_text(encoding="utf-8")
    return {setting: dict(concepts) for setting, concepts in tomllib.loads(text).items()}


def brief_from(video: VideoAnalysis) -> SceneBrief:
    """Return the music brief of a clip or a picture.

    A still picture has no motion to judge by: its energy is what the picture alone conveys.
    """
    picture = video.feeling or light_feeling(video.brightness, video.saturation, video.warmth)
    still = video.duration_s == 0
    feeling = picture if still else feeling_of(picture, pace_of(video))
    sure = tuple(word for word, score in video.settings if score >= _SURE_FROM)
    tempo_bpm = _tempo(video, feeling.energy)
    curve = curve_of(video)
    return SceneBrief(
        energy=feeling.energy,
        valence=feeling.valence,
        brightness=video.brightness,
        tempo_bpm=tempo_bpm,
        concepts=_concepts(sure, feeling, video.brightness),
        sees=tuple(label for label, p in video.concepts[:5] if p >= _SEEN_FROM),
        words=_in_words(video, feeling, sure, tempo_bpm),
        tension=feeling.tension,
        setting=tuple(word for word, _ in video.settings[:_WORDS]),
        segments=tuple(_part(stretch, video) for stretch in stretches_of(curve, video)),
        curve=curve,
        faces=video.faces,
        speech=video.speech,
        singing=video.singing,
        music=video.music,
        cuts_s=tuple(shot.start_s for shot in video.shots[1:]),
    )


def _tempo(video: VideoAnalysis, energy: float) -> float:
    """Follow a steady rhythm in the picture by whole multiples; otherwise the energy."""
    wanted = _tempo_of(energy)
    beat = steady_beat(video)
    if beat is None:
        return wanted
    playable = [beat * n for n in (0.5, 1.0, 2.0, 4.0) if _SLOWEST_BPM <= beat * n <= _FASTEST_BPM]
    return min(playable, key=lambda bpm: abs(bpm - beat), default=wanted)


def _tempo_of(energy: float) -> float:
    return 65 + 95 * energy


def _concepts(sure: tuple[str, ...], feeling: Feeling, brightness: float) -> dict[str, float]:
    concepts: dict[str, float] = {}
    for word in sure:
        for concept, weight in load_moods().get(word, {}).items():
            concepts[concept] = max(concepts.get(concept, 0.0), weight)
    if brightness < _DARK or (feeling.tension >= 0.5 and feeling.valence < 0):
        concepts["dark"] = max(concepts.get("dark", 0.0), 0.6)
    return concepts


def _part(stretch: Stretch, video: VideoAnalysis) -> ScenePart:
    feeling = stretch.feeling
    scores: dict[str, float] = {}
    inside = [m for m in video.moments if stretch.start_s <= m.start_s < stretch.end_s]
    for moment in inside:
        for word, score in moment.settings:
            scores[word] = scores.get(word, 0.0) + score / len(inside)
    where = [word for word in sorted(scores, key=lambda w: -scores[w]) if scores[word] >= _SURE_FROM][:2]
    tempo_bpm = _tempo_of(feeling.energy)
    place = f"{', '.join(where)}: " if where else ""
    return ScenePart(
        stretch.start_s,
        stretch.end_s,
        feeling.energy,
        feeling.valence,
        feeling.tension,
        tempo_bpm,
        f"{place}{_music(feeling)} around {tempo_bpm:.0f} BPM{_heard_in(inside)}",
    )


def _heard_in(inside: list[Moment]) -> str:
    """Say what fills at least half of the moments that were listened to."""
    marks = np.array([(m.speech, m.singing, m.music) for m in inside if m.music is not None], dtype=float)
    shares = marks.mean(axis=0) if len(marks) else np.zeros(3)
    heard = [name for name, share in zip(("speech", "singing", "music"), shares, strict=True) if share >= 0.5]
    return f"; {', '.join(heard)} in its sound" if heard else ""


def _in_words(video: VideoAnalysis, feeling: Feeling, sure: tuple[str, ...], tempo_bpm: float) -> str:
    light = "dark" if video.brightness < 0.3 else "bright" if video.brightness > 0.6 else "evenly lit"
    colour = "colourful" if video.saturation > 0.45 else "muted" if video.saturation < 0.2 else "naturally coloured"
    parts = [f"{light}, {colour}"]
    if video.duration_s:
        parts.append(_moving(video))
    seen = dict.fromkeys([*sure[:3], *(label for label, p in video.concepts[:5] if p >= _SEEN_FROM)])
    if seen:
        parts.append("looks like " + ", ".join(list(seen)[:4]))
    parts += [phrase for phrase in (_faces(video.faces or 0), _sound(video)) if phrase]
    return f"{'; '.join(parts)}: suggests {_music(feeling)} around {tempo_bpm:.0f} BPM"


def _moving(video: VideoAnalysis) -> str:
    motion = "little movement" if video.motion < 0.05 else "much movement" if video.motion > 0.18 else "some movement"
    if video.camera is not None and video.camera.word != "still":
        motion += f" ({video.camera.word})"
    return motion + (f", about {video.cut_rate:.0f} cuts a minute" if video.cut_rate >= 2 else "")


def _faces(count: int) -> str:
    if count == 0:
        return ""
    number = _COUNTED[count - 1] if count <= len(_COUNTED) else str(count)
    return f"{number} face" if count == 1 else f"{number} faces"


def _sound(video: VideoAnalysis) -> str:
    if video.loudness_db is None or video.loudness_db < _SILENT_DB:
        return ""
    heard = (
        ("speech in its sound", video.speech, _SPEECH),
        ("singing in its sound", video.singing, _SINGING),
        ("has music of its own", video.music, _MUSIC),
    )
    return ", ".join(phrase for phrase, share, least in heard if (share or 0.0) >= least) or "sound of its own"


def _music(feeling: Feeling) -> str:
    pace = "calm" if feeling.energy < 0.4 else "energetic" if feeling.energy > 0.65 else "mid-energy"
    tone = "light" if feeling.valence > 0.25 else "dark" if feeling.valence < -0.25 else "neutral"
    tense = "tense, " if feeling.tension > 0.5 else ""
    return f"{tense}{pace}, {tone}-toned music"
