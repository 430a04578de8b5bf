"""Converts config values that may move over a run to the objects that training takes."""

import tensorflow as tf

from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import Ramp as RampConfig
from gan_cli.training.schedule import Kimg, Ramp, Setting


def end_of_schedules(config: ResolvedConfig) -> Kimg:
    """Returns where schedules and ramps end that name no end of their own.

    With `training.max_minutes` it is a variable, float32, which has the end that the config knows
    and may get another one before the first step; it is no part of a checkpoint.
    """
    training = config.training
    end = training.schedule_kimg or training.kimg
    if training.max_minutes is None:
        return end
    return tf.Variable(end, dtype=tf.float32, trainable=False)


def first_value(value: float | RampConfig) -> float:
    """Returns the value at the start of the run."""
    return value.start if isinstance(value, RampConfig) else value


def ramp_of(value: float | RampConfig, kimg: Kimg) -> Ramp | None:
    """Returns how the value moves over a run of `kimg`, or None if it stays the same."""
    if not isinstance(value, RampConfig):
        return None
    until_kimg = kimg if value.until_kimg is None else value.until_kimg
    return Ramp(value.start, value.end, until_kimg)


def setting_of(value: float | RampConfig, kimg: Kimg) -> Setting:
    """Returns the value in a run of `kimg`: a number, or a ramp."""
    return ramp_of(value, kimg) or first_value(value)
