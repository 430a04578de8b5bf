"""metrics.jsonl: one JSON object a line, in the order of training."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_cli.io.files import atomic_write
from gan_cli.io.json_lines import append_line, read_lines
from gan_cli.run.records import MetricsRow


class MetricsLog:
    """Appends to and reads a metrics file.

    Every line holds `images_shown` and `kimg` beside its values. A line that was cut short by the
    death of the process, necessarily the last one, is dropped.
    """

    def __init__(self, path: Path):
        self.path = path

    def read(self) -> list[dict[str, Any]]:
        """Returns all whole lines, oldest first.

        Raises:
          UserError: the file cannot be read.
        """
        rows = [row.model_dump() for row in read_lines(self.path, MetricsRow).records]
        return [row | {"kimg": row["images_shown"] / 1000} for row in rows]

    def problem(self) -> str | None:
        """Returns one line about the lines that `read` leaves out, if any."""
        return read_lines(self.path, MetricsRow).problem

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
