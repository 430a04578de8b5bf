"""Image files as samples: how they are read, and what their headers say about them."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Forms
from gan_cli.data.frames import Frames
from gan_cli.data.kept_headers import Header
from gan_cli.data.survey import (
    notes_on_depth,
    notes_on_frames,
    notes_on_profiles,
    read_headers,
)
from gan_cli.data.tiles import Tiles
from gan_cli.data.value_range import Range, common_range, is_deep
from gan_cli.errors import UserError
from gan_cli.io.wording import counted, some_of

# Ends the identity of files of which some are converted to sRGB.
_IN_SRGB = ":srgb"
# Ends the identity of files of which some give several samples.
_ALL_FRAMES = ":frames"
_MOST_TILES = 20_000_000


@dataclass(frozen=True)
class Reading:
    """How the files of a folder are read.

    Attributes:
      by_name: whether classes are ordered as earlier versions did, 1, 10, 2.
      colours_to_srgb: whether colours are converted as the profile of a file says.
      all_frames: whether each frame of an animation or a stack is a sample.
      value_range: the values of black and white in images of more than 8 bits, or how they are
        found.
      max_pixels: images of more pixels are refused.
      tiles: side and stride of the squares that images are cut into, or None.
    """

    by_name: bool
    colours_to_srgb: bool
    all_frames: bool
    max_pixels: int
    tiles: tuple[int, int] | None
    value_range: Range | Literal["auto", "type"] = "auto"


def reading_of(config: DataConfig) -> Reading:
    """Returns how a config of source `folder` wants its files read."""
    keys = config.folder
    tiles = keys.tiles
    return Reading(
        by_name=config.holdout_by == "order",
        colours_to_srgb=config.colour_profiles != "ignore",
        all_frames=keys.frames == "all",
        max_pixels=keys.max_pixels,
        tiles=None if tiles is None else (tiles.size, tiles.stride or tiles.size),
        value_range=config.value_range or "auto",
    )


@dataclass(frozen=True)
class FileSamples:
    """The samples of some files.

    Attributes:
      forms: sizes and channels of the samples; of files that cannot be opened, none.
      share_files: whether files give several samples.
      marks: what tells this reading from another one of the same files.
      value_range: the values of black and white by which images of more than 8 bits are scaled.
      notes: a sentence for each thing that reading does to the files without being asked.
    """

    samples: Frames | Tiles
    forms: Forms
    share_files: bool
    marks: str
    value_range: Range | None
    notes: tuple[str, ...]


def open_files(files: Sequence[Path], reading: Reading) -> FileSamples:
    """Reads the headers of files, and finds out how their pixels become samples.

    Raises:
      UserError: images are larger than `reading.max_pixels`, or none is as large as a tile.
    """
    headers = read_headers(files, reading.max_pixels)
    colours = notes_on_profiles(headers) if reading.colours_to_srgb else ()
    several = reading.all_frames and any(header.frames > 1 for header in headers)
    frames = Frames(
        files,
        [header.frames if several else 1 for header in headers],
        reading.colours_to_srgb,
        reading.max_pixels,
        at_full_size=reading.tiles is not None,
    )
    deep = np.array([is_deep(header.mode) for header in headers])[frames.file_numbers]
    if deep.any() and reading.value_range != "type":
        are_floats = any(header.mode == "F" for header in headers)
        frames.value_range = _range_of(reading, frames, np.flatnonzero(deep), are_floats)
    notes = [
        *notes_on_frames(headers, reading.all_frames),
        *colours,
        *_notes_on_range(frames.value_range, int(deep.sum()), len(deep)),
        *notes_on_depth(headers),
    ]
    marks = (_IN_SRGB if colours else "") + (_ALL_FRAMES if several else "")
    marks += "" if frames.value_range is None else f":{frames.value_range}"
    of_sample = [headers[number] for number in frames.file_numbers.tolist()]
    samples: Frames | Tiles = frames
    if reading.tiles is not None:
        side, stride = reading.tiles
        wholes = [header.size for header in of_sample]
        _refuse_too_many(wholes, side, stride)
        samples = Tiles(frames, wholes, side, stride)
        notes.insert(0, _note_on_tiles(samples, of_sample, side, stride))
        marks += f":tiles({side},{stride})"
        of_sample = [of_sample[number] for number in samples.frame_of_sample.tolist()]
    sizes = Counter(header.size for header in of_sample if header.mode)
    if reading.tiles is not None:
        sizes = Counter({(side, side): len(of_sample)})
    channels = Counter(header.channels for header in of_sample if header.mode)
    return FileSamples(
        samples,
        Forms(sizes, channels, is_complete=True, first=_first_of_each(of_sample)),
        several or reading.tiles is not None,
        marks,
        frames.value_range,
        tuple(notes),
    )


def _first_of_each(headers: Sequence[Header]) -> dict[int, int]:
    """Returns the first sample with each number of channels."""
    first: dict[int, int] = {}
    for number, header in enumerate(headers):
        if header.mode:
            first.setdefault(header.channels, number)
    return first


def _refuse_too_many(sizes: Sequence[tuple[int, int]], side: int, stride: int) -> None:
    """Refuses more tiles than memory could hold the places of, before they are made."""

    def along(length: int) -> int:
        return max(0, (length - side) // stride + 1)

    count = sum(along(height) * along(width) for height, width in sizes)
    if count > _MOST_TILES:
        raise UserError(
            f"data.tiles: gives {count:,} tiles; raise its stride, so that there are at most"
            f" {_MOST_TILES:,}"
        )


def _note_on_tiles(tiles: Tiles, headers: Sequence[Header], side: int, stride: int) -> str:
    count = len(tiles.file_numbers)
    sound = sum(1 for header in headers if header.mode)
    if not count:
        raise UserError(
            f"data.tiles.size: none of the {len(headers):,} images is as large as {side}x{side}"
        )
    note = (
        f"{sound:,} images are cut into {count:,} tiles of {side}x{side} pixels, {stride} apart"
        " (data.tiles)"
    )
    if small := tiles.too_small - (len(headers) - sound):
        are = counted(
            small, "image is smaller than a tile and is", "images are smaller than a tile and are"
        )
        note += f"; {are} left out"
    return note


def _notes_on_range(value_range: Range | None, deep: int, count: int) -> tuple[str, ...]:
    if value_range is None:
        return ()
    black, white = value_range
    return (
        some_of(deep, count, "images", "has", "have")
        + f" more than 8 bits: {black:g} becomes black and {white:g} white (data.value_range)",
    )


def _range_of(reading: Reading, frames: Frames, deep: np.ndarray, are_floats: bool) -> Range | None:
    """Returns the values of black and white of the samples of more than 8 bits."""
    if not isinstance(reading.value_range, str):
        return reading.value_range
    with ThreadPoolExecutor() as threads:
        extents = threads.map(frames.extent, deep.tolist())
        return common_range((each for each in extents if each is not None), are_floats)
