"""Backend `musicgen`: Meta's MusicGen (Copet et al., 2023, arXiv:2306.05284) through transformers.

Its code is free, its weights are CC-BY-NC-4.0: this backend answers only after an explicit opt-in. Trained on licensed
instrumental music; it makes at most 30 s, sings no words, and follows tempo and key only roughly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agent.generation.backend import Cancel, Progress
from agent.generation.mastering import RATE, Sound, master, write_flac
from agent.generation.values import (
    GeneratedAudio,
    GenerationCancelledError,
    GenerationError,
    GenerationRequest,
    Support,
)

if TYPE_CHECKING:
    import torch

MAX_SECONDS = 30.0
_CODEBOOK_DELAY = 4  # tokens that the delay pattern of the codebooks takes off the end


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Processor and model of transformers, whose own types change from release to release, and the model's rates."""

    processor: Any
    model: Any
    sampling_rate: int
    frame_rate: float


class MusicGen:
    """MusicGen from a local folder or from the hub's local cache; it never downloads.

    Args:
        source: a folder with a MusicGen checkpoint (safetensors), or a hub id such as "facebook/musicgen-small".
        allow_noncommercial: the opt-in to weights under CC-BY-NC-4.0.
        device: "cpu", "cuda" or "mps".
    """

    id = "musicgen"
    title = "MusicGen"
    licence = "CC-BY-NC-4.0 (weights)"

    def __init__(self, source: str | Path, *, allow_noncommercial: bool = False, device: str = "cpu") -> None:
        self._source, self._allowed, self._device = str(source), allow_noncommercial, device
        self._loaded: _Loaded | None = None

    def supports(self, request: GenerationRequest) -> Support:
        if not self._allowed:
            return Support.no(
                "MusicGen's weights are CC-BY-NC-4.0, for non-commercial use; allow non-commercial models to use them"
            )
        if not self._present():
            return Support.no(
                f"no MusicGen weights at {self._source}; put them there with: "
                f"hf download facebook/musicgen-small --local-dir {self._source}"
            )
        if request.duration_s > MAX_SECONDS:
            return Support.no(
                f"{request.duration_s:g} s is over MusicGen's limit of {MAX_SECONDS:.0f} s; ask for a shorter piece"
            )
        asked = (("an exact tempo", request.tempo_bpm), ("an exact key", request.key))
        missing = tuple(what for what, value in asked if value)
        return Support.partial(*missing) if missing else Support.full()

    def estimate_s(self, request: GenerationRequest) -> float:
        """Give seconds for the small model: about 12 times its length on a CPU, as long as it sounds on a GPU."""
        return 10 + request.duration_s * (12.0 if self._device == "cpu" else 1.0)

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
            processor = library.AutoProcessor.from_pretrained(self._source, local_files_only=True)
            model = library.MusicgenForConditionalGeneration.from_pretrained(
                self._source, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            words = " ".join(str(error).split())[:200]
            raise GenerationError(f"the MusicGen weights at {self._source} cannot be loaded ({words})") from error
        encoder = model.config.audio_encoder
        self._loaded = _Loaded(processor, model.to(self._device).eval(), encoder.sampling_rate, encoder.frame_rate)

    def generate(self, request: GenerationRequest, dst: Path, progress: Progress, cancel: Cancel) -> GeneratedAudio:
        progress(0.0, "loading MusicGen")
        self.prepare()
        sound = self._sample(request, progress, cancel)
        if cancel.is_set():
            raise GenerationCancelledError("the generation was stopped")
        progress(0.95, "mastering")
        sound = master(sound, request.duration_s)
        write_flac(sound, dst)
        progress(1.0, "done")
        return GeneratedAudio(path=dst, duration_s=len(sound) / RATE, seed=request.seed, backend=self.id)

    def release(self) -> None:
        self._loaded = None

    def _present(self) -> bool:
        folder = Path(self._source)
        if folder.is_dir():
            return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
        if folder.is_absolute() or self._source.count("/") != 1:
            return False
        from huggingface_hub import try_to_load_from_cache

        return isinstance(try_to_load_from_cache(self._source, "config.json"), str)

    def _sample(self, request: GenerationRequest, progress: Progress, cancel: Cancel) -> Sound:
        """Draw audio tokens until the length is reached or the work is cancelled."""
        import soxr
        import torch

        loaded = self._loaded
        assert loaded is not None
        tokens = math.ceil(request.duration_s * loaded.frame_rate) + _CODEBOOK_DELAY
        done = 0

        def watch(ids: torch.Tensor, scores: object, **_: object) -> torch.Tensor:
            nonlocal done
            if cancel.is_set():  # a return value would end the sampling too, but decoding half a pattern fails
                raise GenerationCancelledError("the generation was stopped")
            done += 1
            progress(min(0.9, 0.1 + 0.8 * done / tokens), "sampling")
            return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)

        inputs = loaded.processor(text=[prompt_of(request)], padding=True, return_tensors="pt").to(self._device)
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(request.seed)
            wave = loaded.model.generate(
                **inputs, do_sample=True, guidance_scale=3.0, max_new_tokens=tokens, stopping_criteria=[watch]
            )
        mono = wave[0].float().cpu().numpy().T  # (frames, channels)
        stereo = np.repeat(mono, 2, axis=1) if mono.shape[1] == 1 else mono
        return np.ascontiguousarray(soxr.resample(stereo, loaded.sampling_rate, RATE), dtype=np.float32)


def prompt_of(request: GenerationRequest) -> str:
    """Put all that is asked into words, the only thing that MusicGen understands."""
    parts = [request.text, request.mood or "", request.genre or "", ", ".join(request.instruments)]
    parts.append(f"{request.tempo_bpm:g} bpm" if request.tempo_bpm else "")
    parts.append(f"in {request.key}" if request.key else "")
    lowered = request.text.lower()
    return ", ".join(part for index, part in enumerate(parts) if part and (not index or part.lower() not in lowered))
