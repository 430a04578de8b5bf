"""Times the arithmetic of metrics, given features, against straightforward SciPy code.

python -m benchmarks.metrics [DIMENSION]

The baseline of the Fréchet distance is what the common scripts do: NumPy's covariances and SciPy's
general matrix root of their product. Features are the same for both; so must the values be.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import linalg
from scipy.spatial.distance import cdist

from gan_cli.metrics.bootstrap import frechet_half_width
from gan_cli.metrics.frechet import frechet_distance
from gan_cli.metrics.manifold import RealManifold
from gan_cli.metrics.moments import Moments, moments_of

ROUNDS = 3


def main(dimension: int) -> None:
    table = Table(title=f"{dimension} features, median of {ROUNDS} alternating rounds")
    for column in ("what", "vectors", "gan-cli, s", "baseline, s", "ratio", "relative difference"):
        table.add_column(column, justify="left" if column == "what" else "right")
    rng = np.random.default_rng(0)
    for count in (dimension // 2, 10_000, 50_000):
        real, generated = (draw(count, dimension, shift, rng) for shift in (0.0, 0.01))
        add_frechet(table, real, generated)
        if count == 10_000:
            add_interval(table, real, generated)
            # All pairs of vectors, one by one, take minutes for more.
            add_precision_recall(table, real[:2000], generated[:2000])
    Console(width=120).print(table)


def add_frechet(table: Table, real: np.ndarray, generated: np.ndarray) -> None:
    moments = [moments_of(each) for each in (real, generated)]
    row = compare(
        lambda: frechet_distance(*(fresh(each) for each in moments)), lambda: by_root(*moments)
    )
    table.add_row("Fréchet, of moments", f"{len(real):,}", *row)
    row = compare(
        lambda: frechet_distance(moments_of(real), moments_of(generated)),
        lambda: by_root(plain_moments(real), plain_moments(generated)),
    )
    table.add_row("Fréchet, of features", f"{len(real):,}", *row)


def add_interval(table: Table, real: np.ndarray, generated: np.ndarray) -> None:
    began = time.perf_counter()
    frechet_half_width(real, generated, np.random.default_rng(0))
    spent = time.perf_counter() - began
    table.add_row("its interval", f"{len(real):,}", f"{spent:.1f}", "-", "-", "-")


def add_precision_recall(table: Table, real: np.ndarray, generated: np.ndarray) -> None:
    row = compare(
        lambda: float(RealManifold(real).compare(generated).precision.mean()),
        lambda: plain_precision_recall(real, generated),
        rounds=1,
    )
    table.add_row("precision and recall", f"{len(real):,}", *row)


def draw(count: int, dimension: int, shift: float, rng: np.random.Generator) -> np.ndarray:
    """Correlated float32 features, rectified as those of networks are."""
    # The same for all sets.
    mixing = np.random.default_rng(1).standard_normal((dimension, dimension), np.float32)
    mixing /= np.float32(dimension**0.5)
    mixing *= np.linspace(1.0, 0.05, dimension, dtype=np.float32)[:, None]
    return np.maximum(rng.standard_normal((count, dimension), np.float32) @ mixing + shift, 0)


def compare(
    ours: Callable[[], float], theirs: Callable[[], float], rounds: int = ROUNDS
) -> tuple[str, str, str, str]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        values = []
        for function, spent in zip((ours, theirs), times, strict=True):
            began = time.perf_counter()
            values.append(function())
            spent.append(time.perf_counter() - began)
    own, other = (float(np.median(spent)) for spent in times)
    difference = abs(values[0] - values[1]) / abs(values[1])
    return f"{own:.1f}", f"{other:.1f}", f"{other / own:.1f}", f"{difference:.0e}"


def fresh(moments: Moments) -> Moments:
    """Without what a first use keeps for the next one."""
    return Moments(moments.count, moments.mean, moments.covariance, moments.factor)


def plain_moments(features: np.ndarray) -> Moments:
    wide = features.astype(np.float64)
    return Moments(len(wide), wide.mean(axis=0), np.cov(wide, rowvar=False))


def by_root(real: Moments, generated: Moments) -> float:
    root = np.real(linalg.sqrtm(real.covariance @ generated.covariance))
    shift = real.mean - generated.mean
    traces = np.trace(real.covariance) + np.trace(generated.covariance)
    return float(shift @ shift + traces - 2.0 * np.trace(root))


def plain_precision_recall(real: np.ndarray, generated: np.ndarray) -> float:
    def radii(features: np.ndarray) -> np.ndarray:
        return np.sort(cdist(features, features), axis=1)[:, 3]

    between = cdist(generated, real)
    recall = (between <= radii(generated)[:, None]).any(axis=0).mean()
    assert 0 <= recall <= 1
    return float((between <= radii(real)).any(axis=1).mean())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2048)
