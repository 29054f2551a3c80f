"""The infilling model: scores as grids, parts filled in from others, tunes from skeletons, and its training."""

from dataclasses import replace

import numpy as np
import pytest

from agent.generation.infilling.filling import Decoding, fill
from agent.generation.infilling.grid import (
    CHORDS,
    HELD,
    HIGHEST,
    LOWEST,
    MASK,
    PARTS,
    REST,
    ROWS,
    STEPS,
    STRUCK,
    TOKENS,
    chord_token,
    laid,
    notes_in,
    within,
)
from agent.generation.infilling.network import InfillingModel, Told, shipped
from agent.generation.infilling.sheets import Sheet, load_sheets, sheets_of, work_of, write_sheets
from agent.generation.melodies.musescore import Bar, ReadScore, Sounded
from agent.generation.values import GenerationError

# Four voices, tonic, subdominant, dominant and tonic, a chord a beat.
VOICES = ([72, 74, 76, 72], [67, 69, 67, 67], [64, 65, 62, 64], [48, 53, 55, 48])
CHORALE = [[(n * 4, 4, pitch) for n, pitch in enumerate(line * 6)] for line in VOICES]
IN_C = Told("4/4", 0, minor=False)
QUICK = Decoding(rounds=6)


def chorale(work="a/b", song=False):
    grid = np.stack([*(laid(line, STEPS) for line in CHORALE), np.full(STEPS, chord_token(0, (0, 4, 7)))])
    return Sheet(work, grid, "4/4", 0, False, song)


def quartet(sharps=0, shift=0, bars=6):
    told = tuple(Bar(4.0 * n, 4.0, (4, 4), sharps) for n in range(bars))
    staves = tuple(tuple(Sounded(at / 4, 1.0, pitch + shift) for at, _, pitch in line) for line in CHORALE)
    return ReadScore(told, staves[0], staves)


def hidden(grid, *rows):
    found = grid.copy()
    found[list(rows)] = MASK
    return found


def test_a_part_is_read_back_as_it_was_laid():
    line = [(0, 4, 60), (4, 2, 62), (8, 8, 55), (12, 4, 55)]
    row = laid(line, 20)
    assert notes_in(row) == [(0, 4, 60), (4, 2, 62), (8, 4, 55), (12, 4, 55)], "a note ends where the next begins"
    assert row.tolist()[6:8] == [REST, REST]
    assert (within(20), within(100)) == (44, 88), "by octaves into the range"
    assert LOWEST <= within(0) <= within(127) <= HIGHEST


@pytest.mark.parametrize(("sharps", "shift", "tonic"), [(0, 0, 0), (2, 2, 2), (-3, 3, 3)])
def test_scores_are_read_at_pitch_with_their_key_and_chords(sharps, shift, tonic):
    (sheet,) = sheets_of(quartet(sharps, shift), "w")
    assert (sheet.metre, sheet.tonic, sheet.minor, sheet.song) == ("4/4", tonic, False, False)
    assert (sheet.grid[:PARTS] == np.where(chorale().grid[:PARTS] > REST, chorale().grid[:PARTS] + shift, REST)).all()
    assert set(sheet.grid[CHORDS]) <= {chord_token(tonic + root, {tonic + root, tonic + root + 4, tonic + root + 7})
                                       for root in (0, 5, 7)}  # fmt: skip


def test_the_hands_of_a_piano_become_top_middle_and_bass():
    bars = tuple(Bar(4.0 * n, 4.0, (4, 4), 0) for n in range(6))
    voice, right, left = ([Sounded(float(n), 1.0, p) for n in range(24) for p in ps]
                          for ps in ([72], [64, 67, 71], [48, 55]))  # fmt: skip
    (sheet,) = sheets_of(ReadScore(bars, tuple(voice), (tuple(voice), tuple(right), tuple(left))), "w")
    assert sheet.song
    assert [{pitch for _, _, pitch in notes_in(row)} for row in sheet.grid[:PARTS]] == [{72}, {71}, {67}, {48}]


