"""guard.jsonl: what the guard saw and did, one JSON object a line."""

import json
from pathlib import Path
from typing import Any

from gan_cli.io.files import atomic_write
from gan_cli.io.json_lines import append_line, read_lines


class GuardLog:
    """Appends to and reads a guard's log.

    Every line holds `images_shown`, `signal`, `did`, `detail` and `interventions`: how many there
    had been by then, this one included. A line that was cut short is dropped.
    """

    def __init__(self, path: Path):
        self.path = path

    def read(self) -> list[dict[str, Any]]:
        """Returns all whole lines, oldest first."""
        return [entry for entry in read_lines(self.path) if _is_whole(entry)]

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
        """Drops what a run has yet to see and do that goes on from an older state.

        What led to interventions that are part of the state stays, though it came at more images:
        a rollback takes the images back, not itself.

        Args:
          images_shown: of the state.
          interventions: how many of them are part of it.
        """

        def has_been(entry: dict[str, Any]) -> bool:
            if entry["interventions"] != interventions:
                return entry["interventions"] < interventions
            is_intervention = entry["did"] in ("rolled back", "strengthened")
            return is_intervention or entry["images_shown"] <= images_shown

        if self.path.is_file():
            kept = filter(has_been, self.read())
            atomic_write(self.path, "".join(json.dumps(entry) + "\n" for entry in kept))


def _is_whole(entry: Any) -> bool:
    numbers, texts = ("images_shown", "interventions"), ("signal", "did", "detail")
    return (
        isinstance(entry, dict)
        and all(type(entry.get(name)) is int for name in numbers)
        and all(isinstance(entry.get(name), str) for name in texts)
    )
