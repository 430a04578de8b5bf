"""Where many images go, some at a time, so that they never are in memory all at once."""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write
from gan_cli.media.credentials import Signer
from gan_cli.media.decode import file_content
from gan_cli.media.provenance import Provenance, from_json


class Sink(ABC):
    """A folder or file that an export fills, and goes on filling where it was cut off.

    Attributes:
      out: the folder or file.
      provenance: of all the images together. An unfinished export is gone on with only where it is
        of the same.
      marked: whether images say where they come from.
      count: how many images it is to hold.
      signer: what signs each image's file; None: nothing does.
    """

    def __init__(
        self,
        out: Path,
        provenance: Provenance,
        marked: bool,
        count: int,
        signer: Signer | None = None,
    ):
        self.out, self.provenance, self.marked, self.count = out, provenance, marked, count
        self.signer = signer

    @abstractmethod
    def start(self) -> int:
        """Makes ready, and returns how many images are there already.

        Raises:
          UserError: something else is there.
        """

    @abstractmethod
    def append(self, images: np.ndarray, seeds: list[int], labels: np.ndarray | None) -> None:
        """Adds images, uint8 [any number, height, width, channels], behind those that are there."""

    @abstractmethod
    def finish(self) -> None:
        """Is called behind the last image."""

    def _refuse_another(self, record: Path, what: str) -> None:
        """Raises a `UserError` where `record` belongs to other images than these."""
        if not record.is_file():
            return
        before = from_json(file_content(record))
        if before is None or _identity(before) != _identity(self.provenance):
            raise UserError(
                f"{what} is of other images than these (another checkpoint, seeds, classes or"
                " truncation); name another, or remove it",
                key="out",
            )

    def _keep_record(self, record: Path) -> None:
        atomic_write(record, self.provenance.to_json())


def _identity(provenance: Provenance) -> tuple[str, dict]:
    return provenance.model_sha256, dict(provenance.recipe)
