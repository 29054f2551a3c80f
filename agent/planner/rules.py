"""The deterministic planner: no model, always there, the same answer every time."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from agent.languages import read
from agent.planner.afterthoughts import arranged, length_of, mended, opposed, said_after_all_is_dropped, varied
from agent.planner.clauses import leading, orders_of, steps_of
from agent.planner.forms import CERTAIN, asked_of_track, formed
from agent.planner.intents import Intents, ReadMessage
from agent.planner.lists import ListWishes, list_wishes
from agent.planner.patterns import load_patterns
from agent.planner.pointing import HANDLE, handles_in, loose_places, loosely_named, marked, named_in, without_quotes
from agent.planner.quotes import put_back, set_aside
from agent.planner.relations import relations_in
from agent.planner.routing.kinds import Kind
from agent.planner.shaping import goes_on, of_list, speaks_of_list
from agent.planner.sifting import sifted
from agent.planner.swapping import swapped
from agent.planner.tastes import sayings_in, without_memo
from agent.planner.titles import CALL_IT, CALLED, CALLED_LAST, LAST_NAME, NAMED_AND_SAVED, SAVE_AS, title_in
from agent.planner.whose import Whose, whose_in
from agent.questions.reading import question_in
from agent.standing import TOPICS
from agent.values import (
    Attachment,
    DialogueState,
    Intent,
    ListShape,
    Standing,
    StatedTaste,
    TurnPlan,
)
from catalog.names import fold
from retrieval.constraints import KEYS, MODES, Constraint, parse_key
from retrieval.lexical import content_words
from retrieval.reading.lengths import WHOLE_LIST_S
from retrieval.reading.wishes import Wishes, is_description, residue
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

# "Let's start with techno" says nothing of how a list or a track should start.
_OPENING = re.compile(
    r"^\W*(?:(?:ok|so|well|now|h?u?m+|ah|oh)\W+)*let.?s\s+(?:start|begin|kick off|go)(?:\s+off)?\s+with\b",
    re.IGNORECASE,
)


_OK = re.compile(r"\W*(?:ok|okay|cool|fine|good|alright|great)\b", re.IGNORECASE)
# Numbers in a row, places all of them.
_SEVERAL_NUMBERS = re.compile(r"\b\d{1,2}(?:\s*,\s*|\s+(?:and|&)\s+)(?:\d{1,2}\b|the\s)")
# "I love the second one" reacts; it does not ask for love songs.
_LIKING_VERB = re.compile(
    r"\b(?:i\s+)?(?:really\s+|absolutely\s+)?(?:love|loved|like|liked|enjoy|adore)\b"
    r"(?=\s+(?:#|the\b|it\b|this\b|that\b|these\b|those\b|them\b|number\b|track\b|song\b|both\b|all\b|\d))",
    re.IGNORECASE,
)


# A playlist file has places as well, before anybody has read it.
_MOST_PLACES = 500

# Edits that a message makes to tracks that it points at, be it by "it".
_OF_ONE = frozenset({"pin", "unpin", "ban", "unban"})


_ABOUT_WORK = re.compile(
    r"\b(?:game|level|scene|story|about|podcast|trailer|filme?|play|dance|choreograph\w*)\b", re.IGNORECASE
)
_WANTS = re.compile(
    r"\b(?:some|something|any|anything|play|give|show|find|need|want|looking|do\s+you\s+have|got|have\s+you|i.d|please|make|recommend)\b",
    re.IGNORECASE,
)
_SENTENCE, _TWO, _FEW = re.compile(r"(?<=[.!?])\s+"), 2, 3
# Sentences of any language; a point inside a number parts nothing.
_SENTENCES = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
_OF_PEOPLE = re.compile(
    r"\b(?:my|our|i|i['’]m|i['’]ve|we|we['’]re|he|she|they|hello|hi|dear|mein\w*|unser\w*|ich|wir|mis?|nuestr[oa]s?|mon|ma|mes|notre|nos|je|nous)\b|[我他她们]",
    re.IGNORECASE,
)

# "The tempo is fine": what is as it should be is no wish.
_AS_IT_IS = re.compile(
    r"\b(?:but\s+)?(?:the|its|their)\s+(?:tempo|speed|pace|key|length|mood|energy|volume|loudness)(?:['’]s|\s+is|\s+are)\s+"
    r"(?:(?:just|really|quite|totally)\s+)?(?:fine|ok(?:ay)?|good|great|perfect|right|spot\s+on|nice)\b(?:\s+(?:as\s+it\s+is|though|now))?"
    r"|\b(?:tempo|speed|pace|length)['’]s\s+(?:fine|ok(?:ay)?|good|perfect)\b",
    re.IGNORECASE,
)
_KEEP_IT = re.compile(
    r"^\W*(?:(?:but|and|please|ok|just|still|do)\W+)*keep\s+(?:it|this|them|things|that)\b", re.IGNORECASE
)
_SAME = re.compile(r"\bsame\b", re.IGNORECASE)
_MEASURED_BY = {"faster": "tempo", "slower": "tempo", "shorter": "duration", "longer": "duration"}
# A list that is asked for by its name: "playlist for a party, start calm".
_A_LIST_FOR = re.compile(
    r"(?:^|[,;.]\s*)(?:an?\s+)?(?:(?!(?:the|this|that|my|our|same|whole|entire|current|great|good|nice|perfect|cool|better)\b)\w+\s+){0,2}(?:playlist|mix)"
    r"(?=\s*(?:,|$|(?:for|of|with|that|which)\b))",
    re.IGNORECASE,
)
_DO_YOU_HAVE = re.compile(
    r"^\W*(?:do\s+you\s+have|have\s+you(?:\s+got)?|you\s+got|got|is\s+there|are\s+there)\s+"
    r"(?:(?:any|some|anything|something|music|songs|tracks)\s+)*(?:(?:with|for|featuring|by|of)\s+)?(?:an?\s+)?",
    re.IGNORECASE,
)
# Orders that a list has and no search: of others the first of all tracks are looked for.
_NEW_ORDERS = frozenset({"key", "title", "artist"})
_LOOSE_ENDS = re.compile(
    r"^(?:\W|\b(?:and|then|but|that|which|so)\b)+|(?:\W|\b(?:and|then|but|that|which|it)\b)+$", re.IGNORECASE
)
_A_MIX = re.compile(r"\b(?:mix|set|list)\b(?:\s+(?:of|with|for)\b)?", re.IGNORECASE)
_ARTICLE = re.compile(r"^an?\s+(?!hour|half)", re.IGNORECASE)
_SAVES = re.compile(
    r"\W*(?:please\s+)?(?:save|store|export|download)\s+(?:it|this|that|these|those|them|all|everything|(?:the|my)\s+(?:\w+\s+)?(?:list|playlist|mix|set|tracks|songs))\b",
    re.IGNORECASE,
)
_COMPOSES = re.compile(r"\W*(?:please\s+)?compose\b(?!.*\b(?:play)?lists?\b)", re.IGNORECASE)

PlanOfPart = Callable[[str, DialogueState], TurnPlan]


class RulePlanner:
    """Patterns and the shared reading of wishes.

    Args:
        parse: reads the wishes of a text, knowing the catalogue's artists.
    """

    def __init__(self, parse: Callable[[str], Wishes]) -> None:
        self._parse = parse
        self._patterns = load_patterns()
        self._intents = Intents(self._patterns)

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
        question = None if attachments else question_in(message, reading)
        shown = len(state.standing.results)
        if question is not None and question.kind in {"else", "person"} and shown:
            told = formed(reading.text, shown, self._parse) or sifted(reading.text, shown, self._parse)
            if told is not None:
                return told
            if handles := handles_in(reading.text, shown):
                return TurnPlan(intent="explain", handles=handles, confidence=0.9)
        if question is not None and question.kind == "else" and self._asks_library(reading.text):
            question = None  # "What do you have?"
        if question is not None:
            return TurnPlan(intent="chitchat", question=question, confidence=0.95)
        if not attachments and (both := self._asked_beside(message, state, plan_of)) is not None:
            return both
        rest, quoted = set_aside(reading.text, self._orders)
        rest = NAMED_AND_SAVED.sub(r"save it as \g<name>", marked(rest, len(state.standing.results)))
        plan = put_back(self._read(rest, state, attachments, plan_of or self.part), quoted)
        if plan.tastes and reading.language != "en":
            # A taste is shown with the words that it was told in.
            plan = plan.model_copy(
                update={"tastes": tuple(t.model_copy(update={"words": message}) for t in plan.tastes)}
            )
        return plan

    def _asked_beside(self, message: str, state: DialogueState, plan_of: PlanOfPart | None) -> TurnPlan | None:
        """Return the plan of a message of two or three sentences of which one asks for a term; None for any other.

        "Do you have anything in 7/8? And what is a syncope?"
        """
        sentences = [part for part in _SENTENCES.split(message) if part.strip()]
        if not _TWO <= len(sentences) <= _FEW:
            return None
        asked = [question_in(part, read(part)) for part in sentences]
        terms = [question for question in asked if question is not None and question.kind == "term"]
        others = " ".join(part for part, question in zip(sentences, asked, strict=True) if question not in terms)
        if len(terms) != 1:
            return None
        plan = self.plan(others, state, (), plan_of)
        if plan.steps or plan.question is not None or plan.intent == "clarify":
            return None
        answer = TurnPlan(intent="chitchat", question=terms[0], confidence=0.95, said=terms[0].said)
        # "What's a ländler? My kids asked me today."
        story = plan.intent == "recommend" and not (_WANTS.search(read(others).text) or self.names_music(others))
        return answer if story or plan.intent == "chitchat" else _in_steps((plan, answer))

    def _asks_library(self, text: str) -> bool:
        return self._patterns.intent_of(text, has_results=True) == "ask_library"

    def _orders(self, text: str) -> bool:
        """Tell whether a text would be obeyed, were it not in quotes."""
        if self._patterns.intent_of(text, has_results=True) is not None or handles_in(text, _MOST_PLACES):
            return True
        return list_wishes(text, self._patterns, lambda _: (), shape=ListShape(), held=True).shape is not None

    def part(self, message: str, state: DialogueState) -> TurnPlan:
        """Return the plan of an English message about one thing."""
        return (
            formed(message, len(state.standing.results), self._parse)
            or self._swapped(message, state)
            or sifted(message, len(state.standing.results), self._parse)
            or asked_of_track(message, len(state.standing.results), self._parse)
            or mended(message, state, self._parse, self._patterns)
            or self._plan(message, state, ())
        )

    def _read(
        self, message: str, state: DialogueState, attachments: Sequence[Attachment], plan_of: PlanOfPart
    ) -> TurnPlan:
        if not attachments and (told := self._told(message, state, plan_of)) is not None:
            return told
        tasted = self._of_taste(message, state, attachments, plan_of) or opposed(message, state)
        if tasted is not None:
            return tasted
        if not attachments:
            onward = varied(message, state, self._parse, self._patterns) or self._sifted(message, state)
            if onward is not None:
                return onward
        if (listed := self._listed(message, state, attachments)) is not None:
            return listed
        if (anew := self._begun_anew(message, state, attachments, plan_of)) is not None:
            return anew
        if (second := mended(message, state, self._parse, self._patterns)) is not None:
            return second
        whole = bool(attachments) or self._away(message, len(state.standing.results))
        if not whole and (steps := steps_of(message, lambda part: plan_of(part, state))):
            return _in_steps(steps)
        plan = self._plan(message, state, attachments)
        if state.standing.shape is not None and goes_on(plan):
            return of_list(ListShape(whole=True), plan)
        return plan

    def _told(self, message: str, state: DialogueState, plan_of: PlanOfPart) -> TurnPlan | None:
        """Return the plan of orders between semicolons, or of a message that is a known form as a whole; else None."""
        if said_after_all_is_dropped(message) is not None:
            return None  # "start over; reggae"
        if steps := orders_of(message, lambda part: self._order(part, state, plan_of)):
            return _in_steps(steps)
        return formed(message, len(state.standing.results), self._parse) or self._swapped(message, state)

    def _swapped(self, message: str, state: DialogueState) -> TurnPlan | None:
        return swapped(message, len(state.standing.results), lambda wish: self._plan(wish, state, ()))

    def _order(self, message: str, state: DialogueState, plan_of: PlanOfPart) -> TurnPlan:
        """Return the plan of one of several orders: what is asked or told of tastes counts as one, too."""
        if (question := question_in(message, read(message))) is not None:
            return TurnPlan(intent="chitchat", question=question, confidence=0.95)
        plan = self._read(message, state, (), plan_of)
        settled = plan.steps or plan.tastes or plan.profile or plan.shape or plan.without or plan.unsaid
        return plan if settled else plan_of(message, state)

    def _listed(self, message: str, state: DialogueState, attachments: Sequence[Attachment]) -> TurnPlan | None:
        """Return the plan of a message that says what a list should be like; None where it does not."""
        attached = any(a.kind == "playlist" for a in attachments)
        results = _MOST_PLACES if attached else len(state.standing.results)
        standing = state.standing
        held = standing.shape is not None or attached or bool(standing.playlist) or standing.document is not None
        lists = list_wishes(
            message, self._patterns, lambda part: handles_in(part, results), shape=standing.shape, held=held
        )
        if lists.shape is not None:
            plain = self._beside(lists, state, attachments)
            if speaks_of_list(lists, plain, bool(results or state.standing.playlist)):
                # Where there is no list yet, its length is that of the one to be made.
                there = held or bool(results)
                return of_list(lists.shape if there else lists.shape.model_copy(update={"whole": False}), plain)
        return None

    def _beside(self, lists: ListWishes, state: DialogueState, attachments: Sequence[Attachment]) -> TurnPlan:
        """Return the plan of what a message says beside what a list should be like."""
        assert lists.shape is not None
        results, told = len(state.standing.results), self._parse(lists.rest)
        sized = lists.shape.duration_s or lists.shape.n or told.total_s
        about = any(c.field in TOPICS and c.op == "is" for c in told.constraints)
        named = _A_LIST_FOR.search(lists.rest) is not None
        course = lists.ends or (about and (lists.shape.order in _NEW_ORDERS or (lists.shape.arc and sized)))
        if not named and (results or state.standing.playlist or not course):
            return formed(lists.rest, results, self._parse) or self._plan(lists.rest, state, attachments)
        # "An hour of jazz, start calm": a course makes a list of it.
        asked = _ARTICLE.sub("", _LOOSE_ENDS.sub("", lists.rest))
        made = "make me a" if named and "playlist" in asked else "make me a playlist of"
        return self._plan(f"{made} {_A_MIX.sub(' ', asked)}", state, attachments)

    def _sifted(self, message: str, state: DialogueState) -> TurnPlan | None:
        """Return the plan of a message about the tracks on the screen, as a set or one by one; else None."""
        sieve = sifted(message, len(state.standing.results), self._parse)
        if sieve is not None and sieve.intent == "refine" and state.standing.shape is not None:
            return of_list(ListShape(whole=True), sieve)
        return sieve or asked_of_track(message, len(state.standing.results), self._parse)

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
        wished = self._plan(without_memo(message), state, ())
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

    def names_music(self, message: str) -> bool:
        """Tell whether a message is nothing but names of styles, moods and instruments: "accordion?"."""
        vocabulary, told = load_vocabulary(), _DO_YOU_HAVE.sub("", read(message).text)
        words = content_words(told)
        return 0 < len(words) == len(told.split()) and all(map(vocabulary.knows, words))

    def begins_anew(self, message: str) -> bool:
        """Tell whether a message says that what comes is another matter: "something completely different"."""
        return self._patterns.cue("anew", read(message).text)

    def plays(self, message: str) -> bool:
        """Tell whether a message orders in so many words that something is played."""
        return self._patterns.cue("plays", read(message).text)

    def saves(self, message: str) -> bool:
        """Tell whether a message is an order to save or export, from its first word on."""
        return _SAVES.match(read(message).text) is not None

    def composes(self, message: str) -> bool:
        """Tell whether a message is an order to compose, from its first word on."""
        return _COMPOSES.match(read(message).text) is not None

    def makes(self, message: str) -> bool:
        """Tell whether a message has a word of making: "compose", "write", "erzeug", "compón"."""
        return self._patterns.cue("making", message) or self._patterns.cue("making", read(message).text)

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
        if kind.edit == "save" and plan.playlist_title is None and (title := LAST_NAME.search(message)):
            update["playlist_title"] = title["name"].strip()
        return put_back(plan.model_copy(update=update), quoted)

    def _plan(
        self, message: str, state: DialogueState, attachments: Sequence[Attachment], kind: Kind | None = None
    ) -> TurnPlan:
        results = len(state.standing.results)
        message = marked(message, results)
        if kind is None and (moved := arranged(message, results)) is not None:
            return moved
        if kind is None and not attachments and (whose := whose_in(message, results)) is not None:
            return self._by_whom(whose, state)
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
        asked = without_quotes(_OPENING.sub("", CALLED.sub(" playlist ", said)), named)
        asked = _AS_IT_IS.sub(" ", SAVE_AS.sub(" ", asked))
        if kind is None and self._patterns.intent_of(message, bool(results)) == "continue_playlist":
            asked = CALLED_LAST.sub(r"\g<list>", CALL_IT.sub(" ", asked))
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
        # "A bit faster, like 124", "too long, 4 minutes at most": the number says how much.
        numbered = {c.field for c in wishes.constraints if any(sign.isdigit() for sign in c.source_text)}
        comparisons = tuple(c for c in comparisons if _MEASURED_BY.get(c) not in numbered)
        if _SAME.search(message):
            wishes = replace(wishes, constraints=tuple(_same_tonic(c, state.standing) for c in wishes.constraints))
        wishes = replace(wishes, rest=self._without_story(wishes.rest))
        artists = {fold(str(c.value)) for c in wishes.constraints if c.field == "artist"}
        named = tuple(r for r in named if r.artist or fold(r.title) not in artists)
        # "Ok cool, over 4 minutes though" asks for more and takes no offer; "yes, but in C major" does.
        more = bool(wishes.constraints or comparisons) and _OK.match(message) is not None
        agreed = not more and self._agreed(message, state)
        reading = ReadMessage(handles, named, comparisons, wishes, agreed, related)
        intent = self._intents.of(message, state, attachments, reading) if kind is None else kind.intent
        edit = kind.edit if kind is not None else self._intents.edit(message) if intent == "edit_playlist" else None
        if edit in _OF_ONE and not (handles or named):
            handles = (1,)  # "ban that song": the first one, as in "I don't like it"
        surprise = intent == "recommend" and self._patterns.cue("surprise", message)
        # Here a length is that of the whole: of the piece to compose, of the playlist to fill.
        total = intent in {"generate", "continue_playlist"}
        named_list = intent == "continue_playlist"
        title = title_in(message, made=named_list)
        lengths = [c for c in wishes.constraints if c.field == "duration" and not (named_list and _of_a_track(c))]
        return TurnPlan(
            intent=intent,
            text="" if surprise else wishes.rest,
            constraints=tuple(c for c in wishes.constraints if not (total and c in lengths)),
            comparisons=comparisons,
            handles=handles,
            named=tuple(n for n in named if n.title != title),  # the list's own name is no track
            n=related.n if related.path else None if total and wishes.total_s else wishes.n,
            reaction=kind.reaction
            if kind is not None
            else self._intents.reaction(message, handles)
            if intent == "feedback"
            else None,
            different_artist=self._patterns.cue("other_artist", message),
            fresh=surprise or self._patterns.cue("fresh", message),
            freshness=wishes.freshness,
            instead=self._patterns.cue("instead", message),
            agreed=agreed,
            duration_s=length_of(lengths[0]) if total and lengths else wishes.total_s if total else None,
            playlist_title=title,
            attribute=related.attribute if intent == "similar" else None,
            less=related.less if intent == "similar" else (),
            less_named=related.less_named if intent == "similar" else (),
            edit=edit,
            confidence=self._confidence(message, intent, wishes, bool(handles or named or comparisons)),
        )

    def _by_whom(self, whose: Whose, state: DialogueState) -> TurnPlan:
        """Return the plan of a message that asks for, or refuses, artists by tracks of theirs."""
        plain = self._plan(whose.rest, state, ())
        return TurnPlan(
            intent="refine",
            text="" if whose.refused else residue(plain.text),
            constraints=plain.constraints,
            comparisons=plain.comparisons,
            handles=whose.handles,
            n=plain.n,
            different_artist=whose.refused,
            same_artist=not whose.refused,
            fresh=whose.fresh,
            confidence=0.95,
        )

    def _without_story(self, text: str) -> str:
        """Return a text without the sentences that tell of people and name no music: nothing to search by.

        "My granddaughter set this up for me. Could you find some waltzes?"
        """
        sentences = _SENTENCE.split(text)
        if len(sentences) < _TWO or is_description(text):
            return text
        vocabulary = load_vocabulary()
        told = [
            s for s in sentences
            if not _OF_PEOPLE.search(s)
            or self._patterns.cue("music", s)
            or self._patterns.cue("scene", s)
            or _ABOUT_WORK.search(s)
            or vocabulary.mentions(s)
            or any(word in vocabulary.unheard for word in content_words(s))
        ]  # fmt: skip
        return ". ".join(told) if any(content_words(s) for s in told) else text

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

    def _confidence(self, message: str, intent: Intent, wishes: Wishes, referring: bool) -> float:
        if intent not in {"recommend", "refine"}:
            return 0.9
        words = content_words(wishes.rest)
        if wishes.constraints and _KEEP_IT.match(message):
            return CERTAIN
        if not words or any(self._patterns.cue(c, message) for c in ("fresh", "other_artist")):
            return 0.95
        known = {w for m in load_vocabulary().mentions(wishes.rest) for w in m.text.split()}
        share = sum(w in known for w in words) / len(words)
        base = 0.55 + 0.4 * share if wishes.constraints or referring or share else 0.35
        # A long message most likely says more than the rules can read.
        return max(0.0, base - 0.02 * max(0, len(message.split()) - 20))


def _in_steps(steps: tuple[TurnPlan, ...]) -> TurnPlan:
    """Return the plan of a message that asks for several things; one thing is no list of steps.

    What is told of a track is told once ("who made #2, and when?"), and a list is saved in the order that it was to
    have ("save it as Sunday, shortest first").
    """
    told = {(s.handles or n) if s.intent == "explain" and not s.constraints else n: s for n, s in enumerate(steps)}
    steps = tuple(sorted(told.values(), key=_saves_it)) if _only_ordered(steps) else tuple(told.values())
    if len(steps) == 1:
        return steps[0]
    return leading(steps).model_copy(update={"steps": steps, "confidence": min(s.confidence for s in steps)})


def _saves_it(step: TurnPlan) -> bool:
    return step.edit == "save"


def _only_ordered(steps: Sequence[TurnPlan]) -> bool:
    """Tell whether a list that is saved is only put in order by what else is asked for."""
    others = [s for s in steps if not _saves_it(s) and s.intent != "feedback"]
    return bool(others) and all(
        s.shape is not None and s.shape == ListShape(whole=True, order=s.shape.order, descending=s.shape.descending)
        for s in others
    )


def _same_tonic(wish: Constraint, standing: Standing) -> Constraint:
    """Return a wish for a mode alone as one for that mode on the tonic that stands: "the same, but in major"."""
    stands = next((c for c in standing.constraints if c.field == "key" and c.op == "is" and c.value not in MODES), None)
    if stands is None or wish.field != "key" or wish.value not in MODES or " or " in str(stands.value):
        return wish
    return replace(wish, value=f"{KEYS[parse_key(str(stands.value))[0]]} {wish.value}")


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


def _is_limit(wish: Constraint) -> bool:
    """Tell whether a wish says by a number or a name what it wants."""
    if wish.field in {"mood", "other"}:
        return False
    return wish.field != "tempo" or any(sign.isdigit() for sign in wish.source_text)


def _of_a_track(wish: Constraint) -> bool:
    """Tell whether a length limits each track of a list: "nothing longer than 4 minutes"."""
    return wish.op in {"max", "min"} and max(end for end in wish.bounds() if math.isfinite(end)) < WHOLE_LIST_S
