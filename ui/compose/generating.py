"""Music that is made: the systems that are enabled, the broker, the queue, blind battles."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ui.compose.language import Language

if TYPE_CHECKING:
    from agent.arena.battles import Arena
    from agent.arena.hearing import Taste
    from agent.filmed import Filmed
    from agent.generation.abc_tunes.writing import TuneWriter
    from agent.generation.broker import Broker
    from agent.generation.extras import Extras
    from agent.handoff import GenerationService
    from agent.llm.guard import Model
    from agent.sung import Sung
    from ui.generators import Offer

_logger = logging.getLogger(__name__)


class Generating(Language):
    """The generators of music and what is asked of their pieces."""

    @cached_property
    def filmed(self) -> Filmed:
        """Looks at the clips that music is to be made for."""
        from agent.filmed import Filmed

        return Filmed(self.suggester)

    @cached_property
    def sung(self) -> Sung:
        """Hears recorded melodies; it keeps what it heard last."""
        from agent.sung import Sung
        from encoders.music.transcription import Transcriber

        return Sung(Transcriber(self.models), self.settings.data_dir / "melodies")

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
