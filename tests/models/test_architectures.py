"""Every registered architecture: sizes, ranges, precision, labels; then each one's own rules."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.maxout import Maxout
from gan_cli.models.layers.resolution import resolution_ladder
from gan_cli.training.precision import dtype_policy

SPEC = ModelSpec(height=12, width=20, channels=3, latent_dim=7, base_channels=10, max_channels=24)


def latents(spec, count=5):
    return tf.random.stateless_normal([count, spec.latent_dim], [1, 2])


def images(spec, count=5):
    shape = [count, spec.height, spec.width, spec.channels]
    return tf.random.stateless_uniform(shape, [3, 4], minval=-1.0, maxval=1.0)


# Their images are linear, and only trained to lie in [-1, 1].
UNBOUNDED = ("points_mlp", "progan", "r3gan", "stylegan2")


@pytest.fixture(params=ARCHITECTURES.names)
def name(request):
    return request.param


@pytest.fixture
def architecture(name):
    keras.utils.set_random_seed(0)
    return ARCHITECTURES.load(name)


def logits_of(outputs):
    """Discriminators with further outputs return a dict."""
    return outputs["logits"] if isinstance(outputs, dict) else outputs


def spec_for(architecture, **sizes):
    # Outputs that are 0 or 1 alone answer to few latents.
    options = dict(architecture.options)
    if "output" in options:
        options["output"] = "tanh" if "silence" in options else "softmax"
    return dataclasses.replace(SPEC, options=options, **sizes)


@pytest.mark.parametrize(
    ("height", "width", "channels"), [(8, 8, 1), (28, 28, 1), (30, 17, 3), (32, 64, 4)]
)
def test_generator_fills_the_image_and_discriminator_reads_it(
    name, architecture, height, width, channels
):
    spec = spec_for(architecture, height=height, width=width, channels=channels)
    # With batch statistics: the moving ones of an untrained network let its tanh saturate.
    generated = architecture.build_generator(spec)(latents(spec), training=True)
    assert generated.shape == (5, height, width, channels)
    assert generated.dtype == tf.float32
    if name not in UNBOUNDED:
        assert np.abs(generated).max() <= 1.0
    # Every pixel answers to the latents: no row or column is left constant.
    assert (np.std(generated, axis=0) > 0).all()

    discriminator = architecture.build_discriminator(spec)
    x = images(spec)
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = logits_of(discriminator(x))
    assert logits.shape == (5,)
    assert logits.dtype == tf.float32
    assert (np.abs(tape.gradient(logits, x)).max(axis=(0, 3)) > 0).all()


def test_outputs_stay_float32_and_close_under_mixed_precision(architecture):
    # The tolerance is a dozen units in the last place of an 8-bit (bfloat16) significand, which the
    # deepest of the networks need.
    spec = spec_for(architecture)
    # Two networks would mix other styles.
    spec.options.update({k: 0.0 for k in spec.options if k == "style_mixing"})
    builders = architecture.build_generator, architecture.build_discriminator
    references = [build(spec) for build in builders]
    for reference, build, inputs in zip(
        references, builders, (latents(SPEC), images(SPEC)), strict=True
    ):
        # As above; discriminators may drop units when they train.
        training = reference.name == "generator"
        weights = reference.get_weights()
        expected = logits_of(reference(inputs, training=training))
        for policy in ("mixed_bfloat16", "mixed_float16"):
            with dtype_policy(policy):
                mixed = build(spec)
            mixed.set_weights(weights)
            actual = logits_of(mixed(inputs, training=training))
            assert actual.dtype == tf.float32
            assert all(weight.dtype == "float32" for weight in mixed.weights)
            atol = 0.05 * np.abs(expected).max() + 1e-3
            np.testing.assert_allclose(actual, expected, atol=atol, err_msg=policy)
            assert not np.array_equal(actual, expected)


def test_labels_change_what_a_conditional_network_returns(architecture):
    spec = spec_for(architecture, num_classes=3)
    # Conditional batch normalisation starts alike for all classes; beside the latents it does not.
    labelled = dataclasses.replace(spec, conditioning=architecture.discriminator_conditioning)
    if labelled.conditioning == "auxiliary":  # It predicts labels, and takes none.
        labelled = dataclasses.replace(spec, conditioning="projection")
    for model, inputs in (
        (architecture.build_generator(spec), latents(spec)),
        (architecture.build_discriminator(labelled), images(spec)),
    ):
        outputs = [logits_of(model([inputs, tf.fill([5], label)])).numpy() for label in (0, 1, 2)]
        for one, other in ((0, 1), (1, 2), (0, 2)):
            assert np.abs(outputs[one] - outputs[other]).reshape(5, -1).max(axis=1).min() > 0


def test_projection_adds_the_inner_product_of_label_embedding_and_features():
    spec = dataclasses.replace(SPEC, num_classes=4)
    keras.utils.set_random_seed(3)
    model = ARCHITECTURES.load("conv").build_discriminator(spec)
    x = images(spec)
    labels = np.array([0, 1, 2, 3, 1], np.int32)
    features = keras.Model(model.inputs[0], model.get_layer("projection").input[1])(x)
    table = model.get_layer("label_embedding").embeddings.numpy()
    gap = model([x, tf.constant(labels)]).numpy() - model([x, tf.zeros(5, tf.int32)]).numpy()
    expected = ((table[labels] - table[0]) * features.numpy()).sum(axis=1)
    np.testing.assert_allclose(gap, expected, atol=1e-5)


def test_same_seed_builds_the_same_weights(architecture):
    def weights(seed):
        keras.utils.set_random_seed(seed)
        return architecture.build_generator(spec_for(architecture)).get_weights()

    for one, again in zip(weights(5), weights(5), strict=True):
        np.testing.assert_array_equal(one, again)
    different = [
        not np.array_equal(one, other) for one, other in zip(weights(5), weights(6), strict=True)
    ]
    assert any(different)


def test_resolution_ladder_halves_and_rounds_up():
    assert resolution_ladder(28, 28) == [(28, 28), (14, 14), (7, 7), (4, 4)]
    assert resolution_ladder(48, 20) == [(48, 20), (24, 10), (12, 5), (6, 3)]
    assert resolution_ladder(256, 256)[-1] == (4, 4)


def test_maxout_takes_the_largest_of_its_affine_pieces():
    rng = np.random.default_rng(0)
    layer = Maxout(units=4, pieces=3)
    x = rng.standard_normal((6, 5)).astype(np.float32)
    result = layer(x).numpy()
    kernel, bias = (v.numpy() for v in layer.affine.weights)
    expected = np.empty((6, 4))
    for row in range(6):
        for unit in range(4):
            pieces = range(3 * unit, 3 * unit + 3)
            expected[row, unit] = max(x[row] @ kernel[:, p] + bias[p] for p in pieces)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


def test_mlp_has_the_sizes_of_the_2014_mnist_experiment():
    mlp = ARCHITECTURES.load("mlp")
    spec = ModelSpec(28, 28, 1, latent_dim=100, base_channels=mlp.base_channels)
    # 100-1200-1200-784 rectifier network; 784-240x5-240x5-1 maxout network.
    generator = 101 * 1200 + 1201 * 1200 + 1201 * 784
    discriminator = 785 * 240 * 5 + 241 * 240 * 5 + 241
    assert mlp.build_generator(spec).count_params() == generator
    assert mlp.build_discriminator(spec).count_params() == discriminator


def test_dcgan_follows_the_guidelines_of_its_paper():
    dcgan = ARCHITECTURES.load("dcgan")
    spec = ModelSpec(64, 64, 3, latent_dim=100, base_channels=128, max_channels=1024)
    keras.utils.set_random_seed(0)
    generator, discriminator = dcgan.build_generator(spec), dcgan.build_discriminator(spec)

    def of(model, kind):
        return [layer for layer in model.layers if isinstance(layer, kind)]

    # Figure 1: 4x4x1024, then 512, 256, 128 and 3 channels at 8, 16, 32 and 64 pixels.
    transposed = of(generator, keras.layers.Conv2DTranspose)
    assert [layer.filters for layer in transposed] == [512, 256, 128, 3]
    assert of(generator, keras.layers.Reshape)[0].target_shape == (4, 4, 1024)
    assert [layer.filters for layer in of(discriminator, keras.layers.Conv2D)] == [
        128,
        256,
        512,
        1024,
    ]
    # No pooling, one dense layer at each end, no batch norm at G's output and D's input.
    for model in (generator, discriminator):
        assert not of(model, keras.layers.MaxPooling2D)
        assert not of(model, keras.layers.AveragePooling2D)
        assert len(of(model, keras.layers.Dense)) == 1
    assert len(of(generator, keras.layers.BatchNormalization)) == 4
    assert len(of(discriminator, keras.layers.BatchNormalization)) == 3
    for layer in [*transposed, *of(discriminator, keras.layers.Conv2D)]:
        assert layer.kernel.numpy().std() == pytest.approx(0.02, rel=0.05)
        assert layer.kernel.numpy().mean() == pytest.approx(0.0, abs=0.002)
    assert {layer.negative_slope for layer in of(discriminator, keras.layers.LeakyReLU)} == {0.2}


def test_dcgan_drops_the_given_share_while_it_trains():
    dcgan = ARCHITECTURES.load("dcgan")
    images = keras.random.normal([64, 16, 16, 3], seed=1)

    def built(rate):
        keras.utils.set_random_seed(0)
        options = {
            **dcgan.options,
            "discriminator_batch_norm": False,
            "discriminator_dropout": rate,
        }
        return dcgan.build_discriminator(
            ModelSpec(16, 16, 3, latent_dim=5, base_channels=8, options=options)
        )

    plain, dropping = built(0.0), built(0.3)
    dropping.set_weights(plain.get_weights())
    np.testing.assert_array_equal(plain(images), dropping(images))
    rates = [layer.rate for layer in dropping.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.3] * 2
    assert not any(isinstance(layer, keras.layers.Dropout) for layer in plain.layers)
    # What the last layer sees: shares of both masks, and what is left is greater for it.
    last = dropping.get_layer("features")
    seen = keras.Model(dropping.inputs, last.output)(images, training=True)
    assert np.mean(np.asarray(seen) == 0) == pytest.approx(0.3, abs=0.02)
    with pytest.raises(UserError, match=r"discriminator_dropout: must be .* below 1, got 1"):
        built(1.0)


def test_dcgan_without_batch_norm_in_d_judges_each_image_for_itself():
    dcgan = ARCHITECTURES.load("dcgan")
    images = keras.random.normal([6, 16, 16, 3], seed=1)
    logits = {}
    for normalizes in (True, False):
        keras.utils.set_random_seed(0)
        options = {**dcgan.options, "discriminator_batch_norm": normalizes}
        spec = ModelSpec(16, 16, 3, latent_dim=5, base_channels=8, options=options)
        discriminator = dcgan.build_discriminator(spec)
        kinds = [type(layer) for layer in discriminator.layers]
        assert kinds.count(keras.layers.BatchNormalization) == normalizes
        # The shift of batch normalisation takes the place of a bias.
        biases = [w for w in discriminator.weights if w.path.endswith("bias")]
        assert len(biases) == (2 if normalizes else 3)
        batch, alone = (
            discriminator(images, training=True),
            discriminator(images[:2], training=True),
        )
        logits[normalizes] = np.array(batch[:2]), np.array(alone)
    np.testing.assert_allclose(*logits[False], rtol=1e-5)
    assert not np.allclose(*logits[True], rtol=1e-3)
