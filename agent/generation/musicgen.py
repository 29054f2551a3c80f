"""Backends `musicgen` and `musicgen-melody`: MusicGen (Copet et al., 2023, arXiv:2306.05284) through transformers.

Its code is free, its weights are CC-BY-NC-4.0: it answers only after an explicit opt-in. The first goes on from a
recording as well; the second follows a melody by its chroma. At most 30 s, a recording that is continued included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agent.generation.adapters.base import SystemBackend, prompt_of
from agent.generation.adapters.clips import MAX_DECODED_S, sound_of
from agent.generation.adapters.lora import adapted, lacking
from agent.generation.backend import Cancel, Progress
from agent.generation.mastering import RATE, Sound
from agent.generation.systems import System, systems
from agent.generation.values import (
    GenerationCancelledError,
    GenerationError,
    GenerationRequest,
    InvalidRequestError,
)

if TYPE_CHECKING:
    import torch

__all__ = ["MusicGen", "prompt_of"]

MAX_SECONDS = 30.0
_CODEBOOK_DELAY = 4  # tokens that the delay pattern of the codebooks takes off the end
_MODELS = {"musicgen": "MusicgenForConditionalGeneration", "musicgen-melody": "MusicgenMelodyForConditionalGeneration"}
# The chroma that the melody model was trained with (transformers' MusicgenMelodyFeatureExtractor).
_WINDOW, _HOP = 16_384, 4096


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Tokenizer and model of transformers, whose own types change from release to release, and the model's rates."""

    tokenizer: Any
    model: Any
    sampling_rate: int
    frame_rate: float


