"""Files of one JSON object a line, appended to by a process that may die at any moment."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_cli.errors import UserError


def append_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Adds one line, and the folder where there is none.

    Raises:
      UserError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            # A line that was cut short must not swallow this one.
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            start = b"\n" if file.read(1) not in (b"", b"\n") else b""
            file.write(start + json.dumps(entry).encode() + b"\n")
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error


def read_lines(path: Path) -> list[Any]:
    """Returns what all whole lines hold, oldest first; nothing where there is no file."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            continue
    return found
