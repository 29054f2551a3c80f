"""RecTools' models on the requests of `playlists.py`; runs in an environment of its own: RecTools needs numpy 1.

python rectools_peers.py IN.npz OUT.npz
"""

import sys

import numpy as np
import pandas as pd
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import EASEModel, ImplicitALSWrapperModel, PureSVDModel

MOST, SMALL = 500, 5_000


def models(n):
    from implicit.als import AlternatingLeastSquares

    yield "RecTools PureSVD", lambda: PureSVDModel(factors=64)
    yield "RecTools ALS", lambda: ImplicitALSWrapperModel(AlternatingLeastSquares(factors=64, random_state=0))
    if n <= SMALL:
        yield "RecTools EASE", lambda: EASEModel(regularization=500.0)


def frame(offsets, entries, first):
    users = np.repeat(np.arange(len(offsets) - 1) + first, np.diff(offsets))
    return pd.DataFrame(
        {Columns.User: users, Columns.Item: entries, Columns.Weight: 1.0, Columns.Datetime: pd.Timestamp(0)}
    )


def main():
    given = np.load(sys.argv[1])
    train = frame(given["offsets"], given["entries"], 0)
    lists, scenarios = len(given["offsets"]) - 1, given["scenarios"]
    popular = np.argsort(-np.bincount(given["entries"], minlength=int(given["n"])), kind="stable")[:MOST]
    found = {}
    for name, make in models(int(given["n"])):
        ranks = np.full((len(scenarios), MOST), -1, np.int32)
        # One fit a scenario: the seeds of a longer request would tell the answers of a shorter one.
        for scenario in np.unique(scenarios):
            asked = np.flatnonzero(scenarios == scenario)
            parts = [given["seeds"][given["starts"][r] : given["starts"][r + 1]] for r in asked]
            if not len(parts[0]):
                ranks[asked] = popular
                continue
            offsets = np.concatenate([[0], np.cumsum([len(p) for p in parts])])
            shown = frame(offsets, np.concatenate(parts), lists)
            # What no training list holds cannot be learned from one request; it is no candidate for any system.
            shown = shown[shown[Columns.Item].isin(train[Columns.Item])]
            data = Dataset.construct(pd.concat([train, shown]))
            users = np.unique(shown[Columns.User])
            reco = make().fit(data).recommend(users, data, k=MOST, filter_viewed=True)
            for user, lines in reco.groupby(Columns.User):
                ordered = lines.sort_values(Columns.Rank)[Columns.Item].to_numpy(np.int32)
                ranks[asked[int(user) - lists], : len(ordered)] = ordered
        found[name] = ranks
    np.savez(sys.argv[2], **found)


main()
