"""The parts of a request that words name: meter, chords, lyrics, form, tracks, what handed-over files are for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.generation.errors import InvalidRequestError
from agent.generation.instruments import find_instrument, instruments_in
from agent.generation.material import Adapter, Clip, Curve, Gap, Lyrics, Section, Stem, check_chords
from agent.generation.values import MAX_CANDIDATES, MAX_STEPS, Quality

_QUOTED = r"[\"“„«](?P<quoted>[^\"”“»]{2,})[\"”“»]"
_LYRICS = re.compile(
    r"(?:^|[\s,;.(])(?:(?:with|to|the|these|my|following)\s+)*(?:lyrics?|liedtext|songtext|mit (?:dem"
    r"|diesem) text|letra|paroles)\s*"
    rf"(?P<between>[^:.\n\"“„«]{{0,40}}?)\s*(?::\s*(?:{_QUOTED}|(?P<rest>.+))|{_QUOTED.replace('quoted', 'second')})",
    re.IGNORECASE | re.DOTALL,
)
_SUNG = re.compile(
    r"\b(?:sing(?:s|ing)?|sung|goes|going|with the (?:words|line|text|chorus|hook)|words?|rap(?:s|ping)?"
    r"|whisper\w*|shout\w*|chant\w*|croon\w*|hum(?:s|ming)?|belt\w*|yell\w*|murmur\w*|recit\w*|line|lyric|hook|slogan"
    r"|phrase|chorus)\b"
    rf"[^\"“„«.\n]{{0,40}}?\s*:?\s*{_QUOTED}",
    re.IGNORECASE,
)
_WORDS_SUNG = re.compile(
    r"\b(?:sing\w*|sung|sang|canta\w*|chant\w*|rap\w*|gesungen|singt?|the|(?:den|diesen)|las|les)\s+(?:\w+\s+){0,2}?"
    r"(?:words|line|worten?|zeilen?|palabras|mots|paroles)\s*:\s*(?P<quoted>.+)|(?:歌词|唱)\s*[:：]\s*(?P<second>.+)",
    re.IGNORECASE | re.DOTALL,
)
_LRC = re.compile(r"(?:^\s*\[\d{1,3}:\d{2}(?:[.:]\d{1,3})?\].*(?:\n|$))+", re.MULTILINE)
_METER = re.compile(r"(?<![\d/])(1[0-2]|[2-9])\s?/\s?(2|4|8|16)(?![\d/])")
_METER_WORDS = {
    "three-four": "3/4", "three four time": "3/4", "three-quarter time": "3/4", "waltz time": "3/4",
    "common time": "4/4", "four-four": "4/4", "six-eight": "6/8", "five-four": "5/4", "seven-eight": "7/8",
    "cut time": "2/2", "cut-time": "2/2", "alla breve": "2/2", "two-four": "2/4", "twelve-eight": "12/8",
}  # fmt: skip
_ONE_CHORD = r"[A-G][#b♯♭]?(?:maj|min|m|dim|aug|sus|add|\+|°|ø)?\d{0,2}(?:sus\d|add\d|[#b]\d)?(?:/[A-G][#b]?)?"
_BARS = re.compile(rf"\|?\s*{_ONE_CHORD}(?:\s+{_ONE_CHORD})*\s*(?:\|\s*(?:{_ONE_CHORD}|%)(?:\s+{_ONE_CHORD})*\s*)+\|?")
_LISTED = re.compile(
    r"(?:\b(?:chords?|progression|changes|harmony|vamp|over|akkorden?|akkordfolge|acordes?|accords?)\b"
    r"|和弦)\s*(?:(?:of|are|is|progression|being|goes?|like)\s+)*:?\s*"
    rf"({_ONE_CHORD}(?:\s*(?:,\s*(?:and\s+)?|[-–—→>]+|\s+and\s+|\s)\s*{_ONE_CHORD})+)(?![\w#])"
)
_COMMAS = re.compile(
    rf"(?<![\w#])({_ONE_CHORD}(?:\s*,\s*{_ONE_CHORD}){{1,}}\s*,?\s*(?:and\s+)?(?<=[\s,]){_ONE_CHORD})(?![\w#'-])"
)
_DASHED = re.compile(rf"(?<![\w#-])({_ONE_CHORD}(?:\s*[-–—→]\s*{_ONE_CHORD}){{2,}})(?![\w#-])")
_ROW = re.compile(rf"(?<![\w#'-]){_ONE_CHORD}(?:\s+{_ONE_CHORD}){{2,}}(?![\w#'-])")
_NO_VOICE = re.compile(
    r"\binstrumentals?\b|\b(?:no|without|minus|avoid|zero|not any)\s+(?:any\s+)?(?:\w+\s+)?"
    r"(?:vocals?|voices?|singing|singers?|lyrics|words|rap)\b|\b(?:nobody|no one|no-one) (?:sings|singing)\b"
    r"|\bwithout (?:anyone|anybody) singing\b|\bunsung\b"
    r"|\b(?:vocal|voice)[- ]free\b|\b(?:free of|free from|devoid of|lacking|sans) (?:any )?"
    r"(?:vocals?|voices?|singing|singers?|lyrics|words)\b|\bkaraoke\b",
    re.IGNORECASE,
)
_VOICE = re.compile(
    r"\b(?:vocals?|singing|singer|sung|sings|sing|vocalist|rapper|rapping|rapped|a cappella|mcs?|crooner"
    r"|songstress|chanteuse|soprano|contralto|baritone"
    r"|(?:a|the) rap (?:about|on|of|by|for))\b"
    r"|\b(?:male|female|woman's|man's|child's|soft|deep|raspy|lead)\s+voice\b|\bwith (?:a )?voice\b",
    re.IGNORECASE,
)
VOICES = frozenset({"vocals", "vocal", "singing", "singer", "lyrics", "rap", "rapper", "voice", "voices", "words"})
_PART = (
    r"intro|verse|pre-?chorus|chorus|refrain|bridge|hook|build(?:-?up)?|drop|break(?:down)?|interlude|solo|middle eight"
    r"|outro|coda|theme"
)
_SECTION = re.compile(
    rf"\b({_PART})\b(?:\s*\d(?!\d|[\s-]*(?:bars?|measures?|s|secs?|seconds?)\b))?(?:\s*(?:of|for|:|="
    rf"|\()?\s*(\d{{1,3}})[\s-]*(bars?|measures?|s|secs?|seconds?)\b\)?)?",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"\b(\d{{1,3}})[\s-]*(bars?|measures?|seconds?|secs?|s)\s+(?:of\s+)?(?:an?\s+)?({_PART})\b", re.IGNORECASE
)
_ONLY = re.compile(
    r"\b(?:only|just|nothing but|solely)\s+(?:give me\s+|make\s+|want\s+|need\s+)?(?:the\s+|an?\s+|some\s+)?"
    r"([a-z][\w ,&-]{2,60})", re.IGNORECASE,
)  # fmt: skip
_ALONE = re.compile(
    r"\b(?:the\s+)?([a-z]+(?:\s+[a-z]+)?)\s+(?:(?:parts?|lines?|tracks?|stems?)\s+)?(?:only|alone|on (?:its"
    r"|their) own|by (?:itself|themselves))\b",
    re.IGNORECASE,
)
_DRUM = re.compile(r"\bdrum\b", re.IGNORECASE)
_LINE = re.compile(r"\b(?:line|part|track|stem|groove|pattern)s?\b", re.IGNORECASE)
# Nobody calls these alone a solo piece.
_FOUNDATIONS = frozenset({"drums", "bass", "upright bass", "synth bass", "deep synth bass"})
_SEPARATE = re.compile(
    r"\b(?:separate|individual|isolated|split|its own)\b[^.;\n]{0,30}\b(?:stems?|tracks?|parts?|files?)\b"
    r"|\b(?:as|into|in|with|the|export)\s+(?:\w+\s+)?stems?\b|\bstems\b|\bmulti-?track\b|\bone (?:file"
    r"|track) (?:per|for each)\b",
    re.IGNORECASE,
)
_ADD = re.compile(
    r"\b(?:add|put|lay|write|compose|create|make|generate|play|give me)\s+(?:me\s+)?"
    r"(?:an?\s+|some\s+|the\s+|matching\s+)*"
    r"([a-z][\w ,&-]{2,50}?)\s*(?:parts?|lines?|tracks?|stems?)?\s+"
    r"(?:to|for|under|over|beneath|around|on top of|behind|along(?:side| with)|together with|(?:that|which"
    r"|to) go(?:es)? (?:well )?with|that fits?|fitting|matching|to go with|to match)\s+"
    r"(?:my|this|the|these|that|it|them)\b", re.IGNORECASE,
)  # fmt: skip
# The other way round: "to this guitar track add drums", "I recorded the guitar; play bass along with it".
_ADD_BEHIND = re.compile(
    r"\b(?:(?:add|play|write|compose)\s+to\s+)(?:my|this|the|these)\s+[\w -]{2,30}?\b(?:tracks?|stems?|parts?|lines?"
    r"|recordings?|takes?|loops?)\s*,?\s*(?:an?\s+|some\s+)?([^.;!?]{2,60})"
    r"|\bgive\s+(?:it|them)\s+(?:an?\s+|some\s+)?([^.;!?]{2,60})"
    r"|\bto (?:my|this|the|these)\s+[\w -]{2,30}?\b(?:tracks?|stems?|parts?|lines?|recordings?|takes?|loops?)\s*,?\s*"
    r"(?:please\s+)?(?:add|play|write|compose)\s+(?:an?\s+|some\s+)?([^.;!?]{2,60})",
    re.IGNORECASE,
)
_RECORDED = re.compile(
    r"\b(?:i|we)(?:'ve|\s+have)?\s+(?:just\s+|already\s+)?(?:recorded|played|tracked|sang|sung|laid down)\s+"
    r"(?:an?|the|my|our|some)\s+([a-z][\w ]{2,25}?)(?:\s+(?:tracks?|stems?|parts?|lines?|takes?"
    r"|loops?))?\s*(?=[.;,!?]|and\b|$)",
    re.IGNORECASE,
)
_AT_TIME = r"(?:(?:the\s+)?seconds?\s+)?(\d{1,3}):([0-5]\d(?:\.\d+)?)"
_AT_SECOND = r"(?:(?:the\s+)?seconds?\s+)?#?(\d{1,3}(?:\.\d+)?)\s*(?:s|secs?|seconds?)?"
_STRETCH = re.compile(
    rf"\b(?:{_AT_TIME}\s*(?:to|and|until|till|[-–—])\s*{_AT_TIME}"
    rf"|(?:from|between|seconds?)\s+{_AT_SECOND}\s*(?:to|and|until|till|[-–—])\s*{_AT_SECOND})(?![\w:])",
    re.IGNORECASE,
)
_ANEW = re.compile(
    r"\b(?:swap\w*|replac\w+|redo|redone|re-?do|re-?writ\w+|re-?generat\w+|re-?paint\w*|re-?record\w*|re-?mak\w+"
    r"|in-?paint\w*"
    r"|fix\w*|repair\w*|patch\w*|fill\w*|re-?compos\w+|exchang\w+|substitut\w+|gap|hole|something else|anew)\b",
    re.IGNORECASE,
)
_CONTINUE = re.compile(
    r"\b(?:(?:make|making) (?:it|this|that) longer|the (?:next|following) [\w ]{1,20}?(?:seconds|minutes?"
    r"|bars) of (?:it|this|that|my|the)"
    r"|(?:\w+ )?(?:more|further|extra|additional) seconds"
    r"|another \w+ seconds"
    r"|\w+ seconds (?:more|longer)|add\b.{0,25}\b(?:at|to) the end|continue|continuing|continuation|extend"
    r"|extending|extension|prolong|lengthen|carry on|go(?:ing)? on"
    r"|keep (?:it |this )?going|go on from|what happens next|take (?:it|this) further|second half"
    r"|make more of (?:it|this)"
    r"|pick(?:ing)? up|(?:where|from where) (?:it|this|that|the \w+) (?:stops?|ends?|leaves off|breaks off|left off)"
    r"|what comes next|finish (?:this|my|the)|follow on)\b", re.IGNORECASE,
)  # fmt: skip
_MELODY = re.compile(
    r"(?<!counter[ -])\b(?:melod(?:y|ies)|tune|hum(?:med|ming)?|whistl(?:e|ed|ing)|riff|theme|topline|voice memo"
    r"|top line|motif|lead line)\b",
    re.IGNORECASE,
)
# A piece is to be made of what was handed over: "make a song out of this", "turn it into a piece".
_MADE_OF = re.compile(
    r"\b(?:make|write|create|compose|build|produce|develop|generate)\b[^.;!?]{0,40}?"
    r"\b(?:song|piece|track|music|arrangement|composition|something)\b[^.;!?]{0,20}?"
    r"\b(?:out of|of|from|around|with|to|over|on|using)\s+(?:this|that|it|my|the (?:recording|humming|melody|tune))\b"
    r"|\b(?:turn|transform|convert|develop|expand|make)\s+(?:this|that|it|my|the)\b[^.;!?]{0,40}?"
    r"\b(?:in|into)\s+an?\s[^.;!?]{0,30}?\b(?:song|piece|track|arrangement|composition)\b"
    r"|\b(?:harmoni[sz]e|harmonies|arrange|orchestrate)\s+(?:this|that|it|my|the)\b",
    re.IGNORECASE,
)
_FITTING = re.compile(
    r"\b(?:accompan\w+|backing|(?:play|jam|drum) along|harmoni[sz]e|arrange\w*|fit(?:s|ting)?|match(?:es|ing)?"
    r"|go(?:es)? with|underneath"
    r"|complement\w*|(?:missing|other|remaining|rest of the) (?:parts?|tracks?|stems?|instruments?|band))\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(?:my|this|the|these|that|recorded|given|(?:have|got|is|here's) an?)\s+(?:recorded\s+|own\s+"
    r"|solo\s+)?([a-z][\w ]{2,25}?)\s*"
    r"(?:tracks?|stems?|parts?|lines?|recordings?|takes?|loops?|grooves?)\b", re.IGNORECASE,
)  # fmt: skip
_GIVEN_OF = re.compile(
    r"\b(?:my|this|the|these)\s+(?:tracks?|recordings?|takes?|lines?|parts?)\s+of\s+(?:an?\s+|the\s+)?([a-z]\w{2,20})",
    re.IGNORECASE,
)
_MINE = re.compile(r"\b(?:my|these|this)\s+(\w+)\b", re.IGNORECASE)
_SCENE = re.compile(
    r"\b(?:scene|picture|photo(?:graph)?|image|painting|drawing|clip|video|film|movie|footage)\s*"
    r"(?:of|where|in which|that shows|showing|with|about|:)\s*(.{3,300})", re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_LOUDER = re.compile(
    r"\b(?:crescendo|(?:rise|rises|rising|build|builds|building|grow|grows|growing|swell|swells|climb"
    r"|climbs)\s+(?:\w+\s+)?"
    r"(?:to|into|up to|towards?)\s+(?:an?\s+|the\s+)?(?:\w+\s+)?(?:full|loud|huge|massive|big|thunder\w*|roar|climax"
    r"|finale|fortissimo|tutti|peak|storm|crash|wall)\w*|(?:gets?|gradually|slowly|ever|increasingly) louder"
    r"|louder and louder|getting louder"
    r"|grow(?:s|ing)? louder|swell(?:s|ing)?|from (?:soft|quiet) to loud"
    r"|(?:start|begin|open)\w* (?:\w+ ){0,3}?(?:soft|quiet|gentl|hush|whisper|pianissimo|silen"
    r"|nothing)\w*\b.{0,40}\b(?:loud|huge|full|roar|thunder|fortissimo|massive|big)|(?:slow|gradual"
    r"|long) build(?:-?up)?|builds? (?:slowly|gradually)|fad(?:e|es|ing) in|starts? (?:soft"
    r"|quiet)\w* (?:and )?ends? loud\w*)\b", re.IGNORECASE,
)  # fmt: skip
_SOFTER = re.compile(
    r"\b(?:diminuendo|decrescendo|(?:gets?|gradually|slowly|ever) (?:quieter|softer)|getting (?:quieter"
    r"|softer)|from loud to (?:soft|quiet)"
    r"|(?:dies?|dying|fades?|fading|ebbs?|ebbing)\s+(?:away|out|to nothing|into silence|down))\b", re.IGNORECASE,
)  # fmt: skip
_DRAFT = re.compile(
    r"\b(?:(?:quick|rough|cheap|scratch)\s+(?:version|take|pass|idea|mock-?up)|(?:quick|rough|fast|first"
    r"|cheap)\s+(?:draft|sketch"
    r"|demo|preview)|draft|sketch|preview only|just a preview|one[- ]step)\b",
    re.IGNORECASE,
)
_FINE = re.compile(
    r"\b(?:(?:best|highest|high|top|maximum|studio|final)(?:\s+possible)?[- ]quality|take (?:your time"
    r"|as long as you (?:like|want|need))|polished|as good as (?:you can|possible)|high[- ]fidelity"
    r"|final version)\b",
    re.IGNORECASE,
)
_STEPS = re.compile(r"\b(\d{1,4})\s+(?:denoising |diffusion |inference |sampling )?steps\b", re.IGNORECASE)
_BEST_OF = re.compile(
    r"\bbest of (\d|two|three|four|five|six|seven|eight)\b|\b(\d|two|three|four|five|six|seven|eight) "
    r"(?:candidates|tries|attempts|takes)\b", re.IGNORECASE,
)  # fmt: skip
_ADAPTER = re.compile(
    r"\b(?:lora|adapter)\s+([\w.-]+)|\b(?:the|my|with)\s+([\w.-]+?)[\s-](?:lora|adapter)\b", re.IGNORECASE
)
_COUNTS = {word: n for n, word in enumerate("two three four five six seven eight".split(), 2)}


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was found: `fields` of a request by name, and the words that are left for everything else."""

    words: str
    fields: dict[str, Any] = field(default_factory=dict)


