"""Directions, on generators for which they are known."""

import keras
import numpy as np
import pytest

from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.sampling.directions import LatentSpace, pca, sefa

LATENT = 6


@pytest.fixture(scope="module")
def latents():
    return np.random.default_rng(0).normal(size=(1500, LATENT)).astype(np.float32)


@pytest.fixture
def linear():
    """Images that are linear in the latents, and the matrix, [pixels, latents]."""
    rng = np.random.default_rng(1)
    left, _ = np.linalg.qr(rng.normal(size=(16, LATENT)))
    right, _ = np.linalg.qr(rng.normal(size=(LATENT, LATENT)))
    matrix = left * np.array([8.0, 4.0, 2.0, 1.0, 0.5, 0.25]) @ right.T
    inputs = keras.Input([LATENT])
    dense = keras.layers.Dense(16)
    model = keras.Model(inputs, keras.layers.Reshape([4, 4, 1])(dense(inputs)))
    dense.set_weights([matrix.T, np.ones(16)])
    return model, right.T


@pytest.mark.parametrize("find", [sefa, pca])
def test_directions_of_a_linear_generator_are_its_right_singular_vectors(linear, latents, find):
    model, expected = linear
    found = find(LatentSpace(model, None), latents, 3)
    similarity = np.abs(np.sum(found.vectors * expected[:3], axis=1))
    # A sample's components are off by its finite size.
    np.testing.assert_allclose(similarity, 1.0, atol=1e-6 if find is sefa else 5e-3)
    np.testing.assert_allclose(found.scales, 1.0, atol=0.06)
    squares = np.array([8.0, 4.0, 2.0, 1.0, 0.5, 0.25]) ** 2
    np.testing.assert_allclose(found.shares, squares[:3] / squares.sum(), atol=0.02)


def generator(name, conditional):
    family = ARCHITECTURES.load(name)
    spec = ModelSpec(
        8,
        8,
        1,
        LATENT,
        3 if conditional else 0,
        base_channels=8,
        max_channels=8,
        options=family.options,
        conditioning=family.generator_conditioning if conditional else "",
    )
    return family.build_generator(spec)


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize(
    "name", ["conv", "dcgan", "mlp", "sngan", "biggan", "progan", "r3gan", "fastgan", "stylegan2"]
)
def test_every_architecture_changes_along_its_first_direction_more_than_along_its_last(
    name, conditional, latents
):
    labels = np.array([1], np.int32) if conditional else None
    space = LatentSpace(generator(name, conditional), labels)
    found = sefa(space, latents, LATENT)
    np.testing.assert_allclose(found.vectors @ found.vectors.T, np.eye(LATENT), atol=1e-5)
    assert found.shares.sum() == pytest.approx(1.0)
    assert (np.diff(found.shares) <= 1e-12).all()
    assert pca(space, latents[:200], 2).vectors.shape == (2, LATENT)
    slope = space.slope(latents)
    gains = [vector @ slope @ vector for vector in found.vectors]
    np.testing.assert_allclose(gains, found.shares * np.trace(slope), rtol=1e-4, atol=1e-9)


def test_styles_are_moved_in_their_own_space(latents):
    model = generator("stylegan2", False)
    space = LatentSpace(model, None)
    assert space.has_styles
    images = space.images(space.positions(latents[:5]))
    np.testing.assert_allclose(images, model(latents[:5], training=False), atol=1e-5)
