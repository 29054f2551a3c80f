"""Wishes out of words: numbers, keys, names and concepts that a text asks for, each with the words that say so.

Deterministic and the same at every door. What is left of the text is what to search by.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace

from catalog.names import fold
from retrieval.constraints import Constraint, Field, Op
from retrieval.lexical import content_words
from retrieval.reading.amounts import read_amounts, read_count
from retrieval.reading.artists import read_artists, read_likeness
from retrieval.reading.freshness import read_freshness
from retrieval.reading.languages import LANGUAGE_WISH, language_wish
from retrieval.reading.naming import read_album, read_editions, read_names, read_title_words
from retrieval.reading.orders import read_order
from retrieval.reading.reader import REFUSING, Reader
from retrieval.reading.refusals import read_qualified_refusals, read_refusals
from retrieval.reading.unknowable import read_unknowable
from retrieval.vocabulary import Mention, Vocabulary, load_vocabulary

MAX_WISHES = 40
# From so many words of meaning on, a text is a description; so many of all its words are searched by.
DESCRIPTION, MAX_TOLD = 12, 150


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a text asks for. `rest` is the text without names, numbers and keys; concept words stay in it.

    Of a description `rest` is the whole text: its sentences say more than the words that are left of them.
    `total_s` is the length of the whole list in seconds ("an hour of ambient"), None where nothing is said of it.
    `freshness` is 1 for "artists I don't know", -1 for "artists I know", None where nothing is said of it.
    """

    constraints: tuple[Constraint, ...]
    rest: str
    n: int | None = None
    freshness: float | None = None
    total_s: float | None = None


# "Drums yes, vocals no".
_NO_AFTER = re.compile(
    r"(?:(?<=^)|(?<=[,;]\s)|(?<=\band\s)|(?<=\bbut\s))(?P<what>[a-z][a-z -]{2,20}?)\s+no(?=\s*(?:[,.;!]|$))",
    re.IGNORECASE,
)
_YES = re.compile(
    r"(?:(?<=^)|(?<=[,;]\s)|(?<=\band\s))(?P<what>[a-z][a-z -]{2,20}?)\s+yes(?=\s*(?:[,.;!]|$))", re.IGNORECASE
)


def parse_wishes(
    text: str,
    artists: Mapping[str, str] | Iterable[str] = (),
    vocabulary: Vocabulary | None = None,
    tags: Container[str] = (),
) -> Wishes:
    """Read the wishes of a text.

    Args:
        text: what the user wrote.
        artists: names of the catalogue's artists (or folded names and how they are written), so that "by the bards" is
            known for a name.
        vocabulary: the concepts to look for.
        tags: folded tags that people wrote, so that "dance pop" is one thing.
    """
    plain = _YES.sub(r"\g<what>", _NO_AFTER.sub(r"no \g<what>", text[:10_000]))
    reader = Reader(_without_courtesy(_in_words(plain)), describes=is_description(text))
    read_amounts(reader)
    for rule in (
        _key,
        _licence,
        _provenance,
        _language,
        _freshness,
        read_title_words,
        read_editions,
        read_order,
        _unknowable,
    ):
        rule(reader)
    read_count(reader)
    vocabulary = vocabulary or load_vocabulary()
    known = artists if isinstance(artists, Mapping) else {fold(a): a for a in artists if fold(a)}
    reader.rest = _FREE_OF.sub(lambda m: _free_of(m, vocabulary), reader.rest)
    _playlist(reader)
    _artists(reader, known)
    read_album(reader)
    _names(reader, known, tags, vocabulary)
    _clauses(reader, vocabulary)
    read_qualified_refusals(reader, vocabulary)
    _concepts(reader, vocabulary)
    read_refusals(reader, vocabulary)
    unique = {(c.field, c.op, str(c.value)): c for c in reader.found}
    rest = _without(text[:10_000], reader.found) if reader.describes else reader.rest
    return Wishes(
        tuple(unique.values())[:MAX_WISHES], " ".join(rest.split()), reader.n, reader.freshness, reader.total_s
    )


