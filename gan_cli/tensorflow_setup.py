"""What TensorFlow reads from the environment, and what it and Matplotlib need not report."""

import logging
import os

LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# Not even errors: what matters comes as an exception, the rest is noise about optimisations.
QUIET = "3"

_NOT_WORTH_REPORTING = (
    # Every generator is compiled once, which TensorFlow takes for one that is compiled repeatedly.
    "<function Sampler.",
    # In containers, no home folder can be written; Matplotlib then helps itself.
    "created a temporary cache directory",
    "mkdir -p failed for path",
    "is not a writable directory",
    "is building the font cache",
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
    for name in ("tensorflow", "matplotlib", "matplotlib.font_manager"):
        logging.getLogger(name).addFilter(_is_worth_reporting)


def _is_worth_reporting(record: logging.LogRecord) -> bool:
    text = record.getMessage()
    return not any(part in text for part in _NOT_WORTH_REPORTING)
