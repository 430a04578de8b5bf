"""A run that stopped and went on equals the one that never stopped, bit by bit."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.data.dataset import ImageDataset
from gan_cli.data.pipeline import training_batches
from gan_cli.models import ARCHITECTURES
from gan_cli.run.checkpoint import CheckpointStore, restore
from gan_cli.training.loop import Action, compile_steps, train

BATCH = 8
# The others take as long to compile as all the rest together; their steps are taken one by one.
COMPILED = ("conv", "dcgan", "mlp")


@pytest.fixture
def dataset():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (27, 12, 12, 1), dtype=np.uint8)
    return ImageDataset(images, rng.integers(0, 3, 27).astype(np.int32), ("a", "b", "c"), "x")


def one_by_one(step):
    def run_steps(images, labels):
        for batch in zip(images, labels, strict=True):
            report = step(*batch)
        return report

    return run_steps


def run(gan, dataset, steps, steps_per_call, actions=(), compiled=True):
    shown = int(gan.state.images_shown)
    batches = training_batches(
        dataset,
        gan.step.reals_per_step,
        0,
        first_image=gan.step.reals_taken(shown),
        mirror=True,
        steps_per_call=steps_per_call,
    )
    train(
        compile_steps(gan.step, (12, 12, 1), xla=False) if compiled else one_by_one(gan.step),
        batches,
        images_shown=shown,
        total_images=shown + steps * gan.step.images_per_step,
        batch_size=gan.step.images_per_step,
        actions=actions,
        on_report=lambda images_shown, report: None,
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES.names)
def test_k_steps_a_resume_and_k_steps_equal_2k_steps(tmp_path, small_gan, dataset, architecture):
    options = {
        "architecture": architecture,
        "loss": "relativistic",
        "penalties": [("wgan_gp", 0.1, 3)],
        # A rate that changes: the restored one must not be taken for the first one.
        "learning_rate_factor": lambda shown: tf.exp(-tf.cast(shown, tf.float32) / 50.0),
    }
    if architecture == "conv":
        options |= {"num_classes": 3, "n_critic": 2, "fresh_generator_batch": True}
    if architecture == "mlp":
        options |= {"simultaneous": True}
    if architecture == "dcgan":
        # What remembers: an adaptive augmentation, and penalties with variables of their own.
        options |= {
            "penalties": [("lecam", 0.3, 1), ("historical_averaging", 0.1, 2)],
            "augmentation": "ada",
        }
    if architecture == "progan":
        # Of 12 pixels a side there are two halvings: one rung is new after 16 images and faded in
        # after 56, so that the run stops at 40 images and ends at 80 within a fade.
        options |= {"options": {"stable_kimg": 0.016, "fade_kimg": 0.04}}
    compiled = architecture in COMPILED
    steps = 5 if compiled or architecture == "progan" else 1
    if not compiled:
        # Gradients of gradients, tested elsewhere, take longest to build.
        options |= {"penalties": [("drift", 0.1, 1)]}
    whole = small_gan(**options)
    store, half = CheckpointStore(tmp_path), steps * whole.step.images_per_step
    save = Action(half, lambda shown: store.save(whole.state.variables(), shown))
    run(whole, dataset, 2 * steps, steps_per_call=steps, actions=[save], compiled=compiled)

    # Nothing of the new process's own initialisation may be left after the restore.
    second = small_gan(**options)
    for variable in second.state.variables().values():
        if variable.dtype.is_floating:
            variable.assign(tf.ones_like(variable))
    restore(store.all()[0], second.state.variables())
    run(second, dataset, steps, steps_per_call=2, compiled=compiled)

    expected, actual = whole.state.variables(), second.state.variables()
    assert expected.keys() == actual.keys()
    assert len(expected) == (
        len(whole.state.generator.variables) * 2
        + len(whole.state.discriminator.variables)
        + len(whole.state.generator_optimizer.variables)
        + len(whole.state.discriminator_optimizer.variables)
        + 2
        + len(whole.state.memory)
    )
    if architecture == "progan":
        detail = whole.state.generator.get_layer("images").level_of_detail
        assert float(detail) == pytest.approx(1.0)  # Of the last step, which began at 72 images.
    if architecture == "dcgan":
        assert float(actual["memory/augmentation/probability"]) > 0
        assert len(whole.state.memory) > 4
    for name in expected:
        np.testing.assert_array_equal(actual[name], expected[name], err_msg=name)
    assert int(actual["step"]) == 2 * steps


def test_the_checkpoint_holds_the_loss_scales(small_gan):
    names = small_gan(policy="mixed_float16").state.variables()
    scales = [name for name, v in names.items() if v.shape == [] and float(v) == 2.0**15]
    assert len(scales) == 2
