"""Requests for pictures by seed or by latents: what to draw, checked when it is constructed.

A request knows no generator and needs no TensorFlow. `gan_cli.studio.draw` draws it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from gan_cli.errors import UserError
from gan_cli.studio import checks
from gan_cli.studio.checks import Classes, Seeds

if TYPE_CHECKING:
    from gan_cli.sampling.saved_latents import SavedLatents

WALKS = ("linear", "spherical", "circle", "classes")
SHEETS = ("truncation", "classes", "real", "training", "mix")
METHODS = ("sefa", "pca")
MOST_AXES = 64
# Pairs of rows in the sheet `real` of an unconditional generator, each pair of seeds of its own.
UNCONDITIONAL_PAIRS = 4
# Images that a grid may have room for. How many one picture holds is checked when it is drawn.
_MOST_ROOM = 1_000_000


@dataclass(frozen=True)
class Request:
    """What all requests for one picture have in common.

    Attributes:
      record_kind: `kind` in the record that the picture's file carries.
      recorded: the record's keys that hold fields of the request, with the fields' names. Beside
        them, a record holds the seeds or the latents.
      subject: the field that an error names where the generator's samples do not allow the request.
    """

    record_kind: ClassVar[str]
    recorded: ClassVar[Mapping[str, str]]
    subject: ClassVar[str] = "seed"


@dataclass(frozen=True, kw_only=True)
class SeededRequest(Request):
    """A request for a picture of seeds.

    Attributes:
      seed: the first seed where `seeds` is None; as many follow as the picture takes.
      seeds: the seeds, each from 0 to 10**18 - 1.
      classes: names or numbers of classes of a conditional generator, taken in turn; None or
        "all": every class.
    """

    seed: int = 0
    seeds: Seeds | None = None
    classes: Classes | None = None

    def __post_init__(self) -> None:
        checks.keep(
            self,
            seed=checks.first_seed(self.seed),
            seeds=checks.given_seeds(self.seeds),
            classes=checks.given_classes(self.classes),
        )

    def seeds_or_first(self, count: int) -> Seeds:
        """Returns the seeds, or `count` of them from the first one on."""
        return range(self.seed, self.seed + count) if self.seeds is None else self.seeds

    def _refuse_seeds_beside_latents(self, latents: object, truncation: float | None) -> None:
        given = {"seed": self.seed or None, "seeds": self.seeds, "truncation": truncation}
        for name, value in given.items():
            if latents is not None and value is not None:
                raise UserError("is for latents drawn by seed, not for saved ones", key=name)


@dataclass(frozen=True)
class Grid(SeededRequest):
    """Images in rows and columns; samples of other kinds as their domain draws them.

    Attributes:
      shape: rows and columns; None: 8 columns, and as many rows as the seeds fill.
      truncation: bound of the latents or, with styles, factor of their distance from the mean.
    """

    shape: tuple[int, int] | None = None
    _: KW_ONLY
    truncation: float | None = None

    record_kind = "grid"
    recorded = MappingProxyType({"grid": "shape", "classes": "classes", "truncation": "truncation"})

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.keep(
            self, shape=_shape(self.shape), truncation=checks.given_truncation(self.truncation)
        )
        if self.shape is not None and self.seeds is not None:
            room = self.shape[0] * self.shape[1]
            if room < len(self.seeds):
                raise UserError(
                    f"{self.shape[0]}x{self.shape[1]} has room for {room} images, and"
                    f" {len(self.seeds)} seeds are given",
                    key="shape",
                )

    def layout(self, default_count: int) -> tuple[Seeds, int]:
        """Returns the seeds, and how many of them make a row.

        Args:
          default_count: number of seeds where neither `seeds` nor `shape` gives one.
        """
        count = default_count if self.shape is None else self.shape[0] * self.shape[1]
        seeds = self.seeds_or_first(count)
        if self.shape is not None:
            return seeds, self.shape[1]
        return seeds, 8 if self.seeds is None else min(8, len(seeds))


@dataclass(frozen=True)
class Walk(SeededRequest):
    """A path through the latent space, as a strip or as an animation.

    Attributes:
      kind: `linear` or `spherical`: from seed to seed along lines or arcs; `circle`: round the
        circle through two seeds; `classes`: from class to class at each seed.
      loop: whether the path returns from the last seed, or class, to the first.
      steps: images from one seed, or class, to the next.
      truncation: as in `Grid`.
      latents: files of latents, or the latents, in place of seeds; linear and spherical walks only.
    """

    kind: str = "spherical"
    _: KW_ONLY
    loop: bool = False
    steps: int = 16
    truncation: float | None = None
    latents: "tuple[Path, ...] | SavedLatents | None" = None

    record_kind = "walk"
    recorded = MappingProxyType(
        {
            "walk": "kind",
            "loop": "loop",
            "steps": "steps",
            "classes": "classes",
            "truncation": "truncation",
        }
    )
    subject = "kind"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.keep(
            self,
            kind=checks.choice(self.kind, "kind", WALKS),
            loop=checks.flag(self.loop, "loop"),
            steps=checks.whole_number(self.steps, "steps", 1),
            truncation=checks.given_truncation(self.truncation),
            latents=checks.given_latents(self.latents),
        )
        self._refuse_seeds_beside_latents(self.latents, self.truncation)
        if self.latents is not None:
            if self.kind not in ("linear", "spherical"):
                raise UserError(
                    f"is for linear and spherical walks, not for '{self.kind}'", key="latents"
                )
            if self.classes is not None:
                raise UserError("is not for saved latents, which have their own", key="classes")
            return
        count = len(self.walked_seeds)
        fewest = 1 if self.kind == "classes" else 2
        if count < fewest or (self.kind == "circle" and count > 2):
            wanted = "two seeds" if self.kind == "circle" else f"at least {fewest} seeds"
            raise UserError(f"a {self.kind} walk goes through {wanted}, got {count}", key="seeds")

    @property
    def walked_seeds(self) -> Seeds:
        """The seeds that the walk goes through, by default 4, of a circle 2."""
        return self.seeds_or_first(2 if self.kind == "circle" else 4)


@dataclass(frozen=True)
class Sheet(SeededRequest):
    """A picture that answers one question about a generator.

    Attributes:
      kind: `truncation`: seeds at several truncations; `classes`: a row for each class; `real`:
        training images above generated ones; `training`: how the first images developed; `mix`:
        coarse styles of one half of the seeds with fine styles of the other half.
      truncation: as in `Grid`; not for `truncation` and `training`.
      latents: files of latents, or the latents, in place of seeds; for `classes` only.
    """

    kind: str
    _: KW_ONLY
    truncation: float | None = None
    latents: "tuple[Path, ...] | SavedLatents | None" = None

    record_kind = "sheet"
    recorded = MappingProxyType({"sheet": "kind", "classes": "classes", "truncation": "truncation"})
    subject = "kind"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.keep(
            self,
            kind=checks.choice(self.kind, "kind", SHEETS),
            truncation=checks.given_truncation(self.truncation),
            latents=checks.given_latents(self.latents),
        )
        self._refuse_seeds_beside_latents(self.latents, self.truncation)
        if self.latents is not None and self.kind != "classes":
            raise UserError(f"is for the sheet of classes, not for '{self.kind}'", key="latents")
        if self.kind in ("truncation", "training") and self.truncation is not None:
            raise UserError(f"is not for the sheet '{self.kind}'", key="truncation")
        if self.kind == "training":
            for name in ("seeds", "classes"):
                if getattr(self, name) is not None:
                    raise UserError(
                        "is not for the sheet 'training', which shows what training drew", key=name
                    )
        if self.kind == "mix" and self.seeds is not None and len(self.seeds) < 2:
            raise UserError(
                "the sheet 'mix' needs at least two, those of the rows before those of the columns",
                key="seeds",
            )


@dataclass(frozen=True)
class Axes(SeededRequest):
    """What the strongest directions of the latent space change, from one image.

    Attributes:
      method: `sefa` finds directions from the weights, `pca` from samples.
      axes: number of directions, 1 to 64.
      extent: how far to go in each direction, in standard deviations.
      move: standard deviations by axis, counted from 1; in place of the rows, the one image that
        lies there.
      classes: the class, if the generator is conditional; by default the first.
      latents: a file of latents, or the latents, in place of a seed.
    """

    method: str = "sefa"
    _: KW_ONLY
    axes: int = 6
    extent: float = 3.0
    move: Mapping[int, float] | None = None
    latents: "tuple[Path, ...] | SavedLatents | None" = None

    record_kind = "directions"
    recorded = MappingProxyType(
        {
            "directions": "method",
            "axes": "axes",
            "extent": "extent",
            "move": "move",
            "classes": "classes",
        }
    )
    subject = "method"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.keep(
            self,
            method=checks.choice(self.method, "method", METHODS),
            axes=checks.whole_number(self.axes, "axes", 1, MOST_AXES),
            extent=checks.real_number(self.extent, "extent", 0.0),
            move=_move(self.move),
            latents=checks.given_latents(self.latents),
        )
        self._refuse_seeds_beside_latents(self.latents, None)
        if len(self.seeds_or_first(1)) > 1:
            raise UserError(
                f"directions start from one seed, got {len(self.seeds_or_first(1))}", key="seeds"
            )
        if isinstance(self.classes, tuple) and len(self.classes) > 1:
            raise UserError("directions are of one class at a time", key="classes")


def _shape(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    sides = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else ()
    if len(sides) != 2:
        raise UserError(f"must be two numbers, of rows and of columns, got {value}", key="shape")
    rows, columns = (checks.whole_number(side, "shape", 1) for side in sides)
    if rows * columns > _MOST_ROOM:
        raise UserError(f"{rows}x{columns} has room for more than {_MOST_ROOM:,}", key="shape")
    return rows, columns


def _move(value: Any) -> Mapping[int, float] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not value:
        raise UserError(f"must name axes and steps, such as {{1: 2.0}}, got {value}", key="move")
    return MappingProxyType(
        {
            checks.whole_number(axis, "move", 1, MOST_AXES): checks.real_number(steps, "move")
            for axis, steps in value.items()
        }
    )
