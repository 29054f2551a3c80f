"""From what a picture shows to what music may fit: light, colour and motion first, recognised things second.

What this can and cannot do is measured in ``docs/benchmarks.md``: the embedded encoders see objects, light and motion;
they do not read a scene's meaning. The user's words outweigh this brief wherever they speak.
"""

from __future__ import annotations

from encoders.values import VideoAnalysis
from retrieval.values import SceneBrief

# ImageNet classes say what is there, not how it feels; only classes with a plain musical reading are listed.
_SETTINGS: tuple[tuple[frozenset[str], str, dict[str, float]], ...] = (
    (
        frozenset({"seashore", "sandbar", "lakeside", "coral reef", "cliff", "promontory"}),
        "water",
        {"calm": 0.6, "ambient": 0.4},
    ),
    (frozenset({"alp", "valley", "volcano", "geyser"}), "mountains", {"epic": 0.4, "orchestral": 0.4}),
    (
        frozenset({"castle", "palace", "monastery", "church", "altar", "fountain"}),
        "old buildings",
        {"orchestral": 0.5, "folk": 0.3},
    ),
    (
        frozenset({"sports car", "racer", "convertible", "motor scooter", "moped", "race car", "minivan", "cab"}),
        "traffic",
        {"energetic": 0.5, "electronic": 0.3},
    ),
    (
        frozenset({"stage", "electric guitar", "drum", "microphone", "accordion"}),
        "a stage",
        {"rock": 0.4, "party": 0.3},
    ),
    (
        frozenset({"daisy", "bee", "butterfly", "ladybug", "hummingbird", "yellow lady's slipper"}),
        "nature close up",
        {"calm": 0.4, "acoustic": 0.4},
    ),
    (
        frozenset({"warplane", "missile", "tank", "rifle", "assault rifle", "cannon", "aircraft carrier"}),
        "weapons",
        {"epic": 0.5, "dark": 0.3},
    ),
    (frozenset({"space shuttle", "planetarium", "radio telescope"}), "space", {"ambient": 0.5, "electronic": 0.4}),
    (frozenset({"jack-o'-lantern", "mask", "cloak", "bat"}), "a masquerade", {"dark": 0.5}),
)
_SEEN_FROM = 0.12


def brief_from(video: VideoAnalysis) -> SceneBrief:
    """Return the music brief of a clip or a picture.

    Energy grows with motion, cuts and contrast; valence with light, colour and warmth. A still picture has no motion to
    judge by, so its energy stays near the middle.
    """
    still = video.duration_s == 0
    pace = 0.35 if still else min(1.0, 0.7 * video.motion / 0.25 + 0.3 * min(video.cut_rate / 30, 1.0))
    energy = _unit(0.15 + 0.6 * pace + 0.2 * video.contrast + 0.1 * (video.saturation - 0.3))
    valence = max(
        -1.0, min(1.0, 1.4 * (video.brightness - 0.4) + 0.6 * (video.saturation - 0.3) + 0.4 * (video.warmth - 0.5))
    )
    concepts: dict[str, float] = {}
    settings = []
    for labels, name, wishes in _SETTINGS:
        if sum(p for label, p in video.concepts if label in labels) >= 0.12:
            settings.append(name)
            for concept, weight in wishes.items():
                concepts[concept] = max(concepts.get(concept, 0.0), weight)
    if video.brightness < 0.25:
        concepts["dark"] = max(concepts.get("dark", 0.0), 0.6)
    sees = tuple(label for label, p in video.concepts[:5] if p >= _SEEN_FROM)
    return SceneBrief(
        energy=energy,
        valence=valence,
        brightness=video.brightness,
        tempo_bpm=70 + 80 * energy,
        concepts=concepts,
        sees=sees,
        words=_in_words(video, energy, valence, settings, sees, still),
    )


def _in_words(
    video: VideoAnalysis, energy: float, valence: float, settings: list[str], sees: tuple[str, ...], still: bool
) -> str:
    light = "dark" if video.brightness < 0.3 else "bright" if video.brightness > 0.6 else "evenly lit"
    colour = "colourful" if video.saturation > 0.45 else "muted" if video.saturation < 0.2 else "naturally coloured"
    parts = [f"{light}, {colour}"]
    if not still:
        motion = (
            "little movement" if video.motion < 0.05 else "much movement" if video.motion > 0.18 else "some movement"
        )
        cuts = f", about {video.cut_rate:.0f} cuts a minute" if video.cut_rate >= 2 else ""
        parts.append(motion + cuts)
    if settings or sees:
        parts.append("looks like " + ", ".join([*settings, *sees][:3]))
    pace = "calm" if energy < 0.4 else "energetic" if energy > 0.65 else "mid-energy"
    tone = "light" if valence > 0.25 else "dark" if valence < -0.25 else "neutral"
    return f"{'; '.join(parts)}: suggests {pace}, {tone}-toned music around {70 + 80 * energy:.0f} BPM"


def _unit(x: float) -> float:
    return max(0.0, min(1.0, x))
