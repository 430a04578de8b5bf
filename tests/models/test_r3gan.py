"""R3GAN: both networks against NumPy in float64, its initial weights and the sizes of its table."""

import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf
from float64_networks import convolve, exact, leaky

from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.basis import BiasedLeakyReLU, DiscriminativeBasis, GenerativeBasis
from gan_cli.models.layers.grouped import GroupedConv2D
from gan_cli.models.layers.resample import doubled

RNG = np.random.default_rng(0)
FILTER = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64.0


def creation(layer):
    """Keras numbers layers of a kind as they are made, the first of a process not at all."""
    number = layer.name.rpartition("_")[2]
    return int(number) if number.isdecimal() else 0


class Definition:
    """The parts of a network, with the weights of its layers in the order of their making."""

    def __init__(self, model):
        self.convolutions, self.activations = (
            iter(sorted((x for x in model.layers if type(x) is kind), key=creation))
            for kind in (GroupedConv2D, BiasedLeakyReLU)
        )

    def convolution(self, x):
        layer = next(self.convolutions)
        parts = zip(
            np.split(exact(x), layer.groups, axis=-1),
            np.split(exact(layer.kernel), layer.groups, axis=-1),
            strict=True,
        )
        return np.concatenate([convolve(part, kernel) for part, kernel in parts], axis=-1)

    def block(self, x):
        y = leaky(self.convolution(x) + exact(next(self.activations).bias))
        y = leaky(self.convolution(y) + exact(next(self.activations).bias))
        return x + self.convolution(y)


def by_plane(images, transform):
    planes = np.moveaxis(images, 3, 1)
    return np.moveaxis(np.array([[transform(p) for p in image] for image in planes]), 1, 3)


def up(plane):
    wide = np.zeros([2 * side for side in plane.shape])
    wide[::2, ::2] = plane
    return 4 * scipy.signal.convolve2d(wide, FILTER)[1:-2, 1:-2]


def down(plane):
    return scipy.signal.convolve2d(plane, FILTER)[2:-1:2, 2:-1:2]


def built(network):
    """With weights that are none of them zero."""
    keras.utils.set_random_seed(0)
    architecture = ARCHITECTURES.load("r3gan")
    options = {"blocks_per_stage": 2, "expansion": 2, "group_channels": 4}
    spec = ModelSpec(
        8, 8, 3, latent_dim=5, num_classes=3, conditioning="projection",
        base_channels=8, max_channels=12, options=options,
    )  # fmt: skip
    model = getattr(architecture, f"build_{network}")(spec)
    for variable in model.trainable_variables:
        variable.assign(RNG.standard_normal(variable.shape) * 0.4)
    return model


LABELS = np.array([2, 0, 1, 1], np.int32)


def test_generator_equals_the_definition_in_float64():
    model = built("generator")
    latents = RNG.standard_normal([4, 5]).astype(np.float32)
    found = model([tf.constant(latents), tf.constant(LABELS)])
    parts = Definition(model)
    table = exact(model.get_layer("label_embedding").embeddings)
    basis = next(x for x in model.layers if isinstance(x, GenerativeBasis))
    vector = np.concatenate([exact(latents), table[LABELS]], axis=1)
    x = exact(basis.basis) * (vector @ exact(basis.kernel))[:, None, None, :]
    x = parts.block(parts.block(x))
    # 12 channels at 4 pixels, 8 at 8.
    x = by_plane(parts.convolution(x), up)
    x = parts.convolution(parts.block(parts.block(x)))
    np.testing.assert_allclose(found, x, rtol=1e-3, atol=1e-3 * np.abs(x).max())


def test_discriminator_equals_the_definition_in_float64():
    model = built("discriminator")
    images = RNG.uniform(-1, 1, [4, 8, 8, 3]).astype(np.float32)
    found = model([tf.constant(images), tf.constant(LABELS)])
    parts = Definition(model)
    x = parts.convolution(images)
    x = by_plane(parts.block(parts.block(x)), down)
    x = parts.convolution(x)
    x = parts.block(parts.block(x))
    basis = next(x for x in model.layers if isinstance(x, DiscriminativeBasis))
    linear = next(x for x in model.layers if isinstance(x, keras.layers.Dense))
    features = np.einsum("hwc,nhwc->nc", exact(basis.basis)[0], x) @ exact(linear.kernel)
    table = exact(model.get_layer("label_embedding").embeddings)
    expected = (features * table[LABELS]).sum(axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_r3gan_has_the_sizes_of_its_layer_table():
    """Of CIFAR-10: 4 stages of 2 blocks, 768 wide, inside 1536 in 96 groups of 16."""
    architecture = ARCHITECTURES.load("r3gan")
    spec = ModelSpec(
        32, 32, 3, 64, num_classes=10, base_channels=768, max_channels=768,
        conditioning="projection", options=dict(architecture.options),
    )  # fmt: skip
    block = 768 * 1536 + 1536 + 9 * 16 * 1536 + 1536 + 1536 * 768
    generator = 8 * block + (16 * 768 + 128 * 768) + 768 * 3 + 10 * 64
    discriminator = 8 * block + 3 * 768 + (16 * 768 + 768 * 768) + 10 * 768
    assert architecture.build_generator(spec).count_params() == generator
    assert architecture.build_discriminator(spec).count_params() == discriminator


def test_r3gan_starts_with_blocks_that_pass_on_what_they_get():
    keras.utils.set_random_seed(0)
    architecture = ARCHITECTURES.load("r3gan")
    spec = ModelSpec(8, 8, 2, 5, base_channels=32, options=dict(architecture.options))
    generator = architecture.build_generator(spec)
    latents = RNG.standard_normal([3, 5]).astype(np.float32)
    basis, kernel = (v.numpy() for v in generator.weights[:2])
    narrow = generator.get_layer(index=len(generator.layers) - 2)
    x = basis * (latents @ kernel)[:, None, None, :]
    convolutions = [x for x in generator.layers if isinstance(x, keras.layers.Conv2D)]
    wide = [c for c in convolutions if c.filters == 2 * c.kernel.shape[2] and c.groups == 1]
    last = [c for c in convolutions if not np.any(c.kernel)]
    assert len(last) == 4
    # sqrt(2 / 1.04) L^(-1/4) / sqrt(fan-in), of L = 4 blocks.
    for layer in wide:
        std = (2 / 1.04) ** 0.5 * 4**-0.25 / layer.kernel.shape[2] ** 0.5
        assert layer.kernel.numpy().std() == pytest.approx(std, rel=0.1)
    between = next(c for c in convolutions if c.kernel.shape[2:] == (64, 32) and np.any(c.kernel))
    x = x @ between.kernel.numpy()[0, 0]
    expected = doubled(tf.constant(x)).numpy() @ narrow.kernel.numpy()[0, 0]
    np.testing.assert_allclose(generator(latents), expected, atol=1e-4)


def test_the_two_bases_are_products_with_a_learned_picture():
    keras.utils.set_random_seed(0)
    vector = RNG.standard_normal([3, 5]).astype(np.float32)
    picture = GenerativeBasis((4, 3), 6)
    result = picture(vector).numpy()
    basis, kernel = picture.get_weights()
    np.testing.assert_allclose(
        result, np.einsum("hwc,nc->nhwc", basis[0], vector @ kernel), rtol=1e-5, atol=1e-6
    )
    back = DiscriminativeBasis()
    product = back(result).numpy()
    (basis,) = back.get_weights()
    np.testing.assert_allclose(
        product, np.einsum("hwc,nhwc->nc", basis[0], result), rtol=1e-4, atol=1e-4
    )
