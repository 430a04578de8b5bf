"""gan-eval: metrics may be separated by commas, by spaces, or by repeating the flag."""

import json
import subprocess
import sys

import pytest

# In a process of its own: flags of several commands cannot be defined in one.
PROGRAM = """
import json, sys
from absl import flags
from absl.testing import flagsaver
from gan_cli.cli import eval as command
from gan_cli.errors import UserError

requests = []
command._score = requests.append
for line in sys.stdin:
    try:
        with flagsaver.flagsaver():
            command.main(flags.FLAGS(["gan-eval", *json.loads(line)]))
        request = requests.pop()
        found = [list(getattr(request, "run_dirs", ())), list(request.metrics)]
    except UserError as error:
        found = str(error)
    print(json.dumps(found))
"""


def asked(*cases, folder):
    """From lists of arguments to the runs and metrics that are asked for, or the refusal."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input="".join(json.dumps(case) + "\n" for case in cases),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arguments")
    (folder / "kernel").mkdir()
    return folder


def test_metrics_in_three_forms(tmp_path):
    forms = (
        ["--metrics=frechet,kernel"],
        ["--metrics", "frechet", "--metrics", "kernel"],
        ["--metrics", "frechet", "kernel"],
    )
    both = ["frechet", "kernel"]
    compared = [["--compare", "runs/one", "runs/two", *form] for form in forms]
    of_a_run = [["--run_dir=runs/one", *form] for form in forms]
    expected = [[["runs/one", "runs/two"], both]] * 3 + [[[], both]] * 3
    assert asked(*compared, *of_a_run, folder=tmp_path) == expected


def test_a_folder_named_like_a_metric_is_a_run(folder):
    arguments = ["--compare", "one", "kernel", "--metrics", "frechet"]
    assert asked(arguments, folder=folder) == [[["one", "kernel"], ["frechet"]]]


def test_other_arguments_are_refused(tmp_path):
    misspelt, alone = asked(
        ["--run_dir=runs/one", "--metrics", "kernel", "frechett"],
        ["--run_dir=runs/one", "kernel"],
        folder=tmp_path,
    )
    assert "unexpected argument 'frechett'; flags start with --" in misspelt
    assert "unexpected argument 'kernel'" in alone
