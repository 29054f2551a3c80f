"""Signals to vectors: the encoders in use, what measures sound and pictures, and the weights on disk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from ui.settings import Settings

if TYPE_CHECKING:
    from encoders.chosen import ChosenMusic, Gatekeeper
    from encoders.detection.detector import DetectorCard
    from encoders.media.audio import SandboxedAudioAnalyzer
    from encoders.media.video import SandboxedVideoAnalyzer
    from encoders.models.store import ModelStore
    from encoders.protocols import TextEncoder
    from encoders.values import Space
    from encoders.vision.zero_shot import ZeroShotReader

Chosen = TypeVar("Chosen")
MUSIC_SPACE = "musicnn-msd"
_logger = logging.getLogger(__name__)


class Encoding:
    """What every part stands on: the settings, what is closed in the end, and the encoders."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._closers: list[Callable[[], None]] = []

    @cached_property
    def models(self) -> ModelStore:
        """The weights on disk."""
        from encoders.models.store import ModelStore

        return ModelStore(self.settings.models_path, use_hub=self.settings.use_hub)

    @cached_property
    def audio(self) -> SandboxedAudioAnalyzer:
        """Measures sound files in capped children."""
        from encoders.media.audio import SandboxedAudioAnalyzer

        chosen = self.chosen_music
        encoder = None if chosen is None else chosen.music
        folder = None if self.detector is None else self.settings.detector_path
        analyzer = SandboxedAudioAnalyzer(self.models, workers=self.settings.workers, encoder=encoder, detector=folder)
        self._closers.append(analyzer.close)
        return analyzer

    @cached_property
    def detector(self) -> DetectorCard | None:
        """What is known of the detector of generated music; None where there is none that can be used."""
        from encoders.detection.detector import Detector
        from encoders.errors import EncoderError

        if not self.settings.detector_path.is_dir():
            return None
        try:
            return Detector(self.settings.detector_path).card
        except EncoderError as error:
            _logger.warning("nothing is said of generated music: %s", error)
            return None

    @cached_property
    def video(self) -> SandboxedVideoAnalyzer:
        """Looks at clips and pictures in capped children."""
        from encoders.media.video import SandboxedVideoAnalyzer

        analyzer = SandboxedVideoAnalyzer(self.models, reader=self._picture_reader())
        self._closers.append(analyzer.close)
        return analyzer

    @cached_property
    def gatekeeper(self) -> Gatekeeper:
        """Judges encoders that a setting names, once for each set of weights."""
        from encoders.chosen import Gatekeeper

        return Gatekeeper(self.settings.data_dir / "encoders.json")

    @cached_property
    def refused(self) -> dict[str, str]:
        """Encoders that a setting names and that are not in use, with the reason; embedded ones stand in."""
        return {}

    def _chosen(self, setting: str, choose: Callable[[], Chosen]) -> Chosen | None:
        from encoders.errors import EncoderError

        try:
            return choose()
        except EncoderError as error:
            self.refused[setting] = f"{str(error).rstrip('.')}. The embedded encoder stands in."
            _logger.warning("%s: %s", setting, self.refused[setting])
            return None

    @cached_property
    def text(self) -> TextEncoder | None:
        """The text encoder; None while its weights are missing (words then match by spelling only)."""
        from encoders.errors import EncoderError

        name = self.settings.text_encoder
        if name != "bge-small":
            from encoders.chosen import choose_text

            chosen = self._chosen("text_encoder", lambda: choose_text(name, self.gatekeeper))
            if chosen is not None:
                return chosen
        from encoders.text.onnx_text import OnnxTextEncoder

        try:
            return OnnxTextEncoder.from_store(self.models)
        except EncoderError as error:
            _logger.warning("no text encoder: %s", error)
            return None

    @cached_property
    def chosen_music(self) -> ChosenMusic | None:
        """The music encoder that a setting names; None for the embedded one."""
        name, free = self.settings.music_encoder, self.settings.allow_noncommercial
        if name == "musicnn":
            return None
        from encoders.chosen import choose_music

        return self._chosen("music_encoder", lambda: choose_music(name, self.gatekeeper, allow_noncommercial=free))

    def _picture_reader(self) -> ZeroShotReader | None:
        name = self.settings.vision_encoder
        if name == "efficientnet":
            return None
        from encoders.chosen import choose_pictures
        from encoders.vision.zero_shot import ZeroShotReader

        chosen = self._chosen("vision_encoder", lambda: choose_pictures(name, self.gatekeeper))
        return None if chosen is None else ZeroShotReader(chosen.text, chosen.frames, chosen.scale)

    @cached_property
    def music_space(self) -> Space:
        """The space in which tracks are compared by sound."""
        if self.chosen_music is not None:
            return self.chosen_music.music.space
        return next(s for s in self.audio.spaces if s.id == MUSIC_SPACE)

    @property
    def picture_space(self) -> Space:
        """The space in which a tri-modal model sees clips: that of the picture encoder in use."""
        return self.video.spaces[-1]

    def close(self) -> None:
        """Close everything that was opened, last first."""
        while self._closers:
            self._closers.pop()()
