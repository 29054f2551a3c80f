"""Other tracks in the place of some: "swap #3 for something calmer", "replace the last one", "jazz instead of #2"."""

from __future__ import annotations

import re
from collections.abc import Callable

from agent.planner.forms import BARE_NUMBER, CERTAIN, OTHERS, PLACES, places_of, without_politeness
from agent.values import ListShape, TurnPlan

_BARE = rf"(?:{PLACES}|\d{{1,2}}(?:(?:\s*,\s*|\s+and\s+)\d{{1,2}}){{0,9}})"
_OUT = r"(?:remove|delete|drop|lose|(?:take|throw|kick|get)\s+out|take|throw|get\s+rid\s+of)"
_VERB = r"(?:replace|swap|switch|exchange|change|trade|substitute)"
_ITSELF = r"(?:it|that|this|that\s+one|this\s+one|them|those|these)"
# "Change #3 to the end" moves it, "change 10 to 20 tracks" counts.
_NO_PLACE = (
    r"(?!#|\d|(?:the\s+)?(?:very\s+)?(?:end|top|bottom|beginning|start|front|position|place|first|last|second|third)\b)"
)
_NEW = rf"(?:\s+(?:with|by|for|against|to)\s+{_NO_PLACE}(?P<wish>\S.{{0,160}}?))"
# What is said of those that stay is no wish.
_STAYS = (
    rf"(?:,?\s+(?:and|but)?\s*(?:keep|leave)\s+{OTHERS}"
    r"(?:\s+(?:(?:as|how|the\s+way)\s+(?:it|they)\s+(?:is|are)|alone|in\s+place|untouched))?)?"
)
_SWAPS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_VERB}(?:\s+out)?\s+(?P<what>{_BARE})(?:\s+out)?{_NEW}{_STAYS}",
        rf"(?:replace|swap\s+out|exchange)\s+(?P<what>{_BARE}){_STAYS}",
        rf"(?:keep|leave)\s+(?P<kept>{_BARE}),?\s+(?:and\s+|but\s+)?{_VERB}(?:\s+out)?\s+{OTHERS}{_NEW}?",
        rf"{_VERB}(?:\s+out)?\s+(?:everything|all(?:\s+of\s+(?:it|them|these))?|the\s+whole\s+(?:list|lot|thing))\s+(?:except|but|apart\s+from|besides)"
        rf"(?:\s+for)?\s+(?P<kept>{_BARE}){_NEW}?",
        rf"(?P<kept>{_BARE})\s+(?:(?:can|should|may|must|get\s+to)\s+)?(?:stays?|remains?)\s*[,;.–-]?\s+(?:(?:and|but)\s+)?"
        rf"(?:{_VERB}(?:\s+out)?\s+{OTHERS}{_NEW}?|{OTHERS}(?:\s+(?:should|can|could|must|has\s+to|to)\s+be|\s+(?:is|are))?\s+"
        r"(?:new|fresh|different|replaced|swapped(?:\s+out)?|changed)(?:\s+(?:ones|tracks|songs))?)",
        r"(?:(?:give\s+me|find(?:\s+me)?|put|play|i(?:.d|\s+would)?\s+(?:like|want|prefer)|how\s+about)\s+)?"
        rf"(?!start|begin|open|end|close|finish|stop)(?P<wish>\S.{{0,160}}?)\s+(?:instead\s+of|in\s+place\s+of)\s+(?P<what>{PLACES}){_STAYS}",
        rf"instead\s+of\s+(?P<what>{PLACES}),?\s+"
        r"(?:(?:give\s+me|find(?:\s+me)?|put(?:\s+in)?|play|i(?:.d|\s+would)?\s+(?:like|want|prefer)|how\s+about)\s+)?"
        r"(?P<wish>\S.{0,160}?)",
        # "Throw 4 and 6 out and give me two more in their place".
        rf"(?:{_OUT}\s+(?P<what>{_BARE})|(?:(?:throw|take|kick|toss|get)\s+)?(?P<said>{_BARE})\s+(?:out|away))[\s,;–-]+(?:and\s+)?"
        r"(?:(?:give\s+me|find(?:\s+me)?|put(?:\s+in)?|add|get(?:\s+me)?|play)\s+)?(?:(?:two|three|four|some|a\s+few|\d|an?)\s+)?"
        r"(?:more|others?|other\s+(?:ones|songs|tracks)|different\s+ones?|new\s+ones?|another(?:\s+(?:one|two|song|track))?)\s+"
        r"(?:in\s+(?:their|its)\s+places?|instead|for\s+(?:them|it))",
        # "#3 is too slow, swap it", "I don't like the last one, replace it with something faster".
        rf"(?:i\s+(?:do\s+not|don.?t|can.?t|hate|dislike)\s+(?:\w+\s+){{0,2}})?(?P<what>{PLACES})(?P<poor>(?:\s|.s\b)[^,.;!?]{{0,60}}?)?"
        rf"\s*[,.;!–-]+\s*(?:(?:so|and|please|can\s+you|could\s+you|just)\s+)*{_VERB}\s+{_ITSELF}(?:\s+out)?{_NEW}?{_STAYS}",
        # "Take #3 out and give me something calmer instead", "we know #3, take it out and add another one there".
        rf"(?:{_OUT}\s+(?P<what>{PLACES})|(?:\w+\s+){{0,3}}(?P<said>{PLACES})[^.!?]{{0,60}}?[,.;!–-]\s*(?:\w+\s+)?{_OUT}\s+{_ITSELF}(?:\s+out)?)"
        r",?\s+(?:and|then)\s+(?:give\s+me|find(?:\s+me)?|put(?:\s+in)?|add|get(?:\s+me)?|play)\s+"
        r"(?P<wish>(?:something|another|an?|one)\b.{0,100}?)\s*\b(?:instead|for\s+it|in\s+its\s+place|there)",
    )
)
# "Another one", "something else": nothing that a track could be held to.
_ANY = re.compile(
    r"(?:(?:something|anything|another|an?\s+other|others?|an?|different|new|else|other|tracks?|songs?|ones?|pieces?)\b\s*)+",
    re.IGNORECASE,
)
# "By the same artist": by that of the track that goes.
_SAME_ARTIST = re.compile(
    r"\s*\b(?:by|from|of)\s+(?:(?P<same>the\s+same|that)|(?:a\s+different|an?other|some(?:one|body)\s+else))"
    r"(?:\s+(?:artist|band|singer|composer|group|musician))?\b",
    re.IGNORECASE,
)
_WISHES = frozenset({"recommend", "refine", "similar", "exact_track"})


