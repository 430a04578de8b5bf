"""Tells from a run's scores whether they still improve."""

from collections.abc import Iterable, Mapping
from typing import Any


def images_without_improvement(rows: Iterable[Mapping[str, Any]], metric: str) -> int:
    """Returns the images shown between the best and the newest score of a run; 0 without scores.

    Args:
      rows: of the run's log, oldest first.
      metric: the score's name in the rows; lower is better.
    """
    best, best_at, newest_at = float("inf"), 0, 0
    for row in rows:
        if metric in row:
            newest_at = row["images_shown"]
            if row[metric] < best:
                best, best_at = row[metric], newest_at
    return newest_at - best_at
