"""The deterministic planner: no model, always there, the same answer every time."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agent.languages import read
from agent.planner.afterthoughts import arranged, length_of, mended, said_after_all_is_dropped, varied
from agent.planner.clauses import leading, steps_of
from agent.planner.lists import WHOLE_LIST_S, ListWishes, list_wishes
from agent.planner.patterns import load_patterns
from agent.planner.pointing import HANDLE, handles_in, loose_places, loosely_named, marked, named_in, without_quotes
from agent.planner.quotes import put_back, set_aside
from agent.planner.relations import Relations, relations_in
from agent.planner.routing.kinds import Kind
from agent.planner.tastes import sayings_in
from agent.questions.reading import question_in
from agent.standing import TOPICS
from agent.values import (
    Attachment,
    Comparison,
    DialogueState,
    Edit,
    Intent,
    ListShape,
    NamedReference,
    Standing,
    StatedTaste,
    TurnPlan,
)
from catalog.names import fold
from catalog.values import FeedbackKind
from retrieval.constraints import Constraint
from retrieval.continuation.arranging import SORT_KEYS
from retrieval.lexical import content_words
from retrieval.reading.wishes import Wishes, residue
from retrieval.vocabulary import load_vocabulary

# "Close to #2, except under 3 minutes" wants it otherwise in that; "like #2, except the drums" refuses something.
_EXCEPT = re.compile(
    r"\bexcept\s+(?:that\s+)?"
    r"(?:(?:it|they)(?:.s|\s+is|\s+are|\s+(?:should|must|could|has to|have to|needs? to)\s+be)\s+)?"
    r"(?!(?:for|the|those|any|all)\b)(?P<wish>.*)",
    re.IGNORECASE,
)
# With a clip at hand "a soundtrack", "score it" and "which tracks suit it" say what it is for, not what it is like.
_FOR_CLIP = re.compile(
    r"\b(?:soundtracks?|(?:film |movie )?score|film music|background music)\b(?! (?:by|like)\b)"
    r"|\b(?:which|what)(?: \w+)? (?:would |could |might |will )?(?:suit|fit|go|work|match)(?:e?s)?\b"
    r"(?: (?:well|it|this|that|with|under|for|to|on|best))*",
    re.IGNORECASE,
)

_SAVE_AS = re.compile(
    r"(?:\b(?:(?:save|store|export)\b|(?:keep|remember)\s+(?:it|this|these|them|(?:the|this)\s+\w+)\b).{0,100}?"
    r"(?:\b(?:as|called|named|under(?!\s+\d))\s+|\bname(?::\s*|\s+is\s+))(?:the\s+(?:name|title)\s+(?:of\s+)?)?"
    r"(?:an?\s+(?:new\s+)?(?:play)?list\s+(?:called|named)\s+)?|"
    r"\bmake\s+(?:this|it|these)\s+(?:my|a|the)\s+(?=\S.{0,60}?\s+(?:playlist|list)\W*$))[\"“]?([^\"”\n]{1,80}?)[\"”]?"
    r"(?:\s+(?:playlist|list)(?=\W*$))?"
    r"(?:,?\s*(?:please|thanks|thank you))?\s*[.!?]*$",
    re.IGNORECASE,
)
# "Let's start with techno" says nothing of how a list or a track should start.
_OPENING = re.compile(
    r"^\W*(?:(?:ok|so|well|now|h?u?m+|ah|oh)\W+)*let.?s\s+(?:start|begin|kick off|go)(?:\s+off)?\s+with\b",
    re.IGNORECASE,
)
# A name at the end: "name this list Sunday and store it", "keep it under Road Trip".
_LAST_NAME = re.compile(
    r"\b(?:as|under|called|named|titled|name (?:(?:the|this) list|it|this|that)|call (?:it|this))\s+(?:the name\s+)?"
    r"(?:an?\s+(?:new\s+)?(?:play)?list\s+(?:called|named)\s+)?"
    r"[\"“]?(?P<name>[^\"”\n,.!?]{1,80}?)[\"”]?"
    r"(?:,?\s*(?:and (?:save|store|keep) (?:it|this|that|them)|please|thanks))*\s*[.!?]*$",
    re.IGNORECASE,
)
# "Make a playlist called Sunday Pancakes with twelve soul tracks".
_CALLED = re.compile(
    r"\b(?:play)?list\s+(?:called|named|titled|by the name of)\s+[\"“]?([^\"”\n,.;:!?]{1,60}?)[\"”]?"
    r"(?=\s*(?:[,.;:!?]|$|(?:with|of|from|for|out of|that|which|and|about)\b))",
    re.IGNORECASE,
)
# One order in two clauses: "name this list Sunday and store it".
_NAMED_AND_SAVED = re.compile(
    r"\b(?:name|call|title)\s+(?:(?:the|this)\s+(?:play)?list|it|this|that)\s+(?P<name>[^,.;!?\n]{1,60}?)"
    r",?\s+and\s+(?:save|store|keep)(?:\s+(?:it|this|that|them)\b|(?=\W*$))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the rules read in a message, whatever its intent."""

    handles: tuple[int, ...]
    named: tuple[NamedReference, ...]
    comparisons: tuple[Comparison, ...]
    wishes: Wishes
    agreed: bool
    related: Relations


