"""Paired features with a known answer: music is a function of z, clip, words and feedback each see a part of z."""

import numpy as np

from encoders.trimodal.pairs import PairedFeatures


def known_pairs(n, seed, *, parts=(4, 6, 4), noise=0.15, dims=(24, 20, 32), held_out=(0.15, 0.25), turns=2):
    """The clip sees the first part of z, the words the second, liked and disliked tracks differ along the third.

    A liked track shares the third part with the right one and is else any track; a disliked one has its opposite.
    """
    rng = np.random.default_rng(seed)
    size = sum(parts)
    maps = [rng.normal(size=(k, d)) / np.sqrt(k) for k, d in zip((parts[0], parts[1], size), dims, strict=True)]
    edges = np.cumsum(parts)
    z = rng.normal(size=(n, size))

    def blurred(rows):
        return rows + noise * rng.normal(size=rows.shape)

    def like(sign):
        other = rng.normal(size=(n, turns, size))
        other[:, :, edges[1] :] = sign * z[:, None, edges[1] :]
        return blurred(np.tanh(other @ maps[2]))

    order = rng.permutation(n)
    split = np.full(n, "train", dtype="<U10")
    first, last = int(n * held_out[0]), int(n * sum(held_out))
    split[order[:first]], split[order[first:last]] = "validation", "test"
    return PairedFeatures.of(
        blurred(np.tanh(z[:, : edges[0]] @ maps[0])),
        blurred(np.tanh(z[:, edges[0] : edges[1]] @ maps[1])),
        np.tanh(z @ maps[2]),
        liked=like(1.0),
        disliked=like(-1.0),
        split=split,
    )
