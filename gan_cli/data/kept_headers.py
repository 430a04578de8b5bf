"""Headers of image files that were read before, so that a large folder opens at once."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path

import PIL

from gan_cli.data.materialise import cached_file
from gan_cli.io.cache import write_bytes

# Part of the cache's key. Raise it with every change to what a header holds.
_VERSION = 1
# Fewer are read in less than a second.
_FEWEST_KEPT = 1_000


@dataclass(frozen=True)
class Header:
    """What the header of one image file says.

    Attributes:
      profile: name of its colour profile; empty where it has none, or one of sRGB.
      bad_profile: whether it has a profile that cannot be applied.
      frames: number of its frames, if it is an animation or a stack; else 1.
      mode: Pillow's name for its kind of pixels; empty where the file cannot be opened.
      size: height and width as seen upright; zeros where the file cannot be opened.
      channels: 1 gray, 3 colour, 4 with transparency; 0 where the file cannot be opened.
      too_large: whether it has more pixels than are allowed.
      deep_colour: whether it has colours of 16 bits, of which the upper 8 are read.
    """

    profile: str = ""
    bad_profile: bool = False
    frames: int = 1
    mode: str = ""
    size: tuple[int, int] = (0, 0)
    channels: int = 0
    too_large: bool = False
    deep_colour: bool = False


def kept_headers(
    files: Sequence[Path], max_pixels: int, read: Callable[[Sequence[Path]], list[Header]]
) -> list[Header]:
    """Returns what `read` returns of the files, from the cache if they have not changed since.

    Files are taken for unchanged where their names, sizes and times of change are.
    """
    path = _place(files, max_pixels) if len(files) >= _FEWEST_KEPT else None
    if path is None:
        return read(files)
    try:
        kept = json.loads(path.read_bytes())
        kinds = [Header(**{**kind, "size": tuple(kind["size"])}) for kind in kept["kinds"]]
        headers = [kinds[number] for number in kept["numbers"]]
        if len(headers) == len(files):
            return headers
    except Exception:  # Whatever a missing or damaged file leads to.
        pass
    headers = read(files)
    numbers: dict[Header, int] = {}
    of_file = [numbers.setdefault(header, len(numbers)) for header in headers]
    content = {"kinds": [asdict(header) for header in numbers], "numbers": of_file}
    # A cache that cannot be written costs time, and nothing else.
    write_bytes(path, json.dumps(content).encode())
    return headers


def _place(files: Sequence[Path], max_pixels: int) -> Path | None:
    form = _VERSION, PIL.__version__, [field.name for field in fields(Header)], max_pixels
    digest = sha256(repr(form).encode())
    try:
        for file in files:
            status = file.stat()
            line = f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
        return cached_file("headers", f"{digest.hexdigest()}.json")
    except OSError:
        return None
