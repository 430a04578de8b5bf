"""Scores as files for other programs: CSV, and a page of one table."""

import csv
import io
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import jinja2

from gan_cli.evaluation.methods import Method

_COLUMNS = (
    "run",
    "method",
    "seed",
    "checkpoint",
    "kimg",
    "metric",
    "value",
    "deviation",
    "interval",
    "floor",
    "ceiling",
    "baseline",
    "higher_is_better",
    "separates",
)


def score_rows(record: Mapping[str, Any], **facts: Any) -> list[dict[str, Any]]:
    """Returns a row for each figure of a set of samples.

    Args:
      record: with `scores` by name, as the records of results have them.
      facts: further columns, the same in each row.
    """
    given = {name: record[name] for name in ("checkpoint", "kimg") if name in record}
    return [{**given, **facts, "metric": name, **score} for name, score in record["scores"].items()]


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Returns a table with a line for each figure of each set of samples."""
    content = io.StringIO()
    writer = csv.DictWriter(content, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return content.getvalue()


def html_text(
    title: str,
    rows: Sequence[Mapping[str, Any]],
    sentences: Sequence[str],
    methods: Sequence[Method] = (),
) -> str:
    """Returns a page with a table: a row for each set of samples, and a column for each metric.

    Methods of several runs have a table of means and deviations above it.

    The best value of each metric is bold, except where floor and ceiling do not separate. Below
    each metric's name stand its floor and ceiling.
    """
    metrics: dict[str, dict[str, Any]] = {}
    sets: dict[tuple, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        facts = tuple(row.get(name, "") for name in ("method", "run", "checkpoint", "kimg"))
        sets.setdefault(facts, {})[row["metric"]] = row
        metric = metrics.setdefault(row["metric"], {**row, "best": row["value"]})
        better = max if row["higher_is_better"] else min
        metric["best"] = better(metric["best"], row["value"])
    for name, metric in metrics.items():
        values = [scores[name]["value"] for scores in sets.values() if name in scores]
        if len(values) > 1 and len(set(values)) == 1:
            # Equal values have no best one.
            metric["best"] = None
    template = jinja2.Template(
        (resources.files("gan_cli.evaluation") / "score_table.html").read_text("utf-8"),
        autoescape=True,
    )
    return template.render(
        title=title,
        metrics=metrics,
        sets=[{"facts": _shown(*facts), "scores": scores} for facts, scores in sets.items()],
        sentences=sentences,
        methods=[method for method in methods if method.spread],
    )


def _shown(method: str, run: str, checkpoint: str, kimg: float | str) -> dict[str, str]:
    """Returns the name of a set of samples, and what else is known of it in a line."""
    length = f"{kimg:g} kimg" if isinstance(kimg, float | int) else ""
    return {"run": run, "what": ", ".join(filter(None, (method, checkpoint, length)))}
