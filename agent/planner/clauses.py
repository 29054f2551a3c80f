"""Several wishes in one message: its parts, and the order in which they are done.

"Drop the second, more like the fourth, but under 3 minutes, and save it as Sunday" removes, searches and saves. Only
messages that change a playlist, or react to several tracks, are taken apart: what only searches is one wish, however
many commas it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent.values import TurnPlan
from retrieval.vocabulary import load_vocabulary

_BETWEEN = re.compile(
    r"\s*[,;]\s*(?:(?:and|but|then|also)\b\s*)*|[.!?]\s+(?:(?:and|but|then|also)\b\s*)*"
    r"|\s+(?:and then|then|and also|and|but)\s+",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“„«][^\"”“»]{2,120}[\"”“»]")
# "Take out 3 and 7": one row of places.
_NUMBERS = re.compile(
    r"(?<![\w.,#])(?:#\s?)?\d{1,2}(?:(?:\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+)(?:#\s?)?\d{1,2}(?![\w.,]\d|\s*(?:bpm|min|sec|hours?|%)))+"
)
# "... and #3 to my playlist".
_PLACE_OF_LIST = re.compile(
    r"\W*(?:#\d+|(?:number|track|song) \w+|the \w+(?: one| track| song)?) "
    r"(?:in|on|off|out )?(?:to|from|of)?\s?(?:my|the|this|that|our) ",
    re.IGNORECASE,
)
_MOST, _MOST_ORDERS = 6, 8
_AFTERWARDS = re.compile(r"\W*(?:and\s+)?(?:then|after(?:wards|\s+that))\b", re.IGNORECASE)
_POLITE = frozenset({"chitchat", "clarify"})
_STORY = re.compile(r"[.!?]\s+\w")
_BACK_TO_IT = re.compile(r"\b(?:it|that(?:\s+one)?|this(?:\s+one)?)\b(?!['’])", re.IGNORECASE)
_AWAY = re.compile(r"less like\b", re.IGNORECASE)
_GUESS = 0.4  # the rules' confidence in a message of which they read nothing is below it
_CHEER = 2  # words
_LONGEST, _LONGEST_NAME, _PLACE = 300, 3, 3  # characters of a message, words of a name and of a place


def parts_of(message: str) -> list[tuple[int, int]]:
    """Return where the parts between commas and conjunctions start and end; names in quotes stay whole."""
    quotes = [range(*found.span()) for found in _QUOTED.finditer(message)]
    quotes += [range(*found.span()) for found in _NUMBERS.finditer(message)]
    edges = [found.span() for found in _BETWEEN.finditer(message) if not any(found.start() in q for q in quotes)]
    starts, ends = [0, *(end for _, end in edges)], [*(start for start, _ in edges), len(message)]
    return [span for span in zip(starts, ends, strict=True) if message[slice(*span)].strip()]


def steps_of(message: str, plan_of: Callable[[str], TurnPlan]) -> tuple[TurnPlan, ...]:
    """Return the steps of a message in the order of doing, () where it is about one thing.

    Changes and reactions come first, since places are those of the list on the screen; then the one search, or what
    else there is; saving comes last, since it is the outcome that is saved.
    """
    parts = parts_of(message) if len(message) <= _LONGEST else []
    if not 1 < len(parts) <= _MOST:
        return ()
    sorting = _Sorting(message, plan_of)
    for start, end in parts:
        sorting.take(start, end)
    before, after, middle = sorting.before, sorting.after, sorting.middle()
    acts = any(plan.intent == "edit_playlist" for plan in (*before, *after)) or len(before) > 1
    if sorting.places or not (acts or (before and middle and _asks(middle[0], before[0]))):
        return ()
    steps = (*before, *middle, *after)
    return steps if len(steps) > 1 else ()


def orders_of(message: str, plan_of: Callable[[str], TurnPlan]) -> tuple[TurnPlan, ...]:
    """Return the plans of orders between semicolons, in the order in which they were said; () where there are none.

    Parts that search are one search: "more like #2; slower; no drums". What is only polite is left out. A list or a
    piece to make and what it should be like are one order, and a story is none.
    """
    parts = _between_semicolons(message)
    if not 1 < len(parts) <= _MOST_ORDERS or any(_STORY.search(part) for part in parts):
        return ()
    told: list[tuple[str, TurnPlan]] = []
    for part in parts:
        plan = plan_of(part)
        if told and _BACK_TO_IT.search(part) and not plan.handles and len(told[-1][1].handles) == 1:
            # "I like #2; more like it".
            part = _BACK_TO_IT.sub(f"#{told[-1][1].handles[0]}", part)
            plan = plan_of(part)
        if plan.question is not None or plan.intent not in _POLITE:
            told.append((part, plan))
    sought = [part for part, plan in told if _seeks(plan, part) and not plan.steps]
    if sought and any(_makes(plan) for _, plan in told):
        return ()
    steps: list[TurnPlan] = []
    for part, plan in told:
        if plan.steps:
            steps += plan.steps
        elif not _seeks(plan, part) or len(sought) == 1:
            steps.append(_said(plan, part))
        elif part == sought[-1]:
            whole = ", ".join(sought)
            steps.append(_said(plan_of(whole), whole))
    return tuple(steps)


def _between_semicolons(message: str) -> list[str]:
    """Return the parts of a message between semicolons; those in quotes part nothing."""
    quotes = [range(*found.span()) for found in _QUOTED.finditer(message)]
    edges = [n for n, sign in enumerate(message) if sign == ";" and not any(n in quote for quote in quotes)]
    starts, ends = [0, *(n + 1 for n in edges)], [*edges, len(message)]
    return [part for start, end in zip(starts, ends, strict=True) if (part := message[start:end].strip())]


def _makes(plan: TurnPlan) -> bool:
    """Tell whether a part makes a list, a path or a piece, which what searches beside it would belong to."""
    if plan.intent in {"generate", "path"}:
        return True
    return plan.intent == "continue_playlist" and (plan.shape is None or not plan.shape.order)


def _seeks(plan: TurnPlan, part: str) -> bool:
    """Tell whether an order is a part of the one search."""
    if plan.intent in {"recommend", "refine", "similar"}:
        return not (plan.tastes or plan.without or plan.unsaid)
    return _AWAY.match(part) is not None


@dataclass
class _Sorting:
    """Parts of a message as they come: what is done to tracks, what is kept of the outcome, and all the rest."""

    message: str
    plan_of: Callable[[str], TurnPlan]
    before: list[TurnPlan] = field(default_factory=list)
    after: list[TurnPlan] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    places: tuple[int, ...] = ()  # named before what is done to them
    saves_from: int | None = None
    more: bool = False  # more like what was praised is asked for, without saying it again

    def take(self, start: int, end: int) -> None:
        part = self.message[start:end]
        plan = self.plan_of(part)
        if self.before and self.before[-1].edit == "move" and plan.edit != "move":
            # "Move 3 to the top and 5 to the end".
            again = self.plan_of(f"move {part}")
            plan = again if again.edit == "move" else plan
        if self.before and _of_it(plan):
            # "The fourth is awful, throw it out"; "the first comes with us, put it on the list" says one thing twice.
            plan = plan.model_copy(update={"handles": self.before[-1].handles})
            if self.before[-1].planner == "router":
                self.before.pop()
        if self.saves_from is not None and plan.intent == "recommend" and len(part.split()) <= _LONGEST_NAME:
            # "Save it as Rock, Jazz and Pop": the name goes on.
            named = self.message[self.saves_from : end]
            self.after[-1] = _said(self.plan_of(named), named)
        elif not (self.before or self.rest) and _only_places(plan, part):
            # "The third and the first should go on my playlist".
            self.places += plan.handles
        elif _acts(plan):
            self._act(plan, part, start)
        elif self.before and not self.rest and _continues(self.before[-1], plan, part):
            self.before[-1] = _with_more(self.before[-1], plan, part)
        else:
            self.more |= plan.intent == "similar" and not (plan.handles or plan.named)
            self.rest.append(part)

    def _act(self, plan: TurnPlan, part: str, start: int) -> None:
        if self.places and plan.handles:
            plan, self.places = plan.model_copy(update={"handles": (*self.places, *plan.handles)}), ()
        if self.before and _alike(self.before[-1], plan):
            # "Add the fourth and the third to my list": one order.
            self.before[-1] = _with_more(self.before[-1], plan, part)
            return
        self.saves_from = start if plan.edit in {"save", "rename"} else None
        first = not (self.before or self.rest)
        if plan.edit == "save" and first and _AFTERWARDS.match(self.message[start + len(part) :]):
            # "Save these as Campfire, then show me something livelier": what is there now is saved, the name has ended.
            self.saves_from = None
            self.before.append(_said(plan, part))
            return
        if plan.steps:
            # "Swap 1 and 4" is done in two steps.
            self.before += plan.steps
            return
        (self.after if plan.edit in {"save", "rename"} else self.before).append(_said(plan, part))

    def middle(self) -> tuple[TurnPlan, ...]:
        said = ", ".join(self.rest)
        plan = self.plan_of(said) if said else None
        liked = next((done.handles for done in reversed(self.before) if done.reaction == "like"), ())
        if plan is not None and self.more and liked and not plan.handles:
            # "The second is right up my street, dig out more along those lines, only slower".
            plan = plan.model_copy(update={"intent": "similar", "handles": liked})
        if plan is not None and plan.intent == "explain" and self.before and not plan.handles:
            plan = plan.model_copy(update={"handles": self.before[-1].handles})
        # "Please", "thanks", a cheer that nobody reads: nothing that would have to be done.
        if plan is None or plan.intent in {"clarify", "chitchat"} or _unread(plan):
            return ()
        return (_said(plan, said),)


def _asks(plan: TurnPlan, last: TurnPlan) -> bool:
    """Tell whether a part asks for music by itself, after a reaction: more like a track, or a change.

    Praise with a change in it is one order: "#2 is nearly it, same thing without drums" is like #2.
    """
    if plan.intent == "similar":
        return bool(plan.handles or plan.named)
    told = plan.comparisons or plan.fresh or plan.constraints or plan.without or plan.unsaid
    changed = plan.intent == "refine" and bool(told)
    # "The last one slaps, what's its key?": the question is answered as well.
    return plan.intent == "explain" or (changed and last.reaction == "dislike")


def _unread(plan: TurnPlan) -> bool:
    """Tell whether a part is a cheer: a word or two of which nothing was understood, and no style by its name."""
    words = plan.text.casefold().split()
    guessed = plan.intent == "recommend" and plan.confidence < _GUESS and not (plan.constraints or plan.fresh)
    return guessed and len(words) <= _CHEER and not any(word in load_vocabulary().unheard for word in words)


def _only_places(plan: TurnPlan, part: str) -> bool:
    """Tell whether a part is places and nothing else: "the third", "#4"."""
    return plan.intent == "exact_track" and bool(plan.handles) and not plan.named and len(part.split()) <= _PLACE


def leading(steps: Sequence[TurnPlan]) -> TurnPlan:
    """Return the step that decides the answer: the search where there is one, else the first."""
    return next((step for step in steps if not _acts(step)), steps[0])


def _said(plan: TurnPlan, part: str) -> TurnPlan:
    return plan.model_copy(update={"said": part.strip()})


def _acts(plan: TurnPlan) -> bool:
    """Tell whether a part does something to tracks or lists of its own."""
    if plan.intent == "edit_playlist":
        return plan.edit in {"save", "rename"} or bool(plan.handles or plan.named)
    return plan.intent == "feedback" and plan.reaction is not None and bool(plan.handles)


def _alike(last: TurnPlan, plan: TurnPlan) -> bool:
    """Tell whether two parts do the same, adding or removing, to tracks that they point at."""
    return plan.edit in {"add", "remove"} and last.edit == plan.edit and bool(last.handles and plan.handles)


def _of_it(plan: TurnPlan) -> bool:
    """Tell whether a part does something to tracks and leaves open to which."""
    unsaid = not (plan.handles or plan.named or plan.constraints)
    return unsaid and plan.intent == "edit_playlist" and plan.edit not in {None, "save", "rename"}


def _continues(last: TurnPlan, plan: TurnPlan, part: str) -> bool:
    """Tell whether a part only names more tracks for what was done before: "remove #2 and #3"."""
    alone = not (plan.constraints or plan.comparisons or plan.fresh)
    return alone and bool(last.handles) and (_only_places(plan, part) or _PLACE_OF_LIST.match(part) is not None)


def _with_more(last: TurnPlan, plan: TurnPlan, part: str) -> TurnPlan:
    handles = tuple(dict.fromkeys((*last.handles, *plan.handles)))
    return last.model_copy(update={"handles": handles, "said": f"{last.said}, {part}"})
