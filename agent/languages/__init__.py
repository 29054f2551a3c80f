"""Messages in other languages, read as English: tables of phrases, no model. And the words of replies.

The deterministic planner knows one language. A message in another one is put into its English words first, phrase by
phrase; names in quotes stay, and so does every word that no table knows. A table is one file, ``<code>.toml``, with the
templates of replies at its end; add a file to add a language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any

from agent.languages.spelling import mended
from agent.languages.words import Words
from catalog.names import fold
from retrieval.vocabulary import load_vocabulary

__all__ = [
    "Questions", "Reading", "Table", "Words", "claim_words", "common_words", "english_only", "load_tables",
    "questions_of", "read", "words_of",
]  # fmt: skip

# Words that make a message English, however many of another table's words it holds ("die", "a", "me").
_ENGLISH = frozenset(
    """the a an i you we it is are was some any with for like and of to in on from want play give show find me my
    tell about something more less but without not no please what which who why how do have can could
    nothing anything everything really very than this that these those there here your would should because
    songs music tracks""".split()
)
_ORDINALS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_ORDINAL = re.compile("ORDINAL(.)")
# What stands in quotes is a name, in whatever language.
_QUOTED = re.compile(r"[\"“”„«»「《][^\"“”„«»」》]{2,120}[\"“”«»」》]")
_LATIN_NAME = re.compile(r"(?<![A-Za-zÀ-ÿ])[A-Z][A-Za-zÀ-ÿ0-9'’.-]*")
_NAMES = re.compile(f"({_QUOTED.pattern})")
_LEAST = 0.3  # of the words; below it is a name or a loan word among English ones
# A plane for private use: what stands at a place is set aside, and no pattern matches it.
_PLACE = 0xF0000
_PRIVATE = re.compile("[\U000f0000-\U000fffff]")
# A place in a phrase of a table may have been read before.
_A_PLACE, _SET_ASIDE = r"#\d+", "(?:#\\d+|[\U000f0000-\U000fffff])"
# What a list is saved under, in quotes (set aside by then) or not.
# After a name the list may be handed over, or another is asked for: "guárdala como Domingo y expórtala".
_SENT_ON = (
    r"\s+(?:(?:y|e|und|et)\s+)?(?:luego |después |dann |danach |puis |ensuite )?"
    r"(?:exp[oó]rt|lade?\b|desc[aá]rg|télécharg|zeig|spiel|gib\b|such\b|find\b|ens[eé]ña|"
    r"muestra|muéstra|ponme|dame|busca|montre|joue|donne|trouve|cherche|r?ajoute|añade|agrega|häng|füg)"
)
_NAME = r"(?P<name>[\U000f0000-\U000fffff]|[^\"“”„«»\U000f0000-\U000fffff,.!?，。！？]{1,60}?)"


@dataclass(frozen=True, slots=True)
class Reading:
    """A message in English words, and the ISO 639-1 code of the language it was in: None where nothing tells."""

    text: str
    language: str | None


class Table:
    """One language: its `common` words, which name nothing, its phrases with their English, and its lexicon."""

    def __init__(self, code: str, data: Mapping[str, Any]) -> None:
        self.code = code
        script, phrases = data.get("script", ""), data["phrases"]
        self.common = frozenset(data.get("common", "").casefold().split())
        self._script = re.compile(script) if script else None
        self._naming = [
            (
                re.compile(
                    pattern.replace("NAME", _NAME).replace("[.!?]*$)", f"[.!?]*(?:$|{_SENT_ON}))"), re.IGNORECASE
                ),
                order,
            )
            for order, kind in (("rename it to ", "renaming"), ("save it as ", "naming"))
            for pattern in data.get(kind, [])
        ]
        self._titled = re.compile(data["titled"]) if "titled" in data else None
        self._foreign = re.compile(data["foreign"]) if "foreign" in data else None
        self._telling = re.compile(data["telling"]) if "telling" in data else None
        edges = ("", "") if script else (r"(?<![^\W_])", r"(?:(?<=\s)|(?![^\W_]))")
        # "Pour réfléchir" before "pour"; without spaces a word may hold a sign that is a phrase elsewhere.
        lexicon = _lexicon(data.get("lexicon", {}))
        first = [row for row in lexicon if script or " " in row[0]]
        phrases = [*first, *phrases, *(row for row in lexicon if row not in first)]
        self._phrases = [
            (re.compile(f"{edges[0]}(?:{p.replace(_A_PLACE, _SET_ASIDE)})(?:{edges[1]})", re.IGNORECASE), e)
            for p, e in phrases
        ]
        self._course = re.compile(f"{edges[0]}(?:{data['course']}){edges[1]}", re.I) if "course" in data else None
        limits = data.get("limits", {})
        self._limits = _limits(limits, *edges) if limits else []
        named = data["places"]["numbers"].split() if "places" in data else []
        self._numbers = {word: n for n, words in enumerate(named, 1) for word in words.split("|")}
        self._places = _places(data["places"], list(self._numbers)) if named else None
        self._written = _written(data)

    def share(self, written: str) -> float:
        """Return which share of a message's words (or signs) is this language's; one word among several is chance."""
        message = mended(written, self.code)
        if self._foreign is not None and self._foreign.search(written):
            return 0.0
        if self._telling is not None and self._telling.search(message):
            return 1.0
        if self._script is not None:
            # Names in Latin letters say nothing of the language around them.
            signs = re.findall(r"[^\W\d_]", _LATIN_NAME.sub(" ", message))
            return len(self._script.findall(message)) / max(len(signs), 1)
        spoken = len(_words(message))
        # What is written for something longer is this language's, whatever stands for it then.
        told = spoken - len(_words(_plainly(message, [(pattern, " ") for pattern, _ in self._written])))
        ours = told / spoken if told > 1 else 0.0
        message = _plainly(message, self._written)
        words = _words(message)
        points = self._places is not None and self._places.search(message) is not None
        left = message if self._places is None else self._places.sub(" ", message)
        for naming, _ in self._naming:
            left = naming.sub(lambda found: found["name"], left)
        typed = frozenset(_words(written))
        for pattern, english in (*self._limits, *self._phrases):
            left = pattern.sub(partial(_but_alike, english, typed), left)
        known = len(words) - len(_words(left)) + sum(word in self.common for word in _words(left))
        if known == 1 and not points and len(words) > 1:
            # "Piano tranquilo": beside names of instruments and styles, which all languages share, one word is none.
            others = [word for word in _words(left) if word not in self.common]
            alone = next((word for word in words if word not in others), "")
            known = known if all(map(_shared, others)) and self._of_mood(alone, written) else 0
            return max(ours, known / len(words))
        return max(ours, known / len(words) if words and (known > 1 or points or known == len(words)) else 0.0)

    def _of_mood(self, word: str, written: str) -> bool:
        """Tell whether a word, written so and no English one, says what music feels like or when it is from."""
        vocabulary = load_vocabulary()
        if word not in _words(written) or word in _ENGLISH or vocabulary.knows(word):
            return False
        found = (english for pattern, english in self._phrases if pattern.fullmatch(word))
        told = next(found, "").strip()
        concept = vocabulary.concept(told)
        return (
            told in {"slow", "fast"}
            or told.startswith("from the ")
            or (concept is not None and concept.family == "mood")
        )

    def english(self, message: str) -> str:
        """Return a message with every known phrase in English; quoted names and unknown words stay."""
        kept: list[str] = []

        def keep(text: str) -> str:
            # What was read is set aside: no later phrase may read the English of an earlier one.
            kept.append(text)
            return chr(_PLACE + len(kept) - 1)

        def put(pattern: re.Pattern[str], english: str, text: str) -> str:
            return pattern.sub(lambda found: keep(self._spaced(found.expand(english))), text)

        def limited(pattern: re.Pattern[str], english: str, text: str) -> str:
            return pattern.sub(lambda found: f"{keep(self._spaced(english))}{found['amount']} ", text)

        message = _PRIVATE.sub("", message)
        if self._titled is not None:
            # Titles and artists are no words to be read: "La Flaca de Jarabe de Palo".
            message = self._titled.sub(
                lambda found: f"{keep('play ')}“{found['title']}”{keep(' by ' + found['artist'])}", message
            )
        message = _QUOTED.sub(lambda found: keep(f"“{found[0][1:-1]}”"), message)
        for naming, order in self._naming:
            message = put(naming, rf"{order}\g<name>", message)
        message = _plainly(message, self._written)
        message = self._coursed(message, keep)
        for pattern, english in self._limits:
            message = limited(pattern, english, message)
        if self._places is not None:
            message = self._places.sub(lambda found: keep(self._placed(found["numbers"])), message)
        for pattern, english in self._phrases:
            message = put(pattern, english, message)
        for place in range(len(kept) - 1, -1, -1):
            message = message.replace(chr(_PLACE + place), kept[place])
        message = _ORDINAL.sub(lambda found: f" #{_ORDINALS[found[1]]} ", message)
        return re.sub(r"\s+([,.!?])", r"\1", " ".join(re.sub("[¿¡]", " ", message).split()))

    def _coursed(self, message: str, keep: Callable[[str], str]) -> str:
        """Return a message with "von traurig bis heiter" in English, its two sounds left to be read."""

        def put(found: re.Match[str]) -> str:
            one, two = found["one"], found["two"]
            sounds = self._sounds(one) and self._sounds(two)
            return f"{keep(' from ')}{one}{keep(' to ')}{two}{keep(' ')}" if sounds else found[0]

        return message if self._course is None else self._course.sub(put, message)

    def _sounds(self, word: str) -> bool:
        """Tell whether a word stands for what a track may sound like."""
        english = next((told for pattern, told in self._phrases if pattern.fullmatch(word)), word)
        return english in _LEVELS or load_vocabulary().concept(english) is not None

    def _placed(self, numbers: str) -> str:
        """Return "2, 5 und sieben" as "#2 and #5 and #7"."""
        found = re.findall(r"\d+|[^\W\d_]+", numbers.casefold())
        places = [int(word) if word.isdigit() else self._numbers.get(word, 0) for word in found]
        return " and ".join(f"#{place}" for place in places if place)

    def _spaced(self, english: str) -> str:
        return english if self._script is None else f" {english.strip()} "


# What a course may go from and to beside the sounds of the vocabulary.
_LEVELS = frozenset({"wild", "fast", "slow", "loud", "quiet"})
# Words of music that all languages share, beside the names of styles and instruments.
_SHARED = frozenset("tempo song songs album playlist bpm beats mix club live remix single hits".split())


def _shared(word: str) -> bool:
    """Tell whether a word names a style or an instrument, or is one of all languages."""
    concept = load_vocabulary().concept(word)
    return word in _SHARED or (concept is not None and concept.family in {"genre", "instrument"})


def _but_alike(english: str, typed: Collection[str], found: re.Match[str]) -> str:
    """Return nothing for a phrase that was found, and itself where it was typed as English has it: "wild", "warm"."""
    return found[0] if english in typed else " "


def _lexicon(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the words of a lexicon as phrases, the longest first: "Barockmusik" before "Barock"."""
    inflection, before, after = (data.get(name, "") for name in ("inflection", "before", "after"))
    said = [
        (f"{before}{word.replace('~', inflection)}{after}", english)
        for english, words in data.get("words", {}).items()
        for word in _alternatives(words)
    ]
    return sorted(said, key=lambda row: len(row[0]), reverse=True)


