"""Requests for pictures by seed or by latents: what to draw, checked when it is constructed.

A request knows no generator and needs no TensorFlow. `gan_cli.studio.draw` draws it.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from gan_cli.domains.tile_layout import RESAMPLING, TileLayout, columns_by_class
from gan_cli.errors import UserError
from gan_cli.io.request_values import keep, real_number, whole_number
from gan_cli.studio import checks, texts
from gan_cli.studio.checks import Classes, Seeds

if TYPE_CHECKING:
    from gan_cli.sampling.saved_latents import SavedLatents

# How pictures were laid out when their records named no layout, and how they are now.
FIRST_LAYOUT, LAYOUT = 1, 3
WALKS = ("linear", "spherical", "circle", "classes")
SHEETS = ("truncation", "classes", "real", "training", "mix")
METHODS = ("sefa", "pca")
MOST_AXES = 64
# Pairs of rows in the sheet `real` of an unconditional generator, each pair of seeds of its own.
UNCONDITIONAL_PAIRS = 4
# Images that a grid may have room for. How many one picture holds is checked when it is drawn.
_MOST_ROOM = 1_000_000
_MOST_SCALE = 64
_COLUMNS = 8


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
        keep(
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


@dataclass(frozen=True, kw_only=True)
class TiledRequest(SeededRequest):
    """A request for images side by side.

    Attributes:
      scale: whole factor by which images are enlarged, 1 to 64; None: small images to about 64
        pixels.
      resample: `nearest` repeats pixels; `lanczos` smooths.
      layout_version: 3. Records of older pictures have 2: in grids, classes do not keep their
        columns; animations have holes, and small images stay small in them. Those that lack it mean
        1: also a white frame around a single image, and no sheet wraps.
    """

    scale: int | None = None
    resample: str = "nearest"
    layout_version: int = LAYOUT

    def __post_init__(self) -> None:
        super().__post_init__()
        scale = self.scale
        keep(
            self,
            scale=None if scale is None else whole_number(scale, "scale", 1, _MOST_SCALE),
            resample=checks.choice(self.resample, "resample", RESAMPLING),
            layout_version=whole_number(
                self.layout_version, "layout_version", FIRST_LAYOUT, LAYOUT
            ),
        )

    @property
    def keeps_columns(self) -> bool:
        """Whether classes keep their columns, and animations have no holes and a seemly size."""
        return self.layout_version == LAYOUT

    @property
    def wraps(self) -> bool:
        """Whether a sheet that is much higher than wide continues on the right."""
        return self.layout_version > FIRST_LAYOUT

    def tiles(self, count: int) -> TileLayout:
        """Returns the layout of so many images: a single one has no frame."""
        padding = 0 if count == 1 and self.layout_version > FIRST_LAYOUT else 2
        return TileLayout(scale=self.scale, resample=self.resample, padding=padding)


def _recorded(**fields: str) -> Mapping[str, str]:
    """Returns the keys of a record, with those of every tiled request."""
    return MappingProxyType(
        {**fields, "scale": "scale", "resample": "resample", "layout": "layout_version"}
    )


@dataclass(frozen=True)
class Grid(TiledRequest):
    """Images in rows and columns; samples of other kinds as their domain draws them.

    Attributes:
      shape: rows and columns; None: 8 columns, or about as many as let each class keep its column,
        and as many rows as the seeds fill.
      truncation: bound of the latents or, with styles, factor of their distance from the mean.
    """

    shape: tuple[int, int] | None = None
    _: KW_ONLY
    truncation: float | None = None

    record_kind = "grid"
    recorded = _recorded(grid="shape", classes="classes", truncation="truncation")

    def __post_init__(self) -> None:
        super().__post_init__()
        keep(self, shape=_shape(self.shape), truncation=checks.given_truncation(self.truncation))
        if self.shape is not None and self.seeds is not None:
            room = self.shape[0] * self.shape[1]
            if room < len(self.seeds):
                raise UserError(
                    f"{self.shape[0]}x{self.shape[1]} has room for {room} images, and"
                    f" {len(self.seeds)} seeds are given",
                    key="shape",
                )

    def layout(self, default_count: int, num_classes: int = 0) -> tuple[Seeds, int]:
        """Returns the seeds, and how many of them make a row.

        Args:
          default_count: about the number of seeds where neither `seeds` nor `shape` gives one.
          num_classes: of the classes that are taken in turn; 0: none.
        """
        if self.shape is not None:
            return self.seeds_or_first(math.prod(self.shape)), self.shape[1]
        columns = columns_by_class(num_classes, _COLUMNS) if self.keeps_columns else _COLUMNS
        if num_classes and self.keeps_columns:
            default_count = max(default_count // columns, 1) * columns
        seeds = self.seeds_or_first(default_count)
        return seeds, columns if self.seeds is None else min(columns, len(seeds))


@dataclass(frozen=True)
class Walk(TiledRequest):
    """A path through the latent space, as a strip or as an animation.

    Attributes:
      kind: `linear` or `spherical`: from seed to seed along lines or arcs; `circle`: round the
        circle through two seeds; `classes`: from class to class at each seed.
      loop: whether the path returns from the last seed, or class, to the first.
      steps: images from one seed, or class, to the next.
      truncation: as in `Grid`.
      latents: files of latents, or the latents, in place of seeds; linear and spherical walks only.
      shape: rows and columns of a mosaic, in which each image walks through seeds of its own and,
        in conditional runs, keeps one class; the seeds of all images' first stop come first, then
        those of the second. In a walk between classes: how the seeds are laid out. None: one walk.
    """

    kind: str = "spherical"
    _: KW_ONLY
    loop: bool = False
    steps: int = 16
    truncation: float | None = None
    latents: "tuple[Path, ...] | SavedLatents | None" = None
    shape: tuple[int, int] | None = None

    record_kind = "walk"
    recorded = _recorded(
        walk="kind",
        loop="loop",
        steps="steps",
        classes="classes",
        truncation="truncation",
        grid="shape",
    )
    subject = "kind"

    def __post_init__(self) -> None:
        super().__post_init__()
        keep(
            self,
            kind=checks.choice(self.kind, "kind", WALKS),
            loop=checks.flag(self.loop, "loop"),
            steps=whole_number(self.steps, "steps", 1),
            truncation=checks.given_truncation(self.truncation),
            latents=checks.given_latents(self.latents),
            shape=_shape(self.shape),
        )
        self._refuse_seeds_beside_latents(self.latents, self.truncation)
        if self.latents is not None:
            if self.shape is not None:
                raise UserError("is not for saved latents, which make one walk", key="shape")
            if self.kind not in ("linear", "spherical"):
                raise UserError(
                    f"is for linear and spherical walks, not for '{self.kind}'", key="latents"
                )
            if self.classes is not None:
                raise UserError("is not for saved latents, which have their own", key="classes")
            return
        self._check_number_of_seeds()

    @property
    def num_walks(self) -> int:
        """Number of walks through seeds of their own."""
        return 1 if self.shape is None or self.kind == "classes" else math.prod(self.shape)

    @property
    def walked_seeds(self) -> Seeds:
        """The seeds that the walk goes through, by default 4, of a circle 2; of each image."""
        if self.kind == "classes" and self.shape is not None:
            return self.seeds_or_first(math.prod(self.shape))
        return self.seeds_or_first(self.num_walks * (2 if self.kind == "circle" else 4))

    def _check_number_of_seeds(self) -> None:
        count = len(self.walked_seeds)
        if self.kind == "classes" and self.shape is not None and count != math.prod(self.shape):
            raise UserError(
                f"{texts.shape_text(self.shape)} shows {math.prod(self.shape)} seeds, got {count}",
                key="shape",
            )
        if count % self.num_walks:
            raise UserError(
                f"must be a multiple of the {self.num_walks} images of the mosaic, got {count}",
                key="seeds",
            )
        each = count // self.num_walks
        fewest = 1 if self.kind == "classes" else 2
        if each < fewest or (self.kind == "circle" and each > 2):
            wanted = "two seeds" if self.kind == "circle" else f"at least {fewest} seeds"
            where = "" if self.num_walks == 1 else " for each image"
            raise UserError(
                f"a {self.kind} walk goes through {wanted}{where}, got {each}", key="seeds"
            )


@dataclass(frozen=True)
class Sheet(TiledRequest):
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
    recorded = _recorded(sheet="kind", classes="classes", truncation="truncation")
    subject = "kind"

    def __post_init__(self) -> None:
        super().__post_init__()
        keep(
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
class Axes(TiledRequest):
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
    recorded = _recorded(
        directions="method", axes="axes", extent="extent", move="move", classes="classes"
    )
    subject = "method"

    def __post_init__(self) -> None:
        super().__post_init__()
        keep(
            self,
            method=checks.choice(self.method, "method", METHODS),
            axes=whole_number(self.axes, "axes", 1, MOST_AXES),
            extent=real_number(self.extent, "extent", 0.0),
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
    rows, columns = (whole_number(side, "shape", 1) for side in sides)
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
            whole_number(axis, "move", 1, MOST_AXES): real_number(steps, "move")
            for axis, steps in value.items()
        }
    )
