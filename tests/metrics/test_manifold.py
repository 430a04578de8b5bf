"""Neighbourhood metrics against direct loops over the definitions."""

import numpy as np
import pytest

from gan_cli.metrics.maths.manifold import RealManifold, squared_radii


def distance(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.sqrt(np.sum((x - y) ** 2)))


def radius(points: np.ndarray, index: int, k: int) -> float:
    others = [distance(points[index], p) for j, p in enumerate(points) if j != index]
    return sorted(others)[k - 1]


def direct_scores(real: np.ndarray, generated: np.ndarray) -> dict[str, float]:
    """Kynkäänniemi et al. 2019 with k = 3, Naeem et al. 2020 with k = 5."""
    real_3 = [radius(real, i, 3) for i in range(len(real))]
    real_5 = [radius(real, i, 5) for i in range(len(real))]
    fake_3 = [radius(generated, j, 3) for j in range(len(generated))]
    between = [[distance(x, y) for y in generated] for x in real]
    reals, fakes = range(len(real)), range(len(generated))
    return {
        "precision": np.mean([any(between[i][j] <= real_3[i] for i in reals) for j in fakes]),
        "recall": np.mean([any(between[i][j] <= fake_3[j] for j in fakes) for i in reals]),
        "density": sum(between[i][j] < real_5[i] for i in reals for j in fakes)
        / (5 * len(generated)),
        "coverage": np.mean([min(between[i]) < real_5[i] for i in reals]),
    }


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_equal_direct_loops(offset):
    rng = np.random.default_rng(0)
    real = rng.normal(size=(90, 4)) + offset
    generated = rng.normal(0.7, 0.8, size=(70, 4)) + offset
    # Blocks that divide neither count.
    found = RealManifold(real, block_size=16).compare(generated)
    expected = direct_scores(real, generated)
    # All between 0 and 1, so that no metric passes by being constant.
    assert all(0.02 < value < 0.98 for value in expected.values())
    for name, value in expected.items():
        assert getattr(found, name).mean() == pytest.approx(value, rel=1e-9), name


def test_equal_the_package_of_their_authors():
    prdc = pytest.importorskip("prdc")
    rng = np.random.default_rng(3)
    real, generated = rng.normal(size=(300, 16)), rng.normal(0.3, 0.8, size=(250, 16))
    found = RealManifold(real).compare(generated)
    for k, names in ((3, ("precision", "recall")), (5, ("density", "coverage"))):
        expected = prdc.compute_prdc(real, generated, nearest_k=k)
        for name in names:
            assert expected[name] not in (0, 1)
            assert getattr(found, name).mean() == pytest.approx(expected[name], rel=1e-9), name


def test_radii_leave_the_point_itself_out():
    points = np.array([[0.0], [1.0], [3.0], [7.0]])
    first, second = squared_radii(points, [1, 2])
    np.testing.assert_allclose(first, [1.0, 1.0, 4.0, 16.0])
    np.testing.assert_allclose(second, [9.0, 4.0, 9.0, 36.0])


def test_collapse_keeps_precision_and_loses_recall():
    rng = np.random.default_rng(1)
    real = rng.normal(size=(200, 3))
    collapsed = real.mean(axis=0) + 1e-3 * rng.normal(size=(200, 3))
    scores = RealManifold(real).compare(collapsed)
    assert scores.precision.mean() == 1.0
    assert scores.recall.mean() < 0.05
    assert scores.coverage.mean() < 0.5


def test_copies_of_the_real_points_are_covered_and_dense():
    real = np.random.default_rng(2).normal(size=(100, 3))
    scores = RealManifold(real).compare(real.copy())
    assert scores.precision.mean() == scores.recall.mean() == scores.coverage.mean() == 1.0
    # The ball of a point holds itself and its four nearest; the fifth lies on the border, outside.
    assert scores.density.mean() == pytest.approx(1.0, abs=1e-12)


def test_too_few_points():
    enough, few = np.zeros((9, 2)), np.zeros((5, 2))
    with pytest.raises(ValueError, match="more than 5"):
        RealManifold(few)
    with pytest.raises(ValueError, match="more than 3"):
        RealManifold(enough).compare(few[:3])
