"""Sequences of items as vectors: what comes next, and a fixed-length embedding of the whole.

config      `SequenceConfig`, every number checked
network     recurrent encoder with tied item vectors, and a decoder that says the sequence again
training    next item and autoencoding in one loss; sampled softmax, checkpoint, resume
encoder     `SequenceEncoder`: a trained network, read from its file
"""
