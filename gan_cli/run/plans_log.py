"""plans.jsonl: where a run continued to another length, one JSON object a line."""

from pathlib import Path
from typing import Any

from gan_cli.io.json_lines import append_line, read_lines
from gan_cli.run.records import PlanEntry


class PlansLog:
    """Appends to and reads a run's changes of `training.kimg`.

    Every line holds `images_shown`, where the run continued, `planned_kimg`, its length by the plan
    so far, and `kimg`, the new one. A line that was cut short is dropped.
    """

    def __init__(self, path: Path):
        self.path = path

    def read(self) -> list[dict[str, Any]]:
        """Returns all whole lines, oldest first."""
        return [entry.model_dump() for entry in read_lines(self.path, PlanEntry).records]

    def problem(self) -> str | None:
        """Returns one line about the lines that `read` leaves out, if any."""
        return read_lines(self.path, PlanEntry).problem

    def append(self, images_shown: int, planned_kimg: float, kimg: float) -> None:
        """Adds one line.

        Raises:
          UserError: it cannot be written.
        """
        entry = {"images_shown": images_shown, "planned_kimg": planned_kimg, "kimg": kimg}
        append_line(self.path, entry)


def plan_sentences(entries: list[dict[str, Any]]) -> list[str]:
    """Returns a sentence for each change of a run's length."""
    return [
        f"Planned for {entry['planned_kimg']:g} kimg, and continued at"
        f" {entry['images_shown'] / 1000:g} kimg with {entry['kimg']:g} as the new end; the curves"
        " mark where."
        for entry in entries
    ]
