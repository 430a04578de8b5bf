"""gan-eval: metrics may be separated by commas, by spaces, or by repeating the flag."""

import pytest
from absl import flags
from absl.testing import flagsaver

from gan_cli.cli import eval as command
from gan_cli.errors import UserError


@pytest.fixture
def asked(monkeypatch):
    """From the command's arguments to the request that it makes."""
    requests = []
    monkeypatch.setattr(command, "_score", requests.append)

    def asked(*arguments):
        with flagsaver.flagsaver():
            command.main(flags.FLAGS(["gan-eval", *arguments]))
        return requests.pop()

    return asked


@pytest.mark.parametrize(
    "metrics",
    [
        ["--metrics=frechet,kernel"],
        ["--metrics", "frechet", "--metrics", "kernel"],
        ["--metrics", "frechet", "kernel"],
    ],
    ids=["commas", "repeated", "spaces"],
)
@pytest.mark.parametrize("compares", [False, True], ids=["run", "compare"])
def test_metrics_in_three_forms(asked, metrics, compares):
    what = ["--compare", "runs/one", "runs/two"] if compares else ["--run_dir=runs/one"]
    request = asked(*what, *metrics)
    assert request.metrics == ("frechet", "kernel")
    if compares:
        assert request.run_dirs == ("runs/one", "runs/two")


def test_a_folder_named_like_a_metric_is_a_run(asked, tmp_path, monkeypatch):
    (tmp_path / "kernel").mkdir()
    monkeypatch.chdir(tmp_path)
    request = asked("--compare", "one", "kernel", "--metrics", "frechet")
    assert (request.run_dirs, request.metrics) == (("one", "kernel"), ("frechet",))


def test_other_arguments_are_refused(asked):
    with pytest.raises(UserError, match="unexpected argument 'frechett'; flags start with --"):
        asked("--run_dir=runs/one", "--metrics", "kernel", "frechett")
    with pytest.raises(UserError, match="unexpected argument 'kernel'"):
        asked("--run_dir=runs/one", "kernel")