def _alternatives(pattern: str) -> list[str]:
    """Return the alternatives of a pattern, without those inside of groups."""
    found, depth = [""], 0
    for sign in pattern:
        depth += (sign in "([") - (sign in ")]")
        if sign == "|" and not depth:
            found.append("")
        else:
            found[-1] += sign
    return found


def _written(data: Mapping[str, Any]) -> list[tuple[re.Pattern[str], str]]:
    """Return what people write for something longer, with it: "gimme", "kannste", "每分钟90拍"."""
    return [(re.compile(pattern), plain) for pattern, plain in data.get("written", [])]


@lru_cache(maxsize=1)
def _written_in_english() -> list[tuple[re.Pattern[str], str]]:
    return _written(_files()["en"])


def _plainly(message: str, written: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for pattern, plain in written:
        message = pattern.sub(plain, message)
    return message


# What a limit is in English, by its name in a table, and whether it is one of years.
_IN_ENGLISH = {
    "most": ("at most ", False),
    "least": ("at least ", False),
    "until": ("until ", True),
    "since": ("since ", True),
}
_YEAR = r"(?P<amount>(?:19|20)\d\d)(?:年)?(?![\d.,:]\d|\s*(?:bpm|min|s\b))"


def _limits(data: Mapping[str, Any], start: str, end: str) -> list[tuple[re.Pattern[str], str]]:
    """Return patterns with a group `amount`, and what stands before it in English instead of the words around it."""
    found = []
    for name, (english, of_years) in _IN_ENGLISH.items():
        before, after = data[name]["before"], data[name]["after"]
        amount = _YEAR if of_years else f"(?P<amount>{data['amount']})"
        space = r"\s*" if not start else r"\s+"
        patterns = [
            rf"{start}(?<!\d )(?<!bpm )(?:(?:{before}){space}){amount}(?:\s*(?:{after}){end})?",
            rf"{start}(?:{data.get('lead', '')})?(?<!\d){amount}\s*,?\s*(?:{after}){end}",
        ]
        if not of_years:
            lead = rf"{start}(?:{data['tempo']})\s?(?:[^\W\d]+)??\s*"
            bare = r"(?<!\d)(?P<amount>\d{2,3}(?![\d.,:]\d|\d|\s*(?:min|s\b)))"
            patterns += [rf"{lead}(?:{before}){space}{bare}", rf"{lead}{bare}\s*(?:{after}){end}"]
        found += [
            (re.compile(pattern, re.IGNORECASE), f"tempo {english}" if n > 1 else english)
            for n, pattern in enumerate(patterns)
        ]
    return found


def _places(data: Mapping[str, str], numbers: Sequence[str]) -> re.Pattern[str]:
    """Return what points at tracks of a list: an article or a noun and `numbers`, which count nothing after them."""
    number = rf"(?:\d{{1,2}}|{'|'.join(numbers)})(?![^\W_])"
    more = rf"(?:(?:\s*,\s*|\s*,?\s+(?:{data['and']})\s+|\s*&\s*)(?:(?:{data['articles']})\s+)?{number}){{0,9}}"
    return re.compile(
        rf"(?<![^\W_])(?:(?:{data['articles']})\s+)?(?:(?:{data['articles']}|{data['nouns']})\s+)"
        rf"(?P<numbers>{number}{more})(?!\s*(?:{data['counted']}))(?![\d.,:]\d)",
        re.IGNORECASE,
    )


_ENGLISH_ONLY: ContextVar[bool] = ContextVar("english_only", default=False)


@contextmanager
def english_only() -> Iterator[None]:
    """Read everything as English for a while: what is known to be so may name “Die Fantastischen Vier”."""
    before = _ENGLISH_ONLY.set(True)
    try:
        yield
    finally:
        _ENGLISH_ONLY.reset(before)


def read(message: str, *, brief: bool = False) -> Reading:
    """Return a message in English words; one in English, or in no language that is known, as it is.

    Args:
        message: the words.
        brief: they are known to be about music to be made, so that parts, tracks and files are read as well.
    """
    return _read(message, brief, _ENGLISH_ONLY.get())


@lru_cache(maxsize=64)
def _read(message: str, brief: bool, as_english: bool) -> Reading:
    plain = _QUOTED.sub(chr(_PLACE), message)
    words = _words(plain)
    english = sum(word in _ENGLISH for word in words) / max(len(words), 1)
    share, best = max(
        ((table.share(plain), table) for table in load_tables(brief=brief)),
        key=lambda found: found[0],
    )
    code = "en" if as_english or share <= english or share < _LEAST else best.code
    message = "".join(part if n % 2 else mended(part, code) for n, part in enumerate(_NAMES.split(message)))
    if code == "en":
        parts = enumerate(_NAMES.split(message))
        message = "".join(part if n % 2 else _plainly(part, _written_in_english()) for n, part in parts)
        return Reading(message, "en" if english or as_english else None)
    return Reading(best.english(message), code)


@lru_cache(maxsize=16)
def common_words(language: str) -> frozenset[str]:
    """Return the words of a language that name nothing, folded; none for one without a table."""
    return frozenset(fold(w) for table in load_tables() if table.code == language for w in table.common)


@lru_cache(maxsize=16)
def words_of(language: str) -> Words:
    """Return the words of replies in a language; English ones for a language without a table."""
    tables = _files()
    if language not in tables or language == "en":
        return Words(tables["en"]["reply"])
    told = tables[language]
    patterns = tables["en"]["sentences"]
    sentences = tuple((re.compile(patterns[name]), template) for name, template in told["sentences"].items())
    scene = tuple((re.compile(pattern), words) for pattern, words in told["scene"]["phrases"])
    quotes = tuple(told.get("quotes", ("“", "”")))
    return Words(told["reply"], sentences, told["concepts"], told["wishes"], scene, told.get("names", {}), quotes)


@lru_cache(maxsize=16)
def claim_words(language: str) -> Mapping[str, Any]:
    """Return the words by which claims are read in a language (`agent.claims`); English ones where it has none."""
    tables = _files()
    found: Mapping[str, Any] = tables.get(language, {}).get("claims") or tables["en"]["claims"]
    return found


@lru_cache(maxsize=64)
def film_patterns(name: str) -> re.Pattern[str]:
    """Return what says something of a film's music in any language: a place in it, or what becomes of the sound there.

    Without a language, for orders are short: "am Ende lauter" has no word that tells German from Danish.
    """
    told = [(code, data["film"][name]) for code, data in _files().items() if "film" in data]
    # Chinese has no spaces between words.
    alternatives = [pattern if code == "zh" else rf"(?<!\w)(?:{pattern})(?!\w)" for code, pattern in told]
    return re.compile("|".join(f"(?:{pattern})" for pattern in alternatives), re.IGNORECASE)


def parts_as_pieces(message: str) -> Iterator[str]:
    """Yield a message in English, read in one language after another, in which parts of a film are pieces of a list.

    So that parts are pointed at as pieces are: "in the second scene" as "in the second track".
    """
    tables = {table.code: table for table in load_tables()}
    for code, data in _files().items():
        if "film" not in data:
            continue
        told = data["film"]
        pattern = told["part"] if code == "zh" else rf"(?<!\w)(?:{told['part']})(?!\w)"
        piece, changed = re.subn(pattern, told["piece"], message, flags=re.IGNORECASE)
        if changed:
            yield tables[code].english(piece) if code in tables else piece


@dataclass(frozen=True, slots=True)
class Questions:
    """How a language asks.

    Patterns of whole messages: `what` a term is or two are, and `who` somebody is (group ``about``), `other` what is no
    music at all. `both` stands between two terms. `asks` are found in any question, and in requests for what is no
    music; `english` puts a phrase into English.
    """

    what: tuple[re.Pattern[str], ...]
    both: re.Pattern[str]
    who: tuple[re.Pattern[str], ...]
    other: tuple[re.Pattern[str], ...]
    asks: tuple[re.Pattern[str], ...]
    english: Callable[[str], str]


@lru_cache(maxsize=16)
def questions_of(language: str) -> Questions:
    """Return how a language asks; English for a language without a table."""
    told = _files().get(language, {}).get("questions") or _files()["en"]["questions"]
    table = next((table for table in load_tables() if table.code == language), None)

    def whole(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(rf"\W*{told['lead']}{p}{told['tail']}\W*", re.IGNORECASE) for p in patterns)

    return Questions(
        whole(told["what"]),
        re.compile(told["both"], re.IGNORECASE),
        whole(told["who"]),
        whole(told["other"]),
        tuple(re.compile(p, re.IGNORECASE) for p in told["asks"]),
        (lambda text: text) if table is None else table.english,
    )


@lru_cache(maxsize=2)
def load_tables(*, brief: bool = False) -> tuple[Table, ...]:
    """Return the tables of phrases that ship with the package; for a brief those of music to be made come first."""
    told = {code: data for code, data in _files().items() if "phrases" in data}
    if brief:
        told = {code: {**data, "phrases": [*data["brief"]["phrases"], *data["phrases"]]} for code, data in told.items()}
    return tuple(Table(code, data) for code, data in told.items())


@lru_cache(maxsize=1)
def _files() -> dict[str, dict[str, Any]]:
    paths = sorted(files(__package__).iterdir(), key=lambda path: path.name)
    return {p.name[:-5]: tomllib.loads(p.read_text(encoding="utf-8")) for p in paths if p.name.endswith(".toml")}


def _words(message: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", message.casefold())
