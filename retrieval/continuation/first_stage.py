"""Building the models of the first stage over one corpus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from encoders.sequence.config import SequenceConfig
from retrieval.continuation.corpus import Corpus
from retrieval.continuation.ensemble import Ensemble
from retrieval.continuation.models.companions import NearArtists, SameGroup, familiarity_of
from retrieval.continuation.models.content import Content, MatrixVectors
from retrieval.continuation.models.factors import Factors, TitleFactors
from retrieval.continuation.models.items import ItemNeighbours, Likeness, LiveNeighbours
from retrieval.continuation.models.lists import LaterInLists, ListNeighbours
from retrieval.continuation.models.popularity import Popularity
from retrieval.continuation.models.protocol import ContinuationModel
from retrieval.continuation.models.sequence import SequenceScorer
from retrieval.continuation.models.titles import Embed, Named, Titles

LIKENESS = Likeness(alpha=0.6, blend=0.5, shrink=2.0)


@dataclass(frozen=True, slots=True)
class Options:
    """What is trained: `k` neighbours an item, `d` factors, and a sequence model where there is a configuration."""

    k: int = 200
    d: int = 64
    sequence: SequenceConfig | None = None
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Learned:
    """The parts of the first stage that take training, None where there is none; `items` may be counted live."""

    items: ItemNeighbours | LiveNeighbours
    factors: Factors | None = None
    sequence: SequenceScorer | None = None


def learn(
    corpus: Corpus, options: Options, folder: Path, report: Callable[[str, float], None], resume: bool = False
) -> Learned:
    """Train on a corpus; files of the sequence model lie in `folder`; `report` hears the step and its share done."""
    report("item neighbours", 0.0)
    items = ItemNeighbours.fit(corpus, LIKENESS, options.k)
    report("factors", 0.0)
    factors = Factors.fit(corpus, options.d, seed=options.seed, progress=lambda share: report("factors", share))
    if options.sequence is None:
        return Learned(items, factors)
    from encoders.sequence.encoder import SequenceEncoder
    from encoders.sequence.training import train

    epochs = options.sequence.epochs
    path = train(
        [corpus.rows(p) for p in range(len(corpus))],
        corpus.items.n,
        options.sequence,
        folder,
        vectors=factors.items if options.sequence.width == options.d else None,
        resume=resume,
        report=lambda epoch, _: report("sequences", epoch / epochs),
    )
    return Learned(items, factors, SequenceEncoder.read(path))


def ensemble_of(
    corpus: Corpus,
    learned: Learned,
    *,
    content: ContinuationModel | None = None,
    named: ContinuationModel | None = None,
    embed: Embed | None = None,
) -> Ensemble:
    """Return all models over a corpus, always in this order: a trained order of candidates knows them by it.

    `content` and `named` stand in for what the corpus knows of its items: their vectors, and the words of their names.
    The sequence model has no vote: alone it is far behind the neighbours (docs/decisions.md). It embeds whole lists.
    """
    items = corpus.items
    familiarity = familiarity_of(corpus)
    vectors = None if items.vectors is None else MatrixVectors(items.vectors)
    lists = ListNeighbours(corpus)
    models: list[ContinuationModel] = [
        learned.items,
        lists,
        LaterInLists(lists),
        Titles(corpus, embed),
        named or Named(items, familiarity),
        SameGroup("artists", items.artists, familiarity),
        SameGroup("albums", items.albums, familiarity),
        NearArtists(corpus, familiarity),
        content or Content(items.n, vectors, "content"),
        Popularity(corpus),
    ]
    if learned.factors is not None:
        models += [learned.factors, TitleFactors(corpus, learned.factors, embed)]
    return Ensemble(corpus, models)
