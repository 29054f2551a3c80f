"""What the agent does for each intent: typed arguments in, `Outcome` out. Here alone a plan meets the tools."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from agent.composing import DEFAULT_GENERATION_S, ComposingActs
from agent.continuing import ContinuingActs
from agent.explaining import ExplainingActs
from agent.hearing import first_named, heard_profile, known_again
from agent.languages import read
from agent.library import counted_in, library_facts
from agent.outcomes import Outcome, answer, fact, facts, nothing_left, path_outcome, rows, together, with_results
from agent.planner.patterns import load_patterns
from agent.playlists import PlaylistActs
from agent.profile import ProfileActs
from agent.questions.answers import answered
from agent.replacing import ReplacingActs
from agent.standing import after, brief_of, compared, limits, merge, react, with_new_list, within_limits, without
from agent.turn import Tools, Turn
from agent.values import (
    Decision,
    Evidence,
    GenerationOffer,
    Intent,
    NamedReference,
    Standing,
)
from catalog.names import fold
from catalog.values import SessionId, TrackId
from encoders.values import Embedding
from retrieval.calibration import NOTHING_FITS
from retrieval.constraints import Constraint
from retrieval.editions import strip_edition
from retrieval.filters import compile_constraints
from retrieval.paths import smooth_path
from retrieval.reading.wishes import search_text
from retrieval.resolve import Resolved, resolve
from retrieval.values import Candidate, SearchRequest, SearchResult

DEFAULT_N = 8
MAX_SHOWN = 500
_NAMES = frozenset({"artist", "album", "title"})


# "Play Northerners": whether these words are a title, the catalogue knows.
_PLAY = re.compile(
    r"^\W*(?:please\s+)?(?:(?:can|could) (?:you|i)\s+)?(?:play|put on|start|hear|do you have|have you got|is there)\s+"
    r"(?:me\s+)?(?:the (?:song|track)\s+)?(.{2,120}?)[\s.!?…]*$",
    re.IGNORECASE,
)


class Acts:
    """One method per kind of intent; `run` picks it."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._lists = PlaylistActs(tools)
        self._composing = ComposingActs(tools)
        self._profile = ProfileActs(tools)
        self._explaining = ExplainingActs(tools)
        self._continuing = ContinuingActs(tools, self._lists, self._profile)
        self._replacing = ReplacingActs(tools, self._lists, self._profile)
        self._by_intent: dict[str, Callable[[Turn], Outcome]] = {
            "recommend": self._recommend,
            "refine": self._recommend,
            "similar": self._similar,
            "exact_track": self._exact,
            "music_for_video": self._for_video,
            "continue_playlist": self._continue,
            "edit_playlist": self._edit,
            "explain": self._explaining.run,
            "feedback": self._feedback,
            "generate": self._composing.run,
            "ask_library": self._library,
            "chitchat": self._talk,
            "clarify": self._talk,
            "undo": self._undo,
            "path": self._path,
            "profile": self._taste,
        }

    def run(self, turn: Turn) -> Outcome:
        """Carry out a plan. Raises the ValueErrors of the tools, each one sentence for the user."""
        shown = len(turn.standing.results if turn.shown is None else turn.shown)
        if beyond := [h for h in (*turn.plan.handles, *turn.plan.less) if h > shown]:
            return answer(turn.standing, f"There is no #{beyond[0]}; the list has {shown} tracks.", "no such place")
        if turn.plan.steps:
            return self._steps(turn, self.run)
        if turn.plan.tastes and turn.plan.intent != "profile" and turn.user is not None:
            noted = self._profile.note(turn, turn.user)
            return _saying(self._by_intent[turn.plan.intent](turn), noted)
        return self._by_intent[turn.plan.intent](turn)

    def rehearse(self, turn: Turn) -> Outcome:
        """Carry out a plan without writing anything outside the dialogue, to rebuild what stood after it."""
        if turn.plan.steps:
            return self._steps(turn, self.rehearse)
        match turn.plan.intent:
            case "feedback":
                return self._leaning(turn)
            case "generate":
                return answer(turn.standing, "", "nothing is composed twice")
            case "profile":
                return answer(turn.standing, "", "no taste is kept twice")
            case "edit_playlist" | "continue_playlist" if turn.plan.edit == "save" or (
                turn.plan.playlist_title and turn.plan.edit != "open"
            ):
                return answer(turn.standing, "", "nothing is saved twice")
            case "edit_playlist" | "continue_playlist" | "undo" if turn.standing.document is not None:
                return answer(turn.standing, "", "a saved playlist is not edited twice")
        return self.run(turn)

    def _steps(self, turn: Turn, run: Callable[[Turn], Outcome]) -> Outcome:
        """Do several things in turn; places are those of the list that the user saw."""
        seen = turn.standing.results
        if beyond := [h for step in turn.plan.steps for h in (*step.handles, *step.less) if h > len(seen)]:
            return answer(turn.standing, f"There is no #{beyond[0]}; the list has {len(seen)} tracks.", "no such place")
        done: list[Outcome] = []
        state = turn.state
        for step in turn.plan.steps:
            step = step.model_copy(update={"language": turn.plan.language})
            done.append(run(Turn(step, state, (), step.said, seen, turn.user)))
            state = state.model_copy(update={"standing": done[-1].standing})
        leads = next((n for n, step in enumerate(turn.plan.steps) if step.said == turn.plan.said), 0)
        return together(done, leads)

    def _recommend(self, turn: Turn) -> Outcome:
        if (wanted := _PLAY.match(turn.message)) is not None:
            hit = resolve(self._tools.engine.state.snapshot, wanted[1])
            if hit is not None:
                return self._named(turn, (hit,), ())
        pointed = turn.plan.same_artist or (turn.plan.different_artist and turn.plan.handles)
        if pointed and not self._artists(turn):
            (track,) = self._tools.catalogue.library.get_many((turn.handles() or turn.standing.results)[:1])
            return answer(turn.standing, f"No artist is named for “{track.title}”.", "no artist named")
        standing = without(turn.standing, turn.plan.without, turn.plan.unsaid)
        if turn.plan.agreed and (step := turn.state.pending_relaxation) is not None:
            softer = step.offer or replace(step.blocking, hard=False)
            relaxed = tuple(softer if c == step.blocking else c for c in standing.constraints)
            standing = standing.model_copy(update={"constraints": relaxed})
        # While a scene stands, everything said is about it; a new topic without one starts afresh, within its limits.
        keep = turn.plan.intent == "refine" or standing.scene is not None
        plan = turn.plan if keep else within_limits(turn.plan, standing)
        return self._search(turn, after(standing, plan, keep=keep))

    def _continue(self, turn: Turn) -> Outcome:
        """Go on with a playlist, and keep it where it was given a name."""
        outcome = self._continued(turn)
        if not (turn.plan.playlist_title and outcome.standing.results):
            return outcome
        kept = replace(turn, state=turn.state.model_copy(update={"standing": outcome.standing}))
        saved = self._lists.keep(kept)
        facts = (*outcome.evidence.facts, *saved.evidence.facts)
        told = outcome.evidence.model_copy(update={"facts": facts, "playlist_id": saved.evidence.playlist_id})
        return replace(outcome, evidence=told, standing=saved.standing)

    def _continued(self, turn: Turn) -> Outcome:
        """Go on with a playlist; where words alone say what comes into it, that is what a search finds by them."""
        before = self._continuing.searched_for(turn)
        if before is None:
            return self._continuing.run(turn)
        outcome = self._recommend(turn)
        playlist = tuple(dict.fromkeys((*before, *(t.track_id for t in outcome.evidence.tracks))))
        return replace(outcome, standing=outcome.standing.model_copy(update={"playlist": playlist}))

    def _similar(self, turn: Turn) -> Outcome:
        sounds = [a for a in turn.attachments if a.kind == "audio"]
        if not (sounds or turn.handles() or turn.plan.named) and any(c.op == "like" for c in turn.plan.constraints):
            return self._recommend(turn)  # like an artist: a wish that the search holds
        limited = turn.standing.model_copy(update={"text": "", "constraints": limits(turn.standing.constraints)})
        standing = after(limited, turn.plan.model_copy(update={"text": ""}), keep=True)
        less, unknown = self._resolve(turn.plan.less_named)
        away = (*turn.at(turn.plan.less), *less)
        standing = standing.model_copy(update={"away": away, "attribute": turn.plan.attribute})
        if sounds:
            analysis = self._tools.audio.analyze(sounds[0].path)
            vector = analysis.embeddings[self._tools.engine.music_space.id].vector
            sound = {"sound": tuple(map(float, vector)), "profile": heard_profile(analysis)}
            standing = standing.model_copy(update=sound)
            same, said = known_again(self._tools.catalogue, self._tools.recogniser, sounds[0].path)
            return first_named(self._search(turn, standing, known=tuple(c.track.id for c in same)), same, said)
        found, absent = self._resolve(turn.plan.named)
        liked = (*turn.handles(), *found)
        if not liked and absent:
            # "Something like Miles Davis, but calm": what else was said can be met.
            return self._search(turn, standing, absent=absent) if turn.plan.constraints else self._closest(turn, absent)
        standing = standing.model_copy(update={"likes": tuple(dict.fromkeys((*standing.likes, *liked)))})
        outcome = self._search(turn, standing, like=liked or turn.standing.results[:3], absent=absent)
        lost = [f"{name} is not in this catalogue, so nothing leads away from it." for name in unknown]
        return first_named(outcome, (), lost)

    def _exact(self, turn: Turn) -> Outcome:
        if turn.plan.handles:
            return self._chosen(turn)
        hits, absent = self._hits(turn.plan.named)
        if not hits:
            return self._closest(turn, absent)
        return self._named(turn, hits, absent)

    def _named(self, turn: Turn, hits: Sequence[Resolved], absent: tuple[str, ...]) -> Outcome:
        why: dict[TrackId, str] = {}
        for hit in hits:
            lacking = f"the closest to it: there is no {' '.join(sorted(hit.missing))} edition here"
            why.setdefault(hit.track_id, lacking if hit.missing else "the track that you named")
            why |= {other: "another edition of it" for other in hit.editions if other not in why}
        tracks = self._tools.catalogue.library.get_many(list(why))
        candidates = tuple(Candidate(t, 1.0, reasons=(why[t.id],)) for t in tracks)
        standing = with_results(turn.standing, candidates)
        elsewise = all(h.missing for h in hits)
        found_by = "found by name, in another edition" if elsewise else "found by name"
        decision = Decision(kind="relax" if elsewise else "recommend", fit=1.0, reason=found_by)
        return Outcome(decision, Evidence(tracks=facts(candidates), absent=absent), standing)

    def _chosen(self, turn: Turn) -> Outcome:
        """Show tracks of the list by their places; the list itself stays, so that its places still hold."""
        scores = dict(zip(turn.standing.results, turn.standing.scores, strict=False))
        tracks = {t.id: t for t in self._tools.catalogue.library.get_many(turn.handles())}
        told = tuple(
            fact(place, tracks[i], scores.get(i, 1.0), "the track that you chose")
            for place, i in zip(turn.plan.handles, turn.handles(), strict=True)
            if i in tracks
        )
        return Outcome(
            Decision(kind="recommend", fit=1.0, reason="chosen from the list"), Evidence(tracks=told), turn.standing
        )

    def _closest(self, turn: Turn, absent: tuple[str, ...]) -> Outcome:
        words = " ".join(f"{r.title} {r.artist or ''}" for r in turn.plan.named)
        result = self._tools.engine.search(SearchRequest(text=words, n=turn.plan.n or 5))
        standing = with_results(turn.standing, result.candidates)
        decision = Decision(kind="relax", fit=result.fit, reason="the named track is not in the catalogue")
        return Outcome(decision, Evidence(tracks=facts(result.candidates), absent=absent), standing)

    def _for_video(self, turn: Turn) -> Outcome:
        clip = next(a for a in turn.attachments if a.kind in {"video", "image"})
        brief = self._tools.suggester.look(clip.path)
        standing = after(turn.standing, turn.plan, keep=False)
        standing = standing.model_copy(update={"scene": brief, "scene_name": clip.name})
        return self._search(turn, standing)

    def _search(
        self,
        turn: Turn,
        standing: Standing,
        like: tuple[TrackId, ...] = (),
        absent: tuple[str, ...] = (),
        known: tuple[TrackId, ...] = (),
    ) -> Outcome:
        standing = with_new_list(self._with_relations(turn, standing))
        shown = turn.state.shown if turn.plan.fresh else ()
        request = SearchRequest(
            text=search_text(standing.constraints, standing.text),
            constraints=standing.constraints,
            like=like,
            taste=tuple(i for i in standing.likes if i not in like),
            dislike=standing.dislikes,
            sound=self._sound(standing),
            scene=standing.scene,
            exclude=frozenset((*shown, *standing.dislikes, *known)),
            n=turn.plan.n or DEFAULT_N,
            shown=turn.state.shown,
            freshness=standing.freshness,
            away=standing.away,
            attribute=standing.attribute if like or standing.sound else None,
            profile=standing.profile if standing.sound else None,
        )
        if not _askable(request) and request.taste:
            # "Something else" where only liked tracks stand: more like these.
            request = replace(request, like=request.taste, taste=())
        if not _askable(request):
            return self._browse(turn, standing, request)
        leaned = self._profile.search(turn.user, request)
        outcome = replace(self._decided(turn, standing, leaned.result, absent), influence=leaned.told)
        return _saying(outcome, *leaned.said)

    def _browse(self, turn: Turn, standing: Standing, request: SearchRequest) -> Outcome:
        """Answer "something else" without any wish: whatever was not shown yet."""
        snapshot = self._tools.engine.state.snapshot
        unseen = (row for row, track_id in enumerate(snapshot.ids) if track_id not in request.exclude)
        tracks = snapshot.tracks_at(list(islice(unseen, request.n)))
        if not tracks:
            return answer(standing, "You have seen every track that there is.", "nothing left to show")
        candidates = tuple(Candidate(t, NOTHING_FITS, reasons=("not shown yet",)) for t in tracks)
        decision = Decision(kind="answer", fit=NOTHING_FITS, reason="no wish stands; these were not shown yet")
        words = "No wish stands, so here is what I have not shown yet."
        return Outcome(decision, Evidence(tracks=facts(candidates), facts=(words,)), with_results(standing, candidates))

    def _decided(self, turn: Turn, standing: Standing, result: SearchResult, absent: tuple[str, ...] = ()) -> Outcome:
        evidence = Evidence(
            tracks=facts(result.candidates),
            receipts=result.receipts,
            relaxation=result.relaxation,
            absent=absent,
            scene=standing.scene.words if standing.scene and turn.plan.intent == "music_for_video" else None,
        )
        if result.candidates:
            # An empty answer leaves the last list on the screen, and its places hold.
            standing = with_results(standing, result.candidates)
        if not result.candidates and result.relaxation is not None:
            reason = f"nothing holds “{result.relaxation.blocking.words}” together with the rest"
            decision = Decision(kind="relax", fit=0.0, reason=reason)
            return Outcome(decision, evidence, standing, pending_relaxation=result.relaxation)
        nothing = nothing_left(turn.plan.fresh, len(self._tools.engine.state.snapshot))
        # "Something else" after "more like #2": no words stand of which a piece could be made.
        brief = brief_of(standing) or ("" if turn.plan.fresh else turn.message[:200])
        if result.fit < NOTHING_FITS and not standing.scene and brief:
            offer = GenerationOffer(id=None, text=brief, duration_s=DEFAULT_GENERATION_S, offered=True)
            reason = f"the best match has a {result.fit:.0%} chance to fit" if result.candidates else nothing
            decision = Decision(kind="generate", fit=result.fit, reason=reason)
            return Outcome(decision, evidence.model_copy(update={"generation": offer}), standing, brief)
        well = sum(c.score >= NOTHING_FITS for c in result.candidates)
        reason = f"{well} of {len(result.candidates)} tracks fit well" if result.candidates else nothing
        decision = Decision(kind="recommend", fit=result.fit, reason=reason)
        return Outcome(decision, evidence, standing)

    def _with_relations(self, turn: Turn, standing: Standing) -> Standing:
        """Add what the message wants relative to tracks: calmer than these, by other artists."""
        reference = turn.handles() or turn.standing.results
        tracks = self._tools.catalogue.library.get_many(reference)
        wishes = list(self._held(standing, compared(turn.plan.comparisons, tracks)))
        if turn.plan.same_artist:
            wishes += [Constraint("artist", "is", a, f"by {a}") for a in self._artists(turn)]
        if turn.plan.different_artist:
            artists = dict.fromkeys(t.artist for t in tracks if t.artist)
            wishes += [Constraint("artist", "not", a, "different artist") for a in artists]
        return standing.model_copy(update={"constraints": merge(standing.constraints, wishes)})

    def _artists(self, turn: Turn) -> tuple[str, ...]:
        """Return the artists of the tracks that a message points at; where it points at none, of the first."""
        tracks = self._tools.catalogue.library.get_many(turn.handles() or turn.standing.results[:1])
        return tuple(dict.fromkeys(t.artist for t in tracks if t.artist))

    def _held(self, standing: Standing, wishes: Sequence[Constraint]) -> list[Constraint]:
        """Keep a comparison hard only while enough tracks hold it with the rest; else it weighs."""
        state = self._tools.engine.state
        together = merge(standing.constraints, wishes)
        enough = int(compile_constraints(state.snapshot, together, state.playlists).allowed.sum()) >= DEFAULT_N
        return [w if enough else replace(w, hard=False) for w in wishes]

    def _sound(self, standing: Standing) -> Embedding | None:
        if standing.sound is None:
            return None
        import numpy as np

        return Embedding(self._tools.engine.music_space, np.array(standing.sound, np.float32))

    def _resolve(self, names: Sequence[NamedReference]) -> tuple[tuple[TrackId, ...], tuple[str, ...]]:
        hits, absent = self._hits(names)
        return tuple(h.track_id for h in hits), absent

    def _hits(self, names: Sequence[NamedReference]) -> tuple[tuple[Resolved, ...], tuple[str, ...]]:
        """Return the named tracks that are here, and the words for those (or those editions) that are not."""
        snapshot = self._tools.engine.state.snapshot
        found: list[Resolved] = []
        absent = []
        for named in names:
            hit = resolve(snapshot, named.title, named.artist)
            if hit is None:
                absent.append(f"“{named.title}”" + (f" by {named.artist}" if named.artist else ""))
                continue
            found.append(hit)
            if hit.missing:
                absent.append(f"“{strip_edition(named.title)}” ({', '.join(sorted(hit.missing))})")
        return tuple(found), tuple(absent)

    def _edit(self, turn: Turn) -> Outcome:
        """Edit the playlist; where the message says what the whole of it should be as well, do both."""
        if turn.plan.edit == "replace":
            return self._replacing.run(turn)
        if turn.plan.shape is None:
            return self._lists.edit(turn)
        steps = (self._continuing.run, self._lists.edit)
        first, second = steps if turn.plan.edit == "save" else steps[::-1]
        done = first(turn)
        # Places are those of the list that the user saw.
        then = second(_seen_from(turn, done.standing))
        told = (*done.evidence.facts, *then.evidence.facts)
        return replace(then, evidence=then.evidence.model_copy(update={"facts": told}))

    def _feedback(self, turn: Turn) -> Outcome:
        kind = turn.plan.reaction or "like"
        session = SessionId(turn.state.session_id)
        for track_id in turn.handles():
            self._tools.catalogue.conversations.react(track_id, kind, session, turn.user)
        return self._leaning(turn)

    def _leaning(self, turn: Turn) -> Outcome:
        picked, kind = turn.handles(), turn.plan.reaction or "like"
        if not picked:
            return answer(turn.standing, "Say which track you mean, for instance “#2”.", "no place named")
        standing = react(turn.standing, picked, liked=kind == "like")
        titles = ", ".join(f"“{t.title}”" for t in self._tools.catalogue.library.get_many(picked))
        verb = "like" if kind == "like" else "do not like"
        words = f"Noted: you {verb} {titles}. What comes next leans {'towards' if kind == 'like' else 'away from'} it."
        whole = len(picked) in {0, len(turn.standing.results)}
        if kind == "like" and whole and _goes_on(turn, standing):
            return _saying(self._go_on(turn, standing), *([words] if picked else []))
        return Outcome(Decision(kind="answer", fit=1.0, reason="feedback kept"), Evidence(facts=(words,)), standing)

    def _library(self, turn: Turn) -> Outcome:
        plan, snapshot = turn.plan, self._tools.engine.state.snapshot
        # "How many jazz tracks do you have?" asks for one number, "what do you have?" for all of them.
        wishes = [c for c in plan.constraints if c.field != "order"]
        words = counted_in(snapshot, wishes, plan.text, plan.language)
        words = words or library_facts(snapshot, self._tools.catalogue).sentences(read(turn.message).text)
        decision = Decision(kind="answer", fit=1.0, reason="counted")
        return Outcome(decision, Evidence(facts=words), turn.standing)

    def _talk(self, turn: Turn) -> Outcome:
        standing = turn.standing
        if (question := turn.plan.question) is not None:
            words = answered(question, self._tools.engine.state.snapshot, standing, turn.plan.language)
            decision = Decision(kind="answer", fit=1.0, reason="no search answers that")
            return Outcome(decision, Evidence(facts=words), standing)
        if turn.plan.intent == "clarify" and turn.plan.fresh:
            # "start over": the wishes go, what was liked and collected stays.
            kept = ("likes", "dislikes", "playlist", "document", "document_version")
            standing = Standing(**{name: getattr(standing, name) for name in kept})
        elif _goes_on(turn, standing):
            return self._go_on(turn, standing)
        return Outcome(Decision(kind="answer", fit=1.0, reason="no search needed"), Evidence(), standing)

    def _go_on(self, turn: Turn, standing: Standing) -> Outcome:
        """Show more after a message that is content and asks for nothing: near what was liked, by what stands.

        An artist who was asked for and liked has been heard: what comes next is near them, and not only theirs.
        """
        liked = tuple(i for i in standing.results if i in standing.likes)
        tracks = self._tools.catalogue.library.get_many(liked)
        heard = [fold(name) for t in tracks for name in (t.artist, t.album, t.title) if name]
        kept = tuple(
            c for c in standing.constraints
            if c.op == "not" or c.field not in _NAMES or not any(fold(str(c.value)) in name for name in heard)
        )  # fmt: skip
        if len(kept) == len(standing.constraints) and any(c.field in _NAMES and c.op != "not" for c in kept):
            liked = ()  # whom the last wish named is still to be heard
        standing = standing.model_copy(update={"constraints": kept})
        plan = turn.plan.model_copy(update={"fresh": True, "comparisons": (), "different_artist": False})
        return self._search(replace(turn, plan=plan), standing, like=liked)

    def _taste(self, turn: Turn) -> Outcome:
        if turn.user is not None:
            return self._profile.run(turn, turn.user)
        if turn.plan.profile is not None:
            return answer(turn.standing, "I keep no taste here, since I do not know who you are.", "no user")
        # Nobody to keep it for: it is a wish of the moment.
        intent: Intent = "refine" if turn.standing.results else "recommend"
        return self._recommend(replace(turn, plan=turn.plan.model_copy(update={"intent": intent})))

    def _path(self, turn: Turn) -> Outcome:
        found, absent = self._resolve(turn.plan.named)
        ends = turn.handles() or found
        if len(ends) != 2:
            return self._closest(turn, absent)
        return path_outcome(turn.standing, smooth_path(self._tools.engine.state, *ends, turn.plan.n or DEFAULT_N))

    def _undo(self, turn: Turn) -> Outcome:
        if (piece := self._composing.before(turn)) is not None:
            outcome = answer(
                turn.standing, "Back to the piece before; tell me what to change in it.", "piece taken back"
            )
            return replace(outcome, composed=piece)
        if not turn.state.history:
            return answer(turn.standing, "There is nothing to undo.", "no earlier turn")
        turns = min(turn.plan.n or 1, len(turn.state.history))
        standing, said = self._lists.undone(turn.standing, turn.state.history[-turns])
        tracks = {t.id: t for t in self._tools.catalogue.library.get_many(standing.results)}
        candidates = tuple(Candidate(tracks[i], s, reasons=(why,)) for i, why, s in rows(standing) if i in tracks)
        words = ("Taken back; this is what stood before.", *said)
        evidence = Evidence(tracks=facts(candidates), facts=words, playlist_id=standing.document if said else None)
        return Outcome(Decision(kind="answer", fit=1.0, reason="last turn taken back"), evidence, standing)


