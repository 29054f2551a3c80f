"""What a message points at: places in the last results, and tracks by their names."""

from __future__ import annotations

import re
from functools import partial

from agent.values import NamedReference
from retrieval.editions import edition_before
from retrieval.reading.wishes import residue

_ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
}  # fmt: skip
_NUMBER_NAMES = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
HANDLE = re.compile(
    r"#\s?(\d{1,3})\b|\b(?:number|no\.|track|song)\s(\d{1,3}|"
    + "|".join(_NUMBER_NAMES)
    + r")\b|\b(?:the|that|this)\s+("
    + "|".join(_ORDINALS)
    + r")\b(?!\s+(?:time|half|part|minute)|\s+(?:to|from)\s+(?:the\s+)?(?:last|end|bottom))"
    + r"|\b(?:the|that|this)\s+(?:very\s+)?(last)\s+(?:one|track|song)\b",
    re.IGNORECASE,
)  # fmt: skip
# "The first three": a number and nothing that it would count but tracks.
_SEVERAL = re.compile(
    r"\bthe\s+(first|last)\s+(\d{1,3}|" + "|".join(_NUMBER_NAMES) + r"|twenty)\b"
    r"(?!\s+(?:minutes?|mins?|seconds?|secs?|hours?|days?|weeks?|months?|years?|decades?|albums?|artists?|bands?|times?|bars?|letters?|words?|"
    r"notes?|lines?)\b)",
    re.IGNORECASE,
)
# "Tracks 1 and 4".
_LISTED = re.compile(
    r"\b(?:tracks|songs|numbers)\s+(\d{1,3}(?:(?:\s*,\s*|\s*,?\s+and\s+|\s*&\s*)\d{1,3}){1,20})\b", re.IGNORECASE
)
# "The first three albums" are no places.
_SEVERAL_OF = re.compile(
    r"\bthe\s+(?:first|last)\s+(?!one\b)(?=(?:\d|" + "|".join(_NUMBER_NAMES) + r")\b)", re.IGNORECASE
)
QUOTED = re.compile(r"[\"“„«]([^\"”“»]{2,120})[\"”“»](?:\s+by\s+([^,.;!?\n]{2,60}))?")
_TITLE_BY = re.compile(
    r"\b(?P<verb>play|have|find|got|know|hear|show me|give me|put on|want|looking for|search for|called|titled|"
    r"named|is there)"
    r"\s+"
    r"(?:me\s+)?"
    r"(?:the\s+(?:song|track)\s+)?"
    r"([^,.;!?\n\"]{2,80}?)\s+by\s+([^,.;!?\n\"]{2,60})",
    re.IGNORECASE,
)
LOOSE_PLACE = re.compile(
    r"(?<![\w.:#'’-])(\d{1,2})(?![\w:%]|[.,]\d|\s*(?:-|–|to)\s*\d|\s*(?:bpm|min|sec|hours?|h\b|songs|tracks|more|of|years?))"
    r"|\b(?:the|number|no\.?|nr\.?|nummer)\s+(" + "|".join(_NUMBER_NAMES) + r")\b",
    re.IGNORECASE,
)
# "Is there Moonlight Sonata by X?": where it is known that one track is asked for, any "A by B" names it.
_ANY_BY = re.compile(
    r"^\W*(?:(?:can|could|may|i|u|you|we|let|me|us|please|want|would|like|need|to|hear|listen|play|put|on|is|there|do|have"
    r"|find|search|for|look|looking|the|song|track|piece|a|got|know|by any chance)\b\s*)*"
    r"(?P<title>[^,;!?\n\"]{2,80}?)\s+by\s+(?P<artist>[^,;!?\n\"]{2,60}?)(?:\s+(?:on|here|in here|please))?\s*[.!?]*$",
    re.IGNORECASE,
)


