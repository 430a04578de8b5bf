"""Runs one command up to where its work would begin, for each line on standard input.

Each command has a process of its own, since absl has one table of flags for a process.

python command_lines.py train
"""

import contextlib
import importlib
import io
import json
import sys
import traceback

from absl import flags
from absl.testing import flagsaver

from gan_cli.cli import app
from gan_cli.experiment import sweep


class WouldStart(BaseException):
    """The flags are in order."""


def would_start(*_):
    raise WouldStart


def answer(command, arguments):
    """The exit status, None where it would start, standard error, and a traceback or None."""
    sys.argv = [f"gan-{command.__name__.rpartition('.')[2]}", *arguments]
    said = io.StringIO()
    with flagsaver.flagsaver(), contextlib.redirect_stderr(said):
        try:
            command.entry_point()
        except WouldStart:
            return None, said.getvalue(), None
        except SystemExit as end:
            return end.code or 0, said.getvalue(), None
        except BaseException:
            return None, said.getvalue(), traceback.format_exc()
        finally:
            flags.FLAGS.unparse_flags()
    return 0, said.getvalue(), None


def main():
    app.import_tensorflow = would_start
    sweep.train_runs = would_start
    command = importlib.import_module(f"gan_cli.cli.{sys.argv[1]}")
    answers = sys.stdout
    for line in sys.stdin:
        with contextlib.redirect_stdout(io.StringIO()):
            result = answer(command, json.loads(line))
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
