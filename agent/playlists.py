"""Editing the playlist of a conversation. Until it is saved it lives in the dialogue; then every edit is a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agent.outcomes import Outcome, answer, facts, rows
from agent.standing import react
from agent.turn import Tools, Turn
from agent.values import Decision, Evidence, Standing
from catalog.documents import Add, Ban, Move, Operation, Pin, Remove, Rename, Replace, Unban
from catalog.errors import ConflictError, NotFoundError
from catalog.names import fold
from catalog.values import Playlist, TrackId
from retrieval.ordering import in_order, order_of
from retrieval.resolve import resolve
from retrieval.values import Candidate

UNTITLED = "Trichord playlist"

_NAMED = 8  # playlists, where none has the name that was said


class PlaylistActs:
    """What a turn does to playlists. Raises the ValueErrors of the store, each one sentence for the user."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def edit(self, turn: Turn) -> Outcome:
        """Add, remove, move, pin, ban, save, rename or open, as the plan says."""
        return self._by_name(turn) or self._edit(turn)

    def _edit(self, turn: Turn) -> Outcome:
        plan, standing = turn.plan, turn.standing
        picked, document = self._picked(turn), self.document(standing)
        match plan.edit:
            case "save":
                return self._save(turn, standing, document, picked or standing.playlist or standing.results)
            case "rename":
                return self._rename(turn, standing, document, picked or standing.playlist or standing.results)
            case "move":
                return self._move(standing, document, picked, plan.place or 1)
            case "pin" | "unpin":
                return self._pin(standing, document, picked, pinned=plan.edit == "pin")
            case "ban" | "unban":
                return self._ban(standing, document, picked, banned=plan.edit == "ban")
            case "remove":
                if not picked:
                    return answer(standing, "Say which one to remove, for instance “remove #2”.", "no place named")
                standing, words = self._remove(standing, document, picked)
            case _:
                standing, words = self._add(standing, document, picked)
        if plan.playlist_title:
            document = self.document(standing)
            saved = self._save(turn, standing, document, standing.playlist or standing.results)
            evidence = saved.evidence.model_copy(update={"facts": (words, *saved.evidence.facts)})
            return replace(saved, evidence=evidence)
        if document is None and plan.edit != "remove":
            words = f"{words[:-1]}; say “save it as …” to keep it."
        return self._told(standing, standing.playlist or standing.results, words)

    def keep(self, turn: Turn) -> Outcome:
        """Save the list on the screen under the name that the plan gives it."""
        standing = turn.standing
        return self._save(turn, standing, self.document(standing), standing.playlist or standing.results)

    def undone(self, now: Standing, before: Standing) -> tuple[Standing, tuple[str, ...]]:
        """Return what stands after a turn is taken back, and what to say of the stored playlist.

        Its content becomes what it was before the turn, as a new version; where somebody else changed it meanwhile, it
        is left as it is.
        """
        document = self.document(now)
        if document is None:
            return before.model_copy(update={"document": None, "document_version": None}), ()
        if before.document != now.document or before.document_version is None:
            return before, (f"“{document.title}” stays saved.",)
        try:
            stored = self._tools.catalogue.playlists.restore(
                document.id, before.document_version, expected_version=now.document_version
            )
        except ConflictError as error:
            return before.model_copy(update={"document_version": error.current}), (str(error),)
        said = (f"“{stored.title}” is as it was in version {before.document_version}.",)
        standing = before.model_copy(update={"document_version": stored.version})
        return standing, said if stored.version != now.document_version else ()

    def banned(self, standing: Standing) -> frozenset[TrackId]:
        """Return the tracks that never come into the playlist of a conversation."""
        document = self.document(standing)
        return frozenset() if document is None else frozenset(document.bans)

    def document(self, standing: Standing) -> Playlist | None:
        """Return the stored playlist that edits go to; None before it is saved, and where it was deleted since."""
        if standing.document is None:
            return None
        try:
            return self._tools.catalogue.playlists.get(standing.document)
        except NotFoundError:
            return None

    def _picked(self, turn: Turn) -> tuple[TrackId, ...]:
        snapshot = self._tools.engine.state.snapshot
        named = (resolve(snapshot, r.title, r.artist) for r in turn.plan.named)
        picked = (*turn.handles(), *(hit.track_id for hit in named if hit is not None))
        if not picked and (order := order_of(turn.plan.constraints)) is not None:
            # "Remove the longest": the track of the list that comes first so.
            rows = np.array(snapshot.rows(turn.standing.playlist or turn.standing.results), np.int64)
            return tuple(snapshot.ids[rows[place]] for place in in_order(snapshot, rows, order)[:1])
        return picked

    def write(self, standing: Standing, document: Playlist | None, changes: Sequence[Operation]) -> Standing:
        """Return what stands once a stored playlist, if there is one, is changed."""
        if document is None:
            return standing
        stored = self._tools.catalogue.playlists.edit(document.id, changes)
        return standing.model_copy(update={"document": stored.id, "document_version": stored.version})

    def _add(self, standing: Standing, document: Playlist | None, picked: Sequence[TrackId]) -> tuple[Standing, str]:
        here = _tracks(document)
        wanted = picked or standing.results
        playlist = tuple(dict.fromkeys((*(standing.playlist or here), *wanted)))
        # A ban speaks up where its track is named; from a whole list it is just left out.
        banned = () if document is None or picked else document.bans
        new = tuple(i for i in wanted if i not in here and i not in banned)
        standing = standing.model_copy(update={"playlist": tuple(i for i in playlist if i not in banned)})
        standing = self.write(standing, document, [Add(self._tools.catalogue.playlists.items(new))])
        count = len(standing.playlist) if document is None else len(here) + len(new)
        return standing, f"Your playlist has {count} tracks now."

    def _by_name(self, turn: Turn) -> Outcome | None:
        """Open a stored playlist by its name, or add to it; None where nothing of the kind is asked."""
        title = turn.plan.playlist_title
        if turn.plan.edit == "open":
            return self._open(turn.standing, title or "")
        picked = self._picked(turn) if turn.plan.edit == "add" and title else ()
        if not picked:
            return None
        stored = self._called(title)
        if stored is None:
            kept = self._tools.catalogue.playlists
            stored = kept.create(title or UNTITLED, [])
        return self._add_to(turn.standing, stored, picked)

    def _called(self, title: str | None) -> Playlist | None:
        """Return the stored playlist of a name, the one changed last where several have it."""
        lists = self._tools.catalogue.playlists.all() if title else ()
        return next((kept for kept in lists if fold(kept.title) == fold(title or "")), None)

    def _open(self, standing: Standing, title: str) -> Outcome:
        stored = self._called(title)
        if stored is None:
            there = ", ".join(f"“{kept.title}”" for kept in self._tools.catalogue.playlists.all()[:_NAMED])
            words = f"No playlist is called “{title}”" + (f"; there are {there}." if there else ", and none is saved.")
            return answer(standing, words, "no such playlist")
        ids = _tracks(stored)
        update = {"document": stored.id, "document_version": stored.version, "results": ids, "playlist": ids}
        opened = standing.model_copy(update={**update, "whys": (), "scores": (), "kept": ()})
        return self._told(opened, ids, f"“{stored.title}” is open, with {len(ids)} tracks.")

    def _add_to(self, standing: Standing, stored: Playlist, picked: Sequence[TrackId]) -> Outcome:
        """Add tracks to another stored playlist than the one on the screen."""
        kept = self._tools.catalogue.playlists
        new = [i for i in picked if i not in _tracks(stored) and i not in stored.bans]
        if stored.id == standing.document:
            playlist = (*(standing.playlist or _tracks(stored)), *new)
            standing = standing.model_copy(update={"playlist": playlist})
        after = kept.edit(stored.id, [Add(kept.items(new))]) if new else stored
        if stored.id == standing.document:
            standing = standing.model_copy(update={"document_version": after.version})
        words = f"“{stored.title}” has {len(after.entries)} tracks now."
        if stored.id != standing.document:
            words = f"{words[:-1]}; it is another list than this one, so “undo” does not reach it."
        return answer(standing, words, "added to a playlist")

    def _remove(self, standing: Standing, document: Playlist | None, picked: Sequence[TrackId]) -> tuple[Standing, str]:
        here = _tracks(document)
        gone = [i for i in dict.fromkeys(picked) if i in here]
        collected = bool(standing.playlist)
        standing = self.write(_without(standing, picked), document, [Remove(i) for i in gone])
        left = len(standing.playlist if collected else standing.results)
        count = left if document is None else sum(i not in gone for i in here)
        return standing, f"Removed {len(picked)}; {count} tracks are left."

    def _move(self, standing: Standing, document: Playlist | None, picked: Sequence[TrackId], place: int) -> Outcome:
        """Move tracks to a place (from 1; -1 the end) of the list on the screen and of the one that is saved."""
        if not picked:
            return answer(standing, "Say which one to move, for instance “move #3 to the top”.", "no place named")
        here = list(_tracks(document))
        # What is on the screen may be another list than the one that was saved; that one stays as it is then.
        kept = document if set(picked) <= set(here) else None
        changes = [Move(*wanted) for wanted in _moved(here, picked, place)] if kept is not None else []
        standing = self.write(_arranged(standing, picked, place), kept, changes)
        ids = standing.playlist if set(picked) <= set(standing.playlist) else standing.results
        at = len(ids) - len(picked) + 1 if place < 0 else min(place, len(ids) - len(picked) + 1)
        return self._told(standing, ids, f"Moved {self._names(picked)} to place {at}.")

    def _rename(self, turn: Turn, standing: Standing, document: Playlist | None, ids: Sequence[TrackId]) -> Outcome:
        if document is None or not (standing.playlist or set(ids) <= set(_tracks(document))):
            # What is on the screen is another list by now.
            return self._save(turn, standing, document, ids)
        stored = self._tools.catalogue.playlists.edit(document.id, [Rename(turn.plan.playlist_title)])
        standing = standing.model_copy(update={"document": stored.id, "document_version": stored.version})
        words = f"“{document.title}” is called “{stored.title}” now."
        return Outcome(
            Decision(kind="answer", fit=1.0, reason="playlist renamed"),
            Evidence(facts=(words,), playlist_id=stored.id), standing,
        )  # fmt: skip

    def _pin(
        self, standing: Standing, document: Playlist | None, picked: Sequence[TrackId], *, pinned: bool
    ) -> Outcome:
        if document is None:
            return answer(standing, "Only a saved playlist has pins; say “save it as …” first.", "not saved")
        strange = [i for i in picked if i not in _tracks(document)]
        if strange or not picked:
            name = self._names(strange) or "That"
            return answer(standing, f"{name} is not in “{document.title}”; add it first.", "not in the playlist")
        standing = self.write(standing, document, [Pin(i, pinned) for i in picked])
        keeps = "keeps its place" if pinned else "may move again"
        words = f"{self._names(picked)} {keeps} when “{document.title}” is refreshed."
        return self._told(standing, _tracks(document), words)

    def _ban(
        self, standing: Standing, document: Playlist | None, picked: Sequence[TrackId], *, banned: bool
    ) -> Outcome:
        if not picked:
            return answer(standing, "That is not in this catalogue; say which place of the list you mean.", "not here")
        items = self._tools.catalogue.playlists.items(picked)
        if banned:
            standing = self.write(_without(standing, picked), document, [Ban(item) for item in items])
            standing = react(standing, picked, liked=False)
            words = f"{self._names(picked)} will not come back in this conversation"
        else:
            standing = self.write(standing, document, [Unban(item) for item in items])
            dislikes = tuple(i for i in standing.dislikes if i not in picked)
            standing = standing.model_copy(update={"dislikes": dislikes})
            words = f"{self._names(picked)} may come back in this conversation"
        also = "" if document is None else f"{', nor' if banned else ' and'} into “{document.title}”"
        return self._told(standing, standing.playlist or standing.results, f"{words}{also}.")

    def _save(self, turn: Turn, standing: Standing, document: Playlist | None, ids: Sequence[TrackId]) -> Outcome:
        kept = self._tools.catalogue.playlists
        title = turn.plan.playlist_title
        there = {item.track_id: item for item in kept.known(ids)}
        items = [there[i] for i in ids if i in there]
        same = bool(standing.playlist) or tuple(ids) == _tracks(document)
        again = document is not None and (fold(title) == fold(document.title) if title else same)
        if document is not None and again:
            pinned = {e.track_id for e in document.entries if e.pinned}
            now = tuple(replace(i, pinned=i.track_id in pinned) for i in items if i.track_id not in document.bans)
            stored = kept.edit(document.id, [Replace(now)])
        else:
            stored = kept.create(title or UNTITLED, items)
        words = f"Saved “{stored.title}” with {len(stored.entries)} tracks; export it as M3U8, XSPF or JSPF."
        standing = standing.model_copy(update={"document": stored.id, "document_version": stored.version})
        decision = Decision(kind="answer", fit=1.0, reason="playlist saved")
        return Outcome(decision, Evidence(facts=(words,), playlist_id=stored.id), standing)

    def _told(self, standing: Standing, ids: Sequence[TrackId], words: str) -> Outcome:
        tracks = self._tools.catalogue.library.get_many(ids)
        candidates = tuple(Candidate(t, 1.0, reasons=("in your list",)) for t in tracks)
        evidence = Evidence(tracks=facts(candidates), facts=(words,), playlist_id=standing.document)
        return Outcome(Decision(kind="answer", fit=1.0, reason="list edited"), evidence, standing)

    def _names(self, ids: Sequence[TrackId]) -> str:
        return ", ".join(f"“{item.title}”" for item in self._tools.catalogue.playlists.known(ids))


