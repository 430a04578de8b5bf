"""Scores as they appear in the terminal."""

import dataclasses

import pytest

from gan_cli.cli import tables
from gan_cli.evaluation.methods import Method, Spread
from gan_cli.evaluation.results import ComparedRuns, ScoredCheckpoint, ScoredRun
from gan_cli.metrics.evaluation import Evaluation, Score
from gan_cli.metrics.run_evaluator import FeatureFacts


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")


def scored(kimg, value, run_dir="runs/a", **more):
    score = Score(value, 0.25, 0.5, None, higher_is_better=False)
    recall = Score(0.125, None, 0.75, 0.0, higher_is_better=True)
    return ScoredCheckpoint(
        title=f"ckpt-{kimg}, {kimg} kimg",
        features=FeatureFacts("classifier", "0" * 64, 0.975),
        evaluation=Evaluation({"fd": score, "recall": recall}, 5000, 1000, 5000, **more),
        interpretation=("No sign of [copied] images.",),
        run_dir=run_dir,
        checkpoint=f"ckpt-{kimg}",
        kimg=kimg,
        weights_sha256="",
        dataset_fingerprint="",
        seed=0,
    )


def cells(line):
    return [cell.strip() for cell in line.strip("│┃ ").replace("┃", "│").split("│")]


def test_one_set_of_samples(capsys):
    tables.print_scores(
        scored(1, 3.25, class_shares={"bag": 0.25, "shoe": 0.75}, skipped={"kernel": "too few"})
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "ckpt-1, 1 kimg: 5,000 generated, 1,000 real samples"
    rows = [cells(line) for line in lines if line.startswith("│")]
    assert rows == [["fd ↓", "3.25", "0.25", "0.5", "-"], ["recall ↑", "0.125", "-", "0.75", "0"]]
    assert lines[-4:] == [
        "classes: bag 25.0 %  shoe 75.0 %",
        "left out: kernel: too few",
        "the classifier is right on 97.5 % of the held-out samples",
        "No sign of [copied] images.",
    ]


def test_checkpoints_side_by_side(capsys):
    run = ScoredRun(run_dir="runs/a", checkpoints=(scored(1, 3.25), scored(2, 1.5)))
    tables.print_curve(run)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "runs/a, classifier"
    assert cells(lines[2].strip("┃ ")) == ["metric", "1 kimg", "2 kimg"]
    assert ["fd ↓", "3.25", "1.5"] in [cells(line) for line in lines]


def compared(*runs, methods=(), remarks=()):
    return ComparedRuns(runs=runs, spread={}, methods=methods, remarks=remarks)


def test_runs_side_by_side_with_the_best_marked_and_the_floor(capsys):
    runs = (scored(1, 3.0), scored(2, 2.0, "runs/b"))
    tables.print_comparison(compared(*runs, remarks=("They differ in length.",)))
    out = capsys.readouterr().out
    rows = [cells(line) for line in out.splitlines()]
    assert out.startswith("[1] runs/a, 1 kimg\n[2] runs/b, 2 kimg\n")
    assert ["metric", "[1]", "[2]", "floor"] in rows
    assert ["fd ↓", "3", "2*", "0.5"] in rows
    assert ["recall ↑", "0.125", "0.125", "0.75"] in rows
    assert "features: classifier; *: best" in out
    assert "They differ in length.\n" in out
    assert out.count("all runs: No sign of [copied] images.") == out.count("No sign") == 1
    assert "mean" not in out


def test_several_best_values_are_marked_as_tied(capsys):
    # The last two differ where the table shows no digit.
    runs = (scored(1, 3.0), scored(1, 2.0, "runs/b"), scored(1, 2.00001, "runs/c"))
    tables.print_comparison(compared(*runs))
    rows = [cells(line) for line in capsys.readouterr().out.splitlines()]
    assert ["fd ↓", "3", "2=", "2=", "0.5"] in rows


def test_methods_have_means_of_their_own(capsys):
    runs = (scored(1, 3.0), scored(1, 1.0, "runs/b"), scored(1, 4.0, "runs/c"))
    methods = (Method("hinge", (0, 1), {"fd": Spread(2.0, 1.4142)}), Method("lsgan", (2,), {}))
    tables.print_comparison(compared(*runs, methods=methods))
    rows = [cells(line) for line in capsys.readouterr().out.splitlines()]
    assert ["hinge", "lsgan"] in rows
    assert ["metric", "[1], [2]", "[3]"] in rows
    assert ["fd ↓", "2 ± 1.4*", "4"] in rows
    assert ["recall ↑", "-", "0.125"] in rows


def test_many_runs_fit_a_narrow_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    tables.print_comparison(compared(*(scored(n, n / 7, f"runs/{n}") for n in range(1, 10))))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [cells(line) for line in lines if line.startswith("│ fd")]
    values = [value for row in rows for value in row[1:-1]]
    assert values == [f"{n / 7:.4g}" + ("*" if n == 1 else "") for n in range(1, 10)]


def test_a_figure_that_means_nothing_has_no_arrow_and_no_best(capsys):
    def run(value, name):
        poor = Score(value, None, 0.97, 0.92, higher_is_better=True, separates=False)
        shown = scored(1, 3.0, name)
        evaluation = dataclasses.replace(shown.evaluation, scores={"precision": poor})
        return dataclasses.replace(shown, evaluation=evaluation)

    tables.print_scores(run(0.9, "runs/a"))
    tables.print_comparison(ComparedRuns(runs=(run(0.9, "runs/a"), run(0.8, "runs/b")), spread={}))
    rows = [cells(line) for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert rows == [
        ["precision ?", "0.9", "-", "0.97", "0.92"],
        ["precision ?", "0.9", "0.8", "0.97"],
    ]
