"""Scores checkpoints of a run, or several runs side by side."""

import dataclasses
from statistics import mean, stdev

from gan_cli.config.load import config_differences
from gan_cli.errors import UserError
from gan_cli.evaluation.requests import ComparisonRequest, RunRequest
from gan_cli.evaluation.results import ComparedRuns, ScoredCheckpoint, ScoredRun, Spread
from gan_cli.evaluation.scorer import RunScorer
from gan_cli.listener import Listener
from gan_cli.run.checkpoint import CheckpointStore
from gan_cli.run.report.page import write_report

# Keys that may differ between runs that repeat each other.
_REPEATS = ("seed", "name")


def score_checkpoint(request: RunRequest, listener: Listener | None = None) -> ScoredCheckpoint:
    """Scores a checkpoint, and keeps the scores in the run directory.

    Raises:
      UserError: it cannot be scored, or the scores cannot be written.
    """
    scorer = RunScorer(request, listener)
    return scorer.keep(scorer.score())


def score_every_checkpoint(request: RunRequest, listener: Listener | None = None) -> ScoredRun:
    """Scores every checkpoint of a run, oldest first, and keeps the scores in the run directory.

    `request.checkpoint` is not used.

    Raises:
      UserError: as `score_checkpoint`.
    """
    scorer = RunScorer(dataclasses.replace(request, checkpoint="latest"), listener)
    run, kept = scorer.run, []
    for checkpoint in CheckpointStore(run.checkpoints).all():
        scorer.load(checkpoint.name)
        kept.append(scorer.keep(scorer.score(), report=False))
    write_report(run)
    return ScoredRun(
        run_dir=request.run_dir, checkpoints=tuple(kept), written=(run.evaluations, run.report)
    )


def compare_runs(request: ComparisonRequest, listener: Listener | None = None) -> ComparedRuns:
    """Scores several runs against the first run's held-out images, in its feature network.

    Raises:
      UserError: a run cannot be scored, or was trained on other data than the first.
    """
    scorers = [RunScorer(each, listener) for each in request.requests()]
    first = scorers[0]
    for other in scorers[1:]:
        if other.data.fingerprint != first.data.fingerprint:
            raise UserError(
                f"{other.run.path} was trained on other data than {first.run.path};"
                " runs are compared on the same images",
                key="run_dirs",
            )
    scored = []
    for scorer in scorers:
        scorer.share_evaluator(first)
        scored.append(scorer.score())
    spread = _spread(scored) if _repeat_each_other(scorers) else {}
    return ComparedRuns(runs=tuple(scored), spread=spread)


def _repeat_each_other(scorers: list[RunScorer]) -> bool:
    """Whether there are several runs that differ by their seeds alone."""
    configs = [scorer.loaded.config for scorer in scorers]
    differing = [line for other in configs[1:] for line in config_differences(configs[0], other)]
    if not all(line.split(":")[0].strip() in _REPEATS for line in differing):
        return False
    return len(configs) >= 2 and len({config.seed for config in configs}) == len(configs)


def _spread(scored: list[ScoredCheckpoint]) -> dict[str, Spread]:
    """Returns mean and deviation of each figure that all have."""
    values = {
        figure: [each.scores[figure].value for each in scored if figure in each.scores]
        for figure in scored[0].scores
    }
    return {
        figure: Spread(mean(found), stdev(found))
        for figure, found in values.items()
        if len(found) == len(scored)
    }
