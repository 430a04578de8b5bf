"""Paths as users write them."""

import os
from pathlib import Path
from typing import Any

from gan_cli.errors import UserError


def given_path(value: Any, key: str) -> Path:
    """Returns the path that a caller gave.

    Raises:
      UserError: it is none, or no file can have that name.
    """
    if not isinstance(value, str | os.PathLike) or isinstance(os.fspath(value), bytes):
        raise UserError(f"must be a path, got {value!r}", key=key)
    try:
        is_name = b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        is_name = False
    if not is_name:
        raise UserError(f"no file can have the name {os.fspath(value)!r}", key=key)
    return Path(value)


def user_path(text: str, key: str = "data.path") -> Path:
    """Returns the path that a config's value names, `~` being the user's home.

    Raises:
      UserError: no file can have that name.
    """
    try:
        path = Path(text).expanduser()
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return path
    except (OSError, RuntimeError, ValueError) as error:
        # Too long, a loop of links, a user who is not there, a null character.
        shown = text if len(text) < 80 else f"{text[:77]}..."
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{key}: {shown!r} cannot be used as a path: {reason}") from error
    return path
