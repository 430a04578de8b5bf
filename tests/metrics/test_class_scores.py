"""Metrics of class probabilities and of bins against SciPy and closed forms."""

import numpy as np
import pytest
from scipy import special, stats
from scipy.spatial.distance import jensenshannon

from gan_cli.metrics.scores.bins import different_bins, jensen_shannon
from gan_cli.metrics.scores.class_modes import label_divergence
from gan_cli.metrics.scores.inception_score import inception_score


def test_the_inception_score_is_that_of_its_definition():
    rng = np.random.default_rng(0)
    probabilities = special.softmax(2 * rng.normal(size=(203, 12)), axis=1).astype(np.float32)
    expected = []
    for part in np.array_split(probabilities.astype(np.float64), 10):
        marginal = part.mean(axis=0)
        expected.append(np.exp(np.mean([stats.entropy(row, marginal) for row in part])))
    np.testing.assert_allclose(inception_score(probabilities), expected, rtol=1e-6)


def test_the_inception_score_lies_between_one_and_the_number_of_classes():
    sure = np.eye(5)[np.arange(100) % 5]
    np.testing.assert_allclose(inception_score(sure), 5.0)
    np.testing.assert_allclose(inception_score(np.full((100, 5), 0.2)), 1.0)
    one_class = np.eye(5)[np.zeros(100, int)]
    np.testing.assert_allclose(inception_score(one_class), 1.0)


def test_label_divergence():
    p = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    q = np.array([0.25, 0.25, 0.5])
    np.testing.assert_allclose(label_divergence(p, q), [stats.entropy(row, q) for row in p])
    assert label_divergence(q, q) == 0.0


def test_bins_differ_where_the_chi_squared_test_says_so():
    rng = np.random.default_rng(1)
    real, generated = rng.integers(20, 90, 60), rng.integers(20, 90, 60)
    found = different_bins(real, generated)
    tables = [
        [[a, b], [real.sum() - a, generated.sum() - b]]
        for a, b in zip(real, generated, strict=True)
    ]
    p_values = np.array(
        [stats.chi2_contingency(table, correction=False).pvalue for table in tables]
    )
    np.testing.assert_array_equal(found, p_values < 0.05)
    assert 0 < found.sum() < 60


def test_of_equal_distributions_one_bin_in_twenty_differs():
    rng = np.random.default_rng(2)
    shares = rng.dirichlet(np.full(100, 5.0))
    found = [
        different_bins(rng.multinomial(20_000, shares), rng.multinomial(5000, shares)).mean()
        for _ in range(40)
    ]
    assert np.mean(found) == pytest.approx(0.05, abs=0.01)


def test_jensen_shannon():
    rng = np.random.default_rng(3)
    p, q = rng.dirichlet(np.ones(9)), rng.dirichlet(np.ones(9))
    p[2] = 0.0
    p /= p.sum()
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q) ** 2, rel=1e-9)
    assert jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(np.log(2))
