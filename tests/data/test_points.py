"""Rings and grids of Gaussians against their closed forms."""

import numpy as np
import pytest
import scipy.stats
from pydantic import ValidationError

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.pipeline import training_batches
from gan_cli.data.sources.points import mixture_of
from gan_cli.errors import UserError


def config(**keys):
    return DataConfig(source="points", **keys)


def test_the_ring_and_the_grid_are_the_published_ones():
    ring = mixture_of(config())
    expected = [(np.cos(k * np.pi / 4), np.sin(k * np.pi / 4)) for k in range(8)]
    np.testing.assert_allclose(ring.centres, expected, atol=1e-15)
    assert ring.std == 0.01  # PacGAN's variance of 1e-4.

    grid = mixture_of(config(name="grid25"))
    # PacGAN: means (-4 + 2i, -4 + 2j), variance 0.0025; here at a quarter of that size.
    expected = [((-4 + 2 * i) / 4, (-4 + 2 * j) / 4) for i in range(5) for j in range(5)]
    np.testing.assert_allclose(grid.centres, expected, atol=1e-15)
    assert grid.std == pytest.approx(np.sqrt(0.0025) / 4)


@pytest.mark.parametrize("keys", [{"name": "ring8", "mode_std": 0.05}, {"name": "grid25"}])
def test_points_have_the_moments_of_their_mode(keys):
    splits = open_splits(config(num_points=50_000, **keys))
    mixture = mixture_of(config(**keys))
    points = np.concatenate([splits.train.images, splits.holdout.images]).reshape(-1, 2)
    labels = np.concatenate([splits.train.labels, splits.holdout.labels])
    assert points.dtype == np.float32
    assert len(points) == 50_000
    counts = np.bincount(labels, minlength=len(mixture.centres))
    assert scipy.stats.chisquare(counts).pvalue > 0.001
    for mode, centre in enumerate(mixture.centres):
        offsets = (points[labels == mode] - centre) / mixture.std
        error = 4.5 / np.sqrt(len(offsets))
        np.testing.assert_allclose(offsets.mean(axis=0), 0.0, atol=error)
        np.testing.assert_allclose(np.cov(offsets.T), np.eye(2), atol=1.5 * error)
    everything = (points - mixture.centres[labels]) / mixture.std
    assert scipy.stats.kstest(everything.ravel(), scipy.stats.norm.cdf).pvalue > 0.001


def test_points_are_the_same_in_every_run_and_others_for_another_mixture():
    first, again = (open_splits(config(num_points=500)) for _ in range(2))
    np.testing.assert_array_equal(first.train.images, again.train.images)
    others = [{"num_points": 501}, {"name": "ring9"}, {"mode_std": 0.02}, {"name": "grid9"}]
    prints = {open_splits(config(**({"num_points": 500} | keys))).fingerprint for keys in others}
    assert len(prints | {first.fingerprint, again.fingerprint}) == 5


def test_held_out_points_are_a_tenth_of_every_mode():
    splits = open_splits(config(num_points=8000))
    assert splits.train.images.shape == (7200, 1, 1, 2)
    assert splits.domain.mixture.sha256 == mixture_of(config()).sha256
    counts = [np.bincount(part.labels) for part in (splits.train, splits.holdout)]
    np.testing.assert_allclose(counts[1], sum(counts) / 10, atol=1)
    assert splits.train.class_names == tuple("01234567")


def test_batches_hold_the_points_as_they_are():
    train = open_splits(config(num_points=100)).train
    batch = next(iter(training_batches(train, 15, seed=3, steps_per_call=6)))
    shown = batch["images"].numpy()
    assert shown.dtype == np.float32
    assert shown.shape == (6, 15, 1, 1, 2)
    order = np.lexsort(shown.reshape(-1, 2).T)
    expected = train.images.reshape(-1, 2)
    np.testing.assert_array_equal(shown.reshape(-1, 2)[order], expected[np.lexsort(expected.T)])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"name": "circle8"}, "data.name: must be 'ring' and a number of modes"),
        ({"name": "grid24"}, "got 'grid24'"),
        ({"name": "grid1"}, "got 'grid1'"),
        ({"name": "ring1"}, "got 'ring1'"),
        ({"name": "grid25x"}, "got 'grid25x'"),
        ({"name": "ring99999"}, "up to 10000"),
        ({"mode_std": 0.2}, "data.mode_std: modes of ring8 are 0.765 apart"),
        ({"name": "ring1000"}, "must be less than 0.00105"),
    ],
)
def test_mixtures_that_cannot_be_are_one_clear_line(problems, keys, message):
    (line,) = problems(source="points", **keys)
    assert message in line


def test_only_points_have_two_channels_and_one_pixel():
    assert open_splits(config(image_size=1, channels=2)).train.images.shape[1:] == (1, 1, 2)
    with pytest.raises(UserError, match=r"data.channels: is 2 for points; leave it out"):
        open_splits(config(channels=3))
    with pytest.raises(UserError, match=r"data.image_size: is \(1, 1\) for points; leave it out"):
        open_splits(config(image_size=28))
    with pytest.raises(ValidationError, match="greater than or equal to 8"):
        DataConfig(source="builtin", image_size=1)
    with pytest.raises(ValidationError, match="must be 1, 3 or 4"):
        DataConfig(source="builtin", channels=2)


def test_a_mixture_draws_by_its_seed():
    mixture = mixture_of(config())
    one, again, other = (mixture.draw(50, seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_modes_may_just_not_touch():
    spacing = 2 * np.sin(np.pi / 8)
    mixture_of(config(mode_std=spacing / 6 * 0.999))
    with pytest.raises(UserError):
        mixture_of(config(mode_std=spacing / 6 * 1.001))
