"""What TensorFlow reads from the environment when it is imported."""

import os
import sys

LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# Not even errors: what matters comes as an exception, the rest is noise about optimisations.
QUIET = "3"


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


def set_up() -> None:
    """Prepares TensorFlow's import; what the user has set stays as it is.

    Importing `gan_cli` does this, so that commands and Python programs compute the same numbers. It
    comes too late for a program that has imported TensorFlow before `gan_cli`.
    """
    os.environ.setdefault(LOG_LEVEL, QUIET)
    # By itself TensorFlow takes oneDNN's kernels only on the newest processors; they are faster on
    # the others, too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if os.path.expanduser("~") == "~":
        # Where no home is known, Keras would write its settings into a folder of that name.
        os.environ.setdefault("KERAS_HOME", os.devnull)
