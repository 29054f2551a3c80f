"""A message in anybody's words, said again in plain English orders by a small model that was trained to do so."""

from agent.planner.rewriting.planner import MAX_TOKENS, SURE, RewritingPlanner, doubtful, prompt_for

__all__ = ["MAX_TOKENS", "SURE", "RewritingPlanner", "doubtful", "prompt_for"]
