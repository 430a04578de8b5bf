"""A run that stopped and went on equals the one that never stopped, bit by bit."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.data.pipeline import training_batches
from gan_cli.models import ARCHITECTURES
from gan_cli.run.checkpoint import CheckpointStore, restore
from gan_cli.training.loop import Action, compile_steps, train

# The others take as long to compile as all the rest together; their steps are taken one by one.
COMPILED = ("conv", "dcgan", "mlp")


def penalty(name, gamma, every=1):
    return {"name": name, "gamma": gamma, "every": every}


def one_by_one(step):
    def run_steps(images, labels):
        for batch in zip(images, labels, strict=True):
            report = step(*batch)
        return report

    return run_steps


def run(gan, steps, steps_per_call, actions=(), compiled=True):
    shown = int(gan.state.images_shown)
    batches = training_batches(
        gan.data,
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
def test_k_steps_a_resume_and_k_steps_equal_2k_steps(tmp_path, small_gan, architecture):
    model = {"architecture": architecture}
    objective = {"loss": "relativistic", "penalties": [penalty("wgan_gp", 0.1, every=3)]}
    # A rate that changes: the restored one must not be taken for the first one.
    schedule = {"name": "cosine", "until_kimg": 0.2, "final_factor": 0.0}
    if architecture == "conv":
        model |= {"conditional": True}
        objective |= {"n_critic": 2, "generator_batch": "fresh"}
    if architecture == "mlp":
        objective |= {"updates": "simultaneous"}
    if architecture == "dcgan":
        # What remembers: an adaptive augmentation, and penalties with variables of their own.
        objective |= {
            "penalties": [penalty("lecam", 0.3), penalty("historical_averaging", 0.1, every=2)],
            "augmentation": {"name": "ada", "signal": "pair_sign", "adjustment_kimg": 0.1},
        }
    if architecture == "progan":
        # Of 12 pixels a side there are two halvings: one rung is new after 16 images and faded in
        # after 56, so that the run stops at 40 images and ends at 80 within a fade.
        model |= {"options": {"stable_kimg": 0.016, "fade_kimg": 0.04}}
    compiled = architecture in COMPILED
    steps = 5 if compiled or architecture == "progan" else 1
    if not compiled:
        # Gradients of gradients, tested elsewhere, take longest to build.
        objective |= {"penalties": [penalty("drift", 0.1)]}

    def build():
        training = {"learning_rate_schedule": schedule}
        gan = small_gan(model=model, objective=objective, training=training)
        if gan.step.augmentation:
            # So eager that a few steps move the probability; a config has no target below 0.
            control = dataclasses.replace(gan.step.augmentation, target=-1.0)
            gan.step.augmentation = gan.step.losses.augmentation = control
        return gan

    whole = build()
    store, half = CheckpointStore(tmp_path), steps * whole.step.images_per_step
    save = Action(half, lambda shown: store.save(whole.state.variables(), shown))
    run(whole, 2 * steps, steps_per_call=steps, actions=[save], compiled=compiled)

    # Nothing of the new process's own initialisation may be left after the restore.
    second = build()
    for variable in second.state.variables().values():
        if variable.dtype.is_floating:
            variable.assign(tf.ones_like(variable))
    restore(store.all()[0], second.state.variables())
    run(second, steps, steps_per_call=2, compiled=compiled)

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
    names = small_gan(training={"precision": "mixed_float16"}).state.variables()
    scales = [name for name, v in names.items() if v.shape == [] and float(v) == 2.0**15]
    assert len(scales) == 2
