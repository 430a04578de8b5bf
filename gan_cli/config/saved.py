"""The config that a run directory keeps, by this version or an earlier one."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gan_cli.config.limits import FEWEST_IMAGES
from gan_cli.config.load import read_with_parents
from gan_cli.config.problems import describe
from gan_cli.config.resolve import with_intervals
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import Config
from gan_cli.errors import UserError
from gan_cli.registry import look_in

# What earlier versions wrote where the config named no metrics.
_EARLIER_METRICS = ["frechet", "kernel", "precision_recall", "density_coverage"]


def read_saved_config(path: Path) -> ResolvedConfig:
    """Returns the resolved config of a run.

    What an earlier version did not know is filled in as it would be chosen today.

    Raises:
      UserError: the file cannot be read, or is no resolved config; with a line for every problem.
    """
    data, places = read_with_parents(path)
    look_in(path.parent)
    data = _modernised(data)
    try:
        config = Config.model_validate(data, context={"saved": True})
        training = config.training
        if training.kimg is not None and training.batch_size is not None:
            config = with_intervals(config, training.kimg, training.batch_size)
        return ResolvedConfig.model_validate(config.model_dump(), strict=False)
    except ValidationError as error:
        raise UserError(*describe(error, data, str(path), places)) from error


def _modernised(data: dict[str, Any]) -> dict[str, Any]:
    """Returns the config with what earlier versions meant by its values."""
    objective, evaluation = data.get("objective"), data.get("evaluation")
    if not isinstance(objective, dict) or not isinstance(evaluation, dict):
        return data
    evaluation = dict(evaluation)
    is_earlier = "loss_options" not in objective
    if is_earlier and evaluation.get("metrics") == _EARLIER_METRICS:
        evaluation["metrics"] = None
    count = evaluation.get("num_samples")
    if is_earlier and isinstance(count, int) and 2 <= count < FEWEST_IMAGES:
        evaluation["num_samples"] = FEWEST_IMAGES
    return {**data, "evaluation": evaluation}
