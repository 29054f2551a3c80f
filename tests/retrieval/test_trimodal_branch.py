"""A trained tri-modal model inside the search engine, on tracks whose right answers are known."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from ranking_facts import MUSIC, put

from catalog.values import TrackId
from encoders.trimodal.config import TrainingConfig
from encoders.trimodal.fuser import TrimodalFuser, key_of
from encoders.trimodal.training import train
from encoders.values import Embedding, Space
from retrieval.search import SearchEngine
from retrieval.values import Picture, SceneBrief, SearchRequest

known_pairs = runpy.run_path(str(Path(__file__).parents[1] / "encoders" / "paired_features.py"))["known_pairs"]
LETTERS = str.maketrans("0123456789", "qxzvkjwyhg")
CLIP, WORDS = Space("clip", 24, "x", "c0"), Space("words", 20, "x", "w0")


class Lookup:
    """The vector of "zebra 17" is the words' row 17; other texts have a vector of their own."""

    space = WORDS

    def __init__(self, rows):
        self._rows = rows

    def encode(self, texts, role="document"):
        return np.stack([self._vector(text) for text in texts]) if len(texts) else np.zeros((0, WORDS.dim), np.float32)

    def _vector(self, text):
        if text.startswith("zebra "):
            return self._rows[int(text.split()[1])]
        vector = np.random.default_rng(sum(map(ord, text))).normal(size=WORDS.dim)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.fixture(scope="module")
def pairs():
    from dataclasses import replace

    spaces = {"video": key_of(CLIP), "text": key_of(WORDS), "music": key_of(MUSIC)}
    return replace(known_pairs(700, seed=1, parts=(2, 2, 2), dims=(24, 20, MUSIC.dim)), spaces=spaces)


@pytest.fixture(scope="module")
def fuser(pairs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trimodal")
    small = TrainingConfig(epochs=15, batch_size=128, learning_rate=5e-3, width=32, layers=1, heads=2, dropout=0.0)
    train(pairs, small, folder)
    return TrimodalFuser.load(folder, CLIP, WORDS, MUSIC)


@pytest.fixture
def rows(pairs, catalogue):
    chosen = pairs.rows("test")[:40]
    for row in chosen:
        name = str(row).translate(LETTERS)  # no name tells which wish is meant
        put(catalogue, f"t{row}", title=name, artist=f"{name}{name}", vector=pairs.music[row])
    return chosen


def scene(pairs, row, weights=CLIP.weights_sha256):
    picture = Picture(weights, tuple(pairs.video[row].tolist()))
    return SceneBrief(0.5, 0.0, 0.5, 110.0, {}, (), "a clip", picture=picture)


def ranks(engine, pairs, rows):
    found = []
    for row in rows:
        result = engine.search(SearchRequest(text=f"zebra {row}", scene=scene(pairs, row), n=40))
        found.append([c.track.id for c in result.candidates].index(TrackId(f"t{row}")))
    return np.array(found)


def test_the_right_track_of_clip_and_words_comes_first(pairs, rows, catalogue, indexes, fuser):
    text = Lookup(pairs.text)
    without = SearchEngine(catalogue, indexes, text, MUSIC)
    fused = SearchEngine(catalogue, indexes, text, MUSIC, fuser=fuser)
    assert np.median(ranks(without, pairs, rows)) > 10  # nothing else in the catalogue tells the tracks apart
    # A third of what the music is made of shows in neither clip nor words, so first place cannot be had each time.
    assert np.median(ranks(fused, pairs, rows)) <= 6


def branches(engine, **asked):
    return engine.search(SearchRequest(**asked)).candidates[0].branches


def test_words_alone_have_no_tri_modal_branch_and_any_feedback_brings_it(pairs, rows, catalogue, indexes, fuser):
    engine = SearchEngine(catalogue, indexes, Lookup(pairs.text), MUSIC, fuser=fuser)
    track = TrackId(f"t{rows[0]}")
    assert "tri-modal" not in branches(engine, text="zebra 3")
    for feedback in ({"like": (track,)}, {"taste": (track,)}, {"dislike": (track,)}):
        assert "tri-modal" in branches(engine, text="zebra 3", **feedback)
    assert "tri-modal" in branches(engine, sound=Embedding(MUSIC, pairs.music[rows[1]]))


def test_undo_gives_back_the_list_from_before_the_turn(pairs, rows, catalogue, indexes, fuser):
    engine = SearchEngine(catalogue, indexes, Lookup(pairs.text), MUSIC, fuser=fuser)
    a, b = (TrackId(f"t{row}") for row in rows[:2])

    def asked(*taste):
        result = engine.search(SearchRequest(text="zebra 5", taste=taste, scene=scene(pairs, rows[3])))
        return [(c.track.id, c.score) for c in result.candidates]

    before, after = asked(a), asked(a, b)
    assert before != after
    assert asked(a) == before


def test_a_picture_of_other_weights_is_not_mixed_in(pairs, rows, catalogue, indexes, fuser):
    engine = SearchEngine(catalogue, indexes, Lookup(pairs.text), MUSIC, fuser=fuser)
    old = scene(pairs, rows[0], weights="of an earlier encoder")
    liked = (TrackId(f"t{rows[1]}"),)
    with_old = engine.search(SearchRequest(scene=old, taste=liked)).candidates
    alone = engine.search(SearchRequest(taste=liked)).candidates
    told = {c.track.id: c.branches["tri-modal"] for c in alone}
    assert all(c.branches["tri-modal"] == told[c.track.id] for c in with_old if c.track.id in told)


class Tower:
    """The text tower of a joint music encoder: "zebra 2" lies where track 2 lies, whatever stands around it."""

    space = MUSIC

    def __init__(self, music):
        self._music = music

    def encode(self, texts, role="document"):
        numbers = [[int(w) for w in text.split() if w.isdigit()] for text in texts]
        return np.stack([self._music[n[0]] if n else self._music[0] for n in numbers])


def test_words_are_heard_by_the_music_encoders_own_text_tower(pairs, rows, catalogue, indexes):
    engine = SearchEngine(catalogue, indexes, None, MUSIC, tower=Tower(pairs.music))
    for row in rows[:5]:
        result = engine.search(SearchRequest(text=f"zebra {row}"))
        for candidate in result.candidates:
            cosine = pairs.music[int(candidate.track.id[1:])] @ pairs.music[row]
            assert candidate.branches["by ear"] == pytest.approx(np.clip(cosine / 0.5, 0, 1), abs=1e-3)
