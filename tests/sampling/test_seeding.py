"""Many seeds at once, against NumPy's own seeding of each."""

import numpy as np
import pytest

from gan_cli.sampling.latents import latents_for_seeds
from gan_cli.sampling.seeding import generators

EDGES = [0, 1, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 10**15, 2**63 - 1, 2**64 - 1]
SEEDS = [*EDGES, *np.random.default_rng(0).integers(0, 2**63, 500).tolist(), *range(500)]


def test_states_are_those_of_numpy():
    for seed, generator in zip(SEEDS, generators(SEEDS), strict=True):
        assert generator.bit_generator.state == np.random.default_rng(seed).bit_generator.state


def test_seeds_of_any_length_are_those_of_numpy():
    seeds = [3, 2**64, 10**40]
    for seed, latent in zip(seeds, latents_for_seeds(seeds, 7, "normal"), strict=True):
        values = np.random.default_rng(seed).standard_normal(7)
        np.testing.assert_array_equal(latent, values.astype(np.float32))


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_latents_are_those_that_numpy_draws(distribution):
    drawn = latents_for_seeds(SEEDS, 33, distribution)
    for seed, latent in zip(SEEDS, drawn, strict=True):
        generator = np.random.default_rng(seed)
        values = generator.standard_normal(33)
        if distribution == "uniform":
            values = np.random.default_rng(seed).uniform(-1.0, 1.0, 33)
        np.testing.assert_array_equal(latent, values.astype(np.float32))


def test_no_seeds_are_no_latents():
    assert latents_for_seeds([], 5, "normal").shape == (0, 5)
    assert latents_for_seeds(range(3), 5, "normal").shape == (3, 5)
