"""The Fréchet distance against SciPy's matrix root, and where it is known in closed form."""

import numpy as np
import pytest
from scipy import linalg

from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import Moments, moments_of
from gan_cli.metrics.scores.frechet_infinity import frechet_infinity


def random_moments(seed: int, dimension: int) -> Moments:
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(dimension, dimension))
    return Moments(1000, rng.normal(size=dimension), mixing @ mixing.T / dimension)


@pytest.mark.parametrize("dimension", [1, 5, 64])
def test_equals_scipys_matrix_root(dimension):
    real, generated = random_moments(0, dimension), random_moments(1, dimension)
    root = linalg.sqrtm(real.covariance @ generated.covariance)
    expected = (
        np.sum((real.mean - generated.mean) ** 2)
        + np.trace(real.covariance)
        + np.trace(generated.covariance)
        - 2 * np.trace(root).real
    )
    assert frechet_distance(real, generated) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(generated, real) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("decades", "squares"), [(2, True), (4, True), (6, False), (9, False)])
def test_squares_are_taken_only_where_enough_digits_are_left(decades, squares, monkeypatch):
    # Covariances of so many decades have roots of half as many, and a product of as many.
    variances = np.logspace(0, -decades, 20)
    moments = Moments(1000, np.zeros(20), np.diag(variances))
    calls = []
    exact = np.linalg.svd

    def noted(*arguments, **options):
        calls.append(arguments[0].shape)
        return exact(*arguments, **options)

    assert moments.root.shape == (20, 20)
    monkeypatch.setattr(np.linalg, "svd", noted)
    frechet_distance(moments, moments)
    assert (not calls) == squares


@pytest.mark.parametrize("decades", [3, 9])
def test_equals_scipys_matrix_root_where_small_variances_matter(decades):
    # Common eigenvectors: the root of the product is the product of the roots.
    rng = np.random.default_rng(6)
    basis = np.linalg.qr(rng.normal(size=(60, 60)))[0]
    one = np.logspace(0, -decades, 60)
    other = rng.permutation(one)
    moments = [Moments(1000, np.zeros(60), (basis * each) @ basis.T) for each in (one, other)]
    expected = ((np.sqrt(one) - np.sqrt(other)) ** 2).sum()
    assert frechet_distance(*moments) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(moments[0], moments[0]) < 1e-12


def test_commuting_covariances_have_a_closed_form():
    real = Moments(10, np.array([1.0, 2.0, 0.0]), np.diag([4.0, 1.0, 9.0]))
    generated = Moments(10, np.array([0.0, 2.0, 0.0]), np.diag([1.0, 1.0, 0.0]))
    # 1 for the means; (2 - 1)^2 + 0 + (3 - 0)^2 for the standard deviations.
    assert frechet_distance(real, generated) == pytest.approx(11.0, rel=1e-12)


def test_equal_moments_are_at_no_distance():
    moments = random_moments(2, 32)
    assert 0.0 <= frechet_distance(moments, moments) < 1e-10


def test_fewer_vectors_than_dimensions():
    # Neither covariance has full rank, where SciPy's root is unsure; these two are orthogonal, so
    # that the root of their product is 0.
    rng = np.random.default_rng(3)
    basis = np.linalg.qr(rng.normal(size=(40, 40)))[0]
    real = moments_of(rng.normal(size=(10, 12)) @ basis[:12])
    generated = moments_of(rng.normal(size=(10, 12)) @ basis[12:24])
    expected = (
        np.sum((real.mean - generated.mean) ** 2)
        + np.trace(real.covariance)
        + np.trace(generated.covariance)
    )
    assert frechet_distance(real, generated) == pytest.approx(expected, rel=1e-6)


def test_at_infinity_the_bias_of_finite_sets_is_gone():
    dimension = 20
    real = Moments(10**9, np.zeros(dimension), np.eye(dimension))
    rng = np.random.default_rng(5)
    finite, infinite = [], []
    for _ in range(8):
        generated = rng.normal(0.5, 1.0, size=(400, dimension))
        finite.append(frechet_distance(real, moments_of(generated)))
        infinite.append(frechet_infinity(real, generated, rng))
    # The distance of the distributions themselves, for 20 means that are 0.5 off.
    exact = 5.0
    assert np.mean(finite) - exact > 0.3
    assert np.mean(infinite) == pytest.approx(exact, abs=0.15)


def test_the_vectors_themselves_keep_the_digits_that_their_covariance_has_lost():
    rng = np.random.default_rng(4)
    features = rng.normal(size=(20, 50))
    other = rng.normal(size=(30, 50))
    # In the span of both, where all covariances that matter have full rank.
    basis = np.linalg.qr(np.concatenate([features, other]).T)[0]
    one, two = (np.cov(basis.T @ each.T) for each in (features, other))
    root = linalg.svdvals(
        ((features - features.mean(axis=0)) @ (other - other.mean(axis=0)).T) / np.sqrt(19 * 29)
    )
    mean = np.sum((features.mean(axis=0) - other.mean(axis=0)) ** 2)
    expected = mean + np.trace(one) + np.trace(two) - 2 * root.sum()
    distance = frechet_distance(moments_of(features), moments_of(other))
    assert distance == pytest.approx(expected, rel=1e-12)
    from_covariances = [
        Moments(m.count, m.mean, m.covariance) for m in map(moments_of, (features, other))
    ]
    assert frechet_distance(*from_covariances) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(moments_of(features), moments_of(features[::-1])) < 1e-10
