"""What is shown on a terminal, and where there is none."""

import io
import time

import pytest
from rich.console import Console

from gan_cli.cli import progress
from gan_cli.cli.progress import ConsoleListener
from gan_cli.experiment.progress_text import figures, fitted
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

    def make(is_terminal, width=100):
        output = io.StringIO()
        console = Console(
            file=output,
            force_terminal=is_terminal,
            force_interactive=is_terminal,
            color_system=None,
            width=width,
        )
        return ConsoleListener(console, console), output

    return make


def last_line(output):
    """The last one that is left standing; after it the cursor is shown again."""
    return output.getvalue().removesuffix("\x1b[?25h").rstrip().splitlines()[-1]


def test_a_plain_line_says_when_it_was_printed_how_training_goes_and_where_it_is(
    shown, monkeypatch
):
    monkeypatch.setattr(progress.time, "strftime", lambda pattern: "12:34:56")
    listener, output = shown(False)
    listener.judgement("healthy")
    listener.progress(TRAINING, 0, 20_000)
    listener.report(5_000, REPORT, 100.0)
    # Soon after: no line, lest a log file grow with every call.
    listener.report(5_100, REPORT, 100.0)
    listener.message("note [bold] :smile:")
    listener.skipped("a.png")
    listener.done(TRAINING)
    first, *others = output.getvalue().splitlines()
    assert first == (
        "12:34:56  healthy  5.0/20.0 kimg  0:02:30 left  100 img/s  loss D 0.710 G 1.500"
        "  D(real) 0.62 D(fake) 0.25  r1 0.012  scale 32768"
    )
    assert others == ["note [bold] :smile:", "skipped: a.png"]


def test_lines_and_bars_name_the_kind_of_samples(shown):
    listener, output = shown(False)
    listener.samples_are("strings")
    listener.progress(TRAINING, 0, 20_000)
    listener.report(5_000, REPORT, 1234.0)
    assert "  1,234 strings/s  loss D" in output.getvalue()
    listener, output = shown(True)
    listener.samples_are("phrases")
    listener.progress(SCORING, 5, 10)
    assert "5/10 phrases" in last_line(output)
    listener.done(SCORING)


def test_a_terminal_that_moves_no_cursor_gets_plain_lines():
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, _environ={"TERM": "dumb"})
    listener = ConsoleListener(console, console)
    listener.progress(TRAINING, 0, 20_000)
    listener.report(10_000, REPORT, 100.0)
    assert "starting  10.0/20.0 kimg  0:01:40 left  100 img/s" in output.getvalue()
    assert "\x1b" not in output.getvalue()


def test_the_bar_of_a_training_stays_where_it_ended(shown):
    listener, output = shown(True)
    listener.progress(TRAINING, 0, 20_000)
    listener.report(10_000, REPORT, 100.0)
    listener.done(TRAINING)
    assert "starting  10.0/20.0 kimg  0:01:40 left  100 img/s" in last_line(output)


@pytest.mark.parametrize("width", [60, 80, 130])
def test_a_line_of_training_is_as_wide_as_the_terminal_and_loses_whole_figures(shown, width):
    listener, output = shown(True, width)
    listener.judgement("D ahead")
    listener.progress(TRAINING, 0, 20_000)
    listener.report(10_000, REPORT, 100.0)
    listener.done(TRAINING)
    line = last_line(output)
    assert len(line) <= width
    assert "D ahead  10.0/20.0 kimg" in line
    assert "…" not in line
    assert ("D(real) 0.62" in line) == (width == 130)


def test_parts_that_do_not_fit_are_left_out():
    assert fitted(["one", "two", "three"], 8) == "one  two"
    assert fitted(["longer than this"], 3) == "longer than this"


def test_no_minute_passes_in_silence_without_a_terminal(shown, monkeypatch):
    monkeypatch.setattr(progress, "_LONGEST_SILENCE_SECONDS", 0.05)
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_PLAIN_LINES", 0.0)
    listener, output = shown(False)
    with listener.during("preparing features") as count:
        count(7, 500)
        time.sleep(0.5)
    time.sleep(0.2)
    length = len(output.getvalue())
    first = output.getvalue().splitlines()[0]
    assert first[2] == first[5] == ":"
    assert first[8:] == "  preparing features: 7 of 500"
    time.sleep(0.1)
    assert len(output.getvalue()) == length


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
        (PREPARING, "", "preparing data"),
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
    assert figures(REPORT) == [
        "loss D 0.710 G 1.500",
        "D(real) 0.62 D(fake) 0.25",
        "r1 0.012",
        "scale 32768",
    ]
