"""A network or a loss of another form than its contract says is one line."""

import keras
import pytest
import tensorflow as tf

from gan_cli.assembly.checks import check_loss, check_network
from gan_cli.errors import UserError
from gan_cli.models.contract import ModelSpec
from gan_cli.objectives import LOSSES
from gan_cli.objectives.losses import Loss

PLAIN = ModelSpec(8, 8, 1, latent_dim=4)
LABELLED = ModelSpec(8, 8, 1, latent_dim=4, num_classes=3)


def network(inputs, shape, dtype="float32"):
    """A model of inputs of these shapes whose output has another shape."""
    given = [keras.Input(each) for each in inputs]
    x = keras.layers.Flatten()(given[0])
    x = keras.layers.Dense(max(int(tf.reduce_prod(shape)), 1))(x)
    return keras.Model(given, keras.layers.Reshape(shape, dtype=dtype)(x))


@pytest.mark.parametrize("name", LOSSES.names)
def test_our_losses_pass(name):
    check_loss(LOSSES.load(name), name)


@pytest.mark.parametrize(
    ("which", "spec", "model", "said"),
    [
        ("generator", PLAIN, "a text", "must return a keras.Model, got str"),
        ("generator", PLAIN, None, "got nothing: is its 'return' missing?"),
        ("generator", PLAIN, ([[4]], (16, 16, 1)), "[batch, 8, 8, 1], got float32 [batch, 16, 16,"),
        ("generator", PLAIN, ([[4]], (8, 8)), "got float32 [batch, 8, 8]"),
        (
            "generator",
            PLAIN,
            ([[4]], (8, 8, 1), "bfloat16"),
            "must return float32 [batch, 8, 8, 1]",
        ),
        ("generator", PLAIN, ([[5]], (8, 8, 1)), "must take latents [batch, 4]"),
        ("generator", PLAIN, ([[4], []], (8, 8, 1)), "one input without labels, got 2"),
        ("generator", LABELLED, ([[4]], (8, 8, 1)), "two inputs, latents and labels"),
        ("discriminator", PLAIN, ([[8, 8, 3]], ()), "must take images [batch, 8, 8, 1]"),
        ("discriminator", PLAIN, ([[8, 8, 1]], (1,)), "must return float32 [batch], got"),
    ],
)
def test_a_network_of_another_form_is_one_line(which, spec, model, said):
    built = network(*model) if isinstance(model, tuple) else model
    with pytest.raises(UserError) as caught:
        check_network(built, which, "mine:ARCHITECTURE", spec)
    (problem,) = caught.value.problems
    assert problem.startswith(f"model.architecture: build_{which} of 'mine:ARCHITECTURE' must ")
    assert said in problem


@pytest.mark.parametrize(
    ("loss", "network", "said"),
    [
        (
            Loss(lambda real, fake: fake, lambda real, fake: -fake),
            "discriminator",
            "called with three logits, fails: TypeError",
        ),
        (
            Loss(lambda real, fake, target: tf.reduce_mean(fake), lambda real, fake: -fake),
            "discriminator",
            "must return float32 [batch], a value for each example, got float32 []",
        ),
        (
            Loss(lambda real, fake, target: fake, lambda real, fake: fake[:, None]),
            "generator",
            "got float32 [3, 1]",
        ),
        (
            Loss(lambda real, fake, target: tf.math.log(real), lambda real, fake: -fake),
            "discriminator",
            "must be finite, and returns [-0.69",
        ),
        (
            Loss(lambda real, fake, target: fake, lambda real, fake: tf.sqrt(fake * 0.0)),
            "generator",
            "must have a finite gradient; that with respect to fake_logits is [nan, nan, nan]",
        ),
        (
            Loss(lambda real, fake, target: fake, lambda real, fake: -real),
            "generator",
            "must depend on fake_logits: its gradient is zero",
        ),
        (
            Loss(lambda real, fake, target: tf.stop_gradient(fake), lambda real, fake: -fake),
            "discriminator",
            "must depend on the logits: its gradient is zero",
        ),
        (
            Loss(lambda real, fake, target: None, lambda real, fake: -fake),
            "discriminator",
            "returns nothing: is its 'return' missing?",
        ),
    ],
)
def test_a_loss_of_another_form_is_one_line(loss, network, said):
    with pytest.raises(UserError) as caught:
        check_loss(loss, "mine:LOSS")
    (problem,) = caught.value.problems
    assert problem.startswith(f"objective.loss: the {network}'s function of 'mine:LOSS'")
    assert said in problem
