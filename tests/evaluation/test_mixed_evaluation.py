"""Runs of lower precision are scored in float32; while they train, in their own."""

import numpy as np
import pytest
from saved_runs import saved_run

from gan_cli.evaluation.requests import RunRequest
from gan_cli.evaluation.scorer import RunScorer
from gan_cli.sampling.generate import Sampler


def scored(path):
    metrics = ("frechet", "discriminator_overfitting")
    return RunScorer(
        RunRequest(
            run_dir=path, checkpoint="latest", num_samples=200, features="random", metrics=metrics
        )
    )


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    path = tmp_path_factory.mktemp("exact") / "run"
    saved_run(path)
    return scored(path)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_run_of_lower_precision_gets_the_scores_of_its_weights(tmp_path, exact, precision):
    generator = saved_run(tmp_path / "run", training={"precision": precision}).generator_ema
    mixed = scored(tmp_path / "run")
    assert mixed.loaded.config.training.precision == precision
    ours, theirs = (each.score().scores for each in (mixed, exact))
    for figure in ("fd_random", "r_v"):
        assert ours[figure].value == pytest.approx(theirs[figure].value, rel=1e-6), figure
    # As while training: the pixels differ by the rounding of half precision.
    latents = np.random.default_rng(0).standard_normal((200, 8)).astype(np.float32)
    half, full = (
        Sampler(g, exact.loaded.domain).images(latents) for g in (generator, exact.loaded.generator)
    )
    assert 0 < np.abs(half.astype(int) - full).mean() < 2
    distances = [exact.evaluator.frechet([images]) for images in (half, full)]
    assert distances[0] == pytest.approx(distances[1], rel=0.02)