def _without(text: str, found: Iterable[Constraint]) -> str:
    """Return a text without the words of its refusals: they are nothing to search by."""
    for wish in found:
        if wish.op == "not" and wish.source_text:
            text = text.replace(wish.source_text, " ")
    return text


_UNWANTED = re.compile(
    r"\b(?:not|no|without|never|avoid|except|less|fewer)\s+(?:(?:too|so|very|any|that|the|a|an|overly)\s+)*[^\W\d_]+"
)


def residue(text: str, vocabulary: Vocabulary | None = None) -> str:
    """Return the words of a text that carry meaning beyond the concepts it names (those stand as wishes).

    A word that is not wanted ("not cheesy") is none to search by. A description stays whole but for those.
    """
    if is_description(text):
        return " ".join(_UNWANTED.sub(" ", text).split()[:MAX_TOLD])
    blanked = text.casefold()
    for mention in reversed((vocabulary or load_vocabulary()).mentions(text)):
        blanked = blanked[: mention.start] + " , " + blanked[mention.end :]
    blanked = _UNWANTED.sub(" ", blanked)
    return " ".join(content_words(blanked)[:MAX_WISHES])


def is_description(text: str) -> bool:
    """Tell whether a text describes music at length, instead of asking for it in some words."""
    return len(content_words(text[:10_000])) >= DESCRIPTION


def search_text(constraints: Iterable[Constraint], words: str) -> str:
    """Return the text to search by: the wished concepts and artists that lead, then the other words.

    Every door searches by this form, so that a search and a conversation rank alike.
    """
    fields = {"genre", "mood", "instrument"}
    # An artist that must hold decides by itself; one that leads is searched for among the names as well.
    named = [c for c in constraints if c.op == "is" and (c.field in fields or (c.field == "artist" and not c.hard))]
    return " ".join([*(str(c.value) for c in named), words]).strip()


# "I'd love some" and "Beautiful!" are how people talk, no moods of the music; who wants it is none either.
_COURTESY = re.compile(
    r"\b(?:my|our|the)\s+(?:(?:little|older|younger|two|three)\s+)?(?:kids?|children|child|boss|bride|hero)\s+"
    r"(?:(?:also|really|just|only|all)\s+)*(?:wants?|asks?|asked|likes?|needs?|requested|said|says|(?:is|are)\s+asking|would\s+like|"
    r"insists?|begs?|keeps?)\b|"
    r"\b(?:i|we|you|they|i['’]?d|we['’]?d|would|just|absolutely|really|also|do)\s+(?:also\s+|really\s+)?love(?:d|s)?\b"
    r"|\blove\s+(?:it|them|these|those|this|that|to|your|the|all)\b"
    r"|^\s*(?:beautiful|lovely|sweet|cool|perfect|great|nice|brilliant|awesome|wonderful|amazing)\s*[!.,]"
    r"|\b(?:beautiful|lovely|cool|sweet|nice|perfect|great)\s+(?:choices?|list|ones?|job|picks?|selections?|work)\b",
    re.IGNORECASE,
)


# "Key: Am" and "jazz -piano" are how people ask machines.
_LABEL = re.compile(
    r"\b(?P<label>key|year|artist|album|licen[sc]e|duration|length|genre|mood|instrument)\s*[:=]\s*", re.IGNORECASE
)
_LABELS = {"key": "key of ", "year": "from ", "artist": "by ", "album": "album "}
# "Jazz, except nothing slow" refuses once, not twice.
_EXCEPT_NO = re.compile(r"\bexcept\s+(?=(?:no|not|nothing|without|never)\b)", re.IGNORECASE)
_MINUS = re.compile(r"(?<=\s)[-−](?=[^\W\d_]{2})")


def _in_words(text: str) -> str:
    """Return a text with labels and minus signs as words."""
    text = _EXCEPT_NO.sub("but ", text)
    return _MINUS.sub("no ", _LABEL.sub(lambda m: _LABELS.get(m["label"].casefold(), ""), text))


def _without_courtesy(text: str) -> str:
    return _COURTESY.sub(lambda m: " " * len(m[0]), text)


