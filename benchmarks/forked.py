"""A process that has TensorFlow imported, and becomes one of the commands as often as asked.

The import takes longer than most of what the commands do in these tests. Every command still has
a process of its own, which is this one's copy; what does the importing, and how a signal ends it,
are tested on commands that are started as a user starts them.
"""

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_cli.io.quiet_imports import no_garbage

_SECONDS = 400


class Commands:
    """Starts the process, and by it commands."""

    def __enter__(self) -> "Commands":
        self._said = tempfile.TemporaryDirectory()
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
        self._said.cleanup()

    def run(self, *arguments: object, cwd: Path) -> subprocess.CompletedProcess:
        """Like `subprocess.run` with captured text."""
        return self.start(*arguments, cwd=cwd).wait()

    def start(
        self,
        *arguments: object,
        cwd: Path,
        environment: Mapping[str, str] | None = None,
        limits: Mapping[str, int] | None = None,
        output: str | None = None,
        imports_anew: bool = False,
    ) -> "Running":
        """Starts a command.

        Args:
          environment: more of it than the tests have.
          imports_anew: whether the command imports everything itself, in that environment.
          limits: of resources, by their names in `resource`.
          output: where standard output goes: a file, "closed" or "broken pipe"; None: where `wait`
            reads it.
        """
        said = Path(tempfile.mkdtemp(dir=self._said.name))
        command = list(map(str, arguments))
        request = {
            "arguments": command,
            "cwd": str(cwd),
            "environment": environment or {},
            "limits": limits or {},
            "output": output,
            "said": str(said),
            "imports_anew": imports_anew,
        }
        return Running(self, command, self.ask({"start": request}), said)

    def ask(self, request: dict) -> Any:
        assert self._process.stdout is not None  # It is a pipe.
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


class Running:
    """A command that was started, and writes what it says into a folder."""

    def __init__(self, commands: Commands, arguments: list[str], pid: int, said: Path):
        self._commands, self._arguments, self._pid, self._said = commands, arguments, pid, said
        self._status: int | None = None

    def is_over(self) -> bool:
        self._ask(os.WNOHANG)
        return self._status is not None

    def wait(self) -> subprocess.CompletedProcess:
        self._ask(0)
        assert self._status is not None  # It has ended.
        texts = (
            (self._said / stream).read_text(errors="backslashreplace") for stream in ("out", "err")
        )
        return subprocess.CompletedProcess(self._arguments, self._status, *texts)

    def send_signal(self, number: int) -> None:
        os.kill(self._pid, number)

    def _ask(self, how: int) -> None:
        if self._status is None:
            self._status = self._commands.ask({"wait": self._pid, "how": how})


def serve() -> None:
    """Returns in every copy, which then is to become the command in `sys.argv`."""
    for line in sys.stdin:
        request = json.loads(line)
        if "start" in request:
            answer: int | None = os.fork()
            if not answer:
                become(**request["start"])
                return
        else:
            ended, status = os.waitpid(request["wait"], request["how"])
            answer = os.waitstatus_to_exitcode(status) if ended else None
        print(json.dumps(answer), flush=True)
    sys.exit()


def become(
    arguments: list[str],
    cwd: str,
    environment: dict[str, str],
    limits: dict[str, int],
    output: str | None,
    said: str,
    imports_anew: bool,
) -> None:
    signal.alarm(_SECONDS)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, stream in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(said) / stream, os.O_WRONLY | os.O_CREAT), number)
    if output == "broken pipe":
        read, write = os.pipe()
        os.dup2(write, 1)
        os.close(read)
    elif output == "closed":
        os.close(1)
    elif output is not None:
        os.dup2(os.open(output, os.O_WRONLY), 1)
    os.chdir(cwd)
    os.environ.update(environment)
    for name, limit in limits.items():
        number = getattr(resource, name)
        resource.setrlimit(number, (limit, resource.getrlimit(number)[1]))
    sys.argv = arguments
    if imports_anew:
        command = [sys.executable, "-P", "-m", module_of(arguments[0]), *arguments[1:]]
        os.execv(sys.executable, command)


def module_of(command: str) -> str:
    return "gan_cli.cli." + Path(command).name.removeprefix("gan-")


if __name__ == "__main__":
    # By the settings that all tests have of TensorFlow: they are in the environment.
    # A copy that looked through all this for garbage would first have to copy it.
    with no_garbage():
        for module in ("experiment.run", "evaluation.runs", "evaluation.images"):
            importlib.import_module(f"gan_cli.{module}")

    # As on a user's terminal: a log level in the environment asks for TensorFlow's own lines.
    del os.environ["TF_CPP_MIN_LOG_LEVEL"]
    serve()
    importlib.import_module(module_of(sys.argv[0])).entry_point()
