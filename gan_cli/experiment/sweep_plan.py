"""The runs of a sweep: every combination of the values to try, with every seed."""

import hashlib
import itertools
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_cli.errors import UserError

_OPENING, _CLOSING, _QUOTES = "[{", "]}", "'\""
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Axis:
    """One key of the config and the values to try for it, as YAML."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class PlannedRun:
    """One run of a sweep.

    Attributes:
      settings: what it changes in the config, as pairs of dotted key and YAML; without the seed.
      seed: None: the config's own.
      folder: its run directory.
    """

    settings: tuple[tuple[str, str], ...]
    seed: int | None
    folder: Path

    @property
    def overrides(self) -> list[str]:
        """The run's overrides of the config, such as `training.kimg=100`."""
        seed = [] if self.seed is None else [f"seed={self.seed}"]
        return [f"{key}={value}" for key, value in self.settings] + seed

    @property
    def name(self) -> str:
        """What the run changes, in words."""
        return "  ".join([f"{key}={value}" for key, value in self.settings] + self._seed_name())

    def _seed_name(self) -> list[str]:
        return [] if self.seed is None else [f"seed {self.seed}"]


def parse_axis(text: str) -> Axis:
    """Returns the key and values of `KEY=a,b,c`; commas within brackets and quotes separate none.

    Raises:
      UserError: the text has another form, or names the seed.
    """
    key, equals, values = text.partition("=")
    key = key.strip()
    split = _split(values)
    if not equals or not key or not all(split):
        raise UserError(f"{text}: must be of the form key.path=a,b,c", key="sweep")
    if key == "seed":
        raise UserError(f"{text}: seeds are named by --seeds", key="sweep")
    return Axis(key, tuple(split))


def plan_runs(run_dir: Path, tries: Sequence[str], seeds: Sequence[int]) -> list[PlannedRun]:
    """Returns the run of every combination, the seeds of one combination in a row.

    A run lies in `run_dir/KEY=VALUE/.../seed-N`, where KEY is the last part of the key if no other
    key of the sweep ends in it.

    Args:
      tries: a text for each key, as `parse_axis` takes it.
      seeds: none: every run has the config's seed, and no folder for it.

    Raises:
      UserError: a text has another form, or two runs would be the same.
    """
    axes = [parse_axis(text) for text in tries]
    for seed in _repeated(seeds):
        raise UserError(f"names seed {seed} twice", key="seeds")
    keys = [axis.key for axis in axes]
    if len(set(keys)) < len(keys):
        raise UserError("names a key twice; give all its values at once", key="sweep")
    ends = [key.rpartition(".")[2] for key in keys]
    shown = [end if ends.count(end) == 1 else key for end, key in zip(ends, keys, strict=True)]
    runs = []
    for values in itertools.product(*(axis.values for axis in axes)):
        folder = run_dir
        for name, value in zip(shown, values, strict=True):
            folder = folder / _folder_name(f"{name}={value}")
        settings = tuple(zip(keys, values, strict=True))
        if seeds:
            runs += [PlannedRun(settings, seed, folder / f"seed-{seed}") for seed in seeds]
        else:
            runs.append(PlannedRun(settings, None, folder))
    for folder in _repeated([run.folder for run in runs]):
        raise UserError(f"two runs would lie in {folder}; name each value once", key="sweep")
    return runs


def _repeated(values: Sequence[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]


def _split(text: str) -> list[str]:
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in _QUOTES:
            quote = letter
        elif letter in _OPENING + _CLOSING:
            depth += 1 if letter in _OPENING else -1
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _folder_name(text: str) -> str:
    """Returns a name that any file system and shell takes; other texts have other names."""
    plain = re.sub(r"[^A-Za-z0-9._=+-]+", "_", text)
    if plain == text and len(plain) <= _LONGEST_NAME:
        return plain
    return f"{plain[:_LONGEST_NAME].strip('_')}-{hashlib.sha256(os.fsencode(text)).hexdigest()[:6]}"
