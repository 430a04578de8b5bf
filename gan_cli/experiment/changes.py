"""What a run began with: its config and its data, compared with those that would continue it."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from gan_cli.assembly.resolving import rules_for
from gan_cli.config.earlier import EARLIER_DATA, earlier_options
from gan_cli.config.load import config_differences
from gan_cli.config.resolve import INTERVALS, fill_all_options
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.rounding import rounded
from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits
from gan_cli.errors import UserError
from gan_cli.run.directory import RunDirectory

# Keys whose values change no weight of a run: its name, its end, and what is written on the way.
_FREE_KEYS = (
    "name",
    "training.kimg",
    "training.max_minutes",
    "training.patience_kimg",
    "training.grid_every_kimg",
    "training.loggers",
)
# Keys that a guard which acts depends on, and that change no weight where the guard only warns.
_FREE_WITHOUT_INTERVENTIONS = (
    *(key for key in INTERVALS if key not in _FREE_KEYS),
    "training.keep_checkpoints",
    "training.steps_per_call",
    "evaluation.num_samples",
    "evaluation.features",
    "evaluation.metrics",
)


def with_options_of_run(config: Config, recorded: ResolvedConfig | None) -> Config:
    """Returns the config that continues a run which began before its architecture had all options.

    Such an option is as that run has it, unless the config names it. Without a run, or
    where it has another architecture, the config stays as it is.

    Args:
      recorded: the run's config; None: there is no run.
    """
    if recorded is None or recorded.model.architecture != config.model.architecture:
        return config
    saved = recorded.model
    kept = {
        name: value
        for name, value in earlier_options(saved).items()
        if saved.options.get(name) == value
    }
    model = config.model.model_copy(update={"options": kept | config.model.options})
    return config.model_copy(update={"model": model})


def refuse_changes(
    run: RunDirectory, saved: ResolvedConfig, config: ResolvedConfig, data: DataSplits
) -> None:
    """Compares a config and its data with those of a run.

    Keys that change no weight may differ.

    Raises:
      UserError: something else differs; a line for each such difference.
    """
    # A run that began before a component had an option continues with the option's default.
    saved = fill_all_options(saved, rules_for(saved, data.domain))
    free = _free_keys(saved, config)
    if saved.training.kimg != config.training.kimg:
        # An open end of the run so far is where its plan ended.
        plan = saved.model_dump()
        _keep_ends(plan, plan, _end_of_plan(saved))
        saved = ResolvedConfig.model_validate(plan, strict=False)
    differences = [
        difference
        for difference in config_differences(saved, config)
        if not any(difference.startswith((f"{key}:", f"{key}.")) for key in free)
    ]
    if run.environment.is_file():
        known = run.read_environment()["dataset"]["fingerprint"]
        if known != data.fingerprint:
            differences.append(f"data: fingerprint {known[:12]} -> {data.fingerprint[:12]}")
    if differences:
        raise UserError(
            f"{run.path}: holds a run of another config; choose another run directory, or pass"
            " accept_changes to continue with the new config. What differs:",
            *(f"  {difference}" for difference in differences),
            key="accept_changes",
        )


def changes_line(
    saved: ResolvedConfig, config: ResolvedConfig, asked: Config, data: DataSplits
) -> str | None:
    """Returns a line on what a run continues with that it has not had so far; None: nothing.

    Args:
      saved: the config by which the run has trained so far.
      config: resolved.
      asked: the same config before it was resolved: what follows from other keys is not named.
    """
    given = asked.model_dump()
    changed = []
    for difference in config_differences(
        fill_all_options(saved, rules_for(saved, data.domain)), config
    ):
        key = difference.partition(":")[0]
        value: Any = given
        for name in key.split("."):
            value = value.get(name) if isinstance(value, dict) else value
        if value is not None or difference.endswith(" -> null"):
            changed.append(difference)
    return f"changed since the run was last trained: {'; '.join(changed)}" if changed else None


def _free_keys(saved: ResolvedConfig, config: ResolvedConfig) -> tuple[str, ...]:
    if any(each.guard.rolls_back or each.guard.strengthens for each in (saved, config)):
        return _FREE_KEYS
    return _FREE_KEYS + _FREE_WITHOUT_INTERVENTIONS


def with_recorded_plan(
    config: ResolvedConfig, asked: Config, saved: ResolvedConfig
) -> ResolvedConfig:
    """Returns the config of a run that continues to another length, with the course of its plan.

    The learning-rate schedule and all ramps end where they would have ended in the shorter run,
    unless the config says where; so does a plan that was made by the clock. The intervals that the
    guard depends on stay too where it acts.

    Args:
      config: resolved.
      asked: the same config before it was resolved.
      saved: the config by which the run has trained so far.

    Raises:
      UserError: a recorded end fits no key of the config.
    """
    given, known = config.model_dump(), saved.model_dump()
    _keep_unrounded(given, known)
    longer = config.training.kimg != saved.training.kimg
    _keep_ends(given, known, _end_of_plan(saved) if longer else None)
    kept: tuple[str, ...] = ()
    if longer and len(_free_keys(saved, config)) == len(_FREE_KEYS):
        kept = _FREE_WITHOUT_INTERVENTIONS
    if saved.training.schedule_kimg is not None:
        kept = (*kept, "training.schedule_kimg", *INTERVALS)
    wanted = asked.model_dump()
    for key in kept:
        section, name = key.split(".")
        if wanted[section][name] is None:
            given[section][name] = known[section][name]
    try:
        return ResolvedConfig.model_validate(given, strict=False)
    except ValidationError as error:
        raise UserError(f"the run's recorded plan does not fit this config: {error}") from error


def _keep_unrounded(given: Any, known: Any) -> None:
    """Gives derived numbers all digits with which an earlier version recorded them."""
    keys: Iterable[Any] = ()
    if isinstance(given, dict) and isinstance(known, dict):
        keys = given.keys() & known.keys()
    elif isinstance(given, list | tuple) and isinstance(known, list | tuple):
        keys = range(min(len(given), len(known)))
    for key in keys:
        _keep_unrounded(given[key], known[key])
        if isinstance(known[key], float) and given[key] == rounded(known[key]):
            given[key] = known[key]


def _end_of_plan(config: ResolvedConfig) -> float:
    """Returns where schedules and ramps of a run end that name no end of their own."""
    return config.training.schedule_kimg or config.training.kimg


def _keep_ends(given: Any, known: Any, kimg: float | None) -> None:
    """Fills in every open `until_kimg` of a schedule or ramp that the run has had so far.

    Args:
      kimg: the planned length of the run, at which open schedules and ramps end; None: leave
        them open.
    """
    if isinstance(given, dict) and isinstance(known, dict):
        # `freeze` has such a key too: open there, it means for ever.
        moves = "start" in given or given.get("name") in ("linear", "cosine")
        if moves and given.get("until_kimg", 0) is None and "until_kimg" in known:
            given["until_kimg"] = known["until_kimg"] or kimg
        for key in given.keys() & known.keys():
            _keep_ends(given[key], known[key], kimg)
    elif isinstance(given, list | tuple) and isinstance(known, list | tuple):
        for one, other in zip(given, known, strict=False):
            _keep_ends(one, other, kimg)


def early_end(config: ResolvedConfig) -> str | None:
    """Returns a line on learning rates that reach the end of their schedule before the run ends."""
    schedule, kimg = config.training.learning_rate_schedule, config.training.kimg
    end = schedule.until_kimg or _end_of_plan(config)
    if schedule.name == "constant" or end >= kimg:
        return None
    by_clock = "" if config.training.max_minutes is None else ", or by max_minutes"
    key = "learning_rate_schedule.until_kimg" if schedule.until_kimg else "schedule_kimg"
    return (
        f"note: the learning rates end their schedule at {end:g} kimg, before training ends (at"
        f" {kimg:g} kimg{by_clock}), and stay at {schedule.final_factor:g} of their values from"
        f" there on. For a later end, set training.{key} and pass --accept_changes"
    )


def with_recorded_rules(config: Config, recorded: ResolvedConfig | None) -> Config:
    """Returns the config with the rules by which a run reads its data, unless it names others.

    Args:
      recorded: the run's config; None: there is no run.
    """
    open_keys = [key for key in EARLIER_DATA if getattr(config.data, key) is None]
    if not open_keys or recorded is None:
        return config
    data = config.data.model_copy(update={key: getattr(recorded.data, key) for key in open_keys})
    return config.model_copy(update={"data": data})


def describe_data(data: DataSplits) -> dict[str, Any]:
    """Returns the facts about the data that a run's environment records."""
    return {
        "fingerprint": data.fingerprint,
        "train_images": len(data.train.images),
        "holdout_images": len(data.holdout.images),
        "image_shape": list(data.train.images.shape[1:]),
        "class_names": list(data.train.class_names),
    }
