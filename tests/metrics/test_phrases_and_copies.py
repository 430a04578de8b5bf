"""Copies, the Markov chain and the overlap area of phrases, against independent calculations."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from gan_cli.metrics.phrases.copies import CopyFinder
from gan_cli.metrics.phrases.markov import MarkovChain
from gan_cli.metrics.phrases.overlap import overlap_area
from gan_cli.music.grid import Grid
from gan_cli.music.instruments import instruments_named
from gan_cli.music.phrases import RollForm

FORM = RollForm(Grid(2, 2), instruments_named(("drums", "bass"), "tracks"), 36, 59)


def random_phrases(count, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.random((count, *FORM.shape)) < 0.1).astype(np.uint8) * np.uint8(255)


def test_a_copy_is_found_in_another_key_and_at_another_beat():
    training = random_phrases(5)
    training[:, :, :4, 1] = training[:, :, -4:, 1] = 0
    finder = CopyFinder(training, FORM)
    assert (finder.longest(training) == 8).all()
    other = random_phrases(3, seed=1)
    assert (finder.longest(other) == 0).all()
    # Five beats of a training phrase, a semitone higher, one beat later; drums stay.
    other[0, 2:12] = training[3, :10]
    other[0, 2:12, :, 1] = np.roll(training[3, :10, :, 1], 1, axis=1)
    assert finder.longest(other).tolist() == [5, 0, 0]
    # With its drums moved it is another piece.
    other[0, 2:12, :, 0] = np.roll(training[3, :10, :, 0], 1, axis=1)
    assert finder.longest(other).tolist() == [0, 0, 0]


def test_beats_moved_against_each_other_are_no_copy():
    training = random_phrases(1)
    training[:, :, :4, 1] = training[:, :, -4:, 1] = 0
    moved = training.copy()
    moved[0, 8:, :, 1] = np.roll(training[0, 8:, :, 1], 2, axis=1)
    assert CopyFinder(training, FORM).longest(moved).tolist() == [4]


def test_silence_is_no_copy():
    silence = np.zeros((1, *FORM.shape), np.uint8)
    assert CopyFinder(silence, FORM).longest(silence).tolist() == [0]


def test_the_chain_draws_followers_with_their_probabilities():
    """Two phrases A A B ..., so that after A A comes B or, seen after A alone, A."""
    one, other = random_phrases(2)[:, :2]
    phrase = np.concatenate([one, one, other, other, other, other, other, other])
    training = np.stack([phrase] * 3)
    drawn = MarkovChain(training, FORM).draw(4000, np.random.default_rng(0))
    assert drawn.shape == (4000, *FORM.shape)
    beats = drawn.reshape(4000, 8, 2, *FORM.shape[1:])
    is_one = (beats == one).all(axis=(2, 3, 4))
    assert (is_one | (beats == other).all(axis=(2, 3, 4))).all()
    # Witten and Bell by hand. A follows the start 3 times of 3; else any beat, A in 1 of 4.
    none = 6 / 24
    start = 3 / 4 + (3 / 4 + none / 4) / 4
    assert is_one[:, 0].mean() == pytest.approx(start, abs=0.02)
    # After A alone: A 3 times, B 3 times, 2 followers. After A A: B 3 times, 1 follower.
    after_one = 6 / 8 * 1 / 2 + 2 / 8 * none
    third = is_one[is_one[:, :2].all(axis=1), 2].mean()
    assert third == pytest.approx(after_one / 4, abs=0.02)


def test_the_overlap_is_that_of_kernel_densities_on_one_grid():
    rng = np.random.default_rng(0)
    real, ours = rng.normal(0, 1, 60), rng.normal(1, 2, 50)
    among = np.abs(np.subtract.outer(real, real))[np.triu_indices(60, 1)]
    between = np.abs(np.subtract.outer(real, ours)).ravel()
    grid = np.linspace(-5, 15, 4000)
    densities = [gaussian_kde(each)(grid) for each in (among, between)]
    expected = np.minimum(*densities).sum() * (grid[1] - grid[0])
    assert overlap_area(real, ours) == pytest.approx(expected, abs=2e-3)


def test_sets_far_apart_do_not_overlap_and_constant_ones_do():
    rng = np.random.default_rng(0)
    real = rng.normal(0, 1, 60)
    assert overlap_area(real, real + 100) < 1e-6
    assert overlap_area(np.ones(9), np.ones(7)) == pytest.approx(1, abs=1e-3)
    assert overlap_area(np.ones(9), np.full(7, 3.0)) < 1e-6
