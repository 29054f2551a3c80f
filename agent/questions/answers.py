"""One sentence that answers a question no search answers, and one that leads back to music.

What a term means comes from the glossary, whatever else is said is counted in the catalogue: of people, history and
the rest of the world there is no source here, so nothing is told of them.
"""

from __future__ import annotations

import re

from agent.languages import Words, words_of
from agent.questions.glossary import load_glossary
from agent.values import Question, Standing
from catalog.names import fold
from retrieval.constraints import Constraint
from retrieval.filters import compile_constraints
from retrieval.leaning import with_words
from retrieval.snapshot import Snapshot
from retrieval.vocabulary import load_vocabulary

_WISHES = 4


def answered(question: Question, snapshot: Snapshot, standing: Standing, language: str) -> tuple[str, ...]:
    """Return the sentences that answer a question in a language.

    Args:
        question: what was asked.
        snapshot: the catalogue that is counted in.
        standing: what stands, so that the talk goes on from there.
        language: ISO 639-1; English where there is no table of it.
    """
    say = words_of(language)
    if question.kind == "term":
        asked = dict.fromkeys(filter(None, (question.about, question.beside)))
        terms = [load_glossary()[about].told(language) for about in asked if about in load_glossary()]
        heard = [_beside(about, snapshot, say) for about in asked if about not in load_glossary()]
        return *(each.says for each in terms), *heard, say("try_it", words=terms[0].ask)
    if question.kind == "person":
        name, n = _held(snapshot, question.about)
        if n:
            return say("who_here", name=name, n=n), say("try_it", words=say("by_them", name=name))
        return say("who_absent", name=name), lead_back(standing, say)
    if question.kind == "sound":
        return _sounds(question, snapshot, standing, say)
    back = lead_back(standing, say)
    return (back,) if question.kind == "remark" else (say("off_topic"), back)


def _sounds(question: Question, snapshot: Snapshot, standing: Standing, say: Words) -> tuple[str, ...]:
    """Return how many tracks sound like what is asked about; of two, what each has here tells them apart best."""
    told: list[str] = []
    first = ""
    for about in filter(None, (question.about, question.beside)):
        n, name = _counted(about, snapshot, say, about if question.beside else question.said)
        told.append(say("sound_here", n=n, all=len(snapshot), concept=name) if n else say("sound_none", concept=name))
        first = first or (name if n else "")
    return *told, say("try_it", words=first) if first else lead_back(standing, say)


def _beside(about: str, snapshot: Snapshot, say: Words) -> str:
    """Return how many tracks sound like what has no entry in the glossary and is asked about beside what has one."""
    n, name = _counted(about, snapshot, say, about)
    return say("sound_beside", n=n, all=len(snapshot), concept=name)


def _counted(about: str, snapshot: Snapshot, say: Words, said: str) -> tuple[int, str]:
    """Return how many tracks have a concept or a word for a style, and its name (`said` where it is no concept)."""
    concept = load_vocabulary().by_id.get(about)
    if concept is None:
        return int(with_words(snapshot, about).sum()), said
    wish = Constraint(concept.family, "is", concept.id)
    return int(compile_constraints(snapshot, [wish]).allowed.sum()), say.name(concept.id)


def lead_back(standing: Standing, say: Words) -> str:
    """Return the sentence that goes on from what stands, or asks for a first wish."""
    if not standing.results:
        return say("start")
    wishes = ", ".join(dict.fromkeys(say.wish(c) for c in standing.constraints[:_WISHES]))
    return say("what_stands", wishes=wishes) if wishes else say("list_stands")


def _held(snapshot: Snapshot, name: str) -> tuple[str, int]:
    """Return an artist's name as it is written here (as asked for where it is not), and the number of their tracks."""
    wanted = re.sub(r"[?!.。？！\s]+$", "", name)
    known = snapshot.known_artists.get(fold(wanted))
    if known is None:
        return wanted, 0
    wish = Constraint("artist", "is", known)
    return known, int(compile_constraints(snapshot, [wish]).allowed.sum())
