"""Checks that networks and losses keep to their contract, before anything is trained."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.models.contract import LOGITS, ModelSpec
from gan_cli.objectives.losses import Loss
from gan_cli.registry import is_own, own_code
from gan_cli.training.step import TrainStep

# Logits of three examples, of either sign, as they come up in training.
_REAL_LOGITS, _FAKE_LOGITS = (0.5, -1.5, 2.5), (-0.7, 1.2, -3.0)
_EXAMPLES = len(_REAL_LOGITS)


def check_network(model: object, network: str, architecture: str, spec: ModelSpec) -> keras.Model:
    """Returns what an architecture has built, if it is a network for this spec.

    Args:
      network: `generator` or `discriminator`.
      architecture: the name that the config gives it.

    Raises:
      UserError: the model has other inputs or outputs than the contract says.
    """
    where = f"model.architecture: build_{network} of '{architecture}'"
    if not isinstance(model, keras.Model):
        got = "nothing: is its 'return' missing?" if model is None else type(model).__name__
        raise UserError(f"{where} must return a keras.Model, got {got}")
    if not spec.num_classes and len(model.inputs) != 1:
        raise UserError(f"{where} must have one input without labels, got {len(model.inputs)}")
    shown: tuple[int, ...] = (spec.height, spec.width, spec.channels)
    if network == "generator":
        if spec.num_classes and len(model.inputs) != 2:
            raise UserError(f"{where} must have two inputs, latents and labels, got one")
        output, wanted = model.outputs[0], shown
        if tuple(model.inputs[0].shape[1:]) != (spec.latent_dim,):
            raise UserError(f"{where} must take latents [batch, {spec.latent_dim}]")
    else:
        if tuple(model.inputs[0].shape[1:]) != shown:
            raise UserError(
                f"{where} must take images [batch, {_text(shown)}], got"
                f" [batch, {_text(model.inputs[0].shape[1:])}]"
            )
        outputs = model.output
        output, wanted = outputs[LOGITS] if isinstance(outputs, dict) else outputs, ()
    if tuple(output.shape[1:]) != wanted or output.dtype != "float32":
        raise UserError(
            f"{where} must return float32 [{_text(('batch', *wanted))}], got {output.dtype}"
            f" [{_text(('batch', *output.shape[1:]))}]"
        )
    return model


def check_loss(loss: Loss, name: str) -> None:
    """Calls both functions of a loss with three logits, and differentiates what they return.

    Raises:
      UserError: a function cannot take the arguments, does not return a finite value per example,
        or its gradient is not finite, or is zero where it must not be.
    """
    real, fake = tf.constant(_REAL_LOGITS), tf.constant(_FAKE_LOGITS)
    calls = {
        "discriminator": lambda: loss.discriminator(real, fake, 1.0),
        "generator": lambda: loss.generator(real, fake),
    }
    for network, call in calls.items():
        where = f"objective.loss: the {network}'s function of '{name}'"
        with (
            own_code(f"{where}, called with three logits,", name),
            tf.GradientTape() as tape,
        ):
            tape.watch((real, fake))
            returned = call()
            if returned is None:
                raise UserError(f"{where} returns nothing: is its 'return' missing?")
            found = tf.convert_to_tensor(returned)
        if found.shape != [_EXAMPLES] or found.dtype != tf.float32:
            raise UserError(
                f"{where} must return float32 [batch], a value for each example, got"
                f" {found.dtype.name} [{_text(found.shape)}]"
            )
        _check_values(where, found, tape.gradient(found, (real, fake)), network)


def _check_values(
    where: str, losses: tf.Tensor, gradients: Sequence[tf.Tensor | None], network: str
) -> None:
    """Refuses losses and gradients that are not finite, and a gradient that teaches nothing."""
    called = f"for real logits {list(_REAL_LOGITS)} and fake logits {list(_FAKE_LOGITS)}"
    if not np.isfinite(losses).all():
        raise UserError(f"{where} must be finite, and returns {losses.numpy().tolist()} {called}")
    for logits, gradient in zip(("real_logits", "fake_logits"), gradients, strict=True):
        if gradient is not None and not np.isfinite(gradient).all():
            raise UserError(
                f"{where} must have a finite gradient; that with respect to {logits} is"
                f" {gradient.numpy().tolist()} {called}"
            )
    # The generator makes the fake images; the discriminator sees both kinds.
    taught = gradients[1:] if network == "generator" else gradients
    if not any(gradient is not None and np.any(gradient) for gradient in taught):
        raise UserError(
            f"{where} must depend on {'fake_logits' if network == 'generator' else 'the logits'}:"
            f" its gradient is zero {called}, so that nothing would be learnt"
        )


def check_first_step(
    step: TrainStep, image_shape: Sequence[int], dtype: str, names: list[str]
) -> None:
    """Traces a step where it runs parts of the user's own, which changes nothing.

    Args:
      image_shape, dtype: of a stored sample.
      names: the parts of objective and networks, by the names that the config gives them.

    Raises:
      UserError: a part cannot be traced.
    """
    own = own_parts(names)
    if not own:
        return
    batch = step.reals_per_step
    with own_code(f"a training step with {', '.join(own)}", *own):
        # Without AutoGraph, which would rewrite the exceptions.
        tf.function(step.__call__, autograph=False).get_concrete_function(
            tf.TensorSpec([batch, *image_shape], dtype), tf.TensorSpec([batch], tf.int32)
        )


def own_parts(names: Sequence[str]) -> list[str]:
    """Returns which of the parts are the user's own, each once."""
    return [name for name in dict.fromkeys(names) if is_own(name)]


def _text(shape: object) -> str:
    return ", ".join(str(side) for side in shape)  # type: ignore[attr-defined]
