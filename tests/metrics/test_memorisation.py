"""AuthPct and C_T against direct loops and SciPy, and on copies."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from gan_cli.metrics.scores.authenticity import authentic
from gan_cli.metrics.scores.copying import copying_z, rank_z
from gan_cli.metrics.scores.discriminator_overfitting import overfitting_ratio


def test_authentic_images_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    generated, train = rng.normal(size=(80, 4)), rng.normal(size=(120, 4))
    train[3] = train[4]
    distances, apart = cdist(generated, train), cdist(train, train)
    np.fill_diagonal(apart, np.inf)
    expected = [row.min() > apart[row.argmin()].min() for row in distances]
    found = authentic(generated, train)
    np.testing.assert_array_equal(found, expected)
    assert 0 < found.sum() < 80
    # Copies of twins are not authentic either.
    assert not authentic(train, train).any()


@pytest.mark.parametrize("rounded", [False, True])
def test_the_rank_statistic_is_that_of_mann_and_whitney(rounded):
    rng = np.random.default_rng(1)
    generated, held_out = rng.normal(size=70), rng.normal(0.3, size=110)
    if rounded:
        generated, held_out = generated.round(), held_out.round()
    z = rank_z(generated, held_out)
    test = stats.mannwhitneyu(
        generated, held_out, use_continuity=False, alternative="less", method="asymptotic"
    )
    assert stats.norm.cdf(z) == pytest.approx(test.pvalue, rel=1e-9)
    assert rank_z(held_out, generated) == pytest.approx(-z)
    assert rank_z(np.ones(5), np.ones(9)) == 0.0


def test_copying_is_weighed_by_cell():
    rng = np.random.default_rng(2)
    generated, held_out = rng.random(130), rng.random(200)
    generated[:50] /= 10
    cells, held_out_cells = np.repeat([0, 1, 2], [50, 60, 20]), np.repeat([0, 1, 2], [50, 140, 10])
    found = copying_z(generated, held_out, cells, held_out_cells)
    # The last cell has too few held-out images.
    parts = [rank_z(generated[:50], held_out[:50]), rank_z(generated[50:110], held_out[50:190])]
    assert found == pytest.approx((50 * parts[0] + 140 * parts[1]) / 190)
    assert parts[0] < -5
    few = copying_z(generated[:30], held_out[:15], cells[:30], held_out_cells[:15])
    assert few == rank_z(generated[:30], held_out[:15])


def test_without_copying_the_statistic_is_standard_normal():
    rng = np.random.default_rng(3)
    found = [rank_z(rng.gamma(2.0, size=40), rng.gamma(2.0, size=60)) for _ in range(500)]
    assert np.mean(found) == pytest.approx(0.0, abs=4 / np.sqrt(500))
    assert np.std(found) == pytest.approx(1.0, abs=0.13)


def test_the_overfitting_ratio():
    train, generated = np.array([3.0, 5.0]), np.array([-2.0, 0.0, -1.0])
    assert overfitting_ratio(train, train, generated) == 0.0
    assert overfitting_ratio(train, generated, generated) == 1.0
    assert overfitting_ratio(train, np.array([3.0]), generated) == pytest.approx(1 / 5)
    # The offset is arbitrary under a relativistic loss.
    assert overfitting_ratio(train + 9, np.array([12.0]), generated + 9) == pytest.approx(1 / 5)
