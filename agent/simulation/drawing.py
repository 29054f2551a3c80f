"""Dialogues drawn from a catalogue by cascading filters.

After LP-MusicDialog (S. Doh et al., "Music Discovery Dialogue Generation Using Human Intent Analysis and Large Language
Models", 2024): a goal track is drawn, wishes that hold for it are taken one or two a turn, and each turn's wishes
together are verified to leave fewer tracks than before and never none. Other intents stand between. What users say
comes from templates; nothing of it was written by a model.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from agent.errors import SimulationError
from agent.simulation.canonical import canonical
from agent.simulation.facets import Facet, facets_of
from agent.simulation.moves import ANYWHERE, ON_A_LIST, OPENINGS, UNDO, Move
from agent.simulation.noise import Names, noisy
from agent.simulation.templates import Language, Template, absent_tracks, languages, playlist_names
from agent.simulation.values import MAX_TURNS, Clip, Dialogue, GoldPlan, SimulatedTurn, Split
from agent.standing import TOPICS, limits, merge
from agent.values import Comparison, Intent, NamedReference
from catalog.names import UNTITLED, fold
from catalog.values import Track, TrackId
from retrieval.constraints import Constraint
from retrieval.filters import compile_constraints
from retrieval.resolve import resolve
from retrieval.snapshot import Snapshot

ENGLISH = 0.6
_OPENS, _REFINES, _TWO, _ABSENT, _WISHED = 0.8, 0.45, 0.4, 0.4, 0.3
_ADJECTIVES = frozenset({"genre", "mood"})
# A list on the screen has at least so many tracks, where so many hold the wishes; places are counted in its top.
_LIST, _TOP = 8, 4
_LONGEST_TITLE = 60
_SECOND = re.compile(r"\{(?:place|n)2\}")
_TRIES = 50


def goal_split(track_id: TrackId) -> Split:
    """Return the split that a goal belongs to, by its id: one in three is for the test."""
    return "train" if int(hashlib.sha256(track_id.encode()).hexdigest()[:8], 16) % 3 else "test"


def draw_dialogues(
    snapshot: Snapshot, n: int, seed: int, split: Split, noise: float = 0.25, *, clips: bool = False
) -> list[Dialogue]:
    """Return `n` dialogues; the same seed gives the same over the same catalogue. `noise` is the share of noisy turns.

    With `clips` each is of two turns: a sample clip that music is wanted for, then words that narrow it (after Z. Dong
    et al., "MuseChat: A Conversational Music Recommendation System for Videos", 2024). What music a clip wants nobody
    can prove, so gold tracks are those that hold the wishes of words, and the clip must still stand at the end.

    Raises:
        SimulationError: no track of the split has a wish that tells it from others.
    """
    ids = [TrackId(i) for i in snapshot.ids if goal_split(TrackId(i)) == split]
    drawn = []
    for number in range(n):
        rng = np.random.default_rng([seed, number, int(split == "test")])
        goal, facets = _goal(snapshot, ids, rng)
        drawing = _Drawing(snapshot, rng, split, facets, ids, noise)
        name = f"{split}-{seed}-{number}"
        drawn.append(drawing.about_a_clip(f"clip-{name}", goal) if clips else drawing.dialogue(name, goal))
    return drawn


def _goal(snapshot: Snapshot, ids: Sequence[TrackId], rng: np.random.Generator) -> tuple[TrackId, list[Facet]]:
    """Return a track and the wishes that hold for it; it must have two, so that there is something to say."""
    for _ in range(_TRIES if ids else 0):
        goal = ids[int(rng.integers(len(ids)))]
        (track,) = snapshot.tracks_at(snapshot.rows([goal]))
        if len(facets := facets_of(snapshot, track)) > 1:
            return goal, facets
    raise SimulationError(
        f"The catalogue has {len(snapshot)} tracks, and too little tells those of this split from others; "
        "ingest more music."
    )


# What each comparison goes against: limits of a field, and moods.
_AGAINST: Mapping[Comparison, tuple[str, frozenset[str], frozenset[str]]] = {
    "slower": ("tempo", frozenset({"min", "between", "is"}), frozenset()),
    "faster": ("tempo", frozenset({"max", "between", "is"}), frozenset()),
    "shorter": ("duration", frozenset({"min", "between", "is"}), frozenset()),
    "longer": ("duration", frozenset({"max", "between", "is"}), frozenset()),
    "calmer": ("energy", frozenset({"min", "between", "is"}), frozenset()),
    "more energetic": ("energy", frozenset({"max", "between", "is"}), frozenset()),
    "darker": ("", frozenset(), frozenset({"happy"})),
    "happier": ("", frozenset(), frozenset({"sad", "dark"})),
}


@dataclass(frozen=True, slots=True)
class _Stand:
    """What stands between turns: the wishes, and how many tracks are on the screen at least.

    `lifted` are wishes that a later comparison contradicts ("slower" after "over 160 BPM"): they may stand or not.
    """

    wishes: tuple[Constraint, ...] = ()
    listed: int = 0
    lifted: frozenset[Constraint] = frozenset()

    def certain(self) -> tuple[Constraint, ...]:
        """Return the wishes that stand beyond doubt."""
        return tuple(wish for wish in self.wishes if wish not in self.lifted)


class _Drawing:
    """One dialogue in the making."""

    def __init__(
        self, snapshot: Snapshot, rng: np.random.Generator, split: Split, facets: Sequence[Facet],
        named: Sequence[TrackId], noise: float,
    ) -> None:  # fmt: skip
        self._snapshot, self._rng, self._noise, self._named = snapshot, rng, noise, named
        known = languages(split)
        others = [code for code in known if code != "en"]
        code = "en" if rng.random() < ENGLISH else others[int(rng.integers(len(others)))]
        self._language: Language = known[code]
        self._facets = [f for f in facets if self._can_say(f)]
        self._stand, self._before = _Stand(), _Stand()
        self._used: set[str] = set()
        self._turns: list[SimulatedTurn] = []
        self._split: Split = split

    def dialogue(self, name: str, goal: TrackId) -> Dialogue:
        """Return the dialogue, of two to five turns."""
        turns = int(self._rng.integers(2, MAX_TURNS + 1))
        while len(self._turns) < turns:
            self._next(last=len(self._turns) == turns - 1)
        return Dialogue(id=name, split=self._split, language=self._language.code, goal=goal, turns=tuple(self._turns))

    def about_a_clip(self, name: str, goal: TrackId) -> Dialogue:
        """Return a dialogue of two turns: a clip, with or without a wish in words, then a wish that narrows."""
        clip = get_args(Clip)[int(self._rng.integers(len(get_args(Clip))))]
        if self._rng.random() >= _WISHED or not self._ask("clip_wish", "music_for_video", whole=True):
            plan = GoldPlan(intent="music_for_video")
            self._stand = _Stand((), _LIST)
            self._add(self._language.say("clip", self._rng), plan, Names(), (), [])
        self._turns[0] = self._turns[0].model_copy(update={"clip": clip})
        if not self._ask("refine", "refine", sound=True, also=("recommend",)):
            # No wish is left that narrows what stands: another answer for the same clip.
            self._move(next(m for m in ON_A_LIST if m.kind == "other"))
        return Dialogue(id=name, split=self._split, language=self._language.code, goal=goal, turns=tuple(self._turns))

    def _next(self, *, last: bool) -> None:
        if not self._stand.wishes:
            if not self._turns and self._rng.random() > _OPENS:
                self._move(self._chosen(OPENINGS))
            elif not self._ask("recommend", "recommend", whole=True, also=("refine",) if self._turns else ()):
                self._move(self._chosen(ANYWHERE))
            return
        if self._rng.random() < _REFINES and self._ask("refine", "refine"):
            return
        moves = [m for m in (*ON_A_LIST, *ANYWHERE) if last or not m.ends]
        if self._turns[-1].plan.intent == "refine" and self._turns[-1].plan.wishes:
            moves.append(replace(UNDO, weight=3))
        self._move(self._chosen([m for m in moves if m.places <= min(self._stand.listed, _TOP)]))

    def _chosen(self, moves: Sequence[Move]) -> Move:
        able = [m for m in moves if self._language.can_say(m.kind) and (m.wishes is None or self._wished(m))]
        weights = np.array([m.weight for m in able])
        return able[int(self._rng.choice(len(able), p=weights / weights.sum()))]

    # Wishes in words.

    def _ask(
        self, kind: str, intent: Intent, *, whole: bool = False, sound: bool = False, also: tuple[Intent, ...] = ()
    ) -> bool:
        """Add a turn that asks by one or two wishes; False where no wish is left that narrows what stands.

        `whole` puts them as a phrase with a noun; then, and with `sound`, what the music is like comes first.
        """
        most = 2 if self._rng.random() < _TWO else 1
        chosen = self._narrowing(most, self._stand.wishes, sound=whole or sound)
        if not chosen:
            return False
        names = Names()
        words, templates = self._put(chosen, names, whole=whole)
        wishes = tuple(f.wish for f in chosen)
        # Where nothing stands, or a clip does, a new topic and a change of it come to the same.
        plan = GoldPlan(intent=intent, also=also, wishes=tuple(map(canonical, wishes)))
        self._before, standing = self._stand, merge(self._stand.wishes, wishes)
        gold = self._holding(standing)
        self._stand = _Stand(standing, min(_LIST, len(gold)), self._stand.lifted - {*wishes})
        self._add(self._language.say(kind, self._rng), plan, names, gold, templates, wishes=words)
        return True

    def _narrowing(self, most: int, standing: tuple[Constraint, ...], *, sound: bool) -> list[Facet]:
        """Return up to `most` facets that leave fewer tracks each, and take back nothing that stands."""
        chosen: list[Facet] = []
        count = len(self._holding(standing))
        for facet in self._one_a_form(sound=sound):
            if len(chosen) == most:
                break
            merged = merge(standing, [facet.wish])
            left = len(self._holding(merged))
            if len(merged) == len(standing) + 1 and 0 < left < count:
                chosen.append(facet)
                self._used.add(facet.form)
                standing, count = merged, left
        return chosen

    def _one_a_form(self, *, sound: bool) -> list[Facet]:
        """Return one facet of each form that was not used, at random; with `sound` what the music is like comes first.

        A genre is a topic of its own, so it comes first or not at all.
        """
        forms: dict[str, list[Facet]] = {}
        for facet in self._facets:
            if facet.form not in self._used and (sound or facet.form != "genre"):
                forms.setdefault(facet.form, []).append(facet)
        one = [facets[int(self._rng.integers(len(facets)))] for facets in forms.values()]
        mixed = [one[place] for place in self._rng.permutation(len(one)).tolist()]
        return sorted(mixed, key=lambda f: f.form not in TOPICS) if sound else mixed

    def _holding(self, wishes: Sequence[Constraint]) -> tuple[TrackId, ...]:
        allowed = compile_constraints(self._snapshot, wishes).allowed
        return tuple(TrackId(self._snapshot.ids[row]) for row in np.flatnonzero(allowed).tolist())

    def _put(self, facets: Sequence[Facet], names: Names, *, whole: bool) -> tuple[str, list[Template]]:
        """Return the words of wishes and the templates of their phrases; `whole` as a phrase with a noun."""
        adjectives: dict[str, str] = {}
        rest, templates = [], []
        for facet in facets:
            word = "" if facet.concept is None else self._word(facet.concept)
            attribute, _, alone = word.partition("|")
            if whole and facet.form in _ADJECTIVES:
                adjectives[facet.form] = attribute
                continue
            if facet.form == "genre":
                rest.append(alone or attribute)
                continue
            template = self._language.wish(facet.form, self._rng)
            name = "" if facet.name is None else names.hide(facet.name)
            rest.append(template.text.format(word=alone or attribute, name=name, **facet.slots))
            templates.append(template)
        if whole:
            return self._language.asked(adjectives.get("genre"), adjectives.get("mood"), rest), templates
        return self._language.all_and.join(rest), templates

    def _word(self, concept: str) -> str:
        words = self._language.words[concept]
        return words[int(self._rng.integers(len(words)))]

    def _can_say(self, facet: Facet) -> bool:
        if facet.concept is not None and facet.concept not in self._language.words:
            return False
        return facet.form == "genre" or self._language.can_wish(facet.form)

    # Everything else.

    def _move(self, move: Move) -> None:
        names, plan, before = Names(), move.plan, self._stand
        template = self._language.say(move.kind, self._rng)
        # "{place} and {place2} are great": a template may point at one track more than its kind needs.
        places = max(move.places, 2 if _SECOND.search(template.text) else 0)
        slots: dict[str, str] = {}
        templates: list[Template] = []
        gold: tuple[TrackId, ...] = ()
        handles = tuple(int(p) + 1 for p in self._rng.permutation(min(self._stand.listed, _TOP))[:places])
        if handles:
            slots = {"place": self._language.places[handles[0] - 1], "n": str(handles[0])}
            slots |= {"place2": self._language.places[handles[-1] - 1], "n2": str(handles[-1])}
        title = None
        if move.titled:
            title = playlist_names()[int(self._rng.integers(len(playlist_names())))]
            slots["name"] = names.hide(title)
        if move.kind == "exact":
            plan, gold = self._exactly(plan, names, slots)
        chosen: list[Facet] = []
        if move.wishes is not None:
            able = self._wished(move)
            chosen = [able[int(self._rng.integers(len(able)))]]
            slots["wishes"], templates = self._put(chosen, names, whole=move.wishes == "sound")
        plan = _filled(plan, move, handles, title, chosen)
        self._stand = self._after(move, plan, chosen)
        self._before = before
        self._add(template, plan, names, gold, templates, **slots)

    def _wished(self, move: Move) -> list[Facet]:
        """Return the facets that a move may ask for: limits beside tracks to be like, else what the music is like."""
        if move.wishes == "limit":
            return [f for f in self._facets if f.form not in TOPICS]
        return [f for f in self._facets if f.form in _ADJECTIVES]

    def _exactly(self, plan: GoldPlan, names: Names, slots: dict[str, str]) -> tuple[GoldPlan, tuple[TrackId, ...]]:
        """Name a track that is here, or one that is not."""
        lacking = [r for r in absent_tracks() if resolve(self._snapshot, r.title, r.artist) is None]
        track = self._nameable()
        if track is None or self._rng.random() < _ABSENT:
            named = lacking[int(self._rng.integers(len(lacking)))]
        else:
            named = NamedReference(title=track.title, artist=track.artist)
        slots |= {"title": names.hide(named.title), "artist": names.hide(named.artist or "")}
        hit = resolve(self._snapshot, named.title, named.artist)
        gold = () if hit is None else (hit.track_id, *hit.editions)
        return plan.model_copy(update={"named": (named,), "absent": hit is None}), gold

    def _nameable(self) -> Track | None:
        """Return a track with an artist and a title that stand in quotes without trouble."""
        for place in self._rng.permutation(len(self._named))[:20].tolist():
            (track,) = self._snapshot.tracks_at(self._snapshot.rows([self._named[place]]))
            plain = not set(track.title) & set('"“”„«»《》') and 2 <= len(track.title) <= _LONGEST_TITLE
            if track.artist and plain and track.title != UNTITLED and fold(track.title):
                return track
        return None

    def _after(self, move: Move, plan: GoldPlan, chosen: Sequence[Facet]) -> _Stand:
        """Return what stands after a move."""
        stand, wishes = self._stand, [f.wish for f in chosen]
        if move.kind == "undo":
            return self._before
        if plan.intent == "similar" or move.kind == "continue":
            # These go by the tracks themselves: of the wishes only the limits outlive them.
            held = merge(limits(stand.wishes), wishes)
            return _Stand(held, max(0, min(_LIST, len(self._holding(held)) - 2)), stand.lifted - {*wishes})
        if move.kind == "exact":
            return replace(stand, listed=0 if plan.absent else 1)
        if move.kind == "playlist":
            return replace(stand, wishes=tuple(wishes))
        lost = sum(
            max(1, len(p.handles)) for p in plan.steps or (plan,) if p.reaction == "dislike" or p.edit == "remove"
        )
        listed = 0 if plan.fresh else max(0, stand.listed - lost)
        lifted = {wish for wish in stand.wishes if any(_contradicts(told, wish) for told in plan.comparisons)}
        return replace(stand, listed=listed, lifted=stand.lifted | lifted)

    def _add(
        self, template: Template, plan: GoldPlan, names: Names, gold: Sequence[TrackId], parts: Sequence[Template],
        **slots: str,
    ) -> None:  # fmt: skip
        message, noise = template.text.format(**slots), None
        if self._rng.random() < self._noise:
            message, noise = noisy(message, self._language, self._rng)
        self._turns.append(
            SimulatedTurn(
                message=names.show(message),
                templates=(template.id, *(p.id for p in parts)),
                noise=() if noise is None else (noise,),
                plan=plan,
                standing=tuple(map(canonical, self._stand.certain())),
                gold=tuple(gold),
            )
        )


def _contradicts(comparison: Comparison, wish: Constraint) -> bool:
    """Tell whether a comparison wants the other way what a wish asks for."""
    field, ops, moods = _AGAINST[comparison]
    if wish.field == "mood":
        return wish.op == "is" and canonical(wish).value in moods
    return wish.field == field and wish.op in ops


def _filled(
    plan: GoldPlan, move: Move, handles: tuple[int, ...], title: str | None, chosen: Sequence[Facet]
) -> GoldPlan:
    """Return what a message means, with its places, its title and its wishes."""
    wishes = tuple(canonical(f.wish) for f in chosen)
    if not move.steps:
        return plan.model_copy(update={"handles": handles, "playlist_title": title, "wishes": wishes})
    left = list(handles)
    steps = tuple(
        step.model_copy(update={"playlist_title": title} if step.edit == "save" else {"handles": (left.pop(0),)})
        for step in move.steps
    )
    leads = next((s for s in steps if s.intent == "similar"), steps[0])
    return leads.model_copy(update={"steps": steps})
