"""Long work on clips, in capped child processes of its own: renders, proxies, the search for every cut."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from encoders.media.limits import MediaLimits
from encoders.media.mixing import Mix
from encoders.media.rendering import Rendered
from encoders.media.sandbox import Sandbox, Task
from encoders.values import Cut

PROXY_PX = 1280
LIMITS = MediaLimits(memory_bytes=3 << 30, cpu_s=8 * 3600, wall_s=6 * 3600.0, output_bytes=32 << 30)


class FilmEditor:
    """Thread-safe, `workers` pieces of work at a time; every method tells its progress and can be cancelled.

    Raises MediaError for what is wrong with a file or the disk, MediaCancelledError where it was ended. A file appears
    whole or not at all.
    """

    def __init__(self, limits: MediaLimits | None = None, workers: int = 3) -> None:
        self._sandbox = Sandbox(limits or LIMITS, workers)

    def render(self, clip: Path, target: Path, mix: Mix, task: Task) -> Rendered:
        """Write the clip with its mix as an MP4 file."""
        return self._run(clip, target, mix, None, task)

    def proxy(self, clip: Path, target: Path, task: Task) -> Rendered:
        """Write a small MP4 file of the clip that every browser plays, its sound at the level it has."""
        return self._run(clip, target, Mix((), loudness_lufs=None), PROXY_PX, task)

    def cuts(self, clip: Path, task: Task) -> tuple[Cut, ...]:
        """Compare every picture of a clip."""
        found = self._sandbox.run("cuts", clip, task).body["cuts"]
        return TypeAdapter(tuple[Cut, ...]).validate_python(found)

    def close(self) -> None:
        """End the child."""
        self._sandbox.close()

    def _run(self, clip: Path, target: Path, mix: Mix, longest_side: int | None, task: Task) -> Rendered:
        try:
            told = self._sandbox.run(
                "render", clip, task, target=str(target), mix=asdict(mix), longest_side=longest_side
            )
        finally:
            # A child that was killed cannot clear up behind itself.
            target.with_name(f".{target.name}.part").unlink(missing_ok=True)
        return TypeAdapter(Rendered).validate_python(told.body)
