import json
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import RetrievalError
from retrieval.evaluation import metrics, tasks
from retrieval.evaluation.report import write_bars, write_plots, write_report
from retrieval.evaluation.values import Measure

RANKING, GAINS = ["a", "b", "c", "d"], {"b": 3.0, "d": 1.0, "x": 1.0}


def test_measures_by_hand():
    assert metrics.recall_at(RANKING, GAINS, 2) == pytest.approx(1 / 3)
    assert metrics.hit_at(RANKING, GAINS, 1) == 0.0
    assert metrics.first_rank(RANKING, GAINS) == 2
    assert metrics.reciprocal_rank(RANKING, GAINS) == 0.5
    best = 3 + 1 / math.log2(3) + 1 / 2
    assert metrics.ndcg_at(RANKING, GAINS, 4) == pytest.approx((3 / math.log2(3) + 1 / math.log2(5)) / best)
    assert metrics.area_under_curve([0.1, 0.5, 0.5, 0.9], [0, 0, 1, 1]) == pytest.approx(3.5 / 4)


def test_the_empty_case_is_not_a_number_and_no_find_is_nothing():
    assert math.isnan(metrics.ndcg_at(RANKING, {}, 3))
    assert math.isnan(metrics.recall_at([], {}, 3))
    assert metrics.reciprocal_rank([], GAINS) == 0.0
    assert math.isnan(metrics.area_under_curve([1.0, 2.0], [1, 1]))
    assert metrics.interval([math.nan], np.random.default_rng(0)) == pytest.approx((math.nan, math.nan), nan_ok=True)


@pytest.mark.parametrize(
    ("ranking", "gains", "k", "words"),
    [(["a", "a"], {}, 1, "twice"), (["a"], {"a": 0.0}, 1, "positive"), (["a"], {"a": 1.0}, 0, "starts at 1")],
)
def test_what_breaks_the_conventions_is_refused(ranking, gains, k, words):
    with pytest.raises(ValueError, match=words):
        metrics.ndcg_at(ranking, gains, k)


@given(st.permutations(list("abcdef")), st.dictionaries(st.sampled_from("abcxyz"), st.floats(0.1, 9), min_size=1))
def test_every_measure_lies_between_nothing_and_all(ranking, gains):
    for k in (1, 3, 6):
        assert 0 <= metrics.ndcg_at(ranking, gains, k) <= 1 + 1e-9
        assert 0 <= metrics.recall_at(ranking, gains, k) <= 1
    ideal = sorted(gains, key=lambda i: -gains[i])
    assert metrics.ndcg_at(ideal, gains, 6) == pytest.approx(1)


def test_the_interval_holds_the_mean_and_groups_widen_it():
    rng = np.random.default_rng(3)
    values = np.repeat(rng.random(10), 20)
    alone = metrics.interval(values, np.random.default_rng(0))
    grouped = metrics.interval(values, np.random.default_rng(0), list(np.repeat(np.arange(10), 20)))
    assert grouped[0] < alone[0] < values.mean() < alone[1] < grouped[1]


def test_a_library_that_is_easy_scores_high_and_the_same_twice(library):
    first = tasks.text_to_music(library, 20, np.random.default_rng(1))
    assert first == tasks.text_to_music(library, 20, np.random.default_rng(1))
    assert first.measures["nDCG@10"].value > 0.7
    near = tasks.music_to_music(library, 12, np.random.default_rng(1))
    assert near.measures["hit@10"].value == 1.0


def test_hard_wishes_hold_and_lists_are_clean(library):
    held = tasks.hard_wishes(library, 30, np.random.default_rng(2)).measures["held"]
    assert (held.value, held.n > 30) == (1.0, True)
    assert tasks.duplicates(library, 10, np.random.default_rng(2)).measures["clean lists"].value == 1.0


def test_a_style_taken_away_is_missed(library):
    report = tasks.nothing_fits(library, np.random.default_rng(3))
    assert report.measures["recall of nothing fits"].n > 0
    assert report.measures["recall of nothing fits"].value > 0.7
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in report.curves["reliability"])


def test_the_report_folder_has_table_numbers_and_plots(library, tmp_path):
    reports = [tasks.nothing_fits(library, np.random.default_rng(3))]
    written = [*write_report(reports, tmp_path / "report", "about"), *write_plots(reports, tmp_path / "report")]
    assert {p.name for p in written} == {"report.md", "report.json", "measures.png", "nothing_fits_reliability.png"}
    assert "| nothing fits | precision of nothing fits |" in written[0].read_text(encoding="utf-8")
    assert json.loads(written[1].read_text(encoding="utf-8"))[0]["name"] == "nothing fits"
    assert all(p.read_bytes()[:4] == b"\x89PNG" for p in written[2:])


def test_a_measure_of_nothing_says_so():
    assert Measure.of([], np.random.default_rng(0)).n == 0


def test_without_matplotlib_the_figures_are_written_and_the_extra_is_named(library, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    reports = [tasks.duplicates(library, 5, np.random.default_rng(3))]
    assert all(p.exists() for p in write_report(reports, tmp_path, "about"))
    with pytest.raises(RetrievalError, match=r"\[evaluate\]"):
        write_plots(reports, tmp_path)


def test_a_quantile_has_an_interval_of_its_own():
    values = np.random.default_rng(1).exponential(size=200)
    median = Measure.at(list(values), 0.5, np.random.default_rng(0))
    assert values.min() < median.low < median.value < median.high < values.max()
    assert Measure.at([7.0] * 9, 0.95, np.random.default_rng(0)) == Measure(7.0, 7.0, 7.0, 9)


def test_titles_are_found_by_themselves_and_with_their_artist(library):
    report = tasks.title_to_music(library, 32, np.random.default_rng(1))
    assert report.measures["recall@10"].value == 1.0
    assert report.measures["MRR"].n == 32
    assert report.measures["median rank"].value == 1.0


def test_a_ratio_of_means_has_its_interval_and_an_end_where_the_other_has_nothing():
    ratio = Measure.ratio([2.0, 4.0, math.nan], [1.0, 2.0, 9.0], np.random.default_rng(0))
    assert (ratio.value, ratio.low, ratio.high, ratio.n) == (2.0, 2.0, 2.0, 2)
    spread = Measure.ratio([1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0], np.random.default_rng(0), list("abcd"))
    assert spread.value == pytest.approx(2 / 3)
    assert spread.low < spread.value < spread.high
    nothing = Measure.ratio([1.0, 1.0], [0.0, 0.0], np.random.default_rng(0))
    assert (nothing.value, nothing.high) == (math.inf, math.inf)
    assert math.isnan(Measure.ratio([], [], np.random.default_rng(0)).value)


def test_bars_are_drawn_with_their_intervals(tmp_path, monkeypatch):
    measure, none = Measure(0.5, 0.4, 0.7, 9), Measure(math.nan, math.nan, math.nan, 0)
    plots = {"nDCG@20 by turn": {"1": {"ours": measure, "theirs": none}, "2": {"ours": measure}}}
    (written,) = write_bars(plots, tmp_path / "new")
    assert written == tmp_path / "new" / "ndcg_20_by_turn.png"
    assert written.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(RetrievalError, match="evaluate"):
        write_bars(plots, tmp_path)
