"""The `data` section: keys that every source shares, and a section of keys for each source.

The keys of the chosen source may also stand in `data` itself: with `source: folder`, `data.path` is
short for `data.folder.path`.
"""

import math
import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_serializer,
    model_validator,
)

from gan_cli.config.base import Choice, Option, Positive, PositiveInt, Section

MidiKey = Annotated[int, Field(ge=0, le=127)]
Stride = Annotated[
    int,
    Field(
        ge=1,
        le=64,
        description="Bars from the start of one phrase to that of the next. 1 makes most phrases;"
        " with bars of a melody's line, such as 2 or 4, more of them start where a line starts.",
    ),
]


class SourceKeys(Section):
    """Base of the sections that hold the keys of one source.

    Attributes:
      has_own_shape: whether the source's samples have a shape of their own, which
        `data.image_size` and `data.channels` cannot change.
    """

    has_own_shape: ClassVar[bool] = False

    def has_shape_of_its_own(self) -> bool:
        """Returns whether samples of these keys have a shape of their own."""
        return self.has_own_shape


class BuiltinKeys(SourceKeys):
    """A data set that is part of the package."""

    name: str = Field(
        "digits",
        description="Name of the data set: digits (images), songs (phrases of music), surnames or"
        " unicode (strings).",
    )
    form: Literal["voices", "rolls"] = Field(
        "voices",
        description="For songs. voices: each track has voices of one note at a time, and all songs"
        " are in C; rolls: piano rolls, moved to other keys at random.",
    )

    def has_shape_of_its_own(self) -> bool:
        """Returns whether the data set is of anything but images."""
        return self.name != "digits"


class ChoralesKeys(SourceKeys):
    """Bach's chorales for four voices in 4/4, read from an installed music21."""

    has_own_shape: ClassVar[bool] = True

    bars: Annotated[int, Field(ge=1, le=16)] = Field(
        4, description="Length of a phrase in bars of 16 steps."
    )
    stride: Stride = 1
    form: Literal["voices", "rolls"] = Field(
        "voices",
        description="voices: a symbol for each voice and step, which is a rest, a held note or the"
        " start of a pitch; rolls: piano rolls, which can hold several notes of a voice at once.",
    )
    transpose: Literal["to_c", "within_range", "none"] = Field(
        "to_c",
        description="to_c: move each piece to C major or A minor; within_range: move each training"
        " phrase by a random interval that keeps every voice within its range.",
    )
    tempo: Annotated[float, Field(ge=10, le=400)] = Field(
        80.0, description="Beats a minute in the files that are written."
    )


class TileKeys(Section):
    """Squares that images are cut into, each of which is a sample."""

    size: Annotated[int, Field(ge=8, le=4096)] = Field(
        description="Side of a tile in pixels of the original."
    )
    stride: PositiveInt | None = Field(
        None,
        description="Distance of two tiles; default: their side, so that they do not overlap.",
    )


class FolderKeys(SourceKeys):
    """A folder of image files."""

    path: str | None = Field(None, description="The folder, or a .zip or .tar of it.")
    frames: Literal["first", "all"] = Field(
        "first",
        description="What is read of animations and of stacks of slices: their first frame, or all"
        " frames, each as an image; the frames of a file are held out together.",
    )
    max_pixels: PositiveInt = Field(
        250_000_000,
        description="Images of more pixels are refused before memory is claimed for them.",
    )
    tiles: TileKeys | None = Field(
        None,
        description="Cut each image into squares, {size: 256, stride: 128}, each of which is a"
        " sample; those of one file are held out together.",
    )


class IdxKeys(SourceKeys):
    """IDX files, the format of MNIST."""

    path: str | None = Field(None, description="A folder of IDX files, or one file of images.")