def _tracks(document: Playlist | None) -> tuple[TrackId, ...]:
    return () if document is None else tuple(e.track_id for e in document.entries if e.track_id is not None)


def _moved(here: list[TrackId], picked: Sequence[TrackId], place: int) -> list[tuple[int, int]]:
    """Return the moves (from where, to where in what is left) that bring tracks to a place (from 1; -1 the end)."""
    moves = []
    for n, track in enumerate(picked):
        at = here.index(track)
        here.remove(track)
        to = len(here) if place < 0 else min(place - 1 + n, len(here))
        here.insert(to, track)
        moves.append((at, to))
    return moves


def _arranged(standing: Standing, picked: Sequence[TrackId], place: int) -> Standing:
    """Return what stands with tracks at another place of the list on the screen, and of the one that was collected."""
    update: dict[str, tuple[object, ...]] = {}
    if standing.playlist and set(picked) <= set(standing.playlist):
        order = list(standing.playlist)
        _moved(order, picked, place)
        update["playlist"] = tuple(order)
    if set(picked) <= set(standing.results):
        order = list(standing.results)
        _moved(order, picked, place)
        lines = {i: (why, score) for i, why, score in rows(standing)}
        update |= {
            "results": tuple(order),
            "whys": tuple(lines[i][0] for i in order),
            "scores": tuple(lines[i][1] for i in order),
        }
    return standing.model_copy(update=update)


def _without(standing: Standing, ids: Sequence[TrackId]) -> Standing:
    """Return what stands without some tracks in the lists."""
    left = [(i, why, score) for i, why, score in rows(standing) if i not in ids]
    return standing.model_copy(
        update={
            "playlist": tuple(i for i in standing.playlist if i not in ids),
            "results": tuple(i for i, _, _ in left),
            "whys": tuple(why for _, why, _ in left),
            "scores": tuple(score for _, _, score in left),
        }
    )
