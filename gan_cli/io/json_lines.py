"""Files of one JSON object a line, appended to by a process that may die at any moment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from gan_cli.errors import UserError, first_line
from gan_cli.io.records import RecordType, as_record, read_content


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


@dataclass(frozen=True)
class Lines(Generic[RecordType]):
    """What a file of JSON lines holds.

    Attributes:
      records: of all whole lines of the form, oldest first.
      problem: what is left out, as one line; None: nothing, or the last line alone, which a process
        may have been writing as it died.
    """

    records: list[RecordType]
    problem: str | None = None


def read_lines(path: Path, form: type[RecordType]) -> Lines[RecordType]:
    """Reads all whole lines of a form; there are none where there is no file.

    Raises:
      UserError: the file cannot be read.
    """
    if not path.exists():
        return Lines([])
    lines = read_content(path).decode("utf-8", errors="replace").splitlines()
    records, problems = [], {}
    for number, line in enumerate(lines, 1):
        try:
            records.append(as_record(json.loads(line), form, f"{path}:{number}"))
        except UserError as error:
            problems[number] = error.problems[0]
        except (ValueError, RecursionError) as error:
            problems[number] = f"{path}:{number}: is damaged: it is no JSON: {first_line(error)}"
    if not problems or list(problems) == [len(lines)]:
        return Lines(records)
    more = f", and {len(problems) - 1} more lines" if len(problems) > 1 else ""
    return Lines(records, f"{next(iter(problems.values()))}: the line is left out{more}")
