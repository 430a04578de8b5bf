"""What the discriminator is shown, and what it answers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.objectives.augment import AUGMENTATIONS
from gan_cli.training.augment import AugmentationControl
from gan_cli.training.judge import Judge

SEED = tf.constant([3, 4], tf.int32)


def sums(channels):
    """A discriminator that answers with the weighted sum of its image."""
    images = keras.Input([2, 3, channels])
    x = keras.layers.Flatten(name="features")(images)
    return keras.Model(images, keras.layers.Reshape([])(keras.layers.Dense(1)(x)))


def test_packing_puts_whole_images_on_the_channels_and_back():
    images = np.random.default_rng(0).standard_normal((6, 2, 3, 2)).astype(np.float32)
    judge = Judge(sums(6), pack=3)
    packed = judge.pack(tf.constant(images)).numpy()
    assert packed.shape == (2, 2, 3, 6)
    for pack in range(2):
        for member in range(3):
            expected = images[3 * pack + member]
            np.testing.assert_array_equal(packed[pack][..., 2 * member : 2 * member + 2], expected)
    np.testing.assert_array_equal(judge.unpack(tf.constant(packed)), images)


def test_the_transform_sees_single_images_and_every_pass_goes_through_it():
    images = tf.constant(np.random.default_rng(0).standard_normal((4, 2, 3, 1)), tf.float32)
    seen = []

    def transform(given, seed):
        seen.append(given.shape)
        return given * 2.0 + tf.cast(seed[0], tf.float32)

    model = sums(2)
    judge, plain = Judge(model, ("features",), transform, pack=2), Judge(model, pack=2)
    packed = judge.pack(images)
    expected = plain.learn(judge.pack(images * 2.0 + 3.0), None, SEED)["logits"]
    for answers in (judge.learn(packed, None, SEED), judge.judge(packed, None, SEED)):
        np.testing.assert_allclose(answers["logits"], expected, rtol=1e-5)
        np.testing.assert_allclose(
            answers["features"], tf.reshape(packed * 2.0 + 3.0, [2, -1]), rtol=1e-6
        )
    np.testing.assert_allclose(judge.logits_for_gradients(packed, None, SEED), expected, rtol=1e-5)
    assert set(seen) == {(4, 2, 3, 1)}


def test_instance_noise_fades_linearly(small_gan, batch):
    gan = small_gan(objective={"instance_noise": {"std": 0.5, "until_kimg": 0.016}})
    images = tf.zeros([400, 12, 12, 1])
    for shown, std in ((0, 0.5), (8, 0.25), (16, 0.0), (80, 0.0)):
        gan.state.images_shown.assign(shown)
        assert np.std(gan.step.losses.transform(images, SEED)) == pytest.approx(std, rel=0.02)


def control(signal, **options):
    return AugmentationControl(
        AUGMENTATIONS.load("ada"), tf.Variable(0.5, trainable=False), signal, **options
    )


def test_the_controller_moves_every_fourth_step_by_the_mean_signal():
    adaptive = control("real_sign", target=0.4, adjustment_kimg=1.0)
    # Mean signs 1, 0, 0, 1 -> 0.5, above the target; then 0.25, below it.
    rounds = [([1, 1], [1, -1], [1, -1], [1, 1]), ([1, 1], [1, -1], [-1, 1], [1, -1])]
    found, step = [], 0
    for logits_of_round in rounds:
        for logits in logits_of_round:
            adaptive.adapt(
                tf.constant(step), 10, tf.constant(logits, tf.float32), tf.zeros(2), tf.zeros
            )
            found.append(float(adaptive.probability))
            step += 1
    moved = 10 * 4 / 1000
    np.testing.assert_allclose(found, [0.5] * 3 + [0.5 + moved] * 4 + [0.5], atol=1e-6)


def test_the_held_out_ratio_is_measured_in_the_step_that_moves():
    train, fake = tf.constant([2.0, 4.0]), tf.constant([-1.0, 1.0])
    for held_out, direction in (([0.0, 1.0], 1), ([2.0, 3.0], -1)):
        adaptive = control("held_out_ratio", adjustment_kimg=1.0)
        for step in range(4):
            adaptive.adapt(
                tf.constant(step), 10, train, fake, lambda held_out=held_out: tf.constant(held_out)
            )
        # (3 - 0.5) / 3 is above 0.6, (3 - 2.5) / 3 below it.
        assert float(adaptive.probability) == pytest.approx(0.5 + direction * 0.04)


def test_a_fixed_probability_stays(small_gan, batch):
    fixed = control(None)
    fixed.adapt(tf.constant(3), 10, tf.ones(2), tf.zeros(2), tf.zeros)
    assert float(fixed.probability) == 0.5


def test_labels_of_generated_images_can_be_others_than_those_of_the_real_ones(small_gan, batch):
    gan = small_gan(model={"conditional": True, "label_sampling": "uniform"})
    given, draw = [], gan.step.fake_labels

    def labels(seed):
        given.append(draw(seed))
        return given[-1]

    gan.step.fake_labels = labels
    gan.step(*batch)
    assert given[0].shape == [8]
    assert set(np.unique(given[0])) <= {0, 1, 2}
    assert not np.array_equal(given[0], batch[1])


def test_an_update_that_is_not_finite_is_skipped_where_asked(small_gan, batch, snapshot):
    gan = small_gan(guard={"on_non_finite": "skip"})
    gan.state.discriminator.trainable_variables[0].assign(
        tf.fill(gan.state.discriminator.trainable_variables[0].shape, np.nan)
    )
    before = snapshot(gan.state.generator)
    gan.step(*batch)
    after = snapshot(gan.state.generator)
    trainable = {id(v) for v in gan.state.generator.trainable_variables}
    for variable, old, new in zip(gan.state.generator.variables, before, after, strict=True):
        if id(variable) in trainable:
            np.testing.assert_array_equal(old, new)


def test_a_growing_discriminator_is_shown_real_images_as_coarse_as_generated_ones(
    small_gan, batch, monkeypatch
):
    gan = small_gan(model={"architecture": "progan"}, objective={"loss": "relativistic"})
    seen = []
    for name in ("learn", "judge"):
        original = getattr(gan.step.losses.judge, name)

        def spy(images, labels, seed, original=original):
            seen.append(images.numpy())
            return original(images, labels, seed)

        monkeypatch.setattr(gan.step.losses.judge, name, spy)
    gan.step(*batch)
    # At the first stage, 3x3 pixels: reals and fakes of D's update, and of G's.
    assert len(seen) == 4
    for images in seen:
        blocks = images.reshape(8, 3, 4, 3, 4)
        assert np.ptp(blocks, axis=(2, 4)).max() < 1e-5
    exact = np.asarray(batch[0], np.float64) / 127.5 - 1.0
    means = exact.reshape(8, 3, 4, 3, 4).mean(axis=(2, 4))
    for real in (seen[0], seen[3]):
        np.testing.assert_allclose(real[:, ::4, ::4, 0], means, atol=1e-5)


@pytest.mark.parametrize("generator_batch", ["shared", "fresh"])
def test_the_probability_moves_once_in_four_steps_whatever_the_critic_updates(
    small_gan, batch, generator_batch
):
    gan = small_gan(
        objective={
            "n_critic": 3,
            "generator_batch": generator_batch,
            "loss": "non_saturating",
            "augmentation": {"name": "ada", "signal": "real_sign", "probability": 0.5},
        }
    )
    control = gan.step.augmentation
    images, labels = (tf.repeat(part, 3, axis=0) for part in batch)
    for _ in range(4):
        gan.step(images, labels)
    moved = len(images) * 4 / (control.adjustment_kimg * 1000)
    assert abs(float(control.probability) - 0.5) == pytest.approx(moved, rel=1e-3)
