"""Files that are written whole or not at all."""

import contextlib
import io
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import numpy as np

from gan_cli.errors import UserError


def atomic_write(path: Path, content: str | bytes) -> None:
    """Replaces `path` by `content`, which is on disk before the name points to it.

    Text is UTF-8; bytes of file names in it that are not become escape sequences.

    Raises:
      UserError: it cannot be written. What was at `path` before is untouched.
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    try:
        replace_file(path, lambda file: file.write(data))
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error


def replace_file(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Replaces `path` by what `fill` writes, which is on disk before the name points to it.

    Several processes may replace the same file at once: each writes a file of its own beside it,
    and the last to finish gives its file the name.

    A device, or what `/dev/stdout` leads to, is written to and stays what it is.

    Raises:
      OSError: it cannot be written. What was at `path` before is untouched.
    """
    if _is_device(path):
        with path.open("wb") as file:
            fill(file)
        return
    aside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            aside = Path(file.name)
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        # Temporary files are private to the user; what is kept follows the user's umask.
        umask = os.umask(0)
        os.umask(umask)
        aside.chmod(0o666 & ~umask)
        aside.replace(path)
        force_to_disk(path.parent)
    except BaseException:
        if aside is not None:
            # A disk that fails may not let go of the file either.
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)
        raise


def _is_device(path: Path) -> bool:
    """Returns whether a name is not to be given to another file: everybody uses what has it."""
    try:
        is_link = path.is_symlink()
        mode = path.stat().st_mode
    except OSError:
        return False
    is_of_system = path.absolute().parts[1:2] in (("dev",), ("proc",))
    return (
        stat.S_ISCHR(mode)
        or stat.S_ISBLK(mode)
        or (is_of_system and (is_link or stat.S_ISFIFO(mode)))
    )


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Replaces `path` by an npz of these arrays, compressed.

    Raises:
      UserError: it cannot be written. What was at `path` before is untouched.
    """
    content = io.BytesIO()
    np.savez_compressed(content, **dict(arrays))  # type: ignore[arg-type]
    atomic_write(path, content.getvalue())


def check_new_folder(path: Path, key: str) -> None:
    """Refuses a path for a new folder that is in use.

    Args:
      key: the argument that names the path.

    Raises:
      UserError: the path is a file, or a folder that is not empty.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise UserError(f"{path} exists; choose a new folder", key=key)


def unfinished(path: Path) -> Path:
    """Returns the hidden place beside a file in which the file lies until it is whole."""
    return path.with_name(f".{path.name}.part")


def move_into_place(finished: Path, path: Path) -> None:
    """Gives a file its name, with its content on disk before and the name on disk after."""
    force_to_disk(finished)
    finished.replace(path)
    force_to_disk(path.parent)


def force_to_disk(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