class MidiKeys(SourceKeys):
    """A folder of MIDI files, cut into phrases of several bars."""

    has_own_shape: ClassVar[bool] = True

    path: str | None = Field(None, description="The folder; folders inside it are the classes.")
    bars: Annotated[int, Field(ge=1, le=64)] = Field(4, description="Length of a phrase in bars.")
    stride: Stride = 1
    steps_per_beat: Annotated[int, Field(ge=1, le=24)] = Field(
        4, description="Steps of a beat: 4 are sixteenths of 4/4; 12 and 24 hold triplets as well."
    )
    meter: str = Field(
        "4/4", description="The meter of phrases; parts of files in other meters are left out."
    )
    tracks: Annotated[tuple[str, ...], Field(strict=False, min_length=1)] = Field(
        ("drums", "piano", "guitar", "bass", "strings"),
        description="Tracks of a phrase: drums, families of General MIDI's instruments, or 'other'"
        " for those that no other track takes.",
    )
    pitches: Annotated[tuple[MidiKey, MidiKey], Field(strict=False)] = Field(
        (24, 95), description="Lowest and highest MIDI key of a phrase; 60 is middle C."
    )
    form: Literal["voices", "rolls"] = Field(
        "voices",
        description="voices: each track has voices of one note at a time, which rest, hold a note"
        " or start one; rolls: piano rolls, in which any number of notes sound at once.",
    )
    voices: Annotated[int, Field(ge=1, le=8)] = Field(
        3,
        description="With form: voices, the notes that a track can sound at once. Bass, lead, pipe"
        " and reed have one voice, drums one for each kind of drum.",
    )
    transpose: Literal["to_c", "within_range", "none"] = Field(
        "to_c",
        description="to_c: move each file to C major or A minor, drums apart; within_range: move"
        " each training phrase by a random interval that keeps it within the pitches.",
    )
    tempo: Annotated[float, Field(ge=10, le=400)] = Field(
        120.0, description="Beats a minute in the files that are written."
    )


class NpzKeys(SourceKeys):
    """A NumPy archive."""

    path: str | None = Field(None, description="The npz file.")


class PointsKeys(SourceKeys):
    """Points of the plane, drawn from a mixture of Gaussians."""

    has_own_shape: ClassVar[bool] = True

    name: str = Field(
        "ring8",
        description="The mixture: 'ring' and a number of modes, or 'grid' and a square number.",
    )
    num_points: Annotated[int, Field(ge=20)] = Field(100_000, description="Number of points drawn.")
    mode_std: Positive | None = Field(
        None, description="Standard deviation of a mode; default: the mixture's usual one."
    )


def _check_alphabet(value: str) -> str:
    if len(set(value)) != len(value):
        raise ValueError("must name each character once")
    return value


class TextKeys(SourceKeys):
    """Lines of text, each a sample."""

    has_own_shape: ClassVar[bool] = True

    path: str | None = Field(
        None, description="A UTF-8 file with a sample a line, or a folder of .txt, each a class."
    )
    length: Annotated[int, Field(ge=2, le=1024)] | None = Field(
        None,
        description="Most characters of a string; default: as many as the longest line has, up to"
        " 32.",
    )
    case: Literal["keep", "lower"] = Field(
        "keep", description="lower: convert all lines to lower case."
    )
    on_long: Literal["skip", "cut"] = Field(
        "skip", description="What happens to lines of more characters: leave them out, or cut them."
    )
    alphabet: (
        Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_check_alphabet)] | None
    ) = Field(
        None,
        description="Characters to learn; lines with others are left out. Default: all that occur,"
        " at most 255.",
    )


class TfdsKeys(SourceKeys):
    """A data set of TensorFlow Datasets."""

    name: str | None = Field(None, description="Name of the data set, such as fashion_mnist.")
    data_dir: str | None = Field(
        None, description="Folder of prepared data sets; default: ~/tensorflow_datasets."
    )
    split: str = Field("train", description="The split to train on.")
    holdout_split: str | None = Field(
        None, description="The split to evaluate on; default: 'test' where there is one."
    )


def _check_colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("must be a colour written as '#rrggbb'")
    return value


def _size_pair(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, list | tuple) and len(value) == 2:
        return tuple(value)
    raise ValueError(f"must be a side or [height, width], in whole pixels, got {value!r}")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _check_pair(value: object) -> object:
    if not (isinstance(value, tuple) and all(_is_count(side) for side in value)):
        raise ValueError(f"must be whole numbers of at least 1, got {value!r}")
    return value


def _check_count(value: object) -> object:
    if not _is_count(value):
        raise ValueError(f"must be a whole number of at least 1, got {value!r}")
    return value