_KIND_OF_MUSIC = re.compile(
    r"\b(?:songs?|music|tracks?|tunes?|pieces?|carols?|rap|rock|pop|house|jazz|folk|metal|techno|soul|blues|punk|indie|disco|funk|choir|"
    r"german|french|english|spanish|italian|irish|greek|turkish|russian|chinese|japanese|korean|brazilian|african|arabic|indian)\b",
    re.IGNORECASE,
)
# "Do you have Clair de Lune?": a title in capitals, and nothing else.
_HAVE_NAME = re.compile(
    r"^\W*(?i:(?:so|and|hey|hi|ok)\W+)*"
    r"(?i:do you have|have you got|d'you have|is there|you got|got|do you know|can you play|can i hear|play)\s+"
    r"(?P<title>(?!(?i:any|some|more|my|the same)\b)[A-ZÀ-Þ][\w'’.-]*"
    r"(?:\s+(?:of|the|de|la|le|les|du|des|in|a|an|and|to|for|on|der|die|das|von|el|del|[A-ZÀ-Þ0-9][\w'’.-]*)){1,7})\s*[?.!]*$"
)


_NUMBER = r"(?:\d{1,2}|" + "|".join(_NUMBER_NAMES) + ")"
_ONE = re.compile(_NUMBER, re.IGNORECASE)
_NUMBERS = rf"(?P<numbers>{_NUMBER}(?:(?:\s*,\s*|\s*,?\s*(?:and|&|plus)\s*){_NUMBER}){{0,9}})"
# Where a message begins digits alone point: "one with strings" and "no one is singing" are about anything.
_DIGITS = _NUMBERS.replace(_NUMBER, r"\d{1,2}")
# "5 but with a trumpet", "1 and 2 are great", "lose eight": a bare number that a message begins with or throws out.
_BARE = (
    re.compile(
        rf"^\W*(?:(?:yes+|no+|ok(?:ay)?|hm+|oh|ah|and|yo)\W+)*{_DIGITS}(?=\s*,?\s*(?:is|are|was|were|but|i|sounds?|needs?|"
        r"rocks?|slaps?|sucks?|bangs?|hits?|without|with|too|out|off|again|instead|only|can|could|should)\b)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:lose|drop|kill|bin|ditch|scrap|axe|chuck|remove|delete|(?:take|throw|kick|cut|leave)\s+(?:out|off|away)|get\s+rid\s+of)\s+(?!one\b){_NUMBERS}(?=\W*$|\s*[,;.!?]|\W+(?:please|pls|and|but|from|off|out)\b)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:what|which|who|whose)\b.{{0,30}}?\b(?:is|was|are|of|for|made|sings|plays|wrote)\s+{_DIGITS}"
        r"(?=\W*$|\s+(?:in|by|from|at)\b)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\bthe\s+(?:artist|band|singer|composer|musician|group|producer)s?\s+(?:of|behind|from|by)\s+{_DIGITS}(?=\W*$|\W+(?:please|again|and|but)\b)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:mix|mixes|blend|blends|match|matches|goes|go|fits?|key)\b.{{0,20}}?\b(?:with|to|into|as)\s+{_DIGITS}(?=\W*$)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:move|shift|push|drag|put|bring)\s+{_DIGITS}(?=\s+(?:up|down|back|to\s+(?:the\s+)?(?:top|end|front|start|beginning|bottom|place|position)|first|last|(?:at|in)\s+the))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:more|something|anything|songs|tracks|similar|close|closer)\s+(?:like|to)\s+{_DIGITS}(?=\W*$|\W+(?:please|pls|and|but|only|just|with|without|though)\b)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:add|pop|stick|queue|save)\s+{_NUMBERS.replace('{0,9}', '{1,9}')}"
        r"(?!\s*(?:bpm|min|more|songs|tracks|of)\b)",
        re.IGNORECASE,
    ),
)
# Counted from the end: "the second to last", "the last but one", "the penultimate track".
_FROM_END = re.compile(
    r"\b(?:(?P<nth>second|next|third|fourth)[\s-]+(?:to|from)[\s-]+(?:the[\s-]+)?(?:last|end|bottom)|(?P<but>last\s+but\s+one)|"
    r"(?P<pen>penultimate)(?=\s+(?:one|track|song)|\W*$))\b",
    re.IGNORECASE,
)
_BACK = {"second": 1, "next": 1, "third": 2, "fourth": 3}
# "The one at the top", "the bottom one".
_ENDS = re.compile(
    r"\bthe\s+(?:one|track|song)\s+(?:right\s+)?(?:at|on)\s+the\s+(?:very\s+)?(?P<at>top|bottom)\b|"
    r"\bthe\s+(?:very\s+)?(?P<end>top|bottom|topmost|bottommost)\s+(?:one|track|song)\b",
    re.IGNORECASE,
)


