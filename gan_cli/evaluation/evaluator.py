"""From a run's config and data to the evaluator that its domain names."""

from pathlib import Path

from gan_cli.config.resolved import ResolvedConfig
from gan_cli.data.dataset import DataSplits
from gan_cli.evaluation import EVALUATORS
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.run_evaluator import EvaluatorInputs, RunEvaluator


def build_evaluator(
    config: ResolvedConfig,
    data: DataSplits,
    features: str | None = None,
    metrics: tuple[str, ...] | None = None,
    gan: GanAccess | None = None,
    statistics: Path | None = None,
) -> RunEvaluator:
    """Builds what scores samples like those of `data`.

    Args:
      features, metrics, statistics, gan: as in `EvaluatorInputs`.

    Raises:
      UserError: there is no such evaluator, feature network or metric, or too little is held out.
    """
    build = EVALUATORS.load(data.domain.evaluator)
    inputs = EvaluatorInputs(
        data, config.evaluation, features, metrics, statistics, gan, config.training.strategy
    )
    return build(inputs)
