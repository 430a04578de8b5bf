"""Drives a small command of its own, in a process of its own, as a user would."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import gan_cli

COMMAND = '''\
"""gan-toy: a command for the tests.

  gan-toy --config FILE
"""
import gc, os, sys, time
from absl import flags
from gan_cli.cli import app
from gan_cli.cli.console import PlainConsole
from gan_cli.errors import UserError

CONFIG = flags.DEFINE_string("config", None, "YAML file.", required=True)
SET = flags.DEFINE_multi_string("set", [], "Overrides; repeatable.")
RESUME = flags.DEFINE_enum("resume", "auto", ["auto", "never"], "Whether to go on.")
DRY_RUN = flags.DEFINE_bool("dry_run", False, "Only describe.")
COUNT = flags.DEFINE_integer("count", 3, "How many.")

def main(argv):
    action = CONFIG.value
    if action == "two problems":
        raise UserError("first: is wrong", "second: too")
    if action == "names":
        app.say("a name: \\x1b[2J\\udce9\\u202e\\xe9\\u3000.")
        PlainConsole().print("another: \\x1b[2J\\udce9", soft_wrap=True)
    if action.startswith("much"):
        for _ in range(20):
            app.say("x" * 10_000)
        open("worked", "w").close()
    if action.startswith("path"):
        open(action[5:])
    if action == "streams":
        found = [os.readlink(f"/proc/self/fd/{number}") for number in range(3)]
        print("nobody reads this")
        open("seen", "w").write(" ".join(found))
    if action == "status":
        return 7
    if action == "fault":
        raise ZeroDivisionError("a fault of the program")
    if action == "wait":
        print("waiting", flush=True)
        time.sleep(60)
    if action == "tensorflow":
        app.import_tensorflow()
        import tensorflow as tf
        print(float(tf.reduce_sum(tf.ones([3]))))
        print([name for name in app._OPTIONAL_TO_KERAS if name in sys.modules])
        print(gc.get_freeze_count() > 100_000, gc.isenabled())
        import matplotlib.pyplot, sklearn  # Which are there as soon as anybody asks.
        os.write(2, b"after")
    if action == "broken tensorflow":
        sys.modules["tensorflow"] = None
        app.import_tensorflow()
    if action == "release":
        from gan_cli.io.quiet_imports import quiet_stderr
        with quiet_stderr():
            os.write(2, b"held back")
            raise ValueError("inside")

if __name__ == "__main__":
    app.run(main)
'''


@pytest.fixture(scope="module")
def command(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("command") / "gan-toy"
    path.write_text(COMMAND, encoding="utf-8")
    return path


@pytest.fixture
def environment() -> dict[str, str]:
    """Of a user who has not set how much TensorFlow should say."""
    return {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}


@pytest.fixture
def toy(command, environment):
    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, str(command), *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            env=environment,
        )

    return run


@pytest.mark.parametrize("flag", ["--help", "-h", "-help"])
def test_help_describes_the_commands_own_flags_alone(toy, flag):
    result = toy(flag)
    assert result.returncode == 0
    assert result.stderr == ""
    own, _, closing = result.stdout.partition("\n\nEvery command also takes --version; ")
    assert "--completion=bash, zsh or fish" in " ".join(closing.split())
    assert own == (
        "gan-toy: a command for the tests.\n\n  gan-toy --config FILE\n\nflags:\n"
        "  --config=...\n      YAML file.\n"
        "  --set=...\n      Overrides; repeatable.\n"
        "  --resume=auto|never\n      Whether to go on. (default: auto)\n"
        "  --dry_run\n      Only describe.\n"
        "  --count=...\n      How many. (default: 3)"
    )


def test_the_version_is_one_line(toy):
    result = toy("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"gan-cli {gan_cli.__version__}\n"


@pytest.mark.parametrize("width", [40, 72])
def test_help_is_no_wider_than_the_terminal(width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    command = [sys.executable, "-m", "gan_cli.cli.train", "--help"]
    environment = {**os.environ, "COLUMNS": str(width)}
    train_help = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert max(map(len, train_help.splitlines())) <= width
    assert "--dry_run" in train_help


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "--config is required"),
        (["--config=x", "--confg=y"], "Unknown command line flag 'confg'. Did you mean: config ?"),
        (["--config=x", "--count=many"], "flag --count=many: "),
        (["--config=x", "--resume=maybe"], "flag --resume=maybe: value should be one of"),
    ],
)
def test_a_wrong_flag_is_one_line_and_status_2(toy, arguments, problem):
    result = toy(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"gan-toy: error: {problem}")
    assert result.stderr.endswith("; see gan-toy --help\n")
    assert result.stderr.count("\n") == 1


def test_an_argument_without_a_flag_is_refused(toy):
    result = toy("--config=x", "extra.yaml")
    assert result.returncode == 2
    assert result.stderr == (
        "gan-toy: error: unexpected argument 'extra.yaml'; flags start with --\n"
    )


def test_every_user_error_is_a_line_of_its_own_and_status_2(toy):
    result = toy("--config=two problems")
    assert result.returncode == 2
    assert result.stderr == "gan-toy: error: first: is wrong\ngan-toy: error: second: too\n"


def test_the_status_is_what_main_returns(toy):
    assert toy("--config=status").returncode == 7
    assert toy("--config=nothing").returncode == 0


@pytest.mark.parametrize("encoding", ["utf-8", "ascii:strict"])
def test_names_from_outside_cannot_steer_the_terminal(toy, environment, encoding):
    environment["PYTHONIOENCODING"] = encoding
    result = toy("--config=names")
    assert (result.returncode, result.stderr) == (0, "")
    letters = "\\xe9\\u3000" if encoding.startswith("ascii") else "\xe9\u3000"
    assert result.stdout == (
        f"a name: \\x1b[2J\\udce9\\u202e{letters}.\nanother: \\x1b[2J\\udce9\n"
    )


@pytest.mark.parametrize(
    ("place", "status", "said"),
    [("/dev/full", 2, "standard output cannot be written: No space left on device"), (None, 0, "")],
)
def test_work_goes_on_where_its_output_cannot_be_written(
    command, environment, tmp_path, place, status, said
):
    if place is None:
        # A pipe whose reader has left, as `head` does.
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open(place, os.O_WRONLY)
    result = subprocess.run(
        [sys.executable, str(command), "--config=much"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": str(Path(gan_cli.__file__).parents[1])},
        cwd=tmp_path,
    )
    os.close(writer)
    assert (tmp_path / "worked").is_file()
    assert result.returncode == status
    assert said in result.stderr
    assert result.stderr.count("\n") == bool(said)


@pytest.mark.parametrize("flag", ["--help", "--man", "--completion=bash"])
@pytest.mark.parametrize(("place", "status", "lines"), [("full", 2, 1), ("left", 0, 0)])
def test_what_a_command_says_about_itself_may_be_lost(
    command, environment, flag, place, status, lines
):
    reader, writer = os.pipe()
    os.close(reader)
    if place == "full":
        writer = os.open("/dev/full", os.O_WRONLY)
    result = subprocess.run(
        [sys.executable, str(command), flag],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": str(Path(gan_cli.__file__).parents[1])},
    )
    os.close(writer)
    assert result.returncode == status
    assert result.stderr.count("\n") == lines


def test_streams_that_were_closed_are_opened_onto_nothing(command, environment, tmp_path):
    # Otherwise the file that `path=` opens would get the number of a stream.
    result = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, command, "--config=path=seen"],
        env={**environment, "PYTHONPATH": str(Path(gan_cli.__file__).parents[1])},
        cwd=tmp_path,
    )
    assert result.returncode == 2
    (tmp_path / "seen").touch()
    result = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, command, "--config=streams"],
        env={**environment, "PYTHONPATH": str(Path(gan_cli.__file__).parents[1])},
        cwd=tmp_path,
    )
    assert result.returncode == 0
    assert (tmp_path / "seen").read_text() == "/dev/null /dev/null /dev/null"


def test_a_name_that_no_file_can_have_is_one_line(toy):
    name = "x" * 300
    result = toy(f"--config=path={name}")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"gan-toy: error: {name}: File name too long\n"


def test_a_fault_of_the_program_keeps_its_traceback(toy):
    result = toy("--config=fault")
    assert result.returncode == 1
    assert "Traceback" in result.stderr
    assert "ZeroDivisionError: a fault of the program" in result.stderr


def test_an_interrupt_is_one_line_and_status_130(command, environment):
    process = subprocess.Popen(
        [sys.executable, str(command), "--config=wait"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout.readline() == "waiting\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == "gan-toy: interrupted\n"


def test_tensorflow_starts_lean_and_in_silence_and_stderr_is_given_back(toy):
    result = toy("--config=tensorflow")
    assert result.returncode == 0
    assert result.stdout == "3.0\n[]\nTrue True\n"
    assert result.stderr == "after"


def test_what_is_said_is_shown_where_the_environment_asks_for_it(toy, environment):
    environment["TF_CPP_MIN_LOG_LEVEL"] = "0"
    result = toy("--config=tensorflow")
    assert result.stdout == "3.0\n[]\nTrue True\n"
    assert len(result.stderr) > len("after")


def test_a_failed_import_is_no_secret(toy):
    result = toy("--config=broken tensorflow")
    assert result.returncode == 1
    assert "ModuleNotFoundError: import of tensorflow halted" in result.stderr


def test_an_exception_releases_what_was_held_back(toy):
    result = toy("--config=release")
    assert result.returncode == 1
    assert result.stderr.startswith("held back")
    assert "ValueError: inside" in result.stderr
