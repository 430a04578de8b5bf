"""Paths as users write them."""

import os
from pathlib import Path

from gan_cli.errors import UserError


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