def _saying(outcome: Outcome, *words: str) -> Outcome:
    """Return an outcome that says more ahead of its own words."""
    facts_told = (*words, *outcome.evidence.facts)
    return replace(outcome, evidence=outcome.evidence.model_copy(update={"facts": facts_told}))


def _seen_from(turn: Turn, standing: Standing) -> Turn:
    """Return a turn that goes on from what stands after its first step, with its places read in the list before it."""
    plan = turn.plan
    if plan.shape is not None and plan.edit != "save":
        kept = [turn.standing.results[p - 1] for p in plan.shape.keep if p <= len(turn.standing.results)]
        places = tuple(standing.results.index(i) + 1 for i in kept if i in standing.results)
        plan = plan.model_copy(update={"shape": plan.shape.model_copy(update={"keep": places}), "handles": ()})
    return replace(turn, plan=plan, state=turn.state.model_copy(update={"standing": standing}))


def _goes_on(turn: Turn, standing: Standing) -> bool:
    """Tell whether a message that asks for nothing is content with a list, so that more of the kind is welcome."""
    cue = load_patterns().cue
    if not standing.results or cue("closing", turn.message):
        return False
    stands = bool(standing.constraints or standing.text or standing.likes)
    return stands and (cue("content", turn.message) or cue("onward", turn.message))


def _askable(request: SearchRequest) -> bool:
    return bool(request.text or request.constraints or request.like or request.sound or request.scene)
