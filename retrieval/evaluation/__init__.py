"""How good a ranking is, measured.

metrics     recall@k, reciprocal rank, median rank, nDCG, AUC and their intervals
"""