def _key(reader: Reader) -> None:
    # The article is no tonic: "a major battle".
    name = (
        r"((?-i:A)|a(?=[\s-]?(?:#|♯|♭|sharp|flat))|[B-G])((?:\s?(?:#|♯|b|♭|sharp|flat))?)[\s-]+(major|minor|maj|min)\b"
    )
    start = rf"{REFUSING}\b(?:in\s+)?(?:the\s+)?(?:key\s+(?:of\s+)?)?"
    reader.take(
        rf"{start}{name}\s*(?:or|/)\s*(?:in\s+)?{name}",
        lambda m: Constraint("key", _is(m), f"{m[2]}{m[3]} {m[4]} or {m[5]}{m[6]} {m[7]}"),
    )
    reader.take(
        # "In D" names a tonic alone; a small letter, or more words, would be anything.
        r"\bin\s+((?-i:[A-G])\s?(?:#|♯|♭|sharp|flat)|(?-i:[B-G])(?:(?-i:b))?|(?-i:Ab?))(?=\s*(?:$|[,.;!?]|please\b))",
        lambda m: Constraint("key", "is", m[1]),
    )
    reader.take(rf"{start}{name}", lambda m: Constraint("key", _is(m), f"{m[2]}{m[3]} {m[4]}"))
    reader.take(
        rf"{REFUSING}\b(?:in|key\s+of)\s+a\s+(major|minor)(?=\s*(?:$|[,.;!?]|(?:at|and|with|please|or|but)\b))",
        lambda m: Constraint("key", _is(m), f"A {m[2]}"),
    )
    reader.take(
        rf"{REFUSING}\b(?:in\s+)?(?:the\s+)?key\s+of\s+([A-G][#b♯♭]?m?)(?![\w#])",
        lambda m: Constraint("key", _is(m), m[2]),
    )
    reader.take(
        rf"{REFUSING}(?:\b(?:in\s+)?(?:a\s+)?(major|minor)\s+(?:key|mode)s?\b|\bin\s+(major|minor)\b)(?:\s+only\b)?",
        lambda m: Constraint("key", _is(m), (m[2] or m[3]).casefold()),
    )


def _is(match: re.Match[str]) -> Op:
    """Return how a wish is meant that may have been refused (`REFUSING`)."""
    return "not" if match["no"] else "is"