def swapped(message: str, results: int, wished: Callable[[str], TurnPlan]) -> TurnPlan | None:
    """Return the plan of a clause that puts other tracks in the place of some; None where it does not.

    Args:
        message: a clause in English words.
        results: how many tracks are on the screen.
        wished: reads what is wanted in their place.
    """
    clause = without_politeness(message.rstrip(" ?"))
    found = next((hit for swap in _SWAPS if (hit := swap.fullmatch(clause)) is not None), None) if results else None
    if found is None:
        return None
    told = found.groupdict()
    gone = places_of(BARE_NUMBER.sub(r"#\g<0>", told.get("what") or told.get("said") or told["kept"]), results)
    if told.get("kept"):
        gone = tuple(place for place in range(1, results + 1) if place not in gone) if gone else ()
    if not gone or len(gone) == results:
        return None
    plan = TurnPlan(intent="edit_playlist", edit="replace", handles=gone, confidence=CERTAIN)
    wish = (told.get("wish") or "").strip(" ,.;")
    if poor := told.get("poor"):
        plan = plan.model_copy(update={"comparisons": wished(poor).comparisons})
    if (whose := _SAME_ARTIST.search(wish)) is not None:
        wish = f"{wish[: whose.start()]} {wish[whose.end() :]}".strip(" ,.;")
        plan = plan.model_copy(update={"same_artist" if whose["same"] else "different_artist": True})
    if not wish or _ANY.fullmatch(wish):
        return plan
    asked = wished(wish)
    if asked.intent not in _WISHES or asked.steps or asked.fresh or asked.less:
        return None
    if asked.handles and asked.intent != "similar":
        return None  # "swap #1 for #4" moves them
    like = ListShape(more=asked.handles) if asked.handles else None
    kept = ("constraints", "comparisons", "named", "text")
    told_of = {name: value for name in kept if (value := getattr(asked, name))}
    return plan.model_copy(update={"shape": like, **told_of})
