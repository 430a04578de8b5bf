"""What a file says about its origin; nothing here needs TensorFlow."""

from dataclasses import dataclass
from pathlib import Path

from gan_cli.errors import UserError
from gan_cli.media.credentials import MEDIA_TYPES, Credentials, read_credentials
from gan_cli.media.decode import file_content, read_provenance
from gan_cli.media.provenance import Provenance


@dataclass(frozen=True)
class Comparison:
    """A file's pixels beside those that a run makes.

    Attributes:
      equal: whether they are the same.
      what: what was compared, in words; where the weights differ, nothing was.
      other_weights: SHA-256 of the run's weights, where they are not those of the file's record.
    """

    equal: bool
    what: str = ""
    other_weights: str | None = None


@dataclass(frozen=True)
class Verification:
    """What a file says about its origin, and whether it holds.

    Attributes:
      provenance: the file's record; None: it has none, which proves nothing.
      credentials: its signed content credentials; None: it has none.
      comparison: with what a run makes; None: nothing was compared.
    """

    provenance: Provenance | None
    credentials: Credentials | None
    comparison: Comparison | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether there is a record, and nothing that was checked contradicts it."""
        return (
            self.provenance is not None
            and (self.credentials is None or self.credentials.intact)
            and (self.comparison is None or self.comparison.equal)
        )


def read_record(path: str | Path) -> Verification:
    """Reads a file's record and credentials, and compares nothing.

    Raises:
      UserError: the file cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path} is no file", key="path")
    provenance = read_provenance(path)
    ending = path.suffix.lower()
    credentials = None
    if ending in MEDIA_TYPES:
        credentials = read_credentials(file_content(path), ending)
    return Verification(provenance, credentials)
