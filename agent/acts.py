"""What the agent does for each intent: typed arguments in, `Outcome` out. Here alone a plan meets the tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agent.generation.values import GenerationError
from agent.handoff import GenerationService
from agent.standing import after, compared, merge
from agent.values import Attachment, Decision, DialogueState, Evidence, GenerationOffer, Standing, TrackFact, TurnPlan
from catalog.formats.playlist import read_playlist
from catalog.store import Catalogue
from catalog.values import PlaylistItem, SessionId, Track, TrackId
from encoders.protocols import AudioAnalyzer
from encoders.values import Embedding
from retrieval.calibration import NOTHING_FITS
from retrieval.constraints import Constraint
from retrieval.continuation.continuer import PlaylistContinuer
from retrieval.continuation.values import Continuation, ContinuationRequest, NamedTrack
from retrieval.filters import compile_constraints
from retrieval.resolve import resolve
from retrieval.search import SearchEngine
from retrieval.values import Candidate, SearchRequest, SearchResult
from retrieval.video import VideoSuggester
from retrieval.wishes import search_text

DEFAULT_N = 8
MAX_SHOWN = 500
DEFAULT_GENERATION_S = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn came to: the decision, the facts for the reply, and what stands afterwards."""

    decision: Decision
    evidence: Evidence
    standing: Standing
    pending_generation: str | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything that acts may call."""

    catalogue: Catalogue
    engine: SearchEngine
    continuer: PlaylistContinuer
    suggester: VideoSuggester
    audio: AudioAnalyzer
    generations: GenerationService


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn's input to an act."""

    plan: TurnPlan
    state: DialogueState
    attachments: tuple[Attachment, ...]
    message: str

    @property
    def standing(self) -> Standing:
        """Return what stood before this turn."""
        return self.state.standing

    def handles(self) -> tuple[TrackId, ...]:
        """Return the tracks that the message points at."""
        return tuple(self.standing.results[h - 1] for h in self.plan.handles)


