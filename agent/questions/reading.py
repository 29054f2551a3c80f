"""Which question a message asks, where no search answers it: by the patterns of its language (``[questions]``)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.languages import Questions, Reading, questions_of
from agent.questions.glossary import Term, term_called
from agent.values import Question
from retrieval.vocabulary import load_vocabulary

_NAME = re.compile(r"[^\W\d_][\w'’.&-]*(?:\s+[\w'’.&-]+){0,4}|[一-鿿·]{1,12}")
# "Who is the singer of this?" is about what is on the screen, "who is your favourite" about nobody.
_POINTS = re.compile(
    r"#|\b(?:my|me|mis?|mes|moi|meine?[nmrs]?|mich|this|that|it|these|those|you|your|singing|playing|singer|artist|first|second|third|last|here"
    r"|dies\w*|das|dein\w*|du|sänger\w*|künstler\w*|erste\w*|zweite\w*|dritte\w*|letzte\w*|hier"
    r"|est[aeo]s?|ese?|esa|tú|tus?|cantante|artista|primer\w*|segund\w*|aquí"
    r"|cette?|ça|toi|chanteu\w*|artiste|premi\w*|deuxième|ici)\b|[这那你我它]|第",
    re.IGNORECASE,
)
# "The Beatles" is a name, "the president of France" is none.
_TITLED = re.compile(
    r"^(?:the|an?|de[rnms]|die|das|eine?|el|la|l[oae]s|un[ae]?|le)\s+(?!(?-i:[A-ZÀ-ÖØ-Þ]))|\bof\b|\bde la\b",
    re.IGNORECASE,
)

_OF_A_TITLE = re.compile(r"^\W*(?:play|who (?:made|sings|sang|plays|wrote))\s+[\"“]", re.IGNORECASE)
_WHO_IS = re.compile(r"\W*(?:who (?:is|was)|wer (?:ist|war)|qui[eé]n (?:es|era)|qui est)\b", re.IGNORECASE)
# What goes on after a question and only tells why it is asked: "my teacher keeps saying it".
_A_STORY = re.compile(
    r"^(?:(?:because|cause|as|and|weil|denn|porque|es que|parce que|car)\s+)?(?:(?:my|our|his|her|he|she|they|someone|"
    r"somebody|people|everyone|one of (?:these|them)|mein\w*|unser\w*|er|sie|jemand|alle|mis?|nuestr\w+|él|ella|mon|ma|"
    r"mes|notre|il|elle|on|quelqu.un)\b|[我他她]|老师|孩子|有人)",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:play|give|find|show|put|search|want|need|recommend|spiel\w*|gib|zeig\w*|such\w*|brauch\w*|pon\w*|busca\w*|dame|quiero|"
    r"necesito|mets|joue|donne|cherche|veux|trouve)\b|[放找来]|推荐|给我|想听|[?？]",
    re.IGNORECASE,
)
# "Who is Jungle?" asks for the band, "what about jungle" for the style.
_OF_A_PERSON = re.compile(r"\W*(?:who|wer|qui[eé]n(?:es)?|qui|谁)\b|.*是谁", re.IGNORECASE)


def question_in(message: str, reading: Reading) -> Question | None:
    """Return what a message asks about a term, a sound or a person; None where it asks nothing of the kind.

    Args:
        message: as it was said.
        reading: the same in English words, with its language.
    """
    if _OF_A_TITLE.search(reading.text) and not _WHO_IS.match(message):
        return None  # "who sings “La Mer”?" looks for the track
    words = questions_of(reading.language or "en")
    message = _plain(message, reading)
    asked = _before_a_story(message)
    question = _about_music(message, words)
    if question is None and asked is not None:
        question = _about_music(asked, words)
    if question is not None:
        return question
    for pattern in words.who:
        found = pattern.fullmatch(message)
        if found is not None and not _POINTS.search(found["about"]):
            name = found["about"].strip()
            named = _NAME.fullmatch(name) and not _TITLED.search(name)
            return Question(kind="person", about=name, said=name) if named else Question(kind="else")
    if any(pattern.fullmatch(message) for pattern in words.other):
        return Question(kind="else")
    return None


def _about_music(message: str, words: Questions) -> Question | None:
    """Return what a message asks about terms or sounds; None where it asks about neither."""
    for pattern in words.what if _OF_A_PERSON.match(message) else (*words.what, *words.who):
        found = pattern.fullmatch(message)
        question = None if found is None else _of_music(found["about"].strip(" \"“”„«»《》'"), words)
        if question is not None:
            return question
    return None


def _before_a_story(message: str) -> str | None:
    """Return the question of a message that goes on with what orders nothing; None where it is one sentence."""
    asked, *rest = re.split(r"[?？]", message, maxsplit=1)
    told = rest[0].strip(' "”.!') if rest else ""
    story = _A_STORY.match(told) and not (_ORDERS.search(told) or load_vocabulary().mentions(told))
    return asked if story else None


def _of_music(about: str, words: Questions) -> Question | None:
    """Return the question about the one or two terms or sounds that some words name; None where they name neither."""
    if (term := term_called(about)) is not None:
        return Question(kind="term", about=term.id, said=about)
    if (two := _two_terms(about, words.both)) is not None:
        return Question(kind="term", about=two[0].id, beside=two[1].id, said=about)
    if (sound := _sound(about, words)) is not None:
        return Question(kind="sound", about=sound, said=about)
    if (mixed := _term_and_sound(about, words)) is not None:
        return Question(kind="term", about=mixed[0].id, beside=mixed[1], said=about)
    if (sounds := _two_sounds(about, words)) is not None:
        return Question(kind="sound", about=sounds[0], beside=sounds[1], said=about)
    return None


def asks(message: str, reading: Reading) -> bool:
    """Tell whether a message has the form of a question, or of a request that is none for music ("tell me a joke")."""
    plain = _plain(message, reading)
    return any(pattern.search(plain) for pattern in questions_of(reading.language or "en").asks)


def _sound(about: str, words: Questions) -> str | None:
    """Return the concept, or the word for a style that nobody can hear out, that some words name."""
    english = words.english(about).casefold().removesuffix(" music")
    concept = load_vocabulary().concept(english)
    if concept is not None:
        return concept.id
    return english if english in load_vocabulary().unheard else None


def _two_sounds(about: str, words: Questions) -> tuple[str, str] | None:
    """Return the two sounds that some words name ("house and techno"); None where either is unknown."""
    for before, after in _halves(about, words.both):
        one, other = _sound(before, words), _sound(after, words)
        if one is not None and other is not None and one != other:
            return one, other
    return None


def _two_terms(about: str, both: re.Pattern[str]) -> tuple[Term, Term] | None:
    """Return the two terms that some words name ("a sonata and a sonatina"); None where either is unknown.

    What one of them leaves out is the other's: "harmonic and melodic minor", "menor armónica y melódica".
    """
    for before, after in _halves(about, both):
        one = term_called(before) or term_called(f"{before} {after.split()[-1]}")
        other = term_called(after) or term_called(f"{before.split()[0]} {after}")
        if one is not None and other is not None:
            return one, other
    return None


def _term_and_sound(about: str, words: Questions) -> tuple[Term, str] | None:
    """Return the term and the sound without an entry that some words name ("jazz and bebop"), whichever comes first."""
    for pair in _halves(about, words.both):
        for named, heard in (pair, pair[::-1]):
            term, sound = term_called(named), _sound(heard, words)
            if term is not None and sound is not None:
                return term, sound
    return None


def _halves(about: str, both: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield what stands before and after each word that may part two things; neither is empty."""
    for between in both.finditer(about):
        before, after = about[: between.start()].strip(), about[between.end() :].strip()
        if before and after:
            yield before, after


def _plain(message: str, reading: Reading) -> str:
    """Return a message as its language's patterns know it: in English with what people shorten written out."""
    return reading.text if reading.language in {"en", None} else message
