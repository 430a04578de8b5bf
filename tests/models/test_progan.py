"""Progressive growing: schedule, sizes, and both networks while they grow, in float64."""

import dataclasses
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from float64_networks import convolve, exact, leaky, pool, upsample

from gan_cli.errors import UserError
from gan_cli.experiment.dry_run import flops_per_image
from gan_cli.experiment.step_memory import activation_bytes
from gan_cli.models import ARCHITECTURES, progan
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.growing import level_of_detail

SPEC = ModelSpec(16, 16, 3, latent_dim=6, base_channels=4, max_channels=7)
# All that can be met on a ladder of three rungs: stable, and fading in.
DETAILS = (2.0, 1.7, 1.0, 0.25, 0.0)


def built(build, spec=SPEC):
    keras.utils.set_random_seed(0)
    model = build(spec)
    rng = np.random.default_rng(0)
    for variable in model.trainable_variables:
        if len(variable.shape) == 1:
            variable.assign(0.3 * rng.standard_normal(variable.shape))
    return model


def set_detail(model, name, detail):
    model.get_layer(name).level_of_detail.assign(detail)


def linear(x, layer, gain):
    """With He et al.'s constant at run time; no activation."""
    kernel = exact(layer.kernel)
    kernel = kernel * gain / np.sqrt(np.prod(kernel.shape[:-1]))
    bias = exact(layer.bias) if layer.use_bias else 0.0
    return convolve(x, kernel, bias) if kernel.ndim == 4 else x @ kernel + bias


def pixel_norm(x):
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-8)


def faded(new, old, share):
    return new + (old - new) * np.clip(share, 0.0, 1.0)


def reference_images(layer, z, detail):
    x = linear(pixel_norm(exact(z)), layer.first, math.sqrt(2) / 4).reshape(len(z), 4, 4, -1)
    x = pixel_norm(leaky(x + exact(layer.first_bias.bias)))
    images = None
    for level in range(layer.top, math.floor(detail) - 1, -1):
        x = x if level == layer.top else upsample(x)
        for convolution in layer.blocks[level]:
            x = pixel_norm(leaky(linear(x, convolution, math.sqrt(2))))
        image = linear(x, layer.to_image[level], 1.0)
        images = image if images is None else faded(image, upsample(images), detail - level)
    while images.shape[1] < 16:
        images = upsample(images)
    return images


@pytest.mark.parametrize("detail", DETAILS)
def test_generator_equals_the_definition_while_it_grows(detail):
    model = built(progan.build_generator)
    set_detail(model, "images", detail)
    z = np.random.default_rng(1).standard_normal((4, 6)).astype(np.float32)
    layer = model.get_layer("images")
    np.testing.assert_allclose(
        model(tf.constant(z)), reference_images(layer, z, detail), rtol=1e-4, atol=1e-5
    )


def reference_features(layer, images, detail):
    pyramid = [exact(images)]
    for _ in range(layer.top):
        pyramid.append(pool(pyramid[-1]))

    def read(level):
        return leaky(linear(pyramid[level], layer.from_image[level], math.sqrt(2)))

    x = read(0)
    for level in range(layer.top):
        for convolution in layer.blocks[level]:
            x = leaky(linear(x, convolution, math.sqrt(2)))
        x = faded(pool(x), read(level + 1), detail - level)
    # One group of all four images.
    deviation = np.sqrt(x.var(axis=0) + 1e-8).mean()
    x = np.concatenate([x, np.full((*x.shape[:-1], 1), deviation)], axis=-1)
    x = leaky(linear(x, layer.last, math.sqrt(2)))
    return leaky(linear(x.reshape(len(x), -1), layer.to_features, math.sqrt(2)))


