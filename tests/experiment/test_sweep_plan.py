"""Which runs a sweep is made of, and the table at its end."""

import json

import pytest

from gan_cli.errors import UserError
from gan_cli.experiment.sweep_plan import Axis, parse_axis, plan_runs
from gan_cli.experiment.sweep_table import sweep_table


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a.b=1,2", ("1", "2")),
        ("a.b=[1, 2], [3]", ("[1, 2]", "[3]")),
        ("a.b={start: 1, end: 2},null", ("{start: 1, end: 2}", "null")),
        ("a.b='x,y',z", ("'x,y'", "z")),
    ],
)
def test_commas_separate_values_except_within_brackets_and_quotes(text, values):
    assert parse_axis(text) == Axis("a.b", values)


@pytest.mark.parametrize("text", ["a.b", "a.b=", "=1,2", "a.b=1,,2", "seed=1,2"])
def test_other_forms_are_refused(text):
    with pytest.raises(UserError):
        parse_axis(text)


def test_every_combination_has_each_seed_and_a_folder_of_its_own(tmp_path):
    axes = ["objective.penalties.0.gamma=0.1,1", "model.options={a: 1}"]
    runs = plan_runs(tmp_path, axes, [3, 4])
    assert [run.seed for run in runs] == [3, 4, 3, 4]
    assert runs[0].overrides == [
        "objective.penalties.0.gamma=0.1",
        "model.options={a: 1}",
        "seed=3",
    ]
    parts = runs[0].folder.relative_to(tmp_path).parts
    assert (parts[0], parts[2]) == ("gamma=0.1", "seed-3")
    assert parts[1].startswith("options=_a_1")
    assert len({run.folder for run in runs}) == 4


def test_keys_of_the_same_end_are_written_out(tmp_path):
    axes = ["a.rate=1", "b.rate=2"]
    assert plan_runs(tmp_path, axes, [])[0].folder == tmp_path / "a.rate=1" / "b.rate=2"


@pytest.mark.parametrize(("axes", "seeds"), [(["a=1,1"], []), (["a=1", "a=2"], []), ([], [1, 1])])
def test_what_would_train_twice_is_refused(tmp_path, axes, seeds):
    with pytest.raises(UserError):
        plan_runs(tmp_path, axes, seeds)


def test_the_table_marks_the_best_mean_of_all_seeds(tmp_path):
    runs = plan_runs(tmp_path, ["gamma=0.1,1,10"], [0, 1])
    for run, value in zip(runs, [5.0, 7.0, 3.0, 4.0, 1.0, None], strict=True):
        if value is not None:
            folder = run.folder / "checkpoints"
            (folder / "ckpt-10").mkdir(parents=True)
            record = {"checkpoint": "ckpt-10", "metric": "frechet", "value": value}
            (folder / "best.json").write_text(json.dumps(record))
    rows = [line.split() for line in sweep_table(runs)[1:]]
    assert rows == [
        ["gamma", "frechet", "↓", "runs"],
        ["0.1", "6", "±", "1.4", "2", "of", "2"],
        ["1", "3.5", "±", "0.71*", "2", "of", "2"],
        ["10", "1", "1", "of", "2"],
    ]


def test_the_table_says_that_there_are_no_scores(tmp_path):
    assert "no run has a score" in sweep_table(plan_runs(tmp_path, [], [0]))[0]
