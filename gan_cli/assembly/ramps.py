"""Values of a config that may move over the run, as the objects that training takes."""

from gan_cli.config.schema import Ramp as RampConfig
from gan_cli.training.schedule import Ramp, Setting


def first_value(value: float | RampConfig) -> float:
    """What it is at the start of the run."""
    return value.start if isinstance(value, RampConfig) else value


def ramp_of(value: float | RampConfig, kimg: float) -> Ramp | None:
    """How it moves over a run of `kimg`; None: it stays as it is."""
    if not isinstance(value, RampConfig):
        return None
    return Ramp(value.start, value.end, value.until_kimg or kimg)


def setting_of(value: float | RampConfig, kimg: float) -> Setting:
    """What it is in a run of `kimg`, moving or not."""
    return ramp_of(value, kimg) or first_value(value)
