"""guard.jsonl: what the guard saw and did, one JSON object a line."""

import json
from pathlib import Path
from typing import Any

from gan_cli.io.files import atomic_write
from gan_cli.io.json_lines import append_line, read_lines
from gan_cli.run.records import GuardEntry


class GuardLog:
    """Appends to and reads a guard's log.

    Every line holds `images_shown`, `signal`, `did`, `detail` and `interventions`, the number of
    interventions up to and including this line. A line that was cut short is dropped.
    """

    def __init__(self, path: Path):
        self.path = path

    def read(self) -> list[dict[str, Any]]:
        """Returns all whole lines, oldest first."""
        return [entry.model_dump() for entry in read_lines(self.path, GuardEntry).records]

    def problem(self) -> str | None:
        """Returns one line about the lines that `read` leaves out, if any."""
        return read_lines(self.path, GuardEntry).problem

    def append(
        self, images_shown: int, signal: str, did: str, detail: str, interventions: int
    ) -> None:
        """Adds one line.

        Raises:
          UserError: it cannot be written.
        """
        entry = {"images_shown": images_shown, "signal": signal, "did": did, "detail": detail}
        append_line(self.path, {**entry, "interventions": interventions})

    def truncate_after(self, images_shown: int, interventions: int) -> None:
        """Drops the lines that a run will write again when it continues from an older state.

        A rollback reduces the images shown, but is itself part of the state that follows it: it
        stays, with the lines that led to it.

        Args:
          images_shown: images that the state has been shown.
          interventions: interventions that are part of the state.
        """

        def has_happened(entry: dict[str, Any]) -> bool:
            if entry["interventions"] != interventions:
                return entry["interventions"] < interventions
            is_intervention = entry["did"] in ("rolled back", "strengthened")
            return is_intervention or entry["images_shown"] <= images_shown

        if self.path.is_file():
            kept = filter(has_happened, self.read())
            atomic_write(self.path, "".join(json.dumps(entry) + "\n" for entry in kept))