def test_scores_without_four_parts_give_nothing():
    score = quartet()
    assert sheets_of(replace(score, staves=score.staves[:2]), "w") == []
    assert sheets_of(quartet(bars=5), "w") == [], "shorter than the model's span"
    chords = tuple(Sounded(n.start, n.length, n.pitch + up) for n in score.staves[3] for up in (0, 7))
    assert sheets_of(replace(score, staves=(*score.staves[:3], chords)), "w") == [], "a piano is no cello"


def test_songs_and_quartets_are_works_of_their_own(tmp_path):
    song, movement = (tmp_path / "scores" / name for name in ("Wolf/Op_1/3_Lied/a.mscx", "Haydn/Op_1_No_1/b.mscx"))
    assert (work_of(song), work_of(movement)) == ("Wolf/Op_1", "Quartets/Haydn/Op_1_No_1")


def test_sheets_are_written_and_read_again(tmp_path):
    one, other = chorale(), replace(chorale("c/d", song=True), metre="3/4", tonic=5, minor=True)
    write_sheets(tmp_path / "grids.npz", [one, other])
    again = load_sheets(tmp_path / "grids.npz")
    for kept, sheet in zip(again, (one, other), strict=True):
        assert (kept.grid == sheet.grid).all()
        assert (kept.work, kept.metre, kept.tonic, kept.minor, kept.song) == (
            sheet.work, sheet.metre, sheet.tonic, sheet.minor, sheet.song,
        )  # fmt: skip
    (tmp_path / "other.npz").write_bytes(b"none")
    with pytest.raises(GenerationError, match="holds no grids"):
        load_sheets(tmp_path / "other.npz")


def test_what_is_given_stays_and_all_else_is_filled_within_its_range():
    ranges = [(33, 93), (55, 70), (50, 65), (36, 55)]
    grid = chorale().grid
    filled = fill(hidden(grid, 1, 2, 3), IN_C, np.random.default_rng(1), ranges=ranges, decoding=QUICK)
    assert (filled[[0, CHORDS]] == grid[[0, CHORDS]]).all()
    assert (filled < MASK).all()
    for part in (1, 2, 3):
        notes = notes_in(filled[part])
        assert notes
        assert all(ranges[part][0] <= pitch <= ranges[part][1] for _, _, pitch in notes)
        held = np.flatnonzero(filled[part] >= HELD)
        assert all(at > 0 and (filled[part, at - 1] - STRUCK) % 61 == (filled[part, at] - STRUCK) % 61 for at in held)


@pytest.mark.parametrize("missing", [(0,), (3,), (0, 2, CHORDS), (0, 1, 2, 3, CHORDS)])
def test_any_parts_are_filled_from_any_others(missing):
    grid = chorale().grid
    filled = fill(hidden(grid, *missing), IN_C, np.random.default_rng(2), decoding=QUICK)
    assert (filled != MASK).all()
    for row in set(range(ROWS)) - set(missing):
        assert (filled[row] == grid[row]).all()


def test_a_tune_is_filled_in_between_its_strong_beats():
    grid = np.full((ROWS, STEPS), MASK)
    strong = np.arange(STEPS) % 8 == 0
    grid[0, strong] = chorale().grid[0, strong]
    filled = fill(grid, IN_C, np.random.default_rng(3), wanted=[0], decoding=QUICK)
    assert [pitch for start, _, pitch in notes_in(filled[0]) if start % 8 == 0] == [72, 76] * 6
    assert len(notes_in(filled[0])) > 12
    assert (filled[1:PARTS] == MASK).all(), "the other parts stay unknown"


def test_long_stretches_and_three_four_are_filled_alike_from_one_seed():
    grid = np.tile(chorale().grid, 2)[:, :156]
    told = Told("3/4", 0, minor=True)
    one, two = (fill(hidden(grid, 1, 2, 3), told, np.random.default_rng(3), decoding=QUICK) for _ in range(2))
    assert (one == two).all()
    assert all(any(start >= 100 for start, _, _ in notes_in(one[part])) for part in (1, 2, 3))


