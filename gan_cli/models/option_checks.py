"""Checks of `model.options` that several architectures share."""

from gan_cli.errors import UserError
from gan_cli.models.contract import ModelSpec


def count_option(spec: ModelSpec, option: str, least: int) -> int:
    """Returns the value of an option that counts something.

    Raises:
      UserError: the value is below `least`.
    """
    count = spec.options[option]
    if count < least:
        raise UserError(f"model.options.{option}: must be at least {least}, got {count}")
    return count


def temperature_option(spec: ModelSpec) -> float:
    """Returns `temperature`, by which logits are divided.

    Raises:
      UserError: the value is not above 0.
    """
    temperature = spec.options["temperature"]
    if not temperature > 0:
        raise UserError(f"model.options.temperature: must be above 0, got {temperature}")
    return temperature
