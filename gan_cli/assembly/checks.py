"""Checks that networks and losses keep to their contract, before anything is trained."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.models.contract import LOGITS, ModelSpec
from gan_cli.objectives.losses import Loss
from gan_cli.registry import is_own, own_code
from gan_cli.training.step import TrainStep

_EXAMPLES = 3


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
        raise UserError(f"{where} must return a keras.Model, got {type(model).__name__}")
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
    """Calls both functions of a loss with three logits.

    Raises:
      UserError: a function cannot take the arguments, or does not return a value per example.
    """
    logits = tf.zeros([_EXAMPLES])
    calls = {
        "discriminator": lambda: loss.discriminator(logits, logits, 1.0),
        "generator": lambda: loss.generator(logits, logits),
    }
    for network, call in calls.items():
        where = f"objective.loss: the {network}'s function of '{name}'"
        with own_code(f"{where}, called with three logits,", name):
            found = tf.convert_to_tensor(call())
        if found.shape != [_EXAMPLES] or found.dtype != tf.float32:
            raise UserError(
                f"{where} must return float32 [batch], a value for each example, got"
                f" {found.dtype.name} [{_text(found.shape)}]"
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
    own = [name for name in dict.fromkeys(names) if is_own(name)]
    if not own:
        return
    batch = step.reals_per_step
    with own_code(f"a training step with {', '.join(own)}", *own):
        # Without AutoGraph, which would rewrite the exceptions.
        tf.function(step.__call__, autograph=False).get_concrete_function(
            tf.TensorSpec([batch, *image_shape], dtype), tf.TensorSpec([batch], tf.int32)
        )


def _text(shape: object) -> str:
    return ", ".join(str(side) for side in shape)  # type: ignore[attr-defined]
