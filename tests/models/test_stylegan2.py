"""StyleGAN2's layers against float64 NumPy, and its published sizes."""

import dataclasses

import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.equalized import DownsamplingConv2D, EqualizedConv2D, EqualizedDense
from gan_cli.models.layers.modulated import ModulatedConv2D, ToImage
from gan_cli.models.layers.resample import doubled, filtered, halved
from gan_cli.models.layers.second_moment import MinibatchStandardDeviation, PixelNormalization
from gan_cli.models.layers.styles import Noise, OtherLatents, StyleAverage, StyleMixing
from gan_cli.training.precision import dtype_policy

RNG = np.random.default_rng(0)
FILTER = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64.0


def number_of_weights(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


def with_zeros_between(image):
    """[height, width] to twice the size, as the first half of an upsampling by 2."""
    wide = np.zeros([2 * side for side in image.shape])
    wide[::2, ::2] = image
    return wide


def by_channel(images, transform):
    """Applies a function of one plane to float32 [batch, height, width, channels], in float64."""
    planes = np.moveaxis(images.astype(np.float64), 3, 1)
    return np.moveaxis(np.array([[transform(p) for p in image] for image in planes]), 1, 3)


@pytest.mark.parametrize("size", [(4, 6), (5, 3)])
def test_resampling_is_the_filter_with_zeros_in_between_or_every_second_pixel(size):
    images = RNG.standard_normal([2, *size, 3]).astype(np.float32)

    def up(plane):
        # The filter is symmetric, so that convolution and correlation are one.
        return 4 * scipy.signal.convolve2d(with_zeros_between(plane), FILTER)[1:-2, 1:-2]

    def down(plane):
        plane = np.pad(plane, [[0, side % 2] for side in plane.shape])
        return scipy.signal.convolve2d(plane, FILTER)[2:-1:2, 2:-1:2]

    expected_up = by_channel(images, lambda p: np.roll(up(p), 0, 0))
    height, width = size
    assert doubled(images).shape == (2, 2 * height, 2 * width, 3)
    # With zeros after each pixel, output pixel 2 i hears input i - 1 and i as 1 to 3.
    np.testing.assert_allclose(doubled(images), expected_up, atol=1e-5)
    np.testing.assert_allclose(halved(images), by_channel(images, down), atol=1e-5)
    plain = by_channel(images, lambda p: scipy.signal.convolve2d(p, FILTER)[1:-1, 1:-1])
    np.testing.assert_allclose(filtered(tf.constant(images), 2), plain, atol=1e-5)


def test_equalized_layers_scale_at_run_time_and_start_at_unit_variance():
    keras.utils.set_random_seed(0)
    dense = EqualizedDense(
        300, activation="leaky_relu", bias_initial=0.5, learning_rate_multiplier=0.01
    )
    x = RNG.standard_normal([400, 200]).astype(np.float32)
    kernel, bias = dense.get_weights() if dense.built else (dense(x), dense.get_weights())[1]
    assert kernel.std() == pytest.approx(100.0, rel=0.02)
    assert bias == pytest.approx(np.full(300, 50.0))
    linear = x.astype(np.float64) @ kernel * 0.01 / 200**0.5 + 0.01 * bias
    assert (linear - 0.5).std() == pytest.approx(1.0, rel=0.02)
    expected = np.where(linear > 0, linear, 0.2 * linear) * 2**0.5
    np.testing.assert_allclose(dense(x), expected, rtol=1e-4, atol=1e-4)

    conv = EqualizedConv2D(5, 3, use_bias=False, gain=0.5)
    image = RNG.standard_normal([1, 6, 7, 4]).astype(np.float32)
    result = conv(image).numpy()[0]
    kernel = conv.get_weights()[0].astype(np.float64) * 0.5 / 36**0.5
    for channel in range(5):
        expected = sum(
            scipy.signal.correlate2d(image[0, :, :, i], kernel[:, :, i, channel], "same")
            for i in range(4)
        )
        np.testing.assert_allclose(result[:, :, channel], expected, atol=1e-5)


@pytest.mark.parametrize("size", [(6, 8), (5, 7)])
def test_the_downsampling_convolution_filters_first(size):
    keras.utils.set_random_seed(0)
    conv = DownsamplingConv2D(1, 3)
    image = RNG.standard_normal([1, *size, 1]).astype(np.float32)
    result = conv(image).numpy()[0, :, :, 0]
    kernel = conv.get_weights()[0][:, :, 0, 0].astype(np.float64) / 3.0
    plane = np.pad(image[0, :, :, 0], [[0, side % 2] for side in size])
    smooth = scipy.signal.convolve2d(np.pad(plane, 2), FILTER, "valid")
    expected = scipy.signal.correlate2d(smooth, kernel, "valid")[::2, ::2]
    assert result.shape == tuple((side + 1) // 2 for side in size)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def modulated(layer, x, styles, noise, demodulates, doubles):
    """Every image through weights of its own, in float64: StyleGAN2's equations 1 and 3."""
    weights = {v.path.split("/", 1)[1]: v.numpy().astype(np.float64) for v in layer.weights}
    affine = styles @ weights["affine/kernel"] / styles.shape[1] ** 0.5 + weights["affine/bias"]
    results = []
    for image, scales in zip(x.astype(np.float64), affine, strict=True):
        kernel = weights["kernel"] * scales[None, None, :, None]
        if demodulates:
            kernel = kernel / np.sqrt((kernel**2).sum(axis=(0, 1, 2)) + 1e-8)
        else:
            kernel = kernel / image.shape[-1] ** 0.5
        planes = []
        for channel in range(kernel.shape[-1]):
            total = 0.0
            for i in range(image.shape[-1]):
                if doubles:
                    wide = scipy.signal.correlate2d(
                        with_zeros_between(image[:, :, i]), kernel[:, :, i, channel]
                    )
                    # A transposed convolution ends where its last input's window ends.
                    total = total + scipy.signal.convolve2d(wide[:-1, :-1], 4 * FILTER, "full")
                else:
                    total = total + scipy.signal.correlate2d(
                        image[:, :, i], kernel[:, :, i, channel], "same"
                    )
            planes.append(total[2:-2, 2:-2] if doubles else total)
        results.append(np.stack(planes, -1))
    y = np.array(results)
    if doubles:
        y = y[:, : noise.shape[1], : noise.shape[2]]
    if not demodulates:
        return y + weights["bias"]
    y = y + noise + weights["bias"]
    return np.where(y > 0, y, 0.2 * y) * 2**0.5


@pytest.mark.parametrize(("size", "doubles"), [((4, 6), False), ((8, 12), True), ((7, 11), True)])
def test_modulated_convolution_is_a_convolution_by_weights_of_each_image(size, doubles):
    keras.utils.set_random_seed(1)
    x = RNG.standard_normal([3, 4, 6, 5]).astype(np.float32)
    styles = RNG.standard_normal([3, 7]).astype(np.float32)
    noise = RNG.standard_normal([3, *size, 1]).astype(np.float32)
    layer = ModulatedConv2D(6, size)
    layer.build([x.shape, styles.shape, noise.shape])
    layer.bias.assign(RNG.standard_normal(6))
    result = layer([x, styles, noise])
    expected = modulated(layer, x, styles, noise, demodulates=True, doubles=doubles)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


def test_to_image_is_not_demodulated():
    keras.utils.set_random_seed(1)
    x = RNG.standard_normal([3, 4, 6, 5]).astype(np.float32)
    styles = RNG.standard_normal([3, 7]).astype(np.float32)
    layer = ToImage(2)
    result = layer([x, styles])
    expected = modulated(layer, x, styles, None, demodulates=False, doubles=False)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)


def test_demodulation_gives_unit_variance_whatever_the_styles():
    keras.utils.set_random_seed(2)
    x = RNG.standard_normal([64, 8, 8, 32]).astype(np.float32)
    layer = ModulatedConv2D(16, (8, 8))
    zero = np.zeros([1, 8, 8, 1], np.float32)
    layer.build([x.shape, (64, 4), zero.shape])
    activated = layer([x, 50.0 * RNG.standard_normal([64, 4]).astype(np.float32), zero]).numpy()
    before = np.where(activated > 0, activated, activated / 0.2)[:, 1:-1, 1:-1] / 2**0.5
    assert before.std() == pytest.approx(1.0, rel=0.02)


def test_pixel_norm_and_the_deviation_within_groups():
    x = (100 * RNG.standard_normal([6, 3, 2, 5])).astype(np.float32)
    exact = x.astype(np.float64)
    expected = exact / np.sqrt((exact**2).mean(-1, keepdims=True) + 1e-8)
    np.testing.assert_allclose(PixelNormalization()(x), expected, rtol=1e-5)

    result = MinibatchStandardDeviation(group_size=3)(x).numpy()
    np.testing.assert_array_equal(result[..., :5], x)
    for group in ([0, 2, 4], [1, 3, 5]):
        deviation = np.sqrt(exact[group].var(axis=0) + 1e-8).mean()
        np.testing.assert_allclose(result[group, :, :, 5], deviation, rtol=1e-5)
    # Of 6 images, groups of 4 have to become groups of 2.
    pair = MinibatchStandardDeviation(group_size=4)(x).numpy()[0, 0, 0, 5]
    assert pair == pytest.approx(np.sqrt(exact[[0, 3]].var(axis=0) + 1e-8).mean(), rel=1e-5)


def test_noise_is_new_at_every_step_in_training_and_one_at_inference():
    keras.utils.set_random_seed(0)
    layer = Noise((4, 5))
    x = np.zeros([3, 4, 5, 2], np.float32)
    assert not np.any(layer(x, training=True))  # The strength starts at 0.
    layer.strength.assign(2.0)
    at_zero = layer(x, training=True).numpy()
    assert at_zero.shape == (3, 4, 5, 1)
    assert len(np.unique(at_zero)) == 60
    assert at_zero.std() == pytest.approx(2.0, rel=0.3)
    layer.before_update(tf.constant(64, tf.int64))
    later = layer(x, training=True).numpy()
    assert not np.any(later == at_zero)
    layer.before_update(tf.constant(0, tf.int64))
    np.testing.assert_array_equal(layer(x, training=True), at_zero)
    np.testing.assert_array_equal(layer(x), 2.0 * layer.constant.numpy())


def test_styles_are_mixed_from_one_layer_on():
    keras.utils.set_random_seed(0)
    own, other = np.zeros([2, 3], np.float32), np.ones([2, 3], np.float32)
    cuts = []
    layer = StyleMixing(layers=6, probability=0.5)
    for step in range(200):
        layer.before_update(tf.constant(step))
        mixed = layer([own, other], training=True).numpy()
        assert mixed.shape == (2, 6, 3)
        row = mixed[0, :, 0]
        assert np.all(mixed == row[None, :, None])
        assert np.all(np.diff(row) >= 0)
        cuts.append(int(6 - row.sum()))
    assert np.mean(np.array(cuts) == 6) == pytest.approx(0.5, abs=0.1)
    assert set(cuts) == {1, 2, 3, 4, 5, 6}
    assert not np.any(layer([own, other]))

    latents = OtherLatents()
    given = RNG.standard_normal([300, 4]).astype(np.float32)
    np.testing.assert_array_equal(latents(given), given)
    drawn = latents(given, training=True).numpy()
    assert abs(np.corrcoef(drawn.ravel(), given.ravel())[0, 1]) < 0.1
    assert drawn.std() == pytest.approx(1.0, abs=0.1)


def test_the_discriminator_bounds_half_precision_as_the_authors_code_does():
    architecture = ARCHITECTURES.load("stylegan2")
    spec = ModelSpec(8, 8, 1, 4, base_channels=4, options=architecture.options)
    with dtype_policy("mixed_float16"):
        layer = EqualizedConv2D(2, 1, activation="leaky_relu", half_bound=256.0)
        large = layer(np.full([1, 2, 2, 60], 3000.0, np.float32)).numpy()
        model = architecture.build_discriminator(spec)
    assert np.abs(large).max() == 256.0
    bounds = [each.half_bound for each in model.layers if isinstance(each, EqualizedConv2D)]
    # Both branches of the residual block end with half of the power.
    assert sorted(bounds) == pytest.approx([256.0 * 0.5**0.5] * 2 + [256.0] * 3)
    layer = EqualizedConv2D(2, 1, half_bound=256.0)
    assert np.abs(layer(np.full([1, 1, 1, 1], 1e6))).max() > 256.0


def test_the_mean_style_follows_the_batches_of_training_only():
    layer = StyleAverage(momentum=0.9)
    batches = RNG.standard_normal([3, 5, 2]).astype(np.float32)
    expected = np.zeros(2)
    for batch in batches:
        np.testing.assert_array_equal(layer(batch, training=True), batch)
        layer(batch + 100.0)
        expected = 0.9 * expected + 0.1 * batch.astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(layer.average, expected, rtol=1e-5)


def test_stylegan2_has_the_sizes_of_the_authors_code():
    """Of its 1024-pixel networks, as that code prints them: 2 layers of mapping, then 8."""
    architecture = ARCHITECTURES.load("stylegan2")
    spec = ModelSpec(1024, 1024, 3, 512, base_channels=32, options=dict(architecture.options))
    two_layers = dataclasses.replace(spec, options={**spec.options, "mapping_layers": 2})
    assert number_of_weights(architecture.build_generator(two_layers)) == 28_794_124
    assert number_of_weights(architecture.build_generator(spec)) == 30_370_060
    assert number_of_weights(architecture.build_discriminator(spec)) == 29_012_513
