"""The order of the candidates.

features   what a ranker sees of each candidate
rankers    the untrained fusions and the learned ranker, one Protocol
training   fitting the learned ranker on simulated and recorded sessions, out of fold
"""
