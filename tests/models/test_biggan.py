"""BigGAN: published sizes, and both networks against NumPy in float64."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from float64_networks import convolve, exact, pool, relu, standardize, upsample

from gan_cli.errors import UserError
from gan_cli.models import biggan
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.attention import SelfAttention
from gan_cli.models.layers.normalization import ProjectedBatchNormalization
from gan_cli.models.layers.spectral import SpectralConv2D, SpectralDense


def weights_of(model):
    return sum(math.prod(v.shape) for v in model.trainable_variables)


def layers_of(model, kind):
    return [layer for layer in model.layers if type(layer) is kind]


@pytest.mark.parametrize(
    ("channels", "generator", "discriminator"),
    [
        # Counted by the test of google/compare_gan against the original, and as 158.3 M in table 1.
        (96, 70_433_988, 87_982_370),
        # From the comments in the authors' PyTorch code; it counts G without the embedding.
        (64, 31_850_628 + 1000 * 128, 39_448_258),
    ],
)
def test_sizes_at_128_pixels_are_the_published_ones(
    monkeypatch, channels, generator, discriminator
):
    # Their numbers do not matter here, and orthogonal ones would take a minute.
    monkeypatch.setattr(keras.initializers, "Orthogonal", keras.initializers.Zeros)
    spec = ModelSpec(128, 128, 3, 120, 1000, base_channels=channels, max_channels=16 * channels)
    assert weights_of(biggan.build_generator(spec)) == generator
    model = biggan.build_discriminator(spec)
    assert weights_of(model) == discriminator
    assert [layer.output.shape[1] for layer in layers_of(model, SelfAttention)] == [64]


def test_sizes_at_64_pixels_are_those_of_the_authors_code(monkeypatch):
    """Counted block by block from the widths 16, 16, 8, 4, 2 of its G, times 64."""
    monkeypatch.setattr(keras.initializers, "Orthogonal", keras.initializers.Zeros)
    ends = [1024, 1024, 512, 256, 128]
    part, condition = 24, 24 + 128
    expected = 1000 * 128 + (part + 1) * 16 * ends[0]
    for before, after in itertools.pairwise(ends):
        expected += 9 * (before + after) * after + before * after + 3 * after
        expected += 2 * condition * (before + after)
    # The last batch normalisation, and the convolution to images.
    expected += 2 * 128 + 9 * 128 * 3 + 3
    sizes = {"num_classes": 1000, "base_channels": 128, "max_channels": 2048}

    def size(**options):
        options = {"attention_side": 0, **options}
        return weights_of(
            biggan.build_generator(ModelSpec(64, 64, 3, 120, **sizes, options=options))
        )

    assert size() == expected
    # The same counted by the version before the option.
    assert size(published_sizes=False) == 43_094_275


def test_projected_batch_norm_is_batch_norm_with_a_linear_scale_and_shift():
    keras.utils.set_random_seed(0)
    layer = ProjectedBatchNormalization(epsilon=1e-5)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 3, 2, 4)).astype(np.float32) * 3 + 1
    condition = rng.standard_normal((6, 5)).astype(np.float32)
    result = layer([tf.constant(x), tf.constant(condition)], training=True)
    scale, shift = (condition @ exact(part.kernel) for part in (layer.scale, layer.shift))
    expected = standardize(exact(x), 1e-5) * (1 + scale)[:, None, None] + shift[:, None, None]
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)
    again = ProjectedBatchNormalization.from_config(layer.get_config())
    assert again.epsilon == layer.epsilon


def test_generator_equals_the_definition_in_float64():
    keras.utils.set_random_seed(1)
    spec = ModelSpec(8, 8, 3, latent_dim=10, num_classes=3, base_channels=6)
    model = biggan.build_generator(spec)
    rng = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(rng.standard_normal(variable.shape) * 0.3)
    z = rng.standard_normal((5, 10)).astype(np.float32)
    labels = np.array([0, 1, 2, 2, 0], np.int32)
    result = model([tf.constant(z), tf.constant(labels)], training=True)

    dense = layers_of(model, SpectralDense)[0]
    first, second = layers_of(model, ProjectedBatchNormalization)
    one, two, shortcut, last = (
        lambda x, c=c: convolve(x, c.kernel, c.bias)
        for c in (sorted(layers_of(model, SpectralConv2D), key=_creation))
    )
    table = exact(model.get_layer("label_embedding").embeddings)
    condition = np.concatenate([table[labels], z[:, 5:]], axis=1)

    def normalized(layer, x):
        scale, shift = (condition @ exact(part.kernel) for part in (layer.scale, layer.shift))
        return standardize(x, 1e-5) * (1 + scale)[:, None, None] + shift[:, None, None]

    x = (z[:, :5] @ exact(dense.kernel) + exact(dense.bias)).reshape(5, 4, 4, 6)
    residual = one(upsample(relu(normalized(first, x))))
    x = two(relu(normalized(second, residual))) + shortcut(upsample(x))
    plain = layers_of(model, keras.layers.BatchNormalization)[0]
    x = standardize(x, 1e-5) * exact(plain.gamma) + exact(plain.beta)
    expected = np.tanh(last(relu(x)))
    np.testing.assert_allclose(result, expected, rtol=1e-3, atol=1e-4)


def test_discriminator_equals_the_definition_in_float64():
    keras.utils.set_random_seed(1)
    spec = ModelSpec(16, 16, 3, latent_dim=10, num_classes=3, base_channels=6)
    model = biggan.build_discriminator(spec)
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (4, 16, 16, 3)).astype(np.float32)
    labels = np.array([0, 1, 2, 2], np.int32)
    result = model([tf.constant(images), tf.constant(labels)])

    convolutions = iter(sorted(layers_of(model, SpectralConv2D), key=_creation))

    def conv(x):
        layer = next(convolutions)
        return convolve(x, layer.kernel, layer.bias)

    x = pool(conv(relu(conv(exact(images))))) + conv(pool(exact(images)))
    for _ in range(2):
        x = conv(relu(conv(relu(x)))) + x
    features = relu(x).sum(axis=(1, 2))
    dense = layers_of(model, SpectralDense)[0]
    table = exact(model.get_layer("label_embedding").embeddings)
    expected = (features @ exact(dense.kernel) + exact(dense.bias))[:, 0]
    expected += (features * table[labels]).sum(axis=1)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


def _creation(layer):
    """Keras numbers layers of a kind as they are made; a model may list them in another order."""
    return int(layer.name.rpartition("_")[2])


def test_weights_start_orthogonal():
    model = biggan.build_discriminator(ModelSpec(16, 16, 3, 10, 3, base_channels=8))
    for layer in model.layers:
        for variable in layer.trainable_variables:
            if len(variable.shape) < 2:
                continue
            matrix = exact(variable).reshape(-1, variable.shape[-1])
            if matrix.shape[0] < matrix.shape[1]:
                matrix = matrix.T
            np.testing.assert_allclose(
                matrix.T @ matrix, np.eye(matrix.shape[1]), atol=1e-5, err_msg=variable.path
            )


def test_widths_are_those_of_the_papers_tables():
    def widths(side):
        spec = ModelSpec(side, side, 3, 120, base_channels=1)
        return [biggan.width_at(spec, level) for level in range(8)]

    assert widths(32)[:4] == [1, 1, 1, 1]
    assert widths(128)[:6] == [1, 2, 4, 8, 16, 16]
    # Tables 5 and 6, from the pixels up: the fourth and fifth rung are of one width.
    assert widths(256)[:7] == [1, 2, 4, 8, 8, 16, 16]
    assert widths(512) == [1, 1, 2, 4, 8, 8, 16, 16]


def test_latents_are_split_evenly_and_the_first_layer_takes_the_rest():
    assert biggan.latent_parts(120, 5) == [20] * 6
    assert biggan.latent_parts(64, 5) == [14, 10, 10, 10, 10, 10]
    with pytest.raises(UserError, match=r"model\.latent_dim: must be at least 6"):
        biggan.latent_parts(5, 5)


def test_without_hierarchical_latents_all_enter_at_the_bottom():
    spec = ModelSpec(8, 8, 1, 10, base_channels=4, options={"hierarchical": False})
    model = biggan.build_generator(spec)
    assert layers_of(model, SpectralDense)[0].kernel.shape == (10, 4 * 4 * 4)
    assert not layers_of(model, ProjectedBatchNormalization)
