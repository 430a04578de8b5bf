"""Keeps slow and talkative imports quick and quiet."""

import atexit
import contextlib
import gc
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence

from gan_cli.errors import UserError

# Where no home folder can be written, as in containers, Matplotlib helps itself, and says so.
_ABOUT_ITS_CACHE = (
    "created a temporary cache directory",
    "mkdir -p failed for path",
    "is not a writable directory",
    "is building the font cache",
)


def quiet_matplotlib() -> None:
    """Keeps Matplotlib, when it is imported, from reporting where it has its cache."""
    for name in ("matplotlib", "matplotlib.font_manager"):
        logging.getLogger(name).addFilter(_is_worth_reporting)


def _is_worth_reporting(record: logging.LogRecord) -> bool:
    text = record.getMessage()
    return not any(part in text for part in _ABOUT_ITS_CACHE)


@contextlib.contextmanager
def no_garbage() -> Iterator[None]:
    """Keeps the garbage collector off what is imported: it stays to the end anyway."""
    # At the end of the process, a last collection would take most of a second.
    atexit.register(gc.freeze)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


@contextlib.contextmanager
def held_back(*numbers: signal.Signals) -> Iterator[None]:
    """Lets signals wait until the context ends, unless threads from before it take them.

    Threads that start within the context never take them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def absent(names: Sequence[str]) -> Iterator[None]:
    """Makes imports of modules fail, unless they are imported already, as if not installed."""
    hidden = [name for name in names if name not in sys.modules]
    # Python turns None into a ModuleNotFoundError.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Holds back all that is written to file descriptor 2; an exception releases it."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except UserError:
            raise
        except Exception:
            sys.stderr.flush()
            held_back.seek(0)
            os.write(terminal, held_back.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
