"""What a run began with: its config and its data, compared with those that would continue it."""

from typing import Any

from gan_cli.assembly.resolving import rules_for
from gan_cli.config.earlier import earlier_options
from gan_cli.config.load import config_differences
from gan_cli.config.resolve import fill_all_options
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits
from gan_cli.errors import UserError
from gan_cli.run.directory import RunDirectory


def with_options_of_run(config: Config, run: RunDirectory) -> Config:
    """Returns the config that continues a run which began before its architecture had all options.

    Such an option is as that run has it, unless the config names it. Where the directory holds no
    run, or the run has another architecture, the config stays as it is.
    """
    if not run.config.is_file():
        return config
    try:
        saved = run.read_config().model
    except UserError:
        # What cannot be read is reported where the run is resumed.
        return config
    if saved.architecture != config.model.architecture:
        return config
    kept = {
        name: value
        for name, value in earlier_options(saved).items()
        if saved.options.get(name) == value
    }
    model = config.model.model_copy(update={"options": kept | config.model.options})
    return config.model_copy(update={"model": model})


def refuse_changes(run: RunDirectory, config: ResolvedConfig, data: DataSplits) -> None:
    """Compares a config and its data with those of a run.

    Raises:
      UserError: something differs; a line for each difference.
    """
    saved = run.read_config()
    # A run that began before a component had an option continues with the option's default.
    saved = fill_all_options(saved, rules_for(saved, data.domain))
    differences = config_differences(saved, config)
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


def with_recorded_split(config: Config, run: RunDirectory) -> Config:
    """Returns the config with the rule of the hold-out by which a run began, unless it names one.

    Raises:
      UserError: the run's config is damaged.
    """
    if config.data.holdout_by is not None or not run.exists():
        return config
    rule = run.read_config().data.holdout_by
    data = config.data.model_copy(update={"holdout_by": rule})
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
