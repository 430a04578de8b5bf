"""Scores as they appear in the terminal."""

import pytest

from gan_cli.cli import tables
from gan_cli.evaluation.results import ComparedRuns, ScoredCheckpoint, ScoredRun, Spread
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
    return [cell.strip() for cell in line.strip("│ ").replace("┃", "│").split("│")]


def test_one_set_of_samples(capsys):
    tables.print_scores(
        scored(1, 3.25, class_shares={"bag": 0.25, "shoe": 0.75}, skipped={"kernel": "too few"})
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "ckpt-1, 1 kimg: 5,000 generated, 1,000 real images"
    rows = [cells(line) for line in lines if line.startswith("│")]
    assert rows == [["fd ↓", "3.25", "0.25", "0.5", "-"], ["recall ↑", "0.125", "-", "0.75", "0"]]
    assert lines[-4:] == [
        "classes: bag 25.0 %  shoe 75.0 %",
        "left out: kernel: too few",
        "the classifier is right on 97.5 % of the held-out images",
        "No sign of [copied] images.",
    ]


def test_checkpoints_side_by_side(capsys):
    run = ScoredRun(run_dir="runs/a", checkpoints=(scored(1, 3.25), scored(2, 1.5)))
    tables.print_curve(run)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "runs/a, classifier"
    assert cells(lines[2].strip("┃ ")) == ["metric", "1 kimg", "2 kimg"]
    assert ["fd ↓", "3.25", "1.5"] in [cells(line) for line in lines]


def test_runs_side_by_side_with_their_mean(capsys):
    runs = (scored(1, 3.0), scored(1, 2.0, "runs/b"))
    tables.print_comparison(ComparedRuns(runs=runs, spread={"fd": Spread(2.5, 0.7071)}))
    out = capsys.readouterr().out
    rows = [cells(line) for line in out.splitlines()]
    assert ["fd ↓", "3", "2", "2.5 ± 0.71"] in rows
    assert ["recall ↑", "0.125", "0.125", "-"] in rows
    assert "features: classifier" in out
    assert "runs/b: No sign of [copied] images." in out
    tables.print_comparison(ComparedRuns(runs=runs, spread={}))
    assert "mean" not in capsys.readouterr().out
