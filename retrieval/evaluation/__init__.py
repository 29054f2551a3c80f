"""How good a ranking is, measured.

metrics     recall@k, reciprocal rank, median rank, nDCG, AUC and their intervals
tasks       what is asked of an engine over any catalogue
report      the table, the numbers and the plots
"""
