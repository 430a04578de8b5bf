"""What is shown on a terminal, and where there is none."""

import io

import pytest
from rich.console import Console

from gan_cli.cli.progress import ConsoleListener, describe
from gan_cli.listener import PREPARING, SCORING, TRAINING

REPORT = {
    "discriminator_loss": 0.71,
    "generator_loss": 1.5,
    "discriminator_real": 0.625,
    "discriminator_fake": 0.25,
    "penalty/r1": 0.0123,
    "loss_scale": 32768.0,
}


@pytest.fixture
def shown():
    """Makes a listener, and what has been shown by it, on standard output and error together."""

    def make(is_terminal):
        output = io.StringIO()
        console = Console(file=output, force_terminal=is_terminal, color_system=None, width=100)
        return ConsoleListener(console, console), output

    return make


def last_line(output):
    """The last one that is left standing; after it the cursor is shown again."""
    return output.getvalue().removesuffix("\x1b[?25h").rstrip().splitlines()[-1]


def test_a_plain_line_says_where_training_is(shown):
    listener, output = shown(False)
    listener.progress(TRAINING, 0, 20_000)
    listener.report(5_000, REPORT, 100.0)
    # Soon after: no line, lest a log file grow with every call.
    listener.report(5_100, REPORT, 100.0)
    listener.message("note [bold] :smile:")
    listener.skipped("a.png")
    listener.done(TRAINING)
    first, *others = output.getvalue().splitlines()
    assert first == f"5.0/20.0 kimg  100 img/s  0:02:30 left  {describe(REPORT)}"
    assert others == ["note [bold] :smile:", "skipped: a.png"]


def test_the_bar_of_a_training_stays_where_it_ended(shown):
    listener, output = shown(True)
    listener.progress(TRAINING, 0, 20_000)
    listener.report(10_000, REPORT, 100.0)
    listener.done(TRAINING)
    assert "10.0/20.0 kimg  100 img/s  0:01:40 left" in last_line(output)


def test_no_time_is_left_after_the_end(shown):
    listener, output = shown(False)
    listener.progress(TRAINING, 0, 20_000)
    # The last batch may go beyond the planned images.
    listener.report(20_100, REPORT, 100.0)
    assert "0:00:00 left" in output.getvalue()


@pytest.mark.parametrize("is_terminal", [False, True])
@pytest.mark.parametrize(
    ("activity", "detail", "text"),
    [
        (SCORING, "precision_recall", "100/100 precision_recall"),
        (PREPARING, "", "preparing images"),
        ("writing images", "", "writing images"),
    ],
)
def test_other_activities_are_shown_on_a_terminal_only(shown, is_terminal, activity, detail, text):
    listener, output = shown(is_terminal)
    with listener.during(activity) as count:
        count(36, 100)
        listener.progress(activity, 100, 100, detail)
    assert (text in output.getvalue()) == is_terminal
    assert bool(output.getvalue()) == is_terminal


def test_an_activity_within_another_one_leaves_its_bar_alone(shown):
    listener, output = shown(True)
    listener.progress(TRAINING, 0, 20_000)
    listener.report(10_000, REPORT, 100.0)
    with listener.during(SCORING) as count:
        count(7, 77)
    listener.report(20_000, REPORT, 100.0)
    listener.done(TRAINING)
    assert "/77" not in output.getvalue()
    assert "20.0/20.0 kimg" in last_line(output)
    # And the next one has a bar again.
    with listener.during(SCORING) as count:
        count(7, 77)
    assert "7/77 images" in output.getvalue()


def test_the_report_in_a_few_words():
    assert describe(REPORT) == (
        "loss D 0.710 G 1.500  D(real) 0.62 D(fake) 0.25  r1 0.012  scale 32768"
    )
