"""The whole: planners, tools and the assistant over everything that the other rooms build."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ui.compose.generating import Generating
from ui.settings import LOCAL_USER, LOOPBACK

if TYPE_CHECKING:
    from agent.assistant import Assistant
    from agent.cueing import CueDirector
    from agent.llm.guard import Model
    from agent.planner.composed import ComposedPlanner
    from agent.planner.llm import LLMPlanner
    from agent.planner.protocol import Planner
    from agent.planner.rewriting import RewritingPlanner
    from agent.planner.routing.planner import RouterPlanner
    from agent.planner.rules import RulePlanner
    from agent.profile import ProfileActs
    from agent.turn import Tools
    from agent.wording import ModelWording
    from catalog.values import UserId


class App(Generating):
    """All parts of Trichord over one data directory, wired by settings. Heavy parts are imported when they are used."""

    @cached_property
    def cue_director(self) -> CueDirector:
        """Changes the cue sheets of the desk by words."""
        from agent.cueing import CueDirector

        return CueDirector(self.catalogue, self.films, self.engine.parse)

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
            self.sung,
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