def _licence(reader: Reader) -> None:
    reader.take(
        rf"{REFUSING}\b(?:(?:creative\s+commons|cc)(?:\s+licen[sc]ed?)?\s+or\s+(?:in\s+the\s+)?public[\s-]domain|"
        r"public[\s-]domain\s+or\s+(?:creative\s+commons|cc)(?:\s+licen[sc]ed?)?)\b",
        lambda m: Constraint("licence", _is(m), "cc or public-domain"),
    )
    kind = r"(cc0|public[\s-]domain|cc[\s-]by(?:[\s-](?:sa|nc|nd))*|share[\s-]alike|l?gpl)(?:[\s-]?v?\d(?:\.\d)?\+?)?"
    reader.take(
        rf"{REFUSING}\b(?:licen[sc]ed?\s+(?:as\s+|under\s+)?)?{kind}(?:\s*(?:or|and|/|,)\s*{kind})?(?:\s+licen[sc]ed?)?\b",
        lambda m: Constraint(
            "licence", _is(m), " or ".join(re.sub(r"\s", "-", x.casefold()) for x in m.groups()[1:] if x)
        ),
    )
    site = r"(?:(?:my|our)\s+)?(?:youtube|twitch|tiktok|instagram|facebook|vimeo|social\s+media)"
    reader.take(
        rf"(?<!not\s)\b(?:(?:free|safe|ok(?:ay)?|fine)\s+(?:to\s+(?:use|put|post|upload)|for\s+use)\s+(?:on|for)|"
        rf"(?:safe|allowed|cleared|licen[sc]ed)\s+(?:on|for)|"
        rf"(?:(?:something|anything|music|songs|tracks)\s+)?(?:can|may|could)\s+(?:i|we)\s+(?:legally\s+)?(?:use|put|upload|post|publish)\s+"
        rf"(?:it\s+|this\s+|them\s+)?(?:on|to)|i\s+(?:can|may|could)\s+(?:legally\s+)?(?:use|put|upload|post)\s+(?:it\s+)?(?:on|to))\s+{site}\b",
        lambda _: Constraint("licence", "is", "commercial"),
    )
    reader.take(
        r"\b(?:for\s+)?non[\s-]?commercial(?:ly)?(?:\s+(?:use|projects?|films?|videos?))?(?:\s+only)?\b",
        lambda _: Constraint("licence", "is", "any-known"),
    )
    reader.take(
        r"\b(?:(?:no|without)\s+attribution(?:\s+(?:needed|required))?|(?:no|without)\s+credits?\s+(?:needed|required))\b",
        lambda _: Constraint("licence", "is", "free"),
    )
    reader.take(
        r"\b(?:(?:something|music|anything|that|which|one)\s+)?(?:(?:i|we|you)\s+)?(?:can|may|could|are\s+allowed\s+to|am\s+allowed\s+to)\s+"
        r"(?:legally\s+)?(?:use|put|publish|upload|sell|show)(?:\s+(?:it|this|them))?\s+(?:commercially|legally|in\s+(?:an?|my|our|the)\s+(?:\w+\s+){0,3}?"
        r"(?:films?|videos?|ads?|adverts?|commercials?|games?|podcasts?|apps?|trailers?|documentar(?:y|ies)|youtube)"
        r"(?:\s+(?:that|which)\s+(?:will\s+be|is|are|gets?)\s+(?:sold|paid|published|monetized|monetised|shown)(?:\s+\w+)?)?)",
        lambda _: Constraint("licence", "is", "commercial"),
    )
    reader.take(
        r"\b(?:not|no|without|non|nothing|never|except)\s+(?:cc[\s-]?)?(?:nc|by[\s-]nc)\b(?:\s+(?:licen[sc]ed?|ones|tracks|stuff))?",
        lambda _: Constraint("licence", "is", "commercial"),
    )
    reader.take(r"\bcreative\s+commons(?:\s+licen[sc]ed?)?\b", lambda _: Constraint("licence", "is", "cc"))
    reader.take(
        r"\b(?:free\s+)?(?:for\s+)?(?:commercial(?:ly)?(?:\s+(?:use|projects?|films?|videos?))?(?:\s+(?:is\s+)?allowed)?|"
        r"(?:royalty|copyright|licen[sc]e)[\s-]free|(?:no|without(?:\s+any)?)\s+copyright(?:ed\s+(?:music|stuff))?|(?:only\s+)?(?:free|open|libre)(?:ly)?[\s-]licen[sc]e[sd]?|monetiz\w+|free\s+to\s+use(?:\s+(?:in|for|on)\s+(?:(?:a|an|my|our|the)\s+)?(?:\w+\s+)?(?:films?|videos?|ads?|adverts?|games?|podcasts?|youtube|documentar(?:y|ies)))?)\b",
        lambda _: Constraint("licence", "is", "commercial"),
    )


def _provenance(reader: Reader) -> None:
    reader.take(
        r"\b(?:no|not|without)\s+(?:any\s+)?(?:ai|generated)(?:[\s-](?:music|generated|tracks?|made))*\b|"
        r"\bhuman[\s-]made(?:\s+only)?\b|\bmade by humans\b",
        lambda _: Constraint("provenance", "is", "human"),
    )
    made = r"(?:ai|(?:ai|computer|machine)[\s-])?(?:generated|made|music)?"
    reader.take(
        rf"\b(?:only|just)\s+(?=ai\b|generated|computer|machine){made}(?:\s+(?:music|tracks?|songs?|ones?))?\b|"
        rf"\b(?=ai\b|generated|computer|machine){made}(?:\s+(?:music|tracks?|songs?|ones?))?\s+only\b",
        lambda _: Constraint("provenance", "is", "generated"),
    )


def _language(reader: Reader) -> None:
    reader.take(LANGUAGE_WISH, language_wish)
    told = [c for c in reader.found if c.field == "language" and c.op == "is"]
    if len(told) > 1:
        # "In Spanish or in Portuguese": a song is in one of them.
        either = " or ".join(dict.fromkeys(str(c.value) for c in told))
        words = " or ".join(c.source_text for c in told)
        reader.found = [c for c in reader.found if c not in told]
        reader.found.append(replace(told[0], value=either, source_text=words))