class MusicGen(SystemBackend):
    """MusicGen from a local folder or from the hub's local cache; it never downloads.

    Args:
        source: a folder with a MusicGen checkpoint (safetensors), or a hub id such as "facebook/musicgen-small".
        allow_noncommercial: the opt-in to weights under CC-BY-NC-4.0.
        device: "cpu", "cuda" or "mps".
        system: the entry, `musicgen` or `musicgen-melody`.
        adapters: the folder of its LoRA adapters; None takes none.
    """

    def __init__(
        self,
        source: str | Path,
        *,
        allow_noncommercial: bool = False,
        device: str = "cpu",
        system: System | None = None,
        adapters: Path | None = None,
    ) -> None:
        super().__init__(system or systems()["musicgen"])
        self._source, self._allowed, self._device = str(source), allow_noncommercial, device
        self._adapters = adapters
        self._loaded: _Loaded | None = None

    def prepare(self) -> None:
        """Load the weights.

        Raises:
            GenerationError: they are missing, or not a MusicGen checkpoint.
        """
        if self._loaded is not None:
            return
        import transformers
        from safetensors import SafetensorError

        library: Any = transformers
        try:
            tokenizer = library.AutoTokenizer.from_pretrained(self._source, local_files_only=True)
            model = getattr(library, _MODELS[self.id]).from_pretrained(
                self._source, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            words = " ".join(str(error).split())[:200]
            raise GenerationError(f"the {self.title} weights at {self._source} cannot be loaded ({words})") from error
        encoder = model.config.audio_encoder
        self._loaded = _Loaded(tokenizer, model.to(self._device).eval(), encoder.sampling_rate, encoder.frame_rate)

    def release(self) -> None:
        self._loaded = None

    def _pace(self) -> float:
        return self.system.seconds_per_second * (12.0 if self._device == "cpu" else 1.0)

    def _unready(self) -> str:
        if not self._allowed:
            return (
                f"{self.title}'s weights are {self.system.weights_licence}, for non-commercial use; "
                "allow non-commercial models to use them"
            )
        if not self._present():
            return (
                f"no {self.title} weights at {self._source}; put them there with: "
                f"hf download {self.system.model} --local-dir {self._source}"
            )
        return ""

    def _lacking(self, request: GenerationRequest) -> tuple[str, ...]:
        return lacking(self._adapters, request.adapters)

    def _present(self) -> bool:
        folder = Path(self._source)
        if folder.is_dir():
            return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
        if folder.is_absolute() or self._source.count("/") != 1:
            return False
        from huggingface_hub import try_to_load_from_cache

        return isinstance(try_to_load_from_cache(self._source, "config.json"), str)

    def _sound(self, request: GenerationRequest, folder: Path, progress: Progress, cancel: Cancel) -> Sound:
        import soxr

        progress(0.0, f"loading {self.title}")
        self.prepare()
        loaded = self._loaded
        assert loaded is not None
        heard = self._heard(request, folder, loaded, cancel)
        wave = self._sample(request, heard, loaded, progress, cancel)
        if request.continues is not None and heard is not None:
            wave = wave[:, heard["input_values"].shape[-1] :]
        mono = wave.T  # (frames, channels)
        stereo = np.repeat(mono, 2, axis=1) if mono.shape[1] == 1 else mono
        return np.ascontiguousarray(soxr.resample(stereo, loaded.sampling_rate, RATE), dtype=np.float32)

    def _heard(
        self, request: GenerationRequest, folder: Path, loaded: _Loaded, cancel: Cancel
    ) -> dict[str, torch.Tensor] | None:
        """Return the model's input for the recording that is continued or whose melody is kept; None without one."""
        import soxr
        import torch

        clip = request.continues or request.melody
        if clip is None:
            return None
        if request.continues is not None:
            room = MAX_SECONDS - request.duration_s
            if room < 1:
                raise InvalidRequestError(
                    f"going on for {request.duration_s:g} s leaves no room for the recording in {self.title}'s "
                    f"{MAX_SECONDS:g} s; ask for a shorter piece"
                )
            sound = sound_of(clip, folder, clip.seconds or MAX_DECODED_S, cancel)[-round(room * RATE) :]
        else:
            sound = sound_of(clip, folder, min(clip.seconds or request.duration_s, request.duration_s), cancel)
        mono = soxr.resample(sound.mean(axis=1), RATE, loaded.sampling_rate)
        values = torch.from_numpy(np.ascontiguousarray(mono, dtype=np.float32))
        if request.continues is None:
            return {"input_features": _chroma(values, loaded.sampling_rate)[None]}
        whole = (
            len(values)
            // round(loaded.sampling_rate / loaded.frame_rate)
            * round(loaded.sampling_rate / loaded.frame_rate)
        )
        channels = loaded.model.config.audio_encoder.audio_channels
        return {"input_values": values[:whole].expand(1, channels, whole)}

    def _sample(
        self,
        request: GenerationRequest,
        heard: dict[str, torch.Tensor] | None,
        loaded: _Loaded,
        progress: Progress,
        cancel: Cancel,
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        """Draw audio tokens until the length is reached or the work is cancelled; returns ``(channels, frames)``."""
        import torch

        tokens = math.ceil(request.duration_s * loaded.frame_rate) + _CODEBOOK_DELAY
        done = 0

        def watch(ids: torch.Tensor, scores: object, **_: object) -> torch.Tensor:
            nonlocal done
            if cancel.is_set():  # a return value would end the sampling too, but decoding half a pattern fails
                raise GenerationCancelledError("the generation was stopped")
            done += 1
            progress(min(0.9, 0.1 + 0.8 * done / tokens), "sampling")
            return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)

        inputs = dict(loaded.tokenizer([prompt_of(request)], padding=True, return_tensors="pt")) | (heard or {})
        inputs = {name: value.to(self._device) for name, value in inputs.items()}
        with (
            adapted(loaded.model, self._adapters, request.adapters),
            torch.random.fork_rng(),
            torch.inference_mode(),
        ):
            torch.manual_seed(request.seed)
            wave = loaded.model.generate(
                **inputs, do_sample=True, guidance_scale=3.0, max_new_tokens=tokens, stopping_criteria=[watch]
            )
        sampled: np.ndarray[tuple[int, int], np.dtype[np.float32]] = wave[0].float().cpu().numpy()
        return sampled


def _chroma(wave: torch.Tensor, rate_hz: int) -> torch.Tensor:
    """Return the strongest pitch class of each window as one-hot ``(windows, 12)``.

    The feature extractor of transformers does the same and needs torchaudio, of which there is no build for every
    version of torch.
    """
    import torch
    from transformers.audio_utils import chroma_filter_bank

    if len(wave) < _WINDOW:
        wave = torch.nn.functional.pad(wave, (0, _WINDOW - len(wave)))
    window = torch.hann_window(_WINDOW)
    power = torch.stft(wave, _WINDOW, _HOP, window=window, return_complex=True).abs() ** 2
    filters = torch.from_numpy(chroma_filter_bank(_WINDOW, 12, rate_hz)).float()
    strongest = (filters @ power).argmax(dim=0)
    return torch.nn.functional.one_hot(strongest, 12).float()
