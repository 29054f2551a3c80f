"""Music for a clip or a picture: look, brief, search. The same path serves every door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from encoders.protocols import VideoAnalyzer
from retrieval.scene import brief_from
from retrieval.search import SearchEngine
from retrieval.values import SceneBrief, SearchResult


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What fits a clip, and what was seen in it."""

    brief: SceneBrief
    result: SearchResult


class VideoSuggester:
    """Looks at clips and asks the search engine; MediaError for a file that cannot be looked at."""

    def __init__(self, engine: SearchEngine, analyzer: VideoAnalyzer) -> None:
        self._engine = engine
        self._analyzer = analyzer

    def look(self, path: Path) -> SceneBrief:
        """Return what music a clip or a picture asks for."""
        return brief_from(self._analyzer.analyze(path))

    def suggest(self, path: Path, text: str = "", n: int = 10) -> Suggestion:
        """Return tracks for a clip; the words of `text` outweigh the picture, and their wishes hold."""
        brief = self.look(path)
        request = replace(self._engine.request(text, n), scene=brief)
        return Suggestion(brief, self._engine.search(request))