def marked(message: str, results: int) -> str:
    """Return a message with "#" before the bare numbers that point at places of the last results: "lose #8"."""

    def mark(match: re.Match[str]) -> str:
        places = [_NUMBER_NAMES.get(word.casefold()) or int(word) for word in _ONE.findall(match["numbers"])]
        if not all(1 <= place <= results for place in places):
            return match[0]
        start, end = match.span("numbers")
        if match.string[:start].endswith("#"):
            return match[0]
        shown = " and ".join(f"#{place}" for place in places)
        return match[0][: start - match.start()] + shown + match[0][end - match.start() :]

    for pattern in _BARE if results else ():
        message = pattern.sub(mark, message)
    return _HALF.sub(partial(_half, results), message) if results > 1 else message


_HALF = re.compile(r"\bthe\s+(?P<which>first|second|last|other)\s+half\b(?!\s+(?:hour|minute|an))", re.IGNORECASE)


def _half(results: int, found: re.Match[str]) -> str:
    """Return half of a list as so many tracks: "the second half" of eight are "the last 4"."""
    first = found["which"].casefold() == "first"
    return f"the {'first' if first else 'last'} {results // 2 if first else results - results // 2} tracks"


def handles_in(message: str, results: int) -> tuple[int, ...]:
    """Return the places in the last results that a message names, from 1.

    Without results there are no places ("Track 2" is a title then). A "#12" beyond the list stays: whoever writes so
    means a place, and the reply says that there is none; "the ninth" and "track 9" beyond it may be anything else.
    """
    if not results:
        return ()
    found: list[int] = []
    for several in _SEVERAL.finditer(message):
        word = several[2].casefold()
        count = min(results, _NUMBER_NAMES.get(word) or (20 if word == "twenty" else int(word)))
        found += range(1, count + 1) if several[1].casefold() == "first" else range(results - count + 1, results + 1)
    message = _LISTED.sub(lambda m: re.sub(r"(\d+)", r"#\1 ", m[1]), message)
    message = _SEVERAL_OF.sub(" ", _SEVERAL.sub(" ", message))
    for digits, name, ordinal, last in HANDLE.findall(message):
        if last:
            place = results
        elif ordinal:
            place = _ORDINALS[ordinal.casefold()]
        else:
            word = (digits or name).casefold()
            place = _NUMBER_NAMES.get(word) or int(word)
        if 1 <= place and (place <= results or digits):
            found.append(place)
    back = [_BACK[(m["nth"] or "second").casefold()] for m in _FROM_END.finditer(message)]
    found += [results - steps for steps in back if steps < results]
    found += [1 if (m["at"] or m["end"]).casefold().startswith("top") else results for m in _ENDS.finditer(message)]
    return tuple(dict.fromkeys(found))


_NO_TITLE = re.compile(
    r"\b(?:some|any|music|songs?|tracks?|something|anything|more|stuff)\b|^nothing(?: else| more)?$", re.IGNORECASE
)
_NO_THING = re.compile(r"^(?:any|some|no)thing(?: else| more)?$", re.IGNORECASE)
_WISHING = frozenset({"want", "give me", "looking for", "search for"})
# "Put on the one called Glass Harbour".
_CALLED = re.compile(
    r"\b(?:one|song|track|tune|piece)\s+(?:called|named|titled|that['’]?s\s+called)\s+(?P<title>[^\"“”„«».,;!?\n]{2,80}?)"
    r"(?:\s+(?:please|thanks))*\W*$",
    re.IGNORECASE,
)


