"""Long preparation that gives way to a signal: it need not be finished for a run to be saved."""

from collections.abc import Callable

from gan_cli.listener import Listener


class AbandonedError(Exception):
    """Preparation was given up, since training was asked to stop."""


class UntilStopped(Listener):
    """Passes on what it hears, and gives up the activity that reports progress after a stop.

    Args:
      listener: hears everything.
      is_stopped: whether training was asked to stop.
    """

    def __init__(self, listener: Listener, is_stopped: Callable[[], bool]):
        self._listener, self._is_stopped = listener, is_stopped

    def message(self, text: str) -> None:
        """Passes the sentence on."""
        self._listener.message(text)

    def done(self, activity: str) -> None:
        """Passes the end of the activity on."""
        self._listener.done(activity)

    def progress(self, activity: str, done: int, total: int | None, detail: str = "") -> None:
        """Passes the progress on.

        Raises:
          AbandonedError: training was asked to stop.
        """
        if self._is_stopped():
            raise AbandonedError(activity)
        self._listener.progress(activity, done, total, detail)
