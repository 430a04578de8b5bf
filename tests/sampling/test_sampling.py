"""Seeds, pixels and files."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import scipy.stats
from gan_cli.cli.sampling.seeds import first_seed, parse_seeds, seeds_text

from gan_cli.domains.grid import image_grid
from gan_cli.domains.images import Images, to_uint8
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
        with pytest.raises(UserError, match="--truncation: must be more than 0, got 0"):
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


class TestGrid:
    def test_every_pixel_is_where_it_belongs(self):
        images = np.random.default_rng(0).integers(0, 256, (5, 32, 30, 3), dtype=np.uint8)
        grid = np.asarray(image_grid(images, columns=2, padding=1))
        assert grid.shape == (2 * (3 * 33 + 1), 2 * (2 * 31 + 1), 3)
        small = grid[::2, ::2]
        np.testing.assert_array_equal(grid[1::2, 1::2], small)
        for index, (top, left) in enumerate([(1, 1), (1, 32), (34, 1), (34, 32), (67, 1)]):
            np.testing.assert_array_equal(small[top : top + 32, left : left + 30], images[index])
        assert (small[67:99, 32:62] == 255).all()

    @pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
    def test_modes(self, channels, mode):
        assert image_grid(np.zeros((2, 70, 70, channels), np.uint8), 2).mode == mode


@pytest.mark.parametrize(
    ("text", "seeds"), [("0-3", [0, 1, 2, 3]), ("7", [7]), ("1, 5,8-9", [1, 5, 8, 9])]
)
def test_seed_lists(text, seeds):
    assert parse_seeds(text) == seeds
    assert parse_seeds(seeds_text(seeds)) == seeds


def test_lists_without_bound_are_refused():
    with pytest.raises(UserError, match="more than 1,000,000; use --until"):
        parse_seeds("5,0-999999999999")


@pytest.mark.parametrize("seed", [-1, 10**18, 10**40])
def test_first_seeds_without_bound_are_refused(seed):
    assert first_seed(SimpleNamespace(seed=10**18 - 1)) == 10**18 - 1
    with pytest.raises(UserError, match=f"--seed: must be from 0 to {10**18 - 1}, got {seed}"):
        first_seed(SimpleNamespace(seed=seed))


@pytest.mark.parametrize("text", ["", "a", "3-", "-1", "5-3", "1,,2"])
def test_malformed_seed_lists_are_refused(text):
    with pytest.raises(UserError, match="--seeds"):
        parse_seeds(text)
