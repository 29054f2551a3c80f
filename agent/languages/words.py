"""The words of replies in one language: templates, and what to make of what was written in English.

Acts and rankers know one language. Their sentences and clauses are found by patterns (``[sentences]`` of ``en.toml``)
and put anew; so are wishes, which whoever said them in another language would not know again in English words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from retrieval.constraints import KEYS, MODES, NUMBER_LIMITS, Constraint, parse_key
from retrieval.reading.wishes import parse_wishes, residue
from retrieval.vocabulary import load_vocabulary

_TASTE = re.compile(r"(?P<sign>never |[+-]?)(?P<value>[^(]+?)(?P<grounds> \(.*)?")
_NO = re.compile(r"^(?:no|not|without) (?:(?:an?|the|any) )?", re.IGNORECASE)
_MORE = re.compile(r"(?P<names>.*?);? and (?P<n>\d+) more")
_QUOTED = re.compile(r"“([^”]*)”")
# Parts that are one name each, in which quotation marks are the name's own.
_NAMES = frozenset({"title", "old", "new", "name", "first", "first_title", "last", "artist", "details"})
_REFUSING = frozenset({"no", "not", "nothing", "never", "without", "except", "avoid", "don't", "don’t", "different"})
_KEY = re.compile(rf"(?:{'|'.join(map(re.escape, KEYS))}) (?:{'|'.join(MODES)})")
_DETAILS = re.compile(r"(?:by (?P<artist>.+?)(?:, |$))??(?:from “(?P<album>.+?)”(?:, |$))?(?P<rest>(?:\d.*)?)")


def said(wish: Constraint) -> str:
    """Return a wish in the user's words, as a refusal where it is one."""
    words = wish.source_text or wish.words
    refuses = wish.op == "not" and bool(wish.source_text) and words.split()[0].casefold() not in _REFUSING
    return f"no {words}" if refuses else words


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; English has `templates` alone, and leaves all else as it stands.

    `sentences` are (pattern of English, template), `concepts` names by id, `wishes` the words for fields and keys,
    `scene` (pattern, words) for phrases about a clip, `names` what labels of tracks are called, by the English in small
    letters, `quotes` what opens and closes a quotation.
    """

    templates: Mapping[str, str]
    sentences: tuple[tuple[re.Pattern[str], str], ...] = ()
    concepts: Mapping[str, str] = field(default_factory=dict)
    wishes: Mapping[str, str] = field(default_factory=dict)
    scene: tuple[tuple[re.Pattern[str], str], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    quotes: tuple[str, str] = ("“", "”")

    def __call__(self, template: str, /, **values: object) -> str:
        """Return a template with its values filled in; values are text, whatever braces they hold."""
        return self.templates[template].format(**values)

    def sentence(self, english: str) -> str:
        """Return a sentence, or a list of clauses, in this language; what no pattern knows stays English."""
        for pattern, template in self.sentences:
            if (found := pattern.fullmatch(english)) is not None:
                parts = {name: self._part(name, value) for name, value in found.groupdict().items()}
                return template.format(**parts)
        return english

    def clauses(self, english: str) -> str:
        """Return reasons between semicolons, each in this language where it is known."""
        return "; ".join(map(self.sentence, english.split("; ")))

    def quoted(self, text: str) -> str:
        """Return a text with the quotation marks of this language in place of the English ones."""
        return _QUOTED.sub(lambda found: f"{self.quotes[0]}{found[1]}{self.quotes[1]}", text)

    def label(self, english: str) -> str:
        """Return a label of a track, such as "drums", as lists of this language have it; others stay as they are."""
        return self.names.get(english.casefold(), english)

    def seen(self, english: str) -> str:
        """Return the words about a clip; names of what is seen in it stay as the picture model has them."""
        for pattern, words in self.scene:
            english = pattern.sub(words, english)
        return english

    def key(self, english: str) -> str:
        """Return a key such as ``A minor``, or a mode alone, as this language names it."""
        if not self.wishes:
            return english
        if english in MODES:
            return self.wishes[f"any_{english}"]
        pitch, mode = parse_key(english)
        names = self.wishes.get(f"{mode}_tonics", self.wishes["tonics"])
        tonic = names.split()[pitch]
        return tonic if mode is None else self.wishes[mode].format(tonic=tonic)

    def wish(self, wish: Constraint) -> str:
        """Return a wish as it was said, or put anew; names and words that no table knows stay as they were said."""
        if not self.wishes:
            return said(wish)
        if wish.field in NUMBER_LIMITS:
            words = f"{self.wishes[wish.field]} {self._span(wish)}"
        elif wish.field == "key":
            keys = " / ".join(map(self.key, str(wish.value).split(" or ")))
            words = self.wishes["mode" if wish.value in MODES else "key"].format(key=keys)
        elif wish.field == "order":
            words = self.sentence(str(wish.value))
        elif wish.field in {"licence", "provenance", "language"}:
            words = self.wishes.get(str(wish.value), wish.source_text or str(wish.value))
        else:
            words = " / ".join(map(self.name, str(wish.value).split(" or ")))
        return self.wishes["no"].format(words=words) if wish.op == "not" else words

    def brief(self, english: str) -> str:
        """Return what is to be composed, as the reply quotes it: wishes put anew, other words as they stand."""
        if not self.wishes:
            return english
        read = parse_wishes(english)
        limits = [self.wish(c) for c in read.constraints if c.field in NUMBER_LIMITS or c.field == "key"]
        words = [self.name(mention.text) for mention in load_vocabulary().mentions(read.rest)]
        return ", ".join(part for part in (*dict.fromkeys(words), residue(read.rest), *limits) if part) or english

    def _part(self, name: str, english: str) -> str:
        """Return a part of a sentence in this language, by what the pattern calls it."""
        put: Mapping[str, Callable[[str], str]] = {
            "concept": self._sounding,
            "what": self.name,
            "other": self.name,
            "why": self.clauses,
            "key": self.key,
            "measure": self._detail,
            "details": self._details,
            "parts": lambda text: ", ".join(map(self.sentence, text.split(", "))),
            "top": self.sentence,
            "property": lambda text: self.wishes.get(text, text),
            "wish": self._wished,
            "offer": self._wished,
            "wishes": lambda text: _QUOTED.sub(lambda m: f"“{self._wished(m[1])}”", self.sentence(text)),
            "titles": self._listed,
            "labels": lambda text: ", ".join(map(self._counted, text.split(", "))),
            "line": self._tastes,
            "lines": self._tastes,
        }
        told = put[name](english) if name in put else english
        return told if name in _NAMES else self.quoted(told)

    def _sounding(self, word: str) -> str:
        """Return a concept as reasons have it, after "sounds": in some languages that is a form of its own."""
        concept = load_vocabulary().concept(word)
        return word if concept is None else self.concepts.get(concept.id, word)

    def name(self, word: str) -> str:
        """Return a concept by its name; other words stay as they are."""
        told = self._sounding(word).removeprefix(self.wishes.get("sounding", ""))
        return self.wishes.get(told, told)

    def _wished(self, english: str) -> str:
        """Return words of a wish that are known in English alone, by reading them once more."""
        refused = _NO.sub("", english)
        if load_vocabulary().concept(refused) is not None:
            name = self.name(refused)
            return name if refused == english else self.wishes["no"].format(words=name)
        return ", ".join(map(self.wish, parse_wishes(english).constraints)) or english

    def _span(self, wish: Constraint) -> str:
        low, high = wish.bounds()
        unit = "" if wish.field == "duration" else f" {NUMBER_LIMITS[wish.field][2]}".rstrip()

        def shown(number: float) -> str:
            clock = f"{int(number) // 60}:{int(number) % 60:02d}"
            return clock if wish.field == "duration" else f"{number:g}"

        if isinstance(wish.value, float | int) and wish.op not in {"min", "max"}:
            return f"{shown(float(wish.value))}{unit}"
        if math.isfinite(low) and math.isfinite(high):
            return f"{shown(low)}–{shown(high)}{unit}"
        end, number = ("min", low) if math.isfinite(low) else ("max", high)
        return self.wishes[end].format(number=f"{shown(number)}{unit}")

    def _listed(self, names: str) -> str:
        more = _MORE.fullmatch(names)
        return names if more is None else self("more", names=more["names"], n=more["n"])

    def _counted(self, label: str) -> str:
        """Return "drums (12)" with the label as this language has it."""
        name, _, count = label.rpartition(" (")
        return f"{self.label(name)} ({count}" if name else label

    def _tastes(self, lines: str) -> str:
        more = _MORE.fullmatch(lines)
        between = "; " if " (" in lines else ", "
        told = between.join(map(self._taste, (lines if more is None else more["names"]).split(between)))
        return told if more is None else self("more", names=told, n=more["n"])

    def _taste(self, line: str) -> str:
        found = _TASTE.fullmatch(line)
        if found is None:
            return line
        name = self.name(found["value"])
        told = self.wishes["never"].format(words=name) if found["sign"] == "never " else f"{found['sign']}{name}"
        return told + (found["grounds"] or "")

    def _details(self, english: str) -> str:
        found = _DETAILS.fullmatch(english)
        if found is None:
            return english
        told = [] if found["artist"] is None else [self.wishes["by"].format(artist=found["artist"])]
        told += [] if found["album"] is None else [self.wishes["from_album"].format(album=found["album"])]
        return ", ".join([*told, *(self._detail(part) for part in found["rest"].split(", ") if part)])

    def _detail(self, english: str) -> str:
        return self.key(english) if _KEY.fullmatch(english) else english
