"""Columns say what a plain walk over the tracks says."""

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ranking_facts import put, snapshot, track
from rapidfuzz import fuzz

from catalog.names import fold
from catalog.values import TrackId
from retrieval import snapshot as snapshot_module
from retrieval.column_files import _flat, load_columns
from retrieval.concepts import WRITTEN, load_reference, measurements_of
from retrieval.layout import Columns
from retrieval.lexical import lexical_scores, stands_anywhere
from retrieval.snapshot import TYPO_MATCH, take_snapshot
from retrieval.strings import Strings
from retrieval.vocabulary import load_vocabulary

LETTERS = "aábcß 1д日"
names = st.text(LETTERS, max_size=9)


@settings(max_examples=200, deadline=None)
@given(st.sets(names, max_size=12), names, st.sampled_from([60.0, 85.0, 88.0]))
def test_near_is_what_rapidfuzz_finds_alone(values, wanted, cutoff):
    packed = Strings.of(sorted(values))
    found = packed.near(wanted, cutoff)
    scores = {i: fuzz.ratio(wanted, v) for i, v in enumerate(sorted(values))}
    expected = {i: s for i, s in scores.items() if s >= cutoff} if wanted else {}
    assert dict(found) == pytest.approx(expected)
    assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))


@settings(max_examples=200, deadline=None)
@given(st.sets(names.map(fold), max_size=12), names.map(fold))
def test_strings_come_back_and_are_found(values, wanted):
    values = sorted(values)
    packed = Strings.of(values)
    assert list(packed) == values
    assert packed[-2:] == values[-2:]
    assert [packed.find(v) for v in values] == list(range(len(values)))
    assert (packed.find(wanted) is not None) == (wanted in values)
    holding = [i for i, v in enumerate(values) if wanted and f" {wanted} " in f" {v} "]
    assert packed.holding(wanted).tolist() == holding


def test_strings_have_ends():
    with pytest.raises(IndexError):
        Strings.of(["a"])[1]
    assert Strings.of([]).near("abcd", 50) == []


WORDS = ["storm", "storms", "river", "rivers", "dance", "deep", "noise", "polka"]
phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
libraries = st.lists(
    st.builds(
        lambda name, title, artist, tags: track(name, title=title, artist=artist, tags=tags),
        st.uuids().map(str),
        phrases,
        st.none() | phrases,
        st.lists(st.sampled_from(WORDS), unique=True, max_size=2),
    ),
    max_size=12,
    unique_by=lambda t: t.id,
)


def _words_of(t):
    return set(f"{fold(t.title)} {fold(t.artist or '')} {' '.join(fold(tag.label) for tag in t.tags)}".split())


def _lexical(tracks, words):
    """Score by a walk over all texts."""
    texts = [_words_of(t) for t in tracks]
    every = sorted(set().union(*texts))
    total, weights = np.zeros(len(tracks)), 0.0
    for word in dict.fromkeys(words):
        close = [] if len(word) <= 3 else sorted((-fuzz.ratio(word, w), w) for w in every)
        near = close[0][1] if close and -close[0][0] >= TYPO_MATCH else None
        found, counts = (word, 1.0) if word in every else (near, 0.9)
        hits = np.array([counts if found in t else 0.0 for t in texts])
        weight = math.log((1 + len(tracks)) / (1 + hits.sum())) + 0.5
        total, weights = total + weight * hits, weights + weight
    return total / weights if weights else total


@settings(max_examples=150, deadline=None)
@given(libraries, st.lists(st.sampled_from([*WORDS, "strom", "dannce", "nothing", "x"]), max_size=4))
def test_lexical_scores_are_those_of_a_walk_over_all_texts(tracks, words):
    view = snapshot(*tracks)
    scores = lexical_scores(view, words)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, _lexical(tracks, words), atol=1e-5)
    rows = np.arange(len(tracks))[::-2]
    np.testing.assert_array_equal(lexical_scores(view, words, rows), scores[rows])
    for word in WORDS:
        assert view.rows_of_word(word).tolist() == [n for n, t in enumerate(tracks) if word in _words_of(t)]
        assert [view.has_word(n, word) for n in range(len(tracks))] == [word in _words_of(t) for t in tracks]


def test_a_typo_of_a_short_word_is_no_word():
    view = snapshot(track("a", title="Sun"), track("b", title="Harbour"))
    assert view.nearest_word("san") is None
    assert view.nearest_word("habrour") == ("harbour", 0.9)
    assert view.nearest_word("harbour") == ("harbour", 1.0)
    assert not stands_anywhere(view, "zzzz")


def _concept_scores(t, vocabulary, reference):
    """Score one track by the definition, evidence by evidence."""
    raw = measurements_of(t)
    z = {
        k: min(3.0, max(-3.0, (v - reference.mean[k]) / reference.std[k]))
        for k, v in raw.items()
        if k in reference.mean
    }
    z["minor"] = raw.get("minor", 0.0)
    written = {fold(tag.label) for tag in t.tags if tag.source == "file"}
    found = {}
    for concept in vocabulary.concepts:
        own = {k: w for k, w in concept.evidence.items() if k in z}
        score = 0.5
        if own:
            heard_of = own if concept.family == "mood" else concept.evidence
            total = sum(z[k] * w for k, w in own.items()) / sum(abs(w) for w in heard_of.values())
            score = 1 / (1 + math.exp(-3.0 * (total - 0.6)))
            logits = [raw[k] for k, w in own.items() if w >= 0.7 and ":" in k]
            if logits and concept.family != "mood":
                score *= min(1.0, max(1 / (1 + math.exp(-x)) for x in logits) / 0.15)
        if written & {fold(w) for w in (concept.id, *concept.words)}:
            score = max(score, WRITTEN)
        found[concept.id] = score
    for concept in vocabulary.concepts:
        if concept.opposite_of:
            found[concept.id] = 1 - found[concept.opposite_of]
    return found


