"""What is kept of many images: all moments, and a fair part of the rest."""

import numpy as np
import pytest
from made_images import stripes

from gan_cli.metrics import sample
from gan_cli.metrics.features import random as random_features
from gan_cli.metrics.maths.moments import moments_of


@pytest.fixture(scope="module")
def network():
    data = stripes(20, (8, 8, 1), seed=0)
    return random_features.build(data, data)


def test_few_images_are_kept_whole(network):
    data = stripes(300, (8, 8, 1), seed=1)
    kept = sample.gather(network, iter(np.split(data.images, [1, 270])), data.labels)
    features = network.features(data.images)
    np.testing.assert_array_equal(kept.features, features)
    np.testing.assert_array_equal(kept.images, data.images)
    np.testing.assert_array_equal(kept.labels, data.labels)
    np.testing.assert_array_equal(kept.indices, np.arange(300))
    assert kept.count == 300
    np.testing.assert_allclose(kept.moments.covariance, moments_of(features).covariance)


def test_of_many_images_a_part_is_kept_and_the_moments_of_all(network, monkeypatch):
    monkeypatch.setattr(sample, "MOST_VECTORS", 40)
    monkeypatch.setattr(sample, "MOST_IMAGES", 30)
    data = stripes(300, (8, 8, 1), seed=1)
    kept = sample.gather(network, iter(np.split(data.images, [1, 270])), data.labels)
    features = network.features(data.images)
    assert kept.features.shape == (40, network.dimension)
    assert (np.diff(kept.indices) > 0).all()
    np.testing.assert_array_equal(kept.features, features[kept.indices])
    np.testing.assert_array_equal(kept.images, data.images[kept.image_indices])
    np.testing.assert_array_equal(kept.labels, data.labels[kept.indices])
    assert len(kept.images) == 30
    np.testing.assert_allclose(kept.moments.mean, moments_of(features).mean)


def test_every_row_is_kept_with_the_same_chance():
    # Sorted by class, as image folders are: the first ones would hold one class only.
    kept = np.zeros(60)
    for seed in range(600):
        reservoir = sample._Reservoir(15, np.random.default_rng(seed))
        for part in np.split(np.arange(60), [4, 13, 40]):
            reservoir.add(part)
        indices, (rows,) = reservoir.result()
        np.testing.assert_array_equal(indices, rows)
        kept[indices] += 1
    # Binomial: 600 draws with chance 1/4, four standard deviations.
    assert np.abs(kept / 600 - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / 600)


def test_a_part_of_a_sample(network):
    data = stripes(30, (8, 8, 1), seed=1)
    whole = sample.gather(network, [data.images])
    assert whole.part(30, np.random.default_rng(0)) is whole.features
    part = whole.part(10, np.random.default_rng(0))
    assert len(np.unique(part, axis=0)) == 10
    assert all((row == whole.features).all(axis=1).any() for row in part)