@pytest.mark.parametrize("detail", DETAILS)
def test_discriminator_equals_the_definition_while_it_grows(detail):
    """The reference computes all blocks and fades by shares of 0 and 1; ours skips them."""
    model = built(progan.build_discriminator)
    set_detail(model, "growing", detail)
    images = np.random.default_rng(1).uniform(-1, 1, (4, 16, 16, 3)).astype(np.float32)
    layer = model.get_layer("growing")
    expected = linear(reference_features(layer, images, detail), model.layers[-2], 1.0)[:, 0]
    np.testing.assert_allclose(model(tf.constant(images)), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("boundary", [1.0, 2.0])
def test_an_image_and_its_logit_are_continuous_where_a_stage_begins_and_ends(boundary):
    generator, discriminator = (
        built(progan.build_generator),
        built(progan.build_discriminator),
    )
    z = tf.random.stateless_normal([4, 6], [1, 2])

    def at(detail):
        set_detail(generator, "images", detail)
        set_detail(discriminator, "growing", detail)
        images = generator(z)
        return images.numpy(), discriminator(images).numpy()

    exactly, before = at(boundary), at(min(boundary + 1e-4, 2.0))
    after, later = at(boundary - 1e-4), at(boundary - 0.5)
    for there, early, late, far in zip(exactly, before, after, later, strict=True):
        np.testing.assert_allclose(early, there, atol=2e-3)
        np.testing.assert_allclose(late, there, atol=2e-3)
        assert np.abs(far - there).max() > 0.05


def test_sizes_at_1024_pixels_are_those_of_the_authors_networks():
    """Table 2 gives 23.1 M for both; with the images' layers of all rungs, as here, it is these."""
    spec = ModelSpec(1024, 1024, 3, latent_dim=512, base_channels=16, max_channels=512)
    for build, count in (
        (progan.build_generator, 23_079_115),
        (progan.build_discriminator, 23_087_249),
    ):
        model = build(spec)
        assert sum(math.prod(v.shape) for v in model.trainable_variables) == count


@pytest.mark.parametrize(("stable", "fade"), [(600.0, 600.0), (2.0, 0.5), (1.0, 0.0), (0.0, 3.0)])
def test_the_schedule_is_that_of_the_authors_code(stable, fade):
    for images in [0, 1, 499, 500, 1999, 2000, 2250, 2500, 600_000, 900_001, 7_000_001, 30_000_001]:
        phase = int(images / 1000 // (stable + fade))
        rest = images / 1000 - phase * (stable + fade)
        expected = 8 - phase - (max(rest - stable, 0.0) / fade if fade else 0.0)
        actual = level_of_detail(tf.constant(images, tf.int64), 8, stable, fade)
        assert float(actual) == pytest.approx(max(expected, 0.0), abs=1e-5)
    assert float(level_of_detail(tf.constant(0), 8, 0.0, 0.0)) == 0.0


@pytest.mark.parametrize("detail", DETAILS)
def test_real_images_are_shown_as_coarse_as_generated_ones(detail):
    model = built(progan.build_discriminator)
    set_detail(model, "growing", detail)
    images = np.random.default_rng(1).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
    # As in the authors' code: averaged to the finer of the two resolutions, faded with that of half
    # the size, and repeated up to full size.
    coarse = exact(images)
    for _ in range(math.floor(detail)):
        coarse = pool(coarse)
    expected = faded(coarse, upsample(pool(coarse)), detail - math.floor(detail))
    while expected.shape[1] < 16:
        expected = upsample(expected)
    shown = model.get_layer("growing").view_of_reals(tf.constant(images))
    np.testing.assert_allclose(shown, expected, atol=1e-6)


def test_sides_that_are_no_powers_of_two_grow_too():
    spec = ModelSpec(9, 14, 1, latent_dim=6, base_channels=4)
    generator, discriminator = (
        built(progan.build_generator, spec),
        built(progan.build_discriminator, spec),
    )
    for detail in (2.0, 1.5, 0.0):
        set_detail(generator, "images", detail)
        set_detail(discriminator, "growing", detail)
        images = generator(tf.random.stateless_normal([3, 6], [1, 2]))
        assert images.shape == (3, 9, 14, 1)
        # What is generated is as coarse as reals are shown.
        shown = discriminator.get_layer("growing").view_of_reals(images)
        if detail == int(detail):
            np.testing.assert_allclose(shown, images, atol=1e-5)
        assert discriminator(images).shape == (3,)


def test_blocks_that_are_not_used_yet_are_not_learned():
    model = built(progan.build_discriminator)
    layer = model.get_layer("growing")
    set_detail(model, "growing", 1.5)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(tf.ones([4, 16, 16, 3])))
    parts = [layer.blocks[0][0], layer.from_image[0], layer.blocks[1][0], layer.from_image[2]]
    gradients = tape.gradient(
        total, [part.kernel.value for part in parts], unconnected_gradients="zero"
    )
    assert [bool(np.any(gradient)) for gradient in gradients] == [False, False, True, True]


def test_penalties_of_gradients_differentiate_twice_within_a_fade():
    """Through the choice of a branch in a graph, as without one."""
    model = built(progan.build_discriminator, dataclasses.replace(SPEC, height=8, width=8))
    set_detail(model, "growing", 0.4)
    layer = model.get_layer("growing")
    images = tf.random.stateless_uniform([4, 8, 8, 3], [1, 2], -1.0, 1.0)
    kernels = [part.kernel.value for part in (layer.blocks[0][0], layer.from_image[1], layer.last)]

    def gradients():
        with tf.GradientTape() as outer:
            with tf.GradientTape(watch_accessed_variables=False) as inner:
                inner.watch(images)
                total = tf.reduce_sum(model(images))
            penalty = tf.reduce_sum(tf.square(inner.gradient(total, images)))
        return outer.gradient(penalty, kernels)

    chosen = tf.function(gradients, autograph=False)()
    # Without branches.
    layer.fix_for_export()
    for actual, expected in zip(chosen, gradients(), strict=True):
        assert np.abs(expected).max() > 1e-3
        np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-6)


