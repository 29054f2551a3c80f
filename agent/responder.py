"""Words from the evidence pack and from nothing else, in the user's language.

A template per decision: every title, artist and number in a reply is read from `Evidence`, so a track that is not in
the catalogue cannot be named as if it were. The templates of a language stand in its table (`agent.languages`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import shorten

from agent.languages import Words, words_of
from agent.values import Decision, Evidence, TrackFact, TurnPlan
from retrieval.calibration import NOTHING_FITS

_TOLD = 160  # characters of what would be composed; all of it is in the request
_CLOSING = re.compile(
    r"\W*(?:no|nope|thanks?|cheers|bye|goodbye|ok|okay|cool|nice|great|perfect|awesome)\b", re.IGNORECASE
)


def reply(plan: TurnPlan, decision: Decision, evidence: Evidence) -> Iterator[str]:
    """Yield the reply sentence by sentence, each ending in a blank."""
    for sentence in _Reply(words_of(plan.language), plan, decision, evidence).sentences():
        yield sentence + " "


@dataclass(frozen=True, slots=True)
class _Reply:
    """One reply in the making; `say` holds the templates."""

    say: Words
    plan: TurnPlan
    decision: Decision
    evidence: Evidence

    def _brief(self, text: str) -> str:
        return shorten(self.say.brief(text), _TOLD, placeholder=" …")

    def sentences(self) -> Iterator[str]:
        say, evidence = self.say, self.evidence
        if self.plan.intent == "clarify":
            yield say("clarify")
            return
        if self.plan.intent == "chitchat" and self.plan.question is None:
            yield say("glad" if _CLOSING.match(self.plan.text) else "greeting")
        yield from map(say.sentence, evidence.facts)
        if evidence.scene:
            yield say("scene", scene=say.seen(evidence.scene))
        for name in evidence.absent:
            yield say("absent", name=say.sentence(name))
        if evidence.absent and evidence.tracks:
            yield say("closest")
        yield from self._about_tracks()
        for receipt in evidence.receipts:
            if receipt.status == "unenforceable":
                words = say.wish(receipt.constraint)
                yield say("unchecked", words=words, reason=say.sentence(receipt.evidence))
        if evidence.unresolved:
            yield say("missing", names=self._listed(tuple(map(say.sentence, evidence.unresolved))))
        yield from self._about_generation()

    def _about_tracks(self) -> Iterator[str]:
        say, plan, decision, evidence = self.say, self.plan, self.decision, self.evidence
        tracks = evidence.tracks
        if not tracks:
            if evidence.relaxation is not None:
                step = say.sentence(evidence.relaxation.words)
                asked = "none_leave" if evidence.relaxation.offer is None else "none_take"
                yield say(asked, step=step[0].upper() + step[1:])
            elif decision.kind in {"recommend", "relax"} or (
                evidence.generation is not None and evidence.generation.offered
            ):
                yield say("nothing", reason=say.sentence(decision.reason))
            return
        names = tuple(self._named(t) for t in tracks)
        if decision.kind == "answer":
            if plan.intent in {"recommend", "refine", "undo"}:
                yield f"{self._listed(names, 3)}."
            return
        if plan.intent == "exact_track" and not evidence.absent:
            yield say("here", names=self._listed(names))
        elif evidence.absent and decision.kind == "relax":
            yield f"{self._listed(names, 3)}."
        elif decision.kind == "generate":
            yield say("poor", reason=say.sentence(decision.reason), name=names[0], why=say.clauses(tracks[0].why))
        else:
            yield f"{self._how_many(tracks)} {say(self._leads(), name=names[0], why=say.clauses(tracks[0].why))}"
            if len(tracks) > 1:
                yield say("next", names=self._listed(names[1:3]))

    def _about_generation(self) -> Iterator[str]:
        offer = self.evidence.generation
        if offer is None:
            return
        if offer.offered:
            yield self.say("offer", seconds=f"{offer.duration_s:.0f}", text=self._brief(offer.text))
        elif offer.id is not None:
            yield self.say("composing", seconds=f"{offer.duration_s:.0f}", text=self._brief(offer.text))
        else:
            yield self.say("cannot_compose", reason=self.say.sentence(self.decision.reason))

    def _how_many(self, tracks: tuple[TrackFact, ...]) -> str:
        well = sum(t.score >= NOTHING_FITS for t in tracks)
        if well == len(tracks):
            return self.say("one_fits") if well == 1 else self.say("all_fit", well=well)
        template = "none_fit" if well == 0 else "one_fits_of_some" if well == 1 else "some_fit"
        return self.say(template, well=well, rest=len(tracks) - well)

    def _leads(self) -> str:
        """Return how the first track is told of: in playing order, or in that of a property, it need not fit best."""
        ordered = self.plan.intent == "continue_playlist" or any(
            receipt.constraint.field == "order" for receipt in self.evidence.receipts
        )
        tracks = self.evidence.tracks
        return "begins" if ordered and tracks[0].score < max(t.score for t in tracks) else "best"

    def _named(self, track: TrackFact) -> str:
        opened, closed = self.say.quotes
        title = f"#{track.handle} {opened}{track.title}{closed}"
        return self.say("by", title=title, artist=track.artist) if track.artist else title

    def _listed(self, names: tuple[str, ...], limit: int = 5) -> str:
        shown = ", ".join(names[:limit])
        return self.say("more", names=shown, n=len(names) - limit) if len(names) > limit else shown
