"""Putting other tracks in the place of some: "swap #3 for something calmer", "replace the last one".

What is said of the new track is a wish for that place alone; what stands for the list stands unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.outcomes import Outcome, answer, facts, rows, with_results
from agent.playlists import PlaylistActs
from agent.profile import ProfileActs
from agent.standing import compared, merge
from agent.turn import Tools, Turn
from agent.values import Decision, Evidence, Standing
from catalog.documents import Add, Operation, Remove
from catalog.values import TrackId
from retrieval.calibration import NOTHING_FITS
from retrieval.constraints import Constraint
from retrieval.reading.wishes import residue, search_text
from retrieval.resolve import resolve
from retrieval.values import Candidate, SearchRequest

_TOLD = 3  # swaps told one by one


class ReplacingActs:
    """What a turn does to single places of a list. Raises the ValueErrors of the search and of the store."""

    def __init__(self, tools: Tools, lists: PlaylistActs, profile: ProfileActs) -> None:
        self._tools = tools
        self._lists = lists
        self._profile = profile

    def run(self, turn: Turn) -> Outcome:
        """Look for as many tracks as are to go, and put each in the place of one of them."""
        standing, gone = turn.standing, turn.handles()
        listed = standing.playlist if set(gone) <= set(standing.playlist) else standing.results
        if not gone or not set(gone) <= set(listed):
            return answer(standing, "Say which one to replace, for instance “replace #2”.", "no place named")
        if turn.plan.named and (there := self._there(turn)):
            return answer(standing, there, "cannot be put in")
        found = self._named(turn) if turn.plan.named else self._others(turn, gone, listed)
        if not found:
            return answer(standing, "Nothing else here holds that; the list stays as it was.", "nothing else holds it")
        place = dict(zip(gone, found, strict=False))
        return self._put(turn, place, tuple(place[i].track.id if i in place else i for i in listed))

    def _there(self, turn: Turn) -> str:
        """Say why a track that was named cannot be put in: it is not here, or in the list already."""
        for reference in turn.plan.named:
            hit = resolve(self._tools.engine.state.snapshot, reference.title, reference.artist)
            if hit is None:
                return f"“{reference.title}” is not here; the list stays as it was."
            if hit.track_id in turn.standing.results:
                return (
                    f"“{reference.title}” is in the list already, as #{turn.standing.results.index(hit.track_id) + 1}."
                )
        return ""

    def _named(self, turn: Turn) -> tuple[Candidate, ...]:
        snapshot = self._tools.engine.state.snapshot
        hits = [resolve(snapshot, r.title, r.artist) for r in turn.plan.named]
        tracks = self._tools.catalogue.library.get_many([hit.track_id for hit in hits if hit is not None])
        return tuple(Candidate(t, 1.0, reasons=("as you named it",)) for t in tracks)

    def _others(self, turn: Turn, gone: Sequence[TrackId], listed: Sequence[TrackId]) -> tuple[Candidate, ...]:
        """Return the tracks that fit what was said and what stands, none of which is in the list."""
        standing, plan = turn.standing, turn.plan
        tracks = self._tools.catalogue.library.get_many(gone)
        told = plan.same_artist or plan.different_artist
        artists = dict.fromkeys(t.artist for t in tracks if t.artist and told)
        whose = [Constraint("artist", "is" if plan.same_artist else "not", a, f"by {a}") for a in artists]
        wishes = (*plan.constraints, *compared(plan.comparisons, tracks), *whose)
        constraints = merge(standing.constraints, wishes)
        like = turn.at(plan.shape.more) if plan.shape is not None else ()
        words = " ".join(part for part in (standing.text, residue(plan.text)) if part)
        said = bool(wishes or like or residue(plan.text))
        request = SearchRequest(
            text=search_text(constraints, words),
            constraints=constraints,
            # Where nothing is said of it, it goes with what stays.
            like=like if said else tuple(i for i in listed if i not in gone),
            taste=() if like else standing.likes,
            dislike=standing.dislikes,
            scene=standing.scene,
            exclude=frozenset((*listed, *standing.results, *standing.dislikes, *self._lists.banned(standing))),
            n=len(gone),
        )
        return self._profile.search(turn.user, request).result.candidates

    def _put(self, turn: Turn, place: Mapping[TrackId, Candidate], listed: tuple[TrackId, ...]) -> Outcome:
        """Return the list with the new tracks in it, the saved one as well where it has the old ones."""
        standing = self._written(turn.standing, place)
        before = {i: (why, score) for i, why, score in rows(standing)}
        new = {c.track.id: c for c in place.values()}
        candidates = []
        for track in self._tools.catalogue.library.get_many(listed):
            why, score = before.get(track.id, ("in your list", 1.0))
            candidates.append(new.get(track.id) or Candidate(track, score, reasons=(why,)))
        standing = with_results(standing, candidates).model_copy(
            update={
                "playlist": tuple(place[i].track.id if i in place else i for i in standing.playlist),
                "kept": tuple(i for i in standing.kept if i not in place),
            }
        )
        evidence = Evidence(tracks=facts(candidates), facts=self._words(place), playlist_id=standing.document)
        return Outcome(Decision(kind="answer", fit=1.0, reason="list edited"), evidence, standing)

    def _written(self, standing: Standing, place: Mapping[TrackId, Candidate]) -> Standing:
        document = self._lists.document(standing)
        here = [] if document is None else [e.track_id for e in document.entries]
        changes: list[Operation] = []
        for old, new in place.items():
            if old in here:
                items = self._tools.catalogue.playlists.items([new.track.id])
                changes += [Add(items, here.index(old)), Remove(old)]
        return self._lists.write(standing, document, changes) if changes else standing

    def _words(self, place: Mapping[TrackId, Candidate]) -> tuple[str, ...]:
        """Say what took the place of what, and what of it fits no better than by chance."""
        titles = {t.id: t.title for t in self._tools.catalogue.library.get_many(tuple(place))}
        told = [f"“{new.track.title}” is in the place of “{titles[old]}” now." for old, new in place.items()]
        if len(told) > _TOLD:
            told = [f"{len(told)} tracks are new: {', '.join(f'“{c.track.title}”' for c in place.values())}."]
        poor = ", ".join(f"“{c.track.title}”" for c in place.values() if c.score < NOTHING_FITS)
        return (*told, f"Not a good fit, but the closest here: {poor}.") if poor else tuple(told)
