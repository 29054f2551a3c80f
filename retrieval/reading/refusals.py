"""What a text refuses and no concept names: "without double bass", "not cheesy", "no Wesnoth".

Such words are nothing to search by. Where they stand in a name or a tag, the tracks that bear them are left out;
where they stand nowhere, the answer says that nobody can tell.
"""

from __future__ import annotations

import re

from catalog.names import fold
from retrieval.constraints import Constraint
from retrieval.lexical import STOP_WORDS
from retrieval.reading.reader import Reader
from retrieval.vocabulary import Vocabulary

MAX_WORDS = 3
_REFUSED = re.compile(
    r"\b(?P<no>no|without|not|never|avoid(?:ing)?|exclud(?:e|ing)|except(?:\s+for)?|minus|skip|nothing)\s+"
    r"(?P<filler>(?:(?:too|so|very|really|any|that|the|an?|overly|much|many|anything|with|from|by|on)\s+)*)"
    r"(?P<what>[^\W\d_][\w'’-]*(?:\s+[^\W\d_][\w'’-]*){0,2})",
    re.IGNORECASE,
)
# "No idea", "not sure", "no matter": how people talk, no wishes of the music.
_TALK = frozenset(
    """fan fans people anyone anybody someone somebody idea matter problem problems worries worry rush hurry doubt need
    limit limits limitation restriction restrictions preference preferences clue reason way ways difference
    chance exception exceptions luck thanks thank lie kidding joke offence sweat sure bad necessarily important
    particular specific specifically exactly seeing hearing liking working getting finding looking feeling seem
    seems seemed long yet certain familiar fussy picky true right wrong correct what who quite today tomorrow
    here there whole same done finished helpful good great listened heard understand understood available
    possible exist fast slow fail forget forgotten before after since until older newer wait""".split()
)


def read_qualified_refusals(reader: Reader, vocabulary: Vocabulary) -> None:
    """Read "no black metal" as a refusal of that, and of nothing else: it wishes for no metal, and refuses no other.

    "Not boring jazz" says how jazz should be: that stays two wishes.
    """
    mentions = {m.start: m.end for m in vocabulary.mentions(reader.rest)}
    for match in list(_REFUSED.finditer(reader.rest)):
        begun = match.start("what")
        if match["no"].casefold() in {"not", "nothing"} or any(at <= begun < to for at, to in mentions.items()):
            continue
        named = min((start for start in mentions if start > begun), default=-1)
        words = _refused_words(reader.rest[begun:named], MAX_WORDS) if named > begun else ""
        if not words or reader.rest[begun + len(words) : named].strip():
            continue
        end = mentions[named]
        while (more := mentions.get(end + 1)) is not None and reader.rest[end] == " ":
            end = more
        reader.found.append(Constraint("other", "not", fold(reader.rest[begun:end]), reader.rest[match.start() : end]))
        reader.blank(match.start(), end)


def read_refusals(reader: Reader, vocabulary: Vocabulary) -> None:
    """Read every refusal of something that is no concept as a wish of field ``other``."""
    concepts = [(m.start, m.end) for m in vocabulary.mentions(reader.rest)]
    for match in list(_REFUSED.finditer(reader.rest)):
        # "Not cheesy" refuses a word, "without double bass" a thing that may have two.
        thing = match["no"].casefold() != "not" or bool(match["filler"].strip())
        begun = match.start("what")
        # What a concept names stands as a wish already.
        room = min((start - begun for start, end in concepts if end > begun), default=len(match["what"]))
        words = _refused_words(match["what"][: max(0, room)], MAX_WORDS if thing else 1)
        if not words:
            continue
        end = match.start("what") + len(words)
        source = reader.rest[match.start() : end]
        reader.found.append(Constraint("other", "not", fold(words), source))
        reader.blank(match.start(), end)


def _refused_words(what: str, most: int) -> str:
    """Return the leading words that carry a meaning of their own, as they stand in the text."""
    end = 0
    for match in list(re.finditer(r"\S+", what))[:most]:
        word = fold(match[0])
        if word in STOP_WORDS or word in _TALK or len(word.split(" ")[0]) < 2:
            break
        end = match.end()
    return what[:end].rstrip(".'’-")