def take_quotations(text: str) -> Spoken:
    """Take out what is sung and which chords sound: neither is to be read as a description."""
    found: dict[str, Any] = {}
    lyrics, text = _lyrics(text)
    if lyrics is not None:
        found["lyrics"] = lyrics
    bars, text = _chords(text)
    if bars:
        found["chords"] = bars
    return Spoken(text, found)


def read_parts(text: str, files: Sequence[Clip] = ()) -> Spoken:
    """Read the other parts out of English words; what is left of them says nothing of effort or of given tracks.

    Args:
        text: the words, without lyrics and chords.
        files: what was handed over; the words say what each is for, else a recording is a reference.
    """
    roles = _roles(text, files)
    left = _DRAFT.sub(" ", _FINE.sub(" ", text))
    sections = _sections(text)
    if any(section.seconds for section in sections):
        left = _SECTION.sub(" ", _BEFORE.sub(" ", left))  # its seconds are no length of the piece
    if "fills" in roles:
        left = _STRETCH.sub(" ", left)  # its times are no length either
    if "given" in roles:
        left = _MINE.sub(" ", _GIVEN_OF.sub(" ", _RECORDED.sub(" ", _GIVEN.sub(" ", left))))
    parts: dict[str, Any] = {
        "time_signature": _meter(text),
        "vocals": _vocals(left),
        "sections": sections,
        "curves": _curves(text),
        "quality": _quality(text),
        "steps": _steps(text),
        "candidates": _candidates(text),
        "adapters": tuple(Adapter(m[1] or m[2]) for m in _ADAPTER.finditer(text))[:4],
        "wanted": _wanted(text, bool(files)),
        "scene": "" if "video" in roles else _scene(text),  # a clip shows its scene itself
    }
    found = {name: value for name, value in (parts | roles).items() if value not in (None, (), "")}
    return Spoken(left, found)


