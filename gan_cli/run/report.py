"""report.html: curves, pictures, scores and config of a run on one page that needs no network."""

import base64
import html
import io
import json
from importlib import resources
from typing import Any

import jinja2
from matplotlib.figure import Figure

from gan_cli.run.directory import RunDirectory
from gan_cli.run.files import atomic_write
from gan_cli.run.metrics_log import MetricsLog

# In the order of the page; each is one plot of the metrics whose names begin so.
_PLOTS = (
    ("Fréchet distance to the held-out images", ("fd_", "fid"), True),
    ("Modes covered", ("modes_covered",), False),
    (
        "Share of high quality, and error of the modes' shares",
        ("high_quality_share", "mode_error"),
        False,
    ),
    ("Losses", ("discriminator_loss", "generator_loss"), False),
    (
        "What D believes: mean D(real), D(generated)",
        ("discriminator_real", "discriminator_fake"),
        False,
    ),
    ("Share of pairs that D ranks right", ("ranking_accuracy",), False),
    ("Penalties", ("penalty/",), False),
    ("Penalties of the generator", ("generator_penalty/",), False),
    ("Norms of the gradients", ("discriminator_gradient_norm", "generator_gradient_norm"), True),
    ("Probability of augmentation", ("augmentation_probability",), False),
    ("Images per second", ("images_per_second",), False),
)
_MOST_GRIDS = 4


def write_report(run: RunDirectory) -> None:
    """Writes the page from what the run directory holds; parts that are not there are left out."""
    template = jinja2.Template(
        (resources.files("gan_cli.run") / "report.html").read_text("utf-8"), autoescape=True
    )
    rows = MetricsLog(run.metrics).read()
    evaluations = sorted(run.evaluations.glob("*.json"), key=lambda path: path.stat().st_mtime)
    page = template.render(
        name=run.path.name,
        latest=rows[-1] if rows else None,
        plots=[
            {"title": title, "svg": svg}
            for title, prefixes, logarithmic in _PLOTS
            if (svg := _plot(rows, prefixes, logarithmic))
        ],
        grids=_grids(run),
        evaluation=json.loads(evaluations[-1].read_text("utf-8")) if evaluations else None,
        config=run.config.read_text("utf-8") if run.config.is_file() else "",
        environment=run.environment.read_text("utf-8") if run.environment.is_file() else "",
    )
    atomic_write(run.report, page)


def _plot(rows: list[dict[str, Any]], prefixes: tuple[str, ...], logarithmic: bool) -> str | None:
    names = sorted({name for row in rows for name in row if name.startswith(prefixes)})
    curves = {name: [(row["kimg"], row[name]) for row in rows if name in row] for name in names}
    if not any(len(points) > 1 for points in curves.values()):
        return None
    figure = Figure(figsize=(6, 2.8), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, points) in enumerate(curves.items()):
        marker = "o" if len(points) < 60 else None
        axes.plot(*zip(*points, strict=True), label=name, marker=marker, ms=3, c=f"C{index}")
    if logarithmic and all(value > 0 for points in curves.values() for _, value in points):
        axes.set_yscale("log")
    axes.set_xlabel("thousands of images shown (kimg)")
    axes.grid(alpha=0.3)
    if len(curves) > 1:
        axes.legend(frameon=False, fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    # The page's own text colour shows in light and dark alike.
    figure.patch.set_alpha(0)
    axes.patch.set_alpha(0)
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    svg = drawn.getvalue()[drawn.getvalue().index("<svg") :]
    label = html.escape(", ".join(names), quote=True)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def _grids(run: RunDirectory) -> list[dict[str, str]]:
    """The real images, and grids of generated ones spread over training."""
    grids = sorted(run.samples.glob("grid-*.png"))
    count = min(_MOST_GRIDS, len(grids))
    chosen = [grids[round(i * (len(grids) - 1) / max(count - 1, 1))] for i in range(count)]
    pictures = [("Real images", run.samples / "reals.png")]
    pictures += [(f"{int(path.stem.split('-')[1])} kimg", path) for path in reversed(chosen)]
    return [
        {"title": title, "data": base64.b64encode(path.read_bytes()).decode()}
        for title, path in pictures
        if path.is_file()
    ]
