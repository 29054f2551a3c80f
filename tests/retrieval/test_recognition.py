import numpy as np
import pytest
from ranking_facts import Facts
from tunes import noisy, tune

from catalog.values import TrackId, TrackMetadata
from encoders.music.fingerprint import FINE_STEP_S, RATE_HZ, QueryPrints, fingerprint, query_prints
from retrieval.recognition import LISTENED_S, SAME_BITS, PrintIndex, Recogniser

TRACKS = 6


class Tape:
    """Files are sounds in memory."""

    def __init__(self, **sounds):
        self.sounds = sounds

    def length_s(self, path):
        return len(self.sounds[path]) / RATE_HZ

    def waveform(self, path, rate, start_s, duration_s):
        assert rate == RATE_HZ
        return self.sounds[path][int(start_s * rate) : int((start_s + duration_s) * rate)]


def keep(catalogue, name, sound):
    catalogue.library.save(TrackId(name), TrackMetadata(name), Facts(fingerprint=fingerprint(sound)))


@pytest.fixture
def printed(catalogue):
    for seed in range(TRACKS):
        keep(catalogue, f"t{seed}", tune(seed))
    return catalogue


def cut(sound, start_s, seconds=10.0):
    return sound[int(start_s * RATE_HZ) : int((start_s + seconds) * RATE_HZ)]


def spoilt(sound, way):
    ways = {"as it is": sound, "noise": noisy(sound, 10), "louder": np.clip(2 * sound, -1, 1), "softer": 0.5 * sound}
    return ways[way].astype(np.float32)


@pytest.mark.parametrize("way", ["as it is", "noise", "louder", "softer"])
@pytest.mark.parametrize("seed", range(TRACKS))
def test_an_excerpt_finds_its_track_and_its_place(printed, seed, way):
    found = Recogniser(printed, Tape()).find(query_prints(spoilt(cut(tune(seed), 13.37), way)))
    assert found.track_id == f"t{seed}"
    assert found.offset_s == pytest.approx(13.37, abs=FINE_STEP_S)
    assert found.bit_error_rate < (0.05 if way in {"as it is", "softer"} else SAME_BITS)


def test_other_recordings_find_nothing(printed):
    recogniser = Recogniser(printed, Tape())
    assert [recogniser.find(query_prints(cut(tune(seed), 5.0))) for seed in range(100, 120)] == [None] * 20


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(0, np.float32),
        np.zeros(10 * RATE_HZ, np.float32),
        np.full(10 * RATE_HZ, 0.5, np.float32),
        np.ones(100, np.float32),
        tune(0)[:RATE_HZ],
    ],
    ids=["nothing", "silence", "a constant", "a click", "one second"],
)
def test_what_says_too_little_is_not_recognised(printed, sound):
    keep(printed, "silence", np.zeros(20 * RATE_HZ, np.float32))
    assert Recogniser(printed, Tape()).find(query_prints(sound)) is None


def test_silence_around_and_a_clip_that_runs_over_the_end(printed):
    end = np.concatenate([tune(2)[-6 * RATE_HZ :], np.zeros(4 * RATE_HZ, np.float32)])
    found = Recogniser(printed, Tape()).find(query_prints(end))
    assert found.track_id == "t2"
    assert found.offset_s == pytest.approx(34.0, abs=FINE_STEP_S)


def test_a_file_is_heard_in_its_middle_and_the_offset_is_that_of_its_beginning(printed):
    part = cut(tune(3), 2.0, 36.0)
    assert len(part) > LISTENED_S * RATE_HZ
    found = Recogniser(printed, Tape(part=part)).recognise("part")
    assert (found.track_id, found.offset_s) == ("t3", pytest.approx(2.0, abs=FINE_STEP_S))


def test_a_new_track_is_known_at_once_and_a_removed_one_no_more(printed):
    recogniser, clip = Recogniser(printed, Tape()), query_prints(cut(tune(50), 4.0))
    assert recogniser.find(clip) is None
    keep(printed, "late", tune(50))
    assert recogniser.find(clip).track_id == "late"
    printed.library.remove([TrackId("late")])
    assert recogniser.find(clip) is None


def test_tracks_without_prints_are_counted_and_never_found(printed):
    printed.library.save(TrackId("old"), TrackMetadata("old"), Facts())
    recogniser = Recogniser(printed, Tape())
    assert recogniser.unprinted == 1
    assert recogniser.find(query_prints(cut(tune(1), 3.0))).track_id == "t1"


def test_an_empty_catalogue_knows_nothing(catalogue):
    assert Recogniser(catalogue, Tape()).find(query_prints(cut(tune(1), 3.0))) is None


def test_an_index_with_room_for_few_keeps_every_nth_print_and_still_finds(printed):
    total = sum(len(p) for _, p in printed.library.fingerprints())
    small = PrintIndex(printed, most=total // 3)
    assert len(small._keys) <= total // 3 + TRACKS
    recogniser = Recogniser(printed, Tape())
    recogniser._index = (printed.library.revision, small)
    assert recogniser.find(query_prints(noisy(cut(tune(4), 9.0), 15))).track_id == "t4"


def test_prints_are_kept_to_the_bit_and_stay_apart_from_embeddings(printed):
    stored = dict(printed.library.fingerprints())
    for seed in range(TRACKS):
        np.testing.assert_array_equal(stored[TrackId(f"t{seed}")], fingerprint(tune(seed)))
    assert [i for i, _ in printed.library.fingerprints([TrackId("t3"), TrackId("gone")])] == ["t3"]
    assert printed.library.vectors("toy-music")[0] == []


def test_random_prints_are_not_taken_for_a_track(printed):
    rng = np.random.default_rng(3)
    prints = rng.integers(1, 2**32, 780, dtype=np.uint64).astype(np.uint32)
    weakest = np.tile(np.arange(3), (780, 1))
    assert Recogniser(printed, Tape()).find(QueryPrints(prints, weakest)) is None