def _unknowable(reader: Reader) -> None:
    for words, start, end, keep in list(read_unknowable(reader.rest)):
        words = " ".join(words.split())
        reader.found.append(Constraint("other", "is", words.casefold(), words))
        if not keep:
            reader.blank(start, end)


# "whose bassist is left-handed": whatever a clause tells of a track that no concept is named in, nobody can check.
_CLAUSE = re.compile(
    r"\b(?:whose|(?:that|which|who)\s+(?!(?:direction|vein|spirit|style|kind|sort|way|mood|vibe|line|one|song|track|list|playlist|artist|band|would|could|can|will|might|may|should|i|we|you|fits?|goes?|go|suits?|works?|"
    r"match(?:es)?|sounds?|feels?|feel|is|are|isn|aren|has|have|makes?|lasts?|lets?|helps?|gets?|keeps?|don|doesn)\b))"
    r"\s*[^,.;!?]{3,60}",
    re.IGNORECASE,
)


def _clauses(reader: Reader, vocabulary: Vocabulary) -> None:
    for match in list(_CLAUSE.finditer(reader.rest)):
        words = match[0].strip()
        if "  " not in words and content_words(words) and not vocabulary.mentions(words):
            reader.found.append(Constraint("other", "is", words.casefold(), words))
            reader.blank(*match.span())


def _freshness(reader: Reader) -> None:
    for value, start, end in read_freshness(reader.rest):
        reader.freshness = value
        reader.blank(start, end)


# "Piano-free" and "drumless" are "no piano" and "no drums".
_FREE_OF = re.compile(r"\b(\w{3,20})[\s-]free\b|\b(\w{3,20})less\b", re.IGNORECASE)


def _free_of(match: re.Match[str], vocabulary: Vocabulary) -> str:
    what = match[1] or match[2]
    return match[0] if vocabulary.concept(what) is None else f"no {what}"


def _artists(reader: Reader, known: Mapping[str, str]) -> None:
    for wish, start, end in read_artists(reader.rest, known):
        reader.found.append(wish)
        reader.blank(start, end)


def _names(reader: Reader, known: Mapping[str, str], tags: Container[str], vocabulary: Vocabulary) -> None:
    for wish, start, end in list(read_names(reader.rest, known, tags, vocabulary)):
        reader.found.append(wish)
        reader.blank(start, end)
    for wish, start, end in read_likeness(reader.rest):
        reader.found.append(wish)
        reader.blank(start, end)
    like = [w for w in reader.found if w.op == "like"]
    if like:
        reader.take(_BY_OTHERS, lambda m: [Constraint("artist", "not", w.value, m[0]) for w in like])


def _playlist(reader: Reader) -> None:
    reader.take(
        r"\b(?P<no>not\s+)?(?:only\s+)?(?:from|in|on|of|out of)\s+(?:my|the|our)\s+playlist\s+(?:called\s+|named\s+)?"
        r"[\"“„]?(?P<name>[^\"”“,.;!?\n]{1,60}?)[\"”“]?(?=\s+(?:but|and|with|under|over|that)\b|[,.;!?\n]|\s*$)",
        lambda m: Constraint("playlist", "not" if m["no"] else "is", m["name"].strip()),
    )


_BY_OTHERS = (
    r"\b(?:but\s+)?(?:(?:only\s+)?by|from)\s+(?:someone|somebody|anyone)\s+else\b|"
    r"\b(?:but\s+)?(?:by|from|with)?\s*(?:an)?other\s+(?:artists?|bands?|people|singers?|musicians?)\b|"
    r"\b(?:but\s+)?(?:by|from)?\s*(?:a\s+)?different\s+(?:artists?|bands?|people|singers?)\b|"
    r"\b(?:but\s+)?not\s+(?:(?:by\s+)?them|(?:by\s+)?(?:him|her)|the\s+same\s+artist)\b"
)


