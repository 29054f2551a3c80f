"""Ranking: constraints, indexes, search, scene to music, playlist continuation, evaluation."""
