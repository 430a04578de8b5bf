"""report.html: curves, pictures, scores and config of a run, on one self-contained page."""

import base64
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import jinja2

from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write
from gan_cli.io.records import read_content, read_text
from gan_cli.run.directory import RunDirectory
from gan_cli.run.guard_log import GuardLog
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.plans_log import PlansLog, plan_sentences
from gan_cli.run.report.data_facts import data_facts, kind_of_samples
from gan_cli.run.report.pictures import data_uri, on_clear_ground
from gan_cli.run.report.plots import curves_svg
from gan_cli.run.report.scores import newest_evaluation
from gan_cli.run.report.verdict import judge

# Title, prefixes of the values to plot, and whether the axis is logarithmic; in the page's order.
_PLOTS = (
    ("Fréchet distance to the held-out {samples}", ("fd_", "fid"), True),
    ("Modes covered", ("modes_covered",), False),
    (
        "Share of points of high quality, and error of the modes' shares",
        ("high_quality_share", "mode_error"),
        False,
    ),
    ("Losses", ("discriminator_loss", "generator_loss"), False),
    (
        "The discriminator's mean output: D(real) and D(generated)",
        ("discriminator_real", "discriminator_fake"),
        False,
    ),
    ("Share of pairs that the discriminator ranks correctly", ("ranking_accuracy",), False),
    ("Penalties of the discriminator", ("penalty/",), False),
    ("Penalties of the generator", ("generator_penalty/",), False),
    ("Gradient norms", ("discriminator_gradient_norm", "generator_gradient_norm"), True),
    (
        "Largest singular value of the layers",
        ("discriminator_singular_value", "generator_singular_value"),
        True,
    ),
    ("Augmentation probability", ("augmentation_probability",), False),
    (
        "Diversity of generated {samples} relative to real ones, and overfitting of the"
        " discriminator",
        ("diversity", "overfitting"),
        False,
    ),
    ("{Samples} per second", ("images_per_second",), False),
)
_NO_SCORES = {"images_shown", "kimg", "training_seconds"}
_MOST_GRIDS = 4
_MOST_FURTHER_SCORES = 50
_MOST_SHOWN_BYTES = 2**22
_MOST_PICTURE_BYTES = 2**26

Read = TypeVar("Read")


def write_report(run: RunDirectory) -> list[str]:
    """Writes the page from the files in the run directory; sections without data are left out.

    Returns:
      A line for each file that is damaged, and left out.

    Raises:
      UserError: the page cannot be written.
    """
    problems: list[str] = []

    def unless_damaged(read: Callable[[], Read], otherwise: Read) -> Read:
        try:
            return read()
        except UserError as error:
            problems.extend(f"left out of the report: {problem}" for problem in error.problems)
            return otherwise

    template = jinja2.Template(
        (resources.files("gan_cli.run.report") / "report.html").read_text("utf-8"), autoescape=True
    )
    metrics, guard, plans = MetricsLog(run.metrics), GuardLog(run.guard), PlansLog(run.plans)
    rows: list[dict[str, Any]] = unless_damaged(metrics.read, [])
    guarded: list[dict[str, Any]] = unless_damaged(guard.read, [])
    continued: list[dict[str, Any]] = unless_damaged(plans.read, [])
    marks = sorted({entry["images_shown"] / 1000 for entry in continued})
    problems += [problem for log in (metrics, guard, plans) if (problem := _problem(log))]
    plots = (*_PLOTS, *((name, (name,), False) for name in _further_scores(rows)))
    samples = kind_of_samples(run)
    evaluation, damaged = newest_evaluation(run, samples)
    grids, unread = _grids(run, samples)
    sounds, unheard = _sounds(run)
    problems += [f"left out of the report: {problem}" for problem in (*damaged, *unread, *unheard)]
    page = template.render(
        name=run.path.name,
        verdict=judge(rows, evaluation, guarded, samples),
        samples=samples,
        latest=rows[-1] if rows else None,
        plans=plan_sentences(continued),
        plots=[
            {"title": _titled(title, samples), "svg": svg}
            for title, prefixes, logarithmic in plots
            if (svg := _plot(rows, prefixes, logarithmic, marks, samples))
        ],
        grids=grids,
        sounds=sounds,
        data=unless_damaged(lambda: data_facts(run), None),
        evaluation=evaluation,
        guarded=guarded,
        config=unless_damaged(lambda: _text(run.config), ""),
        environment=unless_damaged(lambda: _text(run.environment), ""),
        problems=problems,
    )
    atomic_write(run.report, page)
    return problems


def _problem(log: MetricsLog | GuardLog | PlansLog) -> str | None:
    try:
        return log.problem()
    except UserError:
        # It is reported where the log is read.
        return None


def _titled(title: str, samples: str) -> str:
    return title.replace("{samples}", samples).replace("{Samples}", samples.capitalize())


def _text(path: Path) -> str:
    return read_text(path, _MOST_SHOWN_BYTES) if path.exists() else ""


def _further_scores(rows: list[dict[str, Any]]) -> list[str]:
    """Returns the names of scores that an evaluator tracked and that `_PLOTS` does not list."""
    known = tuple(prefix for _, prefixes, _ in _PLOTS for prefix in prefixes)
    # Lines with scores hold the training time, but no speed.
    scored = [row for row in rows if "training_seconds" in row and "images_per_second" not in row]
    names = {name for row in scored for name in row}
    return sorted(n for n in names - _NO_SCORES if not n.startswith(known))[:_MOST_FURTHER_SCORES]


def _plot(
    rows: list[dict[str, Any]],
    prefixes: tuple[str, ...],
    logarithmic: bool,
    marks: Sequence[float],
    samples: str,
) -> str | None:
    names = sorted({name for row in rows for name in row if name.startswith(prefixes)})
    curves = {name: [(row["kimg"], row[name]) for row in rows if name in row] for name in names}
    return curves_svg(curves, logarithmic, f"thousands of {samples} shown (kimg)", marks)


def _grids(run: RunDirectory, samples: str) -> tuple[list[dict[str, str]], list[str]]:
    """Returns the real samples and grids of all of the training, and a line for each unread one."""
    grids = run.saved_grids(_MOST_GRIDS)
    pictures = [(f"Real {samples}", run.samples / "reals.png")]
    pictures += [(f"{kimg} kimg", path) for kimg, path in reversed(grids)]
    shown: dict[bytes, str] = {}
    problems: list[str] = []
    for title, path in pictures:
        if path.exists():
            try:
                # A run that is trained longer can draw the same grid twice.
                shown.setdefault(read_content(path, _MOST_PICTURE_BYTES), title)
            except UserError as error:
                problems += error.problems
    return [
        {"title": title, "source": data_uri(on_clear_ground(content, run))}
        for content, title in shown.items()
    ], problems


def _sounds(run: RunDirectory) -> tuple[list[dict[str, str]], list[str]]:
    """Returns the sound of real and of the newest phrases, where a run makes music."""
    found: list[dict[str, str]] = []
    problems: list[str] = []
    for title, name in (("Real phrases", "reals.wav"), ("Generated phrases", "newest.wav")):
        path = run.samples / name
        if path.exists():
            try:
                content = read_content(path, _MOST_PICTURE_BYTES)
                found.append({"title": title, "data": base64.b64encode(content).decode()})
            except UserError as error:
                problems += error.problems
    return found, problems