def test_the_shipped_model_hears_a_chord_and_a_key():
    """What stands beside a hidden cello makes its root likelier than tones a semitone away, in every key."""
    for tonic in range(0, 12, 5):
        grid = np.where(chorale().grid > REST, chorale().grid + tonic, REST)
        grid[CHORDS] = chord_token(tonic, (tonic, tonic + 4, tonic + 7))
        scores = shipped().scores(hidden(grid, 3)[None], Told("4/4", tonic, minor=False))[0, 3]
        root = STRUCK + 48 + tonic - LOWEST
        first = np.arange(16, 80, 16)
        assert (scores[first, root] > np.maximum(scores[first, root + 1], scores[first, root - 1]) + 1).all()


def test_a_model_is_trained_written_and_read_again_alike_from_one_seed(tmp_path):
    from agent.generation.infilling.training import Course, train_infilling

    sheets = [replace(chorale(f"c/{n}", song=bool(n % 2)), tonic=n % 3) for n in range(40)]
    course, steps, kept = Course(steps=12, batch=4, checked=4), [], []
    model, card = train_infilling(
        sheets, course, lambda step, share: steps.append(share), lambda *one: kept.append(one)
    )
    assert sum(card.works.values()) == 40
    assert (card.steps, steps[-1], card.device) == (12, 1.0, "CPU")
    assert card.curve[-1][2] < card.curve[0][2], "the tune part becomes less surprising"
    assert card.best_step == kept[-1][1].best_step
    again, _ = train_infilling(sheets, course, lambda *_: None)
    # Bit for bit on one thread; where several add up, their order differs, and with it the last digits.
    assert max(np.abs(again.weights[name] - value).max() for name, value in model.weights.items()) < 1e-3
    model.write(tmp_path / "infilling.npz")
    loaded = InfillingModel.load(tmp_path / "infilling.npz")
    one, two = (m.scores(chorale().grid[None], IN_C) for m in (model, loaded))
    assert np.abs(one - two).max() < 0.05
    with pytest.raises(GenerationError, match="in the train and tune and test part"):
        train_infilling([], course, lambda *_: None)


def test_noise_masks_what_is_learned_and_moves_to_other_keys():
    import torch

    from agent.generation.infilling.masking import Windows

    sheet = chorale()
    windows = Windows([sheet], torch.device("cpu"), 0)
    assert len(windows) == 1
    batch = windows.drawn(64)
    masked = batch.noisy == MASK
    assert (batch.noisy[~masked] == batch.true[~masked]).all()
    assert (batch.weights[~masked] == 0).all()
    moved = (batch.true[:, 0, 0] - int(sheet.grid[0, 0])).numpy()
    assert (moved.min(), moved.max()) == (-5, 6)
    assert (batch.tonics.numpy() == moved % 12).all()
    for window, by in zip(batch.true.numpy(), moved, strict=True):
        assert set(window[CHORDS]) == {chord_token(int(by), {int(by) + step for step in (0, 4, 7)})}
    top = windows.drawn(32, top=True)
    assert not (top.noisy[:, 0] == MASK).any()
    assert (top.noisy[:, CHORDS] == MASK).all()


def test_numpy_and_torch_compute_the_same():
    import torch

    from agent.generation.infilling.grid import places
    from agent.generation.infilling.learning import InfillingNet

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = InfillingNet().eval()
    model = InfillingModel({name: value.detach().numpy() for name, value in net.named_parameters()})
    grids = np.stack([hidden(chorale().grid, 1), hidden(chorale().grid, 0, CHORDS)])
    told = Told("6/8", 7, minor=True, song=True)
    with torch.no_grad():
        where = torch.from_numpy(np.stack([places("6/8", STEPS)] * 2))
        scores = net(torch.from_numpy(grids), where, torch.tensor([7, 7]), torch.tensor([3, 3])).numpy()
    assert model.scores(grids, told).shape == (2, ROWS, STEPS, TOKENS)
    assert np.abs(model.scores(grids, told) - scores).max() < 1e-4


def test_a_file_that_is_no_model_is_told(tmp_path):
    np.savez(tmp_path / "infilling.npz", a=np.zeros(3))
    with pytest.raises(GenerationError, match="is no infilling model"):
        InfillingModel.load(tmp_path / "infilling.npz")
