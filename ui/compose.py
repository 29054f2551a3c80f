"""The composition root: the only place that builds objects. Everything is made on first use and closed together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ui.settings import LOCAL_USER, LOOPBACK, Settings, SettingsError

if TYPE_CHECKING:
    from agent.arena.battles import Arena
    from agent.arena.hearing import Taste
    from agent.assistant import Assistant
    from agent.cueing import CueDirector
    from agent.evaluation.naming import NamesAlone
    from agent.filmed import Filmed
    from agent.generation.abc_tunes.writing import TuneWriter
    from agent.generation.broker import Broker
    from agent.generation.extras import Extras
    from agent.handoff import GenerationService
    from agent.llm.cassette import Cassette
    from agent.llm.embedded import EmbeddedChatModel
    from agent.llm.factory import Source
    from agent.llm.guard import Guard, Model
    from agent.planner.composed import ComposedPlanner
    from agent.planner.llm import LLMPlanner
    from agent.planner.protocol import Planner
    from agent.planner.rewriting import RewritingPlanner
    from agent.planner.routing.planner import RouterPlanner
    from agent.planner.rules import RulePlanner
    from agent.profile import ProfileActs
    from agent.turn import Tools
    from agent.wording import ModelWording
    from catalog.ingest.background import BackgroundIngest
    from catalog.ingest.pipeline import Ingest
    from catalog.store import Catalogue
    from catalog.values import UserId
    from encoders.chosen import ChosenMusic, Gatekeeper
    from encoders.detection.detector import DetectorCard
    from encoders.media.audio import SandboxedAudioAnalyzer
    from encoders.media.video import SandboxedVideoAnalyzer
    from encoders.models.store import ModelStore
    from encoders.protocols import QueryFuser, TextEncoder
    from encoders.text.reranker import CrossEncoderReranker
    from encoders.values import Space
    from encoders.vision.zero_shot import ZeroShotReader
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
    from ui.generators import Offer
    from ui.peaks import Peaks
    from ui.previews import Previews
    from ui.retraining import Retraining

Chosen = TypeVar("Chosen")
MUSIC_SPACE = "musicnn-msd"
_logger = logging.getLogger(__name__)


class App:
    """All parts of Trichord over one data directory, wired by settings. Heavy parts are imported when they are used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._closers: list[Callable[[], None]] = []

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue, migrated."""
        from catalog.store import Catalogue

        catalogue = Catalogue(self.settings.catalogue_path)
        self._closers.append(catalogue.close)
        return catalogue

    @cached_property
    def models(self) -> ModelStore:
        """The weights on disk."""
        from encoders.models.store import ModelStore

        return ModelStore(self.settings.models_path, use_hub=self.settings.use_hub)

    @cached_property
    def audio(self) -> SandboxedAudioAnalyzer:
        """Measures sound files in capped children."""
        from encoders.media.audio import SandboxedAudioAnalyzer

        chosen = self.chosen_music
        encoder = None if chosen is None else chosen.music
        folder = None if self.detector is None else self.settings.detector_path
        analyzer = SandboxedAudioAnalyzer(self.models, workers=self.settings.workers, encoder=encoder, detector=folder)
        self._closers.append(analyzer.close)
        return analyzer

    @cached_property
    def detector(self) -> DetectorCard | None:
        """What is known of the detector of generated music; None where there is none that can be used."""
        from encoders.detection.detector import Detector
        from encoders.errors import EncoderError

        if not self.settings.detector_path.is_dir():
            return None
        try:
            return Detector(self.settings.detector_path).card
        except EncoderError as error:
            _logger.warning("nothing is said of generated music: %s", error)
            return None

    @cached_property
    def video(self) -> SandboxedVideoAnalyzer:
        """Looks at clips and pictures in capped children."""
        from encoders.media.video import SandboxedVideoAnalyzer

        analyzer = SandboxedVideoAnalyzer(self.models, reader=self._picture_reader())
        self._closers.append(analyzer.close)
        return analyzer

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

    @cached_property
    def gatekeeper(self) -> Gatekeeper:
        """Judges encoders that a setting names, once for each set of weights."""
        from encoders.chosen import Gatekeeper

        return Gatekeeper(self.settings.data_dir / "encoders.json")

    @cached_property
    def refused(self) -> dict[str, str]:
        """Encoders that a setting names and that are not in use, with the reason; embedded ones stand in."""
        return {}

    def _chosen(self, setting: str, choose: Callable[[], Chosen]) -> Chosen | None:
        from encoders.errors import EncoderError

        try:
            return choose()
        except EncoderError as error:
            self.refused[setting] = f"{str(error).rstrip('.')}. The embedded encoder stands in."
            _logger.warning("%s: %s", setting, self.refused[setting])
            return None

    @cached_property
    def text(self) -> TextEncoder | None:
        """The text encoder; None while its weights are missing (words then match by spelling only)."""
        from encoders.errors import EncoderError

        name = self.settings.text_encoder
        if name != "bge-small":
            from encoders.chosen import choose_text

            chosen = self._chosen("text_encoder", lambda: choose_text(name, self.gatekeeper))
            if chosen is not None:
                return chosen
        from encoders.text.onnx_text import OnnxTextEncoder

        try:
            return OnnxTextEncoder.from_store(self.models)
        except EncoderError as error:
            _logger.warning("no text encoder: %s", error)
            return None

    @cached_property
    def chosen_music(self) -> ChosenMusic | None:
        """The music encoder that a setting names; None for the embedded one."""
        name, free = self.settings.music_encoder, self.settings.allow_noncommercial
        if name == "musicnn":
            return None
        from encoders.chosen import choose_music

        return self._chosen("music_encoder", lambda: choose_music(name, self.gatekeeper, allow_noncommercial=free))

    def _picture_reader(self) -> ZeroShotReader | None:
        name = self.settings.vision_encoder
        if name == "efficientnet":
            return None
        from encoders.chosen import choose_pictures
        from encoders.vision.zero_shot import ZeroShotReader

        chosen = self._chosen("vision_encoder", lambda: choose_pictures(name, self.gatekeeper))
        return None if chosen is None else ZeroShotReader(chosen.text, chosen.frames, chosen.scale)

    @cached_property
    def music_space(self) -> Space:
        """The space in which tracks are compared by sound."""
        if self.chosen_music is not None:
            return self.chosen_music.music.space
        return next(s for s in self.audio.spaces if s.id == MUSIC_SPACE)

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

    @property
    def picture_space(self) -> Space:
        """The space in which a tri-modal model sees clips: that of the picture encoder in use."""
        return self.video.spaces[-1]

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
    def filmed(self) -> Filmed:
        """Looks at the clips that music is to be made for."""
        from agent.filmed import Filmed

        return Filmed(self.suggester)

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
    def cue_director(self) -> CueDirector:
        """Changes the cue sheets of the desk by words."""
        from agent.cueing import CueDirector

        return CueDirector(self.catalogue, self.films, self.engine.parse)

    @cached_property
    def generators(self) -> tuple[Offer, ...]:
        """All systems that the field knows, those enabled here with their backends."""
        from ui.generators import Help, offers

        # The embedded model writes down the songs that it is shown (docs/benchmarks.md): no piece is begun with it.
        tunes = self.tunes if self.settings.embedded_llm is None else None
        return offers(self.settings, Help(self.taste, tunes))

    @cached_property
    def taste(self) -> Taste | None:
        """What people voted for in blind battles, where a model of it was trained and is better than chance."""
        from agent.errors import BattleError

        if not (self.settings.reward_path / "reward.json").is_file() or self.music_space is None:
            return None
        from agent.arena.hearing import Taste
        from agent.arena.reward import load_reward

        try:
            return Taste(load_reward(self.settings.reward_path, self.music_space), self.audio, self.music_space)
        except BattleError as error:
            _logger.warning("candidates are judged by their notes alone: %s", error)
            return None

    @cached_property
    def tunes(self) -> TuneWriter | None:
        """The language model as a writer of tunes; None where there is none. Nothing is loaded before it is asked."""
        from agent.generation.abc_tunes.writing import REPLY_TOKENS, SECONDS, TuneWriter
        from agent.llm.guard import Guard, Limits
        from agent.llm.ledger import Ledger

        told = self.settings
        if told.llm == "none":
            return None
        if told.embedded_llm is not None:
            embedded = self.embedded_model
            if embedded is None:
                return None
            # The tune is over at its last bar line; what a small model would say after it only takes time.
            model: Model = embedded.bind(response_schema=None, max_tokens=REPLY_TOKENS, timeout_s=SECONDS, stop=["|]"])
        else:
            from agent.llm.factory import make_chat_model

            model = make_chat_model(replace(self._source, timeout_s=SECONDS, reply_tokens=REPLY_TOKENS))
        price = 0.0 if self.replays else told.llm_price_per_million
        ledger = Ledger(told.llm_account_path, price=price, cost_per_day=told.llm_cost_per_day)
        limits = Limits(seconds=SECONDS, calls=1, tokens=8_000, reply_tokens=REPLY_TOKENS)
        return TuneWriter(model, Guard(limits, ledger), told.llm)

    @cached_property
    def broker(self) -> Broker:
        """The music generators that are enabled."""
        from agent.generation.broker import Broker
        from ui.generators import policy_of

        enabled = [offer.backend for offer in self.generators if offer.backend is not None]
        return Broker(enabled, policy_of(self.settings, self.generators))

    @cached_property
    def extras(self) -> Extras:
        """Stems and scores of generated pieces."""
        from agent.generation.extras import Extras

        return Extras(self.settings.soundfont)

    @cached_property
    def comparer(self) -> Comparer:
        """Measures new sounds and compares them with the catalogue."""
        from retrieval.comparing import Comparer

        return Comparer(self.catalogue, self.engine, self.audio, self.settings.data_dir / "chroma")

    @cached_property
    def generations(self) -> GenerationService:
        """Runs generations in the background."""
        from agent.handoff import GenerationService

        folder = self.settings.data_dir / "generated"
        service = GenerationService(
            self.catalogue,
            self.broker,
            folder,
            self.comparer,
            per_user=self.settings.generations_per_user,
            block_copies=self.settings.block_near_copies,
        )
        self._closers.append(service.close)
        return service

    @cached_property
    def arena(self) -> Arena:
        """Blind battles."""
        from agent.arena.battles import Arena

        folder = self.settings.data_dir / "battles"
        return Arena(self.catalogue, self.engine, self.generations, self.audio, folder)

    @cached_property
    def embedded_model(self) -> EmbeddedChatModel | None:
        """The embedded language model, if it is the one that is set and its weights are there."""
        from encoders.errors import EncoderError

        model_id = self.settings.embedded_llm
        if model_id is None or (self.settings.planner == "rules" and self.settings.words != "llm"):
            return None
        from agent.llm.embedded import EmbeddedChatModel
        from agent.planner.llm import PLAN_SCHEMA
        from agent.planner.rewriting.adapter import shipped_adapter

        try:
            path = self.models.path(model_id, "model.gguf")
        except EncoderError as error:
            if not self.replays:
                _logger.warning("no embedded language model, rules plan alone: %s", error)
                return None
            path = self.settings.models_path
        return EmbeddedChatModel(
            model_path=path,
            timeout_s=self.settings.llm_timeout_s,
            response_schema=PLAN_SCHEMA,
            adapter_path=shipped_adapter(model_id),
            cache=self._cassette,
        )

    @property
    def replays(self) -> bool:
        """Tell whether recorded replies stand for the language model."""
        return self.settings.llm_cassette is not None and self.settings.llm_cassette_mode == "replay"

    @cached_property
    def _cassette(self) -> Cassette | None:
        if self.settings.llm_cassette is None:
            return None
        from agent.llm.cassette import Cassette
        from agent.planner.llm import PLAN_SCHEMA

        about = {"model": self.settings.llm, "form": self.settings.llm_form, "schema": PLAN_SCHEMA}
        return Cassette(self.settings.llm_cassette, self.settings.llm_cassette_mode, about)

    @cached_property
    def guard(self) -> Guard:
        """What keeps the language model within limits, and knows how it does."""
        from agent.llm.guard import Guard, Limits
        from agent.llm.ledger import Ledger

        told = self.settings
        limits = Limits(
            seconds=told.llm_timeout_s,
            calls=told.llm_calls_per_turn,
            tokens=told.llm_tokens_per_turn,
            reply_tokens=told.llm_reply_tokens,
            failures=told.llm_failures,
            rest_s=told.llm_rest_s,
        )
        # What is replayed costs nothing.
        price = 0.0 if self.replays else told.llm_price_per_million
        return Guard(limits, Ledger(told.llm_account_path, price=price, cost_per_day=told.llm_cost_per_day))

    @property
    def language_model(self) -> dict[str, str]:
        """How the language model does, as the server's health shows it: its name, its state, and that in words."""
        name = self.settings.llm
        if self.settings.planner == "rules" or name == "none":
            return {"model": "none", "state": "off", "detail": "rules plan alone"}
        if self.settings.embedded_llm is not None and self.embedded_model is None:
            return {"model": name, "state": "missing", "detail": "its weights are not pulled; rules plan alone"}
        health = self.guard.health()
        return {"model": name, "state": health.state, "detail": health.detail}

    @cached_property
    def rules(self) -> RulePlanner:
        """The planner without a model."""
        from agent.planner.rules import RulePlanner

        return RulePlanner(self.engine.parse)

    @cached_property
    def quick_planner(self) -> RouterPlanner:
        """The planner without a language model: rules, and a small trained model of what kind of message it is."""
        from agent.planner.routing.planner import RouterPlanner
        from agent.planner.routing.router import Router
        from encoders.text.multilingual import MultilingualTextEncoder

        own = self.settings.router_path
        router = Router.load(own if own.is_file() else None)
        return RouterPlanner(self.rules, router, MultilingualTextEncoder())

    @cached_property
    def planner(self) -> ComposedPlanner:
        """The composed planner: rules, and a language model where one is set."""
        from agent.planner import composed, rewriting
        from agent.planner.composed import ComposedPlanner

        if self.settings.planner == "rules" or self.settings.llm == "none":
            return ComposedPlanner(self.quick_planner, None)
        asked_always = 1.1 if self.settings.planner == "llm" else None
        if (rewriter := self.rewriter) is not None:
            sure = asked_always or rewriting.SURE
            return ComposedPlanner(self.quick_planner, rewriter, sure, rewriting.doubtful)
        model = self._model_planner(self.quick_planner)
        return ComposedPlanner(self.quick_planner, model, asked_always or composed.SURE)

    @cached_property
    def rewriter(self) -> RewritingPlanner | None:
        """The planner over the embedded model, where it is the one that an adapter ships for."""
        from agent.planner.rewriting import MAX_TOKENS, RewritingPlanner

        model = self.embedded_model
        if model is None or model.adapter_path is None:
            return None
        adapted = model.bind(adapter=True, response_schema=None, max_tokens=MAX_TOKENS, stop=["\n"])
        return RewritingPlanner(adapted, self.quick_planner, guard=self.guard)

    def _model_planner(self, rules: Planner) -> LLMPlanner | None:
        from agent.planner.llm import EXAMPLES, PLAN_SCHEMA, LLMPlanner

        embed = None if self.text is None else self.text.encode
        if self.settings.embedded_llm is not None:
            model: Model | None = self.embedded_model
        else:
            from agent.llm.factory import planning_model

            model = planning_model(self._source, PLAN_SCHEMA, self.settings.llm_form)
        if model is None:
            return None
        # On a CPU the nearest examples cost more seconds than they are worth (docs/benchmarks.md).
        examples = 0 if self.settings.embedded_llm is not None else EXAMPLES
        return LLMPlanner(model, rules, guard=self.guard, embed=embed, examples=examples)

    @cached_property
    def wording(self) -> ModelWording | None:
        """What words the replies, where a language model is set to; None for the templates."""
        from agent.wording import MAX_TOKENS, ModelWording

        if self.settings.words == "templates" or self.settings.llm == "none":
            return None
        if self.settings.embedded_llm is not None:
            model = self.embedded_model
            # The same weights as the planner's, without its schema.
            free = None if model is None else model.bind(response_schema=None, max_tokens=MAX_TOKENS)
            return None if free is None else ModelWording(free, self.guard)
        from agent.llm.factory import make_chat_model

        return ModelWording(make_chat_model(self._source), self.guard)

    @cached_property
    def names_alone(self) -> NamesAlone:
        """The language model without the catalogue, for evaluations; `llm_timeout_s` is for turns, it may take longer.

        Raises:
            SettingsError: no language model is set.
            ModelMissingError: the embedded one was not pulled.
        """
        from agent.evaluation.naming import REPLY_TOKENS, SECONDS, NamesAlone
        from agent.llm.factory import make_chat_model
        from agent.llm.guard import Guard, Limits

        if self.settings.llm == "none":
            raise SettingsError("No language model is set (llm is none); set llm, or leave out --llm-alone.")
        source = replace(self._source, timeout_s=SECONDS, reply_tokens=REPLY_TOKENS)
        if (embedded := self.settings.embedded_llm) is not None:
            source = replace(source, gguf=self.models.path(embedded, "model.gguf"))
        model: Model = make_chat_model(source)
        if self.settings.embedded_llm is not None:
            model = model.bind(max_tokens=REPLY_TOKENS)
        limits = Limits(seconds=SECONDS, calls=1, tokens=8_000, reply_tokens=REPLY_TOKENS, failures=3, rest_s=1.0)
        return NamesAlone(model, self.engine.state.snapshot, Guard(limits))

    @property
    def _source(self) -> Source:
        from agent.llm.factory import Source

        return Source(
            self.settings.llm,
            base_url=self.settings.llm_base_url,
            api_key=self.settings.llm_api_key,
            timeout_s=self.settings.llm_timeout_s,
            reply_tokens=self.settings.llm_reply_tokens,
            cache=self._cassette,
        )

    @cached_property
    def recogniser(self) -> Recogniser:
        """Knows recordings of the catalogue again."""
        from retrieval.recognition import Recogniser

        return Recogniser(self.catalogue, self.audio)

    @cached_property
    def tools(self) -> Tools:
        """What the agent may call."""
        from agent.turn import Tools

        return Tools(
            self.catalogue,
            self.engine,
            self.continuer,
            self.suggester,
            self.audio,
            self.generations,
            self.recogniser,
        )

    @property
    def local_user(self) -> UserId | None:
        """Whose the conversations are on one's own machine; None where others may be talking."""
        from catalog.values import UserId

        settings = self.settings
        return UserId(LOCAL_USER) if settings.host in LOOPBACK and not settings.keys else None

    @cached_property
    def profiles(self) -> ProfileActs:
        """The taste profiles."""
        from agent.profile import ProfileActs

        return ProfileActs(self.tools)

    @cached_property
    def assistant(self) -> Assistant:
        """Holds conversations."""
        from agent.assistant import Assistant

        # Twenty messages at the pace of a model on a CPU would outlast every client.
        sessions = self.settings.data_dir / "sessions.db"
        assistant = Assistant(
            self.planner, self.tools, sessions, quick=self.quick_planner, wording=self.wording, user=self.local_user
        )
        self._closers.append(assistant.close)
        return assistant

    @property
    def uploads(self) -> Path:
        """The folder of uploaded files, each under a random name."""
        folder = self.settings.data_dir / "uploads"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def close(self) -> None:
        """Close everything that was opened, last first."""
        while self._closers:
            self._closers.pop()()
