"""What a mode of gan-sample is. Imports nothing heavy: flags are checked first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gan_cli.cli import app
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.cli.sampling.studio import Studio

# The flags' values as attributes: absl's `FLAGS`, or a plain namespace with the same names.
Options = Any

# The flags of a command that draws from a run by seed.
SEEDED = ("checkpoint", "seed", "seeds", "classes", "truncation")


@dataclass(frozen=True)
class Mode:
    """One thing that gan-sample does. Flags defined in its module are its own.

    Attributes:
      flag: the flag that chooses it, one of its own; None: what is done where no mode is chosen.
      run: does it, and prints what it did.
      needs: flags of other modules that must be given.
      takes: flags of other modules that may be given. All others are refused.
    """

    flag: str | None
    run: Callable[[Options], None]
    needs: tuple[str, ...] = ("run_dir", "out")
    takes: tuple[str, ...] = SEEDED

    @property
    def name(self) -> str:
        """As a user writes it."""
        return f"--{self.flag}" if self.flag else "gan-sample without a mode"


def open_studio(options: Options) -> "Studio":
    """Imports TensorFlow, which takes seconds, and loads the checkpoint that the flags name.

    Raises:
      UserError: there is no such run or checkpoint, or it is damaged.
    """
    app.import_tensorflow()

    from gan_cli.cli.sampling.studio import Studio

    return Studio.open(options.run_dir, options.checkpoint)


def refuse_points(studio: "Studio", what: str) -> None:
    """Ends the command where the generator makes points of the plane.

    Args:
      what: the flag that cannot be had.
    """
    if studio.points:
        raise UserError(f"{what}: is for images; {studio.run.path} generates points of the plane")
