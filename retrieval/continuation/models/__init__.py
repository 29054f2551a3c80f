"""Models that score what may come next in a list. One Protocol, one contract test over all of them.

protocol    `ContinuationModel`: seeds in, a score for every item out
popularity  what most lists hold
items       item-kNN: asymmetric cosine, Tversky and S-plus; fold-in of new lists
lists       playlist-kNN
factors     implicit ALS, with fold-in of unseen lists
titles      lists of like titles (character n-grams, text embeddings), and items that the title names
content     closeness of vectors: works for items that no list holds
companions  the artists and albums of the seeds, and artists that stand in lists with them
words       word2vec over lists, the small baseline
sequence    the recurrent model of `encoders.sequence`: what comes next, in order
"""