def _unless_own_shape(check: Callable[[object], object]) -> WrapValidator:
    """Applies `check` in place of the bounds of images where samples may have another shape."""

    def validate(
        value: object, bounds: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> object:
        return check(value) if _may_have_own_shape(info.data) else bounds(value)

    return WrapValidator(validate)


def _may_have_own_shape(given: dict[str, Any]) -> bool:
    """Returns whether the samples of a section may have another shape than images have.

    Args:
      given: the keys before `image_size`, validated; without those that are wrong.
    """
    keys = given.get(given.get("source", ""))
    if isinstance(keys, SourceKeys):
        return keys.has_shape_of_its_own()
    return given.get("source") is not None


PixelCount = Annotated[int, Field(ge=8, le=1024)]
ImageSize = Annotated[
    tuple[PixelCount, PixelCount],
    _unless_own_shape(_check_pair),
    BeforeValidator(
        _size_pair, json_schema_input_type=PixelCount | tuple[PositiveInt, PositiveInt]
    ),
]


def _check_channels(value: int) -> int:
    if value not in (1, 3, 4):
        raise ValueError(f"must be 1, 3 or 4, got {value!r}")
    return value


Channels = Annotated[int, AfterValidator(_check_channels), _unless_own_shape(_check_count)]


def _check_range(value: tuple[float, float]) -> tuple[float, float]:
    if not value[0] < value[1]:
        raise ValueError(f"must be [least, greatest], got {list(value)}")
    width = value[1] - value[0]
    if not (math.isfinite(width) and math.isfinite(255 / width)):
        raise ValueError(f"must be [least, greatest] that a float can divide, got {list(value)}")
    return value


Finite = Annotated[float, Field(allow_inf_nan=False)]
ValueRange = Annotated[tuple[Finite, Finite], Field(strict=False), AfterValidator(_check_range)]


class DataConfig(Section):
    """Which samples to learn from, and how images are brought to one size."""

    source: Annotated[str, Choice("source")] = Field(
        description="Where the samples come from; the keys of a source stand in the section of its"
        " name."
    )
    builtin: BuiltinKeys = BuiltinKeys()
    chorales: ChoralesKeys = ChoralesKeys()
    folder: FolderKeys = FolderKeys()
    idx: IdxKeys = IdxKeys()
    midi: MidiKeys = MidiKeys()
    npz: NpzKeys = NpzKeys()
    points: PointsKeys = PointsKeys()
    text: TextKeys = TextKeys()
    tfds: TfdsKeys = TfdsKeys()
    options: dict[str, Option] = Field(
        {}, description="Keys of a source of your own, module:attribute."
    )
    holdout_fraction: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.1,
        description="Share of the samples held out for evaluation where the source has no split for"
        " it; 0: train on all, without evaluation.",
    )
    holdout_by: Literal["content", "order"] | None = Field(
        None,
        description="What decides which files are held out; content, the default: a hash of each"
        " file, so that adding files moves none; order: their order by name, and classes in the"
        " order 1, 10, 2, as in earlier versions.",
    )
    max_images: PositiveInt | None = Field(
        None,
        description="Use at most this number of samples: always the same ones, every class in"
        " proportion.",
    )
    image_size: ImageSize | None = Field(
        None, description="Side, or [height, width], in pixels; default: the data's own size."
    )
    channels: Channels | None = Field(
        None, description="1 gray, 3 RGB, 4 RGBA; default: the data's own, without transparency."
    )
    fit: Literal["crop", "stretch", "pad"] = Field(
        "crop", description="How an image of another aspect ratio is brought to image_size."
    )
    background: Annotated[str, AfterValidator(_check_colour)] = Field(
        "#ffffff", description="Colour behind transparent pixels and around padded images."
    )
    colour_profiles: Literal["convert", "ignore"] | None = Field(
        None,
        description="What happens to image files with an ICC profile; convert, the default: convert"
        " their colours to sRGB; ignore: take their values as they are, as in earlier versions.",
    )
    value_range: Literal["auto", "type"] | ValueRange | None = Field(
        None,
        description="Values of black and white, [least, greatest], in image files of more than 8"
        " bits; auto, the default: the narrowest range of 8, 10, 12, 14 or 16 bits, [0, 1] or"
        " [-1, 1], that holds all values of the set; type: 65,535 is white, and of floats 255, as"
        " in earlier versions.",
    )
    mirror: bool = Field(False, description="Flip half of the training images from left to right.")
    flip: bool = Field(False, description="Flip half of the training images from top to bottom.")
    quarter_turns: bool = Field(
        False,
        description="Turn each training image, which must be square, by 0, 90, 180 or 270 degrees.",
    )
    class_sampling: Literal["data", "uniform"] = Field(
        "data",
        description="How often real images of each class are shown: as frequent as in the data, or"
        " uniform: every class equally often.",
    )
    on_corrupt: Literal["fail", "skip"] = Field(
        "fail", description="What happens to images that cannot be decoded."
    )
    cache: Literal["auto", "memory", "disk"] = Field(
        "auto", description="Where prepared images are kept; auto: in memory where they fit."
    )

    @model_validator(mode="before")
    @classmethod
    def _keys_in_sections(cls, given: Any) -> Any:
        return in_sections(given) if isinstance(given, dict) else given

    @field_validator(
        "builtin",
        "chorales",
        "folder",
        "idx",
        "midi",
        "npz",
        "points",
        "text",
        "tfds",
        "options",
        mode="before",
    )
    @classmethod
    def _of_the_chosen_source(cls, value: Any, info: ValidationInfo) -> Any:
        source, section = info.data.get("source"), info.field_name
        if value is None or not value:
            return {}
        # Where the source itself is wrong, that is enough.
        if source is None or section == section_of(source):
            return value
        if section == "options":
            raise ValueError(f"is for a source of your own; source '{source}' has data.{source}")
        raise ValueError(f"is for source '{section}', but data.source is '{source}'")

    @model_serializer(mode="wrap")
    def _with_keys_of_the_source(self, serialize: Callable[[Any], dict]) -> dict[str, Any]:
        """Leaves out the sections of other sources."""
        others = set(SECTIONS) - {section_of(self.source)}
        return {key: value for key, value in serialize(self).items() if key not in others}