def test_a_growing_network_is_described_whole():
    model = progan.build_generator(SPEC)
    set_detail(model, "images", 2.0)
    # The multiplications of the dense layer, of each rung's convolutions, and of the image's.
    width = [4, 7, 7, 7]
    counted = 6 * 16 * 7 + 16 * 9 * 7 * 7
    counted += 64 * 9 * (7 * 7 + 7 * 7) + 256 * 9 * (7 * 4 + 4 * 4) + 256 * 4 * 3
    assert 2 * counted < flops_per_image(model) < 1.3 * 2 * counted
    values = 16 * width[2] + 2 * 64 * width[1] + 2 * 256 * width[0]
    assert model.get_layer("images").inner_activation_bytes == 4 * values
    assert activation_bytes(model) > 4 * values + 4 * 256 * 3
    # And goes on growing.
    images = model(tf.ones([1, 6])).numpy()
    np.testing.assert_array_equal(images[:, :4, :4], images[:, :1, :1].repeat(4, 1).repeat(4, 2))


@pytest.mark.parametrize("option", ["stable_kimg", "fade_kimg"])
def test_a_negative_duration_is_refused(option):
    with pytest.raises(UserError, match=option):
        progan.build_generator(ModelSpec(8, 8, 1, 4, options={option: -1.0}))


@pytest.mark.parametrize("name", ["progan", "stylegan2"])
def test_the_class_head_has_an_equalised_learning_rate_too(name):
    """Earlier runs keep theirs, whose weights have another scale."""
    architecture = ARCHITECTURES.load(name)

    def head(**options):
        spec = dataclasses.replace(
            SPEC,
            num_classes=3,
            conditioning="auxiliary",
            options=architecture.options | options,
        )
        return architecture.build_discriminator(spec).get_layer("class_scores")

    equalized, plain = head(), head(equalized_class_head=False)
    assert equalized.scale == pytest.approx(equalized.kernel.shape[0] ** -0.5)
    features = np.ones([1, equalized.kernel.shape[0]], np.float32)
    expected = exact(features) @ exact(equalized.kernel) * equalized.scale
    np.testing.assert_allclose(equalized(features), expected, rtol=1e-4, atol=1e-6)
    assert isinstance(plain, keras.layers.Dense)
    assert plain.kernel.shape == equalized.kernel.shape
