"""What the report says first, as lines for the end of training."""

from gan_cli.errors import UserError
from gan_cli.run.directory import RunDirectory
from gan_cli.run.guard_log import GuardLog
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.report.data_facts import kind_of_samples
from gan_cli.run.report.scores import newest_evaluation
from gan_cli.run.report.verdict import judge


def verdict_lines(run: RunDirectory) -> list[str]:
    """Returns how good the run is, how it went and what to do; nothing if a file is damaged."""
    try:
        rows, guarded = MetricsLog(run.metrics).read(), GuardLog(run.guard).read()
        samples = kind_of_samples(run)
        evaluation, _ = newest_evaluation(run, samples)
    except UserError:
        # The report names the file.
        return []
    verdict = judge(rows, evaluation, guarded, samples)
    return [
        f"verdict: {' '.join([verdict.headline, *verdict.how_it_went])}",
        *(f"next: {step}" for step in verdict.next_steps),
    ]