def makes_of_it(text: str) -> bool:
    """Whether English words want a piece made of the recording that comes with them, and none that is like it."""
    return bool(_MADE_OF.search(text)) and not _only_in_style(text)


def _lyrics(text: str) -> tuple[Lyrics | None, str]:
    if found := _LRC.search(text):
        return Lyrics(found[0].strip()), text.replace(found[0], "\n")
    found = _LYRICS.search(text)
    if found is not None:
        words = found["quoted"] or found["rest"] or found["second"]
        return _sung(words, text, found)
    found = _SUNG.search(text)
    if found is not None:
        return _sung(found["quoted"], text, found)
    found = _WORDS_SUNG.search(text)
    return (None, text) if found is None else _sung(found["quoted"] or found["second"], text, found)


def _sung(words: str, text: str, found: re.Match[str]) -> tuple[Lyrics | None, str]:
    between = found.groupdict().get("between") or ""
    left = f"{text[: found.start()]} {between} {text[found.end() :]}"
    return (Lyrics(words.strip()), left) if words.strip() else (None, left)


def _chords(text: str) -> tuple[tuple[str, ...], str]:
    for pattern, cut in ((_BARS, r"\|"), (_LISTED, None), (_DASHED, None), (_COMMAS, None)):
        found = pattern.search(text)
        if found is None:
            continue
        listed = found[found.lastindex or 0]
        bars = re.split(cut, listed) if cut else re.split(r"[\s,–—→>-]+(?:and\s+)?", listed)
        named = tuple(bar.strip() for bar in bars if bar.strip())
        try:
            check_chords(named)
        except InvalidRequestError:
            continue
        return named, text.replace(found[0], " ")
    return _rows(text)


