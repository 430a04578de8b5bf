"""Latents by seed, and samples from latents."""

import keras
import numpy as np
import pytest
import scipy.stats

from gan_cli.config.schema import DataConfig
from gan_cli.data.sources.points import mixture_of
from gan_cli.domains.images import Images, to_uint8
from gan_cli.domains.points import points_of
from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds


class TestLatents:
    def test_a_seed_is_the_same_latent_whatever_is_beside_it(self):
        together = latents_for_seeds([5, 6, 7], 16, "normal")
        np.testing.assert_array_equal(together[2], latents_for_seeds([7], 16, "normal")[0])
        assert not np.array_equal(together[0], together[1])

    @pytest.mark.parametrize(
        ("distribution", "truncation", "expected"),
        [
            ("normal", None, scipy.stats.norm()),
            ("normal", 0.7, scipy.stats.truncnorm(-0.7, 0.7)),
            ("uniform", None, scipy.stats.uniform(-1, 2)),
            ("uniform", 0.5, scipy.stats.uniform(-0.5, 1)),
        ],
    )
    def test_distribution(self, distribution, truncation, expected):
        values = latents_for_seeds(range(40), 200, distribution, truncation).ravel()
        assert scipy.stats.kstest(values, expected.cdf).pvalue > 0.01

    def test_truncation_keeps_the_order_and_fades_out(self):
        free = latents_for_seeds([1], 500, "normal")[0]
        cut = latents_for_seeds([1], 500, "normal", 0.5)[0]
        np.testing.assert_array_equal(np.argsort(free), np.argsort(cut))
        np.testing.assert_allclose(latents_for_seeds([1], 500, "normal", 9.0)[0], free, atol=1e-5)

    def test_truncation_must_be_positive(self):
        with pytest.raises(UserError, match="truncation: must be more than 0, got 0"):
            latents_for_seeds([1], 4, "normal", 0.0)


class TestSampler:
    @pytest.fixture(scope="class")
    def generator(self):
        keras.utils.set_random_seed(0)
        spec = ModelSpec(12, 10, 3, latent_dim=8, num_classes=4, base_channels=8)
        return ARCHITECTURES.load("conv").build_generator(spec)

    def test_pixels_do_not_depend_on_how_many_are_asked_for(self, generator):
        sampler = Sampler(generator, Images(generator.output_shape[1:]))
        latents = latents_for_seeds(range(150), 8, "normal")
        labels = np.arange(150, dtype=np.int32) % 4
        together = sampler.images(latents, labels)
        assert together.shape == (150, 12, 10, 3)
        for index in (0, 63, 64, 149):
            alone = sampler.images(latents[index : index + 1], labels[index : index + 1])
            np.testing.assert_array_equal(alone[0], together[index])
        other = sampler.images(latents, (labels + 1) % 4)
        assert not np.array_equal(together, other)

    def test_the_range_is_rounded_and_clipped(self):
        values = np.array([-1.5, -1.0, -0.999, 0.0, 0.5, 1.0, 1.2], np.float32)
        expected = np.clip(np.round((values.astype(float) + 1) * 127.5), 0, 255)
        np.testing.assert_array_equal(to_uint8(values), expected)


def test_the_sampler_returns_points_as_the_generator_makes_them():
    spec = ModelSpec(1, 1, 2, latent_dim=3, base_channels=16)
    generator = ARCHITECTURES.load("points_mlp").build_generator(spec)
    generator.layers[-2].bias.assign([5.0, -7.0])
    latents = latents_for_seeds(range(70), 3, "normal")
    points = Sampler(generator, points_of(mixture_of(DataConfig(source="points")))).images(latents)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, generator([latents]), rtol=1e-6)
    np.testing.assert_allclose(points.mean(axis=(0, 1, 2)), [5.0, -7.0], atol=1.0)
