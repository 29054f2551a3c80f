"""What is said of the music under a film, done to its cue sheet: "keep the drums, calmer in the middle"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.errors import MessageError
from agent.languages import film_patterns, parts_as_pieces, read
from agent.planner.patterns import load_patterns
from agent.planner.pointing import handles_in, without_places
from agent.standing import compared, merge
from agent.values import Comparison
from catalog.errors import CueError
from catalog.films import MAX_SEGMENTS, Cue, CueSheet, FilmId, OriginalSound
from catalog.store import Catalogue
from catalog.values import Track
from retrieval.constraints import Constraint
from retrieval.film.desk import FilmDesk
from retrieval.film.timeline import Timeline
from retrieval.lexical import content_words
from retrieval.reading.wishes import Wishes, residue

Place = Literal["start", "middle", "end"] | int
Parse = Callable[[str], Wishes]
ChangeKind = Literal["music", "nothing fits", "level", "ducking", "silence", "split", "own sound"]

MAX_CHARACTERS = 2000
_STEP_DB = 3.0
_LOWEST_DB, _HIGHEST_DB, _DEEPEST_DB = -60.0, 12.0, 40.0
_WISH_CHARACTERS = 500
# A border that is made goes to a cut that lies so near, as a share of the film.
_NEAR = 0.12
_SHORTEST_S = 1.0
_FADE_S = 0.5
_BREAK = re.compile(
    r"[,;.!?，。；、！？\n]+|\b(?:and|but|then|und|aber|dann|pero|luego|mais|puis)\b|(?<!\w)[ye](?!\w)|(?<!\w)et(?!\w)|但是|然后|并且"
)
_OWN: tuple[tuple[str, OriginalSound], ...] = (("own_remove", "remove"), ("own_duck", "duck"), ("own_keep", "keep"))
_A_PIECE = re.compile(
    r"(?:\b(?:in|at|of|for)\s+)?(?:\bthe\s+)?(?:\b(?:\w+(?:st|nd|rd|th)|second|last)\s+(?:track|piece|song)s?|"
    r"\b(?:track|piece|song)s?\s*(?:#?\d+)?|#\d+)",
    re.IGNORECASE,
)
_HANDLING = ("silence", "louder", "quieter", "duck", "another")
_PLACES: tuple[Place, ...] = ("start", "middle", "end")


@dataclass(frozen=True, slots=True)
class CueOrder:
    """One change, at `places` (none: everywhere): segments by their number from 0, or a part of the film."""

    places: tuple[Place, ...] = ()
    wishes: tuple[Constraint, ...] = ()
    text: str = ""
    comparisons: tuple[Comparison, ...] = ()
    another: bool = False
    silent: bool = False
    gain_db: float = 0.0
    duck: bool = False
    original: OriginalSound | None = None

    @property
    def of_music(self) -> bool:
        """Tell whether it asks for other music."""
        return bool(self.wishes or self.text or self.comparisons or self.another)

    @property
    def acts(self) -> bool:
        """Tell whether it asks for anything."""
        return self.of_music or self.silent or self.duck or bool(self.gain_db) or self.original is not None


@dataclass(frozen=True, slots=True)
class CueOrders:
    """A message read: its `orders`, what all new music must `keep`, and the places that stay as they are."""

    orders: tuple[CueOrder, ...]
    keep: tuple[Constraint, ...] = ()
    spared: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class CueChange:
    """What became of a segment (from 0; None: the whole film): which `wish` its music was chosen by, or its level."""

    kind: ChangeKind
    segment: int | None = None
    wish: str = ""
    gain_db: float | None = None
    original: OriginalSound | None = None


@dataclass(frozen=True, slots=True)
class Directed:
    """The cue sheet after a message, and what changed in it."""

    sheet: CueSheet
    changes: tuple[CueChange, ...]


def read_orders(message: str, parse: Parse, segments: int) -> CueOrders:
    """Read what a message asks of the music under a film of so many segments, in any of the languages known."""
    if load_patterns().intent_of(read(message).text, has_results=True) == "chitchat":
        return CueOrders(())
    orders: list[CueOrder] = []
    keep: list[Constraint] = []
    spared: list[Place] = []
    leading: tuple[Place, ...] = ()  # "At the end louder, no drums": both are about the end
    for clause in filter(None, (part.strip() for part in _BREAK.split(message))):
        rest, handled = _handled(clause)
        rest, places, first = _places(rest, segments)
        if handled.original is None and (kept := film_patterns("keep").search(rest)):
            said = film_patterns("as_is").sub(" ", rest[kept.end() :])
            wishes = parse(read(said).text).constraints
            keep += [replace(wish, hard=True) for wish in wishes]
            spared += () if wishes else places
            continue
        order = handled if handled.silent or handled.duck else _wished(rest, handled, parse)
        if not order.acts:
            if places and orders and not leading:
                # "Calmer in the middle and at the end".
                orders[-1] = replace(orders[-1], places=(*orders[-1].places, *places))
            elif places:
                leading = places
            continue
        if places:
            leading = places if first else ()
        orders.append(replace(order, places=places or leading))
    return CueOrders(tuple(orders), tuple(keep), tuple(spared))


class CueDirector:
    """Changes cue sheets by words.

    Args:
        catalogue: keeps the sheets.
        desk: finds music for a stretch of a film.
        parse: reads wishes.
    """

    def __init__(self, catalogue: Catalogue, desk: FilmDesk, parse: Parse) -> None:
        self._catalogue, self._desk, self._parse = catalogue, desk, parse

    def direct(
        self, film_id: FilmId, message: str, licence: str = "film", expected_revision: int | None = None
    ) -> Directed:
        """Do what a message says, as one new revision; earlier wishes of a segment stand unless it says otherwise.

        Raises:
            MessageError: it is empty or too long, or asks nothing of the music.
            CueError: it names a segment that is not there.
            NotFoundError: no such film.
            ConflictError: somebody changed the sheet meanwhile.
        """
        if not message.strip() or len(message) > MAX_CHARACTERS:
            raise MessageError(f"The message has {len(message)} characters; write 1 to {MAX_CHARACTERS}.")
        film, timeline = self._desk.get(film_id)
        before = self._catalogue.films.sheet(film_id)
        if not before.cues:
            before = replace(before, cues=(self._desk.cue(film_id, None),))
        told = read_orders(message, self._parse, len(before.cues))
        if not told.orders and told.keep:
            told = replace(told, orders=(CueOrder(wishes=told.keep),))
        if not told.orders:
            shown = " ".join(message.split())[:80]
            raise MessageError(
                f"“{shown}” asks for no change of the music; say what and where, as in “calmer in the middle”."
            )
        work = _Work(self._desk, timeline, self._catalogue, before, film.duration_s, told, licence, self._parse)
        for order in told.orders:
            work.do(order)
        after = replace(before, cues=tuple(work.cues), original=work.original, duck_db=work.duck_db)
        if after != before:
            after = self._catalogue.films.put_sheet(film_id, after, expected_revision or before.revision)
        return Directed(after, tuple(work.changes))


class _Work:
    """The cues while a message is done to them."""

    def __init__(
        self,
        desk: FilmDesk,
        timeline: Timeline,
        catalogue: Catalogue,
        sheet: CueSheet,
        duration_s: float,
        told: CueOrders,
        licence: str,
        parse: Parse,
    ) -> None:
        self._desk, self._timeline, self._catalogue = desk, timeline, catalogue
        self._duration_s, self._told, self._licence, self._parse = duration_s, told, licence, parse
        self.cues, self.duck_db, self.original = list(sheet.cues), sheet.duck_db, sheet.original
        self.changes = list[CueChange]()
        self._single = len(self.cues) == 1

    def do(self, order: CueOrder) -> None:
        if order.original is not None:
            self.original = order.original
            self.changes.append(CueChange("own sound", original=order.original))
        if not (order.of_music or order.silent or order.duck or order.gain_db):
            return
        # Places that were no segments yet become some first, so that the numbers below stay.
        for place in (*self._told.spared, *order.places):
            self._segments(place)
        spared = {n for place in self._told.spared for n in self._segments(place)}
        chosen = [n for place in order.places for n in self._segments(place)] or list(range(len(self.cues)))
        chosen = sorted({*chosen} - spared)
        if order.duck:
            self._duck(chosen)
        for n in chosen:
            self._change(n, order)

    def _duck(self, chosen: Sequence[int]) -> None:
        """Lower the music under speech; where all of it is already, lower than it was."""
        if all(self.cues[n].duck for n in chosen):
            self.duck_db = min(self.duck_db + _STEP_DB, _DEEPEST_DB)
        for n in chosen:
            self.cues[n] = replace(self.cues[n], duck=True)
        self.changes.append(CueChange("ducking", gain_db=-self.duck_db))

    def _change(self, n: int, order: CueOrder) -> None:
        cue = self.cues[n]
        if order.silent:
            self.cues[n] = replace(cue, track_id=None, offset_s=0.0, wish="")
            self.changes.append(CueChange("silence", n))
            return
        if order.of_music:
            cue = self._music(n, order)
        if order.gain_db:
            gain_db = min(max(cue.gain_db + order.gain_db, _LOWEST_DB), _HIGHEST_DB)
            self.cues[n] = replace(cue, gain_db=gain_db)
            self.changes.append(CueChange("level", n, gain_db=gain_db))

    def _music(self, n: int, order: CueOrder) -> Cue:
        cue = self.cues[n]
        relative = compared(order.comparisons, self._reference(cue)) if order.comparisons else ()
        new = (*order.wishes, *self._told.keep, *relative)
        before = self._parse(cue.wish)
        wishes = merge(before.constraints, new)
        words = " ".join(dict.fromkeys(f"{residue(before.rest)} {order.text}".split()))
        found = self._desk.under(
            self._timeline, cue, words, self._licence, wishes=wishes, besides={each.track_id for each in self.cues}
        )
        wish = ", ".join(filter(None, [*dict.fromkeys(map(_words, wishes)), words]))[:_WISH_CHARACTERS]
        if found is None:
            self.changes.append(CueChange("nothing fits", n, wish))
            return cue
        self.cues[n] = replace(found, wish=wish)
        self.changes.append(CueChange("music", n, wish))
        return self.cues[n]

    def _reference(self, cue: Cue) -> Sequence[Track]:
        """Return what "calmer" is calmer than: the music that is there, else what the picture alone would get."""
        if cue.track_id is not None:
            return self._catalogue.library.get_many([cue.track_id])
        best = self._desk.under(self._timeline, cue, cue.wish, self._licence)
        return [] if best is None or best.track_id is None else self._catalogue.library.get_many([best.track_id])

    def _segments(self, place: Place) -> list[int]:
        if isinstance(place, int):
            if not 0 <= place < len(self.cues):
                raise CueError(f"There is no segment {place + 1}; the film has {len(self.cues)}.")
            return [place]
        count = len(self.cues)
        if self._single:
            return self._carved(place)
        if place == "middle" and count > 2:
            third = self._duration_s / 3
            inner = [
                n for n in range(1, count - 1) if third <= (self.cues[n].start_s + self.cues[n].end_s) / 2 <= 2 * third
            ]
            return inner or [count // 2]
        if place != "middle":
            return [0 if place == "start" else count - 1]
        return self._carved(place)

    def _carved(self, place: Place) -> list[int]:
        """Make a segment of the first, middle or last third, bordered by cuts where they lie near; return its place."""
        third = self._duration_s / 3
        from_s = 0.0 if place == "start" else self._border(2 * third if place == "end" else third)
        to_s = self._duration_s if place == "end" else self._border(third if place == "start" else 2 * third)
        if any([self._split(border) for border in (from_s, to_s)]):
            self.changes.append(CueChange("split"))
        inside = [n for n, cue in enumerate(self.cues) if from_s - 1e-6 <= (cue.start_s + cue.end_s) / 2 <= to_s + 1e-6]
        return inside or [len(self.cues) // 2]

    def _border(self, time_s: float) -> float:
        reach = _NEAR * self._duration_s
        cuts = [cut.time_s for cut in self._timeline.cuts if abs(cut.time_s - time_s) <= reach]
        return min(cuts, key=lambda at: abs(at - time_s), default=time_s)

    def _split(self, time_s: float) -> bool:
        for n, cue in enumerate(self.cues):
            if cue.start_s + _SHORTEST_S <= time_s <= cue.end_s - _SHORTEST_S:
                on = cue.offset_s + time_s - cue.start_s if cue.track_id is not None else 0.0
                fade_s = min(_FADE_S, (time_s - cue.start_s) / 4, (cue.end_s - time_s) / 4)
                first = replace(
                    cue, end_s=time_s, fade_out_s=fade_s, fade_in_s=min(cue.fade_in_s, (time_s - cue.start_s) / 4)
                )
                second = replace(
                    cue,
                    start_s=time_s,
                    offset_s=on,
                    fade_in_s=fade_s,
                    fade_out_s=min(cue.fade_out_s, (cue.end_s - time_s) / 4),
                )
                self.cues[n : n + 1] = [first, second]
                return True
        return False


def _handled(clause: str) -> tuple[str, CueOrder]:
    """Return what a clause does to what sounds, apart from which music it is, and the clause without that."""
    original = next((becomes for name, becomes in _OWN if film_patterns(name).search(clause)), None)
    for name, _ in _OWN:
        clause = film_patterns(name).sub(" ", clause)
    held = {name for name in _HANDLING if film_patterns(name).search(clause)}
    for name in _HANDLING:
        clause = film_patterns(name).sub(" ", clause)
    return clause, CueOrder(
        another="another" in held,
        silent="silence" in held,
        # "Quieter where she talks" ducks.
        gain_db=0.0 if "duck" in held else _STEP_DB * (("louder" in held) - ("quieter" in held)),
        duck="duck" in held,
        original=original,
    )


def _wished(said: str, order: CueOrder, parse: Parse) -> CueOrder:
    """Return an order with which music a clause, without its places, asks for."""
    patterns = load_patterns()
    english = read(said).text if said.strip() else ""
    wishes = parse(patterns.without_comparisons(english))
    # Free words ("please", "make it") are searched by only where something else says that music is asked for.
    text = " ".join(content_words(residue(wishes.rest))) if wishes.constraints or order.another else ""
    return replace(order, wishes=wishes.constraints, text=text, comparisons=patterns.comparisons_in(english))


def _places(clause: str, segments: int) -> tuple[str, tuple[Place, ...], bool]:
    """Return a clause without the places in it, the places, and whether it begins with one."""
    found: list[Place] = []
    first = False
    for place in _PLACES:
        for match in film_patterns(str(place)).finditer(clause):
            first = first or not clause[: match.start()].strip(" \t-–:")
            if place not in found:
                found.append(place)
    rest = clause
    for place in _PLACES:
        rest = film_patterns(str(place)).sub(" ", rest)
    rest = film_patterns("whole").sub(" ", rest)
    if not found:
        for pointed in parts_as_pieces(rest):
            numbers = handles_in(pointed, segments) or handles_in(pointed, MAX_SEGMENTS)
            if numbers:
                return without_places(_A_PIECE.sub(" ", pointed)), tuple(n - 1 for n in numbers), True
    return rest, tuple(found), first


def _words(wish: Constraint) -> str:
    """Return a wish in words that are read as the same wish again."""
    if wish.field == "vocal" and wish.value == "instrumental":
        return "no vocals"
    if wish.op in {"min", "max", "between"}:
        return wish.words
    return f"no {wish.value}" if wish.op == "not" else str(wish.value)