_OK = re.compile(r"\W*(?:ok|okay|cool|fine|good|alright|great)\b", re.IGNORECASE)
# Numbers in a row, places all of them.
_SEVERAL_NUMBERS = re.compile(r"\b\d{1,2}(?:\s*,\s*|\s+(?:and|&)\s+)(?:\d{1,2}\b|the\s)")
# "I love the second one" reacts; it does not ask for love songs.
_LIKING_VERB = re.compile(
    r"\b(?:i\s+)?(?:really\s+|absolutely\s+)?(?:love|loved|like|liked|enjoy|adore)\b"
    r"(?=\s+(?:#|the\b|it\b|this\b|that\b|these\b|those\b|them\b|number\b|track\b|song\b|both\b|all\b|\d))",
    re.IGNORECASE,
)


_SO_LONG = re.compile(r"\b(?:hours?|minutes?|mins?)\s+of\s+\w", re.IGNORECASE)
# Messages of these kinds are about something else, whatever they say of a list.
_NO_LIST = frozenset({"undo", "explain", "ask_library", "generate", "music_for_video", "path"})
# A playlist file has places as well, before anybody has read it.
_MOST_PLACES = 500

# Edits that a message makes to tracks that it points at, be it by "it".
_OF_ONE = frozenset({"pin", "unpin", "ban", "unban"})


PlanOfPart = Callable[[str, DialogueState], TurnPlan]


