"""The taste profile in a conversation: it leans searches, is told of, added to by words, and forgotten on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agent.outcomes import Outcome, answer
from agent.planner.tastes import values_of
from agent.turn import Tools, Turn
from agent.values import Decision, Evidence, Standing
from catalog.values import Taste, UserId
from retrieval.constraints import Constraint
from retrieval.continuation.values import ContinuationRequest
from retrieval.leaning import by_artist, with_words
from retrieval.profile import Line, Profile, profile_of
from retrieval.values import SearchRequest, SearchResult
from retrieval.vocabulary import load_vocabulary

# How many lines a reply tells, and how many tracks each of them is from.
_TOLD, _FROM = 8, 3


@dataclass(frozen=True, slots=True)
class Leaned:
    """A search after the profile had its say; `told` is the step of the trace, `said` a sentence for the reply."""

    result: SearchResult
    told: str = ""
    said: tuple[str, ...] = ()


class ProfileActs:
    """What turns do with the profile of the user whose they are."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def of(self, user: UserId) -> Profile:
        """Return the profile of a user as it is now."""
        catalogue = self._tools.catalogue
        return profile_of(
            self._tools.engine.state.snapshot,
            catalogue.tastes.of(user),
            catalogue.conversations.feedback(user_id=user),
            datetime.now(UTC).replace(tzinfo=None),
            on=catalogue.tastes.counts(user),
        )

    def search(self, user: UserId | None, request: SearchRequest) -> Leaned:
        """Search as the user's taste leans; without a user, or with nothing known of one, just search."""
        search = self._tools.engine.search
        profile = Profile() if user is None else self.of(user)
        spoken = self._spoken(request.text, request.constraints)
        asked = [f"{n.sign} set aside, as it was asked for" for n in profile.lines if n.never and n.value in spoken]
        lean, nevers = profile.lean(spoken), self._felt(profile, spoken)
        if not lean and not nevers:
            return Leaned(search(request), "; ".join(asked))
        kept = replace(request, lean=lean, constraints=(*request.constraints, *nevers))
        result = search(kept)
        if nevers and not result.candidates:
            plain = search(replace(request, lean=lean))
            if not plain.candidates:
                return Leaned(plain)
            names = ", ".join(str(wish.value) for wish in nevers)
            said = f"Your “never {names}” leaves nothing of that; say “I no longer mind {nevers[0].value}” to lift it."
            return Leaned(replace(result, relaxation=None), f"never {names} leaves nothing", (said,))
        told = [] if result.influence is None or not result.influence.moved else [result.influence.words]
        told += [wish.source_text for wish in nevers] + asked
        return Leaned(result, "; ".join(told) or "moved nothing")

    def run(self, turn: Turn, user: UserId) -> Outcome:
        """Show the profile, ask before it is forgotten, forget it, or note what was said."""
        if turn.plan.profile == "forget":
            return self._forget(turn, user)
        if turn.plan.profile == "show":
            return answer(turn.standing, self._shown(self.of(user)), "told from the profile")
        return answer(_lifted(turn), self.note(turn, user), "taste kept")

    def note(self, turn: Turn, user: UserId) -> str:
        """Keep what a message says of the user's taste; return the sentence that says so."""
        tastes = self._tools.catalogue.tastes
        gone = [t for t in turn.plan.tastes if not t.weight]
        for told in turn.plan.tastes:
            if told.weight:
                tastes.keep(user, Taste(told.field, told.value, told.weight, told.never, words=told.words[:200]))
            else:
                tastes.remove(user, told.field, told.value)
        if gone:
            return f"Lifted: {', '.join(t.value for t in gone)}."
        return f"Noted for good: {values_of(turn.plan.tastes)}. Ask “what do you know about my taste?” to see it all."

    def _forget(self, turn: Turn, user: UserId) -> Outcome:
        if turn.plan.agreed:
            erased = self._tools.catalogue.tastes.erase(user)
            standing = turn.standing.model_copy(update={"likes": (), "dislikes": ()})
            words = f"Forgotten: {erased.tastes} tastes and {erased.reactions} reactions."
            return answer(standing, words, "profile erased")
        profile = self.of(user)
        if not profile.lines and not profile.reactions:
            return answer(turn.standing, self._shown(profile), "nothing to forget")
        words = f"Shall I forget {len(profile.lines)} lines of your taste and {profile.reactions} reactions for good?"
        decision = Decision(kind="answer", fit=1.0, reason="asked before erasing")
        return Outcome(decision, Evidence(facts=(f"{words} Say yes.",)), turn.standing, pending_forget=True)

    def _shown(self, profile: Profile) -> str:
        if not profile.lines:
            return "I know nothing of your taste yet; likes and words such as “I love jazz” tell me."
        lines = "; ".join(_told(line) for line in profile.lines[:_TOLD])
        more = len(profile.lines) - _TOLD
        told = f"What I know of your taste: {lines}{f'; and {more} more' if more > 0 else ''}."
        return told if profile.on else f"{told} It is switched off."

    def nevers(self, user: UserId | None, request: ContinuationRequest) -> tuple[Constraint, ...]:
        """Return what must not come into a user's playlist, as wishes."""
        if user is None:
            return ()
        return self._felt(self.of(user), self._spoken(request.title, request.constraints))

    def _spoken(self, text: str, wishes: Sequence[Constraint]) -> set[str]:
        """Return what a request speaks of itself: concepts and names, wanted or not."""
        vocabulary = self._tools.engine.state.snapshot.vocabulary
        said = {m.concept.id for m in vocabulary.mentions(text)}
        for wish in wishes:
            if isinstance(wish.value, str):
                said.add(wish.value)
                said |= {c.id for word in wish.value.split(" or ") if (c := vocabulary.concept(word)) is not None}
        return said

    def _felt(self, profile: Profile, spoken: set[str]) -> tuple[Constraint, ...]:
        """Return what is never wanted and is here at all: a refusal of nothing need not be told at every turn."""
        snapshot = self._tools.engine.state.snapshot

        def here(wish: Constraint) -> bool:
            value = str(wish.value)
            if wish.field == "artist":
                return bool(by_artist(snapshot, value).any())
            return wish.field != "other" or bool(with_words(snapshot, value).any())

        return tuple(wish for wish in profile.nevers(spoken) if here(wish))


def _lifted(turn: Turn) -> Standing:
    """Return what stands once a taste that was taken back refuses nothing in the conversation either."""
    gone = {taste.value for taste in turn.plan.tastes if not taste.weight}
    concept = load_vocabulary().concept

    def refuses(wish: Constraint) -> bool:
        found = concept(str(wish.value))
        return wish.op == "not" and bool(gone & {str(wish.value), "" if found is None else found.id})

    kept = tuple(wish for wish in turn.standing.constraints if not refuses(wish))
    return turn.standing.model_copy(update={"constraints": kept})


def _told(line: Line) -> str:
    grounds = [f"“{line.words}”"] if line.words else list(dict.fromkeys(f"“{g.title}”" for g in line.grounds))[:_FROM]
    return f"{line.sign} ({abs(line.weight):.1f}{': ' if grounds else ''}{', '.join(grounds)})"
