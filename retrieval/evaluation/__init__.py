"""How good a ranking is, measured.

metrics     recall@k, reciprocal rank, median rank, nDCG, AUC and their intervals
tasks       what is asked of an engine over any catalogue
peers       BM25 and the cosine of a text encoder, to compare with
report      the table, the numbers and the plots
"""
