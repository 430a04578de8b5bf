"""Converts config values that may move over a run to the objects that training takes."""

from gan_cli.config.schema import Ramp as RampConfig
from gan_cli.training.schedule import Ramp, Setting


def first_value(value: float | RampConfig) -> float:
    """Returns the value at the start of the run."""
    return value.start if isinstance(value, RampConfig) else value


def ramp_of(value: float | RampConfig, kimg: float) -> Ramp | None:
    """Returns how the value moves over a run of `kimg`, or None if it stays the same."""
    if not isinstance(value, RampConfig):
        return None
    return Ramp(value.start, value.end, value.until_kimg or kimg)


def setting_of(value: float | RampConfig, kimg: float) -> Setting:
    """Returns the value in a run of `kimg`: a number, or a ramp."""
    return ramp_of(value, kimg) or first_value(value)
