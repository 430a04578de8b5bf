"""What a person or another program did to the files of a run directory."""

import json
import os
import warnings

import pytest

from gan_cli.errors import UserError
from gan_cli.io.records import read_content
from gan_cli.run.directory import RunDirectory
from gan_cli.run.evaluations import read_evaluations
from gan_cli.run.guard_log import GuardLog
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.report.page import write_report

SCORE = {"value": 3.0, "interval": 0.1, "floor": 1.0, "ceiling": 9.0, "higher_is_better": False}
EVALUATION = {
    "checkpoint": "ckpt-16",
    "kimg": 0.016,
    "scores": {"fd_random": SCORE},
    "num_generated": 50,
    "num_reference": 40,
}


@pytest.fixture
def run(tmp_path):
    run = RunDirectory(tmp_path)
    log = MetricsLog(run.metrics)
    for images in (16, 32):
        log.append(images, {"discriminator_loss": 0.5})
    run.evaluations.mkdir()
    return run


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scores": []}, "scores: must be a map of names to values"),
        ({"scores": {"fd": {**SCORE, "value": "3"}}}, "scores.fd.value: must be a number"),
        ({"scores": {"fd": {**SCORE, "value": True}}}, "scores.fd.value: must be a number"),
        ({"scores": {"fd": {**SCORE, "value": 10**400}}}, "scores.fd.value: must be a number that"),
        ({"scores": {"fd": {"value": 1}}}, "scores.fd.higher_is_better: is required"),
        ({"scores": {"fd\x1b[2J": SCORE}}, "must be a printable name"),
        ({"kimg": None}, "kimg: must be a number"),
        ({"kimg": float("inf")}, "kimg: must be a finite number"),
        ({"num_generated": "many"}, "num_generated: must be a whole number"),
        ({"class_shares": {"a": 1.0}, "details": {"class_modes": {}}}, "details.class_modes"),
        ({"class_shares": {"a": [1]}}, "class_shares.a: must be a number"),
        ({"reading": "Good."}, "reading: must be a list"),
    ],
)
def test_a_damaged_evaluation_is_named_with_its_field_and_left_out(run, changes, field):
    path = run.evaluations / "one.json"
    path.write_text(json.dumps(EVALUATION | changes))
    (run.evaluations / "sound.json").write_text(json.dumps(EVALUATION))
    found, problems = read_evaluations(run.evaluations)
    assert [path.name for path, _ in found] == ["sound.json"]
    assert len(problems) == 1
    assert problems[0].startswith(f"{path}: is damaged: ")
    assert field in problems[0]
    assert write_report(run) == [f"left out of the report: {problems[0]}"]
    page = run.report.read_text()
    assert "Damaged files" in page
    assert "fd_random" in page


def test_a_pipe_and_an_endless_device_are_no_files_of_a_run(run):
    for path in (run.evaluations / "pipe.json", run.environment):
        os.mkfifo(path)
    run.config.symlink_to("/dev/zero")
    run.samples.mkdir()
    (run.samples / "reals.png").symlink_to("/dev/zero")
    (run.samples / "grid-000001.png").mkdir()
    problems = write_report(run)
    assert len(problems) == 5
    assert all("cannot be read: " in problem for problem in problems)


def test_figures_that_no_axis_holds_and_names_of_mathematics_are_drawn_around(run):
    log = MetricsLog(run.metrics)
    for images, value in ((48, 1e308), (64, -1e308), (80, float("nan")), (96, float("inf"))):
        log.append(images, {"discriminator_loss": value, "fd_$\\frac{1}$": value})
    for images in (112, 128):
        log.append(images, {"fd_$\\frac{1}$": 2.0, "fd_\u4e2d_{x}^": 3.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert write_report(run) == []
    assert "NaN" not in run.report.read_text()


def test_a_line_without_kimg_has_it_from_its_images(run):
    with run.metrics.open("a") as file:
        file.write('{"images_shown": 48, "discriminator_loss": 1}\n')
    assert MetricsLog(run.metrics).read()[-1]["kimg"] == 0.048
    assert write_report(run) == []


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('{"images_shown": "16"}', "images_shown: must be a whole number"),
        ('{"images_shown": 1e308}', "images_shown: must be a whole number"),
        ('{"images_shown": -1}', "images_shown: must be at least 0"),
        ('{"images_shown": 99999999999999999999}', "images_shown: must be at most"),
        ('{"images_shown": 1, "loss": null}', "loss: must be a number, got null"),
        ('{"images_shown": 1, "a\\u001b[2J": 1}', "must be a printable name"),
        ("[]", "a map of names to values"),
    ],
)
def test_a_damaged_line_is_named_and_the_last_one_is_not(run, line, field):
    whole = run.metrics.read_text()
    run.metrics.write_text(whole + line + "\n")
    log = MetricsLog(run.metrics)
    assert log.problem() is None
    run.metrics.write_text(f"{line}\n{line}\n{whole}")
    assert [row["images_shown"] for row in log.read()] == [16, 32]
    assert log.problem().startswith(f"{run.metrics}:1: is damaged: ")
    assert field in log.problem()
    assert log.problem().endswith("the line is left out, and 1 more lines")


@pytest.mark.parametrize("field", ["images_shown", "interventions"])
def test_numbers_of_the_guard_are_bounded(run, field):
    log = GuardLog(run.guard)
    log.append(16, "collapse", "warned", "alike", 0)
    sound = log.read()
    with run.guard.open("a") as file:
        entry = {**sound[0], field: 10**30}
        file.write(json.dumps(entry) + "\n" + json.dumps(sound[0]) + "\n")
    assert log.read() == sound * 2
    assert f"{field}: must be at most" in log.problem()
    write_report(run)


def test_a_file_larger_than_its_bound_is_not_read(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"x" * 100)
    assert len(read_content(path, 100)) == 100
    with pytest.raises(UserError, match="is larger than 99 bytes"):
        read_content(path, 99)
