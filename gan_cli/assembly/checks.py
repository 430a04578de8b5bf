"""Checks that networks and losses keep to their contract, before anything is trained."""

import keras
import tensorflow as tf

from gan_cli.errors import UserError, first_line
from gan_cli.models.contract import LOGITS, ModelSpec
from gan_cli.objectives.losses import Loss

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
        try:
            found = tf.convert_to_tensor(call())
        except Exception as error:  # A user's function may fail in any way.
            raise UserError(
                f"{where} fails on three logits: {type(error).__name__}: {first_line(error)}"
            ) from error
        if found.shape != [_EXAMPLES] or found.dtype != tf.float32:
            raise UserError(
                f"{where} must return float32 [batch], a value for each example, got"
                f" {found.dtype.name} [{_text(found.shape)}]"
            )


def _text(shape: object) -> str:
    return ", ".join(str(side) for side in shape)  # type: ignore[attr-defined]
