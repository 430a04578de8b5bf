"""What TensorFlow reads from the environment when it is imported."""

import os

LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# Not even errors: what matters comes as an exception, the rest is noise about optimisations.
QUIET = "3"


def set_up() -> None:
    """Prepares TensorFlow's import; what the user has set stays as it is.

    Importing `gan_cli` does this, so that commands and Python programs compute the same numbers. It
    comes too late for a program that has imported TensorFlow before `gan_cli`.
    """
    os.environ.setdefault(LOG_LEVEL, QUIET)
    # By itself TensorFlow takes oneDNN's kernels only on the newest processors; they are faster on
    # the others, too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
