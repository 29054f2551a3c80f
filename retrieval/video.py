"""Music for a clip or a picture: look, brief, search. The same path serves every door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from encoders.protocols import VideoAnalyzer
from encoders.values import Space, VideoAnalysis
from retrieval.constraints import Constraint
from retrieval.scene import brief_from
from retrieval.search import SearchEngine
from retrieval.values import Picture, SceneBrief, SearchResult


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What fits a clip, and what was seen in it."""

    brief: SceneBrief
    result: SearchResult


class VideoSuggester:
    """Looks at clips and asks the search engine; MediaError for a file that cannot be looked at.

    Args:
        engine: finds the tracks.
        analyzer: looks at the clip.
        pictures: the space in which briefs carry the clip's own vector, for a tri-modal model.
    """

    def __init__(self, engine: SearchEngine, analyzer: VideoAnalyzer, pictures: Space | None = None) -> None:
        self._engine = engine
        self._analyzer = analyzer
        self._pictures = pictures

    def look(self, path: Path) -> SceneBrief:
        """Return what music a clip or a picture asks for."""
        return self.brief(self._analyzer.analyze(path))

    def brief(self, seen: VideoAnalysis) -> SceneBrief:
        """Return what music a clip or a picture that was looked at asks for."""
        brief = brief_from(seen)
        if self._pictures is None or self._pictures.id not in seen.embeddings:
            return brief
        found = seen.embeddings[self._pictures.id]
        return replace(brief, picture=Picture(found.space.weights_sha256, tuple(found.vector.tolist())))

    def suggest(self, path: Path, text: str = "", n: int = 10) -> Suggestion:
        """Return tracks for a clip; the words of `text` outweigh the picture, and their wishes hold."""
        return self.find(self.look(path), text, n)

    def find(
        self, brief: SceneBrief, text: str = "", n: int = 10, constraints: tuple[Constraint, ...] = ()
    ) -> Suggestion:
        """Return tracks for a brief; `constraints` hold beside the wishes of `text`."""
        request = replace(self._engine.request(text, n, constraints), scene=brief)
        return Suggestion(brief, self._engine.search(request))
