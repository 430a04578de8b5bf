"""What the user sees meanwhile: a live line on a terminal; of training, plain lines elsewhere."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_SECONDS_BETWEEN_PLAIN_LINES = 10.0


class TrainingProgress:
    """A context manager that shows how training goes.

    Args:
      total_images: where the bar ends.
      images_shown: where it starts.
    """

    def __init__(self, total_images: int, images_shown: int, console: Console | None = None):
        self.console = console or Console()
        self.total_images = total_images
        self._last_plain_line = float("-inf")
        self._bar = Progress(
            BarColumn(bar_width=16),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task(
            "", total=total_images, completed=images_shown, text="starting"
        )

    def __enter__(self) -> "TrainingProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(
        self, images_shown: int, report: Mapping[str, float], images_per_second: float
    ) -> None:
        """Shows the state after `images_shown` images."""
        left = (self.total_images - images_shown) / max(images_per_second, 1e-9)
        text = (
            f"{images_shown / 1000:.1f}/{self.total_images / 1000:.1f} kimg"
            f"  {images_per_second:.0f} img/s  {_clock(left)} left  {describe(report)}"
        )
        if self.console.is_terminal:
            self._bar.update(self._task, completed=images_shown, text=text)
            return
        now = time.monotonic()
        if now - self._last_plain_line >= _SECONDS_BETWEEN_PLAIN_LINES:
            self._last_plain_line = now
            self.message(text)

    def message(self, text: str) -> None:
        """Prints a line above the bar."""
        self.console.print(text, soft_wrap=True, highlight=False, markup=False)


@contextlib.contextmanager
def preparation_progress() -> Iterator[Callable[[int, int], None]]:
    """Shows how many images have been prepared; gives the function to be told of it.

    Only on a terminal, and only while it takes.
    """
    console = Console()
    with Progress(
        TextColumn("preparing images"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as bar:
        task = bar.add_task("")
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextlib.contextmanager
def images_progress(text: str) -> Iterator[Callable[[int, int], None]]:
    """Shows how many images there are, how fast they come and how long the rest takes.

    Gives the function to be told of it. Only on a terminal.
    """
    console = Console()
    with Progress(
        TextColumn(text),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None, rate="")

        def on_progress(done: int, total: int) -> None:
            speed = bar.tasks[task].speed
            bar.update(
                task, completed=done, total=total, rate=f"{speed:,.0f} img/s" if speed else ""
            )

        yield on_progress


class EvaluationProgress:
    """A context manager that shows how many images have been scored, then each metric's name.

    Only on a terminal.

    Args:
      total: number of images.
    """

    def __init__(self, total: int, console: Console | None = None):
        console = console or Console(stderr=True)
        self._bar = Progress(
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=total, text="images")

    def __enter__(self) -> "EvaluationProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def count(self, batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Passes batches on, and counts their images."""
        for batch in batches:
            yield batch
            self._bar.advance(self._task, len(batch))

    def metric(self, name: str) -> None:
        """Names the metric that is being taken."""
        self._bar.update(self._task, text=name)


def describe(report: Mapping[str, float]) -> str:
    """The step's report in a few words: losses, D's belief, penalties, loss scale."""
    parts = [
        f"loss D {report['discriminator_loss']:.3f} G {report['generator_loss']:.3f}",
        f"D(real) {report['discriminator_real']:.2f} D(fake) {report['discriminator_fake']:.2f}",
    ]
    parts += [
        f"{name.removeprefix('penalty/')} {value:.2g}"
        for name, value in report.items()
        if name.startswith("penalty/")
    ]
    if "augmentation_probability" in report:
        parts.append(f"augment {report['augmentation_probability']:.3f}")
    if "loss_scale" in report:
        parts.append(f"scale {report['loss_scale']:.0f}")
    return "  ".join(parts)


def _clock(seconds: float) -> str:
    minutes, whole_seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole_seconds:02}"