class RulePlanner:
    """Patterns and the shared reading of wishes.

    Args:
        parse: reads the wishes of a text, knowing the catalogue's artists.
    """

    def __init__(self, parse: Callable[[str], Wishes]) -> None:
        self._parse = parse
        self._patterns = load_patterns()

    def plan(
        self,
        message: str,
        state: DialogueState,
        attachments: Sequence[Attachment],
        plan_of: PlanOfPart | None = None,
    ) -> TurnPlan:
        """Return the plan of a message; `confidence` tells how much of it the rules could read.

        `plan_of` reads the parts of a message that may hold several orders; by default the rules do.
        """
        reading = read(message)
        if not attachments and (question := question_in(message, reading)) is not None:
            return TurnPlan(intent="chitchat", question=question, confidence=0.95)
        rest, quoted = set_aside(reading.text, self._orders)
        rest = _NAMED_AND_SAVED.sub(r"save it as \g<name>", marked(rest, len(state.standing.results)))
        plan = put_back(self._read(rest, state, attachments, plan_of or self.part), quoted)
        if plan.tastes and reading.language != "en":
            # A taste is shown with the words that it was told in.
            plan = plan.model_copy(
                update={"tastes": tuple(t.model_copy(update={"words": message}) for t in plan.tastes)}
            )
        return plan

    def _orders(self, text: str) -> bool:
        """Tell whether a text would be obeyed, were it not in quotes."""
        if self._patterns.intent_of(text, has_results=True) is not None or handles_in(text, _MOST_PLACES):
            return True
        return list_wishes(text, self._patterns, lambda _: (), shaped=True, held=True).shape is not None

    def part(self, message: str, state: DialogueState) -> TurnPlan:
        """Return the plan of an English message about one thing."""
        return mended(message, state, self._parse, self._patterns) or self._plan(message, state, ())

    def _read(
        self, message: str, state: DialogueState, attachments: Sequence[Attachment], plan_of: PlanOfPart
    ) -> TurnPlan:
        if (tasted := self._of_taste(message, state, attachments, plan_of)) is not None:
            return tasted
        if not attachments and (onward := varied(message, state, self._parse, self._patterns)) is not None:
            return onward
        attached = any(a.kind == "playlist" for a in attachments)
        results = _MOST_PLACES if attached else len(state.standing.results)
        standing = state.standing
        shaped = standing.shape is not None
        held = shaped or attached or bool(standing.playlist) or standing.document is not None
        lists = list_wishes(message, self._patterns, lambda part: handles_in(part, results), shaped=shaped, held=held)
        if lists.shape is not None:
            plain = self._plan(lists.rest, state, attachments)
            if not (results or state.standing.playlist) and lists.shape.arc and _SO_LONG.search(lists.rest):
                # "An hour of jazz, start calm": a course makes a list of it.
                plain = self._plan(f"make me a playlist of {lists.rest.strip()}", state, attachments)
            if _speaks_of_list(lists, plain, bool(results or state.standing.playlist)):
                return _of_list(lists.shape, plain)
        if (anew := self._begun_anew(message, state, attachments, plan_of)) is not None:
            return anew
        if (second := mended(message, state, self._parse, self._patterns)) is not None:
            return second
        whole = bool(attachments) or self._away(message, results)
        if not whole and (steps := steps_of(message, lambda part: plan_of(part, state))):
            return leading(steps).model_copy(update={"steps": steps, "confidence": min(s.confidence for s in steps)})
        plan = self._plan(message, state, attachments)
        if shaped and _goes_on(plan):
            return _of_list(ListShape(whole=True), plan)
        return plan

    def _begun_anew(
        self, message: str, state: DialogueState, attachments: Sequence[Attachment], plan_of: PlanOfPart
    ) -> TurnPlan | None:
        """Return the plan of a message that drops all that stands and asks for something; None where it does not."""
        asked = said_after_all_is_dropped(message)
        if asked is None or not content_words(asked):
            return None
        empty = state.model_copy(update={"standing": Standing()})
        plan = self._read(asked, empty, attachments, plan_of)
        gone = tuple(range(1, len(state.standing.constraints) + 1))
        return plan.model_copy(update={"without": gone}) if plan.intent == "recommend" else plan

    def _of_taste(
        self, message: str, state: DialogueState, attachments: Sequence[Attachment], plan_of: PlanOfPart
    ) -> TurnPlan | None:
        """Return the plan of a message that says something of the user's taste; None where it does not."""
        if state.pending_forget and self._patterns.cue("affirm", message) and not attachments:
            return TurnPlan(intent="profile", profile="forget", agreed=True, confidence=0.95)
        said = sayings_in(message, self._parse)
        if said.order is not None:
            return TurnPlan(intent="profile", profile=said.order, confidence=0.95)
        if not said.tastes:
            return None
        if content_words(said.rest) or attachments:
            return self._read(said.rest, state, attachments, plan_of).model_copy(update={"tastes": said.tastes})
        # Its words are read as a wish as well, for where nobody is known whose taste it would be.
        wished = self._plan(message, state, ())
        told = {"intent": "profile", "tastes": said.tastes, "agreed": False, "handles": (), "confidence": 0.95}
        if all(taste.weight < 0 for taste in said.tastes):
            refused = _refused(wished.constraints, said.tastes)
            # What is refused for good leaves the list on the screen as well.
            now = "refine" if refused and state.standing.results else "profile"
            told |= {"intent": now, "constraints": refused, "text": "", "edit": None, "reaction": None}
        return wished.model_copy(update=told)

    def _away(self, message: str, results: int) -> bool:
        """Tell whether tracks are to be like some and less like others, which no part of the message says alone."""
        related = relations_in(message, self._patterns, lambda part: handles_in(part, results), named_in)
        return bool(related.less or related.less_named)

    def greets(self, message: str) -> bool:
        """Tell whether a message is a greeting, thanks, or a question about the agent itself."""
        return self._patterns.intent_of(read(message).text, has_results=True) == "chitchat"

    def speaks_of_music(self, message: str) -> bool:
        """Tell whether a message speaks of music to hear at all, be it by a style that nobody can hear out."""
        english = read(message).text
        styles = load_vocabulary().unheard
        return self._patterns.cue("music", english) or any(word in styles for word in content_words(english))

    def begins_anew(self, message: str) -> bool:
        """Tell whether a message says that what comes is another matter: "something completely different"."""
        return self._patterns.cue("anew", read(message).text)

    def plays(self, message: str) -> bool:
        """Tell whether a message orders in so many words that something is played."""
        return self._patterns.cue("plays", read(message).text)

    def likens(self, message: str) -> bool:
        """Tell whether a message asks in so many words for more like a track: "more like that one"."""
        return self._patterns.cue("similar_to_handle", read(message).text)

    def starts_over(self, message: str) -> bool:
        """Tell whether a message says that all of it begins anew."""
        return self._patterns.intent_of(read(message).text, has_results=True) == "clarify"

    def as_kind(self, message: str, state: DialogueState, kind: Kind) -> TurnPlan:
        """Return the plan of a message of a known kind: places, names, wishes and lengths as the rules read them."""
        message, quoted = set_aside(read(message).text, self._orders)
        plan = self._plan(message, state, (), kind)
        named = plan.named or (loosely_named(message) if kind.intent == "exact_track" else ())
        handles = plan.handles
        if kind.places and handles and _SEVERAL_NUMBERS.search(message):
            # "1, 8 and the last one".
            handles = tuple(sorted({*handles, *loose_places(message, len(state.standing.results))}))
        if kind.places and not (handles or named):
            handles = loose_places(message, len(state.standing.results))
            if (
                not handles
                and kind.intent != "similar"
                and kind.intent != "explain"
                and self._patterns.cue("it", message)
            ):
                handles = (1,)
        update: dict[str, object] = {"handles": handles, "named": named, "fresh": plan.fresh or kind.fresh}
        if kind.fresh:
            update["handles"] = ()  # "skip these": all that is on the screen
        if kind.comparison or kind.fresh:
            # "That's too gloomy", "not so fast": what it is not like is no wish of its own.
            update["constraints"] = tuple(c for c in plan.constraints if _is_limit(c))
            update["text"] = ""
        if kind.intent == "continue_playlist" and kind.on_results and not plan.constraints:
            update["text"] = ""
        if kind.profile:
            update |= {"profile": kind.profile, "text": ""}
        if kind.comparison:
            update["comparisons"] = (kind.comparison,)
        if kind.edit == "save" and plan.playlist_title is None and (title := _LAST_NAME.search(message)):
            update["playlist_title"] = title["name"].strip()
        return put_back(plan.model_copy(update=update), quoted)

    def _plan(
        self, message: str, state: DialogueState, attachments: Sequence[Attachment], kind: Kind | None = None
    ) -> TurnPlan:
        results = len(state.standing.results)
        message = marked(message, results)
        if kind is None and (moved := arranged(message, results)) is not None:
            return moved
        said = _LIKING_VERB.sub(" ", self._patterns.without_comparisons(message) if results else message)
        related = relations_in(message, self._patterns, lambda part: handles_in(part, results), named_in)
        comparisons = self._patterns.comparisons_in(message)
        handles = related.handles or handles_in(message, results)
        if not (handles or (comparisons and self._patterns.cue("dislike", message))):
            # "Too boring, make it livelier" is about the music, not about the first track.
            handles = self._all_or_it(message, said, results)
        named = () if handles else related.named or named_in(message)
        if handles or named:
            said = _EXCEPT.sub(_but, said)
        asked = _CALLED.sub(" playlist ", _OPENING.sub("", without_quotes(said, named)))
        asked = _SAVE_AS.sub(" ", asked)
        if any(a.kind in {"video", "image"} for a in attachments):
            asked = _FOR_CLIP.sub(" ", asked)
        wishes = self._parse(asked)
        if handles:
            # "#1" is a place then, not the top of the charts; "close to the first" is no wish of its own.
            told = tuple(
                c for c in wishes.constraints
                if not HANDLE.fullmatch(str(c.value)) and not (c.field == "other" and HANDLE.search(c.source_text))
            )  # fmt: skip
            wishes = replace(wishes, constraints=told)
        artists = {fold(str(c.value)) for c in wishes.constraints if c.field == "artist"}
        named = tuple(r for r in named if r.artist or fold(r.title) not in artists)
        # "Ok cool, over 4 minutes though" asks for more and takes no offer; "yes, but in C major" does.
        more = bool(wishes.constraints or comparisons) and _OK.match(message) is not None
        agreed = not more and self._agreed(message, state)
        reading = _Reading(handles, named, comparisons, wishes, agreed, related)
        intent = self._intent(message, state, attachments, reading) if kind is None else kind.intent
        if any(a.kind == "midi" for a in attachments):
            intent = "generate"  # notes are handed over to be written around
        edit = kind.edit if kind is not None else self._edit(message) if intent == "edit_playlist" else None
        if edit in _OF_ONE and not (handles or named):
            handles = (1,)  # "ban that song": the first one, as in "I don't like it"
        surprise = intent == "recommend" and self._patterns.cue("surprise", message)
        # Here a length is that of the whole: of the piece to compose, of the playlist to fill.
        total = intent in {"generate", "continue_playlist"}
        named_list = intent == "continue_playlist"
        title = _SAVE_AS.search(message) or (_CALLED.search(message) if named_list else None)
        lengths = [c for c in wishes.constraints if c.field == "duration" and not (named_list and _of_a_track(c))]
        return TurnPlan(
            intent=intent,
            text="" if surprise else wishes.rest,
            constraints=tuple(c for c in wishes.constraints if not (total and c in lengths)),
            comparisons=comparisons,
            handles=handles,
            named=named,
            n=related.n if related.path else None if total and wishes.total_s else wishes.n,
            reaction=kind.reaction
            if kind is not None
            else self._reaction(message, handles)
            if intent == "feedback"
            else None,
            different_artist=self._patterns.cue("other_artist", message),
            fresh=surprise or self._patterns.cue("fresh", message),
            freshness=wishes.freshness,
            instead=self._patterns.cue("instead", message),
            agreed=agreed,
            duration_s=length_of(lengths[0]) if total and lengths else wishes.total_s if total else None,
            playlist_title=title[1].strip() if title else None,
            attribute=related.attribute if intent == "similar" else None,
            less=related.less if intent == "similar" else (),
            less_named=related.less_named if intent == "similar" else (),
            edit=edit,
            confidence=self._confidence(message, intent, wishes, bool(handles or named or comparisons)),
        )

    def _agreed(self, message: str, state: DialogueState) -> bool:
        offered = state.pending_generation is not None or state.pending_relaxation is not None
        return offered and self._patterns.cue("affirm", message) and not self._patterns.cue("order", message)

    def _all_or_it(self, message: str, said: str, results: int) -> tuple[int, ...]:
        """Return the places meant by "I love these" (all) and "I don't like it" (the first)."""
        cue = self._patterns.cue
        if not results or content_words(said) or not (cue("liking", message) or cue("dislike", message)):
            return ()
        if cue("all", message):
            return tuple(range(1, results + 1))
        return (1,) if cue("it", message) else ()

    def _intent(
        self, message: str, state: DialogueState, attachments: Sequence[Attachment], reading: _Reading
    ) -> Intent:
        if reading.agreed:
            return "generate" if state.pending_generation else "refine"
        kinds = {a.kind for a in attachments}
        if "playlist" in kinds:
            return "continue_playlist"
        if kinds & {"video", "image"}:
            return "generate" if self._patterns.intent_of(message, False) == "generate" else "music_for_video"
        if reading.related.path:
            return "path"
        intent = self._patterns.intent_of(message, bool(state.standing.results))
        if intent is not None:
            return intent
        if "audio" in kinds:
            return "similar"
        return self._search_intent(message, state, reading)

    def _search_intent(self, message: str, state: DialogueState, reading: _Reading) -> Intent:
        cue = self._patterns.cue
        if _relates(reading, bool(state.standing.results)) or any(c.op == "like" for c in reading.wishes.constraints):
            return "similar"
        if reading.named:
            return "similar" if cue("similar", message) else "exact_track"
        if reading.handles:
            return self._about_handles(message, reading)
        if state.standing.results and cue("similar_to_list", message):
            return "similar"
        if self.begins_anew(message) and any(c.field in TOPICS and c.op == "is" for c in reading.wishes.constraints):
            return "recommend"
        if (state.standing.results or state.standing.constraints) and self._refines(message, state, reading):
            return "refine"
        if not (content_words(message) or reading.wishes.constraints or cue("surprise", message)):
            return "clarify"
        return "recommend"

    def _about_handles(self, message: str, reading: _Reading) -> Intent:
        cue, wishes = self._patterns.cue, reading.wishes.constraints
        if cue("similar_to_handle", message) and not cue("dislike", message):
            return "similar"
        if cue("like", message) or cue("dislike", message):
            return "refine" if wishes or reading.comparisons else "feedback"
        return "similar" if wishes or reading.comparisons else "exact_track"

    def _refines(self, message: str, state: DialogueState, reading: _Reading) -> bool:
        """Tell whether a message changes the standing wishes rather than starting on a new topic."""
        cue = self._patterns.cue
        if reading.comparisons or any(cue(c, message) for c in ("refining", "fresh", "other_artist")):
            return True
        if state.standing.scene is not None and cue("scene", message):
            return True
        # Nothing but limits ("in A minor", "under 2 minutes", "I don't want guitars") is no topic of its own.
        limits = all(c.op == "not" or c.field not in TOPICS for c in reading.wishes.constraints)
        return bool(reading.wishes.constraints) and limits and not residue(reading.wishes.rest)

    def _reaction(self, message: str, handles: tuple[int, ...]) -> FeedbackKind | None:
        if not handles:
            return None
        if self._patterns.cue("dislike", message):
            return "dislike"
        return "like" if self._patterns.cue("like", message) else None

    def _edit(self, message: str) -> Edit:
        edits: tuple[Edit, ...] = ("unpin", "pin", "unban", "ban", "remove", "save")
        return next((edit for edit in edits if self._patterns.cue(edit, message)), "add")

    def _confidence(self, message: str, intent: Intent, wishes: Wishes, referring: bool) -> float:
        if intent not in {"recommend", "refine"}:
            return 0.9
        words = content_words(wishes.rest)
        if not words or any(self._patterns.cue(c, message) for c in ("fresh", "other_artist")):
            return 0.95
        known = {w for m in load_vocabulary().mentions(wishes.rest) for w in m.text.split()}
        share = sum(w in known for w in words) / len(words)
        base = 0.55 + 0.4 * share if wishes.constraints or referring or share else 0.35
        # A long message most likely says more than the rules can read.
        return max(0.0, base - 0.02 * max(0, len(message.split()) - 20))


