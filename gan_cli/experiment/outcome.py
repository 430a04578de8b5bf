"""How a training run ended."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from signal import Signals

# gan-train's exit status after a run that diverged.
DIVERGED_STATUS = 1


class Ending(StrEnum):
    """Why training ended.

    `finished`: all images were shown, the time was up, or the score
    no longer improved. `stopped`: by a signal, after saving.
    `diverged`: a loss was no longer finite, or the guard gave up.
    """

    FINISHED = "finished"
    STOPPED = "stopped"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class Outcome:
    """How a training run ended, and where it is.

    Attributes:
      ending: why it ended.
      run_dir: the run directory.
      images_shown: real images that the saved state, or where training diverged the last state,
        has been shown.
      signal: what stopped it, where it was stopped.
      trouble: what went wrong, where it diverged: one line.
    """

    ending: Ending
    run_dir: Path
    images_shown: int
    signal: Signals | None = None
    trouble: str | None = None
