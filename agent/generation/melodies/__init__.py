"""The melody model: passages of scores to learn from, the network, and the singer that writes lines with it.

`musescore` reads scores, `passages` cuts tunes with their chords out of them, `network` is the model in NumPy,
`training` trains it in torch, `singer` samples lines that keep the composer's rules. `melody.npz` are its weights.
"""
