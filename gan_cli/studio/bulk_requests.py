"""Requests for many samples in files, and for the generator itself."""

from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from gan_cli.config.limits import MOST_IMAGES
from gan_cli.errors import UserError
from gan_cli.export import FORMATS, HUB
from gan_cli.io.request_values import keep, real_number, whole_number
from gan_cli.studio import checks
from gan_cli.studio.checks import Classes, Seeds


@dataclass(frozen=True, kw_only=True)
class Images:
    """Samples of seeds, for a folder, an .npz or a .tfrecord.

    Attributes:
      seed: the first seed where `seeds` is None.
      seeds: the seeds, each from 0 to 10**18 - 1.
      count: how many samples to write from `seed` on; None: as many as the domain draws by default.
        A folder that was written by `count` may be added to.
      classes: names or numbers of classes of a conditional generator, taken in turn; None or
        "all": every class.
      truncation: bound of the latents or, with styles, factor of their distance from the mean.
    """

    seed: int = 0
    seeds: Seeds | None = None
    count: int | None = None
    classes: Classes | None = None
    truncation: float | None = None

    def __post_init__(self) -> None:
        keep(
            self,
            seed=checks.first_seed(self.seed),
            seeds=checks.given_seeds(self.seeds),
            classes=checks.given_classes(self.classes),
            truncation=checks.given_truncation(self.truncation),
        )
        if self.count is not None:
            keep(self, count=whole_number(self.count, "count", 1, MOST_IMAGES))
            if self.seeds is not None:
                raise UserError("counts from the first seed; leave out the seeds", key="count")


@dataclass(frozen=True)
class Dataset:
    """A labelled set of generated images, with a folder for each class.

    Attributes:
      count: how many images to write.
      seed: the first seed; the others follow it.
      classes: names or numbers of classes; None or "all": every class.
      proportions: one number for each class: how many of the images belong to it; None: equally
        many of each.
      truncation: bound of the latents or, with styles, factor of their distance from the mean.
    """

    count: int
    _: KW_ONLY
    seed: int = 0
    classes: Classes | None = None
    proportions: Sequence[float] | None = None
    truncation: float | None = None

    def __post_init__(self) -> None:
        keep(
            self,
            count=whole_number(self.count, "count", 1, MOST_IMAGES),
            seed=checks.first_seed(self.seed),
            classes=checks.given_classes(self.classes),
            truncation=checks.given_truncation(self.truncation),
        )
        if self.proportions is not None:
            keep(self, proportions=_proportions(self.proportions))


@dataclass(frozen=True)
class Export:
    """The generator itself, in the formats of other runtimes.

    Attributes:
      formats: names in `gan_cli.export.FORMATS`, `hub`, or "all", which means all formats.
      licence: of the generator, for the card and the files; best an identifier of SPDX, such as
        CC-BY-4.0.
    """

    formats: Sequence[str] | str
    licence: str | None = None

    def __post_init__(self) -> None:
        single = isinstance(self.formats, str) or not isinstance(self.formats, Iterable)
        given = [self.formats] if single else self.formats
        names = list(dict.fromkeys(str(name).strip() for name in given))
        if names == ["all"]:
            names = list(FORMATS.names)
        if not names:
            raise UserError("names no format", key="formats")
        for name in names:
            if name not in (*FORMATS.names, HUB):
                raise UserError(str(FORMATS.problem(name.replace(":", " "))), key="formats")
        keep(self, formats=tuple(names))
        if self.licence is not None and not str(self.licence).strip().isprintable():
            raise UserError("must be one line of text", key="licence")


def _proportions(given: Any) -> tuple[float, ...]:
    """Returns numbers of numbers, or of their texts."""
    is_one = isinstance(given, str) or not isinstance(given, Iterable)
    given = [given] if is_one else list(given)
    try:
        numbers = tuple(
            real_number(float(each) if isinstance(each, str) else each, "proportions", 0.0)
            for each in given
        )
    except (UserError, ValueError):
        numbers = ()
    if not sum(numbers):
        raise UserError(
            f"must be numbers such as 5,1,1, at least 0 and not all 0, got {given}",
            key="proportions",
        )
    return numbers
