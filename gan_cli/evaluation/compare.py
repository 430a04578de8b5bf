"""Several runs side by side, in the features of one network."""

import json
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from gan_cli.cli.tables import print_lines, print_side_by_side
from gan_cli.config.load import config_differences
from gan_cli.errors import UserError
from gan_cli.evaluation.scored_run import Request, ScoredRun
from gan_cli.io.files import atomic_write
from gan_cli.metrics.evaluate import Score

# What may differ between runs that repeat each other.
_REPEATS = ("seed", "name")


def compare_runs(run_dirs: list[str], which: str, request: Request, out: Path | None) -> None:
    """Prints the scores of every run, and their mean and deviation where only the seeds differ.

    All are scored against the first run's held-out images in its feature network.

    Raises:
      UserError: a run cannot be scored, or is of other data than the first.
    """
    runs = [ScoredRun(run_dir, which, request) for run_dir in run_dirs]
    first = runs[0]
    for other in runs[1:]:
        if other.data.fingerprint != first.data.fingerprint:
            raise UserError(
                f"--compare: {other.run.path} was trained on other data than {first.run.path};"
                " runs are compared on the same images"
            )
    columns: dict[str, dict[str, Score]] = {}
    records: list[dict[str, Any]] = []
    for run_dir, scored in zip(run_dirs, runs, strict=True):
        scored.share_evaluator(first)
        evaluation = scored.evaluate()
        columns[f"{run_dir} {scored.loaded.kimg:g} kimg"] = evaluation.scores
        records.append({"run": run_dir, **scored.record(evaluation)})
    spread = _spread(runs, columns)
    cells = {
        figure: f"{each['mean']:.4g} ± {each['deviation']:.2g}" for figure, each in spread.items()
    }
    print_side_by_side(
        f"features: {first.evaluator.network.name}",
        columns,
        {"mean ± deviation": cells} if spread else {},
    )
    print_lines([f"{each['run']}: {line}" for each in records for line in each["reading"]])
    if out is not None:
        record = {"runs": records, "mean_and_deviation": spread}
        atomic_write(out, json.dumps(record, indent=1))
        print(f"written: {out}")


def _spread(
    runs: list[ScoredRun], columns: dict[str, dict[str, Score]]
) -> dict[str, dict[str, float]]:
    """Mean and sample deviation of each figure over runs that repeat each other, or none."""
    first = runs[0].loaded.config
    for other in runs[1:]:
        differing = config_differences(first, other.loaded.config)
        if not all(line.split(":")[0].strip() in _REPEATS for line in differing):
            return {}
    if len(runs) < 2 or len({run.loaded.config.seed for run in runs}) < len(runs):
        return {}
    spread = {}
    for figure in next(iter(columns.values())):
        values = [scores[figure].value for scores in columns.values() if figure in scores]
        if len(values) == len(runs):
            spread[figure] = {"mean": mean(values), "deviation": stdev(values)}
    return spread
