"""The table at the end of a sweep: each combination's best score, over its seeds."""

from collections.abc import Sequence
from statistics import mean, stdev

from gan_cli.errors import UserError
from gan_cli.experiment.sweep_plan import PlannedRun
from gan_cli.run.checkpoint import CheckpointStore
from gan_cli.run.directory import RunDirectory
from gan_cli.run.records import BestRecord


def sweep_table(runs: Sequence[PlannedRun]) -> list[str]:
    """Returns the lines of a table of all combinations, the best mean marked by a star.

    A run's score is that of its best checkpoint, by the metric that training follows, where lower
    is better. A mean over fewer runs than others have is not marked.
    """
    groups: dict[tuple[tuple[str, str], ...], list[PlannedRun]] = {}
    for run in runs:
        groups.setdefault(run.settings, []).append(run)
    problems: list[str] = []
    records = {
        settings: [record for run in group if (record := _best_record(run, problems)) is not None]
        for settings, group in groups.items()
    }
    metrics = sorted({record.metric for found in records.values() for record in found})
    lines = []
    for metric in metrics:
        lines += _lines_of(metric, groups, records)
    if not metrics:
        lines.append("no run has a score: the table needs evaluation.every_kimg above 0")
    return [*lines, *problems]


def _best_record(run: PlannedRun, problems: list[str]) -> BestRecord | None:
    try:
        return CheckpointStore(RunDirectory(run.folder).checkpoints).best_record()
    except UserError as error:
        problems += [f"left out: {problem}" for problem in error.problems]
        return None


def _lines_of(metric: str, groups: dict, records: dict) -> list[str]:
    values = {
        settings: [record.value for record in found if record.metric == metric]
        for settings, found in records.items()
    }
    most = max(map(len, values.values()))
    best = min(mean(each) for each in values.values() if len(each) == most)
    keys = [key for key, _ in next(iter(groups))]
    rows = [[*keys, f"{metric} ↓", "runs"]]
    for settings, found in values.items():
        figure = "-"
        if found:
            deviation = f" ± {stdev(found):.2g}" if len(found) > 1 else ""
            star = "*" if len(found) == most and mean(found) == best and len(values) > 1 else ""
            figure = f"{mean(found):.4g}{deviation}{star}"
        rows.append(
            [*(value for _, value in settings), figure, f"{len(found)} of {len(groups[settings])}"]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    aligned = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return [f"best {metric} of each run, mean ± deviation; *: best", *aligned]
