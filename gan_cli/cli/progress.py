"""Shows on the console what long work reports: a live bar on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Mapping

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from gan_cli.cli.console import PlainConsole
from gan_cli.domains.domain import speed_text
from gan_cli.experiment.progress_text import break_silence, fitted, parts_of_line
from gan_cli.listener import PREPARING, PREPARING_FEATURES, SCORING, TRAINING, Listener

_SECONDS_BETWEEN_PLAIN_LINES = 10.0
_LONGEST_SILENCE_SECONDS = 60.0
_BAR_WIDTH, _TIME_WIDTH = 16, 9
_ON_STANDARD_ERROR = (SCORING, PREPARING_FEATURES)


class ConsoleListener(Listener):
    """Prints messages, and shows one activity at a time as a bar.

    Bars appear on terminals only, and fit their width. Where there is none, or a dumb one, training
    prints a line every ten seconds, with the time of day, and any activity that is silent for a
    minute says that it is still under way. An activity that starts while another one is shown has
    no bar of its own.

    Args:
      console: for messages and bars; by default standard output.
      error_console: for the bar of an evaluation; by default standard error.
    """

    def __init__(self, console: Console | None = None, error_console: Console | None = None):
        self.console = console or PlainConsole()
        self.error_console = error_console or PlainConsole(stderr=True)
        self._bar: Progress | None = None
        self._activity = ""
        self._total_images = 0
        self._last_plain_line = self._heard_at = float("-inf")
        self._judgement = "starting"
        self._samples = "images"
        self._reached = ""
        self._is_over = threading.Event()

    def samples_are(self, name: str) -> None:
        self._samples = name

    def message(self, text: str) -> None:
        self._heard_at = time.monotonic()
        self.console.print(text, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def skipped(self, problem: str) -> None:
        self.message(f"skipped: {problem}")

    def progress(self, activity: str, done: int, total: int | None, detail: str = "") -> None:
        if activity == TRAINING:
            self._total_images = total or 0
        if self._bar is None:
            self._start_bar(activity, done, total)
        if activity != self._activity or self._bar is None:
            return
        task = self._bar.tasks[0]
        self._reached = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        rate = speed_text(task.speed, self._samples) if task.speed else ""
        detail = detail or task.fields["detail"]
        self._bar.update(task.id, completed=done, total=total, detail=detail, rate=rate)

    def report(
        self, images_shown: int, values: Mapping[str, float], images_per_second: float
    ) -> None:
        shown = images_shown, self._total_images, images_per_second
        parts = parts_of_line(self._judgement, *shown, values, self._samples)
        if self.console.is_interactive:
            width = self.console.width - _BAR_WIDTH - _TIME_WIDTH
            self.progress(TRAINING, images_shown, self._total_images, fitted(parts, width))
            return
        if time.monotonic() - self._last_plain_line >= _SECONDS_BETWEEN_PLAIN_LINES:
            self._plain_line("  ".join(parts))

    def judgement(self, word: str) -> None:
        self._judgement = word

    def _plain_line(self, text: str) -> None:
        self._last_plain_line = self._heard_at = time.monotonic()
        self.message(f"{time.strftime('%H:%M:%S')}  {text}")

    def _sign_of_life(self) -> None:
        if time.monotonic() - self._heard_at >= _LONGEST_SILENCE_SECONDS:
            self._plain_line(f"{self._name(self._activity)}: {self._reached}")

    def _name(self, activity: str) -> str:
        return activity.replace("images", "data" if activity == PREPARING else self._samples)

    def done(self, activity: str) -> None:
        if self._bar is not None and activity == self._activity:
            self._is_over.set()
            self._bar.stop()
            self._bar = None

    def _start_bar(self, activity: str, done: int, total: int | None) -> None:
        console = self.error_console if activity in _ON_STANDARD_ERROR else self.console
        self._activity = activity
        self._bar = Progress(
            *_columns(activity),
            console=console,
            disable=not console.is_interactive,
            # The bar of a training stays, to show where it ended.
            transient=activity != TRAINING,
        )
        first = {TRAINING: "starting", SCORING: self._samples}.get(activity, "")
        self._bar.add_task(self._name(activity), total=total, completed=done, detail=first, rate="")
        self._bar.start()
        self._is_over = threading.Event()
        if not console.is_interactive:
            self._heard_at = time.monotonic()
            break_silence(self._is_over, _LONGEST_SILENCE_SECONDS, self._sign_of_life)


def _columns(activity: str) -> list[ProgressColumn]:
    bar, count = BarColumn(bar_width=_BAR_WIDTH), MofNCompleteColumn()
    detail, name = TextColumn("{task.fields[detail]}"), TextColumn("{task.description}")
    if activity == TRAINING:
        return [bar, detail, TimeElapsedColumn()]
    if activity == SCORING:
        return [bar, count, detail, TimeElapsedColumn()]
    if activity in (PREPARING, PREPARING_FEATURES):
        return [name, bar, count]
    return [name, bar, count, TextColumn("{task.fields[rate]}"), TimeRemainingColumn()]
