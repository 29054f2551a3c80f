"""Pieces that a conversation has made: from words, after a track, for a clip, and on from the last piece."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.filmed import film_of
from agent.generation.brief import fields_said, parse_brief
from agent.generation.heard_tunes import HeardTune
from agent.generation.material import Clip
from agent.generation.tunes import tune_s
from agent.generation.values import (
    MAX_DURATION_S,
    MAX_TEMPO_BPM,
    MAX_TEXT,
    MIN_DURATION_S,
    MIN_TEMPO_BPM,
    GenerationError,
    GenerationRequest,
)
from agent.generation.worker import request_of
from agent.handoff import Started, Wish
from agent.outcomes import Outcome
from agent.turn import Tools, Turn
from agent.values import Attachment, Comparison, Decision, Evidence, GenerationOffer
from catalog.errors import NotFoundError, QuotaError
from catalog.values import GenerationId, Track
from encoders.errors import ModelMissingError
from retrieval.constraints import Constraint
from retrieval.lexical import content_words
from retrieval.reasons import CLEARLY
from retrieval.snapshot import Snapshot
from retrieval.values import SceneBrief

DEFAULT_GENERATION_S = 30.0
# How far one comparison goes: of the tempo and the length a share, of the energy (0 to 1) a step.
_TEMPO, _LENGTH, _ENERGY = 1.15, 1.5, 0.25
_USUAL_TEMPO_BPM, _USUAL_ENERGY = 100.0, 0.5
_MOODS = {"darker": "dark", "happier": "happy"}
_INSTRUMENTS_OF_A_TRACK = 3
# The order to compose is no part of what is to be composed.
_ORDER = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|sure|ok(?:ay)?|please|can you|could you|i want you to|and|but)\b\W*)*"
    r"(?:(?:compose|generate|synthesi[sz]e|create|make|write|produce)\s+(?:(?:me|us)\s+)?)?",
    re.IGNORECASE,
)

# "Something like #2 but with strings": which track is told by its title.
_LIKENESS = re.compile(
    r"\b(?:something|a piece|some music|music|a track|a song|a tune|one|another one)?\s*"
    r"(?:(?:a bit|just|kind of|exactly|more)\s+)?(?:like|similar to|in the (?:style|vein|spirit) of|based on)\s+"
    r"(?:#\s?\d{1,3}|(?:number|track|song)\s+\w+|the\s+\w+(?:\s+(?:one|track|song))?|this(?: one)?|that(?: one)?|it)\b"
    r"(?:,?\s+but\b)?",
    re.IGNORECASE,
)


class ComposingActs:
    """What a turn hands off to music generation."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def run(self, turn: Turn) -> Outcome:
        """Start a piece as the plan says; where it cannot be made, the outcome says why."""
        text = self._text(turn)
        duration_s = turn.plan.duration_s or DEFAULT_GENERATION_S
        heard = None
        try:
            started = self._varied(turn)
            if started is None:
                started, heard = self._anew(turn, text, duration_s)
        except (GenerationError, QuotaError) as error:
            offer = GenerationOffer(id=None, text=text[:200], duration_s=duration_s, offered=False)
            return Outcome(
                Decision(kind="generate", fit=0.0, reason=str(error)), Evidence(generation=offer), turn.standing
            )
        offer = GenerationOffer(id=started.id, text=started.text, duration_s=started.duration_s, offered=False)
        decision = Decision(kind="generate", fit=0.0, reason=started.reason)
        told = () if heard is None else (heard.sentence,)
        return Outcome(decision, Evidence(generation=offer, facts=told), turn.standing, composed=started.id)

    def before(self, turn: Turn) -> GenerationId | None:
        """Return the piece that the last one was made from, where the last turn made it; else None."""
        state = turn.state
        if state.composed is None or state.composed_at != state.turn:
            return None
        try:
            return self._tools.generations.get(state.composed).parent_id
        except NotFoundError:
            return None

    def _text(self, turn: Turn) -> str:
        text = _ORDER.sub("", turn.message, count=1)
        if turn.plan.agreed and turn.state.pending_generation is not None:
            # "yes, but slower" goes on from what was offered.
            more = turn.plan.constraints or content_words(turn.message)
            return f"{turn.state.pending_generation}, {text}" if more else turn.state.pending_generation
        return text

    def _anew(self, turn: Turn, text: str, duration_s: float) -> tuple[Started, HeardTune | None]:
        """Start a piece from words and what came with them; what was heard of a recorded melody comes back as well."""
        wish, heard = Wish(), None
        clip = next((a for a in turn.attachments if a.kind in {"video", "image"}), None)
        tune = next((a for a in turn.attachments if a.kind == "midi"), None)
        sound = next((a for a in turn.attachments if a.kind == "audio"), None)
        tracks = self._tools.catalogue.library.get_many(turn.handles())
        if clip is not None:
            brief = self._tools.suggester.look(clip.path)
            wish = _of_scene(brief)
            if clip.kind == "video" and (film := film_of(brief)) is not None:
                # The composer finds a tempo at which beats meet the cuts: a hint at one would be in its way.
                wish = replace(wish, film=film, video=Clip(str(clip.path), "video", clip.name), tempo_bpm=None)
            if turn.plan.duration_s is None and brief.curve:
                # The curve of a clip has a step a second, but at most so many.
                duration_s = float(max(len(brief.curve), *(s.end_s for s in brief.segments), MIN_DURATION_S))
        elif tune is not None:
            wish = Wish(files=(Clip(str(tune.path), "midi", tune.name),))
            if turn.plan.duration_s is None:
                duration_s = min(tune_s(tune.path, None, None), MAX_DURATION_S)
        elif sound is not None:
            wish, heard = self._of_sound(turn.message, sound)
            if wish.melody is not None and turn.plan.duration_s is None:
                duration_s = min(tune_s(wish.melody.existing(), None, None), MAX_DURATION_S)
        elif tracks:
            wish = _of_track(self._tools.engine.state.snapshot, tracks[0], text)
            text = f"{_LIKENESS.sub('', text).strip(' ,')} like “{tracks[0].title}”".strip()
        return self._tools.generations.start_from_text(text, duration_s, turn.user, _unsaid(wish, text)), heard

    def _of_sound(self, message: str, sound: Attachment) -> tuple[Wish, HeardTune | None]:
        """Return what a recording is for, as the words say; a melody is written down, and what was heard comes back.

        Raises:
            GenerationError: there is no melody of one voice in it, or nothing here can hear one.
        """
        asked = parse_brief(message, files=(Clip(str(sound.path), name=sound.name),))
        if asked.melody is None:
            return Wish(
                references=asked.references, continues=asked.continues, given=asked.given,
                fills=asked.fills, wanted=asked.wanted,
            ), None  # fmt: skip
        try:
            written, heard = self._tools.sung.written(asked), self._tools.sung.heard(asked)
        except ModelMissingError as error:
            raise GenerationError(str(error)) from error
        return Wish(melody=written.melody, wanted=asked.wanted), heard

    def _varied(self, turn: Turn) -> Started | None:
        """Start a piece on from the last one; None where the plan asks for none, or it is gone."""
        if turn.plan.variation is None or turn.state.composed is None:
            return None
        try:
            row = self._tools.generations.get(turn.state.composed)
        except NotFoundError:
            return None
        request = request_of(row)
        match turn.plan.variation:
            case "again":
                request = replace(request, seed=request.seed + 1)
            case "longer":
                more_s = turn.plan.duration_s or DEFAULT_GENERATION_S
                wished = changed(request, turn.plan.comparisons, turn.plan.constraints)
                request = self._going_on(row.id, wished, more_s)
            case "changed":
                request = changed(request, turn.plan.comparisons, turn.plan.constraints, turn.plan.duration_s)
                text = f"{request.text}, {_ORDER.sub('', turn.message, count=1)}"
                request = replace(request, text=text if len(text) <= MAX_TEXT else request.text)
        return self._tools.generations.start(request, user=turn.user, parent=row.id)

    def _going_on(self, piece: GenerationId, request: GenerationRequest, more_s: float) -> GenerationRequest:
        """Return a request that goes on from the sound, where a system here can; else one for a longer piece."""
        sound = self._tools.generations.audio_path(piece)
        if sound is not None:
            added = replace(request, duration_s=more_s, continues=Clip(str(sound), name="the last piece"))
            routing = self._tools.generations.route(added)
            able = [each for each in routing.considered if each.support.level == "full"]
            if able and able[0].backend in routing.chosen:
                return added
        return replace(request, duration_s=min(request.duration_s + more_s, MAX_DURATION_S))


