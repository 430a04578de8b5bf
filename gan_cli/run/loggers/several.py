"""All loggers of a run: none of them may stop or delay training."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from gan_cli.errors import first_line
from gan_cli.io.files import atomic_write
from gan_cli.io.records import read_record
from gan_cli.run.loggers import LOGGERS
from gan_cli.run.loggers.log import Log, LogEnding, LoggedRun
from gan_cli.run.records import LoggersRecord

FILE = "loggers.json"


class Loggers:
    """Passes figures and pictures to loggers, each in a thread of its own.

    A logger that fails is left out from then on, and named once.

    Args:
      names: of the registry.
      run: what is logged; its `known_id` is looked up in the run directory for each logger.
      say: takes one sentence; called from the thread that calls these methods.
    """

    def __init__(self, names: Sequence[str], run: LoggedRun, say: Callable[[str], None]):
        self._say = say
        self._open: list[_Logger] = []
        ids = _known_ids(run.folder, say) if names else {}
        for name in dict.fromkeys(names):
            try:
                log = LOGGERS.load(name)(replace(run, known_id=ids.get(name)))
                logger = _Logger(name, log)
                ids[name] = str(log.id)
                self._open.append(logger)
                say(f"logged to {name}: {log.address}")
            except (Exception, SystemExit) as error:  # Whatever a tracker and its network do.
                self._say_failed(name, error)
        if self._open:
            atomic_write(run.folder / FILE, json.dumps({"runs": ids}, indent=1))

    def scalars(self, images_shown: int, values: Mapping[str, float]) -> None:
        """Adds a value for each name."""
        self._each(lambda log: log.scalars(images_shown, dict(values)))

    def grid(self, images_shown: int, grid: Image.Image) -> None:
        """Adds a picture."""
        self._each(lambda log: log.grid(images_shown, grid))

    def close(self, ending: LogEnding) -> None:
        """Waits until all that was logged is sent."""
        self._each(lambda log: log.close(ending))
        for logger in self._open:
            logger.wait()
        self._drop_failed()
        self._open = []

    def _each(self, call: Callable[[Log], None]) -> None:
        self._drop_failed()
        for logger in self._open:
            logger.call(call)

    def _drop_failed(self) -> None:
        for logger in tuple(self._open):
            error = logger.failure()
            if error is not None:
                self._open.remove(logger)
                logger.abandon()
                self._say_failed(logger.name, error)

    def _say_failed(self, name: str, error: BaseException) -> None:
        self._say(f"logger '{name}' fails and is left out from here on: {first_line(error)}")


class _Logger:
    """One logger with its thread, which makes one call after another."""

    def __init__(self, name: str, log: Log):
        self.name, self._log = name, log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"logger-{name}")
        self._calls: list[Future[Any]] = []

    def call(self, call: Callable[[Log], None]) -> None:
        self._calls.append(self._thread.submit(call, self._log))

    def failure(self) -> BaseException | None:
        """Returns what the first failed one of the finished calls raised, if any."""
        finished = [each for each in self._calls if each.done()]
        self._calls = [each for each in self._calls if not each.done()]
        errors = (each.exception() for each in finished)
        return next((error for error in errors if error is not None), None)

    def wait(self) -> None:
        self._thread.shutdown(wait=True)

    def abandon(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


def _known_ids(folder: Path, say: Callable[[str], None]) -> dict[str, str]:
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        return dict(read_record(path, LoggersRecord).runs)
    except Exception as error:
        say(f"{first_line(error)}; loggers begin new runs")
        return {}
