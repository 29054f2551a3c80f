"""Blind battles: two sides made alike, then a vote, then what they were.

A battle is prepared by whoever asks for it, in short steps that can be repeated: its pieces are rows of the queue, and
its two sides are cut and levelled when both are there. Nothing is lost by a restart.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from agent.errors import BattleError
from agent.generation.filing import check_room
from agent.generation.mastering import RATE, master, write_flac
from agent.generation.values import GenerationError, GenerationRequest
from agent.generation.worker import request_of
from agent.handoff import GenerationService, Wish
from agent.languages import read
from catalog.battles import CATALOGUE, Battle, BattleId, BattleKind, Choice, Side
from catalog.errors import CatalogError
from catalog.ingest.open import UnreadableFileError, readable
from catalog.store import Catalogue
from catalog.values import Generation, GenerationId, Track, TrackId, UserId
from encoders.errors import EncoderError
from encoders.media.audio import SandboxedAudioAnalyzer
from retrieval.calibration import NOTHING_FITS
from retrieval.search import SearchEngine
from retrieval.values import Candidate

LONGEST_S = 60.0
LEAST_LISTENED_S = 5.0
MAX_WORDS = 500
# Sides of so many battles are kept, 10 MB each at most.
KEPT = 100
SideName = Literal["a", "b"]
# Below this a track has nothing to do with the words.
SPEAKS_FOR = 0.1
_CANDIDATES = 20
_LEVELLING = 0.9
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A battle to be made: words, and what is wished for beside them; `generation_id` is a piece that is there."""

    text: str
    kind: BattleKind
    wish: Wish = field(default_factory=Wish)
    generation_id: GenerationId | None = None
    backends: tuple[str, ...] = ()
    user: UserId | None = None


