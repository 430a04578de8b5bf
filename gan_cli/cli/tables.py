"""Prints scores as tables in the terminal."""

from collections.abc import Mapping, Sequence

from rich.markup import escape
from rich.table import Table

from gan_cli.cli.console import PlainConsole
from gan_cli.evaluation.results import ComparedRuns, Scored, ScoredRun
from gan_cli.metrics.evaluation import Score

_MARKS = "*: best, =: tied"
_WIDTH_OF_METRIC_AND_FLOOR, _WIDTH_OF_COLUMN = 36, 12


def print_scores(scored: Scored) -> None:
    """Prints every figure with its interval, floor and ceiling, then what the figures mean."""
    evaluation, console = scored.evaluation, PlainConsole()
    floor = f"floor ({evaluation.floor_of})" if evaluation.num_floor else "floor"
    table = Table(
        title=f"{scored.title}: {evaluation.num_generated:,} generated,"
        f" {evaluation.num_reference:,} real samples"
    )
    table.add_column("metric", no_wrap=True)
    baseline = [evaluation.baseline] if evaluation.baseline else []
    for column in ("value", "± 95 %", floor, "ceiling (noise)", *baseline):
        table.add_column(column, justify="right")
    for name, score in evaluation.scores.items():
        table.add_row(
            labelled(name, score),
            number(score.value),
            number(score.interval, ".2g"),
            number(score.floor),
            number(score.ceiling),
            *(number(score.baseline) for _ in baseline),
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
            " samples",
            highlight=False,
        )
    print_lines(scored.interpretation)


def print_curve(run: ScoredRun) -> None:
    """Prints the scores of every checkpoint side by side."""
    columns = {f"{scored.kimg:g} kimg": scored.scores for scored in run.checkpoints}
    print_side_by_side(f"{run.run_dir}, {run.checkpoints[-1].features.name}", columns)


def print_comparison(compared: ComparedRuns) -> None:
    """Prints the scores of several runs side by side, their means, and what they mean for each."""
    runs = compared.runs
    print_lines([f"[{n + 1}] {run.run_dir}, {run.kimg:g} kimg" for n, run in enumerate(runs)])
    columns = {f"[{number + 1}]": run.scores for number, run in enumerate(runs)}
    title = f"features: {runs[0].features.name}; {_MARKS}"
    for part in _fitting(list(columns), PlainConsole().width):
        _print_marked(title, {name: columns[name] for name in part}, columns)
    if any(method.spread for method in compared.methods):
        print_methods(compared)
    print_lines(compared.sentences())


def print_methods(compared: ComparedRuns) -> None:
    """Prints mean and sample deviation by method, the best mean marked."""
    table = Table(title=f"mean ± deviation by method; {_MARKS}")
    table.add_column("metric", no_wrap=True)
    for method in compared.methods:
        runs = ", ".join(f"[{number + 1}]" for number in method.runs)
        table.add_column(escape(f"{method.name}\n{runs}"), justify="right", overflow="fold")
    for figure, score in compared.runs[0].scores.items():
        means = [
            method.spread[figure].mean
            if figure in method.spread
            else compared.runs[method.runs[0]].scores[figure].value
            if len(method.runs) == 1 and figure in compared.runs[method.runs[0]].scores
            else None
            for method in compared.methods
        ]
        cells = [
            "-"
            if mean is None
            else f"{mean:.4g}"
            + (f" ± {method.spread[figure].deviation:.2g}" if figure in method.spread else "")
            + _mark(mean, means, score)
            for mean, method in zip(means, compared.methods, strict=True)
        ]
        table.add_row(labelled(figure, score), *cells)
    PlainConsole().print(table)


def _print_marked(
    title: str, columns: Mapping[str, Mapping[str, Score]], every: Mapping[str, Mapping[str, Score]]
) -> None:
    """Prints some of the columns, with the floor, and with the best of all columns marked."""
    table = Table(title=title)
    table.add_column("metric", no_wrap=True)
    for name in (*columns, "floor"):
        # Rich takes brackets for its markup.
        table.add_column(escape(name), justify="right")
    for figure, score in next(iter(every.values())).items():
        values = [s[figure].value for s in every.values() if figure in s]
        cells = [
            number(s[figure].value) + _mark(s[figure].value, values, score) if figure in s else "-"
            for s in columns.values()
        ]
        table.add_row(labelled(figure, score), *cells, number(score.floor))
    PlainConsole().print(table)


def _mark(value: float, values: Sequence[float | None], score: Score) -> str:
    """Returns `*` for the only best value, `=` for each of several, as far as they are shown."""
    shown = [number(each) for each in values if each is not None]
    best = max(shown, key=float) if score.higher_is_better else min(shown, key=float)
    ties = shown.count(best)
    if number(value) != best or ties == len(shown) or score.separates is False:
        return ""
    return "*" if ties == 1 else "="


def _fitting(names: Sequence[str], width: int) -> list[Sequence[str]]:
    """Splits columns into tables that fit a terminal."""
    most = max((width - _WIDTH_OF_METRIC_AND_FLOOR) // _WIDTH_OF_COLUMN, 1)
    return [names[start : start + most] for start in range(0, len(names), most)]


def print_side_by_side(title: str, columns: Mapping[str, Mapping[str, Score]]) -> None:
    """Prints several sets of samples, with a row for each figure and a column for each set.

    Args:
      columns: the scores, by the name of the set.
    """
    table = Table(title=title)
    table.add_column("metric", no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right", overflow="fold")
    for figure, score in next(iter(columns.values())).items():
        cells = [number(s[figure].value) if figure in s else "-" for s in columns.values()]
        table.add_row(labelled(figure, score), *cells)
    PlainConsole().print(table)


def print_lines(lines: Sequence[str]) -> None:
    """Prints each sentence on a line of its own, however wide the terminal is."""
    console = PlainConsole()
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def labelled(name: str, score: Score) -> str:
    """Returns the figure's name, and an arrow to the better direction or a ? that it has none."""
    return f"{name} {'?' if score.separates is False else score.arrow}"


def number(value: float | None, form: str = ".4g") -> str:
    """Returns a formatted number, or a dash for None."""
    return "-" if value is None else f"{value:{form}}"
