"""Reports to a listener how far the work on an evaluation is."""

from collections.abc import Iterable, Iterator

import numpy as np

from gan_cli.listener import SCORING, Listener


class ScoringProgress:
    """A context manager that counts scored images, then names each metric.

    Args:
      total: number of images.
    """

    def __init__(self, listener: Listener, total: int):
        self._listener, self._total = listener, total
        self._done = 0

    def __enter__(self) -> "ScoringProgress":
        self._report()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.done(SCORING)

    def count(self, batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Passes batches on, and counts their images."""
        for batch in batches:
            yield batch
            self._done += len(batch)
            self._report()

    def metric(self, name: str) -> None:
        """Reports that a metric is being computed."""
        self._report(name)

    def _report(self, detail: str = "") -> None:
        self._listener.progress(SCORING, self._done, self._total, detail)
