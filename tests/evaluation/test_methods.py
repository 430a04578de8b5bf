"""Runs grouped by method, and the files that hold their scores."""

import csv
import dataclasses
import statistics

import pytest
from saved_runs import saved_run

from gan_cli.evaluation.requests import ComparisonRequest
from gan_cli.evaluation.runs import compare_runs, remarks_on


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("methods")
    paths = []
    for loss in ("hinge", "least_squares"):
        for seed in (0, 1):
            paths.append(folder / f"{loss}-{seed}")
            saved_run(
                paths[-1],
                model={"architecture": "mlp"},
                objective={"loss": loss, "penalties": []},
                seed=seed,
            )
    request = ComparisonRequest(
        run_dirs=paths, metrics=("frechet",), features="random", num_samples=60
    )
    return compare_runs(request)


def test_each_method_has_the_mean_of_its_own_seeds(compared):
    assert [(method.name, method.runs) for method in compared.methods] == [
        ("loss=hinge", (0, 1)),
        ("loss=least_squares", (2, 3)),
    ]
    values = [run.scores["fd_random"].value for run in compared.runs]
    for method, own in zip(compared.methods, (values[:2], values[2:]), strict=True):
        assert method.spread["fd_random"].mean == pytest.approx(statistics.mean(own))
        assert method.spread["fd_random"].deviation == pytest.approx(statistics.stdev(own))
    assert compared.spread == {}
    assert compared.remarks == ()


def test_a_csv_file_has_a_line_for_each_figure_of_each_run(compared, tmp_path):
    compared.save(tmp_path / "scores.csv")
    with (tmp_path / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    rows, means = rows[:4], rows[4:]
    assert [(row["run"], row["method"]) for row in means] == [
        ("mean of 2 runs", "loss=hinge"),
        ("mean of 2 runs", "loss=least_squares"),
    ]
    for row, method in zip(means, compared.methods, strict=True):
        spread = method.spread["fd_random"]
        assert (float(row["value"]), float(row["deviation"])) == (spread.mean, spread.deviation)
    assert [(row["method"], row["seed"]) for row in rows] == [
        ("loss=hinge", "0"),
        ("loss=hinge", "1"),
        ("loss=least_squares", "0"),
        ("loss=least_squares", "1"),
    ]
    for row, run in zip(rows, compared.runs, strict=True):
        score = run.scores["fd_random"]
        assert row["run"] == str(run.run_dir)
        assert (float(row["value"]), float(row["floor"])) == (score.value, score.floor)


def test_a_page_shows_every_run_and_marks_the_best(compared, tmp_path):
    compared.save(tmp_path / "scores.html")
    page = (tmp_path / "scores.html").read_text()
    best = min(run.scores["fd_random"].value for run in compared.runs)
    equal = [run for run in compared.runs if run.scores["fd_random"].value == best]
    assert page.count(f"<b>{best:.4g}</b>") == page.count("<b>") == len(equal)
    assert all(str(run.run_dir) in page for run in compared.runs)


def test_a_page_has_mean_and_deviation_of_each_method(compared, tmp_path):
    compared.save(tmp_path / "scores.html")
    methods = (tmp_path / "scores.html").read_text().split("<h2>Runs</h2>")[0]
    for method in compared.methods:
        figure = method.spread["fd_random"]
        assert f"<td>{method.name}<small>2 runs</small></td>" in methods
        assert f"{figure.mean:.4g} <small>± {figure.deviation:.2g}</small>" in methods


def test_checkpoints_of_different_lengths_are_compared_with_a_word(compared):
    shorter = dataclasses.replace(compared.runs[0], kimg=0.5)
    assert remarks_on(compared.runs) == ()
    (remark,) = remarks_on([shorter, *compared.runs[1:]])
    assert remark.startswith(
        "The checkpoints were trained for different lengths, 0.064 to 0.5 kimg: "
    )
