"""What TensorFlow reads from the environment when it is imported."""

import os
import sys

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# Not even errors: what matters comes as an exception, the rest is noise about optimisations.
_QUIET = "3"


def refuse_windows() -> None:
    """Refuses systems without POSIX signals and file locks, in one line.

    Raises:
      ImportError: this is Windows.
    """
    if sys.platform == "win32":
        # Nobody asks where in this package its import ended.
        sys.tracebacklimit = 0
        raise ImportError(
            "gan-cli runs on Linux and macOS; on Windows, install and run it in WSL 2"
        )


def shows_lines() -> bool:
    """Returns whether the user wants TensorFlow's lines: a level below 3, of which 0 shows all."""
    return (os.environ.get(_LOG_LEVEL) or _QUIET) != _QUIET


def set_up() -> None:
    """Prepares TensorFlow's import; what the user has set stays as it is.

    Importing `gan_cli` does this, so that commands and Python programs compute the same numbers. It
    comes too late for a program that has imported TensorFlow before `gan_cli`.
    """
    os.environ.setdefault(_LOG_LEVEL, _QUIET)
    # By itself TensorFlow takes oneDNN's kernels only on the newest processors; they are faster on
    # the others, too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if os.path.expanduser("~") == "~":
        # Where no home is known, Keras would write its settings into a folder of that name.
        os.environ.setdefault("KERAS_HOME", os.devnull)
