"""What is shown on a terminal, and where there is none."""

import io

import numpy as np
import pytest
from rich.console import Console

from gan_cli.cli.progress import EvaluationProgress, TrainingProgress, describe

REPORT = {
    "discriminator_loss": 0.71,
    "generator_loss": 1.5,
    "discriminator_real": 0.625,
    "discriminator_fake": 0.25,
    "penalty/r1": 0.0123,
    "loss_scale": 32768.0,
}


def test_a_plain_line_says_where_training_is():
    output = io.StringIO()
    with TrainingProgress(20_000, 0, Console(file=output)) as progress:
        progress.update(5_000, REPORT, images_per_second=100.0)
        # Soon after: no line, lest a log file grow with every call.
        progress.update(5_100, REPORT, images_per_second=100.0)
        progress.message("note [bold]")
    first, note = output.getvalue().splitlines()
    assert first == f"5.0/20.0 kimg  100 img/s  0:02:30 left  {describe(REPORT)}"
    assert note == "note [bold]"


@pytest.mark.parametrize("terminal", [False, True])
def test_an_evaluation_counts_its_images_and_names_its_metrics(terminal):
    output = io.StringIO()
    batches = [np.zeros((64, 2)), np.ones((36, 2))]
    console = Console(file=output, force_terminal=terminal, color_system=None)
    with EvaluationProgress(100, console) as progress:
        passed = list(progress.count(batches))
        progress.metric("precision_recall")
    assert all(a is b for a, b in zip(passed, batches, strict=True))
    shown = output.getvalue()
    assert ("100/100 precision_recall" in shown) == terminal
    assert bool(shown) == terminal


def test_the_report_in_a_few_words():
    assert describe(REPORT) == (
        "loss D 0.710 G 1.500  D(real) 0.62 D(fake) 0.25  r1 0.012  scale 32768"
    )