def _speaks_of_list(lists: ListWishes, plain: TurnPlan, has_list: bool) -> bool:
    """Tell whether what was read of a playlist was meant so, by what else the message says (`plain`)."""
    if plain.intent == "continue_playlist":
        return True
    if not has_list:
        return False
    if lists.clear:
        return plain.agreed or plain.intent not in _NO_LIST
    alone = not (residue(plain.text) or plain.handles or plain.named or plain.comparisons)
    if lists.shape is not None and lists.shape.order in SORT_KEYS and any(c.field in TOPICS for c in plain.constraints):
        return False  # "Jazz, newest first" is a new search.
    return alone and plain.intent in {"recommend", "refine", "clarify", "chitchat", "edit_playlist"}


def _of_list(shape: ListShape, plain: TurnPlan) -> TurnPlan:
    """Return the plan of what a playlist should be like."""
    adds = plain.intent == "continue_playlist" or shape.insert or shape.more or shape.n or shape.duration_s
    if shape.whole or not adds:
        shape = shape.model_copy(update={"whole": True, "n": shape.n or plain.n})
    else:
        more = {"n": shape.n or plain.n, "duration_s": shape.duration_s or plain.duration_s}
        shape = shape.model_copy(update=more)
    intent = "edit_playlist" if plain.intent == "edit_playlist" else "continue_playlist"
    return plain.model_copy(
        update={"intent": intent, "shape": shape, "agreed": False, "reaction": None, "confidence": 0.9}
    )


