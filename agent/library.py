"""What there is in the catalogue, counted: the same facts in a reply and at the doors of programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.languages import words_of
from agent.values import Value
from catalog.store import Catalogue
from retrieval.constraints import Constraint
from retrieval.filters import compile_constraints
from retrieval.leaning import with_words
from retrieval.lexical import content_words
from retrieval.snapshot import Snapshot

_SHOWN_PLAYLISTS = 8


class Counted(Value):
    """A name and how many tracks (of a playlist: entries) it has."""

    name: str
    count: int


class LibraryFacts(Value):
    """The catalogue in numbers; lists have the most frequent first, playlists the last changed."""

    tracks: int
    hours: float
    artists: int
    most_tracks: tuple[Counted, ...]
    licences: tuple[Counted, ...]
    tags: tuple[Counted, ...]
    albums: tuple[Counted, ...]
    languages: tuple[Counted, ...]
    playlists: tuple[Counted, ...]

    def sentences(self, asked: str = "") -> tuple[str, ...]:
        """Return the facts in words: those that a question in English words is about, or all of them."""
        head = f"This catalogue has {self.tracks} tracks, {self.hours:.1f} hours, by {self.artists} named artists."
        lists = tuple(Counted(name=f"“{p.name}”", count=p.count) for p in self.playlists)
        told = (
            ("Most tracks", self.most_tracks, r"\b(?:artists?|bands?|composers?|musicians?|singers?)\b"),
            ("Licences", self.licences, r"\blicen[cs]es?\b"),
            ("Tags", self.tags, r"\b(?:tags?|genres?|styles?|kinds?)\b"),
            ("Albums", self.albums, r"\balbums?\b"),
            ("Languages", self.languages, r"\blanguages?\b"),
            ("Playlists", lists, r"\bplay\s?lists?\b"),
        )
        about = [(what, counted) for what, counted, words in told if re.search(words, asked, re.IGNORECASE)]
        if about == [("Languages", ())]:
            return ("No file here tells the language of its words.",)
        said = (
            f"{what}: " + ", ".join(f"{c.name} ({c.count})" for c in counted) + "."
            for what, counted in about or [(what, counted) for what, counted, _ in told]
            if counted
        )
        return head, *said


def library_facts(snapshot: Snapshot, catalogue: Catalogue) -> LibraryFacts:
    """Count what there is."""
    return LibraryFacts(
        tracks=len(snapshot),
        hours=float(snapshot.numbers["duration"].sum()) / 3600 if len(snapshot) else 0.0,
        artists=len(snapshot.known_artists),
        most_tracks=_counted(snapshot.artists.most_common(6, snapshot.written_artists)),
        licences=_counted([(name or "unknown", n) for name, n in snapshot.licences.most_common(6)]),
        tags=_counted(snapshot.tags.most_common(8)),
        albums=_counted(snapshot.albums.most_common(6, snapshot.written_albums)),
        languages=_counted(snapshot.languages.most_common(8)),
        playlists=_counted([(p.title, len(p.entries)) for p in catalogue.playlists.all()[:_SHOWN_PLAYLISTS]]),
    )


def counted_in(snapshot: Snapshot, wishes: Sequence[Constraint], text: str, language: str) -> tuple[str, ...]:
    """Return how many tracks hold what a question about the catalogue names: wishes, and styles that only tags tell.

    Args:
        snapshot: the catalogue that is counted in.
        wishes: what was read in the question; what nobody can check is left out.
        text: the question in English words.
        language: ISO 639-1, of the sentences.
    """
    say = words_of(language)
    compiled = compile_constraints(snapshot, [replace(wish, hard=True) for wish in wishes])
    told = [say.wish(wish) for wish, mask in zip(wishes, compiled.masks, strict=True) if mask is not None]
    held = compiled.allowed
    for word in dict.fromkeys(content_words(text)):
        if word in snapshot.vocabulary.unheard:
            told.append(word)
            held = held & with_words(snapshot, word)
    if not told:
        asked = ", ".join(say.wish(wish) for wish in wishes if wish.field != "other")
        return (say("count_untold", wishes=asked),) if asked else ()
    n, what = int(held.sum()), ", ".join(told)
    if not n:
        return (say("count_none", wishes=what),)
    return say("count_here", n=n, all=len(snapshot), wishes=what), say("try_it", words=what)


def _counted(found: list[tuple[str, int]]) -> tuple[Counted, ...]:
    return tuple(Counted(name=name, count=n) for name, n in found)