def _rows(text: str) -> tuple[tuple[str, ...], str]:
    """Take chords that only stand in a row: "verse on Am F C G, chorus on F G C"; words such as "A" are none."""
    rows = [row[0].split() for row in _ROW.finditer(text)]
    rows = [row for row in rows if len(set(row)) > 1 and (len(row) > 3 or any(len(chord) > 1 for chord in row))]
    named = tuple(chord for row in rows for chord in row)
    try:
        check_chords(named)
    except InvalidRequestError:
        return (), text
    return named, _ROW.sub(" ", text) if named else text


def _meter(text: str) -> str | None:
    if found := _METER.search(text):
        return f"{found[1]}/{found[2]}"
    lowered = text.lower()
    return next((meter for words, meter in _METER_WORDS.items() if words in lowered), None)


def _vocals(text: str) -> bool | None:
    if _NO_VOICE.search(text):
        return False
    return True if _VOICE.search(text) else None


def _sections(text: str) -> tuple[Section, ...]:
    before = {match.start(3): (match[1], match[2]) for match in _BEFORE.finditer(text)}
    found = []
    for match in _SECTION.finditer(text):
        number, unit = before.get(match.start(1), (match[2], match[3]))
        count = int(number) if number and int(number) else None
        in_bars = bool(unit) and unit[0].lower() in "bm"
        found.append(
            Section(
                match[1].lower(),
                seconds=float(count) if count and not in_bars else None,
                bars=min(256, count) if count and in_bars else None,
            )
        )
    return tuple(found[:40]) if len(found) > 1 else ()