def _refused(wishes: Sequence[Constraint], tastes: Sequence[StatedTaste]) -> tuple[Constraint, ...]:
    """Return the wishes about what is refused, as refusals ("I'm not a fan of metal")."""
    concept = load_vocabulary().concept
    values = {taste.value for taste in tastes}
    return tuple(
        replace(wish, op="not")
        for wish in wishes
        if wish.op in {"is", "not"}
        and (wish.value in values or ((c := concept(str(wish.value))) is not None and c.id in values))
    )


def _but(found: re.Match[str]) -> str:
    """Return an exception as a wish; one that names a genre or an instrument alone stays a refusal."""
    mentions = load_vocabulary().mentions(found["wish"])
    refuses = bool(mentions) and mentions[0].start == 0 and mentions[0].concept.family in {"genre", "instrument"}
    return found[0] if refuses else f"but {found['wish']}"


def _goes_on(plan: TurnPlan) -> bool:
    """Tell whether a message only adds limits to a list that was shaped: "but no vocals"."""
    if plan.intent != "refine" or not plan.constraints or residue(plan.text):
        return False
    if plan.comparisons or plan.fresh or plan.different_artist or plan.instead or plan.agreed:
        return False
    # "3 minutes" is the length of a track to look for; nearly no list would be left of it.
    return all(
        (c.op == "not" or c.field not in TOPICS) and (c.field, c.op) != ("duration", "is") for c in plan.constraints
    )


def _relates(reading: _Reading, has_results: bool) -> bool:
    """Tell whether tracks are to be alike in an attribute, or like one and less like another."""
    related, given = reading.related, bool(reading.handles or reading.named)
    if related.attribute is not None:
        return given or has_results
    return given and bool(related.less or related.less_named)


def _is_limit(wish: Constraint) -> bool:
    """Tell whether a wish says by a number or a name what it wants."""
    if wish.field in {"mood", "other"}:
        return False
    return wish.field != "tempo" or any(sign.isdigit() for sign in wish.source_text)


def _of_a_track(wish: Constraint) -> bool:
    """Tell whether a length limits each track of a list: "nothing longer than 4 minutes"."""
    return wish.op in {"max", "min"} and max(end for end in wish.bounds() if math.isfinite(end)) < WHOLE_LIST_S