SOURCE_KEYS: dict[str, type[SourceKeys]] = {
    name: field.annotation
    for name, field in DataConfig.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, SourceKeys)
}
# Every key of `data` that holds the keys of a source.
SECTIONS = (*SOURCE_KEYS, "options")


def section_of(source: str) -> str:
    """Returns the key of `data` that holds the keys of a source."""
    return source if source in SOURCE_KEYS else "options"


def sources_with(key: str) -> list[str]:
    """Returns the sources that have a key of this name; no key of `data` itself has any."""
    return [source for source, keys in SOURCE_KEYS.items() if key in keys.model_fields]


def in_sections(given: dict[str, Any]) -> dict[str, Any]:
    """Returns a `data` section in which the keys of the source stand in the source's section.

    Keys that are null are taken for left out. A key that only other sources have stays where it is,
    and is refused there.

    Raises:
      ValueError: a key stands in both places, with different values.
    """
    source = given.get("source")
    is_known = isinstance(source, str) and source in SOURCE_KEYS
    is_own = isinstance(source, str) and ":" in source and not is_known
    moved: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    for key, value in given.items():
        owners = sources_with(key)
        if not owners:
            kept[key] = value
        elif value is None:
            continue
        elif source in owners or is_own:
            moved[key] = value
        elif is_known:
            kept[key] = value
    if not moved or not isinstance(source, str):
        return kept
    section = kept.get(section_of(source)) or {}
    if not isinstance(section, dict):
        return kept
    if twice := [key for key in moved if section.get(key, moved[key]) != moved[key]]:
        raise ValueError(f"{twice[0]} is given twice, here and in data.{section_of(source)}")
    kept[section_of(source)] = {**section, **moved}
    return kept


def without_replaced_keys(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    """Returns a config without those keys of its source that another config on top of it replaces.

    Another source replaces all keys of the one before. A key that stands in `data` replaces the
    same key in the source's section, and the other way round.
    """
    below, above = base.get("data"), top.get("data")
    if not isinstance(below, dict) or not isinstance(above, dict):
        return base
    changes_source = below.get("source") != above.get("source", below.get("source"))
    short = {key for key in above if sources_with(key)}
    sectioned = {
        key
        for name, section in above.items()
        if name in SECTIONS and isinstance(section, dict)
        for key in section
    }
    kept: dict[str, Any] = {}
    for key, value in below.items():
        if key in SECTIONS:
            if changes_source:
                continue
            if isinstance(value, dict):
                value = {inner: v for inner, v in value.items() if inner not in short}
        elif sources_with(key) and (changes_source or key in sectioned):
            continue
        kept[key] = value
    return {**base, "data": kept}