def _curves(text: str) -> tuple[Curve, ...]:
    louder, softer = _LOUDER.search(text), _SOFTER.search(text)
    if louder and softer:
        return (Curve("dynamics", (0.2, 1.0, 0.2) if louder.start() < softer.start() else (1.0, 0.2, 1.0)),)
    if louder:
        return (Curve("dynamics", (0.2, 1.0)),)
    return (Curve("dynamics", (1.0, 0.2)),) if softer else ()


def _quality(text: str) -> Quality | None:
    if _DRAFT.search(text):
        return "draft"
    return "fine" if _FINE.search(text) else None


def _steps(text: str) -> int | None:
    found = _STEPS.search(text)
    if found is None:
        return None
    if not 1 <= int(found[1]) <= MAX_STEPS:
        raise InvalidRequestError(f"{found[1]} steps are outside 1 to {MAX_STEPS}; choose a number inside")
    return int(found[1])


def _candidates(text: str) -> int | None:
    found = _BEST_OF.search(text)
    if found is None:
        return None
    word = (found[1] or found[2]).lower()
    count = _COUNTS[word] if word in _COUNTS else int(word)
    return count if 1 < count <= MAX_CANDIDATES else None


def _wanted(text: str, with_files: bool) -> tuple[str, ...]:
    """Return the tracks that alone are to come out: "only bass and drums"; a single one is a solo, unless to a file."""
    for pattern in (_ADD_BEHIND, _ADD, _ONLY, _ALONE) if with_files else (_ONLY, _ALONE):
        for found in pattern.finditer(text):
            words = re.split(r"\b(?:to|for|from|in|at|with|on|over)\b", found[found.lastindex or 1])[0]
            named = instruments_in(_DRUM.sub("drums", words)) or (
                instruments_in(found[found.lastindex or 1]) if pattern is _ADD else ()
            )
            if len(named) > 1 or (named and (with_files or _LINE.search(words) or set(named) <= _FOUNDATIONS)):
                return named
    return instruments_in(text) if _SEPARATE.search(text) else ()


