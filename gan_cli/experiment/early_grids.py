"""Grids by the clock at the beginning of a run, when those by images shown may be far away."""

FIRST_EARLY_GRID_SECONDS = 20.0
_CLOSE_ENOUGH = 0.75


class GridTimes:
    """Knows when a grid is due by the clock: 20 s, 1 min, 2 min, 4 min, ... after the start.

    Where grids come often enough by the images shown, none is due.

    Args:
      began: when training began, as if it had never stopped; on the clock of `time.monotonic`.
      now: when this process began to train: until then, grids have been drawn.
    """

    def __init__(self, began: float, now: float):
        self.began, self._last_drawn = began, now

    def drawn(self, now: float) -> None:
        """Takes note that a grid, of any kind, has been drawn."""
        self._last_drawn = now

    def is_due(self, now: float) -> bool:
        """Returns whether a time has come since the last grid, which is not just behind."""
        mark = _last_mark(now - self.began)
        # One that is only a little older serves as well.
        return self._last_drawn - self.began < _CLOSE_ENOUGH * mark


def _last_mark(seconds: float) -> float:
    """Returns the latest of 20, 60, 120, 240, ... that is not after `seconds`; 0 before them."""
    if seconds < FIRST_EARLY_GRID_SECONDS:
        return 0.0
    mark = 60.0
    if seconds < mark:
        return FIRST_EARLY_GRID_SECONDS
    while 2 * mark <= seconds:
        mark *= 2
    return mark


def grid_name(images_shown: int, every_kimg: float) -> str:
    """Returns a grid's file name: whole kimg, with decimals where grids are less than 1 kimg apart.

    Args:
      every_kimg: interval of the run's grids; 0 for one that is drawn by the clock.
    """
    kimg, rest = divmod(images_shown, 1000)
    decimals = f".{rest:03d}" if rest and every_kimg < 1 else ""
    return f"grid-{kimg:06d}{decimals}.png"