_FIELDS: dict[str, Field] = {"genre": "genre", "mood": "mood", "instrument": "instrument", "vocal": "vocal"}


def _concepts(reader: Reader, vocabulary: Vocabulary) -> None:
    mentions = vocabulary.mentions(reader.rest)
    refused = _refused(reader.rest, mentions)
    unwanted = {mentions[place].start for place in refused}
    runs = {
        run[0].start: run
        for run in vocabulary.alternatives(reader.rest)
        if run[0].concept.family != "vocal" and unwanted.isdisjoint(m.start for m in run)
    }
    later = {m.start for run in runs.values() for m in run[1:]}
    for place, mention in enumerate(mentions):
        concept, negated = mention.concept, place in refused
        if mention.start in later:
            continue
        if (run := runs.get(mention.start)) is not None:
            said = reader.rest[run[0].start : run[-1].end]
            reader.found.append(
                Constraint(_FIELDS[concept.family], "is", " or ".join(m.text for m in run), said, hard=False)
            )
            continue
        if concept.id in {"vocal", "instrumental"}:
            wanted = "instrumental" if (concept.id == "instrumental") != negated else "vocal"
            # Among a description's many words "the singer" tells of the music; alone it is a condition.
            weighs = wanted == "vocal" and reader.describes
            reader.found.append(Constraint("vocal", "is", wanted, mention.text, hard=not weighs))
            continue
        # "no drums" must hold; "not too dark" and "less guitar" are a matter of degree.
        degree = _DEGREE.search(reader.rest[max(0, mention.start - 40) : mention.start]) is not None
        reader.found.append(
            Constraint(
                _FIELDS[concept.family],
                "not" if negated else "is",
                mention.text,
                mention.text,
                hard=(negated and not degree) or (not negated and _only(reader.rest, mention)),
            )
        )


_ONLY_BEFORE = re.compile(
    r"\b(?:only|strictly|exclusively|purely|nothing but)\s+"
    r"(?:(?:songs?|tracks?|music|pieces?)\s+)?(?:(?:with|of)\s+)?$",
    re.IGNORECASE,
)
_ONLY_AFTER = re.compile(r"^\s*(?:music\s+|songs?\s+|tracks?\s+)?(?:only|exclusively)\b", re.IGNORECASE)


def _only(text: str, mention: Mention) -> bool:
    """Tell whether nothing else will do: "jazz only" filters, "jazz" leads."""
    before, after = text[: mention.start], text[mention.end : mention.end + 20]
    return _ONLY_BEFORE.search(before[-40:]) is not None or _ONLY_AFTER.match(after) is not None


_DEGREE = re.compile(r"\b(?:too|less|fewer|so|very|overly|that)\s+(?:much\s+|many\s+|of\s+|the\s+)*$", re.IGNORECASE)
_LINK = re.compile(r"\s*(?P<comma>,)?\s*(?P<word>or|nor|and|/|&)?\s*(?:the|any|no)?\s*", re.IGNORECASE)


def _refused(text: str, mentions: list[Mention]) -> set[int]:
    """Return which mentions are not wanted: a negation runs on through a list ("no drums, guitars or piano").

    A bare comma goes on only in a list of three or one that ends in "or"; "no drums, calm" is two wishes.
    """
    refused: set[int] = set()
    for start, mention in enumerate(mentions):
        spoken_no = (
            mention.concept.id == "instrumental" and mention.text != "instrumental" and mention.text != "wordless"
        )
        if not (mention.negated or spoken_no) or start in refused:
            continue
        run, worded = [], False
        for place in range(start + 1, len(mentions)):
            link = _LINK.fullmatch(text[mentions[place - 1].end : mentions[place].start])
            if link is None or not (link["comma"] or link["word"]) or mentions[place].negated:
                break
            either = (link["word"] or "").casefold() in {"or", "nor"}
            alike = mentions[place].concept.family == mention.concept.family or spoken_no
            if not (either or alike) or mentions[place].concept.family == "mood" != mention.concept.family:
                break
            run.append(place)
            worded = worded or link["word"] is not None
        if mention.negated:
            refused.add(start)
        if worded or len(run) > 1:
            refused.update(run)
    return refused
