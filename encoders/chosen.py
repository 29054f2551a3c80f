"""Encoders that a setting names, as ``kind:folder or hub name``; each passes its gate before it is used.

A verdict is kept by the weights' hash, so that a large model is tested once and not at every start.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from encoders.errors import EncoderError
from encoders.protocols import FrameEncoder, MusicEncoder, TextEncoder
from encoders.selftest import GateReport, gate_music, gate_pictures, gate_songs, gate_text
from encoders.values import Space


@dataclass(frozen=True, slots=True)
class ChosenPictures:
    """A joint model of texts and pictures, and what it multiplies cosines by."""

    text: TextEncoder
    frames: FrameEncoder
    scale: float


@dataclass(frozen=True, slots=True)
class ChosenMusic:
    """A music encoder; `text` is its text tower, where it has one."""

    music: MusicEncoder
    text: TextEncoder | None


class Gatekeeper:
    """Runs gates and remembers in a JSON file whom they accepted. A refused encoder is tested anew each time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def admit(self, space: Space, gate: Callable[[], GateReport]) -> str:
        """Return the figures of an accepted encoder; raises SelfTestError with the reason for any other."""
        known = self.accepted
        if space.weights_sha256 not in known:
            known[space.weights_sha256] = str(gate())
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(known, indent=1), encoding="utf-8")
        return known[space.weights_sha256]

    @property
    def accepted(self) -> dict[str, str]:
        """Return the figures of all that were accepted, by the hash of their weights."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def choose_text(name: str, keeper: Gatekeeper) -> TextEncoder:
    """Load a sentence-transformers model and let the gate judge it."""
    from encoders.text.sentence import SentenceTransformerEncoder

    encoder = SentenceTransformerEncoder.load(name)
    keeper.admit(encoder.space, lambda: gate_text(encoder))
    return encoder


def choose_pictures(setting: str, keeper: Gatekeeper) -> ChosenPictures:
    """Load ``clip:NAME`` or ``siglip:NAME``.

    Raises:
        EncoderError: Another kind, not loadable, or refused by the gate.
    """
    kind, name = _parts(setting, ("clip", "siglip"), "vision_encoder", "efficientnet")
    loaded: ChosenPictures
    if kind == "clip":
        from encoders.vision.clip import ClipEncoder

        clip = ClipEncoder.load(name)
        loaded = ChosenPictures(clip.text, clip.frames, clip.scale)
    else:
        from encoders.vision.siglip import SiglipEncoder

        siglip = SiglipEncoder.load(name)
        loaded = ChosenPictures(siglip.text, siglip.frames, siglip.scale)
    keeper.admit(loaded.frames.space, lambda: gate_pictures(loaded.text, loaded.frames))
    return loaded


def choose_music(setting: str, keeper: Gatekeeper, *, allow_noncommercial: bool = False) -> ChosenMusic:
    """Load ``clap:NAME``, ``mert:NAME`` or ``mulan:NAME``.

    Raises:
        EncoderError: Another kind, not loadable, its licence not accepted, or refused by the gate.
    """
    kind, name = _parts(setting, ("clap", "mert", "mulan"), "music_encoder", "musicnn")
    music: MusicEncoder
    text: TextEncoder | None = None
    if kind == "mert":
        from encoders.music.mert import MertEncoder

        music = MertEncoder.load(name).music
        keeper.admit(music.space, lambda: gate_music(music))
        return ChosenMusic(music, None)
    if kind == "clap":
        from encoders.music.clap import ClapEncoder

        clap = ClapEncoder.load(name)
        music, text = clap.music, clap.text
    else:
        from encoders.music.mulan import MulanEncoder

        mulan = MulanEncoder.load(name, allow_noncommercial=allow_noncommercial)
        music, text = mulan.music, mulan.text
    keeper.admit(music.space, lambda: gate_songs(text, music))
    return ChosenMusic(music, text)


def _parts(setting: str, kinds: tuple[str, ...], name: str, default: str) -> tuple[str, str]:
    kind, _, where = setting.partition(":")
    if kind not in kinds or not where:
        known = ", ".join(f"{k}:NAME" for k in kinds)
        raise EncoderError(f"The setting {name} is {setting!r}; choose {default} or one of {known}.")
    return kind, where
