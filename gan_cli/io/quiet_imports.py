"""Keeps slow and talkative imports quick and quiet."""

import atexit
import contextlib
import gc
import logging
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence

from gan_cli.errors import UserError

# Where no home folder can be written, as in containers, Matplotlib helps itself, and says so.
_ABOUT_ITS_CACHE = (
    "created a temporary cache directory",
    "mkdir -p failed for path",
    "is not a writable directory",
    "is building the font cache",
)
# Lines of TensorFlow's C++: `I0000 00:00:17... file.cc:12] ...`, and what goes with them.
_OF_TENSORFLOW = re.compile(
    rb"WARNING: All log messages before absl|[IWEF]\d{4} |To enable the following instructions:"
    rb"|\d{4}-\d\d-\d\d [^ ]+: [IWEF] "
)


def quiet_matplotlib() -> None:
    """Keeps Matplotlib, when it is imported, from reporting where it has its cache."""
    for name in ("matplotlib", "matplotlib.font_manager"):
        logging.getLogger(name).addFilter(_is_worth_reporting)


def _is_worth_reporting(record: logging.LogRecord) -> bool:
    text = record.getMessage()
    return not any(part in text for part in _ABOUT_ITS_CACHE)


def draw_into_files() -> None:
    """Keeps Matplotlib, which Keras imports, from looking for the user's windows, or for a typo."""
    os.environ["MPLBACKEND"] = "agg"


def quiet_tensorflow(
    shows_lines: bool, first: Callable[[], object] = lambda: None, hidden: Sequence[str] = ()
) -> None:
    """Imports TensorFlow without its start-up lines, which it writes past Python to the terminal.

    The lines are shown where the import fails, and lines of others always. Where TensorFlow is
    imported already, nothing happens but `first`.

    Args:
      shows_lines: whether the lines are wanted.
      first: called after the import and before TensorFlow's first operation.
      hidden: modules that the import finds as if not installed.
    """
    quiet_matplotlib()
    if sys.modules.get("tensorflow") is not None:
        first()
        return
    with contextlib.nullcontext() if shows_lines else quiet_stderr():
        with absent(hidden), no_garbage():
            import tensorflow as tf

        first()
        # The first operation writes a few more lines.
        tf.zeros([]) + 1.0
    tf.get_logger().setLevel("ERROR")


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
    """Holds back what is written to file descriptor 2.

    At the end, lines are released that are not of TensorFlow; after an exception, all; after a
    `UserError`, which says itself what is wrong, none.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        is_released: Callable[[bytes], bool] = _is_foreign
        try:
            yield
        except UserError:
            is_released = _never
            raise
        except Exception:
            is_released = _always
            raise
        finally:
            sys.stderr.flush()
            held_back.seek(0)
            os.write(terminal, b"".join(line for line in held_back if is_released(line)))
            os.dup2(terminal, 2)
            os.close(terminal)


def _never(line: bytes) -> bool:
    return False


def _always(line: bytes) -> bool:
    return True


def _is_foreign(line: bytes) -> bool:
    return line.strip() != b"" and not _OF_TENSORFLOW.match(line)
