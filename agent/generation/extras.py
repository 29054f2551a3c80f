"""What is made of a piece's notes when somebody asks for it first: stems, MusicXML, pictures of the score.

They lie beside the piece, begin with its hash, and go with it. A file appears by one rename, so that what is there is
whole.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent.generation.midi import read_midi
from agent.generation.render import find_synth
from agent.generation.values import GenerationError


@dataclass(frozen=True, slots=True)
class Stem:
    """A part of a piece: its place from 1, and its name, such as "violin (lead)"."""

    number: int
    name: str


class Extras:
    """Makes and keeps them, one at a time.

    Args:
        soundfont: what stems are rendered with; None finds one, as the composer does.
    """

    def __init__(self, soundfont: Path | None = None) -> None:
        self._soundfont = soundfont
        self._lock = threading.Lock()

    def stems(self, midi: Path) -> list[Stem]:
        """Name the parts that play; nothing is rendered."""
        tracks = [track for track in read_midi(midi).instruments if track.notes]
        return [Stem(number, track.name or f"part {number}") for number, track in enumerate(tracks, 1)]

    def stem(self, midi: Path, number: int, duration_s: float) -> Path | None:
        """Return a part as FLAC, 24 bits, unmastered; None where there is no such part.

        The first that is asked for brings all of them: about as long as the piece took itself.

        Raises:
            GenerationError: nothing can be rendered here.
        """
        count = len(self.stems(midi))
        if not 1 <= number <= count:
            return None
        with self._lock:
            if not _beside(midi, f"stem{number}.flac").is_file():
                self._render(midi, duration_s)
        return _beside(midi, f"stem{number}.flac")

    def musicxml(self, midi: Path, title: str) -> Path:
        """Return the score as MusicXML.

        Raises:
            GenerationError: there are too many notes.
        """
        from agent.generation.notation import musicxml

        target = _beside(midi, "musicxml")
        with self._lock:
            if not target.is_file():
                _put(target, lambda path: path.write_bytes(musicxml(read_midi(midi), title)))
        return target

    def picture(self, midi: Path, title: str, page: int) -> tuple[str, int]:
        """Return a page of the score as SVG, and how many there are.

        Raises:
            GenerationError: there is no such page, or there are too many notes.
        """
        from agent.generation.notation import picture

        return picture(self.musicxml(midi, title).read_bytes(), page)

    def _render(self, midi: Path, duration_s: float) -> None:
        from agent.generation.stems import render_stems, write_stem

        synth = find_synth(self._soundfont)
        if isinstance(synth, str):
            raise GenerationError(synth)
        notes = read_midi(midi)
        notes.instruments = [track for track in notes.instruments if track.notes]
        sounds = render_stems(notes, synth, duration_s, midi.parent)
        for number, sound in enumerate(sounds, 1):
            _put(_beside(midi, f"stem{number}.flac"), partial(write_stem, sound))


def _beside(midi: Path, ending: str) -> Path:
    return midi.with_name(f"{midi.stem}.{ending}")


def _put(target: Path, write: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory(prefix=".extra-", dir=target.parent) as folder:
        draft = Path(folder) / target.name
        write(draft)
        draft.replace(target)
