"""The language model that is set, embedded or served: its limits, its account, and recorded replies in its place."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ui.compose.searching import Searching
from ui.settings import SettingsError

if TYPE_CHECKING:
    from agent.evaluation.naming import NamesAlone
    from agent.llm.cassette import Cassette
    from agent.llm.embedded import EmbeddedChatModel
    from agent.llm.factory import Source
    from agent.llm.guard import Guard, Model

_logger = logging.getLogger(__name__)


class Language(Searching):
    """The language model, where one is set."""

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
