"""metrics.jsonl: one JSON object a line, in the order of training."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_cli.io.files import atomic_write
from gan_cli.io.json_lines import append_line, read_lines


class MetricsLog:
    """Appends to and reads a metrics file.

    Every line holds `images_shown` and `kimg` beside its values. A line that was cut short by the
    death of the process, necessarily the last one, is dropped.
    """

    def __init__(self, path: Path):
        self.path = path

    def read(self) -> list[dict[str, Any]]:
        """Returns all whole lines, oldest first."""
        return [row for row in read_lines(self.path) if _is_whole(row)]

    def append(self, images_shown: int, values: Mapping[str, float]) -> None:
        """Adds one line.

        Raises:
          UserError: it cannot be written.
        """
        append_line(
            self.path, {"images_shown": images_shown, "kimg": images_shown / 1000, **values}
        )

    def truncate_after(self, images_shown: int) -> None:
        """Drops the lines that came after a state that training continues from."""
        rows = self.read()
        kept = [row for row in rows if row["images_shown"] <= images_shown]
        if self.path.is_file():
            atomic_write(self.path, "".join(json.dumps(row) + "\n" for row in kept))


def _is_whole(row: Any) -> bool:
    """Returns whether a line holds numbers alone, `images_shown` among them."""
    return isinstance(row, dict) and "images_shown" in row and all(map(_is_number, row.values()))


def _is_number(value: Any) -> bool:
    # JSON may hold integers that are too large for a float.
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**1000)