class Acts:
    """One method per kind of intent; `run` picks it."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._by_intent: dict[str, Callable[[Turn], Outcome]] = {
            "recommend": self._recommend,
            "refine": self._recommend,
            "similar": self._similar,
            "exact_track": self._exact,
            "music_for_video": self._for_video,
            "continue_playlist": self._continue,
            "edit_playlist": self._edit,
            "explain": self._explain,
            "feedback": self._feedback,
            "generate": self._generate,
            "ask_library": self._library,
            "chitchat": self._talk,
            "clarify": self._talk,
            "undo": self._undo,
        }

    def run(self, turn: Turn) -> Outcome:
        """Carry out a plan. Raises the ValueErrors of the tools, each one sentence for the user."""
        return self._by_intent[turn.plan.intent](turn)

    def _recommend(self, turn: Turn) -> Outcome:
        # While a scene stands, everything said is about it; a new topic without one starts afresh.
        keep = turn.plan.intent == "refine" or turn.standing.scene is not None
        return self._search(turn, after(turn.standing, turn.plan, keep=keep))

    def _similar(self, turn: Turn) -> Outcome:
        sounds = [a for a in turn.attachments if a.kind == "audio"]
        standing = after(turn.standing, turn.plan.model_copy(update={"text": ""}), keep=False)
        if sounds:
            analysis = self._tools.audio.analyze(sounds[0].path)
            vector = analysis.embeddings[self._tools.engine.music_space.id].vector
            standing = standing.model_copy(update={"sound": tuple(map(float, vector))})
            return self._search(turn, standing)
        found, absent = self._resolve(turn)
        liked = (*turn.handles(), *found)
        if not liked and absent:
            return self._closest(turn, absent)
        standing = standing.model_copy(update={"likes": tuple(dict.fromkeys((*standing.likes, *liked)))})
        return self._search(turn, standing, like=liked or turn.standing.results[:3], absent=absent)

    def _exact(self, turn: Turn) -> Outcome:
        found, absent = self._resolve(turn)
        if not found:
            return self._closest(turn, absent)
        tracks = self._tools.catalogue.library.get_many(found)
        candidates = tuple(Candidate(t, 1.0, reasons=("the track that you named",)) for t in tracks)
        standing = _with_results(turn.standing, candidates)
        decision = Decision(kind="recommend", fit=1.0, reason="found by name")
        return Outcome(decision, Evidence(tracks=_facts(candidates), absent=absent), standing)

    def _closest(self, turn: Turn, absent: tuple[str, ...]) -> Outcome:
        words = " ".join(f"{r.title} {r.artist or ''}" for r in turn.plan.named)
        result = self._tools.engine.search(SearchRequest(text=words, n=turn.plan.n or 5))
        standing = _with_results(turn.standing, result.candidates)
        decision = Decision(kind="relax", fit=result.fit, reason="the named track is not in the catalogue")
        return Outcome(decision, Evidence(tracks=_facts(result.candidates), absent=absent), standing)

    def _for_video(self, turn: Turn) -> Outcome:
        clip = next(a for a in turn.attachments if a.kind in {"video", "image"})
        brief = self._tools.suggester.look(clip.path)
        standing = after(turn.standing, turn.plan, keep=False)
        standing = standing.model_copy(update={"scene": brief, "scene_name": clip.name})
        return self._search(turn, standing)

    def _search(
        self, turn: Turn, standing: Standing, like: tuple[TrackId, ...] = (), absent: tuple[str, ...] = ()
    ) -> Outcome:
        standing = self._with_relations(turn, standing)
        shown = turn.state.shown if turn.plan.fresh else ()
        request = SearchRequest(
            text=search_text(standing.constraints, standing.text),
            constraints=standing.constraints,
            like=like,
            taste=tuple(i for i in standing.likes if i not in like),
            dislike=standing.dislikes,
            sound=self._sound(standing),
            scene=standing.scene,
            exclude=frozenset((*shown, *standing.dislikes)),
            n=turn.plan.n or DEFAULT_N,
        )
        if not _askable(request):
            return self._browse(turn, standing, request)
        result = self._tools.engine.search(request)
        return self._decided(turn, standing, result, absent)

    def _browse(self, turn: Turn, standing: Standing, request: SearchRequest) -> Outcome:
        """Answer "something else" without any wish: whatever was not shown yet."""
        tracks = [t for t in self._tools.engine.state.snapshot.tracks if t.id not in request.exclude][: request.n]
        candidates = tuple(Candidate(t, 0.5, reasons=("not shown yet",)) for t in tracks)
        decision = Decision(kind="recommend", fit=0.5, reason="no wish stands; these were not shown yet")
        return Outcome(decision, Evidence(tracks=_facts(candidates)), _with_results(standing, candidates))

    def _decided(self, turn: Turn, standing: Standing, result: SearchResult, absent: tuple[str, ...] = ()) -> Outcome:
        evidence = Evidence(
            tracks=_facts(result.candidates),
            receipts=result.receipts,
            relaxation=result.relaxation,
            absent=absent,
            scene=standing.scene.words if standing.scene and turn.plan.intent == "music_for_video" else None,
        )
        standing = _with_results(standing, result.candidates)
        if not result.candidates and result.relaxation is not None:
            reason = f"nothing holds “{result.relaxation.words}” together with the rest"
            return Outcome(Decision(kind="relax", fit=0.0, reason=reason), evidence, standing)
        if result.fit < NOTHING_FITS and not standing.scene:
            brief = _brief_of(standing) or turn.message[:200]
            offer = GenerationOffer(id=None, text=brief, duration_s=DEFAULT_GENERATION_S, offered=True)
            decision = Decision(
                kind="generate", fit=result.fit, reason=f"the best match has a {result.fit:.0%} chance to fit"
            )
            return Outcome(decision, evidence.model_copy(update={"generation": offer}), standing, brief)
        well = sum(c.score >= NOTHING_FITS for c in result.candidates)
        reason = f"{well} of {len(result.candidates)} tracks fit well"
        decision = Decision(kind="recommend", fit=result.fit, reason=reason)
        return Outcome(decision, evidence, standing)

    def _with_relations(self, turn: Turn, standing: Standing) -> Standing:
        """Add what the message wants relative to tracks: calmer than these, by other artists."""
        reference = turn.handles() or turn.standing.results
        tracks = self._tools.catalogue.library.get_many(reference)
        wishes = list(self._held(standing, compared(turn.plan.comparisons, tracks)))
        if turn.plan.different_artist:
            artists = dict.fromkeys(t.artist for t in tracks if t.artist)
            wishes += [Constraint("artist", "not", a, "different artist") for a in artists]
        return standing.model_copy(update={"constraints": merge(standing.constraints, wishes)})

    def _held(self, standing: Standing, wishes: Sequence[Constraint]) -> list[Constraint]:
        """Keep a comparison hard only while enough tracks hold it with the rest; else it weighs."""
        snapshot = self._tools.engine.state.snapshot
        together = merge(standing.constraints, wishes)
        enough = int(compile_constraints(snapshot, together).allowed.sum()) >= DEFAULT_N
        return [w if enough else replace(w, hard=False) for w in wishes]

    def _sound(self, standing: Standing) -> Embedding | None:
        if standing.sound is None:
            return None
        import numpy as np

        return Embedding(self._tools.engine.music_space, np.array(standing.sound, np.float32))

    def _resolve(self, turn: Turn) -> tuple[tuple[TrackId, ...], tuple[str, ...]]:
        snapshot = self._tools.engine.state.snapshot
        found, absent = [], []
        for named in turn.plan.named:
            hit = resolve(snapshot, named.title, named.artist)
            if hit is None:
                absent.append(f"“{named.title}”" + (f" by {named.artist}" if named.artist else ""))
            else:
                found.append(hit.track_id)
        return tuple(found), tuple(absent)

    def _continue(self, turn: Turn) -> Outcome:
        files = [a for a in turn.attachments if a.kind == "playlist"]
        plan = turn.plan
        title, named = "", []
        ids = turn.handles() or turn.standing.playlist
        if files:
            document = read_playlist(files[0].path.read_bytes(), files[0].name)
            title = document.title or ""
            named = [NamedTrack(e.title, e.artist) for e in document.entries if e.title]
            ids = ()
        elif not ids:
            ids = turn.standing.results
        answer = self._tools.continuer.continue_playlist(
            ContinuationRequest(
                track_ids=ids,
                tracks=tuple(named),
                title=title,
                n=plan.n,
                duration_s=plan.duration_s,
                constraints=plan.constraints,
            )
        )
        return _continued(turn.standing, answer, ids)

    def _edit(self, turn: Turn) -> Outcome:
        plan, standing = turn.plan, turn.standing
        picked = turn.handles()
        if plan.edit == "save":
            return self._save(turn, standing.playlist or picked or standing.results)
        if plan.edit == "remove":
            kept = tuple(i for i in standing.playlist if i not in picked)
            results = tuple(i for i in standing.results if i not in picked)
            standing = standing.model_copy(update={"playlist": kept, "results": results, "whys": ()})
            words = f"Removed {len(picked)}; {len(kept) if turn.standing.playlist else len(results)} tracks are left."
        else:
            playlist = tuple(dict.fromkeys((*standing.playlist, *(picked or standing.results))))
            standing = standing.model_copy(update={"playlist": playlist})
            words = f"Your playlist has {len(playlist)} tracks now; say “save it as …” to keep it."
        tracks = self._tools.catalogue.library.get_many(standing.playlist or standing.results)
        candidates = tuple(Candidate(t, 1.0, reasons=("in your list",)) for t in tracks)
        decision = Decision(kind="answer", fit=1.0, reason="list edited")
        return Outcome(decision, Evidence(tracks=_facts(candidates), facts=(words,)), standing)

    def _save(self, turn: Turn, ids: Sequence[TrackId]) -> Outcome:
        tracks = self._tools.catalogue.library.get_many(ids)
        title = turn.plan.playlist_title or "Trichord playlist"
        items = [PlaylistItem(t.id, t.title, t.artist) for t in tracks]
        stored = self._tools.catalogue.playlists.create(title, items)
        words = f"Saved “{stored.title}” with {len(items)} tracks; export it as M3U8, XSPF or JSPF."
        evidence = Evidence(facts=(words,), playlist_id=stored.id)
        return Outcome(Decision(kind="answer", fit=1.0, reason="playlist saved"), evidence, turn.standing)

    def _explain(self, turn: Turn) -> Outcome:
        standing = turn.standing
        tracks = {t.id: t for t in self._tools.catalogue.library.get_many(standing.results)}
        places = turn.plan.handles or tuple(range(1, min(4, len(standing.results) + 1)))
        words = []
        for place in places:
            track = tracks.get(standing.results[place - 1])
            why = standing.whys[place - 1] if place <= len(standing.whys) else "it was in the list"
            if track is not None:
                words.append(f"#{place} “{track.title}”: {why}.")
        decision = Decision(kind="answer", fit=1.0, reason="explained from the ranking's own evidence")
        return Outcome(decision, Evidence(facts=tuple(words)), standing)

    def _feedback(self, turn: Turn) -> Outcome:
        standing, picked = turn.standing, turn.handles()
        kind = turn.plan.reaction or "like"
        for track_id in picked:
            self._tools.catalogue.conversations.react(track_id, kind, SessionId(turn.state.session_id))
        standing = react(standing, picked, liked=kind == "like")
        titles = ", ".join(f"“{t.title}”" for t in self._tools.catalogue.library.get_many(picked))
        verb = "like" if kind == "like" else "do not like"
        words = f"Noted: you {verb} {titles}. What comes next leans {'towards' if kind == 'like' else 'away from'} it."
        return Outcome(Decision(kind="answer", fit=1.0, reason="feedback kept"), Evidence(facts=(words,)), standing)

    def _generate(self, turn: Turn) -> Outcome:
        text = turn.message
        if turn.state.pending_generation and turn.plan.confidence >= 0 and not turn.plan.constraints:
            text = turn.state.pending_generation
        duration = turn.plan.duration_s or DEFAULT_GENERATION_S
        try:
            started = self._tools.generations.start_from_text(text, duration)
        except GenerationError as error:
            offer = GenerationOffer(id=None, text=text[:200], duration_s=duration, offered=False)
            decision = Decision(kind="generate", fit=0.0, reason=str(error))
            return Outcome(decision, Evidence(generation=offer), turn.standing)
        offer = GenerationOffer(id=started.id, text=started.text, duration_s=started.duration_s, offered=False)
        decision = Decision(kind="generate", fit=0.0, reason=started.reason)
        return Outcome(decision, Evidence(generation=offer), turn.standing)

    def _library(self, turn: Turn) -> Outcome:
        snapshot = self._tools.engine.state.snapshot
        hours = float(snapshot.numbers["duration"].sum()) / 3600 if len(snapshot) else 0.0
        artists = Counter(t.artist for t in snapshot.tracks if t.artist)
        licences = Counter(t.licence or "unknown" for t in snapshot.tracks)
        words = [f"This catalogue has {len(snapshot)} tracks, {hours:.1f} hours, by {len(artists)} named artists."]
        if artists:
            words.append("Most tracks: " + ", ".join(f"{a} ({n})" for a, n in artists.most_common(6)) + ".")
        if licences:
            words.append("Licences: " + ", ".join(f"{name} ({n})" for name, n in licences.most_common(6)) + ".")
        albums = Counter(t.album for t in snapshot.tracks if t.album)
        if albums:
            words.append("Albums: " + ", ".join(f"{a} ({n})" for a, n in albums.most_common(6)) + ".")
        decision = Decision(kind="answer", fit=1.0, reason="counted")
        return Outcome(decision, Evidence(facts=tuple(words)), turn.standing)

    def _talk(self, turn: Turn) -> Outcome:
        return Outcome(Decision(kind="answer", fit=1.0, reason="no search needed"), Evidence(), turn.standing)

    def _undo(self, turn: Turn) -> Outcome:
        if not turn.state.history:
            evidence = Evidence(facts=("There is nothing to undo.",))
            return Outcome(Decision(kind="answer", fit=1.0, reason="no earlier turn"), evidence, turn.standing)
        standing = turn.state.history[-1]
        tracks = self._tools.catalogue.library.get_many(standing.results)
        whys = dict(zip(standing.results, standing.whys, strict=False))
        candidates = tuple(Candidate(t, 1.0, reasons=(whys.get(t.id, "as before"),)) for t in tracks)
        evidence = Evidence(tracks=_facts(candidates), facts=("Taken back; this is what stood before.",))
        return Outcome(Decision(kind="answer", fit=1.0, reason="last turn taken back"), evidence, standing)


def react(standing: Standing, ids: Sequence[TrackId], *, liked: bool) -> Standing:
    """Return what stands after a like or dislike; the later word replaces the earlier."""
    likes = [i for i in standing.likes if i not in ids]
    dislikes = [i for i in standing.dislikes if i not in ids]
    (likes if liked else dislikes).extend(ids)
    return standing.model_copy(update={"likes": tuple(likes), "dislikes": tuple(dislikes)})


def fact(handle: int, track: Track, score: float, why: str) -> TrackFact:
    """Return everything that may be said about a track."""
    written = [t.label for t in track.tags if t.source in {"file", "sidecar", "user"}]
    heard = [t.label for t in sorted(track.tags, key=lambda t: -t.weight) if t.source.startswith("musicnn")]
    tags = list(dict.fromkeys(t.casefold() for t in [*written, *heard]))[:6]
    return TrackFact(
        handle=handle,
        track_id=track.id,
        title=track.title,
        artist=track.artist,
        album=track.album,
        year=track.year,
        duration_s=track.duration_s,
        tempo_bpm=None if track.tempo_bpm is None else round(track.tempo_bpm, 1),
        key=track.key,
        licence=track.licence,
        attribution=track.attribution,
        provenance=track.provenance,
        tags=tuple(tags),
        score=score,
        why=why,
    )


def _facts(candidates: Sequence[Candidate]) -> tuple[TrackFact, ...]:
    return tuple(fact(n, c.track, c.score, "; ".join(c.reasons)) for n, c in enumerate(candidates, 1))


def _with_results(standing: Standing, candidates: Sequence[Candidate]) -> Standing:
    return standing.model_copy(
        update={
            "results": tuple(c.track.id for c in candidates),
            "whys": tuple("; ".join(c.reasons) for c in candidates),
        }
    )


def _continued(standing: Standing, answer: Continuation, ids: Sequence[TrackId]) -> Outcome:
    candidates = tuple(Candidate(c.track, c.score, reasons=(c.why,)) for c in answer.tracks)
    unresolved = tuple(f"“{u.title}”" + (f" by {u.artist}" if u.artist else "") for u in answer.unresolved)
    evidence = Evidence(tracks=_facts(candidates), receipts=answer.receipts, unresolved=unresolved)
    playlist = tuple(dict.fromkeys((*ids, *(c.track.id for c in answer.tracks))))
    standing = _with_results(standing, candidates).model_copy(update={"playlist": playlist})
    total = sum(c.track.duration_s for c in answer.tracks) / 60
    reason = f"{len(answer.tracks)} tracks, {total:.0f} minutes" if answer.tracks else "nothing goes on from there"
    fit = max((c.score for c in answer.tracks), default=0.0)
    return Outcome(Decision(kind="recommend", fit=min(fit, 1.0), reason=reason), evidence, standing)


def _askable(request: SearchRequest) -> bool:
    return bool(request.text or request.constraints or request.like or request.sound or request.scene)


def _brief_of(standing: Standing) -> str:
    return ", ".join(
        dict.fromkeys(
            [
                search_text(standing.constraints, standing.text),
                *(c.words for c in standing.constraints if c.field in {"tempo", "key"}),
            ]
        )
    ).strip(", ")
