"""Scatter plots and files of points."""

import numpy as np
import pytest
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data.sources.points import mixture_of
from gan_cli.domains.images import Images
from gan_cli.domains.points import points_of
from gan_cli.domains.scatter import scatter_plot
from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds

RING = mixture_of(DataConfig(source="points"))


def red(picture):
    """The centres of mass of red pixels, as shares of width and height from the lower left."""
    pixels = np.asarray(picture).astype(int)
    is_red = pixels[..., 0] - pixels[..., 1] > 60
    is_red[:60] = False  # The legend, whose marker is red as well.
    rows, columns = np.nonzero(is_red)
    return columns.mean() / 480, 1 - rows.mean() / 480


def test_a_point_is_drawn_where_it_lies():
    real = RING.draw(100, 0)[0]
    places = {
        xy: red(scatter_plot(np.array([xy], np.float32), real))
        for xy in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (-1.0, -1.0)]
    }
    origin = np.array(places[0.0, 0.0])
    right, up = places[1.0, 0.0] - origin, places[0.0, 1.0] - origin
    assert right[0] == pytest.approx(up[1], rel=0.03)
    assert right[0] > 0.25
    np.testing.assert_allclose([right[1], up[0]], 0, atol=0.01)
    np.testing.assert_allclose(places[-1.0, -1.0] - origin, -(right + up), atol=0.01)


def test_points_outside_change_the_picture_and_cannot_break_it():
    real = RING.draw(100, 0)[0]
    alone = np.zeros((1, 2), np.float32)
    beside = np.array([[0, 0], [9, 0], [np.nan, np.inf]], np.float32)
    one, other = (np.asarray(scatter_plot(points, real)) for points in (alone, beside))
    assert one.shape == other.shape == (480, 480, 3)
    # The others cannot be drawn: what differs is the line that counts them.
    assert not np.array_equal(one, other)


def test_images_are_laid_out_and_points_scattered():
    images = np.zeros((4, 8, 8, 1), np.uint8)
    assert Images((8, 8, 1)).picture(images, 2, images).size == (8 * 22, 8 * 22)
    points = RING.draw(4, 0)[0].reshape(4, 1, 1, 2)
    assert points_of(RING).picture(points, 2, points).size == (480, 480)


def test_the_sampler_returns_points_as_the_generator_makes_them():
    spec = ModelSpec(1, 1, 2, latent_dim=3, base_channels=16)
    generator = ARCHITECTURES.load("points_mlp").build_generator(spec)
    generator.layers[-2].bias.assign([5.0, -7.0])
    latents = latents_for_seeds(range(70), 3, "normal")
    points = Sampler(generator, points_of(RING)).images(latents)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, generator([latents]), rtol=1e-6)
    np.testing.assert_allclose(points.mean(axis=(0, 1, 2)), [5.0, -7.0], atol=1.0)


def test_files_of_points(ring_run, gan_sample, tmp_path):
    gan_sample("--run_dir", ring_run, "--out", tmp_path / "x.npz", "--seeds=5-14")
    held = np.load(tmp_path / "x.npz")
    assert held["seeds"].tolist() == list(range(5, 15))
    assert held["points"].shape == (10, 2)
    assert held["points"].dtype == np.float32
    for ending in ("png", "jpg", "webp"):
        gan_sample("--run_dir", ring_run, "--out", tmp_path / f"x.{ending}")
        with Image.open(tmp_path / f"x.{ending}") as picture:
            assert picture.size == (480, 480)
    for name in ("png", "npz"):
        status, printed = gan_sample("--inspect", tmp_path / f"x.{name}", "--run_dir", ring_run)
        assert status == 0, printed
    for name in ("folder", "x.tfrecord"):
        with pytest.raises(UserError, match="points are written as one of"):
            gan_sample("--run_dir", ring_run, "--out", tmp_path / name)
    with pytest.raises(UserError, match=r"--walk: is for images; .*ring generates points"):
        gan_sample("--run_dir", ring_run, "--out", tmp_path / "x.gif", "--walk=linear")