def _scene(text: str) -> str | None:
    found = _SCENE.search(text)
    return None if found is None else found[1].strip(" .")


def _roles(text: str, files: Sequence[Clip]) -> dict[str, Any]:
    """Say what each file is for; of several recordings all but the one that has a part of its own are references."""
    roles: dict[str, Any] = {}
    sounds = [clip for clip in files if clip.kind != "video"]
    video = next((clip for clip in files if clip.kind == "video"), None)
    if video is not None:
        roles["video"] = video
    if not sounds:
        return roles
    given, stretch = _given(text), _STRETCH.search(text)
    if stretch and _ANEW.search(text):
        roles["fills"] = _gap(stretch, sounds.pop(0))
    elif _CONTINUE.search(text):
        roles["continues"] = sounds.pop(0)
    elif sounds[0].kind == "midi" or (_MELODY.search(text) and not _only_in_style(text)):
        roles["melody"] = sounds.pop(0)
    elif makes_of_it(text) and not (given or _ADD.search(text) or _ADD_BEHIND.search(text)):
        roles["melody"] = sounds.pop(0)
    elif (given or _FITTING.search(text) or _ADD.search(text) or _ADD_BEHIND.search(text)) and not _only_in_style(text):
        roles["given"] = (Stem(given or "given", sounds.pop(0)),)
    roles["references"] = tuple(sounds)
    return roles


