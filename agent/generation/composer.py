"""Backend `composer`: composes by rule and a small model of melodies, renders with a SoundFont. No network, no GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from agent.generation.arranging import arrange, mood_of, style_named
from agent.generation.backend import Cancel, Progress
from agent.generation.capabilities import support
from agent.generation.choosing import choose
from agent.generation.finishing import finish
from agent.generation.instruments import find_instrument
from agent.generation.metre import METRES
from agent.generation.quartet import PLAYERS, asks_quartet
from agent.generation.render import find_synth
from agent.generation.styles import NEUTRAL, STYLES
from agent.generation.systems import systems
from agent.generation.tasting import Taste, Tasting
from agent.generation.values import (
    GeneratedAudio,
    GenerationError,
    GenerationRequest,
    InvalidRequestError,
    Support,
)

_ROLES = frozenset({"lead", "melody", "comp", "pad", "bass", "drums"})


class Composer:
    """A backend that is always there where FluidSynth and a SoundFont are.

    What it makes: instrumental music in twenty styles, in the key, tempo, length and with the instruments asked for, in
    2/4, 3/4, 4/4 or 6/8, over given chords or a given tune (MIDI), by a plan of sections or for a film; string quartets
    around any of their parts. It sings no
    words and imitates no recording. Pieces run up to 10 minutes.

    Args:
        soundfont: a General MIDI SoundFont to use instead of the one found on the system.
        taste: what people voted for, where enough did; it decides among the best of several.
    """

    id = "composer"
    title = "Trichord composer"
    licence = "Apache-2.0; sounds of the SoundFont, MIT for FluidR3_GM, GPL-2.0 for TimGM6mb"

    def __init__(self, soundfont: Path | None = None, taste: Taste | None = None) -> None:
        self._soundfont, self._taste = soundfont, taste

    def supports(self, request: GenerationRequest) -> Support:
        synth = find_synth(self._soundfont)
        if isinstance(synth, str):
            return Support.no(synth)
        if request.melody is not None and request.melody.kind != "midi":
            return Support.no(
                "it keeps a melody as MIDI; to hear a recording it needs `trichord models pull basic-pitch`"
            )
        told = support(systems()[self.id], request)
        if told.level == "no":
            return told
        try:
            arrange(request, np.random.default_rng(request.seed))
        except InvalidRequestError as error:
            return Support.no(str(error))
        missing = (*_missing(request), *told.missing)
        return Support.partial(*missing) if missing else Support.full()

    def estimate_s(self, request: GenerationRequest) -> float:
        """Give seconds on two ordinary cores: loading, then twenty times faster than it sounds."""
        return 1.5 + request.duration_s / 20

    def prepare(self) -> None:
        """Check that the synthesiser is there; it is a program of its own, nothing is loaded.

        Raises:
            GenerationError: it is not.
        """
        synth = find_synth(self._soundfont)
        if isinstance(synth, str):
            raise GenerationError(synth)

    def generate(self, request: GenerationRequest, dst: Path, progress: Progress, cancel: Cancel) -> GeneratedAudio:
        synth = find_synth(self._soundfont)
        if isinstance(synth, str):
            raise GenerationError(synth)
        progress(0.0, "composing")
        taste = None
        if self._taste is not None:
            taste = Tasting(self._taste, synth, request.duration_s, dst.parent, cancel)
        choice = choose(request, cancel.is_set, taste)
        return finish(choice.score, choice.told, self.id, request, dst, synth, progress, cancel)

    def release(self) -> None:
        """Do nothing: no memory is held between pieces."""


def _missing(request: GenerationRequest) -> tuple[str, ...]:
    """Name what of a request will not be heard: instruments, genre or mood that there are no sounds or rules for."""
    tracks = (name for name in request.wanted if name.lower() not in _ROLES)
    missing = [name for name in (*request.instruments, *tracks) if find_instrument(name) is None]
    if request.task == "quartet":
        players = {player.name for _, player in PLAYERS} | {"strings"}
        others = dict.fromkeys((*request.instruments, *request.wanted))
        missing += [f"{name} (the quartet plays alone)" for name in others if name not in {*players, *missing}]
    if any(curve.of == "rhythm" for curve in request.curves):
        if asks_quartet(request):
            missing.append("a curve of rhythm (the lines of a quartet are written without one)")
        elif request.melody is not None:
            missing.append("a curve of rhythm in the melody, which is kept")
    if request.genre and request.genre.lower() not in STYLES and style_named(request.genre) is None:
        missing.append(f"the genre {request.genre}")
    if request.mood and mood_of(GenerationRequest(mood=request.mood)) is NEUTRAL:
        missing.append(f"the mood {request.mood}")
    if request.time_signature is not None and request.time_signature not in METRES:
        missing.append(f"the time signature {request.time_signature} (it keeps to {', '.join(METRES)})")
    return tuple(missing)
