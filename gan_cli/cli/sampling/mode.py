"""What a mode of gan-sample is. Imports nothing heavy: flags are checked first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gan_cli.cli import app
from gan_cli.cli.sampling.signing import signer_of
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from PIL import Image

    from gan_cli.cli.sampling.studio import Studio
    from gan_cli.sampling.saved_latents import SavedLatents

# The flags' values as attributes: absl's `FLAGS`, or a plain namespace with the same names.
Options = Any

# The flags of a command whose pictures say where they come from.
MARKED = ("no_provenance", "c2pa_certificate", "c2pa_key", "c2pa_timestamp")
# The flags of a command that draws from a run by seed.
SEEDED = ("checkpoint", "seed", "seeds", "classes", "truncation", *MARKED)
# The flags of a command that draws several pictures one after another.
ANIMATED = ("steps", "frames_per_second")


@dataclass(frozen=True)
class Work:
    """What a mode has drawn.

    Attributes:
      frames: pictures of one size, shown one after another; one alone is a still.
      seeds: whose images are in it; none where it is of saved latents.
      digital_source_type: IPTC's, where it is not wholly generated.
      saved: the latents that it is of, in place of seeds.
      what: what it is, in words, where its kind and a number do not say that.
    """

    frames: "Sequence[Image.Image]"
    seeds: Sequence[int]
    digital_source_type: str | None = None
    saved: "SavedLatents | None" = None
    what: str | None = None


@dataclass(frozen=True)
class Composer:
    """How pictures come about from a generator and flags, and from nothing else.

    Attributes:
      kind: its name in the record that a file carries.
      compose: draws a still or, where its last argument says so, an animation.
      recorded: the flags that the pixels depend on, beside the seeds.
    """

    kind: str
    compose: "Callable[[Studio, Options, bool], Work]"
    recorded: tuple[str, ...]


@dataclass(frozen=True)
class Mode:
    """One thing that gan-sample does. Flags defined in its module are its own.

    Attributes:
      flag: the flag that chooses it, one of its own; None: what is done where no mode is chosen.
      run: does it, and prints what it did. Returns the exit status, None for 0.
      needs: flags of other modules that must be given.
      takes: flags of other modules that may be given. All others are refused.
      composer: how its pictures come about, where they can be made again from a seed.
    """

    flag: str | None
    run: Callable[[Options], int | None]
    needs: tuple[str, ...] = ("run_dir", "out")
    takes: tuple[str, ...] = SEEDED
    composer: "Composer | None" = None

    @property
    def name(self) -> str:
        """As a user writes it."""
        return f"--{self.flag}" if self.flag else "gan-sample without a mode"


def open_studio(options: Options) -> "Studio":
    """Imports TensorFlow, which takes seconds, and loads the checkpoint that the flags name.

    Raises:
      UserError: there is no such run or checkpoint, it is damaged, or what signs cannot be used.
    """
    signer = signer_of(options)
    app.import_tensorflow()

    from gan_cli.cli.sampling.studio import Studio

    return Studio.open(options.run_dir, options.checkpoint, signer)


def refuse_points(studio: "Studio", what: str) -> None:
    """Ends the command where the generator makes points of the plane.

    Args:
      what: the flag that cannot be had.
    """
    if studio.points:
        raise UserError(f"{what}: is for images; {studio.run.path} generates points of the plane")
