"""Strings as the content of text files, plain or as JSON, marked as generated."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gan_cli.media.provenance import Provenance, from_json


@dataclass(frozen=True)
class Line:
    """A string, and what a JSON file says beside it, such as its seed."""

    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def encoded_lines(lines: Iterable[Line], ending: str, provenance: Provenance | None) -> bytes:
    """Returns the content of a file of strings, UTF-8, with a line feed after each.

    Args:
      ending: one of `formats.LINES`, with the dot. `.txt` has the strings alone; `.jsonl` has an
        object for each, with its facts, `text` and `provenance`.
      provenance: what each object says about its origin; None: nothing.
    """
    if ending != ".jsonl":
        return "".join(f"{line.text}\n" for line in lines).encode()
    # Of a class that is named by bytes that are not UTF-8, an escape sequence of JSON remains.
    origin = {} if provenance is None else {"provenance": json.loads(provenance.to_json())}
    objects = ({**line.facts, "text": line.text, **origin} for line in lines)
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in objects).encode(
        "utf-8", "backslashreplace"
    )


def lines_provenance(content: bytes) -> Provenance | None:
    """Returns what the first object of a `.jsonl` file says about its origin; nothing: None."""
    try:
        found = json.loads(content.partition(b"\n")[0])
    except (ValueError, RecursionError):
        return None
    origin = found.get("provenance") if isinstance(found, dict) else None
    return None if origin is None else from_json(json.dumps(origin))
