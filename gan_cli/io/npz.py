"""npz files from anywhere, bounded before anything is unpacked."""

import math
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO

import numpy as np

from gan_cli.errors import UserError, first_line
from gan_cli.io.memory import machine_memory
from gan_cli.io.regular import open_regular

# The header of an array; NumPy itself refuses to parse longer ones.
_LONGEST_HEADER = 10_000


def read_npz(path: Path, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """Returns the arrays of an npz file by name, after `check_npz`.

    Args:
      names: which to load, where they are there; None: all.

    Raises:
      UserError: as of `check_npz`, or what an array holds is damaged.
    """
    check_npz(path)
    try:
        with open_regular(path) as content, np.load(content, allow_pickle=False) as file:
            return {name: file[name] for name in file.files if names is None or name in names}
    except Exception as error:  # NumPy, zipfile and zlib let through whatever damage leads to.
        raise _unreadable(path, error) from error


def check_npz(path: Path) -> None:
    """Makes sure that an npz file can be loaded without claiming more memory than it fills.

    No member is unpacked to disk, whatever its name, and none beyond its first kilobytes here.

    Raises:
      UserError: it is no npz file, unpacks to more than the machine's memory, or holds Python
        objects or an array that declares more than is there.
    """
    try:
        with open_regular(path) as content, zipfile.ZipFile(content) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if unpacked > machine_memory():
                raise UserError(
                    f"{path}: unpacks to {unpacked:,} bytes, more than this machine's memory"
                )
            for member in members:
                with archive.open(member) as stream:
                    _check_array(f"{path}: {member.filename}", stream, member.file_size)
    except UserError:
        raise
    except Exception as error:  # zipfile lets through whatever a damaged file leads to.
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UserError:
    reason = getattr(error, "strerror", None) or first_line(error)
    return UserError(f"{path}: cannot be read as an npz file: {reason}")


def _check_array(where: str, stream: IO[bytes], held: int) -> None:
    """Refuses an array whose header asks for more than the `held` bytes that follow it."""
    version = np.lib.format.read_magic(stream)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read_header is None:
        raise UserError(f"{where}: is an array of format {version}, not 1.0 or 2.0")
    shape, _, dtype = read_header(stream, max_header_size=_LONGEST_HEADER)
    if dtype.hasobject:
        raise UserError(
            f"{where}: holds Python objects, which are never unpickled; save one array of numbers,"
            " such as np.stack(list(images))"
        )
    declared = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or declared > held:
        raise UserError(f"{where}: declares {declared:,} bytes of content and holds {held:,}")