def test_concepts_of_many_tracks_are_those_of_each():
    vocabulary, reference = load_vocabulary(), load_reference()
    heard = sorted({k.split(":")[1] for c in vocabulary.concepts for k in c.evidence if k.startswith("mtt:")})
    rng = np.random.default_rng(4)
    tracks = [
        track(
            f"t{n}",
            heard={label: float(p) for label, p in zip(heard, rng.beta(0.3, 2, len(heard)), strict=True) if p > 0.02},
            tags=list(rng.choice(["jazz", "Sitar", "calm", "polka"], rng.integers(0, 3), replace=False)),
            key=rng.choice(["A minor", "C major"]) if n % 3 else None,
            tempo=rng.uniform(50, 200) if n % 4 else None,
            energy=rng.random() if n % 5 else None,
        )
        for n in range(40)
    ]
    view = snapshot(*tracks)
    expected = [list(_concept_scores(t, vocabulary, reference).values()) for t in tracks]
    np.testing.assert_allclose(view.concepts, expected, atol=2e-5)
    assert view.column("jazz").flags.c_contiguous


def test_a_catalogue_reads_the_same_in_batches_of_any_size(catalogue):
    for n in range(7):
        put(
            catalogue,
            f"t{n}",
            title=f"Song {n}",
            artist=f"Band {n % 2}",
            tempo=100 + n,
            key="A minor",
            genre=("Polka",),
        )
    whole = take_snapshot(catalogue)
    read = catalogue.library.batches
    catalogue.library.batches = lambda: read(size=3)
    parts = take_snapshot(catalogue)
    assert list(parts.ids) == list(whole.ids) == [f"t{n}" for n in range(7)]
    assert list(parts.artists) == list(whole.artists)
    np.testing.assert_array_equal(parts.numbers["tempo"], 100 + np.arange(7))
    np.testing.assert_array_equal(parts.concepts, whole.concepts)
    assert parts.tags.of("polka").tolist() == list(range(7))
    assert dict(parts.known_artists) == {"band 0": "Band 0", "band 1": "Band 1"}


@pytest.fixture
def kept(catalogue, monkeypatch):
    """A catalogue whose columns are kept on disk although it is small."""
    monkeypatch.setattr(snapshot_module, "KEPT_FROM", 1)
    for n in range(6):
        put(catalogue, f"t{n}", title=f"Sóng {n}", artist="Ö", tempo=90 + n, genre=("Polka",) if n % 2 else ())
    return catalogue


def _same(a, b):
    for f in fields(Columns):
        one, two = dict(_flat(f.name, getattr(a, f.name))), dict(_flat(f.name, getattr(b, f.name)))
        assert one.keys() == two.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], two[name])


def test_the_second_start_reads_no_row(kept, monkeypatch):
    first = take_snapshot(kept)
    monkeypatch.setattr(type(kept.library), "batches", None)
    second = take_snapshot(kept)
    _same(first, second)
    assert second.tracks[3].title == "Sóng 3"
    assert second.rows_of_word("polka").tolist() == [1, 3, 5]


def test_a_later_revision_is_read_anew_and_kept(kept):
    take_snapshot(kept)
    put(kept, "t9", title="Late")
    assert len(take_snapshot(kept)) == 7
    assert len(load_columns(kept.database.path.with_suffix(".columns"), kept.library.revision).ids) == 7


def test_kept_columns_with_a_wrong_bit_are_not_used(kept):
    true = take_snapshot(kept)
    folder = kept.database.path.with_suffix(".columns")
    for path in sorted(folder.iterdir()):
        sound = path.read_bytes()
        for damaged in (sound[:-1], sound[:-3] + bytes([sound[-3] ^ 4]) + sound[-2:], b""):
            path.write_bytes(damaged)
            assert load_columns(folder, true.revision) is None
        path.unlink()
        assert load_columns(folder, true.revision) is None
        path.write_bytes(sound)
    _same(load_columns(folder, true.revision), true)
    (folder / "ids.codes.npy").write_bytes(b"")
    _same(take_snapshot(kept), true)
    assert load_columns(folder, true.revision) is not None


def test_columns_that_cannot_be_kept_are_only_slower(kept, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    assert len(take_snapshot(kept)) == 6
    assert not list(kept.database.path.parent.glob("*columns*"))


def test_tracks_are_read_by_row_and_a_removed_one_breaks_nothing(catalogue):
    for n in range(5):
        put(catalogue, f"t{n}", title=f"Song {n}", artist="Ö")
    view = take_snapshot(catalogue)
    assert [t.title for t in view.tracks_at([3, 0, 3])] == ["Song 3", "Song 0", "Song 3"]
    catalogue.library.remove([TrackId("t0"), TrackId("t1")])
    assert [t.title for t in view.tracks_at([1, 0])] == ["(removed)", "Song 0"]
    assert [t.id for t in view.tracks] == [f"t{n}" for n in range(5)]
    assert view.tracks[-1].title == "Song 4"
    assert len(view.tracks) == len(view.row_of) == 5
    assert "gone" not in view.row_of
