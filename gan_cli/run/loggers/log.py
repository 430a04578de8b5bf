"""What a logger is: one run's page in an experiment tracker."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from PIL import Image


class LogEnding(Enum):
    """How a process ends its part of a run."""

    FINISHED = "finished"
    # By a signal; the run may be continued.
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class LoggedRun:
    """A run as loggers know it.

    Attributes:
      name: of the config; need not be unique.
      folder: the run directory.
      config: the resolved config, as nested dictionaries of plain values.
      known_id: the tracker's name of this run, by which an earlier process logged; None: this is
        the first one.
    """

    name: str
    folder: Path
    config: dict[str, Any]
    known_id: str | None = None

    def flat_config(self) -> dict[str, Any]:
        """Returns the config as one dictionary of dotted keys, such as `training.kimg`."""
        flat: dict[str, Any] = {}

        def add(prefix: str, value: Any) -> None:
            if isinstance(value, dict) and value:
                for key, part in value.items():
                    add(f"{prefix}.{key}" if prefix else str(key), part)
            else:
                flat[prefix] = value

        add("", self.config)
        return flat


class Log(Protocol):
    """One run's page in a tracker. Every method may raise whatever it likes: training continues.

    The functions of the registry take a `LoggedRun` and return one of these.

    Attributes:
      id: the tracker's name of the run, which `LoggedRun.known_id` gives back after a resume.
      address: where a person finds the run: a URL or a folder.
    """

    id: str
    address: str

    def scalars(self, images_shown: int, values: Mapping[str, float]) -> None:
        """Adds a value for each name."""

    def grid(self, images_shown: int, grid: Image.Image) -> None:
        """Adds a picture of generated samples."""

    def close(self, ending: LogEnding) -> None:
        """Sends what is left; nothing follows."""
