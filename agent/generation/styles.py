"""Styles and moods as tables: what a genre word and a mood word mean to the composer.

Progressions are written in degrees, one chord per bar: `1 5 6 4`; `5!` is the major dominant of a minor key. Each is
made to lead back to its first chord.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """How one genre is arranged.

    `tempo` is the usual range in BPM, its middle the default. Instruments are choices by name, one is drawn; an empty
    tuple leaves the role out. `comp`, `bass_line` and `drums` name figures of `accompaniment` and `drums`.
    `chord_size` is 3 (triads) to 5 (ninths). `bars_per_chord` 2 makes it slow. `swing` delays the second of two eighths
    (or sixteenths, where `swing_sixteenths`): 0.5 is straight, 0.67 a triplet. `busy` (0 to 1) is the melody's density.
    `loose_ms` is the spread of the players' timing.
    """

    name: str
    tempo: tuple[float, float]
    lead: tuple[str, ...]
    comp_with: tuple[str, ...]
    pad: tuple[str, ...]
    bass: tuple[str, ...]
    comp: str
    bass_line: str
    drums: str = ""
    chord_size: int = 3
    bars_per_chord: int = 1
    beats: int = 4
    swing: float = 0.5
    swing_sixteenths: bool = False
    busy: float = 0.5
    loose_ms: float = 8.0
    energy: float = 0.5
    minor: bool | None = None
    reverb: float = 0.5


STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        Style(
            "ambient", (60, 80), ("crystal", "celesta", "vibraphone"), ("atmosphere", "harp", "electric piano"),
            ("halo pad", "sweep pad", "slow strings"), ("deep synth bass",), "slow_arpeggio", "pedal",
            chord_size=4, bars_per_chord=2, busy=0.15, loose_ms=14, energy=0.2, reverb=0.9,
        ),
        Style(
            "orchestral", (84, 112), ("violin", "oboe", "flute", "french horn"), ("harp", "pizzicato strings"),
            ("strings",), ("contrabass",), "harp_arpeggio", "long", "timpani_light", busy=0.5, loose_ms=10,
            energy=0.5, reverb=0.7,
        ),
        Style(
            "epic", (92, 124), ("french horn", "brass", "violin"), ("strings",), ("choir", "brass"), ("contrabass",),
            "ostinato", "pulse", "epic", busy=0.35, loose_ms=6, energy=0.85, minor=True, reverb=0.75,
        ),
        Style(
            "rock", (108, 140), ("overdriven guitar", "saw synth"), ("distorted guitar", "electric guitar"), ("organ",),
            ("bass",), "power_eighths", "eighths", "rock", busy=0.5, energy=0.8, reverb=0.3,
        ),
        Style(
            "metal", (120, 168), ("overdriven guitar",), ("distorted guitar",), (), ("bass",), "power_gallop",
            "gallop", "metal", busy=0.55, energy=0.95, minor=True, reverb=0.25, loose_ms=5,
        ),
        Style(
            "pop", (96, 120), ("bright piano", "square synth", "electric guitar"), ("acoustic guitar", "piano"),
            ("synth strings", "synth pad"), ("bass",), "strum", "root_fifth", "pop", busy=0.55, energy=0.6,
            reverb=0.4,
        ),
        Style(
            "house", (118, 128), ("saw synth", "poly synth"), ("bright piano", "poly synth", "organ"), ("synth pad",),
            ("synth bass",), "offbeat_stabs", "offbeat", "house", chord_size=4, busy=0.4, energy=0.75, loose_ms=2,
            reverb=0.4,
        ),
        Style(
            "techno", (126, 138), ("square synth", "saw synth"), ("saw synth", "metallic pad"), ("sweep pad",),
            ("synth bass",), "sixteenth_arpeggio", "rolling", "techno", bars_per_chord=2, busy=0.25, energy=0.85,
            minor=True, loose_ms=1, reverb=0.4,
        ),
        Style(
            "synthwave", (84, 112), ("saw synth", "square synth"), ("poly synth", "saw synth"), ("synth strings",),
            ("synth bass",), "eighth_arpeggio", "eighths", "synthwave", busy=0.4, energy=0.65, minor=True, loose_ms=2,
            reverb=0.55,
        ),
        Style(
            "lofi", (70, 88), ("vibraphone", "jazz guitar"), ("electric piano",), ("synth pad",),
            ("upright bass", "fretless bass"), "lazy_chords", "lofi", "lofi", chord_size=5, swing=0.6,
            swing_sixteenths=True, busy=0.35, loose_ms=16, energy=0.35, reverb=0.45,
        ),
        Style(
            "hiphop", (82, 96), ("square synth", "vibraphone"), ("electric piano", "strings"), ("synth pad",),
            ("deep synth bass",), "lazy_chords", "lofi", "hiphop", chord_size=4, swing=0.58, swing_sixteenths=True,
            busy=0.35, loose_ms=10, energy=0.6, minor=True, reverb=0.3,
        ),
        Style(
            "funk", (98, 112), ("saxophone", "brass"), ("clavinet", "electric guitar"), ("organ",),
            ("slap bass", "bass"), "sixteenth_stabs", "funk", "funk", chord_size=4, bars_per_chord=2, busy=0.55,
            energy=0.75, swing=0.54, swing_sixteenths=True, reverb=0.25,
        ),
        Style(
            "jazz", (100, 150), ("saxophone", "muted trumpet", "vibraphone"), ("piano", "jazz guitar"), (),
            ("upright bass",), "charleston", "walking", "jazz", chord_size=4, swing=0.64, busy=0.6, loose_ms=12,
            energy=0.5, reverb=0.4,
        ),
        Style(
            "folk", (84, 112), ("fiddle", "flute", "accordion"), ("acoustic guitar", "nylon guitar"), (),
            ("upright bass",), "fingerpicking", "root_fifth", "shaker", busy=0.55, loose_ms=11, energy=0.4, reverb=0.4,
        ),
        Style(
            "waltz", (92, 144), ("accordion", "violin", "clarinet"), ("piano", "harp"), ("strings",), ("contrabass",),
            "waltz", "waltz", "waltz_brush", beats=3, busy=0.5, loose_ms=10, energy=0.45, reverb=0.55,
        ),
        Style(
            "piano", (66, 92), ("piano",), ("piano",), (), (), "broken_chords", "none", busy=0.45, loose_ms=12,
            energy=0.3, reverb=0.6,
        ),
        Style(
            "chiptune", (124, 156), ("square synth",), ("square synth",), (), ("synth bass",), "sixteenth_arpeggio",
            "octaves", "chip", busy=0.65, energy=0.75, loose_ms=0, reverb=0.05,
        ),
        Style(
            "dark", (56, 80), ("english horn", "cello", "celesta"), ("bells", "music box"),
            ("tremolo strings", "choir"), ("contrabass", "deep synth bass"),
            "sparse", "pedal", "heartbeat", bars_per_chord=2, busy=0.2,
            loose_ms=12, energy=0.35, minor=True, reverb=0.9,
        ),
        Style(
            "latin", (92, 128), ("flute", "trumpet"), ("nylon guitar", "piano"), (), ("upright bass",),
            "bossa", "bossa", "bossa", chord_size=4, busy=0.5, loose_ms=9, energy=0.5, reverb=0.35,
        ),
        Style(
            "reggae", (72, 90), ("organ", "trumpet"), ("electric guitar", "organ"), (), ("bass",), "skank", "reggae",
            "one_drop", busy=0.4, energy=0.5, loose_ms=10, swing=0.56, reverb=0.4,
        ),
    )
}  # fmt: skip

GENRE_WORDS: dict[str, str] = {
    "ambient": "ambient", "drone": "ambient", "new age": "ambient", "meditation": "ambient", "space": "ambient",
    "orchestral": "orchestral", "orchestra": "orchestral", "classical": "orchestral", "symphonic": "orchestral",
    "soundtrack": "orchestral", "film score": "orchestral", "fantasy": "orchestral", "chamber": "orchestral",
    "epic": "epic", "cinematic": "epic", "trailer": "epic", "battle": "epic", "boss": "epic",
    "rock": "rock", "punk": "rock", "indie": "rock", "grunge": "rock", "blues": "rock",
    "metal": "metal", "heavy": "metal", "thrash": "metal", "hard rock": "metal",
    "pop": "pop", "corporate": "pop", "advert": "pop", "country": "folk",
    "house": "house", "disco": "house", "dance": "house", "edm": "house", "electronic": "house", "electro": "house",
    "techno": "techno", "trance": "techno", "industrial": "techno", "drum and bass": "techno", "dnb": "techno",
    "cyberpunk": "synthwave", "synthwave": "synthwave", "retrowave": "synthwave", "synthpop": "synthwave",
    "80s": "synthwave", "vaporwave": "synthwave",
    "lofi": "lofi", "lo-fi": "lofi", "lo fi": "lofi", "chillhop": "lofi", "chill": "lofi", "chillout": "lofi",
    "downtempo": "lofi", "study": "lofi",
    "hip hop": "hiphop", "hip-hop": "hiphop", "hiphop": "hiphop", "trap": "hiphop", "boom bap": "hiphop",
    "funk": "funk", "funky": "funk", "soul": "funk", "groove": "funk",
    "jazz": "jazz", "swing": "jazz", "bebop": "jazz", "noir": "jazz", "lounge": "jazz",
    "folk": "folk", "acoustic": "folk", "celtic": "folk", "medieval": "folk", "tavern": "folk",
    "singer-songwriter": "folk",
    "waltz": "waltz", "carnival": "waltz", "circus": "waltz",
    "solo piano": "piano", "piano solo": "piano", "neoclassical": "piano", "ballad": "piano", "piano piece": "piano",
    "chiptune": "chiptune", "8-bit": "chiptune", "8 bit": "chiptune", "8bit": "chiptune", "arcade": "chiptune",
    "retro game": "chiptune",
    "horror": "dark", "dark ambient": "dark", "dungeon": "dark", "suspense": "dark", "thriller": "dark",
    "latin": "latin", "bossa nova": "latin", "bossa": "latin", "samba": "latin", "salsa": "latin", "tango": "latin",
    "reggae": "reggae", "ska": "reggae", "dub": "reggae",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mood:
    """What a mood asks of the music: `minor` or major, `energy`, a factor on the tempo, and a kind of harmony."""

    minor: bool
    energy: float
    tempo: float
    harmony: str
    style: str


_MOODS: dict[str, tuple[Mood, tuple[str, ...]]] = {
    "happy": (
        Mood(False, 0.65, 1.08, "bright", "pop"),
        ("happy", "cheerful", "joyful", "sunny", "upbeat", "fun", "positive", "bright", "feel-good", "feelgood"),
    ),
    "playful": (
        Mood(False, 0.55, 1.1, "bright", "folk"), ("playful", "quirky", "whimsical", "funny", "comic", "silly"),
    ),
    "energetic": (
        Mood(False, 0.85, 1.12, "bright", "rock"),
        ("energetic", "driving", "workout", "exciting", "powerful", "fast-paced", "action", "intense"),
    ),
    "calm": (
        Mood(False, 0.25, 0.88, "tender", "ambient"),
        ("calm", "peaceful", "relaxing", "relaxed", "gentle", "soft", "quiet", "serene", "soothing", "sleepy", "cozy"),
    ),
    "romantic": (
        Mood(False, 0.4, 0.92, "tender", "piano"), ("romantic", "love", "tender", "warm", "intimate", "wedding"),
    ),
    "hopeful": (
        Mood(False, 0.55, 1.0, "heroic", "orchestral"),
        ("hopeful", "inspiring", "uplifting", "optimistic", "emotional"),
    ),
    "heroic": (
        Mood(False, 0.8, 1.05, "heroic", "epic"), ("heroic", "triumphant", "victorious", "majestic", "noble", "grand"),
    ),
    "dreamy": (
        Mood(False, 0.3, 0.9, "dreamy", "ambient"),
        ("dreamy", "ethereal", "magical", "floating", "wonder", "underwater"),
    ),
    "nostalgic": (
        Mood(False, 0.4, 0.95, "dreamy", "lofi"), ("nostalgic", "bittersweet", "wistful", "reflective", "rainy"),
    ),
    "sad": (
        Mood(True, 0.3, 0.85, "mournful", "piano"),
        ("sad", "melancholic", "melancholy", "lonely", "grief", "sorrowful", "mournful", "tragic", "heartbroken"),
    ),
    "dark": (
        Mood(True, 0.4, 0.92, "dark", "dark"),
        ("dark", "scary", "creepy", "eerie", "spooky", "ominous", "sinister", "haunting", "haunted", "evil"),
    ),
    "tense": (
        Mood(True, 0.65, 1.08, "dark", "epic"), ("tense", "suspenseful", "nervous", "dramatic", "urgent", "chase"),
    ),
    "mysterious": (
        Mood(True, 0.35, 0.95, "mournful", "orchestral"), ("mysterious", "mystery", "enigmatic", "secret", "curious"),
    ),
    "angry": (
        Mood(True, 0.95, 1.12, "driven", "metal"), ("angry", "aggressive", "furious", "brutal", "rage", "fierce"),
    ),
    "epic": (Mood(True, 0.85, 1.05, "driven", "epic"), ("epic", "battle", "war", "legendary")),
}  # fmt: skip
MOODS: dict[str, Mood] = {name: mood for name, (mood, _) in _MOODS.items()}
MOOD_WORDS: dict[str, str] = {word: name for name, (_, words) in _MOODS.items() for word in words}
NEUTRAL = Mood(minor=False, energy=0.5, tempo=1.0, harmony="bright", style="pop")

# (minor?, kind of harmony) -> progressions for the verse-like section and for the contrasting one.
PROGRESSIONS: dict[tuple[bool, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    (False, "bright"): (("1 5 6 4", "1 4 1 5", "1 6 4 5", "1 3 4 5"), ("4 5 3 6 4 1 2 5", "6 4 1 5", "4 1 5 6")),
    (False, "tender"): (("1 3 4 4", "1 6 2 5", "1 4 6 5", "1 5 4 4"), ("6 3 4 1 6 3 4 5", "4 3 2 5", "2 5 1 6")),
    (False, "heroic"): (("1 5 4 5", "1 4 6 5", "6 4 1 5", "1 3 6 4"), ("6 5 4 5", "4 1 5 6 4 1 5 5", "2 6 4 5")),
    (False, "dreamy"): (("1 3 4 2", "4 1 4 5", "4 3 6 5", "1 4 1 4"), ("6 3 4 4", "2 3 4 5", "4 3 2 5")),
    (False, "mournful"): (("6 4 1 5", "1 3 6 4", "4 1 3 6"), ("4 5 6 3", "2 6 4 5")),
    (False, "dark"): (("6 4 6 3", "6 2 3 4"), ("2 4 6 5", "4 3 2 5")),
    (False, "driven"): (("1 4 5 4", "6 4 1 5", "1 5 6 4"), ("4 5 6 5", "2 4 1 5")),
    (True, "bright"): (("1 6 3 7", "1 4 7 3", "1 3 7 4"), ("6 7 1 1", "4 7 3 6", "6 3 7 1")),
    (True, "tender"): (("1 6 3 7", "1 4 6 7", "1 7 6 7"), ("6 3 4 1", "4 7 3 6", "6 7 3 4")),
    (True, "heroic"): (("1 6 3 7", "1 3 7 4", "1 7 6 7"), ("6 7 1 3", "4 6 3 7", "6 3 7 5!")),
    (True, "dreamy"): (("1 3 6 4", "1 6 4 7", "6 7 1 3"), ("4 1 6 7", "6 3 4 5", "4 6 3 7")),
    (True, "mournful"): (("1 4 6 5", "1 6 4 5", "1 5 6 4", "1 7 6 5"), ("6 3 7 1", "4 1 6 5", "6 7 3 4")),
    (True, "dark"): (("1 6 1 4", "1 4 1 6", "1 6 4 5", "1 7 6 4"), ("4 1 6 5", "6 4 1 7", "4 6 1 5!")),
    (True, "driven"): (("1 6 3 7", "1 6 7 5", "1 7 6 7", "1 4 6 7"), ("6 7 1 1 6 7 3 5!", "4 6 1 7", "6 3 7 1")),
}
# Harmony that is a style's own, whatever the mood says.
STYLE_PROGRESSIONS: dict[tuple[bool, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    (False, "jazz"): (("2 5 1 6", "1 6 2 5", "3 6 2 5"), ("4 3 2 5", "2 5 3 6", "6 2 5 1")),
    (True, "jazz"): (("2 5! 1 6", "1 6 2 5!", "1 4 7 3"), ("4 7 3 6", "4 7 3 6 2 5! 1 1")),
    (False, "lofi"): (("2 5 1 6", "4 3 6 5", "4 3 2 1", "1 6 2 5"), ("2 3 4 5", "4 5 3 6")),
    (True, "lofi"): (("1 4 7 3", "6 7 1 1", "4 5 1 7"), ("6 5 4 7", "4 7 3 6")),
    (False, "latin"): (("1 6 2 5", "1 2 3 2", "2 5 1 4"), ("4 3 2 5", "3 6 2 5")),
    (True, "latin"): (("1 4 7 3", "1 7 6 5!", "4 5! 1 1"), ("4 7 3 6", "6 4 2 5!")),
    (False, "funk"): (("1 4 1 4", "2 5 2 5", "1 2 4 2"), ("4 3 2 5", "6 2 4 5")),
    (True, "funk"): (("1 4 1 4", "1 7 4 1", "1 3 4 7"), ("6 7 1 4", "4 1 6 7")),
}
