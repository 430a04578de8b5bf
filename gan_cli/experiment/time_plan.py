"""Plans a run that the clock ends: schedules, ramps and intervals follow what the time allows.

The plan is made once, from timed steps before the first step of a run, and kept in the run's config
as `training.schedule_kimg`. Whoever continues the run reads it there and never measures again, so
that a run which stopped takes the same steps as one that did not.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from gan_cli.config.resolve import INTERVALS, with_intervals
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import Config
from gan_cli.domains.domain import speed_text
from gan_cli.experiment.speed import duration
from gan_cli.training.state import GanState

# The rest of the time is for pictures, scores and checkpoints.
_SHARE_OF_TRAINING = 0.9


def needs_plan(config: ResolvedConfig, images_so_far: int) -> bool:
    """Returns whether the clock may end the run, and nothing says yet where its schedules end."""
    training = config.training
    return (
        training.max_minutes is not None and training.schedule_kimg is None and images_so_far == 0
    )


def planned_by_time(
    config: ResolvedConfig, asked: Config, images_per_second: float, seconds_left: float
) -> ResolvedConfig:
    """Returns the config with the plan of a run that time ends; the same config if `kimg` does.

    Args:
      config: resolved.
      asked: the same config before it was resolved: intervals that it names stay.
      images_per_second: speed of timed steps.
      seconds_left: time for training and all that goes with it.
    """
    training = config.training
    planned = round(_SHARE_OF_TRAINING * images_per_second * seconds_left / 1000, 3)
    # A warm-up must end before the schedule does, and a schedule needs a step.
    shortest = max(training.learning_rate_schedule.warmup_kimg, training.batch_size / 1000)
    planned = max(planned, shortest)
    if planned >= training.kimg:
        return config
    values = config.model_dump()
    values["training"]["schedule_kimg"] = planned
    following = with_intervals(_without_intervals(config, asked), planned, training.batch_size)
    for key in INTERVALS:
        section, name = key.split(".")
        values[section][name] = getattr(getattr(following, section), name)
    return ResolvedConfig.model_validate(values, strict=False)


def plan_line(config: ResolvedConfig, images_per_second: float, samples: str) -> str:
    """Returns a line on where schedules end, and why.

    Args:
      samples: name of the kind of samples.
    """
    training = config.training
    assert training.max_minutes is not None  # There is a plan because of it.
    return (
        f"max_minutes: at {speed_text(images_per_second, samples, 1)},"
        f" {duration(training.max_minutes)} show about {training.schedule_kimg:,.4g} of"
        f" {training.kimg:,.4g} kimg; learning rates, ramps and intervals follow"
        " (training.schedule_kimg sets another end)"
    )


@contextmanager
def unchanged(state: GanState) -> Iterator[None]:
    """Gives every variable of a state its value back when the block ends."""
    kept = {name: variable.numpy() for name, variable in state.variables().items()}
    yield
    for name, variable in state.variables().items():
        variable.assign(kept[name])


def _without_intervals(config: ResolvedConfig, asked: Config) -> Config:
    """Returns the config with every interval open that `asked` leaves open."""
    opened: Config = config
    for key in INTERVALS:
        section, name = key.split(".")
        if getattr(getattr(asked, section), name) is None:
            part = getattr(opened, section).model_copy(update={name: None})
            opened = opened.model_copy(update={section: part})
    return opened
