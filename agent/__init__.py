"""The dialogue: state, planner, tools, graph, responder, language models and the hand-off to generation."""
