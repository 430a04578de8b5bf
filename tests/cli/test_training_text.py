"""How gan-train ends: its exit status, and its last lines."""

import signal
from pathlib import Path

import pytest

from gan_cli.cli.progress import ConsoleListener
from gan_cli.cli.training_text import exit_status, print_ending
from gan_cli.experiment.outcome import Ending, Outcome

RUN = Path("runs/tiny")
MEANING = "what the words and figures of training mean: docs/stability.md"


@pytest.mark.parametrize(
    ("outcome", "status", "lines"),
    [
        (
            Outcome(Ending.FINISHED, RUN, 64),
            0,
            ["done: runs/tiny/samples, runs/tiny/report.html", MEANING],
        ),
        (
            Outcome(Ending.STOPPED, RUN, 16, signal.SIGTERM),
            128 + 15,
            [
                "done: runs/tiny/samples, runs/tiny/report.html",
                MEANING,
                "stopped by SIGTERM after saving; run the same command to continue from 0.016 kimg",
            ],
        ),
        (
            Outcome(Ending.DIVERGED, RUN, 48, trouble="generator_loss not finite at 0.048 kimg"),
            1,
            [
                "training diverged: generator_loss not finite at 0.048 kimg. The last checkpoint"
                " was saved before that; a lower learning rate or a larger gamma may help."
            ],
        ),
    ],
)
def test_an_outcome_becomes_an_exit_status_and_the_last_lines(capsys, outcome, status, lines):
    assert exit_status(outcome) == status
    print_ending(outcome, ConsoleListener())
    shown = capsys.readouterr()
    assert shown.out.splitlines() == lines
    assert shown.err == ""
