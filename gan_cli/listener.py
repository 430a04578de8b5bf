"""What a caller hears while long work runs: messages, progress, and the figures of training."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

# Activities of which a listener may want to show more than a name and a count.
TRAINING = "training"
PREPARING = "preparing images"
PREPARING_FEATURES = "preparing features"
SCORING = "scoring images"
TIMING = "timing training steps"
WRITING_FRAMES = "writing frames"


class Listener:
    """Takes note of nothing. Subclasses override what they want to hear.

    A method is called from the thread that does the work, and must return soon. Only what is said
    of a signal that stops training comes from another thread. The commands pass
    a listener that prints; a notebook may pass its own.
    """

    def samples_are(self, name: str) -> None:
        """Takes the kind of samples that the work is about, as a plural, such as `strings`."""

    def message(self, text: str) -> None:
        """Takes one sentence about the work, such as a warning or a score."""

    def skipped(self, problem: str) -> None:
        """Takes one line about input that was left out, such as an image that cannot be decoded."""

    def progress(self, activity: str, done: int, total: int | None, detail: str = "") -> None:
        """Takes how far an activity is.

        Args:
          activity: what is being done, such as `preparing images`.
          done: how many items are finished; of `training`, images shown.
          total: how many there are in all; None: unknown.
          detail: the part of the activity that is under way, such as the name of a metric; empty:
            the same part as before.
        """

    def report(
        self, images_shown: int, values: Mapping[str, float], images_per_second: float
    ) -> None:
        """Takes the figures of the newest training steps.

        Args:
          images_shown: real images that training has shown so far.
          values: losses, penalties and the rest of the step's report, by name.
          images_per_second: speed since the last line of the log.
        """

    def judgement(self, word: str) -> None:
        """Takes how training goes by the guard's newest look, such as `healthy` or `D ahead`."""

    def done(self, activity: str) -> None:
        """Takes note that an activity is over, whether it was completed or not."""

    def counter(self, activity: str) -> Callable[[int, int | None], None]:
        """Returns a function of (done, total) that reports an activity's progress."""
        return lambda done, total: self.progress(activity, done, total)

    @contextlib.contextmanager
    def during(self, activity: str) -> Iterator[Callable[[int, int | None], None]]:
        """Yields the activity's `counter`; calls `done` when the block ends, even by an error."""
        try:
            yield self.counter(activity)
        finally:
            self.done(activity)


class Quiet(Listener):
    """A listener that stays silent."""