class Arena:
    """Makes battles and keeps their votes.

    Args:
        catalogue: keeps the rows, and has the tracks.
        engine: finds the track that fits the words.
        generations: makes the pieces.
        audio: cuts a stretch out of a track, in a capped child.
        folder: where the sides lie.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        engine: SearchEngine,
        generations: GenerationService,
        audio: SandboxedAudioAnalyzer,
        folder: Path,
    ) -> None:
        self._catalogue, self._engine, self._generations, self._audio = catalogue, engine, generations, audio
        self._rows, self._folder = catalogue.battles, folder
        self._lock = threading.Lock()

    def start(self, wanted: Wanted) -> Battle:
        """Begin a battle; its sides are drawn at random.

        Raises:
            BattleError: there is no second system, or no track that fits.
            GenerationError: nobody can make the piece.
            InvalidRequestError: a value is out of range, or no such system.
            QuotaError: too much waits already.
            NotFoundError: no such piece.
        """
        known = None if wanted.generation_id is None else self._generations.get(wanted.generation_id)
        if known is not None and known.status != "done":
            raise BattleError("This piece is not finished; wait for it, or start a battle from words alone.")
        request = self._generations.brief(wanted.text, wanted.wish) if known is None else request_of(known)
        if known is None and not wanted.text.strip():
            raise BattleError("The words are empty; say what both sides are to sound like.")
        sides = list(self._sides(wanted, request, known))
        secrets.SystemRandom().shuffle(sides)
        return self._rows.create(wanted.kind, request.text, sides[0], sides[1], wanted.user)

    def get(self, battle_id: BattleId) -> Battle:
        """Return a battle, a step further where it is being prepared; NotFoundError where there is none."""
        battle = self._rows.get(battle_id)
        return self._prepared(battle) if battle.status == "preparing" else battle

    def progress(self, battle: Battle) -> float:
        """Return how far the preparation is, in [0, 1]."""
        if battle.status != "preparing":
            return 0.0 if battle.status == "failed" else 1.0
        parts = [1.0 if row is None else row.progress for row in map(self._piece, (battle.a, battle.b))]
        return round(_LEVELLING * sum(parts) / 2, 3)

    def side_path(self, battle_id: BattleId, side: SideName) -> Path | None:
        """Return the file of a side, None while there is none."""
        path = self._folder / battle_id / f"{side}.flac"
        return path if self.get(battle_id).status in {"ready", "voted"} and path.is_file() else None

    def vote(
        self, battle_id: BattleId, choice: Choice, words: str, shared: bool, listened_s: tuple[float, float]
    ) -> Battle:
        """Keep a vote.

        Raises:
            BattleError: a side was heard for less than five seconds.
            VoteError: it is not ready, or has its vote.
            NotFoundError: no such battle.
        """
        if self.get(battle_id).status == "ready" and min(listened_s) < LEAST_LISTENED_S:
            raise BattleError(
                f"Listen to each side for at least {LEAST_LISTENED_S:.0f} s before you vote; "
                f"A was heard for {listened_s[0]:.0f} s, B for {listened_s[1]:.0f} s."
            )
        return self._rows.vote(battle_id, choice, words[:MAX_WORDS], shared, listened_s)

    def blind(self) -> set[GenerationId]:
        """Return the pieces that no list may show before the vote."""
        return self._rows.blind()

    def _sides(self, wanted: Wanted, request: GenerationRequest, known: Generation | None) -> tuple[Side, Side]:
        if wanted.kind == "catalogue":
            track = self._fitting(request, known)
            first = self._made(wanted, request, known, next(iter(wanted.backends), None))
            return first, Side(CATALOGUE, track_id=track.id)
        if wanted.kind == "backends":
            systems = self._two_systems(wanted, request, known)
            requests = [request, request]
        else:
            one = known.backend if known is not None and known.backend else next(iter(wanted.backends), None)
            systems = (one or self._able(request)[0],) * 2
            requests = [request, replace(request, seed=(request.seed + 1 + secrets.randbelow(1_000_000)) % 2**31)]
        first = self._made(wanted, requests[0], known, systems[0])
        try:
            return first, self._made(wanted, requests[1], None, systems[1])
        except (GenerationError, CatalogError):
            if not first.known and first.generation_id is not None:
                self._generations.cancel(first.generation_id)
            raise

    def _made(self, wanted: Wanted, request: GenerationRequest, known: Generation | None, system: str | None) -> Side:
        if known is not None:
            return Side(known.backend or "", generation_id=known.id, known=True)
        started = self._generations.start(request, backend=system, user=wanted.user)
        return Side(self._generations.get(started.id).backend or "", generation_id=started.id)

    def _able(self, request: GenerationRequest) -> Sequence[str]:
        routing = self._generations.route(request)
        if not routing.chosen:
            raise GenerationError(routing.explanation)
        return routing.chosen

    def _two_systems(self, wanted: Wanted, request: GenerationRequest, known: Generation | None) -> tuple[str, str]:
        given = list(dict.fromkeys(wanted.backends))
        if known is not None and known.backend is not None:
            given = [known.backend, *(name for name in given if name != known.backend)]
        given += [name for name in self._able(request) if name not in given]
        if len(given) < 2:
            raise BattleError(
                "Only one system can make that here; set up a second one, or compare two tries or the catalogue."
            )
        return given[0], given[1]

    def _fitting(self, request: GenerationRequest, known: Generation | None) -> Track:
        """Return the track made by people that is fit to stand against a piece, and can be played.

        That is the one that fits the words best; where none does, the one nearest by sound to a piece that is there;
        else whichever the words speak for at all.
        """
        best = self._by_words(request)
        if best is not None and best.score >= NOTHING_FITS:
            return best.track
        near = [] if known is None or known.result is None else json.loads(known.result).get("neighbours", [])
        tracks = self._catalogue.library.get_many([TrackId(str(each["track_id"])) for each in near])
        for track in tracks:
            if _can_stand(track):
                return track
        if best is not None and best.score >= SPEAKS_FOR:
            return best.track
        raise BattleError("No track of the catalogue can stand against it: none fits these words and can be played.")

    def _by_words(self, request: GenerationRequest) -> Candidate | None:
        words = request.text or " ".join(filter(None, (request.mood, request.genre, *request.instruments)))
        asked = self._engine.request(read(words, brief=True).text, _CANDIDATES)
        # The length of the piece is no wish about the track; where hard wishes leave nothing that fits, they are soft.
        wishes = tuple(wish for wish in asked.constraints if wish.field != "duration")
        best = None
        for constraints in dict.fromkeys([wishes, tuple(replace(wish, hard=False) for wish in wishes)]):
            found = self._engine.search(replace(asked, constraints=constraints)).candidates
            first = next((each for each in found if _can_stand(each.track)), None)
            if first is not None and (best is None or first.score > best.score):
                best = first
            if best is not None and best.score >= NOTHING_FITS:
                break
        return best

    def _piece(self, side: Side) -> Generation | None:
        return None if side.generation_id is None else self._generations.get(side.generation_id)

    def _prepared(self, battle: Battle) -> Battle:
        """Go a step on: wait, fail, or cut and level both sides."""
        try:
            pieces = [self._piece(side) for side in (battle.a, battle.b)]
        except CatalogError:
            return self._failed(battle, "A side was deleted while it was prepared; start another battle.")
        for piece in pieces:
            if piece is not None and piece.status in {"failed", "cancelled"}:
                return self._failed(battle, f"A side could not be made: {piece.message}")
        if any(piece is not None and piece.status != "done" for piece in pieces):
            return battle
        a, b = (
            side if piece is None else replace(side, system=piece.backend or side.system)
            for side, piece in zip((battle.a, battle.b), pieces, strict=True)
        )
        with self._lock:
            if (again := self._rows.get(battle.id)).status != "preparing":
                return again
            try:
                self._level(replace(battle, a=a, b=b))
            except (EncoderError, CatalogError, UnreadableFileError, GenerationError, BattleError, OSError) as error:
                return self._failed(battle, f"A side could not be prepared: {error}")
            return self._rows.settle(battle.id, "ready", "Listen to both.", a, b)

    def _failed(self, battle: Battle, message: str) -> Battle:
        return self._rows.settle(battle.id, "failed", message, battle.a, battle.b)

    def _level(self, battle: Battle) -> None:
        """Write both sides alike, so that no file gives itself away: one length, -14 LUFS, one encoder, no tags."""
        import soundfile

        folder = self._folder / battle.id
        draft = self._folder / f".{battle.id}-{secrets.token_hex(4)}"
        draft.mkdir(parents=True)
        try:
            check_room(draft, LONGEST_S)
            raw = [self._raw(side, draft / f"raw-{name}.flac") for name, side in (("a", battle.a), ("b", battle.b))]
            frames = min(int(LONGEST_S * RATE), *(soundfile.info(path).frames for path in raw))
            for name, path in zip("ab", raw, strict=True):
                sound, _ = soundfile.read(path, dtype="float32", always_2d=True, frames=frames)
                stereo = sound if sound.shape[1] == 2 else sound[:, :1].repeat(2, axis=1)
                write_flac(master(stereo, frames / RATE), draft / f"{name}.flac")
                path.unlink()
            shutil.rmtree(folder, ignore_errors=True)
            draft.replace(folder)
            self._make_way()
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _make_way(self) -> None:
        """Delete the sides of old battles; their votes stay."""
        kept = [path for path in self._folder.iterdir() if not path.name.startswith(".")]
        for old in sorted(kept, key=lambda path: -path.stat().st_mtime)[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def _raw(self, side: Side, target: Path) -> Path:
        """Write what a side is cut from: stereo FLAC at 44.1 kHz."""
        if side.generation_id is not None:
            piece = self._generations.audio_path(side.generation_id)
            if piece is None:
                raise BattleError("its file is gone")
            self._audio.preview(piece, target, 0.0, LONGEST_S)
            return target
        track = self._catalogue.library.get(TrackId(str(side.track_id)))
        if track.path is None:
            raise BattleError(f"the file of “{track.title}” is not known any more")
        with readable(track.path, track.member or "") as sound:
            self._audio.preview(sound, target, None, LONGEST_S)
        return target


def _can_stand(track: Track) -> bool:
    """Tell whether a track was made by people and its file is there."""
    return track.provenance != "generated" and track.path is not None and track.path.is_file()
