"""Going on with the playlist of a conversation, and making it as it should be, by the code that every door uses."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.outcomes import Outcome, answer, continued, facts, with_results
from agent.planner.patterns import load_patterns
from agent.playlists import PlaylistActs
from agent.profile import ProfileActs
from agent.standing import TOPICS, compared, limits, merge
from agent.told import clock, many, told_of_list
from agent.turn import Tools, Turn
from agent.values import Decision, Evidence, ListShape, Standing, TurnPlan
from catalog.formats.playlist import read_playlist
from catalog.values import Playlist, TrackId
from retrieval.constraints import Constraint
from retrieval.continuation.arranging import ONCE, arranged
from retrieval.continuation.continuer import MAX_DURATION_S
from retrieval.continuation.resolving import named_tracks
from retrieval.continuation.values import Arrangement, Continuation, ContinuationRequest, Continued, NamedTrack
from retrieval.continuation.whole import arrangement_of, reshape
from retrieval.reading.wishes import residue, search_text
from retrieval.values import Candidate

# What comes into the gaps of a list unless told; what "more like these" counts beside the rest of the list.
_INTO_GAPS, _LEADS = 5, 4.0
_CALM_TO_WILD = ("calm", "energetic")
_SEEDS = 5  # liked tracks that a list of which nothing was said goes with


@dataclass(frozen=True, slots=True)
class _Given:
    """The playlist that a message speaks of: tracks, or the entries of a file; `title` are words to go by.

    `anew` says that nothing of what stood before counts for it; `document` is the stored playlist that it is.
    """

    ids: tuple[TrackId, ...] = ()
    named: tuple[NamedTrack, ...] = ()
    title: str = ""
    anew: bool = False
    document: Playlist | None = None


class ContinuingActs:
    """What a turn does with a playlist as a whole. Raises the ValueErrors of the continuer, each one sentence."""

    def __init__(self, tools: Tools, lists: PlaylistActs, profile: ProfileActs) -> None:
        self._tools = tools
        self._lists = lists
        self._profile = profile

    def run(self, turn: Turn) -> Outcome:
        """Go on with a playlist, put tracks into it, or make the whole of it another length, order or course."""
        given = self._given(turn)
        if not (given.ids or given.named or given.title) and turn.plan.shape is not None:
            turn = _by_energy(turn, turn.plan.shape)
            given = self._given(turn)
        if not (given.ids or given.named or given.title):
            return self._from_nothing(turn)
        turn = self._measured(turn, given)
        shape = turn.plan.shape or ListShape()
        if strange := [h for h in _places(shape) if not self._at(turn, given, (h,))]:
            return answer(turn.standing, f"There is no #{strange[0]} in the list.", "no such place")
        if (shape.duration_s or 0) > MAX_DURATION_S:
            return answer(turn.standing, "A list can be up to 24 hours long; ask for less.", "too long")
        seen, turn = turn.standing, self._standing(turn, given)
        if shape.whole:
            return self._reshaped(turn, seen, given)
        if shape.insert is not None and (given.ids or given.named):
            return self._inserted(turn, seen, given, shape)
        return self._continued(turn, given, shape)

    def _from_nothing(self, turn: Turn) -> Outcome:
        """Make a list of which nothing was said: it goes with what was liked here, or else with one track by chance."""
        snapshot = self._tools.engine.state.snapshot
        barred = self._lists.banned(turn.standing) | frozenset(turn.standing.dislikes)
        there = [TrackId(i) for i in snapshot.ids if i not in barred]
        seeds = tuple(i for i in turn.standing.likes if i in there)[-_SEEDS:]
        if not seeds and there:
            chance = hashlib.sha256(f"{turn.state.session_id} {turn.state.turn}".encode()).digest()
            seeds = (there[int.from_bytes(chance[:8]) % len(there)],)
        if not seeds:
            return answer(turn.standing, "There is no track to begin a list with.", "nothing to begin with")
        given = _Given(seeds, anew=True)
        outcome = self._continued(self._standing(turn, given), given, turn.plan.shape or ListShape())
        (first,) = self._tools.catalogue.library.get_many(seeds[-1:])
        words = f"You did not say what it should be like, so it goes with “{first.title}”; name a mood or a genre."
        told = outcome.evidence.model_copy(update={"facts": (words, *outcome.evidence.facts)})
        return replace(outcome, evidence=told)

    def _standing(self, turn: Turn, given: _Given) -> Turn:
        """Return a turn with what stands after its wishes."""
        return replace(turn, state=turn.state.model_copy(update={"standing": self._stands(turn, given)}))

    def searched_for(self, turn: Turn) -> tuple[TrackId, ...] | None:
        """Return the tracks after which come those that a message asks for by words; None where it asks for no such.

        A list that is begun by words has none before; "songs by her to add to the playlist" has those of the playlist.
        """
        plan = turn.plan
        if plan.shape is not None or plan.duration_s is not None or plan.handles or turn.attachments:
            return None
        given = self._given(turn)
        asks = any(c.field in TOPICS and c.op != "not" for c in plan.constraints)
        return given.ids if given.title and (asks or not given.ids) else None

    def _measured(self, turn: Turn, given: _Given) -> Turn:
        """Return a turn whose length is a number where it said "twice as long", "longer" or "ten minutes shorter"."""
        shape = turn.plan.shape
        if shape is None or (shape.factor, shape.delta_s, shape.delta_n) == (None, None, None):
            return turn
        tracks = self._tools.catalogue.library.get_many(given.ids or self._resolved(given))
        now = sum(t.duration_s for t in tracks)
        length: dict[str, float | None] = {"factor": None, "delta_s": None, "delta_n": None}
        if shape.delta_n is not None:
            length["n"] = max(1, len(tracks) + shape.delta_n)
        elif shape.delta_s is not None:
            length["duration_s"] = max(1.0, now + shape.delta_s)
        elif shape.factor is not None:
            length["duration_s"] = max(1.0, shape.factor * now)
        shape = shape.model_copy(update=length)
        return replace(turn, plan=turn.plan.model_copy(update={"shape": shape}))

    def _given(self, turn: Turn) -> _Given:
        standing, plan = turn.standing, turn.plan
        # "a playlist of calm piano": its words are its title.
        title = search_text(plan.constraints, residue(plan.text))
        if files := [a for a in turn.attachments if a.kind == "playlist"]:
            document = read_playlist(files[0].path.read_bytes(), files[0].name)
            return _Given(named=named_tracks(document), title=document.title or title, anew=True)
        if turn.handles():
            return _Given(turn.handles(), title=title)
        cue = load_patterns().cue
        stored = self._lists.document(standing)
        collected = standing.playlist
        if plan.shape is not None and not (collected or stored or standing.results):
            # A list from one sound to another is about both.
            title = " ".join((*plan.shape.sounds, title)).strip()
        if plan.shape is None or cue("new_list", turn.message):
            ids = () if cue("new_list", turn.message) and title else collected
            return _Given(ids or (() if title else standing.results), title=title, anew=not ids and bool(title))
        there = tuple(e.track_id for e in stored.entries if e.track_id is not None) if stored else ()
        collected = collected or there
        # What was found since is what "it" means, unless the playlist is named.
        newer = bool(standing.results) and not set(standing.results) <= set(collected)
        ids = standing.results if newer and not cue("playlist", turn.message) else collected or standing.results
        return _Given(ids, title=title, document=stored if stored and set(there) & set(ids) else None)

    def _at(self, turn: Turn, given: _Given, places: Sequence[int]) -> tuple[TrackId, ...]:
        """Return the tracks at places of what the user sees: the list on the screen, or the file that was given."""
        if not given.named:
            return tuple(turn.standing.results[p - 1] for p in places if p <= len(turn.standing.results))
        resolver = self._tools.continuer.resolver()
        found = [resolver.find(given.named[p - 1]) for p in places if p <= len(given.named)]
        return tuple(hit[0] for hit in found if hit is not None)

    def _stands(self, turn: Turn, given: _Given) -> Standing:
        """Return what stands with the wishes of this turn: those of the list are kept until another one is begun."""
        standing, plan = turn.standing, turn.plan
        shape = plan.shape or ListShape()
        tracks = self._tools.catalogue.library.get_many(given.ids)
        wishes = [*plan.constraints, *compared(plan.comparisons, tracks)]
        # What was kept of another list is no part of this one.
        before = () if given.anew else tuple(i for i in standing.kept if i in given.ids)
        kept = dict.fromkeys((*before, *self._at(turn, given, shape.keep)))
        return standing.model_copy(
            update={
                "constraints": merge(() if given.anew else standing.constraints, wishes),
                "shape": _merged(None if given.anew else standing.shape, shape),
                "kept": tuple(kept),
            }
        )

    def _request(self, turn: Turn, given: _Given) -> ContinuationRequest:
        standing, shape = turn.standing, turn.plan.shape or ListShape()
        return ContinuationRequest(
            track_ids=given.ids,
            tracks=given.named,
            title=given.title,
            n=shape.n or turn.plan.n,
            duration_s=shape.duration_s or turn.plan.duration_s,
            constraints=_for_list(standing.constraints, turn.plan),
            exclude=self._lists.banned(standing),
            liked=standing.likes,
            disliked=standing.dislikes,
            arc=shape.arc,
            order=shape.order if shape.order == "best" or shape.order == "smooth" else None,
        )

    def _continued(self, turn: Turn, given: _Given, shape: ListShape) -> Outcome:
        request = self._request(turn, given)
        # What the user never wants does not come in; what is in a list already is theirs.
        request = replace(request, constraints=(*request.constraints, *self._profile.nevers(turn.user, request)))
        if shape.more:
            fewer = self._at(turn, given, shape.fewer)
            weights = dict.fromkeys(self._at(turn, given, shape.more), _LEADS) | dict.fromkeys(fewer, 0.0)
            request = replace(request, seed_weights=weights, skipped=fewer)
        going_on = self._tools.continuer.continue_playlist(request)
        arrangement = None if given.ids or given.named else arrangement_of(shape.order, shape.descending)
        if arrangement is not None:
            going_on = replace(going_on, tracks=self._arranged(going_on.tracks, arrangement))
        outcome = continued(turn.standing, going_on, given.ids)
        if turn.plan.shape is None:
            return outcome
        words = self._told(turn, going_on.tracks, (), request, arrangement)
        if going_on.tracks:
            size = f"{many(len(going_on.tracks))}, {clock(sum(c.track.duration_s for c in going_on.tracks))}"
            theirs = given.named or (given.ids and not given.anew)
            words = (f"{size}, after yours." if theirs else f"{size}.", *words)
        if shape.more:
            words = (f"{_hashes(shape.more)} lead; {_hashes(shape.fewer)} pushes away.", *words)
        return replace(outcome, evidence=outcome.evidence.model_copy(update={"facts": words}))

    def _arranged(self, tracks: Sequence[Continued], arrangement: Arrangement) -> tuple[Continued, ...]:
        """Return the tracks of a new list in the order that it was to have."""
        snapshot = self._tools.engine.state.snapshot
        by_row = {snapshot.row_of[c.track.id]: c for c in tracks}
        return tuple(by_row[row] for row in arranged(snapshot, list(by_row), arrangement))

    def _inserted(self, turn: Turn, seen: Standing, given: _Given, shape: ListShape) -> Outcome:
        ids = given.ids or self._resolved(given)
        if len(ids) < 2:
            return answer(turn.standing, "There is nothing between fewer than two tracks.", "too few tracks")
        request = self._request(turn, replace(given, ids=ids, named=()))
        request = replace(request, insert=shape.insert or "end", order=None)
        ends = self._at(turn, given, shape.between)
        if request.n is None and request.duration_s is None:
            request = replace(request, n=1 if ends else min(_INTO_GAPS, len(ids) - 1))
        if ends:
            if ends[0] not in ids or ends[0] == ends[1]:
                return answer(turn.standing, "Name two places of the list.", "no such places")
            request = replace(request, track_ids=ends, exclude=request.exclude | (frozenset(ids) - frozenset(ends)))
        found = self._tools.continuer.continue_playlist(request)
        known = self._tools.catalogue.library.get_many(ids)
        woven: list[Continued] = []
        for track in known:
            woven.append(Continued(track, 1.0, "was in your list"))
            woven += [c for c in found.tracks if c.after == track.id]
        woven += [c for c in found.tracks if c.after is None]
        resolver = self._tools.continuer.resolver()
        lost = tuple(named for named in given.named if resolver.find(named) is None)
        return self._listed(turn, seen, given, replace(found, tracks=tuple(woven), unresolved=lost), ids, request)

    def _reshaped(self, turn: Turn, seen: Standing, given: _Given) -> Outcome:
        standing = turn.standing
        shape = standing.shape or ListShape()
        ids = given.ids or self._resolved(given)
        pinned = self._pinned(turn, given, ids)
        places = {track for _, track in pinned}
        request = replace(
            self._request(turn, given),
            n=shape.n,
            duration_s=shape.duration_s,
            arc=shape.arc,
            pinned=pinned,
            include=tuple(i for i in standing.kept if i not in places),
        )
        found = reshape(self._tools.continuer, request, shape.order, descending=shape.descending)
        arrangement = arrangement_of(shape.order, shape.descending)
        if shape.order in ONCE:
            # "Now make it an hour" goes on with the list as it was shuffled.
            lasting = standing.model_copy(update={"shape": shape.model_copy(update={"order": "same"})})
            turn = replace(turn, state=turn.state.model_copy(update={"standing": lasting}))
        return self._listed(turn, seen, given, found, ids, request, arrangement)

    def _pinned(self, turn: Turn, given: _Given, ids: Sequence[TrackId]) -> tuple[tuple[int, TrackId], ...]:
        """Return the pins of the stored playlist, and what is to stay where it is."""
        shape = turn.plan.shape or ListShape()
        pins = [e.track_id for e in given.document.entries if e.pinned and e.track_id] if given.document else []
        stays = self._at(turn, given, shape.keep) if shape.in_place else ()
        return tuple((ids.index(i) + 1, i) for i in dict.fromkeys((*pins, *stays)) if i in ids)

    def _resolved(self, given: _Given) -> tuple[TrackId, ...]:
        resolver = self._tools.continuer.resolver()
        found = (resolver.find(named) for named in given.named)
        return tuple(dict.fromkeys(hit[0] for hit in found if hit is not None))

    def _told(
        self,
        turn: Turn,
        tracks: Sequence[Continued],
        before: Sequence[TrackId],
        request: ContinuationRequest,
        arrangement: Arrangement | None = None,
    ) -> tuple[str, ...]:
        library, state, kept = self._tools.catalogue.library, self._tools.engine.state, turn.standing.kept
        return told_of_list(library, state, tracks, before, request, kept=kept, arrangement=arrangement)

    def _listed(
        self,
        turn: Turn,
        seen: Standing,
        given: _Given,
        found: Continuation,
        ids: Sequence[TrackId],
        request: ContinuationRequest,
        arrangement: Arrangement | None = None,
    ) -> Outcome:
        """Return the outcome of a list that is shown as a whole; where there is none, `seen` is what stands."""
        standing = turn.standing
        if not found.tracks:
            wishes = ", ".join(f"“{c.source_text or c.words}”" for c in standing.constraints if c.hard)
            refusal = f"Nothing here holds {wishes or 'that'}; the list stays as it was."
            return answer(seen, refusal, "nothing holds all wishes")
        words = self._told(turn, found.tracks, ids, request, arrangement)
        if given.document is not None:
            words = (*words, f"“{given.document.title}” itself is as it was; say “save it” to keep this.")
        candidates = tuple(Candidate(c.track, c.score, reasons=(c.why,)) for c in found.tracks)
        unresolved = tuple(f"“{u.title}”" + (f" by {u.artist}" if u.artist else "") for u in found.unresolved)
        playlist = tuple(c.track.id for c in found.tracks)
        standing = with_results(standing, candidates).model_copy(
            update={"playlist": playlist, "kept": tuple(i for i in standing.kept if i in playlist)}
        )
        evidence = Evidence(
            tracks=facts(candidates),
            receipts=found.receipts,
            unresolved=unresolved,
            facts=words,
            playlist_id=standing.document if given.document else None,
        )
        minutes = sum(c.track.duration_s for c in found.tracks) / 60
        reason = f"{len(found.tracks)} tracks, {minutes:.0f} minutes"
        return Outcome(Decision(kind="answer", fit=1.0, reason=reason), evidence, standing)


def _by_energy(turn: Turn, shape: ListShape) -> Turn:
    """Return a turn whose rise or fall of the energy, all that was said of a new list, is from one sound to another."""
    sounds = _CALM_TO_WILD if shape.arc == "rise" else _CALM_TO_WILD[::-1] if shape.arc == "fall" else None
    if sounds is None:
        return turn
    return replace(turn, plan=turn.plan.model_copy(update={"shape": shape.model_copy(update={"arc": sounds})}))


def _for_list(wishes: Sequence[Constraint], plan: TurnPlan) -> tuple[Constraint, ...]:
    """Return the wishes that a list is gone on with by: the limits that stand, and whatever was said just now.

    What the music was to sound like when it was searched for stands, but a list goes on as it is.
    """
    kept = limits(wishes)
    return tuple(c for c in wishes if c in kept or c in plan.constraints or c.source_text in plan.comparisons)


def _merged(old: ListShape | None, new: ListShape) -> ListShape | None:
    """Return what stands of a list's length, order and course; a new word of a kind takes the place of the old one."""
    old = old or ListShape()
    length = {"n": new.n, "duration_s": new.duration_s} if new.n or new.duration_s else {}
    if not new.whole:
        # What is added has a length of its own, and makes the whole longer than it was to be.
        length = {"n": None, "duration_s": None}
    if new.order is not None:
        course = {"order": new.order, "descending": new.descending, "arc": new.arc}
    else:
        course = {"arc": new.arc, "order": None, "descending": False} if new.arc is not None else {}
    merged = old.model_copy(update={"whole": old.whole or new.whole, **length, **course})
    return None if merged == ListShape() else merged


def _places(shape: ListShape) -> tuple[int, ...]:
    return (*shape.between, *shape.keep, *shape.more, *shape.fewer)


def _hashes(places: Sequence[int]) -> str:
    return ", ".join(f"#{p}" for p in places)
