"""Requests that start from a file of the user's: the generator's nearest images and phrases."""

from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from types import MappingProxyType

from gan_cli.errors import UserError
from gan_cli.io.paths import given_path
from gan_cli.io.request_values import keep, whole_number
from gan_cli.studio import checks
from gan_cli.studio.checks import Classes
from gan_cli.studio.picture_requests import Request

_MOST_STEPS = 100_000
SPACES = ("z", "w")


@dataclass(frozen=True, kw_only=True)
class FitRequest(Request):
    """A search for latents.

    Attributes:
      seed: the first seed of the latents that the search starts from.
      classes: names or numbers of the classes to search; None or "all": every class.
      fit_steps: steps of gradient descent, 1 to 100,000.
    """

    seed: int = 0
    classes: Classes | None = None
    fit_steps: int = 500

    recorded = MappingProxyType({})

    def __post_init__(self) -> None:
        keep(
            self,
            seed=checks.first_seed(self.seed),
            classes=checks.given_classes(self.classes),
            fit_steps=whole_number(self.fit_steps, "fit_steps", 1, _MOST_STEPS),
        )


@dataclass(frozen=True)
class EditRequest(FitRequest):
    """A search that starts from a file.

    Attributes:
      image: an image file.
    """

    image: Path

    subject = "image"

    def __post_init__(self) -> None:
        keep(self, image=given_path(self.image, "image"))
        super().__post_init__()


@dataclass(frozen=True)
class Project(EditRequest):
    """The generator's image that comes nearest to a given one, or its phrases to a MIDI file.

    Attributes:
      into: music alone: name or number of another class, under which the latents that were found
        make the phrases.
      space: `z`, latents, or `w`, styles, which reach more images; None: `w` where the generator
        has styles.
    """

    _: KW_ONLY
    into: str | int | None = None
    space: str | None = None

    record_kind = "projection"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.into is not None:
            checks.given_classes((self.into,))
        if self.space is not None:
            checks.choice(self.space, "space", SPACES)


@dataclass(frozen=True)
class ProjectText(FitRequest):
    """The generator's string that comes nearest to a given one.

    Attributes:
      text: the string.
    """

    text: str

    record_kind = "projection"
    subject = "text"

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise UserError(f"must be a string, got {self.text}", key="text")
        super().__post_init__()


@dataclass(frozen=True)
class Inpaint(EditRequest):
    """An image with a part filled by the generator.

    Attributes:
      mask: an image file of the same shape, white where the image is to be filled.
    """

    mask: Path

    record_kind = "inpainting"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mask is None:
            raise UserError(
                "is needed to inpaint: an image, white where the other is to be filled", key="mask"
            )
        keep(self, mask=given_path(self.mask, "mask"))


@dataclass(frozen=True)
class SuperResolve(EditRequest):
    """The generator's image that shrinks to a given small one."""

    record_kind = "super-resolution"


@dataclass(frozen=True)
class Accompany(EditRequest):
    """A piece of music with what it lacks, made by the generator.

    Attributes:
      image: a MIDI file.
    """

    record_kind = "accompaniment"
    subject = "given"