def _gap(found: re.Match[str], clip: Clip) -> Gap:
    """Return a stretch named by its times: "from 0:12 to 0:18", "between second 8 and 14"."""
    if found[1]:
        return Gap(clip, 60 * int(found[1]) + float(found[2]), 60 * int(found[3]) + float(found[4]))
    return Gap(clip, float(found[5]), float(found[6]))


def _only_in_style(text: str) -> bool:
    """Whether a recording is named for its style: "in the style of this tune" keeps no melody."""
    return re.search(
        r"\b(?:style|vibe|feel|sound|mood|spirit|manner)s? (?:of|as|like) (?:this|that|the|my|these)\b"
        r"|\b(?:sounds?|something|piece|music|song) (?:like|similar to) (?:this|that|the|my|these)\b"
        r"|\binspired by\b|\bas (?:a )?(?:style )?reference\b",
        text,
        re.IGNORECASE,
    ) is not None and not re.search(r"\b(?:keep|same|use|using) (?:the |my |this )?(?:melody|tune)\b", text)


def _given(text: str) -> str | None:
    """Return the name of the track that is there: "my guitar track", "this drum loop"."""
    for found in (*_GIVEN.finditer(text), *_GIVEN_OF.finditer(text), *_RECORDED.finditer(text)):
        word = found[1].strip().lower()
        if name := _track(word):
            return name
    return next((name for found in _MINE.finditer(text) if (name := _track(found[1].lower()))), None)


def _track(word: str) -> str | None:
    instrument = find_instrument(word)
    return instrument.name if instrument is not None else word if word in VOICES else None