# "Play Clair de Lune": nothing but a name after the order to play.
_PLAY_NAME = re.compile(
    r"^\W*(?i:(?:hey|ok|please|now|just|can you|could you)\W+)*(?i:play|put on|queue|spin)(?i:\s+me)?\s+"
    r"(?P<title>[A-ZÀ-Þ][\w'’-]*(?:\s+(?:[a-z]{1,4}\s+){0,2}[A-ZÀ-Þ][\w'’-]*){1,5})(?:,?\s*(?i:please))?\s*[.!?]*$"
)


def named_in(message: str) -> tuple[NamedReference, ...]:
    """Return the tracks that a message names in quotes, or as "play X by Y"."""
    quoted = [
        NamedReference(title=edition_before(message[: m.start()]) + m[1].strip(), artist=(m[2] or "").strip() or None)
        for m in QUOTED.finditer(message)
        if not _is_nickname(message, m)
    ]
    if quoted:
        return tuple(quoted)
    found = [
        NamedReference(title=title.strip(), artist=artist.strip())
        for verb, title, artist in _TITLE_BY.findall(message)
        # "some calm music by X" and "upbeat rock by X" ask for an artist, not for a track of that name.
        if not _NO_TITLE.search(title)
        # "I want Jazz by X" is a wish, "play Sad by X" a name.
        and (residue(title) or (title[:1].isupper() and verb.casefold() not in _WISHING))
    ]
    if not found and (called := _CALLED.search(message)) is not None:
        found = [NamedReference(title=called["title"].strip())]
    if not found and (played := _PLAY_NAME.match(message)) is not None and residue(played["title"]):
        found = [NamedReference(title=played["title"].strip())]
    asked = _HAVE_NAME.match(message)
    if not found and asked is not None and residue(asked["title"]) and not _KIND_OF_MUSIC.search(asked["title"]):
        found = [NamedReference(title=asked["title"].strip())]
    return tuple(found)


def loose_places(message: str, results: int) -> tuple[int, ...]:
    """Return the places of "add 2 and 5", "the six": numbers that count nothing else, where places are expected."""
    found = [int(m[1]) if m[1] else _NUMBER_NAMES[m[2].casefold()] for m in LOOSE_PLACE.finditer(message)]
    return tuple(dict.fromkeys(place for place in found if 1 <= place <= results))


def without_places(message: str) -> str:
    """Return a message without anything that may be a place."""
    return LOOSE_PLACE.sub(" ", HANDLE.sub(" ", message))


def loosely_named(message: str) -> tuple[NamedReference, ...]:
    """Return the track of "is there A by B", where it is known that one track is asked for."""
    found = _ANY_BY.match(message)
    if found is None or _NO_THING.search(found["title"].strip()):
        return ()
    return (NamedReference(title=found["title"].strip(), artist=found["artist"].strip()),)


def _is_nickname(message: str, quoted: re.Match[str]) -> bool:
    """Tell whether quotes stand inside a person's name: Christian "Crystan" Hoffmann, by "Marine" Baklund."""
    surname = re.match(r"\s[^\W\d_a-z]\w+", message[quoted.end(1) + 1 :])
    return surname is not None and re.search(r"(?:\b[A-Z]\w+|\bby)\s$", message[: quoted.start()]) is not None


def without_quotes(message: str, named: tuple[NamedReference, ...]) -> str:
    """Return a message without the names that were read in it."""
    if not named:
        return message
    without = _TITLE_BY.sub(" ", QUOTED.sub(" ", message))
    return re.sub(r"\b(?:play|have|find|similar to|sounds? like|like)\b", " ", without)