def changed(
    request: GenerationRequest,
    comparisons: Sequence[Comparison],
    wishes: Sequence[Constraint],
    duration_s: float | None = None,
) -> GenerationRequest:
    """Return a request with changes: comparisons with it, wishes of its fields, a length in seconds."""
    for comparison in comparisons:
        request = _compared(request, comparison)
    for wish in wishes:
        request = _with_wish(request, wish)
    return request if duration_s is None else replace(request, duration_s=duration_s)


def _compared(request: GenerationRequest, comparison: Comparison) -> GenerationRequest:
    tempo = request.tempo_bpm or _USUAL_TEMPO_BPM
    energy = _USUAL_ENERGY if request.energy is None else request.energy
    match comparison:
        case "faster" | "slower":
            share = _TEMPO if comparison == "faster" else 1 / _TEMPO
            return replace(request, tempo_bpm=round(min(max(tempo * share, MIN_TEMPO_BPM), MAX_TEMPO_BPM)))
        case "calmer" | "more energetic":
            step = _ENERGY if comparison == "more energetic" else -_ENERGY
            return replace(request, energy=min(max(energy + step, 0.0), 1.0))
        case "shorter" | "longer":
            share = _LENGTH if comparison == "longer" else 1 / _LENGTH
            return replace(request, duration_s=min(max(request.duration_s * share, MIN_DURATION_S), MAX_DURATION_S))
        case "darker" | "happier":
            return replace(request, mood=_MOODS[comparison])
        case "older" | "newer":
            return request  # a piece to be written has no year


