"""Latent diffusion through diffusers: MusicLDM, AudioLDM 2, Stable Audio Open, or any audio pipeline like theirs.

MusicLDM: Chen et al., 2023, arXiv:2308.01546. AudioLDM 2: Liu et al., 2023, arXiv:2308.05734. Stable Audio Open: Evans
et al., 2024, arXiv:2407.14358.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from agent.generation.adapters.base import SystemBackend, check, prompt_of, steps_of
from agent.generation.adapters.lora import adapted, lacking
from agent.generation.backend import Cancel, Progress
from agent.generation.errors import GenerationError
from agent.generation.mastering import RATE, Sound
from agent.generation.systems import System
from agent.generation.values import GenerationRequest

_ON_A_CPU = 30.0


class Diffusion(SystemBackend):
    """One pipeline of diffusers from a local folder; it never downloads, and loads safetensors alone.

    A stop is seen between two steps of denoising: at once on a GPU, on a CPU within the step.

    Args:
        system: the entry; its `pipeline` names the class.
        source: the folder of the checkpoint, as `save_pretrained` writes it.
        device: "cpu", "cuda" or "mps".
        adapters: the folder of its LoRA adapters, on what removes the noise; None takes none.
    """

    def __init__(
        self, system: System, source: str | Path, *, device: str = "cpu", adapters: Path | None = None
    ) -> None:
        super().__init__(system)
        self._source, self._device, self._adapters = str(source), device, adapters
        self._pipeline: Any = None

    def prepare(self) -> None:
        """Load the weights.

        Raises:
            GenerationError: they are missing, damaged, or another pipeline's.
        """
        if self._pipeline is not None:
            return
        unready = self._unready()
        if unready:
            raise GenerationError(unready)
        import diffusers
        from safetensors import SafetensorError

        library: Any = diffusers
        try:
            pipeline = getattr(library, str(self.system.pipeline)).from_pretrained(
                self._source, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
            words = " ".join(str(error).split())[:200]
            raise GenerationError(f"the {self.title} weights at {self._source} cannot be loaded ({words})") from error
        pipeline.set_progress_bar_config(disable=True)
        self._pipeline = pipeline.to(self._device)

    def release(self) -> None:
        self._pipeline = None

    def _pace(self) -> float:
        return self.system.seconds_per_second * (_ON_A_CPU if self._device == "cpu" else 1.0)

    def _unready(self) -> str:
        if find_spec("diffusers") is None:
            return "diffusers is not installed; run: pip install 'trichord[diffusion]'"
        if not (Path(self._source) / "model_index.json").is_file():
            return (
                f"no {self.title} weights at {self._source}; put them there with: "
                f"hf download {self.system.model} --local-dir {self._source}"
            )
        return ""

    def _lacking(self, request: GenerationRequest) -> tuple[str, ...]:
        return lacking(self._adapters, request.adapters)

    def _sound(self, request: GenerationRequest, folder: Path, progress: Progress, cancel: Cancel) -> Sound:
        import soxr
        import torch

        progress(0.0, f"loading {self.title}")
        self.prepare()
        steps = steps_of(self.system, request) or 100

        def told(step: int, *_: object) -> None:
            check(cancel)
            progress(0.05 + 0.85 * min(1.0, (step + 1) / steps), "denoising")

        length = "audio_end_in_s" if self.system.pipeline == "StableAudioPipeline" else "audio_length_in_s"
        pipeline = self._pipeline
        denoiser = getattr(pipeline, "unet", None) or pipeline.transformer
        with (
            adapted(denoiser, self._adapters, request.adapters),
            torch.random.fork_rng(),
            torch.inference_mode(),
        ):
            torch.manual_seed(request.seed)  # some schedulers draw noise of their own
            made = self._pipeline(
                **self._words(prompt_of(request) or "music", request.negative),
                num_inference_steps=steps,
                generator=torch.Generator("cpu").manual_seed(request.seed),
                callback=told,
                callback_steps=1,
                **{length: request.duration_s},
            )
        wave = np.atleast_2d(np.asarray(torch.as_tensor(made.audios[0]).float().cpu().numpy()))  # (channels, frames)
        stereo = np.ascontiguousarray(np.broadcast_to(wave, (2, wave.shape[1])).T)
        return np.ascontiguousarray(soxr.resample(stereo, self._rate(), RATE), dtype=np.float32)

    def _words(self, prompt: str, negative: str) -> dict[str, Any]:
        """Return the words as the pipeline takes them.

        MusicLDM's pipeline is no longer kept up and stumbles over what CLAP returns in transformers 5, so it is given
        the embeddings.
        """
        if self.system.pipeline != "MusicLDMPipeline":
            return {"prompt": prompt, "negative_prompt": negative or None}
        return {"prompt_embeds": self._embedded(prompt), "negative_prompt_embeds": self._embedded(negative)}

    def _embedded(self, words: str) -> Any:
        pipeline = self._pipeline
        length = pipeline.tokenizer.model_max_length
        tokens = pipeline.tokenizer(
            words, padding="max_length", max_length=length, truncation=True, return_tensors="pt"
        ).to(self._device)
        told = pipeline.text_encoder.get_text_features(**tokens)
        return getattr(told, "pooler_output", told)

    def _rate(self) -> int:
        pipeline = self._pipeline
        vocoder = getattr(pipeline, "vocoder", None)
        return int(vocoder.config.sampling_rate if vocoder is not None else pipeline.vae.sampling_rate)
