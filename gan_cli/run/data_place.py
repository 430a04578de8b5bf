"""The data of a run, seen from another folder than the one in which it was trained."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan_cli.config.resolved import ResolvedConfig, ResolvedData
from gan_cli.data.dataset import DataSplits, open_splits
from gan_cli.io.paths import user_path
from gan_cli.run.directory import RunDirectory


def working_folder() -> str | None:
    """Returns the folder that relative paths are relative to; None where JSON cannot hold it."""
    try:
        folder = os.getcwd()
        folder.encode()
    except (OSError, UnicodeEncodeError):
        return None
    return folder


def data_of(run: RunDirectory, config: ResolvedConfig) -> ResolvedData:
    """Returns the section `data` of a run's config, by which its data are found from here.

    A relative path that leads nowhere is taken for one from the folder in which the run was
    trained, if there is something.
    """
    data = config.data
    section = getattr(data, data.source, None)
    path = getattr(section, "path", None)
    if section is None or path is None or user_path(path).exists():
        return data
    known = _recorded(run).get("working_folder")
    if known is None or user_path(path).is_absolute() or not Path(known, path).exists():
        return data
    place = section.model_copy(update={"path": str(Path(known, path))})
    return data.model_copy(update={data.source: place})


def splits_of(
    run: RunDirectory,
    config: ResolvedConfig,
    progress: Callable[[int, int], None] | None = None,
) -> DataSplits:
    """Opens the data of a run, split as the run has split them.

    Args:
      config: the run's.
      progress: called now and then with the numbers of images prepared so far and in total.

    Raises:
      UserError: as `open_splits`.
    """
    return open_splits(data_of(run, config), progress, run.read_split())


def _recorded(run: RunDirectory) -> dict[str, Any]:
    return run.read_environment() if run.environment.is_file() else {}
