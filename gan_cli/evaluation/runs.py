"""Scores checkpoints of a run, or several runs side by side."""

import dataclasses
from collections.abc import Sequence

from gan_cli.errors import UserError
from gan_cli.evaluation.methods import group_by_method
from gan_cli.evaluation.requests import ComparisonRequest, RunRequest
from gan_cli.evaluation.results import ComparedRuns, ScoredCheckpoint, ScoredRun
from gan_cli.evaluation.scorer import RunScorer
from gan_cli.listener import Listener
from gan_cli.run.checkpoint import CheckpointStore
from gan_cli.run.report.page import write_report


def score_checkpoint(request: RunRequest, listener: Listener | None = None) -> ScoredCheckpoint:
    """Scores a checkpoint, and keeps the scores in the run directory.

    Raises:
      UserError: it cannot be scored, or the scores cannot be written.
    """
    scorer = RunScorer(request, listener)
    return scorer.keep(scorer.score())


def score_every_checkpoint(request: RunRequest, listener: Listener | None = None) -> ScoredRun:
    """Scores every checkpoint of a run, oldest first, and keeps the scores in the run directory.

    `request.checkpoint` is not used. A checkpoint that a training process removes meanwhile is left
    out, and so are scores that cannot be written: they are in the result all the same.

    Raises:
      UserError: no checkpoint can be scored.
    """
    scorer = RunScorer(dataclasses.replace(request, checkpoint="latest"), listener)
    run, kept = scorer.run, []
    unwritten: list[str] = []
    for checkpoint in CheckpointStore(run.checkpoints).all():
        try:
            scorer.load(checkpoint.name)
        except UserError as error:
            if checkpoint.path.exists():
                raise
            scorer.listener.message(f"left out: {checkpoint.name} has gone meanwhile: {error}")
            continue
        scored = scorer.score()
        try:
            kept.append(scorer.keep(scored, report=False))
        except UserError as error:
            kept.append(scored)
            unwritten += error.problems
    if not kept:
        raise UserError(f"{run.checkpoints}: all checkpoints have gone meanwhile")
    try:
        for problem in write_report(run):
            scorer.listener.message(problem)
    except UserError as error:
        unwritten += error.problems
    return ScoredRun(
        run_dir=request.run_dir,
        checkpoints=tuple(kept),
        written=() if unwritten else (run.evaluations, run.report),
        unwritten=tuple(unwritten),
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
                " runs are compared on the same data",
                key="run_dirs",
            )
    scored = []
    for scorer in scorers:
        scorer.share_evaluator(first)
        scored.append(scorer.score())
    configs = [scorer.loaded.config for scorer in scorers]
    methods = group_by_method(configs, [each.scores for each in scored])
    seeds = [config.seed for config in configs]
    repeat = len(methods) == 1 and len(set(seeds)) == len(seeds)
    return ComparedRuns(
        runs=tuple(scored),
        spread=methods[0].spread if repeat else {},
        methods=methods,
        remarks=remarks_on(scored),
        seeds=dict(enumerate(seeds)),
    )


def remarks_on(scored: Sequence[ScoredCheckpoint]) -> tuple[str, ...]:
    """Returns a sentence where the checkpoints come from different lengths of training."""
    lengths = sorted({each.kimg for each in scored})
    if len(lengths) == 1:
        return ()
    shown = f"{lengths[0]:g} to {lengths[-1]:g}"
    return (
        f"The checkpoints were trained for different lengths, {shown} kimg: part of the differences"
        " may be due to that. Name a checkpoint by its number, the samples shown, to compare"
        " equal lengths.",
    )
