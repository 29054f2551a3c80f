"""What exists and what is found in it: the catalogue with its ingest, indexes, ranking, playlists, films."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING

from ui.compose.encoding import Encoding

if TYPE_CHECKING:
    from catalog.ingest.background import BackgroundIngest
    from catalog.ingest.pipeline import Ingest
    from catalog.store import Catalogue
    from encoders.protocols import QueryFuser
    from encoders.text.reranker import CrossEncoderReranker
    from retrieval.comparing import Comparer
    from retrieval.continuation.continuer import PlaylistContinuer
    from retrieval.continuation.versions import ModelVersions
    from retrieval.film.desk import FilmDesk
    from retrieval.film.files import FilmFiles
    from retrieval.film.jobs import FilmJobs
    from retrieval.indexes.versions import IndexDirectory
    from retrieval.ranking.rankers import Ranker
    from retrieval.recognition import Recogniser
    from retrieval.search import SearchEngine
    from retrieval.shelves.duplicates import Duplicates
    from retrieval.shelves.positions import MusicMap
    from retrieval.video import VideoSuggester
    from ui.peaks import Peaks
    from ui.previews import Previews
    from ui.retraining import Retraining

_logger = logging.getLogger(__name__)


class Searching(Encoding):
    """The catalogue, and everything that ranks."""

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue, migrated."""
        from catalog.store import Catalogue

        catalogue = Catalogue(self.settings.catalogue_path)
        self._closers.append(catalogue.close)
        return catalogue

    @cached_property
    def ingest(self) -> Ingest:
        """Brings files into the catalogue."""
        from catalog.ingest.pipeline import Ingest

        lock = self.settings.data_dir / "ingest.lock"
        return Ingest(self.catalogue, self.audio, lock, self.settings.workers)

    @cached_property
    def ingests(self) -> BackgroundIngest:
        """Ingests that the page starts."""
        from catalog.ingest.background import BackgroundIngest

        ingests = BackgroundIngest(self.catalogue.jobs, lambda: self.ingest, self._index_again)
        self._closers.append(ingests.close)
        return ingests

    def _index_again(self) -> None:
        self.engine.rebuild()

    @cached_property
    def duplicates(self) -> Duplicates:
        """Tracks that are one recording."""
        from retrieval.shelves.duplicates import Duplicates

        return Duplicates(self.catalogue)

    @cached_property
    def music_map(self) -> MusicMap:
        """Where tracks lie on the page's map."""
        from retrieval.shelves.positions import MusicMap

        return MusicMap(self.settings.data_dir / "map")

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user must know about the encoders in use: who was refused, and what is not embedded yet."""
        _ = self.text, self.music_space, self.video
        told = [f"{setting} is {getattr(self.settings, setting)}: {why}" for setting, why in self.refused.items()]
        spaces = [self.music_space, *([] if self.text is None else [self.text.space])]
        if self.catalogue.library.count():
            told += [
                f"No track is indexed in {space.id} yet; run `trichord index build`."
                for space in spaces
                if self.indexes.current(space.id) is None
            ]
        return tuple(told)

    @cached_property
    def indexes(self) -> IndexDirectory:
        """The index versions on disk."""
        from retrieval.indexes.versions import IndexDirectory

        return IndexDirectory(self.settings.data_dir / "indexes")

    @cached_property
    def ranker(self) -> Ranker:
        """What puts the candidates in order, by the setting; a damaged one is told of and the plain mean serves.

        `auto` takes a ranker that was trained on this catalogue, and the mean where there is none: the one that ships
        was no better than the mean on a catalogue that it had not seen (docs/benchmarks.md).
        """
        from retrieval.errors import ModelRefusedError
        from retrieval.ranking.rankers import MODEL, MeanRanker, RankFusion, load_ranker

        own = self.settings.ranker_path
        if self.settings.ranker == "fusion":
            return RankFusion()
        if self.settings.ranker == "mean" or (self.settings.ranker == "auto" and not (own / MODEL).is_file()):
            return MeanRanker()
        try:
            return load_ranker([own])
        except ModelRefusedError as error:
            _logger.warning("%s The plain mean serves meanwhile.", error)
            return MeanRanker()

    @cached_property
    def reranker(self) -> CrossEncoderReranker | None:
        """The cross-encoder, where its weights were pulled."""
        from encoders.errors import ModelMissingError
        from encoders.text.reranker import CrossEncoderReranker

        try:
            return CrossEncoderReranker.from_store(self.models)
        except ModelMissingError:
            return None

    @cached_property
    def engine(self) -> SearchEngine:
        """The search engine."""
        from retrieval.ranking.reranking import Reranked
        from retrieval.search import SearchEngine

        ranker = self.ranker
        if self.settings.read_again and self.reranker is not None:
            ranker = Reranked(ranker, self.reranker)
        return SearchEngine(
            self.catalogue,
            self.indexes,
            self.text,
            self.music_space,
            ranker=ranker,
            fuser=self.fuser,
            tower=None if self.chosen_music is None else self.chosen_music.text,
            lists=self.playlist_models,
        )

    @cached_property
    def playlist_models(self) -> ModelVersions:
        """The versions of the trained playlist models."""
        from retrieval.continuation.versions import ModelVersions

        return ModelVersions(self.settings.playlist_models_path)

    @cached_property
    def retraining(self) -> Retraining:
        """Trains the playlist models again beside a server, when the playlists have moved on."""
        from ui.retraining import Retraining, training_command

        retraining = Retraining(
            self.catalogue.playlists,
            lambda: self.engine.state.lists.corpus,
            self.playlist_models,
            training_command(self.settings.data_dir),
            enabled=self.settings.retrain_playlists,
        )
        self._closers.append(retraining.close)
        return retraining

    @cached_property
    def fuser(self) -> QueryFuser | None:
        """The tri-modal model, where one of the encoders in use was trained; one of others is told of and left out."""
        from encoders.errors import EncoderError

        if self.text is None or not self.settings.trimodal_path.is_dir():
            return None
        from encoders.trimodal.fuser import TrimodalFuser

        try:
            path = self.settings.trimodal_path
            return TrimodalFuser.load(path, self.picture_space, self.text.space, self.music_space)
        except EncoderError as error:
            _logger.warning("the tri-modal model is not used: %s", error)
            return None

    @cached_property
    def continuer(self) -> PlaylistContinuer:
        """Continues playlists."""
        from retrieval.continuation.continuer import PlaylistContinuer

        return PlaylistContinuer(self.catalogue, self.engine)

    @cached_property
    def suggester(self) -> VideoSuggester:
        """Finds music for clips."""
        from retrieval.video import VideoSuggester

        return VideoSuggester(self.engine, self.video, None if self.fuser is None else self.fuser.video_space)

    @cached_property
    def previews(self) -> Previews:
        """Short MP3 previews, made once and kept."""
        from ui.previews import Previews

        return Previews(self.catalogue, self.audio, self.settings.data_dir / "previews")

    @cached_property
    def peaks(self) -> Peaks:
        """Waveforms."""
        from ui.peaks import Peaks

        return Peaks(self.audio)

    @cached_property
    def film_jobs(self) -> FilmJobs:
        """Renders, proxies and the search for every cut, in the background."""
        from encoders.media.editing import FilmEditor
        from retrieval.film.jobs import FilmJobs

        jobs = FilmJobs(self.catalogue, FilmEditor(), self._film_files)
        self._closers.append(jobs.close)
        return jobs

    @cached_property
    def _film_files(self) -> FilmFiles:
        from retrieval.film.files import FilmFiles

        return FilmFiles(self.settings.data_dir / "films")

    @cached_property
    def films(self) -> FilmDesk:
        """The video desk."""
        from retrieval.film.desk import FilmDesk
        from retrieval.film.onsets import Onsets

        onsets = Onsets(self.catalogue, self.audio, self.settings.data_dir / "onsets")
        return FilmDesk(
            self.catalogue, self.engine, self.suggester, self.video, onsets, self._film_files, self.film_jobs
        )

    @cached_property
    def comparer(self) -> Comparer:
        """Measures new sounds and compares them with the catalogue."""
        from retrieval.comparing import Comparer

        return Comparer(self.catalogue, self.engine, self.audio, self.settings.data_dir / "chroma")

    @cached_property
    def recogniser(self) -> Recogniser:
        """Knows recordings of the catalogue again."""
        from retrieval.recognition import Recogniser

        return Recogniser(self.catalogue, self.audio)
