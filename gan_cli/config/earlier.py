"""Configs that earlier versions saved with their runs."""

from typing import Any

from gan_cli.config.limits import FEWEST_IMAGES

# What earlier versions wrote where the config named no metrics.
_EARLIER_METRICS = ["frechet", "kernel", "precision_recall", "density_coverage"]


def is_from_an_earlier_run(data: dict[str, Any]) -> bool:
    """Returns whether an earlier version saved this config: only it gives keys of two sources."""
    section = data.get("data")
    return isinstance(section, dict) and {"split", "num_points"} <= section.keys()


def modernised(data: dict[str, Any]) -> dict[str, Any]:
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
