"""Prints scores as tables in the terminal."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from gan_cli.evaluation.results import ComparedRuns, Scored, ScoredRun
from gan_cli.metrics.evaluation import Score


def print_scores(scored: Scored) -> None:
    """Prints every figure with its interval, floor and ceiling, then what the figures mean."""
    evaluation, console = scored.evaluation, Console()
    floor = "floor (training images)" if evaluation.num_floor else "floor"
    table = Table(
        title=f"{scored.title}: {evaluation.num_generated:,} generated,"
        f" {evaluation.num_reference:,} real images"
    )
    table.add_column("metric", no_wrap=True)
    for column in ("value", "± 95 %", floor, "ceiling (noise)"):
        table.add_column(column, justify="right")
    for name, score in evaluation.scores.items():
        table.add_row(
            labelled(name, score),
            number(score.value),
            number(score.interval, ".2g"),
            number(score.floor),
            number(score.ceiling),
        )
    console.print(table)
    if evaluation.class_shares:
        shares = "  ".join(f"{n} {100 * s:.1f} %" for n, s in evaluation.class_shares.items())
        console.print(f"classes: {shares}", soft_wrap=True, highlight=False)
    for name, reason in evaluation.skipped.items():
        console.print(f"left out: {name}: {reason}", soft_wrap=True, highlight=False)
    if scored.features.accuracy is not None:
        console.print(
            f"the classifier is right on {100 * scored.features.accuracy:.1f} % of the held-out"
            " images",
            highlight=False,
        )
    print_lines(scored.interpretation)


def print_curve(run: ScoredRun) -> None:
    """Prints the scores of every checkpoint side by side."""
    columns = {f"{scored.kimg:g} kimg": scored.scores for scored in run.checkpoints}
    print_side_by_side(f"{run.run_dir}, {run.checkpoints[-1].features.name}", columns)


def print_comparison(compared: ComparedRuns) -> None:
    """Prints the scores of several runs side by side, and what they mean for each run."""
    columns = {f"{run.run_dir} {run.kimg:g} kimg": run.scores for run in compared.runs}
    cells = {
        figure: f"{spread.mean:.4g} ± {spread.deviation:.2g}"
        for figure, spread in compared.spread.items()
    }
    print_side_by_side(
        f"features: {compared.runs[0].features.name}",
        columns,
        {"mean ± deviation": cells} if cells else {},
    )
    print_lines([f"{run.run_dir}: {line}" for run in compared.runs for line in run.interpretation])


def print_side_by_side(
    title: str,
    columns: Mapping[str, Mapping[str, Score]],
    more: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Prints several sets of samples, with a row for each figure and a column for each set.

    Args:
      columns: the scores, by the name of the set.
      more: further columns of text, by name and figure.
    """
    table = Table(title=title)
    table.add_column("metric", no_wrap=True)
    for name in (*columns, *(more or {})):
        table.add_column(name, justify="right", overflow="fold")
    for figure, score in next(iter(columns.values())).items():
        cells = [number(s[figure].value) if figure in s else "-" for s in columns.values()]
        cells += [texts.get(figure, "-") for texts in (more or {}).values()]
        table.add_row(labelled(figure, score), *cells)
    Console().print(table)


def print_lines(lines: Sequence[str]) -> None:
    """Prints each sentence on a line of its own, however wide the terminal is."""
    console = Console()
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def labelled(name: str, score: Score) -> str:
    """Returns the figure's name, with an arrow up or down for the better direction."""
    return f"{name} {'↑' if score.higher_is_better else '↓'}"


def number(value: float | None, form: str = ".4g") -> str:
    """Returns a formatted number, or a dash for None."""
    return "-" if value is None else f"{value:{form}}"
