"""Requests for one image at its own size, such as files with a record name them."""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from gan_cli.errors import UserError
from gan_cli.io.request_values import keep, whole_number
from gan_cli.studio import checks
from gan_cli.studio.picture_requests import Request

if TYPE_CHECKING:
    from gan_cli.sampling.saved_latents import SavedLatents


@dataclass(frozen=True)
class SingleImage(Request):
    """The image of one seed.

    Attributes:
      seed: from 0 to 10**18 - 1.
      label: number of the class; None: the generator is unconditional.
      truncation: bound of the latents or, with styles, factor of their distance from the mean.
    """

    seed: int
    label: int | None = None
    truncation: float | None = None

    record_kind = "image"
    recorded = MappingProxyType({"seed": "seed", "label": "label", "truncation": "truncation"})

    def __post_init__(self) -> None:
        keep(
            self,
            seed=checks.first_seed(self.seed),
            truncation=checks.given_truncation(self.truncation),
        )
        if self.label is not None:
            keep(self, label=whole_number(self.label, "label", 0))


@dataclass(frozen=True)
class FoundImage(Request):
    """The image of latents that a projection found.

    Attributes:
      latents: a file of latents, or the latents, of one image.
    """

    latents: "tuple[Path, ...] | SavedLatents"

    record_kind = "projection"
    recorded = MappingProxyType({})
    subject = "latents"

    def __post_init__(self) -> None:
        keep(self, latents=checks.given_latents(self.latents))
        if self.latents is None:
            raise UserError("it does not name the latents of one image")


@dataclass(frozen=True)
class EnlargedImage(FoundImage):
    """The image of latents that a super-resolution found."""

    record_kind = "super-resolution"
