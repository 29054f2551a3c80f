"""Any server that takes a task as JSON and gives a sound, described by a few fields of the table (`HttpForm`).

It ships in the form of OpenAI's audio API: one POST, whose answer is the sound.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from pathlib import Path
from typing import Any

from agent.generation.adapters.base import SystemBackend, prompt_of, steps_of
from agent.generation.adapters.clips import decode
from agent.generation.adapters.server import Server, checked_url, run
from agent.generation.backend import Cancel, Progress
from agent.generation.errors import GenerationError
from agent.generation.mastering import Sound
from agent.generation.systems import HttpForm, System
from agent.generation.values import GenerationRequest
from catalog.names import clean

_POLL_S = 0.5


class HttpBackend(SystemBackend):
    """A system behind HTTP.

    Args:
        system: the entry, with its `http`.
        url: the server.
        key: goes along as a bearer token.
    """

    def __init__(self, system: System, url: str, key: str | None = None) -> None:
        super().__init__(system)
        if system.http is None:
            raise GenerationError(f"{system.id} has no [{system.id}.http] in the table; add it")
        self._form: HttpForm = system.http
        self._url, self._key = checked_url(url), key

    def _sound(self, request: GenerationRequest, folder: Path, progress: Progress, cancel: Cancel) -> Sound:
        made = folder / "made"
        run(self._conversation(self.body(request), made, progress), cancel)
        progress(0.92, "decoding")
        return decode(made, folder, request.duration_s, cancel)

    def body(self, request: GenerationRequest) -> dict[str, Any]:
        """Return the task as this server wants it; what was not asked for is left out."""
        known = {
            "text": prompt_of(request),
            "duration_s": request.duration_s,
            "tempo_bpm": request.tempo_bpm,
            "key": request.key,
            "time_signature": request.time_signature,
            "seed": request.seed,
            "lyrics": request.lyrics.plain if request.lyrics else None,
            "instrumental": None if request.vocals is None else not request.vocals,
            "negative": request.negative or None,
            "steps": steps_of(self.system, request),
            "model": self.system.model,
        }
        told = {field: known.get(name) for field, name in self._form.fields.items()}
        return {field: value for field, value in told.items() if value is not None} | dict(self._form.extra)

    async def _conversation(self, body: dict[str, Any], target: Path, progress: Progress) -> None:
        form = self._form
        async with Server(self.title, self._url, self._key) as server:
            progress(0.05, "generating")
            if not form.audio:
                await server.post_for_sound(form.submit, body, target)
                return
            answer = await server.ask(form.submit, body)
            if form.job:
                answer = await self._finished(server, str(self._at(answer, form.job)))
            progress(0.9, "downloading")
            await self._take(server, str(self._at(answer, form.audio)), target)

    async def _finished(self, server: Server, job: str) -> Any:
        if not job.replace("-", "").replace("_", "").isalnum():
            raise GenerationError(f"{self.title}'s server names a job {clean(job, 40)!r}, which is refused")
        while True:
            answer = await server.ask(self._form.poll.replace("{job}", job), get=True)
            state = str(self._at(answer, self._form.state))
            if state in self._form.done:
                return answer
            if state in self._form.failed:
                raise GenerationError(f"{self.title} says that the task {clean(state, 40)}; its log says more")
            await asyncio.sleep(_POLL_S)

    async def _take(self, server: Server, sound: str, target: Path) -> None:
        # The base64 of an MP3 may begin with two slashes; no address of this server does.
        if sound.startswith(("http:", "https:")) or (sound.startswith("/") and not sound.startswith("//")):
            await server.fetch(sound, target)
            return
        try:
            target.write_bytes(base64.b64decode(sound.partition("base64,")[2] or sound, validate=True))
        except binascii.Error as error:
            raise GenerationError(f"{self.title}'s server gives neither an address nor a sound in base64") from error

    def _at(self, answer: Any, place: str) -> Any:
        """Return what stands at a dotted place, such as ``data.0.url``."""
        for name in place.split("."):
            if isinstance(answer, list) and name.isdigit() and int(name) < len(answer):
                answer = answer[int(name)]
            elif isinstance(answer, dict) and name in answer:
                answer = answer[name]
            else:
                raise GenerationError(f"{self.title}'s server answers without {place!r}; check the form that is set")
        return answer