def _with_wish(request: GenerationRequest, wish: Constraint) -> GenerationRequest:
    """Return a request with one wish in its field; what no field holds is left to the words."""
    word = str(wish.value)
    if wish.op == "not":
        kept = tuple(i for i in request.instruments if i != word)
        avoided = f"{request.negative}, {word}" if request.negative else word
        refuses = wish.field in {"instrument", "genre"}
        return replace(request, instruments=kept, negative=avoided) if refuses else request
    match wish.field:
        case "tempo":
            ends = [end for end in wish.bounds() if MIN_TEMPO_BPM <= end <= MAX_TEMPO_BPM]
            return replace(request, tempo_bpm=sum(ends) / len(ends)) if ends else request
        case "duration":
            ends = [end for end in wish.bounds() if MIN_DURATION_S <= end <= MAX_DURATION_S]
            return replace(request, duration_s=sum(ends) / len(ends)) if ends else request
        case "key" | "mood" | "genre" | "instrument":
            said = parse_brief(f"music in {word}" if wish.field == "key" else f"{word} music")
            added = tuple(dict.fromkeys((*request.instruments, *said.instruments)))
            still = [w for w in request.negative.split(", ") if w and w not in said.instruments]
            return replace(
                request, key=said.key or request.key, mood=said.mood or request.mood,
                genre=said.genre or request.genre, instruments=added, negative=", ".join(still),
            )  # fmt: skip
        case _:
            return request


def _unsaid(wish: Wish, text: str) -> Wish:
    """Return a wish without what the words say themselves; instruments of both are played."""
    said = fields_said(text)
    if "instruments" in said and wish.instruments:
        together = tuple(dict.fromkeys((*parse_brief(text).instruments, *wish.instruments)))
        wish = replace(wish, instruments=together)
    return replace(
        wish,
        tempo_bpm=None if "tempo_bpm" in said else wish.tempo_bpm,
        key=None if "key" in said else wish.key,
        genre=None if "genre" in said else wish.genre,
        mood=None if "mood" in said else wish.mood,
        energy=None if "energy" in said else wish.energy,
    )


def _of_scene(brief: SceneBrief) -> Wish:
    """Return what a clip asks for."""
    moods = sorted((c for c, weight in brief.concepts.items() if weight > 0), key=lambda c: -brief.concepts[c])
    words = parse_brief(" ".join(f"{concept}," for concept in moods) + " music")
    return Wish(tempo_bpm=round(brief.tempo_bpm), energy=brief.energy, mood=words.mood, genre=words.genre)


def _of_track(snapshot: Snapshot, track: Track, text: str) -> Wish:
    """Return what a piece like a track should be: its tempo and key, and what clearly sounds in it."""
    row = snapshot.row_of[track.id]
    heard = {c.id: float(snapshot.column(c.id)[row]) for c in snapshot.vocabulary.concepts}
    clear = sorted((c for c, share in heard.items() if share >= CLEARLY), key=lambda c: -heard[c])
    words = parse_brief(f"{', '.join(clear)} music")
    avoided = parse_brief(text).negative
    instruments = tuple(i for i in words.instruments if i not in avoided)[:_INSTRUMENTS_OF_A_TRACK]
    tempo = track.tempo_bpm
    in_range = tempo is not None and MIN_TEMPO_BPM <= tempo <= MAX_TEMPO_BPM
    return Wish(
        tempo_bpm=round(tempo) if tempo is not None and in_range else None,
        key=track.key, genre=words.genre, mood=words.mood, instruments=instruments,
    )  # fmt: skip
