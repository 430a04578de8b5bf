"""A process that has TensorFlow imported, and becomes one of the commands as often as asked.

The import takes longer than most of what the commands do in these tests. Every command still has
a process of its own, which is this one's copy; what does the importing, and signals, are tested on
commands that are started as a user starts them.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

_SECONDS = 400


class Commands:
    """Starts the process; `run` is like `subprocess.run` with captured text."""

    def __enter__(self) -> "Commands":
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, *arguments: object, cwd: Path) -> subprocess.CompletedProcess:
        request = {"arguments": [str(each) for each in arguments], "cwd": str(cwd)}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        return subprocess.CompletedProcess(request["arguments"], **answer)


def serve() -> None:
    """Returns in every copy, which then is to become the command in `sys.argv`."""
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            copy = os.fork()
            if not copy:
                signal.alarm(_SECONDS)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                os.chdir(request["cwd"])
                sys.argv = request["arguments"]
                return
            _, status = os.waitpid(copy, 0)
            said = {}
            for key, file in (("stdout", out), ("stderr", err)):
                file.seek(0)
                said[key] = file.read().decode()
        answer = {"returncode": os.waitstatus_to_exitcode(status), **said}
        print(json.dumps(answer), flush=True)
    sys.exit()


if __name__ == "__main__":
    # By the settings that all tests have of TensorFlow: they are in the environment.
    import gan_cli.cli.experiment  # noqa: F401

    # As on a user's terminal: a log level in the environment asks for TensorFlow's own lines.
    del os.environ["TF_CPP_MIN_LOG_LEVEL"]
    serve()
    command = importlib.import_module("gan_cli.cli." + Path(sys.argv[0]).name.removeprefix("gan-"))
    command.entry_point()
