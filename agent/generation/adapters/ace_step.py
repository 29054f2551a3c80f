"""ACE-Step 1.5 by the REST API of its own server: submit, ask how it is, download.

Source: https://github.com/ace-step/ACE-Step-1.5, docs/en/API.md. Every answer is `{data, code, error}`; a task is 0
(waits or runs), 1 (done) or 2 (failed), and its result a JSON text in JSON.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np

from agent.generation.adapters.base import SystemBackend, prompt_of, steps_of
from agent.generation.adapters.clips import decode, sound_of
from agent.generation.adapters.server import Server, checked_url, run
from agent.generation.backend import Cancel, Progress
from agent.generation.errors import GenerationError, InvalidRequestError
from agent.generation.mastering import RATE, Sound, write_flac
from agent.generation.material import MAX_REFERENCE_S, Gap
from agent.generation.systems import System
from agent.generation.values import GenerationRequest
from catalog.names import clean

_POLL_S = 0.5
_METERS = {"2/4": "2", "3/4": "3", "4/4": "4", "6/8": "6"}
# So much before the place where a piece is continued is heard.
_CONTEXT_S = 120.0


class AceStep(SystemBackend):
    """ACE-Step 1.5 in a server of its own.

    It goes on from a recording by repainting the silence that is put behind it, and fills a gap by repainting that.

    Args:
        system: the entry.
        url: the server, such as http://127.0.0.1:8001.
        key: the server's key, if it asks for one.
    """

    def __init__(self, system: System, url: str, key: str | None = None) -> None:
        super().__init__(system)
        self._url, self._key = checked_url(url), key

    def _sound(self, request: GenerationRequest, folder: Path, progress: Progress, cancel: Cancel) -> Sound:
        files: dict[str, Path] = {}
        body, begins_s = task_of(self.system, request), 0.0
        if request.continues is not None:
            files["src_audio"], begins_s = self._scaffold(request, folder, cancel)
            end_s = begins_s + request.duration_s
            body |= {"task_type": "repaint", "repainting_start": begins_s, "repainting_end": end_s}
            body["audio_duration"] = end_s
        elif request.fills is not None:
            files["src_audio"], begins_s, whole_s = self._around(request.fills, folder, cancel)
            end_s = begins_s + request.duration_s
            body |= {"task_type": "repaint", "repainting_start": begins_s, "repainting_end": end_s}
            body["audio_duration"] = whole_s
        elif request.references:
            files["reference_audio"] = folder / "reference.flac"
            heard = request.references[0].seconds or MAX_REFERENCE_S
            write_flac(sound_of(request.references[0], folder, heard, cancel), files["reference_audio"])
        made = folder / "made"
        run(self._conversation(body, files, made, progress), cancel)
        progress(0.92, "decoding")
        return decode(made, folder, request.duration_s, cancel, start_s=begins_s)

    def _scaffold(self, request: GenerationRequest, folder: Path, cancel: Cancel) -> tuple[Path, float]:
        """Write the end of the recording with silence behind it; returns the file and where the silence begins."""
        clip, target = request.continues, folder / "scaffold.flac"
        assert clip is not None
        room = min(_CONTEXT_S, (self.system.max_seconds or _CONTEXT_S) - request.duration_s)
        sound = sound_of(clip, folder, clip.seconds or 900.0, cancel)[-max(RATE, round(room * RATE)) :]
        write_flac(np.concatenate([sound, np.zeros((round(request.duration_s * RATE), 2), np.float32)]), target)
        return target, len(sound) / RATE

    def _around(self, gap: Gap, folder: Path, cancel: Cancel) -> tuple[Path, float, float]:
        """Write the recording around a gap; returns the file, where the gap begins in it and how long it is."""
        target = folder / "around.flac"
        before_s = max(0.0, gap.start_s - _CONTEXT_S)
        sound = sound_of(gap.clip, folder, gap.end_s - before_s + _CONTEXT_S, cancel, start_s=before_s)
        whole_s = len(sound) / RATE
        if before_s + whole_s < gap.end_s:
            raise InvalidRequestError(
                f"the gap ends at {gap.end_s:g} s and the recording at {before_s + whole_s:.1f} s; name one inside"
            )
        write_flac(sound, target)
        return target, gap.start_s - before_s, whole_s

    async def _conversation(
        self, body: dict[str, Any], files: dict[str, Path], target: Path, progress: Progress
    ) -> None:
        async with Server(self.title, self._url, self._key) as server:
            progress(0.02, "sending the task")
            task = self._data(await server.ask("/release_task", body, files))
            task_id = task.get("task_id") if isinstance(task, dict) else None
            if not isinstance(task_id, str):
                raise GenerationError(f"{self.title}'s server answers without the id of a task; check its version")
            place = await self._made(server, task_id, progress)
            progress(0.9, "downloading")
            await server.fetch(place, target)

    async def _made(self, server: Server, task_id: str, progress: Progress) -> str:
        """Wait for the task; return where its sound lies."""
        while True:
            told = self._data(await server.ask("/query_result", {"task_id_list": [task_id]}))
            found = told[0] if isinstance(told, list) and told and isinstance(told[0], dict) else {}
            status = found.get("status")
            if status == 2:
                why = clean(str(found.get("error") or found.get("result") or ""), 160)
                raise GenerationError(f"{self.title} failed{f' (“{why}”)' if why else ''}; its log says more")
            if status == 1:
                return self._place(found.get("result"))
            if status != 0:
                raise GenerationError(f"{self.title}'s server does not know the task any more; ask again")
            progress(0.1, "generating")
            await asyncio.sleep(_POLL_S)

    def _place(self, result: object) -> str:
        try:
            pieces = json.loads(result) if isinstance(result, str) else result
        except (ValueError, RecursionError):
            pieces = None
        first = pieces[0] if isinstance(pieces, list) and pieces else None
        place = first.get("file") if isinstance(first, dict) else None
        if not isinstance(place, str) or not place:
            raise GenerationError(f"{self.title}'s server says that it is done and names no file; check its version")
        return place

    def _data(self, answer: object) -> Any:
        if not isinstance(answer, dict):
            raise GenerationError(f"{self.title}'s server answers in another form; check its version")
        if answer.get("error") or answer.get("code", 200) != 200:
            said = clean(str(answer.get("error") or ""), 160) or f"code {answer.get('code')}"
            raise GenerationError(f"{self.title}'s server refuses the task (“{said}”)")
        return answer.get("data")


def task_of(system: System, request: GenerationRequest) -> dict[str, Any]:
    """Return the body of a task. Without lyrics where a voice is wanted, the server's own model writes them."""
    body: dict[str, Any] = {
        "prompt": prompt_of(request),
        "lyrics": _lyrics(request),
        "audio_duration": request.duration_s,
        "seed": request.seed % 2**31,
        "use_random_seed": False,
        "batch_size": 1,
        "audio_format": "flac",
        "inference_steps": steps_of(system, request),
        "bpm": None if request.tempo_bpm is None else round(request.tempo_bpm),
        "key_scale": request.key,
        "time_signature": _METERS.get(request.time_signature or ""),
        "vocal_language": request.lyrics.language if request.lyrics else None,
    }
    if request.vocals and request.lyrics is None:
        body |= {"sample_query": prompt_of(request), "thinking": True}
    return {name: value for name, value in body.items() if value is not None}


def _lyrics(request: GenerationRequest) -> str:
    if request.lyrics is not None:
        return request.lyrics.plain
    if request.vocals:
        return ""
    return "\n".join(f"[{section.name}]" for section in request.sections) or "[Instrumental]"
