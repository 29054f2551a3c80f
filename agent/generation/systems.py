"""The table of music generators that the field knows (`systems.toml`): what each can do, under which licence, and how.

"Adding a generator" is a row there and, where none of the adapters speaks to it, one file (docs/adding-a-backend.md).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from agent.generation.capabilities import Capability

Paradigm = Literal["autoregressive", "diffusion", "flow", "consistency", "adversarial", "symbolic", "staged", "any"]
AdapterName = Literal["composer", "abc", "musicgen", "diffusers", "ace-step", "http", "program", "none"]
Weights = Literal["open", "gated", "own", "remote", "none"]


class Frozen(BaseModel):
    """Base of what stands in the table: nothing else, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HttpForm(Frozen):
    """How a server takes a task and gives the sound, where it is no server of a kind of its own.

    `submit` and `poll` are paths below the address (`{job}` stands for the id), `fields` names a value for each field
    of the JSON body (text, duration_s, tempo_bpm, key, seed, lyrics, negative, steps, model), `extra` is sent as it is.
    `job`, `state` and `audio` are dotted places in the answers; without `job` the first answer holds the sound, and
    without `audio` its body is the sound. What `audio` names is an address on the same server, or base64.
    """

    submit: str
    fields: Mapping[str, str]
    extra: Mapping[str, str | int | float | bool] = {}
    job: str = ""
    poll: str = ""
    state: str = "status"
    done: tuple[str, ...] = ("succeeded", "completed", "done")
    failed: tuple[str, ...] = ("failed", "error", "cancelled")
    audio: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.job) != bool(self.poll) or (self.job and not self.audio):
            raise ValueError("a job needs `job`, `poll` and `audio`")
        return self


class System(Frozen):
    """One generator.

    `seconds_per_second` is the expected wall time for one second of music, on the hardware named (an order of
    magnitude, until pieces were made here). `gpu_gb` is the memory of the GPU that it asks for, 0 for none. Where
    there are no public weights, `served_by` names the closest system that can be had.
    """

    id: str
    title: str
    paradigm: Paradigm
    adapter: AdapterName
    capabilities: frozenset[Capability]
    max_seconds: float | None = None
    min_seconds: float = 1.0
    sample_rate_hz: int | None = None
    tempo_bpm: tuple[float, float] | None = None
    latency: Literal["faster than real time", "seconds", "minutes", "unknown"] = "unknown"
    seconds_per_second: float = 1.0
    code_licence: str | None = None
    weights: Weights
    weights_licence: str | None = None
    noncommercial: bool = False
    training_data: str | None = None
    citation: str | None = None
    hardware: str | None = None
    gpu_gb: float = 0.0
    model: str | None = None
    pipeline: str | None = None
    steps: Mapping[Literal["draft", "normal", "fine"], int] = Field(default={})
    http: HttpForm | None = None
    command: tuple[str, ...] = ()
    served_by: str | None = None
    note: str | None = None

    @property
    def licence(self) -> str:
        """The licence of the weights, or of the code where there are none, as one phrase."""
        return f"{self.weights_licence} (weights)" if self.weights_licence else self.code_licence or "not known"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        absent = self.weights == "none"
        if absent != (self.served_by is not None) or absent != (self.adapter == "none"):
            raise ValueError(f"{self.id}: without weights there is no adapter but `served_by`, and the reverse")
        if self.adapter == "diffusers" and not self.pipeline:
            raise ValueError(f"{self.id}: diffusers needs a `pipeline`")
        if not 0 < self.min_seconds <= (self.max_seconds or self.min_seconds):
            raise ValueError(f"{self.id}: limits of length")
        return self


def read_systems(text: str) -> dict[str, System]:
    """Read a table of systems, each `[id]` one; ValueError says what is wrong with it."""
    rows: dict[str, dict[str, Any]] = tomllib.loads(text)
    table = TypeAdapter(dict[str, System]).validate_python({name: {"id": name} | row for name, row in rows.items()})
    for system in table.values():
        if system.served_by is None:
            continue
        closest = table.get(system.served_by)
        if closest is None or closest.weights == "none" or not closest.capabilities & system.capabilities:
            raise ValueError(f"{system.id}: {system.served_by} cannot serve it")
    return table


@cache
def systems() -> Mapping[str, System]:
    """Return the table that ships, by id, in its order."""
    return read_systems(files("agent.generation").joinpath("systems.toml").read_text(encoding="utf-8"))
