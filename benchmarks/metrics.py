"""Times the arithmetic of metrics, given features, against straightforward SciPy code.

python -m benchmarks.metrics [DIMENSION]

Both the clock's time, for a machine that has nothing else to do, and the processor's, which adds up
over threads; OPENBLAS_NUM_THREADS=1 makes them one.

The baseline of the Fréchet distance is what the common scripts do: NumPy's covariances and SciPy's
general matrix root of their product. Features are the same for both; so must the values be.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg
from scipy.spatial.distance import cdist

from gan_cli.metrics.maths.bootstrap import frechet_half_width
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.manifold import RealManifold
from gan_cli.metrics.maths.moments import Moments, moments_of

ROUNDS = 3


def main(dimension: int) -> None:
    print(f"{dimension} features; median of {ROUNDS} alternating rounds, in seconds")
    columns = f"{'gan-cli':>9}{'baseline':>9}{'ratio':>7}"
    print(f"{'':32}{'by the clock':^25}{'of the processor':^25}  relative")
    print(f"{'':24}{'vectors':>8}{columns * 2}  difference")
    rng = np.random.default_rng(0)
    for count in (dimension // 2, 10_000, 50_000):
        real, generated = (draw(count, dimension, shift, rng) for shift in (0.0, 0.01))
        add_frechet(real, generated)
        if count == 10_000:
            add_interval(real, generated)
            # All pairs of vectors, one by one, take minutes for more.
            add_precision_recall(real[:2000], generated[:2000])


def add_frechet(real: np.ndarray, generated: np.ndarray) -> None:
    gathering = compare(
        lambda: [moments_of(each) for each in (real, generated)],
        lambda: [plain_moments(each) for each in (real, generated)],
    )
    ours, theirs = gathering.values
    distance = compare(
        lambda: frechet_distance(*(fresh(each) for each in ours)), lambda: by_root(*theirs)
    )
    own, other = gathering.own + distance.own, gathering.other + distance.other
    show("mean and covariance", len(real), gathering.own, gathering.other)
    show("Fréchet, of moments", len(real), distance.own, distance.other, distance.values)
    show("Fréchet, of features", len(real), own, other, distance.values)


def add_interval(real: np.ndarray, generated: np.ndarray) -> None:
    _, spent = timed(lambda: frechet_half_width(real, generated, np.random.default_rng(0)))
    show("its interval", len(real), spent)


def add_precision_recall(real: np.ndarray, generated: np.ndarray) -> None:
    outcome = compare(
        lambda: float(RealManifold(real).compare(generated).precision.mean()),
        lambda: plain_precision_recall(real, generated),
    )
    show("precision and recall", len(real), outcome.own, outcome.other, outcome.values)


def show(
    what: str,
    count: int,
    own: np.ndarray,
    other: np.ndarray | None = None,
    values: tuple[float, float] | None = None,
) -> None:
    """Prints a row at once: some take minutes."""
    row = f"{what:24}{count:8,}"
    for mine, theirs in zip(own, [None, None] if other is None else other, strict=True):
        row += f"{mine:9.2f}"
        row += f"{'':16}" if theirs is None else f"{theirs:9.2f}{theirs / mine:7.1f}"
    if values is not None:
        row += f"  {abs(values[0] - values[1]) / abs(values[1]):.0e}"
    print(row, flush=True)


def draw(count: int, dimension: int, shift: float, rng: np.random.Generator) -> np.ndarray:
    """Returns correlated float32 features, rectified as those of networks are."""
    # The same for all sets.
    mixing = np.random.default_rng(1).standard_normal((dimension, dimension), np.float32)
    mixing /= np.float32(dimension**0.5)
    mixing *= np.linspace(1.0, 0.05, dimension, dtype=np.float32)[:, None]
    return np.maximum(rng.standard_normal((count, dimension), np.float32) @ mixing + shift, 0)


@dataclass(frozen=True)
class Outcome:
    """Seconds that both took, by the clock and of the processor, and what they returned last."""

    own: np.ndarray
    other: np.ndarray
    values: tuple[Any, Any]


def compare(ours: Callable[[], Any], theirs: Callable[[], Any]) -> Outcome:
    times: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for _ in range(ROUNDS):
        values = []
        for function, spent in zip((ours, theirs), times, strict=True):
            value, seconds = timed(function)
            values.append(value)
            spent.append(seconds)
    own, other = (np.median(spent, axis=0) for spent in times)
    return Outcome(own, other, (values[0], values[1]))


def timed(function: Callable[[], Any]) -> tuple[Any, np.ndarray]:
    began = time.perf_counter(), time.process_time()
    value = function()
    return value, np.subtract((time.perf_counter(), time.process_time()), began)


def fresh(moments: Moments) -> Moments:
    """Returns the moments without what a first use caches for the next."""
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
