"""The run directory: where everything about one training run lives."""

import json
import os
import re
from pathlib import Path
from typing import Any

from gan_cli.config.load import dump_config
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.saved import read_saved_config
from gan_cli.config.schema import Config
from gan_cli.data.held_out import NOTHING_KNOWN, KnownSplit
from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write
from gan_cli.io.json_lines import append_line
from gan_cli.io.records import read_record
from gan_cli.run.records import EnvironmentRecord, SplitRecord


def default_run_dir(config: Config) -> Path:
    """Returns the run directory of a config that is trained without naming one."""
    return Path("runs") / config.name


class RunDirectory:
    """The names of the parts of a run directory; nothing is created before something is written."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.config = self.path / "config.yaml"
        self.environment = self.path / "environment.json"
        self.data_report = self.path / "data.json"
        self.skipped = self.path / "skipped.txt"
        self.split = self.path / "split.json"
        self.metrics = self.path / "metrics.jsonl"
        self.samples = self.path / "samples"
        self.checkpoints = self.path / "checkpoints"
        self.evaluations = self.path / "evaluations"
        self.report = self.path / "report.html"
        self.guard = self.path / "guard.jsonl"
        self.plans = self.path / "plans.jsonl"
        self.post_mortem = self.path / "post_mortem"
        self.initial_weights = self.path / "initial_weights.json"
        self.unmarked = self.path / "unmarked.jsonl"

    def refuse_other_things(self) -> None:
        """Refuses a path at which no folder can be made, or whose folders cannot be reached.

        A run whose checkpoints lie on a disk that is not there would otherwise begin anew.

        Raises:
          UserError: it, or a folder in it, is a file, or a link that leads nowhere.
        """
        for path in (self.path, self.checkpoints, self.samples, self.evaluations):
            if path.is_dir():
                continue
            if path.is_symlink() and not path.exists():
                raise UserError(
                    f"{path}: is a link to {os.readlink(path)}, which does not exist; make that"
                    " folder, or choose another run directory"
                )
            if path.exists():
                raise UserError(f"{path}: is no folder; choose another run directory")

    def exists(self) -> bool:
        """Returns whether a run has been started here."""
        return self.config.is_file()

    def write_config(self, config: ResolvedConfig) -> None:
        atomic_write(self.config, dump_config(config))

    def read_config(self) -> ResolvedConfig:
        """Returns the resolved config of the run.

        Raises:
          UserError: this is no run directory, or its config is damaged.
        """
        self._require(self.config)
        return read_saved_config(self.config)

    def write_initial_weights(self, record: dict[str, Any]) -> None:
        """Keeps what became of each weight of a run that started from others."""
        atomic_write(self.initial_weights, json.dumps(record, indent=1))

    def write_environment(self, environment: dict[str, Any]) -> None:
        atomic_write(self.environment, json.dumps(environment, indent=1))

    def write_data_report(self, report: dict[str, Any], left_out: list[str]) -> None:
        """Writes the report on the data, and a line for each file that is left out, if any."""
        atomic_write(self.data_report, json.dumps(report, indent=1))
        if left_out:
            lines = "".join(f"{line}\n" for line in left_out)
            atomic_write(self.skipped, lines)
        else:
            self.skipped.unlink(missing_ok=True)

    def write_split(self, split: KnownSplit) -> None:
        """Keeps which samples the run trains on, and which are held out."""
        record = {"trained": sorted(split.trained), "held_out": sorted(split.held_out)}
        atomic_write(self.split, json.dumps(record))

    def read_split(self) -> KnownSplit:
        """Returns the split of the run; runs of earlier versions have kept none.

        Raises:
          UserError: the file cannot be read, or is damaged.
        """
        if not self.split.is_file():
            return NOTHING_KNOWN
        record = read_record(self.split, SplitRecord)
        return KnownSplit(frozenset(record.trained), frozenset(record.held_out))

    def read_environment(self) -> dict[str, Any]:
        """Returns what `write_environment` was given.

        Raises:
          UserError: it is missing or damaged.
        """
        self._require(self.environment)
        return read_record(self.environment, EnvironmentRecord).model_dump()

    def record_unmarked(self, entry: dict[str, Any]) -> None:
        """Records images that were written without a mark of their origin, one JSON object a line.

        Raises:
          UserError: it cannot be written.
        """
        append_line(self.unmarked, entry)

    def saved_grids(self, most: int) -> list[tuple[float, Path]]:
        """Returns at most so many of training's grids, evenly spread: pairs of kimg and file."""
        found = []
        for path in self.samples.glob("grid-*.png"):
            # A user's own files may lie beside them.
            name = re.fullmatch(r"grid-([0-9]{1,12}(\.[0-9]{3})?)", path.stem)
            if name is not None:
                found.append((float(name[1]) if name[2] else int(name[1]), path))
        found.sort()
        count = min(most, len(found))
        return [found[round(i * (len(found) - 1) / max(count - 1, 1))] for i in range(count)]

    def _require(self, part: Path) -> None:
        if not part.is_file():
            raise UserError(f"{self.path}: is no run directory: it holds no {part.name}")
