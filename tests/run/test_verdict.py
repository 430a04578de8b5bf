"""What the head of the report says."""

import pytest

from gan_cli.run.directory import RunDirectory
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.report.ending import verdict_lines
from gan_cli.run.report.page import write_report
from gan_cli.run.report.verdict import judge


def rows(*values):
    return [{"kimg": 50 * (n + 1), "fd_random": value} for n, value in enumerate(values)]


def evaluation(value, floor=1.0, ceiling=10000.0):
    return {"scores": {"fd_random": {"value": value, "floor": floor, "ceiling": ceiling}}}


@pytest.mark.parametrize(
    ("value", "headline"),
    [
        (3.0, "Close to the real images: fd_random has come 88 % of the way from noise"),
        (100.0, "On the way: fd_random has come 50 % of the way from noise"),
        (9000.0, "Far from the real images: fd_random has come 1 % of the way from noise"),
        (0.5, "Close to the real images: fd_random has come 100 % of the way from noise"),
    ],
)
def test_the_headline_places_the_distance_between_noise_and_floor(value, headline):
    assert judge(rows(5.0), evaluation(value), []).headline.startswith(headline)


def test_a_figure_whose_ends_do_not_separate_judges_nothing():
    headline = judge(rows(5.0), evaluation(1.2, 1.0, 1.5), []).headline
    assert "tells noise from real images too poorly" in headline


@pytest.mark.parametrize(
    ("values", "sentence", "step"),
    [
        (
            (9, 3, 5),
            "fd_random was best at 100 kimg (3) and got worse to 5 at 150 kimg.",
            "The best",
        ),
        ((9, 8, 4), "fd_random was still falling at the end, to 4.", "Train longer"),
        ((9, 4, 4), "fd_random has hardly changed over the last third", "Longer training alone"),
    ],
)
def test_the_course_of_training_leads_to_the_next_step(values, sentence, step):
    verdict = judge(rows(*values), None, [])
    assert verdict.how_it_went[0].startswith(sentence)
    assert verdict.next_steps[0].startswith(step)
    assert verdict.headline == "Not scored yet."
    assert any("gan-eval" in each for each in verdict.next_steps)


def test_a_distance_that_stands_still_in_the_first_minutes_is_no_reason_to_change_anything():
    early = [{**row, "kimg": row["kimg"] / 10} for row in rows(9, 4, 4)]
    assert judge(early, None, []).next_steps[0].startswith("Most runs need hundreds of kimg")


def test_each_signal_of_the_guard_is_explained_once_with_its_remedy():
    entries = [{"images_shown": n, "signal": "collapse"} for n in (2000, 4000)]
    verdict = judge([], None, entries)
    assert verdict.how_it_went == ("From 2 kimg on, generated images are too much alike.",)
    assert verdict.next_steps[0].startswith("Raise the gamma of the discriminator's penalty")
    assert verdict.headline == "No step has been reported yet."


def test_the_end_of_training_says_what_the_report_says(tmp_path):
    run = RunDirectory(tmp_path)
    log = MetricsLog(run.metrics)
    for row in rows(9.0, 8.0, 4.0):
        log.append(round(1000 * row["kimg"]), {"fd_random": row["fd_random"]})
    write_report(run)
    verdict, *steps = verdict_lines(run)
    sentence = "fd_random was still falling at the end, to 4."
    assert verdict == f"verdict: Not scored yet. {sentence}"
    assert steps[0].startswith("next: Train longer: ")
    assert sentence in run.report.read_text()
    run.metrics.write_text("no json\n" * 3)
    assert verdict_lines(run) == [] or verdict_lines(run)[0].startswith("verdict: No step")
