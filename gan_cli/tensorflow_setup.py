"""What TensorFlow reads from the environment when it is imported."""

import os


def set_environment() -> None:
    """Sets the variables that commands and the Python API share, unless the user has set them.

    To be called before TensorFlow's import, so that both compute the same numbers.
    """
    # Not even errors: what matters comes as an exception, the rest is noise about optimisations.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # By itself TensorFlow takes oneDNN's kernels only on the newest processors; they are faster on
    # the others, too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
