"""Which music generators are enabled here, and what each of the others would take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from agent.generation.broker import Policy
from agent.generation.errors import GenerationError
from agent.generation.systems import System, systems
from ui.settings import GeneratorSettings, Settings, SettingsError

if TYPE_CHECKING:
    from agent.generation.abc_tunes.writing import TuneWriter
    from agent.generation.backend import Backend
    from agent.generation.tasting import Taste


@dataclass(frozen=True, slots=True)
class Offer:
    """A system of the table: its backend where it is enabled, and else what it takes to enable it."""

    system: System
    backend: Backend | None = None
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """What backends make use of where it is there: what people voted for, and a language model that writes tunes."""

    taste: Taste | None = None
    tunes: TuneWriter | None = None


def offers(settings: Settings, help_: Help | None = None) -> tuple[Offer, ...]:
    """Go through the table with the settings; nothing is loaded and nobody is asked.

    Args:
        settings: which generators are set up.
        help_: what some backends make use of where it is there.

    Raises:
        SettingsError: a generator is set that the table does not have, or with a value that cannot be.
    """
    table = systems()
    unknown = set(settings.generators) - set(table)
    if unknown:
        raise SettingsError(
            f"No generator is called {min(unknown)[:40]!r}; there are: {', '.join(table)} (see: trichord backends)."
        )
    return tuple(_offer(system, settings, help_ or Help()) for system in table.values())


def policy_of(settings: Settings, offered: Sequence[Offer]) -> Policy:
    """Return how to choose; the GPU is looked at only where something that runs here asks for one."""
    asks = any(offer.backend is not None and offer.system.gpu_gb for offer in offered)
    return Policy(commercial=settings.generation_licences == "commercial", gpu_gb=gpu_gb() if asks else None)


@cache
def gpu_gb() -> float:
    """Return the memory of this machine's GPU in GB; 0 without one."""
    import torch

    if not torch.cuda.is_available():
        return 0.0
    return float(torch.cuda.get_device_properties(0).total_memory / 1e9)


def _offer(system: System, settings: Settings, help_: Help) -> Offer:
    told = settings.generators.get(system.id, GeneratorSettings())
    if system.id == "musicgen" and settings.musicgen is not None and told.weights is None:
        told = told.model_copy(update={"weights": settings.musicgen})
    try:
        system = System.model_validate(system.model_dump() | told.changes())
    except ValueError as error:
        raise SettingsError(f"The settings of the generator {system.id!r} cannot be: {error}.") from error
    if system.adapter == "none":
        closest = systems()[str(system.served_by)].title
        return Offer(system, remedy=f"no weights are public; the closest that can be had is {closest}")
    remedy = _lacks(system, told, help_)
    if system.noncommercial and not settings.allow_noncommercial:
        opt_in = f"its weights are {system.weights_licence}: set allow_noncommercial = true to use them"
        return Offer(system, remedy="; ".join(filter(None, (remedy, opt_in))))
    if remedy:
        return Offer(system, remedy=remedy)
    try:
        return Offer(system, _BUILDERS[system.adapter](system, told, settings, help_))
    except GenerationError as error:
        return Offer(system, remedy=str(error))


def _lacks(system: System, told: GeneratorSettings, help_: Help) -> str:
    here = f"generators.{system.id}"
    fetch = f" (hf download {system.model} --local-dir FOLDER)" if system.model else ""
    match system.adapter:
        case "abc" if help_.tunes is None:
            return "it needs a language model larger than the embedded one: set llm (docs/settings.md)"
        case "musicgen" | "diffusers" if told.weights is None:
            return f"set {here}.weights to the folder of its weights{fetch}"
        case "ace-step" | "http" if told.url is None:
            return f"run its server and set {here}.url"
        case "program" if not told.command and (told.folder is None or not system.command):
            what = f"{here}.folder to where its program lies" if system.command else f"{here}.command to what runs it"
            return f"install it in an environment of its own and set {what}"
    return ""


def _composer(system: System, told: GeneratorSettings, settings: Settings, help_: Help) -> Backend:
    from agent.generation.composer import Composer

    return Composer(soundfont=settings.soundfont, taste=help_.taste)


def _abc(system: System, told: GeneratorSettings, settings: Settings, help_: Help) -> Backend:
    from agent.generation.abc_tunes.backend import AbcTunes

    assert help_.tunes is not None
    return AbcTunes(help_.tunes, settings.soundfont)


def _musicgen(system: System, told: GeneratorSettings, settings: Settings, help_: Help) -> Backend:
    from agent.generation.musicgen import MusicGen

    allowed = settings.allow_noncommercial
    return MusicGen(
        str(told.weights), allow_noncommercial=allowed, device=told.device, system=system, adapters=told.adapters
    )


def _diffusion(system: System, told: GeneratorSettings, settings: Settings, help_: Help) -> Backend:
    from agent.generation.adapters.diffusion import Diffusion

    return Diffusion(system, str(told.weights), device=told.device, adapters=told.adapters)


def _ace_step(system: System, told: GeneratorSettings, settings: Settings, help_: Help) -> Backend:
    from agent.generation.adapters.ace_step import AceStep

    return AceStep(system, str(told.url), told.secret)


def _http(system: System, told: GeneratorSettings, settings: Settings, help_: Help) -> Backend:
    from agent.generation.adapters.http import HttpBackend

    return HttpBackend(system, str(told.url), told.secret)


def _program(system: System, told: GeneratorSettings, settings: Settings, help_: Help) -> Backend:
    from agent.generation.adapters.program import Program

    return Program(system, told.command or system.command, told.folder)


_BUILDERS: dict[str, Callable[[System, GeneratorSettings, Settings, Help], Backend]] = {
    "composer": _composer,
    "abc": _abc,
    "musicgen": _musicgen,
    "diffusers": _diffusion,
    "ace-step": _ace_step,
    "http": _http,
    "program": _program,
}
