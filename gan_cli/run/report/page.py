"""report.html: curves, pictures, scores and config of a run, on one self-contained page."""

import base64
from importlib import resources
from typing import Any

import jinja2

from gan_cli.io.files import atomic_write
from gan_cli.run.directory import RunDirectory
from gan_cli.run.guard_log import GuardLog
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.report.plots import curves_svg
from gan_cli.run.report.scores import newest_evaluation
from gan_cli.run.report.verdict import judge

# Title, prefixes of the values to plot, and whether the axis is logarithmic; in the page's order.
_PLOTS = (
    ("Fréchet distance to the held-out images", ("fd_", "fid"), True),
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
        "Diversity of generated images relative to real ones, and overfitting of the discriminator",
        ("diversity", "overfitting"),
        False,
    ),
    ("Images per second", ("images_per_second",), False),
)
_NO_SCORES = {"images_shown", "kimg", "training_seconds"}
_MOST_GRIDS = 4


def write_report(run: RunDirectory) -> None:
    """Writes the page from the files in the run directory; sections without data are left out.

    Raises:
      UserError: the page cannot be written.
    """
    template = jinja2.Template(
        (resources.files("gan_cli.run.report") / "report.html").read_text("utf-8"), autoescape=True
    )
    rows = MetricsLog(run.metrics).read()
    plots = (*_PLOTS, *((name, (name,), False) for name in _further_scores(rows)))
    evaluation, guarded = newest_evaluation(run), GuardLog(run.guard).read()
    page = template.render(
        name=run.path.name,
        verdict=judge(rows, evaluation, guarded),
        latest=rows[-1] if rows else None,
        plots=[
            {"title": title, "svg": svg}
            for title, prefixes, logarithmic in plots
            if (svg := _plot(rows, prefixes, logarithmic))
        ],
        grids=_grids(run),
        evaluation=evaluation,
        guarded=guarded,
        config=run.config.read_text("utf-8") if run.config.is_file() else "",
        environment=run.environment.read_text("utf-8") if run.environment.is_file() else "",
    )
    atomic_write(run.report, page)


def _further_scores(rows: list[dict[str, Any]]) -> list[str]:
    """Returns the names of scores that an evaluator tracked and that `_PLOTS` does not list."""
    known = tuple(prefix for _, prefixes, _ in _PLOTS for prefix in prefixes)
    # Lines with scores hold the training time, but no speed.
    scored = [row for row in rows if "training_seconds" in row and "images_per_second" not in row]
    names = {name for row in scored for name in row}
    return sorted(name for name in names - _NO_SCORES if not name.startswith(known))


def _plot(rows: list[dict[str, Any]], prefixes: tuple[str, ...], logarithmic: bool) -> str | None:
    names = sorted({name for row in rows for name in row if name.startswith(prefixes)})
    curves = {name: [(row["kimg"], row[name]) for row in rows if name in row] for name in names}
    return curves_svg(curves, logarithmic, "thousands of images shown (kimg)")


def _grids(run: RunDirectory) -> list[dict[str, str]]:
    """Returns the real images, and grids of generated images from all of the training."""
    grids = run.saved_grids(_MOST_GRIDS)
    pictures = [("Real images", run.samples / "reals.png")]
    pictures += [(f"{kimg} kimg", path) for kimg, path in reversed(grids)]
    shown: dict[bytes, str] = {}
    for title, path in pictures:
        if path.is_file():
            # A run that is trained longer can draw the same grid twice.
            shown.setdefault(path.read_bytes(), title)
    return [
        {"title": title, "data": base64.b64encode(content).decode()}
        for content, title in shown.items()
    ]
