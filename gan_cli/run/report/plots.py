"""Plots for the report: SVG in the page's own colours."""

import html
import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

Curve = Sequence[tuple[float, float]]

# Inches and points. A phone shows a plot about 334 pixels wide, and its texts then 11 pixels high.
_SIZE, _POSITION_SIZE, _FONT_SIZE = (4.2, 2.7), (4.2, 3.6), 10
_LEGEND_COLUMNS = 2
# Beyond this, axes and their labels overflow.
_MOST_DRAWN = 1e100


def curves_svg(
    curves: Mapping[str, Curve], logarithmic: bool, x_label: str, marks: Sequence[float] = ()
) -> str | None:
    """Draws a line for each name; returns None where no line has two points.

    Points that are not finite, or too large to draw, are left out.

    Args:
      marks: values of x at which a dashed line divides the plot, where curves surround them.
    """
    curves = {name: [p for p in points if _can_be_drawn(p)] for name, points in curves.items()}
    curves = {name: points for name, points in curves.items() if points}
    if not any(len(points) > 1 for points in curves.values()):
        return None
    figure = Figure(figsize=_SIZE)
    # Room for axis labels of any length; measuring them would mean drawing each figure twice.
    figure.subplots_adjust(left=0.16, right=0.98, bottom=0.18, top=0.96)
    axes = figure.add_subplot()
    for index, (name, points) in enumerate(curves.items()):
        marker = "o" if len(points) < 60 else None
        axes.plot(*zip(*points, strict=True), label=name, marker=marker, ms=3, c=f"C{index}")
    reached = [x for points in curves.values() for x, _ in points]
    for mark in marks:
        if min(reached) < mark < max(reached):
            axes.axvline(mark, linestyle="--", linewidth=1, color="0.5", gid=f"continued-{mark:g}")
    values = [value for points in curves.values() for _, value in points]
    # Within a factor of ten, a logarithmic axis shows nothing more, and has no round numbers.
    if logarithmic and min(values) > 0 and max(values) > 10 * min(values):
        axes.set_yscale("log")
    axes.set_xlabel(x_label)
    if len(curves) > 1:
        axes.legend(frameon=False, fontsize=_FONT_SIZE)
    return _svg(figure, axes, ", ".join(curves))


def position_svg(points: Mapping[str, tuple[float, float]], x_label: str, y_label: str) -> str:
    """Draws named points in the unit square."""
    figure = Figure(figsize=_POSITION_SIZE, layout="constrained")
    axes = figure.add_subplot()
    drawn = {name: point for name, point in points.items() if _can_be_drawn(point)}
    for index, (name, (x, y)) in enumerate(drawn.items()):
        axes.scatter([x], [y], s=36, c=f"C{index}", label=name, zorder=3)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x_label, ylabel=y_label)
    if drawn:
        # Below the axes, which it would narrow beside them.
        figure.legend(
            frameon=False, fontsize=_FONT_SIZE, loc="outside lower center", ncols=_LEGEND_COLUMNS
        )
    return _svg(figure, axes, f"{y_label} against {x_label}")


def _can_be_drawn(point: tuple[float, float]) -> bool:
    return all(abs(coordinate) < _MOST_DRAWN for coordinate in point)


def _svg(figure: Figure, axes: Any, label: str) -> str:
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    # A transparent background suits the page's light and dark colours.
    figure.patch.set_alpha(0)
    axes.patch.set_alpha(0)
    drawn = io.StringIO()
    for text in figure.findobj(Text):
        # A name may hold what Matplotlib would take for mathematics.
        text.set_parse_math(False)
    with warnings.catch_warnings():
        # The font lacks some scripts; a box then stands for the letter.
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    svg = drawn.getvalue()[drawn.getvalue().index("<svg") :]
    return svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(label, quote=True)}"', 1)
